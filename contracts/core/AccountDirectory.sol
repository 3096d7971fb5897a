// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {IAccountDirectory} from "../interfaces/IAccountDirectory.sol";
import {IAddressBook} from "../interfaces/IAddressBook.sol";
import {AccountPage} from "../libraries/AccountPage.sol";
import {AccountSignature} from "../libraries/AccountSignature.sol";
import {KeyProof} from "../libraries/KeyProof.sol";

/// @title AccountDirectory
/// @notice Binds BLS12-381 keys (G1) to accounts, on pages of immutable code.
/// @dev Nobody has a special role here. Why keys, and not accounts, are unique: docs/decisions/0005-account-directory.md.
contract AccountDirectory is IAccountDirectory, EIP712 {
    uint8 private constant ALL_KINDS = 7;
    bytes32 private constant REGISTER_TYPEHASH = keccak256(
        "Register(address account,bytes key,uint8 kinds,uint32 validUntil,uint256 deadline)"
    );
    bytes32 private constant REVOKE_TYPEHASH = keccak256("Revoke(uint256 id,uint256 deadline)");

    /// @inheritdoc IAccountDirectory
    IAddressBook public immutable ADDRESS_BOOK;

    /// @inheritdoc IAccountDirectory
    uint256 public pageCount;
    /// @inheritdoc IAccountDirectory
    mapping(uint256 group => uint256 pages) public revokedPages;
    /// @inheritdoc IAccountDirectory
    mapping(uint256 page => uint256 indices) public revokedIn;

    /// @dev The id of a key plus one, by the hash of its x, which its negative shares. Never cleared.
    mapping(bytes32 keyHash => uint256 idPlusOne) private _idPlusOneOf;

    constructor(IAddressBook addressBook) EIP712("Lakh accounts", "1") {
        ADDRESS_BOOK = addressBook;
    }

    /* USER ACTIONS */

    /// @inheritdoc IAccountDirectory
    function register(Registration[] calldata registrations) external returns (uint256 firstId) {
        uint256 count = registrations.length;
        uint256 maximum = AccountPage.MAX_KEY_ROWS;
        require(count != 0 && count <= maximum, DirectoryInvalidCount(count, maximum));
        uint256 page = pageCount++;
        require(page < AccountPage.MAX_PAGES, DirectoryFull());
        firstId = AccountPage.idOf(AccountPage.KIND_KEY, page, 0);

        bytes memory rows = new bytes(count * AccountPage.KEY_ROW);
        Memory.Pointer free = Memory.getFreeMemoryPointer();
        for (uint256 i; i < count; ++i) {
            Registration calldata entry = registrations[i];
            _checkFields(entry, i);
            _takeKey(entry.key, i, firstId + i);
            _checkConsent(entry);
            AccountPage.setKeyRow(rows, i, entry.key, entry.account, entry.kinds, entry.validUntil);
            emit AccountRegistered(entry.account, firstId + i, entry.kinds, entry.validUntil);
            // Memory is paid by the square of its size: what the checks needed is used again.
            Memory.unsafeSetFreeMemoryPointer(free);
        }
        require(KeyProof.areValid(registrations), DirectoryBadProof());
        AccountPage.create(rows);
    }

    /// @inheritdoc IAccountDirectory
    function revoke(uint256 id) external {
        address account = _registeredAccountOf(id);
        require(msg.sender == account, DirectoryNotAccount(msg.sender, account));
        _revoke(id, account);
    }

    /// @inheritdoc IAccountDirectory
    function revokeBySignature(uint256 id, uint256 deadline, bytes calldata signature) external {
        address account = _registeredAccountOf(id);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(REVOKE_TYPEHASH, id, deadline)));
        _checkSignature(account, digest, deadline, signature);
        _revoke(id, account);
    }

    /* VIEWS */

    /// @inheritdoc IAccountDirectory
    function pageAt(uint256 page) public view returns (address) {
        return AccountPage.pageAt(address(this), page);
    }

    /// @inheritdoc IAccountDirectory
    function accountOf(uint256 id) public view returns (address) {
        (uint256 kind, uint256 page, uint256 index) = AccountPage.split(id);
        if (kind == AccountPage.KIND_KEY) return AccountPage.keyRowAccount(pageAt(page), index);
        if (kind != AccountPage.KIND_ADDRESS) return address(0);
        return AccountPage.addressRow(AccountPage.pageAt(address(ADDRESS_BOOK), page), index);
    }

    /// @inheritdoc IAccountDirectory
    function recordOf(
        uint256 id
    ) external view returns (address account, bytes32[3] memory key, uint8 kinds, uint32 validUntil) {
        (uint256 kind, uint256 page, uint256 index) = AccountPage.split(id);
        if (kind == AccountPage.KIND_KEY) return AccountPage.keyRow(pageAt(page), index);
        account = accountOf(id);
    }

    /// @inheritdoc IAccountDirectory
    function idOfKey(bytes32[3] calldata key) external view returns (uint256) {
        // An unknown key has 0 there, and 0 − 1 is 2^256 − 1.
        unchecked {
            return _idPlusOneOf[_hashOf(key)] - 1;
        }
    }

    /// @inheritdoc IAccountDirectory
    function isRevoked(uint256 id) external view returns (bool) {
        return revokedIn[id >> 8] & (1 << (id & 255)) != 0;
    }

    /* INTERNALS */

    function _checkFields(Registration calldata entry, uint256 index) private view {
        require(entry.account != address(0), DirectoryZeroAccount(index));
        require(!KeyProof.isInfinity(entry.key), DirectoryInvalidKey(index));
        require(entry.kinds != 0 && entry.kinds <= ALL_KINDS, DirectoryNoKinds(index));
        require(entry.validUntil >= block.timestamp, DirectoryAlreadyExpired(index, entry.validUntil, block.timestamp));
    }

    function _takeKey(bytes32[3] calldata key, uint256 index, uint256 id) private {
        bytes32 keyHash = _hashOf(key);
        uint256 taken = _idPlusOneOf[keyHash];
        if (taken != 0) revert DirectoryKeyTaken(index, taken - 1);
        _idPlusOneOf[keyHash] = id + 1;
    }

    /// @dev The account itself calls and has signed nothing, or its signature is valid.
    function _checkConsent(Registration calldata entry) private view {
        if (msg.sender == entry.account && entry.signature.length == 0) return;
        bytes32 structHash = keccak256(
            abi.encode(
                REGISTER_TYPEHASH,
                entry.account,
                keccak256(abi.encodePacked(entry.key)),
                entry.kinds,
                entry.validUntil,
                entry.deadline
            )
        );
        _checkSignature(entry.account, _hashTypedDataV4(structHash), entry.deadline, entry.signature);
    }

    function _checkSignature(address account, bytes32 digest, uint256 deadline, bytes calldata signature) private view {
        require(block.timestamp <= deadline, DirectorySignatureExpired(deadline, block.timestamp));
        require(AccountSignature.isValid(account, digest, signature), DirectoryBadSignature(account));
    }

    function _revoke(uint256 id, address account) private {
        (, uint256 page, uint256 index) = AccountPage.split(id);
        uint256 revoked = revokedIn[page];
        require(revoked & (1 << index) == 0, DirectoryAlreadyRevoked(id));
        revokedIn[page] = revoked | (1 << index);
        revokedPages[page >> 8] |= 1 << (page & 255);
        emit AccountRevoked(account, id);
    }

    /// @dev Of an id with a key.
    function _registeredAccountOf(uint256 id) private view returns (address account) {
        (uint256 kind, uint256 page, uint256 index) = AccountPage.split(id);
        if (kind == AccountPage.KIND_KEY) account = AccountPage.keyRowAccount(pageAt(page), index);
        require(account != address(0), DirectoryUnknownId(id));
    }

    /// @dev Of x, the first 48 bytes: x ≥ p is refused with the proof, so a key has one x and shares it with its negative
    /// only.
    function _hashOf(bytes32[3] calldata key) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(key[0], bytes16(key[1])));
    }
}
