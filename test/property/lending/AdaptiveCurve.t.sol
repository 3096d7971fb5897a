// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AdaptiveCurve} from "../../../contracts/libraries/AdaptiveCurve.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title AdaptiveCurveTest
/// @notice The built-in rate model over all its rates, utilisations and times.
contract AdaptiveCurveTest is Test {
    uint256 private constant WAD = 1e18;
    uint256 private constant CENTURY = 36_500 days;
    uint256 private constant MIN = uint256(AdaptiveCurve.MIN_RATE);
    uint256 private constant MAX = uint256(AdaptiveCurve.MAX_RATE);

    /// @dev e^x at 60 digits, cut off to 18, by another program.
    function test_LEN_21_exp_isWithinOnePercentOfReferences() public pure {
        int256[9] memory points = [int256(-40e18), -10e18, -1e18, -0.1e18, 0, 0.1e18, 1e18, 10e18, 40e18];
        uint256[9] memory values = [
            uint256(4),
            45399929762484,
            367879441171442321,
            904837418035959573,
            1e18,
            1105170918075647624,
            2718281828459045235,
            22026465794806716516957,
            235385266837019985407899910749034804
        ];
        for (uint256 i; i < points.length; ++i) {
            uint256 value = uint256(AdaptiveCurve.exp(points[i]));
            assertApproxEqAbs(value, values[i], values[i] / 100 + 1, "exp");
        }
    }

    /// @dev Against its own power series, on halves of x that keep it short.
    function test_LEN_21_exp_isWithinOnePercentOfItsSeries(int256 x) public pure {
        x = bound(x, -30e18, 30e18);
        uint256 root = _series(uint256(x < 0 ? -x : x) / 64);
        uint256 power = root; // 27 digits
        for (uint256 i; i < 6; ++i) power = (power * power) / 1e27;
        uint256 expected = x < 0 ? 1e45 / power : power / 1e9;
        assertApproxEqAbs(uint256(AdaptiveCurve.exp(x)), expected, expected / 100 + 2, "exp");
    }

    function test_LEN_21_exp_neverFallsByMoreThanItsError(int256 x, int256 y) public pure {
        (x, y) = (bound(x, -42e18, 94e18), bound(y, -42e18, 94e18));
        if (x > y) (x, y) = (y, x);
        uint256 low = uint256(AdaptiveCurve.exp(x));
        assertLe(low - low / 100, uint256(AdaptiveCurve.exp(y)), "exp of less");
    }

    /// @dev The rate at the target stays within its bounds, and the rate charged within a fourth and four times these.
    function test_LEN_21_next_isWithinItsBounds(
        uint256 rate,
        uint256 supplied,
        uint256 borrowed,
        uint256 elapsed
    ) public pure {
        rate = bound(rate, MIN, MAX);
        (supplied, elapsed) = (bound(supplied, 0, 2 ** 113), bound(elapsed, 0, CENTURY));
        borrowed = bound(borrowed, 0, supplied < 2 ** 96 ? supplied : 2 ** 96);
        (uint256 charged, uint256 end) = AdaptiveCurve.next(rate, supplied, borrowed, elapsed);
        assertGe(end, MIN, "rate at the target");
        assertLe(end, MAX, "rate at the target");
        assertGe(charged, MIN / 4 - 1, "rate charged");
        assertLe(charged, 4 * MAX, "rate charged");
        if (elapsed == 0) assertEq(end, rate, "rate after no time");
    }

    /// @dev Above the target the rate rises, below it falls, at it it stays; and more utilisation never costs less.
    function test_LEN_21_next_followsTheUtilization(
        uint256 rate,
        uint256 low,
        uint256 high,
        uint256 elapsed
    ) public pure {
        rate = bound(rate, MIN, MAX);
        (low, high, elapsed) = (bound(low, 0, WAD), bound(high, 0, WAD), bound(elapsed, 0, 365 days));
        if (low > high) (low, high) = (high, low);
        (uint256 cheap, uint256 cheapEnd) = AdaptiveCurve.next(rate, WAD, low, elapsed);
        (uint256 dear, uint256 dearEnd) = AdaptiveCurve.next(rate, WAD, high, elapsed);
        // The exponential has an error of under a percent.
        assertLe(cheap - cheap / 50, dear, "rate charged");
        assertLe(cheapEnd - cheapEnd / 50, dearEnd, "rate at the target");
        uint256 target = uint256(AdaptiveCurve.TARGET);
        if (low <= target) assertLe(cheapEnd, rate + rate / 100, "rate below the target");
        if (high >= target) assertGe(dearEnd, rate - rate / 100, "rate above the target");
        (uint256 charged, uint256 end) = AdaptiveCurve.next(rate, WAD, target, elapsed);
        assertEq(charged, rate, "rate charged at the target");
        assertEq(end, rate, "rate at the target after a time at it");
    }

    /// @dev Its curve at once: a quarter at 0 %, the rate itself at the target, four times it at 100 %.
    function test_LEN_21_next_isTheCurveAtOnce(uint256 rate) public pure {
        rate = bound(rate, MIN, MAX);
        (uint256 none, ) = AdaptiveCurve.next(rate, WAD, 0, 0);
        (uint256 all, ) = AdaptiveCurve.next(rate, WAD, WAD, 0);
        assertEq(none, rate / 4, "rate at 0 %");
        assertEq(all, 4 * rate, "rate at 100 %");
    }

    /// @dev e^x for x up to half a unit, 27 digits, x of 18.
    function _series(uint256 x) private pure returns (uint256 sum) {
        uint256 term = 1e27;
        for (uint256 i = 1; term != 0; ++i) {
            sum += term;
            term = (term * x) / (i * 1e18);
        }
    }
}
