// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC20Metadata} from "@openzeppelin/contracts/interfaces/IERC20Metadata.sol";
import {BoundedCall} from "./BoundedCall.sol";

/// @title AssetDecimals
/// @notice Decimals of a token, for what is shown beside it.
library AssetDecimals {
    uint256 private constant TOKEN_GAS = 30_000;
    uint256 private constant MAX_DECIMALS = 77;

    /// @notice Decimals of the token `asset`; 0 of one that does not answer, or absurdly.
    function decimalsOf(uint256 asset) internal view returns (uint256 decimals) {
        bytes memory question = abi.encodeCall(IERC20Metadata.decimals, ());
        (, decimals) = BoundedCall.word(address(uint160(asset)), TOKEN_GAS, question);
        if (decimals > MAX_DECIMALS) return 0;
    }
}
