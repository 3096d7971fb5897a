// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoverDesk} from "../../../contracts/interfaces/ICoverDesk.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {IUnderwritingActions} from "../../../contracts/interfaces/IUnderwritingActions.sol";
import {IUnderwritingPool} from "../../../contracts/interfaces/IUnderwritingPool.sol";
import {MockERC20} from "../../../contracts/mocks/MockERC20.sol";
import {InsuranceLens} from "../../../contracts/periphery/InsuranceLens.sol";
import {RiskId} from "../../../contracts/types/RiskId.sol";
import {RiskTerms} from "../../../contracts/types/RiskTerms.sol";
import {UnderwritingId} from "../../../contracts/types/UnderwritingId.sol";
import {UnderwritingTerms} from "../../../contracts/types/UnderwritingTerms.sol";
import {Word} from "../../../contracts/types/Word.sol";
import {InsuranceFixture} from "../../helpers/solidity/InsuranceFixture.sol";

/// @title UnderwritingPoolTest
/// @notice Capital from its deposit to its exit, what losses do to it, and what a pool refuses.
contract UnderwritingPoolTest is InsuranceFixture {
    uint256 private constant USD = 1e6;
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);
    address private constant BUYER = address(0xB111);

    function setUp() public {
        _deployInsurance();
    }

    /* DEPOSITS */

    function test_deposit_givesShares() public {
        assertEq(_deposit(ALICE, 1000 * USD), 1000 * USD * 1000, "first shares");
        assertEq(ledger.balanceOf(ALICE, poolId.shareId(address(pools))), 1000 * USD * 1000, "shares of the ledger");
        assertEq(_deposit(BOB, 1000 * USD), 1000 * USD * 1000, "second shares");
        assertEq(pools.stateOf(poolId).assets, 2000 * USD, "assets");
        assertEq(_poolBook(), 2000 * USD, "book");
    }

    /// @dev The first underwriter cannot make shares dear: what is sent to the ledger or the core counts for nothing.
    function test_deposit_givesTheSecondWhatHePays_INS_08(uint256 first, uint256 second, uint256 given) public {
        first = bound(first, 1, 1e12);
        second = bound(second, 1, 1e18);
        _deposit(ALICE, first);
        home1.mint(address(pools), bound(given, 0, 1e18));
        home1.mint(address(ledger), bound(given, 0, 1e18));
        uint256 shares = _deposit(BOB, second);
        assertEq(shares, second * 1000, "shares of the second");
    }

    function test_deposit_refuses() public {
        _deposit(ALICE, 1000 * USD);
        _fund(home1, ALICE, 10);
        vm.expectRevert(
            abi.encodeWithSelector(IUnderwritingPool.UnderwritingBelowMinimumShares.selector, 10_000, 10_001)
        );
        _onPool(terms, ALICE, 10, abi.encodeCall(IUnderwritingActions.deposit, (10_001)));
        vm.expectRevert(abi.encodeWithSelector(IUnderwritingPool.UnderwritingWrongInputs.selector, 0, 0));
        _onPool(terms, ALICE, 0, abi.encodeCall(IUnderwritingActions.deposit, (0)));
        vm.expectRevert(abi.encodeWithSelector(IUnderwritingPool.UnderwritingWrongInputs.selector, 1, 0));
        _onPool(terms, ALICE, 1, abi.encodeCall(IUnderwritingActions.claimFees, ()));
        uint256 most = type(uint96).max - 1000 * USD;
        _fund(home1, ALICE, most + 1);
        vm.expectRevert(abi.encodeWithSelector(IUnderwritingPool.UnderwritingAmountTooLarge.selector, most + 1, most));
        _onPool(terms, ALICE, most + 1, abi.encodeCall(IUnderwritingActions.deposit, (0)));
    }

    /// @dev A unit is a thousand shares at first, so shares need more bits than assets.
    function test_deposit_takesAllThatAPoolHolds() public {
        uint256 most = type(uint96).max;
        assertEq(_deposit(ALICE, most), most * 1000, "shares");
        uint256 requestId = _requestExit(ALICE, most * 1000);
        skip(1 days);
        assertEq(_claimExit(ALICE, requestId), most, "paid");
    }

    /// @dev After a loss a share is so cheap that shares run out before assets do.
    function test_deposit_refusesSharesBeyondTheirBound() public {
        (terms.riskLimit, terms.eventLimit) = (uint64(WAD), uint64(WAD));
        poolId = _createPool(terms);
        _deposit(ALICE, 2 ** 90);
        oracle.set(true, 1e9);
        for (uint256 i; i < 2; ++i) {
            // the first loss leaves its premium, the second a part of that
            (RiskTerms memory risk, RiskId id) = _open(bytes32(i + 1));
            _buy(BUYER, risk, (pools.stateOf(poolId).assets * 99) / 100);
            vm.warp(risk.start);
            desk.reportAndSettle(id, "");
            vm.warp(risk.fallbackBy + 14 days);
        }
        uint256 left = pools.stateOf(poolId).assets;
        _fund(home1, BOB, 2 ** 95);
        vm.expectPartialRevert(IUnderwritingPool.UnderwritingAmountTooLarge.selector);
        _onPool(terms, BOB, 2 ** 95, abi.encodeCall(IUnderwritingActions.deposit, (0)));
        assertEq(pools.stateOf(poolId).assets, left, "assets");
        assertEq(new InsuranceLens(ICoverDesk(address(desk))).previewDeposit(poolId, 2 ** 95), 0, "preview");
    }

    /// @dev Premiums come over weeks: who deposits for a moment has none of them.
    function test_deposit_ofAMomentEarnsNothing_INS_05(uint256 wait) public {
        _deposit(ALICE, 100_000 * USD);
        (RiskTerms memory risk, ) = _open("risk");
        _buy(BUYER, risk, 50_000 * USD);
        skip(bound(wait, 0, 60 days));
        uint256 shares = _deposit(BOB, 900_000 * USD);
        IUnderwritingPool.State memory state = pools.stateOf(poolId);
        assertLe((shares * (state.assets + 1)) / (state.shares + 1000), 900_000 * USD, "worth after a moment");
    }

    /* EXITS */

    function test_claimExit_waitsForCoverSoldBefore_INS_09() public {
        uint256 shares = _deposit(ALICE, 100_000 * USD);
        (RiskTerms memory risk, ) = _open("risk");
        uint256 net = (_buy(BUYER, risk, 1 * USD) * 10) / 11;
        uint256 requestId = _requestExit(ALICE, shares / 2);
        uint256 readyAt = risk.fallbackBy + 1 days;
        assertEq(pools.requestOf(poolId, requestId).readyAt, readyAt, "ready");
        vm.warp(readyAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IUnderwritingPool.UnderwritingNotReady.selector, requestId, readyAt));
        _claimExit(ALICE, requestId);
        vm.warp(readyAt);
        vm.expectRevert(abi.encodeWithSelector(IUnderwritingPool.UnderwritingUnknownRequest.selector, BOB, requestId));
        _claimExit(BOB, requestId);
        assertApproxEqAbs(_claimExit(ALICE, requestId), 50_000 * USD + net / 2, 1, "paid");
        vm.expectRevert(
            abi.encodeWithSelector(IUnderwritingPool.UnderwritingUnknownRequest.selector, ALICE, requestId)
        );
        _claimExit(ALICE, requestId);
    }

    /// @dev Cover of a wei, sold again and again for the longest window, holds nobody longer than the request says.
    function test_claimExit_isHeldByNoCoverSoldAfter_INS_09() public {
        uint256 shares = _deposit(ALICE, 100_000 * USD);
        _deposit(BOB, 100_000 * USD);
        uint256 requestId = _requestExit(ALICE, shares);
        uint256 readyAt = vm.getBlockTimestamp() + 1 days;
        for (uint256 i; i < 5; ++i) {
            (RiskTerms memory risk, ) = _open(bytes32(i));
            _buy(BUYER, risk, i == 4 ? 59_000 * USD : 1000);
            skip(6 hours - (i == 4 ? 6 hours : 0));
        }
        vm.warp(readyAt);
        assertEq(_claimExit(ALICE, requestId), 100_000 * USD, "paid");
        assertEq(pools.stateOf(poolId).locked, 59_000 * USD + 4000, "locked by who stays");
    }

    /// @dev Capital in the queue backs nothing new, so what is sold is within what stays.
    function test_backingOf_isOfCapitalThatStays_INS_02() public {
        uint256 shares = _deposit(ALICE, 100_000 * USD);
        _deposit(BOB, 50_000 * USD);
        assertEq(pools.backingOf(poolId, 0).capacity, 150_000 * USD, "capacity");
        _requestExit(ALICE, shares);
        assertEq(pools.backingOf(poolId, 0).capacity, 50_000 * USD, "capacity with an exit");
        assertEq(pools.backingOf(poolId, 0).riskLimit, 30_000 * USD, "limit of a risk");
        assertEq(pools.backingOf(poolId, "event").eventRoom, 40_000 * USD, "room of an event");
    }

    /// @dev InsureDAO M-07 and H-12: a request keeps no option to leave before a loss.
    function test_claimExit_bearsTheLossOfCoverSoldBefore_INS_08() public {
        uint256 shares = _deposit(ALICE, 50_000 * USD);
        _deposit(BOB, 50_000 * USD);
        (RiskTerms memory risk, RiskId id) = _open("risk");
        uint256 cost = _buy(BUYER, risk, 40_000 * USD);
        uint256 requestId = _requestExit(ALICE, shares);
        oracle.set(true, 1e9);
        vm.warp(risk.start);
        desk.report(id, "");
        vm.warp(risk.fallbackBy + 1 days);
        uint256 paid = _claimExit(ALICE, requestId);
        assertGe(paid, 30_000 * USD, "half of what is left");
        assertLe(paid, 30_000 * USD + cost / 2, "half of what is left, and of the premium");
        desk.settle(id);
        assertEq(_redeem(BUYER, risk, 40_000 * USD), 40_000 * USD, "paid to the holder");
    }

    /// @dev What is sold after the request belongs to who stays.
    function test_claimExit_isAtMostItsCap_INS_06() public {
        uint256 shares = _deposit(ALICE, 50_000 * USD);
        _deposit(BOB, 50_000 * USD);
        uint256 requestId = _requestExit(ALICE, shares);
        assertEq(pools.requestOf(poolId, requestId).assets, 50_000 * USD, "cap");
        (RiskTerms memory risk, RiskId id) = _open("risk");
        uint256 cost = _buy(BUYER, risk, 30_000 * USD);
        oracle.set(true, 0);
        vm.warp(risk.end);
        desk.reportAndSettle(id, "");
        vm.warp(risk.fallbackBy + 1 days);
        assertEq(_claimExit(ALICE, requestId), 50_000 * USD, "paid");
        skip(14 days);
        assertEq(pools.stateOf(poolId).assets, 50_000 * USD + (cost * 10) / 11, "assets of who stays");
    }

    /// @dev A risk that nobody reports holds an exit until anybody voids it, which anybody can before the exit is due.
    function test_finaliseExits_keepsWhatIsLocked_INS_02() public {
        uint256 shares = _deposit(ALICE, 100_000 * USD);
        (RiskTerms memory risk, RiskId id) = _open("risk");
        _buy(BUYER, risk, 50_000 * USD);
        uint256 requestId = _requestExit(ALICE, shares);
        vm.warp(risk.fallbackBy + 1 days);
        vm.expectPartialRevert(IUnderwritingPool.UnderwritingCapitalLocked.selector);
        _claimExit(ALICE, requestId);
        vm.expectPartialRevert(IUnderwritingPool.UnderwritingCapitalLocked.selector);
        _onPool(terms, BOB, 0, abi.encodeCall(IUnderwritingActions.finaliseExits, (requestId)));
        desk.voidRisk(id);
        // The refund is in the risk's book; what goes back is locked until it is there.
        desk.settle(id);
        _onPool(terms, BOB, 0, abi.encodeCall(IUnderwritingActions.finaliseExits, (requestId)));
        vm.expectRevert(abi.encodeWithSelector(IUnderwritingPool.UnderwritingAlreadyFinal.selector, requestId));
        _onPool(terms, BOB, 0, abi.encodeCall(IUnderwritingActions.finaliseExits, (requestId)));
        assertLe(_claimExit(ALICE, requestId), 100_000 * USD, "paid");
    }

    function test_requestExit_refuses() public {
        uint256 shares = _deposit(ALICE, 1000 * USD);
        vm.expectRevert(
            abi.encodeWithSelector(IUnderwritingPool.UnderwritingAmountTooLarge.selector, shares + 1, shares)
        );
        _requestExit(ALICE, shares + 1);
        vm.expectRevert(IUnderwritingPool.UnderwritingZeroAmount.selector);
        _requestExit(ALICE, 999);
        vm.expectPartialRevert(ILedger.LedgerInsufficientBalance.selector);
        _requestExit(BOB, shares);
        vm.expectRevert(abi.encodeWithSelector(IUnderwritingPool.UnderwritingUnknownRequest.selector, ALICE, 1));
        _claimExit(ALICE, 1);
    }

    /* LOSSES */

    /// @dev All that there is, lost at once and paid; the pool is worth nothing, and nobody's deposit makes up for it.
    function test_aTotalLossIsPaid_INS_02() public {
        terms.riskLimit = uint64(WAD);
        terms.eventLimit = uint64(WAD);
        poolId = _createPool(terms);
        uint256 shares = _deposit(ALICE, 1000 * USD);
        (RiskTerms memory risk, RiskId id) = _open("all");
        _buy(BUYER, risk, 1000 * USD);
        oracle.set(true, 1e9);
        vm.warp(risk.start);
        desk.reportAndSettle(id, "");
        assertEq(_redeem(BUYER, risk, 1000 * USD), 1000 * USD, "paid");
        vm.warp(risk.fallbackBy + 30 days);
        uint256 left = pools.stateOf(poolId).assets;
        assertEq(_poolBook(), left + pools.feesOf(poolId, FEE_TO), "book of premiums and fee");
        uint256 requestId = _requestExit(ALICE, shares);
        skip(1 days);
        assertApproxEqAbs(_claimExit(ALICE, requestId), left, 1, "premiums paid to who lost");
    }

    /* POOLS */

    function test_createPool_refuses() public {
        vm.expectRevert(abi.encodeWithSelector(IUnderwritingPool.UnderwritingPoolExists.selector, poolId));
        _createPool(terms);
        for (uint256 i; i < 11; ++i) {
            UnderwritingTerms memory made = _termsOf(i);
            (uint256 capacity, uint256 eventLimit, uint256 riskLimit) = (
                made.capacity,
                made.eventLimit,
                made.riskLimit
            );
            bytes memory reason = abi.encodeWithSelector(
                IUnderwritingPool.UnderwritingInvalidLimits.selector,
                capacity,
                eventLimit,
                riskLimit
            );
            if (i > 3)
                reason = abi.encodeWithSelector(
                    IUnderwritingPool.UnderwritingInvalidTimes.selector,
                    made.maxWindow,
                    made.cooldown
                );
            if (i > 6) reason = abi.encodeWithSelector(IUnderwritingPool.UnderwritingZeroAddress.selector);
            if (i > 8) reason = abi.encodeWithSelector(IUnderwritingPool.UnderwritingNotToken.selector, made.asset);
            vm.expectRevert(reason);
            _createPool(made);
        }
    }

    function _termsOf(uint256 i) private view returns (UnderwritingTerms memory made) {
        made = terms;
        if (i == 0) made.riskLimit = 0;
        if (i == 1) made.riskLimit = made.eventLimit + 1;
        if (i == 2) made.capacity = made.eventLimit - 1;
        if (i == 3) made.capacity = uint64(WAD) + 1;
        if (i == 4) made.maxWindow = 1 hours - 1;
        if (i == 5) made.maxWindow = 730 days + 1;
        if (i == 6) made.cooldown = 365 days + 1;
        if (i == 7) made.desk = address(0);
        if (i == 8) made.manager = address(0);
        if (i == 9) made.asset = 0;
        if (i == 10) made.asset = poolId.shareId(address(pools));
    }

    function test_desks_areTheOnesOfTheTerms_INS_13() public {
        _deposit(ALICE, 1000 * USD);
        IUnderwritingPool.Sale memory sale = IUnderwritingPool.Sale(
            0,
            10,
            1,
            vm.getBlockTimestamp(),
            vm.getBlockTimestamp()
        );
        IUnderwritingPool.Result memory result;
        bytes memory reason = abi.encodeWithSelector(
            IUnderwritingPool.UnderwritingNotDesk.selector,
            address(this),
            address(desk)
        );
        vm.expectRevert(reason);
        pools.backCover(poolId, sale);
        vm.expectRevert(reason);
        pools.releaseCover(poolId, result);
        vm.expectRevert(reason);
        pools.creditFee(poolId, ALICE, 1);
        vm.expectRevert(reason);
        _onPool(terms, address(this), 0, abi.encodeCall(IUnderwritingActions.payClaims, (1)));
        _fund(home1, address(this), 1);
        vm.expectRevert(reason);
        _onPool(terms, address(this), 1, abi.encodeCall(IUnderwritingActions.returnPremiums, ()));
    }

    /// @dev A desk's sales are held to the pool's limits, and its payments to the book.
    function test_desks_areHeldToTheLimits_INS_02() public {
        terms.desk = address(this);
        poolId = _createPool(terms);
        _deposit(ALICE, 1000 * USD);
        uint256 time = vm.getBlockTimestamp();
        IUnderwritingPool.Sale memory sale = IUnderwritingPool.Sale("quake", 700 * USD, USD, time, time);
        pools.backCover(poolId, sale);
        vm.expectRevert(
            abi.encodeWithSelector(
                IUnderwritingPool.UnderwritingEventLimitExceeded.selector,
                bytes32("quake"),
                800 * USD + 1,
                800 * USD
            )
        );
        (sale.cover, sale.premium) = (100 * USD + 1, 0);
        pools.backCover(poolId, sale);
        (sale.eventId, sale.cover) = (0, 300 * USD + 1);
        vm.expectPartialRevert(IUnderwritingPool.UnderwritingCapacityExceeded.selector);
        pools.backCover(poolId, sale);
        (sale.cover, sale.premium) = (10, 11);
        vm.expectRevert(abi.encodeWithSelector(IUnderwritingPool.UnderwritingPremiumTooHigh.selector, 11, 10));
        pools.backCover(poolId, sale);
        (sale.premium, sale.deadline) = (1, time + 120 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IUnderwritingPool.UnderwritingInvalidWindow.selector,
                time,
                time + 120 days + 1,
                time + 120 days
            )
        );
        pools.backCover(poolId, sale);
        (sale.end, sale.deadline) = (time - 1, time);
        vm.expectPartialRevert(IUnderwritingPool.UnderwritingInvalidWindow.selector);
        pools.backCover(poolId, sale);
        IUnderwritingPool.Result memory result = IUnderwritingPool.Result("quake", 700 * USD, 0, 0, BOB, 0, false);
        result.loss = 700 * USD + 1;
        vm.expectPartialRevert(IUnderwritingPool.UnderwritingLossTooLarge.selector);
        pools.releaseCover(poolId, result);
        (result.loss, result.surplus) = (0, 700 * USD + 1);
        vm.expectPartialRevert(IUnderwritingPool.UnderwritingLossTooLarge.selector);
        pools.releaseCover(poolId, result);
        (result.cover, result.surplus) = (700 * USD + 1, 0);
        vm.expectPartialRevert(IUnderwritingPool.UnderwritingLossTooLarge.selector);
        pools.releaseCover(poolId, result);
        vm.expectPartialRevert(IUnderwritingPool.UnderwritingAmountTooLarge.selector);
        _onPool(terms, address(this), 0, abi.encodeCall(IUnderwritingActions.payClaims, (2 ** 96)));
        vm.expectPartialRevert(ILedger.LedgerInsufficientBook.selector);
        _onPool(terms, address(this), 0, abi.encodeCall(IUnderwritingActions.payClaims, (1001 * USD)));
    }

    function test_entries_refuseStrangers() public {
        vm.expectRevert(abi.encodeWithSelector(IUnderwritingPool.UnderwritingNotLedger.selector, address(this)));
        pools.onLedgerCall(ALICE, 0, Word.wrap(0), Word.wrap(0), "");
        vm.expectRevert(abi.encodeWithSelector(IUnderwritingPool.UnderwritingNotLedger.selector, address(this)));
        pools.onLedgerBatch(0, Word.wrap(0), 0, "", new uint256[](0));
        vm.expectRevert(
            abi.encodeWithSelector(IUnderwritingPool.UnderwritingUnknownAction.selector, bytes4(0x12345678))
        );
        _onPool(terms, ALICE, 0, hex"12345678");
        UnderwritingTerms memory made = terms;
        made.cooldown = 5;
        vm.expectPartialRevert(IUnderwritingPool.UnderwritingUnknownPool.selector);
        _onPool(made, ALICE, 0, abi.encodeCall(IUnderwritingActions.claimFees, ()));
        vm.expectPartialRevert(IUnderwritingPool.UnderwritingWrongPool.selector);
        _onPool(made, ALICE, 0, abi.encodeCall(IUnderwritingActions.createPool, (terms)));
    }

    function test_metadata_isOfTheAsset() public {
        MockERC20 token = new MockERC20("Token", "TOKEN", 18);
        UnderwritingTerms memory made = terms;
        made.asset = _id(address(token));
        UnderwritingId id = _createPool(made);
        assertEq(pools.assetDecimals(UnderwritingId.unwrap(id)), 21, "decimals of a share");
        assertEq(pools.assetDecimals(UnderwritingId.unwrap(poolId)), 9, "decimals of a share of dollars");
        uint256 shares = _deposit(ALICE, USD);
        assertEq(pools.assetSupply(UnderwritingId.unwrap(poolId)), shares, "supply");
        (RiskTerms memory risk, RiskId riskId) = _open("risk");
        assertEq(desk.assetDecimals(RiskId.unwrap(riskId)), 6, "decimals of cover");
        _buy(BUYER, risk, USD / 2);
        assertEq(desk.assetSupply(RiskId.unwrap(riskId)), USD / 2, "supply of cover");
        assertEq(bytes(desk.assetName(RiskId.unwrap(riskId))).length, 21, "name");
        assertEq(bytes(pools.assetSymbol(UnderwritingId.unwrap(id))).length, 13, "symbol");
        assertTrue(desk.riskOf(riskId).state == ICoverDesk.RiskState.OPEN, "state");
    }
}
