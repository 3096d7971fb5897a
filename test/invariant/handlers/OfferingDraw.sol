// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEligibilityRegistry} from "../../../contracts/interfaces/IEligibilityRegistry.sol";
import {IRwaOffering} from "../../../contracts/interfaces/IRwaOffering.sol";
import {IRwaOfferingActions} from "../../../contracts/interfaces/IRwaOfferingActions.sol";
import {HolderFlags} from "../../../contracts/libraries/HolderFlags.sol";
import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {WordLib} from "../../../contracts/libraries/WordLib.sol";
import {Offering} from "../../../contracts/types/Offering.sol";
import {OfferingId} from "../../../contracts/types/OfferingId.sol";
import {Word} from "../../../contracts/types/Word.sol";
import {OfferingShadow} from "./OfferingShadow.sol";

/// @title OfferingDraw
/// @notice What actions on offerings are drawn from: terms, amounts, accounts and sections, with what becomes of them by the shadow.
/// @dev The runner likes the ends of a type and values that it has seen: everything is drawn from the hash of its seed.
abstract contract OfferingDraw is OfferingShadow {
    using HolderFlags for Word;
    using WordLib for Word;

    struct Purchase {
        address account;
        address to;
        uint256 units;
        uint256 cost;
        uint256 paid;
        bool isProved;
        bytes32[] proof;
    }

    /// @dev A section as it is put together, and the operations that the ledger must pass over.
    struct Batch {
        uint256[] operations;
        address[] accounts;
        uint256[] kinds;
        uint256[] units;
        uint256[] amounts;
        bool[] isSkipped;
    }

    enum Stage {
        OPEN,
        OVER,
        /// @dev Over, and neither failed nor without a soft cap.
        SETTLING
    }

    uint256 internal constant UNIT = 1e18;
    uint256 internal constant USD = 1e6;
    uint256 private constant SUBSCRIBE = 0;
    uint256 private constant CLAIM = 3;
    uint256 private constant REFUND = 11;
    /// @dev Debits nothing and is none of an offering's.
    uint256 private constant UNKNOWN = 7;

    /// @notice What was seen besides actions, by name.
    mapping(bytes32 name => uint256) public reached;

    function _hash(uint256 seed) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(msg.sig, seed)));
    }

    /// @dev One of the recent offerings, if possible one of that stage.
    function _pick(uint256 roll, Stage stage) internal view returns (Sale storage sale) {
        (uint256 first, uint256 end) = recent();
        uint256 count = end - first;
        sale = _sales[first + (roll % count)];
        for (uint256 i = 1; i < count && !_isAt(sale, stage); ++i) sale = _sales[first + ((roll + i) % count)];
    }

    function _isAt(Sale storage sale, Stage stage) private view returns (bool) {
        if (stage == Stage.SETTLING) return _isSettling(sale);
        return (sale.isCancelled || _isClosed(sale)) == (stage == Stage.OVER);
    }

    /// @dev The last one is never eligible: he is drawn less often.
    function _someone(uint256 roll) internal view returns (address) {
        return actors[(roll >> 8) % (roll % 4 == 0 ? ACTORS : ACTORS - 1)];
    }

    /// @dev If possible one that may have its payment back.
    function _payerOf(Sale storage sale, uint256 roll) internal view returns (address account) {
        for (uint256 i; i < ACTORS; ++i) {
            account = actors[(roll + i) % ACTORS];
            if (_mayRefund(sale, account)) return account;
        }
        return _buyerOf(sale, roll);
    }

    /// @dev If possible one that has a part of the offering.
    function _buyerOf(Sale storage sale, uint256 roll) internal view returns (address account) {
        for (uint256 i; i < ACTORS; ++i) {
            account = actors[(roll + i) % ACTORS];
            if (sale.parts[account].payment != 0) return account;
        }
    }

    /// @dev When a buyer was last noted who may not be given his units; 0 for none.
    function _refusedAt(Sale storage sale) internal view returns (uint256 latest) {
        for (uint256 i; i < ACTORS; ++i) {
            uint256 refusedAt = sale.parts[actors[i]].refusedAt;
            if (refusedAt > latest) latest = refusedAt;
        }
    }

    /// @dev If possible one that is not settled and may not be given its units.
    function _refusedOf(Sale storage sale, uint256 roll) internal view returns (address account) {
        for (uint256 i; i < ACTORS; ++i) {
            account = actors[(roll + i) % ACTORS];
            Part storage part = sale.parts[account];
            if (part.units != 0 && !part.isSettled && !_mayBeGiven(account)) return account;
        }
    }

    /// @dev Up to four accounts, some of them more than once.
    function _some(uint256 roll) internal view returns (address[] memory accounts) {
        accounts = new address[](1 + (roll % 4));
        for (uint256 i; i < accounts.length; ++i) accounts[i] = actors[(roll >> (8 * i + 8)) % ACTORS];
    }

    function _wanted(Sale storage sale, uint256 roll) internal view returns (uint256) {
        uint256 kind = roll % 8;
        if (kind < 2) return sale.terms.least;
        if (kind == 2) return _offeredOf(sale);
        if (kind == 3) return (roll >> 8) % 2;
        return (roll >> 8) % ((kind < 7 ? sale.terms.hardCap / 3 : sale.terms.hardCap) + 1);
    }

    /// @dev What a buyer pays: now and then too much, or a unit less.
    function _payment(uint256 cost, uint256 roll) internal pure returns (uint256) {
        if (roll % 16 == 0) return cost + 5 * USD;
        return roll % 16 == 1 && cost != 0 ? cost - 1 : cost;
    }

    /* ACCOUNTS */

    function _state(address account, bool maySend, bool mayReceive) internal {
        (_maySend[account], _mayReceive[account]) = (maySend, mayReceive);
        _admit(account, maySend, mayReceive);
    }

    function _admit(address account, bool maySend, bool mayReceive) private {
        (uint40 sendUntil, uint40 receiveUntil) = (maySend ? uint40(NEVER) : 0, mayReceive ? uint40(NEVER) : 0);
        registry.setAccount(account, IEligibilityRegistry.Eligibility(sendUntil, receiveUntil, 276, 0));
    }

    /// @dev The allow-list has the first two accounts.
    function _proofOf(address account) internal view returns (bytes32[] memory proof) {
        proof = new bytes32[](1);
        proof[0] = _leafOf(account == actors[0] ? actors[1] : actors[0]);
    }

    function _leafOf(address account) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(account))));
    }

    function _allowRoot() private view returns (bytes32) {
        (bytes32 a, bytes32 b) = (_leafOf(actors[0]), _leafOf(actors[1]));
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    /* OFFERINGS */

    /// @dev Whether the oldest of the recent offerings has had its time.
    function _hasRoom(uint256 roll) internal view returns (bool) {
        (uint256 first, ) = recent();
        Sale storage oldest = _sales[first];
        return _sales.length < RECENT || _isAt(oldest, Stage.OVER) || roll % 8 == 0;
    }

    function _create(address seller, uint256 roll) internal returns (bool ok) {
        Offering memory terms = _termsOf(seller, roll);
        if (terms.hardCap == 0) return false; // of a holder of nothing
        uint256 cost = (terms.hardCap * terms.price + SCALE - 1) / SCALE;
        uint256 fee = offering.listingFeeOf(pay);
        if (fee > cost / 100) fee = cost / 100;
        uint256 inventory = terms.hardCap / [1, 1, 1, 2][(roll >> 8) % 4];
        if ((roll >> 16) % 8 == 0) inventory = 0;
        uint256 paid = _payment(fee, roll >> 24);
        bool isDue = _isVenue && terms.fee == offering.fee() && paid >= fee && paid <= _balances[seller][0];
        isDue = isDue && (inventory == 0 || _mayPutIn(seller, inventory));
        bytes memory data = abi.encodeCall(IRwaOfferingActions.create, (terms));
        (ok, , ) = _tryAct(terms, seller, address(0), [paid, inventory], data);
        _require(ok == isDue, 1);
        if (ok) _list(terms, fee, inventory);
    }

    function _list(Offering memory terms, uint256 fee, uint256 inventory) private {
        (uint256 first, uint256 end) = recent();
        if (end == first + RECENT) {
            Word book = _offerBook(_sales[first].terms);
            (_old[0], _old[1]) = (_old[0] + book.amount(0), _old[1] + book.amount(1));
        }
        Sale storage sale = _sales.push();
        (sale.terms, sale.id, sale.listingFee) = (terms, terms.toId(address(offering)), fee);
        _move(sale, terms.seller, 0, fee, true);
        _move(sale, terms.seller, 1, inventory, true);
    }

    function _termsOf(address seller, uint256 roll) private view returns (Offering memory terms) {
        (terms.payAsset, terms.asset, terms.seller) = (pay, asset, seller);
        terms.start = uint40(block.timestamp + ((roll >> 32) % 8 == 0 ? 2 hours : 0));
        terms.end = terms.start + uint40(20 hours + ((roll >> 40) % 40 hours));
        terms.price = [50 * USD * UNIT, (50 * USD * UNIT) / 3 + 1, 7 * SCALE, 1][(roll >> 56) % 4];
        uint256 hardCap = [uint256(10), 1e6, 1 + ((roll >> 64) % (200 * UNIT)), 1 + ((roll >> 64) % (20 * UNIT))][
            (roll >> 136) % 4
        ];
        uint256 most = seller == address(this) ? hardCap : _balances[seller][1];
        if (hardCap > most) hardCap = most;
        if (hardCap == 0) return terms;
        terms.hardCap = uint96(hardCap);
        terms.softCap = uint96([uint256(0), 1, hardCap / 4 + 1, hardCap / 2 + 1][(roll >> 144) % 4]);
        terms.least = uint96((roll >> 152) % 3 != 0 ? 1 : hardCap / 10 + 1);
        if ((roll >> 160) % 3 == 0) terms.most = terms.least + uint96(hardCap / 3);
        if ((roll >> 168) % 8 == 0) terms.allowRoot = _allowRoot();
        terms.fee = uint64(offering.fee() + ((roll >> 176) % 16 == 0 ? 1 : 0));
        terms.salt = bytes32(_sales.length);
    }

    function _purchaseOf(Sale storage sale, uint256 roll) internal view returns (Purchase memory made) {
        made.account = (roll >> 8) % 32 == 0 ? sale.terms.seller : _someone(roll >> 16);
        made.to = (roll >> 24) % 16 == 0 ? actors[(roll >> 32) % ACTORS] : made.account;
        made.units = _wanted(sale, roll >> 40);
        made.cost = _costOf(sale, made.units);
        made.paid = _payment(made.cost, roll >> 200);
        made.isProved = (roll >> 216) % 16 != 0 && (made.account == actors[0] || made.account == actors[1]);
        made.proof = made.isProved ? _proofOf(made.account) : new bytes32[](0);
    }

    /// @dev Whether the account may buy, whatever it pays. OFR-4: that is what the preview says, and the cost.
    function _foresee(Sale storage sale, Purchase memory made) internal returns (bool isBuyer) {
        isBuyer = _mayBuy(sale, made.account, made.units, made.isProved);
        (IRwaOffering.Obstacle obstacle, uint256 cost) = offering.previewSubscribe(
            sale.id,
            made.account,
            made.units,
            made.proof
        );
        bool isFree = obstacle == IRwaOffering.Obstacle.NONE;
        _require(isFree == isBuyer && (!isFree || cost == made.cost), 4);
    }

    /// @dev What kind of refund it is.
    function _note(Sale storage sale, address account) internal {
        if (_isFailed(sale)) ++reached["failed"];
        else if (_isSecured(sale)) ++reached["refund after success"];
        if (sale.parts[account].units == 0) ++reached["refund of released"];
    }

    /* SECTIONS */

    /// @dev Up to six operations, of which an account may have several. The ledger passes over those of accounts that may not be given units,
    /// of another sequence, of nothing, or of more than there is; it debits all before the first is carried out.
    function _batchOf(Sale storage sale, uint256 seed) internal view returns (Batch memory batch) {
        uint256 count = 1 + (seed % 6);
        batch.operations = new uint256[](2 * count);
        (batch.accounts, batch.kinds) = (new address[](count), new uint256[](count));
        (batch.units, batch.amounts, batch.isSkipped) = (new uint256[](count), new uint256[](count), new bool[](count));
        for (uint256 i; i < count; ++i) _draw(sale, batch, i, uint256(keccak256(abi.encode(seed, i))));
    }

    function _draw(Sale storage sale, Batch memory batch, uint256 i, uint256 roll) private view {
        address account = _someone(roll >> 200);
        bool isLikely = (roll >> 8) % 4 != 0;
        uint256 kind = [SUBSCRIBE, CLAIM, REFUND, UNKNOWN][(roll >> 16) % 4];
        if (isLikely) kind = _isFailed(sale) ? REFUND : (_isClosed(sale) ? CLAIM : SUBSCRIBE);
        (batch.accounts[i], batch.kinds[i], batch.units[i]) = (account, kind, _wanted(sale, roll >> 32));
        if (kind == SUBSCRIBE) batch.amounts[i] = _payment(_costOf(sale, batch.units[i]), roll >> 24);
        uint256 made;
        uint256 money = _balances[account][0];
        bool isSkipped = !_mayBeGiven(account) || (kind == SUBSCRIBE && batch.amounts[i] == 0);
        for (uint256 j; j < i; ++j) {
            if (batch.accounts[j] != account) continue;
            ++made;
            if (batch.isSkipped[j])
                isSkipped = true; // its sequence is still to come
            else money -= batch.amounts[j];
        }
        if ((roll >> 240) % 16 == 0) (made, isSkipped) = (made + 1, true);
        batch.isSkipped[i] = isSkipped || batch.amounts[i] > money;
        (batch.operations[2 * i], batch.operations[2 * i + 1]) = OperationLib.pack(
            account,
            uint8(ledger.wordOf(account, pay).sequence() + made),
            uint8(kind),
            batch.amounts[i],
            uint224(batch.units[i])
        );
    }

    /// @dev One operation of a section on what the ones before left.
    function _settleOne(Sale storage sale, Batch memory batch, uint256 i, bool isDone) internal {
        (address account, uint256 kind) = (batch.accounts[i], batch.kinds[i]);
        bool isDebited = !batch.isSkipped[i];
        if (kind == SUBSCRIBE) {
            bool isDue = isDebited && batch.amounts[i] >= _costOf(sale, batch.units[i]);
            _require(isDone == (isDue && _mayBuy(sale, account, batch.units[i], false)), 4);
            if (!isDone) return;
            _buy(sale, account, batch.units[i]);
            ++reached["batched subscribe"];
        } else if (kind == CLAIM) {
            bool isDue = _mayClaim(sale, account);
            _require(!isDone || isDue, 7);
            _require(isDone == (isDebited && isDue), 2);
            if (!isDone) return;
            _payUnits(sale, account, account);
            ++reached["batched claim"];
        } else if (kind == REFUND) {
            bool isDue = isDebited && _mayRefund(sale, account);
            _require(isDone || !isDue, 6);
            _require(isDone == isDue, 2);
            if (!isDone) return;
            _payBack(sale, account, account);
            ++reached["batched refund"];
        } else {
            _require(!isDone, 2);
        }
    }

    /* THE END */

    /// @dev Everybody takes what is his: who may not be given units his payment, an agent the units of those whose payments are settled.
    function _windUp(Offering memory terms, OfferingId id) internal returns (bool isEmpty) {
        agency.setPaused(asset, false);
        agency.setAccountFrozen(asset, terms.seller, false);
        _admit(terms.seller, true, true);
        uint256 paying = terms.end + PAYOUT_DELAY;
        if (block.timestamp < paying) vm.warp(paying);
        address[] memory all = actors;
        for (uint256 round; round < 2; ++round) {
            _everybody(terms, abi.encodeCall(IRwaOfferingActions.refund, ()));
            _tell(terms, terms.seller, abi.encodeCall(IRwaOfferingActions.settle, (all)));
            if (offering.statusOf(id) == IRwaOffering.Status.SETTLING) vm.warp(terms.end + SETTLEMENT);
        }
        _everybody(terms, abi.encodeCall(IRwaOfferingActions.claim, ()));
        for (uint256 i; i < ACTORS; ++i) {
            bytes memory data = abi.encodeCall(IRwaOfferingActions.forceClaim, (actors[i]));
            _tryAct(terms, address(this), terms.seller, data);
        }
        _tell(terms, terms.seller, abi.encodeCall(IRwaOfferingActions.withdrawProceeds, ()));
        _tell(terms, terms.seller, abi.encodeCall(IRwaOfferingActions.withdrawInventory, (type(uint256).max)));
        _tell(terms, FEE_TO, abi.encodeCall(IRwaOfferingActions.collectFees, ()));
        Word book = _offerBook(terms);
        return book.amount(0) == 0 && book.amount(1) == 0;
    }

    function _everybody(Offering memory terms, bytes memory data) private {
        for (uint256 i; i < ACTORS; ++i) _tell(terms, actors[i], data);
    }

    function _tell(Offering memory terms, address caller, bytes memory data) private {
        _tryAct(terms, caller, address(0), data);
    }
}
