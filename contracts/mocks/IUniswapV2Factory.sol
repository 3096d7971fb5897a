// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IUniswapV2Factory
/// @notice The part of Uniswap v2's factory that tests call.
interface IUniswapV2Factory {
    /// @notice Deploys the pair of two tokens, once.
    function createPair(address tokenA, address tokenB) external returns (address pair);
}
