// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StreamLib} from "../libraries/StreamLib.sol";

/// @title StreamHarness
/// @notice `StreamLib` behind external calls, on packed words as a core stores them: the high half of the second is the core's.
contract StreamHarness {
    using StreamLib for StreamLib.Stream;

    enum Kind {
        Accrue,
        Fund
    }

    /// @notice Accrues to `value` as weight from `from` to `to`, or funds with `value` at `from` until `to`.
    struct Step {
        Kind kind;
        uint256 value;
        uint256 from;
        uint256 to;
    }

    /// @notice The stream after a step, what the division into its rate left, and what waits in it at the step's last time.
    struct Outcome {
        uint256[2] words;
        uint256 left;
        uint256 waiting;
    }

    /// @notice Every answer about a holder that the library has.
    struct Answer {
        uint256 accrued;
        uint256 rebased;
        uint256 paid;
    }

    /// @notice A holder of `weight` at `index`, of whom the debt is known: what he has, and his debt once his weight is `to`, or once he
    /// is paid `amount`.
    struct Holder {
        uint256 weight;
        uint256 index;
        uint256 debt;
        uint256 to;
        uint256 amount;
    }

    uint256 private constant HALF = 128;

    function run(uint256[2] memory words, Step[] calldata steps) external pure returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](steps.length);
        uint256 left = 0;
        for (uint256 i = 0; i < steps.length; ++i) {
            StreamLib.Stream memory stream = StreamLib.unpack(words[0], words[1]);
            Step calldata step = steps[i];
            if (step.kind == Kind.Accrue) stream.accrue(step.value, step.from, step.to);
            else left = stream.fund(left, step.value, step.from, step.to);
            _store(words, stream);
            uint256 waiting = stream.waiting(left, step.kind == Kind.Accrue ? step.to : step.from);
            outcomes[i] = Outcome([words[0], words[1]], left, waiting);
        }
    }

    /// @notice Accrues to `weight` `count` times, every `interval` seconds after `from`, with all of it stored in between.
    function poke(
        uint256[2] memory words,
        uint256 weight,
        uint256 from,
        uint256 interval,
        uint256 count
    ) external pure returns (uint256[2] memory) {
        for (uint256 i = 0; i < count; ++i) {
            StreamLib.Stream memory stream = StreamLib.unpack(words[0], words[1]);
            stream.accrue(weight, from, from + interval);
            _store(words, stream);
            from += interval;
        }
        return words;
    }

    function ask(Holder[] calldata holders) external pure returns (Answer[] memory answers) {
        answers = new Answer[](holders.length);
        for (uint256 i = 0; i < holders.length; ++i) {
            Holder calldata holder = holders[i];
            answers[i] = Answer({
                accrued: StreamLib.accrued(holder.weight, holder.index, holder.debt),
                rebased: StreamLib.rebase(holder.debt, holder.weight, holder.to, holder.index),
                paid: StreamLib.pay(holder.debt, holder.amount)
            });
        }
    }

    function pack(StreamLib.Stream memory stream) external pure returns (uint256[2] memory) {
        return [stream.packIndex(), stream.packEnd()];
    }

    function unpack(uint256[2] memory words) external pure returns (StreamLib.Stream memory) {
        return StreamLib.unpack(words[0], words[1]);
    }

    function _store(uint256[2] memory words, StreamLib.Stream memory stream) private pure {
        words[0] = stream.packIndex();
        words[1] = stream.packEnd() | ((words[1] >> HALF) << HALF);
    }
}
