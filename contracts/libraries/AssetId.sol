// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title AssetId
/// @notice ERC-6909 ids are content, not numbers: a token's id is its address; an issued asset's id has the top bit
/// set and is a hash of its issuer, its salt and the flags of its word, so that no registry and no listing is needed.
/// @dev Issued id: bit 255 set | bits 254, 253 NOTIFY of side 1, 0 | bits 252, 251 RULES of side 1, 0 |
/// bits 250–1 hash | bit 0 side. Both sides of a salt share one storage word, whose key is the id without its side.
/// The flags are hashed too: an id with other flag bits is another asset in another word, never an alias.
library AssetId {
    /// @notice The issuer may refuse, freeze or force a movement of this side.
    uint256 internal constant RULES_0 = 1;
    uint256 internal constant RULES_1 = 2;
    /// @notice The issuer, a listed core, is told after each movement of this side.
    uint256 internal constant NOTIFY_0 = 4;
    uint256 internal constant NOTIFY_1 = 8;
    uint256 internal constant MAX_FLAGS = 15;

    uint256 private constant ISSUED = 1 << 255;
    uint256 private constant FLAGS_SHIFT = 251;
    uint256 private constant RULES_OF_SIDE_0 = RULES_0 << FLAGS_SHIFT;
    uint256 private constant NOTIFY_OF_SIDE_0 = NOTIFY_0 << FLAGS_SHIFT;
    uint256 private constant HASH_MASK = ((1 << 250) - 1) << 1;

    /// @notice The id of side `side` (0 or 1) of `salt` in the name space of `owner`, with the word's four `flags`.
    function issued(address owner, bytes32 salt, uint256 flags, uint256 side) internal pure returns (uint256) {
        uint256 hash = uint256(keccak256(abi.encode(owner, salt, flags)));
        return ISSUED | (flags << FLAGS_SHIFT) | (hash & HASH_MASK) | side;
    }

    /// @notice Whether `id` is of an issued asset rather than of a token.
    function isIssued(uint256 id) internal pure returns (bool) {
        return id & ISSUED != 0;
    }

    /// @notice The four flags of the id's word; 0 for a token.
    function wordFlags(uint256 id) internal pure returns (uint256) {
        return (id >> FLAGS_SHIFT) & MAX_FLAGS;
    }

    /// @notice Whether the issuer of `id` may refuse a movement.
    function hasRules(uint256 id) internal pure returns (bool) {
        return isIssued(id) && id & (RULES_OF_SIDE_0 << (id & 1)) != 0;
    }

    /// @notice Whether the issuer of `id` is told of a movement.
    function hasNotice(uint256 id) internal pure returns (bool) {
        return isIssued(id) && id & (NOTIFY_OF_SIDE_0 << (id & 1)) != 0;
    }

    /// @notice Whether `id` carries neither flag, so that a movement of it calls nobody.
    function isPlain(uint256 id) internal pure returns (bool) {
        return !isIssued(id) || id & ((RULES_OF_SIDE_0 | NOTIFY_OF_SIDE_0) << (id & 1)) == 0;
    }
}
