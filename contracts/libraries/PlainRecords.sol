// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title PlainRecords
/// @notice The fast way through the records of a batch. `Settlement` knows the general way, does record by record and
/// operation by operation the same, and takes over wherever this one stops.
/// @dev Plain is a record whose place is a distance of one or two bytes and whose signer has a row on the open page, or on
/// another one of the open group on which nothing is revoked. Plain is an operation without a dependency whose amount is a
/// float: on a protocol, with nothing or a limit as its argument, or a transfer of asset 0 or 1 to an account of the directory.
/// In assembly, because it runs for almost every signer and operation: it saves more than 10 % of a batched swap and of a
/// batched transfer (docs/decisions/0006). Tests send batches both ways.
library PlainRecords {
    /// @notice Where the pass over the records stands. The assembly knows the places of the fields.
    struct Cursor {
        /// @dev Offset of the next byte.
        uint256 offset; //  0x00
        /// @dev Place of the record at hand.
        uint256 place; //   0x20
        /// @dev How many records have been begun, and before which one to stop.
        uint256 index; //   0x40
        uint256 stop; //    0x60
        /// @dev Who signs the record at hand, and what he may do: account | kinds << 160.
        uint256 signer; //  0x80
        /// @dev Packed type of the record's last operation, 0 before the first, with bit 255 when the record ends with it.
        uint256 last; //    0xa0
        uint256 mask; //    0xc0
        /// @dev The open page of the directory: 2^256 − 1 when none is; its code; bit i is set when row i is revoked.
        uint256 page; //    0xe0
        address code; //    0x100
        uint256 revoked; // 0x120
        /// @dev `KeySum.Sum`, and whether a key was added.
        uint256 sum; //     0x140
        bool hasKeys; //    0x160
        /// @dev Memory addresses of the packed types (`BatchReader`), 64 words, and of 10^0 to 10^31.
        uint256 types; //   0x180
        uint256 powers; //  0x1a0
        address directory; // 0x1c0
        /// @dev The open group of 256 pages: 2^256 − 1 when none is; bit i is set when rows of its page i are revoked.
        uint256 group; //   0x1e0
        uint256 revokedPages; // 0x200
    }

    uint256 private constant G1_ADD = 0x0b;

    /// @notice Reads on from `cursor` to the first record or operation that is not plain. Nothing of that one is done, but that its
    /// page may be open.
    // One loop, whose pieces share what is on the stack.
    // solhint-disable-next-line function-max-lines
    function read(Cursor memory cursor) internal view {
        assembly ("memory-safe") {
            // `AccountPage.pageAt`: the hash of (0xd6 + bytes | 0x94 | directory | 0x80 + bytes | nonce), where a nonce below 0x80
            // counts as no bytes and stands alone. The directory's first creation has nonce 1.
            function pageAt(directory, page) -> code {
                let nonce := add(page, 1)
                let bytes_ := add(gt(nonce, 0x7f), add(gt(nonce, 0xff), gt(nonce, 0xffff)))
                code := shl(sub(72, shl(3, bytes_)), nonce)
                if bytes_ {
                    code := or(code, shl(72, add(0x80, bytes_)))
                }
                mstore(0, or(or(shl(240, add(0xd694, shl(8, bytes_))), shl(80, directory)), code))
                code := keccak256(0, add(23, bytes_)) // only 20 bytes count
            }
            let offset := mload(cursor)
            let signer := mload(add(cursor, 0x80))
            let last := mload(add(cursor, 0xa0))
            for {} 1 {} {
                let w := calldataload(offset)
                if shr(255, last) {
                    // the record is over: begin the next one
                    let index := mload(add(cursor, 0x40))
                    if eq(index, mload(add(cursor, 0x60))) {
                        break
                    }
                    let place := add(mload(add(cursor, 0x20)), add(1, and(shr(248, w), 0x7f)))
                    let length := 1
                    if shr(255, w) {
                        length := byte(1, w)
                        if iszero(and(gt(length, 0), lt(length, 0x80))) {
                            break
                        }
                        place := add(place, shl(7, length))
                        length := 2
                    }
                    let row := xor(place, mload(add(cursor, 0xc0)))
                    let page := shr(8, row)
                    if sub(page, mload(add(cursor, 0xe0))) {
                        // On a page of another group (none of the address book is ever open), or one with revoked rows.
                        let isRevoked := and(shr(and(page, 0xff), mload(add(cursor, 0x200))), 1)
                        if or(sub(shr(8, page), mload(add(cursor, 0x1e0))), isRevoked) {
                            break
                        }
                        mstore(add(cursor, 0xe0), page)
                        mstore(add(cursor, 0x100), pageAt(mload(add(cursor, 0x1c0)), page))
                        mstore(add(cursor, 0x120), 0)
                    }
                    row := and(row, 0xff)
                    // x lands where the precompile wants it, y is moved by 16 bytes; then account (20), kinds (1), valid until (4)
                    let sum := mload(add(cursor, 0x140))
                    extcodecopy(mload(add(cursor, 0x100)), add(sum, 144), add(1, mul(row, 121)), 121)
                    let rest := mload(add(sum, 240))
                    if iszero(shr(96, rest)) {
                        break
                    }
                    mcopy(add(sum, 208), add(sum, 192), 48)
                    mstore(add(sum, 192), shr(128, shl(128, mload(add(sum, 192)))))
                    if iszero(staticcall(gas(), G1_ADD, sum, 256, sum, 128)) {
                        break
                    }
                    signer := shr(88, rest) // account | kinds, turned around below
                    signer := or(shr(8, signer), shl(160, and(signer, 0xff)))
                    rest := lt(and(shr(56, rest), 0xffffffff), timestamp())
                    if and(or(rest, shr(row, mload(add(cursor, 0x120)))), 1) {
                        signer := 0
                    }
                    mstore(add(cursor, 0x20), place)
                    mstore(add(cursor, 0x40), add(index, 1))
                    mstore(add(cursor, 0x160), 1)
                    last := 0
                    offset := add(offset, length)
                    w := calldataload(offset)
                }
                // 6 bits of the tag, times 32
                let packed := mload(add(mload(add(cursor, 0x180)), and(shr(243, w), 0x7e0)))
                // Plain and allowed (bits 72 to 79, of which the signer has some), and no dependency.
                if or(iszero(and(packed, shl(72, shr(160, signer)))), and(w, shl(254, 1))) {
                    break
                }
                // Amount, at byte 2, and a limit, at byte 5: mantissa (19) and exponent (5), below 2^122.
                let body := and(shr(221, w), 0x7ffff)
                let isFine := or(iszero(and(w, shl(216, 31))), gt(mod(body, 10), 0))
                body := mul(body, mload(add(mload(add(cursor, 0x1a0)), and(shr(211, w), 0x3e0))))
                let argument := 0
                switch and(shr(88, packed), 3)
                case 1 {
                    argument := and(shr(197, w), 0x7ffff)
                    isFine := and(isFine, or(iszero(and(w, shl(192, 31))), gt(mod(argument, 10), 0)))
                    argument := mul(argument, mload(add(mload(add(cursor, 0x1a0)), and(shr(187, w), 0x3e0))))
                    isFine := and(isFine, iszero(shr(112, argument)))
                }
                case 2 {
                    // An id of 32 bits at byte 5; the lowest 8 are its row. Those above 2^31 are of the address book.
                    let id := and(shr(184, w), 0xffffffff)
                    if shr(31, id) {
                        break
                    }
                    let code := pageAt(mload(add(cursor, 0x1c0)), shr(8, id))
                    // account (20) stands in a row behind its key (96)
                    extcodecopy(code, 0, add(97, mul(and(id, 0xff), 121)), 32)
                    argument := shr(96, mload(0))
                    if iszero(argument) {
                        break
                    }
                    packed := or(packed, shl(80, 4)) // `OperationLib.CONSENT`: the receiver is registered
                }
                let section := and(packed, 0xffffffff)
                let next := mload(section)
                isFine := and(isFine, lt(next, mload(add(section, 0x20))))
                if or(iszero(isFine), shr(112, body)) {
                    break
                }
                // account | sequence | kind | high argument, and low argument | amount
                mstore(
                    next,
                    or(
                        or(shl(96, signer), shr(144, argument)),
                        or(and(shr(152, w), shl(88, 0xff)), and(packed, shl(80, 0xff)))
                    )
                )
                mstore(add(next, 0x20), or(shl(112, argument), body))
                mstore(section, add(next, 0x40))
                offset := add(offset, and(shr(32, packed), 0xff))
                last := or(packed, and(w, shl(255, 1)))
            }
            mstore(cursor, offset)
            mstore(add(cursor, 0x80), signer)
            mstore(add(cursor, 0xa0), last)
        }
    }
}
