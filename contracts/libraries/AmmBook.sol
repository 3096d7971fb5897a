// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Word} from "../types/Word.sol";

/// @title AmmBook
/// @notice The AMM's 32 flags of a pool's ledger book: bits 0–15 fee in pips, bit 16 the pool has virtual offsets,
/// bit 17 it keeps a history of prices, bits 18–30 zero, bit 31 the pool exists.
library AmmBook {
    uint32 private constant RANGE = 1 << 16;
    uint32 private constant ORACLE = 1 << 17;
    uint32 private constant EXISTS = 1 << 31;

    /// @notice Flags of a new pool. `pips` is at most 50,000 and fits 16 bits.
    function flagsFor(uint24 pips, bool ranged, bool observed) internal pure returns (uint32) {
        return uint32(pips) | (ranged ? RANGE : 0) | (observed ? ORACLE : 0) | EXISTS;
    }

    function exists(Word book) internal pure returns (bool) {
        return book.flags() & EXISTS != 0;
    }

    function isRange(Word book) internal pure returns (bool) {
        return book.flags() & RANGE != 0;
    }

    function hasOracle(Word book) internal pure returns (bool) {
        return book.flags() & ORACLE != 0;
    }

    /// @notice Fee in pips.
    function fee(Word book) internal pure returns (uint256) {
        return book.flags() & type(uint16).max;
    }
}
