// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/interfaces/IERC20Metadata.sol";
import {IStakingActions} from "../interfaces/IStakingActions.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {ExitQueue} from "../libraries/ExitQueue.sol";
import {StakeMath} from "../libraries/StakeMath.sol";
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

    /// @dev Decimals that a reward token needs at the least, so that a unit of it is small change.
    uint256 internal constant MIN_REWARD_DECIMALS = 6;
    /// @dev Gas of a token that is asked for its decimals.
    uint256 internal constant TOKEN_GAS = 30_000;
    /// @dev Of receipts: the most decimals of a token that are believed, and a share's beside them with a slasher.
    uint256 internal constant MAX_DECIMALS = 77;
    uint256 internal constant SHARE_DECIMALS = 3;
    uint256 internal constant MAX_COOLDOWN = 365 days;
    uint256 internal constant MAX_LOCK = 4 * 365 days;
    uint256 internal constant MAX_BOOST = 10 * StakeMath.WAD;
    uint256 internal constant MAX_SLASH = StakeMath.WAD / 2;
    /// @dev Rewards that come all at once go to who comes for them.
    uint256 internal constant MIN_DURATION = 1 hours;

    /// @dev The pool of the second stream's book.
    mapping(bytes32 book => StakeId) internal _poolOfSecondBook;

    /* POOLS */

    function _createPool(bytes32 book, StakePool memory pool) internal returns (uint256 settings) {
        StakeId id = pool.toId(address(this));
        require(StakeId.unwrap(id) == book, StakingWrongPool(id, book));
        _checkAsset(pool.stakeAsset);
        _checkReward(pool.reward0);
        Storage storage stored = _pools[id];
        require(stored.settings == 0, StakingPoolExists(id));
        settings = 1 | _stepCode(pool.step);
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
        stored.settings = uint32(settings);
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
        emit Staked(id, account, assets, shares);
        _close(id, pool);
    }

    function _unstake(
        StakeId id,
        address actor,
        Word holdings,
        uint256 shares,
        address account
    ) internal returns (Word) {
        account = _accountFor(actor, account);
        Pool memory pool = _openWith(id, holdings);
        require(pool.settings & COOLDOWN == 0, StakingWrongExit(IStakingActions.unstake.selector));
        if (shares == type(uint256).max) shares = _allOf(id, pool, account);
        if (!_tryUnstake(id, pool, account, shares)) _refuseExit(id, pool, account, shares);
        emit Unstaked(id, account, shares);
        _close(id, pool);
        return WordLib.pack(shares, 0);
    }

    function _requestUnstake(StakeId id, address actor, Word holdings, uint256 shares, address account) internal {
        account = _accountFor(actor, account);
        Pool memory pool = _openWith(id, holdings);
        require(pool.settings & COOLDOWN != 0, StakingWrongExit(IStakingActions.requestUnstake.selector));
        if (shares == type(uint256).max) shares = _allOf(id, pool, account);
        if (_tryRequest(id, pool, account, shares) == 0) _refuseExit(id, pool, account, shares);
        _close(id, pool);
    }

    function _allOf(StakeId id, Pool memory pool, address account) private view returns (uint256) {
        return _freeOf(pool.settings, _enter(id, pool.settings, account));
    }

    function _refuseExit(StakeId id, Pool memory pool, address account, uint256 shares) private view {
        Holding memory holding = _enter(id, pool.settings, account);
        require(holding.lockEnd == 0, StakingLocked(holding.lockEnd));
        uint256 free = _freeOf(pool.settings, holding);
        require(shares <= free, StakingInsufficientShares(shares, free));
        revert StakingZeroAmount();
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
        uint256 amount = _claim(id, _open(id, _settingsOf(id)), account, stream);
        require(amount != 0, StakingZeroAmount());
        emit RewardClaimed(id, account, stream, amount);
        return WordLib.pack(0, amount);
    }

    function _fund(StakeId id, uint256 index, address actor, uint256 amount, uint256 end) internal {
        address funder = _pools[id].terms.funder;
        require(actor == funder, StakingNotFunder(actor, funder));
        Pool memory pool = _open(id, _settingsOf(id));
        uint256 earliest = block.timestamp + MIN_DURATION;
        uint256 current = _streamOf(pool, index).end;
        if (current > earliest) earliest = current;
        uint256 latest = pool.time + StreamLib.MAX_DURATION; // an end has 32 bits until 2097
        require(end >= earliest && end <= latest, StakingInvalidEnd(end, earliest, latest));
        _pour(id, pool, index, actor, amount, end);
    }

    function _addRewards(StakeId id, uint256 index, address actor, uint256 amount) internal {
        Pool memory pool = _open(id, _settingsOf(id));
        uint256 end = _streamOf(pool, index).end;
        require(end > pool.time, StakingStreamEnded(end));
        _pour(id, pool, index, actor, amount, end);
    }

    function _pour(StakeId id, Pool memory pool, uint256 index, address actor, uint256 amount, uint256 end) private {
        StreamLib.Stream memory stream = _streamOf(pool, index);
        Funding storage funding = _pools[id].fundings[index];
        uint256 room = StreamLib.MAX_FUNDED - funding.funded;
        require(amount <= room, StakingAmountTooLarge(amount, room));
        funding.funded += uint96(amount); // at most MAX_FUNDED
        uint256 minimum = stream.end > pool.time ? stream.rate : 0;
        funding.left = uint32(stream.fund(funding.left, amount, pool.time, end)); // below the duration
        require(
            stream.rate >= minimum && stream.rate <= StreamLib.MAX_RATE,
            StakingInvalidRate(stream.rate, minimum, StreamLib.MAX_RATE)
        );
        emit RewardFunded(id, index, actor, amount, stream.rate, end);
        pool.hasMoved = true; // its rate
        _closeStreams(id, pool);
    }

    function _streamOf(Pool memory pool, uint256 index) private pure returns (StreamLib.Stream memory) {
        return index == 0 ? pool.stream0 : pool.stream1;
    }

    /* LOCKS */

    function _lock(StakeId id, address actor, Word holdings, uint256 until) internal {
        Pool memory pool = _openWith(id, holdings);
        require(pool.settings & LOCKS != 0, StakingNotOffered(IStakingActions.lock.selector));
        Holding memory holding = _enter(id, pool.settings, actor);
        require(holding.shares != 0, StakingZeroAmount());
        uint256 earliest = holding.lockEnd > block.timestamp ? holding.lockEnd : block.timestamp + 1;
        uint256 latest = block.timestamp + _pools[id].terms.maxLock;
        require(until >= earliest && until <= latest, StakingInvalidUnlock(until, earliest, latest));
        (holding.extra, holding.lockEnd) = (_boost(id, holding.shares, until), until);
        _leave(id, pool, actor, holding);
        require(pool.weight <= StreamLib.MAX_WEIGHT, StakingAmountTooLarge(pool.weight, StreamLib.MAX_WEIGHT));
        emit Locked(id, actor, until, holding.shares + holding.extra);
        _close(id, pool);
    }

    /// @dev An expired lock is taken off whenever the account is stored.
    function _kick(StakeId id, Word holdings, address account) internal {
        Pool memory pool = _openWith(id, holdings);
        Holding memory holding = _enter(id, pool.settings, account);
        require(holding.lockEnd == 0, StakingLocked(holding.lockEnd));
        require(holding.isUnlocked, StakingZeroAmount());
        _leave(id, pool, account, holding);
        _close(id, pool);
    }

    /* SLASHING */

    function _slash(StakeId id, address actor, Word holdings, uint256 amount) internal returns (Word) {
        address slasher = _pools[id].terms.slasher;
        require(actor == slasher && slasher != address(0), StakingNotSlasher(actor, slasher));
        require(amount != 0, StakingZeroAmount());
        Pool memory pool = _openWith(id, holdings);
        Slashing memory slashing = _pools[id].slashing;
        if (block.timestamp >= uint256(slashing.since) + StakeMath.SLASHING_PERIOD) {
            slashing = Slashing({taken: 0, base: uint96(pool.assets), since: uint32(block.timestamp)}); // below 2^96
        }
        uint256 maximum = StakeMath.slashable(
            slashing.base,
            slashing.taken,
            _pools[id].terms.maxSlash,
            pool.assets,
            pool.shares
        );
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
