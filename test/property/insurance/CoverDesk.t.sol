// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoverActions} from "../../../contracts/interfaces/ICoverActions.sol";
import {ICoverDesk} from "../../../contracts/interfaces/ICoverDesk.sol";
import {IUnderwritingPool} from "../../../contracts/interfaces/IUnderwritingPool.sol";
import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {MockERC20} from "../../../contracts/mocks/MockERC20.sol";
import {CoverProduct} from "../../../contracts/types/CoverProduct.sol";
import {ProductId} from "../../../contracts/types/ProductId.sol";
import {RiskId} from "../../../contracts/types/RiskId.sol";
import {RiskTerms} from "../../../contracts/types/RiskTerms.sol";
import {Word} from "../../../contracts/types/Word.sol";
import {InsuranceFixture} from "../../helpers/solidity/InsuranceFixture.sol";

/// @title CoverDeskTest
/// @notice A desk's risks from their sale to their payment, and what each refuses.
contract CoverDeskTest is InsuranceFixture {
    uint256 private constant USD = 1e6;
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);
    address private constant UNDERWRITER = address(0xCA9);

    RiskTerms private risk;
    RiskId private id;

    function setUp() public {
        _deployInsurance();
        _deposit(UNDERWRITER, 1_000_000 * USD);
        (risk, id) = _open("first");
    }

    /* SALES */

    function test_buy_costsWhatTheQuoteSays(uint256 cover) public {
        cover = bound(cover, 100, 600_000 * USD);
        (uint256 cost, uint256 fee) = desk.quote(id, cover);
        assertEq(_buy(ALICE, risk, cover), cost, "cost");
        assertEq(_coverOf(id, ALICE), cover, "cover");
        assertEq(_riskBook(risk), cost, "premiums in the book");
        IUnderwritingPool.State memory state = pools.stateOf(poolId);
        assertEq(state.locked, cover, "locked");
        assertEq(state.unearnedX32 + ((state.assets - 1_000_000 * USD) << 32), (cost - fee) << 32, "premium");
        // A tenth of the premium, up to a unit.
        assertGe(fee * 11 + 11, cost, "fee");
        assertLe(fee * 11, cost + 11, "fee");
    }

    /// @dev 0.03 + (0.02 + 0.08 · 0.5 · 0.5 / 0.8) · 60/365 of half of it, and a tenth.
    function test_buy_isTheIntegralOfTheRates() public {
        uint256 cost = _buy(ALICE, risk, 500_000 * USD);
        uint256 yearly = 0.02e18 + uint256(0.08e18 * 5) / 16;
        uint256 expected = (500_000 * USD * (0.03e18 + (yearly * 60) / 365) * 11) / 10 / WAD;
        assertApproxEqAbs(cost, expected, 2, "cost");
    }

    function test_buy_inPartsCostsTheSame_INS_11(uint256 cover, uint256 count) public {
        cover = bound(cover, 1000, 600_000 * USD);
        count = bound(count, 1, 10);
        (uint256 once, ) = desk.quote(id, cover);
        uint256 paid;
        for (uint256 i; i < count; ++i)
            paid += _buy(ALICE, risk, i + 1 == count ? cover - (cover / count) * i : cover / count);
        assertGe(paid, once, "cost in parts");
        assertLe(paid, once + count - 1, "cost in parts");
    }

    function test_buy_paysTheReferrerOutOfTheFee_INS_06() public {
        (uint256 cost, uint256 fee) = desk.quote(id, 10_000 * USD);
        assertEq(_buyFor(ALICE, risk, 10_000 * USD, BOB), cost, "cost with a referrer");
        assertEq(desk.commissionOf(id, BOB), fee / 4, "commission");
        assertEq(pools.feesOf(poolId, BOB), 0, "commission before the report");
        assertEq(pools.feesOf(poolId, FEE_TO), 0, "fee before the report");
        vm.expectRevert(
            abi.encodeWithSelector(
                ICoverDesk.CoverWrongState.selector,
                id,
                ICoverDesk.RiskState.OPEN,
                ICoverDesk.RiskState.REPORTED
            )
        );
        desk.creditCommission(id, BOB);
        _report(1e9);
        assertEq(pools.feesOf(poolId, FEE_TO), fee - fee / 4, "fee after the report");
        desk.settle(id);
        vm.expectRevert(ICoverDesk.CoverZeroAmount.selector);
        desk.creditCommission(id, ALICE);
        assertEq(desk.creditCommission(id, BOB), fee / 4, "commission credited");
        assertEq(desk.commissionOf(id, BOB), 0, "commission that is not credited");
        vm.expectRevert(ICoverDesk.CoverZeroAmount.selector);
        desk.creditCommission(id, BOB);
        uint256 before = ledger.balanceOf(BOB, asset);
        _onPool(terms, BOB, 0, abi.encodeWithSignature("claimFees()"));
        assertEq(ledger.balanceOf(BOB, asset) - before, fee / 4, "commission paid");
        vm.expectRevert(IUnderwritingPool.UnderwritingZeroAmount.selector);
        _onPool(terms, BOB, 0, abi.encodeWithSignature("claimFees()"));
    }

    function test_buy_refusesAtTheCutoff_INS_07() public {
        vm.warp(risk.cutoff - 1);
        _buy(ALICE, risk, USD);
        vm.warp(risk.cutoff);
        _fund(home1, ALICE, USD);
        bytes memory data = abi.encodeCall(ICoverActions.buy, (USD, address(0)));
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverCutoffPassed.selector, id, risk.cutoff));
        _onRisk(ALICE, risk, USD, data);
    }

    function test_buy_refusesBeyondTheRiskLimit() public {
        _buy(ALICE, risk, 600_000 * USD);
        _fund(home1, ALICE, USD);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverInsufficientRoom.selector, USD, 0));
        _onRisk(ALICE, risk, USD, abi.encodeCall(ICoverActions.buy, (USD, address(0))));
    }

    function test_buy_countsRisksOfOneEventTogether_INS_01() public {
        RiskTerms memory first = _riskOf(risk.product, "quake", "a");
        RiskTerms memory second = _riskOf(risk.product, "quake", "b");
        (RiskId a, RiskId b) = (desk.openRisk(first), desk.openRisk(second));
        _buy(ALICE, first, 500_000 * USD);
        (, uint256 room) = desk.coverFor(b, 0);
        assertEq(room, 300_000 * USD, "room of the event");
        assertEq(pools.exposureOf(poolId, "quake"), 500_000 * USD, "exposure");
        _buy(ALICE, second, 300_000 * USD);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverInsufficientRoom.selector, 1, 0));
        desk.quote(b, 1);
        oracle.set(true, 0);
        vm.warp(first.end);
        desk.report(a, "");
        assertEq(pools.exposureOf(poolId, "quake"), 300_000 * USD, "exposure after a report");
    }

    function test_buy_refusesWhatItCouldNotPay() public {
        vm.expectRevert(ICoverDesk.CoverZeroAmount.selector);
        desk.quote(id, 0);
        _fund(home1, ALICE, 1000);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverWorthless.selector, 1, 1));
        _onRisk(ALICE, risk, 1, abi.encodeCall(ICoverActions.buy, (1, address(0))));
        (uint256 cost, ) = desk.quote(id, 1000);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverCostTooHigh.selector, cost, cost - 1));
        _onRisk(ALICE, risk, cost - 1, abi.encodeCall(ICoverActions.buy, (1000, address(0))));
    }

    function test_buy_ofAnEmptyPoolHasNoRoom() public {
        terms.cooldown = 2 days;
        poolId = _createPool(terms);
        (RiskTerms memory empty, RiskId none) = _open("empty");
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverInsufficientRoom.selector, 1, 0));
        desk.quote(none, 1);
        vm.warp(empty.start);
        oracle.set(true, 1e9);
        desk.reportAndSettle(none, "");
        assertTrue(desk.riskOf(none).state == ICoverDesk.RiskState.SETTLED, "state of a risk that nobody bought");
    }

    function test_sales_stopForNewCoverOnly_INS_13() public {
        _buy(ALICE, risk, 1000 * USD);
        desk.pauseSales(true);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverSalesStopped.selector, id));
        desk.quote(id, USD);
        desk.pauseSales(false);
        desk.closeProduct(risk.product, true);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverSalesStopped.selector, id));
        desk.quote(id, USD);
        desk.pauseSales(true);
        _report(1e9);
        desk.settle(id);
        assertEq(_redeem(ALICE, risk, 1000 * USD), 1000 * USD, "paid while sales are stopped");
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverUnauthorized.selector, ALICE));
        desk.pauseSales(false);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverNotManager.selector, ALICE, address(this)));
        desk.closeProduct(risk.product, false);
    }

    /// @dev What all that is left costs buys it; more is not taken, as a section gives no change.
    function test_aSectionTakesNoMoreThanCoverCosts_INS_14() public {
        (terms.riskLimit, terms.eventLimit) = (uint64(WAD), uint64(WAD));
        poolId = _createPool(terms);
        _deposit(UNDERWRITER, 1000 * USD);
        (RiskTerms memory made, RiskId madeId) = _open("all");
        (uint256 cost, ) = desk.quote(madeId, 1000 * USD);
        (uint256 cover, uint256 room) = desk.coverFor(madeId, cost + 2);
        assertEq(cover, 0, "cover for more than it costs");
        assertEq(room, 1000 * USD, "room");
        _fund(home1, ALICE, 1000 * USD);
        vm.prank(ALICE);
        ledger.setConsent(asset, 1);
        assertTrue(!_settleBuy(made, madeId, cost + 2), "a purchase for more than it costs");
        assertTrue(!_settleBuy(made, madeId, 1000 * USD), "a purchase for all that she has");
        assertEq(ledger.balanceOf(ALICE, asset), 1000 * USD, "what she has");
        (cover, ) = desk.coverFor(madeId, cost + 1);
        assertEq(cover, 1000 * USD, "cover for a unit more than it costs");
        assertTrue(_settleBuy(made, madeId, cost + 1), "a purchase for a unit more than it costs");
        assertEq(_coverOf(madeId, ALICE), 1000 * USD, "cover");
        assertEq(ledger.balanceOf(ALICE, asset), 1000 * USD - cost - 1, "what she has left");
    }

    /// @dev Nothing depends on the decimals of the asset but how much a unit is.
    function test_aRiskIsPaidAtEveryDecimals_INS_12() public {
        for (uint8 decimals; decimals < 19; ++decimals) {
            home1 = new MockERC20("Asset", "ASSET", decimals);
            asset = _id(address(home1));
            terms.asset = asset;
            poolId = _createPool(terms);
            uint256 one = 10 ** decimals;
            uint256 start = vm.getBlockTimestamp();
            _deposit(UNDERWRITER, 1_000_000 * one);
            (RiskTerms memory made, RiskId madeId) = _open("decimals");
            uint256 cost = _buy(ALICE, made, 100_000 * one);
            assertEq((cost * 1000) / (100_000 * one), 37, "cost, thousandths of the cover");
            oracle.set(true, 0.5e9);
            vm.warp(made.end);
            desk.reportAndSettle(madeId, "");
            assertEq(_redeem(ALICE, made, 100_000 * one), 50_000 * one, "paid");
            assertEq(_riskBook(made), 0, "left in the book");
            vm.warp(start);
        }
    }

    /* OUTCOMES */

    function test_report_refusesOutsideOfItsTime_INS_10() public {
        _buy(ALICE, risk, 1000 * USD);
        oracle.set(true, 1e9);
        vm.warp(risk.start - 1);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverTooEarly.selector, risk.start - 1, risk.start));
        desk.report(id, "");
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverTooEarly.selector, risk.start - 1, risk.fallbackBy));
        desk.voidRisk(id);
        vm.warp(risk.reportBy);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverNotFinal.selector, other));
        desk.report(id, "");
        other.set(true, 1e9 + 1);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverInvalidRatio.selector, other, 1e9 + 1));
        desk.report(id, "");
        vm.warp(risk.fallbackBy - 1);
        vm.expectRevert(
            abi.encodeWithSelector(ICoverDesk.CoverTooEarly.selector, risk.fallbackBy - 1, risk.fallbackBy)
        );
        desk.voidRisk(id);
        vm.warp(risk.fallbackBy);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverTooLate.selector, risk.fallbackBy, risk.fallbackBy));
        desk.report(id, "");
    }

    function test_report_isOfTheOtherOracleAfterItsTime() public {
        _buy(ALICE, risk, 1000 * USD);
        other.set(true, 0.25e9);
        oracle.setReverting(true);
        vm.warp(risk.reportBy - 1);
        vm.expectRevert();
        desk.report(id, "");
        vm.warp(risk.reportBy);
        desk.reportAndSettle(id, "");
        assertEq(_redeem(ALICE, risk, 1000 * USD), 250 * USD, "paid");
    }

    function test_report_onceOnly_INS_04() public {
        _buy(ALICE, risk, 1000 * USD);
        _report(0.5e9);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICoverDesk.CoverWrongState.selector,
                id,
                ICoverDesk.RiskState.REPORTED,
                ICoverDesk.RiskState.OPEN
            )
        );
        desk.report(id, "");
        vm.warp(risk.fallbackBy);
        vm.expectRevert();
        desk.voidRisk(id);
        desk.settle(id);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICoverDesk.CoverWrongState.selector,
                id,
                ICoverDesk.RiskState.SETTLED,
                ICoverDesk.RiskState.REPORTED
            )
        );
        desk.settle(id);
    }

    function test_settle_putsWhatIsOwedIntoTheBook_INS_03(uint256 ratio, uint256 cover) public {
        ratio = bound(ratio, 0, 1e9);
        cover = bound(cover, 1000, 600_000 * USD);
        uint256 cost = _buy(ALICE, risk, cover);
        uint256 all = _poolBook() + cost;
        _report(ratio);
        uint256 owed = (cover * ratio) / 1e9;
        desk.settle(id);
        assertEq(_riskBook(risk), owed, "book of the risk");
        assertEq(_poolBook(), all - owed, "book of the pool");
        assertEq(pools.stateOf(poolId).locked, 0, "locked");
        if (owed == 0) {
            vm.expectRevert(ICoverDesk.CoverZeroAmount.selector);
            _redeem(ALICE, risk, cover);
        } else {
            assertEq(_redeem(ALICE, risk, cover), owed, "paid");
        }
    }

    function test_redeem_paysEachUnitOnce_INS_12(uint256 ratio, uint256 share) public {
        ratio = bound(ratio, 1e6, 1e9); // a unit of a thousandth is worth something
        share = bound(share, 1, 99_999);
        _buy(ALICE, risk, share * USD);
        _buy(BOB, risk, (100_000 - share) * USD);
        _report(ratio);
        vm.expectRevert();
        _redeem(ALICE, risk, 1);
        desk.settle(id);
        uint256 owed = (100_000 * USD * ratio) / 1e9;
        uint256 paid = _redeem(ALICE, risk, (share * USD) / 2 + 1);
        vm.expectRevert();
        _redeem(ALICE, risk, share * USD);
        if (share * USD > (share * USD) / 2 + 1) paid += _redeem(ALICE, risk, share * USD - (share * USD) / 2 - 1);
        assertApproxEqAbs(paid, (share * USD * ratio) / 1e9, 2, "paid to Alice");
        paid += _redeem(BOB, risk, (100_000 - share) * USD);
        assertEq(paid, owed, "paid in all");
        assertEq(_riskBook(risk), 0, "left in the book");
        vm.expectRevert();
        _redeem(BOB, risk, 1);
    }

    function test_redeem_isOfWhoHoldsTheCover() public {
        _buy(ALICE, risk, 1000 * USD);
        uint256 coverId = id.coverId(address(desk));
        vm.prank(ALICE);
        ledger.transfer(BOB, coverId, 400 * USD);
        _report(1e9);
        desk.settle(id);
        assertEq(_redeem(BOB, risk, 400 * USD), 400 * USD, "paid to whom it was given");
        vm.expectRevert();
        _redeem(BOB, risk, 1);
        assertEq(_redeem(ALICE, risk, 600 * USD), 600 * USD, "paid to who kept it");
    }

    function test_voidRisk_paysBackWhatItCost_INS_06_INS_10() public {
        uint256 cost = _buyFor(ALICE, risk, 1000 * USD, BOB);
        cost += _buy(BOB, risk, 3000 * USD);
        assertGt(desk.commissionOf(id, BOB), 0, "commission of an open risk");
        uint256 assets = pools.stateOf(poolId).assets;
        vm.warp(risk.fallbackBy);
        desk.voidRisk(id);
        assertEq(desk.commissionOf(id, BOB), 0, "commission of a void risk");
        vm.expectRevert(ICoverDesk.CoverZeroAmount.selector);
        desk.creditCommission(id, BOB);
        // Whatever of the premiums is earned is the pool's for good when all of them are back: nothing but time has passed.
        assertLe(pools.stateOf(poolId).assets, assets + cost, "assets of the pool");
        assertEq(pools.feesOf(poolId, FEE_TO), 0, "fee of a void risk");
        desk.settle(id);
        assertEq(_riskBook(risk), cost, "refund in the book");
        uint256 paid = _redeem(ALICE, risk, 1000 * USD);
        assertEq(paid, cost / 4, "refund of a quarter");
        paid += _redeem(BOB, risk, 3000 * USD);
        assertEq(paid, cost, "refund in all");
        vm.warp(risk.fallbackBy + 30 days);
        assertEq(pools.stateOf(poolId).assets, 1_000_000 * USD, "assets when every premium has flowed");
        assertEq(_poolBook(), 1_000_000 * USD, "book of the pool");
    }

    function test_settleHolders_paysWhoLetIt_INS_12() public {
        address carol = address(0xCA401);
        _buy(ALICE, risk, 1000 * USD);
        _buy(BOB, risk, 500 * USD);
        _buy(carol, risk, 1 * USD);
        uint256 coverId = id.coverId(address(desk));
        vm.prank(ALICE);
        ledger.approve(address(desk), coverId, type(uint256).max);
        vm.prank(BOB);
        ledger.setOperator(address(desk), true);
        _report(0.5e9);
        desk.settle(id);
        address[] memory holders = new address[](5);
        (holders[0], holders[1], holders[2], holders[3], holders[4]) = (ALICE, BOB, ALICE, carol, address(1));
        uint256[3] memory before = _balances(carol);
        assertEq(desk.settleHolders(id, holders), 750 * USD, "paid");
        uint256[3] memory after_ = _balances(carol);
        assertEq(after_[0] - before[0], 500 * USD, "paid to who gave an allowance");
        assertEq(after_[1] - before[1], 250 * USD, "paid to who made it an operator");
        assertEq(after_[2], before[2], "paid to who did neither");
        assertEq(desk.settleHolders(id, holders), 0, "paid again");
        assertEq(_redeem(carol, risk, 1 * USD), USD / 2, "paid to who comes himself");
        assertEq(_riskBook(risk), 0, "left in the book");
    }

    /// @dev Whose cover is worth less than a unit keeps it, until he comes with more; the last one has what roundings leave.
    function test_settleHolders_burnsNothingForNothing_INS_12(uint256[3] memory units, uint256 ratio) public {
        address[] memory holders = new address[](3);
        (holders[0], holders[1], holders[2]) = (ALICE, BOB, address(0xCA401));
        uint256 coverId = id.coverId(address(desk));
        _buy(UNDERWRITER, risk, 3000 * USD);
        for (uint256 i; i < 3; ++i) {
            units[i] = bound(units[i], 1, units[i] % 3 == 0 ? 4 : 1000 * USD);
            vm.prank(UNDERWRITER);
            ledger.transfer(holders[i], coverId, units[i]);
            vm.prank(holders[i]);
            ledger.setOperator(address(desk), true);
        }
        _report(bound(ratio, 1, 1e9));
        desk.settle(id);
        uint256 held = desk.riskOf(id).held;
        uint256 paid = desk.settleHolders(id, holders);
        uint256 redeemed;
        uint256 got;
        for (uint256 i; i < 3; ++i) {
            uint256 worth = (held * units[i]) / (3000 * USD);
            uint256 part = ledger.balanceOf(holders[i], asset);
            got += part;
            bool isKept = _coverOf(id, holders[i]) == units[i];
            assertEq(isKept, part == 0, "cover that is kept, and nothing paid");
            if (worth != 0) assertGe(part, worth, "paid to each, against what he would have had alone");
            if (!isKept) redeemed += units[i];
        }
        assertEq(got, paid, "paid to all");
        assertEq(paid, (held * redeemed) / (3000 * USD), "paid for all units at once");
        assertEq(ledger.balanceOf(address(desk), asset), 0, "left with the desk");
    }

    /* PRODUCTS AND RISKS */

    function test_createProduct_refuses() public {
        CoverProduct memory product = _product();
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverProductExists.selector, product.toId(address(desk))));
        desk.createProduct(product);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverNotManager.selector, ALICE, address(this)));
        desk.createProduct(product);
        product.minRate = 0;
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverInvalidRates.selector, 0, 0.1e18, 0.5e18, 0.8e18, 4e18));
        desk.createProduct(product);
        product = _product();
        product.fee = 0.5e18 + 1;
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverInvalidFee.selector, 0.5e18 + 1, 0.5e18, 0.25e18));
        desk.createProduct(product);
        product = _product();
        product.oracle = address(0);
        vm.expectRevert(ICoverDesk.CoverZeroAddress.selector);
        desk.createProduct(product);
        product.oracle = ALICE;
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverNotOracle.selector, ALICE));
        desk.createProduct(product);
        (product.oracle, product.fallbackOracle) = (address(oracle), BOB);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverNotOracle.selector, BOB));
        desk.createProduct(product);
        product.pool.cooldown = 7;
        vm.expectRevert(
            abi.encodeWithSelector(ICoverDesk.CoverUnknownPool.selector, product.pool.toId(address(pools)))
        );
        desk.createProduct(product);
    }

    function test_openRisk_refuses() public {
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverRiskExists.selector, id));
        desk.openRisk(risk);
        RiskTerms memory made = _riskOf(risk.product, 0, "second");
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverNotManager.selector, ALICE, address(this)));
        desk.openRisk(made);
        made.baseRate = uint64(WAD) + 1;
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverInvalidBaseRate.selector, WAD + 1));
        desk.openRisk(made);
        for (uint256 i; i < 8; ++i) {
            made = _riskOf(risk.product, 0, "second");
            if (i == 0) made.cutoff = uint32(vm.getBlockTimestamp());
            if (i == 1) made.start = made.cutoff - 1;
            if (i == 2) made.end = made.start;
            if (i == 3) made.reportBy = made.end;
            if (i == 4) made.fallbackBy = made.reportBy - 1;
            if (i == 5) made.fallbackBy = uint32(vm.getBlockTimestamp() + 120 days + 1);
            if (i == 6) (made.product, made.fallbackBy) = (_withoutFallback(), made.reportBy + 1);
            // In its window, but for the week of its end.
            if (i == 7) (made.end, made.reportBy, made.fallbackBy) = (119 days, 119 days + 1, 119 days + 2);
            vm.expectPartialRevert(ICoverDesk.CoverInvalidTimes.selector);
            desk.openRisk(made);
        }
        made = _riskOf(risk.product, 0, "second");
        made.fallbackBy = made.reportBy;
        desk.openRisk(made);
        made.product = ProductId.wrap(0);
        vm.expectPartialRevert(ICoverDesk.CoverUnknownProduct.selector);
        desk.openRisk(made);
    }

    function test_entries_refuseStrangers() public {
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverNotLedger.selector, address(this)));
        desk.onLedgerCall(ALICE, RiskId.unwrap(id), Word.wrap(0), Word.wrap(0), "");
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverNotLedger.selector, address(this)));
        desk.onLedgerBatch(RiskId.unwrap(id), Word.wrap(0), 0, "", new uint256[](0));
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverNotSelf.selector, ALICE));
        _onRisk(ALICE, risk, 0, abi.encodeCall(ICoverActions.sendPremiums, (0)));
        _fund(home1, ALICE, 1);
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverNotSelf.selector, ALICE));
        _onRisk(ALICE, risk, 1, abi.encodeCall(ICoverActions.receiveClaims, ()));
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverUnknownAction.selector, bytes4(0x12345678)));
        _onRisk(ALICE, risk, 0, hex"12345678");
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverWrongInputs.selector, 1, 0));
        _onRisk(ALICE, risk, 1, abi.encodeCall(ICoverActions.redeem, (1)));
    }

    /* HELPERS */

    function _report(uint256 ratio) private {
        oracle.set(true, ratio);
        vm.warp(risk.end);
        desk.report(id, "");
    }

    /// @dev Whether a section did Alice's purchase for `cost`.
    function _settleBuy(RiskTerms memory made, RiskId madeId, uint256 cost) private returns (bool) {
        uint256[] memory operations = new uint256[](2);
        uint8 sequence = uint8(ledger.wordOf(ALICE, asset).flags() >> 8);
        (operations[0], operations[1]) = OperationLib.pack(ALICE, sequence, 0, cost, 1);
        (bool executed, uint256[] memory skipped) = settlement.settleWords(_riskSection(made, madeId), operations);
        assertTrue(executed, "a section");
        return skipped[0] == 0;
    }

    function _withoutFallback() private returns (ProductId) {
        CoverProduct memory product = _product();
        product.fallbackOracle = address(0);
        return desk.createProduct(product);
    }

    function _balances(address carol) private view returns (uint256[3] memory) {
        return [ledger.balanceOf(ALICE, asset), ledger.balanceOf(BOB, asset), ledger.balanceOf(carol, asset)];
    }
}
