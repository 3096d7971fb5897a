// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {CappedExits} from "../libraries/CappedExits.sol";
import {UnderwritingId} from "../types/UnderwritingId.sol";
import {UnderwritingTerms} from "../types/UnderwritingTerms.sol";
import {IAssetMetadata} from "./IAssetMetadata.sol";
import {ILedger} from "./ILedger.sol";
import {ILedgerProtocol} from "./ILedgerProtocol.sol";

/// @title IUnderwritingPool
/// @notice Pools of capital that back cover: underwriters' shares, premiums that are earned over time, limits and exits.
/// @dev A pool sells nothing itself: its desk, named for ever by its terms, says what is sold and lost, and has claims and fees paid. A
/// sale is held to the pool's limits, but a pool is as safe as its desk's code. What is locked is at most what there is, so every cover
/// can be paid. Users reach it through `ILedger.call` with `IUnderwritingActions`. Premiums of a risk stay in the risk's own book
/// until it is settled; here they count from the sale on. Every rounding favours the pool. Nobody else has any authority over a pool.
interface IUnderwritingPool is ILedgerProtocol, IAssetMetadata {
    /// @notice A pool up to this second.
    struct State {
        /// @dev What the shares own: deposits and earned premiums, less losses.
        uint256 assets;
        /// @dev Cover that is not reported, and premiums of reported risks that have not come back: at most `assets`.
        uint256 locked;
        /// @dev All shares, with those in the exit queue that are not final.
        uint256 shares;
        /// @dev Shares that are not in the exit queue.
        uint256 staying;
        /// @dev When all cover so far has an outcome or can be voided, and a day more, seconds.
        uint256 horizon;
        /// @dev Premiums, and what exits left, that are not earned, in units · 2^32; what is less than a unit and earned, too.
        uint256 unearnedX32;
    }

    /// @notice What the pool can still back.
    struct Backing {
        uint256 locked;
        /// @dev What may be locked in all.
        uint256 capacity;
        /// @dev What one risk may lock.
        uint256 riskLimit;
        /// @dev What the event's risks may lock further; 2^256 − 1 without an event.
        uint256 eventRoom;
    }

    /// @notice Cover that the desk has sold on one risk.
    struct Sale {
        bytes32 eventId;
        uint256 cover;
        /// @dev For the pool, without fees.
        uint256 premium;
        /// @dev The end of the risk: the premium is earned until its week is over.
        uint256 end;
        /// @dev From then on the risk can be closed without a report, and there is none any more.
        uint256 deadline;
    }

    /// @notice What became of one risk.
    struct Result {
        bytes32 eventId;
        uint256 cover;
        /// @dev What holders are owed, of a void risk the pool's part of it; at most `cover`.
        uint256 loss;
        /// @dev Premiums with fees beyond it, which come back when the risk is settled: locked until then.
        uint256 surplus;
        address feeTo;
        uint256 fee;
        /// @dev Whether the loss is the risk's premium, which comes out of what exits left and is not earned first.
        bool isVoid;
    }

    event UnderwritingPoolCreated(
        UnderwritingId indexed id,
        uint256 indexed asset,
        address indexed desk,
        UnderwritingTerms terms
    );
    /// @notice `account` paid; who got the shares is in the ledger's event of the same call.
    event Underwritten(UnderwritingId indexed id, address indexed account, uint256 assets, uint256 shares);
    /// @notice Request `requestId` of `shares`, which are paid `cap` at the most, can be final from `readyAt` on. In sections too.
    event UnderwriterExitRequested(
        UnderwritingId indexed id,
        address indexed account,
        uint256 indexed requestId,
        uint256 shares,
        uint256 cap,
        uint256 readyAt
    );
    /// @notice Every request up to `requestId` is final: `shares` get `assets` in all, and `excess` that they are worth beyond their caps
    /// begins to flow to who stays. In sections too.
    event UnderwriterExitsFinalised(
        UnderwritingId indexed id,
        uint256 indexed requestId,
        uint256 shares,
        uint256 assets,
        uint256 excess
    );
    event UnderwriterExitClaimed(
        UnderwritingId indexed id,
        address indexed account,
        uint256 indexed requestId,
        uint256 assets
    );
    event CoverBacked(UnderwritingId indexed id, uint256 cover, uint256 premium, uint256 locked);
    event CoverReleased(UnderwritingId indexed id, uint256 cover, uint256 loss, uint256 assets);
    event FeeCredited(UnderwritingId indexed id, address indexed account, uint256 amount);
    event FeesClaimed(UnderwritingId indexed id, address indexed account, uint256 amount);
    /// @notice A section was settled: the pool after it.
    event UnderwritingSettled(UnderwritingId indexed id, uint256 assets, uint256 shares);

    /// @notice `caller` is not the ledger.
    error UnderwritingNotLedger(address caller);
    /// @notice There is no action `selector`.
    error UnderwritingUnknownAction(bytes4 selector);
    /// @notice There is no pool with the book `book`.
    error UnderwritingUnknownPool(bytes32 book);
    /// @notice The pool `id` exists already.
    error UnderwritingPoolExists(UnderwritingId id);
    /// @notice The call is on the book `book`, the terms are of `expected`.
    error UnderwritingWrongPool(UnderwritingId expected, bytes32 book);
    /// @notice `asset` is no token.
    error UnderwritingNotToken(uint256 asset);
    /// @notice A pool needs a desk and a manager.
    error UnderwritingZeroAddress();
    /// @notice The limits `capacity`, `eventLimit` and `riskLimit`, WAD, are not above 0, at most 1e18, and each at most the one before.
    error UnderwritingInvalidLimits(uint256 capacity, uint256 eventLimit, uint256 riskLimit);
    /// @notice A window of `maxWindow` seconds or a cooldown of `cooldown` is not allowed.
    /// @dev A window has an hour at the least and two years at the most, a cooldown a year at the most.
    error UnderwritingInvalidTimes(uint256 maxWindow, uint256 cooldown);
    /// @notice The call's amounts are `amount0` and `amount1`, where this action takes none, or something of asset 0.
    error UnderwritingWrongInputs(uint256 amount0, uint256 amount1);
    /// @notice Nothing, or no share, results.
    error UnderwritingZeroAmount();
    /// @notice `amount` exceeds the maximum of `maximum`.
    error UnderwritingAmountTooLarge(uint256 amount, uint256 maximum);
    /// @notice The shares would be `shares`, less than the minimum of `minimum`.
    error UnderwritingBelowMinimumShares(uint256 shares, uint256 minimum);
    /// @notice The account `account` has no request `requestId`.
    error UnderwritingUnknownRequest(address account, uint256 requestId);
    /// @notice Request `requestId` can be final from `readyAt` on.
    error UnderwritingNotReady(uint256 requestId, uint256 readyAt);
    /// @notice Request `requestId` is final already.
    error UnderwritingAlreadyFinal(uint256 requestId);
    /// @notice `assets` would leave of `available` that no cover locks. Risks without a report can be voided by anyone.
    error UnderwritingCapitalLocked(uint256 assets, uint256 available);
    /// @notice `caller` is not the pool's desk `desk`.
    error UnderwritingNotDesk(address caller, address desk);
    /// @notice `locked` would be locked, of a capacity of `capacity`.
    error UnderwritingCapacityExceeded(uint256 locked, uint256 capacity);
    /// @notice `exposure` would depend on the event `eventId`, of at most `maximum`.
    error UnderwritingEventLimitExceeded(bytes32 eventId, uint256 exposure, uint256 maximum);
    /// @notice A premium of `premium` is above its cover of `cover`.
    error UnderwritingPremiumTooHigh(uint256 premium, uint256 cover);
    /// @notice A risk that ends at `end` and can be open until `deadline` is not between now and `latest`.
    error UnderwritingInvalidWindow(uint256 end, uint256 deadline, uint256 latest);
    /// @notice A loss of `loss` or a surplus of `surplus` is above the cover of `cover`.
    error UnderwritingLossTooLarge(uint256 loss, uint256 surplus, uint256 cover);
    /// @notice The section is of the share `shareId`; this pool's is `expected`.
    error UnderwritingWrongShare(uint256 shareId, uint256 expected);

    /* DESKS */

    /// @notice Locks capital for cover that was sold, and lets its premium flow. Only the pool's desk.
    function backCover(UnderwritingId id, Sale calldata sale) external;

    /// @notice Books what became of a risk, once. Only the pool's desk, which must see to that.
    function releaseCover(UnderwritingId id, Result calldata result) external;

    /// @notice Credits a part of a premium's fee, which the desk has taken. Only the pool's desk.
    function creditFee(UnderwritingId id, address account, uint256 amount) external;

    /* VIEWS */

    /// @notice The ledger.
    function LEDGER() external view returns (ILedger);

    /// @notice A pool up to this second.
    function stateOf(UnderwritingId id) external view returns (State memory);

    /// @notice A pool's terms; all 0 when there is none.
    function termsOf(UnderwritingId id) external view returns (UnderwritingTerms memory);

    /// @notice What exits left to those who stay and is not earned, units, and when all of it is, seconds. It is a part of `unearnedX32`.
    function excessOf(UnderwritingId id) external view returns (uint256 amount, uint256 end);

    /// @notice What the pool can still back of an event's risks; `eventId` 0 for none.
    function backingOf(UnderwritingId id, bytes32 eventId) external view returns (Backing memory);

    /// @notice Cover of the event's risks that is not reported.
    function exposureOf(UnderwritingId id, bytes32 eventId) external view returns (uint256);

    /// @notice Fees and commissions that the account can claim.
    function feesOf(UnderwritingId id, address account) external view returns (uint256);

    /// @notice The exit queue: requests so far, how many of them are final, and units set aside for those and not paid.
    function queueOf(UnderwritingId id) external view returns (uint256 count, uint256 finalCount, uint256 owed);

    /// @notice A request; all 0 when there is none, or it is paid. Its `assets` are its cap, once it is final what it is paid.
    function requestOf(UnderwritingId id, uint256 requestId) external view returns (CappedExits.Request memory);
}
