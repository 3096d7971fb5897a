// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakingCore} from "../interfaces/IStakingCore.sol";
import {ExitQueue} from "../libraries/ExitQueue.sol";
import {StakeMath} from "../libraries/StakeMath.sol";
import {StreamLib} from "../libraries/StreamLib.sol";
import {StakeId} from "../types/StakeId.sol";
import {StakePool} from "../types/StakePool.sol";
import {StakingPools} from "./StakingPools.sol";

/// @title StakingPositions
/// @notice The actions on a pool in memory, which a wallet's call and a section's operation share.
/// @dev Each answers whether it was done; if not, nothing has changed. What stays to be stored is the pool.
abstract contract StakingPositions is StakingPools {
    using ExitQueue for ExitQueue.Queue;
    using StakeMath for StakePool;

    /// @dev An account in memory.
    struct Holding {
        uint256 shares;
        /// @dev In a pool with locks the weight that the lock adds; in another the shares that are not free: receipts and pledges.
        uint256 extra;
        /// @dev When the lock ends, seconds; 0 without one.
        uint256 lockEnd;
        /// @dev Of both streams (`StreamLib`).
        uint256 debt0;
        uint256 debt1;
        /// @dev As the streams count it until `_leave`.
        uint256 weight;
        /// @dev Whether there is a second word.
        bool hasMore;
        bool isUnlocked;
    }

    uint256 private constant DEBT_SHIFT = 96;
    uint256 private constant LOCK_SHIFT = 208;
    uint256 private constant MORE = 1 << 240;
    uint256 private constant EXTRA_SHIFT = 112;

    /// @dev shares (96) | debt0 (112) << 96 | lockEnd (32) << 208 | whether there is more << 240, and debt1 (112) | extra (96) << 112,
    /// which is read and written in pools with a second stream, or when there is more.
    mapping(StakeId id => mapping(address account => uint256[2])) private _accounts;

    /// @dev The account as it is stored.
    function _load(StakeId id, uint256 settings, address account) internal view returns (Holding memory holding) {
        uint256[2] storage words = _accounts[id][account];
        uint256 word = words[0];
        holding.shares = uint96(word);
        holding.debt0 = uint112(word >> DEBT_SHIFT);
        holding.lockEnd = uint32(word >> LOCK_SHIFT);
        holding.hasMore = settings & SECOND != 0 || word & MORE != 0;
        if (holding.hasMore) {
            word = words[1];
            holding.debt1 = uint112(word);
            holding.extra = word >> EXTRA_SHIFT;
        }
        holding.weight = settings & LOCKS == 0 ? holding.shares : holding.shares + holding.extra;
    }

    /// @dev The account, an expired lock taken off.
    function _enter(StakeId id, uint256 settings, address account) internal view returns (Holding memory holding) {
        holding = _load(id, settings, account);
        if (holding.lockEnd == 0 || block.timestamp < holding.lockEnd) return holding;
        (holding.extra, holding.lockEnd, holding.isUnlocked) = (0, 0, true);
    }

    /// @dev Stores the account. What it has accrued stays, and its weight is from now on what it has come to.
    function _leave(StakeId id, Pool memory pool, address account, Holding memory holding) internal {
        uint256 weight = pool.settings & LOCKS == 0 ? holding.shares : holding.shares + holding.extra;
        uint256 before = holding.weight;
        if (weight != before) {
            pool.weight = pool.weight - before + weight; // `before` is a part of it
            holding.debt0 = StreamLib.rebase(holding.debt0, before, weight, pool.stream0.index);
            if (pool.settings & SECOND != 0) {
                holding.debt1 = StreamLib.rebase(holding.debt1, before, weight, pool.stream1.index);
            }
        }
        _store(id, account, holding);
        if (holding.isUnlocked) emit IStakingCore.Unlocked(id, account, holding.shares);
    }

    /// @dev What is in memory came from such words or was checked to fit.
    function _store(StakeId id, address account, Holding memory holding) internal {
        uint256[2] storage words = _accounts[id][account];
        words[0] = _pack(holding);
        if (holding.hasMore || holding.extra != 0) words[1] = holding.debt1 | (holding.extra << EXTRA_SHIFT);
    }

    function _pack(Holding memory holding) private pure returns (uint256) {
        return
            holding.shares |
            (holding.debt0 << DEBT_SHIFT) |
            (holding.lockEnd << LOCK_SHIFT) |
            (holding.extra == 0 ? 0 : MORE);
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
        Holding memory holding = _enter(id, pool.settings, account);
        // What a running lock adds, the new shares get for the time that is left.
        uint256 extra = holding.lockEnd == 0 ? 0 : _boost(id, shares, holding.lockEnd);
        // The weight has the locks' besides what the book holds, which has the exit queue's besides, and what is set aside.
        if (pool.weight + shares + extra > StreamLib.MAX_WEIGHT) return false;
        if (pool.held + assets > StreamLib.MAX_WEIGHT || pool.shares + shares > StreamLib.MAX_WEIGHT) return false;
        (pool.held, pool.shares, pool.assets) = (pool.held + assets, pool.shares + shares, pool.assets + assets);
        (holding.shares, holding.extra) = (holding.shares + shares, holding.extra + extra);
        _leave(id, pool, account, holding);
        return true;
    }

    /// @dev Takes `shares` out of the account into the queue; they stay the pool's until they are final.
    function _tryRequest(
        StakeId id,
        Pool memory pool,
        address account,
        uint256 shares
    ) internal returns (uint256 requestId) {
        if (shares > StreamLib.MAX_WEIGHT) return 0; // more than any account has
        uint256 assets = _toAssets(pool, shares);
        if (assets == 0 || !_tryTake(id, pool, account, shares)) return 0;
        uint256 readyAt = block.timestamp + _pools[id].terms.cooldown;
        requestId = _pools[id].queue.push(account, shares, assets, readyAt);
        emit IStakingCore.UnstakeRequested(id, account, requestId, shares, assets, readyAt);
    }

    /// @dev Takes `shares` that are free out of the account and the weight.
    function _tryTake(StakeId id, Pool memory pool, address account, uint256 shares) private returns (bool) {
        if (shares == 0) return false;
        Holding memory holding = _enter(id, pool.settings, account);
        if (shares > _freeOf(pool.settings, holding)) return false;
        holding.shares -= shares; // shares are free
        _leave(id, pool, account, holding);
        return true;
    }

    /// @dev Pays out shares that are free, as so many units: without a cooldown there is no slasher.
    function _tryUnstake(StakeId id, Pool memory pool, address account, uint256 shares) internal returns (bool) {
        if (!_tryTake(id, pool, account, shares)) return false;
        pool.held -= shares; // which it holds
        return true;
    }

    /* EXITS */

    /// @dev Makes every request up to `requestId` final, which is ready: what a share is worth now.
    function _finalise(StakeId id, Pool memory pool, uint256 requestId) internal {
        ExitQueue.Queue storage queue = _pools[id].queue;
        uint256 shares = queue.pendingUpTo(requestId);
        uint256 assets = _toAssets(pool, shares);
        queue.finalise(shares, assets);
        if (pool.settings & SLASHER != 0) {
            // parts of them
            (pool.shares, pool.assets) = (pool.shares - shares, pool.assets - assets);
        }
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
        pool.held -= payment.assets; // which it holds
        if (pool.settings & SLASHER != 0) pool.assets += payment.excess;
        return (true, payment.assets);
    }

    /* REWARDS */

    /// @dev Takes the whole rewards out of what the account has accrued. Nothing of the pool changes, and of the account its debt alone.
    function _claim(StakeId id, Pool memory pool, address account, uint256 stream) internal returns (uint256 amount) {
        Holding memory holding = _load(id, pool.settings, account);
        uint256 debt = stream == 0 ? holding.debt0 : holding.debt1;
        uint256 index = stream == 0 ? pool.stream0.index : pool.stream1.index;
        amount = StreamLib.accrued(holding.weight, index, debt) >> StreamLib.ACCRUED_BITS;
        if (amount == 0) return 0;
        debt = StreamLib.pay(debt, amount);
        if (stream == 0) holding.debt0 = debt;
        else holding.debt1 = debt;
        _store(id, account, holding);
    }

    /* WEIGHTS */

    /// @dev Shares that can leave. A lock that is over has been taken off.
    function _freeOf(uint256 settings, Holding memory holding) internal pure returns (uint256) {
        if (settings & LOCKS == 0) return holding.shares - holding.extra;
        return holding.lockEnd == 0 ? holding.shares : 0;
    }

    /// @dev The weight that a lock until `until`, which is to come, adds to `shares`.
    function _boost(StakeId id, uint256 shares, uint256 until) internal view returns (uint256) {
        return _pools[id].terms.boost(shares, until - block.timestamp);
    }
}
