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

    /// @notice The 160-bit address at the bottom of the 224 argument bits: the receiver of a transfer.
    function receiver(uint256 head, uint256 body) internal pure returns (address) {
        return address(uint160((head << 144) | (body >> 112)));
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
