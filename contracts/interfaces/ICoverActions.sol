// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title ICoverActions
/// @notice What `ILedger.Call.data` holds for the cover desk: the ABI encoding of one of these functions.
/// @dev They cannot be called directly. The call's `key` is `RiskTerms.bookKey`, its asset 0 the pool's asset, its asset 1 none (0).
/// `buy` takes at most the call's `amount0`, the rest comes back; the others take nothing from users.
interface ICoverActions {
    /// @notice Buys `cover` units for the call's receiver. Who is named as `referrer`, if anybody, has a part of the fee; the price does
    /// not depend on it.
    function buy(uint256 cover, address referrer) external;

    /// @notice Burns `units` of the caller's cover of a settled risk and pays what they are worth to the receiver.
    function redeem(uint256 units) external;

    /// @notice Takes from the pool what the risk's premiums lack. Only the desk itself.
    function receiveClaims() external;

    /// @notice Gives `amount` of the risk's premiums to the pool. Only the desk itself.
    function sendPremiums(uint256 amount) external;
}
