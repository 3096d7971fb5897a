// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId} from "../../../contracts/libraries/AssetId.sol";
import {Test} from "../../helpers/solidity/Test.sol";

/// @title AssetIdTest
/// @notice Ids say what an asset is: their flags cannot be forged, and no two assets share a word.
contract AssetIdTest is Test {
    using AssetId for uint256;

    uint256 private constant KEY_MASK = type(uint256).max - 1;

    function test_LED_13_issued_carriesItsFlags(address owner, bytes32 salt, uint256 flags, bool high) public pure {
        flags = bound(flags, 0, 15);
        uint256 side = high ? 1 : 0;
        uint256 id = AssetId.issued(owner, salt, flags, side);
        assertTrue(id.isIssued(), "top bit");
        assertEq(id % 2, side, "side");
        assertEq(id.wordFlags(), flags, "flags of the word");
        assertEq(id.hasRules(), (flags / 2 ** side) % 2 == 1, "RULES of the side");
        assertEq(id.hasNotice(), (flags / 2 ** (2 + side)) % 2 == 1, "NOTIFY of the side");
        assertEq(id.isPlain(), !id.hasRules() && !id.hasNotice(), "plain");
    }

    function test_LED_13_issued_sidesShareAWord(address owner, bytes32 salt, uint256 flags) public pure {
        flags = bound(flags, 0, 15);
        uint256 id0 = AssetId.issued(owner, salt, flags, 0);
        uint256 id1 = AssetId.issued(owner, salt, flags, 1);
        assertEq(id0 & KEY_MASK, id1 & KEY_MASK, "key");
        assertNotEq(id0, id1, "ids of both sides");
    }

    /// @dev Not only the flag bits differ, the hash does: an id with a flag bit flipped is nobody's.
    function test_LED_13_issued_otherFlagsAreAnotherWord(
        address owner,
        bytes32 salt,
        uint256 flags,
        uint256 otherFlags
    ) public pure {
        flags = bound(flags, 0, 15);
        otherFlags = bound(otherFlags, 0, 14);
        if (otherFlags >= flags) otherFlags += 1;
        uint256 hashMask = ((1 << 250) - 1) << 1;
        uint256 id = AssetId.issued(owner, salt, flags, 0);
        uint256 other = AssetId.issued(owner, salt, otherFlags, 0);
        assertNotEq(id & KEY_MASK, other & KEY_MASK, "key");
        assertNotEq(id & hashMask, other & hashMask, "hash");
    }

    function test_LED_13_issued_otherOwnerOrSaltIsAnotherWord(
        address owner,
        address otherOwner,
        bytes32 salt,
        bytes32 otherSalt,
        uint256 flags
    ) public pure {
        flags = bound(flags, 0, 15);
        if (owner == otherOwner && salt == otherSalt) return;
        uint256 id = AssetId.issued(owner, salt, flags, 0);
        assertNotEq(id, AssetId.issued(otherOwner, otherSalt, flags, 0), "id");
    }

    /// @dev Whatever else is set: without the top bit nobody is asked and nobody is told.
    function test_LED_13_notIssued_isPlain(uint256 seed) public pure {
        uint256 id = uint256(keccak256(abi.encode(seed))) & (type(uint256).max >> 1);
        assertFalse(id.isIssued(), "issued");
        assertFalse(id.hasRules(), "RULES");
        assertFalse(id.hasNotice(), "NOTIFY");
        assertTrue(id.isPlain(), "plain");
    }

    function test_LED_13_token_hasNoFlags(address token) public pure {
        uint256 id = uint160(token);
        assertFalse(id.isIssued(), "issued");
        assertFalse(id.hasRules(), "RULES");
        assertFalse(id.hasNotice(), "NOTIFY");
        assertTrue(id.isPlain(), "plain");
        assertEq(id.wordFlags(), 0, "flags of the word");
    }
}
