// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchReader} from "../../../contracts/libraries/BatchReader.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title BatchReaderTest
/// @notice Operations that wait for one of an earlier section: those whose predecessor was not executed are blanked, and no others.
contract BatchReaderTest is Test {
    using BatchReader for BatchReader.Section;

    uint256 private constant ROOM = 700;

    /// @dev Each operation of a section waits for one of three earlier sections of any length, at any place.
    function test_SET_12_skipDependents_blanksThoseAlone(uint256 seed) public pure {
        (BatchReader.Section memory section, uint256[] memory words) = _section();
        uint256[][] memory skipped = new uint256[][](3);
        for (uint256 i; i < 3; ++i) skipped[i] = new uint256[](3);
        bool[] memory isBlank = new bool[](ROOM);
        for (uint256 i; i < ROOM; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            section.next = section.operations + 64 * i;
            if (seed % 4 == 0) continue; // it waits for nothing
            (uint256 earlier, uint256 index) = ((seed >> 8) % 3, (seed >> 16) % ROOM);
            section.depend(earlier, index);
            isBlank[i] = (seed >> 32) % 2 == 0;
            uint256 bit = 1 << (index % 256);
            if (isBlank[i]) skipped[earlier][index / 256] |= bit;
        }
        // Bits of other operations may have fallen on the same place: what counts is what stands there.
        for (uint256 i; i < section.waiting; ++i) {
            uint256 packed = section.dependencies[i];
            (uint256 earlier, uint256 index) = (uint32(packed >> 32), uint32(packed));
            isBlank[packed >> 64] = skipped[earlier][index / 256] & (1 << (index % 256)) != 0;
        }
        section.skipDependents(skipped);
        for (uint256 i; i < ROOM; ++i) {
            assertEq(words[2 * i], isBlank[i] ? 0 : 2 * i + 1, "first word");
            assertEq(words[2 * i + 1], isBlank[i] ? 0 : 2 * i + 2, "second word");
        }
    }

    /// @dev A section whose operations are told apart by their words.
    function _section() private pure returns (BatchReader.Section memory section, uint256[] memory words) {
        words = new uint256[](2 * ROOM);
        for (uint256 i; i < words.length; ++i) words[i] = i + 1;
        uint256 start;
        assembly ("memory-safe") {
            start := add(words, 32)
        }
        (section.operations, section.next, section.end) = (start, start, start + 64 * ROOM);
    }
}
