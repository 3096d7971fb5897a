// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoverDesk} from "../../../contracts/interfaces/ICoverDesk.sol";
import {IUnderwritingPool} from "../../../contracts/interfaces/IUnderwritingPool.sol";
import {PremiumFlow} from "../../../contracts/libraries/PremiumFlow.sol";
import {RiskId} from "../../../contracts/types/RiskId.sol";
import {RiskTerms} from "../../../contracts/types/RiskTerms.sol";
import {InsuranceFixture} from "../../helpers/solidity/InsuranceFixture.sol";

/// @title InsuranceFairness
/// @notice Value goes to the underwriter or holder whose it is: each test is a way in which another could have had it.
contract InsuranceFairness is InsuranceFixture {
    uint256 private constant USD = 1e6;
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);
    address private constant CAROL = address(0xCA401);
    address private constant BUYER = address(0xB111);

    function setUp() public {
        _deployInsurance();
    }

    /* KNOWN OUTCOMES */

    /// @dev A loss takes nearly all assets, and premiums of the same risk flow still: a dollar has a dollar's part of them.
    function test_premiumsOfALoss_areOfWhoBoreIt_INS_18() public {
        (terms.capacity, terms.eventLimit, terms.riskLimit) = (1e18, 1e18, 1e18);
        poolId = _createPool(terms);
        uint256 shares = _deposit(ALICE, 1_000_000 * USD);
        (RiskTerms memory risk, RiskId id) = _open("risk");
        vm.warp(risk.cutoff - 1);
        uint256 net = (_buy(BUYER, risk, 1_000_000 * USD) * 10) / 11;
        oracle.set(true, 1e9);
        vm.warp(risk.start);
        desk.reportAndSettle(id, "");
        assertLt(pools.stateOf(poolId).assets, USD, "assets after the loss");
        uint256 requestId = _requestExit(BOB, _deposit(BOB, USD));
        vm.warp(pools.requestOf(poolId, requestId).readyAt);
        assertLe(_claimExit(BOB, requestId), USD, "paid to who came after the loss");
        skip(14 days);
        assertGt(_worth(shares), (net * 999) / 1000, "premiums of who bore it");
    }

    /// @dev Nothing is lost, and premiums flow still: nine times the capital has none of them.
    function test_premiumsOfNoLoss_areOfWhoRiskedIt_INS_18(uint256 amount) public {
        uint256 shares = _deposit(ALICE, 1_000_000 * USD);
        (RiskTerms memory risk, RiskId id) = _open("risk");
        uint256 net = (_buy(BUYER, risk, 600_000 * USD) * 10) / 11;
        oracle.set(true, 0);
        vm.warp(risk.start);
        desk.reportAndSettle(id, "");
        amount = bound(amount, USD, 9_000_000 * USD);
        uint256 requestId = _requestExit(BOB, _deposit(BOB, amount));
        vm.warp(pools.requestOf(poolId, requestId).readyAt);
        assertLe(_claimExit(BOB, requestId), amount, "paid to who came after the report");
        skip(14 days);
        assertGe(_worth(shares) + 1, 1_000_000 * USD + net - 2, "premiums of who risked it");
    }

    /// @dev While cover is open beyond all that is not earned, a share costs what it is worth: its buyer bears what comes.
    function test_premiumsOfOpenCover_areOfWhoBacksIt_INS_18() public {
        _deposit(ALICE, 1_000_000 * USD);
        (RiskTerms memory risk, ) = _open("risk");
        _buy(BUYER, risk, 600_000 * USD);
        skip(1 days);
        uint256 shares = _deposit(BOB, 1_000_000 * USD);
        assertGe(_worth(shares) + 1, 1_000_000 * USD, "worth of a deposit");
    }

    /* WHAT EXITS LEAVE */

    /// @dev What queued shares earn by cover sold after their request is who stays', by the second: a deposit of the moment in which it
    /// comes has none.
    function test_whatAnExitLeaves_doesNotJump_INS_08(uint256 wait, bool isFinalised) public {
        (uint256 requestId, uint256 net) = _queueHalf();
        skip(bound(wait, 0, 30 days));
        uint256 price = _price();
        uint256 shares = _deposit(BOB, 9_000_000 * USD);
        if (isFinalised) _finalise(requestId);
        assertEq(_claimExit(ALICE, requestId), 500_000 * USD, "paid");
        assertLe(_worth(shares), 9_000_000 * USD, "worth of a deposit of that moment");
        assertLe(_price() - price, price / 1e12, "rise of the price");
        skip(14 days);
        assertEq(pools.stateOf(poolId).assets, 9_500_000 * USD + net, "assets when all has flowed");
        assertEq(pools.stateOf(poolId).unearnedX32, 0, "what flows when all has flowed");
    }

    /// @dev It comes back when the request is final, whenever it is claimed; the claim itself moves no price.
    function test_whatAnExitLeaves_waitsForNoClaim_INS_08(uint256 wait) public {
        (uint256 requestId, uint256 net) = _queueHalf();
        _finalise(requestId);
        skip(14 days);
        assertEq(pools.stateOf(poolId).assets, 500_000 * USD + net, "assets before the claim");
        skip(bound(wait, 0, 30 days));
        uint256 price = _price();
        assertEq(_claimExit(ALICE, requestId), 500_000 * USD, "paid");
        assertEq(_price(), price, "price after the claim");
        assertEq(pools.stateOf(poolId).assets, 500_000 * USD + net, "assets after the claim");
    }

    /// @dev A finalisation looks at each request, so a long line is made final in parts, for little each.
    function test_manyRequests_areFinalInParts_INS_09() public {
        uint256 shares = _deposit(ALICE, 1_000_000 * USD);
        _deposit(CAROL, 1_000_000 * USD);
        (RiskTerms memory risk, RiskId id) = _open("risk");
        _buy(BUYER, risk, 1_000_000 * USD);
        for (uint256 i; i < 100; ++i) _requestExit(ALICE, 2000);
        uint256 requestId = _requestExit(ALICE, shares - 200_000);
        oracle.set(true, 1e9);
        vm.warp(risk.start);
        desk.reportAndSettle(id, "");
        vm.warp(risk.fallbackBy + 1 days);
        uint256 before = gasleft();
        _finalise(50);
        assertLe((before - gasleft()) / 50, 7000, "gas of each, at a price that has fallen");
        (uint256 count, uint256 finalCount, ) = pools.queueOf(poolId);
        assertEq(count, 101, "requests");
        assertEq(finalCount, 50, "requests that are final");
        uint256 paid = _claimExit(ALICE, requestId);
        assertGe(paid, 500_000 * USD, "paid, half of what is left");
        (, finalCount, ) = pools.queueOf(poolId);
        assertEq(finalCount, 101, "requests that are final after the last one's claim");
        assertEq(_claimExit(ALICE, 1), 1, "paid for a dust request");
    }

    /* VOID RISKS */

    /// @dev A void takes back premiums that are earned, to the unit: the price neither falls below what was paid in nor rises again.
    function test_aVoid_waitsForItsPremiums_INS_10(uint256 wait) public {
        uint256 shares = _deposit(ALICE, 1_000_000 * USD);
        (RiskTerms memory risk, RiskId id) = _openEarly();
        _buy(BUYER, risk, 500_000 * USD);
        uint256 requestId = _requestExit(ALICE, shares / 2);
        uint256 voidFrom = (risk.end / PremiumFlow.PERIOD + 1) * PremiumFlow.PERIOD;
        assertEq(pools.requestOf(poolId, requestId).readyAt, voidFrom + 1 days, "ready");
        vm.warp(bound(wait, risk.fallbackBy, voidFrom - 1));
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverTooEarly.selector, vm.getBlockTimestamp(), voidFrom));
        desk.voidRisk(id);
        vm.warp(voidFrom);
        desk.voidRisk(id);
        IUnderwritingPool.State memory state = pools.stateOf(poolId);
        assertEq(state.assets, 1_000_000 * USD, "assets after the void");
        assertEq(state.unearnedX32, 0, "premiums that still flow");
        desk.settle(id);
        vm.warp(voidFrom + 1 days);
        assertEq(_claimExit(ALICE, requestId), 500_000 * USD, "paid");
        assertEq(pools.stateOf(poolId).assets, 500_000 * USD, "assets of who stays");
    }

    /// @dev Cover is fungible, so a refund is an average; but nobody has a part of it as the referrer.
    function test_aVoid_paysNoCommission_INS_12() public {
        _deposit(CAROL, 1_000_000 * USD);
        (RiskTerms memory risk, RiskId id) = _open("risk");
        uint256 cost = _buyFor(ALICE, risk, 10_000 * USD, ALICE) + _buy(BOB, risk, 10_000 * USD);
        vm.warp(risk.fallbackBy);
        desk.voidRisk(id);
        desk.settle(id);
        uint256 first = _redeem(ALICE, risk, 10_000 * USD) + pools.feesOf(poolId, ALICE);
        uint256 second = _redeem(BOB, risk, 10_000 * USD);
        assertApproxEqAbs(first, second, 1, "paid back to both");
        assertEq(first + second, cost, "paid back in all");
    }

    /* HOLDERS */

    /// @dev Who sends a unit to a holder does not have him passed over.
    function test_settleHolders_takesWhatIsAllowed_INS_12() public {
        _deposit(CAROL, 1_000_000 * USD);
        (RiskTerms memory risk, RiskId id) = _open("risk");
        _buy(ALICE, risk, 1000 * USD);
        _buy(BOB, risk, 1000 * USD);
        uint256 coverId = id.coverId(address(desk));
        vm.prank(ALICE);
        ledger.approve(address(desk), coverId, 1000 * USD);
        vm.prank(BOB);
        ledger.transfer(ALICE, coverId, 2);
        oracle.set(true, 1e9);
        vm.warp(risk.end);
        desk.reportAndSettle(id, "");
        address[] memory holders = new address[](2);
        (holders[0], holders[1]) = (ALICE, ALICE);
        assertEq(desk.settleHolders(id, holders), 1000 * USD, "paid");
        assertEq(_coverOf(id, ALICE), 2, "cover that was not allowed");
        assertEq(_redeem(ALICE, risk, 2), 2, "paid to her who comes herself");
    }

    /// @dev What a purchase would refuse is not quoted.
    function test_quotes_areOfWhatIsSold() public {
        _deposit(CAROL, 1_000_000 * USD);
        (, RiskId id) = _open("risk");
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverWorthless.selector, 1, 1));
        desk.quote(id, 1);
        (uint256 cover, uint256 room) = desk.coverFor(id, 600_000 * USD);
        assertEq(cover, 0, "cover of a cost beyond what can be sold");
        assertEq(room, 600_000 * USD, "room");
    }

    /* HELPERS */

    /// @dev Two underwriters of the same size, the first one's exit, which is ready, and a risk sold after it that pays nothing.
    function _queueHalf() private returns (uint256 requestId, uint256 net) {
        uint256 shares = _deposit(ALICE, 500_000 * USD);
        _deposit(CAROL, 500_000 * USD);
        requestId = _requestExit(ALICE, shares);
        (RiskTerms memory risk, RiskId id) = _open("risk");
        net = (_buy(BUYER, risk, 300_000 * USD) * 10) / 11;
        oracle.set(true, 0);
        vm.warp(risk.end);
        desk.reportAndSettle(id, "");
        vm.warp(risk.fallbackBy + 1 days);
    }

    /// @dev A risk of which the last report could come two seconds after its end, early in a week.
    function _openEarly() private returns (RiskTerms memory risk, RiskId id) {
        (RiskTerms memory made, ) = _open("another");
        risk = _riskOf(made.product, 0, "early");
        risk.end = uint32((risk.end / PremiumFlow.PERIOD) * PremiumFlow.PERIOD + 1 hours);
        (risk.reportBy, risk.fallbackBy) = (risk.end + 1, risk.end + 2);
        id = desk.openRisk(risk);
    }

    function _finalise(uint256 requestId) private {
        _onPool(terms, BOB, 0, abi.encodeWithSignature("finaliseExits(uint256)", requestId));
    }

    function _worth(uint256 shares) private view returns (uint256) {
        IUnderwritingPool.State memory state = pools.stateOf(poolId);
        return (shares * (state.assets + 1)) / (state.shares + 1000);
    }

    /// @dev What a share is worth, · 2^96.
    function _price() private view returns (uint256) {
        IUnderwritingPool.State memory state = pools.stateOf(poolId);
        return ((state.assets + 1) << 96) / (state.shares + 1000);
    }
}
