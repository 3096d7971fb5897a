// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @title CallbackToken
/// @notice A token that calls a target of choice on each transfer and transferFrom, before or after the balances move.
contract CallbackToken is MockERC20 {
    /// @notice The contract called; none when zero.
    address public callbackTarget;
    /// @notice Whether the call comes before the balances move.
    bool public isBefore;
    /// @notice Whether a failing call reverts the transfer with its data.
    bool public isStrict;
    /// @notice How many more transfers make the call.
    uint256 public remaining;
    bytes public callbackData;

    /// @notice How many calls were made and kept.
    uint256 public calls;
    bool public lastSuccess;
    bytes public lastReturnData;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) MockERC20(name_, symbol_, decimals_) {}

    /// @notice Has the next transfer call `newTarget` with `newData`; a failure is recorded only.
    function setCallback(address newTarget, bytes calldata newData, bool newIsBefore) external {
        configure(newTarget, newData, newIsBefore, false, 1);
    }

    /// @notice Has the next `newRemaining` transfers call `newTarget`, reverting with it if `newIsStrict`.
    function configure(
        address newTarget,
        bytes calldata newData,
        bool newIsBefore,
        bool newIsStrict,
        uint256 newRemaining
    ) public {
        callbackTarget = newTarget;
        callbackData = newData;
        isBefore = newIsBefore;
        isStrict = newIsStrict;
        remaining = newRemaining;
        calls = 0;
        lastSuccess = false;
        delete lastReturnData;
    }

    /// @notice Moves `amount` of the caller and makes the call.
    function transfer(address to, uint256 amount) public override returns (bool) {
        bool isEarly = isBefore;
        if (isEarly) _callback();
        super.transfer(to, amount);
        if (!isEarly) _callback();
        return true;
    }

    /// @notice Moves `amount` of `from` against the caller's allowance and makes the call.
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        bool isEarly = isBefore;
        if (isEarly) _callback();
        super.transferFrom(from, to, amount);
        if (!isEarly) _callback();
        return true;
    }

    /// @dev Counts down first, so a transfer inside the call does not call again beyond `remaining`.
    function _callback() private {
        if (callbackTarget == address(0) || remaining == 0) return;
        remaining -= 1;
        (bool isSuccess, bytes memory returned) = callbackTarget.call(callbackData);
        if (!isSuccess && isStrict) {
            assembly ("memory-safe") {
                revert(add(returned, 0x20), mload(returned))
            }
        }
        calls += 1;
        lastSuccess = isSuccess;
        lastReturnData = returned;
    }
}
