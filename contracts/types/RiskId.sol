// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AssetId} from "../libraries/AssetId.sol";

/// @notice Identity of a risk: that of its ledger book (`BookId`, with `RiskTerms.bookKey` as the key), which names the desk, the asset
/// and all terms. It is also the salt of the risk's cover.
type RiskId is bytes32;

using {coverId} for RiskId global;

/// @dev The ledger id of the risk's cover, a plain asset: a unit pays a unit when all is lost.
function coverId(RiskId id, address desk) pure returns (uint256) {
    return AssetId.issued(desk, RiskId.unwrap(id), 0, 0);
}
