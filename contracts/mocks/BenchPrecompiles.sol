// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title BenchPrecompiles
/// @notice Loops a precompile, so that a benchmark can time it on the machine and in the minute of its run.
contract BenchPrecompiles {
    error BenchPrecompileFailed();

    /// @notice Recovers `count` different signatures' signers.
    function recover(uint256 count, uint8 v, bytes32 r, bytes32 s) external pure returns (uint256 recovered) {
        for (uint256 i; i < count; ++i) {
            if (ecrecover(keccak256(abi.encode(i)), v, r, s) != address(0)) ++recovered;
        }
        require(recovered == count, BenchPrecompileFailed());
    }
}
