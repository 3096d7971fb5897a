// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AssetId} from "../libraries/AssetId.sol";

/// @notice Identity of a stake pool: that of its ledger book (`BookId`, with `StakePool.bookKey` as the key), which names the core,
/// the staked asset, the first reward and all terms. It is also the salt of the receipt.
type StakeId is bytes32;

using {receiptId} for StakeId global;

/// @dev The ledger id of the pool's receipt: with RULES, so that it is pledged rather than parked in a protocol's book, and with
/// NOTIFY, so that stake and rewards follow it.
function receiptId(StakeId id, address core) pure returns (uint256) {
    return AssetId.issued(core, StakeId.unwrap(id), RECEIPT_FLAGS, 0);
}

/// @dev The flags of the receipt's word.
uint256 constant RECEIPT_FLAGS = 5; // AssetId.RULES_0 | AssetId.NOTIFY_0
