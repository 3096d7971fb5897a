// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title MockERC20
/// @notice A plain ERC-20 token with permit that anybody can mint.
contract MockERC20 is ERC20, ERC20Permit {
    uint8 private immutable DECIMALS;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) ERC20(name_, symbol_) ERC20Permit(name_) {
        DECIMALS = decimals_;
    }

    /// @notice Mints any amount to anybody.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Burns `amount` of `from` without asking.
    function burn(address from, uint256 amount) external {
        _burn(from, amount);
    }

    /// @notice The decimals given at deployment.
    function decimals() public view override returns (uint8) {
        return DECIMALS;
    }
}
