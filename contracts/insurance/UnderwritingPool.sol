// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IAssetMetadata} from "../interfaces/IAssetMetadata.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {IUnderwritingActions} from "../interfaces/IUnderwritingActions.sol";
import {IUnderwritingPool} from "../interfaces/IUnderwritingPool.sol";
import {AssetDecimals} from "../libraries/AssetDecimals.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {CappedExits} from "../libraries/CappedExits.sol";
import {ExcessStream} from "../libraries/ExcessStream.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {PremiumFlow} from "../libraries/PremiumFlow.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {UnderwritingId} from "../types/UnderwritingId.sol";
import {UnderwritingTerms} from "../types/UnderwritingTerms.sol";
import {Word} from "../types/Word.sol";
import {UnderwritingSections} from "./UnderwritingSections.sol";
import {UnderwritingStore} from "./UnderwritingStore.sol";

/// @title UnderwritingPool
/// @notice Pools of underwriters' capital; see `IUnderwritingPool`. Holds no token and no balance: a pool's capital is its ledger book,
/// handed over with each call.
/// @dev Why a pool can pay what it owes. Its book and the books of its risks hold together what shares own, what is not earned, exits and
/// fees that are set aside, and what reported risks owe to holders. A risk's book holds at least its premiums, which are no more than
/// its cover, and what is locked is at most what shares own. So what the pool's own book lacks, because premiums lie with their risks,
/// is at most what is locked, and exits leave that where it is.
contract UnderwritingPool is UnderwritingSections, IUnderwritingPool {
    using AssetId for uint256;
    using CappedExits for CappedExits.Queue;
    using ExcessStream for ExcessStream.Stream;
    using OperationLib for uint256[];
    using PremiumFlow for PremiumFlow.Flow;

    uint256 private constant MIN_WINDOW = 1 hours;
    uint256 private constant MAX_WINDOW = 730 days;
    uint256 private constant MAX_COOLDOWN = 365 days;
    /// @dev From when a risk can be voided to when who underwrote it can leave.
    uint256 private constant GRACE = 1 days;
    /// @dev A share costs a thousandth of a unit at first (`StakeMath`).
    uint256 private constant SHARE_DECIMALS = 3;

    constructor(ILedger ledger) UnderwritingStore(ledger) {}

    modifier onlyLedger() {
        require(msg.sender == address(_LEDGER), UnderwritingNotLedger(msg.sender));
        _;
    }

    /* LEDGER ENTRIES */

    /// @inheritdoc ILedgerProtocol
    function onLedgerCall(
        address actor,
        bytes32 book,
        Word holdings,
        Word inputs,
        bytes calldata data
    ) external onlyLedger returns (bytes4 magic, Word outputs, uint256 shareId, Word issue) {
        bytes4 selector = bytes4(data);
        magic = ILedgerProtocol.onLedgerCall.selector;
        _checkInputs(selector, inputs);
        if (selector == IUnderwritingActions.createPool.selector) {
            _createPool(book, abi.decode(data[4:], (UnderwritingTerms)));
            return (magic, outputs.withFlags(1), 0, issue);
        }
        require(holdings.flags() != 0, UnderwritingUnknownPool(book));
        UnderwritingId id = UnderwritingId.wrap(book);
        (outputs, issue) = _act(id, actor, inputs.amount(0), data);
        outputs = outputs.withFlags(1);
        if (Word.unwrap(issue) != 0) shareId = id.shareId(address(this));
    }

    /// @inheritdoc ILedgerProtocol
    /// @dev See `UnderwritingSections`.
    function onLedgerBatch(
        bytes32 book,
        Word holdings,
        uint256 shareId,
        bytes calldata,
        uint256[] calldata operations
    ) external onlyLedger returns (bytes4, uint32, uint256[] memory) {
        require(holdings.flags() != 0, UnderwritingUnknownPool(book));
        UnderwritingId id = UnderwritingId.wrap(book);
        uint256 expected = id.shareId(address(this));
        require(shareId == expected, UnderwritingWrongShare(shareId, expected));
        uint256[] memory payouts = OperationLib.newPayouts(operations.length / 2);
        _settleAll(id, operations, payouts);
        payouts.answer(ILedgerProtocol.onLedgerBatch.selector, 1);
    }

    /* DESKS */

    /// @inheritdoc IUnderwritingPool
    function backCover(UnderwritingId id, Sale calldata sale) external {
        Storage storage stored = _ofDesk(id, msg.sender);
        Pool memory pool = _open(id);
        Backing memory backing = _backingOf(stored, pool, sale.eventId);
        pool.locked += sale.cover;
        require(sale.premium <= sale.cover, UnderwritingPremiumTooHigh(sale.premium, sale.cover));
        require(pool.locked <= backing.capacity, UnderwritingCapacityExceeded(pool.locked, backing.capacity));
        uint256 latest = block.timestamp + stored.terms.maxWindow;
        bool isWindow = block.timestamp <= sale.end && sale.end <= sale.deadline && sale.deadline <= latest;
        require(isWindow, UnderwritingInvalidWindow(sale.end, sale.deadline, latest));
        if (sale.eventId != 0) _expose(stored, sale, backing.eventRoom);
        if (pool.horizon < sale.deadline + GRACE) pool.horizon = sale.deadline + GRACE;
        uint256 earned = pool.flow.add(stored.cuts, sale.premium, block.timestamp, sale.end);
        pool.assets = _sum(pool.assets, earned);
        _close(id, pool);
        emit CoverBacked(id, sale.cover, sale.premium, pool.locked);
    }

    /// @inheritdoc IUnderwritingPool
    function releaseCover(UnderwritingId id, Result calldata result) external {
        Storage storage stored = _ofDesk(id, msg.sender);
        uint256 cover = result.cover;
        bool isWithin = result.loss <= cover && result.surplus <= cover;
        require(isWithin, UnderwritingLossTooLarge(result.loss, result.surplus, cover));
        Pool memory pool = _open(id);
        require(cover <= pool.locked, UnderwritingLossTooLarge(cover, 0, pool.locked));
        uint256 loss = result.loss;
        // Premiums that a void gives back may be among what an exit left: they are not taken out of the price a second time.
        if (result.isVoid) loss -= pool.excess.take(loss);
        pool.assets -= loss; // at most what is locked, which is a part of it
        pool.locked = pool.locked - cover + result.surplus;
        if (result.eventId != 0) stored.exposures[result.eventId] -= cover;
        _close(id, pool);
        emit CoverReleased(id, cover, result.loss, pool.assets);
        if (result.fee != 0) _credit(id, result.feeTo, result.fee);
    }

    /// @inheritdoc IUnderwritingPool
    function creditFee(UnderwritingId id, address account, uint256 amount) external {
        _ofDesk(id, msg.sender);
        _credit(id, account, amount);
    }

    /* VIEWS */

    /// @inheritdoc IUnderwritingPool
    // solhint-disable-next-line func-name-mixedcase
    function LEDGER() external view returns (ILedger) {
        return _LEDGER;
    }

    /// @inheritdoc IUnderwritingPool
    function stateOf(UnderwritingId id) external view returns (State memory) {
        Pool memory pool = _open(id);
        return
            State({
                assets: pool.assets,
                locked: pool.locked,
                shares: pool.shares,
                staying: pool.staying,
                horizon: pool.horizon,
                unearnedX32: _unearnedX32(_pools[id], pool)
            });
    }

    /// @inheritdoc IUnderwritingPool
    function termsOf(UnderwritingId id) external view returns (UnderwritingTerms memory) {
        return _pools[id].terms;
    }

    /// @inheritdoc IUnderwritingPool
    function excessOf(UnderwritingId id) external view returns (uint256 amount, uint256 end) {
        ExcessStream.Stream memory excess = _open(id).excess;
        return (excess.amount, excess.end);
    }

    /// @inheritdoc IUnderwritingPool
    function backingOf(UnderwritingId id, bytes32 eventId) external view returns (Backing memory) {
        return _backingOf(_pools[id], _open(id), eventId);
    }

    /// @inheritdoc IUnderwritingPool
    function exposureOf(UnderwritingId id, bytes32 eventId) external view returns (uint256) {
        return _pools[id].exposures[eventId];
    }

    /// @inheritdoc IUnderwritingPool
    function feesOf(UnderwritingId id, address account) external view returns (uint256) {
        return _pools[id].fees[account];
    }

    /// @inheritdoc IUnderwritingPool
    function queueOf(UnderwritingId id) external view returns (uint256 count, uint256 finalCount, uint256 owed) {
        CappedExits.Queue storage queue = _pools[id].queue;
        return (queue.count, queue.finalCount, queue.owed);
    }

    /// @inheritdoc IUnderwritingPool
    function requestOf(UnderwritingId id, uint256 requestId) external view returns (CappedExits.Request memory) {
        return _pools[id].queue.requests[requestId];
    }

    /// @inheritdoc IAssetMetadata
    function assetName(bytes32 salt) external pure returns (string memory) {
        return string.concat("Lakh underwriting ", _label(salt));
    }

    /// @inheritdoc IAssetMetadata
    function assetSymbol(bytes32 salt) external pure returns (string memory) {
        return string.concat("UW-", _label(salt));
    }

    /// @inheritdoc IAssetMetadata
    /// @dev The asset's and three more: a share costs a thousandth of a unit at first.
    function assetDecimals(bytes32 salt) external view returns (uint8) {
        uint256 asset = _pools[UnderwritingId.wrap(salt)].terms.asset;
        return uint8(AssetDecimals.decimalsOf(asset) + SHARE_DECIMALS); // at most 80
    }

    /// @inheritdoc IAssetMetadata
    function assetSupply(bytes32 salt) external view returns (uint256) {
        return _pools[UnderwritingId.wrap(salt)].staying;
    }

    /* INTERNALS */

    function _act(
        UnderwritingId id,
        address actor,
        uint256 input,
        bytes calldata data
    ) private returns (Word outputs, Word issue) {
        bytes4 selector = bytes4(data);
        if (selector == IUnderwritingActions.deposit.selector) {
            issue = WordLib.pack(_deposit(id, actor, input, abi.decode(data[4:], (uint256))), 0);
        } else if (selector == IUnderwritingActions.requestExit.selector) {
            uint256 shares = abi.decode(data[4:], (uint256));
            _requestExit(id, actor, shares);
            issue = WordLib.pack(0, shares); // checked to be there
        } else if (selector == IUnderwritingActions.finaliseExits.selector) {
            _finaliseExits(id, abi.decode(data[4:], (uint256)));
        } else if (selector == IUnderwritingActions.claimExit.selector) {
            outputs = WordLib.pack(_claimExit(id, actor, abi.decode(data[4:], (uint256))), 0);
        } else if (selector == IUnderwritingActions.claimFees.selector) {
            outputs = WordLib.pack(_claimFees(id, actor), 0);
        } else if (selector == IUnderwritingActions.payClaims.selector) {
            _ofDesk(id, actor);
            uint256 amount = abi.decode(data[4:], (uint256));
            require(amount <= MAX_AMOUNT, UnderwritingAmountTooLarge(amount, MAX_AMOUNT));
            outputs = WordLib.pack(amount, 0);
        } else if (selector == IUnderwritingActions.returnPremiums.selector) {
            _ofDesk(id, actor);
            Pool memory pool = _open(id);
            pool.locked -= input; // locked by `releaseCover`
            _close(id, pool);
        } else {
            revert UnderwritingUnknownAction(selector);
        }
    }

    function _createPool(bytes32 book, UnderwritingTerms memory terms) private {
        UnderwritingId id = terms.toId(address(this));
        require(UnderwritingId.unwrap(id) == book, UnderwritingWrongPool(id, book));
        require(terms.asset != 0 && terms.asset <= type(uint160).max, UnderwritingNotToken(terms.asset));
        require(terms.desk != address(0) && terms.manager != address(0), UnderwritingZeroAddress());
        bool isLimit = terms.riskLimit != 0 && terms.riskLimit <= terms.eventLimit;
        isLimit = isLimit && terms.eventLimit <= terms.capacity && terms.capacity <= WAD;
        require(isLimit, UnderwritingInvalidLimits(terms.capacity, terms.eventLimit, terms.riskLimit));
        bool isTime = terms.maxWindow >= MIN_WINDOW && terms.maxWindow <= MAX_WINDOW && terms.cooldown <= MAX_COOLDOWN;
        require(isTime, UnderwritingInvalidTimes(terms.maxWindow, terms.cooldown));
        Storage storage stored = _pools[id];
        require(stored.terms.desk == address(0), UnderwritingPoolExists(id));
        stored.terms = terms;
        emit UnderwritingPoolCreated(id, terms.asset, terms.desk, terms);
    }

    function _deposit(
        UnderwritingId id,
        address actor,
        uint256 assets,
        uint256 minShares
    ) private returns (uint256 shares) {
        Pool memory pool = _open(id);
        require(assets <= MAX_AMOUNT - pool.assets, UnderwritingAmountTooLarge(assets, MAX_AMOUNT - pool.assets));
        shares = _toShares(_pools[id], pool, assets);
        require(shares >= minShares, UnderwritingBelowMinimumShares(shares, minShares));
        if (!_tryDeposit(pool, assets, shares)) {
            require(shares != 0, UnderwritingZeroAmount());
            revert UnderwritingAmountTooLarge(shares, MAX_SHARES - pool.shares);
        }
        _closeShares(id, pool);
        emit Underwritten(id, actor, assets, shares);
    }

    function _requestExit(UnderwritingId id, address actor, uint256 shares) private {
        Pool memory pool = _open(id);
        require(shares <= pool.staying, UnderwritingAmountTooLarge(shares, pool.staying));
        require(_tryRequest(id, pool, actor, shares, 0) != 0, UnderwritingZeroAmount());
        _closeShares(id, pool);
    }

    function _finaliseExits(UnderwritingId id, uint256 requestId) private {
        _checkReady(id, address(0), requestId);
        require(!_pools[id].queue.isFinal(requestId), UnderwritingAlreadyFinal(requestId));
        Pool memory pool = _open(id);
        if (!_tryFinalise(id, pool, requestId)) _refuseLocked(id, pool, requestId);
        _closeShares(id, pool);
    }

    function _claimExit(UnderwritingId id, address actor, uint256 requestId) private returns (uint256) {
        Pool memory pool = _open(id);
        (bool ok, uint256 assets) = _tryClaimExit(id, pool, actor, requestId);
        if (!ok) {
            _checkReady(id, actor, requestId);
            _refuseLocked(id, pool, requestId);
        }
        _closeShares(id, pool);
        emit UnderwriterExitClaimed(id, actor, requestId, assets);
        return assets;
    }

    function _claimFees(UnderwritingId id, address actor) private returns (uint256 amount) {
        mapping(address account => uint256) storage fees = _pools[id].fees;
        amount = fees[actor];
        require(amount != 0, UnderwritingZeroAmount());
        fees[actor] = 0;
        emit FeesClaimed(id, actor, amount);
    }

    function _credit(UnderwritingId id, address account, uint256 amount) private {
        _pools[id].fees[account] += amount;
        emit FeeCredited(id, account, amount);
    }

    function _expose(Storage storage stored, Sale calldata sale, uint256 room) private {
        uint256 exposure = stored.exposures[sale.eventId];
        require(
            sale.cover <= room,
            UnderwritingEventLimitExceeded(sale.eventId, exposure + sale.cover, exposure + room)
        );
        stored.exposures[sale.eventId] = exposure + sale.cover;
    }

    function _refuseLocked(UnderwritingId id, Pool memory pool, uint256 requestId) private view {
        uint256 assets = _toAssets(pool, _pools[id].queue.pendingUpTo(requestId));
        revert UnderwritingCapitalLocked(assets, pool.assets - pool.locked);
    }

    /// @dev Of whom the request is does not matter for the zero address.
    function _checkReady(UnderwritingId id, address account, uint256 requestId) private view {
        CappedExits.Request storage request = _pools[id].queue.requests[requestId];
        address owner = request.owner;
        bool isKnown = owner != address(0) && (account == address(0) || account == owner);
        require(isKnown, UnderwritingUnknownRequest(account, requestId));
        require(block.timestamp >= request.readyAt, UnderwritingNotReady(requestId, request.readyAt));
    }

    function _ofDesk(UnderwritingId id, address caller) private view returns (Storage storage stored) {
        stored = _pools[id];
        address desk = stored.terms.desk;
        require(caller == desk && desk != address(0), UnderwritingNotDesk(caller, desk));
    }

    /// @dev Deposits and premiums that come back take asset 0, and nothing else takes anything.
    function _checkInputs(bytes4 selector, Word inputs) private pure {
        bool takes =
            selector == IUnderwritingActions.deposit.selector ||
                selector == IUnderwritingActions.returnPremiums.selector;
        (uint256 amount0, uint256 amount1) = (inputs.amount(0), inputs.amount(1));
        require((amount0 != 0) == takes && amount1 == 0, UnderwritingWrongInputs(amount0, amount1));
    }

    /// @dev The first four bytes of a pool id, in hexadecimal.
    function _label(bytes32 salt) private pure returns (string memory) {
        return Strings.toHexString(uint32(bytes4(salt)), 4);
    }
}
