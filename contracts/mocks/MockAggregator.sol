// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAggregatorV3} from "../interfaces/external/IAggregatorV3.sol";

/// @title MockAggregator
/// @notice A feed whose answers anybody sets, a sequencer's uptime feed too; it can revert and burn all gas.
contract MockAggregator is IAggregatorV3 {
    error MockAggregatorReverts();

    uint8 public decimals;
    int256 public answer;
    uint256 public startedAt;
    uint256 public updatedAt;
    bool public isReverting;
    bool public isBurning;

    constructor(uint8 decimals_, int256 answer_) {
        decimals = decimals_;
        setAnswer(answer_);
    }

    /// @notice Says when the last answer was.
    function setTimes(uint256 newStartedAt, uint256 newUpdatedAt) external {
        (startedAt, updatedAt) = (newStartedAt, newUpdatedAt);
    }

    function setDecimals(uint8 newDecimals) external {
        decimals = newDecimals;
    }

    function setReverting(bool reverting) external {
        isReverting = reverting;
    }

    function setBurning(bool burning) external {
        isBurning = burning;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        require(!isReverting, MockAggregatorReverts());
        if (isBurning) for (;;) {}
        return (1, answer, startedAt, updatedAt, 1);
    }

    /// @notice Answers from now on.
    function setAnswer(int256 newAnswer) public {
        answer = newAnswer;
        (startedAt, updatedAt) = (block.timestamp, block.timestamp);
    }
}
