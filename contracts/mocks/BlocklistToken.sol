// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @title BlocklistToken
/// @notice A token that reverts when the sender or the receiver is blocked.
contract BlocklistToken is MockERC20 {
    mapping(address account => bool) public isBlocked;

    error MockAccountBlocked(address account);

    constructor(string memory name_, string memory symbol_, uint8 decimals_) MockERC20(name_, symbol_, decimals_) {}

    /// @notice Blocks or unblocks `account`.
    function setBlocked(address account, bool newIsBlocked) external {
        isBlocked[account] = newIsBlocked;
    }

    function _update(address from, address to, uint256 amount) internal override {
        require(!isBlocked[from], MockAccountBlocked(from));
        require(!isBlocked[to], MockAccountBlocked(to));
        super._update(from, to, amount);
    }
}
