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

    /// @dev A holder's weight in two stretches, and what he is paid between them.
    struct Holder {
        uint256 first;
        uint256 second;
        uint256 debt;
        uint256 paid;
        uint256 exact;
    }

    uint256 private constant INDEX_BITS = 80;
    uint256 private constant RATE_BITS = 32;
    /// @dev From rewards · 2^12 to rewards · 2^80.
    uint256 private constant DEBT_SHIFT = INDEX_BITS - StreamLib.ACCRUED_BITS;
    uint256 private constant MAX_REMAINDER = type(uint96).max - 1;
    /// @dev Three of them are a hair more than a stream needs, two pause it.
    uint256 private constant UNIT = StreamLib.MIN_WEIGHT / 3 + 1;

    /* STORAGE */

    function test_pack_keepsEveryField(
        uint152 index,
        uint104 rate,
        uint96 remainder,
        uint32 end,
        uint128 other
    ) public pure {
        StreamLib.Stream memory stream = StreamLib.Stream(index, rate, remainder, end);
        _assertSame(_stored(stream), stream);
        uint256 word = stream.packEnd();
        assertLe(word, type(uint128).max, "low half");
        _assertSame(StreamLib.unpack(stream.packIndex(), word | (uint256(other) << 128)), stream);
    }

    function test_pack_keepsEveryFieldAtItsMaximum() public pure {
        StreamLib.Stream memory stream = StreamLib.Stream({
            index: type(uint152).max,
            rate: StreamLib.MAX_RATE,
            remainder: type(uint96).max,
            end: type(uint32).max
        });
        _assertSame(_stored(stream), stream);
        assertEq(stream.packIndex(), type(uint256).max, "word 0");
        assertEq(stream.packEnd(), type(uint128).max, "word 1");
        _assertSame(StreamLib.unpack(type(uint256).max, type(uint256).max), stream);
    }

    /// @dev Each field at its maximum alone, in its place.
    function test_pack_hasEveryFieldInItsPlace() public pure {
        StreamLib.Stream memory stream = StreamLib.Stream(type(uint152).max, 0, type(uint96).max, 0);
        assertEq(stream.packIndex(), type(uint152).max, "index");
        assertEq(stream.packEnd(), type(uint96).max, "remainder");
        stream = StreamLib.Stream(0, type(uint104).max, 0, type(uint32).max);
        assertEq(stream.packIndex(), uint256(type(uint104).max) << 152, "rate");
        assertEq(stream.packEnd(), uint256(type(uint32).max) << 96, "end");
    }

    /* TIME */

    /// @dev Checked arithmetic gives the same, so nothing wraps.
    function test_accrue_isExact(Seeds memory seeds) public pure {
        (StreamLib.Stream memory stream, uint256 left) = _stream(seeds);
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
        assertEq(stream.waiting(left, to) + flowed, before.waiting(left, seeds.time), "waiting and flowed");
        _assertSame(_stored(stream), stream);
        assertEq(stream.rate, before.rate, "rate");
        assertEq(stream.end, before.end, "end");
    }

    function test_accrue_pausesWithoutLoss(Seeds memory seeds) public pure {
        (StreamLib.Stream memory stream, uint256 left) = _stream(seeds);
        StreamLib.Stream memory before = _copy(stream);
        uint256 weight = bound(seeds.weight, 0, StreamLib.MIN_WEIGHT - 1);
        uint256 to = seeds.time + bound(seeds.elapsed, 0, StreamLib.MAX_DURATION);
        stream.accrue(weight, seeds.time, to);
        assertEq(stream.waiting(left, to), before.waiting(left, seeds.time), "waiting");
        assertEq(stream.index, before.index, "index");
        assertEq(stream.remainder, before.remainder, "remainder");
        assertEq(stream.rate, before.rate, "rate");
    }

    function test_accrue_doesNotDependOnPokes(Seeds memory seeds, uint256 weight, uint256 split) public pure {
        (StreamLib.Stream memory stream, ) = _stream(seeds);
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
        (StreamLib.Stream memory stream, uint256 left) = _stream(seeds);
        StreamLib.Stream memory before = _copy(stream);
        uint256 amount = bound(seeds.amount, 0, StreamLib.MAX_FUNDED - seeds.funded);
        duration = bound(duration, 1, StreamLib.MAX_DURATION);
        uint256 rest = stream.fund(left, amount, seeds.time, seeds.time + duration);
        uint256 total = before.waiting(left, seeds.time) + (amount << RATE_BITS);
        assertEq(stream.waiting(rest, seeds.time), total, "waiting");
        assertEq(stream.rate * duration + rest, total, "rate and left");
        assertLt(rest, duration, "left");
        assertEq(stream.end, seeds.time + duration, "end");
        assertEq(stream.index, before.index, "index");
        assertEq(stream.remainder, before.remainder, "remainder");
        if (stream.rate <= StreamLib.MAX_RATE) _assertSame(_stored(stream), stream);
    }

    /* HOLDERS */

    /// @dev Two holders of the whole weight, one of whom stays and one of whom is paid, leaves in part and comes back, get what was
    /// distributed and no more; rounding costs a debt less than two of its units a change, and less than one where it is looked at.
    function test_accrued_isDistributed(Seeds memory seeds, uint256 part, uint256 next, uint256 elapsed) public pure {
        (StreamLib.Stream memory stream, ) = _stream(seeds);
        uint256 weight = bound(seeds.weight, StreamLib.MIN_WEIGHT, StreamLib.MAX_WEIGHT);
        Holder memory one = _enter(stream, bound(part, 0, weight), 0);
        Holder memory other = _enter(stream, weight - one.first, bound(next, 0, weight));
        one.second = weight - other.second;
        uint256 index = stream.index;
        uint256 middle = seeds.time + bound(seeds.elapsed, 0, StreamLib.MAX_DURATION);
        stream.accrue(weight, seeds.time, middle);
        _change(stream, one, index);
        _change(stream, other, index);
        index = stream.index;
        stream.accrue(weight, middle, middle + bound(elapsed, 0, StreamLib.MAX_DURATION));
        _assertPaid(stream, one, index);
        _assertPaid(stream, other, index);
    }

    function _enter(
        StreamLib.Stream memory stream,
        uint256 first,
        uint256 second
    ) private pure returns (Holder memory holder) {
        (holder.first, holder.second) = (first, second);
        holder.debt = StreamLib.rebase(0, 0, first, stream.index);
        assertEq(StreamLib.accrued(first, stream.index, holder.debt), 0, "accrued on entry");
    }

    function _change(StreamLib.Stream memory stream, Holder memory holder, uint256 index) private pure {
        holder.exact += holder.first * (stream.index - index);
        uint256 accrued = StreamLib.accrued(holder.first, stream.index, holder.debt);
        _pay(stream, holder, holder.first);
        uint256 left = accrued & ((1 << StreamLib.ACCRUED_BITS) - 1);
        holder.debt = StreamLib.rebase(holder.debt, holder.first, holder.second, stream.index);
        accrued = StreamLib.accrued(holder.second, stream.index, holder.debt);
        assertLe(accrued, left, "accrued after the change");
        assertLe(left, accrued + 1, "accrued before the change");
    }

    function _pay(StreamLib.Stream memory stream, Holder memory holder, uint256 weight) private pure {
        uint256 accrued = StreamLib.accrued(weight, stream.index, holder.debt);
        uint256 amount = accrued >> StreamLib.ACCRUED_BITS;
        holder.debt = StreamLib.pay(holder.debt, amount);
        holder.paid += amount;
        assertLe(accrued, StreamLib.MAX_FUNDED << StreamLib.ACCRUED_BITS, "accrued, in 104 bits");
        assertEq(
            StreamLib.accrued(weight, stream.index, holder.debt) + (amount << StreamLib.ACCRUED_BITS),
            accrued,
            "accrued less paid"
        );
    }

    function _assertPaid(StreamLib.Stream memory stream, Holder memory holder, uint256 index) private pure {
        holder.exact += holder.second * (stream.index - index);
        _pay(stream, holder, holder.second);
        uint256 counted =
            (holder.paid << StreamLib.ACCRUED_BITS) + StreamLib.accrued(holder.second, stream.index, holder.debt);
        assertLe(counted << DEBT_SHIFT, holder.exact, "at most the exact share");
        assertLt(holder.exact - (counted << DEBT_SHIFT), 4 << DEBT_SHIFT, "rounded down in two changes");
        assertLe(
            holder.exact - (holder.paid << INDEX_BITS),
            (1 << INDEX_BITS) + (4 << DEBT_SHIFT),
            "at most a unit less"
        );
    }

    /// @dev A debt is a number modulo 2^112: what a holder accrues is the same at any index that a stream can have, of any weight, and
    /// from any debt that he can have had before, also when all that can be funded is his.
    function test_accrued_wrapsAround(
        uint256 index,
        uint256 gain,
        uint256 weight,
        uint112 debt,
        uint256 to
    ) public pure {
        weight = bound(weight, 1, StreamLib.MAX_WEIGHT);
        to = bound(to, 0, StreamLib.MAX_WEIGHT);
        uint256 most =
            (StreamLib.MAX_FUNDED << INDEX_BITS) / (weight < StreamLib.MIN_WEIGHT ? StreamLib.MIN_WEIGHT : weight);
        gain = bound(gain, 0, most);
        index = bound(index, 0, type(uint152).max - gain);
        uint256 fresh = StreamLib.rebase(0, 0, weight, index);
        uint256 exact = (weight * gain) >> DEBT_SHIFT;
        uint256 accrued = StreamLib.accrued(weight, index + gain, fresh);
        assertLe(accrued, exact, "at most the exact share");
        assertLe(exact, accrued + 1, "rounded down");
        // The debt that a weight of `to` leaves behind is part of the number.
        uint256 rebased = StreamLib.rebase(debt, weight, to, index);
        assertLe(rebased, type(uint112).max, "112 bits");
        uint256 back = StreamLib.rebase(rebased, to, weight, index);
        // Modulo 2^112, whether or not `back` is beyond it.
        assertLe(addmod(back, (1 << 112) - uint256(debt), 1 << 112), 2, "there and back");
        assertEq(StreamLib.pay(debt, 1), addmod(debt, 1 << StreamLib.ACCRUED_BITS, 1 << 112), "paid, modulo 2^112");
    }

    /// @dev Comings and goings within a second round a debt above what its weight has got: nothing is accrued, rather than nearly 2^112,
    /// and what comes next makes up for it.
    function test_accrued_isNothingBelowZero(uint256 index, uint256 weight, uint8 changes) public pure {
        index = bound(index, 0, type(uint152).max - (1 << INDEX_BITS));
        weight = bound(weight, 1, StreamLib.MAX_WEIGHT);
        uint256 debt;
        for (uint256 i = 0; i < changes; ++i) {
            debt = StreamLib.rebase(debt, 0, weight, index);
            assertEq(StreamLib.accrued(weight, index, debt), 0, "accrued in it");
            debt = StreamLib.rebase(debt, weight, 0, index);
            assertEq(StreamLib.accrued(0, index, debt), 0, "accrued out of it");
        }
        assertLe(debt, changes, "a unit of the debt each");
        debt = StreamLib.rebase(debt, 0, weight, index);
        uint256 exact = weight << StreamLib.ACCRUED_BITS;
        uint256 accrued = StreamLib.accrued(weight, index + (1 << INDEX_BITS), debt);
        assertLe(accrued, exact, "at most the exact share");
        assertLe(exact, accrued + changes + 1, "makes up");
    }

    /// @dev The largest that is not below zero, and the least that is.
    function test_accrued_isSignedAtItsTopBit() public pure {
        assertEq(StreamLib.accrued(0, 0, 1), 0, "one below");
        assertEq(StreamLib.accrued(0, 0, 1 << 111), 0, "all below");
        assertEq(StreamLib.accrued(0, 0, (1 << 111) + 1), (1 << 111) - 1, "all above");
    }

    /// @dev The whole of the largest funding within a second, to the least weight: the index takes all of its 152 bits.
    function test_accrue_holdsTheLargestIndex() public pure {
        StreamLib.Stream memory stream;
        uint256 left = stream.fund(0, StreamLib.MAX_FUNDED, 0, 1);
        assertEq(left, 0, "left");
        stream.accrue(StreamLib.MIN_WEIGHT, 0, 1);
        assertEq(stream.index, StreamLib.MAX_FUNDED << (INDEX_BITS - 20), "index");
        assertLe(stream.index, type(uint152).max, "index, in 152 bits");
        uint256 accrued = StreamLib.accrued(StreamLib.MIN_WEIGHT, stream.index, 0);
        assertEq(accrued, StreamLib.MAX_FUNDED << StreamLib.ACCRUED_BITS, "accrued");
        uint256 debt = StreamLib.pay(0, accrued >> StreamLib.ACCRUED_BITS);
        assertEq(StreamLib.accrued(StreamLib.MIN_WEIGHT, stream.index, debt), 0, "accrued when paid");
        // Whoever comes then with the largest weight has got nothing yet, and goes with nothing.
        debt = StreamLib.rebase(0, 0, StreamLib.MAX_WEIGHT, stream.index);
        assertEq(StreamLib.accrued(StreamLib.MAX_WEIGHT, stream.index, debt), 0, "accrued on entry");
        debt = StreamLib.rebase(debt, StreamLib.MAX_WEIGHT, 0, stream.index);
        assertEq(StreamLib.accrued(0, stream.index, debt), 0, "accrued after it");
    }

    /// @dev What the largest weight leaves goes to the least weight that comes after it: the index still fits.
    function test_accrue_holdsTheLargestRemainder(uint256 weight, uint256 duration) public pure {
        weight = bound(weight, StreamLib.MAX_WEIGHT / 2, StreamLib.MAX_WEIGHT);
        duration = bound(duration, 2, StreamLib.MAX_DURATION);
        StreamLib.Stream memory stream;
        uint256 left = stream.fund(0, StreamLib.MAX_FUNDED, 0, duration);
        stream.accrue(weight, 0, 1);
        uint256 distributed = weight * stream.index;
        uint256 index = stream.index;
        stream.accrue(StreamLib.MIN_WEIGHT, 1, duration);
        distributed += StreamLib.MIN_WEIGHT * (stream.index - index) + stream.remainder;
        assertEq(distributed, (stream.rate * duration) << (INDEX_BITS - RATE_BITS), "distributed and remainder");
        assertEq(stream.rate * duration + left, StreamLib.MAX_FUNDED << RATE_BITS, "rate and left");
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
            uint256 left = stream.fund(0, amount, 1, 1 + duration);
            Holder[2] memory holders;
            uint256 time = _stretch(stream, left, holders, first, 1);
            left = stream.fund(left, 5, time, time + duration);
            time = _stretch(stream, left, holders, second, time);
            uint256 whole = holders[0].exact + holders[1].exact + stream.remainder;
            whole += stream.waiting(left, time) << (INDEX_BITS - RATE_BITS);
            assertEq(whole, (amount + 5) << INDEX_BITS, "distributed, remainder and waiting");
            for (uint256 i = 0; i < 2; ++i) _assertCounted(stream, holders[i]);
        }
    }

    function _stretch(
        StreamLib.Stream memory stream,
        uint256 left,
        Holder[2] memory holders,
        uint256 code,
        uint256 from
    ) private pure returns (uint256 to) {
        uint256 weight =
            _weigh(stream, holders[0], (code % 4) * UNIT) + _weigh(stream, holders[1], ((code / 4) % 4) * UNIT);
        to = from + code / 16;
        StreamLib.Stream memory poked = _copy(stream);
        uint256 index = stream.index;
        uint256 waiting = stream.waiting(left, from);
        stream.accrue(weight, from, to);
        for (; from < to; ++from) poked.accrue(weight, from, from + 1);
        _assertSame(poked, stream);
        assertGe(stream.index, index, "index");
        if (weight < StreamLib.MIN_WEIGHT) assertEq(stream.waiting(left, to), waiting, "waiting in a pause");
        for (uint256 i = 0; i < 2; ++i) holders[i].exact += holders[i].first * (stream.index - index);
    }

    function _weigh(
        StreamLib.Stream memory stream,
        Holder memory holder,
        uint256 weight
    ) private pure returns (uint256) {
        holder.debt = StreamLib.rebase(holder.debt, holder.first, weight, stream.index);
        holder.first = weight;
        return weight;
    }

    /// @dev After two changes, the first of which is from no weight.
    function _assertCounted(StreamLib.Stream memory stream, Holder memory holder) private pure {
        uint256 accrued = StreamLib.accrued(holder.first, stream.index, holder.debt) << DEBT_SHIFT;
        assertLe(accrued, holder.exact, "at most the exact share");
        assertLt(holder.exact - accrued, 4 << DEBT_SHIFT, "rounded down");
    }

    /* STREAMS */

    /// @dev Any stream that can be, at `seeds.time`, and what its rate left: `seeds.funded` in all and distributed in part, by the least
    /// weight at worst.
    function _stream(Seeds memory seeds) private pure returns (StreamLib.Stream memory stream, uint256 left) {
        seeds.time = bound(seeds.time, 0, type(uint32).max - 2 * StreamLib.MAX_DURATION);
        seeds.funded = bound(seeds.funded, 0, StreamLib.MAX_FUNDED);
        uint256 distributed = bound(seeds.distributed, 0, seeds.funded);
        uint256 duration = bound(seeds.duration, 1, StreamLib.MAX_DURATION);
        left = stream.fund(0, seeds.funded - distributed, seeds.time, seeds.time + duration);
        if (stream.rate > StreamLib.MAX_RATE) stream.rate = StreamLib.MAX_RATE; // as a smaller funding
        uint256 most = distributed << INDEX_BITS;
        stream.remainder = bound(seeds.remainder, 0, most < MAX_REMAINDER ? most : MAX_REMAINDER);
        stream.index = (most - stream.remainder) / StreamLib.MIN_WEIGHT;
    }

    function _stored(StreamLib.Stream memory stream) private pure returns (StreamLib.Stream memory) {
        return StreamLib.unpack(stream.packIndex(), stream.packEnd());
    }

    function _copy(StreamLib.Stream memory from) private pure returns (StreamLib.Stream memory) {
        return StreamLib.Stream(from.index, from.rate, from.remainder, from.end);
    }

    function _assertSame(StreamLib.Stream memory stream, StreamLib.Stream memory wanted) private pure {
        assertEq(stream.index, wanted.index, "index");
        assertEq(stream.rate, wanted.rate, "rate");
        assertEq(stream.remainder, wanted.remainder, "remainder");
        assertEq(stream.end, wanted.end, "end");
    }
}
