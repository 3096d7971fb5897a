// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AssetId} from "../libraries/AssetId.sol";

/// @notice Identity of a lending market: that of its ledger book (`BookId`, with `MarketParams.bookKey` as the key), which names
/// the core, both assets and all terms. It is also the salt of the supply share.
type MarketId is bytes32;

using {shareId} for MarketId global;

/// @dev The ledger id of the market's supply share, which is plain.
function shareId(MarketId id, address core) pure returns (uint256) {
    return AssetId.issued(core, MarketId.unwrap(id), 0, 0);
}
