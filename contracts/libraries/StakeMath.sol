// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {StakePool} from "../types/StakePool.sol";

/// @title StakeMath
/// @notice What a share of a stake pool is worth, and what locks and slashing do: what the core does and the lens shows.
library StakeMath {
    uint256 internal constant WAD = 1e18;
    /// @notice With a slasher: shares and assets that are thought to be there besides, so that a share costs a thousandth of a unit at
    /// first and nobody can make the first ones dear.
    uint256 internal constant VIRTUAL_SHARES = 1000;
    uint256 internal constant VIRTUAL_ASSETS = 1;
    /// @notice Slashing leaves a share a thousandth of what it cost at first.
    uint256 internal constant MAX_SHARES_PER_ASSET = 1000 * VIRTUAL_SHARES;
    /// @notice How long what was slashed counts towards the limit, seconds.
    uint256 internal constant SLASHING_PERIOD = 7 days;

    /// @notice Shares for `assets` in a pool with a slasher, rounded down; in another a share is a unit.
    function toSharesDown(uint256 assets, uint256 totalAssets, uint256 totalShares) internal pure returns (uint256) {
        return (assets * (totalShares + VIRTUAL_SHARES)) / (totalAssets + VIRTUAL_ASSETS);
    }

    /// @notice What `shares` are worth in a pool with a slasher, rounded down; in another a share is a unit.
    function toAssetsDown(uint256 shares, uint256 totalAssets, uint256 totalShares) internal pure returns (uint256) {
        return (shares * (totalAssets + VIRTUAL_ASSETS)) / (totalShares + VIRTUAL_SHARES);
    }

    /// @notice The weight that a lock of `duration` seconds, at most `maxLock`, adds to `shares`: shares · maxBoost · duration / maxLock,
    /// rounded down. Linear as vote-escrow is, but fixed when the lock is made.
    function boost(StakePool storage pool, uint256 shares, uint256 duration) internal view returns (uint256) {
        return (shares * pool.maxBoost * duration) / (uint256(pool.maxLock) * WAD);
    }

    /// @notice The most that can be slashed: what is left of `maxSlash`, WAD, of `base`, the stake at the beginning of the period, or of
    /// those who stayed where others have left, and no more than leaves the shares their least worth. Nobody loses a larger part in a
    /// period.
    function slashable(
        uint256 base,
        uint256 taken,
        uint256 maxSlash,
        uint256 totalAssets,
        uint256 totalShares
    ) internal pure returns (uint256 maximum) {
        uint256 stayed = totalAssets + taken;
        maximum = ((stayed < base ? stayed : base) * maxSlash) / WAD;
        maximum = maximum > taken ? maximum - taken : 0;
        uint256 floor = (totalShares + MAX_SHARES_PER_ASSET - 1) / MAX_SHARES_PER_ASSET;
        uint256 above = totalAssets > floor ? totalAssets - floor : 0;
        return above < maximum ? above : maximum;
    }
}
