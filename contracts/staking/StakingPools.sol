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
/// @dev Settings: bit 0 the pool exists, bit 1 it has a second stream, 2 locks, 3 a slasher, 4 a cooldown, bits 5–6 its step. They never
/// change; the 32 flags of the pool's first book repeat them, so that a call is handed them.
abstract contract StakingPools {
    using StreamLib for StreamLib.Stream;

    /// @dev What a stream was funded, in rewards, and what the division into its rate left, in rewards · 2^32.
    struct Funding {
        uint96 funded;
        uint32 left;
    }

    struct Storage {
        /// @dev The first stream (`StreamLib`); the high half of its second word is updatedAt (32) | weight (96) << 32. All that an
        /// action touches beside the book and the account.
        uint256[2] stream0; //             slots 0, 1
        /// @dev The second stream; the high half of its second word is 0.
        uint256[2] stream1; //             slots 2, 3
        Funding[2] fundings; //            slots 4, 5
        /// @dev With a slasher: shares, with those in the exit queue that are not final.
        uint96 shares; //                  slot 6
        uint32 settings; //                slot 6
        StakePool terms; //                slots 7 to 12
        IStakingCore.Slashing slashing; // slot 13
        ExitQueue.Queue queue; //          slots 14 to 16
    }

    /// @dev A pool in memory, as it is at `time`.
    struct Pool {
        uint256 settings;
        /// @dev The whole step that now is in: the streams are counted to here.
        uint256 time;
        /// @dev What the streams are shared by: shares that are not in the exit queue, and what locks add.
        uint256 weight;
        /// @dev Stake in the book, with what is set aside.
        uint256 held;
        /// @dev With a slasher, of `_openWith`: shares that are not final, and what they are worth. Else 0: a share is a unit.
        uint256 shares;
        uint256 assets;
        bool hasMoved;
        StreamLib.Stream stream0;
        StreamLib.Stream stream1;
    }

    uint256 internal constant SECOND = 2;
    uint256 internal constant LOCKS = 4;
    uint256 internal constant SLASHER = 8;
    uint256 internal constant COOLDOWN = 16;
    uint256 internal constant STEP_SHIFT = 5;

    uint256 private constant TIME_SHIFT = 128;
    uint256 private constant WEIGHT_SHIFT = 160;

    ILedger internal immutable _LEDGER;

    mapping(StakeId id => Storage) internal _pools;

    constructor(ILedger ledger) {
        _LEDGER = ledger;
    }

    /* POOLS */

    /// @dev The pool now, its streams counted; without what its shares are worth. Nothing is stored before `_close`.
    function _open(StakeId id, uint256 settings) internal view returns (Pool memory pool) {
        Storage storage stored = _pools[id];
        uint256 word = stored.stream0[1];
        uint256 last = uint32(word >> TIME_SHIFT);
        pool.settings = settings;
        pool.time = block.timestamp - (block.timestamp % _stepOf(settings));
        pool.weight = word >> WEIGHT_SHIFT;
        pool.hasMoved = pool.time != last;
        pool.stream0 = StreamLib.unpack(stored.stream0[0], word);
        pool.stream0.accrue(pool.weight, last, pool.time);
        if (settings & SECOND == 0) return pool;
        pool.stream1 = StreamLib.unpack(stored.stream1[0], stored.stream1[1]);
        pool.stream1.accrue(pool.weight, last, pool.time);
    }

    /// @dev As `_open`, with what the shares are worth, by what the first book holds before the inputs.
    function _openWith(StakeId id, Word holdings) internal view returns (Pool memory pool) {
        pool = _open(id, holdings.flags());
        pool.held = holdings.amount(0);
        if (pool.settings & SLASHER == 0) return pool;
        pool.shares = _pools[id].shares;
        pool.assets = pool.held - _pools[id].queue.owed;
    }

    /// @dev Stores a pool of `_openWith`.
    function _close(StakeId id, Pool memory pool) internal {
        if (pool.settings & SLASHER != 0) _pools[id].shares = uint96(pool.shares); // checked to fit
        _closeStreams(id, pool);
    }

    /// @dev Stores a pool of `_open`, which does not know its shares.
    function _closeStreams(StakeId id, Pool memory pool) internal {
        Storage storage stored = _pools[id];
        stored.stream0[1] = pool.stream0.packEnd() | (pool.time << TIME_SHIFT) | (pool.weight << WEIGHT_SHIFT);
        if (!pool.hasMoved) return;
        stored.stream0[0] = pool.stream0.packIndex();
        if (pool.settings & SECOND != 0) _storeSecond(stored, pool);
    }

    function _storeSecond(Storage storage stored, Pool memory pool) internal {
        stored.stream1[0] = pool.stream1.packIndex();
        stored.stream1[1] = pool.stream1.packEnd();
    }

    /// @dev What is stored of a pool, as of its last update.
    function _totalsOf(StakeId id) internal view returns (IStakingCore.Totals memory) {
        Storage storage stored = _pools[id];
        uint256 word = stored.stream0[1];
        return
            IStakingCore.Totals({
                weight: uint96(word >> WEIGHT_SHIFT),
                shares: stored.shares,
                updatedAt: uint32(word >> TIME_SHIFT),
                settings: stored.settings
            });
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

    /// @dev Seconds of a step.
    function _stepOf(uint256 settings) private pure returns (uint256) {
        uint256 code = settings >> STEP_SHIFT;
        if (code == 0) return 1 seconds;
        if (code == 1) return 1 minutes;
        return code == 2 ? 1 hours : 1 days;
    }
}
