// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {PoolId} from "../types/PoolId.sol";
import {IAssetMetadata} from "./IAssetMetadata.sol";
import {ILedger} from "./ILedger.sol";
import {ILedgerProtocol} from "./ILedgerProtocol.sol";

/// @title IAmmCore
/// @notice Automated market maker with one pool type: constant product on virtual reserves,
/// (reserve0 + alpha·T) · (reserve1 + beta·T) = K with T the LP supply.
/// @dev Reserves, fee and flags are the pool's ledger book; only T and the virtual offsets are stored here. Users reach
/// it through `ILedger.call` with `IAmmActions`. Every rounding favours the pool.
interface IAmmCore is ILedgerProtocol, IAssetMetadata {
    /// @notice Band of prices that the co-signers of a batch accept, in units of asset 1 per unit of asset 0 · 1e36.
    struct Band {
        uint256 price;
        /// @dev Fraction of the price, WAD, below 1e18.
        uint256 tolerance;
    }

    event PoolCreated(
        PoolId indexed id,
        uint256 indexed asset0,
        uint256 indexed asset1,
        uint24 fee,
        uint128 alpha,
        uint128 beta
    );
    event LiquidityAdded(PoolId indexed id, address indexed account, uint256 amount0, uint256 amount1, uint256 shares);
    event LiquidityRemoved(
        PoolId indexed id,
        address indexed account,
        uint256 amount0,
        uint256 amount1,
        uint256 shares
    );
    /// @notice A swap, from the pool's side: what came in is positive, what went out negative.
    event Swapped(PoolId indexed id, address indexed account, int256 amount0, int256 amount1);
    /// @notice A section cleared: sums of all fills at the uniform price (asset 1 per asset 0 · 1e36, rounded down).
    event BatchCleared(
        PoolId indexed id,
        uint256 price,
        uint256 amountIn0,
        uint256 amountIn1,
        uint256 amountOut0,
        uint256 amountOut1
    );

    error AmmNotLedger(address caller);
    error AmmUnknownAction(bytes4 selector);
    error AmmUnknownPool(PoolId id);
    error AmmPoolExists(PoolId id);
    error AmmWrongPool(PoolId expected, PoolId id);
    error AmmAssetOrder(uint256 asset0, uint256 asset1);
    error AmmRestrictedAsset(uint256 id);
    error AmmFeeTooHigh(uint256 fee, uint256 maximum);
    error AmmEmptyRange(uint128 alpha, uint128 beta);
    error AmmExpired(uint256 deadline, uint256 timestamp);
    error AmmOneInputOnly(uint256 amount0, uint256 amount1);
    error AmmInputsNotWanted(uint256 amount0, uint256 amount1);
    error AmmBelowMinimumTrade(uint256 amount, uint256 minimum);
    error AmmBelowMinimumOut(uint256 out, uint256 minimum);
    error AmmAboveMaximumIn(uint256 amountIn, uint256 maximum);
    error AmmBelowMinimumShares(uint256 shares, uint256 minimum);
    error AmmZeroShares();
    error AmmInsufficientShares(uint256 shares, uint256 available);
    error AmmRangeExhausted(uint256 out, uint256 reserve);
    error AmmReserveFloor(uint256 reserve, uint256 minimum);
    error AmmAmountTooLarge(uint256 amount, uint256 maximum);
    error AmmInvalidBand(uint256 price, uint256 tolerance);
    error AmmOutsideBand(uint256 price, uint256 low, uint256 high);
    error AmmProductFell(uint256 before, uint256 afterwards);

    /// @notice The ledger this core computes for; the only caller of its two entries.
    function LEDGER() external view returns (ILedger);

    /// @notice LP supply (with the locked 1,000) and virtual offsets of a pool; all 0 when it does not exist.
    function poolOf(
        PoolId id
    ) external view returns (uint256 totalShares, uint256 offset0, uint256 offset1, uint128 alpha, uint128 beta);

    /// @notice The ledger id of the pool's LP share.
    function shareIdOf(PoolId id) external view returns (uint256);
}
