// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IBenchPair
/// @notice The one function of a Uniswap v2 pair that the benchmark needs.
interface IBenchPair {
    /// @notice Pays both outputs to `to` and checks the product afterwards.
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
}
