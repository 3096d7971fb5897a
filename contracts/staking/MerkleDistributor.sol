// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IMerkleDistributor} from "../interfaces/IMerkleDistributor.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {DistributionId} from "../types/DistributionId.sol";

/// @title MerkleDistributor
/// @notice Distributions of rewards by Merkle roots that wait and can be disputed; see `IMerkleDistributor`.
/// @dev It has no lock of its own. Assets are plain, so that the ledger calls nobody when it moves them; strangers, which are
/// tokens, are called in two places: before anything is written (`fundFromWallet`) and after everything is (`claimToWallet`), the
/// latter under the ledger's lock, which stops whatever would move a balance.
contract MerkleDistributor is IMerkleDistributor {
    using AssetId for uint256;
    using MerkleProof for bytes32[];
    using SafeERC20 for IERC20;

    /// @dev `validAt` is 0 when no root is pending, `decideBy` when none is disputed. A claim reads slots 0, 3 and 5 or 7.
    struct Storage {
        uint256 asset; //              slot 0
        address updater; //            slot 1: zero when there is no distribution
        uint40 delay; //               slot 1
        address arbiter; //            slot 2
        uint96 bond; //                slot 2
        uint112 reserve; //            slot 3: part of this contract's ledger balance
        uint40 validAt; //             slot 3
        uint40 decideBy; //            slot 3
        bool isConfirmed; //           slot 3
        address disputer; //           slot 4
        bytes32 root; //               slot 5
        bytes32 contentHash; //        slot 6
        bytes32 pendingRoot; //        slot 7
        bytes32 pendingContentHash; // slot 8
        uint256 funded; //             slot 9
    }

    uint256 private constant MIN_DELAY = 1 hours;
    uint256 private constant MAX_DELAY = 30 days;
    uint256 private constant MAX_BOND = type(uint96).max;

    /// @inheritdoc IMerkleDistributor
    uint256 public constant DECISION_PERIOD = 7 days;
    /// @inheritdoc IMerkleDistributor
    ILedger public immutable LEDGER;

    mapping(DistributionId id => Storage) private _distributions;
    /// @inheritdoc IMerkleDistributor
    mapping(DistributionId id => mapping(address account => uint256 amount)) public claimedOf;

    constructor(ILedger ledger) {
        LEDGER = ledger;
    }

    /* FUNDERS */

    /// @inheritdoc IMerkleDistributor
    function createDistribution(Terms calldata terms) external returns (DistributionId id) {
        bool isAsset = terms.asset != 0 && (terms.asset <= type(uint160).max || terms.asset.isIssued());
        require(isAsset && terms.asset.isPlain(), MerkleInvalidAsset(terms.asset));
        require(terms.updater != address(0) && terms.arbiter != address(0), MerkleZeroAddress());
        bool isInBounds = terms.delay >= MIN_DELAY && terms.delay <= MAX_DELAY;
        require(isInBounds, MerkleInvalidDelay(terms.delay, MIN_DELAY, MAX_DELAY));
        require(terms.bond <= MAX_BOND, MerkleBondTooLarge(terms.bond, MAX_BOND));
        id = idOf(msg.sender, terms);
        Storage storage d = _distributions[id];
        require(d.updater == address(0), MerkleAlreadyExists(id));
        d.asset = terms.asset;
        (d.updater, d.delay) = (terms.updater, uint40(terms.delay)); // checked
        (d.arbiter, d.bond) = (terms.arbiter, uint96(terms.bond)); //   checked
        emit DistributionCreated(id, msg.sender, terms.asset, terms);
    }

    /// @inheritdoc IMerkleDistributor
    function fund(DistributionId id, uint256 amount) external {
        Storage storage d = _known(id);
        _pull(d.asset, amount);
        _add(id, d, amount);
    }

    /// @inheritdoc IMerkleDistributor
    function fundFromWallet(DistributionId id, uint256 amount) external returns (uint256 credited) {
        Storage storage d = _known(id);
        IERC20 token = IERC20(_tokenOf(d.asset));
        token.safeTransferFrom(msg.sender, address(this), amount);
        token.forceApprove(address(LEDGER), amount);
        credited = LEDGER.deposit(address(token), amount, 0, address(this));
        _add(id, d, credited);
    }

    /* UPDATER */

    /// @inheritdoc IMerkleDistributor
    function submitRoot(DistributionId id, bytes32 root, bytes32 contentHash, string calldata uri) external {
        Storage storage d = _updatersOwn(id);
        require(root != bytes32(0), MerkleZeroRoot());
        RootState state = _stateOf(d);
        address disputer = d.disputer;
        if (state == RootState.NONE) {
            // What was pending, if anything was, has become current by time.
            if (d.validAt != 0) (d.root, d.contentHash) = (d.pendingRoot, d.pendingContentHash);
        } else {
            require(state != RootState.DISPUTED, MerkleDisputed(id, d.decideBy));
            if (state == RootState.EXPIRED) emit DisputeExpired(id, disputer, d.pendingRoot, d.bond);
            else emit RootWithdrawn(id, d.pendingRoot);
            _drop(d);
        }
        (d.pendingRoot, d.pendingContentHash) = (root, contentHash);
        d.isConfirmed = false;
        uint256 validAt = block.timestamp + d.delay;
        d.validAt = uint40(validAt); // seconds
        emit RootSubmitted(id, root, contentHash, uri, validAt);
        if (state == RootState.EXPIRED) _pay(d.asset, disputer, d.bond);
    }

    /// @inheritdoc IMerkleDistributor
    function withdrawRoot(DistributionId id) external {
        Storage storage d = _updatersOwn(id);
        require(_stateOf(d) != RootState.NONE, MerkleNothingPending(id));
        require(d.decideBy == 0, MerkleDisputed(id, d.decideBy));
        emit RootWithdrawn(id, d.pendingRoot);
        _drop(d);
    }

    /* DISPUTES */

    /// @inheritdoc IMerkleDistributor
    function dispute(DistributionId id, bytes32 root) external {
        Storage storage d = _known(id);
        RootState state = _stateOf(d);
        require(state != RootState.NONE, MerkleNothingPending(id));
        require(root == d.pendingRoot, MerkleWrongRoot(d.pendingRoot, root));
        require(d.decideBy == 0, MerkleDisputed(id, d.decideBy));
        require(state != RootState.CONFIRMED, MerkleConfirmed(id));
        uint256 decideBy = block.timestamp + DECISION_PERIOD;
        (d.disputer, d.decideBy) = (msg.sender, uint40(decideBy)); // seconds
        emit RootDisputed(id, msg.sender, root, d.bond, decideBy);
        if (d.bond != 0) _pull(d.asset, d.bond);
    }

    /// @inheritdoc IMerkleDistributor
    function resolveDispute(DistributionId id, bytes32 root, bool isUpheld) external {
        Storage storage d = _known(id);
        require(msg.sender == d.arbiter, MerkleNotArbiter(msg.sender, d.arbiter));
        require(d.decideBy != 0, MerkleNotDisputed(id));
        require(block.timestamp < d.decideBy, MerkleTooLate(block.timestamp, d.decideBy));
        require(root == d.pendingRoot, MerkleWrongRoot(d.pendingRoot, root));
        (address disputer, uint256 bond) = (d.disputer, d.bond);
        if (isUpheld) {
            _drop(d);
            emit DisputeUpheld(id, disputer, root, bond);
            _pay(d.asset, disputer, bond);
        } else {
            (d.disputer, d.decideBy, d.isConfirmed) = (address(0), 0, true);
            d.reserve += uint112(bond); // what the disputer has paid into this contract's balance
            d.funded += bond;
            emit DisputeRejected(id, disputer, root, bond, d.validAt);
        }
    }

    /// @inheritdoc IMerkleDistributor
    function expireDispute(DistributionId id) external {
        Storage storage d = _known(id);
        require(d.decideBy != 0, MerkleNotDisputed(id));
        require(block.timestamp >= d.decideBy, MerkleTooEarly(block.timestamp, d.decideBy));
        (address disputer, uint256 bond) = (d.disputer, d.bond);
        emit DisputeExpired(id, disputer, d.pendingRoot, bond);
        _drop(d);
        _pay(d.asset, disputer, bond);
    }

    /* CLAIMS */

    /// @inheritdoc IMerkleDistributor
    function claim(
        DistributionId id,
        address account,
        uint256 cumulative,
        bytes32[] calldata proof
    ) external returns (uint256 amount) {
        amount = _takeSome(id, account, cumulative, proof, account);
        _pay(_distributions[id].asset, account, amount);
    }

    /// @inheritdoc IMerkleDistributor
    function claimTo(
        DistributionId id,
        address account,
        uint256 cumulative,
        bytes32[] calldata proof,
        address to
    ) external returns (uint256 amount) {
        _checkOperator(account);
        amount = _takeSome(id, account, cumulative, proof, to);
        _pay(_distributions[id].asset, to, amount);
    }

    /// @inheritdoc IMerkleDistributor
    function claimToWallet(
        DistributionId id,
        address account,
        uint256 cumulative,
        bytes32[] calldata proof,
        address to
    ) external returns (uint256 amount) {
        _checkOperator(account);
        amount = _takeSome(id, account, cumulative, proof, to);
        LEDGER.withdraw(_tokenOf(_distributions[id].asset), amount, to);
    }

    /// @inheritdoc IMerkleDistributor
    function claimMany(Claim[] calldata claims) external returns (uint256[] memory amounts) {
        amounts = new uint256[](claims.length);
        for (uint256 i; i < claims.length; ++i) {
            Claim calldata c = claims[i];
            amounts[i] = _take(c.id, c.account, c.cumulative, c.proof, c.account);
            if (amounts[i] != 0) _pay(_distributions[c.id].asset, c.account, amounts[i]);
        }
    }

    /* VIEWS */

    /// @inheritdoc IMerkleDistributor
    function distributionOf(DistributionId id) external view returns (Distribution memory) {
        Storage storage d = _distributions[id];
        return
            Distribution({
                asset: d.asset,
                updater: d.updater,
                arbiter: d.arbiter,
                delay: d.delay,
                bond: d.bond,
                funded: d.funded,
                reserve: d.reserve
            });
    }

    /// @inheritdoc IMerkleDistributor
    function rootOf(DistributionId id) external view returns (bytes32 root, bytes32 contentHash) {
        Storage storage d = _distributions[id];
        return (_currentRoot(d), _hasMatured(d) ? d.pendingContentHash : d.contentHash);
    }

    /// @inheritdoc IMerkleDistributor
    function pendingRootOf(DistributionId id) external view returns (PendingRoot memory pending) {
        Storage storage d = _distributions[id];
        pending.state = _stateOf(d);
        if (pending.state == RootState.NONE) return pending;
        (pending.root, pending.contentHash, pending.validAt) = (d.pendingRoot, d.pendingContentHash, d.validAt);
        (pending.disputer, pending.decideBy) = (d.disputer, d.decideBy);
    }

    /// @inheritdoc IMerkleDistributor
    function claimable(
        DistributionId id,
        address account,
        uint256 cumulative,
        bytes32[] calldata proof
    ) external view returns (uint256) {
        uint256 claimed = claimedOf[id][account];
        if (cumulative <= claimed || !_isProved(id, account, cumulative, proof)) return 0;
        uint256 amount = cumulative - claimed;
        return amount <= _distributions[id].reserve ? amount : 0;
    }

    /// @inheritdoc IMerkleDistributor
    function idOf(address creator, Terms calldata terms) public view returns (DistributionId) {
        return DistributionId.wrap(keccak256(abi.encode(block.chainid, address(this), creator, terms)));
    }

    /* INTERNALS */

    function _known(DistributionId id) private view returns (Storage storage d) {
        d = _distributions[id];
        require(d.updater != address(0), MerkleUnknownDistribution(id));
    }

    function _updatersOwn(DistributionId id) private view returns (Storage storage d) {
        d = _known(id);
        require(msg.sender == d.updater, MerkleNotUpdater(msg.sender, d.updater));
    }

    function _checkOperator(address account) private view {
        bool isAllowed = msg.sender == account || LEDGER.isOperator(account, msg.sender);
        require(isAllowed, MerkleNotOperator(msg.sender, account));
    }

    /// @dev The token of an id, which an issued one would be taken for.
    function _tokenOf(uint256 asset) private pure returns (address) {
        require(!asset.isIssued(), MerkleNotToken(asset));
        return address(uint160(asset)); // checked on creation
    }

    /// @dev A root becomes current by time: nobody has to say so, and nobody can put it off.
    function _hasMatured(Storage storage d) private view returns (bool) {
        return d.validAt != 0 && d.decideBy == 0 && block.timestamp >= d.validAt;
    }

    function _currentRoot(Storage storage d) private view returns (bytes32) {
        return _hasMatured(d) ? d.pendingRoot : d.root;
    }

    function _stateOf(Storage storage d) private view returns (RootState) {
        if (d.validAt == 0 || _hasMatured(d)) return RootState.NONE;
        if (d.decideBy != 0) return block.timestamp < d.decideBy ? RootState.DISPUTED : RootState.EXPIRED;
        return d.isConfirmed ? RootState.CONFIRMED : RootState.WAITING;
    }

    function _drop(Storage storage d) private {
        (d.pendingRoot, d.pendingContentHash) = (bytes32(0), bytes32(0));
        (d.validAt, d.decideBy, d.isConfirmed) = (0, 0, false);
        d.disputer = address(0);
    }

    function _isProved(
        DistributionId id,
        address account,
        uint256 cumulative,
        bytes32[] calldata proof
    ) private view returns (bool) {
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(id, account, cumulative))));
        return proof.verifyCalldata(_currentRoot(_distributions[id]), leaf);
    }

    function _takeSome(
        DistributionId id,
        address account,
        uint256 cumulative,
        bytes32[] calldata proof,
        address to
    ) private returns (uint256 amount) {
        amount = _take(id, account, cumulative, proof, to);
        require(amount != 0, MerkleNothingToClaim(id, account, cumulative, claimedOf[id][account]));
    }

    /// @dev Writes down all of a claim but the movement itself. A distribution that does not exist has no root to prove anything by.
    function _take(
        DistributionId id,
        address account,
        uint256 cumulative,
        bytes32[] calldata proof,
        address to
    ) private returns (uint256 amount) {
        require(_isProved(id, account, cumulative, proof), MerkleInvalidProof(id, account, cumulative));
        uint256 claimed = claimedOf[id][account];
        if (cumulative <= claimed) return 0;
        amount = cumulative - claimed;
        Storage storage d = _distributions[id];
        require(amount <= d.reserve, MerkleInsufficientFunds(id, amount, d.reserve));
        claimedOf[id][account] = cumulative;
        d.reserve -= uint112(amount); // amount <= reserve
        emit Claimed(id, account, to, amount, cumulative);
    }

    /// @dev What has arrived is part of this contract's ledger balance, which is at most 2^112 − 1, as is the sum of all reserves.
    function _add(DistributionId id, Storage storage d, uint256 amount) private {
        require(amount != 0, MerkleZeroAmount());
        d.reserve += uint112(amount);
        d.funded += amount;
        emit Funded(id, msg.sender, amount);
    }

    /// @dev From the caller's ledger balance. The ledger answers true or reverts.
    function _pull(uint256 asset, uint256 amount) private {
        LEDGER.transferFrom(msg.sender, address(this), asset, amount);
    }

    /// @dev To a ledger balance; it fails where `to` would have more than 2^112 − 1 units, which is more than there are.
    function _pay(uint256 asset, address to, uint256 amount) private {
        if (amount != 0) LEDGER.transfer(to, asset, amount);
    }
}
