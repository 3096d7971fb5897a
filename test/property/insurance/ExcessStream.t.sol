// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExcessStream} from "../../../contracts/libraries/ExcessStream.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title ExcessStreamTest
/// @notice What exits leave, up to 2^96 − 1 in all: what has flowed and what has not is what was left, and no part puts off another.
contract ExcessStreamTest is Test {
    using ExcessStream for ExcessStream.Stream;

    uint256 private constant START = 1_800_000_000;
    uint256 private constant WEEK = 7 days;
    uint256 private constant MAX = type(uint96).max;

    function test_nothingIsLost_INS_05(
        uint256[8] memory parts,
        uint256[8] memory waits,
        uint256[8] memory takes
    ) public pure {
        ExcessStream.Stream memory stream;
        (uint256 time, uint256 left, uint256 gone) = (START, 0, 0);
        for (uint256 i; i < 8; ++i) {
            uint256 next = time + bound(waits[i], 0, i % 2 == 0 ? 10 days : 1 hours);
            gone += stream.accrue(time, next);
            time = next;
            uint256 part = bound(parts[i], 0, i % 3 == 0 ? 100 : MAX / 8);
            stream.add(part, time);
            left += part;
            assertLe(stream.end, time + WEEK, "end");
            uint256 had = stream.amount;
            uint256 taken = stream.take(i % 4 == 0 ? bound(takes[i], 0, MAX) : 0);
            assertTrue(taken == had || stream.amount == had - taken, "taken");
            gone += taken;
            assertEq(stream.amount, left - gone, "what has not flowed");
        }
        gone += stream.accrue(time, time + WEEK);
        assertEq(gone, left, "what has flowed after a week");
        assertEq(stream.amount, 0, "what has not flowed after a week");
    }

    /// @dev Each look keeps back less than a unit, for the next.
    function test_looksKeepBackAUnitEach_INS_05(uint256 amount, uint256[6] memory looks) public pure {
        ExcessStream.Stream memory once;
        ExcessStream.Stream memory often;
        amount = bound(amount, 1, MAX);
        once.add(amount, START);
        often.add(amount, START);
        (uint256 time, uint256 sum) = (START, 0);
        for (uint256 i; i < 6; ++i) {
            uint256 next = time + bound(looks[i], 0, 2 days);
            sum += often.accrue(time, next);
            time = next;
        }
        uint256 all = once.accrue(START, time);
        assertLe(sum, all, "flowed by six looks");
        assertGe(sum + 6, all, "flowed by six looks");
    }

    /// @dev Little put off much by little, and much flows no faster for little: the rate is at most that of both apart.
    function test_noPartPutsOffAnother(uint256 amount, uint256 wait, uint256 part) public pure {
        ExcessStream.Stream memory stream;
        stream.add(bound(amount, 1, MAX / 2), START);
        uint256 time = START + bound(wait, 0, WEEK - 1);
        stream.accrue(START, time);
        (uint256 before, uint256 end) = (stream.amount, stream.end);
        part = bound(part, 1, MAX / 2);
        stream.add(part, time);
        assertGe(stream.end, end, "end");
        assertLe(stream.end, end + (part * WEEK) / (before + part), "end, against the part's weight");
        uint256 both = before * WEEK + part * (end - time);
        assertLe((before + part) * (end - time) * WEEK, both * (stream.end - time + 1), "rate of both");
    }

    function test_beyondItsMaximumNothingFlows() public pure {
        ExcessStream.Stream memory stream;
        stream.add(MAX, START);
        stream.add(MAX, START);
        assertEq(stream.amount, MAX, "amount");
        assertEq(stream.accrue(START, START + WEEK), MAX, "flowed");
    }
}
