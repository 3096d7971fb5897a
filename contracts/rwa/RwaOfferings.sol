// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IRwaCore} from "../interfaces/IRwaCore.sol";
import {IRwaOffering} from "../interfaces/IRwaOffering.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {Offering} from "../types/Offering.sol";
import {OfferingId} from "../types/OfferingId.sol";
import {Word} from "../types/Word.sol";

/// @title RwaOfferings
/// @notice What is stored of offerings beside their books, and what buyers do, by wallets and batches alike.
/// @dev A book holds the seller's units with those that are owed to buyers, and all payments that nobody has taken out:
/// side 0 = escrowed + earned + listing fee − withdrawn − collected, side 1 = inventory + owed. Its 32 flags repeat what is asked for often.
abstract contract RwaOfferings is IRwaOffering {
    using OperationLib for uint256;

    struct Storage {
        Offering terms;
        Totals totals;
        mapping(address account => Allotment) allotments;
    }

    /// @dev An offering in memory, for the actions of buyers.
    struct Sale {
        OfferingId id;
        uint256 flags;
        /// @dev Units in the book that are not sold.
        uint256 inventory;
        // As in `Totals`; the last three are 0 without a soft cap.
        uint256 sold;
        uint256 earned;
        uint256 closedAt;
        uint256 owed;
        uint256 escrowed;
        bool isFailed;
    }

    // Flags of a book.
    uint256 internal constant EXISTS = 1;
    /// @dev There is a soft cap.
    uint256 internal constant ESCROW = 2;
    uint256 internal constant CANCELLED = 4;
    /// @dev There is an allow-list.
    uint256 internal constant LISTED = 8;
    /// @dev There is a most for each account.
    uint256 internal constant LIMITED = 16;

    // Kinds of operations: what is subscribed for debits asset 0, the others nothing.
    uint256 private constant SUBSCRIBE = 0;
    uint256 private constant CLAIM = 3;
    uint256 private constant REFUND = 11;

    /// @dev Of `Offering.price`.
    uint256 internal constant PRICE_SCALE = 1e36;
    /// @inheritdoc IRwaOffering
    uint256 public constant SETTLEMENT = 30 days;
    /// @inheritdoc IRwaOffering
    uint256 public constant PAYOUT_DELAY = 1 days;

    ILedger internal immutable _LEDGER;
    IRwaCore internal immutable _RWA;

    mapping(OfferingId id => Storage) internal _offerings;

    constructor(IRwaCore rwa) {
        _RWA = rwa;
        _LEDGER = rwa.LEDGER();
    }

    /* OFFERINGS */

    /// @dev The offering by its book before the inputs.
    function _open(OfferingId id, Word holdings) internal view returns (Sale memory sale) {
        sale.id = id;
        sale.flags = holdings.flags();
        require(sale.flags & EXISTS != 0, OfferingUnknown(id));
        Totals storage totals = _offerings[id].totals;
        (sale.sold, sale.earned, sale.closedAt) = (totals.sold, totals.earned, totals.closedAt);
        if (sale.flags & ESCROW != 0) {
            sale.escrowed = totals.escrowed;
            sale.isFailed = _isFailed(sale);
            if (!sale.isFailed) sale.owed = totals.owed;
        }
        sale.inventory = holdings.amount(1) - sale.owed; // what is owed is in the book
    }

    /// @dev Stores what the actions of buyers change. Units are at most the hard cap, below 2^96; payments at most what it costs, below 2^111,
    /// and a unit of rounding for each unit sold, below 2^96; times are below 2^40.
    function _close(Sale memory sale) internal {
        Totals storage totals = _offerings[sale.id].totals;
        (totals.sold, totals.earned, totals.closedAt) = (
            uint96(sale.sold),
            uint112(sale.earned),
            uint40(sale.closedAt)
        );
        if (sale.flags & ESCROW != 0) (totals.owed, totals.escrowed) = (uint96(sale.owed), uint112(sale.escrowed));
    }

    /// @dev From when on no subscription is taken: when all was sold, or the end. Of an offering that is not cancelled.
    function _closeOf(Offering storage terms, uint256 closedAt) internal view returns (uint256) {
        return closedAt == 0 ? terms.end : closedAt;
    }

    function _isClosed(Sale memory sale) internal view returns (bool) {
        return block.timestamp >= _closeOf(_offerings[sale.id].terms, sale.closedAt);
    }

    /// @dev Too little was sold, too little of it settled in time, or too little is left that can be: for ever, as none of them grows after
    /// the close.
    function _isFailed(Sale memory sale) private view returns (bool) {
        Offering storage terms = _offerings[sale.id].terms;
        uint256 close = _closeOf(terms, sale.closedAt);
        if (block.timestamp < close) return false;
        if (sale.sold < terms.softCap) return true;
        uint256 needed = _costOf(terms.price, terms.softCap);
        if (sale.earned >= needed) return false;
        return block.timestamp >= close + SETTLEMENT || sale.earned + sale.escrowed < needed;
    }

    /// @dev Whether buyers' units, proceeds and, unless it failed, payments may leave: at any time without a soft cap, else a while after the
    /// close, so that nobody buys with money that he has back at once.
    function _paysOut(Offering storage terms, uint256 closedAt) internal view returns (bool) {
        return terms.softCap == 0 || block.timestamp >= _closeOf(terms, closedAt) + PAYOUT_DELAY;
    }

    /// @dev Settled payments come to what the soft cap costs. What accounts that may not be given units have back does not count.
    function _isSecured(Offering storage terms, uint256 earned) internal view returns (bool) {
        return earned >= _costOf(terms.price, terms.softCap);
    }

    /* SECTIONS */

    /// @dev Kinds: SUBSCRIBE debits a payment, of which the change comes back, for its limit of units; not where there is an allow-list. CLAIM
    /// and REFUND debit nothing. Others fail. The ledger passes over signers who may not be given units, also of REFUND.
    function _settleAll(Sale memory sale, uint256[] calldata operations, uint256[] memory payouts) internal {
        for (uint256 i; i < payouts.length; ++i) {
            (uint256 head, uint256 body) = (operations[2 * i], operations[2 * i + 1]);
            uint256 kind = head.kind();
            uint256 payout = OperationLib.FAILED;
            if (kind == SUBSCRIBE) payout = _settleSubscription(sale, head.account(), body.amount(), body.limit());
            else if (kind == CLAIM) payout = _payoutOf(_tryClaim(sale, head.account()), 112);
            else if (kind == REFUND) payout = _payoutOf(_tryRefund(sale, head.account()), 0);
            payouts[i] = payout;
        }
    }

    /// @dev The change, and the units where they are delivered at once: nothing at all is no failure.
    function _settleSubscription(
        Sale memory sale,
        address account,
        uint256 paid,
        uint256 units
    ) private returns (uint256) {
        (Obstacle obstacle, uint256 cost) = _trySubscribe(sale, account, units, paid, false);
        if (obstacle != Obstacle.NONE) return OperationLib.FAILED;
        uint256 change = paid - cost; // the cost is at most what is paid
        return sale.flags & ESCROW == 0 ? change | (units << 112) : change;
    }

    function _payoutOf(uint256 amount, uint256 shift) private pure returns (uint256) {
        return amount == 0 ? OperationLib.FAILED : amount << shift;
    }

    /* SUBSCRIPTIONS */

    function _trySubscribe(
        Sale memory sale,
        address account,
        uint256 units,
        uint256 paid,
        bool isProved
    ) internal returns (Obstacle obstacle, uint256 cost) {
        (obstacle, cost) = _obstacleOf(sale, account, units, paid, isProved);
        if (obstacle != Obstacle.NONE) return (obstacle, cost);
        sale.sold += units; // at most the hard cap
        sale.inventory -= units; // at most what is left
        if (sale.sold == _offerings[sale.id].terms.hardCap) sale.closedAt = block.timestamp;
        bool isEscrow = sale.flags & ESCROW != 0;
        if (isEscrow) {
            sale.owed += units;
            sale.escrowed += cost;
        } else {
            sale.earned += cost;
        }
        if (sale.flags & (ESCROW | LIMITED) != 0) {
            Allotment storage allotment = _offerings[sale.id].allotments[account];
            allotment.units += uint96(units); // together at most the hard cap
            if (isEscrow) allotment.payment += uint112(cost); // a part of what is escrowed
        }
        emit Subscribed(sale.id, account, units, cost);
    }

    /// @dev What stands in the way, and the cost of so many units as there are left. The issuer is asked for a movement of nothing, by a
    /// protocol: what of the seller's other units is frozen or pledged stands in the way only while it exceeds his balance.
    function _obstacleOf(
        Sale memory sale,
        address account,
        uint256 units,
        uint256 paid,
        bool isProved
    ) internal view returns (Obstacle obstacle, uint256 cost) {
        Offering storage terms = _offerings[sale.id].terms;
        bool isOpen = block.timestamp >= terms.start && block.timestamp < terms.end && sale.flags & CANCELLED == 0;
        if (!isOpen) return (Obstacle.NOT_OPEN, 0);
        uint256 left = _leftOf(sale, terms.hardCap);
        if (units > left) return (Obstacle.SOLD_OUT, 0);
        if (units == 0 || (units < terms.least && units != left)) return (Obstacle.BELOW_LEAST, 0);
        cost = _costOf(terms.price, units);
        if (cost > paid) return (Obstacle.UNDERPAID, cost);
        if (sale.flags & LIMITED != 0) {
            uint256 sum = _offerings[sale.id].allotments[account].units + units; // units are at most what is left
            if (sum > terms.most) return (Obstacle.ABOVE_MOST, cost);
        }
        if (account == terms.seller) return (Obstacle.SELLER, cost);
        if (sale.flags & LISTED != 0 && !isProved) return (Obstacle.NOT_ALLOWED, cost);
        IRwaCore.Refusal refusal = _RWA.refusalOf(terms.asset, terms.seller, account, 0);
        return (refusal == IRwaCore.Refusal.NONE ? Obstacle.NONE : Obstacle.REFUSED, cost);
    }

    /// @dev Units that may still be sold.
    function _leftOf(Sale memory sale, uint256 hardCap) internal pure returns (uint256) {
        uint256 left = hardCap - sale.sold; // never above the hard cap
        return sale.inventory < left ? sale.inventory : left;
    }

    /// @dev Rounded up: the seller and the platform lose nothing. What it is for a hard cap is checked when an offering is created.
    function _costOf(uint256 price, uint256 units) internal pure returns (uint256) {
        return Math.mulDiv(price, units, PRICE_SCALE, Math.Rounding.Ceil);
    }

    /* ALLOTMENTS */

    /// @dev Units that the account takes, which leave the book; 0 for none. Whether it may be given them is the ledger's to ask.
    function _tryClaim(Sale memory sale, address account) internal returns (uint256 units) {
        Offering storage terms = _offerings[sale.id].terms;
        if (!_isSettling(sale) || !_paysOut(terms, sale.closedAt)) return 0;
        Allotment memory allotment = _offerings[sale.id].allotments[account];
        units = allotment.units;
        uint256 payment = allotment.isSettled ? 0 : allotment.payment;
        if (units == 0 || !_isSecured(terms, sale.earned + payment)) return 0;
        delete _offerings[sale.id].allotments[account];
        sale.owed -= units; // a part of it
        _earn(sale, payment);
        emit AllotmentClaimed(sale.id, account, account, units);
    }

    /// @dev The payment that the account has back; 0 for none. It goes back after a failure, or when an account may not be given its units
    /// once the offering pays: so nobody closes an offering, or has it fail, with the money of a moment. Its units are the seller's again; `sold` stays. When the offering has failed
    /// all units are the seller's already, and settled payments go back as well.
    function _tryRefund(Sale memory sale, address account) internal returns (uint256 payment) {
        Allotment memory allotment = _offerings[sale.id].allotments[account];
        (uint256 units, bool isSettled) = (allotment.units, allotment.isSettled);
        if (sale.flags & ESCROW == 0 || allotment.payment == 0) return 0;
        if (!sale.isFailed) {
            Offering storage terms = _offerings[sale.id].terms;
            if (isSettled || !_isClosed(sale) || !_paysOut(terms, sale.closedAt)) return 0;
            if (units != 0 && _isDeliverable(terms.asset, account)) return 0;
            _returnUnits(sale, units);
        }
        payment = allotment.payment;
        delete _offerings[sale.id].allotments[account];
        if (isSettled)
            sale.earned -= payment; // a part of it
        else sale.escrowed -= payment; // a part of it
        emit AllotmentRefunded(sale.id, account, units, payment);
    }

    /// @dev Makes an account's payment the seller's if the account may be given its units; else does nothing.
    function _trySettle(Sale memory sale, address account) internal {
        Allotment storage allotment = _offerings[sale.id].allotments[account];
        (uint256 units, uint256 payment) = (allotment.units, allotment.payment);
        if (units == 0 || allotment.isSettled || !_isDeliverable(_offerings[sale.id].terms.asset, account)) return;
        (allotment.isSettled, allotment.refusedAt) = (true, 0);
        _earn(sale, payment);
        emit AllotmentSettled(sale.id, account, units, payment);
    }

    /// @dev Of an account that may not be given its units: notes so, and makes them the seller's again if it was noted between `SETTLEMENT`
    /// and twice that ago. So a moment's pause or freeze takes nobody's units; who is noted has the time until then to be settled. Else does
    /// nothing. The payment waits for the account. By then the offering has succeeded, or failed.
    function _tryRelease(Sale memory sale, address account) internal {
        Allotment storage allotment = _offerings[sale.id].allotments[account];
        uint256 units = allotment.units;
        if (units == 0 || allotment.isSettled || _isDeliverable(_offerings[sale.id].terms.asset, account)) return;
        uint256 refusedAt = allotment.refusedAt;
        if (refusedAt == 0 || block.timestamp >= refusedAt + 2 * SETTLEMENT) {
            allotment.refusedAt = uint40(block.timestamp);
            emit AllotmentRefused(sale.id, account, block.timestamp + SETTLEMENT);
        } else if (block.timestamp >= refusedAt + SETTLEMENT) {
            (allotment.units, allotment.refusedAt) = (0, 0);
            _returnUnits(sale, units);
            emit AllotmentReleased(sale.id, account, units);
        }
    }

    /// @dev Whether payments are settled: a soft cap, sold, closed, and not failed since. Nothing is sold of what is cancelled.
    function _isSettling(Sale memory sale) internal view returns (bool) {
        if (sale.flags & ESCROW == 0 || sale.isFailed) return false;
        return sale.sold >= _offerings[sale.id].terms.softCap && _isClosed(sale);
    }

    function _isDeliverable(uint256 asset, address account) internal view returns (bool) {
        return _refusalOf(asset, account) == IRwaCore.Refusal.NONE;
    }

    /// @dev As the ledger asks before it pays units out.
    function _refusalOf(uint256 asset, address account) internal view returns (IRwaCore.Refusal) {
        return _RWA.refusalOf(asset, address(this), account, 0);
    }

    function _returnUnits(Sale memory sale, uint256 units) private pure {
        sale.owed -= units; // a part of it
        sale.inventory += units;
    }

    function _earn(Sale memory sale, uint256 payment) private pure {
        sale.escrowed -= payment; // a part of it
        sale.earned += payment;
    }
}
