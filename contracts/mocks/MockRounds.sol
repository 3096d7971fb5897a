// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAggregatorRounds} from "../interfaces/external/IAggregatorRounds.sol";

/// @title MockRounds
/// @notice A feed with rounds that anybody adds.
contract MockRounds is IAggregatorRounds {
    struct Round {
        int256 answer;
        uint256 updatedAt;
    }

    error MockRoundsUnknown(uint80 roundId);

    uint8 public decimals;
    Round[] private _rounds;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    /// @notice Adds a round; the first is round 1.
    function push(int256 answer, uint256 updatedAt) external returns (uint80) {
        _rounds.push(Round(answer, updatedAt));
        return uint80(_rounds.length);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return getRoundData(uint80(_rounds.length));
    }

    function getRoundData(uint80 roundId) public view returns (uint80, int256, uint256, uint256, uint80) {
        require(roundId != 0 && roundId <= _rounds.length, MockRoundsUnknown(roundId));
        Round memory round = _rounds[roundId - 1];
        return (roundId, round.answer, round.updatedAt, round.updatedAt, roundId);
    }
}
