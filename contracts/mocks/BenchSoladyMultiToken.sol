// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC6909} from "solady/src/tokens/ERC6909.sol";

/// @title BenchSoladyMultiToken
/// @notice Solady's ERC-6909, which anybody can mint: a peer of the gas benchmark.
contract BenchSoladyMultiToken is ERC6909 {
    /// @notice Mints any amount of any id to anybody.
    function mint(address to, uint256 id, uint256 amount) external {
        _mint(to, id, amount);
    }

    /// @notice The id's name.
    function name(uint256) public pure override returns (string memory) {
        return "Bench";
    }

    /// @notice The id's symbol.
    function symbol(uint256) public pure override returns (string memory) {
        return "BENCH";
    }

    /// @notice The id's address on the web: none.
    function tokenURI(uint256) public pure override returns (string memory) {
        return "";
    }
}
