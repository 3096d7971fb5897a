// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakingCore} from "../interfaces/IStakingCore.sol";
import {ExitQueue} from "../libraries/ExitQueue.sol";
import {StreamLib} from "../libraries/StreamLib.sol";
import {StakeId} from "../types/StakeId.sol";
import {StakePool} from "../types/StakePool.sol";
import {StakingPools} from "./StakingPools.sol";

/// @title StakingPositions
/// @notice The actions on a pool in memory, which a wallet's call and a section's operation share.
/// @dev Each answers whether it was done; if not, nothing but the account's counted rewards and an expired lock has changed. What
/// stays to be stored is the pool's totals alone.
abstract contract StakingPositions is StakingPools {
    using ExitQueue for ExitQueue.Queue;

    /// @dev The account's position, its rewards counted and an expired lock taken off.
    function _enter(
        StakeId id,
        Pool memory pool,
        address account
    ) internal returns (IStakingCore.Position memory position) {
        position = _accounts[id][account].position;
        if (position.settledAt != pool.time) {
            _settle(id, pool, account, _weightOf(pool, position));
            position.settledAt = uint32(pool.time); // until 2106
        }
        if (position.lockEnd == 0 || block.timestamp < position.lockEnd) return position;
        pool.weight -= position.extra; // a part of it
        (position.extra, position.lockEnd) = (0, 0);
        _leave(id, account, position); // also if what follows is not done
        emit IStakingCore.Unlocked(id, account, position.shares);
    }

    function _leave(StakeId id, address account, IStakingCore.Position memory position) internal {
        _accounts[id][account].position = position;
    }

    /* STAKE */

    function _tryStake(
        StakeId id,
        Pool memory pool,
        address account,
        uint256 assets,
        uint256 shares
    ) internal returns (bool) {
        if (shares == 0) return false;
        IStakingCore.Position memory position = _enter(id, pool, account);
        // What a running lock adds, the new shares get for the time that is left.
        uint256 extra = position.lockEnd == 0 ? 0 : _boost(id, shares, position.lockEnd);
        uint256 weight = pool.weight + shares + extra;
        uint256 total = pool.shares + shares;
        assets += pool.assets;
        // `ExitQueue` counts both, and a share may have become dearer than a unit.
        if (weight > StreamLib.MAX_WEIGHT || total > StreamLib.MAX_WEIGHT || assets > StreamLib.MAX_WEIGHT)
            return false;
        (pool.weight, pool.shares, pool.assets) = (weight, total, assets);
        position.shares += uint96(shares); // a part of the totals, as the weight
        position.extra += uint96(extra);
        _leave(id, account, position);
        return true;
    }

    /// @dev Takes `shares` out of the account, and of the pool.
    function _tryUnstake(
        StakeId id,
        Pool memory pool,
        address account,
        uint256 shares,
        uint256 minAssets
    ) internal returns (uint256 assets) {
        assets = _toAssets(pool, shares);
        if (assets == 0 || assets < minAssets || !_tryTake(id, pool, account, shares)) return 0;
        pool.shares -= shares;
        if (pool.settings & SLASHER != 0) pool.assets -= assets; // no more than they are
    }

    /// @dev Takes `shares` out of the account into the queue; they stay the pool's until they are final.
    function _tryRequest(
        StakeId id,
        Pool memory pool,
        address account,
        uint256 shares
    ) internal returns (uint256 requestId) {
        uint256 assets = _toAssets(pool, shares);
        if (assets == 0 || !_tryTake(id, pool, account, shares)) return 0;
        uint256 readyAt = block.timestamp + _pools[id].terms.cooldown;
        requestId = _pools[id].queue.push(account, shares, assets, readyAt);
        emit IStakingCore.UnstakeRequested(id, account, requestId, shares, assets, readyAt);
    }

    /// @dev Takes `shares` that are free out of the account and the weight.
    function _tryTake(StakeId id, Pool memory pool, address account, uint256 shares) private returns (bool) {
        if (shares == 0) return false;
        IStakingCore.Position memory position = _enter(id, pool, account);
        if (shares > _freeOf(pool, position)) return false;
        pool.weight -= shares; // a part of it
        position.shares -= uint96(shares);
        _leave(id, account, position);
        return true;
    }

    /* EXITS */

    /// @dev Makes every request up to `requestId` final, which is ready: what a share is worth now.
    function _finalise(StakeId id, Pool memory pool, uint256 requestId) internal {
        ExitQueue.Queue storage queue = _pools[id].queue;
        uint256 shares = queue.pendingUpTo(requestId);
        uint256 assets = _toAssets(pool, shares);
        queue.finalise(shares, assets);
        pool.shares -= shares; // a part of them
        if (pool.settings & SLASHER != 0) pool.assets -= assets; // no more than they are
        emit IStakingCore.UnstakeFinalised(id, shares, assets);
    }

    /// @dev Pays the request of `account`, at most what it was worth when it was made; what was set aside above that is the pool's again.
    function _tryClaimUnstaked(
        StakeId id,
        Pool memory pool,
        address account,
        uint256 requestId
    ) internal returns (bool, uint256) {
        ExitQueue.Queue storage queue = _pools[id].queue;
        ExitQueue.Request storage request = queue.requests[requestId];
        if (request.owner != account) return (false, 0);
        if (queue.pendingUpTo(requestId) != 0) {
            if (block.timestamp < request.readyAt) return (false, 0);
            _finalise(id, pool, requestId);
        }
        ExitQueue.Payment memory payment = queue.pay(requestId, type(uint256).max);
        if (pool.settings & SLASHER != 0) pool.assets += payment.excess;
        return (true, payment.assets);
    }

    /* REWARDS */

    /// @dev Pays nothing out of an account without any; the position is not stored.
    function _claim(StakeId id, Pool memory pool, address account, uint256 stream) internal returns (uint256) {
        return _takeRewards(id, pool, account, _weightOf(pool, _accounts[id][account].position), stream);
    }

    /* WEIGHTS */

    /// @dev What the streams count of the position.
    function _weightOf(Pool memory pool, IStakingCore.Position memory position) internal pure returns (uint256) {
        return pool.settings & LOCKS == 0 ? position.shares : uint256(position.shares) + position.extra;
    }

    /// @dev Shares that can leave. A lock that is over has been taken off.
    function _freeOf(Pool memory pool, IStakingCore.Position memory position) internal pure returns (uint256) {
        if (pool.settings & LOCKS != 0) return position.lockEnd == 0 ? position.shares : 0;
        return position.shares - position.extra;
    }

    /// @dev The weight that a lock until `until` adds to `shares`, rounded down: shares · maxBoost · time / maxLock.
    function _boost(StakeId id, uint256 shares, uint256 until) internal view returns (uint256) {
        StakePool storage terms = _pools[id].terms;
        return (shares * terms.maxBoost * (until - block.timestamp)) / (uint256(terms.maxLock) * 1e18);
    }
}
