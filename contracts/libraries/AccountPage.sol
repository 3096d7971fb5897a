// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {LibRLP} from "solady/src/utils/LibRLP.sol";
import {SSTORE2} from "solady/src/utils/SSTORE2.sol";

/// @title AccountPage
/// @notice Pages of accounts: contracts whose code is a STOP byte and then rows of one size. A page's address follows from
/// its directory and its number, so that a reader needs no storage to find it.
/// @dev A contract's first CREATE has nonce 1, so page p is its creator's nonce p + 1: directories create nothing else.
library AccountPage {
    /// @notice Bytes of a row with a key: x (48), y (48), account (20), kinds (1), valid until (4).
    uint256 internal constant KEY_ROW = 121;
    /// @notice Bytes of a row without one: account (20).
    uint256 internal constant ADDRESS_ROW = 20;
    /// @notice What fits into 24,576 bytes of code, with the STOP byte.
    uint256 internal constant MAX_KEY_ROWS = 203;
    /// @notice What an index of 8 bits can name.
    uint256 internal constant MAX_ADDRESS_ROWS = 256;
    /// @notice What a page number of 23 bits can name.
    uint256 internal constant MAX_PAGES = 1 << 23;
    /// @notice Kinds of ids: those of `AccountDirectory` and those of `AddressBook`.
    uint256 internal constant KIND_KEY = 0;
    uint256 internal constant KIND_ADDRESS = 1;

    /// @dev What stands in a row after the key: account, kinds and valid until.
    uint256 private constant REST = 25;

    /// @notice Makes `rows` the caller's next page.
    function create(bytes memory rows) internal returns (address page) {
        return SSTORE2.write(rows);
    }

    /// @notice The address of what `creator` creates with nonce `nonce`.
    function addressOf(address creator, uint256 nonce) internal pure returns (address) {
        return LibRLP.computeAddress(creator, nonce);
    }

    /// @notice The address of page `page` of `directory`, whether or not it exists yet.
    function pageAt(address directory, uint256 page) internal pure returns (address) {
        return addressOf(directory, page + 1);
    }

    /// @notice The id at `index` of page `page`.
    function idOf(uint256 kind, uint256 page, uint256 index) internal pure returns (uint256) {
        return (kind << 31) | (page << 8) | index;
    }

    /// @notice The parts of an id. What exceeds 32 bits has neither kind.
    function split(uint256 id) internal pure returns (uint256 kind, uint256 page, uint256 index) {
        return (id >> 31, (id >> 8) & (MAX_PAGES - 1), id & 255);
    }

    /// @notice Writes row `index`, which `rows` must have room for.
    function setKeyRow(
        bytes memory rows,
        uint256 index,
        bytes32[3] calldata key,
        address account,
        uint8 kinds,
        uint32 validUntil
    ) internal pure {
        uint256 rest = (uint256(uint160(account)) << 96) | (uint256(kinds) << 88) | (uint256(validUntil) << 56);
        assembly ("memory-safe") {
            let row := add(add(rows, 32), mul(index, KEY_ROW))
            calldatacopy(row, key, 96)
            mstore(0, rest)
            mcopy(add(row, 96), 0, REST)
        }
    }

    /// @notice Writes row `index`, which `rows` must have room for.
    function setAddressRow(bytes memory rows, uint256 index, address account) internal pure {
        assembly ("memory-safe") {
            mstore(0, shl(96, account))
            mcopy(add(add(rows, 32), mul(index, ADDRESS_ROW)), 0, ADDRESS_ROW)
        }
    }

    /// @notice The row at `index` of the page at `page`; all zero where there is none.
    function keyRow(
        address page,
        uint256 index
    ) internal view returns (address account, bytes32[3] memory key, uint8 kinds, uint32 validUntil) {
        uint256 offset = 1 + index * KEY_ROW;
        uint256 rest;
        // Beyond the code's end there are zeros.
        assembly ("memory-safe") {
            extcodecopy(page, key, offset, 96)
            extcodecopy(page, 0, add(offset, 96), 32)
            rest := mload(0)
        }
        return (address(uint160(rest >> 96)), key, uint8(rest >> 88), uint32(rest >> 56));
    }

    /// @notice The account in row `index` of the page at `page`, or zero.
    function keyRowAccount(address page, uint256 index) internal view returns (address) {
        return _addressAt(page, 1 + index * KEY_ROW + 96);
    }

    /// @notice The account in row `index` of the page at `page`, or zero.
    function addressRow(address page, uint256 index) internal view returns (address) {
        return _addressAt(page, 1 + index * ADDRESS_ROW);
    }

    function _addressAt(address page, uint256 offset) private view returns (address account) {
        assembly ("memory-safe") {
            extcodecopy(page, 0, offset, 32)
            account := shr(96, mload(0))
        }
    }
}
