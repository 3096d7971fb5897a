// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title MockAnswerer
/// @notice One who is asked for a word, and answers it or misbehaves as anybody chooses.
abstract contract MockAnswerer {
    enum Mode {
        ANSWER,
        REVERT,
        BURN_GAS,
        SHORT_DATA,
        REENTER
    }

    error MockAnswererReverts();

    Mode public mode;
    address private _target;
    bytes private _data;

    function setMode(Mode newMode) external {
        mode = newMode;
    }

    /// @notice From now on calls `target` with `data` before it answers, statically; what that reverts with it reverts with.
    function setReentry(address target, bytes calldata data) external {
        (mode, _target, _data) = (Mode.REENTER, target, data);
    }

    function _answer(uint256 word) internal view returns (uint256) {
        require(mode != Mode.REVERT, MockAnswererReverts());
        if (mode == Mode.BURN_GAS) for (;;) {}
        if (mode == Mode.SHORT_DATA) {
            assembly ("memory-safe") {
                mstore(0, word)
                return(0, 31)
            }
        }
        if (mode == Mode.REENTER) Address.functionStaticCall(_target, _data);
        return word;
    }
}
