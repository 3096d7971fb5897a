// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title StreamLib
/// @notice Rewards that flow at a rate until an end, shared by weight, without loss: the reward-per-weight accumulator of Synthetix'
/// StakingRewards with an index of 80 fractional bits whose division remainder is carried on.
/// @dev In a textbook accumulator the division by the total weight loses up to a unit of the index each time it is touched: with 18
/// fractional decimals, a reward of 6 decimals and a stake of 10^24 units that is all of it. Here what is not divided waits in
/// `remainder`. For all times: paid + claimable + undistributed = funded, each holder's claimable rounded down.
///
/// Of a holder one number is kept, his debt (as in MasterChef): what his weight would have got if he had always had it, less what he
/// has accrued. Its difference to that is what counts, and is below 2^111, so the debt is kept modulo 2^112.
///
/// Units: weights below 2^96; the index in rewards per unit of weight · 2^80, of 152 bits; the rate in rewards per second · 2^32;
/// debts and what is accrued in rewards · 2^12.
library StreamLib {
    /// @notice A stream, packed in a word and a half: `index | rate << 152` and `remainder | end << 96`.
    struct Stream {
        /// @dev Rewards per unit of weight since the beginning · 2^80, rounded down; 152 bits.
        uint256 index;
        /// @dev Rewards per second · 2^32; 104 bits.
        uint256 rate;
        /// @dev What the last division left, in rewards · 2^80; 96 bits.
        uint256 remainder;
        /// @dev When the rate stops, seconds; 32 bits.
        uint256 end;
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
    uint256 private constant RATE_SHIFT = 152;
    uint256 private constant END_SHIFT = 96;
    uint256 private constant DEBT_BITS = 112;
    uint256 private constant DEBT_MASK = (1 << DEBT_BITS) - 1;

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

    /// @notice Adds `amount` to what has not flowed yet at `time`, to which the stream is accrued, to flow until `end`. The rate rounds
    /// down; what that leaves takes the place of `left`, in rewards · 2^32 and below the duration.
    /// @dev The caller has checked that all that was ever funded, with `amount`, is at most MAX_FUNDED, and that `end` is after `time`,
    /// by at most MAX_DURATION.
    function fund(
        Stream memory stream,
        uint256 left,
        uint256 amount,
        uint256 time,
        uint256 end
    ) internal pure returns (uint256) {
        unchecked {
            uint256 total = (amount << RATE_BITS) + waiting(stream, left, time); // below 2^92 · 2^32
            stream.rate = total / (end - time);
            stream.end = end;
            return total % (end - time);
        }
    }

    /// @notice What has not flowed yet at `time`, to which the stream is accrued, in rewards · 2^32.
    function waiting(Stream memory stream, uint256 left, uint256 time) internal pure returns (uint256) {
        unchecked {
            // what flows is at most what was funded
            return (stream.end > time ? (stream.end - time) * stream.rate : 0) + left;
        }
    }

    /* HOLDERS */

    /// @notice What a holder of `weight` has accrued, in rewards · 2^12, rounded down.
    function accrued(uint256 weight, uint256 index, uint256 debt) internal pure returns (uint256 amount) {
        unchecked {
            // the product is below 2^248, and the difference is meant modulo 2^112
            amount = (((weight * index) >> (INDEX_BITS - ACCRUED_BITS)) - debt) & DEBT_MASK;
            // Rounded debts can exceed what is accrued by little: nothing is, then.
            if (amount >> (DEBT_BITS - 1) != 0) return 0;
        }
    }

    /// @notice The debt of a holder whose weight becomes `to` where it was `from`: what he has accrued stays, rounded down.
    function rebase(uint256 debt, uint256 from, uint256 to, uint256 index) internal pure returns (uint256) {
        unchecked {
            // products are below 2^248, and the sum is meant modulo 2^112
            uint256 had = (from * index) >> (INDEX_BITS - ACCRUED_BITS);
            uint256 has = (to * index + ((1 << (INDEX_BITS - ACCRUED_BITS)) - 1)) >> (INDEX_BITS - ACCRUED_BITS);
            return (debt + has - had) & DEBT_MASK;
        }
    }

    /// @notice The debt of a holder who is paid `amount` rewards of what he has accrued.
    function pay(uint256 debt, uint256 amount) internal pure returns (uint256) {
        unchecked {
            return (debt + (amount << ACCRUED_BITS)) & DEBT_MASK; // meant modulo 2^112
        }
    }

    /* STORAGE */

    /// @notice The first word of a stream.
    function packIndex(Stream memory stream) internal pure returns (uint256) {
        return stream.index | (stream.rate << RATE_SHIFT);
    }

    /// @notice The low half of its second word; the high half is free for whoever uses it.
    function packEnd(Stream memory stream) internal pure returns (uint256) {
        return stream.remainder | (stream.end << END_SHIFT);
    }

    function unpack(uint256 word0, uint256 word1) internal pure returns (Stream memory stream) {
        stream.index = uint152(word0);
        stream.rate = word0 >> RATE_SHIFT;
        stream.remainder = uint96(word1);
        stream.end = uint32(word1 >> END_SHIFT);
    }
}
