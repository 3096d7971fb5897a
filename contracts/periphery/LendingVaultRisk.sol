// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ILendingVault} from "../interfaces/ILendingVault.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {MarketId} from "../types/MarketId.sol";
import {ADAPTIVE_CURVE, MarketParams, NO_INTEREST} from "../types/MarketParams.sol";
import {MarketQueue, QUEUE_SIZE} from "../types/MarketQueue.sol";
import {LendingVaultMarkets} from "./LendingVaultMarkets.sol";

/// @title LendingVaultRisk
/// @notice Who decides what a vault may lend where, and when that holds.
/// @dev A market with a cap is in the withdraw queue, so it is counted. A cap and the removal of one market are never both pending.
abstract contract LendingVaultRisk is Ownable2Step, ReentrancyGuardTransient, LendingVaultMarkets {
    uint256 internal constant MIN_TIMELOCK = 1 days;
    uint256 internal constant MAX_TIMELOCK = 14 days;
    /// @dev Numbers are bytes.
    uint256 internal constant MAX_NUMBER = type(uint8).max;

    /// @inheritdoc ILendingVault
    address public curator;
    /// @inheritdoc ILendingVault
    address public guardian;
    /// @inheritdoc ILendingVault
    uint256 public timelock;
    /// @inheritdoc ILendingVault
    mapping(address account => bool) public isAllocator;

    Pending private _pendingTimelock;
    Pending private _pendingGuardian;
    mapping(MarketId id => Pending) private _pendingCapOf;

    constructor(address owner, uint256 newTimelock) Ownable(owner) {
        _checkTimelock(newTimelock);
        timelock = newTimelock;
        emit TimelockSet(newTimelock);
    }

    modifier onlyCurator() {
        _checkRole(msg.sender == curator);
        _;
    }

    modifier onlyAllocator() {
        _checkRole(msg.sender == curator || isAllocator[msg.sender]);
        _;
    }

    modifier onlyGuardian() {
        _checkRole(msg.sender == guardian);
        _;
    }

    modifier onlyCuratorOrGuardian() {
        _checkRole(msg.sender == curator || msg.sender == guardian);
        _;
    }

    /* OWNER */

    /// @inheritdoc ILendingVault
    function setCurator(address newCurator) external onlyOwner {
        curator = newCurator;
        emit CuratorSet(newCurator);
    }

    /// @inheritdoc ILendingVault
    function setAllocator(address account, bool newIsAllocator) external onlyOwner {
        isAllocator[account] = newIsAllocator;
        emit AllocatorSet(account, newIsAllocator);
    }

    /// @inheritdoc ILendingVault
    function submitTimelock(uint256 newTimelock) external onlyOwner {
        _checkTimelock(newTimelock);
        require(newTimelock != timelock, VaultUnchanged(newTimelock));
        if (newTimelock > timelock) return _setTimelock(newTimelock);
        _pendingTimelock = _pending(newTimelock);
        emit TimelockSubmitted(newTimelock, _pendingTimelock.validAt);
    }

    /// @inheritdoc ILendingVault
    function submitGuardian(address newGuardian) external onlyOwner {
        require(newGuardian != guardian, VaultUnchanged(uint160(newGuardian)));
        if (guardian == address(0)) return _setGuardian(newGuardian);
        _pendingGuardian = _pending(uint160(newGuardian));
        emit GuardianSubmitted(newGuardian, _pendingGuardian.validAt);
    }

    /* CURATOR */

    /// @inheritdoc ILendingVault
    function submitCap(MarketParams calldata market, uint256 newCap) external onlyCurator {
        MarketId id = market.toId(address(LENDING));
        require(market.loanAsset == _ASSET, VaultWrongAsset(market.loanAsset, _ASSET));
        // The core knows no market whose loan asset is 0, as the parameters of one that does not exist are.
        require(LENDING.paramsOf(id).loanAsset == _ASSET, VaultUnknownMarket(id));
        require(newCap <= WordLib.MAX_AMOUNT, VaultCapTooLarge(newCap, WordLib.MAX_AMOUNT));
        uint256 number = _numberOf[id];
        uint256 cap = number == 0 ? 0 : _markets[number - 1].cap;
        require(newCap != cap, VaultUnchanged(newCap));
        if (newCap < cap) {
            delete _pendingCapOf[id];
            return _setCap(id, number, newCap);
        }
        require(number == 0 || _markets[number - 1].removableAt == 0, VaultRemovalPending(id));
        _pendingCapOf[id] = _pending(newCap);
        emit CapSubmitted(id, newCap, _pendingCapOf[id].validAt);
    }

    /// @inheritdoc ILendingVault
    function submitRemoval(MarketId id) external onlyCurator {
        Market storage market = _enabled(id);
        require(market.cap == 0, VaultCapNotZero(id, market.cap));
        require(_pendingCapOf[id].validAt == 0, VaultCapPending(id));
        market.removableAt = uint40(block.timestamp + timelock); // for 30,000 years
        emit RemovalSubmitted(id, market.removableAt);
    }

    /* TIMELOCK */

    /// @inheritdoc ILendingVault
    function acceptTimelock() external {
        _setTimelock(_due(_pendingTimelock));
    }

    /// @inheritdoc ILendingVault
    function acceptGuardian() external {
        _setGuardian(address(uint160(_due(_pendingGuardian)))); // an address was stored
    }

    /// @inheritdoc ILendingVault
    function acceptCap(MarketParams calldata market) external nonReentrant {
        MarketId id = market.toId(address(LENDING));
        uint256 newCap = _due(_pendingCapOf[id]);
        delete _pendingCapOf[id];
        uint256 number = _numberOf[id];
        if (number == 0) number = _list(id, market);
        if (!_withdrawQueue.has(number)) _enable(id, number);
        _setCap(id, number, newCap);
    }

    /// @inheritdoc ILendingVault
    function revokeTimelock() external onlyGuardian {
        _checkPending(_pendingTimelock.validAt);
        delete _pendingTimelock;
        emit TimelockRevoked(msg.sender);
    }

    /// @inheritdoc ILendingVault
    function revokeGuardian() external onlyGuardian {
        _checkPending(_pendingGuardian.validAt);
        delete _pendingGuardian;
        emit GuardianRevoked(msg.sender);
    }

    /// @inheritdoc ILendingVault
    function revokeCap(MarketId id) external onlyCuratorOrGuardian {
        _checkPending(_pendingCapOf[id].validAt);
        delete _pendingCapOf[id];
        emit CapRevoked(id, msg.sender);
    }

    /// @inheritdoc ILendingVault
    function revokeRemoval(MarketId id) external onlyCuratorOrGuardian {
        Market storage market = _enabled(id);
        _checkPending(market.removableAt);
        market.removableAt = 0;
        emit RemovalRevoked(id, msg.sender);
    }

    /* ALLOCATOR */

    /// @inheritdoc ILendingVault
    function setSupplyQueue(MarketId[] calldata newQueue) external onlyAllocator {
        _supplyQueue = _queueOf(newQueue);
        emit SupplyQueueSet(newQueue);
    }

    /// @inheritdoc ILendingVault
    function setWithdrawQueue(MarketId[] calldata newQueue) external onlyAllocator nonReentrant {
        MarketQueue queue = _queueOf(newQueue);
        MarketQueue old = _withdrawQueue;
        for (uint256 i; i < old.length(); ++i) {
            if (!queue.has(old.numberAt(i))) _remove(old.numberAt(i));
        }
        // Every market that is named was in the old queue.
        _withdrawQueue = queue;
        emit WithdrawQueueSet(newQueue);
    }

    /* VIEWS */

    /// @inheritdoc ILendingVault
    function marketConfigOf(MarketId id) external view returns (MarketConfig memory config) {
        uint256 number = _numberOf[id];
        if (number == 0) return config;
        Market storage market = _markets[number - 1];
        config.isEnabled = _withdrawQueue.has(number);
        (config.cap, config.shares, config.removableAt) = (market.cap, market.shares, market.removableAt);
    }

    /// @inheritdoc ILendingVault
    function supplyQueue() external view returns (MarketId[] memory) {
        return _idsOf(_supplyQueue);
    }

    /// @inheritdoc ILendingVault
    function withdrawQueue() external view returns (MarketId[] memory) {
        return _idsOf(_withdrawQueue);
    }

    /// @inheritdoc ILendingVault
    function pendingTimelock() external view returns (Pending memory) {
        return _pendingTimelock;
    }

    /// @inheritdoc ILendingVault
    function pendingGuardian() external view returns (Pending memory) {
        return _pendingGuardian;
    }

    /// @inheritdoc ILendingVault
    function pendingCapOf(MarketId id) external view returns (Pending memory) {
        return _pendingCapOf[id];
    }

    /* INTERNALS */

    /// @dev Has the fee of what was gained until now, and starts anew.
    function _accrueFee() internal virtual;

    /// @dev Starts the fee's account of gains at `total`.
    function _setLastTotalAssets(uint256 total) internal {
        _lastTotalAssets = uint128(total); // at most 16 markets of less than 2^113 each, and what is idle
    }

    /// @dev The market in storage, if it is enabled.
    function _enabled(MarketId id) internal view returns (Market storage) {
        return _markets[_enabledNumber(id) - 1];
    }

    function _enabledNumber(MarketId id) internal view returns (uint256 number) {
        number = _numberOf[id];
        require(number != 0 && _withdrawQueue.has(number), VaultMarketNotEnabled(id));
    }

    function _list(MarketId id, MarketParams calldata market) private returns (uint256 number) {
        number = _markets.length + 1;
        require(number <= MAX_NUMBER, VaultTooManyMarkets(number, MAX_NUMBER));
        _numberOf[id] = number;
        Market storage stored = _markets.push();
        (stored.key, stored.collateralAsset, stored.irm) = (market.bookKey(), market.collateralAsset, market.irm);
        stored.isAdaptive = market.irm == ADAPTIVE_CURVE;
        stored.isExternal = market.irm != ADAPTIVE_CURVE && market.irm != NO_INTEREST;
    }

    /// @dev What a market that was removed still has is not a gain when it is counted again.
    function _enable(MarketId id, uint256 number) private {
        uint256 count = _withdrawQueue.length();
        require(count < QUEUE_SIZE, VaultTooManyMarkets(count + 1, QUEUE_SIZE));
        if (_markets[number - 1].shares != 0) {
            _accrueFee();
            _setLastTotalAssets(_lastTotalAssets + _legOf(number).assets);
        }
        _withdrawQueue = _withdrawQueue.append(number);
        emit MarketEnabled(id);
    }

    /// @dev The loss of what is left in the market is at once.
    function _remove(uint256 number) private {
        Market storage market = _markets[number - 1];
        MarketId id = _idAt(number);
        require(market.cap == 0, VaultCapNotZero(id, market.cap));
        require(_pendingCapOf[id].validAt == 0, VaultCapPending(id));
        uint256 assets;
        if (market.shares != 0) {
            require(market.removableAt != 0, VaultMarketNotEmpty(id, market.shares));
            _checkDue(market.removableAt);
            _accrueFee();
            assets = _legOf(number).assets;
            _setLastTotalAssets(_lastTotalAssets - assets);
        }
        market.removableAt = 0;
        emit MarketRemoved(id, assets);
    }

    function _queueOf(MarketId[] calldata ids) private view returns (MarketQueue queue) {
        require(ids.length <= QUEUE_SIZE, VaultTooManyMarkets(ids.length, QUEUE_SIZE));
        for (uint256 i; i < ids.length; ++i) {
            uint256 number = _enabledNumber(ids[i]);
            require(!queue.has(number), VaultDuplicateMarket(ids[i]));
            queue = queue.append(number);
        }
    }

    function _setCap(MarketId id, uint256 number, uint256 newCap) private {
        _markets[number - 1].cap = uint112(newCap); // checked when it was submitted
        emit CapSet(id, newCap);
    }

    function _setTimelock(uint256 newTimelock) private {
        delete _pendingTimelock;
        timelock = newTimelock;
        emit TimelockSet(newTimelock);
    }

    function _setGuardian(address newGuardian) private {
        delete _pendingGuardian;
        guardian = newGuardian;
        emit GuardianSet(newGuardian);
    }

    function _pending(uint256 value) private view returns (Pending memory) {
        return Pending(uint216(value), uint40(block.timestamp + timelock)); // caps, addresses and times fit
    }

    function _due(Pending memory pending) private view returns (uint256) {
        _checkPending(pending.validAt);
        _checkDue(pending.validAt);
        return pending.value;
    }

    function _checkPending(uint256 validAt) private pure {
        require(validAt != 0, VaultNothingPending());
    }

    function _checkDue(uint256 validAt) private view {
        require(block.timestamp >= validAt, VaultTooEarly(block.timestamp, validAt));
    }

    function _checkTimelock(uint256 newTimelock) private pure {
        require(
            newTimelock >= MIN_TIMELOCK && newTimelock <= MAX_TIMELOCK,
            VaultInvalidTimelock(newTimelock, MIN_TIMELOCK, MAX_TIMELOCK)
        );
    }

    /// @dev The owner may do what any role may.
    function _checkRole(bool hasRole) private view {
        require(hasRole || msg.sender == owner(), VaultUnauthorized(msg.sender));
    }
}
