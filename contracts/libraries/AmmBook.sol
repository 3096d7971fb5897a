// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {PoolKey} from "../types/PoolKey.sol";
import {Word} from "../types/Word.sol";

/// @title AmmBook
/// @notice The AMM's 32 flags of a pool's ledger book: bits 0–15 fee in pips, bit 16 the pool has virtual offsets,
/// bit 17 it keeps a history of prices, bit 18 an asset of it has RULES, bits 19–30 zero, bit 31 the pool exists.
library AmmBook {
    uint32 private constant RANGE = 1 << 16;
    uint32 private constant ORACLE = 1 << 17;
    uint32 private constant RESTRICTED = 1 << 18;
    uint32 private constant EXISTS = 1 << 31;

    /// @notice Flags of a new pool. Its fee is at most 50,000 pips and fits 16 bits.
    function flagsFor(PoolKey memory key) internal pure returns (uint32) {
        // ORACLE and RESTRICTED are bits 0 and 1 of the key's flags, and bits 17 and 18 here.
        return uint32(key.fee) | (key.alpha | key.beta == 0 ? 0 : RANGE) | (uint32(key.flags) << 17) | EXISTS;
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

    function isRestricted(Word book) internal pure returns (bool) {
        return book.flags() & RESTRICTED != 0;
    }

    /// @notice Fee in pips.
    function fee(Word book) internal pure returns (uint256) {
        return book.flags() & type(uint16).max;
    }
}
