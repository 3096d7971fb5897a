// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";

/// @title BatchReader
/// @notice Reads a batch as docs/settlement.md describes it. `at`, `from` and `end` are offsets in the calldata.
/// @dev The only twin of the writer in `src/codec`. Whatever is not as described reverts with `SettlementMalformed`.
library BatchReader {
    /// @notice Where the parts of a batch begin and end, and what head and leaf 0 say.
    struct Layout {
        uint256 start;
        uint256 version;
        uint256 number;
        uint256 expiry;
        uint256 leaf0;
        uint256 chunks;
        uint256 fallbacks;
        uint256 excluded;
        uint256 signature;
        uint256 end;
        uint256 signers;
        Section[] sections;
        /// @dev Packed, see `_readTypes`.
        uint256[] types;
    }

    /// @notice A section while its operations are collected.
    struct Section {
        ILedgerProtocol.Section header;
        /// @dev What a key must be allowed (`kinds` of the directory) to act here; the settlement fills it in.
        uint256 kinds;
        /// @dev Two words for each operation, and the memory addresses of the next free word and of the end.
        uint256[] operations;
        uint256 next;
        uint256 end;
        /// @dev Operations that wait for one of an earlier section, packed as in `depend`; there is room for all.
        uint256[] dependencies;
        uint256 waiting;
    }

    uint256 internal constant VERSION = 1;
    /// @notice Records in a chunk.
    uint256 internal constant CHUNK = 32;
    uint256 internal constant LAST = 0x80;
    uint256 internal constant DEPENDENT = 0x40;
    uint256 internal constant FORM_FLOAT = 128;
    uint256 internal constant FORM_ACCOUNT = 129;

    uint256 private constant HEAD = 22;
    uint256 private constant LEAF_0 = 39;
    uint256 private constant SECTION = 163;
    uint256 private constant TYPE = 4;
    uint256 private constant MAX_ENTRIES = 64;
    uint256 private constant MAX_RAW = 28;
    uint256 private constant AMOUNT_FLOAT = 3;
    uint256 private constant AMOUNT_FULL = 14;
    uint256 private constant MAX_AMOUNT = type(uint112).max;
    uint256 private constant MAX_PLACE = type(uint32).max;

    /* LAYOUT */

    /// @notice Reads the head: version, number, expiry, and where the parts are.
    function readHead(bytes calldata batch) internal pure returns (Layout memory layout) {
        uint256 start;
        assembly ("memory-safe") {
            start := batch.offset
        }
        layout.start = start;
        require(batch.length >= HEAD, ISettlement.SettlementMalformed(0));
        // The canonical encoding: one place for each byte, and no byte that nobody reads.
        uint256 padded = (batch.length + 31) & ~uint256(31);
        require(start == 68 && msg.data.length == 68 + padded, ISettlement.SettlementMalformed(batch.length));
        uint256 head = word(start);
        layout.version = head >> 248;
        layout.number = uint48(head >> 200);
        layout.expiry = uint40(head >> 160);
        unchecked {
            // lengths below 2^24
            layout.end = start + batch.length;
            layout.leaf0 = start + HEAD;
            layout.chunks = layout.leaf0 + uint16(head >> 144);
            layout.fallbacks = layout.chunks + uint24(head >> 120);
            layout.excluded = layout.fallbacks + uint24(head >> 96);
            layout.signature = layout.excluded + uint16(head >> 80);
            uint256 padding = padded - batch.length;
            check(layout, layout.signature <= layout.end, start);
            check(layout, padding == 0 || word(layout.end) == 0, layout.end);
        }
    }

    /// @notice Reads leaf 0: the tables of sections and types. `feeTo` earns the sections' fees.
    function readLeaf0(Layout memory layout, address feeTo) internal pure {
        uint256 at = layout.leaf0;
        unchecked {
            // offsets in the calldata and counts of at most three bytes
            check(layout, at + LEAF_0 <= layout.chunks, at);
            layout.signers = word(at) >> 240;
            uint256 operations = uint24(word(at) >> 216);
            _checkFallbacks(layout, bytes32(word(at + 5)));
            uint256 counts = word(at + 37);
            uint256 sections = counts >> 248;
            uint256 types = uint8(counts >> 240);
            bool isInBounds = layout.signers != 0 && sections <= MAX_ENTRIES && types <= MAX_ENTRIES;
            check(layout, isInBounds && operations >= layout.signers, at);
            at += LEAF_0;
            layout.sections = new Section[](sections);
            for (uint256 i; i < sections; ++i) {
                uint256 count;
                (at, count) = _readSection(layout, layout.sections[i], at, feeTo);
                check(layout, count <= operations, at);
                operations -= count;
            }
            check(layout, operations == 0, at);
            _readTypes(layout, types, at);
        }
    }

    /* RECORDS */

    /// @notice Reads the place of a record: in full at the beginning of a chunk, else as a distance.
    /// @param previous one more than the place before
    function readPlace(
        Layout memory layout,
        uint256 at,
        bool isFirst,
        uint256 previous
    ) internal pure returns (uint256 place, uint256 next) {
        uint256 w = word(at);
        unchecked {
            // at most five groups of seven bits
            if (isFirst) {
                (place, next) = (w >> 224, at + 4);
                check(layout, place >= previous, at);
            } else {
                uint256 group = w >> 248;
                place = group & 0x7f;
                next = at + 1;
                for (uint256 shift = 7; group & 0x80 != 0; shift += 7) {
                    check(layout, shift < 35, at);
                    group = word(next++) >> 248;
                    place |= (group & 0x7f) << shift;
                    check(layout, group != 0, at);
                }
                place += previous;
                check(layout, place <= MAX_PLACE, at);
            }
        }
    }

    /// @notice Amount and argument of the operation at `at`; `packed` is its type. An account id is answered as it stands.
    function readValues(
        Layout memory layout,
        uint256 at,
        uint256 packed
    ) internal pure returns (uint256 amount, uint256 argument) {
        unchecked {
            // forms were checked: at most 14 and 28 bytes
            uint256 form = uint8(packed >> 16);
            uint256 w = word(at);
            if (form == AMOUNT_FLOAT) amount = readFloat(layout, at, uint24(w >> 216));
            else if (form == AMOUNT_FULL) amount = uint112(w >> 128);
            at += 2 + form;
            form = uint8(packed >> 8);
            if (form == FORM_FLOAT) argument = readFloat(layout, at, word(at) >> 232);
            else if (form == FORM_ACCOUNT) argument = word(at) >> 224;
            else if (form != 0) argument = word(at) >> (256 - 8 * form);
        }
    }

    /// @notice The value of a decimal float: mantissa (19 bits) and exponent (5 bits).
    function readFloat(Layout memory layout, uint256 at, uint256 float) internal pure returns (uint256 value) {
        unchecked {
            // below 2^19 · 10^31 < 2^122
            uint256 mantissa = float >> 5;
            uint256 exponent = float & 31;
            value = mantissa * 10 ** exponent;
            check(layout, (exponent == 0 || mantissa % 10 != 0) && value <= MAX_AMOUNT, at);
        }
    }

    /// @notice Appends an operation to its section.
    function append(Layout memory layout, Section memory section, uint256 head, uint256 body, uint256 at) internal pure {
        uint256 next = section.next;
        check(layout, next < section.end, at);
        assembly ("memory-safe") {
            // two words of `operations`, which end at `end`
            mstore(next, head)
            mstore(add(next, 32), body)
        }
        unchecked {
            section.next = next + 64;
        }
    }

    /// @notice Where the next operation of a section goes.
    function nextIndex(Section memory section) internal pure returns (uint256) {
        return section.operations.length / 2 - (section.end - section.next) / 64;
    }

    /// @notice Notes that the next operation of `section` is skipped unless operation `index` of section `earlier` is executed.
    function depend(Section memory section, uint256 earlier, uint256 index) internal pure {
        if (section.waiting == 0) section.dependencies = new uint256[](section.operations.length / 2);
        section.dependencies[section.waiting++] = (nextIndex(section) << 64) | (earlier << 32) | index;
    }

    /// @notice Takes apart what `depend` noted.
    function dependencyAt(
        Section memory section,
        uint256 position
    ) internal pure returns (uint256 operation, uint256 earlier, uint256 index) {
        uint256 packed = section.dependencies[position];
        return (packed >> 64, uint32(packed >> 32), uint32(packed));
    }

    /* TREE */

    /// @notice Hash of leaf `index`, the bytes from `from` to `end`.
    function leafHash(uint256 index, uint256 from, uint256 end) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := sub(end, from)
            mstore(free, shl(216, index))
            calldatacopy(add(free, 5), from, size)
            hash := keccak256(free, add(size, 5))
        }
    }

    /// @notice Root over `leaves`, which it overwrites. A missing right child is zero.
    function rootOf(bytes32[] memory leaves) internal pure returns (bytes32) {
        uint256 count = leaves.length;
        while (count > 1) {
            uint256 parents = (count + 1) / 2;
            for (uint256 i; i < parents; ++i) {
                bytes32 right = 2 * i + 1 < count ? leaves[2 * i + 1] : bytes32(0);
                leaves[i] = _nodeHash(leaves[2 * i], right);
            }
            count = parents;
        }
        return leaves[0];
    }

    /* PRIMITIVES */

    /// @notice The 32 bytes of calldata at `at`; zero beyond the end.
    function word(uint256 at) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(at)
        }
    }

    /// @notice Reverts with the position in the batch unless `isFine`.
    function check(Layout memory layout, bool isFine, uint256 at) internal pure {
        if (isFine) return;
        unchecked {
            revert ISettlement.SettlementMalformed(at - layout.start); // at is never before the start
        }
    }

    /* INTERNALS */

    function _readSection(
        Layout memory layout,
        Section memory section,
        uint256 at,
        address feeTo
    ) private pure returns (uint256 next, uint256 count) {
        unchecked {
            // offsets in the calldata and counts of at most three bytes
            check(layout, at + SECTION <= layout.chunks, at);
            ILedgerProtocol.Section memory header = section.header;
            header.protocol = address(uint160(word(at) >> 96));
            header.key = bytes32(word(at + 20));
            header.asset0 = word(at + 52);
            header.asset1 = word(at + 84);
            header.shareId = word(at + 116);
            uint256 tail = word(at + 148); // gas cap, fee 0, fee 1, operations, bytes of the parameters
            header.gasCap = tail >> 224;
            header.fee0 = readFloat(layout, at + 152, uint24(tail >> 200));
            header.fee1 = readFloat(layout, at + 155, uint24(tail >> 176));
            header.feeTo = feeTo;
            count = uint24(tail >> 152);
            uint256 size = uint16(tail >> 136);
            next = at + SECTION + size;
            check(layout, next <= layout.chunks, at);
            header.parameters = msg.data[next - size:next];
            // Memory for operations that cannot be there would only cost the relayer gas, but much of it.
            check(layout, count <= layout.fallbacks - layout.chunks, at);
            uint256[] memory operations = new uint256[](2 * count);
            section.operations = operations;
            uint256 begin;
            assembly ("memory-safe") {
                begin := add(operations, 32)
            }
            (section.next, section.end) = (begin, begin + 64 * count);
        }
    }

    /// @dev A type as one word: length (8) | kind (8) | amount form (8) | argument form (8) | section (8), from the top.
    function _readTypes(Layout memory layout, uint256 count, uint256 at) private pure {
        unchecked {
            // offsets in the calldata, forms of at most one byte
            check(layout, at + TYPE * count == layout.chunks, at);
            layout.types = new uint256[](count);
            for (uint256 i; i < count; ++i) {
                uint256 w = word(at);
                uint256 section = w >> 248;
                uint256 kind = uint8(w >> 240);
                uint256 amountForm = uint8(w >> 232);
                uint256 argumentForm = uint8(w >> 224);
                bool isKnown =
                    (amountForm == 0 || amountForm == AMOUNT_FLOAT || amountForm == AMOUNT_FULL) &&
                        (argumentForm <= MAX_RAW || argumentForm == FORM_FLOAT || argumentForm == FORM_ACCOUNT);
                check(layout, isKnown && section < layout.sections.length, at);
                uint256 length = 2 + amountForm + argumentForm;
                if (argumentForm == FORM_FLOAT) length = 2 + amountForm + 3;
                if (argumentForm == FORM_ACCOUNT) length = 2 + amountForm + 4;
                layout.types[i] =
                    (length << 32) | (kind << 24) | (amountForm << 16) | (argumentForm << 8) | section;
                at += TYPE;
            }
        }
    }

    function _checkFallbacks(Layout memory layout, bytes32 expected) private pure {
        (uint256 from, uint256 end) = (layout.fallbacks, layout.excluded);
        bytes32 actual = from == end ? bytes32(0) : keccak256(msg.data[from:end]);
        check(layout, actual == expected, from);
    }

    function _nodeHash(bytes32 left, bytes32 right) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            // 0x01 | left | right, in free memory
            let free := mload(0x40)
            mstore8(free, 1)
            mstore(add(free, 1), left)
            mstore(add(free, 33), right)
            hash := keccak256(free, 65)
        }
    }
}
