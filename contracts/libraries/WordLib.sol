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

    /// @notice Two amounts without flags. Both must be at most MAX_AMOUNT.
    function pack(uint256 amount0, uint256 amount1) internal pure returns (Word) {
        return Word.wrap(amount0 | (amount1 << HALF));
    }

    /// @notice Amount on `side`, in the asset's smallest units.
    function amount(Word word, uint256 side) internal pure returns (uint256) {
        unchecked {
            return (Word.unwrap(word) >> (side * HALF)) & MAX_AMOUNT; // side is 0 or 1
        }
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
            uint256 shift = side * HALF; // side is 0 or 1
            // A half is at most MAX_AMOUNT. What passes keeps the sum within the half, so the shifted value cannot wrap.
            ok = (value | (_half(word, shift) + value)) >> HALF == 0;
            result = ok ? Word.wrap(Word.unwrap(word) + (value << shift)) : word;
        }
    }

    /// @notice The smaller amount of each side, without flags.
    function min(Word a, Word b) internal pure returns (Word) {
        (uint256 a0, uint256 b0, uint256 a1, uint256 b1) = (_half(a, 0), _half(b, 0), _half(a, HALF), _half(b, HALF));
        return pack(a0 < b0 ? a0 : b0, a1 < b1 ? a1 : b1);
    }

    /// @notice The word after `inputs` came and `outputs` went, with the flags of `outputs`. Each side may pass through
    /// more than a half can hold; it must end within one. `ok` is false when a side would end below 0 or above.
    function trySettle(Word word, Word inputs, Word outputs) internal pure returns (bool ok, Word result) {
        unchecked {
            // sums of two halves are below 2^113
            uint256 left0 = _half(word, 0) + _half(inputs, 0) - _half(outputs, 0);
            uint256 left1 = _half(word, HALF) + _half(inputs, HALF) - _half(outputs, HALF);
            // a side below 0 wraps far above MAX_AMOUNT, which is all ones
            ok = (left0 | left1) >> HALF == 0;
            result = Word.wrap(left0 | (left1 << HALF) | (flags(outputs) << FLAGS_SHIFT));
        }
    }

    /// @notice Takes `value` from the half on `side`; `ok` is false, and the word unchanged, when it holds less.
    function trySub(Word word, uint256 side, uint256 value) internal pure returns (bool ok, Word result) {
        unchecked {
            uint256 shift = side * HALF; // side is 0 or 1
            // value <= half, so nothing is borrowed from the neighbour.
            ok = value <= _half(word, shift);
            result = ok ? Word.wrap(Word.unwrap(word) - (value << shift)) : word;
        }
    }

    /// @dev The half that begins at bit `shift`, 0 or 112: in shifts, which take less code than a mask of 112 bits.
    function _half(Word word, uint256 shift) private pure returns (uint256) {
        unchecked {
            return (Word.unwrap(word) << (256 - HALF - shift)) >> (256 - HALF); // shift <= 112
        }
    }
}
