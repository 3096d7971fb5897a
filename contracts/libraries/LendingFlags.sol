// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Word} from "../types/Word.sol";

/// @title LendingFlags
/// @notice The 32 flags of a market's book: the time of its last update, in seconds since 2026, above one bit that says which of the
/// core's two words on the market is newer. Flags of 0 are no market.
/// @dev Time is in 31 bits: after January 2094 it begins anew, and only a market untouched for 68 years loses interest. The second in
/// which it is 0 counts as the one before, so that a market's flags never are none.
library LendingFlags {
    /// @notice The first second of 2026, which has passed.
    uint256 internal constant EPOCH = 1_767_225_600;
    uint256 private constant TIME_MASK = type(uint32).max >> 1;

    /// @notice A book of no amounts, updated now.
    function updatedNow(bool withNewerDebt) internal view returns (Word) {
        uint256 newer = withNewerDebt ? 1 : 0;
        unchecked {
            // before 2026 a difference modulo 2^31
            uint256 time = (block.timestamp - EPOCH) & TIME_MASK;
            if (time == 0) time = TIME_MASK;
            return Word.wrap(((time << 1) | newer) << 224);
        }
    }

    /// @notice Seconds since the last update.
    function elapsed(Word book) internal view returns (uint256) {
        unchecked {
            // the difference of two times within 68 years, whatever was cut off of either
            return (block.timestamp - EPOCH - (Word.unwrap(book) >> 225)) & TIME_MASK;
        }
    }

    /// @notice Whether the core's word on the debt is newer than that on the supply.
    function isDebtNewer(Word book) internal pure returns (bool) {
        return Word.unwrap(book) & (1 << 224) != 0;
    }
}
