// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LendingFlags} from "../../../contracts/libraries/LendingFlags.sol";
import {Word} from "../../../contracts/types/Word.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title LendingFlagsTest
/// @notice LEN-25: flags tell the time since an update of at most 68 years, and which word is newer; they are never those of no market.
contract LendingFlagsTest is Test {
    using LendingFlags for Word;

    uint256 private constant EPOCH = 1_767_225_600;
    uint256 private constant MOST = (1 << 31) - 1;

    function test_LEN_25_elapsed_isWhatHasPassed(uint256 time, uint256 passed, bool newer) public {
        time = bound(time, 1, 1 << 40);
        passed = bound(passed, 0, MOST - 1);
        vm.warp(time);
        Word flags = LendingFlags.updatedNow(newer);
        vm.warp(time + passed);
        uint256 more = (time + (1 << 31) - (EPOCH % (1 << 31))) % (1 << 31) == 0 ? 1 : 0;
        assertEq(flags.elapsed(), passed + more, "seconds");
        assertEq(flags.isDebtNewer(), newer, "newer");
    }

    /// @dev In January 2094, and again each 68 years, 31 bits of time are 0.
    function test_LEN_25_flags_areNeverThoseOfNoMarket(uint256 times, uint256 passed) public {
        vm.warp(EPOCH + (1 << 31) * bound(times, 1, 100));
        Word flags = LendingFlags.updatedNow(false);
        assertTrue(Word.unwrap(flags) != 0, "a market");
        assertEq(flags.elapsed(), 1, "the second before");
        passed = bound(passed, 0, MOST - 1);
        vm.warp(block.timestamp + passed);
        assertEq(flags.elapsed(), passed + 1, "seconds");
    }
}
