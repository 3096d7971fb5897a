// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title SilentContract
/// @notice Accepts any call, also a static one, and answers nothing.
contract SilentContract {
    /// @notice Does nothing.
    // solhint-disable-next-line payable-fallback, no-complex-fallback
    fallback() external {}
}
