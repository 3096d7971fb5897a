// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExitQueue} from "../libraries/ExitQueue.sol";

/// @title ExitQueueHarness
/// @notice `ExitQueue` behind an external call that runs whole schedules, each on a queue of its own.
contract ExitQueueHarness {
    using ExitQueue for ExitQueue.Queue;

    enum Kind {
        Push,
        Finalise,
        Pay
    }

    /// @notice A request is pushed for `owner`, or the next `shares` finalised at `assets`, or request `id` paid.
    struct Step {
        Kind kind;
        address owner;
        uint256 shares;
        uint256 assets;
        uint256 readyAt;
        uint256 id;
        uint256 maxCheckpoints;
    }

    /// @notice What a step gave, and the queue after it. `id` is the pushed or paid request, 0 of a finalisation.
    struct Outcome {
        uint256 id;
        ExitQueue.Payment payment;
        ExitQueue.Request request;
        uint256 requested;
        uint256 owed;
        uint256 pending;
        uint256 pendingUpTo;
    }

    uint256 private _count;
    mapping(uint256 number => ExitQueue.Queue) private _queues;

    function run(Step[][] calldata schedules) external returns (Outcome[][] memory outcomes) {
        outcomes = new Outcome[][](schedules.length);
        for (uint256 i = 0; i < schedules.length; ++i) {
            ExitQueue.Queue storage queue = _queues[_count++];
            outcomes[i] = new Outcome[](schedules[i].length);
            for (uint256 j = 0; j < schedules[i].length; ++j) outcomes[i][j] = _step(queue, schedules[i][j]);
        }
    }

    function _step(ExitQueue.Queue storage queue, Step calldata step) private returns (Outcome memory outcome) {
        if (step.kind == Kind.Push) {
            outcome.id = queue.push(step.owner, step.shares, step.assets, step.readyAt);
        } else if (step.kind == Kind.Finalise) {
            queue.finalise(step.shares, step.assets);
        } else {
            outcome.id = step.id;
            outcome.payment = queue.pay(step.id, step.maxCheckpoints);
        }
        outcome.request = queue.requests[outcome.id];
        (outcome.requested, outcome.owed) = (queue.requested, queue.owed);
        (outcome.pending, outcome.pendingUpTo) = (queue.pending(), queue.pendingUpTo(outcome.id));
    }
}
