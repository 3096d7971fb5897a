// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title PremiumFlow
/// @notice Premiums that are earned by the second until the end of the week in which their risk ends, all at one rate.
/// @dev A premium adds to the rate now and to what is cut from it at the end of its week, so that any number of them costs one word a
/// week. Nothing is lost: what the division by the time leaves is earned at once, as is what the highest rate leaves. Unlike a stream
/// (`StreamLib`) a premium keeps its own end: one that ends late cannot put off what others earn.
library PremiumFlow {
    struct Flow {
        /// @dev Units per second · 2^32; 128 bits.
        uint256 rate;
        /// @dev Earned and not yet a unit, units · 2^32; 32 bits.
        uint256 fraction;
    }

    /// @notice A week, in seconds.
    uint256 internal constant PERIOD = 7 days;
    /// @notice The highest rate, units per second · 2^32: all that a pool can have, each second.
    uint256 internal constant MAX_RATE = type(uint128).max;
    uint256 private constant RATE_BITS = 32;
    uint256 private constant FRACTION_MASK = (1 << RATE_BITS) - 1;
    uint256 private constant FRACTION_SHIFT = 128;

    /// @notice What was earned from `from` to `to`, in units. It looks at each week between them in which anything flows.
    function accrue(
        Flow memory flow,
        mapping(uint256 week => uint256 rate) storage cuts,
        uint256 from,
        uint256 to
    ) internal view returns (uint256) {
        uint256 sum = flow.fraction;
        while (flow.rate != 0 && from < to) {
            uint256 week = from / PERIOD;
            uint256 end = (week + 1) * PERIOD;
            uint256 until = to < end ? to : end;
            sum += flow.rate * (until - from);
            if (until == end) flow.rate -= cuts[week]; // which is a part of it
            from = until;
        }
        flow.fraction = sum & FRACTION_MASK;
        return sum >> RATE_BITS;
    }

    /// @notice Lets `premium`, below 2^96, flow from `time`, to which the flow is accrued, to the end of the week of `end`, which is not
    /// before it. Answers what is earned at once, in units.
    function add(
        Flow memory flow,
        mapping(uint256 week => uint256 rate) storage cuts,
        uint256 premium,
        uint256 time,
        uint256 end
    ) internal returns (uint256) {
        uint256 week = end / PERIOD;
        uint256 duration = endOf(end) - time;
        uint256 rate = Math.min((premium << RATE_BITS) / duration, MAX_RATE - flow.rate);
        uint256 sum = flow.fraction + (premium << RATE_BITS) - rate * duration;
        flow.rate += rate;
        cuts[week] += rate;
        flow.fraction = sum & FRACTION_MASK;
        return sum >> RATE_BITS;
    }

    /// @notice What is not earned yet at `time`, to which the flow is accrued, in units · 2^32.
    function waiting(
        Flow memory flow,
        mapping(uint256 week => uint256 rate) storage cuts,
        uint256 time
    ) internal view returns (uint256 sum) {
        uint256 rate = flow.rate;
        for (uint256 week = time / PERIOD; rate != 0; ++week) {
            uint256 end = (week + 1) * PERIOD;
            sum += rate * (end - time);
            rate -= cuts[week];
            time = end;
        }
    }

    /// @notice When a premium of a risk that ends at `end` is all earned: when the week of `end` is over.
    function endOf(uint256 end) internal pure returns (uint256) {
        return (end / PERIOD + 1) * PERIOD;
    }

    /* STORAGE */

    /// @notice The low 160 bits of a word; the others are free for whoever uses it.
    function pack(Flow memory flow) internal pure returns (uint256) {
        return flow.rate | (flow.fraction << FRACTION_SHIFT);
    }

    function unpack(uint256 word) internal pure returns (Flow memory flow) {
        flow.rate = uint128(word);
        flow.fraction = uint32(word >> FRACTION_SHIFT);
    }
}
