// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICoverOracle} from "../interfaces/ICoverOracle.sol";

/// @title MockCoverOracle
/// @notice Answers what it is told, for every risk.
contract MockCoverOracle is ICoverOracle {
    error MockCoverOracleReverts();

    bool public isFinal;
    bool public isReverting;
    uint256 public ratio;

    function set(bool newFinal, uint256 newRatio) external {
        (isFinal, ratio) = (newFinal, newRatio);
    }

    function setReverting(bool reverting) external {
        isReverting = reverting;
    }

    function outcomeOf(Question calldata, bytes calldata) external view returns (bool, uint256) {
        require(!isReverting, MockCoverOracleReverts());
        return (isFinal, ratio);
    }
}
