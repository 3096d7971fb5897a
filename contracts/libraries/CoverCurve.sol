// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

/// @title CoverCurve
/// @notice What cover costs: the integral of a rate that rises, in two straight lines, with what is locked already.
/// @dev Because it is an integral, cover that is bought in parts at one time costs what it costs at once, and at most a unit more for
/// each part, which rounding takes. Amounts are below 2^96, rates at most `MAX_RATE`.
library CoverCurve {
    /// @notice The rate at every amount that is locked: from `low` at 0 to `mid` at `kink`, and on to `high` at `size`.
    struct Curve {
        /// @dev Premium per unit of cover, WAD; low <= mid <= high, and low is not 0.
        uint256 low;
        uint256 mid;
        uint256 high;
        /// @dev Units that are locked, kink <= size.
        uint256 kink;
        uint256 size;
        /// @dev The cost of all cover up to the kink and up to the size, units · WAD.
        uint256 kinkCost;
        uint256 sizeCost;
    }

    uint256 internal constant WAD = 1e18;
    /// @notice The highest rate, so that its product with the square of an amount fits: below 2^64.
    uint256 internal constant MAX_RATE = 16e18;

    /// @notice The curve of these rates. The caller has checked that they rise, and that the kink is within the size.
    function create(
        uint256 low,
        uint256 mid,
        uint256 high,
        uint256 kink,
        uint256 size
    ) internal pure returns (Curve memory curve) {
        (curve.low, curve.mid, curve.high, curve.kink, curve.size) = (low, mid, high, kink, size);
        curve.kinkCost = _area(low, mid, kink, kink);
        curve.sizeCost = integral(curve, size);
    }

    /// @notice What `cover` costs when `locked` is locked already, in units, rounded up. Together they are at most the curve's size.
    function price(Curve memory curve, uint256 locked, uint256 cover) internal pure returns (uint256) {
        return Math.ceilDiv(integral(curve, locked + cover) - integral(curve, locked), WAD);
    }

    /// @notice The cover that `budget`, below 2^96, pays for when `locked` is locked already: no more than it pays for, and less by a few
    /// parts in 10^18 of the rate at the most; all that is left of the curve for what that costs, or a unit more. For a larger budget
    /// nothing, as there is nothing that it could be spent on.
    function coverFor(Curve memory curve, uint256 locked, uint256 budget) internal pure returns (uint256 cover) {
        if (budget == 0 || locked >= curve.size) return 0;
        unchecked {
            // The integral rises; amounts are below 2^96 and rates below 2^64. It is rounded down, so the difference of two may be one
            // too much.
            uint256 left = budget * WAD - 1;
            uint256 done = integral(curve, locked);
            if (locked < curve.kink) {
                uint256 toKink = curve.kinkCost - done;
                if (left < toKink) return _solve(curve.low, curve.mid, locked, curve.kink, left);
                (left, cover, locked, done) = (left - toKink, curve.kink - locked, curve.kink, curve.kinkCost);
            }
            uint256 rest = curve.sizeCost - done;
            if (left >= rest) return left - rest < 2 * WAD - 1 ? cover + curve.size - locked : 0;
            cover += _solve(curve.mid, curve.high, locked - curve.kink, curve.size - curve.kink, left);
        }
    }

    /// @notice The cost of all cover up to `locked`, at most the size, in units · WAD, rounded down.
    function integral(Curve memory curve, uint256 locked) internal pure returns (uint256) {
        unchecked {
            // two costs of amounts below 2^96 at rates below 2^64
            if (locked <= curve.kink) return _area(curve.low, curve.mid, locked, curve.kink);
            return curve.kinkCost + _area(curve.mid, curve.high, locked - curve.kink, curve.size - curve.kink);
        }
    }

    /// @dev Under a line that rises from `from` to `to` over `length`, up to `x`.
    function _area(uint256 from, uint256 to, uint256 x, uint256 length) private pure returns (uint256) {
        if (x == 0) return 0;
        unchecked {
            // x <= length < 2^96 and from <= to < 2^64
            return from * x + ((to - from) * x * x) / (2 * length);
        }
    }

    /// @dev The x of which the area from `start` to `start + x` is `area`, rounded down: 2a / (p + √(p² + 2as)) for the rate p at
    /// `start` and the slope s, each part of the divisor rounded up.
    function _solve(
        uint256 from,
        uint256 to,
        uint256 start,
        uint256 length,
        uint256 area
    ) private pure returns (uint256) {
        unchecked {
            // start < length < 2^96, from <= to < 2^64, area < 2^160: the root is below 2^113
            uint256 slope = to - from;
            uint256 rate = from + (slope * start) / length + 1;
            uint256 root = FixedPointMathLib.sqrt(rate * rate + (2 * slope * area) / length + 1) + 1;
            return (2 * area) / (rate + root);
        }
    }
}
