// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {BookId} from "../libraries/BookId.sol";
import {MarketId} from "./MarketId.sol";

/// @notice What a lending market is, for ever.
struct MarketParams {
    /// @dev Ledger ids: what is lent, and what secures it. The book's asset 0 and asset 1.
    uint256 loanAsset;
    uint256 collateralAsset;
    /// @dev An `IPriceOracle`: units of the loan asset per unit of collateral · 1e36.
    address oracle;
    /// @dev The rate model: NO_INTEREST, ADAPTIVE_CURVE, or an `IInterestRateModel`.
    address irm;
    /// @dev Debt over collateral value at which a position may be liquidated, WAD, a multiple of 1e14.
    uint256 lltv;
    /// @dev In loan units, at most 2^96 − 1. An unhealthy position may be liquidated only as far as makes it healthy, and whole where
    /// no more debt than this would be left then. With 2^96 − 1 every one may be liquidated whole.
    uint256 closeOutDebt;
}

/// @dev Rate model of a market without interest.
address constant NO_INTEREST = address(0);

/// @dev The built-in rate model, whose rate at the target utilisation moves with the utilisation.
address constant ADAPTIVE_CURVE = address(1);

using {bookKey, toId} for MarketParams global;

/// @dev The core's own name of the market's book, beside its assets.
function bookKey(MarketParams memory market) pure returns (bytes32) {
    return keccak256(abi.encode(market.oracle, market.irm, market.lltv, market.closeOutDebt));
}

/// @dev The market's id: that of its ledger book.
function toId(MarketParams memory market, address core) pure returns (MarketId) {
    return MarketId.wrap(BookId.bookId(core, market.loanAsset, market.collateralAsset, market.bookKey()));
}
