// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {EfficientHashLib} from "solady/src/utils/EfficientHashLib.sol";

/// @title BookId
/// @notice Identity of a protocol's book: `keccak256(abi.encode(protocol, asset0, asset1, key))`.
/// @dev It names the protocol, both assets in the protocol's order and the protocol's own key, so nobody can have one
/// book taken for another pair's, and a protocol that knows the key it expects knows the assets too. It is also the salt
/// of the share that the protocol issues on the book.
library BookId {
    function bookId(address protocol, uint256 asset0, uint256 asset1, bytes32 key) internal pure returns (bytes32) {
        return EfficientHashLib.hash(bytes32(uint256(uint160(protocol))), bytes32(asset0), bytes32(asset1), key);
    }
}
