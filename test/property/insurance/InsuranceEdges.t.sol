// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoverActions} from "../../../contracts/interfaces/ICoverActions.sol";
import {ICoverDesk} from "../../../contracts/interfaces/ICoverDesk.sol";
import {ICoverOracle} from "../../../contracts/interfaces/ICoverOracle.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {IOracleErrors} from "../../../contracts/interfaces/IOracleErrors.sol";
import {IUnderwritingActions} from "../../../contracts/interfaces/IUnderwritingActions.sol";
import {IUnderwritingPool} from "../../../contracts/interfaces/IUnderwritingPool.sol";
import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {WordLib} from "../../../contracts/libraries/WordLib.sol";
import {MockERC20} from "../../../contracts/mocks/MockERC20.sol";
import {MockRounds} from "../../../contracts/mocks/MockRounds.sol";
import {FeedTrigger} from "../../../contracts/oracle/FeedTrigger.sol";
import {ReporterOracle} from "../../../contracts/oracle/ReporterOracle.sol";
import {InsuranceLens} from "../../../contracts/periphery/InsuranceLens.sol";
import {CoverProduct} from "../../../contracts/types/CoverProduct.sol";
import {RiskId} from "../../../contracts/types/RiskId.sol";
import {RiskTerms} from "../../../contracts/types/RiskTerms.sol";
import {UnderwritingId} from "../../../contracts/types/UnderwritingId.sol";
import {UnderwritingTerms} from "../../../contracts/types/UnderwritingTerms.sol";
import {Word} from "../../../contracts/types/Word.sol";
import {InsuranceFixture} from "../../helpers/solidity/InsuranceFixture.sol";

/// @title InsuranceEdgesTest
/// @notice What pools, desk and oracles refuse at their edges, in calls and in operations of sections that no client would write.
contract InsuranceEdgesTest is InsuranceFixture {
    uint256 private constant USD = 1e6;
    address private constant ALICE = address(0xA11CE);
    address private constant BUYER = address(0xB111);
    Word private constant FLAGGED = Word.wrap(uint256(1) << 224);

    RiskTerms private risk;
    RiskId private id;

    function setUp() public {
        _deployInsurance();
        _deposit(ALICE, 1000 * USD);
        (risk, id) = _open("risk");
    }

    /* POOLS */

    function test_pool_saysWhatItIs() public view {
        assertEq(address(pools.LEDGER()), address(ledger), "ledger");
        assertEq(
            bytes(pools.assetName(UnderwritingId.unwrap(poolId))).length,
            bytes("Lakh underwriting ").length + 10,
            "name"
        );
    }

    function test_pool_refusesAnotherShareASecondInputAndStrangers() public {
        bytes32 book = UnderwritingId.unwrap(poolId);
        uint256 expected = poolId.shareId(address(pools));
        vm.prank(address(ledger));
        vm.expectRevert(abi.encodeWithSelector(IUnderwritingPool.UnderwritingWrongShare.selector, 7, expected));
        pools.onLedgerBatch(book, FLAGGED, 7, "", new uint256[](0));
        vm.prank(address(ledger));
        vm.expectRevert(abi.encodeWithSelector(IUnderwritingPool.UnderwritingWrongInputs.selector, 5, 6));
        pools.onLedgerCall(ALICE, book, FLAGGED, WordLib.pack(5, 6), abi.encodeCall(IUnderwritingActions.deposit, (0)));
        vm.prank(address(0));
        vm.expectRevert(abi.encodeWithSelector(IUnderwritingPool.UnderwritingNotDesk.selector, address(0), address(0)));
        pools.creditFee(UnderwritingId.wrap("none"), ALICE, 1);
    }

    /// @dev What is nobody's makes shares dear; who gets none for his units is refused.
    function test_deposit_refusesUnitsThatAreNoShare() public {
        uint256 shares = _deposit(BUYER, 1000 * USD);
        uint256 requestId = _requestExit(ALICE, 1000 * USD * 1000);
        _buy(BUYER, risk, 500 * USD);
        _lose(0);
        vm.warp(risk.fallbackBy + 1 days);
        _claimExit(ALICE, requestId);
        requestId = _requestExit(BUYER, shares);
        skip(1 days);
        _claimExit(BUYER, requestId);
        skip(30 days);
        assertGt(
            pools.stateOf(poolId).assets,
            1000,
            "what the first left, and was earned when the second had left too"
        );
        _fund(home1, ALICE, 1);
        vm.expectRevert(IUnderwritingPool.UnderwritingZeroAmount.selector);
        _onPool(terms, ALICE, 1, abi.encodeCall(IUnderwritingActions.deposit, (0)));
    }

    function test_pool_backsNothingWhoseEndIsBehindItsDeadline() public {
        uint256 now_ = vm.getBlockTimestamp();
        IUnderwritingPool.Sale memory sale = IUnderwritingPool.Sale(0, USD, 1, now_ + 2 days, now_ + 1 days);
        vm.prank(address(desk));
        vm.expectRevert(
            abi.encodeWithSelector(
                IUnderwritingPool.UnderwritingInvalidWindow.selector,
                sale.end,
                sale.deadline,
                now_ + 120 days
            )
        );
        pools.backCover(poolId, sale);
    }

    function test_poolSection_leavesWhatCannotBe() public {
        assertEq(_onPoolBatch(new uint256[](0)).length, 0, "no operation");
        uint256 shares = 1000 * USD * 1000;
        uint256[] memory operations = new uint256[](14);
        (operations[0], operations[1]) = OperationLib.pack(ALICE, 0, 1, USD, 0); // of no kind
        (operations[2], operations[3]) = OperationLib.pack(ALICE, 0, 0, USD, uint224(1000 * USD + 1)); // too few shares
        (operations[4], operations[5]) = OperationLib.pack(ALICE, 0, 0, type(uint96).max, 0); // more than fits
        (operations[6], operations[7]) = OperationLib.pack(ALICE, 0, 2, shares, uint224(1000 * USD + 1)); // worth less
        (operations[8], operations[9]) = OperationLib.pack(ALICE, 0, 2, shares + 1, 0); // more than there are
        (operations[10], operations[11]) = OperationLib.pack(address(0), 0, 3, 0, 1); // nobody's
        (operations[12], operations[13]) = OperationLib.pack(ALICE, 0, 3, 0, 1); // no request
        uint256[] memory payouts = _onPoolBatch(operations);
        for (uint256 i; i < 7; ++i) assertEq(payouts[i], OperationLib.FAILED, "an operation that cannot be");
    }

    function test_decimals_areNoneOfATokenThatSaysAbsurdOnes() public {
        MockERC20 absurd = new MockERC20("Absurd", "ABS", 200);
        UnderwritingTerms memory made = terms;
        made.asset = uint160(address(absurd));
        assertEq(pools.assetDecimals(UnderwritingId.unwrap(_createPool(made))), 3, "decimals of shares");
    }

    /* DESK */

    function test_desk_saysWhatItIsAndRefusesAbsurdCosts() public {
        assertEq(bytes(desk.assetSymbol(RiskId.unwrap(id))).length, bytes("CV-").length + 10, "symbol");
        uint256 most = type(uint96).max;
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverCostTooHigh.selector, most + 1, most));
        desk.coverFor(id, most + 1);
        vm.prank(address(ledger));
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverWrongInputs.selector, 5, 6));
        desk.onLedgerCall(
            BUYER,
            RiskId.unwrap(id),
            FLAGGED,
            WordLib.pack(5, 6),
            abi.encodeCall(ICoverActions.buy, (USD, address(0)))
        );
    }

    function test_product_refusesEachTermOutOfOrder() public {
        CoverProduct memory good = _product();
        good.termsHash = "another";
        for (uint256 i; i < 5; ++i) {
            CoverProduct memory product = _copy(good);
            if (i == 0) product.minRate = product.kinkRate + 1;
            if (i == 1) product.maxRate = type(uint64).max;
            if (i == 2) product.kinkRate = product.maxRate + 1;
            if (i == 3) product.kink = uint64(WAD + 1);
            if (i == 4) product.referral = uint64(WAD + 1);
            vm.expectPartialRevert(i < 4 ? ICoverDesk.CoverInvalidRates.selector : ICoverDesk.CoverInvalidFee.selector);
            desk.createProduct(product);
        }
        good.feeTo = address(0);
        vm.expectRevert(ICoverDesk.CoverZeroAddress.selector);
        desk.createProduct(good);
    }

    function test_deskSection_refusesOtherParametersAndUnknownRisks() public {
        bytes32 book = RiskId.unwrap(id);
        uint256 cover = id.coverId(address(desk));
        vm.prank(address(ledger));
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverInvalidParameters.selector, 5));
        desk.onLedgerBatch(book, FLAGGED, cover, "12345", new uint256[](0));
        RiskId none = RiskId.wrap("none");
        cover = none.coverId(address(desk));
        vm.prank(address(ledger));
        vm.expectRevert(abi.encodeWithSelector(ICoverDesk.CoverUnknownRisk.selector, none));
        desk.onLedgerBatch(RiskId.unwrap(none), FLAGGED, cover, "", new uint256[](0));
        assertEq(_onRiskBatch(id, "", new uint256[](0)).length, 0, "no operation");
        assertEq(_onRiskBatch(id, abi.encode(ALICE), new uint256[](0)).length, 0, "no operation of a referrer");
    }

    function test_deskSection_leavesPurchasesThatCannotBe() public {
        uint256[] memory operations = new uint256[](4);
        (operations[0], operations[1]) = OperationLib.pack(BUYER, 0, 0, 1 << 100, 0); // more than any cost
        (operations[2], operations[3]) = OperationLib.pack(BUYER, 0, 0, USD, type(uint112).max); // too little cover
        uint256[] memory payouts = _onRiskBatch(id, "", operations);
        assertEq(payouts[0], OperationLib.FAILED, "absurd cost");
        assertEq(payouts[1], OperationLib.FAILED, "too little cover");
        // Where cover costs more than it can pay nothing is for sale.
        RiskTerms memory dear = risk;
        (dear.baseRate, dear.oracleData) = (uint64(WAD), "dear");
        RiskId dearId = desk.openRisk(dear);
        operations = new uint256[](2);
        (operations[0], operations[1]) = OperationLib.pack(BUYER, 0, 0, USD, 0);
        assertEq(_onRiskBatch(dearId, "", operations)[0], OperationLib.FAILED, "worthless cover");
        (uint256 cover, ) = desk.coverFor(dearId, USD);
        assertEq(cover, 0, "worthless cover in the view");
    }

    function test_deskSection_leavesRedemptionsThatCannotBe() public {
        _buy(BUYER, risk, 100 * USD);
        _lose(0.5e9);
        uint256[] memory operations = new uint256[](4);
        (operations[0], operations[1]) = OperationLib.pack(BUYER, 0, 2, 100 * USD + 1, 0);
        (operations[2], operations[3]) = OperationLib.pack(BUYER, 0, 2, 100 * USD, uint224(50 * USD + 1));
        uint256[] memory payouts = _onRiskBatch(id, "", operations);
        assertEq(payouts[0], OperationLib.FAILED, "more than there is");
        assertEq(payouts[1], OperationLib.FAILED, "less than is asked for");
        assertEq(desk.settleHolders(id, new address[](0)), 0, "nobody");
    }

    function test_settleHolders_paysNoPartOfAUnit() public {
        _buy(BUYER, risk, 100 * USD);
        uint256 cover = id.coverId(address(desk));
        vm.prank(BUYER);
        ledger.transfer(ALICE, cover, 1);
        _lose(100); // 10 units in all
        address[] memory holders = new address[](2);
        (holders[0], holders[1]) = (ALICE, BUYER);
        for (uint256 i; i < 2; ++i) {
            vm.prank(holders[i]);
            ledger.setOperator(address(desk), true);
        }
        uint256 before = ledger.balanceOf(ALICE, asset);
        assertApproxEqAbs(desk.settleHolders(id, holders), 10, 1, "paid in all");
        assertEq(ledger.balanceOf(ALICE, asset), before, "a part of a unit");
    }

    /* LENS */

    function test_lens_showsExitsThatWaitAndThatLose() public {
        InsuranceLens lens = new InsuranceLens(ICoverDesk(address(desk)));
        assertEq(lens.coversOf(new RiskId[](0), ALICE).length, 0, "no risk");
        _buy(BUYER, risk, 500 * USD);
        uint256 requestId = _requestExit(ALICE, 1000 * USD * 1000);
        InsuranceLens.RequestView memory request = lens.requestOf(poolId, requestId);
        assertEq(request.isReady, false, "ready at once");
        vm.warp(request.readyAt);
        assertEq(lens.requestOf(poolId, requestId).isReady, false, "ready while capital is locked");
    }

    function test_lens_showsWhatALossTakesOfARequest() public {
        InsuranceLens lens = new InsuranceLens(ICoverDesk(address(desk)));
        _buy(BUYER, risk, 500 * USD);
        uint256 requestId = _requestExit(ALICE, 1000 * USD * 1000);
        uint256 before = lens.requestOf(poolId, requestId).assets;
        _lose(1e9);
        uint256 left = lens.requestOf(poolId, requestId).assets;
        assertLe(left, before - 450 * USD, "worth after the loss");
        vm.warp(lens.requestOf(poolId, requestId).readyAt);
        left = lens.requestOf(poolId, requestId).assets;
        assertEq(_claimExit(ALICE, requestId), left, "paid");
    }

    /* ORACLES */

    function test_feed_isStoppedWithoutARoundAndRefusesTimesThatAreNone() public {
        uint256 end = vm.getBlockTimestamp();
        ICoverOracle.Question memory question = ICoverOracle.Question(RiskId.wrap("q"), 0, end - 1, end);
        FeedTrigger trigger = new FeedTrigger(MockRounds(address(new RoundlessFeed())), 3 days);
        vm.warp(end + 2 days);
        vm.expectPartialRevert(FeedTrigger.OracleFeedStopped.selector);
        trigger.outcomeOf(question, "");
        MockRounds feed = new MockRounds(8);
        trigger = new FeedTrigger(feed, 3 days);
        uint256[2] memory times = [uint256(0), vm.getBlockTimestamp() + 1];
        for (uint256 i; i < 2; ++i) {
            uint80 round = feed.push(1e8, times[i]);
            vm.expectRevert(abi.encodeWithSelector(IOracleErrors.OracleInvalidTime.selector, address(feed), times[i]));
            trigger.outcomeOf(question, abi.encode(round));
        }
    }

    function test_reporters_postNothingWhereNothingIsAsked() public {
        address[] memory reporters = new address[](1);
        reporters[0] = ALICE;
        ReporterOracle free = new ReporterOracle(ILedger(address(ledger)), asset, 0, FEE_TO, reporters, 1);
        vm.prank(ALICE);
        free.postBond();
        (uint112 amount, , ) = free.bondOf(ALICE);
        assertEq(amount, 0, "bond");
    }

    /* HELPERS */

    function _lose(uint256 ratio) private {
        oracle.set(true, ratio);
        vm.warp(risk.end);
        desk.reportAndSettle(id, "");
    }

    function _onPoolBatch(uint256[] memory operations) private returns (uint256[] memory payouts) {
        uint256 share = poolId.shareId(address(pools));
        vm.prank(address(ledger));
        (, , payouts) = pools.onLedgerBatch(UnderwritingId.unwrap(poolId), FLAGGED, share, "", operations);
    }

    function _onRiskBatch(
        RiskId riskId,
        bytes memory parameters,
        uint256[] memory operations
    ) private returns (uint256[] memory payouts) {
        uint256 cover = riskId.coverId(address(desk));
        vm.prank(address(ledger));
        (, , payouts) = desk.onLedgerBatch(RiskId.unwrap(riskId), FLAGGED, cover, parameters, operations);
    }

    function _copy(CoverProduct memory product) private pure returns (CoverProduct memory) {
        return abi.decode(abi.encode(product), (CoverProduct));
    }
}

/// @notice A feed that has answered nothing yet, as an answer without a round.
contract RoundlessFeed {
    uint8 public constant decimals = 8;

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (0, 1e8, block.timestamp, block.timestamp, 0);
    }
}
