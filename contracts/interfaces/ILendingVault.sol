// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {MarketId} from "../types/MarketId.sol";
import {MarketParams} from "../types/MarketParams.sol";
import {ILedger} from "./ILedger.sol";
import {ILendingCore} from "./ILendingCore.sol";

/// @title ILendingVault
/// @notice ERC-4626 vault that lends one token in up to 16 markets of the lending core, by the word of a curator.
/// @dev Assets are units of the token, shares have at least six decimals more and at least 18. The vault is an account of the
/// ledger as any other. What it owns is what it recorded itself: idle units of its ledger balance, and supply shares of markets.
/// Whatever is sent to it otherwise, tokens, ledger balance or supply shares, counts nowhere and stays where it is.
/// More risk waits for the timelock, less risk is at once. No role can move assets but among enabled markets and idle.
interface ILendingVault is IERC4626 {
    /// @notice A market of the vault.
    struct MarketConfig {
        /// @dev Whether it is in the withdraw queue, and counted.
        bool isEnabled;
        /// @dev The most that the vault lends there, in assets, with interest.
        uint256 cap;
        /// @dev Supply shares that the vault recorded.
        uint256 shares;
        /// @dev From when the market may be removed with what is in it, in seconds; 0 when that is not announced.
        uint256 removableAt;
    }

    /// @notice A value that waits for the timelock.
    struct Pending {
        uint216 value; //  slot 0
        uint40 validAt; // slot 0: from when anyone may have it accepted, in seconds; 0 is none
    }

    /// @notice What the vault shall have in a market.
    struct Allocation {
        MarketId id;
        /// @dev In assets; 0 for nothing, 2^256 − 1 for all that is idle and fits.
        uint256 assets;
    }

    event CuratorSet(address indexed curator);
    event AllocatorSet(address indexed account, bool isAllocator);
    event FeeSet(uint256 fee);
    event FeeRecipientSet(address indexed recipient);
    /// @notice `shares` were minted to the fee's recipient for a gain of `gain` assets.
    event FeeAccrued(uint256 gain, uint256 shares);
    event TimelockSubmitted(uint256 timelock, uint256 validAt);
    event TimelockRevoked(address indexed caller);
    event TimelockSet(uint256 timelock);
    event GuardianSubmitted(address indexed guardian, uint256 validAt);
    event GuardianRevoked(address indexed caller);
    event GuardianSet(address indexed guardian);
    event CapSubmitted(MarketId indexed id, uint256 cap, uint256 validAt);
    event CapRevoked(MarketId indexed id, address indexed caller);
    event CapSet(MarketId indexed id, uint256 cap);
    event MarketEnabled(MarketId indexed id);
    event RemovalSubmitted(MarketId indexed id, uint256 validAt);
    event RemovalRevoked(MarketId indexed id, address indexed caller);
    /// @notice The market is no longer counted, and with it `assets` that were in it.
    event MarketRemoved(MarketId indexed id, uint256 assets);
    event SupplyQueueSet(MarketId[] queue);
    event WithdrawQueueSet(MarketId[] queue);
    /// @notice What the vault had in the market, and has, in assets.
    event Reallocated(MarketId indexed id, address indexed caller, uint256 assetsBefore, uint256 assetsAfter);

    /// @notice `caller` has no role for this call.
    error VaultUnauthorized(address caller);
    /// @notice The market lends `loanAsset`, the vault's asset is `expected`.
    error VaultWrongAsset(uint256 loanAsset, uint256 expected);
    /// @notice There is no market `id`.
    error VaultUnknownMarket(MarketId id);
    /// @notice The market `id` is not one of the vault's.
    error VaultMarketNotEnabled(MarketId id);
    /// @notice The market `id` is in the queue twice.
    error VaultDuplicateMarket(MarketId id);
    /// @notice The vault has `count` markets, and at most `maximum`.
    error VaultTooManyMarkets(uint256 count, uint256 maximum);
    /// @notice The value is `value` already.
    error VaultUnchanged(uint256 value);
    /// @notice The cap of `cap` exceeds `maximum`.
    error VaultCapTooLarge(uint256 cap, uint256 maximum);
    /// @notice The market `id` would have `assets`, more than its cap of `cap`.
    error VaultCapExceeded(MarketId id, uint256 assets, uint256 cap);
    /// @notice The market `id` still has a cap of `cap`.
    error VaultCapNotZero(MarketId id, uint256 cap);
    /// @notice A cap of the market `id` is pending.
    error VaultCapPending(MarketId id);
    /// @notice The removal of the market `id` is pending.
    error VaultRemovalPending(MarketId id);
    /// @notice The vault has `shares` in the market `id`, and its removal is not announced.
    error VaultMarketNotEmpty(MarketId id, uint256 shares);
    /// @notice Nothing is pending.
    error VaultNothingPending();
    /// @notice It is `timestamp`, and valid from `validAt` on.
    error VaultTooEarly(uint256 timestamp, uint256 validAt);
    /// @notice The timelock of `timelock` seconds is not between `minimum` and `maximum`.
    error VaultInvalidTimelock(uint256 timelock, uint256 minimum, uint256 maximum);
    /// @notice The fee of `fee` exceeds `maximum`.
    error VaultFeeTooLarge(uint256 fee, uint256 maximum);
    /// @notice There is a fee and nobody to receive it.
    error VaultNoFeeRecipient();
    /// @notice `wanted` assets are wanted of the `idle` that are in no market.
    error VaultInsufficientIdle(uint256 wanted, uint256 idle);
    /// @notice `assets` are too little for a share: they would come for nothing.
    error VaultTooSmall(uint256 assets, uint256 shares);
    /// @notice `receiver` cannot receive.
    error VaultInvalidReceiver(address receiver);

    /* OWNER */

    /// @notice Sets the curator. Only the owner.
    function setCurator(address newCurator) external;

    /// @notice Makes `account` an allocator, or no longer one. Only the owner.
    function setAllocator(address account, bool newIsAllocator) external;

    /// @notice Sets the share of gains, WAD, at most 0.5e18, that is minted to the fee's recipient. What was gained so far is at the
    /// old fee. Only the owner.
    function setFee(uint256 newFee) external;

    /// @notice Sets who receives the fee, from now on. Only the owner.
    function setFeeRecipient(address newFeeRecipient) external;

    /// @notice Sets a longer timelock, in seconds, at once; announces a shorter one. Between one day and 14 days. Only the owner.
    function submitTimelock(uint256 newTimelock) external;

    /// @notice Sets the guardian at once if there is none; announces another one, or none. Only the owner.
    function submitGuardian(address newGuardian) external;

    /* CURATOR */

    /// @notice Lowers the market's cap, in assets, at once, and drops a pending one; announces a higher one, and with it a new
    /// market. Owner or curator.
    function submitCap(MarketParams calldata market, uint256 newCap) external;

    /// @notice Announces that a market with a cap of 0 will be dropped with what is in it. Owner or curator.
    function submitRemoval(MarketId id) external;

    /* TIMELOCK */

    /// @notice Has the pending timelock when its time has come. Anyone.
    function acceptTimelock() external;

    /// @notice Has the pending guardian when its time has come. Anyone.
    function acceptGuardian() external;

    /// @notice Has the market's pending cap when its time has come; a new market comes last in the withdraw queue. Anyone.
    function acceptCap(MarketParams calldata market) external;

    /// @notice Drops the pending timelock. Owner or guardian.
    function revokeTimelock() external;

    /// @notice Drops the pending guardian. Owner or guardian.
    function revokeGuardian() external;

    /// @notice Drops the market's pending cap. Owner, curator or guardian.
    function revokeCap(MarketId id) external;

    /// @notice Drops the market's pending removal. Owner, curator or guardian.
    function revokeRemoval(MarketId id) external;

    /* ALLOCATOR */

    /// @notice Sets where deposits go, in order, each market up to its cap. Owner, curator or allocator.
    function setSupplyQueue(MarketId[] calldata newQueue) external;

    /// @notice Sets where withdrawals come from after what is idle, in order. A market that is left out is removed: its cap must be
    /// 0, and it must be empty or its announced removal due; what was in it is lost to the holders until the market is enabled
    /// again. Owner, curator or allocator.
    function setWithdrawQueue(MarketId[] calldata newQueue) external;

    /// @notice Brings markets to these assets one after the other, from idle and to idle. Each that gets more stays within its cap.
    /// Owner, curator or allocator.
    function reallocate(Allocation[] calldata allocations) external;

    /* VIEWS */

    /// @notice The lending core.
    function LENDING() external view returns (ILendingCore);

    /// @notice The ledger of the core.
    function LEDGER() external view returns (ILedger);

    function curator() external view returns (address);

    function isAllocator(address account) external view returns (bool);

    function guardian() external view returns (address);

    /// @notice In seconds.
    function timelock() external view returns (uint256);

    /// @notice Share of gains, WAD.
    function fee() external view returns (uint256);

    function feeRecipient() external view returns (address);

    /// @notice Assets in no market.
    function idle() external view returns (uint256);

    /// @notice Assets as of the last action; the fee is on what is gained since.
    function lastTotalAssets() external view returns (uint256);

    /// @notice A market of the vault; all 0 for any other.
    function marketConfigOf(MarketId id) external view returns (MarketConfig memory);

    /// @notice What the vault's supply shares in an enabled market are worth now, in assets, rounded down.
    function assetsIn(MarketId id) external view returns (uint256);

    function supplyQueue() external view returns (MarketId[] memory);

    function withdrawQueue() external view returns (MarketId[] memory);

    function pendingTimelock() external view returns (Pending memory);

    /// @notice The pending guardian's address as a number.
    function pendingGuardian() external view returns (Pending memory);

    function pendingCapOf(MarketId id) external view returns (Pending memory);
}
