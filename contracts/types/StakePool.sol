// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {BookId} from "../libraries/BookId.sol";
import {StakeId} from "./StakeId.sol";

/// @notice What a stake pool is, for ever.
struct StakePool {
    /// @dev Ledger ids without RULES and NOTIFY: what is staked, and what the first stream pays. Asset 0 and asset 1 of the book.
    uint256 stakeAsset; // slot 0
    uint256 reward0; //    slot 1
    /// @dev What the second stream pays; 0 for none. It has a book of its own (`secondBook`).
    uint256 reward1; //    slot 2
    /// @dev Who starts and prolongs the streams.
    address funder; //     slot 3
    /// @dev Seconds between the request and the payment of an exit; 0 for exits at once.
    uint32 cooldown; //    slot 3
    /// @dev The weight that the longest lock adds to that of the shares, WAD; 0 in a pool without locks.
    uint64 maxBoost; //    slot 3
    /// @dev Who may slash; the zero address for nobody.
    address slasher; //    slot 4
    /// @dev The longest lock, in seconds; 0 in a pool without locks.
    uint32 maxLock; //     slot 4
    /// @dev Share of the stake that may be slashed in a slashing period, WAD; 0 without a slasher.
    uint64 maxSlash; //    slot 4
    /// @dev Rewards are counted in whole steps of so many seconds: 1, 60, 3,600 or 86,400. A step's go to who is staked at its end.
    uint32 step; //        slot 5
}

using {bookKey, toId} for StakePool global;

/// @dev The core's own name of the pool's book, beside its assets.
function bookKey(StakePool memory pool) pure returns (bytes32) {
    return
        keccak256(
            abi.encode(
                pool.reward1,
                pool.funder,
                pool.cooldown,
                pool.maxBoost,
                pool.slasher,
                pool.maxLock,
                pool.maxSlash,
                pool.step
            )
        );
}

/// @dev The pool's id: that of its ledger book.
function toId(StakePool memory pool, address core) pure returns (StakeId) {
    return StakeId.wrap(BookId.bookId(core, pool.stakeAsset, pool.reward0, pool.bookKey()));
}

/// @dev The book of the second stream, whose key is the pool's id.
function secondBook(StakeId id, address core, uint256 stakeAsset, uint256 reward1) pure returns (bytes32) {
    return BookId.bookId(core, stakeAsset, reward1, StakeId.unwrap(id));
}
