// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AmmMath} from "../../../contracts/libraries/AmmMath.sol";
import {PoolKey} from "../../../contracts/types/PoolKey.sol";

/// @title AmmMathHarness
/// @notice `AmmMath` behind external calls, so that a test can go on after a revert.
contract AmmMathHarness {
    function amountOut(AmmMath.Pool memory pool, bool zeroForOne, uint256 paid) external pure returns (uint256) {
        return AmmMath.amountOut(pool, zeroForOne, paid);
    }

    function amountIn(AmmMath.Pool memory pool, bool zeroForOne, uint256 out) external pure returns (uint256) {
        return AmmMath.amountIn(pool, zeroForOne, out);
    }

    function sharesFor(
        AmmMath.Pool memory pool,
        uint256 max0,
        uint256 max1
    ) external pure returns (uint256 shares, uint256 amount0, uint256 amount1) {
        return AmmMath.sharesFor(pool, max0, max1);
    }

    function amountsFor(AmmMath.Pool memory pool, uint256 shares) external pure returns (uint256, uint256) {
        return AmmMath.amountsFor(pool, shares);
    }

    function initialShares(uint256 r0, uint256 r1, uint128 alpha, uint128 beta) external pure returns (uint256) {
        return AmmMath.initialShares(r0, r1, alpha, beta);
    }

    function checkAfter(AmmMath.Pool memory pool, uint256 in0, uint256 in1, uint256 out0, uint256 out1) external pure {
        AmmMath.checkAfter(pool, in0, in1, out0, out1);
    }

    function open(PoolKey memory key, uint256 amount0, uint256 amount1) external pure returns (AmmMath.Pool memory) {
        return AmmMath.open(key, amount0, amount1);
    }

    function offset(uint128 rate, uint256 virtualShares) external pure returns (uint256) {
        return AmmMath.offset(rate, virtualShares);
    }

    function accrue(
        AmmMath.Pool memory pool,
        uint256 fee
    ) external pure returns (uint256 shares, AmmMath.Pool memory accrued) {
        shares = AmmMath.accrue(pool, fee);
        return (shares, pool);
    }

    function newRoot(AmmMath.Pool memory pool) external pure returns (uint256) {
        return AmmMath.newRoot(pool);
    }
}
