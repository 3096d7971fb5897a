// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title OperationLib
/// @notice The two words of a batched operation, as the settlement hands them to the ledger and the ledger to a core.
/// @dev head = account (160) | sequence (8) | kind (8) | high arguments (80)
///      body = low arguments (144) | amount (112)
/// The two low bits of `kind` name what is debited; its other six bits and the arguments belong to the protocol.
/// A payout word answers one operation: out1 (112) << 112 | out0 (112), or shares in the low half when SHARES is set.
library OperationLib {
    /// @notice What an operation debits: asset 0, asset 1, the section's share asset, or nothing.
    uint256 internal constant SIDE_SHARES = 2;
    uint256 internal constant SIDE_NONE = 3;
    /// @notice Kind of a transfer: a fresh word of its receiver takes over the consent under which the transfer is made.
    /// Settlement alone sets this bit, for a receiver that it knows to be registered.
    uint256 internal constant CONSENT = 4;
    /// @notice Payout: the operation failed; the ledger gives back exactly what it debited.
    uint256 internal constant FAILED = 1 << 255;
    /// @notice Payout: the low half is an amount of the section's share asset to mint.
    uint256 internal constant SHARES = 1 << 254;

    uint256 private constant AMOUNT_MASK = type(uint112).max;

    function account(uint256 head) internal pure returns (address) {
        return address(uint160(head >> 96));
    }

    /// @notice The low 8 bits of the sequence of the debited word.
    function sequence(uint256 head) internal pure returns (uint8) {
        return uint8(head >> 88);
    }

    function kind(uint256 head) internal pure returns (uint8) {
        return uint8(head >> 80);
    }

    /// @notice 0 or 1 for an asset of the section, SIDE_SHARES or SIDE_NONE.
    function side(uint256 head) internal pure returns (uint256) {
        return (head >> 80) & 3;
    }

    function amount(uint256 body) internal pure returns (uint256) {
        return body & AMOUNT_MASK;
    }

    /// @notice The low 112 bits of the arguments: where a protocol has one limit, it stands here.
    function limit(uint256 body) internal pure returns (uint256) {
        return (body >> 112) & AMOUNT_MASK;
    }

    /// @notice The high 112 bits of the arguments: a protocol's second limit.
    function secondLimit(uint256 head, uint256 body) internal pure returns (uint256) {
        return ((head << 32) | (body >> 224)) & AMOUNT_MASK;
    }

    /// @notice The 160-bit address at the bottom of the 224 argument bits: the receiver of a transfer.
    function receiver(uint256 head, uint256 body) internal pure returns (address) {
        return address(uint160((head << 144) | (body >> 112)));
    }

    /* LISTS */

    // The ledger runs through its operations and their payouts by position in memory: the bounds check of an index costs more
    // than the access (docs/decisions/0004). A position is of an operation's head, or of a payout, within its array.

    /// @notice Position of the first word of an array.
    function first(uint256[] memory words) internal pure returns (uint256 position) {
        assembly ("memory-safe") {
            position := add(words, 32)
        }
    }

    /// @notice Position of the operation after that at `position`.
    function next(uint256 position) internal pure returns (uint256) {
        unchecked {
            return position + 64; // within memory
        }
    }

    /// @notice The word at `position`: an operation's head or a payout.
    function load(uint256 position) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(position)
        }
    }

    /// @notice The body of the operation at `position`.
    function loadBody(uint256 position) internal pure returns (uint256 body) {
        assembly ("memory-safe") {
            body := mload(add(position, 32))
        }
    }

    /// @notice Sets both words of the operation at `position` to 0.
    function blank(uint256 position) internal pure {
        assembly ("memory-safe") {
            mstore(position, 0)
            mstore(add(position, 32), 0)
        }
    }

    /// @notice The array of `count` words that ends `encoded`, in place: the ABI encodes an array as memory holds it, its
    /// length first. `encoded` must end with such an array, or its length is not `count`.
    function lastArray(bytes memory encoded, uint256 count) internal pure returns (uint256[] memory words) {
        assembly ("memory-safe") {
            words := sub(add(encoded, mload(encoded)), shl(5, count))
        }
    }

    /// @notice An array for the payouts of `count` operations, with room before it for what `answer` puts there.
    function newPayouts(uint256 count) internal pure returns (uint256[] memory payouts) {
        uint256[] memory words = new uint256[](4 + count);
        assembly ("memory-safe") {
            payouts := add(words, 128)
            mstore(payouts, count)
        }
    }

    /// @notice Returns from `onLedgerBatch` with (magic, flags, payouts); `payouts` is of `newPayouts`. It stands in memory
    /// as the ABI encodes it, so nothing is copied.
    function answer(uint256[] memory payouts, bytes4 magic, uint32 flags) internal pure {
        assembly ("memory-safe") {
            let start := sub(payouts, 96)
            mstore(start, magic)
            mstore(add(start, 32), flags)
            mstore(add(start, 64), 96) // where the array begins
            return(start, add(128, shl(5, mload(payouts))))
        }
    }

    /// @notice Packs an operation; the twin of the codec's writer.
    function pack(
        address from,
        uint8 sequence_,
        uint8 kind_,
        uint256 amount_,
        uint224 arguments
    ) internal pure returns (uint256 head, uint256 body) {
        head =
            (uint256(uint160(from)) << 96) |
            (uint256(sequence_) << 88) |
            (uint256(kind_) << 80) |
            (uint256(arguments) >> 144);
        body = (uint256(arguments) << 112) | (amount_ & AMOUNT_MASK);
    }
}
