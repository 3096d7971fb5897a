// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A contract account for which everything is signed, when it gets as much gas as it wants.
contract MeasuringWallet is IERC1271 {
    uint256 public immutable WANTED;

    constructor(uint256 wanted) {
        WANTED = wanted;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        return gasleft() < WANTED ? bytes4(0xffffffff) : IERC1271.isValidSignature.selector;
    }
}
