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

/// @title StakingPools
/// @notice What is stored of pools beside their books, their streams in time, and what a share is worth.
/// @dev Settings: bit 0 the pool exists, bit 1 it has a second stream, 2 locks, 3 a slasher, 4 a cooldown, bits 5–6 its step.
abstract contract StakingPools {
    using StreamLib for StreamLib.Stream;

    struct Account {
        IStakingCore.Position position; // slot 0
        /// @dev Of each stream the index that the account's rewards are counted to (152) | rewards · 2^12 (104) << 152.
        uint256[2] rewards; //             slots 1, 2
    }

    struct Storage {
        IStakingCore.Totals totals; //     slot 0
        /// @dev `StreamLib.packIndex` and `packRate` of both streams.
        uint256[2][2] streams; //          slots 1 to 4
        StakePool terms; //                slots 5 to 10
        IStakingCore.Slashing slashing; // slot 11
        ExitQueue.Queue queue; //          slots 12 to 14
    }

    /// @dev A pool in memory.
    struct Pool {
        uint256 weight;
        uint256 shares;
        uint256 updatedAt;
        uint256 settings;
        /// @dev The whole step that now is in: the streams are counted to here.
        uint256 time;
        /// @dev What the shares are worth. Looked at with a slasher alone: without one a share is a unit.
        uint256 assets;
        /// @dev The streams at `time`, once `isLoaded`.
        StreamLib.Stream[2] streams;
        bool isLoaded;
    }

    uint256 internal constant SECOND = 2;
    uint256 internal constant LOCKS = 4;
    uint256 internal constant SLASHER = 8;
    uint256 internal constant COOLDOWN = 16;
    uint256 internal constant STEP_SHIFT = 5;

    uint256 private constant INDEX_BITS = 152;

    ILedger internal immutable _LEDGER;

    mapping(StakeId id => Storage) internal _pools;
    mapping(StakeId id => mapping(address account => Account)) internal _accounts;

    constructor(ILedger ledger) {
        _LEDGER = ledger;
    }

    /* POOLS */

    /// @dev The pool now, without what its shares are worth. Nothing is stored.
    function _peek(StakeId id) internal view returns (Pool memory pool) {
        IStakingCore.Totals memory totals = _pools[id].totals;
        (pool.weight, pool.shares) = (totals.weight, totals.shares);
        (pool.updatedAt, pool.settings) = (totals.updatedAt, totals.settings);
        pool.time = _stepOf(pool.settings);
        if (pool.time != pool.updatedAt) _load(id, pool);
    }

    /// @dev As `_open`, with what the pool's shares are worth, by what its first book holds before the inputs.
    function _openWith(StakeId id, Word holdings) internal returns (Pool memory pool) {
        pool = _open(id);
        if (pool.settings & SLASHER != 0) pool.assets = holdings.amount(0) - _pools[id].queue.owed;
    }

    /// @dev The pool now, its streams stored as they are now. What an action changes besides is stored by `_close`.
    function _open(StakeId id) internal returns (Pool memory pool) {
        pool = _peek(id);
        if (pool.time == pool.updatedAt) return pool;
        pool.updatedAt = pool.time;
        _storeStream(id, pool, 0);
        if (pool.settings & SECOND != 0) _storeStream(id, pool, 1);
    }

    function _close(StakeId id, Pool memory pool) internal {
        _pools[id].totals = IStakingCore.Totals({
            weight: uint96(pool.weight), // all checked to fit
            shares: uint96(pool.shares),
            updatedAt: uint32(pool.updatedAt),
            settings: uint32(pool.settings)
        });
    }

    /* STREAMS */

    /// @dev The streams at the pool's time.
    function _load(StakeId id, Pool memory pool) private view {
        pool.isLoaded = true;
        _loadStream(id, pool, 0);
        if (pool.settings & SECOND != 0) _loadStream(id, pool, 1);
    }

    function _loadStream(StakeId id, Pool memory pool, uint256 index) private view {
        uint256[2] storage words = _pools[id].streams[index];
        StreamLib.Stream memory stream = StreamLib.unpack(words[0], words[1]);
        stream.accrue(pool.weight, pool.updatedAt, pool.time);
        pool.streams[index] = stream;
    }

    function _storeStream(StakeId id, Pool memory pool, uint256 index) private {
        StreamLib.Stream memory stream = pool.streams[index];
        uint256[2] storage words = _pools[id].streams[index];
        words[0] = stream.packIndex();
        // A pause moves the end.
        if (pool.weight < StreamLib.MIN_WEIGHT) words[1] = stream.packRate();
    }

    /// @dev After `StreamLib.fund`.
    function _storeRate(StakeId id, StreamLib.Stream memory stream, uint256 index) internal {
        _pools[id].streams[index][1] = stream.packRate();
    }

    /// @dev The stream at the pool's time.
    function _streamAt(StakeId id, Pool memory pool, uint256 index) internal view returns (StreamLib.Stream memory) {
        if (!pool.isLoaded) _load(id, pool);
        return pool.streams[index];
    }

    /* REWARDS */

    /// @dev Counts the rewards of `weight` up to the pool's time, of all streams.
    function _settle(StakeId id, Pool memory pool, address account, uint256 weight) internal {
        _settleStream(id, pool, account, weight, 0);
        if (pool.settings & SECOND != 0) _settleStream(id, pool, account, weight, 1);
    }

    function _settleStream(StakeId id, Pool memory pool, address account, uint256 weight, uint256 index) private {
        (uint256 now_, uint256 accrued) = _accrued(id, pool, account, weight, index);
        _accounts[id][account].rewards[index] = now_ | (accrued << INDEX_BITS); // at most MAX_FUNDED · 2^12
    }

    /// @dev A stream's index at the pool's time, and what the account with `weight` has accrued by then, in rewards · 2^12.
    function _accrued(
        StakeId id,
        Pool memory pool,
        address account,
        uint256 weight,
        uint256 index
    ) internal view returns (uint256 now_, uint256 accrued) {
        now_ = _streamAt(id, pool, index).index;
        uint256 checkpoint;
        (checkpoint, accrued) = _unpackRewards(_accounts[id][account].rewards[index]);
        accrued += StreamLib.earned(weight, now_, checkpoint);
    }

    /// @dev Takes the whole rewards out of what the account with `weight` has accrued.
    function _takeRewards(
        StakeId id,
        Pool memory pool,
        address account,
        uint256 weight,
        uint256 index
    ) internal returns (uint256 amount) {
        (uint256 now_, uint256 accrued) = _accrued(id, pool, account, weight, index);
        amount = accrued >> StreamLib.ACCRUED_BITS;
        if (amount == 0) return 0;
        accrued -= amount << StreamLib.ACCRUED_BITS;
        _accounts[id][account].rewards[index] = now_ | (accrued << INDEX_BITS);
    }

    function _unpackRewards(uint256 word) internal pure returns (uint256 index, uint256 accrued) {
        return (uint152(word), word >> INDEX_BITS);
    }

    /* SHARES */

    /// @dev Shares for `assets`, rounded down.
    function _toShares(Pool memory pool, uint256 assets) internal pure returns (uint256) {
        if (pool.settings & SLASHER == 0) return assets;
        return StakeMath.toSharesDown(assets, pool.assets, pool.shares);
    }

    /// @dev What `shares` are worth, rounded down.
    function _toAssets(Pool memory pool, uint256 shares) internal pure returns (uint256) {
        if (pool.settings & SLASHER == 0) return shares;
        return StakeMath.toAssetsDown(shares, pool.assets, pool.shares);
    }

    /* TIME */

    /// @dev The beginning of the step that now is in.
    function _stepOf(uint256 settings) private view returns (uint256) {
        return block.timestamp - (block.timestamp % _stepSeconds(settings));
    }

    function _stepSeconds(uint256 settings) internal pure returns (uint32) {
        uint256 code = settings >> STEP_SHIFT;
        if (code == 0) return 1 seconds;
        if (code == 1) return 1 minutes;
        return code == 2 ? 1 hours : 1 days;
    }
}
