// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {PoolKey} from "../types/PoolKey.sol";

/// @title IAmmActions
/// @notice What `ILedger.Call.data` holds for the AMM: the ABI encoding of one of these functions.
/// @dev They cannot be called directly. The call's `key` is `PoolKey.bookKey`, its assets are the pool's; its amounts are the
/// inputs (for the exact-out swap and for liquidity the most that is paid in; the rest is change). Deadlines are
/// inclusive, in seconds.
interface IAmmActions {
    /// @notice Creates the pool with both inputs as its first reserves. 1,000 shares stay locked for ever. A RESTRICTED pool needs
    /// the word of its assets' issuers (`AmmRestrictedAsset`).
    /// @param minShares least shares to mint to the receiver
    function createPool(PoolKey calldata key, uint256 minShares, uint256 deadline) external;

    /// @notice Adds liquidity at the pool's ratio, within both inputs. Shares round down, amounts taken round up.
    /// @param minShares least shares to mint to the receiver
    function addLiquidity(uint256 minShares, uint256 deadline) external;

    /// @notice Burns `shares` of the caller; amounts paid out round down. The call's amounts must be 0. In a range pool,
    /// shares worth less than the rounding of one unit are refused, and those without which a sold-out side would have no
    /// virtual unit left (`AmmProductFell`).
    function removeLiquidity(uint256 shares, uint256 minAmount0, uint256 minAmount1, uint256 deadline) external;

    /// @notice Sells the whole input; the direction is that of the one input that is not 0. The output rounds down.
    function swapExactIn(uint256 minAmountOut, uint256 deadline) external;

    /// @notice Buys exactly `amountOut` for at most the one input that is not 0. What is taken rounds up.
    function swapExactOut(uint256 amountOut, uint256 deadline) external;

    /// @notice Buys just what the pools `next`, one after the other, need to pay exactly `amountOut` of `assetOut`, for at most
    /// the one input that is not 0: the only limit of the path. What is taken, and what each pool needs, rounds up.
    /// @dev For the first call of an `ILedger.callPath`, and for each but the last with the pools behind it; the last is a
    /// `swapExactOut` of `amountOut`. Each then takes what it is carried to the unit. Other calls behind it than `next` says
    /// are not refused here: the ledger carries to books of the same asset only, and what they do not take is change. Reverts
    /// with `AmmBrokenPath`, `AmmPoolTwice` and what a swap in one of the pools reverts with.
    /// @param next the pools behind this one, of this AMM, in the order of the trade; without any, a `swapExactOut`
    /// @param assetOut what the last of them pays
    function swapExactOutPath(PoolKey[] calldata next, uint256 assetOut, uint256 amountOut, uint256 deadline) external;

    /// @notice Mints to the receiver the shares that the protocol's fee added to the pool. Only the fee's recipient; the call's
    /// amounts must be 0.
    function collectProtocolFee() external;
}
