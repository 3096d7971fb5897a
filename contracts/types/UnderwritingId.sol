// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AssetId} from "../libraries/AssetId.sol";

/// @notice Identity of an underwriting pool: that of its ledger book (`BookId`, with `UnderwritingTerms.bookKey` as the key), which names
/// the contract, the asset and all terms. It is also the salt of the pool's share.
type UnderwritingId is bytes32;

using {shareId} for UnderwritingId global;

/// @dev The ledger id of the pool's share, a plain asset.
function shareId(UnderwritingId id, address pools) pure returns (uint256) {
    return AssetId.issued(pools, UnderwritingId.unwrap(id), 0, 0);
}
