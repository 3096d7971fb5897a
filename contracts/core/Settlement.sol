// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAccountDirectory} from "../interfaces/IAccountDirectory.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {AccountPage} from "../libraries/AccountPage.sol";
import {AccountSignature} from "../libraries/AccountSignature.sol";
import {BatchReader} from "../libraries/BatchReader.sol";
import {Bls} from "../libraries/Bls.sol";
import {HolderFlags} from "../libraries/HolderFlags.sol";
import {KeySum} from "../libraries/KeySum.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {PlainRecords} from "../libraries/PlainRecords.sol";
import {Word} from "../types/Word.sol";

/// @title Settlement
/// @notice Executes batches of users' operations under one aggregate signature. Immutable, without an owner.
/// @dev One pass over the calldata adds up the signers' keys, hashes the leaves and sorts the operations into sections;
/// then the signature is checked; then the ledger runs the sections. Nothing is written and nobody is called before the
/// signature holds, but for views of the directory and the ledger, and ERC-1271 wallets, which are asked statically.
contract Settlement is ISettlement, EIP712 {
    using Address for address;
    using BatchReader for BatchReader.Parts;
    using BatchReader for BatchReader.Section;
    using HolderFlags for Word;
    using BatchReader for uint256;
    using KeySum for KeySum.Sum;
    using PlainRecords for PlainRecords.Cursor;

    /// @dev What one pass over the records keeps beside the cursor.
    struct Walk {
        /// @dev The next entry of the fallback list: its offset and its signer, which is 2^256 − 1 when there is none.
        uint256 fallbackAt;
        uint256 fallbackSigner;
        bytes32[] leaves;
        /// @dev Where the chunk at hand starts.
        uint256 leafStart;
    }

    /// @dev What an entry of the fallback list says.
    struct Fallback {
        uint256 deadline;
        address relayer;
        bytes signature;
    }

    bytes32 private constant TAG = keccak256("Lakh batch");
    bytes32 private constant OPERATION_TYPEHASH = keccak256(
        "Operation(address protocol,bytes32 key,uint256 asset0,uint256 asset1,uint256 shareId,uint8 kind,uint16 sequence,uint256 amount,uint256 arguments,uint256 fee0,uint256 fee1,bool dependsOnPrevious)"
    );
    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(uint32 id,address account,Operation[] operations,address relayer,uint256 deadline)Operation(address protocol,bytes32 key,uint256 asset0,uint256 asset1,uint256 shareId,uint8 kind,uint16 sequence,uint256 amount,uint256 arguments,uint256 fee0,uint256 fee1,bool dependsOnPrevious)"
    );
    /// @dev Batches and orders that could wait longer might meet their 8 or 16 bits of sequence again.
    uint256 private constant MAX_LIFETIME = 1 hours;
    /// @dev Gas kept for what surrounds the question to a wallet, but for the copy of his signature.
    uint256 private constant GAS_RESERVE = 10_000;
    uint256 private constant FALLBACK_ENTRY = 10;
    uint256 private constant SIGNATURE = 192;
    uint256 private constant NONE = type(uint256).max;
    /// @dev Bits of an operation's tag, with the sequence below.
    uint256 private constant LAST = 0x8000;
    uint256 private constant DEPENDENT = 0x4000;
    /// @dev Of a cursor's `last`: the record is over.
    uint256 private constant ENDED = 1 << 255;

    /// @dev What a key may be allowed to do, the bits of `kinds` in the directory.
    uint256 private constant KIND_TRANSFER = 1;
    uint256 private constant KIND_CORE = 2;
    uint256 private constant KIND_OTHER = 4;
    uint256 private constant KIND_ALL = 7;

    /// @inheritdoc ISettlement
    ILedger public immutable LEDGER;
    /// @inheritdoc ISettlement
    IAccountDirectory public immutable DIRECTORY;
    address private immutable ADDRESS_BOOK;

    /// @inheritdoc ISettlement
    mapping(address relayer => uint256 number) public lastNumberOf;

    constructor(ILedger ledger, IAccountDirectory directory) EIP712("Lakh", "1") {
        LEDGER = ledger;
        DIRECTORY = directory;
        ADDRESS_BOOK = address(directory.ADDRESS_BOOK());
    }

    /* RELAYER ACTIONS */

    /// @inheritdoc ISettlement
    function settle(bytes calldata batch) external {
        BatchReader.Parts memory parts = BatchReader.readHead(batch);
        _checkHead(parts);
        _readTables(parts);
        (bytes32 root, PlainRecords.Cursor memory cursor) = _readRecords(parts);
        _checkSignature(parts, cursor, digestOf(msg.sender, parts.number, parts.expiry, root), batch);
        lastNumberOf[msg.sender] = parts.number;
        (uint256 executed, uint256[] memory skipped) = _settleAll(parts);
        emit BatchSettled(msg.sender, parts.number, root, executed, skipped);
    }

    /* VIEWS */

    /// @inheritdoc ISettlement
    function digestOf(address relayer, uint256 number, uint256 expiry, bytes32 root) public view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    TAG,
                    block.chainid,
                    address(this),
                    DIRECTORY,
                    BatchReader.VERSION,
                    relayer,
                    number,
                    expiry,
                    root
                )
            );
    }

    /// @inheritdoc ISettlement
    function maskOf(address relayer, uint256 number) public pure returns (uint256) {
        return uint32(uint256(keccak256(abi.encode(relayer, number))));
    }

    /* CHECKS */

    function _checkHead(BatchReader.Parts memory parts) private view {
        // The calldata is the log, so it must be that of the transaction: the origin calls, and it has no code by which it
        // could call itself. This is no question of rights.
        // solhint-disable-next-line avoid-tx-origin
        require(msg.sender == tx.origin && msg.sender.code.length == 0, SettlementRelayerHasCode(msg.sender));
        uint256 version = parts.version;
        require(version == BatchReader.VERSION, SettlementUnknownVersion(version, BatchReader.VERSION));
        uint256 last = lastNumberOf[msg.sender];
        require(parts.number > last, SettlementNumberUsed(msg.sender, parts.number, last));
        require(block.timestamp <= parts.expiry, SettlementExpired(parts.expiry, block.timestamp));
        uint256 latest = block.timestamp + MAX_LIFETIME;
        require(parts.expiry <= latest, SettlementExpiryTooFar(parts.expiry, latest));
    }

    /// @dev Reads leaf 0, and asks the ledger which protocols are listed cores, once for each section.
    function _readTables(BatchReader.Parts memory parts) private view {
        (uint256 types, uint256 count) = parts.readSections(msg.sender);
        for (uint256 i; i < parts.sections.length; ++i) {
            BatchReader.Section memory section = parts.sections[i];
            address protocol = section.header.protocol;
            if (protocol == address(0)) section.kinds = KIND_TRANSFER;
            else section.kinds = LEDGER.isCore(protocol) ? KIND_CORE : KIND_OTHER;
        }
        parts.readTypes(types, count);
    }

    function _checkSignature(
        BatchReader.Parts memory parts,
        PlainRecords.Cursor memory cursor,
        bytes32 digest,
        bytes calldata batch
    ) private view {
        uint256 length = parts.end - parts.signature;
        parts.check(length == (cursor.hasKeys ? SIGNATURE : 0), parts.signature);
        if (length == 0) return;
        bytes calldata signature = batch[batch.length - SIGNATURE:];
        require(Bls.verify(digest, KeySum.Sum.wrap(cursor.sum).point(), signature), SettlementBadSignature(digest));
    }

    /* RECORDS */

    /// @dev Goes the fast way through the records (`PlainRecords`), and the general way wherever that one stops.
    function _readRecords(
        BatchReader.Parts memory parts
    ) private view returns (bytes32 root, PlainRecords.Cursor memory cursor) {
        parts.checkExcluded();
        cursor.offset = parts.chunks;
        cursor.last = ENDED;
        cursor.mask = maskOf(msg.sender, parts.number);
        (cursor.page, cursor.group) = (NONE, NONE);
        cursor.directory = address(DIRECTORY);
        cursor.sum = KeySum.Sum.unwrap(KeySum.allocate());
        (cursor.types, cursor.powers) = parts.tables();
        Walk memory walk;
        (walk.fallbackAt, walk.fallbackSigner) = (parts.fallbacks, NONE);
        _nextFallback(parts, walk, 0);
        walk.leaves = new bytes32[](1 + (parts.signers + BatchReader.CHUNK - 1) / BatchReader.CHUNK);
        walk.leaves[0] = BatchReader.leafHash(0, parts.leaf0, parts.chunks);
        for (;;) {
            if (cursor.last < ENDED) {
                _appendAny(parts, cursor);
            } else {
                if (cursor.index % BatchReader.CHUNK == 0 || cursor.index == parts.signers) {
                    _closeLeaf(parts, walk, cursor);
                    if (cursor.index == parts.signers) break;
                }
                _beginAny(parts, walk, cursor);
            }
            cursor.read();
        }
        parts.check(cursor.offset == parts.fallbacks, cursor.offset);
        parts.check(walk.fallbackSigner == NONE && walk.fallbackAt == parts.excluded, walk.fallbackAt);
        for (uint256 i; i < parts.sections.length; ++i) {
            parts.check(parts.sections[i].next == parts.sections[i].end, parts.leaf0);
        }
        root = BatchReader.rootOf(walk.leaves);
    }

    /// @dev Hashes the chunk that ends before the cursor, and notes where the next one starts.
    function _closeLeaf(
        BatchReader.Parts memory parts,
        Walk memory walk,
        PlainRecords.Cursor memory cursor
    ) private pure {
        uint256 offset = cursor.offset;
        parts.check(offset <= parts.fallbacks && cursor.place <= BatchReader.MAX_PLACE, offset);
        if (cursor.index != 0) {
            uint256 index = (cursor.index + BatchReader.CHUNK - 1) / BatchReader.CHUNK;
            walk.leaves[index] = BatchReader.leafHash(index, walk.leafStart, offset);
        }
        walk.leafStart = offset;
    }

    /// @dev Begins a record of any form.
    function _beginAny(
        BatchReader.Parts memory parts,
        Walk memory walk,
        PlainRecords.Cursor memory cursor
    ) private view {
        uint256 index = cursor.index;
        if (index % BatchReader.CHUNK == 0) {
            uint256 least = index == 0 ? 0 : cursor.place + 1;
            (cursor.place, cursor.offset) = parts.readPlace(cursor.offset, least);
        } else {
            (cursor.place, cursor.offset) = parts.readDistance(cursor.offset, cursor.place);
        }
        cursor.signer = _authorise(parts, walk, cursor);
        (cursor.index, cursor.last) = (index + 1, 0);
        if (index < cursor.stop) return; // it stays as it is
        uint256 stop = (index / BatchReader.CHUNK + 1) * BatchReader.CHUNK;
        if (stop > parts.signers) stop = parts.signers;
        if (stop > walk.fallbackSigner) stop = walk.fallbackSigner;
        cursor.stop = parts.nextExcluded(index + 1, stop);
    }

    /// @dev Who signs the record at hand, and what he may do: account | kinds << 160; kinds 0 stands for nothing.
    function _authorise(
        BatchReader.Parts memory parts,
        Walk memory walk,
        PlainRecords.Cursor memory cursor
    ) private view returns (uint256 signer) {
        uint256 id = cursor.place ^ cursor.mask;
        bool isExcluded = parts.isExcluded(cursor.index);
        if (cursor.index != walk.fallbackSigner) return isExcluded ? 0 : _addSigner(cursor, id);
        (uint256 account, ) = _accountOf(id);
        if (!isExcluded && _hasSigned(parts, walk, cursor, address(uint160(account)))) {
            signer = account | (KIND_ALL << 160);
        }
        _nextFallback(parts, walk, cursor.index + 1);
    }

    /// @dev Appends an operation of any form to its section, blank when the signer may not act there.
    function _appendAny(BatchReader.Parts memory parts, PlainRecords.Cursor memory cursor) private view {
        uint256 offset = cursor.offset;
        (uint256 packed, uint256 amount, uint256 argument) = parts.readOperation(offset);
        uint256 tag = BatchReader.word(offset) >> 240; // with the sequence
        if (tag & DEPENDENT != 0) _depend(parts, cursor.last, packed, offset);
        uint256 kind;
        (kind, argument) = _resolve(packed, argument);
        uint256 rest = ((tag & 0xff) << 88) | (kind << 80) | (argument >> 144);
        parts.append(packed, cursor.signer, rest, (argument << 112) | amount);
        cursor.offset = offset + packed.lengthOf();
        cursor.last = packed | ((tag & LAST) << 240);
    }

    /// @dev Of a transfer, which side moves, and whether the receiver is registered, so that a fresh word of his takes
    /// over the consent. Of an account id its address.
    function _resolve(uint256 packed, uint256 argument) private view returns (uint256 kind, uint256 resolved) {
        (kind, resolved) = (packed.kindOf(), argument);
        bool hasKey;
        if (packed.namesAccount()) (resolved, hasKey) = _accountOf(argument);
        if (packed.kindsOf() == KIND_TRANSFER) {
            kind &= 3;
            if (hasKey) kind |= OperationLib.CONSENT;
        }
    }

    /// @param last type of the record's previous operation, which is the newest of its section; 0 when there is none
    function _depend(BatchReader.Parts memory parts, uint256 last, uint256 packed, uint256 offset) private pure {
        parts.check(last != 0 && last.indexOf() < packed.indexOf(), offset);
        BatchReader.Section memory earlier = parts.sectionOf(last);
        parts.sectionOf(packed).depend(last.indexOf(), (earlier.next - earlier.operations) / 64 - 1);
    }

    /* SIGNERS */

    /// @dev Adds the signer's key to the sum, whatever its state. Answers his account and what his key may do now.
    function _addSigner(PlainRecords.Cursor memory cursor, uint256 id) private view returns (uint256 signer) {
        (uint256 kind, uint256 page, uint256 index) = AccountPage.split(id);
        require(kind == AccountPage.KIND_KEY, SettlementKeyMissing(id));
        if (cursor.page != page) _openPage(cursor, page);
        uint256 validUntil;
        (signer, validUntil) = KeySum.Sum.wrap(cursor.sum).addRow(cursor.code, index);
        require(signer != 0, SettlementKeyMissing(id));
        cursor.hasKeys = true;
        if (validUntil < block.timestamp || (cursor.revoked >> index) & 1 != 0) signer = 0;
    }

    function _openPage(PlainRecords.Cursor memory cursor, uint256 page) private view {
        uint256 group = page >> 8;
        if (cursor.group != group) {
            cursor.group = group;
            cursor.revokedPages = DIRECTORY.revokedPages(group);
        }
        cursor.page = page;
        cursor.code = AccountPage.pageAt(address(DIRECTORY), page);
        cursor.revoked = (cursor.revokedPages >> (page & 255)) & 1 == 0 ? 0 : DIRECTORY.revokedIn(page);
    }

    /// @dev The account of an id of either kind, or zero, and whether it has a row in the directory.
    function _accountOf(uint256 id) private view returns (uint256 account, bool hasKey) {
        (uint256 kind, uint256 page, uint256 index) = AccountPage.split(id);
        if (kind != AccountPage.KIND_KEY) {
            return (uint160(AccountPage.addressRow(AccountPage.pageAt(ADDRESS_BOOK, page), index)), false);
        }
        account = uint160(AccountPage.keyRowAccount(AccountPage.pageAt(address(DIRECTORY), page), index));
        hasKey = account != 0;
    }

    /* FALLBACK SIGNATURES AND EXCLUSIONS */

    /// @dev Moves on to the next entry of the fallback list; its signer is at least `least`.
    function _nextFallback(BatchReader.Parts memory parts, Walk memory walk, uint256 least) private pure {
        uint256 offset = walk.fallbackAt;
        if (walk.fallbackSigner != NONE) offset += FALLBACK_ENTRY + uint16(BatchReader.word(offset) >> 176);
        walk.fallbackAt = offset;
        if (offset == parts.excluded) {
            walk.fallbackSigner = NONE;
            return;
        }
        uint256 w = BatchReader.word(offset);
        uint256 signer = w >> 240;
        uint256 end = offset + FALLBACK_ENTRY + uint16(w >> 176);
        bool isFine = signer >= least && signer < parts.signers && uint8(w >> 192) < 2 && end <= parts.excluded;
        parts.check(isFine, offset);
        walk.fallbackSigner = signer;
    }

    /// @dev Whether the account itself signed the record at hand, id and all: the same order cannot stand under a second id.
    /// Never reverts for what the signature says.
    function _hasSigned(
        BatchReader.Parts memory parts,
        Walk memory walk,
        PlainRecords.Cursor memory cursor,
        address account
    ) private view returns (bool) {
        uint256 w = BatchReader.word(walk.fallbackAt);
        uint256 deadline = uint40(w >> 200);
        if (account == address(0) || deadline < block.timestamp || deadline > block.timestamp + MAX_LIFETIME) {
            return false;
        }
        address relayer = uint8(w >> 192) == 1 ? msg.sender : address(0);
        bytes32 operations = _hashOperations(parts, cursor.offset, account);
        bytes32 order = keccak256(
            abi.encode(ORDER_TYPEHASH, cursor.place ^ cursor.mask, account, operations, relayer, deadline)
        );
        uint256 from = walk.fallbackAt + FALLBACK_ENTRY;
        bytes calldata signature = msg.data[from:from + uint16(w >> 176)];
        // With less than its cap a wallet could be made to fail, and the relayer would choose whom to skip.
        uint256 needed = AccountSignature.CONTRACT_GAS + GAS_RESERVE + _gasToCopy(signature.length);
        uint256 available = (gasleft() * 63) / 64;
        require(available >= needed, SettlementInsufficientGas(available, needed));
        return AccountSignature.isValid(account, _hashTypedDataV4(order), signature);
    }

    /// @dev What it costs to copy `length` bytes to new memory, which the question to a wallet does.
    function _gasToCopy(uint256 length) private pure returns (uint256) {
        uint256 used;
        assembly ("memory-safe") {
            used := shr(5, mload(0x40))
        }
        uint256 words = (length + 31) / 32;
        return 6 * words + (words * (2 * used + words)) / 512;
    }

    /// @dev EIP-712 hash of the operations of the record at `offset`.
    function _hashOperations(
        BatchReader.Parts memory parts,
        uint256 offset,
        address account
    ) private view returns (bytes32) {
        uint256 count;
        uint256 end = offset;
        for (bool isLast; !isLast; ++count) {
            isLast = BatchReader.word(end) >> 255 != 0;
            end += parts.lengthAt(end);
            parts.check(end <= parts.fallbacks, end);
        }
        bytes32[] memory hashes = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            uint256 length;
            (hashes[i], length) = _hashOperation(parts, offset, account);
            offset += length;
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _hashOperation(
        BatchReader.Parts memory parts,
        uint256 offset,
        address account
    ) private view returns (bytes32 hash, uint256 length) {
        (uint256 packed, uint256 amount, uint256 argument) = parts.readOperation(offset);
        if (packed.namesAccount()) (argument, ) = _accountOf(argument);
        uint256 w = BatchReader.word(offset);
        ILedgerProtocol.Section memory header = parts.sectionOf(packed).header;
        bytes memory first = abi.encode(
            OPERATION_TYPEHASH,
            header.protocol,
            header.key,
            header.asset0,
            header.asset1,
            header.shareId
        );
        bytes memory second = abi.encode(
            packed.kindOf(),
            _sequence(header, packed.kindOf() & 3, uint8(w >> 240), account),
            amount,
            argument,
            header.fee0,
            header.fee1,
            (w >> 254) & 1
        );
        return (keccak256(bytes.concat(first, second)), packed.lengthOf());
    }

    /// @dev The sequence of 16 bits that is at most 255 ahead of the debited word and has this low byte.
    function _sequence(
        ILedgerProtocol.Section memory header,
        uint256 side,
        uint256 low,
        address account
    ) private view returns (uint256) {
        uint256 id = header.asset0;
        if (side == OperationLib.SIDE_SHARES) id = header.shareId;
        else if (side == 1) id = header.asset1;
        uint256 current = LEDGER.wordOf(account, id).sequence();
        unchecked {
            return uint16(current + uint8(low - current)); // modulo 2^16, as the ledger counts
        }
    }

    /* SECTIONS */

    function _settleAll(BatchReader.Parts memory parts) private returns (uint256 executed, uint256[] memory skipped) {
        uint256 count = parts.sections.length;
        uint256[][] memory skippedIn = new uint256[][](count);
        uint256 words;
        for (uint256 i; i < count; ++i) {
            BatchReader.Section memory section = parts.sections[i];
            section.skipDependents(skippedIn);
            bool isExecuted;
            (isExecuted, skippedIn[i]) = abi.decode(address(LEDGER).functionCall(section.callOf()), (bool, uint256[]));
            if (isExecuted) executed |= 1 << i;
            else skippedIn[i] = _all((section.end - section.operations) / 64);
            words += skippedIn[i].length;
        }
        skipped = new uint256[](words);
        words = 0;
        for (uint256 i; i < count; ++i) {
            for (uint256 j; j < skippedIn[i].length; ++j) skipped[words++] = skippedIn[i][j];
        }
    }

    /// @dev One bit for each of `count` operations.
    function _all(uint256 count) private pure returns (uint256[] memory bits) {
        bits = new uint256[]((count + 255) / 256);
        for (uint256 i; i < bits.length; ++i) bits[i] = NONE;
        if (count % 256 != 0) bits[bits.length - 1] = (1 << (count % 256)) - 1;
    }
}
