// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title StreamLib
/// @notice Rewards that flow at a rate until an end, shared by weight, without loss: the reward-per-weight accumulator of Synthetix'
/// StakingRewards with an index of 80 fractional bits whose division remainder is carried on.
/// @dev In a textbook accumulator the division by the total weight loses up to a unit of the index each time it is touched: with 18
/// fractional decimals, a reward of 6 decimals and a stake of 10^24 units that is all of it. Here what is not divided waits in
/// `remainder`. For all times: paid + claimable + undistributed = funded, each holder's claimable rounded down.
///
/// Units: weights below 2^96; the index in rewards per unit of weight · 2^80, of 152 bits; the rate in rewards per second · 2^32;
/// what a holder has accrued in rewards · 2^12.
library StreamLib {
    /// @notice What a stream is. Packed by `pack` in two words, of which the second changes with funding and idle time alone.
    struct Stream {
        /// @dev Rewards per unit of weight since the beginning · 2^80, rounded down.
        uint256 index; //     word 0, 152 bits
        /// @dev What the last division left, in rewards · 2^80.
        uint256 remainder; // word 0, 96 bits
        /// @dev Rewards per second · 2^32.
        uint256 rate; //      word 1, 104 bits
        /// @dev When the rate stops, seconds.
        uint256 end; //       word 1, 32 bits
        /// @dev Rewards funded since the beginning.
        uint256 funded; //    word 1, 92 bits
        /// @dev What the division into a rate left, in rewards · 2^32; below the duration.
        uint256 left; //      word 1, 28 bits
    }

    /// @notice Below this weight a stream pauses: its end moves on, and nothing is lost. It bounds the index.
    uint256 internal constant MIN_WEIGHT = 1 << 20;
    /// @notice The most weight that a stream is shared by.
    uint256 internal constant MAX_WEIGHT = type(uint96).max;
    /// @notice The most rewards in the life of a stream: 2^92 · 2^80 / 2^20 is an index of 152 bits.
    uint256 internal constant MAX_FUNDED = (1 << 92) - 1;
    /// @notice The longest duration, 2^28 − 1 seconds, 8.5 years.
    uint256 internal constant MAX_DURATION = (1 << 28) - 1;
    /// @notice The highest rate, rewards per second · 2^32.
    uint256 internal constant MAX_RATE = type(uint104).max;
    /// @notice What a holder has accrued is in rewards · 2^12.
    uint256 internal constant ACCRUED_BITS = 12;

    uint256 private constant RATE_BITS = 32;
    uint256 private constant INDEX_BITS = 80;
    uint256 private constant REMAINDER_SHIFT = 152;
    uint256 private constant END_SHIFT = 104;
    uint256 private constant FUNDED_SHIFT = 136;
    uint256 private constant LEFT_SHIFT = 228;

    /* TIME */

    /// @notice Distributes to `weight` what flowed from `from` to `to`. With too little weight the end moves on by the time that passed
    /// idle instead.
    /// @dev Cannot revert: leaving never depends on a stream.
    function accrue(Stream memory stream, uint256 weight, uint256 from, uint256 to) internal pure {
        unchecked {
            uint256 end = stream.end;
            uint256 until = to < end ? to : end;
            if (from >= until) return;
            uint256 elapsed = until - from; // from < until
            if (weight < MIN_WEIGHT) {
                stream.end = end + (to - from); // from < until <= to; a time in seconds is far below 2^32 until 2106
                return;
            }
            // Rewards that flow in all are at most MAX_FUNDED, so the dividend is below 2^172 + 2^96.
            uint256 dividend = ((elapsed * stream.rate) << (INDEX_BITS - RATE_BITS)) + stream.remainder;
            stream.index += dividend / weight; // in sum at most MAX_FUNDED · 2^80 / MIN_WEIGHT
            stream.remainder = dividend % weight; // below MAX_WEIGHT
        }
    }

    /* FUNDING */

    /// @notice Adds `amount` to what has not flowed yet at `time`, to which the stream is accrued, to flow until `end`.
    /// @dev The caller checks that `funded` stays at most MAX_FUNDED and that `end` is 1 to MAX_DURATION seconds after `time`, and then
    /// that the rate is at most MAX_RATE. The rate rounds down, and what that leaves waits in `left`.
    function fund(Stream memory stream, uint256 amount, uint256 time, uint256 end) internal pure {
        unchecked {
            // below 2^92 · 2^32 in all; end > time
            uint256 total = (amount << RATE_BITS) + waiting(stream, time);
            stream.rate = total / (end - time);
            stream.left = total % (end - time); // below MAX_DURATION
            stream.end = end;
            stream.funded += amount; // checked
        }
    }

    /// @notice What has not flowed yet at `time`, to which the stream is accrued, in rewards · 2^32.
    function waiting(Stream memory stream, uint256 time) internal pure returns (uint256) {
        unchecked {
            // what flows is at most what was funded
            return (stream.end > time ? (stream.end - time) * stream.rate : 0) + stream.left;
        }
    }

    /* HOLDERS */

    /// @notice What `weight` got while the index moved from `checkpoint` to `index`, in rewards · 2^12, rounded down.
    /// @dev The holder's weight was part of the weight that the index was divided by, so the product is at most MAX_FUNDED · 2^80.
    function earned(uint256 weight, uint256 index, uint256 checkpoint) internal pure returns (uint256) {
        unchecked {
            return (weight * (index - checkpoint)) >> (INDEX_BITS - ACCRUED_BITS); // the index never falls
        }
    }

    /* STORAGE */

    function pack(Stream memory stream) internal pure returns (uint256 word0, uint256 word1) {
        return (packIndex(stream), packRate(stream));
    }

    function packIndex(Stream memory stream) internal pure returns (uint256) {
        return stream.index | (stream.remainder << REMAINDER_SHIFT);
    }

    function packRate(Stream memory stream) internal pure returns (uint256) {
        return stream.rate | (stream.end << END_SHIFT) | (stream.funded << FUNDED_SHIFT) | (stream.left << LEFT_SHIFT);
    }

    function unpack(uint256 word0, uint256 word1) internal pure returns (Stream memory stream) {
        stream.index = uint152(word0);
        stream.remainder = uint96(word0 >> REMAINDER_SHIFT);
        stream.rate = uint104(word1);
        stream.end = uint32(word1 >> END_SHIFT);
        stream.funded = (word1 >> FUNDED_SHIFT) & MAX_FUNDED;
        stream.left = word1 >> LEFT_SHIFT;
    }
}
