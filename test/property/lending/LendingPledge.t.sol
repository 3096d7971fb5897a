// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {ILendingActions} from "../../../contracts/interfaces/ILendingActions.sol";
import {MockPriceOracle} from "../../../contracts/mocks/MockPriceOracle.sol";
import {LendingLens} from "../../../contracts/periphery/LendingLens.sol";
import {MarketId} from "../../../contracts/types/MarketId.sol";
import {ADAPTIVE_CURVE, MarketParams} from "../../../contracts/types/MarketParams.sol";
import {LendingFixture} from "../../helpers/solidity/LendingFixture.sol";
import {PledgeIssuer} from "../../helpers/solidity/PledgeIssuer.sol";

/// @title LendingPledgeTest
/// @notice What an issuer sees of a market while it pledges, releases and seizes: the state that is committed.
contract LendingPledgeTest is LendingFixture {
    PledgeIssuer private issuer;
    MockPriceOracle private oracle;
    MarketParams private market;
    MarketId private id;
    address private alice = vm.addr(501);
    address private bob = vm.addr(502);

    function setUp() public {
        _deployLending();
        issuer = new PledgeIssuer(ILedger(address(ledger)));
        oracle = new MockPriceOracle(SCALE);
        market = MarketParams(asset0, issuer.ASSET(), address(oracle), ADAPTIVE_CURVE, 0.86e18, ALWAYS_WHOLE);
        _create(market);
        id = market.toId(address(lending));
        _fund(home0, alice, 1e24);
        issuer.mint(bob, 1e21);
        _act(market, alice, 1e21, 0, abi.encodeCall(ILendingActions.supply, (0)));
        issuer.look(address(lens), abi.encodeCall(lens.marketOf, (market)));
    }

    /// @dev The market as the issuer saw it is that which stands after the call.
    function _assertSeen() private view {
        LendingLens.MarketView memory seen = abi.decode(issuer.answer(), (LendingLens.MarketView));
        LendingLens.MarketView memory stands = lens.marketOf(market);
        assertEq(seen.borrowAssets, stands.borrowAssets, "debt during the callback");
        assertEq(seen.supplyAssets, stands.supplyAssets, "supply during the callback");
        assertEq(seen.supplyShares, stands.supplyShares, "shares during the callback");
        assertEq(seen.feeShares, stands.feeShares, "the fee's shares during the callback");
    }

    function test_LEN_26_pledge_showsTheCommittedState(uint256 amount, uint256 elapsed) public {
        amount = bound(amount, 1, 1e20);
        _act(market, bob, 0, 0, abi.encodeCall(ILendingActions.pledgeCollateral, (1e20)));
        _act(market, bob, 0, 0, abi.encodeCall(ILendingActions.borrow, (5e19, address(0))));
        skip(bound(elapsed, 0, 365 days));
        _act(market, bob, 0, 0, abi.encodeCall(ILendingActions.pledgeCollateral, (amount)));
        _assertSeen();
        assertEq(issuer.pledgedOf(bob, market.collateralAsset, address(lending)), 1e20 + amount, "pledged units");
        assertEq(lending.positionOf(id, bob).collateral, 1e20 + amount, "collateral");
    }

    function test_LEN_26_releaseWithoutDebt_showsTheCommittedState(uint256 amount, uint256 elapsed) public {
        amount = bound(amount, 1, 1e20);
        _act(market, bob, 0, 0, abi.encodeCall(ILendingActions.pledgeCollateral, (1e20)));
        skip(bound(elapsed, 0, 365 days));
        _act(market, bob, 0, 0, abi.encodeCall(ILendingActions.removeCollateral, (amount, address(0))));
        _assertSeen();
        assertEq(issuer.pledgedOf(bob, market.collateralAsset, address(lending)), 1e20 - amount, "pledged units");
    }

    /// @dev A liquidator's units are moved afterwards, once, to him, by whoever likes.
    function test_LEN_26_seize_showsTheCommittedStateAndPaysOnce(uint256 elapsed) public {
        _act(market, bob, 0, 0, abi.encodeCall(ILendingActions.pledgeCollateral, (1e20)));
        _act(market, bob, 0, 0, abi.encodeCall(ILendingActions.borrow, (8e19, address(0))));
        skip(bound(elapsed, 0, 30 days));
        oracle.setPrice((SCALE * 9) / 10);
        _act(market, alice, 2e20, 0, abi.encodeCall(ILendingActions.liquidate, (bob, 0)));
        uint256 seized = lending.seizableOf(id, bob, alice);
        assertEq(seized + lending.positionOf(id, bob).collateral, 1e20, "collateral and what was seized");
        lending.seize(market, bob, alice);
        _assertSeen();
        assertEq(ledger.balanceOf(alice, market.collateralAsset), seized, "units of the liquidator");
        assertEq(lending.seizableOf(id, bob, alice), 0, "units still to be seized");
        vm.expectRevert();
        lending.seize(market, bob, alice);
    }
}
