// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Word} from "../types/Word.sol";
import {WordLib} from "./WordLib.sol";

/// @title HolderFlags
/// @notice The 32 flags of a holder's word: bits 0–7 consent to settlement versions 0–7, bits 8–23 the sequence of
/// batched operations, bit 24 frozen by the issuer of an asset with RULES, bits 25–31 zero.
library HolderFlags {
    uint256 private constant SEQUENCE_SHIFT = 8;
    uint256 private constant SEQUENCE = 0xffff << (WordLib.FLAGS_SHIFT + SEQUENCE_SHIFT);
    uint256 private constant FROZEN = 1 << 24;

    /// @notice Whether the owner lets settlement `version` (0–7) act on this word.
    function consents(Word word, uint256 version) internal pure returns (bool) {
        return (word.flags() >> version) & 1 != 0;
    }

    /// @notice The consent bits of versions 0–7.
    function consent(Word word) internal pure returns (uint8) {
        return uint8(word.flags());
    }

    /// @notice Replaces the consent bits.
    function withConsent(Word word, uint8 versions) internal pure returns (Word) {
        return word.withFlags(uint32((word.flags() & ~uint256(0xff)) | versions));
    }

    /// @notice The sequence the next batched operation on this word must carry.
    function sequence(Word word) internal pure returns (uint16) {
        return uint16(word.flags() >> SEQUENCE_SHIFT);
    }

    /// @notice The word with its sequence `steps` further, modulo 2^16.
    function advanced(Word word, uint16 steps) internal pure returns (Word) {
        unchecked {
            // the sequence wraps at 2^16 by design; a carry out of the word's top is cut off with it
            uint256 next = Word.unwrap(word) + (uint256(steps) << (WordLib.FLAGS_SHIFT + SEQUENCE_SHIFT));
            return Word.wrap((Word.unwrap(word) & ~SEQUENCE) | (next & SEQUENCE));
        }
    }

    /// @notice What a batched operation leaves: `value` less on `side`, and the sequence one further. `ok` is false unless the
    /// word consents to `version`, its sequence ends in the 8 bits `step`, and the half holds `value`.
    function tryOperate(
        Word word,
        uint256 version,
        uint8 step,
        uint256 side,
        uint256 value
    ) internal pure returns (bool ok, Word left) {
        if (!consents(word, version) || uint8(sequence(word)) != step) return (false, word);
        (ok, left) = word.trySub(side, value);
        left = advanced(left, 1);
    }

    /// @notice Whether the issuer has frozen the halves of this word that carry RULES.
    function isFrozen(Word word) internal pure returns (bool) {
        return word.flags() & FROZEN != 0;
    }

    /// @notice Sets or clears the frozen bit.
    function withFrozen(Word word, bool frozen) internal pure returns (Word) {
        uint256 flags = word.flags();
        return word.withFlags(uint32(frozen ? flags | FROZEN : flags & ~FROZEN));
    }
}
