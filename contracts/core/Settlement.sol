// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAccountDirectory} from "../interfaces/IAccountDirectory.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {AccountPage} from "../libraries/AccountPage.sol";
import {AccountSignature} from "../libraries/AccountSignature.sol";
import {BatchReader} from "../libraries/BatchReader.sol";
import {Bls} from "../libraries/Bls.sol";
import {HolderFlags} from "../libraries/HolderFlags.sol";
import {KeySum} from "../libraries/KeySum.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {Word} from "../types/Word.sol";

/// @title Settlement
/// @notice Executes batches of users' operations under one aggregate signature. Immutable, without an owner.
/// @dev One pass over the calldata adds up the signers' keys, hashes the leaves and sorts the operations into sections;
/// then the signature is checked; then the ledger runs the sections. Nothing is written and nobody is called before the
/// signature holds, but for views of the directory and the ledger, and ERC-1271 wallets, which are asked statically.
contract Settlement is ISettlement, EIP712 {
    using BatchReader for BatchReader.Layout;
    using BatchReader for BatchReader.Section;
    using HolderFlags for Word;
    using KeySum for KeySum.Sum;

    /// @dev What one pass over the records keeps.
    struct Walk {
        /// @dev Offset in the calldata of the next byte, and one more than the last place.
        uint256 at;
        uint256 place;
        uint256 mask;
        /// @dev The open page of the directory, 1 added, its code, and which of its rows are revoked.
        uint256 page;
        address code;
        uint256 revoked;
        /// @dev The open group of 256 pages, 1 added, and which of them have revoked rows.
        uint256 group;
        uint256 revokedPages;
        KeySum.Sum sum;
        uint256 coSigners;
        /// @dev The next entry of the fallback list: its offset and its signer, which is 2^256 − 1 when there is none.
        uint256 fallbackAt;
        uint256 fallbackSigner;
        bytes32[] leaves;
        uint256 leafStart;
    }

    /// @dev What an entry of the fallback list says.
    struct Fallback {
        uint256 deadline;
        address relayer;
        bytes signature;
    }

    bytes32 private constant TAG = keccak256("Lakh batch");
    bytes32 private constant OPERATION_TYPEHASH =
        keccak256(
            "Operation(address protocol,bytes32 key,uint256 asset0,uint256 asset1,uint256 shareId,uint8 kind,uint16 sequence,uint256 amount,uint256 arguments,uint256 fee0,uint256 fee1,bool dependsOnPrevious)"
        );
    bytes32 private constant ORDER_TYPEHASH =
        keccak256(
            "Order(address account,Operation[] operations,address relayer,uint256 deadline)Operation(address protocol,bytes32 key,uint256 asset0,uint256 asset1,uint256 shareId,uint8 kind,uint16 sequence,uint256 amount,uint256 arguments,uint256 fee0,uint256 fee1,bool dependsOnPrevious)"
        );
    /// @dev Batches and orders that could wait longer might meet their 8 or 16 bits of sequence again.
    uint256 private constant MAX_LIFETIME = 1 hours;
    /// @dev Gas kept for what surrounds the question to a wallet.
    uint256 private constant GAS_RESERVE = 10_000;
    uint256 private constant FALLBACK_ENTRY = 10;
    uint256 private constant SIGNATURE = 192;
    uint256 private constant NONE = type(uint256).max;

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
        BatchReader.Layout memory layout = BatchReader.readHead(batch);
        _checkHead(layout);
        layout.readLeaf0(msg.sender);
        _classify(layout);
        Walk memory walk = _readRecords(layout);
        bytes32 root = BatchReader.rootOf(walk.leaves);
        _checkSignature(layout, walk, digestOf(msg.sender, layout.number, layout.expiry, root), batch);
        lastNumberOf[msg.sender] = layout.number;
        (uint256 executed, uint256[] memory skipped) = _settleAll(layout);
        emit BatchSettled(msg.sender, layout.number, root, executed, skipped);
    }

    /* VIEWS */

    /// @inheritdoc ISettlement
    function digestOf(
        address relayer,
        uint256 number,
        uint256 expiry,
        bytes32 root
    ) public view returns (bytes32) {
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

    function _checkHead(BatchReader.Layout memory layout) private view {
        // Without code it can call only at the top of a transaction, whose calldata then is the log (a contract that is
        // being deployed is the exception, and it hides nothing but its own batch).
        require(msg.sender.code.length == 0, SettlementRelayerHasCode(msg.sender));
        uint256 version = layout.version;
        require(version == BatchReader.VERSION, SettlementUnknownVersion(version, BatchReader.VERSION));
        uint256 last = lastNumberOf[msg.sender];
        require(layout.number > last, SettlementNumberUsed(msg.sender, layout.number, last));
        require(block.timestamp <= layout.expiry, SettlementExpired(layout.expiry, block.timestamp));
        uint256 latest = block.timestamp + MAX_LIFETIME;
        require(layout.expiry <= latest, SettlementExpiryTooFar(layout.expiry, latest));
    }

    /// @dev Asks the ledger which protocols are listed cores, once for each section.
    function _classify(BatchReader.Layout memory layout) private view {
        for (uint256 i; i < layout.sections.length; ++i) {
            BatchReader.Section memory section = layout.sections[i];
            address protocol = section.header.protocol;
            if (protocol == address(0)) section.kinds = KIND_TRANSFER;
            else section.kinds = LEDGER.isCore(protocol) ? KIND_CORE : KIND_OTHER;
        }
    }

    function _checkSignature(
        BatchReader.Layout memory layout,
        Walk memory walk,
        bytes32 digest,
        bytes calldata batch
    ) private view {
        uint256 length = layout.end - layout.signature;
        layout.check(length == (walk.coSigners == 0 ? 0 : SIGNATURE), layout.signature);
        if (length == 0) return;
        bytes calldata signature = batch[batch.length - SIGNATURE:];
        require(Bls.verify(digest, walk.sum, signature), SettlementBadSignature(digest));
    }

    /* RECORDS */

    function _readRecords(BatchReader.Layout memory layout) private view returns (Walk memory walk) {
        uint256 signers = layout.signers;
        _checkExcluded(layout);
        walk.at = layout.chunks;
        walk.mask = maskOf(msg.sender, layout.number);
        walk.sum = KeySum.allocate();
        walk.fallbackAt = layout.fallbacks;
        walk.fallbackSigner = NONE;
        _nextFallback(layout, walk, 0);
        walk.leaves = new bytes32[](1 + (signers + BatchReader.CHUNK - 1) / BatchReader.CHUNK);
        walk.leaves[0] = BatchReader.leafHash(0, layout.leaf0, layout.chunks);
        for (uint256 i; i < signers; ++i) {
            bool isFirst = i % BatchReader.CHUNK == 0;
            if (isFirst && i != 0) _closeLeaf(walk, i / BatchReader.CHUNK);
            _readRecord(layout, walk, i, isFirst);
            layout.check(walk.at <= layout.fallbacks, walk.at);
        }
        _closeLeaf(walk, walk.leaves.length - 1);
        layout.check(walk.at == layout.fallbacks, walk.at);
        layout.check(walk.fallbackSigner == NONE && walk.fallbackAt == layout.excluded, walk.fallbackAt);
        for (uint256 i; i < layout.sections.length; ++i) {
            layout.check(layout.sections[i].next == layout.sections[i].end, layout.leaf0);
        }
    }

    function _readRecord(
        BatchReader.Layout memory layout,
        Walk memory walk,
        uint256 signer,
        bool isFirst
    ) private view {
        (uint256 place, uint256 at) = layout.readPlace(walk.at, isFirst, walk.place);
        if (signer == 0 || isFirst) walk.leafStart = walk.at;
        walk.place = place + 1;
        walk.at = at;
        uint256 id = place ^ walk.mask;
        address account;
        uint256 kinds;
        if (signer == walk.fallbackSigner) {
            account = _accountOf(id);
            if (!_isExcluded(layout, signer) && _hasSigned(layout, walk, account)) kinds = KIND_ALL;
            _nextFallback(layout, walk, signer + 1);
        } else if (!_isExcluded(layout, signer)) {
            (account, kinds) = _addSigner(walk, id);
        }
        _readOperations(layout, walk, account, kinds);
    }

    /// @dev Sorts a record's operations into their sections. What the signer may not do stays blank there.
    function _readOperations(
        BatchReader.Layout memory layout,
        Walk memory walk,
        address account,
        uint256 kinds
    ) private view {
        uint256 at = walk.at;
        uint256 tag;
        uint256 previous = NONE;
        do {
            uint256 w = BatchReader.word(at);
            tag = w >> 248;
            uint256 packed = _typeOf(layout, at, tag);
            BatchReader.Section memory section = layout.sections[uint8(packed)];
            if (tag & BatchReader.DEPENDENT != 0) {
                layout.check(previous != NONE && previous >> 32 < uint8(packed), at);
                section.depend(previous >> 32, uint32(previous));
            }
            previous = (packed & 0xff) << 32 | section.nextIndex();
            (uint256 head, uint256 body) = _operation(layout, at, w, packed, section.header.protocol == address(0));
            if (kinds & section.kinds == 0) (head, body) = (0, 0);
            else head |= uint256(uint160(account)) << 96;
            layout.append(section, head, body, at);
            at += packed >> 32;
        } while (tag & BatchReader.LAST == 0);
        walk.at = at;
    }

    function _typeOf(BatchReader.Layout memory layout, uint256 at, uint256 tag) private pure returns (uint256) {
        uint256 index = tag & 63;
        layout.check(index < layout.types.length, at);
        return layout.types[index];
    }

    /// @dev The two words of the operation at `at`, without its account.
    function _operation(
        BatchReader.Layout memory layout,
        uint256 at,
        uint256 w,
        uint256 packed,
        bool isTransfer
    ) private view returns (uint256 head, uint256 body) {
        (uint256 amount, uint256 argument) = layout.readValues(at, packed);
        uint256 kind = uint8(packed >> 24);
        if (isTransfer) kind &= 3;
        if (uint8(packed >> 8) == BatchReader.FORM_ACCOUNT) {
            bool hasKey = argument >> 31 == 0;
            argument = uint160(_accountOf(argument));
            // A registered receiver's fresh word takes over the consent.
            if (isTransfer && hasKey) kind |= OperationLib.CONSENT;
        }
        head = (uint256(uint8(w >> 240)) << 88) | (kind << 80) | (argument >> 144);
        body = (argument << 112) | amount;
    }

    function _closeLeaf(Walk memory walk, uint256 index) private pure {
        walk.leaves[index] = BatchReader.leafHash(index, walk.leafStart, walk.at);
    }

    /* SIGNERS */

    /// @dev Adds the signer's key to the sum, whatever its state. Answers his account and what his key may do now.
    function _addSigner(Walk memory walk, uint256 id) private view returns (address account, uint256 kinds) {
        uint256 page = AccountPage.pageOf(id);
        require(!AccountPage.isAddressOnly(id), SettlementKeyMissing(id));
        if (walk.page != page + 1) _openPage(walk, page);
        uint256 validUntil;
        (account, kinds, validUntil) = walk.sum.addRow(walk.code, AccountPage.indexOf(id));
        require(account != address(0), SettlementKeyMissing(id));
        ++walk.coSigners;
        if (validUntil < block.timestamp || (walk.revoked >> AccountPage.indexOf(id)) & 1 != 0) kinds = 0;
    }

    function _openPage(Walk memory walk, uint256 page) private view {
        uint256 group = page >> 8;
        if (walk.group != group + 1) {
            walk.group = group + 1;
            walk.revokedPages = DIRECTORY.revokedPages(group);
        }
        walk.page = page + 1;
        walk.code = AccountPage.addressOf(address(DIRECTORY), page + 1);
        walk.revoked = (walk.revokedPages >> (page & 255)) & 1 == 0 ? 0 : DIRECTORY.revokedIn(page);
    }

    /// @dev The account of an id of either kind, or zero.
    function _accountOf(uint256 id) private view returns (address) {
        address creator = AccountPage.isAddressOnly(id) ? ADDRESS_BOOK : address(DIRECTORY);
        return AccountPage.accountOf(creator, id);
    }

    /* FALLBACK SIGNATURES AND EXCLUSIONS */

    /// @dev Moves on to the next entry of the fallback list; its signer is at least `least`.
    function _nextFallback(BatchReader.Layout memory layout, Walk memory walk, uint256 least) private pure {
        uint256 at = walk.fallbackAt;
        if (walk.fallbackSigner != NONE) at += FALLBACK_ENTRY + uint16(BatchReader.word(at) >> 176);
        walk.fallbackAt = at;
        if (at == layout.excluded) {
            walk.fallbackSigner = NONE;
            return;
        }
        uint256 w = BatchReader.word(at);
        uint256 signer = w >> 240;
        uint256 end = at + FALLBACK_ENTRY + uint16(w >> 176);
        bool isFine = signer >= least && signer < layout.signers && uint8(w >> 192) < 2 && end <= layout.excluded;
        layout.check(isFine, at);
        walk.fallbackSigner = signer;
    }

    /// @dev Whether the account itself signed the record at `walk.at`. Never reverts for what the signature says.
    function _hasSigned(
        BatchReader.Layout memory layout,
        Walk memory walk,
        address account
    ) private view returns (bool) {
        uint256 w = BatchReader.word(walk.fallbackAt);
        uint256 deadline = uint40(w >> 200);
        if (account == address(0) || deadline < block.timestamp || deadline > block.timestamp + MAX_LIFETIME) {
            return false;
        }
        address relayer = uint8(w >> 192) == 1 ? msg.sender : address(0);
        bytes32 operations = _hashOperations(layout, walk.at, account);
        bytes32 order = keccak256(abi.encode(ORDER_TYPEHASH, account, operations, relayer, deadline));
        uint256 from = walk.fallbackAt + FALLBACK_ENTRY;
        bytes memory signature = msg.data[from:from + uint16(w >> 176)];
        // With less than its cap a wallet could be made to fail, and the relayer would choose whom to skip.
        uint256 available = (gasleft() * 63) / 64;
        uint256 needed = AccountSignature.GAS_CAP + GAS_RESERVE;
        require(available >= needed, SettlementInsufficientGas(available, needed));
        return AccountSignature.isValid(account, _hashTypedDataV4(order), signature);
    }

    /// @dev EIP-712 hash of the operations of the record at `at`.
    function _hashOperations(
        BatchReader.Layout memory layout,
        uint256 at,
        address account
    ) private view returns (bytes32) {
        uint256 end = at;
        uint256 count;
        uint256 tag;
        do {
            tag = BatchReader.word(end) >> 248;
            end += _typeOf(layout, end, tag) >> 32;
            ++count;
        } while (tag & BatchReader.LAST == 0 && end <= layout.fallbacks);
        bytes32[] memory hashes = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            uint256 packed = _typeOf(layout, at, BatchReader.word(at) >> 248);
            hashes[i] = _hashOperation(layout, at, packed, account);
            at += packed >> 32;
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _hashOperation(
        BatchReader.Layout memory layout,
        uint256 at,
        uint256 packed,
        address account
    ) private view returns (bytes32) {
        uint256 w = BatchReader.word(at);
        BatchReader.Section memory section = layout.sections[uint8(packed)];
        (uint256 amount, uint256 argument) = layout.readValues(at, packed);
        if (uint8(packed >> 8) == BatchReader.FORM_ACCOUNT) argument = uint160(_accountOf(argument));
        uint256 kind = uint8(packed >> 24);
        return
            keccak256(
                bytes.concat(
                    abi.encode(
                        OPERATION_TYPEHASH,
                        section.header.protocol,
                        section.header.key,
                        section.header.asset0,
                        section.header.asset1,
                        section.header.shareId
                    ),
                    abi.encode(
                        kind,
                        _sequence(section, kind & 3, uint8(w >> 240), account),
                        amount,
                        argument,
                        section.header.fee0,
                        section.header.fee1,
                        (w >> 254) & 1
                    )
                )
            );
    }

    /// @dev The sequence of 16 bits that is at most 255 ahead of the debited word and has this low byte.
    function _sequence(
        BatchReader.Section memory section,
        uint256 side,
        uint256 low,
        address account
    ) private view returns (uint256) {
        uint256 id = section.header.asset0;
        if (side == OperationLib.SIDE_NONE) return low;
        if (side == OperationLib.SIDE_SHARES) id = section.header.shareId;
        else if (side == 1) id = section.header.asset1;
        uint256 current = LEDGER.wordOf(account, id).sequence();
        unchecked {
            return uint16(current + uint8(low - current)); // modulo 2^16, as the ledger counts
        }
    }

    function _checkExcluded(BatchReader.Layout memory layout) private pure {
        uint256 length = layout.signature - layout.excluded;
        if (length == 0) return;
        uint256 last = BatchReader.word(layout.signature - 1) >> 248;
        uint256 used = layout.signers % 8;
        bool isFine = length == (layout.signers + 7) / 8 && (used == 0 || uint8(last << used) == 0);
        layout.check(isFine, layout.excluded);
    }

    function _isExcluded(BatchReader.Layout memory layout, uint256 signer) private pure returns (bool) {
        if (layout.excluded == layout.signature) return false;
        return (BatchReader.word(layout.excluded + signer / 8) << (signer % 8)) >> 255 != 0;
    }

    /* SECTIONS */

    function _settleAll(
        BatchReader.Layout memory layout
    ) private returns (uint256 executed, uint256[] memory skipped) {
        uint256 count = layout.sections.length;
        uint256[][] memory skippedIn = new uint256[][](count);
        uint256 words;
        for (uint256 i; i < count; ++i) {
            BatchReader.Section memory section = layout.sections[i];
            _skipDependents(section, skippedIn);
            bool isExecuted;
            (isExecuted, skippedIn[i]) = LEDGER.settle(section.header, section.operations);
            if (isExecuted) executed |= 1 << i;
            else skippedIn[i] = _all(section.operations.length / 2);
            words += skippedIn[i].length;
        }
        skipped = new uint256[](words);
        words = 0;
        for (uint256 i; i < count; ++i) {
            for (uint256 j; j < skippedIn[i].length; ++j) skipped[words++] = skippedIn[i][j];
        }
    }

    /// @dev Blanks the operations whose predecessor was not executed; the ledger skips a blank one.
    function _skipDependents(BatchReader.Section memory section, uint256[][] memory skippedIn) private pure {
        for (uint256 i; i < section.waiting; ++i) {
            (uint256 operation, uint256 earlier, uint256 index) = section.dependencyAt(i);
            if ((skippedIn[earlier][index >> 8] >> (index & 255)) & 1 == 0) continue;
            section.operations[2 * operation] = 0;
            section.operations[2 * operation + 1] = 0;
        }
    }

    /// @dev One bit for each of `count` operations.
    function _all(uint256 count) private pure returns (uint256[] memory bits) {
        bits = new uint256[]((count + 255) / 256);
        for (uint256 i; i < bits.length; ++i) bits[i] = NONE;
        if (count % 256 != 0) bits[bits.length - 1] = (1 << (count % 256)) - 1;
    }
}
