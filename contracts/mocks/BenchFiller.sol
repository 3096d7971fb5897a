// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title BenchFiller
/// @notice Stands in the ledger's place while a benchmark prepares many accounts, and writes the same word for all of them.
contract BenchFiller {
    uint256 private constant ADDRESS = 20;

    /// @param cells slot of the mapping from accounts to words
    /// @param accounts 20 bytes each
    function fill(bytes32 cells, uint256 word, bytes calldata accounts) external {
        for (uint256 from; from < accounts.length; from += ADDRESS) {
            bytes32 slot = keccak256(abi.encode(address(bytes20(accounts[from:])), cells));
            assembly ("memory-safe") {
                sstore(slot, word)
            }
        }
    }
}
