// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IBenchTickPool} from "./IBenchTickPool.sol";

/// @title BenchTickPoolCaller
/// @notice The leanest caller of Uniswap v3 pools, and the owner of all liquidity that it adds. Checks nothing, so that
/// the benchmark shows the pool's own cost.
contract BenchTickPoolCaller {
    /// @notice Trades `amount` (exact in if positive) and pays in `token`.
    function swap(IBenchTickPool pool, bool zeroForOne, int256 amount, uint160 limit, IERC20 token) external {
        pool.swap(msg.sender, zeroForOne, amount, limit, abi.encode(msg.sender, token));
    }

    /// @notice Trades `amount` of `token` in `first`, whose output `second` takes: `second` asks for its input while
    /// `first` is not paid yet, so that the asset between goes from pool to pool.
    function swapTwice(
        IBenchTickPool first,
        IBenchTickPool second,
        bool[2] calldata zeroForOne,
        uint256 between,
        uint160[2] calldata limits,
        IERC20 token
    ) external {
        bytes memory data = abi.encode(msg.sender, token, first, zeroForOne[0], limits[0]);
        // the amounts of the chain's tokens are far below 2^255
        second.swap(msg.sender, zeroForOne[1], int256(between), limits[1], data);
    }

    /// @notice Adds liquidity and pays in both tokens.
    function mint(
        IBenchTickPool pool,
        int24 low,
        int24 high,
        uint128 liquidity,
        IERC20 token0,
        IERC20 token1
    ) external {
        pool.mint(address(this), low, high, liquidity, abi.encode(msg.sender, token0, token1));
    }

    /// @notice Takes liquidity out and pays what it was worth.
    function burn(IBenchTickPool pool, int24 low, int24 high, uint128 liquidity) external {
        (uint256 amount0, uint256 amount1) = pool.burn(low, high, liquidity);
        pool.collect(msg.sender, low, high, uint128(amount0), uint128(amount1)); // a pool holds less than 2^128
    }

    /// @notice Pays the input of a swap: out of the payer's wallet, or by a swap before.
    function uniswapV3SwapCallback(int256 change0, int256 change1, bytes calldata data) external {
        uint256 amount = uint256(change0 > 0 ? change0 : change1); // one of both is positive
        if (data.length == 64) {
            (address payer, IERC20 token) = abi.decode(data, (address, IERC20));
            token.transferFrom(payer, msg.sender, amount);
        } else {
            (address payer, IERC20 token, IBenchTickPool first, bool zeroForOne, uint160 limit) = abi.decode(
                data,
                (address, IERC20, IBenchTickPool, bool, uint160)
            );
            first.swap(msg.sender, zeroForOne, -int256(amount), limit, abi.encode(payer, token));
        }
    }

    /// @notice Pays for liquidity.
    function uniswapV3MintCallback(uint256 amount0, uint256 amount1, bytes calldata data) external {
        (address payer, IERC20 token0, IERC20 token1) = abi.decode(data, (address, IERC20, IERC20));
        token0.transferFrom(payer, msg.sender, amount0);
        token1.transferFrom(payer, msg.sender, amount1);
    }
}
