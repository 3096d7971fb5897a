// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice Identity of an AMM pool: that of its ledger book (`BookId`, with `PoolKey.bookKey` as the key), which names the
/// AMM, both assets, the fee and the range. It is also the salt of the LP share.
type PoolId is bytes32;
