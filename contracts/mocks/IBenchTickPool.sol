// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IBenchTickPool
/// @notice The functions of a Uniswap v3 pool that the benchmark needs.
interface IBenchTickPool {
    /// @notice Trades `amount`, exact in if positive, exact out if negative, and calls back for the input.
    function swap(
        address to,
        bool zeroForOne,
        int256 amount,
        uint160 limit,
        bytes calldata data
    ) external returns (int256 change0, int256 change1);

    /// @notice Adds liquidity to a range and calls back for both amounts.
    function mint(
        address owner,
        int24 low,
        int24 high,
        uint128 liquidity,
        bytes calldata data
    ) external returns (uint256 amount0, uint256 amount1);

    /// @notice Takes liquidity out of the caller's range; what it was worth is then owed.
    function burn(int24 low, int24 high, uint128 liquidity) external returns (uint256 amount0, uint256 amount1);

    /// @notice Pays out of what is owed to the caller.
    function collect(
        address to,
        int24 low,
        int24 high,
        uint128 max0,
        uint128 max1
    ) external returns (uint128 amount0, uint128 amount1);
}
