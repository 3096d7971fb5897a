// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title AdaptiveCurve
/// @notice The built-in rate model. The borrow rate is a curve through the rate at the target utilisation of 90 %: a quarter of
/// it at 0 %, four times it at 100 %. The rate at the target itself moves by up to 50 times a year, e-fold, with the distance
/// of the utilisation from the target, between 0.1 % and 200 % a year.
/// @dev Source of the formulas: Morpho's AdaptiveCurveIrm (MIT), to which this is equal to the unit. Rates are WAD per second,
/// quotients are cut off towards 0.
library AdaptiveCurve {
    int256 private constant WAD = 1e18;
    int256 internal constant TARGET = 0.9e18;
    int256 internal constant STEEPNESS = 4e18;
    /// @notice Adjustment at the full distance, WAD per second: 50 a year of 365 days. Written out, for a quotient of constants leaves
    /// code behind.
    int256 internal constant SPEED = 1_585_489_599_188;
    /// @notice Rates at the target, WAD per second: of a new market, 4 % a year, and the bounds, 0.1 % and 200 %.
    int256 internal constant INITIAL_RATE = 1_268_391_679;
    int256 internal constant MIN_RATE = 31_709_791;
    int256 internal constant MAX_RATE = 63_419_583_967;

    int256 private constant LN_2 = 0.693147180559945309e18;
    /// @dev ln(1e-18), below which the exponential is 0.
    int256 private constant LOWEST = -41.446531673892822312e18;
    /// @dev ln(2^255 / 1e36), from which the exponential is the constant `HIGHEST_VALUE`.
    int256 private constant HIGHEST = 93.859467695000404319e18;
    int256 private constant HIGHEST_VALUE = 57716089161558943949701069502944508345128.422502756744429568e18;

    /// @notice The mean borrow rate over the `elapsed` seconds in which the utilisation was `borrowAssets / supplyAssets`, and the
    /// rate at the target at their end.
    /// @param rate the rate at the target at their beginning
    function next(
        uint256 rate,
        uint256 supplyAssets,
        uint256 borrowAssets,
        uint256 elapsed
    ) internal pure returns (uint256 borrowRate, uint256 newRate) {
        unchecked {
            // Rates are below 2^40, the utilisation is at most WAD, and elapsed seconds are below 2^33.
            int256 utilization = supplyAssets == 0 ? int256(0) : int256((borrowAssets * uint256(WAD)) / supplyAssets);
            int256 distance = ((utilization - TARGET) * WAD) / (utilization > TARGET ? WAD - TARGET : TARGET);
            int256 adaptation = ((SPEED * distance) / WAD) * int256(elapsed);
            int256 start = int256(rate);
            int256 end = start;
            int256 mean = start;
            if (adaptation != 0) {
                end = _adapted(start, adaptation);
                // The trapezoidal rule on two halves.
                mean = (start + end + 2 * _adapted(start, adaptation / 2)) / 4;
            }
            int256 slope = distance < 0 ? WAD - (WAD * WAD) / STEEPNESS : STEEPNESS - WAD;
            return (uint256((((slope * distance) / WAD + WAD) * mean) / WAD), uint256(end));
        }
    }

    function _adapted(int256 rate, int256 adaptation) private pure returns (int256 adapted) {
        unchecked {
            // The rate is below 2^40 and the exponential below 2^196.
            adapted = (rate * exp(adaptation)) / WAD;
        }
        if (adapted < MIN_RATE) return MIN_RATE;
        if (adapted > MAX_RATE) return MAX_RATE;
    }

    /// @notice e^x, WAD: 2^q · (1 + r + r²/2), where x = q · ln 2 + r and |r| is at most half of ln 2.
    function exp(int256 x) internal pure returns (int256) {
        if (x < LOWEST) return 0;
        if (x >= HIGHEST) return HIGHEST_VALUE;
        unchecked {
            // |x| is below 94e18, |q| below 136 and r below 1e18.
            int256 q = (x + (x < 0 ? -(LN_2 / 2) : LN_2 / 2)) / LN_2;
            int256 r = x - q * LN_2;
            int256 power = WAD + r + (r * r) / WAD / 2;
            return q < 0 ? power >> uint256(-q) : power << uint256(q);
        }
    }
}
