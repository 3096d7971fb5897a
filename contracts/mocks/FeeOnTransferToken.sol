// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {MockERC20} from "./MockERC20.sol";

/// @title FeeOnTransferToken
/// @notice A token that burns a share of every transfer, so the receiver gets less than was sent.
contract FeeOnTransferToken is MockERC20 {
    uint256 private constant BASIS = 10_000;

    /// @notice The share burned, in basis points.
    uint256 public feeBps;

    error MockFeeTooHigh(uint256 newFeeBps, uint256 maxFeeBps);

    constructor(
        string memory name_,
        string memory symbol_,
        uint8 decimals_,
        uint256 newFeeBps
    ) MockERC20(name_, symbol_, decimals_) {
        setFeeBps(newFeeBps);
    }

    /// @notice Sets the share burned, in basis points, at most 10,000.
    function setFeeBps(uint256 newFeeBps) public {
        require(newFeeBps <= BASIS, MockFeeTooHigh(newFeeBps, BASIS));
        feeBps = newFeeBps;
    }

    /// @dev Rounds the fee up, as the harsher case for whoever measures what arrived.
    function _update(address from, address to, uint256 amount) internal override {
        if (from == address(0) || to == address(0) || feeBps == 0) {
            super._update(from, to, amount);
            return;
        }
        uint256 fee = Math.mulDiv(amount, feeBps, BASIS, Math.Rounding.Ceil);
        super._update(from, to, amount - fee);
        super._update(from, address(0), fee);
    }
}
