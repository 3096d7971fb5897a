// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC6909} from "@openzeppelin/contracts/token/ERC6909/ERC6909.sol";

/// @title BenchMultiToken
/// @notice OpenZeppelin's ERC-6909, which anybody can mint: a peer of the gas benchmark.
contract BenchMultiToken is ERC6909 {
    /// @notice Mints any amount of any id to anybody.
    function mint(address to, uint256 id, uint256 amount) external {
        _mint(to, id, amount);
    }
}
