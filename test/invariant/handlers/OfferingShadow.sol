// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRwaOffering} from "../../../contracts/interfaces/IRwaOffering.sol";
import {WordLib} from "../../../contracts/libraries/WordLib.sol";
import {Offering} from "../../../contracts/types/Offering.sol";
import {OfferingId} from "../../../contracts/types/OfferingId.sol";
import {Word} from "../../../contracts/types/Word.sol";
import {OfferingFixture} from "../../helpers/solidity/OfferingFixture.sol";

/// @title OfferingShadow
/// @notice What each account paid into an offering and has of it, and what follows from that alone: nothing that the core counts is counted
/// here, but for the units that were ever sold.
abstract contract OfferingShadow is OfferingFixture {
    using WordLib for Word;

    struct Part {
        uint256 units;
        uint256 payment;
        bool isSettled;
        uint256 refusedAt;
    }

    struct Sale {
        Offering terms;
        OfferingId id;
        uint256 listingFee;
        bool isCancelled;
        uint256 sold;
        /// @dev When all of the hard cap was sold.
        uint256 closedAt;
        /// @dev Payments of those who have their units, which nobody has back.
        uint256 kept;
        uint256 withdrawn;
        uint256 collected;
        /// @dev What came into the book and what left it, as the ledger answered.
        uint256[2] came;
        uint256[2] left;
        mapping(address account => Part) parts;
    }

    /// @notice One offering, by the core, its book and the shadow, for the invariants.
    struct View {
        IRwaOffering.Totals totals;
        uint256 money;
        uint256 units;
        uint256 inventory;
        uint256 proceeds;
        uint256 fees;
        IRwaOffering.Status status;
        // By the core's allotments.
        uint256 unsettled;
        uint256 settled;
        uint256 allotted;
        // By the shadow.
        Sums sums;
        uint256[2] flows;
        uint256 secured;
        uint256 hardCap;
        bool isEscrow;
        bool isPaidOut;
        uint256 differing;
    }

    struct Sums {
        uint256 escrowed;
        uint256 earned;
        uint256 owed;
        uint256 inventory;
        uint256 proceeds;
        uint256 fees;
        uint256 sold;
        IRwaOffering.Status status;
    }

    uint256 internal constant WAD = 1e18;
    uint256 internal constant SCALE = 1e36;
    uint256 internal constant SETTLEMENT = 30 days;
    uint256 internal constant PAYOUT_DELAY = 1 days;
    uint256 internal constant ACTORS = 5;
    /// @dev The youngest offerings: actions are on them, and the older ones stay as they are.
    uint256 internal constant RECENT = 3;

    address[] public actors;
    Sale[] internal _sales;
    /// @dev By account: eligible to give, to be given, and not frozen.
    mapping(address account => bool) internal _maySend;
    mapping(address account => bool) internal _mayReceive;
    mapping(address account => bool) internal _isFrozen;
    mapping(address account => uint256) internal _frozenUnits;
    bool internal _isPaused;
    bool internal _isVenue = true;
    /// @dev Balances of the pay asset and of units.
    mapping(address account => uint256[2]) internal _balances;
    /// @dev What all have together, and what is in books of older offerings.
    uint256[2] internal _all;
    uint256[2] internal _old;

    /// @notice Breaches that actions have seen, by number of the invariant.
    mapping(uint256 invariantNumber => uint256) public violations;

    /* VIEWS */

    /// @notice Positions of the first and behind the last of the offerings that actions are on.
    function recent() public view returns (uint256 first, uint256 end) {
        end = _sales.length;
        first = end > RECENT ? end - RECENT : 0;
    }

    /// @notice An account's balances and what they should be, with all that is in the ledger and should be.
    function balancesOf(address account) external view returns (uint256[2] memory has, uint256[2] memory should) {
        return ([ledger.balanceOf(account, pay), ledger.balanceOf(account, asset)], _balances[account]);
    }

    /// @notice OFR-1: what is in balances and in books, and what was there at the beginning, of both assets.
    function totalOf() external view returns (uint256[2] memory held, uint256[2] memory all) {
        held = _old;
        (uint256 first, uint256 end) = recent();
        for (uint256 r = first; r < end; ++r) {
            Word book = _offerBook(_sales[r].terms);
            (held[0], held[1]) = (held[0] + book.amount(0), held[1] + book.amount(1));
        }
        for (uint256 i; i < ACTORS + 2; ++i) {
            address account = personAt(i);
            held[0] += ledger.balanceOf(account, pay);
            held[1] += ledger.balanceOf(account, asset);
        }
        return (held, _all);
    }

    function viewOf(uint256 r) external view returns (View memory seen) {
        Sale storage sale = _sales[r];
        Word book = _offerBook(sale.terms);
        (seen.money, seen.units) = (book.amount(0), book.amount(1));
        seen.totals = offering.totalsOf(sale.id);
        seen.inventory = offering.inventoryOf(sale.id);
        (seen.proceeds, seen.fees) = offering.dueOf(sale.id);
        seen.status = offering.statusOf(sale.id);
        for (uint256 i; i < ACTORS; ++i) _add(seen, sale, actors[i]);
        Sums memory sums = seen.sums;
        (sums.escrowed, sums.earned) = (_escrowedOf(sale), _earnedOf(sale));
        (sums.owed, sums.inventory) = (_owedOf(sale), _inventoryOf(sale));
        (sums.proceeds, sums.fees) = _dueOf(sale);
        (sums.sold, sums.status) = (sale.sold, _statusOf(sale));
        seen.flows = [sale.came[0] - sale.left[0], sale.came[1] - sale.left[1]];
        (seen.secured, seen.hardCap) = (_needOf(sale), sale.terms.hardCap);
        seen.isEscrow = sale.terms.softCap != 0;
        seen.isPaidOut = sale.withdrawn != 0 || sale.kept != 0;
    }

    /// @notice The accounts that have anything: buyers, the issuer, who collects fees.
    function personAt(uint256 i) public view returns (address) {
        if (i < ACTORS) return actors[i];
        return i == ACTORS ? address(this) : FEE_TO;
    }

    function _add(View memory seen, Sale storage sale, address account) private view {
        IRwaOffering.Allotment memory allotment = offering.allotmentOf(sale.id, account);
        Part storage part = sale.parts[account];
        if (allotment.isSettled) seen.settled += allotment.payment;
        else seen.unsettled += allotment.payment;
        seen.allotted += allotment.units;
        bool isSame = allotment.units == part.units && allotment.payment == part.payment;
        isSame = isSame && allotment.refusedAt == part.refusedAt;
        if (!isSame || allotment.isSettled != part.isSettled) ++seen.differing;
    }

    /* MONEY AND UNITS */

    function _costOf(Sale storage sale, uint256 units) internal view returns (uint256) {
        return (units * sale.terms.price + SCALE - 1) / SCALE; // what a hard cap costs is below 2^111
    }

    function _escrowedOf(Sale storage sale) internal view returns (uint256 sum) {
        for (uint256 i; i < ACTORS; ++i) {
            Part storage part = sale.parts[actors[i]];
            if (!part.isSettled) sum += part.payment;
        }
    }

    function _earnedOf(Sale storage sale) internal view returns (uint256 sum) {
        sum = sale.kept;
        for (uint256 i; i < ACTORS; ++i) {
            Part storage part = sale.parts[actors[i]];
            if (part.isSettled) sum += part.payment;
        }
    }

    function _owedOf(Sale storage sale) internal view returns (uint256 sum) {
        if (sale.terms.softCap == 0 || _isFailed(sale)) return 0;
        for (uint256 i; i < ACTORS; ++i) sum += sale.parts[actors[i]].units;
    }

    function _inventoryOf(Sale storage sale) internal view returns (uint256) {
        return sale.came[1] - sale.left[1] - _owedOf(sale);
    }

    /// @dev Units that may still be sold.
    function _offeredOf(Sale storage sale) internal view returns (uint256) {
        uint256 room = sale.terms.hardCap - sale.sold;
        uint256 inventory = _inventoryOf(sale);
        return inventory < room ? inventory : room;
    }

    function _dueOf(Sale storage sale) internal view returns (uint256 proceeds, uint256 fees) {
        uint256 earned = _paysOut(sale) && _isSecured(sale) ? _earnedOf(sale) : 0;
        uint256 share = (earned * sale.terms.fee + WAD - 1) / WAD;
        return (earned - share - sale.withdrawn, share + sale.listingFee - sale.collected);
    }

    /* STATES */

    function _needOf(Sale storage sale) internal view returns (uint256) {
        return _costOf(sale, sale.terms.softCap);
    }

    function _isClosed(Sale storage sale) internal view returns (bool) {
        return block.timestamp >= sale.terms.end || sale.sold == sale.terms.hardCap;
    }

    /// @dev The moment of the close, or the end that is to come.
    function _closeOf(Sale storage sale) internal view returns (uint256) {
        return sale.sold == sale.terms.hardCap ? sale.closedAt : sale.terms.end;
    }

    function _paysOut(Sale storage sale) internal view returns (bool) {
        return sale.terms.softCap == 0 || block.timestamp >= _closeOf(sale) + PAYOUT_DELAY;
    }

    function _isSecured(Sale storage sale) internal view returns (bool) {
        return _earnedOf(sale) >= _needOf(sale);
    }

    function _isFailed(Sale storage sale) internal view returns (bool) {
        if (sale.sold < sale.terms.softCap) return block.timestamp >= sale.terms.end;
        if (!_isClosed(sale) || _isSecured(sale)) return false;
        bool isLate = block.timestamp >= _closeOf(sale) + SETTLEMENT;
        return isLate || _earnedOf(sale) + _escrowedOf(sale) < _needOf(sale);
    }

    function _isSettling(Sale storage sale) internal view returns (bool) {
        uint256 softCap = sale.terms.softCap;
        return softCap != 0 && sale.sold >= softCap && _isClosed(sale) && !_isFailed(sale);
    }

    function _statusOf(Sale storage sale) internal view returns (IRwaOffering.Status) {
        if (sale.isCancelled) return IRwaOffering.Status.CANCELLED;
        if (_isFailed(sale)) return IRwaOffering.Status.FAILED;
        if (_isClosed(sale)) {
            return _isSecured(sale) ? IRwaOffering.Status.SUCCEEDED : IRwaOffering.Status.SETTLING;
        }
        return block.timestamp < sale.terms.start ? IRwaOffering.Status.WAITING : IRwaOffering.Status.OPEN;
    }

    /* RULES */

    function _mayBeGiven(address account) internal view returns (bool) {
        return !_isPaused && _mayReceive[account] && !_isFrozen[account];
    }

    function _mayGive(address account) internal view returns (bool) {
        return !_isPaused && _maySend[account] && !_isFrozen[account];
    }

    /// @dev Whether units of the account's are sold: not while a freeze of units exceeds what it has besides.
    function _maySell(address account) private view returns (bool) {
        return _mayGive(account) && _frozenUnits[account] <= _balances[account][1];
    }

    /// @dev Whether the account may put so many units, at least one, into a book.
    function _mayPutIn(address account, uint256 units) internal view returns (bool) {
        (uint256 balance, uint256 frozen) = (_balances[account][1], _frozenUnits[account]);
        uint256 movable = balance < frozen ? 0 : balance - frozen;
        return _isVenue && _mayGive(account) && units <= movable;
    }

    /* WHAT ACTIONS DO */

    function _require(bool condition, uint256 number) internal {
        if (!condition) ++violations[number];
    }

    /// @dev What stands in the way of a subscription, but for the payment.
    function _mayBuy(Sale storage sale, address account, uint256 units, bool isProved) internal view returns (bool) {
        Offering storage terms = sale.terms;
        if (block.timestamp < terms.start || block.timestamp >= terms.end || sale.isCancelled) return false;
        uint256 offered = _offeredOf(sale);
        if (units == 0 || units > offered || (units < terms.least && units != offered)) return false;
        if (terms.most != 0 && sale.parts[account].units + units > terms.most) return false;
        if (account == terms.seller || (terms.allowRoot != 0 && !isProved)) return false;
        return _maySell(terms.seller) && _mayBeGiven(account);
    }

    function _buy(Sale storage sale, address account, uint256 units) internal {
        uint256 cost = _costOf(sale, units);
        sale.sold += units;
        if (sale.sold == sale.terms.hardCap) sale.closedAt = block.timestamp;
        bool isEscrow = sale.terms.softCap != 0;
        if (isEscrow || sale.terms.most != 0) sale.parts[account].units += units;
        if (isEscrow) sale.parts[account].payment += cost;
        else sale.kept += cost;
        _move(sale, account, 0, cost, true);
        if (!isEscrow) _move(sale, account, 1, units, false);
    }

    /// @dev But for who may be given units.
    function _mayClaim(Sale storage sale, address account) internal view returns (bool) {
        Part storage part = sale.parts[account];
        uint256 payment = part.isSettled ? 0 : part.payment;
        if (!_isSettling(sale) || !_paysOut(sale)) return false;
        return part.units != 0 && _earnedOf(sale) + payment >= _needOf(sale);
    }

    /// @dev Pays the account's units to `to`, and keeps its payment.
    function _payUnits(Sale storage sale, address account, address to) internal {
        Part memory part = sale.parts[account];
        delete sale.parts[account];
        sale.kept += part.payment;
        _move(sale, to, 1, part.units, false);
    }

    function _mayRefund(Sale storage sale, address account) internal view returns (bool) {
        Part storage part = sale.parts[account];
        if (sale.terms.softCap == 0 || part.payment == 0) return false;
        if (_isFailed(sale)) return true;
        return !part.isSettled && _isClosed(sale) && _paysOut(sale) && (part.units == 0 || !_mayBeGiven(account));
    }

    function _payBack(Sale storage sale, address account, address to) internal {
        uint256 payment = sale.parts[account].payment;
        delete sale.parts[account];
        _move(sale, to, 0, payment, false);
    }

    /// @dev Notes that the account may not be given its units, or takes them if it was noted a settlement to two ago.
    function _refuse(Part storage part) internal returns (bool isReleased) {
        uint256 age = block.timestamp - part.refusedAt; // never noted is long ago
        if (age < SETTLEMENT) return false;
        isReleased = age < 2 * SETTLEMENT;
        if (isReleased) part.units = 0;
        part.refusedAt = isReleased ? 0 : block.timestamp;
    }

    /// @dev Moves an amount of an asset, 0 or 1, between an account and the book.
    function _move(Sale storage sale, address account, uint256 side, uint256 amount, bool isIn) internal {
        if (isIn) {
            sale.came[side] += amount;
            _balances[account][side] -= amount;
        } else {
            sale.left[side] += amount;
            _balances[account][side] += amount;
        }
    }
}
