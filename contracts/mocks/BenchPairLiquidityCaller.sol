// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IBenchPairLiquidity} from "./IBenchPairLiquidity.sol";

/// @title BenchPairLiquidityCaller
/// @notice The leanest way into a Uniswap v2 pair and out of it. Checks nothing, so that the benchmark shows the pair's own
/// cost.
contract BenchPairLiquidityCaller {
    /// @notice Sends both amounts, in the pair's ratio, and takes the shares.
    function add(address pair, IERC20 token0, uint256 amount0, IERC20 token1, uint256 amount1) external {
        token0.transferFrom(msg.sender, pair, amount0);
        token1.transferFrom(msg.sender, pair, amount1);
        IBenchPairLiquidity(pair).mint(msg.sender);
    }

    /// @notice Sends shares and takes what they are worth.
    function remove(address pair, uint256 shares) external {
        IERC20(pair).transferFrom(msg.sender, pair, shares);
        IBenchPairLiquidity(pair).burn(msg.sender);
    }
}
