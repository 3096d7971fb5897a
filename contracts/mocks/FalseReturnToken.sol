// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {MockERC20} from "./MockERC20.sol";

/// @title FalseReturnToken
/// @notice A token that answers false and moves nothing where others revert; a switch makes it refuse everything.
contract FalseReturnToken is MockERC20 {
    /// @notice Whether every transfer, transferFrom and approve is refused.
    bool public isRefusing;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) MockERC20(name_, symbol_, decimals_) {}

    /// @notice Switches the refusal of everything on or off.
    function setRefusing(bool newIsRefusing) external {
        isRefusing = newIsRefusing;
    }

    /// @notice Moves `amount` of the caller, or answers false.
    function transfer(address to, uint256 amount) public override returns (bool) {
        if (isRefusing || amount > balanceOf(msg.sender)) return false;
        return super.transfer(to, amount);
    }

    /// @notice Moves `amount` of `from` against the caller's allowance, or answers false.
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (isRefusing || amount > balanceOf(from) || amount > allowance(from, msg.sender)) return false;
        return super.transferFrom(from, to, amount);
    }

    /// @notice Sets the allowance of `spender`, or answers false.
    function approve(address spender, uint256 amount) public override(ERC20) returns (bool) {
        if (isRefusing) return false;
        return super.approve(spender, amount);
    }
}
