// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IStakedVault} from "../interfaces/IStakedVault.sol";
import {IStakingActions} from "../interfaces/IStakingActions.sol";
import {IStakingCore} from "../interfaces/IStakingCore.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {StakeMath} from "../libraries/StakeMath.sol";
import {StreamLib} from "../libraries/StreamLib.sol";
import {StakeId} from "../types/StakeId.sol";
import {StakePool} from "../types/StakePool.sol";

/// @title StakedVaultPool
/// @notice A vault's stake in its pool: what it is worth, what of it drips, and how it moves.
/// @dev What the core will do is computed here by its own library, so the calls are made with exact limits. Stake that others give to
/// the vault is not recorded and never leaves; its rewards are the holders'.
abstract contract StakedVaultPool is IStakedVault {
    using AssetId for uint256;
    using Math for uint256;

    /// @dev The stake as of the last change: in shares of the pool.
    struct Stake {
        /// @dev All of it.
        uint96 total; //     slot 0
        /// @dev What was not counted at `start`; until `end` all of it is, evenly.
        uint96 dripping; //  slot 0
        uint32 start; //     slot 0
        uint32 end; //       slot 0
    }

    /// @dev The vault now: its shares, its counted stake, and in a pool with a slasher all shares of that and what they are worth.
    struct Snapshot {
        uint256 supply;
        uint256 stake;
        uint256 poolShares;
        uint256 poolAssets;
    }

    uint256 internal constant MIN_DRIP = 1 hours;
    uint256 internal constant MAX_DRIP = 365 days;

    /// @inheritdoc IStakedVault
    IStakingCore public immutable STAKING;
    /// @inheritdoc IStakedVault
    ILedger public immutable LEDGER;
    /// @inheritdoc IStakedVault
    StakeId public immutable POOL;
    /// @inheritdoc IStakedVault
    uint256 public immutable DRIP_PERIOD;
    address internal immutable _TOKEN;
    uint256 internal immutable _STAKE_ASSET;
    uint256 private immutable _REWARD_0;
    uint256 private immutable _REWARD_1;
    bytes32 private immutable _KEY;
    bool internal immutable _HAS_SLASHER;
    uint256 internal immutable _COOLDOWN;

    Stake private _stake;
    /// @inheritdoc IStakedVault
    uint256 public waiting;

    constructor(IStakingCore staking, StakeId pool, address token, uint256 dripPeriod) {
        (STAKING, LEDGER, POOL) = (staking, staking.LEDGER(), pool);
        require(staking.totalsOf(pool).settings != 0, StakedVaultUnknownPool(pool));
        require(
            dripPeriod >= MIN_DRIP && dripPeriod <= MAX_DRIP,
            StakedVaultInvalidDrip(dripPeriod, MIN_DRIP, MAX_DRIP)
        );
        (_TOKEN, DRIP_PERIOD) = (token, dripPeriod);
        StakePool memory terms = staking.termsOf(pool);
        (_STAKE_ASSET, _REWARD_0, _REWARD_1) = (terms.stakeAsset, terms.reward0, terms.reward1);
        (_KEY, _COOLDOWN, _HAS_SLASHER) = (terms.bookKey(), terms.cooldown, terms.slasher != address(0));
        bool isIssued = terms.stakeAsset.isIssued();
        address expected = isIssued ? LEDGER.facadeOf(terms.stakeAsset) : address(uint160(terms.stakeAsset));
        require(token == expected && token != address(0), StakedVaultWrongAsset(token, terms.stakeAsset));
    }

    /* STAKE */

    /// @inheritdoc IStakedVault
    function stakeOf() external view returns (uint256 stake, uint256 dripping, uint256 dripEnd) {
        return (_stake.total, _dripping(_stake), _stake.end);
    }

    /// @dev What drips and is not counted now, rounded up.
    function _dripping(Stake memory stake) private view returns (uint256) {
        if (block.timestamp >= stake.end) return 0;
        uint256 left = stake.end - block.timestamp;
        return Math.ceilDiv(stake.dripping * left, stake.end - stake.start); // products are below 2^128
    }

    /// @dev All but the supply, which is the vault's.
    function _poolSnapshot() internal view returns (Snapshot memory now_) {
        Stake memory stake = _stake;
        now_.stake = stake.total - _dripping(stake); // exits take what is counted
        if (_HAS_SLASHER) (now_.poolShares, now_.poolAssets) = _poolTotals();
    }

    /// @dev In a pool with a slasher: its shares, those in the exit queue too, and what they are worth.
    function _poolTotals() internal view returns (uint256 shares, uint256 assets) {
        (, uint256 owed, , ) = STAKING.queueOf(POOL);
        return (STAKING.totalsOf(POOL).shares, _poolHolds() - owed);
    }

    function _poolHolds() private view returns (uint256) {
        return LEDGER.bookOf(address(STAKING), _KEY, _STAKE_ASSET, _REWARD_0).amount(0);
    }

    /// @dev The most assets that the pool takes at once: so many shares of weight and of the pool, and so many units.
    function _poolRoom(Snapshot memory now_) internal view returns (uint256 room) {
        uint256 maximum = StreamLib.MAX_WEIGHT;
        room = maximum - _poolHolds();
        if (!_HAS_SLASHER) return room.min(maximum - STAKING.totalsOf(POOL).weight);
        // The most that gives no more shares than fit, which round down. The weight is a part of them.
        uint256 price = now_.poolAssets + StakeMath.VIRTUAL_ASSETS;
        uint256 shares = maximum - now_.poolShares + 1;
        return room.min(Math.ceilDiv(shares * price, now_.poolShares + StakeMath.VIRTUAL_SHARES) - 1);
    }

    /// @dev Stake that the core gives for `assets`, rounded down.
    function _toStake(Snapshot memory now_, uint256 assets) internal view returns (uint256) {
        return _HAS_SLASHER ? StakeMath.toSharesDown(assets, now_.poolAssets, now_.poolShares) : assets;
    }

    /// @dev The least assets for which the core gives `stake`.
    function _costOf(Snapshot memory now_, uint256 stake) internal view returns (uint256) {
        if (!_HAS_SLASHER) return stake;
        uint256 price = now_.poolAssets + StakeMath.VIRTUAL_ASSETS;
        return stake.mulDiv(price, now_.poolShares + StakeMath.VIRTUAL_SHARES, Math.Rounding.Ceil);
    }

    /// @dev What `stake` is worth, rounded down.
    function _toAssets(Snapshot memory now_, uint256 stake) internal view returns (uint256) {
        return _HAS_SLASHER ? StakeMath.toAssetsDown(stake, now_.poolAssets, now_.poolShares) : stake;
    }

    /// @dev Stake that is thought to be there besides, as many as the core gives for a unit at first: one to 10^offset shares.
    function _virtualStake() internal view returns (uint256) {
        return _HAS_SLASHER ? StakeMath.VIRTUAL_SHARES : 1;
    }

    /* MOVES */

    /// @dev Stakes `assets` of a depositor, which are in the vault's wallet, or of an issued asset in its ledger balance.
    function _addStake(uint256 assets, uint256 stake) internal {
        _stakeAt(assets, stake, _isIssued() ? ILedger.Source.LEDGER : ILedger.Source.WALLET);
        _stake.total += uint96(stake); // a part of the pool's, which fit
    }

    /// @dev Stakes `assets` of the vault's ledger balance for all holders, with those that wait, as far as the pool has room, and has them drip:
    /// what dripped before and what comes now end together, when on the average of both, by weight, they would have. So nobody can hold
    /// up much by adding little, nor a sale by filling the pool.
    function _compound(uint256 assets) internal {
        uint256 all = waiting + assets;
        if (all == 0) return;
        Snapshot memory now_ = _poolSnapshot();
        assets = all.min(_poolRoom(now_));
        uint256 added = _toStake(now_, assets);
        if (added == 0) assets = 0;
        waiting = all - assets;
        if (added == 0) return;
        _stakeAt(assets, added, ILedger.Source.LEDGER);
        Stake memory stake = _stake;
        uint256 dripping = _dripping(stake);
        uint256 left = dripping == 0 ? 0 : stake.end - block.timestamp;
        left = (dripping * left + added * DRIP_PERIOD) / (dripping + added);
        uint256 end = block.timestamp + left.max(1);
        dripping += added;
        // parts of the pool's, which fit, and times of 32 bits until 2105
        _stake = Stake(uint96(stake.total + added), uint96(dripping), uint32(block.timestamp), uint32(end));
        emit Compounded(assets, added, dripping, end);
    }

    /// @dev Exactly so much stake as was computed, or more, or it reverts: a token that delivers less than is sent does.
    function _stakeAt(uint256 assets, uint256 stake, ILedger.Source source) private {
        bytes memory action = abi.encodeCall(IStakingActions.stake, (stake, address(0)));
        ILedger.Call memory parameters = _call(0, action);
        (parameters.source, parameters.amount0) = (source, assets);
        // reverts when it does nothing
        // solhint-disable-next-line no-unchecked-calls
        LEDGER.call(parameters);
    }

    /// @dev In a pool without a cooldown: sends `stake`, as so many units, to the wallet of `receiver`, or of an issued asset to his ledger
    /// balance.
    function _unstake(uint256 stake, address receiver) internal {
        _stake.total -= uint96(stake); // a part of it
        if (stake == 0) return; // which the core refuses
        ILedger.Call memory parameters = _call(0, abi.encodeCall(IStakingActions.unstake, (stake, address(0))));
        (parameters.destination, parameters.to) = (ILedger.Destination.WALLET, receiver);
        // reverts when it does nothing
        // solhint-disable-next-line no-unchecked-calls
        LEDGER.call(parameters);
    }

    /// @dev In a pool with one: puts `stake` into the exit queue.
    function _requestUnstake(uint256 stake) internal returns (uint256 requestId) {
        _stake.total -= uint96(stake); // a part of it
        // reverts when it does nothing
        // solhint-disable-next-line no-unchecked-calls
        LEDGER.call(_call(0, abi.encodeCall(IStakingActions.requestUnstake, (stake, address(0)))));
        (, , requestId, ) = STAKING.queueOf(POOL); // the last, as no stranger was called
    }

    /// @dev Has a request paid into the vault's ledger balance.
    function _claimUnstaked(uint256 requestId) internal returns (uint256 assets) {
        (assets, , ) = LEDGER.call(_call(0, abi.encodeCall(IStakingActions.claimUnstaked, (requestId))));
    }

    /// @dev Has a stream's rewards paid into the vault's ledger balance: 0 where there are none, or they cannot be paid.
    function _claimRewards(uint256 stream) internal returns (uint256) {
        bytes memory action = abi.encodeCall(IStakingActions.claim, (address(0)));
        try LEDGER.call(_call(stream, action)) returns (uint256, uint256 amount, uint256) {
            return amount;
        } catch {
            return 0;
        }
    }

    /// @dev Sends what the vault has in the ledger: a token to a wallet, an issued asset to a ledger balance.
    function _send(uint256 asset, uint256 amount, address receiver) internal {
        if (amount == 0) return;
        if (asset.isIssued()) LEDGER.transfer(receiver, asset, amount);
        else LEDGER.withdraw(address(uint160(asset)), amount, receiver);
    }

    function _rewardOf(uint256 stream) internal view returns (uint256) {
        return stream == 0 ? _REWARD_0 : _REWARD_1;
    }

    function _isIssued() internal view returns (bool) {
        return _STAKE_ASSET.isIssued();
    }

    /// @dev A call on the book of a stream, from and to the ledger.
    function _call(uint256 stream, bytes memory data) private view returns (ILedger.Call memory parameters) {
        parameters.protocol = address(STAKING);
        (parameters.asset0, parameters.asset1) = (_STAKE_ASSET, _rewardOf(stream));
        parameters.key = stream == 0 ? _KEY : StakeId.unwrap(POOL);
        parameters.data = data;
    }
}
