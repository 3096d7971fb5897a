// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title RwaWords
/// @notice The two words that every movement of a regulated asset reads: an account's and the asset's first.
/// @dev Account: until when it may send (bits 0–39) and receive (40–79), country (80–95), classes (96–103), protocol (104), when it was
/// written (112–151), in how many assets units of it are frozen or pledged, or it is (152–183), and the stamp of the asset in which
/// its income was settled last (184–247).
///
/// Asset: income per unit · 2^80 (bits 0–151), stamp (152–215), flags (216–223), classes (224–231), holders (232–255). A stamp is the
/// asset's number (32 bits) and the day to which its income is counted (32 bits, in seconds): the index moves only with it, so an
/// account that carries the asset's stamp is settled at its index.
library RwaWords {
    uint256 internal constant PAUSED = 1;
    /// @dev Income flows, or waits for weight.
    uint256 internal constant RUNNING = 2;
    /// @dev Only receivers of some countries.
    uint256 internal constant COUNTRIES = 4;
    /// @dev Holders are counted.
    uint256 internal constant COUNTED = 8;
    uint256 internal constant MODULE = 16;
    /// @dev The first day that is not counted has a rate of its own, that of before the last funding.
    uint256 internal constant STEPPED = 32;

    uint256 private constant UNTIL = type(uint40).max;
    uint256 private constant PROTOCOL = 1 << 104;
    uint256 private constant UPDATED_SHIFT = 112;
    uint256 private constant ENCUMBRANCES_SHIFT = 152;
    uint256 private constant SETTLED_SHIFT = 184;
    /// @dev What agents state of an account, with the time; all else is the core's.
    uint256 private constant STATED = (1 << ENCUMBRANCES_SHIFT) - 1;
    uint256 private constant STAMP = type(uint64).max;
    uint256 private constant STAMP_SHIFT = 152;
    uint256 private constant FLAGS_SHIFT = 216;
    uint256 private constant CLASSES_SHIFT = 224;
    uint256 private constant HOLDERS_SHIFT = 232;
    uint256 private constant NUMBER_SHIFT = 32;

    /* ACCOUNTS */

    function sendUntil(uint256 account) internal pure returns (uint256) {
        return account & UNTIL;
    }

    function receiveUntil(uint256 account) internal pure returns (uint256) {
        return (account >> 40) & UNTIL;
    }

    function country(uint256 account) internal pure returns (uint256) {
        return uint16(account >> 80);
    }

    function classes(uint256 account) internal pure returns (uint256) {
        return uint8(account >> 96);
    }

    function isProtocol(uint256 account) internal pure returns (bool) {
        return account & PROTOCOL != 0;
    }

    /// @notice Whether anything was ever stated of the account, or that it is a protocol; whoever has or had units was.
    function isStated(uint256 account) internal pure returns (bool) {
        return account & STATED != 0;
    }

    function updatedAt(uint256 account) internal pure returns (uint256) {
        return uint40(account >> UPDATED_SHIFT);
    }

    function encumbrances(uint256 account) internal pure returns (uint256) {
        return uint32(account >> ENCUMBRANCES_SHIFT);
    }

    /// @notice The stamp of the asset in which the account's income was settled last.
    function settled(uint256 account) internal pure returns (uint256) {
        return (account >> SETTLED_SHIFT) & STAMP;
    }

    /// @notice The account with what an agent states of it.
    function withStatement(
        uint256 account,
        uint40 newSendUntil,
        uint40 newReceiveUntil,
        uint16 newCountry,
        uint8 newClasses,
        uint40 newUpdatedAt
    ) internal pure returns (uint256) {
        uint256 stated = uint256(newSendUntil) | (uint256(newReceiveUntil) << 40) | (uint256(newCountry) << 80);
        stated |= (uint256(newClasses) << 96) | (uint256(newUpdatedAt) << UPDATED_SHIFT);
        return (account & ~STATED) | stated;
    }

    function asProtocol(uint256 account) internal pure returns (uint256) {
        return account | PROTOCOL;
    }

    /// @notice The account with one encumbrance more, or less. `account` has fewer than 2^32, and one where one is taken.
    function encumbered(uint256 account, bool isMore) internal pure returns (uint256) {
        unchecked {
            // there are fewer than 2^32 assets, and each counts once
            return isMore ? account + (1 << ENCUMBRANCES_SHIFT) : account - (1 << ENCUMBRANCES_SHIFT);
        }
    }

    function withSettled(uint256 account, uint256 newStamp) internal pure returns (uint256) {
        return (account & ~(STAMP << SETTLED_SHIFT)) | (newStamp << SETTLED_SHIFT);
    }

    /* ASSETS */

    function index(uint256 hot) internal pure returns (uint256) {
        return uint152(hot);
    }

    function stamp(uint256 hot) internal pure returns (uint256) {
        return (hot >> STAMP_SHIFT) & STAMP;
    }

    /// @notice The day to which income is counted, in seconds.
    function countedTo(uint256 hot) internal pure returns (uint256) {
        return uint32(hot >> STAMP_SHIFT);
    }

    function has(uint256 hot, uint256 flag) internal pure returns (bool) {
        return (hot >> FLAGS_SHIFT) & flag != 0;
    }

    function needed(uint256 hot) internal pure returns (uint256) {
        return uint8(hot >> CLASSES_SHIFT);
    }

    function holders(uint256 hot) internal pure returns (uint256) {
        return hot >> HOLDERS_SHIFT;
    }

    /// @notice An asset of number `number`, below 2^32, without income so far.
    function newAsset(uint256 number, uint256 flags, uint8 newClasses) internal pure returns (uint256) {
        return
            (number << (STAMP_SHIFT + NUMBER_SHIFT)) | (flags << FLAGS_SHIFT) | (uint256(newClasses) << CLASSES_SHIFT);
    }

    /// @notice The asset with its income counted to `day`, below 2^32, at the index `newIndex`, below 2^152.
    function counted(uint256 hot, uint256 newIndex, uint256 day) internal pure returns (uint256) {
        return ((hot >> (STAMP_SHIFT + 32)) << (STAMP_SHIFT + 32)) | (day << STAMP_SHIFT) | newIndex;
    }

    function withFlag(uint256 hot, uint256 flag, bool isSet) internal pure returns (uint256) {
        return isSet ? hot | (flag << FLAGS_SHIFT) : hot & ~(flag << FLAGS_SHIFT);
    }

    function withNeeded(uint256 hot, uint8 newClasses) internal pure returns (uint256) {
        return (hot & ~(uint256(type(uint8).max) << CLASSES_SHIFT)) | (uint256(newClasses) << CLASSES_SHIFT);
    }

    /// @notice The asset with one holder more, or less; at most as many as there are accounts, and one where one is taken.
    function withHolder(uint256 hot, bool isMore) internal pure returns (uint256) {
        unchecked {
            // The caller keeps the count below 2^24; it cannot run over, as its bits are the highest.
            return isMore ? hot + (1 << HOLDERS_SHIFT) : hot - (1 << HOLDERS_SHIFT);
        }
    }
}
