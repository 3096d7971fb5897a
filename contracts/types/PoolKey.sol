// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {BookId} from "../libraries/BookId.sol";
import {PoolId} from "./PoolId.sol";

/// @notice What an AMM pool is, for ever.
struct PoolKey {
    /// @dev Ledger ids, `asset0 < asset1`.
    uint256 asset0;
    uint256 asset1;
    /// @dev Share of the input that stays in the pool, in pips (millionths), at most 50,000.
    uint24 fee;
    /// @dev Virtual units of asset 0 and of asset 1 that each LP share adds to the reserves, Q64 fixed point. Both 0 is
    /// the plain constant-product pool. A range of prices [low, high] (asset 1 per asset 0, raw units) has
    /// alpha = 1/√high and beta = √low.
    uint128 alpha;
    uint128 beta;
    /// @dev ORACLE and RESTRICTED, or 0: what else the pool does.
    uint8 flags;
}

/// @dev Flag of a pool that keeps a history of its price, for `IAmmCore.consult`. A swap reads one slot more, the first of a
/// second writes it, and the first of a minute writes another.
uint8 constant ORACLE = 1;

/// @dev Flag of a pool of which an asset has RULES. Its LP share has them too: who may not receive the asset may not receive
/// the share, and the asset's issuer can have an LP's share paid out to him (`IAmmCore.forceExit`).
uint8 constant RESTRICTED = 2;

using {bookKey, isRestricted, shareId, toId} for PoolKey global;

/// @dev The AMM's own name of the pool's book, beside its assets: `keccak256(abi.encode(fee, alpha, beta, flags))`.
function bookKey(PoolKey memory key) pure returns (bytes32) {
    return keccak256(abi.encode(key.fee, key.alpha, key.beta, key.flags));
}

function isRestricted(PoolKey memory key) pure returns (bool) {
    return key.flags & RESTRICTED != 0;
}

/// @dev The ledger id of the pool's LP share.
function shareId(PoolKey memory key, address amm) pure returns (uint256) {
    return key.toId(amm).shareId(amm, key.isRestricted());
}

/// @dev The pool's id: that of its ledger book.
function toId(PoolKey memory key, address amm) pure returns (PoolId) {
    return PoolId.wrap(BookId.bookId(amm, key.asset0, key.asset1, bookKey(key)));
}
