// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC7943MultiToken} from "../interfaces/external/IERC7943MultiToken.sol";
import {IAssetIssuer} from "../interfaces/IAssetIssuer.sol";
import {IAssetMetadata} from "../interfaces/IAssetMetadata.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {IPledgeable} from "../interfaces/IPledgeable.sol";
import {IRwaActions} from "../interfaces/IRwaActions.sol";
import {IRwaAgency} from "../interfaces/IRwaAgency.sol";
import {IRwaCore} from "../interfaces/IRwaCore.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {RwaWords} from "../libraries/RwaWords.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {Word} from "../types/Word.sol";
import {RwaAssets} from "./RwaAssets.sol";
import {RwaIncome} from "./RwaIncome.sol";

/// @title RwaCore
/// @notice Issuer of regulated assets on the ledger; see `IRwaCore`. Holds no token and no balance: units are balances of
/// the ledger, income is in its books.
/// @dev Movements, pledges, income and views run here; what issuers, agents and the registry do in `RwaAgency`, on this storage.
contract RwaCore is RwaIncome, IRwaCore {
    using OperationLib for uint256;
    using OperationLib for uint256[];
    using RwaWords for uint256;
    using WordLib for Word;

    /// @dev The kind of an operation that claims: it debits nothing.
    uint256 private constant CLAIM = 3;

    /// @inheritdoc IRwaCore
    address public immutable AGENCY;

    /// @param agency a `RwaAgency` of the same ledger; a core has no other
    constructor(ILedger ledger, address agency) RwaAssets(ledger) {
        // A `delegatecall` to nothing succeeds.
        require(agency.code.length != 0, IRwaAgency.RwaNoCode(agency));
        AGENCY = agency;
    }

    modifier onlyLedger() {
        _checkLedger();
        _;
    }

    /// @dev What is not here is the agency's.
    fallback() external {
        _delegate();
    }

    /* LEDGER ENTRIES */

    /// @inheritdoc IAssetIssuer
    function canTransfer(uint256 id, address from, address to, uint256 amount) external view returns (bool) {
        return _refusalOf(id, from, to, amount, true) == Refusal.NONE;
    }

    /// @inheritdoc IAssetIssuer
    /// @dev It cannot fail: all it does is bounded, and none of its arithmetic reverts.
    function onLedgerMovement(uint256 id, address from, address to, uint256 amount) external onlyLedger {
        uint256 hot = _count(id);
        _settleTold(id, hot, from, amount, true);
        _settleTold(id, hot, to, amount, false);
        _countHolders(id, hot, from, to);
    }

    /// @inheritdoc ILedgerProtocol
    function onLedgerCall(
        address actor,
        bytes32 book,
        Word holdings,
        Word inputs,
        bytes calldata data
    ) external onlyLedger returns (bytes4 magic, Word outputs, uint256 shareId, Word issue) {
        uint256 out = _act(_idOf(book), actor, inputs, data);
        (shareId, issue) = (0, Word.wrap(0));
        magic = ILedgerProtocol.onLedgerCall.selector;
        outputs = WordLib.pack(out, 0).withFlags(uint32(holdings.flags())); // flags are 32 bits
    }

    /// @inheritdoc ILedgerProtocol
    /// @dev On an asset's income book: each operation of kind 3 claims its signer's income. Others fail, and so does a claim of nothing.
    function onLedgerBatch(
        bytes32 book,
        Word holdings,
        uint256 shareId,
        bytes calldata,
        uint256[] calldata operations
    ) external onlyLedger returns (bytes4, uint32, uint256[] memory) {
        require(shareId == 0, RwaUnwantedShare(shareId));
        uint256 id = _idOf(book);
        uint256 hot = _count(id);
        uint256[] memory payouts = OperationLib.newPayouts(operations.length / 2);
        for (uint256 i; i < payouts.length; ++i) {
            uint256 head = operations[2 * i];
            uint256 amount = head.kind() == CLAIM ? _tryClaim(id, hot, head.account()) : 0;
            payouts[i] = amount == 0 ? OperationLib.FAILED : amount;
        }
        payouts.answer(ILedgerProtocol.onLedgerBatch.selector, uint32(holdings.flags())); // flags are 32 bits
    }

    /* PLEDGES */

    /// @inheritdoc IPledgeable
    /// @dev Of who could send the units. The pledgee is a protocol that acts on the account's word.
    function pledge(address account, uint256 id, uint256 amount) external {
        require(_approvals[id][msg.sender] & PLEDGEE != 0, PledgeeNotApproved(id, msg.sender));
        require(amount != 0, RwaZeroAmount());
        require(!_assets[id].hot.has(RwaWords.PAUSED), RwaPaused(id));
        require(_accounts[account].sendUntil() >= block.timestamp, ERC7943CannotSend(account));
        Encumbrance memory encumbrance = _encumbrances[id][account];
        require(!encumbrance.isFrozen, RwaAccountFrozen(id, account));
        uint256 movable = _movable(_LEDGER.balanceOf(account, id), encumbrance);
        require(amount <= movable, PledgeInsufficientUnits(account, id, movable, amount));
        Pledge storage stored = _pledges[id][account][msg.sender];
        if (stored.amount == 0) stored.holder = account;
        require(stored.holder == account, RwaPledgeMoved(account, id, msg.sender, stored.holder));
        stored.amount += uint96(amount); // a part of the balance
        encumbrance.pledged += uint96(amount); // likewise
        _encumber(id, account, encumbrance);
        emit Pledged(id, account, msg.sender, amount);
    }

    /// @inheritdoc IPledgeable
    /// @dev They are free with whoever has them now.
    function release(address account, uint256 id, uint256 amount) external {
        _unpledge(account, id, amount);
        emit PledgeReleased(id, account, msg.sender, amount);
    }

    /// @inheritdoc IPledgeable
    /// @dev From whoever has them now. Not while the asset is paused; what a receiver needs he needs here too, but for room under a holder
    /// cap: else an issuer whose register is full would keep a lender from what is his.
    function seize(address account, uint256 id, uint256 amount, address to) external {
        require(!_assets[id].hot.has(RwaWords.PAUSED), RwaPaused(id));
        address holder = _unpledge(account, id, amount);
        _checkTaker(id, to);
        emit PledgeSeized(id, account, msg.sender, to, amount);
        _relocate(id, holder, to, amount);
    }

    /// @inheritdoc IRwaCore
    function setMarketApproval(uint256 id, bytes32 market, bool isApproved) external {
        _checkCaller(id, TERMS);
        _marketApprovals[id][market] = isApproved;
        emit MarketApprovalSet(id, market, isApproved);
    }

    /* FACADES */

    /// @inheritdoc IRwaCore
    function facadeTransfer(uint256 id, address from, address to, uint256 amount) external {
        require(msg.sender == _assets[id].facade, RwaNotFacade(msg.sender, id));
        // A protocol's books are reached through the ledger only; in its balance units would be stuck.
        require(!_accounts[to].isProtocol(), ERC7943CannotReceive(to));
        _requireAllowed(id, from, to, amount);
        _relocate(id, from, to, amount);
    }

    /* ERC-7943 */

    /// @inheritdoc IERC7943MultiToken
    function forcedTransfer(address, address, uint256, uint256) external returns (bool) {
        _delegate();
    }

    /// @inheritdoc IERC7943MultiToken
    function setFrozenTokens(address, uint256, uint256) external returns (bool) {
        _delegate();
    }

    /// @inheritdoc IERC7943MultiToken
    /// @dev Of any asset: what an asset asks for besides is in `canTransfer`.
    function canSend(address account) external view returns (bool) {
        uint256 word = _accounts[account];
        return word.isProtocol() || word.sendUntil() >= block.timestamp;
    }

    /// @inheritdoc IERC7943MultiToken
    /// @dev Of any asset: what an asset asks for besides is in `canTransfer`. Of a pool's address no: the AMM alone is told of pools, when one
    /// is created.
    function canReceive(address account) external view returns (bool) {
        uint256 word = _accounts[account];
        return word.isProtocol() || word.receiveUntil() >= block.timestamp;
    }

    /// @inheritdoc IERC7943MultiToken
    function getFrozenTokens(address account, uint256 tokenId) external view returns (uint256) {
        return _encumbrances[tokenId][account].frozen;
    }

    /// @inheritdoc IERC7943MultiToken
    function canTransfer(address from, address to, uint256 tokenId, uint256 amount) external view returns (bool) {
        return _refusalOf(tokenId, from, to, amount) == Refusal.NONE;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC7943MultiToken).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    /* VIEWS */

    /// @inheritdoc IRwaCore
    // solhint-disable-next-line func-name-mixedcase
    function LEDGER() external view returns (ILedger) {
        return _LEDGER;
    }

    /// @inheritdoc IRwaCore
    function refusalOf(uint256 id, address from, address to, uint256 amount) external view returns (Refusal) {
        return _refusalOf(id, from, to, amount);
    }

    /// @inheritdoc IRwaCore
    function requireTransfer(uint256 id, address from, address to, uint256 amount) external view {
        _requireAllowed(id, from, to, amount);
    }

    /// @inheritdoc IRwaCore
    function movableOf(address account, uint256 id) external view returns (uint256) {
        Encumbrance memory encumbrance = _encumbrances[id][account];
        return encumbrance.isFrozen ? 0 : _movable(_LEDGER.balanceOf(account, id), encumbrance);
    }

    /// @inheritdoc IRwaCore
    function isFrozen(uint256 id, address account) external view returns (bool) {
        return _encumbrances[id][account].isFrozen;
    }

    /// @inheritdoc IPledgeable
    function pledgedOf(address account, uint256 id, address pledgee) external view returns (uint256) {
        return _pledges[id][account][pledgee].amount;
    }

    /// @inheritdoc IPledgeable
    /// @dev Of the units that the account has: a pledge that was moved counts where its units are.
    function pledgedTotal(address account, uint256 id) external view returns (uint256) {
        return _encumbrances[id][account].pledged;
    }

    /// @inheritdoc IPledgeable
    /// @dev What a pledge needs, new debt needs too; and no frozen unit counts twice, as frozen and as pledged.
    function mayBorrow(address account, uint256 id, address pledgee) external view returns (bool) {
        Encumbrance memory encumbrance = _encumbrances[id][account];
        uint256 held = uint256(encumbrance.frozen) + encumbrance.pledged;
        return
            pledgeHolderOf(account, id, pledgee) == account &&
            _approvals[id][pledgee] & PLEDGEE != 0 &&
            !_assets[id].hot.has(RwaWords.PAUSED) &&
            _accounts[account].sendUntil() >= block.timestamp &&
            !encumbrance.isFrozen &&
            (encumbrance.frozen == 0 || held <= _LEDGER.balanceOf(account, id));
    }

    /// @inheritdoc IPledgeable
    function isMarketApproved(uint256 id, bytes32 market) external view returns (bool) {
        return _approvals[id][msg.sender] & PLEDGEE != 0 && _marketApprovals[id][market];
    }

    /// @inheritdoc IPledgeable
    function pledgeHolderOf(address account, uint256 id, address pledgee) public view returns (address) {
        Pledge storage stored = _pledges[id][account][pledgee];
        return stored.amount == 0 ? account : stored.holder;
    }

    /// @inheritdoc IRwaCore
    function incomeOf(uint256 id, address account) external view returns (uint256) {
        if (_accounts[account].isProtocol()) return 0;
        Asset storage asset = _assets[id];
        (uint256 hot, ) = _peek(asset, asset.hot);
        return _payable(_settledRecord(id, hot, account, _records[id][account]));
    }

    /// @inheritdoc IRwaCore
    function recordOf(uint256 id, address account) external view returns (uint256 index, uint256 accrued) {
        uint256 record = _records[id][account];
        return (uint152(record), record >> 152);
    }

    /// @inheritdoc IRwaCore
    function assetOf(uint256 id) external view returns (AssetState memory) {
        Asset storage asset = _assets[id];
        uint256 hot = asset.hot;
        return
            AssetState({
                supply: asset.supply,
                cap: asset.cap,
                holders: hot.holders(),
                holderCap: asset.holderCap,
                classes: hot.needed(),
                isPaused: hot.has(RwaWords.PAUSED),
                hasCountries: hot.has(RwaWords.COUNTRIES),
                owner: asset.owner,
                pendingOwner: asset.pendingOwner,
                module: asset.module,
                facade: asset.facade,
                payAsset: asset.payAsset
            });
    }

    /// @inheritdoc IRwaCore
    function incomeStateOf(uint256 id) external view returns (IncomeState memory) {
        Asset storage asset = _assets[id];
        uint256 hot = asset.hot;
        return
            IncomeState({
                weight: asset.weight,
                index: hot.index(),
                remainder: asset.remainder,
                rate: asset.rate,
                firstRate: hot.has(RwaWords.STEPPED) ? asset.firstRate : asset.rate,
                end: asset.end,
                countedTo: hot.countedTo(),
                funded: asset.funded,
                left: asset.left,
                feePerDay: asset.feePerDay,
                feeDue: asset.feeDue,
                feeDay: asset.feeDay,
                fees: asset.fees
            });
    }

    /// @inheritdoc IRwaCore
    function rolesOf(uint256 id, address agent) external view returns (uint256) {
        return agent == _assets[id].owner ? ALL_ROLES : _roles[id][agent];
    }

    /// @inheritdoc IRwaCore
    function approvalsOf(uint256 id, address protocol) external view returns (uint256) {
        return _approvals[id][protocol];
    }

    /// @inheritdoc IRwaCore
    function marketApprovalOf(uint256 id, bytes32 market) external view returns (bool) {
        return _marketApprovals[id][market];
    }

    /// @inheritdoc IRwaCore
    function countriesOf(uint256 id) external view returns (uint256[4] memory) {
        return _assets[id].countries;
    }

    /// @inheritdoc IRwaCore
    function metadataOf(uint256 id) external view returns (string memory, string memory, uint256) {
        Asset storage asset = _assets[id];
        return (asset.name, asset.symbol, asset.decimals);
    }

    /// @inheritdoc IAssetMetadata
    function assetName(bytes32 salt) external view returns (string memory) {
        return _ofSalt(salt).name;
    }

    /// @inheritdoc IAssetMetadata
    function assetSymbol(bytes32 salt) external view returns (string memory) {
        return _ofSalt(salt).symbol;
    }

    /// @inheritdoc IAssetMetadata
    function assetDecimals(bytes32 salt) external view returns (uint8) {
        return _ofSalt(salt).decimals;
    }

    /// @inheritdoc IAssetMetadata
    function assetSupply(bytes32 salt) external view returns (uint256) {
        return _ofSalt(salt).supply;
    }

    /* INTERNALS */

    /// @dev One action on an asset's income book; answers what it pays.
    function _act(uint256 id, address actor, Word inputs, bytes calldata data) private returns (uint256 out) {
        bytes4 selector = bytes4(data);
        (uint256 amount0, uint256 amount1) = (inputs.amount(0), inputs.amount(1));
        bool isFunding = selector == IRwaActions.distribute.selector || selector == IRwaActions.addIncome.selector;
        require((amount0 != 0) == isFunding && amount1 == 0, RwaWrongInputs(amount0, amount1));
        if (selector == IRwaActions.distribute.selector) {
            _distribute(id, actor, amount0, abi.decode(data[4:], (uint256)));
        } else if (selector == IRwaActions.addIncome.selector) {
            _addIncome(id, actor, amount0);
        } else if (selector == IRwaActions.claimIncome.selector) {
            out = _claim(id, actor, abi.decode(data[4:], (address)));
        } else if (selector == IRwaActions.collectFees.selector) {
            out = _collectFees(id, actor);
        } else {
            revert RwaUnknownAction(selector);
        }
    }

    function _claim(uint256 id, address actor, address account) private returns (uint256 amount) {
        if (account == address(0)) account = actor;
        require(account == actor || _LEDGER.isOperator(account, actor), RwaNotOperator(actor, account));
        require(!_isFrozen(id, account), RwaAccountFrozen(id, account));
        amount = _tryClaim(id, _count(id), account);
        require(amount != 0, RwaZeroAmount());
    }

    /// @dev Takes units out of the caller's pledge; answers who has them.
    function _unpledge(address account, uint256 id, uint256 amount) private returns (address holder) {
        require(amount != 0, RwaZeroAmount());
        Pledge storage stored = _pledges[id][account][msg.sender];
        uint256 pledged = stored.amount;
        require(amount <= pledged, PledgeInsufficient(account, id, msg.sender, pledged, amount));
        holder = stored.holder;
        stored.amount = uint96(pledged - amount);
        Encumbrance memory encumbrance = _encumbrances[id][holder];
        encumbrance.pledged -= uint96(amount); // the pledge is a part of it
        _encumber(id, holder, encumbrance);
    }

    function _idOf(bytes32 book) private view returns (uint256 id) {
        id = _idOfBook[book];
        require(id != 0, RwaUnknownBook(book));
    }

    function _ofSalt(bytes32 salt) private view returns (Asset storage) {
        return _assets[AssetId.issued(address(this), salt, ASSET_FLAGS, 0)];
    }

    function _checkLedger() private view {
        require(msg.sender == address(_LEDGER), RwaNotLedger(msg.sender));
    }

    /// @dev Hands the call to `AGENCY` and ends it with its answer.
    function _delegate() private {
        address agency = AGENCY;
        assembly ("memory-safe") {
            let free := mload(64)
            calldatacopy(free, 0, calldatasize())
            let ok := delegatecall(gas(), agency, free, calldatasize(), 0, 0)
            returndatacopy(free, 0, returndatasize())
            if ok {
                return(free, returndatasize())
            }
            revert(free, returndatasize())
        }
    }
}
