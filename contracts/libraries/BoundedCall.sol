// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title BoundedCall
/// @notice A static question to a stranger: his gas is capped and one word of his answer is read, whatever he returns.
library BoundedCall {
    /// @notice Whether `target` answers exactly `true`. No code, a revert, silence, or anything else is false.
    function isTrue(address target, uint256 gasCap, bytes memory data) internal view returns (bool) {
        return isWord(target, gasCap, data, bytes32(uint256(1)));
    }

    /// @notice Whether the first word that `target` answers is `expected`, which is not zero. Silence is false, and so on.
    function isWord(
        address target,
        uint256 gasCap,
        bytes memory data,
        bytes32 expected
    ) internal view returns (bool answer) {
        // A high-level call reverts its caller on malformed return data, and a low-level one copies all of it.
        assembly ("memory-safe") {
            let ok := staticcall(gasCap, target, add(data, 32), mload(data), 0, 32)
            answer := and(ok, and(gt(returndatasize(), 31), eq(mload(0), expected)))
        }
    }

    /// @notice The first word that `target` answers. No code, a revert or less than a word is not `ok`.
    function word(address target, uint256 gasCap, bytes memory data) internal view returns (bool ok, uint256 answer) {
        assembly ("memory-safe") {
            ok := staticcall(gasCap, target, add(data, 32), mload(data), 0, 32)
            ok := and(ok, gt(returndatasize(), 31))
            if ok {
                answer := mload(0)
            }
        }
    }
}
