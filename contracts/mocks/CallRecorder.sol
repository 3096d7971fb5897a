// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title CallRecorder
/// @notice Accepts any call, records it, and answers or reverts with the bytes it was given.
contract CallRecorder {
    struct Recorded {
        address sender;
        uint256 value;
        bytes data;
    }

    /// @notice Whether calls revert with the answer.
    bool public isReverting;
    bytes public answer;

    Recorded[] private _recorded;

    /// @notice Records the call and answers.
    // solhint-disable-next-line no-complex-fallback
    fallback() external payable {
        _record();
        _answer();
    }

    /// @notice Records plain ether.
    receive() external payable {
        _record();
    }

    /// @notice Sets the bytes answered, and whether they are a revert.
    function setAnswer(bytes calldata newAnswer, bool newIsReverting) external {
        answer = newAnswer;
        isReverting = newIsReverting;
    }

    /// @notice Every call kept, oldest first.
    function recorded() external view returns (Recorded[] memory) {
        return _recorded;
    }

    function _record() private {
        _recorded.push(Recorded(msg.sender, msg.value, msg.data));
    }

    /// @dev Ends the call.
    function _answer() private view {
        bytes memory reply = answer;
        bool isFailure = isReverting;
        assembly ("memory-safe") {
            if isFailure {
                revert(add(reply, 0x20), mload(reply))
            }
            return(add(reply, 0x20), mload(reply))
        }
    }
}
