// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {AccountPage} from "../libraries/AccountPage.sol";
import {BatchReader} from "../libraries/BatchReader.sol";
import {PlainRecords} from "../libraries/PlainRecords.sol";

/// @title BenchSettlement
/// @notice Reads and executes a batch as `Settlement` does, but authorises nothing: no keys, no revocations, no tree, no
/// signature. The difference is what authorisation costs.
/// @dev For batches of plain records (`PlainRecords`) without exclusions. Either reads the accounts from the directory's pages,
/// or opens no page, because the accounts of a benchmark follow from their ids.
contract BenchSettlement {
    using Address for address;
    using BatchReader for BatchReader.Parts;
    using BatchReader for BatchReader.Section;

    error BenchSettlementUnusual(uint256 offset);

    uint256 private constant KIND_ALL = 7;
    uint256 private constant PAGE_ROWS = 203;
    uint256 private constant ENDED = 1 << 255;

    ILedger public immutable LEDGER;
    /// @notice The account of the id n of a directory without gaps is FIRST + n.
    uint256 public immutable FIRST;
    /// @notice Whose pages are read, or zero.
    address public immutable DIRECTORY;

    mapping(address relayer => uint256 number) public lastNumberOf;

    constructor(ILedger ledger, uint256 first, address directory) {
        LEDGER = ledger;
        FIRST = first;
        DIRECTORY = directory;
    }

    function settle(bytes calldata batch) external {
        BatchReader.Parts memory parts = BatchReader.readHead(batch);
        (uint256 types, uint256 count) = parts.readSections(msg.sender);
        for (uint256 i; i < parts.sections.length; ++i) parts.sections[i].kinds = KIND_ALL;
        parts.readTypes(types, count);
        _readRecords(parts);
        lastNumberOf[msg.sender] = parts.number;
        _settleAll(parts);
    }

    function _readRecords(BatchReader.Parts memory parts) private view {
        PlainRecords.Cursor memory cursor;
        cursor.offset = parts.chunks;
        cursor.mask = uint32(uint256(keccak256(abi.encode(msg.sender, parts.number))));
        (cursor.types, cursor.powers) = parts.tables();
        while (cursor.index < parts.signers) {
            if (cursor.index % BatchReader.CHUNK == 0) {
                uint256 least = cursor.index == 0 ? 0 : cursor.place + 1;
                (cursor.place, cursor.offset) = parts.readPlace(cursor.offset, least);
                cursor.stop = cursor.index + BatchReader.CHUNK;
                if (cursor.stop > parts.signers) cursor.stop = parts.signers;
            } else {
                (cursor.place, cursor.offset) = parts.readDistance(cursor.offset, cursor.place);
            }
            cursor.signer = _accountOf(cursor, cursor.place ^ cursor.mask) | (KIND_ALL << 160);
            cursor.last = 0;
            ++cursor.index;
            _read(cursor, FIRST);
            require(cursor.last >= ENDED, BenchSettlementUnusual(cursor.offset));
        }
    }

    function _accountOf(PlainRecords.Cursor memory cursor, uint256 id) private view returns (uint256) {
        (uint256 page, uint256 index) = (id >> 8, id & 255);
        if (DIRECTORY == address(0)) return FIRST + page * PAGE_ROWS + index;
        if (page != cursor.page || cursor.code == address(0)) {
            (cursor.page, cursor.code) = (page, AccountPage.pageAt(DIRECTORY, page));
        }
        return uint160(AccountPage.keyRowAccount(cursor.code, index));
    }

    /// @dev `PlainRecords.read` without what concerns keys.
    function _read(PlainRecords.Cursor memory cursor, uint256 first) private view {
        assembly ("memory-safe") {
            let offset := mload(cursor)
            let signer := mload(add(cursor, 0x80))
            let last := mload(add(cursor, 0xa0))
            for {} 1 {} {
                let w := calldataload(offset)
                if shr(255, last) {
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
                    switch mload(add(cursor, 0x100))
                    case 0 {
                        signer := add(first, add(mul(shr(8, row), PAGE_ROWS), and(row, 0xff)))
                    }
                    default {
                        if sub(shr(8, row), mload(add(cursor, 0xe0))) {
                            break
                        }
                        extcodecopy(mload(add(cursor, 0x100)), 0, add(97, mul(and(row, 0xff), 121)), 32)
                        signer := shr(96, mload(0))
                    }
                    signer := or(signer, shl(160, KIND_ALL))
                    mstore(add(cursor, 0x20), place)
                    mstore(add(cursor, 0x40), add(index, 1))
                    last := 0
                    offset := add(offset, length)
                    w := calldataload(offset)
                }
                let packed := mload(add(mload(add(cursor, 0x180)), and(shr(243, w), 0x7e0)))
                if or(iszero(and(packed, shl(72, shr(160, signer)))), and(w, shl(254, 1))) {
                    break
                }
                let body := and(shr(221, w), 0x7ffff)
                let isFine := or(iszero(and(w, shl(216, 31))), gt(mod(body, 10), 0))
                body := mul(body, mload(add(mload(add(cursor, 0x1a0)), and(shr(211, w), 0x3e0))))
                let limit := 0
                if eq(and(shr(88, packed), 3), 1) {
                    limit := and(shr(197, w), 0x7ffff)
                    isFine := and(isFine, or(iszero(and(w, shl(192, 31))), gt(mod(limit, 10), 0)))
                    limit := mul(limit, mload(add(mload(add(cursor, 0x1a0)), and(shr(187, w), 0x3e0))))
                }
                let section := and(packed, 0xffffffff)
                let next := mload(section)
                isFine := and(isFine, lt(next, mload(add(section, 0x20))))
                if or(iszero(isFine), shr(112, or(body, limit))) {
                    break
                }
                mstore(next, or(shl(96, signer), or(and(shr(152, w), shl(88, 0xff)), and(packed, shl(80, 0xff)))))
                mstore(add(next, 0x20), or(shl(112, limit), body))
                mstore(section, add(next, 0x40))
                offset := add(offset, and(shr(32, packed), 0xff))
                last := or(packed, and(w, shl(255, 1)))
            }
            mstore(cursor, offset)
            mstore(add(cursor, 0x80), signer)
            mstore(add(cursor, 0xa0), last)
        }
    }

    function _settleAll(BatchReader.Parts memory parts) private {
        uint256 executed;
        uint256[] memory skipped;
        for (uint256 i; i < parts.sections.length; ++i) {
            bool isExecuted;
            bytes memory answer = address(LEDGER).functionCall(parts.sections[i].callOf());
            (isExecuted, skipped) = abi.decode(answer, (bool, uint256[]));
            if (isExecuted) executed |= 1 << i;
        }
        emit ISettlement.BatchSettled(msg.sender, parts.number, bytes32(0), executed, skipped);
    }
}
