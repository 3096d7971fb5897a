// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {OfferingId} from "../types/OfferingId.sol";
import {Offering} from "../types/Offering.sol";
import {ILedger} from "./ILedger.sol";
import {ILedgerProtocol} from "./ILedgerProtocol.sol";
import {IRwaCore} from "./IRwaCore.sol";

/// @title IRwaOffering
/// @notice Offerings of regulated assets, first sales and resales: a seller's units at a fixed price, within a window and caps.
/// @dev Actions are `IRwaOfferingActions`, through `ILedger.call`. An offering's book holds the seller's units and the payments. The
/// issuer approves this core as a venue of his asset. With a soft cap, payments and units wait until the offering is closed, by its end
/// or because all is sold. It has failed if fewer units are sold than the soft cap. Else payments are settled, of accounts that may be
/// given their units: it has succeeded when those come to what the soft cap costs, and failed if they do not by `SETTLEMENT` after the
/// close, or as soon as so many payments went back that they cannot. From the success on, and `PAYOUT_DELAY` after the close, settled
/// payments are the seller's and units are claimed. From `PAYOUT_DELAY` after the close on, too, an account whose payment is not settled
/// and that may not be given its units has its payment back; from a failure on everybody has.
interface IRwaOffering is ILedgerProtocol {
    /// @notice Where an offering stands.
    enum Status {
        NONE,
        WAITING,
        OPEN,
        /// @dev Closed, with enough sold for the soft cap and less settled.
        SETTLING,
        /// @dev Closed: without a soft cap, or with one that settled payments have reached.
        SUCCEEDED,
        /// @dev Closed, with a soft cap that is not reached: all payments go back, all units are the seller's.
        FAILED,
        CANCELLED
    }

    /// @notice What stands in the way of a subscription.
    enum Obstacle {
        NONE,
        NOT_OPEN,
        /// @dev More units than are left of the hard cap and the inventory.
        SOLD_OUT,
        BELOW_LEAST,
        ABOVE_MOST,
        /// @dev The seller does not buy from himself.
        SELLER,
        NOT_ALLOWED,
        /// @dev The asset's rules do not let units move from the seller to the account.
        REFUSED,
        /// @dev The units cost more than is paid.
        UNDERPAID
    }

    /// @notice What an offering has sold, earned and paid.
    struct Totals {
        /// @dev Units that were ever sold.
        uint96 sold; //       slot 0
        /// @dev Payments that are the seller's and the platform's, paid out or not; with a soft cap, from the success on.
        uint112 earned; //    slot 0
        /// @dev When the last unit of the hard cap was sold, Unix seconds; 0 before. The offering closes then, or at its end.
        uint40 closedAt; //   slot 0
        /// @dev Units in the book that are buyers'; none of an offering that has failed.
        uint96 owed; //       slot 1
        /// @dev Payments that are not settled.
        uint112 escrowed; //  slot 1
        /// @dev Of `earned`, what the seller has withdrawn.
        uint112 withdrawn; // slot 2
        /// @dev Of the fees, what the fee recipient has collected.
        uint112 collected; // slot 2
        uint112 listingFee; //slot 3
        bool isCancelled; //  slot 3
    }

    /// @notice An account's part of an offering. Without a soft cap only the units are counted, and only where an account may have at most
    /// so many.
    struct Allotment {
        /// @dev 0 where they were released.
        uint96 units; //   slot 0
        uint112 payment; //slot 0
        /// @dev Whether the payment is the seller's, once the offering has succeeded.
        bool isSettled; // slot 0
        /// @dev When it was noted that the account may not be given its units, Unix seconds; 0 for never. They are released `SETTLEMENT` to
        /// 2 · `SETTLEMENT` later if that is so still.
        uint40 refusedAt; //slot 0
    }

    event OfferingCreated(
        OfferingId indexed id,
        address indexed seller,
        uint256 indexed asset,
        Offering terms,
        uint256 listingFee
    );
    event OfferingCancelled(OfferingId indexed id);
    event InventoryDeposited(OfferingId indexed id, uint256 units);
    /// @notice `actor`, the seller or an agent for force, took `units` out that were not sold.
    event InventoryWithdrawn(OfferingId indexed id, address indexed actor, uint256 units);
    event Subscribed(OfferingId indexed id, address indexed account, uint256 units, uint256 cost);
    /// @notice The payment of `account` is the seller's, once the offering has succeeded; the units are set aside.
    event AllotmentSettled(OfferingId indexed id, address indexed account, uint256 units, uint256 payment);
    /// @notice The units of `account` have left, on the word of `actor`: its own, or an agent's for force.
    event AllotmentClaimed(OfferingId indexed id, address indexed account, address indexed actor, uint256 units);
    /// @notice `account` may not be given its units: from `releasableAt` on they may be released, unless its payment is settled before.
    event AllotmentRefused(OfferingId indexed id, address indexed account, uint256 releasableAt);
    /// @notice The units of `account`, which may not be given them, are the seller's again; the payment can be refunded.
    event AllotmentReleased(OfferingId indexed id, address indexed account, uint256 units);
    event AllotmentRefunded(OfferingId indexed id, address indexed account, uint256 units, uint256 payment);
    event ProceedsWithdrawn(OfferingId indexed id, address indexed seller, uint256 amount);
    event OfferingFeesCollected(OfferingId indexed id, address indexed recipient, uint256 amount);
    event OfferingFeeSet(uint256 fee);
    event ListingFeeSet(uint256 indexed payAsset, uint256 amount);

    /// @notice `caller` is not the ledger.
    error OfferingNotLedger(address caller);
    /// @notice `caller` has no authority for this call.
    error OfferingUnauthorized(address caller);
    /// @notice There is no offering `id`.
    error OfferingUnknown(OfferingId id);
    /// @notice The offering `id` exists already.
    error OfferingExists(OfferingId id);
    /// @notice The book is `book`; that of the terms is `expected`.
    error OfferingWrongBook(bytes32 book, OfferingId expected);
    /// @notice `selector` is no action on an offering.
    error OfferingUnknownAction(bytes4 selector);
    /// @notice The action does not take `amount0` and `amount1`.
    error OfferingWrongInputs(uint256 amount0, uint256 amount1);
    /// @notice The section has a share `shareId` and no use for it.
    error OfferingUnwantedShare(uint256 shareId);
    /// @notice `actor` is not the seller, who is `seller`.
    error OfferingNotSeller(address actor, address seller);
    /// @notice `actor` is neither the owner of `asset` nor its agent for force.
    error OfferingNotAgent(address actor, uint256 asset);
    /// @notice `actor` does not collect fees; `recipient` does.
    error OfferingNotFeeRecipient(address actor, address recipient);
    /// @notice `asset` cannot be what is paid.
    error OfferingInvalidPayAsset(uint256 asset);
    /// @notice `asset` is no regulated asset.
    error OfferingUnknownAsset(uint256 asset);
    /// @notice The holders of `asset` are counted, so it enters no book: it is sold by transfers.
    error OfferingCountedAsset(uint256 asset);
    /// @notice The issuer of `asset` has not approved this core as a venue.
    error OfferingNotApproved(uint256 asset);
    /// @notice The window `start` to `end` is not one that ends after it begins, after `earliest`, and at `latest` or before.
    error OfferingInvalidWindow(uint256 start, uint256 end, uint256 earliest, uint256 latest);
    /// @notice At `price` the hard cap of `hardCap` would cost `cost`, not between 1 and `maximum`.
    error OfferingInvalidPrice(uint256 price, uint256 hardCap, uint256 cost, uint256 maximum);
    /// @notice The caps `softCap` and `hardCap` are not in order, or the hard cap is 0.
    error OfferingInvalidCaps(uint256 softCap, uint256 hardCap);
    /// @notice The tickets `least` and `most` are not in order with the hard cap `hardCap`, or the least is 0.
    error OfferingInvalidTickets(uint256 least, uint256 most, uint256 hardCap);
    /// @notice The terms say a fee of `stated`; it is `fee`.
    error OfferingFeeMismatch(uint256 stated, uint256 fee);
    /// @notice `fee` exceeds the maximum of `maximum`.
    error OfferingFeeTooHigh(uint256 fee, uint256 maximum);
    /// @notice `cost` is due, more than the `paid` that is paid.
    error OfferingUnderpaid(uint256 cost, uint256 paid);
    /// @notice It is `timestamp`; the window is `start` to `end`, or the offering is cancelled.
    error OfferingNotOpen(uint256 timestamp, uint256 start, uint256 end);
    /// @notice `wanted` units are wanted and `left` are left.
    error OfferingSoldOut(uint256 wanted, uint256 left);
    /// @notice `units` units are fewer than the least ticket of `least`.
    error OfferingBelowLeast(uint256 units, uint256 least);
    /// @notice The account would have `units` units, more than the most of `most`.
    error OfferingAboveMost(uint256 units, uint256 most);
    /// @notice `seller` does not buy from himself.
    error OfferingSelfSubscription(address seller);
    /// @notice `account` is not proved to be in the allow-list.
    error OfferingNotAllowed(address account);
    /// @notice The asset's rules do not let `account` be given units.
    /// @dev By the seller, or from the book where it claims.
    error OfferingRefused(address account, IRwaCore.Refusal refusal);
    /// @notice The offering `id` has no soft cap: it delivers at once, and there is nothing to claim or to have refunded.
    error OfferingWithoutSoftCap(OfferingId id);
    /// @notice It is `timestamp`; the offering closes at `end`, or when all is sold.
    error OfferingNotClosed(uint256 timestamp, uint256 end);
    /// @notice `sold` units were sold, fewer than the soft cap of `softCap`.
    error OfferingFailed(uint256 sold, uint256 softCap);
    /// @notice Settled payments come to `secured`, and the soft cap costs `needed`.
    error OfferingUnsecured(uint256 secured, uint256 needed);
    /// @notice It is `timestamp`; bought units, proceeds and, unless it fails, payments leave from `from` on.
    error OfferingNotPaying(uint256 timestamp, uint256 from);
    /// @notice There is nothing of `account` in the offering `id`.
    error OfferingNoAllotment(OfferingId id, address account);
    /// @notice The units of `account` in the offering `id` were released: its payment can be refunded.
    error OfferingReleased(OfferingId id, address account);
    /// @notice The payment of `account` is settled.
    error OfferingSettled(OfferingId id, address account);
    /// @notice The payment of `account` is not settled.
    error OfferingNotSettled(OfferingId id, address account);
    /// @notice `account` may be given its units: it claims them.
    error OfferingDeliverable(OfferingId id, address account);
    /// @notice `sold` units were sold.
    error OfferingHasSold(uint256 sold);
    /// @notice Nothing is due to `account`.
    error OfferingNothingDue(OfferingId id, address account);
    /// @notice `wanted` units are wanted of the `available` that are not sold.
    error OfferingInsufficientInventory(uint256 wanted, uint256 available);

    /* AUTHORITY */

    /// @notice Sets the share of the proceeds that is the platform's in offerings to come, WAD, at most `MAX_FEE`. Restricted.
    function setFee(uint256 newFee) external;

    /// @notice Sets what the creation of an offering costs, in units of `payAsset`; an offering pays at most 1% of what its hard cap costs.
    /// Restricted.
    function setListingFee(uint256 payAsset, uint256 amount) external;

    /* VIEWS */

    /// @notice Whether units may leave to another than the caller whom they are for: never. The ledger asks, where they would.
    function canTransfer(uint256 id, address from, address to, uint256 amount) external view returns (bool);

    /// @notice The ledger whose protocol this is.
    function LEDGER() external view returns (ILedger);

    /// @notice The core whose assets are offered.
    function RWA() external view returns (IRwaCore);

    /// @notice The highest share of the proceeds that is the platform's, WAD.
    function MAX_FEE() external view returns (uint256);

    /// @notice How long after the close payments can be settled before the offering fails; and how long an account that may not be given its
    /// units can be settled after that was noted, before they are released; in seconds.
    function SETTLEMENT() external view returns (uint256);

    /// @notice How long after the close of an offering with a soft cap neither bought units nor proceeds leave nor, unless it
    /// fails, payments go back, in seconds.
    function PAYOUT_DELAY() external view returns (uint256);

    /// @notice The share of the proceeds that is the platform's in new offerings, WAD.
    function fee() external view returns (uint256);

    /// @notice What the creation of an offering that is paid in `payAsset` costs, before it is bounded by the offering's size.
    function listingFeeOf(uint256 payAsset) external view returns (uint256);

    /// @notice What is due at the creation of an offering; refused as the creation would be.
    function previewCreate(Offering calldata offering) external view returns (OfferingId id, uint256 listingFee);

    /// @notice What units cost, rounded up.
    function costOf(OfferingId id, uint256 units) external view returns (uint256);

    /// @notice What stands in the way of a subscription now, and what it costs.
    function previewSubscribe(
        OfferingId id,
        address account,
        uint256 units,
        bytes32[] calldata proof
    ) external view returns (Obstacle obstacle, uint256 cost);

    /// @notice What the account could claim and have refunded now; one of them is 0.
    function claimableOf(OfferingId id, address account) external view returns (uint256 units, uint256 payment);

    /// @notice What the seller could withdraw and the fee recipient could collect now.
    function dueOf(OfferingId id) external view returns (uint256 proceeds, uint256 fees);

    /// @notice Units in the book that are not sold.
    function inventoryOf(OfferingId id) external view returns (uint256);

    function statusOf(OfferingId id) external view returns (Status);

    function termsOf(OfferingId id) external view returns (Offering memory);

    function totalsOf(OfferingId id) external view returns (Totals memory);

    function allotmentOf(OfferingId id, address account) external view returns (Allotment memory);
}
