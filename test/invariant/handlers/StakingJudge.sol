// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakingCore} from "../../../contracts/interfaces/IStakingCore.sol";
import {ExitQueue} from "../../../contracts/libraries/ExitQueue.sol";
import {StakeId} from "../../../contracts/types/StakeId.sol";
import {StakePool} from "../../../contracts/types/StakePool.sol";
import {StakingFixture} from "../../helpers/solidity/StakingFixture.sol";

/// @title StakingJudge
/// @notice What an action may do to a pool, judged from what stood before and after it in the same second. Its formulas are its own.
abstract contract StakingJudge is StakingFixture {
    enum Kind {
        STAKE,
        LEAVE,
        EXIT,
        CLAIM,
        LOCK,
        KICK,
        FUND,
        SLASH,
        RECEIPT,
        SEIZE
    }

    /// @dev An action of `actor` on the position of `target`, who was paid `paid` of the rewards of `stream`, or funded it with that.
    struct Deed {
        Kind kind;
        uint256 m;
        uint256 stream;
        uint256 actor;
        uint256 target;
        uint256 paid;
    }

    struct Holder {
        uint256 shares;
        uint256 extra;
        uint256 weight;
        uint256 receipts;
        uint256 pledged;
        uint256 lockEnd;
        /// @dev Of both streams, in rewards · 2^12.
        uint256[2] claimable;
    }

    struct Snap {
        uint256 weight;
        uint256 shares;
        uint256 pending;
        /// @dev What the shares are worth, and what is set aside beside it.
        uint256 assets;
        uint256 owed;
        uint256[2] index;
        /// @dev What the streams keep, in rewards · 2^80.
        uint256[2] kept;
        Holder[3] holders;
    }

    uint256 internal constant POOLS = 3;
    uint256 internal constant ACTORS = 3;
    uint256 internal constant WAD = 1e18;
    /// @dev The pools: two streams and exits at once; a cooldown and a slasher; locks.
    uint256 internal constant DOUBLE = 0;
    uint256 internal constant SLASHED = 1;
    uint256 internal constant LOCKED = 2;

    address[ACTORS] public actors;
    StakePool[POOLS] internal _pools;
    StakeId[POOLS] internal _ids;

    /// @notice By the number of an invariant STK-n: how often it did not hold.
    mapping(uint256 number => uint256) public violations;
    /// @notice Actions so far, each of which rounds what few accounts have down.
    uint256 public rounds;
    /// @dev Price · 2^128 when the slashing period began, and that period's beginning.
    uint256 private _priceThen;
    uint256 private _since;

    function _require(bool holds, uint256 number) internal {
        if (!holds) violations[number] += 1;
    }

    /* JUDGEMENT */

    /// @dev After an action that stands.
    function _judge(Deed memory deed, Snap memory a, Snap memory b) internal {
        rounds += 1;
        for (uint256 s; s < 2; ++s) {
            _require(b.index[s] == a.index[s], 3); // no time passed
            uint256 added = s == deed.stream && deed.kind == Kind.FUND ? deed.paid << 80 : 0;
            _require(b.kept[s] == a.kept[s] + added, 2);
            for (uint256 i; i < ACTORS; ++i) {
                uint256 taken = s == deed.stream && i == deed.actor ? deed.paid << 12 : 0;
                // Nothing moves what was counted: not stakes, transfers, pledges, slashes or funding. A change of weight rounds it down.
                (uint256 before, uint256 after_) = (a.holders[i].claimable[s], b.holders[i].claimable[s] + taken);
                _require(after_ == before || (after_ + 1 == before && b.holders[i].weight != a.holders[i].weight), 9);
            }
        }
        for (uint256 i; i < ACTORS; ++i) {
            bool isSeized = deed.kind == Kind.SEIZE && i == deed.target;
            if (i != deed.actor && !isSeized) _judgeOther(a.holders[i], b.holders[i]);
        }
        _judgePrice(deed.kind, deed.m, a, b);
    }

    /// @dev STK-10: only an expired lock is taken off others.
    function _judgeOther(Holder memory a, Holder memory b) internal {
        _require(b.shares >= a.shares && b.receipts >= a.receipts && b.pledged <= a.pledged, 10);
        bool isOver = a.lockEnd != 0 && a.lockEnd <= block.timestamp;
        _require(isOver || b.weight >= a.weight, 10);
        _require(b.lockEnd == a.lockEnd || (isOver && b.lockEnd == 0 && b.weight >= a.shares), 10);
    }

    /// @dev STK-7: a share becomes cheaper by slashing alone, by the stated part in a period at most, and never below its floor.
    function _judgePrice(Kind kind, uint256 m, Snap memory a, Snap memory b) private {
        if (m != SLASHED) return;
        if (kind != Kind.SLASH) {
            _require((b.assets + 1) * (a.shares + 1000) >= (a.assets + 1) * (b.shares + 1000), 7);
            return;
        }
        uint256 price = ((b.assets + 1) << 128) / (b.shares + 1000);
        IStakingCore.Slashing memory slashing = staking.slashingOf(_ids[m]);
        if (slashing.since != _since) {
            _since = slashing.since;
            _priceThen = ((a.assets + 1) << 128) / (a.shares + 1000);
        }
        _require(b.shares == a.shares && b.pending == a.pending && b.owed == a.owed, 8);
        _require(b.assets * 1_000_000 >= b.shares, 7);
        _require(price * WAD + (1 << 128) >= _priceThen * (WAD - _pools[m].maxSlash), 7);
        // What waits loses in the same part as what is staked.
        _require(
            _worth(b, b.pending) < _worth(a, a.pending) || _worth(a, a.pending) * (a.assets - b.assets) <= a.assets,
            8
        );
    }

    /// @dev What shares are worth in the pool with a slasher.
    function _worth(Snap memory snap, uint256 shares) internal pure returns (uint256) {
        return (shares * (snap.assets + 1)) / (snap.shares + 1000);
    }

    /* SNAPSHOTS */

    function _snap(uint256 m) internal view returns (Snap memory snap) {
        IStakingCore.Totals memory totals = staking.totalsOf(_ids[m]);
        snap.weight = totals.weight;
        (uint256 requested, uint256 owed, , ) = staking.queueOf(_ids[m]);
        snap.owed = owed;
        snap.pending = requested - _finalUpTo(m);
        snap.assets = _bookOf(_pools[m], 0).amount(0) - owed;
        snap.shares = m == SLASHED ? totals.shares : snap.assets; // a share is a unit, then
        (snap.index[0], snap.kept[0], ) = _streamNow(m, 0);
        (snap.index[1], snap.kept[1], ) = _streamNow(m, 1);
        uint256 receipt = _receiptOf(m);
        for (uint256 i; i < ACTORS; ++i) {
            Holder memory holder = snap.holders[i];
            IStakingCore.Position memory position = staking.positionOf(_ids[m], actors[i]);
            (holder.shares, holder.extra, holder.lockEnd) = (position.shares, position.extra, position.lockEnd);
            holder.weight = m == LOCKED ? holder.shares + holder.extra : holder.shares;
            holder.receipts = ledger.balanceOf(actors[i], receipt);
            holder.pledged = staking.pledgedOf(actors[i], receipt, address(this));
            for (uint256 s; s < 2; ++s) {
                uint256 debt = s == 0 ? position.debt0 : position.debt1;
                holder.claimable[s] = _claimable(holder.weight * snap.index[s], debt);
            }
        }
    }

    /// @dev In rewards · 2^12: what weight and index make, less the debt, which is kept modulo 2^112 and may be more by roundings.
    function _claimable(uint256 product, uint256 debt) private pure returns (uint256) {
        uint256 difference = ((product >> 68) + (1 << 112) - debt) % (1 << 112);
        return difference < 1 << 111 ? difference : 0;
    }

    function _receiptOf(uint256 m) internal view returns (uint256) {
        return _ids[m].receiptId(address(staking));
    }

    /// @dev A stream now: its index, and what it keeps, in rewards · 2^80: what has not flowed, and the remainder.
    function _streamNow(
        uint256 m,
        uint256 s
    ) internal view returns (uint256 index, uint256 kept, IStakingCore.StreamState memory stream) {
        stream = staking.streamOf(_ids[m], s);
        IStakingCore.Totals memory totals = staking.totalsOf(_ids[m]);
        uint256 time = block.timestamp - (block.timestamp % _pools[m].step);
        index = stream.index;
        kept = (stream.left << 48) + stream.remainder;
        if (stream.end <= totals.updatedAt) return (index, kept, stream);
        uint256 flowing = stream.end - totals.updatedAt;
        kept += (flowing * stream.rate) << 48;
        if (totals.weight < 1 << 20 || time <= totals.updatedAt) return (index, kept, stream);
        uint256 passed = time - totals.updatedAt;
        if (passed > flowing) passed = flowing;
        uint256 dividend = ((passed * stream.rate) << 48) + stream.remainder;
        uint256 step = dividend / totals.weight;
        return (index + step, kept - step * totals.weight, stream);
    }

    /// @dev Where the finalised part of the line ends.
    function _finalUpTo(uint256 m) internal view returns (uint256) {
        (, , , uint256 checkpoints) = staking.queueOf(_ids[m]);
        return checkpoints == 0 ? 0 : staking.checkpointOf(_ids[m], checkpoints - 1).upTo;
    }

    function _isFinal(uint256 m, ExitQueue.Request memory request) internal view returns (bool) {
        return uint256(request.start) + request.shares <= _finalUpTo(m);
    }

    /// @dev All that counts of a pool, with its streams up to this second.
    function _outcome(uint256 m) internal view returns (bytes32 digest) {
        (, , uint256 count, ) = staking.queueOf(_ids[m]);
        digest = keccak256(abi.encode(_snap(m), count));
        for (uint256 i; i < ACTORS; ++i) {
            digest = keccak256(
                abi.encode(digest, ledger.balanceOf(actors[i], asset0), ledger.balanceOf(actors[i], asset1))
            );
        }
    }
}
