// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ICoverOracle} from "../interfaces/ICoverOracle.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {RiskId} from "../types/RiskId.sol";

/// @title ReporterOracle
/// @notice Outcomes that a quorum of bonded reporters has signed. Who signs two outcomes of one risk loses his bond, half of it
/// to whoever shows it.
/// @dev A reporter's bond is a part of this contract's ledger balance. Reporters are replaced by the authority after a delay, in which
/// the ones before go on. Where no quorum agrees there is no outcome, and the desk has other ways. Nobody can change a signature's
/// meaning: it names chain, oracle, desk, risk and ratio.
contract ReporterOracle is ICoverOracle, EIP712 {
    /// @notice A set of reporters, from `validFrom` on.
    struct ReporterSet {
        address[] reporters;
        uint256 threshold;
        uint256 validFrom;
    }

    struct Bond {
        uint112 amount; // slot 0
        /// @dev When it can be withdrawn, seconds; 0 when that was not asked.
        uint40 freeAt; //  slot 0
        /// @dev A bond of his was taken: he posts no other.
        bool isSlashed; // slot 0
    }

    /// @notice The reporters and their quorum are these from `validFrom` on.
    event ReportersProposed(uint256 indexed number, address[] reporters, uint256 threshold, uint256 validFrom);
    event BondPosted(address indexed reporter, uint256 amount);
    event BondFreed(address indexed reporter, uint256 freeAt);
    event BondWithdrawn(address indexed reporter, uint256 amount);
    event ReporterSlashed(address indexed reporter, RiskId indexed risk, address indexed by, uint256 amount);

    /// @notice `caller` has no authority for this call.
    error ReporterUnauthorized(address caller);
    /// @notice `count` reporters, at most `maximum`, are not in rising order of their addresses, or a quorum of `threshold` is not a
    /// majority of them.
    error ReporterInvalidSet(uint256 count, uint256 threshold, uint256 maximum);
    /// @notice `signatures` signatures are fewer than the quorum of `threshold`.
    error ReporterQuorumMissed(uint256 signatures, uint256 threshold);
    /// @notice Too few signatures count. The first that does not is `index`, of `signer`, who is no reporter, has no bond, or does not come
    /// after the last one that does.
    error ReporterInvalidSignature(uint256 index, address signer);
    /// @notice `reporter` has a bond of `amount` already.
    error ReporterBonded(address reporter, uint256 amount);
    /// @notice A bond of `reporter` was taken: a key that signs two outcomes is trusted with no other bond.
    error ReporterIsSlashed(address reporter);
    /// @notice A treasury is needed, which gets half of a bond that is taken.
    error ReporterZeroTreasury();
    /// @notice `reporter` has no bond.
    error ReporterNotBonded(address reporter);
    /// @notice The bond can be withdrawn from `freeAt` on; 0 when that was not asked.
    error ReporterBondLocked(uint256 freeAt);
    /// @notice The two signatures are not of one reporter on two ratios.
    error ReporterNoContradiction(address first, address second);

    uint256 public constant MAX_REPORTERS = 32;
    /// @notice Seconds until a new set counts, and until a bond that was freed can be withdrawn.
    uint256 public constant ROTATION_DELAY = 3 days;
    uint256 public constant BOND_DELAY = 30 days;
    bytes32 private constant OUTCOME_TYPE = keccak256("Outcome(address desk,bytes32 risk,uint256 ratio)");

    ILedger public immutable LEDGER;
    IAccessManager public immutable AUTHORITY;
    /// @notice The ledger id of what bonds are in, and how much one is.
    uint256 public immutable ASSET;
    uint256 public immutable BOND;
    /// @notice Who gets half of a bond that is taken.
    address public immutable TREASURY;

    mapping(address reporter => Bond) public bondOf;
    mapping(uint256 number => mapping(address reporter => bool)) private _isReporter;
    /// @dev The last two sets: the last one may wait.
    ReporterSet[] private _sets;

    /// @param asset a plain asset
    constructor(
        ILedger ledger,
        uint256 asset,
        uint112 bond,
        address treasury,
        address[] memory reporters,
        uint256 threshold
    ) EIP712("Lakh reporters", "1") {
        require(treasury != address(0), ReporterZeroTreasury());
        (LEDGER, AUTHORITY, ASSET, BOND, TREASURY) = (ledger, ledger.AUTHORITY(), asset, bond, treasury);
        _propose(reporters, threshold, block.timestamp);
    }

    /* AUTHORITY */

    /// @notice Replaces the reporters, after a delay. Restricted. A set that waits is replaced at once.
    function proposeReporters(address[] calldata reporters, uint256 threshold) external {
        (bool allowed, ) = AUTHORITY.canCall(msg.sender, address(this), msg.sig);
        require(allowed, ReporterUnauthorized(msg.sender));
        _propose(reporters, threshold, block.timestamp + ROTATION_DELAY);
    }

    /* REPORTERS */

    /// @notice Posts the caller's bond out of his ledger balance, by an allowance. Before he is a reporter too; not after he lost one.
    function postBond() external {
        Bond storage bond = bondOf[msg.sender];
        require(bond.amount == 0, ReporterBonded(msg.sender, bond.amount));
        require(!bond.isSlashed, ReporterIsSlashed(msg.sender));
        (bond.amount, bond.freeAt) = (uint112(BOND), 0); // a uint112
        emit BondPosted(msg.sender, BOND);
        if (BOND != 0) LEDGER.transferFrom(msg.sender, address(this), ASSET, BOND);
    }

    /// @notice Asks for the caller's bond. His signatures do not count any more; for what he signed before he can still be slashed.
    function freeBond() external {
        Bond storage bond = bondOf[msg.sender];
        require(bond.amount != 0, ReporterNotBonded(msg.sender));
        bond.freeAt = uint40(block.timestamp + BOND_DELAY);
        emit BondFreed(msg.sender, bond.freeAt);
    }

    /// @notice Pays back the caller's bond, in the ledger.
    function withdrawBond() external {
        Bond memory bond = bondOf[msg.sender];
        require(bond.amount != 0, ReporterNotBonded(msg.sender));
        require(bond.freeAt != 0 && block.timestamp >= bond.freeAt, ReporterBondLocked(bond.freeAt));
        delete bondOf[msg.sender];
        emit BondWithdrawn(msg.sender, bond.amount);
        LEDGER.transfer(msg.sender, ASSET, bond.amount);
    }

    /// @notice Takes the bond of who signed two outcomes of one risk: half of it is the caller's, the rest the treasury's, so that nobody
    /// saves his own by showing what he did himself. He can post no other, which the same two signatures would take.
    function slash(
        address desk,
        RiskId risk,
        uint256[2] calldata ratios,
        bytes[2] calldata signatures
    ) external returns (uint256 amount) {
        address first = _signerOf(desk, risk, ratios[0], signatures[0]);
        address second = _signerOf(desk, risk, ratios[1], signatures[1]);
        bool isContradiction = first == second && first != address(0) && ratios[0] != ratios[1];
        require(isContradiction, ReporterNoContradiction(first, second));
        amount = bondOf[first].amount;
        require(amount != 0, ReporterNotBonded(first));
        bondOf[first] = Bond(0, 0, true);
        emit ReporterSlashed(first, risk, msg.sender, amount);
        LEDGER.transfer(msg.sender, ASSET, amount / 2);
        LEDGER.transfer(TREASURY, ASSET, amount - amount / 2);
    }

    /* VIEWS */

    /// @inheritdoc ICoverOracle
    /// @dev `proof` is the ratio and the signatures of a quorum of the current set, in rising order of their signers, ABI-encoded. Others
    /// among them do not count, and do no harm: a bond can be freed or taken while a proof is under way.
    function outcomeOf(
        Question calldata question,
        bytes calldata proof
    ) external view returns (bool isFinal, uint256 ratio) {
        bytes[] memory signatures;
        (ratio, signatures) = abi.decode(proof, (uint256, bytes[]));
        uint256 number = _currentNumber();
        uint256 threshold = _sets[number].threshold;
        require(signatures.length >= threshold, ReporterQuorumMissed(signatures.length, threshold));
        address last = address(0);
        uint256 count = 0;
        (uint256 index, address stranger) = (signatures.length, address(0));
        for (uint256 i = 0; i < signatures.length; ++i) {
            address signer = _signerOf(msg.sender, question.risk, ratio, signatures[i]);
            bool isReporter = signer > last && _isReporter[number][signer] && _isBonded(signer);
            if (isReporter) (last, count) = (signer, count + 1);
            else if (index == signatures.length) (index, stranger) = (i, signer);
        }
        require(count >= threshold, ReporterInvalidSignature(index, stranger));
        isFinal = true;
    }

    /// @notice The set that counts now, and its number.
    function currentSet() external view returns (uint256 number, ReporterSet memory) {
        number = _currentNumber();
        return (number, _sets[number]);
    }

    /// @notice What a reporter signs.
    function digestOf(address desk, RiskId risk, uint256 ratio) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(OUTCOME_TYPE, desk, risk, ratio)));
    }

    /* INTERNALS */

    function _propose(address[] memory reporters, uint256 threshold, uint256 validFrom) private {
        uint256 count = reporters.length;
        bool isQuorum = 2 * threshold > count && threshold <= count && count <= MAX_REPORTERS;
        require(isQuorum, ReporterInvalidSet(count, threshold, MAX_REPORTERS));
        // A set that waits is dropped; its number is not used again.
        uint256 number = _sets.length;
        if (number != 0 && _sets[number - 1].validFrom > block.timestamp)
            _sets[number - 1].validFrom = type(uint256).max;
        address last = address(0);
        for (uint256 i = 0; i < count; ++i) {
            require(reporters[i] > last, ReporterInvalidSet(count, threshold, MAX_REPORTERS));
            last = reporters[i];
            _isReporter[number][last] = true;
        }
        _sets.push(ReporterSet(reporters, threshold, validFrom));
        emit ReportersProposed(number, reporters, threshold, validFrom);
    }

    /// @dev The last set that counts. Sets before it that were dropped are passed over.
    function _currentNumber() private view returns (uint256 number) {
        number = _sets.length - 1;
        while (_sets[number].validFrom > block.timestamp) --number; // the first one counts from the beginning
    }

    function _isBonded(address reporter) private view returns (bool) {
        Bond memory bond = bondOf[reporter];
        return BOND == 0 || (bond.amount != 0 && bond.freeAt == 0);
    }

    /// @dev The zero address for what is no signature.
    function _signerOf(
        address desk,
        RiskId risk,
        uint256 ratio,
        bytes memory signature
    ) private view returns (address signer) {
        (signer, , ) = ECDSA.tryRecover(digestOf(desk, risk, ratio), signature);
    }
}
