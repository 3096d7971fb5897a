// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "solady/src/tokens/ERC20.sol";

/// @title BenchSoladyToken
/// @notice Solady's ERC-20, which anybody can mint: a peer of the gas benchmark.
contract BenchSoladyToken is ERC20 {
    /// @notice Mints any amount to anybody.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice The token's name.
    function name() public pure override returns (string memory) {
        return "Bench";
    }

    /// @notice The token's symbol.
    function symbol() public pure override returns (string memory) {
        return "BENCH";
    }
}
