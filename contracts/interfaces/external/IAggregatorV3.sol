// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title IAggregatorV3
/// @notice What is read of a Chainlink feed: the part of `AggregatorV3Interface` that the suite uses.
interface IAggregatorV3 {
    /// @notice Digits behind the point of an answer.
    function decimals() external view returns (uint8);

    /// @notice The last answer. `startedAt` and `updatedAt` are times in seconds.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
