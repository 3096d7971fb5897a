// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title IPriceOracle
/// @notice What one unit of a market's collateral is worth in units of its loan asset · 1e36, in smallest units of both: with
/// a price of 1 that is 36 + (decimals of the loan asset) − (decimals of the collateral) digits.
/// @dev Both revert when there is no price to trust. The lending core asks neither for a supply, a repayment, an addition of
/// collateral, nor for a withdrawal by who has no debt.
interface IPriceOracle {
    /// @notice The price at which positions are liquidated. Rounded down.
    function price() external view returns (uint256);

    /// @notice The price at which debt is taken and collateral taken out; where it can differ from `price`, the lower of what
    /// the source reports and what it bounds. Rounded down.
    function borrowPrice() external view returns (uint256);
}
