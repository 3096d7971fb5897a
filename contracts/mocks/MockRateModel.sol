// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInterestRateModel} from "../interfaces/IInterestRateModel.sol";

/// @notice A rate that tests choose, and the ways in which a rate model can fail.
contract MockRateModel is IInterestRateModel {
    /// @notice How it answers.
    enum Mode {
        ANSWERS,
        REVERTS,
        BURNS_GAS,
        /// @dev Less than a word.
        ANSWERS_SHORT,
        /// @dev Calls `victim` with `attack` first, statically as it is called.
        REENTERS
    }

    error MockRateModelFails();

    Mode public mode;
    uint256 public rate;
    address public victim;
    bytes public attack;

    function setRate(uint256 newRate) external {
        rate = newRate;
    }

    function setMode(Mode newMode) external {
        mode = newMode;
    }

    function setAttack(address newVictim, bytes calldata newAttack) external {
        (mode, victim, attack) = (Mode.REENTERS, newVictim, newAttack);
    }

    function borrowRate(uint256, uint256) external view returns (uint256) {
        if (mode == Mode.REVERTS) revert MockRateModelFails();
        if (mode == Mode.BURNS_GAS) for (;;) {}
        if (mode == Mode.ANSWERS_SHORT) {
            assembly ("memory-safe") {
                mstore(0, 0)
                return(0, 31)
            }
        }
        if (mode == Mode.REENTERS) {
            (bool ok, ) = victim.staticcall(attack);
            if (!ok) revert MockRateModelFails();
        }
        return rate;
    }
}
