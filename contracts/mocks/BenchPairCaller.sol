// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IBenchPair} from "./IBenchPair.sol";

/// @title BenchPairCaller
/// @notice The leanest caller of a Uniswap v2 pair: pulls the input into the pair and swaps. Checks nothing, so that the
/// benchmark shows the pair's own cost.
contract BenchPairCaller {
    /// @notice Sends `amountIn` of the caller's `token` to `pair` and takes the outputs, computed off chain.
    function swap(IBenchPair pair, IERC20 token, uint256 amountIn, uint256 amount0Out, uint256 amount1Out) external {
        token.transferFrom(msg.sender, address(pair), amountIn);
        pair.swap(amount0Out, amount1Out, msg.sender, "");
    }
}
