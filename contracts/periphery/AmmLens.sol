// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAmmCore} from "../interfaces/IAmmCore.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {AmmBook} from "../libraries/AmmBook.sol";
import {AmmMath} from "../libraries/AmmMath.sol";
import {PoolId} from "../types/PoolId.sol";
import {PoolKey} from "../types/PoolKey.sol";
import {Word} from "../types/Word.sol";

/// @title AmmLens
/// @notice Views and quotes of the AMM. A quote runs the code that the AMM runs and answers the same to the wei, or reverts
/// with the same error; limits, deadlines and the ledger's own checks come on top. No privilege; replaceable.
contract AmmLens {
    using AmmBook for Word;
    using AmmMath for AmmMath.Pool;

    /// @notice A pool as it stands.
    struct PoolView {
        PoolId id;
        bool exists;
        /// @dev The LP share's ledger id.
        uint256 shareId;
        /// @dev Real reserves, in units.
        uint256 reserve0;
        uint256 reserve1;
        /// @dev Virtual reserves the price is made of.
        uint256 virtual0;
        uint256 virtual1;
        /// @dev LP supply with the locked shares.
        uint256 totalShares;
        /// @dev Asset 1 per asset 0 · 1e36, raw units, rounded down.
        uint256 price;
    }

    /// @notice The AMM this lens reads.
    IAmmCore public immutable AMM;
    /// @notice Its ledger.
    ILedger public immutable LEDGER;

    constructor(IAmmCore amm) {
        AMM = amm;
        LEDGER = amm.LEDGER();
    }

    /// @notice The pool of `key`; `exists` is false and the figures 0 before its creation.
    function poolOf(PoolKey calldata key) external view returns (PoolView memory result) {
        PoolId id = key.toId(address(AMM));
        Word book = _bookOf(key);
        result.id = id;
        result.shareId = AMM.shareIdOf(key);
        result.exists = book.exists();
        if (!result.exists) return result;
        AmmMath.Pool memory pool = _load(key);
        (result.reserve0, result.reserve1) = (pool.reserve0, pool.reserve1);
        (result.virtual0, result.virtual1) = (pool.reserve0 + pool.offset0, pool.reserve1 + pool.offset1);
        result.totalShares = pool.totalShares;
        result.price = Math.mulDiv(result.virtual1, AmmMath.PRICE_SCALE, result.virtual0); // at least one unit is left
    }

    /// @notice Output of a path of `swapExactIn`, where each pool sells what the one before pays, `path[0]` sells `assetIn`. All
    /// pools as of one state. Reverts with `AmmBrokenPath`, `AmmPoolTwice` and what a swap in one of the pools reverts with.
    function quotePathExactIn(
        PoolKey[] calldata path,
        uint256 assetIn,
        uint256 amountIn
    ) external view returns (uint256 amountOut) {
        bool[] memory directions = _directions(path, assetIn);
        amountOut = amountIn;
        for (uint256 i; i < path.length; ++i) amountOut = quoteExactIn(path[i], directions[i], amountOut);
    }

    /// @notice Input of a path of `swapExactOutPath` that pays `amountOut` of what the last of `path` pays, rounded up in each
    /// pool. All pools as of one state. Reverts as `quotePathExactIn` does.
    function quotePathExactOut(
        PoolKey[] calldata path,
        uint256 assetIn,
        uint256 amountOut
    ) external view returns (uint256 amountIn) {
        bool[] memory directions = _directions(path, assetIn);
        amountIn = amountOut;
        for (uint256 i = path.length; i != 0; --i) amountIn = quoteExactOut(path[i - 1], directions[i - 1], amountIn);
    }

    /// @notice Output of `swapExactIn`. `zeroForOne` sells asset 0.
    function quoteExactIn(
        PoolKey calldata key,
        bool zeroForOne,
        uint256 amountIn
    ) public view returns (uint256 amountOut) {
        require(amountIn <= type(uint112).max, IAmmCore.AmmAmountTooLarge(amountIn, type(uint112).max));
        return _load(key).amountOut(zeroForOne, amountIn);
    }

    /// @notice Input of `swapExactOut`. `zeroForOne` sells asset 0.
    function quoteExactOut(
        PoolKey calldata key,
        bool zeroForOne,
        uint256 amountOut
    ) public view returns (uint256 amountIn) {
        return _load(key).amountIn(zeroForOne, amountOut);
    }

    /// @notice Shares minted by `createPool` to the receiver (the locked ones are not his). The issuers' word for a restricted
    /// pool comes on top.
    function quoteCreate(
        PoolKey calldata key,
        uint256 amount0,
        uint256 amount1
    ) external view returns (uint256 shares) {
        PoolId id = key.toId(address(AMM));
        require(AMM.poolOf(id).totalShares == 0, IAmmCore.AmmPoolExists(id));
        return AmmMath.open(key, amount0, amount1).totalShares - AmmMath.LOCKED_SHARES;
    }

    /// @notice Shares minted by `addLiquidity` and what it takes of both inputs.
    function quoteAdd(
        PoolKey calldata key,
        uint256 max0,
        uint256 max1
    ) external view returns (uint256 shares, uint256 amount0, uint256 amount1) {
        return _loadAccrued(key).sharesFor(max0, max1);
    }

    /// @notice What `removeLiquidity` pays for `shares`.
    function quoteRemove(
        PoolKey calldata key,
        uint256 shares
    ) external view returns (uint256 amount0, uint256 amount1) {
        return _loadAccrued(key).amountsFor(shares);
    }

    /// @dev Which way a path trades in each of its pools: true sells asset 0.
    function _directions(PoolKey[] calldata path, uint256 asset) private view returns (bool[] memory directions) {
        directions = new bool[](path.length);
        PoolId[] memory ids = new PoolId[](path.length);
        for (uint256 i; i < path.length; ++i) {
            PoolId id = path[i].toId(address(AMM));
            for (uint256 j; j < i; ++j) require(PoolId.unwrap(ids[j]) != PoolId.unwrap(id), IAmmCore.AmmPoolTwice(id));
            ids[i] = id;
            bool zeroForOne = asset == path[i].asset0;
            require(zeroForOne || asset == path[i].asset1, IAmmCore.AmmBrokenPath(id, asset));
            directions[i] = zeroForOne;
            asset = zeroForOne ? path[i].asset1 : path[i].asset0;
        }
    }

    function _bookOf(PoolKey calldata key) private view returns (Word) {
        return LEDGER.bookOf(address(AMM), key.bookKey(), key.asset0, key.asset1);
    }

    /// @dev The pool as the next change of liquidity finds it, with the protocol's part of the fees so far in its supply.
    function _loadAccrued(PoolKey calldata key) private view returns (AmmMath.Pool memory pool) {
        pool = _load(key);
        (uint256 fee, ) = AMM.protocolFee();
        pool.accrue(fee);
    }

    function _load(PoolKey calldata key) private view returns (AmmMath.Pool memory pool) {
        PoolId id = key.toId(address(AMM));
        Word book = _bookOf(key);
        require(book.exists(), IAmmCore.AmmUnknownPool(id));
        IAmmCore.PoolState memory state = AMM.poolOf(id);
        (pool.totalShares, pool.virtualShares, pool.rootK) = (state.totalShares, state.virtualShares, state.rootK);
        (pool.offset0, pool.offset1) = (state.offset0, state.offset1);
        (pool.alpha, pool.beta) = (state.alpha, state.beta);
        (pool.reserve0, pool.reserve1) = (book.amount(0), book.amount(1));
        pool.keep = AmmMath.PIPS - book.fee();
    }
}
