// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ExitQueue} from "../libraries/ExitQueue.sol";
import {StakeId} from "../types/StakeId.sol";
import {StakePool} from "../types/StakePool.sol";
import {IAssetIssuer} from "./IAssetIssuer.sol";
import {IAssetMetadata} from "./IAssetMetadata.sol";
import {ILedger} from "./ILedger.sol";
import {ILedgerProtocol} from "./ILedgerProtocol.sol";
import {IPledgeable} from "./IPledgeable.sol";

/// @title IStakingCore
/// @notice Pools that pay up to two streams of rewards to who stakes one ledger asset, by weight and time.
/// @dev What a pool holds, its stake and the rewards of the first stream, is its ledger book; those of the second are a book of their
/// own. Users reach it through `ILedger.call` with `IStakingActions`. Nobody has any authority over a pool but the funder and the
/// slasher that it names, who can add rewards and take stake within stated bounds. Every rounding favours the pool.
interface IStakingCore is ILedgerProtocol, IAssetIssuer, IAssetMetadata, IPledgeable {
    /// @notice What is stored of a pool beside its books and streams.
    struct Totals {
        /// @dev What the streams are shared by: shares that are not in the exit queue, and what locks add.
        uint96 weight;
        /// @dev With a slasher: shares, with those in the exit queue that are not final. Without one 0: a share is a unit.
        uint96 shares;
        /// @dev To when the streams are counted, a whole step, seconds.
        uint32 updatedAt;
        /// @dev What the pool does (`StakingPools`).
        uint32 settings;
    }

    /// @notice A stream as of the pool's last update; `StreamLib` says the units.
    struct StreamState {
        uint256 index;
        uint256 remainder;
        uint256 rate;
        uint256 end;
        /// @dev Rewards funded since the beginning.
        uint256 funded;
        /// @dev What the division into the rate left, in rewards · 2^32.
        uint256 left;
    }

    /// @notice One account in one pool.
    struct Position {
        uint256 shares;
        /// @dev In a pool with locks the weight that the lock adds; in another the shares that are not free: receipts and pledges.
        uint256 extra;
        /// @dev When the lock ends, seconds; 0 without one.
        uint256 lockEnd;
        /// @dev What the account's rewards are counted from, of each stream (`StreamLib`).
        uint256 debt0;
        uint256 debt1;
    }

    /// @notice What was slashed since the slashing period began.
    struct Slashing {
        uint96 taken; // slot 0
        /// @dev The stake when it began; where others have left since, that of whoever stayed counts.
        uint96 base; //  slot 0
        uint32 since; // slot 0
    }

    event PoolCreated(StakeId indexed id, uint256 indexed stakeAsset, address indexed funder, StakePool pool);
    event Staked(StakeId indexed id, address indexed account, uint256 assets, uint256 shares);
    /// @notice In a pool without a cooldown, where a share is a unit.
    event Unstaked(StakeId indexed id, address indexed account, uint256 shares);
    /// @notice Request `requestId` of `shares`, worth `assets` now, can be finalised from `readyAt` on. In sections too.
    event UnstakeRequested(
        StakeId indexed id,
        address indexed account,
        uint256 indexed requestId,
        uint256 shares,
        uint256 assets,
        uint256 readyAt
    );
    /// @notice The next `shares` of the exit queue get `assets` in all. In sections too.
    event UnstakeFinalised(StakeId indexed id, uint256 shares, uint256 assets);
    event UnstakeClaimed(StakeId indexed id, address indexed account, uint256 indexed requestId, uint256 assets);
    event RewardClaimed(StakeId indexed id, address indexed account, uint256 stream, uint256 amount);
    /// @notice `amount` was added to a stream, which now pays `rate` rewards per second · 2^32 until `end`.
    event RewardFunded(
        StakeId indexed id,
        uint256 indexed stream,
        address indexed funder,
        uint256 amount,
        uint256 rate,
        uint256 end
    );
    /// @notice The account's shares are locked until `until` and weigh `weight`.
    event Locked(StakeId indexed id, address indexed account, uint256 until, uint256 weight);
    /// @notice The account's lock was over, and its shares weigh what they are: `weight`. In sections too.
    event Unlocked(StakeId indexed id, address indexed account, uint256 weight);
    event Slashed(StakeId indexed id, address indexed slasher, uint256 amount);
    event ReceiptsMinted(StakeId indexed id, address indexed account, uint256 shares);
    event ReceiptsBurnt(StakeId indexed id, address indexed account, uint256 shares);
    /// @notice The pool's receipt is the ledger asset `receipt`.
    event ReceiptIssued(StakeId indexed id, uint256 indexed receipt);
    event PledgeAllowed(StakeId indexed id, address indexed account, address indexed pledgee, uint256 shares);
    /// @notice A section was settled: the pool after it. Its operations have no other events of their own but those that say so; what
    /// each did follows from the batch and the pool before.
    event PoolSettled(StakeId indexed id, uint256 weight, uint256 shares);

    /// @notice `caller` is not the ledger.
    error StakingNotLedger(address caller);
    /// @notice There is no action `selector`.
    error StakingUnknownAction(bytes4 selector);
    /// @notice There is no pool with the book `book`.
    error StakingUnknownPool(bytes32 book);
    /// @notice The pool `id` exists already.
    error StakingPoolExists(StakeId id);
    /// @notice The call is on the book `book`, the parameters are of `expected`.
    error StakingWrongPool(StakeId expected, bytes32 book);
    /// @notice `asset` has RULES or NOTIFY.
    error StakingRestrictedAsset(uint256 asset);
    /// @notice Both streams would pay `asset`.
    error StakingSameReward(uint256 asset);
    /// @notice A unit of the reward `asset`, of `decimals` decimals, is too much to be counted in; `minimum` are needed.
    error StakingRewardDecimals(uint256 asset, uint256 decimals, uint256 minimum);
    /// @notice A step of `step` seconds is none of 1, 60, 3,600 and 86,400.
    error StakingInvalidStep(uint256 step);
    /// @notice A pool has no cooldown of `cooldown` seconds; the most are `maximum`.
    error StakingInvalidCooldown(uint256 cooldown, uint256 maximum);
    /// @notice A pool cannot lock for `maxLock` seconds and a weight of `maxBoost`.
    /// @dev Both or none; at most four years and 10e18; not in a pool with a slasher.
    error StakingInvalidLock(uint256 maxLock, uint256 maxBoost);
    /// @notice A pool cannot have the slasher `slasher` and `maxSlash`.
    /// @dev Both or none; at most 0.5e18; not without a cooldown, in which stake could not leave before it is slashed.
    error StakingInvalidSlash(address slasher, uint256 maxSlash);
    /// @notice The call's amounts are `amount0` and `amount1`, where this action takes none of one of them or something of it.
    error StakingWrongInputs(uint256 amount0, uint256 amount1);
    /// @notice Nothing, or no share, results.
    error StakingZeroAmount();
    /// @notice `amount` exceeds the maximum of `maximum`.
    error StakingAmountTooLarge(uint256 amount, uint256 maximum);
    /// @notice The shares would be `shares`, less than the minimum of `minimum`.
    error StakingBelowMinimumShares(uint256 shares, uint256 minimum);
    /// @notice `shares` are wanted of the `available` that are free: neither locked, pledged nor in receipts.
    error StakingInsufficientShares(uint256 shares, uint256 available);
    /// @notice The shares are locked until `until`.
    error StakingLocked(uint256 until);
    /// @notice The pool has no cooldown, or has one, and `selector` is for the other kind.
    error StakingWrongExit(bytes4 selector);
    /// @notice The pool does not do that: it has no locks, or has them and no receipts or pledges, or has no slasher.
    error StakingNotOffered(bytes4 selector);
    /// @notice The account `account` has no request `requestId`.
    error StakingUnknownRequest(address account, uint256 requestId);
    /// @notice Request `requestId` can be finalised from `readyAt` on.
    error StakingNotReady(uint256 requestId, uint256 readyAt);
    /// @notice Request `requestId` is final already.
    error StakingAlreadyFinal(uint256 requestId);
    /// @notice A lock until `until` is not between `earliest` and `latest`.
    error StakingInvalidUnlock(uint256 until, uint256 earliest, uint256 latest);
    /// @notice `caller` is not the funder `funder`.
    error StakingNotFunder(address caller, address funder);
    /// @notice A stream cannot end at `end`, which is not between `earliest` and `latest`.
    error StakingInvalidEnd(uint256 end, uint256 earliest, uint256 latest);
    /// @notice The rate would be `rate` rewards per second · 2^32, not between `minimum` and `maximum`.
    /// @dev A running stream does not get slower.
    error StakingInvalidRate(uint256 rate, uint256 minimum, uint256 maximum);
    /// @notice The stream ended at `end`.
    error StakingStreamEnded(uint256 end);
    /// @notice `caller` is not the slasher `slasher`.
    error StakingNotSlasher(address caller, address slasher);
    /// @notice `amount` cannot be slashed; at most `maximum` can now.
    error StakingSlashTooLarge(uint256 amount, uint256 maximum);
    /// @notice `caller` is not an operator of `account` on the ledger.
    error StakingNotOperator(address caller, address account);
    /// @notice The zero address cannot hold shares.
    error StakingZeroAccount();
    /// @notice The section burns or mints `shareId`; those of this core do neither.
    error StakingUnwantedShare(uint256 shareId);

    /* RECEIPTS */

    /// @notice Makes the pool's receipt a ledger asset, once. Anyone may call.
    /// @dev Until then `mintReceipts` and pledges are refused by the ledger, which does not know the id.
    function issueReceipt(StakeId id) external returns (uint256 receipt);

    /* VIEWS */

    /// @notice The ledger.
    function LEDGER() external view returns (ILedger);

    /// @notice What is stored of a pool.
    function totalsOf(StakeId id) external view returns (Totals memory);

    /// @notice A pool's terms; all 0 when there is none.
    function termsOf(StakeId id) external view returns (StakePool memory);

    /// @notice A stream as of the pool's last update.
    function streamOf(StakeId id, uint256 stream) external view returns (StreamState memory);

    /// @notice The account's position.
    function positionOf(StakeId id, address account) external view returns (Position memory);

    /// @notice What was slashed in the current slashing period.
    function slashingOf(StakeId id) external view returns (Slashing memory);

    /// @notice The exit queue: shares requested since the beginning, units set aside and not paid, requests and finalisations so far.
    function queueOf(
        StakeId id
    ) external view returns (uint256 requested, uint256 owed, uint256 count, uint256 checkpoints);

    /// @notice A request; all 0 when there is none, or it is paid.
    function requestOf(StakeId id, uint256 requestId) external view returns (ExitQueue.Request memory);

    /// @notice A finalisation, by its place from 0.
    function checkpointOf(StakeId id, uint256 index) external view returns (ExitQueue.Checkpoint memory);

    /// @notice Shares of the account that `pledgee` may still take as a pledge.
    function pledgeAllowanceOf(StakeId id, address account, address pledgee) external view returns (uint256);
}
