// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title IRwaActions
/// @notice The typed calls that an asset's income book takes through `Ledger.call`. Nobody implements these functions.
/// @dev The book is (`RwaCore`, asset 0 what the asset pays, asset 1 0, key the asset's id).
interface IRwaActions {
    /// @notice Spreads the input, less the management fee, with what has not flowed yet, evenly from the next midnight (UTC) until `end`.
    /// An agent for income.
    /// @param end in seconds, whole days (UTC) since 1970: a day or more after that midnight, at most 2^28 − 1 seconds, not before the end that
    /// stands
    function distribute(uint256 end) external;

    /// @notice Adds the input, less the management fee, to the running income from the next midnight on; its end stays. An agent for income.
    function addIncome() external;

    /// @notice Pays the account's income so far to the call's receiver. The account or its operator on the ledger.
    /// @param account the zero address for the caller
    function claimIncome(address account) external;

    /// @notice Pays the management fees so far to the call's receiver. The fee recipient.
    function collectFees() external;
}
