// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {IAmmCore} from "../interfaces/IAmmCore.sol";

/// @title AmmOracle
/// @notice A pool's history of prices: the sum of ln(price) · seconds, as of the first touch of each second, and of one touch
/// in each minute for as long as the ring goes.
/// @dev The mean is geometric (Uniswap v3's, whitepaper §5.2): the mean of the inverse price is the inverse of the mean, and a
/// price that is absurd for one block moves it by its logarithm only. Touches come before a pool's reserves change, so
/// what is summed is the price that stood at the end of an earlier block.
library AmmOracle {
    /// @dev One slot.
    struct Observation {
        /// @dev Sum of ln(asset 1 per asset 0, raw units) · seconds, WAD. |ln| < 2^67 and seconds < 2^40: below 2^107.
        int128 cumulative;
        uint40 timestamp;
    }

    struct Oracle {
        /// @dev The last touch, as an `Observation`: slot 0, with what follows.
        int128 cumulative;
        uint40 timestamp;
        /// @dev Time of the newest entry of the ring, and how many were written.
        uint40 pushed;
        uint16 count;
        Observation[64] ring; // SLOTS
    }

    /// @notice Entries of the ring, and the least time between two of them, in seconds.
    uint256 internal constant SLOTS = 64;
    uint256 internal constant PERIOD = 60;
    /// @notice The longest window that any pool can answer once it is old enough, in seconds.
    uint256 internal constant MAX_WINDOW = (SLOTS - 1) * PERIOD;

    /// @dev ln(10^18), WAD: from a raw price to one of 36 decimals, of which the exponential gives 18.
    int256 private constant LN_WAD = 41_446531673892822313;

    /// @notice Begins a history, with a first entry of the ring.
    function init(Oracle storage oracle) internal {
        uint40 timestamp = uint40(block.timestamp);
        (oracle.timestamp, oracle.pushed, oracle.count) = (timestamp, timestamp, 1);
        oracle.ring[0] = Observation(0, timestamp);
    }

    /// @notice Counts the time since the last touch at the virtual reserves `x` and `y`, which stood all that time.
    function touch(Oracle storage oracle, uint256 x, uint256 y) internal {
        uint40 timestamp = uint40(block.timestamp);
        if (oracle.timestamp == timestamp) return;
        Observation memory latest = _extended(_latest(oracle), x, y, timestamp);
        (oracle.cumulative, oracle.timestamp) = (latest.cumulative, timestamp);
        if (timestamp < oracle.pushed + PERIOD) return;
        uint256 count = oracle.count;
        oracle.ring[count % SLOTS] = latest;
        oracle.pushed = timestamp;
        // It wraps to a value of the same remainder, and stays above SLOTS.
        oracle.count = uint16(count + 1 == 1 << 16 ? (1 << 16) - SLOTS : count + 1);
    }

    /// @notice Geometric mean of the price over the last `window` seconds, asset 1 per asset 0 · 1e36, for the virtual
    /// reserves `x` and `y` of now. Between two entries the price counts as constant at their mean. Accurate to 1e-16 of
    /// the price, or to one unit.
    function consult(
        Oracle storage oracle,
        uint256 x,
        uint256 y,
        uint256 window
    ) internal view returns (uint256 price) {
        require(window != 0 && window <= MAX_WINDOW, IAmmCore.AmmInvalidWindow(window, MAX_WINDOW));
        uint256 age = block.timestamp - _oldest(oracle).timestamp;
        require(window <= age, IAmmCore.AmmOracleTooYoung(window, age));
        Observation memory current = _extended(_latest(oracle), x, y, uint40(block.timestamp));
        int256 past = _cumulativeAt(oracle, current, block.timestamp - window);
        int256 mean = (current.cumulative - past) / int256(window);
        return uint256(FixedPointMathLib.expWad(mean + LN_WAD));
    }

    /// @dev The sum at `timestamp`, which is past, and not before the oldest entry: so `later` is after it, and the span not 0.
    function _cumulativeAt(
        Oracle storage oracle,
        Observation memory current,
        uint256 timestamp
    ) private view returns (int256) {
        Observation memory later = current;
        Observation memory earlier = _latest(oracle);
        uint256 index = oracle.count;
        // From the newest to the oldest: a window's end is among the last few, or at most SLOTS away.
        while (earlier.timestamp > timestamp) {
            later = earlier;
            earlier = oracle.ring[--index % SLOTS];
        }
        int256 span = int256(uint256(later.timestamp - earlier.timestamp));
        int256 part = int256(timestamp - earlier.timestamp);
        return earlier.cumulative + (int256(later.cumulative - earlier.cumulative) * part) / span;
    }

    function _latest(Oracle storage oracle) private view returns (Observation memory) {
        return Observation(oracle.cumulative, oracle.timestamp);
    }

    function _oldest(Oracle storage oracle) private view returns (Observation storage) {
        uint256 count = oracle.count;
        return oracle.ring[count < SLOTS ? 0 : count % SLOTS];
    }

    function _extended(
        Observation memory latest,
        uint256 x,
        uint256 y,
        uint40 timestamp
    ) private pure returns (Observation memory) {
        uint256 elapsed = timestamp - latest.timestamp;
        if (elapsed == 0) return latest;
        // A side without a whole unit counts as one unit.
        int256 ln = FixedPointMathLib.lnWad(int256(y == 0 ? 1 : y)) - FixedPointMathLib.lnWad(int256(x == 0 ? 1 : x));
        return Observation(latest.cumulative + int128(ln * int256(elapsed)), timestamp);
    }
}
