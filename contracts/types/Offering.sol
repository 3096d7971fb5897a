// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {BookId} from "../libraries/BookId.sol";
import {OfferingId} from "./OfferingId.sol";

/// @notice What an offering of a regulated asset is, for ever.
struct Offering {
    /// @dev Ledger ids: what is paid, without RULES and NOTIFY, and the regulated asset. Asset 0 and asset 1 of the book.
    uint256 payAsset; //   slot 0
    uint256 asset; //      slot 1
    /// @dev Whose units are sold, and who gets the proceeds.
    address seller; //     slot 2
    /// @dev Subscriptions are taken from `start` on and before `end`, Unix seconds.
    uint40 start; //       slot 2
    uint40 end; //         slot 2
    /// @dev Units of the pay asset for a unit of the asset · 1e36, in smallest units of both, as an `IPriceOracle` says it.
    uint256 price; //      slot 3
    /// @dev Units that must be sold, or all payments go back; 0 delivers each subscription at once.
    uint96 softCap; //     slot 4
    /// @dev Most units that are sold.
    uint96 hardCap; //     slot 4
    /// @dev Share of the proceeds that is the platform's, WAD; what `IRwaOffering.fee` says at the creation.
    uint64 fee; //         slot 4
    /// @dev Fewest units of a subscription, unless it takes all that is left; 1 or more.
    uint96 least; //       slot 5
    /// @dev Most units of an account in all; 0 for any number.
    uint96 most; //        slot 5
    /// @dev Root of the Merkle tree of the accounts that may subscribe; 0 for all. Leaf: keccak256(keccak256(abi.encode(account))).
    bytes32 allowRoot; //  slot 6
    /// @dev Tells offerings of equal terms apart.
    bytes32 salt; //       slot 7
}

using {bookKey, toId} for Offering global;

/// @dev The core's own name of the offering's book, beside its assets.
function bookKey(Offering memory offering) pure returns (bytes32) {
    return
        keccak256(
            abi.encode(
                offering.seller,
                offering.start,
                offering.end,
                offering.price,
                offering.softCap,
                offering.hardCap,
                offering.fee,
                offering.least,
                offering.most,
                offering.allowRoot,
                offering.salt
            )
        );
}

/// @dev The offering's id: that of its ledger book.
function toId(Offering memory offering, address core) pure returns (OfferingId) {
    return OfferingId.wrap(BookId.bookId(core, offering.payAsset, offering.asset, offering.bookKey()));
}
