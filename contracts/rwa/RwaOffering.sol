// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {IRwaAgency} from "../interfaces/IRwaAgency.sol";
import {IRwaCore} from "../interfaces/IRwaCore.sol";
import {IRwaOffering} from "../interfaces/IRwaOffering.sol";
import {IRwaOfferingActions} from "../interfaces/IRwaOfferingActions.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {Offering} from "../types/Offering.sol";
import {OfferingId} from "../types/OfferingId.sol";
import {Word} from "../types/Word.sol";
import {RwaOfferings} from "./RwaOfferings.sol";

/// @title RwaOffering
/// @notice Offerings of regulated assets; see `IRwaOffering`. Holds no token and no balance: units and payments are the offering's
/// ledger book, handed over with each call.
/// @dev It calls nobody but the core of the regulated assets, statically.
contract RwaOffering is RwaOfferings {
    using AssetId for uint256;
    using MerkleProof for bytes32[];
    using OperationLib for uint256[];

    uint256 private constant WAD = 1e18;
    /// @dev The part of what a hard cap costs that a listing fee is at the most.
    uint256 private constant LISTING_DIVISOR = 100;
    /// @dev What a hard cap costs at the most, so that roundings up and the listing fee fit a book beside it.
    uint256 private constant MAX_PROCEEDS = 2 ** 111;
    /// @dev How long before its end an offering is created at the most: money in escrow comes back.
    uint256 private constant MAX_DURATION = 731 days;
    /// @dev Of `IRwaAgency`: the role of force, and the approval as a venue.
    uint256 private constant FORCE = 8;
    uint256 private constant VENUE = 2;
    /// @inheritdoc IRwaOffering
    uint256 public constant MAX_FEE = 0.05e18;

    /// @dev An asset of this core's with RULES, of which there is never a unit. Where it is named beside what is paid out, the ledger asks
    /// this core about every receiver but the caller, and is refused.
    uint256 private immutable CALLER_ONLY;

    /// @inheritdoc IRwaOffering
    uint256 public fee;
    /// @inheritdoc IRwaOffering
    mapping(uint256 payAsset => uint256 amount) public listingFeeOf;

    constructor(IRwaCore rwa) RwaOfferings(rwa) {
        CALLER_ONLY = AssetId.issued(address(this), bytes32(0), AssetId.RULES_0, 0);
        _LEDGER.issueAsset(bytes32(0), AssetId.RULES_0, address(this), address(0));
    }

    modifier onlyLedger() {
        _checkLedger();
        _;
    }

    modifier restricted() {
        _checkAuthority();
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
        magic = ILedgerProtocol.onLedgerCall.selector;
        issue = Word.wrap(0);
        _checkInputs(bytes4(data), inputs);
        OfferingId id = OfferingId.wrap(book);
        uint256 flags = holdings.flags();
        if (bytes4(data) == IRwaOfferingActions.create.selector) {
            (flags, outputs) = _create(id, actor, inputs, abi.decode(data[4:], (Offering)));
        } else {
            Sale memory sale = _open(id, holdings);
            bool isCallers;
            (outputs, isCallers) = _act(sale, actor, inputs, data);
            flags = sale.flags;
            if (isCallers && outputs.amount(1) != 0) shareId = CALLER_ONLY;
        }
        outputs = outputs.withFlags(uint32(flags));
    }

    /// @inheritdoc ILedgerProtocol
    /// @dev See `RwaOfferings._settleAll`.
    function onLedgerBatch(
        bytes32 book,
        Word holdings,
        uint256 shareId,
        bytes calldata,
        uint256[] calldata operations
    ) external onlyLedger returns (bytes4, uint32, uint256[] memory) {
        require(shareId == 0, OfferingUnwantedShare(shareId));
        uint256[] memory payouts = OperationLib.newPayouts(operations.length / 2);
        Sale memory sale = _open(OfferingId.wrap(book), holdings);
        _settleAll(sale, operations, payouts);
        _close(sale);
        payouts.answer(ILedgerProtocol.onLedgerBatch.selector, uint32(sale.flags));
    }

    /// @inheritdoc IRwaOffering
    function canTransfer(uint256, address, address, uint256) external pure returns (bool) {
        return false;
    }

    /* AUTHORITY */

    /// @inheritdoc IRwaOffering
    function setFee(uint256 newFee) external restricted {
        require(newFee <= MAX_FEE, OfferingFeeTooHigh(newFee, MAX_FEE));
        fee = newFee;
        emit OfferingFeeSet(newFee);
    }

    /// @inheritdoc IRwaOffering
    function setListingFee(uint256 payAsset, uint256 amount) external restricted {
        require(amount <= WordLib.MAX_AMOUNT, OfferingFeeTooHigh(amount, WordLib.MAX_AMOUNT));
        listingFeeOf[payAsset] = amount;
        emit ListingFeeSet(payAsset, amount);
    }

    /* VIEWS */

    /// @inheritdoc IRwaOffering
    // solhint-disable-next-line func-name-mixedcase
    function LEDGER() external view returns (ILedger) {
        return _LEDGER;
    }

    /// @inheritdoc IRwaOffering
    // solhint-disable-next-line func-name-mixedcase
    function RWA() external view returns (IRwaCore) {
        return _RWA;
    }

    /// @inheritdoc IRwaOffering
    function previewCreate(Offering calldata offering) external view returns (OfferingId id, uint256 listingFee) {
        id = offering.toId(address(this));
        require(_offerings[id].terms.seller == address(0), OfferingExists(id));
        listingFee = _listingFeeOf(offering.payAsset, _checkTerms(offering));
    }

    /// @inheritdoc IRwaOffering
    function costOf(OfferingId id, uint256 units) external view returns (uint256) {
        return _costOf(_offerings[id].terms.price, units);
    }

    /// @inheritdoc IRwaOffering
    function previewSubscribe(
        OfferingId id,
        address account,
        uint256 units,
        bytes32[] calldata proof
    ) external view returns (Obstacle obstacle, uint256 cost) {
        return _obstacleOf(_look(id), account, units, type(uint256).max, _isProved(id, account, proof));
    }

    /// @inheritdoc IRwaOffering
    function claimableOf(OfferingId id, address account) external view returns (uint256 units, uint256 payment) {
        Sale memory sale = _look(id);
        Allotment memory allotment = _offerings[id].allotments[account];
        Offering storage terms = _offerings[id].terms;
        if (sale.flags & ESCROW == 0 || !_isClosed(sale)) return (0, 0);
        if (sale.isFailed) return (0, allotment.payment);
        uint256 unsettled = allotment.isSettled ? 0 : allotment.payment;
        if (!_paysOut(terms, sale.closedAt)) return (0, 0);
        if (allotment.units == 0 || !_isDeliverable(terms.asset, account)) return (0, unsettled);
        return (_isSecured(terms, sale.earned + unsettled) ? allotment.units : 0, 0);
    }

    /// @inheritdoc IRwaOffering
    function dueOf(OfferingId id) external view returns (uint256 proceeds, uint256 fees) {
        return _dueOf(_offerings[id]);
    }

    /// @inheritdoc IRwaOffering
    function inventoryOf(OfferingId id) external view returns (uint256) {
        return _look(id).inventory;
    }

    /// @inheritdoc IRwaOffering
    function statusOf(OfferingId id) external view returns (Status) {
        Offering storage terms = _offerings[id].terms;
        if (terms.seller == address(0)) return Status.NONE;
        Sale memory sale = _look(id);
        if (sale.flags & CANCELLED != 0) return Status.CANCELLED;
        if (!_isClosed(sale)) return block.timestamp < terms.start ? Status.WAITING : Status.OPEN;
        if (sale.isFailed) return Status.FAILED;
        return _isSecured(terms, sale.earned) ? Status.SUCCEEDED : Status.SETTLING;
    }

    /// @inheritdoc IRwaOffering
    function termsOf(OfferingId id) external view returns (Offering memory) {
        return _offerings[id].terms;
    }

    /// @inheritdoc IRwaOffering
    function totalsOf(OfferingId id) external view returns (Totals memory totals) {
        Storage storage stored = _offerings[id];
        totals = stored.totals;
        // stored as 0 by the next action
        if (totals.owed != 0 && _look(id).isFailed) totals.owed = 0;
    }

    /// @inheritdoc IRwaOffering
    function allotmentOf(OfferingId id, address account) external view returns (Allotment memory) {
        return _offerings[id].allotments[account];
    }

    /* ACTIONS */

    /// @dev Answers what leaves the book, and whether units of it are for the caller alone.
    function _act(
        Sale memory sale,
        address actor,
        Word inputs,
        bytes calldata data
    ) private returns (Word outputs, bool isCallers) {
        bytes4 selector = bytes4(data);
        isCallers = true;
        if (selector == IRwaOfferingActions.subscribe.selector) {
            outputs = _subscribe(sale, actor, inputs.amount(0), data);
        } else if (selector == IRwaOfferingActions.claim.selector) {
            outputs = _claim(sale, actor);
        } else if (selector == IRwaOfferingActions.refund.selector) {
            outputs = _refund(sale, actor);
        } else if (selector == IRwaOfferingActions.settle.selector) {
            _settle(sale, abi.decode(data[4:], (address[])));
        } else if (selector == IRwaOfferingActions.release.selector) {
            _release(sale, abi.decode(data[4:], (address[])));
        } else {
            return _actBeside(sale, actor, inputs, data);
        }
        _close(sale);
    }

    /// @dev The actions that sell nothing and earn nothing. What an agent forces goes to whom he says.
    function _actBeside(
        Sale memory sale,
        address actor,
        Word inputs,
        bytes calldata data
    ) private returns (Word outputs, bool isCallers) {
        bytes4 selector = bytes4(data);
        if (selector == IRwaOfferingActions.deposit.selector) {
            _deposit(sale, actor, inputs.amount(1));
        } else if (selector == IRwaOfferingActions.withdrawProceeds.selector) {
            outputs = _withdrawProceeds(sale, actor);
        } else if (selector == IRwaOfferingActions.withdrawInventory.selector) {
            (outputs, isCallers) = _withdrawInventory(sale, actor, abi.decode(data[4:], (uint256)));
        } else if (selector == IRwaOfferingActions.cancel.selector) {
            _cancel(sale, actor);
        } else if (selector == IRwaOfferingActions.collectFees.selector) {
            outputs = _collectFees(sale.id, actor);
        } else if (selector == IRwaOfferingActions.forceClaim.selector) {
            outputs = _forceClaim(sale, actor, abi.decode(data[4:], (address)));
        } else {
            revert OfferingUnknownAction(selector);
        }
    }

    /* BUYERS */

    function _subscribe(
        Sale memory sale,
        address actor,
        uint256 paid,
        bytes calldata data
    ) private returns (Word outputs) {
        (uint256 units, bytes32[] memory proof) = abi.decode(data[4:], (uint256, bytes32[]));
        bool isProved = _isProved(sale.id, actor, proof);
        (Obstacle obstacle, uint256 cost) = _trySubscribe(sale, actor, units, paid, isProved);
        if (obstacle != Obstacle.NONE) _refuse(obstacle, sale, actor, units, paid, cost);
        return WordLib.pack(paid - cost, sale.flags & ESCROW == 0 ? units : 0);
    }

    function _claim(Sale memory sale, address actor) private returns (Word) {
        uint256 units = _tryClaim(sale, actor);
        if (units == 0) {
            _checkSettling(sale);
            Allotment storage allotment = _offerings[sale.id].allotments[actor];
            if (allotment.units == 0) {
                require(allotment.payment == 0, OfferingReleased(sale.id, actor));
                revert OfferingNoAllotment(sale.id, actor);
            }
            _checkPaying(sale);
            _refuseUnsecured(sale);
        }
        // the ledger asks, too, and gives no reason
        IRwaCore.Refusal refusal = _refusalOf(_offerings[sale.id].terms.asset, actor);
        require(refusal == IRwaCore.Refusal.NONE, OfferingRefused(actor, refusal));
        return WordLib.pack(0, units);
    }

    function _refund(Sale memory sale, address actor) private returns (Word) {
        uint256 payment = _tryRefund(sale, actor);
        if (payment == 0) {
            _checkEscrow(sale);
            Allotment storage allotment = _offerings[sale.id].allotments[actor];
            require(allotment.payment != 0, OfferingNoAllotment(sale.id, actor));
            require(!allotment.isSettled, OfferingSettled(sale.id, actor));
            _checkClosed(sale);
            _checkPaying(sale);
            revert OfferingDeliverable(sale.id, actor);
        }
        return WordLib.pack(payment, 0);
    }

    function _settle(Sale memory sale, address[] memory accounts) private {
        _checkSettling(sale);
        for (uint256 i; i < accounts.length; ++i) _trySettle(sale, accounts[i]);
    }

    function _release(Sale memory sale, address[] memory accounts) private {
        _checkSettling(sale);
        for (uint256 i; i < accounts.length; ++i) _tryRelease(sale, accounts[i]);
    }

    /* SELLERS AND OTHERS */

    function _create(
        OfferingId book,
        address actor,
        Word inputs,
        Offering memory terms
    ) private returns (uint256 flags, Word outputs) {
        OfferingId id = terms.toId(address(this));
        require(OfferingId.unwrap(id) == OfferingId.unwrap(book), OfferingWrongBook(OfferingId.unwrap(book), id));
        require(actor == terms.seller, OfferingNotSeller(actor, terms.seller));
        Storage storage stored = _offerings[id];
        require(stored.terms.seller == address(0), OfferingExists(id));
        uint256 listingFee = _listingFeeOf(terms.payAsset, _checkTerms(terms));
        (uint256 paid, uint256 units) = (inputs.amount(0), inputs.amount(1));
        require(listingFee <= paid, OfferingUnderpaid(listingFee, paid));
        flags = EXISTS;
        if (terms.softCap != 0) flags |= ESCROW;
        if (terms.allowRoot != 0) flags |= LISTED;
        if (terms.most != 0) flags |= LIMITED;
        stored.terms = terms;
        stored.totals.listingFee = uint112(listingFee); // a part of the input
        emit OfferingCreated(id, actor, terms.asset, terms, listingFee);
        if (units != 0) emit InventoryDeposited(id, units);
        outputs = WordLib.pack(paid - listingFee, 0);
    }

    function _deposit(Sale memory sale, address actor, uint256 units) private {
        Offering storage terms = _offerings[sale.id].terms;
        _checkSeller(terms, actor);
        bool isOver = sale.flags & CANCELLED != 0 || block.timestamp >= terms.end;
        require(!isOver, OfferingNotOpen(block.timestamp, terms.start, terms.end));
        emit InventoryDeposited(sale.id, units);
    }

    function _withdrawProceeds(Sale memory sale, address actor) private returns (Word) {
        Storage storage stored = _offerings[sale.id];
        _checkSeller(stored.terms, actor);
        (uint256 proceeds, ) = _dueOf(stored);
        if (proceeds == 0) {
            if (_isSettling(sale)) _checkPaying(sale);
            revert OfferingNothingDue(sale.id, actor);
        }
        stored.totals.withdrawn += uint112(proceeds); // a part of what is earned
        emit ProceedsWithdrawn(sale.id, actor, proceeds);
        return WordLib.pack(proceeds, 0);
    }

    function _withdrawInventory(
        Sale memory sale,
        address actor,
        uint256 units
    ) private returns (Word outputs, bool isSeller) {
        Offering storage terms = _offerings[sale.id].terms;
        isSeller = actor == terms.seller;
        if (!isSeller) {
            _checkAgent(terms.asset, actor);
        } else if (sale.flags & ESCROW != 0 && sale.flags & CANCELLED == 0) {
            _checkClosed(sale);
        }
        if (units == type(uint256).max) units = sale.inventory;
        bool isThere = units != 0 && units <= sale.inventory;
        require(isThere, OfferingInsufficientInventory(units, sale.inventory));
        emit InventoryWithdrawn(sale.id, actor, units);
        outputs = WordLib.pack(0, units);
    }

    function _cancel(Sale memory sale, address actor) private {
        Offering storage terms = _offerings[sale.id].terms;
        _checkSeller(terms, actor);
        require(sale.flags & CANCELLED == 0, OfferingNotOpen(block.timestamp, terms.start, terms.end));
        require(sale.sold == 0, OfferingHasSold(sale.sold));
        sale.flags |= CANCELLED;
        _offerings[sale.id].totals.isCancelled = true;
        emit OfferingCancelled(sale.id);
    }

    function _collectFees(OfferingId id, address actor) private returns (Word) {
        address recipient = IRwaAgency(address(_RWA)).feeRecipient();
        require(actor == recipient, OfferingNotFeeRecipient(actor, recipient));
        Storage storage stored = _offerings[id];
        (, uint256 fees) = _dueOf(stored);
        require(fees != 0, OfferingNothingDue(id, actor));
        stored.totals.collected += uint112(fees); // a part of what is earned, and the listing fee
        emit OfferingFeesCollected(id, actor, fees);
        return WordLib.pack(fees, 0);
    }

    function _forceClaim(Sale memory sale, address actor, address account) private returns (Word) {
        Storage storage stored = _offerings[sale.id];
        _checkAgent(stored.terms.asset, actor);
        Allotment memory allotment = stored.allotments[account];
        require(allotment.isSettled, OfferingNotSettled(sale.id, account));
        _checkSettling(sale);
        _checkPaying(sale);
        if (!_isSecured(stored.terms, sale.earned)) _refuseUnsecured(sale);
        delete stored.allotments[account];
        stored.totals.owed -= allotment.units; // a part of it
        emit AllotmentClaimed(sale.id, account, actor, allotment.units);
        return WordLib.pack(0, allotment.units);
    }

    /* INTERNALS */

    /// @dev What the seller and the fee recipient may take. The fee is rounded up of all that is earned, so that it does not matter when who
    /// takes what. Settled payments may go back until they come to the soft cap, and wait for a while after the close.
    function _dueOf(Storage storage stored) private view returns (uint256 proceeds, uint256 fees) {
        Totals memory totals = stored.totals;
        bool isDue = _paysOut(stored.terms, totals.closedAt) && _isSecured(stored.terms, totals.earned);
        uint256 earned = isDue ? totals.earned : 0;
        uint256 share = Math.mulDiv(earned, stored.terms.fee, WAD, Math.Rounding.Ceil);
        proceeds = earned - share - totals.withdrawn; // a fee is at most 5%, and grows by at most what is earned
        fees = share + totals.listingFee - totals.collected; // neither falls
    }

    /// @dev The offering as the next call would find it.
    function _look(OfferingId id) private view returns (Sale memory) {
        Offering memory terms = _offerings[id].terms;
        return _open(id, _LEDGER.bookOf(address(this), terms.bookKey(), terms.payAsset, terms.asset));
    }

    function _isProved(OfferingId id, address account, bytes32[] memory proof) private view returns (bool) {
        bytes32 root = _offerings[id].terms.allowRoot;
        return root == 0 || proof.verify(root, keccak256(bytes.concat(keccak256(abi.encode(account)))));
    }

    /// @dev Refuses terms that are none; answers what the hard cap costs.
    function _checkTerms(Offering memory terms) private view returns (uint256 cost) {
        uint256 payAsset = terms.payAsset;
        bool isAsset = payAsset != 0 && (payAsset <= type(uint160).max || payAsset.isIssued());
        require(isAsset && payAsset.isPlain(), OfferingInvalidPayAsset(payAsset));
        IRwaCore.AssetState memory state = _RWA.assetOf(terms.asset);
        require(state.owner != address(0), OfferingUnknownAsset(terms.asset));
        require(state.holderCap == 0, OfferingCountedAsset(terms.asset));
        bool isVenue = _RWA.approvalsOf(terms.asset, address(this)) & VENUE != 0;
        require(isVenue, OfferingNotApproved(terms.asset));
        uint256 latest = block.timestamp + MAX_DURATION;
        require(
            terms.end > block.timestamp && terms.end > terms.start && terms.end <= latest,
            OfferingInvalidWindow(terms.start, terms.end, block.timestamp, latest)
        );
        (uint256 hardCap, uint256 least, uint256 most) = (terms.hardCap, terms.least, terms.most);
        require(hardCap != 0 && terms.softCap <= hardCap, OfferingInvalidCaps(terms.softCap, hardCap));
        bool isOrdered = least != 0 && least <= hardCap && (most == 0 || least <= most);
        require(isOrdered, OfferingInvalidTickets(least, most, hardCap));
        require(terms.fee == fee, OfferingFeeMismatch(terms.fee, fee));
        // a price above that would cost too much for a single unit, and its product with units too much for a word
        cost = terms.price <= MAX_PROCEEDS * PRICE_SCALE ? _costOf(terms.price, hardCap) : type(uint256).max;
        bool isPrice = cost != 0 && cost <= MAX_PROCEEDS;
        require(isPrice, OfferingInvalidPrice(terms.price, hardCap, cost, MAX_PROCEEDS));
    }

    function _listingFeeOf(uint256 payAsset, uint256 cost) private view returns (uint256) {
        return Math.min(listingFeeOf[payAsset], cost / LISTING_DIVISOR);
    }

    /// @dev Says by an error what stands in the way.
    function _refuse(
        Obstacle obstacle,
        Sale memory sale,
        address actor,
        uint256 units,
        uint256 paid,
        uint256 cost
    ) private view {
        Offering storage terms = _offerings[sale.id].terms;
        if (obstacle == Obstacle.NOT_OPEN) revert OfferingNotOpen(block.timestamp, terms.start, terms.end);
        if (obstacle == Obstacle.SOLD_OUT) revert OfferingSoldOut(units, _leftOf(sale, terms.hardCap));
        if (obstacle == Obstacle.BELOW_LEAST) revert OfferingBelowLeast(units, terms.least);
        if (obstacle == Obstacle.UNDERPAID) revert OfferingUnderpaid(cost, paid);
        if (obstacle == Obstacle.SELLER) revert OfferingSelfSubscription(actor);
        if (obstacle == Obstacle.NOT_ALLOWED) revert OfferingNotAllowed(actor);
        if (obstacle == Obstacle.ABOVE_MOST) {
            revert OfferingAboveMost(_offerings[sale.id].allotments[actor].units + units, terms.most);
        }
        revert OfferingRefused(actor, _RWA.refusalOf(terms.asset, terms.seller, actor, 0));
    }

    function _checkInputs(bytes4 selector, Word inputs) private pure {
        (uint256 amount0, uint256 amount1) = (inputs.amount(0), inputs.amount(1));
        bool isRight;
        if (selector == IRwaOfferingActions.create.selector) isRight = true;
        else if (selector == IRwaOfferingActions.deposit.selector) isRight = amount0 == 0 && amount1 != 0;
        else if (selector == IRwaOfferingActions.subscribe.selector) isRight = amount1 == 0;
        else isRight = amount0 == 0 && amount1 == 0;
        require(isRight, OfferingWrongInputs(amount0, amount1));
    }

    /// @dev Refuses an offering whose payments are not to be settled.
    function _checkSettling(Sale memory sale) private view {
        if (_isSettling(sale)) return;
        _checkEscrow(sale);
        _checkClosed(sale);
        uint256 softCap = _offerings[sale.id].terms.softCap;
        require(sale.sold >= softCap, OfferingFailed(sale.sold, softCap));
        _refuseUnsecured(sale);
    }

    function _refuseUnsecured(Sale memory sale) private view {
        Offering storage terms = _offerings[sale.id].terms;
        revert OfferingUnsecured(sale.earned, _costOf(terms.price, terms.softCap));
    }

    function _checkEscrow(Sale memory sale) private pure {
        require(sale.flags & ESCROW != 0, OfferingWithoutSoftCap(sale.id));
    }

    function _checkClosed(Sale memory sale) private view {
        require(_isClosed(sale), OfferingNotClosed(block.timestamp, _offerings[sale.id].terms.end));
    }

    function _checkPaying(Sale memory sale) private view {
        uint256 from = _closeOf(_offerings[sale.id].terms, sale.closedAt) + PAYOUT_DELAY;
        require(block.timestamp >= from, OfferingNotPaying(block.timestamp, from));
    }

    function _checkSeller(Offering storage terms, address actor) private view {
        require(actor == terms.seller, OfferingNotSeller(actor, terms.seller));
    }

    function _checkAgent(uint256 asset, address actor) private view {
        require(_RWA.rolesOf(asset, actor) & FORCE != 0, OfferingNotAgent(actor, asset));
    }

    function _checkLedger() private view {
        require(msg.sender == address(_LEDGER), OfferingNotLedger(msg.sender));
    }

    function _checkAuthority() private view {
        (bool allowed, ) = _LEDGER.AUTHORITY().canCall(msg.sender, address(this), msg.sig);
        require(allowed, OfferingUnauthorized(msg.sender));
    }
}
