// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StreamLib} from "../../../contracts/libraries/StreamLib.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title StreamLibTest
/// @notice A stream of any size against checked arithmetic, at the bounds that its unchecked proofs stand on, and in every small
/// schedule.
contract StreamLibTest is Test {
    using StreamLib for StreamLib.Stream;

    /// @dev Numbers that are made fit by `_stream`.
    struct Seeds {
        uint256 funded;
        uint256 distributed;
        uint256 remainder;
        uint256 time;
        uint256 duration;
        uint256 weight;
        uint256 elapsed;
        uint256 amount;
    }

    uint256 private constant INDEX_BITS = 80;
    uint256 private constant RATE_BITS = 32;
    uint256 private constant MAX_REMAINDER = type(uint96).max - 1;
    /// @dev Three of them are a hair more than a stream needs, two pause it.
    uint256 private constant UNIT = StreamLib.MIN_WEIGHT / 3 + 1;

    /* STORAGE */

    function test_pack_keepsEveryField(
        uint152 index,
        uint96 remainder,
        uint104 rate,
        uint32 end,
        uint256 funded,
        uint256 left
    ) public pure {
        funded = bound(funded, 0, StreamLib.MAX_FUNDED);
        left = bound(left, 0, StreamLib.MAX_DURATION);
        StreamLib.Stream memory stream = StreamLib.Stream(index, remainder, rate, end, funded, left);
        _assertSame(_stored(stream), stream);
    }

    function test_pack_keepsEveryFieldAtItsMaximum() public pure {
        StreamLib.Stream memory stream = StreamLib.Stream({
            index: type(uint152).max,
            remainder: type(uint96).max,
            rate: StreamLib.MAX_RATE,
            end: type(uint32).max,
            funded: StreamLib.MAX_FUNDED,
            left: StreamLib.MAX_DURATION
        });
        _assertSame(_stored(stream), stream);
        (uint256 word0, uint256 word1) = stream.pack();
        assertEq(word0, type(uint248).max, "word 0");
        assertEq(word1, type(uint256).max, "word 1");
    }

    /* TIME */

    /// @dev Checked arithmetic gives the same, so nothing wraps.
    function test_accrue_isExact(Seeds memory seeds) public pure {
        StreamLib.Stream memory stream = _stream(seeds);
        StreamLib.Stream memory before = _copy(stream);
        uint256 weight = bound(seeds.weight, StreamLib.MIN_WEIGHT, StreamLib.MAX_WEIGHT);
        uint256 to = seeds.time + bound(seeds.elapsed, 0, StreamLib.MAX_DURATION);
        stream.accrue(weight, seeds.time, to);
        uint256 until = to < before.end ? to : before.end;
        uint256 flowed = until > seeds.time ? (until - seeds.time) * before.rate : 0;
        uint256 gained = stream.index - before.index;
        assertEq(
            gained * weight + stream.remainder,
            (flowed << (INDEX_BITS - RATE_BITS)) + before.remainder,
            "distributed and remainder"
        );
        if (flowed != 0) assertLt(stream.remainder, weight, "remainder");
        assertEq(stream.waiting(to) + flowed, before.waiting(seeds.time), "waiting and flowed");
        _assertSame(_stored(stream), stream);
        _assertRate(stream, before);
    }

    function test_accrue_pausesWithoutLoss(Seeds memory seeds) public pure {
        StreamLib.Stream memory stream = _stream(seeds);
        StreamLib.Stream memory before = _copy(stream);
        uint256 weight = bound(seeds.weight, 0, StreamLib.MIN_WEIGHT - 1);
        uint256 to = seeds.time + bound(seeds.elapsed, 0, StreamLib.MAX_DURATION);
        stream.accrue(weight, seeds.time, to);
        assertEq(stream.waiting(to), before.waiting(seeds.time), "waiting");
        assertEq(stream.index, before.index, "index");
        assertEq(stream.remainder, before.remainder, "remainder");
        assertEq(stream.rate, before.rate, "rate");
    }

    function test_accrue_doesNotDependOnPokes(Seeds memory seeds, uint256 weight, uint256 split) public pure {
        StreamLib.Stream memory stream = _stream(seeds);
        StreamLib.Stream memory poked = _copy(stream);
        weight = bound(weight, 0, seeds.weight % 2 == 0 ? StreamLib.MAX_WEIGHT : StreamLib.MIN_WEIGHT);
        uint256 to = seeds.time + bound(seeds.elapsed, 0, StreamLib.MAX_DURATION);
        uint256 middle = bound(split, seeds.time, to);
        stream.accrue(weight, seeds.time, to);
        poked.accrue(weight, seeds.time, middle);
        poked = _stored(poked);
        poked.accrue(weight, middle, to);
        _assertSame(poked, stream);
    }

    /* FUNDING */

    function test_fund_addsToWhatWaits(Seeds memory seeds, uint256 duration) public pure {
        StreamLib.Stream memory stream = _stream(seeds);
        StreamLib.Stream memory before = _copy(stream);
        uint256 amount = bound(seeds.amount, 0, StreamLib.MAX_FUNDED - stream.funded);
        duration = bound(duration, 1, StreamLib.MAX_DURATION);
        stream.fund(amount, seeds.time, seeds.time + duration);
        uint256 total = before.waiting(seeds.time) + (amount << RATE_BITS);
        assertEq(stream.waiting(seeds.time), total, "waiting");
        assertEq(stream.rate * duration + stream.left, total, "rate and left");
        assertLt(stream.left, duration, "left");
        assertEq(stream.funded, before.funded + amount, "funded");
        assertEq(stream.index, before.index, "index");
        assertEq(stream.remainder, before.remainder, "remainder");
        if (stream.rate <= StreamLib.MAX_RATE) _assertSame(_stored(stream), stream);
    }

    /* HOLDERS */

    /// @dev Two holders of the whole weight get what was distributed, each less than a 4,096th of a reward short, and their counted
    /// rewards fit the 104 bits beside the index.
    function test_earned_isDistributed(Seeds memory seeds, uint256 part) public pure {
        StreamLib.Stream memory stream = _stream(seeds);
        uint256 checkpoint = stream.index;
        uint256 weight = bound(seeds.weight, StreamLib.MIN_WEIGHT, StreamLib.MAX_WEIGHT);
        stream.accrue(weight, seeds.time, seeds.time + bound(seeds.elapsed, 0, StreamLib.MAX_DURATION));
        part = bound(part, 0, weight);
        uint256 shift = INDEX_BITS - StreamLib.ACCRUED_BITS;
        uint256 first = StreamLib.earned(part, stream.index, checkpoint);
        uint256 second = StreamLib.earned(weight - part, stream.index, checkpoint);
        uint256 distributed = weight * (stream.index - checkpoint);
        assertLe((first + second) << shift, distributed, "earned");
        assertLt(distributed - ((first + second) << shift), 2 << shift, "rounded down");
        assertLe(first + second, StreamLib.MAX_FUNDED << StreamLib.ACCRUED_BITS, "earned, in 104 bits");
    }

    /// @dev The whole of the largest funding within a second, to the least weight: the index takes all of its 152 bits.
    function test_accrue_holdsTheLargestIndex() public pure {
        StreamLib.Stream memory stream;
        stream.fund(StreamLib.MAX_FUNDED, 0, 1);
        stream.accrue(StreamLib.MIN_WEIGHT, 0, 1);
        assertEq(stream.index, StreamLib.MAX_FUNDED << (INDEX_BITS - 20), "index");
        assertLe(stream.index, type(uint152).max, "index, in 152 bits");
        assertEq(
            StreamLib.earned(StreamLib.MIN_WEIGHT, stream.index, 0),
            StreamLib.MAX_FUNDED << StreamLib.ACCRUED_BITS,
            "earned"
        );
    }

    /// @dev What the largest weight leaves goes to the least weight that comes after it: the index still fits.
    function test_accrue_holdsTheLargestRemainder(uint256 weight, uint256 duration) public pure {
        weight = bound(weight, StreamLib.MAX_WEIGHT / 2, StreamLib.MAX_WEIGHT);
        duration = bound(duration, 2, StreamLib.MAX_DURATION);
        StreamLib.Stream memory stream;
        stream.fund(StreamLib.MAX_FUNDED, 0, duration);
        stream.accrue(weight, 0, 1);
        uint256 distributed = weight * stream.index;
        uint256 index = stream.index;
        stream.accrue(StreamLib.MIN_WEIGHT, 1, duration);
        distributed += StreamLib.MIN_WEIGHT * (stream.index - index) + stream.remainder;
        assertEq(distributed, (stream.rate * duration) << (INDEX_BITS - RATE_BITS), "distributed and remainder");
        assertLt(stream.remainder, StreamLib.MIN_WEIGHT, "remainder");
        assertLe(stream.index, type(uint152).max, "index, in 152 bits");
    }

    /* EVERY SMALL SCHEDULE */

    /// @dev Two holders, two stretches of 0 to 3 seconds at 0 to 3 units of weight each, funded before and between.
    function test_stream_isExactInEverySmallSchedule() public view {
        for (uint256 duration = 1; duration <= 3; ++duration) {
            for (uint256 stretch = 0; stretch < 64; ++stretch) {
                this.checkSchedules(1_000_003, duration, stretch); // a call, whose memory is forgotten
                this.checkSchedules(1, duration, stretch);
            }
        }
    }

    function checkSchedules(uint256 amount, uint256 duration, uint256 first) external pure {
        for (uint256 second = 0; second < 64; ++second) {
            StreamLib.Stream memory stream;
            stream.fund(amount, 1, 1 + duration);
            uint256[2] memory distributed;
            uint256 time = _stretch(stream, distributed, first, 1);
            stream.fund(5, time, time + duration);
            time = _stretch(stream, distributed, second, time);
            uint256 whole = distributed[0] + distributed[1] + stream.remainder;
            whole += stream.waiting(time) << (INDEX_BITS - RATE_BITS);
            assertEq(whole, (amount + 5) << INDEX_BITS, "distributed, remainder and waiting");
        }
    }

    function _stretch(
        StreamLib.Stream memory stream,
        uint256[2] memory distributed,
        uint256 code,
        uint256 from
    ) private pure returns (uint256 to) {
        uint256[2] memory weights = [(code % 4) * UNIT, ((code / 4) % 4) * UNIT];
        to = from + code / 16;
        StreamLib.Stream memory poked = _copy(stream);
        uint256 index = stream.index;
        uint256 waiting = stream.waiting(from);
        stream.accrue(weights[0] + weights[1], from, to);
        for (; from < to; ++from) poked.accrue(weights[0] + weights[1], from, from + 1);
        _assertSame(poked, stream);
        assertGe(stream.index, index, "index");
        if (weights[0] + weights[1] < StreamLib.MIN_WEIGHT) assertEq(stream.waiting(to), waiting, "waiting in a pause");
        for (uint256 i = 0; i < 2; ++i) {
            distributed[i] += weights[i] * (stream.index - index);
            uint256 exact = (weights[i] * (stream.index - index)) >> (INDEX_BITS - StreamLib.ACCRUED_BITS);
            assertEq(StreamLib.earned(weights[i], stream.index, index), exact, "earned");
        }
    }

    /* STREAMS */

    /// @dev Any stream that can be, at `seeds.time`: funded in all and distributed in part, by the least weight at worst.
    function _stream(Seeds memory seeds) private pure returns (StreamLib.Stream memory stream) {
        seeds.time = bound(seeds.time, 0, type(uint32).max - 2 * StreamLib.MAX_DURATION);
        uint256 funded = bound(seeds.funded, 0, StreamLib.MAX_FUNDED);
        uint256 distributed = bound(seeds.distributed, 0, funded);
        uint256 duration = bound(seeds.duration, 1, StreamLib.MAX_DURATION);
        stream.fund(funded - distributed, seeds.time, seeds.time + duration);
        if (stream.rate > StreamLib.MAX_RATE) stream.rate = StreamLib.MAX_RATE; // as a smaller funding
        stream.funded = funded;
        uint256 most = distributed << INDEX_BITS;
        stream.remainder = bound(seeds.remainder, 0, most < MAX_REMAINDER ? most : MAX_REMAINDER);
        stream.index = (most - stream.remainder) / StreamLib.MIN_WEIGHT;
    }

    function _stored(StreamLib.Stream memory stream) private pure returns (StreamLib.Stream memory) {
        (uint256 word0, uint256 word1) = stream.pack();
        return StreamLib.unpack(word0, word1);
    }

    function _copy(StreamLib.Stream memory from) private pure returns (StreamLib.Stream memory) {
        return StreamLib.Stream(from.index, from.remainder, from.rate, from.end, from.funded, from.left);
    }

    function _assertRate(StreamLib.Stream memory stream, StreamLib.Stream memory wanted) private pure {
        assertEq(stream.packRate(), wanted.packRate(), "second word");
    }

    function _assertSame(StreamLib.Stream memory stream, StreamLib.Stream memory wanted) private pure {
        assertEq(stream.index, wanted.index, "index");
        assertEq(stream.remainder, wanted.remainder, "remainder");
        assertEq(stream.rate, wanted.rate, "rate");
        assertEq(stream.end, wanted.end, "end");
        assertEq(stream.funded, wanted.funded, "funded");
        assertEq(stream.left, wanted.left, "left");
    }
}
