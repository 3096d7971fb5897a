// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoverDesk} from "../../../contracts/interfaces/ICoverDesk.sol";
import {IUnderwritingPool} from "../../../contracts/interfaces/IUnderwritingPool.sol";
import {RiskId} from "../../../contracts/types/RiskId.sol";
import {RiskTerms} from "../../../contracts/types/RiskTerms.sol";
import {InsuranceFixture} from "../../helpers/solidity/InsuranceFixture.sol";

/// @title InsuranceAttacks
/// @notice What was lost or found elsewhere, tried here: each test names the incident.
contract InsuranceAttacks is InsuranceFixture {
    uint256 private constant USD = 1e6;
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);
    address private constant UNDERWRITER = address(0xCA9);

    RiskTerms private risk;
    RiskId private id;

    function setUp() public {
        _deployInsurance();
        _deposit(UNDERWRITER, 10_000_000 * USD);
        (risk, id) = _open("first");
    }

    /// @dev NFT auction, 2026-07: settled, then cancelled, an escrow was paid twice.
    function test_aSettledRiskIsNotVoid_INS_04() public {
        uint256 cost = _buy(ALICE, risk, 1000 * USD);
        _reportAndSettle(0.5e9);
        vm.warp(risk.fallbackBy + 1);
        vm.expectPartialRevert(ICoverDesk.CoverWrongState.selector);
        desk.voidRisk(id);
        uint256 all = _poolBook() + _riskBook(risk);
        assertEq(_redeem(ALICE, risk, 1000 * USD), 500 * USD, "paid");
        assertEq(_poolBook() + _riskBook(risk), all - 500 * USD, "books");
        assertEq(all, 10_000_000 * USD + cost, "books before");
    }

    /// @dev InsureDAO H-02: one position unlocked capital again and again.
    function test_capitalIsReleasedOnce_INS_01() public {
        _buy(ALICE, risk, 1000 * USD);
        (RiskTerms memory second, ) = _open("second");
        _buy(BOB, second, 3000 * USD);
        _reportAndSettle(0);
        for (uint256 i; i < 2; ++i) {
            vm.expectPartialRevert(ICoverDesk.CoverWrongState.selector);
            desk.settle(id);
            vm.expectPartialRevert(ICoverDesk.CoverWrongState.selector);
            desk.report(id, "");
        }
        assertEq(pools.stateOf(poolId).locked, 3000 * USD, "locked by the other risk");
    }

    /// @dev InsureDAO M-07, H-12: a request keeps no option to leave before the next period, and capital that waits is not free.
    function test_aRequestIsNoOption_INS_08() public {
        _buy(ALICE, risk, 6_000_000 * USD);
        uint256 shares = ledger.balanceOf(UNDERWRITER, poolId.shareId(address(pools)));
        uint256 requestId = _requestExit(UNDERWRITER, shares);
        vm.warp(risk.end);
        vm.expectPartialRevert(IUnderwritingPool.UnderwritingNotReady.selector);
        _claimExit(UNDERWRITER, requestId);
        oracle.set(true, 1e9);
        desk.report(id, "");
        vm.warp(risk.fallbackBy + 1 days);
        assertLe(_claimExit(UNDERWRITER, requestId), 4_300_000 * USD, "paid after the loss");
        desk.settle(id);
        assertEq(_redeem(ALICE, risk, 6_000_000 * USD), 6_000_000 * USD, "paid to the holder after all have left");
    }

    /// @dev Y2K H-06: an epoch that cannot end keeps everybody's money. Oracles that are silent, revert or burn all gas end nothing.
    function test_noOracleKeepsARiskOpen_INS_10() public {
        uint256 cost = _buy(ALICE, risk, 1000 * USD);
        oracle.setReverting(true);
        other.setReverting(true);
        vm.warp(risk.end);
        vm.expectRevert();
        desk.report(id, "");
        vm.warp(risk.fallbackBy);
        vm.prank(address(0x57A));
        desk.voidRisk(id);
        vm.prank(address(0x57A));
        desk.settle(id);
        assertEq(_redeem(ALICE, risk, 1000 * USD), cost, "refund");
    }

    /// @dev Y2K H-04 and MOKE: nobody has another's cover redeemed, to himself or at all, without a word of the holder's.
    function test_nobodyRedeemsForAnother_INS_13() public {
        _buy(ALICE, risk, 1000 * USD);
        _reportAndSettle(1e9);
        vm.expectRevert();
        _redeem(BOB, risk, 1000 * USD);
        address[] memory holders = new address[](1);
        holders[0] = ALICE;
        vm.prank(BOB);
        assertEq(desk.settleHolders(id, holders), 0, "paid without a word");
        assertEq(_coverOf(id, ALICE), 1000 * USD, "cover");
    }

    /// @dev InsurAce, UST 2022: payable a month after the event. Here it is in the block of the outcome, and spendable.
    function test_coverIsPaidInTheBlockOfItsOutcome() public {
        _buy(ALICE, risk, 1000 * USD);
        _reportAndSettle(1e9);
        uint256 paid = _redeem(ALICE, risk, 1000 * USD);
        vm.prank(ALICE);
        ledger.transfer(BOB, asset, paid);
        assertEq(ledger.balanceOf(BOB, asset), 1000 * USD, "spent");
    }

    /// @dev InsurAce changed the window while claims came in: here no term of a risk can be changed, only another risk opened.
    function test_termsAreTheName() public {
        RiskTerms memory changed = risk;
        changed.reportBy = changed.reportBy - 1;
        RiskId otherId = desk.openRisk(changed);
        assertTrue(RiskId.unwrap(otherId) != RiskId.unwrap(id), "another risk");
        assertEq(desk.riskOf(id).reportBy, uint256(changed.reportBy) + 1, "terms of the first");
    }

    /// @dev LBP, Flashstake: what is given to ledger, pool or desk counts for nobody.
    function test_giftsMoveNothing_INS_06() public {
        (uint256 cost, ) = desk.quote(id, 1000 * USD);
        IUnderwritingPool.State memory state = pools.stateOf(poolId);
        home1.mint(address(ledger), 1e18);
        home1.mint(address(pools), 1e18);
        _fund(home1, address(pools), 1e18);
        _fund(home1, address(desk), 1e18);
        (uint256 after_, ) = desk.quote(id, 1000 * USD);
        assertEq(after_, cost, "price");
        assertEq(pools.stateOf(poolId).assets, state.assets, "assets");
        _buy(ALICE, risk, 1000 * USD);
        vm.prank(ALICE);
        ledger.setOperator(address(desk), true);
        _reportAndSettle(0.3e9);
        address[] memory holders = new address[](1);
        holders[0] = ALICE;
        assertEq(desk.settleHolders(id, holders), 300 * USD, "paid");
        assertEq(ledger.balanceOf(address(desk), asset), 1e18, "the gift");
    }

    /// @dev A premium bought just before it is due earns nothing at once, and a deposit in one block takes nothing out.
    function test_aDepositOfOneBlockEarnsNothing_INS_08() public {
        _buy(ALICE, risk, 1000 * USD);
        skip(10 days);
        uint256 shares = _deposit(BOB, 10_000_000 * USD);
        IUnderwritingPool.State memory state = pools.stateOf(poolId);
        assertLe((shares * (state.assets + 1)) / (state.shares + 1000), 10_000_000 * USD, "worth at once");
    }

    /* HELPERS */

    function _reportAndSettle(uint256 ratio) private {
        oracle.set(true, ratio);
        vm.warp(risk.end);
        desk.reportAndSettle(id, "");
    }
}
