// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ProductId} from "./ProductId.sol";
import {UnderwritingTerms} from "./UnderwritingTerms.sol";

/// @notice What a product is, for ever: who backs it, what it costs and who says what happened. A changed one is another product.
struct CoverProduct {
    /// @dev The pool that backs it.
    UnderwritingTerms pool;
    /// @dev Yearly rates of cover, WAD: when nothing is locked, at the kink, and when all that may be is (`CoverCurve`).
    uint64 minRate;
    uint64 kinkRate;
    uint64 maxRate;
    /// @dev Share of what may be locked at which the kink is, WAD.
    uint64 kink;
    /// @dev Who is paid the fee.
    address feeTo;
    /// @dev On top of the premium, a share of it, WAD.
    uint64 fee;
    /// @dev The referrer's part of the fee, WAD.
    uint64 referral;
    /// @dev Says what happened, until a risk's `reportBy`.
    address oracle;
    /// @dev Says it from then until `fallbackBy`; the zero address for nobody.
    address fallbackOracle;
    /// @dev Hash of the terms that people read.
    bytes32 termsHash;
}

using {toId} for CoverProduct global;

function toId(CoverProduct memory product, address desk) view returns (ProductId) {
    return ProductId.wrap(keccak256(abi.encode(block.chainid, desk, product)));
}
