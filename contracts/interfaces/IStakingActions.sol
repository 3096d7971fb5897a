// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {StakePool} from "../types/StakePool.sol";

/// @title IStakingActions
/// @notice What `ILedger.Call.data` holds for the staking core: the ABI encoding of one of these functions.
/// @dev They cannot be called directly. The call's `key` is `StakePool.bookKey`, its asset 0 the staked asset, its asset 1 the first
/// reward. `fund`, `addRewards` and `claim` of the second stream are made on its own book, whose assets are the staked asset
/// and the second reward and whose key is the pool's id. Amounts that come in are the call's own: `amount0` for `stake`,
/// `amount1` for `fund` and `addRewards`, none for the others. What goes out goes to the call's receiver. An `account` of 0 stands
/// for the caller; another's is touched to his advantage only, or by his operator on the ledger.
interface IStakingActions {
    /// @notice Creates the pool.
    function createPool(StakePool calldata pool) external;

    /// @notice Stakes the whole input for the account. Shares round down.
    function stake(uint256 minShares, address account) external;

    /// @notice Pays out at once `shares` of the account, 2^256 − 1 for all that are free, as so many units. In a pool without cooldown.
    function unstake(uint256 shares, address account) external;

    /// @notice Puts `shares` of the account, 2^256 − 1 for all that are free, into the exit queue. They earn nothing any more and can
    /// still be slashed. In a pool with cooldown.
    function requestUnstake(uint256 shares, address account) external;

    /// @notice Finalises every request up to `requestId`, whose cooldown must have passed, at what a share is worth now.
    function finalise(uint256 requestId) external;

    /// @notice Pays out the caller's request, which it finalises first if it is ready.
    function claimUnstaked(uint256 requestId) external;

    /// @notice Pays out the account's rewards of the book's stream.
    function claim(address account) external;

    /// @notice Locks all shares of the caller until `until`, no earlier than they are locked, for weight in proportion to the time.
    function lock(uint256 until) external;

    /// @notice Takes the weight of an expired lock off the account. Anyone may call.
    function kick(address account) external;

    /// @notice Adds the input to the book's stream, to flow with what is left until `end`. Only the funder; neither rate nor end may
    /// fall while the stream runs.
    function fund(uint256 end) external;

    /// @notice Adds the input to the book's stream while it runs; its end stays. Anyone may call.
    function addRewards() external;

    /// @notice Pays out `amount` of the stake to the receiver, at the expense of every share, queued ones too. Only the slasher.
    function slash(uint256 amount) external;

    /// @notice Mints to the caller receipts for `shares` of his that are free; the call's receiver must be himself. Receipts can be
    /// transferred, and stake and rewards to come go with them. Not in a pool with locks.
    function mintReceipts(uint256 shares) external;

    /// @notice Burns receipts of the caller, whose shares are free again.
    function burnReceipts(uint256 shares) external;

    /// @notice Sets how many free shares of the caller the protocol `pledgee` may still take as a pledge (`IPledgeable`).
    function allowPledge(address pledgee, uint256 shares) external;
}
