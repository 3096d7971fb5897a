// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregatorV3} from "./IAggregatorV3.sol";

/// @title IAggregatorRounds
/// @notice A Chainlink feed's earlier answers: the rest of `AggregatorV3Interface` that the suite uses.
interface IAggregatorRounds is IAggregatorV3 {
    /// @notice The answer of one round. `startedAt` and `updatedAt` are times in seconds.
    function getRoundData(
        uint80 roundId
    ) external view returns (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
