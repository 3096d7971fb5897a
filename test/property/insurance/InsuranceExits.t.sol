// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IUnderwritingActions} from "../../../contracts/interfaces/IUnderwritingActions.sol";
import {IUnderwritingPool} from "../../../contracts/interfaces/IUnderwritingPool.sol";
import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {CoverProduct} from "../../../contracts/types/CoverProduct.sol";
import {ProductId} from "../../../contracts/types/ProductId.sol";
import {RiskId} from "../../../contracts/types/RiskId.sol";
import {RiskTerms} from "../../../contracts/types/RiskTerms.sol";
import {InsuranceFixture} from "../../helpers/solidity/InsuranceFixture.sol";

/// @title InsuranceExits
/// @notice What who waits for his exit has of premiums, losses and voids, and what he leaves to the others.
contract InsuranceExits is InsuranceFixture {
    uint256 private constant USD = 1e6;
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);
    address private constant CAROL = address(0xCA401);
    address private constant BUYER = address(0xB111);

    /// @dev What is left after a void and a finalisation.
    struct Outcome {
        uint256 paid;
        uint256 assets;
        uint256 unearnedX32;
        uint256 worth;
    }

    function setUp() public {
        _deployInsurance();
    }

    /* PREMIUMS AND LOSSES OF WHO WAITS */

    /// @dev Premiums of cover that she backs to its end are hers; a dollar of the last moment has none of them.
    function test_whoWaitsHasThePremiumsOfWhatSheBacks_INS_06(uint256 wait) public {
        uint256 shares = _deposit(ALICE, 1_000_000 * USD);
        (RiskTerms memory risk, RiskId id) = _open("risk");
        uint256 net = (_buy(BUYER, risk, 500_000 * USD) * 10) / 11;
        skip(bound(wait, 0, 29 days));
        uint256 requestId = _requestExit(ALICE, shares);
        assertApproxEqAbs(pools.requestOf(poolId, requestId).assets, 1_000_000 * USD + net, 1, "cap");
        oracle.set(true, 0);
        vm.warp(risk.end);
        desk.reportAndSettle(id, "");
        vm.warp(pools.requestOf(poolId, requestId).readyAt);
        uint256 hers = _deposit(BOB, 1 * USD); // the block of the claim
        assertApproxEqAbs(_claimExit(ALICE, requestId), 1_000_000 * USD + net, 1, "paid to Alice");
        skip(14 days);
        requestId = _requestExit(BOB, hers);
        skip(1 days);
        assertLe(_claimExit(BOB, requestId), 1 * USD + 2, "paid to Bob for a dollar");
    }

    /// @dev Nothing of what is sold after the request is hers: it comes back to Bob, who bought it himself, but for the fee.
    function test_whoWaitsHasNothingOfLaterPremiums_INS_06() public {
        (uint256 requestId, RiskTerms memory risk, RiskId id, uint256 cost) = _laterCover();
        oracle.set(true, 0);
        vm.warp(risk.end);
        desk.reportAndSettle(id, "");
        vm.warp(pools.requestOf(poolId, requestId).readyAt);
        assertEq(_claimExit(ALICE, requestId), 900_000 * USD, "paid to Alice");
        skip(14 days);
        uint256 back = pools.stateOf(poolId).assets - 900_000 * USD;
        assertApproxEqAbs(back, (cost * 10) / 11, 3, "premium that came back");
    }

    /// @dev As the documents say: she bears losses of what is sold after her request, too.
    function test_whoWaitsBearsLaterLosses_INS_08() public {
        (uint256 requestId, RiskTerms memory risk, RiskId id, uint256 cost) = _laterCover();
        oracle.set(true, 1e9);
        vm.warp(risk.start);
        desk.reportAndSettle(id, "");
        assertEq(_redeem(BOB, risk, 540_000 * USD), 540_000 * USD, "paid to the holder");
        vm.warp(pools.requestOf(poolId, requestId).readyAt);
        uint256 paid = _claimExit(ALICE, requestId);
        assertGe(paid, 630_000 * USD, "paid to Alice: half of what is left");
        assertLe(paid, 630_000 * USD + cost / 2, "paid to Alice: half of what is left, and of the premium");
    }

    /// @dev As the documents say: limits bound what is locked at once. Over many risks a manager who is in league with an oracle takes all
    /// there is, of who waits too.
    function test_limitsBoundWhatIsLockedAtOnce() public {
        (terms.capacity, terms.eventLimit, terms.riskLimit) = (0.5e18, 0.5e18, 0.5e18);
        poolId = _createPool(terms);
        uint256 requestId = _requestExit(ALICE, _deposit(ALICE, 1_000_000 * USD));
        _deposit(CAROL, 1_000_000 * USD);
        CoverProduct memory product = _product();
        (product.minRate, product.kinkRate, product.maxRate, product.fee) = (1, 1, 1, 0);
        ProductId productId = desk.createProduct(product);
        oracle.set(true, 1e9);
        uint256 gain;
        for (uint256 i; i < 20; ++i) {
            uint256 taken = _takeCapacity(productId, bytes32(i));
            assertLe(taken, 500_000 * USD, "taken at once");
            gain += taken;
        }
        assertGe(gain, 1_990_000 * USD, "taken in all");
        vm.warp(pools.requestOf(poolId, requestId).readyAt);
        assertLe(_claimExit(ALICE, requestId), 5_000 * USD, "paid to Alice");
    }

    /* VOIDS */

    /// @dev A premium that an exit left flows a second time; a void takes it back from there. Who deposits then gains nothing by it.
    function test_aVoidTakesBackWhatAnExitLeft_INS_17() public {
        (uint256 requestId, RiskId id, uint256 net, uint256 carols) = _queueAndSell(0.3e18);
        _finalise(requestId);
        (uint256 excess, uint256 end) = pools.excessOf(poolId);
        assertApproxEqAbs(excess, (net * 9) / 10, 2, "what the exit left");
        assertEq(end, vm.getBlockTimestamp() + 7 days, "end of what the exit left");
        assertEq(pools.stateOf(poolId).unearnedX32, excess << 32, "what is not earned");
        desk.voidRisk(id);
        desk.settle(id);
        assertApproxEqAbs(_worth(carols), 100_000 * USD, 2, "Carol's at the void");
        assertEq(pools.stateOf(poolId).unearnedX32, 0, "what flows");
        uint256 bobs = _deposit(BOB, 10_000_000 * USD);
        skip(14 days);
        assertApproxEqAbs(_worth(carols), 100_000 * USD, 2, "Carol's two weeks later");
        assertLe(_worth(bobs), 10_000_000 * USD, "Bob's two weeks later");
        assertEq(_claimExit(ALICE, requestId), 900_000 * USD, "paid to Alice");
        assertEq(_poolBook(), pools.stateOf(poolId).assets, "book");
    }

    /// @dev What flowed before the void is in the price, and goes out of it: no more than that.
    function test_aVoidTakesWhatHasFlowedOutOfThePrice_INS_17(uint256 wait) public {
        (uint256 requestId, RiskId id, uint256 net, ) = _queueAndSell(0.3e18);
        _finalise(requestId);
        skip(bound(wait, 0, 10 days));
        (uint256 excess, ) = pools.excessOf(poolId);
        uint256 assets = pools.stateOf(poolId).assets;
        desk.voidRisk(id);
        assertEq(pools.stateOf(poolId).assets, assets - (net - excess), "assets");
        (excess, ) = pools.excessOf(poolId);
        assertEq(excess, 0, "what flows");
    }

    /// @dev Which of the two comes first changes nothing for those who stay; the exit is paid its cap either way.
    function test_aVoidAndAFinalisationInEitherOrder_INS_17(uint256 rate, uint256 premium, uint256 wait) public {
        (uint256 requestId, RiskId id, , uint256 carols) = _queueAndSell(bound(rate, 0, 0.5e18));
        premium = bound(premium, 0, 20_000 * USD);
        // Of another one, which is reported, so that there is more in the price.
        if (premium >= 1000) _buyAndReport(premium);
        skip(bound(wait, 0, 10 days));
        uint256 snapshot = vm.snapshotState();
        _finalise(requestId);
        _void(id);
        Outcome memory first = _outcome(requestId, carols);
        vm.revertToState(snapshot);
        _void(id);
        _finalise(requestId);
        Outcome memory second = _outcome(requestId, carols);
        assertEq(first.paid, second.paid, "paid to Alice");
        assertEq(
            (first.assets << 32) + first.unearnedX32,
            (second.assets << 32) + second.unearnedX32,
            "assets with what is not earned"
        );
        assertApproxEqAbs(first.worth, second.worth, 1, "Carol's when all has flowed");
        assertGe(first.worth, 100_000 * USD - 1, "Carol's when all has flowed, against what she paid");
    }

    /* UNPAID REQUESTS AND LONG LINES */

    /// @dev Who leaves a final request of nearly all that a pool can have unpaid holds nobody behind it.
    function test_unpaidRequestsHoldNobody_INS_09() public {
        uint256 shares = _deposit(ALICE, 1_000_000 * USD);
        uint256 most = type(uint96).max - 1_000_000 * USD;
        uint256 first = _requestExit(BOB, _deposit(BOB, most));
        skip(1 days);
        _finalise(first);
        uint256 second = _requestExit(BOB, _deposit(BOB, 1_000_001 * USD));
        uint256 third = _requestExit(ALICE, shares);
        skip(1 days);
        _finalise(second);
        assertTrue(_settleClaim(ALICE, third), "a section with the claim");
        assertEq(ledger.balanceOf(ALICE, asset), 1_000_000 * USD, "paid to Alice");
        (, , uint256 owed) = pools.queueOf(poolId);
        assertGt(owed, type(uint96).max, "set aside");
        assertEq(_claimExit(BOB, first), most, "paid to Bob, who was first");
        assertEq(_claimExit(BOB, second), 1_000_001 * USD, "paid to Bob");
    }

    /// @dev A signed claim makes 64 requests final, and no more; a wallet's call pays for as many as it wants.
    function test_aSectionsClaimMakesFewRequestsFinal_INS_14() public {
        uint256 shares = _deposit(ALICE, 1_000_000 * USD);
        for (uint256 i; i < 65; ++i) _requestExit(BUYER, _deposit(BUYER, USD));
        uint256 requestId = _requestExit(ALICE, shares);
        skip(1 days);
        assertTrue(!_settleClaim(ALICE, requestId), "a claim behind 65 requests");
        assertTrue(!_settleClaim(BUYER, 65), "a claim behind 64 requests");
        assertTrue(_settleClaim(BUYER, 64), "a claim behind 63 requests");
        assertTrue(_settleClaim(ALICE, requestId), "a claim behind one request");
        (, uint256 finalCount, ) = pools.queueOf(poolId);
        assertEq(finalCount, 66, "requests that are final");
    }

    function test_aWalletsClaimMakesAllBeforeItFinal_INS_09() public {
        uint256 shares = _deposit(ALICE, 1_000_000 * USD);
        for (uint256 i; i < 65; ++i) _requestExit(BUYER, _deposit(BUYER, USD));
        uint256 requestId = _requestExit(ALICE, shares);
        skip(1 days);
        assertEq(_claimExit(ALICE, requestId), 1_000_000 * USD, "paid");
    }

    /// @dev In a section an exit is asked for at its cap: the limit is held against it.
    function test_aSectionsRequestHasItsCapAtLeast_INS_14() public {
        uint256 shares = _deposit(ALICE, 1_000_000 * USD);
        (RiskTerms memory risk, ) = _open("risk");
        _buy(BUYER, risk, 500_000 * USD);
        IUnderwritingPool.State memory state = pools.stateOf(poolId);
        uint256 cap = (shares * (state.assets + (state.unearnedX32 >> 32) + 1)) / (state.shares + 1000);
        assertGt(cap, 1_018_000 * USD, "cap");
        assertTrue(!_settle(ALICE, poolId.shareId(address(pools)), 2, shares, cap + 1), "a request for more");
        assertTrue(_settle(ALICE, poolId.shareId(address(pools)), 2, shares, cap), "a request for its cap");
        assertEq(pools.requestOf(poolId, 1).assets, cap, "cap of the request");
    }

    /* HELPERS */

    /// @dev Nine tenths wait, a tenth stays and backs cover of 60,000, which nobody reports: it can be void now.
    function _queueAndSell(
        uint256 baseRate
    ) private returns (uint256 requestId, RiskId id, uint256 net, uint256 carols) {
        uint256 shares = _deposit(ALICE, 900_000 * USD);
        carols = _deposit(CAROL, 100_000 * USD);
        requestId = _requestExit(ALICE, shares);
        (RiskTerms memory risk, ) = _open("another");
        (risk.baseRate, risk.oracleData) = (uint64(baseRate), "silent");
        id = desk.openRisk(risk);
        net = (_buy(BUYER, risk, 60_000 * USD) * 10) / 11;
        vm.warp(desk.riskOf(id).voidFrom);
    }

    function _buyAndReport(uint256 cover) private {
        (RiskTerms memory risk, ) = _open("a third");
        uint32 now_ = uint32(vm.getBlockTimestamp());
        (risk.baseRate, risk.oracleData) = (0.9e18, "said");
        (risk.cutoff, risk.start, risk.end) = (now_ + 1, now_ + 1, now_ + 2);
        RiskId id = desk.openRisk(risk);
        _buy(BUYER, risk, cover);
        oracle.set(true, 0);
        skip(2);
        desk.reportAndSettle(id, "");
    }

    /// @dev Alice waits; Bob's deposit and cover come after her request.
    function _laterCover() private returns (uint256 requestId, RiskTerms memory risk, RiskId id, uint256 cost) {
        uint256 shares = _deposit(ALICE, 900_000 * USD);
        (RiskTerms memory old, ) = _open("old");
        _buy(BUYER, old, 2);
        requestId = _requestExit(ALICE, shares);
        _deposit(BOB, 900_000 * USD);
        (risk, id) = _open("new");
        cost = _buy(BOB, risk, 539_999 * USD) + _buy(BOB, risk, 1 * USD);
    }

    function _takeCapacity(ProductId productId, bytes32 name) private returns (uint256) {
        RiskTerms memory risk = _riskOf(productId, 0, name);
        uint32 now_ = uint32(vm.getBlockTimestamp());
        (risk.baseRate, risk.cutoff, risk.start) = (0, now_ + 1, now_ + 1);
        (risk.end, risk.reportBy, risk.fallbackBy) = (now_ + 2, now_ + 3, now_ + 3);
        RiskId id = desk.openRisk(risk);
        (, uint256 room) = desk.coverFor(id, 0);
        uint256 cost = _buy(BUYER, risk, room);
        skip(1);
        desk.reportAndSettle(id, "");
        return _redeem(BUYER, risk, room) - cost;
    }

    function _void(RiskId id) private {
        desk.voidRisk(id);
        desk.settle(id);
    }

    function _finalise(uint256 requestId) private {
        _onPool(terms, CAROL, 0, abi.encodeCall(IUnderwritingActions.finaliseExits, (requestId)));
    }

    /// @dev What is there now, and what it is worth two weeks later.
    function _outcome(uint256 requestId, uint256 shares) private returns (Outcome memory outcome) {
        IUnderwritingPool.State memory state = pools.stateOf(poolId);
        (outcome.assets, outcome.unearnedX32) = (state.assets, state.unearnedX32);
        outcome.paid = _claimExit(ALICE, requestId);
        skip(14 days);
        outcome.worth = _worth(shares);
    }

    function _worth(uint256 shares) private view returns (uint256) {
        IUnderwritingPool.State memory state = pools.stateOf(poolId);
        return (shares * (state.assets + 1)) / (state.shares + 1000);
    }

    function _settleClaim(address account, uint256 requestId) private returns (bool) {
        return _settle(account, asset, 3, 0, requestId);
    }

    /// @dev Whether a section did this operation.
    function _settle(address account, uint256 id, uint8 kind, uint256 amount, uint256 limit) private returns (bool) {
        vm.prank(account);
        ledger.setConsent(id, 1);
        uint256[] memory operations = new uint256[](2);
        uint8 sequence = uint8(ledger.wordOf(account, id).flags() >> 8);
        (operations[0], operations[1]) = OperationLib.pack(account, sequence, kind, amount, uint224(limit));
        (bool executed, uint256[] memory skipped) = settlement.settleWords(_poolSection(), operations);
        assertTrue(executed, "a section");
        return skipped[0] == 0;
    }
}
