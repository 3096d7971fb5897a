// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title MockVault
/// @notice OpenZeppelin's ERC-4626 vault as it is: what is sent to it raises the worth of its shares.
contract MockVault is ERC4626 {
    uint8 private immutable OFFSET;

    /// @param offset decimals that a share has more than the asset
    constructor(IERC20 asset, uint8 offset) ERC20("Mock vault", "MVT") ERC4626(asset) {
        OFFSET = offset;
    }

    function _decimalsOffset() internal view override returns (uint8) {
        return OFFSET;
    }
}
