// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "./Test.sol";

/// @title Replay
/// @notice Runs tests of another contract in this one's place: on the state and the addresses that the fuzzer met.
/// @dev The other contract sets its state in `setUp` only: its constructor writes storage of its own, which nobody reads.
abstract contract Replay is Test {
    error ReplayNotDeployed();

    /// @dev Deploys the tests and sets them up here. Somebody else deploys, so that the nonce of this contract, from which
    /// the addresses of what `setUp` deploys follow, is that of a fresh one.
    function _begin(bytes memory creationCode) internal returns (address tests) {
        vm.prank(address(0xdeb107));
        assembly ("memory-safe") {
            tests := create(0, add(creationCode, 32), mload(creationCode))
        }
        require(tests != address(0), ReplayNotDeployed());
        _run(tests, abi.encodeWithSignature("setUp()"));
    }

    /// @dev Runs one function of the tests here, and fails as it does.
    function _run(address tests, bytes memory data) internal {
        (bool ok, bytes memory answer) = tests.delegatecall(data);
        if (ok) return;
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }

    /// @dev A call of the fuzzer with arguments that have no literal.
    function _call(address sender, address target, bytes memory data) internal {
        vm.prank(sender);
        (bool ok, ) = target.call(data);
        ok; // the fuzzer goes on after a revert
    }
}
