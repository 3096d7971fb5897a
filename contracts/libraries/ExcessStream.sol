// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title ExcessStream
/// @notice What exits leave to those who stay: it flows at one rate, all of it no faster than each part would over a week of its own.
/// @dev An amount and an end are all that there is, so what has not flowed can be told apart from the premiums that flow beside it, and
/// taken back. There is one end for all parts, the average of what each has left, weighted by their amounts: so all
/// together never flow faster than each by its week would, though a small part may flow with the rest of a large one, and one of a unit
/// puts off nothing. Nothing is lost: what a division leaves flows later, and all of it has
/// flowed at the end.
library ExcessStream {
    struct Stream {
        /// @dev What has not flowed, units; 96 bits.
        uint256 amount;
        /// @dev When all of it has, seconds; 32 bits.
        uint256 end;
    }

    /// @notice A week, in seconds.
    uint256 internal constant PERIOD = 7 days;
    /// @notice The most units.
    uint256 internal constant MAX_AMOUNT = type(uint96).max;

    /// @notice What flowed from `from` to `to`, in units, rounded down until the end.
    function accrue(Stream memory stream, uint256 from, uint256 to) internal pure returns (uint256 earned) {
        earned = stream.amount;
        if (to < stream.end) earned = (earned * (to - from)) / (stream.end - from);
        stream.amount -= earned; // a part of it
    }

    /// @notice Lets `excess`, below 2^96, flow too, from `time` on, to which the stream is accrued. Beyond `MAX_AMOUNT` nothing flows.
    function add(Stream memory stream, uint256 excess, uint256 time) internal pure {
        if (excess == 0) return;
        // Nothing is left when the end is over.
        uint256 left = stream.amount == 0 ? 0 : stream.amount * (stream.end - time);
        uint256 amount = stream.amount + excess;
        stream.end = time + (left + excess * PERIOD) / amount;
        stream.amount = Math.min(amount, MAX_AMOUNT);
    }

    /// @notice Takes `amount` out of what has not flowed, or all of that where it is less. Answers how much it took.
    function take(Stream memory stream, uint256 amount) internal pure returns (uint256 taken) {
        taken = Math.min(amount, stream.amount);
        stream.amount -= taken; // a part of it
    }
}
