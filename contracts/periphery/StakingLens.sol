// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../interfaces/ILedger.sol";
import {IStakingCore} from "../interfaces/IStakingCore.sol";
import {ExitQueue} from "../libraries/ExitQueue.sol";
import {StakeMath} from "../libraries/StakeMath.sol";
import {StreamLib} from "../libraries/StreamLib.sol";
import {StakeId} from "../types/StakeId.sol";
import {StakePool} from "../types/StakePool.sol";
import {Word} from "../types/Word.sol";

/// @title StakingLens
/// @notice Views and previews of stake pools, with rewards up to this second. What it answers is to the unit what an action in this block
/// does. No privilege; replaceable.
contract StakingLens {
    using StreamLib for StreamLib.Stream;

    /// @notice A pool as the next action finds it.
    struct PoolView {
        StakeId id;
        bool exists;
        /// @dev The receipt's ledger id.
        uint256 receiptId;
        /// @dev What the streams are shared by.
        uint256 weight;
        /// @dev Shares, with those in the exit queue that are not final, and what they are worth in units.
        uint256 shares;
        uint256 assets;
        /// @dev Shares in the exit queue that are not final.
        uint256 queued;
        /// @dev Units set aside for final requests and not paid.
        uint256 owed;
        /// @dev To when rewards are counted, seconds.
        uint256 time;
        /// @dev What the slasher could take now, in units.
        uint256 slashable;
        StreamView[2] streams;
    }

    /// @notice One stream of a pool. The names are those of Synthetix' StakingRewards.
    struct StreamView {
        /// @dev The ledger id of what it pays; 0 for no stream.
        uint256 rewardAsset;
        /// @dev Rewards per second · 2^32; 0 after the end.
        uint256 rewardRate;
        uint256 periodFinish;
        /// @dev Rewards per unit of weight since the beginning · 2^80.
        uint256 rewardPerWeight;
        /// @dev What has not flowed yet, rounded down, and what was funded in all.
        uint256 waiting;
        uint256 funded;
        /// @dev Rewards that a unit of weight gets in 365 days at the present rate and weight, WAD, rounded down; 0 while it pauses.
        /// With the price of the reward in the staked asset it is the APR.
        uint256 yearlyRewards;
    }

    /// @notice An account in a pool.
    struct PositionView {
        uint256 shares;
        /// @dev What they are worth in units, rounded down.
        uint256 assets;
        /// @dev Shares that can leave now.
        uint256 free;
        uint256 weight;
        /// @dev When the lock ends, seconds; 0 without one, or when it is over.
        uint256 lockEnd;
        /// @dev Rewards that `claim` pays now.
        uint256[2] claimable;
    }

    /// @notice A request in the exit queue.
    struct RequestView {
        address owner;
        uint256 shares;
        uint256 readyAt;
        /// @dev Whether `claimUnstaked` pays now, and how many units, or how many it would if it were ready.
        bool isReady;
        uint256 assets;
    }

    /// @notice The core this lens reads.
    IStakingCore public immutable STAKING;
    /// @notice Its ledger.
    ILedger public immutable LEDGER;

    uint256 private constant YEAR = 365 days;

    constructor(IStakingCore staking) {
        STAKING = staking;
        LEDGER = staking.LEDGER();
    }

    /* VIEWS */

    /// @notice The pool; `exists` is false and the figures 0 before its creation.
    function poolOf(StakePool calldata pool) external view returns (PoolView memory result) {
        StakeId id = pool.toId(address(STAKING));
        IStakingCore.Totals memory totals = STAKING.totalsOf(id);
        result.id = id;
        result.receiptId = id.receiptId(address(STAKING));
        result.exists = totals.settings != 0;
        if (!result.exists) return result;
        result.weight = totals.weight;
        result.queued = _queuedOf(id);
        (result.assets, result.owed) = _assetsOf(id, pool);
        result.shares = pool.slasher == address(0) ? result.assets : totals.shares;
        result.time = _timeOf(pool);
        if (pool.slasher != address(0)) result.slashable = _slashable(id, pool, result.assets, totals.shares);
        result.streams[0] = _streamView(id, pool, totals, 0);
        if (pool.reward1 != 0) result.streams[1] = _streamView(id, pool, totals, 1);
    }

    /// @notice The account's position.
    function positionOf(StakePool calldata pool, address account) external view returns (PositionView memory result) {
        StakeId id = pool.toId(address(STAKING));
        IStakingCore.Position memory position = STAKING.positionOf(id, account);
        bool isOver = position.lockEnd == 0 || block.timestamp >= position.lockEnd;
        result.shares = position.shares;
        result.assets = _worth(id, pool, position.shares);
        result.lockEnd = isOver ? 0 : position.lockEnd;
        if (pool.maxLock == 0) result.free = position.shares - position.extra;
        else if (isOver) result.free = position.shares;
        result.weight = position.shares + (pool.maxLock == 0 || isOver ? 0 : position.extra);
        result.claimable[0] = earned(pool, account, 0);
        if (pool.reward1 != 0) result.claimable[1] = earned(pool, account, 1);
    }

    /// @notice Rewards that `claim` pays the account now.
    function earned(StakePool calldata pool, address account, uint256 stream) public view returns (uint256) {
        StakeId id = pool.toId(address(STAKING));
        IStakingCore.Position memory position = STAKING.positionOf(id, account);
        uint256 weight = position.shares + (pool.maxLock == 0 ? 0 : position.extra);
        uint256 debt = stream == 0 ? position.debt0 : position.debt1;
        IStakingCore.Totals memory totals = STAKING.totalsOf(id);
        uint256 index = _streamOf(pool, totals, STAKING.streamOf(id, stream)).index;
        return StreamLib.accrued(weight, index, debt) >> StreamLib.ACCRUED_BITS;
    }

    /// @notice Shares that staking `assets` gives.
    function previewStake(StakePool calldata pool, uint256 assets) external view returns (uint256) {
        if (pool.slasher == address(0)) return assets;
        StakeId id = pool.toId(address(STAKING));
        (uint256 total, ) = _assetsOf(id, pool);
        return StakeMath.toSharesDown(assets, total, STAKING.totalsOf(id).shares);
    }

    /// @notice Units that unstaking `shares` pays, or that a request of them is worth now.
    function previewUnstake(StakePool calldata pool, uint256 shares) external view returns (uint256) {
        return _worth(pool.toId(address(STAKING)), pool, shares);
    }

    /// @notice A request; all 0 when there is none, or it is paid.
    function requestOf(StakePool calldata pool, uint256 requestId) external view returns (RequestView memory result) {
        StakeId id = pool.toId(address(STAKING));
        ExitQueue.Request memory request = STAKING.requestOf(id, requestId);
        if (request.owner == address(0)) return result;
        (result.owner, result.shares, result.readyAt) = (request.owner, request.shares, request.readyAt);
        (bool isFinal, uint256 assets) = _finalWorth(id, request);
        result.isReady = isFinal || block.timestamp >= request.readyAt;
        result.assets = isFinal ? assets : _queuedWorth(id, pool, request);
        if (result.assets > request.assets) result.assets = request.assets;
    }

    /* INTERNALS */

    function _timeOf(StakePool calldata pool) private view returns (uint256) {
        return block.timestamp - (block.timestamp % pool.step);
    }

    /// @dev The stream as the next action finds it.
    function _streamOf(
        StakePool calldata pool,
        IStakingCore.Totals memory totals,
        IStakingCore.StreamState memory state
    ) private view returns (StreamLib.Stream memory stream) {
        stream = StreamLib.Stream({index: state.index, rate: state.rate, remainder: state.remainder, end: state.end});
        if (totals.settings != 0) stream.accrue(totals.weight, totals.updatedAt, _timeOf(pool));
    }

    function _streamView(
        StakeId id,
        StakePool calldata pool,
        IStakingCore.Totals memory totals,
        uint256 index
    ) private view returns (StreamView memory result) {
        IStakingCore.StreamState memory state = STAKING.streamOf(id, index);
        StreamLib.Stream memory stream = _streamOf(pool, totals, state);
        uint256 time = _timeOf(pool);
        result.rewardAsset = index == 0 ? pool.reward0 : pool.reward1;
        result.rewardRate = stream.end > time ? stream.rate : 0;
        result.periodFinish = stream.end;
        result.rewardPerWeight = stream.index;
        result.waiting = stream.waiting(state.left, time) >> 32;
        result.funded = state.funded;
        if (totals.weight < StreamLib.MIN_WEIGHT) return result;
        result.yearlyRewards = ((result.rewardRate * YEAR * StakeMath.WAD) / totals.weight) >> 32;
    }

    /// @dev What the shares are worth in all, and what is set aside.
    function _assetsOf(StakeId id, StakePool calldata pool) private view returns (uint256 assets, uint256 owed) {
        (, owed, , ) = STAKING.queueOf(id);
        Word book = LEDGER.bookOf(address(STAKING), pool.bookKey(), pool.stakeAsset, pool.reward0);
        assets = book.amount(0) - owed;
    }

    function _worth(StakeId id, StakePool calldata pool, uint256 shares) private view returns (uint256) {
        if (pool.slasher == address(0)) return shares;
        (uint256 assets, ) = _assetsOf(id, pool);
        return StakeMath.toAssetsDown(shares, assets, STAKING.totalsOf(id).shares);
    }

    /// @dev A line of shares is worth what all of it up to the request's end is, in the proportion of its part, as `ExitQueue.pay` parts
    /// one finalisation up to this request.
    function _queuedWorth(
        StakeId id,
        StakePool calldata pool,
        ExitQueue.Request memory request
    ) private view returns (uint256) {
        (uint256 upTo, ) = _lastCheckpoint(id);
        uint256 length = uint256(request.start) + request.shares - upTo;
        uint256 assets = _worth(id, pool, length);
        return assets - ((request.start - upTo) * assets) / length;
    }

    /// @dev What is set aside for a request that is final: the core makes whole requests final, so one finalisation holds it.
    function _finalWorth(
        StakeId id,
        ExitQueue.Request memory request
    ) private view returns (bool isFinal, uint256 assets) {
        (uint256 last, uint256 count) = _lastCheckpoint(id);
        if (last <= request.start) return (false, 0);
        (uint256 low, uint256 high) = (0, count - 1);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (STAKING.checkpointOf(id, middle).upTo > request.start) high = middle;
            else low = middle + 1;
        }
        ExitQueue.Checkpoint memory checkpoint = STAKING.checkpointOf(id, low);
        ExitQueue.Checkpoint memory before;
        if (low != 0) before = STAKING.checkpointOf(id, low - 1);
        uint256 length = checkpoint.upTo - before.upTo;
        uint256 total = checkpoint.assets - before.assets;
        uint256 from = request.start - before.upTo;
        return (true, ((from + request.shares) * total) / length - (from * total) / length);
    }

    function _lastCheckpoint(StakeId id) private view returns (uint256 upTo, uint256 count) {
        (, , , count) = STAKING.queueOf(id);
        if (count != 0) upTo = STAKING.checkpointOf(id, count - 1).upTo;
    }

    function _queuedOf(StakeId id) private view returns (uint256) {
        (uint256 requested, , , ) = STAKING.queueOf(id);
        (uint256 upTo, ) = _lastCheckpoint(id);
        return requested - upTo;
    }

    function _slashable(
        StakeId id,
        StakePool calldata pool,
        uint256 assets,
        uint256 shares
    ) private view returns (uint256) {
        IStakingCore.Slashing memory slashing = STAKING.slashingOf(id);
        bool isOver = block.timestamp >= uint256(slashing.since) + StakeMath.SLASHING_PERIOD;
        (uint256 base, uint256 taken) = isOver ? (assets, 0) : (uint256(slashing.base), uint256(slashing.taken));
        return StakeMath.slashable(base, taken, pool.maxSlash, assets, shares);
    }
}
