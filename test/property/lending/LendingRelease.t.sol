// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {ILendingActions} from "../../../contracts/interfaces/ILendingActions.sol";
import {MockPriceOracle} from "../../../contracts/mocks/MockPriceOracle.sol";
import {LendingLens} from "../../../contracts/periphery/LendingLens.sol";
import {ADAPTIVE_CURVE, MarketParams} from "../../../contracts/types/MarketParams.sol";
import {LendingFixture} from "../../helpers/solidity/LendingFixture.sol";
import {PledgeIssuer} from "../../helpers/solidity/PledgeIssuer.sol";

/// @title LendingReleaseTest
/// @notice FAILS: while an issuer releases units of a position with debt, the interest stands in the market already, but the time of
/// its last update, in the ledger's book, does not yet; whoever looks sees the interest twice.
contract LendingReleaseTest is LendingFixture {
    function test_LEN_26_releaseWithDebt_showsTheCommittedState(uint256 elapsed) public {
        _deployLending();
        PledgeIssuer issuer = new PledgeIssuer(ILedger(address(ledger)));
        MarketParams memory market = MarketParams({
            loanAsset: asset0,
            collateralAsset: issuer.ASSET(),
            oracle: address(new MockPriceOracle(SCALE)),
            irm: ADAPTIVE_CURVE,
            lltv: 0.86e18,
            closeOutDebt: ALWAYS_WHOLE
        });
        _create(market);
        (address alice, address bob) = (vm.addr(501), vm.addr(502));
        _fund(home0, alice, 1e24);
        issuer.mint(bob, 1e21);
        _act(market, alice, 1e21, 0, abi.encodeCall(ILendingActions.supply, (0)));
        _act(market, bob, 0, 0, abi.encodeCall(ILendingActions.pledgeCollateral, (1e20)));
        _act(market, bob, 0, 0, abi.encodeCall(ILendingActions.borrow, (5e19, address(0))));
        issuer.look(address(lens), abi.encodeCall(lens.marketOf, (market)));
        skip(bound(elapsed, 1 days, 365 days));
        _act(market, bob, 0, 0, abi.encodeCall(ILendingActions.removeCollateral, (1e18, address(0))));
        LendingLens.MarketView memory seen = abi.decode(issuer.answer(), (LendingLens.MarketView));
        LendingLens.MarketView memory stands = lens.marketOf(market);
        assertEq(seen.borrowAssets, stands.borrowAssets, "debt during the release");
        assertEq(seen.supplyAssets, stands.supplyAssets, "supply during the release");
    }
}
