// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {LibBit} from "solady/src/utils/LibBit.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";

/// @title BatchReader
/// @notice Reads a batch as docs/settlement.md describes it. `offset`, `from` and `end` are offsets in the calldata.
/// @dev The only twin of the writer in `src/codec`. Whatever is not as described reverts with `SettlementMalformed`.
library BatchReader {
    /// @notice Where the parts of a batch begin and end, and what head and leaf 0 say.
    struct Parts {
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
        /// @dev As `readTypes` packs them, always 64 words, 0 where there is no type.
        uint256[] types;
        /// @dev 10^0 to 10^31.
        uint256[] powers;
    }

    /// @notice A section while its operations are collected.
    struct Section {
        /// @dev Memory addresses of the next free operation and of the end. `append` relies on these two standing first.
        uint256 next;
        uint256 end;
        /// @dev Memory address of the first operation, and of the call of `ILedger.settle` that ends with the operations.
        uint256 operations;
        uint256 call;
        ILedgerProtocol.Section header;
        /// @dev What a key must be allowed (`kinds` of the directory) to act here; the settlement fills it in.
        uint256 kinds;
        /// @dev Operations that wait for one of an earlier section, packed as in `depend`; there is room for all.
        uint256[] dependencies;
        uint256 waiting;
    }

    uint256 internal constant VERSION = 1;
    /// @notice Records in a chunk.
    uint256 internal constant CHUNK = 32;
    /// @notice Ids and places have 32 bits.
    uint256 internal constant MAX_PLACE = type(uint32).max;
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

    /* LAYOUT */

    /// @notice Reads the head: version, number, expiry, and where the parts are.
    function readHead(bytes calldata batch) internal pure returns (Parts memory parts) {
        uint256 start;
        assembly ("memory-safe") {
            start := batch.offset
        }
        parts.start = start;
        require(batch.length >= HEAD, ISettlement.SettlementMalformed(0));
        // The canonical encoding: one place for each byte, and no byte that nobody reads.
        uint256 padded = (batch.length + 31) & ~uint256(31);
        require(start == 68 && msg.data.length == 68 + padded, ISettlement.SettlementMalformed(batch.length));
        uint256 head = word(start);
        parts.version = head >> 248;
        parts.number = uint48(head >> 200);
        parts.expiry = uint40(head >> 160);
        unchecked {
            // lengths below 2^24
            parts.end = start + batch.length;
            parts.leaf0 = start + HEAD;
            parts.chunks = parts.leaf0 + uint16(head >> 144);
            parts.fallbacks = parts.chunks + uint24(head >> 120);
            parts.excluded = parts.fallbacks + uint24(head >> 96);
            parts.signature = parts.excluded + uint16(head >> 80);
            uint256 padding = padded - batch.length;
            check(parts, parts.signature <= parts.end, start);
            check(parts, padding == 0 || word(parts.end) == 0, parts.end);
        }
    }

    /// @notice Reads the first part of leaf 0: the counts and the table of sections. `feeTo` earns the sections' fees.
    /// @return types where the table of types begins
    /// @return count how many types there are
    function readSections(Parts memory parts, address feeTo) internal pure returns (uint256 types, uint256 count) {
        uint256 offset = parts.leaf0;
        unchecked {
            // offsets in the calldata and counts of at most three bytes
            check(parts, offset + LEAF_0 <= parts.chunks, offset);
            parts.signers = word(offset) >> 240;
            uint256 operations = uint24(word(offset) >> 216);
            _checkFallbacks(parts, bytes32(word(offset + 5)));
            uint256 counts = word(offset + 37);
            uint256 sections = counts >> 248;
            count = uint8(counts >> 240);
            bool isInBounds = parts.signers != 0 && sections <= MAX_ENTRIES && count <= MAX_ENTRIES;
            check(parts, isInBounds && operations >= parts.signers, offset);
            types = offset + LEAF_0;
            parts.sections = new Section[](sections);
            parts.powers = new uint256[](32);
            for (uint256 i; i < 32; ++i) parts.powers[i] = 10 ** i;
            for (uint256 i; i < sections; ++i) {
                uint256 wanted;
                (types, wanted) = _readSection(parts, parts.sections[i], types, feeTo);
                check(parts, wanted <= operations, types);
                operations -= wanted;
            }
            check(parts, operations == 0, types);
        }
    }

    /// @notice Reads the rest of leaf 0, the table of types, when the sections' `kinds` are known.
    /// @dev A type as one word, from the bottom: memory address of its section (32 bits) | length of an operation (8) | amount
    /// form (8) | argument form (8) | index of the section (8) | kinds of the section (8) | the same again where the type
    /// is plain, else 0 (8) | kind (8) | 1 where the argument is a limit, 2 where it is an account (2). Bit 255 is free: it marks
    /// the last operation of a record.
    function readTypes(Parts memory parts, uint256 offset, uint256 count) internal pure {
        unchecked {
            // offsets in the calldata, forms of at most one byte
            check(parts, offset + TYPE * count == parts.chunks, offset);
            parts.types = new uint256[](MAX_ENTRIES);
            for (uint256 i; i < count; ++i) {
                uint256 w = word(offset);
                uint256 index = w >> 248;
                uint256 kind = uint8(w >> 240); // a shift keeps the type of what it shifts: all of these are words
                uint256 amountForm = uint8(w >> 232);
                uint256 argumentForm = uint8(w >> 224);
                bool isKnown =
                    (amountForm == 0 || amountForm == AMOUNT_FLOAT || amountForm == AMOUNT_FULL) &&
                        (argumentForm <= MAX_RAW || argumentForm == FORM_FLOAT || argumentForm == FORM_ACCOUNT);
                check(parts, isKnown && index < parts.sections.length, offset);
                uint256 length = 2 + amountForm + argumentForm;
                if (argumentForm >= FORM_FLOAT) length += 3 - FORM_FLOAT; // 3 bytes, and 4 for the next form
                Section memory section = parts.sections[index];
                uint256 packed;
                assembly ("memory-safe") {
                    packed := section // memory stays far below 2^32
                }
                packed |=
                    (length << 32) |
                    (amountForm << 40) |
                    (argumentForm << 48) |
                    (index << 56) |
                    (section.kinds << 64);
                if (amountForm == AMOUNT_FLOAT && _isPlain(section, kind, argumentForm)) packed |= section.kinds << 72;
                if (argumentForm >= FORM_FLOAT) packed |= (argumentForm + 1 - FORM_FLOAT) << 88;
                parts.types[i] = packed | (kind << 80);
                offset += TYPE;
            }
        }
    }

    /* RECORDS */

    /// @notice Reads the place of a chunk's first record, which is at least `least`.
    function readPlace(
        Parts memory parts,
        uint256 offset,
        uint256 least
    ) internal pure returns (uint256 place, uint256) {
        place = word(offset) >> 224;
        check(parts, place >= least, offset);
        unchecked {
            return (place, offset + 4); // in the calldata
        }
    }

    /// @notice Reads the distance of a record from the one before, whose place is `previous`. The place grows by at least 1
    /// and at most 2^35: the caller checks at the end of a chunk that it stayed within 32 bits.
    function readDistance(
        Parts memory parts,
        uint256 offset,
        uint256 previous
    ) internal pure returns (uint256 place, uint256 next) {
        unchecked {
            // at most five groups of seven bits
            uint256 group = word(offset) >> 248;
            (place, next) = (previous + 1 + (group & 0x7f), offset + 1);
            for (uint256 shift = 7; group & 0x80 != 0; shift += 7) {
                group = word(next) >> 248;
                place += (group & 0x7f) << shift;
                // a last group of 0 would be a second way to write the number
                check(parts, group != 0 && shift < 35, next++);
            }
        }
    }

    /// @notice The operation at `offset`: its type, amount and argument. An account id is answered as it stands.
    function readOperation(
        Parts memory parts,
        uint256 offset
    ) internal pure returns (uint256 packed, uint256 amount, uint256 argument) {
        unchecked {
            // forms were checked: at most 14 and 28 bytes
            uint256 w = word(offset);
            packed = parts.types[(w >> 248) & 63];
            check(parts, packed != 0, offset);
            uint256 form = uint8(packed >> 40);
            if (form == AMOUNT_FLOAT) amount = readFloat(parts, offset, uint24(w >> 216));
            else if (form == AMOUNT_FULL) amount = uint112(w >> 128);
            w = word(offset + 2 + form);
            form = uint8(packed >> 48);
            if (form == FORM_FLOAT) argument = readFloat(parts, offset, w >> 232);
            else if (form == FORM_ACCOUNT) argument = w >> 224;
            else argument = w >> (256 - 8 * form); // nothing for a form of 0 bytes
        }
    }

    /// @notice How many bytes the operation at `offset` has.
    function lengthAt(Parts memory parts, uint256 offset) internal pure returns (uint256) {
        uint256 packed = parts.types[(word(offset) >> 248) & 63];
        check(parts, packed != 0, offset);
        return lengthOf(packed);
    }

    /// @notice The section of a packed type.
    function sectionOf(Parts memory parts, uint256 packed) internal pure returns (Section memory) {
        return parts.sections[indexOf(packed)];
    }

    /// @notice Memory addresses of the packed types and of the powers of ten.
    function tables(Parts memory parts) internal pure returns (uint256 types, uint256 powers) {
        (uint256[] memory packed, uint256[] memory tens) = (parts.types, parts.powers);
        assembly ("memory-safe") {
            types := add(packed, 32)
            powers := add(tens, 32)
        }
    }

    /// @notice Parts of a packed type.
    function kindsOf(uint256 packed) internal pure returns (uint256) {
        return uint8(packed >> 64);
    }

    function kindOf(uint256 packed) internal pure returns (uint256) {
        return uint8(packed >> 80);
    }

    function namesAccount(uint256 packed) internal pure returns (bool) {
        return uint8(packed >> 48) == FORM_ACCOUNT;
    }

    function lengthOf(uint256 packed) internal pure returns (uint256) {
        return uint8(packed >> 32);
    }

    function indexOf(uint256 packed) internal pure returns (uint256) {
        return uint8(packed >> 56);
    }

    /// @notice The value of a decimal float: mantissa (19 bits) and exponent (5 bits).
    function readFloat(Parts memory parts, uint256 offset, uint256 float) internal pure returns (uint256 value) {
        unchecked {
            // below 2^19 · 10^31 < 2^122
            uint256 mantissa = float >> 5;
            uint256 exponent = float & 31;
            value = mantissa * parts.powers[exponent];
            check(parts, (exponent == 0 || mantissa % 10 != 0) && value <= MAX_AMOUNT, offset);
        }
    }

    /// @notice Appends an operation to the section of its type, which must have room as leaf 0 says; a blank one when the
    /// signer may not act there.
    /// @param rest what follows the account in the first word
    function append(Parts memory parts, uint256 packed, uint256 signer, uint256 rest, uint256 body) internal pure {
        bool isAllowed = (signer >> 160) & kindsOf(packed) != 0;
        uint256 head = isAllowed ? (signer << 96) | rest : 0;
        if (!isAllowed) body = 0;
        bool hasRoom;
        assembly ("memory-safe") {
            // `next` and `end` stand first in a section
            let section := and(packed, 0xffffffff)
            let next := mload(section)
            hasRoom := lt(next, mload(add(section, 32)))
            if hasRoom {
                mstore(next, head)
                mstore(add(next, 32), body)
                mstore(section, add(next, 64))
            }
        }
        check(parts, hasRoom, parts.leaf0);
    }

    /// @notice Notes that the next operation of `section` is skipped unless operation `index` of section `earlier` is
    /// executed.
    function depend(Section memory section, uint256 earlier, uint256 index) internal pure {
        uint256 room = (section.end - section.operations) / 64;
        if (section.waiting == 0) section.dependencies = new uint256[](room);
        uint256 operation = (section.next - section.operations) / 64;
        if (operation >= room) return; // the section is full already, and `append` refuses
        section.dependencies[section.waiting++] = (operation << 64) | (earlier << 32) | index;
    }

    /// @notice Blanks the operations whose predecessor was not executed; the ledger skips a blank one.
    /// @param skippedIn by section, one bit for each operation that was not executed
    function skipDependents(Section memory section, uint256[][] memory skippedIn) internal pure {
        for (uint256 i; i < section.waiting; ++i) {
            uint256 packed = section.dependencies[i];
            (uint256 earlier, uint256 index) = (uint32(packed >> 32), uint32(packed));
            if ((skippedIn[earlier][index >> 8] >> (index & 255)) & 1 == 0) continue;
            uint256 operation = section.operations + 64 * (packed >> 64);
            assembly ("memory-safe") {
                mstore(operation, 0)
                mstore(add(operation, 32), 0)
            }
        }
    }

    /// @notice The call of `ILedger.settle` for a section whose operations are all there.
    function callOf(Section memory section) internal pure returns (bytes memory data) {
        uint256 start = section.call;
        uint256 end = section.end;
        assembly ("memory-safe") {
            data := start
            mstore(data, sub(end, add(start, 32)))
        }
    }

    /* EXCLUSIONS */

    /// @notice Checks the length of the exclusion bitmap, and that no bit stands behind the last signer.
    function checkExcluded(Parts memory parts) internal pure {
        uint256 length = parts.signature - parts.excluded;
        if (length == 0) return;
        uint256 last = word(parts.signature - 1) >> 248;
        uint256 used = parts.signers % 8;
        bool isFine = length == (parts.signers + 7) / 8 && (used == 0 || uint8(last << used) == 0);
        check(parts, isFine, parts.excluded);
    }

    function isExcluded(Parts memory parts, uint256 signer) internal pure returns (bool) {
        if (parts.excluded == parts.signature) return false;
        unchecked {
            return (word(parts.excluded + signer / 8) << (signer % 8)) >> 255 != 0; // signer < 2^16
        }
    }

    /// @notice The first signer from `from` on, and before `end`, that is excluded; or `end`, which is at most a chunk ahead: the
    /// bits of a chunk stand in one word.
    function nextExcluded(Parts memory parts, uint256 from, uint256 end) internal pure returns (uint256) {
        if (parts.excluded == parts.signature) return end;
        unchecked {
            // from < 2^16
            uint256 bits = word(parts.excluded + from / 8) << (from % 8);
            uint256 next = from + LibBit.clz(bits); // 256 when there is none
            return next < end ? next : end;
        }
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

    /// @notice The 32 bytes of calldata at `offset`; zero beyond the end.
    function word(uint256 offset) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(offset)
        }
    }

    /// @notice Reverts with the position in the batch unless `isFine`.
    function check(Parts memory parts, bool isFine, uint256 offset) internal pure {
        if (isFine) return;
        unchecked {
            revert ISettlement.SettlementMalformed(offset - parts.start); // offset is never before the start
        }
    }

    /* INTERNALS */

    function _readSection(
        Parts memory parts,
        Section memory section,
        uint256 offset,
        address feeTo
    ) private pure returns (uint256 next, uint256 count) {
        unchecked {
            // offsets in the calldata and counts of at most three bytes
            check(parts, offset + SECTION <= parts.chunks, offset);
            ILedgerProtocol.Section memory header = section.header;
            header.protocol = address(uint160(word(offset) >> 96));
            header.key = bytes32(word(offset + 20));
            header.asset0 = word(offset + 52);
            header.asset1 = word(offset + 84);
            header.shareId = word(offset + 116);
            uint256 tail = word(offset + 148); // gas cap, fee 0, fee 1, operations, bytes of the parameters
            header.gasCap = tail >> 224;
            header.fee0 = readFloat(parts, offset + 152, uint24(tail >> 200));
            header.fee1 = readFloat(parts, offset + 155, uint24(tail >> 176));
            header.feeTo = feeTo;
            count = uint24(tail >> 152);
            uint256 size = uint16(tail >> 136);
            next = offset + SECTION + size;
            check(parts, next <= parts.chunks, offset);
            header.parameters = msg.data[next - size:next];
            // Memory for operations that cannot be there would only cost the relayer gas, but much of it.
            check(parts, count <= parts.fallbacks - parts.chunks, offset);
            _allocate(section, count);
        }
    }

    /// @dev Whether operations of a type are plain if their amount is: see `PlainRecords`.
    function _isPlain(Section memory section, uint256 kind, uint256 argumentForm) private pure returns (bool) {
        if (section.header.protocol == address(0)) return argumentForm == FORM_ACCOUNT && kind < 2;
        return argumentForm == 0 || argumentForm == FORM_FLOAT;
    }

    /// @dev Prepares the section's call of the ledger, with room for its operations at the end: they are written where
    /// the call needs them. Encoding them anew would cost 300 gas for each.
    function _allocate(Section memory section, uint256 count) private pure {
        bytes memory data = abi.encodeCall(ILedger.settle, (section.header, new uint256[](0)));
        uint256 begin;
        assembly ("memory-safe") {
            // The array comes last: its length, and then its words, which are not aligned to 32 bytes here.
            begin := add(add(data, 32), mload(data))
            mstore(sub(begin, 32), mul(2, count))
            mstore(0x40, and(add(add(begin, mul(64, count)), 63), not(31)))
            mstore(add(section, 96), data) // call
        }
        (section.operations, section.next, section.end) = (begin, begin, begin + 64 * count);
    }

    function _checkFallbacks(Parts memory parts, bytes32 expected) private pure {
        (uint256 from, uint256 end) = (parts.fallbacks, parts.excluded);
        bytes32 actual = from == end ? bytes32(0) : keccak256(msg.data[from:end]);
        check(parts, actual == expected, from);
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
