// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/interfaces/IERC20Metadata.sol";
import {IStakingActions} from "../interfaces/IStakingActions.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {ExitQueue} from "../libraries/ExitQueue.sol";
import {StreamLib} from "../libraries/StreamLib.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {StakeId} from "../types/StakeId.sol";
import {secondBook, StakePool} from "../types/StakePool.sol";
import {Word} from "../types/Word.sol";
import {StakingReceipts} from "./StakingReceipts.sol";

/// @title StakingActions
/// @notice What a wallet's call does, and why it is refused; see `IStakingActions`.
abstract contract StakingActions is StakingReceipts {
    using AssetId for uint256;
    using ExitQueue for ExitQueue.Queue;
    using StreamLib for StreamLib.Stream;

    uint256 internal constant WAD = 1e18;
    /// @dev Decimals that a reward token needs at the least, so that a unit of it is small change.
    uint256 internal constant MIN_REWARD_DECIMALS = 6;
    /// @dev Gas of a token that is asked for its decimals.
    uint256 internal constant TOKEN_GAS = 30_000;
    /// @dev Of receipts: the most decimals of a token that are believed, and a share's beside them with a slasher.
    uint256 internal constant MAX_DECIMALS = 77;
    uint256 internal constant SHARE_DECIMALS = 3;
    uint256 internal constant MAX_COOLDOWN = 365 days;
    uint256 internal constant MAX_LOCK = 4 * 365 days;
    uint256 internal constant MAX_BOOST = 10 * WAD;
    uint256 internal constant MAX_SLASH = WAD / 2;
    uint256 internal constant SLASHING_PERIOD = 7 days;
    /// @dev A slashed share keeps a thousandth of what it cost at first, a thousandth of a unit.
    uint256 internal constant MAX_SHARES_PER_ASSET = 1000 * VIRTUAL_SHARES;
    /// @dev Rewards that come all at once go to who comes for them.
    uint256 internal constant MIN_DURATION = 1 hours;

    /// @dev The pool of the second stream's book.
    mapping(bytes32 book => StakeId) internal _poolOfSecondBook;

    /* POOLS */

    function _createPool(bytes32 book, StakePool memory pool) internal {
        StakeId id = pool.toId(address(this));
        require(StakeId.unwrap(id) == book, StakingWrongPool(id, book));
        _checkAsset(pool.stakeAsset);
        _checkReward(pool.reward0);
        Storage storage stored = _pools[id];
        require(stored.totals.settings == 0, StakingPoolExists(id));
        uint256 settings = 1 | _stepCode(pool.step);
        if (pool.reward1 != 0) {
            _checkReward(pool.reward1);
            require(pool.reward1 != pool.reward0, StakingSameReward(pool.reward1));
            _poolOfSecondBook[secondBook(id, address(this), pool.stakeAsset, pool.reward1)] = id;
            settings |= SECOND;
        }
        if (pool.cooldown != 0) settings |= COOLDOWN;
        if (pool.maxLock != 0) settings |= LOCKS;
        if (pool.slasher != address(0)) settings |= SLASHER;
        _checkTerms(pool);
        stored.totals.settings = uint32(settings);
        stored.terms = pool;
        emit PoolCreated(id, pool.stakeAsset, pool.funder, pool);
    }

    function _checkTerms(StakePool memory pool) private pure {
        require(pool.cooldown <= MAX_COOLDOWN, StakingInvalidCooldown(pool.cooldown, MAX_COOLDOWN));
        bool isLock =
            pool.maxLock == 0
                ? pool.maxBoost == 0
                : pool.maxBoost != 0 &&
                    pool.maxLock <= MAX_LOCK &&
                    pool.maxBoost <= MAX_BOOST &&
                    pool.slasher == address(0);
        require(isLock, StakingInvalidLock(pool.maxLock, pool.maxBoost));
        bool isSlash =
            pool.slasher == address(0)
                ? pool.maxSlash == 0
                : pool.maxSlash != 0 && pool.maxSlash <= MAX_SLASH && pool.cooldown != 0;
        require(isSlash, StakingInvalidSlash(pool.slasher, pool.maxSlash));
    }

    function _stepCode(uint256 step) private pure returns (uint256 code) {
        if (step == 1 minutes) code = 1;
        else if (step == 1 hours) code = 2;
        else if (step == 1 days) code = 3;
        else require(step == 1, StakingInvalidStep(step));
        code <<= STEP_SHIFT;
    }

    function _checkAsset(uint256 asset) private pure {
        require(asset.isPlain(), StakingRestrictedAsset(asset));
    }

    function _checkReward(uint256 asset) private view {
        _checkAsset(asset);
        uint256 decimals = _decimalsOf(asset);
        require(decimals >= MIN_REWARD_DECIMALS, StakingRewardDecimals(asset, decimals, MIN_REWARD_DECIMALS));
    }

    /// @dev Of an issued asset 18, as few as it has in this suite; of a token that does not answer, or absurdly, 0.
    function _decimalsOf(uint256 asset) internal view returns (uint256 decimals) {
        if (asset.isIssued()) return 18;
        bytes memory question = abi.encodeCall(IERC20Metadata.decimals, ());
        (, decimals) = BoundedCall.word(address(uint160(asset)), TOKEN_GAS, question);
        if (decimals > MAX_DECIMALS) return 0;
    }

    /* STAKE */

    function _stake(
        StakeId id,
        address actor,
        Word holdings,
        Word inputs,
        uint256 minShares,
        address account
    ) internal {
        if (account == address(0)) account = actor;
        Pool memory pool = _openWith(id, holdings);
        uint256 assets = inputs.amount(0);
        uint256 shares = _toShares(pool, assets);
        require(shares >= minShares, StakingBelowMinimumShares(shares, minShares));
        if (!_tryStake(id, pool, account, assets, shares)) {
            require(shares != 0, StakingZeroAmount());
            revert StakingAmountTooLarge(assets, StreamLib.MAX_WEIGHT);
        }
        emit Staked(id, actor, account, assets, shares);
        _close(id, pool);
    }

    function _unstake(
        StakeId id,
        address actor,
        Word holdings,
        uint256 shares,
        uint256 minAssets,
        address account
    ) internal returns (Word) {
        account = _accountFor(actor, account);
        Pool memory pool = _openWith(id, holdings);
        require(pool.settings & COOLDOWN == 0, StakingWrongExit(IStakingActions.unstake.selector));
        if (shares == type(uint256).max) shares = _free(id, pool, account);
        uint256 assets = _tryUnstake(id, pool, account, shares, minAssets);
        if (assets == 0) _refuseExit(id, pool, account, shares, minAssets);
        emit Unstaked(id, actor, account, assets, shares);
        _close(id, pool);
        return WordLib.pack(assets, 0);
    }

    function _requestUnstake(StakeId id, address actor, Word holdings, uint256 shares, address account) internal {
        account = _accountFor(actor, account);
        Pool memory pool = _openWith(id, holdings);
        require(pool.settings & COOLDOWN != 0, StakingWrongExit(IStakingActions.requestUnstake.selector));
        if (shares == type(uint256).max) shares = _free(id, pool, account);
        if (_tryRequest(id, pool, account, shares) == 0) _refuseExit(id, pool, account, shares, 0);
        _close(id, pool);
    }

    function _free(StakeId id, Pool memory pool, address account) private returns (uint256) {
        return _freeOf(pool, _enter(id, pool, account));
    }

    function _refuseExit(StakeId id, Pool memory pool, address account, uint256 shares, uint256 minAssets) private {
        Position memory position = _enter(id, pool, account);
        require(position.lockEnd == 0, StakingLocked(position.lockEnd));
        uint256 free = _freeOf(pool, position);
        require(shares <= free, StakingInsufficientShares(shares, free));
        uint256 assets = _toAssets(pool, shares);
        require(assets != 0, StakingZeroAmount());
        revert StakingBelowMinimumOut(assets, minAssets);
    }

    /* EXITS */

    function _finaliseUpTo(StakeId id, Word holdings, uint256 requestId) internal {
        Pool memory pool = _openWith(id, holdings);
        _checkReady(id, address(0), requestId);
        require(_pools[id].queue.pendingUpTo(requestId) != 0, StakingAlreadyFinal(requestId));
        _finalise(id, pool, requestId);
        _close(id, pool);
    }

    function _claimUnstaked(StakeId id, address actor, Word holdings, uint256 requestId) internal returns (Word) {
        Pool memory pool = _openWith(id, holdings);
        (bool ok, uint256 assets) = _tryClaimUnstaked(id, pool, actor, requestId);
        if (!ok) _checkReady(id, actor, requestId); // reverts
        emit UnstakeClaimed(id, actor, requestId, assets);
        _close(id, pool);
        return WordLib.pack(assets, 0);
    }

    /// @dev Of whom the request is does not matter for the zero address.
    function _checkReady(StakeId id, address account, uint256 requestId) private view {
        ExitQueue.Request storage request = _pools[id].queue.requests[requestId];
        address owner = request.owner;
        require(owner != address(0), StakingUnknownRequest(account, requestId));
        require(account == address(0) || account == owner, StakingUnknownRequest(account, requestId));
        require(block.timestamp >= request.readyAt, StakingNotReady(requestId, request.readyAt));
    }

    /* REWARDS */

    function _claimRewards(StakeId id, uint256 stream, address actor, address account) internal returns (Word) {
        account = _accountFor(actor, account);
        uint256 amount = _claim(id, _peek(id), account, stream);
        require(amount != 0, StakingZeroAmount());
        emit RewardClaimed(id, stream, account, actor, amount);
        return WordLib.pack(0, amount);
    }

    function _fund(StakeId id, uint256 stream, address actor, Word inputs, uint256 end) internal {
        address funder = _pools[id].terms.funder;
        require(actor == funder, StakingNotFunder(actor, funder));
        Pool memory pool = _open(id);
        uint256 earliest = block.timestamp + MIN_DURATION;
        uint256 current = _streamAt(id, pool, stream).end;
        if (current > earliest) earliest = current;
        uint256 latest = pool.time + StreamLib.MAX_DURATION;
        require(end >= earliest && end <= latest, StakingInvalidEnd(end, earliest, latest));
        _pour(id, pool, stream, actor, inputs.amount(1), end);
    }

    function _addRewards(StakeId id, uint256 stream, address actor, Word inputs) internal {
        Pool memory pool = _open(id);
        uint256 end = _streamAt(id, pool, stream).end;
        require(end > pool.time, StakingStreamEnded(end));
        _pour(id, pool, stream, actor, inputs.amount(1), end);
    }

    function _pour(StakeId id, Pool memory pool, uint256 index, address actor, uint256 amount, uint256 end) private {
        StreamLib.Stream memory stream = _streamAt(id, pool, index);
        uint256 room = StreamLib.MAX_FUNDED - stream.funded;
        require(amount <= room, StakingAmountTooLarge(amount, room));
        uint256 minimum = stream.end > pool.time ? stream.rate : 0;
        stream.fund(amount, pool.time, end);
        require(
            stream.rate >= minimum && stream.rate <= StreamLib.MAX_RATE,
            StakingInvalidRate(stream.rate, minimum, StreamLib.MAX_RATE)
        );
        _storeRate(id, stream, index);
        emit RewardFunded(id, index, actor, amount, stream.rate, end);
        _close(id, pool);
    }

    /* LOCKS */

    function _lock(StakeId id, address actor, uint256 until) internal {
        Pool memory pool = _open(id);
        require(pool.settings & LOCKS != 0, StakingNotOffered(IStakingActions.lock.selector));
        Position memory position = _enter(id, pool, actor);
        require(position.shares != 0, StakingZeroAmount());
        uint256 earliest = position.lockEnd > block.timestamp ? position.lockEnd : block.timestamp + 1;
        uint256 latest = block.timestamp + _pools[id].terms.maxLock;
        require(until >= earliest && until <= latest, StakingInvalidUnlock(until, earliest, latest));
        uint256 extra = _boost(id, position.shares, until);
        uint256 weight = pool.weight - position.extra + extra;
        require(weight <= StreamLib.MAX_WEIGHT, StakingAmountTooLarge(weight, StreamLib.MAX_WEIGHT));
        pool.weight = weight;
        (position.extra, position.lockEnd) = (uint96(extra), uint32(until)); // a part of the weight
        _leave(id, actor, position);
        emit Locked(id, actor, until, uint256(position.shares) + extra);
        _close(id, pool);
    }

    /// @dev An expired lock is taken off whenever the account is looked at.
    function _kick(StakeId id, address account) internal {
        Pool memory pool = _open(id);
        uint256 weight = pool.weight;
        Position memory position = _enter(id, pool, account);
        require(position.lockEnd == 0, StakingLocked(position.lockEnd));
        require(pool.weight != weight, StakingZeroAmount());
        _close(id, pool);
    }

    /* SLASHING */

    function _slash(StakeId id, address actor, Word holdings, uint256 amount) internal returns (Word) {
        address slasher = _pools[id].terms.slasher;
        require(actor == slasher && slasher != address(0), StakingNotSlasher(actor, slasher));
        require(amount != 0, StakingZeroAmount());
        Pool memory pool = _openWith(id, holdings);
        Slashing memory slashing = _pools[id].slashing;
        if (block.timestamp >= uint256(slashing.since) + SLASHING_PERIOD) {
            slashing = Slashing({taken: 0, base: uint96(pool.assets), since: uint32(block.timestamp)}); // below 2^96
        }
        // Of whoever stays, where others have left: no one loses a larger part in a period.
        uint256 base = pool.assets + slashing.taken;
        if (base > slashing.base) base = slashing.base;
        uint256 maximum = (base * _pools[id].terms.maxSlash) / WAD;
        maximum = maximum > slashing.taken ? maximum - slashing.taken : 0;
        uint256 floor = (pool.shares + MAX_SHARES_PER_ASSET - 1) / MAX_SHARES_PER_ASSET;
        uint256 above = pool.assets > floor ? pool.assets - floor : 0;
        if (above < maximum) maximum = above;
        require(amount <= maximum, StakingSlashTooLarge(amount, maximum));
        slashing.taken += uint96(amount); // at most the base
        _pools[id].slashing = slashing;
        emit Slashed(id, actor, amount);
        _close(id, pool);
        return WordLib.pack(amount, 0);
    }

    /* CHECKS */

    /// @dev Whose position the actor means, and may make worse.
    function _accountFor(address actor, address account) private view returns (address) {
        if (account == address(0) || account == actor) return actor;
        require(_LEDGER.isOperator(account, actor), StakingNotOperator(actor, account));
        return account;
    }

    /// @dev Staking takes stake, funding takes rewards, and nothing else takes anything.
    function _checkInputs(bytes4 selector, Word inputs) internal pure {
        (uint256 amount0, uint256 amount1) = (inputs.amount(0), inputs.amount(1));
        bool isStake = selector == IStakingActions.stake.selector;
        bool isReward = selector == IStakingActions.fund.selector || selector == IStakingActions.addRewards.selector;
        require((amount0 != 0) == isStake && (amount1 != 0) == isReward, StakingWrongInputs(amount0, amount1));
    }
}
