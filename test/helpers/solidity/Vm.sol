// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Vm
/// @notice The cheatcodes the tests use, answered by Hardhat's runner and by Foundry.
interface Vm {
    /* INPUTS */

    function assume(bool condition) external pure;

    /* CALLER */

    function prank(address sender) external;
    function startPrank(address sender) external;
    function stopPrank() external;

    /* CHAIN */

    function deal(address account, uint256 balance) external;
    function warp(uint256 timestamp) external;
    function roll(uint256 blockNumber) external;
    function chainId(uint256 id) external;
    function fee(uint256 baseFee) external;
    function getBlockTimestamp() external view returns (uint256);
    function getBlockNumber() external view returns (uint256);
    function getNonce(address account) external view returns (uint64);
    function etch(address account, bytes calldata runtimeCode) external;
    function load(address account, bytes32 slot) external view returns (bytes32);
    function store(address account, bytes32 slot, bytes32 word) external;
    function label(address account, string calldata name) external;
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool);

    /* KEYS */

    function addr(uint256 privateKey) external pure returns (address);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

    /* EXPECTATIONS */

    function expectRevert() external;
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata reason) external;
    function expectRevert(address reverter) external;
    function expectRevert(bytes4 selector, address reverter) external;
    function expectRevert(bytes calldata reason, address reverter) external;
    function expectPartialRevert(bytes4 selector) external;
    function expectEmit() external;
    function expectEmit(address emitter) external;
    function expectCall(address target, bytes calldata data) external;

    /* GAS */

    function snapshotGasLastCall(string calldata name) external returns (uint256);
    function snapshotGasLastCall(string calldata group, string calldata name) external returns (uint256);
    function snapshotValue(string calldata name, uint256 value) external;

    /* ASSERTIONS */

    function assertTrue(bool condition, string calldata label) external pure;
    function assertFalse(bool condition, string calldata label) external pure;
    function assertEq(bool left, bool right, string calldata label) external pure;
    function assertEq(uint256 left, uint256 right, string calldata label) external pure;
    function assertEq(int256 left, int256 right, string calldata label) external pure;
    function assertEq(address left, address right, string calldata label) external pure;
    function assertEq(bytes32 left, bytes32 right, string calldata label) external pure;
    function assertEq(bytes calldata left, bytes calldata right, string calldata label) external pure;
    function assertEq(string calldata left, string calldata right, string calldata label) external pure;
    function assertNotEq(uint256 left, uint256 right, string calldata label) external pure;
    function assertNotEq(address left, address right, string calldata label) external pure;
    function assertNotEq(bytes32 left, bytes32 right, string calldata label) external pure;
    function assertGt(uint256 left, uint256 right, string calldata label) external pure;
    function assertGt(int256 left, int256 right, string calldata label) external pure;
    function assertGe(uint256 left, uint256 right, string calldata label) external pure;
    function assertGe(int256 left, int256 right, string calldata label) external pure;
    function assertLt(uint256 left, uint256 right, string calldata label) external pure;
    function assertLt(int256 left, int256 right, string calldata label) external pure;
    function assertLe(uint256 left, uint256 right, string calldata label) external pure;
    function assertLe(int256 left, int256 right, string calldata label) external pure;
    function assertApproxEqAbs(uint256 left, uint256 right, uint256 maxDelta, string calldata label) external pure;
    function assertApproxEqRel(
        uint256 left,
        uint256 right,
        uint256 maxPercentDelta,
        string calldata label
    ) external pure;
}
