// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HolderFlags} from "../../../contracts/libraries/HolderFlags.sol";
import {WordLib} from "../../../contracts/libraries/WordLib.sol";
import {Word} from "../../../contracts/types/Word.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title WordLibTest
/// @notice The word arithmetic against a plain reference that keeps both amounts and the flags in fields of their own.
contract WordLibTest is Test {
    using HolderFlags for Word;

    /// @dev The reference: three numbers that share nothing.
    struct Plain {
        uint256[2] amounts;
        uint256 flags;
    }

    uint256 private constant MAX = 2 ** 112 - 1;

    /* WORDLIB */

    function test_LED_04_accessors_readTheirOwnBits(uint256 seed0, uint256 seed1, uint32 flags) public pure {
        (Plain memory plain, Word word) = _build(seed0, seed1, flags);
        _assertSame(word, plain);
    }

    function test_LED_04_tryAdd_touchesOneHalf(
        uint256 seed0,
        uint256 seed1,
        uint32 flags,
        bool high,
        uint256 seed
    ) public pure {
        (Plain memory plain, Word word) = _build(seed0, seed1, flags);
        (uint256 side, uint256 value) = (high ? 1 : 0, _extreme(seed, MAX - plain.amounts[high ? 1 : 0]));
        (bool ok, Word result) = word.tryAdd(side, value);
        bool fits = value <= MAX && plain.amounts[side] + value <= MAX;
        assertEq(ok, fits, "whether the sum fits");
        if (fits) plain.amounts[side] += value;
        _assertSame(result, plain);
    }

    function test_LED_04_trySub_touchesOneHalf(
        uint256 seed0,
        uint256 seed1,
        uint32 flags,
        bool high,
        uint256 seed
    ) public pure {
        (Plain memory plain, Word word) = _build(seed0, seed1, flags);
        (uint256 side, uint256 value) = (high ? 1 : 0, _extreme(seed, plain.amounts[high ? 1 : 0]));
        (bool ok, Word result) = word.trySub(side, value);
        bool covers = value <= plain.amounts[side];
        assertEq(ok, covers, "whether the half covers it");
        if (covers) plain.amounts[side] -= value;
        _assertSame(result, plain);
    }

    function test_LED_04_addThenSub_restoresTheWord(
        uint256 seed0,
        uint256 seed1,
        uint32 flags,
        bool high,
        uint256 seed
    ) public pure {
        (, Word word) = _build(seed0, seed1, flags);
        uint256 side = high ? 1 : 0;
        (bool added, Word more) = word.tryAdd(side, _extreme(seed, MAX - word.amount(side)));
        if (!added) return;
        (bool taken, Word back) = more.trySub(side, more.amount(side) - word.amount(side));
        assertTrue(taken, "what was added can be taken");
        assertEq(Word.unwrap(back), Word.unwrap(word), "word");
    }

    function test_LED_03_withFlags_keepsBothAmounts(
        uint256 seed0,
        uint256 seed1,
        uint32 flags,
        uint32 newFlags
    ) public pure {
        (Plain memory plain, Word word) = _build(seed0, seed1, flags);
        plain.flags = newFlags;
        _assertSame(word.withFlags(newFlags), plain);
    }

    function test_LED_06_trySettle_addsInputsAndTakesOutputs(
        uint256[2] memory book,
        uint256[2] memory given,
        uint256[2] memory paid,
        uint32 flags,
        uint32 newFlags
    ) public pure {
        (Plain memory plain, Word word) = _build(book[0], book[1], flags);
        (Plain memory more, Word inputs) = _build(given[0], given[1], 0);
        (Plain memory less, Word outputs) = _near(plain, more, paid, newFlags);
        bool fits = true;
        for (uint256 side; side < 2; ++side) {
            uint256 sum = plain.amounts[side] + more.amounts[side];
            if (sum < less.amounts[side] || sum - less.amounts[side] > MAX) fits = false;
            else plain.amounts[side] = sum - less.amounts[side];
        }
        plain.flags = newFlags;
        (bool ok, Word result) = word.trySettle(inputs, outputs);
        assertEq(ok, fits, "whether each side ends within a half");
        if (fits) _assertSame(result, plain);
    }

    function test_LED_06_min_isTheSmallerOfEachSide(
        uint256[2] memory first,
        uint256[2] memory second,
        uint32 flags,
        uint32 otherFlags
    ) public pure {
        (Plain memory plain, Word word) = _build(first[0], first[1], flags);
        (Plain memory other, Word otherWord) = _build(second[0], second[1], otherFlags);
        for (uint256 side; side < 2; ++side) {
            if (other.amounts[side] < plain.amounts[side]) plain.amounts[side] = other.amounts[side];
        }
        plain.flags = 0;
        _assertSame(word.min(otherWord), plain);
    }

    /* HOLDERFLAGS */

    function test_LED_03_holderFlags_readTheirOwnBits(
        uint8 versions,
        uint16 sequence,
        bool frozen,
        uint256 version
    ) public pure {
        Word word = _holder(versions, sequence, frozen);
        version = bound(version, 0, 7);
        assertEq(word.consent(), versions, "consent");
        assertEq(word.consents(version), (uint256(versions) / 2 ** version) % 2 == 1, "consent to the version");
        assertEq(word.sequence(), sequence, "sequence");
        assertEq(word.isFrozen(), frozen, "frozen");
    }

    function test_LED_03_withConsent_changesConsentAlone(
        uint8 versions,
        uint16 sequence,
        bool frozen,
        uint8 newVersions
    ) public pure {
        Word word = _holder(versions, sequence, frozen).withConsent(newVersions);
        assertEq(Word.unwrap(word), Word.unwrap(_holder(newVersions, sequence, frozen)), "word");
    }

    function test_LED_03_withFrozen_changesFrozenAlone(
        uint8 versions,
        uint16 sequence,
        bool frozen,
        bool newFrozen
    ) public pure {
        Word word = _holder(versions, sequence, frozen).withFrozen(newFrozen);
        assertEq(Word.unwrap(word), Word.unwrap(_holder(versions, sequence, newFrozen)), "word");
    }

    function test_LED_09_advanced_addsStepsModulo65536(
        uint8 versions,
        uint16 sequence,
        bool frozen,
        uint16 steps
    ) public pure {
        uint16 next = uint16((uint256(sequence) + steps) % 65_536);
        Word word = _holder(versions, sequence, frozen).advanced(steps);
        assertEq(Word.unwrap(word), Word.unwrap(_holder(versions, next, frozen)), "word");
    }

    function test_LED_09_advanced_wrapsAtTheTop() public pure {
        Word word = _holder(0xff, type(uint16).max, true).advanced(1);
        assertEq(word.sequence(), 0, "sequence");
        assertEq(_holder(0xff, type(uint16).max, true).advanced(85).sequence(), 84, "sequence after a cancel");
        assertEq(word.consent(), 0xff, "consent");
        assertTrue(word.isFrozen(), "frozen");
    }

    /* INTERNALS */

    function _build(uint256 seed0, uint256 seed1, uint32 flags) private pure returns (Plain memory plain, Word word) {
        plain.amounts = [_extreme(seed0, MAX) % 2 ** 112, _extreme(seed1, MAX) % 2 ** 112];
        plain.flags = flags;
        word = Word.wrap(plain.amounts[0] + plain.amounts[1] * 2 ** 112 + plain.flags * 2 ** 224);
    }

    /// @dev Outputs often at the edges of what a book may end with: all of it, one more, or what leaves a full half.
    function _near(
        Plain memory book,
        Plain memory inputs,
        uint256[2] memory seeds,
        uint32 flags
    ) private pure returns (Plain memory, Word) {
        for (uint256 side; side < 2; ++side) {
            uint256 sum = book.amounts[side] + inputs.amounts[side];
            uint256 choice = seeds[side] % 8;
            if (choice == 0) seeds[side] = sum;
            else if (choice == 1) seeds[side] = sum + 1;
            else if (choice == 2 && sum >= MAX) seeds[side] = sum - MAX;
            else if (choice == 3 && sum > MAX) seeds[side] = sum - MAX - 1;
            else if (choice < 7) seeds[side] = (seeds[side] >> 8) % (sum + 1);
            seeds[side] %= 2 ** 112;
        }
        Plain memory plain = Plain({amounts: seeds, flags: flags});
        return (plain, Word.wrap(seeds[0] + seeds[1] * 2 ** 112 + uint256(flags) * 2 ** 224));
    }

    /// @dev A holder's word with an amount in each half.
    function _holder(uint8 versions, uint16 sequence, bool frozen) private pure returns (Word) {
        uint256 flags = uint256(versions) + uint256(sequence) * 2 ** 8 + (frozen ? 2 ** 24 : 0);
        return Word.wrap(MAX + (MAX - 7) * 2 ** 112 + flags * 2 ** 224);
    }

    /// @dev Often a value at an edge: around `edge`, around a half's end, or one that wraps when shifted.
    function _extreme(uint256 seed, uint256 edge) private pure returns (uint256) {
        uint256 choice = seed % 16;
        if (choice == 0) return 0;
        if (choice == 1) return 1;
        if (choice == 2) return edge;
        if (choice == 3) return edge + 1;
        if (choice == 4) return edge == 0 ? 0 : edge - 1;
        if (choice == 5) return MAX;
        if (choice == 6) return MAX + 1;
        if (choice == 7) return (seed >> 4) << 112;
        if (choice == 8) return (seed >> 4) << 144;
        if (choice == 9) return type(uint256).max - (seed >> 200);
        if (choice < 13) return seed % (edge + 1);
        return seed;
    }

    function _assertSame(Word word, Plain memory plain) private pure {
        assertEq(word.amount(0), plain.amounts[0], "amount of side 0");
        assertEq(word.amount(1), plain.amounts[1], "amount of side 1");
        assertEq(word.flags(), plain.flags, "flags");
        uint256 whole = plain.amounts[0] + plain.amounts[1] * 2 ** 112 + plain.flags * 2 ** 224;
        assertEq(Word.unwrap(word), whole, "whole word");
        assertEq(WordLib.MAX_AMOUNT, MAX, "largest amount");
    }
}
