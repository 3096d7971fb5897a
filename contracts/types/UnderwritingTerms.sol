// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {BookId} from "../libraries/BookId.sol";
import {UnderwritingId} from "./UnderwritingId.sol";

/// @notice What an underwriting pool is, for ever.
struct UnderwritingTerms {
    /// @dev The token that underwriters deposit, premiums are paid and claims are paid in; its ledger id.
    uint256 asset; //      slot 0
    /// @dev The contract that sells the pool's cover and says what is lost, within the limits below.
    address desk; //       slot 1
    /// @dev The longest time between a sale and the moment from which its risk can be closed without an outcome, seconds. No exit waits
    /// longer than it and a day, or the cooldown.
    uint32 maxWindow; //   slot 1
    /// @dev Share of the capital that stays which may be locked, WAD.
    uint64 capacity; //    slot 1
    /// @dev Who decides at the desk which products the pool backs.
    address manager; //    slot 2
    /// @dev Seconds between the request of an exit and its payment, at the least.
    uint32 cooldown; //    slot 2
    /// @dev Share of the capital that stays which all risks on one event may lock, WAD.
    uint64 eventLimit; //  slot 2
    /// @dev As `eventLimit`, of one risk.
    uint64 riskLimit; //   slot 3
}

using {bookKey, toId} for UnderwritingTerms global;

/// @dev The key of the pool's book, beside its asset.
function bookKey(UnderwritingTerms memory terms) pure returns (bytes32) {
    return keccak256(abi.encode(terms));
}

/// @dev The pool's id: that of its ledger book, whose asset 1 is none.
function toId(UnderwritingTerms memory terms, address pools) pure returns (UnderwritingId) {
    return UnderwritingId.wrap(BookId.bookId(pools, terms.asset, 0, terms.bookKey()));
}
