// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice Identity of an AMM pool: `keccak256(abi.encode(PoolKey))`. It is the key of the pool's book in the ledger and
/// the salt of its LP share.
type PoolId is bytes32;
