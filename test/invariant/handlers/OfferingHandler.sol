// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRwaOfferingActions} from "../../../contracts/interfaces/IRwaOfferingActions.sol";
import {OfferingDraw} from "./OfferingDraw.sol";

/// @title OfferingHandler
/// @notice Five accounts, one of which is never eligible, that buy of an issuer and of each other, by wallets and in sections, while agents freeze,
/// pause and force, and time jumps. The shadow says of each action whether it must succeed and what it moves.
abstract contract OfferingHandler is OfferingDraw {
    uint256 private constant MONEY = 1e24;
    uint256 private constant UNITS = 1e27;

    mapping(bytes4 action => uint256) public succeeded;

    constructor() {
        vm.warp(1_000 days);
        _deployOffering();
        for (uint256 i; i < ACTORS; ++i) {
            actors.push(makeAddr(string(abi.encodePacked("buyer ", 65 + i))));
            _fund(home1, actors[i], MONEY);
            vm.prank(actors[i]);
            ledger.setConsent(pay, 1);
            _state(actors[i], true, true);
            agency.mint(asset, actors[i], 100 * UNIT);
            (_balances[actors[i]], _all[1]) = ([MONEY, 100 * UNIT], _all[1] + 100 * UNIT);
        }
        _state(actors[ACTORS - 1], false, false);
        _state(address(this), true, true);
        _fund(home1, address(this), MONEY);
        agency.mint(asset, address(this), UNITS);
        _balances[address(this)] = [MONEY, UNITS];
        (_all[0], _all[1]) = ((ACTORS + 1) * MONEY, _all[1] + UNITS);
        _create(address(this), _hash(1));
        _create(address(this), _hash(2));
    }

    /* SELLERS */

    /// @notice The issuer sells.
    function offer(uint256 seed) external {
        uint256 roll = _hash(seed);
        if (_hasRoom(roll) && _create(address(this), roll)) ++succeeded[msg.sig];
    }

    /// @notice A holder sells.
    function resell(uint256 seed) external {
        uint256 roll = _hash(seed);
        if (_hasRoom(roll) && _create(actors[(roll >> 240) % ACTORS], roll)) ++succeeded[msg.sig];
    }

    function deposit(uint256 seed) external {
        uint256 roll = _hash(seed);
        Sale storage sale = _pick(roll, Stage.OPEN);
        address seller = (roll >> 16) % 8 == 0 ? actors[(roll >> 24) % ACTORS] : sale.terms.seller;
        uint256 units = (roll >> 32) % (sale.terms.hardCap + 1);
        bool isDue = seller == sale.terms.seller && !sale.isCancelled && block.timestamp < sale.terms.end;
        isDue = isDue && units != 0 && _mayPutIn(seller, units);
        (bool ok, , ) = _tryAct(
            sale.terms,
            seller,
            address(0),
            [0, units],
            abi.encodeCall(IRwaOfferingActions.deposit, ())
        );
        _require(ok == isDue, 1);
        if (!ok) return;
        _move(sale, seller, 1, units, true);
        ++succeeded[msg.sig];
    }

    function cancel(uint256 seed) external {
        uint256 roll = _hash(seed);
        if ((roll >> 8) % 3 != 0) return; // or little would be sold
        Sale storage sale = _sales[_sales.length - 1];
        address seller = (roll >> 16) % 4 == 0 ? actors[(roll >> 24) % ACTORS] : sale.terms.seller;
        bool isDue = seller == sale.terms.seller && !sale.isCancelled && sale.sold == 0;
        (bool ok, , ) = _tryAct(sale.terms, seller, address(0), abi.encodeCall(IRwaOfferingActions.cancel, ()));
        _require(ok == isDue, 1);
        if (!ok) return;
        sale.isCancelled = true;
        ++succeeded[msg.sig];
    }

    function withdrawProceeds(uint256 seed) external {
        uint256 roll = _hash(seed);
        Sale storage sale = _pick(roll, Stage.OVER);
        address seller = (roll >> 16) % 8 == 0 ? actors[(roll >> 24) % ACTORS] : sale.terms.seller;
        (uint256 due, ) = _dueOf(sale);
        if (seller != sale.terms.seller) due = 0;
        address to = personAt((roll >> 32) % ACTORS);
        bytes memory data = abi.encodeCall(IRwaOfferingActions.withdrawProceeds, ());
        (bool ok, uint256 paid, ) = _tryAct(sale.terms, seller, to, data);
        _require(ok == (due != 0) && paid == due, 3);
        if (!ok) return;
        _require(_isSecured(sale) && _paysOut(sale), 7);
        sale.withdrawn += paid;
        _move(sale, to, 0, paid, false);
        ++succeeded[msg.sig];
    }

    function collectFees(uint256 seed) external {
        uint256 roll = _hash(seed);
        Sale storage sale = _pick(roll, Stage.OVER);
        address recipient = (roll >> 16) % 8 == 0 ? sale.terms.seller : FEE_TO;
        (, uint256 due) = _dueOf(sale);
        if (recipient != FEE_TO) due = 0;
        bytes memory data = abi.encodeCall(IRwaOfferingActions.collectFees, ());
        (bool ok, uint256 paid, ) = _tryAct(sale.terms, recipient, address(0), data);
        _require(ok == (due != 0) && paid == due, 3);
        if (!ok) return;
        sale.collected += paid;
        _move(sale, recipient, 0, paid, false);
        ++succeeded[msg.sig];
    }

    /// @notice The seller takes units for himself, or an agent for anybody.
    function withdrawInventory(uint256 seed) external {
        uint256 roll = _hash(seed);
        Sale storage sale = _pick(roll, (roll >> 8) % 4 != 0 ? Stage.OVER : Stage.OPEN);
        address seller = sale.terms.seller;
        address caller = (roll >> 16) % 3 == 0 ? address(this) : seller;
        if ((roll >> 16) % 9 == 1) caller = actors[(roll >> 24) % ACTORS];
        address to = (roll >> 32) % 4 == 0 ? personAt((roll >> 40) % (ACTORS + 1)) : caller;
        uint256 inventory = _inventoryOf(sale);
        uint256 units = (roll >> 56) % (inventory + 2);
        bool isAll = (roll >> 48) % 2 == 0;
        bool isCallers = caller == seller || caller != address(this);
        bool isOpen = sale.terms.softCap != 0 && !sale.isCancelled && !_isClosed(sale);
        bool isReceiver = (isCallers ? to == caller : true) && _mayBeGiven(to);
        bool isDue = isReceiver && (caller == seller ? !isOpen : !isCallers);
        if (isAll) units = inventory;
        isDue = isDue && units != 0 && units <= inventory;
        bytes memory data = abi.encodeCall(IRwaOfferingActions.withdrawInventory, (isAll ? type(uint256).max : units));
        (bool ok, , uint256 out) = _tryAct(sale.terms, caller, to, data);
        _require(!ok || isReceiver, 5);
        _require(ok == isDue && (!ok || out == units), 2);
        if (!ok) return;
        _move(sale, to, 1, units, false);
        if (!isCallers) ++reached["inventory by force"];
        ++succeeded[msg.sig];
    }

    /* BUYERS */

    function subscribe(uint256 seed) external {
        uint256 roll = _hash(seed);
        Sale storage sale = _pick(roll, Stage.OPEN);
        Purchase memory made = _purchaseOf(sale, roll);
        bool isEscrow = sale.terms.softCap != 0;
        bool isReceiver = isEscrow || made.to == made.account;
        bool isDue = _foresee(sale, made) && isReceiver;
        isDue = isDue && made.paid >= made.cost && made.paid <= _balances[made.account][0];
        bytes memory data = abi.encodeCall(IRwaOfferingActions.subscribe, (made.units, made.proof));
        (bool ok, uint256 back, uint256 out) = _tryAct(sale.terms, made.account, made.to, [made.paid, 0], data);
        _require(!ok || isReceiver, 5);
        _require(ok == isDue && back == 0, 4); // change is none of what is paid out
        if (!ok) return;
        _require(out == (isEscrow ? 0 : made.units), 7);
        _buy(sale, made.account, made.units);
        if (!isEscrow) ++reached["without a soft cap"];
        if (sale.terms.allowRoot != 0) ++reached["allow-list"];
        if (sale.terms.most != 0) ++reached["most"];
        if (sale.sold == sale.terms.hardCap) ++reached["sold out"];
        ++succeeded[msg.sig];
    }

    function claim(uint256 seed) external {
        uint256 roll = _hash(seed);
        Sale storage sale = _pick(roll, Stage.SETTLING);
        address account = _buyerOf(sale, roll >> 8);
        address to = (roll >> 16) % 8 == 0 ? actors[(roll >> 24) % ACTORS] : account;
        bool isDue = _mayClaim(sale, account) && _mayBeGiven(account);
        (uint256 units, ) = offering.claimableOf(sale.id, account);
        _require(units == (isDue ? sale.parts[account].units : 0), 2);
        (bool ok, , uint256 out) = _tryAct(sale.terms, account, to, abi.encodeCall(IRwaOfferingActions.claim, ()));
        _require(!ok || (to == account && _mayBeGiven(to)), 5);
        _require(!ok || _mayClaim(sale, account), 7);
        _require(ok == (isDue && to == account) && (!ok || out == sale.parts[account].units), 2);
        if (!ok) return;
        _payUnits(sale, account, to);
        ++succeeded[msg.sig];
    }

    function refund(uint256 seed) external {
        uint256 roll = _hash(seed);
        Sale storage sale = _pick(roll, Stage.OVER);
        address account = _payerOf(sale, roll >> 8);
        address to = (roll >> 16) % 4 == 0 ? actors[(roll >> 24) % ACTORS] : account;
        uint256 payment = _mayRefund(sale, account) ? sale.parts[account].payment : 0;
        (, uint256 seen) = offering.claimableOf(sale.id, account);
        _require(seen == payment, 6);
        (bool ok, uint256 paid, ) = _tryAct(sale.terms, account, to, abi.encodeCall(IRwaOfferingActions.refund, ()));
        _require(ok || payment == 0, 6);
        _require(ok == (payment != 0) && paid == payment, 2);
        if (!ok) return;
        _note(sale, account);
        _payBack(sale, account, to);
        ++succeeded[msg.sig];
    }

    /* ANYBODY */

    function settle(uint256 seed) external {
        uint256 roll = _hash(seed);
        Sale storage sale = _pick(roll, Stage.SETTLING);
        address[] memory accounts = _some(roll >> 8);
        bool isDue = _isSettling(sale);
        bytes memory data = abi.encodeCall(IRwaOfferingActions.settle, (accounts));
        (bool ok, , ) = _tryAct(sale.terms, personAt((roll >> 96) % (ACTORS + 2)), address(0), data);
        _require(ok == isDue, 7);
        for (uint256 i; ok && i < accounts.length; ++i) {
            Part storage part = sale.parts[accounts[i]];
            if (part.units == 0 || part.isSettled || !_mayBeGiven(accounts[i])) continue;
            (part.isSettled, part.refusedAt) = (true, 0);
            ++succeeded[msg.sig];
        }
    }

    function release(uint256 seed) external {
        uint256 roll = _hash(seed);
        Sale storage sale = _pick(roll, Stage.SETTLING);
        address[] memory accounts = _some(roll >> 8);
        if ((roll >> 128) % 4 != 0) accounts[0] = _refusedOf(sale, roll >> 136);
        bool isDue = _isSettling(sale);
        bytes memory data = abi.encodeCall(IRwaOfferingActions.release, (accounts));
        (bool ok, , ) = _tryAct(sale.terms, personAt((roll >> 96) % (ACTORS + 2)), address(0), data);
        _require(ok == isDue, 8);
        for (uint256 i; ok && i < accounts.length; ++i) {
            Part storage part = sale.parts[accounts[i]];
            if (part.units == 0 || part.isSettled || _mayBeGiven(accounts[i])) continue;
            if (_refuse(part)) ++succeeded[msg.sig];
        }
        for (uint256 i; i < accounts.length; ++i) {
            _require(offering.allotmentOf(sale.id, accounts[i]).units == sale.parts[accounts[i]].units, 8);
        }
    }

    /* AGENTS */

    function forceClaim(uint256 seed) external {
        uint256 roll = _hash(seed);
        Sale storage sale = _pick(roll, Stage.SETTLING);
        address account = _buyerOf(sale, roll >> 8);
        address caller = (roll >> 16) % 8 == 0 ? actors[(roll >> 24) % ACTORS] : address(this);
        address to = actors[(roll >> 32) % ACTORS];
        bool isSecured = _isSettling(sale) && _isSecured(sale) && _paysOut(sale);
        bool isAllowed = caller == address(this) && _mayBeGiven(to);
        uint256 units = sale.parts[account].isSettled ? sale.parts[account].units : 0;
        bytes memory data = abi.encodeCall(IRwaOfferingActions.forceClaim, (account));
        (bool ok, , uint256 out) = _tryAct(sale.terms, caller, to, data);
        _require(!ok || isAllowed, 5);
        _require(!ok || isSecured, 7);
        _require(ok == (isAllowed && isSecured && units != 0) && (!ok || out == units), 2);
        if (!ok) return;
        _payUnits(sale, account, to);
        ++succeeded[msg.sig];
    }

    function freeze(uint256 seed) external {
        uint256 roll = _hash(seed);
        address account = personAt((roll >> 8) % (ACTORS + 1));
        if (roll % 2 == 0) {
            _isFrozen[account] = (roll >> 16) % 6 == 0;
            agency.setAccountFrozen(asset, account, _isFrozen[account]);
        } else {
            _frozenUnits[account] = (roll >> 16) % 3 == 0 ? (roll >> 24) % (150 * UNIT) : 0;
            core.setFrozenTokens(account, asset, _frozenUnits[account]);
        }
        ++succeeded[msg.sig];
    }

    /// @notice The registry's agent, of all but the last account: half of the time of one that waits for its units.
    function admit(uint256 seed) external {
        uint256 roll = _hash(seed);
        address account = _buyerOf(_pick(roll, Stage.SETTLING), roll >> 8);
        if ((roll >> 16) % 2 == 0) account = actors[(roll >> 24) % ACTORS];
        if ((roll >> 32) % 16 == 0) account = address(this);
        if (account == actors[ACTORS - 1]) return;
        bool mayReceive = (roll >> 40) % 4 != 0;
        _state(account, mayReceive || (roll >> 48) % 2 == 0, mayReceive);
        ++succeeded[msg.sig];
    }

    function pause(uint256 seed) external {
        uint256 roll = _hash(seed);
        (_isPaused, _isVenue) = (roll % 8 == 0, roll % 8 != 1);
        agency.setPaused(asset, _isPaused);
        agency.setApproval(asset, address(offering), _isVenue ? VENUE : 0);
        ++succeeded[msg.sig];
    }

    function charge(uint256 seed) external {
        uint256 roll = _hash(seed);
        offering.setFee(roll % 4 == 0 ? 0 : (roll >> 8) % (0.05e18 + 1));
        offering.setListingFee(pay, (roll >> 80) % 3 == 0 ? 0 : (roll >> 88) % (1_000 * USD));
        ++succeeded[msg.sig];
    }

    /* TIME */

    function pass(uint256 seed) external {
        uint256 roll = _hash(seed);
        vm.warp(block.timestamp + 1 + ((roll >> 8) % (roll % 4 == 0 ? 1 days : 4 hours)));
        ++succeeded[msg.sig];
    }

    /// @notice Time jumps to the end of an offering, or the second before.
    function close(uint256 seed) external {
        uint256 roll = _hash(seed);
        uint256 end = _pick(roll, Stage.OPEN).terms.end - ((roll >> 8) % 4 == 0 ? 1 : 0);
        if (block.timestamp >= end || (roll >> 16) % 2 == 0) return;
        vm.warp(end);
        ++succeeded[msg.sig];
    }

    /// @notice Time jumps to when units and proceeds may leave, or the second before.
    function mature(uint256 seed) external {
        uint256 roll = _hash(seed);
        Sale storage sale = _pick(roll, Stage.SETTLING);
        uint256 end = _closeOf(sale) + PAYOUT_DELAY - ((roll >> 8) % 4 == 0 ? 1 : 0);
        if (!_isSettling(sale) || block.timestamp >= end) return;
        vm.warp(end);
        ++succeeded[msg.sig];
    }

    /// @notice Time jumps to when an account has been refused for long enough, or else settlement is over, or the second before.
    function expire(uint256 seed) external {
        uint256 roll = _hash(seed);
        Sale storage sale = _pick(roll, Stage.SETTLING);
        uint256 refusedAt = _refusedAt(sale);
        uint256 end = (refusedAt == 0 ? _closeOf(sale) : refusedAt) + SETTLEMENT - ((roll >> 8) % 4 == 0 ? 1 : 0);
        bool isLate = block.timestamp >= end || (refusedAt == 0 && (roll >> 16) % 3 != 0);
        if (!_isSettling(sale) || isLate) return;
        vm.warp(end);
        ++succeeded[msg.sig];
    }

    /* SECTIONS */

    /// @notice Operations of some buyers, of whom one may have several: debits come first, then all of them one after the other.
    function settleBatch(uint256 seed) external {
        uint256 roll = _hash(seed);
        Sale storage sale = _pick(roll, Stage((roll >> 8) % 3));
        Batch memory batch = _batchOf(sale, roll);
        (bool executed, uint256[] memory skipped) = settlement.settleWords(_offerSection(sale.terms), batch.operations);
        _require(executed, 1);
        for (uint256 i; i < batch.accounts.length; ++i) {
            bool isDone = (skipped[0] >> i) & 1 == 0;
            _settleOne(sale, batch, i, isDone);
            if (isDone) ++succeeded[msg.sig];
        }
    }

    /// @notice OFR-1: from any state everybody can have what is his, and nothing is left: money in is money out. It is then as if it had
    /// not been.
    function windUp(uint256 seed) external {
        Sale storage sale = _pick(_hash(seed), Stage.OVER);
        uint256 time = block.timestamp;
        uint256 snapshot = vm.snapshotState();
        bool isEmpty = _windUp(sale.terms, sale.id);
        vm.revertToState(snapshot);
        vm.warp(time);
        _require(isEmpty, 1);
        ++succeeded[msg.sig];
    }
}
