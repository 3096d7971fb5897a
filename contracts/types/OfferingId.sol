// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice Identity of an offering: that of its ledger book (`BookId`, with `Offering.bookKey` as the key), which names the core,
/// both assets and all terms.
type OfferingId is bytes32;
