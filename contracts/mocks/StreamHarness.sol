// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StreamLib} from "../libraries/StreamLib.sol";

/// @title StreamHarness
/// @notice `StreamLib` behind external calls, on packed words as a core stores them.
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

    /// @notice The stream after a step, and what waits in it at the step's last time.
    struct Outcome {
        uint256[2] words;
        uint256 waiting;
    }

    function run(uint256[2] memory words, Step[] calldata steps) external pure returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](steps.length);
        for (uint256 i = 0; i < steps.length; ++i) {
            StreamLib.Stream memory stream = StreamLib.unpack(words[0], words[1]);
            Step calldata step = steps[i];
            if (step.kind == Kind.Accrue) stream.accrue(step.value, step.from, step.to);
            else stream.fund(step.value, step.from, step.to);
            (words[0], words[1]) = stream.pack();
            uint256 waiting = stream.waiting(step.kind == Kind.Accrue ? step.to : step.from);
            outcomes[i] = Outcome([words[0], words[1]], waiting);
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
            (words[0], words[1]) = stream.pack();
            from += interval;
        }
        return words;
    }

    /// @notice Of each case: weight, index, checkpoint.
    function earned(uint256[3][] calldata cases) external pure returns (uint256[] memory rewards) {
        rewards = new uint256[](cases.length);
        for (uint256 i = 0; i < cases.length; ++i) {
            rewards[i] = StreamLib.earned(cases[i][0], cases[i][1], cases[i][2]);
        }
    }

    function pack(StreamLib.Stream memory stream) external pure returns (uint256[2] memory words) {
        (words[0], words[1]) = stream.pack();
    }

    function unpack(uint256[2] memory words) external pure returns (StreamLib.Stream memory) {
        return StreamLib.unpack(words[0], words[1]);
    }
}
