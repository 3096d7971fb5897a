// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AssetId} from "../libraries/AssetId.sol";

/// @notice Identity of an AMM pool: that of its ledger book (`BookId`, with `PoolKey.bookKey` as the key), which names the
/// AMM, both assets, the fee and the range. It is also the salt of the LP share.
type PoolId is bytes32;

using {shareId} for PoolId global;

/// @dev The ledger id of the pool's LP share, which has RULES when the pool is restricted.
function shareId(PoolId id, address amm, bool isRestricted) pure returns (uint256) {
    return AssetId.issued(amm, PoolId.unwrap(id), isRestricted ? AssetId.RULES_0 : 0, 0);
}
