// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @title ShortDeliveryToken
/// @notice A token whose transferFrom says true but moves a little less than asked; transfer is honest.
contract ShortDeliveryToken is MockERC20 {
    /// @notice Units that transferFrom keeps back, one at first.
    uint256 public shortfall = 1;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) MockERC20(name_, symbol_, decimals_) {}

    /// @notice Sets the units that transferFrom keeps back.
    function setShortfall(uint256 newShortfall) external {
        shortfall = newShortfall;
    }

    /// @notice Spends the allowance for `amount` and moves `shortfall` less, never below zero.
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _spendAllowance(from, msg.sender, amount);
        _transfer(from, to, amount > shortfall ? amount - shortfall : 0);
        return true;
    }
}
