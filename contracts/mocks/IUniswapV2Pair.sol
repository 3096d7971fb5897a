// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IUniswapV2Pair
/// @notice The part of Uniswap v2's pair that tests call.
interface IUniswapV2Pair {
    /// @notice Mints shares for what was sent to the pair.
    function mint(address to) external returns (uint256 liquidity);

    /// @notice Burns the shares that were sent to the pair.
    function burn(address to) external returns (uint256 amount0, uint256 amount1);

    /// @notice Pays out, and checks the product against what was sent to the pair.
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;

    /// @notice Takes the balances as reserves.
    function sync() external;

    /// @notice Moves shares.
    function transfer(address to, uint256 value) external returns (bool);

    /// @notice The reserves, and the time of the last change.
    function getReserves() external view returns (uint112 reserve0, uint112 reserve1, uint32 blockTimestampLast);

    /// @notice Shares in circulation, the locked ones among them.
    function totalSupply() external view returns (uint256);

    function token0() external view returns (address);

    function token1() external view returns (address);
}
