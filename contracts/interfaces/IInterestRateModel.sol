// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title IInterestRateModel
/// @notice A rate model outside the lending core.
/// @dev It gets 100,000 gas. When it reverts, answers less than a word, or takes all of that, the market goes on at the last
/// rate it answered.
interface IInterestRateModel {
    /// @notice The borrow rate, WAD per second, of a market that holds `supplyAssets` and has lent `borrowAssets` of them. The core
    /// takes at most 800 % a year.
    function borrowRate(uint256 supplyAssets, uint256 borrowAssets) external view returns (uint256);
}
