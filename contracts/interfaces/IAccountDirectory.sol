// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAddressBook} from "./IAddressBook.sol";

/// @title IAccountDirectory
/// @notice Binds BLS12-381 keys (G1) to accounts. Rows are immutable code; only revocations are storage.
/// @dev A key is registered once, for ever: neither it nor its negative can be bound again. `kinds` bits: 0 transfer to
/// others, 1 act on listed cores, 2 act on any other protocol.
interface IAccountDirectory {
    /// @notice A key, the proof that its secret is known, and the account's word for it.
    struct Registration {
        address account;
        uint8 kinds;
        /// @dev Last second of the key's validity; 2^32 − 1 is for ever.
        uint32 validUntil;
        /// @dev x and y of the key, 48 bytes each, big-endian.
        bytes32[3] key;
        /// @dev Schnorr proof of knowledge of the key's secret: the commitment R (as the key) and the response s, with
        /// s·G = R + c·P and c = H(tag, chain, directory, account, key, R).
        bytes32[3] commitment;
        uint256 response;
        /// @dev Until when `signature` may be used, seconds, inclusive.
        uint256 deadline;
        /// @dev EIP-712 signature of the account over (account, key, kinds, validUntil, deadline); empty when the account
        /// itself calls.
        bytes signature;
    }

    event AccountRegistered(address indexed account, uint256 indexed id, uint8 kinds, uint32 validUntil);
    event AccountRevoked(address indexed account, uint256 indexed id);

    /// @notice `count` registrations are not from 1 to `maximum`.
    error DirectoryInvalidCount(uint256 count, uint256 maximum);
    /// @notice The directory has all the pages it can have.
    error DirectoryFull();
    /// @notice The account of registration `index` is zero.
    error DirectoryZeroAccount(uint256 index);
    /// @notice The key of registration `index` is the point at infinity.
    error DirectoryInvalidKey(uint256 index);
    /// @notice The key of registration `index`, or its negative, is that of `id`.
    error DirectoryKeyTaken(uint256 index, uint256 id);
    /// @notice Registration `index` lets its key do nothing, or something unknown.
    error DirectoryNoKinds(uint256 index);
    /// @notice The key of registration `index` is valid until `validUntil`; it is `timestamp`.
    error DirectoryAlreadyExpired(uint256 index, uint256 validUntil, uint256 timestamp);
    /// @notice The signature was valid until `deadline`; it is `timestamp`.
    error DirectorySignatureExpired(uint256 deadline, uint256 timestamp);
    /// @notice The signature is not that of `account`.
    error DirectoryBadSignature(address account);
    /// @notice Not every proof shows that its key's secret is known.
    /// @dev At least one of the proofs of knowledge does not hold, or a point is outside the curve or its subgroup.
    error DirectoryBadProof();
    /// @notice `caller` is not the account `account`.
    error DirectoryNotAccount(address caller, address account);
    /// @notice There is no key under `id`.
    error DirectoryUnknownId(uint256 id);
    /// @notice The key of `id` is revoked already.
    error DirectoryAlreadyRevoked(uint256 id);

    /// @notice Writes 1 to 203 verified registrations as one page. Anyone may submit them.
    /// @return firstId id of the first one; the others follow
    function register(Registration[] calldata registrations) external returns (uint256 firstId);

    /// @notice Ends the use of an id's key, at once and for ever. Only its account.
    function revoke(uint256 id) external;

    /// @notice As `revoke`, by an EIP-712 signature of the account, submitted by anyone.
    function revokeBySignature(uint256 id, uint256 deadline, bytes calldata signature) external;

    /// @notice Ids without a key.
    function ADDRESS_BOOK() external view returns (IAddressBook);

    /// @notice How many pages there are.
    function pageCount() external view returns (uint256);

    /// @notice The contract whose code is page `page`, whether or not it exists yet.
    function pageAt(uint256 page) external view returns (address);

    /// @notice The account of an id of this directory or of the address book, or zero.
    function accountOf(uint256 id) external view returns (address);

    /// @notice The row of an id; all zero for one that does not exist.
    function recordOf(
        uint256 id
    ) external view returns (address account, bytes32[3] memory key, uint8 kinds, uint32 validUntil);

    /// @notice The id under which a key or its negative is registered; 2^256 − 1 when it is not.
    function idOfKey(bytes32[3] calldata key) external view returns (uint256);

    /// @notice Whether the id is revoked.
    function isRevoked(uint256 id) external view returns (bool);

    /// @notice Bit p of group g: page 256·g + p has revoked ids.
    function revokedPages(uint256 group) external view returns (uint256);

    /// @notice Bit i: index i of the page is revoked.
    function revokedIn(uint256 page) external view returns (uint256);
}
