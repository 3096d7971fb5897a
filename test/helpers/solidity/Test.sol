// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "./Vm.sol";

/// @title Test
/// @notice Base of the Solidity tests: cheatcodes, bounded inputs, labelled assertions and invariant targets.
abstract contract Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    bool public constant IS_TEST = true;

    /// @dev Inputs this close to the ends of their type are mapped to the ends of the range.
    uint256 private constant EDGE = 4;

    address[] private _targetContracts;
    address[] private _targetSenders;
    address[] private _excludedContracts;
    address[] private _excludedSenders;
    FuzzSelector[] private _targetSelectors;
    FuzzSelector[] private _excludedSelectors;

    error TestEmptyRange();

    /* READ BY THE INVARIANT RUNNER */

    /// @notice The contracts called by invariant runs.
    function targetContracts() public view returns (address[] memory) {
        return _targetContracts;
    }

    /// @notice The only senders of invariant runs, if any are set.
    function targetSenders() public view returns (address[] memory) {
        return _targetSenders;
    }

    /// @notice The only functions called on their contracts by invariant runs.
    function targetSelectors() public view returns (FuzzSelector[] memory) {
        return _targetSelectors;
    }

    /// @notice The contracts never called by invariant runs.
    function excludeContracts() public view returns (address[] memory) {
        return _excludedContracts;
    }

    /// @notice The senders never used by invariant runs.
    function excludeSenders() public view returns (address[] memory) {
        return _excludedSenders;
    }

    /// @notice The functions never called by invariant runs.
    function excludeSelectors() public view returns (FuzzSelector[] memory) {
        return _excludedSelectors;
    }

    /* INVARIANT TARGETS */

    function targetContract(address target) internal {
        _targetContracts.push(target);
    }

    function targetSender(address sender) internal {
        _targetSenders.push(sender);
    }

    function targetSelector(FuzzSelector memory selector) internal {
        _targetSelectors.push(selector);
    }

    function excludeContract(address target) internal {
        _excludedContracts.push(target);
    }

    function excludeSender(address sender) internal {
        _excludedSenders.push(sender);
    }

    function excludeSelector(FuzzSelector memory selector) internal {
        _excludedSelectors.push(selector);
    }

    /* CHAIN */

    /// @dev Sets the ether of `account`.
    function deal(address account, uint256 balance) internal {
        vm.deal(account, balance);
    }

    /// @dev Moves time forward.
    function skip(uint256 duration) internal {
        vm.warp(vm.getBlockTimestamp() + duration);
    }

    /// @dev A labelled address of that name.
    function makeAddr(string memory name) internal returns (address account) {
        (account, ) = makeAddrAndKey(name);
    }

    /// @dev A labelled address of that name and its private key.
    function makeAddrAndKey(string memory name) internal returns (address account, uint256 privateKey) {
        privateKey = uint256(keccak256(bytes(name)));
        account = vm.addr(privateKey);
        vm.label(account, name);
    }

    /// @dev The 65-byte signature of `digest`: r, s, v.
    function signBytes(uint256 privateKey, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, digest);
        return abi.encodePacked(r, s, v);
    }

    /* INPUTS */

    /// @dev Maps `x` into [min, max]: inside stays, the ends of the type go to the ends of the range.
    function bound(uint256 x, uint256 min, uint256 max) internal pure returns (uint256) {
        require(min <= max, TestEmptyRange());
        if (x >= min && x <= max) return x;
        unchecked {
            uint256 size = max - min + 1; // not zero: the full range holds every x
            uint256 fromTop = type(uint256).max - x;
            if (fromTop < EDGE && fromTop < size) return max - fromTop;
            return min + (x % size);
        }
    }

    /// @dev As for unsigned numbers.
    function bound(int256 x, int256 min, int256 max) internal pure returns (int256) {
        return _fromOrdered(bound(_toOrdered(x), _toOrdered(min), _toOrdered(max)));
    }

    /* ASSERTIONS: the label names the quantity; the runner takes one that begins with "skipped" for a skipped test */

    function assertTrue(bool condition, string memory label) internal pure {
        vm.assertTrue(condition, label);
    }

    function assertFalse(bool condition, string memory label) internal pure {
        vm.assertFalse(condition, label);
    }

    function assertEq(bool left, bool right, string memory label) internal pure {
        vm.assertEq(left, right, label);
    }

    function assertEq(uint256 left, uint256 right, string memory label) internal pure {
        vm.assertEq(left, right, label);
    }

    function assertEq(int256 left, int256 right, string memory label) internal pure {
        vm.assertEq(left, right, label);
    }

    function assertEq(address left, address right, string memory label) internal pure {
        vm.assertEq(left, right, label);
    }

    function assertEq(bytes32 left, bytes32 right, string memory label) internal pure {
        vm.assertEq(left, right, label);
    }

    function assertEq(bytes memory left, bytes memory right, string memory label) internal pure {
        vm.assertEq(left, right, label);
    }

    function assertEq(string memory left, string memory right, string memory label) internal pure {
        vm.assertEq(left, right, label);
    }

    function assertNotEq(uint256 left, uint256 right, string memory label) internal pure {
        vm.assertNotEq(left, right, label);
    }

    function assertNotEq(address left, address right, string memory label) internal pure {
        vm.assertNotEq(left, right, label);
    }

    function assertNotEq(bytes32 left, bytes32 right, string memory label) internal pure {
        vm.assertNotEq(left, right, label);
    }

    function assertGt(uint256 left, uint256 right, string memory label) internal pure {
        vm.assertGt(left, right, label);
    }

    function assertGt(int256 left, int256 right, string memory label) internal pure {
        vm.assertGt(left, right, label);
    }

    function assertGe(uint256 left, uint256 right, string memory label) internal pure {
        vm.assertGe(left, right, label);
    }

    function assertGe(int256 left, int256 right, string memory label) internal pure {
        vm.assertGe(left, right, label);
    }

    function assertLt(uint256 left, uint256 right, string memory label) internal pure {
        vm.assertLt(left, right, label);
    }

    function assertLt(int256 left, int256 right, string memory label) internal pure {
        vm.assertLt(left, right, label);
    }

    function assertLe(uint256 left, uint256 right, string memory label) internal pure {
        vm.assertLe(left, right, label);
    }

    function assertLe(int256 left, int256 right, string memory label) internal pure {
        vm.assertLe(left, right, label);
    }

    /// @dev At most `maxDelta` apart.
    function assertApproxEqAbs(uint256 left, uint256 right, uint256 maxDelta, string memory label) internal pure {
        vm.assertApproxEqAbs(left, right, maxDelta, label);
    }

    /// @dev At most `maxPercentDelta` of `right` apart, in WAD: 1e18 is 100 %.
    function assertApproxEqRel(
        uint256 left,
        uint256 right,
        uint256 maxPercentDelta,
        string memory label
    ) internal pure {
        vm.assertApproxEqRel(left, right, maxPercentDelta, label);
    }

    function _toOrdered(int256 x) private pure returns (uint256) {
        return uint256(x) ^ (1 << 255);
    }

    function _fromOrdered(uint256 x) private pure returns (int256) {
        return int256(x ^ (1 << 255));
    }
}
