// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoverActions} from "../../../contracts/interfaces/ICoverActions.sol";
import {ICoverDesk} from "../../../contracts/interfaces/ICoverDesk.sol";
import {ILedgerProtocol} from "../../../contracts/interfaces/ILedgerProtocol.sol";
import {IUnderwritingActions} from "../../../contracts/interfaces/IUnderwritingActions.sol";
import {IUnderwritingPool} from "../../../contracts/interfaces/IUnderwritingPool.sol";
import {CappedExits} from "../../../contracts/libraries/CappedExits.sol";
import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {CoverProduct} from "../../../contracts/types/CoverProduct.sol";
import {ProductId} from "../../../contracts/types/ProductId.sol";
import {RiskTerms} from "../../../contracts/types/RiskTerms.sol";
import {InsuranceJudge} from "./InsuranceJudge.sol";

/// @title InsuranceHandler
/// @notice Three accounts that underwrite one pool, buy its cover and pass it on, while time jumps and oracles say anything. The handler
/// manages the pool.
contract InsuranceHandler is InsuranceJudge {
    uint256 private constant FUNDS = 1e24;
    uint256 private constant LIMIT = 1e12;
    uint256 private constant MAX_RISKS = 24;
    uint256 private constant LAST_SECOND = type(uint32).max - 10 * 365 days;

    mapping(bytes4 action => uint256) public succeeded;
    ProductId private _productId;

    constructor() {
        vm.warp(1_800_000_000);
        _deployInsurance();
        terms.maxWindow = 20 days;
        poolId = _createPool(terms);
        CoverProduct memory product = _product();
        _productId = desk.createProduct(product);
        for (uint256 i; i < ACTORS; ++i) {
            actors[i] = vm.addr(277 + i);
            _fund(home1, actors[i], FUNDS);
            vm.prank(actors[i]);
            ledger.setConsent(asset, 1);
            vm.prank(actors[i]);
            ledger.setConsent(poolId.shareId(address(pools)), 1);
            deposit(i, LIMIT);
        }
        openRisk(1, 1);
    }

    /* UNDERWRITERS */

    function deposit(uint256 actor, uint256 amount) public {
        actor = actor % ACTORS;
        amount = bound(amount, 1, LIMIT);
        IUnderwritingPool.State memory state = pools.stateOf(poolId);
        uint256 unearned = state.unearnedX32 >> 32;
        uint256 known = state.shares == 0 || unearned < state.locked ? 0 : unearned - state.locked;
        uint256 shares = (amount * (state.shares + 1000)) / (state.assets + known + 1);
        uint256 price = _price();
        bytes memory data = abi.encodeCall(IUnderwritingActions.deposit, (0));
        (bool ok, , uint256 minted) = _tryPool(actors[actor], amount, data);
        _require(ok == (shares != 0 && shares + state.shares < 2 ** 112), 8);
        if (!ok) return;
        _deposited += amount;
        _require(minted == shares && _price() >= price, 8);
        ++succeeded[this.deposit.selector];
    }

    function requestExit(uint256 actor, uint256 amount) external {
        address account = actors[actor % ACTORS];
        uint256 held = ledger.balanceOf(account, poolId.shareId(address(pools)));
        uint256 shares = amount % 4 == 0 ? held : bound(amount, 0, held);
        IUnderwritingPool.State memory state = pools.stateOf(poolId);
        // What is not earned yet is theirs too.
        uint256 cap = (shares * (state.assets + (state.unearnedX32 >> 32) + 1)) / (state.shares + 1000);
        bytes memory data = abi.encodeCall(IUnderwritingActions.requestExit, (shares));
        (bool ok, , ) = _tryPool(account, 0, data);
        _require(ok == (cap != 0), 9);
        if (!ok) return;
        (uint256 count, , ) = pools.queueOf(poolId);
        CappedExits.Request memory request = pools.requestOf(poolId, count);
        // INS-9: not before the cooldown, nor before what was sold can be over; never later than the longest window.
        uint256 latest;
        for (uint256 r; r < _ids.length; ++r) {
            bool isOpen = desk.riskOf(_ids[r]).state == ICoverDesk.RiskState.OPEN;
            if (isOpen && desk.riskOf(_ids[r]).cover != 0 && _voidFromOf(r) > latest) latest = _voidFromOf(r);
        }
        _require(
            request.readyAt >= block.timestamp + 1 days && request.readyAt >= (latest == 0 ? 0 : latest + 1 days),
            9
        );
        _require(request.readyAt <= block.timestamp + 21 days, 9);
        _require(request.owner == account && request.shares == shares && request.assets == cap, 6);
        ++succeeded[this.requestExit.selector];
    }

    /// @dev INS-6, INS-8, INS-9: when it is due, once, at most its cap and what it is worth; and it can be when risks that are over are
    /// closed.
    function claimExit(uint256 actor, uint256 seed) external {
        (uint256 count, , ) = pools.queueOf(poolId);
        uint256 requestId = 1 + (seed % (count + 1));
        CappedExits.Request memory request = pools.requestOf(poolId, requestId);
        address account = seed % 3 == 0 || request.owner == address(0) ? actors[actor % ACTORS] : request.owner;
        bool isDue = request.owner == account && (_isFinal(requestId) || block.timestamp >= request.readyAt);
        if (isDue) _closeOverdue();
        uint256 price = _price();
        bool isFinal = _isFinal(requestId);
        bytes memory data = abi.encodeCall(IUnderwritingActions.claimExit, (requestId));
        (bool ok, uint256 paid, ) = _tryPool(account, 0, data);
        _require(ok == isDue, 9);
        if (!ok) return;
        _exited += paid;
        _require(paid <= request.assets && pools.requestOf(poolId, requestId).owner == address(0), 6);
        _require(isFinal ? paid == request.assets : paid <= ((request.shares * price) >> 96) + 1, 8);
        _requireNoJump(price);
        ++succeeded[this.claimExit.selector];
    }

    function finaliseExits(uint256 actor, uint256 seed) external {
        (uint256 count, , ) = pools.queueOf(poolId);
        uint256 requestId = 1 + (seed % (count + 1));
        CappedExits.Request memory request = pools.requestOf(poolId, requestId);
        bool isDue = request.owner != address(0) && block.timestamp >= request.readyAt && !_isFinal(requestId);
        if (isDue) _closeOverdue();
        uint256 price = _price();
        bytes memory data = abi.encodeCall(IUnderwritingActions.finaliseExits, (requestId));
        (bool ok, , ) = _tryPool(actors[actor % ACTORS], 0, data);
        _require(ok == isDue, 9);
        _requireNoJump(price);
        if (ok) ++succeeded[this.finaliseExits.selector];
    }

    function claimFees(uint256 seed) external {
        address account = seed % 2 == 0 ? FEE_TO : actors[(seed / 2) % ACTORS];
        uint256 fees = pools.feesOf(poolId, account);
        (bool ok, uint256 paid, ) = _tryPool(account, 0, abi.encodeCall(IUnderwritingActions.claimFees, ()));
        _require(ok == (fees != 0) && paid == fees, 6);
        if (!ok) return;
        _feesPaid += paid;
        ++succeeded[this.claimFees.selector];
    }

    /* RISKS */

    function openRisk(uint256 seed, uint256 times) public {
        if (_ids.length == MAX_RISKS || block.timestamp > LAST_SECOND) return;
        RiskTerms memory made;
        (made.product, made.oracleData) = (_productId, bytes32(_ids.length));
        made.eventId = seed % 3 == 0 ? bytes32(0) : bytes32(seed % 3);
        made.baseRate = uint64(seed % 0.3e18);
        made.cutoff = uint32(block.timestamp + 1 + (times % 4 days));
        made.start = made.cutoff + uint32((times >> 32) % 1 days);
        made.end = made.start + 1 + uint32((times >> 64) % 6 days);
        made.reportBy = made.end + 1 + uint32((times >> 96) % 2 days);
        made.fallbackBy = made.reportBy + uint32((times >> 128) % 2 days);
        _ids.push(desk.openRisk(made));
        _terms.push(made);
        ++succeeded[this.openRisk.selector];
    }

    function buy(uint256 actor, uint256 seed, uint256 cover, uint256 referrer) external {
        uint256 r = seed % _ids.length;
        address account = actors[actor % ACTORS];
        cover = bound(cover, 1, LIMIT);
        address to = referrer % 2 == 0 ? address(0) : actors[(referrer / 2) % ACTORS];
        ICoverDesk.Risk memory before = desk.riskOf(_ids[r]);
        bool isOnSale = before.state == ICoverDesk.RiskState.OPEN && block.timestamp < before.cutoff;
        uint256 cost;
        if (isOnSale) {
            try desk.quote(_ids[r], cover) returns (uint256 quoted, uint256) {
                cost = quoted;
            } catch {}
        }
        (bool ok, , uint256 minted) = _tryRisk(r, account, cover, abi.encodeCall(ICoverActions.buy, (cover, to)));
        _require(!ok || isOnSale, 7);
        _require(ok == (cost != 0 && cost < cover), 2);
        if (!ok) return;
        ICoverDesk.Risk memory after_ = desk.riskOf(_ids[r]);
        _require(minted == cover && after_.held == before.held + cost, 3);
        _spent += cost;
        if (to != address(0)) _earn(r, to, after_.held, before.held);
        _checkLimits(after_);
        ++succeeded[this.buy.selector];
    }

    function report(uint256 seed, uint256 ratio) external {
        uint256 r = seed % _ids.length;
        bool isUsed = seed % 8 != 0;
        ratio = ratio % 4 == 0 ? 0 : (ratio % 4 == 1 ? 1e9 : bound(ratio, 0, 1e9));
        ICoverDesk.Risk memory before = desk.riskOf(_ids[r]);
        bool isFirst = block.timestamp < before.reportBy;
        (isFirst ? oracle : other).set(isUsed, ratio);
        (isFirst ? other : oracle).set(true, 7);
        bool isDue = before.state == ICoverDesk.RiskState.OPEN && block.timestamp >= before.start;
        isDue = isDue && block.timestamp < before.fallbackBy && isUsed;
        bool ok;
        try desk.report(_ids[r], "") {
            ok = true;
        } catch {}
        _require(ok == isDue, 10);
        if (!ok) return;
        uint256 owed = (before.cover * ratio) / 1e9;
        _require(owed <= before.cover && desk.riskOf(_ids[r]).ratio == ratio, 4);
        (_heldOf[r], _lossOf[r], _owedOf[r]) = (before.held, owed, owed);
        ++succeeded[this.report.selector];
    }

    function voidRisk(uint256 seed) external {
        uint256 r = seed % _ids.length;
        ICoverDesk.Risk memory before = desk.riskOf(_ids[r]);
        bool isDue = before.state == ICoverDesk.RiskState.OPEN && block.timestamp >= _voidFromOf(r);
        _require(before.voidFrom == _voidFromOf(r) && _tryVoid(r) == isDue, 10);
    }

    /// @dev INS-6: once, and not of a risk without a report.
    function creditCommission(uint256 seed, uint256 referrer) external {
        uint256 r = seed % _ids.length;
        address account = actors[referrer % ACTORS];
        bool isDue = desk.riskOf(_ids[r]).state != ICoverDesk.RiskState.OPEN && !_isVoid[r];
        uint256 due = isDue ? _commissions[r][account] : 0;
        uint256 fees = pools.feesOf(poolId, account);
        bool ok;
        try desk.creditCommission(_ids[r], account) {
            ok = true;
        } catch {}
        _require(ok == (due != 0) && pools.feesOf(poolId, account) == fees + due, 6);
        if (!ok) return;
        _commissions[r][account] = 0;
        ++succeeded[this.creditCommission.selector];
    }

    function settle(uint256 seed) external {
        uint256 r = seed % _ids.length;
        bool isDue = desk.riskOf(_ids[r]).state == ICoverDesk.RiskState.REPORTED;
        _require(_trySettle(r) == isDue, 10);
    }

    /* HOLDERS */

    function redeem(uint256 actor, uint256 seed, uint256 units) external {
        uint256 r = seed % _ids.length;
        address account = actors[actor % ACTORS];
        uint256 held = _coverOf(_ids[r], account);
        units = units % 3 == 0 ? held : bound(units, 0, held + 1);
        ICoverDesk.Risk memory risk = desk.riskOf(_ids[r]);
        bool isDue = risk.state == ICoverDesk.RiskState.SETTLED && units != 0 && units <= held;
        uint256 due = isDue ? (units * risk.held) / risk.cover : 0;
        (bool ok, uint256 paid, ) = _tryRisk(r, account, 0, abi.encodeCall(ICoverActions.redeem, (units)));
        _require(ok == (due != 0) && paid == due && paid <= units, 12);
        if (!ok) return;
        _pay(r, paid);
        _require(_coverOf(_ids[r], account) == held - units, 12);
        ++succeeded[this.redeem.selector];
    }

    function settleHolders(uint256 seed, bool isAllowed) external {
        uint256 r = seed % _ids.length;
        for (uint256 i; i < ACTORS; ++i) {
            vm.prank(actors[i]);
            ledger.approve(address(desk), _ids[r].coverId(address(desk)), isAllowed ? type(uint256).max : 0);
        }
        address[] memory holders = new address[](4);
        (holders[0], holders[1], holders[2], holders[3]) = (actors[0], actors[1], actors[0], actors[2]);
        try desk.settleHolders(_ids[r], holders) returns (uint256 paid) {
            _require(isAllowed || paid == 0, 13);
            _pay(r, paid);
            if (paid != 0) ++succeeded[this.settleHolders.selector];
        } catch {}
        _require(ledger.balanceOf(address(desk), asset) == 0, 12);
    }

    function move(uint256 from, uint256 to, uint256 seed, uint256 units) external {
        uint256 r = seed % _ids.length;
        address account = actors[from % ACTORS];
        units = bound(units, 0, _coverOf(_ids[r], account));
        uint256 id = _ids[r].coverId(address(desk));
        vm.prank(account);
        ledger.transfer(actors[to % ACTORS], id, units);
        if (units != 0) ++succeeded[this.move.selector];
    }

    /* TIME AND SECTIONS */

    function pass(uint256 time) external {
        time = time % 3 == 0 ? bound(time, 0, 1 hours) : bound(time, 0, 5 days);
        if (block.timestamp > LAST_SECOND) return;
        uint256 price = _price();
        vm.warp(block.timestamp + time);
        _require(_price() >= price, 8);
        ++succeeded[this.pass.selector];
    }

    /// @dev INS-14: two purchases of a section buy what `coverFor` says before each.
    function settleBuys(uint256 seed, uint256 cost0, uint256 cost1) external {
        uint256 r = seed % _ids.length;
        ICoverDesk.Risk memory before = desk.riskOf(_ids[r]);
        uint256[2] memory costs = [bound(cost0, 1, LIMIT / 4), bound(cost1, 1, LIMIT / 4)];
        uint256 snapshot = vm.snapshotState();
        uint256[2] memory covers;
        for (uint256 i; i < 2; ++i) {
            covers[i] = _quoteCover(r, costs[i]);
            if (covers[i] != 0) _settleBuy(r, costs, i, 1);
        }
        vm.revertToState(snapshot);
        uint256[2] memory held = [_coverOf(_ids[r], actors[0]), _coverOf(_ids[r], actors[1])];
        _settleBuy(r, costs, 0, 2);
        for (uint256 i; i < 2; ++i) {
            _require(_coverOf(_ids[r], actors[i]) - held[i] == covers[i], 14);
            if (covers[i] != 0) (_spent, costs[i]) = (_spent + costs[i], 0);
        }
        ICoverDesk.Risk memory after_ = desk.riskOf(_ids[r]);
        _require(after_.cover == before.cover + covers[0] + covers[1], 14);
        if (covers[0] + covers[1] == 0) return;
        if (r % 2 == 0) _earn(r, actors[2], after_.held, before.held);
        _checkLimits(after_);
        ++succeeded[this.settleBuys.selector];
    }

    /// @dev INS-14: redemptions of a section leave what calls in its order leave.
    function settleRedemptions(uint256 seed, uint256 units0, uint256 units1) external {
        uint256 r = seed % _ids.length;
        uint256[2] memory units;
        for (uint256 i; i < 2; ++i) {
            units[i] = bound(i == 0 ? units0 : units1, 0, _coverOf(_ids[r], actors[i]));
            uint256 id = _ids[r].coverId(address(desk));
            vm.prank(actors[i]);
            ledger.setConsent(id, 1);
        }
        uint256 snapshot = vm.snapshotState();
        for (uint256 i; i < 2; ++i) _tryRisk(r, actors[i], 0, abi.encodeCall(ICoverActions.redeem, (units[i])));
        bytes32 expected = _digest(r);
        vm.revertToState(snapshot);
        uint256 before = ledger.balanceOf(actors[0], asset) + ledger.balanceOf(actors[1], asset);
        uint256[] memory operations = new uint256[](4);
        for (uint256 i; i < 2; ++i)
            (operations[2 * i], operations[2 * i + 1]) = _operation(
                actors[i],
                _ids[r].coverId(address(desk)),
                2,
                units[i],
                0
            );
        (bool executed, ) = settlement.settleWords(_riskSection(_terms[r], _ids[r]), operations);
        _require(executed && _digest(r) == expected, 14);
        uint256 paid = ledger.balanceOf(actors[0], asset) + ledger.balanceOf(actors[1], asset) - before;
        _pay(r, paid);
        if (paid != 0) ++succeeded[this.settleRedemptions.selector];
    }

    /// @dev INS-14: a deposit, a request and a payment in a section leave what calls in its order leave.
    function settleCapital(uint256 amount, uint256 shares, uint256 seed) external {
        amount = bound(amount, 1, LIMIT);
        uint256 shareId = poolId.shareId(address(pools));
        shares = bound(shares, 0, ledger.balanceOf(actors[1], shareId));
        (uint256 count, uint256 finalCount, ) = pools.queueOf(poolId);
        uint256 requestId = 1 + (seed % (count + 1));
        if (requestId > finalCount + 64) requestId = finalCount + 64; // a section makes no more final at once
        address owner = pools.requestOf(poolId, requestId).owner;
        if (owner == address(0)) owner = actors[2];
        uint256 snapshot = vm.snapshotState();
        _tryPool(actors[0], amount, abi.encodeCall(IUnderwritingActions.deposit, (0)));
        _tryPool(actors[1], 0, abi.encodeCall(IUnderwritingActions.requestExit, (shares)));
        (, uint256 paid, ) = _tryPool(owner, 0, abi.encodeCall(IUnderwritingActions.claimExit, (requestId)));
        bytes32 expected = _digest(0);
        vm.revertToState(snapshot);
        uint256[] memory operations = new uint256[](6);
        (operations[0], operations[1]) = _operation(actors[0], asset, 0, amount, 0);
        (operations[2], operations[3]) = _operation(actors[1], shareId, 2, shares, 0);
        (operations[4], operations[5]) = _operation(owner, asset, 3, 0, uint224(requestId));
        if (owner == actors[0]) operations[4] += 1 << 88; // the next of his sequence
        (bool executed, uint256[] memory skipped) = settlement.settleWords(_poolSection(), operations);
        _require(executed && _digest(0) == expected, 14);
        _exited += paid;
        if (skipped[0] & 1 == 0) _deposited += amount;
        ++succeeded[this.settleCapital.selector];
    }

    /* INTERNALS */

    function _quoteCover(uint256 r, uint256 cost) private view returns (uint256) {
        if (block.timestamp >= _terms[r].cutoff) return 0;
        try desk.coverFor(_ids[r], cost) returns (uint256 cover, uint256 room) {
            return cover > room || cost >= cover ? 0 : cover;
        } catch {
            return 0;
        }
    }

    function _settleBuy(uint256 r, uint256[2] memory costs, uint256 first, uint256 count) private {
        uint256[] memory operations = new uint256[](2 * count);
        for (uint256 i; i < count; ++i)
            (operations[2 * i], operations[2 * i + 1]) = _operation(actors[first + i], asset, 0, costs[first + i], 0);
        ILedgerProtocol.Section memory section = _riskSection(_terms[r], _ids[r]);
        if (r % 2 == 0) section.parameters = abi.encode(actors[2]);
        (bool executed, ) = settlement.settleWords(section, operations);
        _require(executed, 14);
    }

    function _operation(
        address account,
        uint256 id,
        uint8 kind,
        uint256 amount,
        uint224 limit
    ) private view returns (uint256, uint256) {
        uint8 sequence = uint8(ledger.wordOf(account, id).flags() >> 8);
        return OperationLib.pack(account, sequence, kind, amount, limit);
    }

    /// @dev INS-2: within what the pool could back before, which a sale does not change.
    function _checkLimits(ICoverDesk.Risk memory risk) private {
        IUnderwritingPool.State memory state = pools.stateOf(poolId);
        uint256 capital = (state.staying * (state.assets + 1)) / (state.shares + 1000);
        // What rounds in a premium is earned at once.
        _require(state.locked <= capital && risk.cover <= (capital * 6) / 10 + 1, 2);
        if (risk.eventId != 0) _require(pools.exposureOf(poolId, risk.eventId) <= (capital * 8) / 10 + 1, 2);
    }

    /// @dev Voids and settles whatever is over, as anybody can.
    function _closeOverdue() private {
        for (uint256 r; r < _ids.length; ++r) {
            ICoverDesk.Risk memory risk = desk.riskOf(_ids[r]);
            if (risk.state == ICoverDesk.RiskState.OPEN && block.timestamp >= _voidFromOf(r)) _require(_tryVoid(r), 10);
            if (desk.riskOf(_ids[r]).state == ICoverDesk.RiskState.REPORTED) _require(_trySettle(r), 10);
        }
    }

    /// @dev INS-17: it takes what exits left first, and only the rest out of the price.
    function _tryVoid(uint256 r) private returns (bool) {
        ICoverDesk.Risk memory before = desk.riskOf(_ids[r]);
        (uint256 excess, ) = pools.excessOf(poolId);
        uint256 assets = pools.stateOf(poolId).assets;
        try desk.voidRisk(_ids[r]) {
            (uint256 left, ) = pools.excessOf(poolId);
            uint256 fall = assets - pools.stateOf(poolId).assets;
            _require(fall == 0 || left == 0, 17);
            _require(fall + excess - left == (before.held * WAD) / (WAD + FEE), 17);
            (_heldOf[r], _lossOf[r]) = (before.held, (before.held * WAD) / (WAD + FEE));
            (_owedOf[r], _isVoid[r]) = (before.held, true);
            ++succeeded[this.voidRisk.selector];
            return true;
        } catch {
            return false;
        }
    }

    function _trySettle(uint256 r) private returns (bool) {
        try desk.settle(_ids[r]) {
            _require(desk.riskOf(_ids[r]).held == _owedOf[r], 3);
            ++succeeded[this.settle.selector];
            return true;
        } catch {
            return false;
        }
    }

    function _pay(uint256 r, uint256 paid) private {
        (_redeemed, _paidOf[r]) = (_redeemed + paid, _paidOf[r] + paid);
    }

    function _digest(uint256 r) private view returns (bytes32) {
        uint256[] memory words = new uint256[](3 * ACTORS);
        for (uint256 i; i < ACTORS; ++i) {
            words[3 * i] = ledger.balanceOf(actors[i], asset);
            words[3 * i + 1] = ledger.balanceOf(actors[i], poolId.shareId(address(pools)));
            words[3 * i + 2] = _coverOf(_ids[r], actors[i]);
        }
        (uint256 count, uint256 finalCount, uint256 owed) = pools.queueOf(poolId);
        return
            keccak256(
                abi.encode(
                    words,
                    desk.riskOf(_ids[r]),
                    pools.stateOf(poolId),
                    [count, finalCount, owed],
                    [_poolBook(), _riskBook(_terms[r])]
                )
            );
    }
}
