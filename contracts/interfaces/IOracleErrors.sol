// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title IOracleErrors
/// @notice Errors that several oracles have in common; what only one of them refuses is declared there.
interface IOracleErrors {
    /// @notice The oracle is given `value`, which is outside `minimum` to `maximum`.
    error OracleOutOfBounds(uint256 value, uint256 minimum, uint256 maximum);
    /// @notice The oracle would need the scale 10^`exponent`, which has more than 77 digits.
    error OracleScaleTooLarge(int256 exponent);
    /// @notice The feed `feed` says `time`, which is zero or in the future.
    error OracleInvalidTime(address feed, uint256 time);
    /// @notice The price is too large to be one.
    error OracleOverflow();
    /// @notice The price rounds to zero.
    error OracleZeroPrice();
}
