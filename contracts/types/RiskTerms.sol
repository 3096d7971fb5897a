// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ProductId} from "./ProductId.sol";

/// @notice What a risk is, for ever: one flight, one region in one month, one price in one week.
/// @dev Times are Unix seconds, cutoff <= start < end < reportBy <= fallbackBy.
struct RiskTerms {
    ProductId product;
    /// @dev What else depends on the same event; 0 for nothing.
    bytes32 eventId;
    /// @dev What the oracle is asked, in its own terms.
    bytes32 oracleData;
    /// @dev Hash of the terms that people read.
    bytes32 termsHash;
    /// @dev Premium per unit of cover whatever the time, WAD: how likely the loss is. The yearly rate is added for what is locked.
    uint64 baseRate;
    /// @dev Cover is sold before it.
    uint32 cutoff;
    /// @dev What happens from `start` to `end` counts.
    uint32 start;
    uint32 end;
    /// @dev The oracle is asked before it, the other one before `fallbackBy`. Then premiums are paid back, when the week of `end` is over.
    uint32 reportBy;
    uint32 fallbackBy;
}

using {bookKey} for RiskTerms global;

/// @dev The key of the risk's book, beside its asset.
function bookKey(RiskTerms memory terms) pure returns (bytes32) {
    return keccak256(abi.encode(terms));
}
