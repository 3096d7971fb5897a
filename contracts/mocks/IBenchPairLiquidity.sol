// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IBenchPairLiquidity
/// @notice The functions of a Uniswap v2 pair that add liquidity and take it out; the pair's shares are an ERC-20.
interface IBenchPairLiquidity {
    /// @notice Gives shares for what came in.
    function mint(address to) external returns (uint256 shares);

    /// @notice Pays both tokens for the shares that came in.
    function burn(address to) external returns (uint256 amount0, uint256 amount1);
}
