// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Word} from "../types/Word.sol";

/// @title WordLib
/// @notice Arithmetic on the two 112-bit halves of a `Word`.
/// @dev Each operation touches one half and answers `false` instead of carrying into its neighbour or into the flags.
/// A wallet path turns `false` into a named error, a batch into a skipped operation. `side` is 0 or 1 everywhere.
library WordLib {
    /// @notice The largest amount a half can hold, 2^112 − 1 units.
    uint256 internal constant MAX_AMOUNT = type(uint112).max;
    uint256 internal constant HALF = 112;
    uint256 internal constant FLAGS_SHIFT = 224;
    uint256 private constant AMOUNTS = (1 << FLAGS_SHIFT) - 1;

    /// @notice Amount on `side`, in the asset's smallest units.
    function amount(Word word, uint256 side) internal pure returns (uint256) {
        return (Word.unwrap(word) >> (side * HALF)) & MAX_AMOUNT;
    }

    /// @notice The 32 flag bits, shifted down.
    function flags(Word word) internal pure returns (uint256) {
        return Word.unwrap(word) >> FLAGS_SHIFT;
    }

    /// @notice The same amounts under new flags.
    function withFlags(Word word, uint32 newFlags) internal pure returns (Word) {
        return Word.wrap((Word.unwrap(word) & AMOUNTS) | (uint256(newFlags) << FLAGS_SHIFT));
    }

    /// @notice Adds `value` to the half on `side`; `ok` is false, and the word unchanged, when the half would overflow.
    function tryAdd(Word word, uint256 side, uint256 value) internal pure returns (bool ok, Word result) {
        unchecked {
            // The first test keeps the sum below 2^113, so that neither the sum nor the shifted value can wrap.
            ok = value <= MAX_AMOUNT && amount(word, side) + value <= MAX_AMOUNT;
            result = ok ? Word.wrap(Word.unwrap(word) + (value << (side * HALF))) : word;
        }
    }

    /// @notice Takes `value` from the half on `side`; `ok` is false, and the word unchanged, when it holds less.
    function trySub(Word word, uint256 side, uint256 value) internal pure returns (bool ok, Word result) {
        unchecked {
            // value <= half, so nothing is borrowed from the neighbour.
            ok = value <= amount(word, side);
            result = ok ? Word.wrap(Word.unwrap(word) - (value << (side * HALF))) : word;
        }
    }
}
