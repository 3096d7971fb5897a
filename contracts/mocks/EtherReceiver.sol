// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title EtherReceiver
/// @notice Accepts or refuses ether by a switch, and may call a target of choice when ether arrives.
contract EtherReceiver {
    /// @notice Whether ether is refused.
    bool public isRefusing;
    /// @notice Whether a failing call refuses the ether with its data.
    bool public isStrict;
    /// @notice The contract called on receipt; none when zero.
    address public callbackTarget;
    /// @notice How many more receipts make the call.
    uint256 public remaining;
    bytes public callbackData;

    /// @notice How many calls were made and kept.
    uint256 public calls;
    bool public lastSuccess;
    bytes public lastReturnData;

    error MockEtherRefused();

    /// @notice Takes ether, unless refusing, and makes the call.
    // solhint-disable-next-line no-complex-fallback
    receive() external payable {
        require(!isRefusing, MockEtherRefused());
        _callback();
    }

    /// @notice Switches the refusal of ether on or off.
    function setRefusing(bool newIsRefusing) external {
        isRefusing = newIsRefusing;
    }

    /// @notice Has the next receipt call `newTarget`; if that fails and `newIsStrict`, the ether is refused.
    function setCallback(address newTarget, bytes calldata newData, bool newIsStrict) external {
        callbackTarget = newTarget;
        callbackData = newData;
        isStrict = newIsStrict;
        remaining = 1;
        calls = 0;
        lastSuccess = false;
        delete lastReturnData;
    }

    /// @notice Calls `to` with `value` and `data` for anybody, reverting with its data.
    function execute(address to, uint256 value, bytes calldata data) external payable returns (bytes memory returned) {
        bool isSuccess;
        (isSuccess, returned) = to.call{value: value}(data);
        if (!isSuccess) _revertWith(returned);
    }

    /// @dev Counts down first, so ether received inside the call does not call again beyond `remaining`.
    function _callback() private {
        if (callbackTarget == address(0) || remaining == 0) return;
        remaining -= 1;
        (bool isSuccess, bytes memory returned) = callbackTarget.call(callbackData);
        if (!isSuccess && isStrict) _revertWith(returned);
        calls += 1;
        lastSuccess = isSuccess;
        lastReturnData = returned;
    }

    function _revertWith(bytes memory reason) private pure {
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }
}
