// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {KinkedRateModel} from "../../../contracts/lending/KinkedRateModel.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title KinkedRateModelTest
/// @notice For any rates and any market: more borrowed is never cheaper, more supplied never dearer, and the ends are exact.
contract KinkedRateModelTest is Test {
    uint256 private constant MOST = 8e18;

    function test_borrowRate_neverFallsWithWhatIsBorrowed(
        KinkedRateModel.Rates memory rates,
        uint256 supply,
        uint256 less,
        uint256 more
    ) public {
        KinkedRateModel model = _model(rates);
        if (less > more) (less, more) = (more, less);
        assertLe(model.borrowRate(supply, less), model.borrowRate(supply, more), "rate");
    }

    function test_borrowRate_neverRisesWithWhatIsSupplied(
        KinkedRateModel.Rates memory rates,
        uint256 less,
        uint256 more,
        uint256 borrowed
    ) public {
        KinkedRateModel model = _model(rates);
        (less, more) = less > more ? (more, less) : (less, more);
        // What is borrowed of nothing counts as nothing.
        if (less == 0) return;
        assertGe(model.borrowRate(less, borrowed), model.borrowRate(more, borrowed), "rate");
    }

    function test_rateAt_isBetweenTheEnds(KinkedRateModel.Rates memory rates, uint256 utilisation) public {
        KinkedRateModel model = _model(rates);
        utilisation = bound(utilisation, 0, 1e18);
        uint256 rate = model.rateAt(utilisation);
        uint256 atKink = rates.base + rates.slopeBelow;
        assertEq(model.rateAt(0), rates.base, "rate at 0");
        assertEq(model.rateAt(rates.kink), atKink, "rate at the kink");
        assertEq(model.rateAt(1e18), atKink + rates.slopeAbove, "rate at 1");
        assertGe(rate, utilisation < rates.kink ? rates.base : atKink, "least rate");
        assertLe(rate, utilisation <= rates.kink ? atKink : atKink + rates.slopeAbove, "highest rate");
        assertLe(model.borrowRate(1e18, utilisation), MOST / uint256(365 days), "800 % a year");
    }

    /// @dev Between neighbours, at the kink too.
    function test_rateAt_neverFallsByOneUnit(KinkedRateModel.Rates memory rates, uint256 utilisation) public {
        KinkedRateModel model = _model(rates);
        utilisation = bound(utilisation, 0, 1e18 - 1);
        assertLe(model.rateAt(utilisation), model.rateAt(utilisation + 1), "rate of one unit more");
        assertLe(model.rateAt(rates.kink - 1), model.rateAt(rates.kink), "rate at the kink");
        assertLe(model.rateAt(rates.kink), model.rateAt(rates.kink + 1), "rate after the kink");
    }

    function _model(KinkedRateModel.Rates memory rates) private returns (KinkedRateModel) {
        rates.base = bound(rates.base, 0, MOST);
        rates.slopeBelow = bound(rates.slopeBelow, 0, MOST - rates.base);
        rates.slopeAbove = bound(rates.slopeAbove, 0, MOST - rates.base - rates.slopeBelow);
        rates.kink = bound(rates.kink, 0.01e18, 0.99e18);
        return new KinkedRateModel(rates);
    }
}
