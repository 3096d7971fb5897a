// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {RiskId} from "../types/RiskId.sol";

/// @title ICoverOracle
/// @notice Says what part of its cover a risk pays.
interface ICoverOracle {
    struct Question {
        RiskId risk;
        /// @dev The risk's `oracleData`.
        bytes32 data;
        /// @dev What happens from `start` to `end` counts, Unix seconds.
        uint256 start;
        uint256 end;
    }

    /// @notice Whether the outcome is final, and what part of its cover the risk pays, in billionths, at most 10^9. Asked by the desk,
    /// from `start` on; a revert is no answer. What an outcome follows from is in `proof`, which anybody may bring.
    function outcomeOf(
        Question calldata question,
        bytes calldata proof
    ) external view returns (bool isFinal, uint256 ratio);
}
