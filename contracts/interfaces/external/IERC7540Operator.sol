// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title IERC7540Operator
/// @notice Who may request and claim for others (ERC-7540); interface id 0xe3bc4e65.
interface IERC7540Operator {
    event OperatorSet(address indexed controller, address indexed operator, bool approved);

    /// @notice Lets `operator` request and claim for the caller, or no longer.
    function setOperator(address operator, bool approved) external returns (bool);

    /// @notice Whether `operator` may request and claim for `controller`.
    function isOperator(address controller, address operator) external view returns (bool);
}
