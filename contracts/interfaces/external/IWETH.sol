// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title IWETH
/// @notice The two functions of wrapped ether that the ledger uses.
interface IWETH {
    function deposit() external payable;

    function withdraw(uint256 amount) external;
}
