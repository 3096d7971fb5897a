// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {BookId} from "../libraries/BookId.sol";
import {HolderFlags} from "../libraries/HolderFlags.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {Word} from "../types/Word.sol";
import {LedgerCustody} from "./LedgerCustody.sol";

/// @title LedgerSections
/// @notice Books of protocols, settlement versions, consent and sequence, and the frame that executes a batch's section.
/// @dev A frame debits, asks the protocol once, and credits. Any failure reverts the frame, so there is no refund code
/// for a section; a failed operation gets back exactly what the frame debited. No word is kept in memory across an
/// external call: each debit, refund and credit loads and stores.
abstract contract LedgerSections is LedgerCustody {
    using AssetId for uint256;
    using HolderFlags for Word;
    using OperationLib for uint256;

    /// @dev What a frame knows of its section.
    struct Frame {
        uint256 version;
        address protocol;
        /// @dev Ids by side: asset 0, asset 1, shares.
        uint256[3] ids;
        /// @dev Whether movements of the id are logged one by one (RULES and facades demand it).
        bool[3] logged;
        uint256[] operations;
        uint256[] skipped;
    }

    struct Settlement {
        uint8 version;
        bool listed;
        bool active;
    }

    uint256 internal constant MAX_SETTLEMENTS = 8;
    /// @dev An operation carries 8 bits of its sequence, and one `cancel` voids a third of their range. The number is odd, so
    /// cancels come round only after many: an operation within 16 steps is not valid again before 208 of them.
    uint16 internal constant CANCELLED_AHEAD = 85;

    /// @dev The version whose section is being executed.
    uint256 private transient _version;
    mapping(bytes32 book => Cell) internal _books;
    mapping(address settlement => Settlement) private _settlements;
    address[] private _settlementAt;

    /* SETTLEMENT */

    /// @inheritdoc ILedger
    function settle(
        ILedgerProtocol.Section calldata section,
        uint256[] calldata operations
    ) external returns (bool executed, uint256[] memory skipped) {
        Settlement storage settlement = _settlements[msg.sender];
        require(settlement.listed, LedgerNotSettlement(msg.sender));
        require(settlement.active, LedgerSettlementSwitchedOff(settlement.version));
        require(_locked == 0, LedgerLocked()); // else every frame would fail, as if by its own fault
        require(operations.length & 1 == 0, LedgerInvalidOperations(operations.length));
        _version = settlement.version;
        // The same arguments; put together before the check, so that nothing of size stands between it and the call.
        bytes memory frame = bytes.concat(this.settleFrame.selector, msg.data[4:]);
        _checkGas(section.gasCap);
        bytes memory answer;
        // The answer is small: the frame's own errors, or one bit for each operation.
        (executed, answer) = address(this).call{gas: section.gasCap}(frame);
        if (executed) skipped = abi.decode(answer, (uint256[]));
    }

    /// @inheritdoc ILedger
    function settleFrame(
        ILedgerProtocol.Section calldata section,
        uint256[] calldata operations
    ) external nonReentrant returns (uint256[] memory skipped) {
        require(msg.sender == address(this), LedgerNotSelf(msg.sender));
        Frame memory frame;
        frame.version = _version;
        frame.protocol = section.protocol;
        frame.ids = [section.asset0, section.asset1, section.shareId];
        for (uint256 side; side < 3; ++side) {
            uint256 id = frame.ids[side];
            frame.logged[side] = id.hasRules() || (id.isIssued() && facadeOf[id] != address(0));
        }
        frame.operations = operations;
        frame.skipped = new uint256[]((operations.length / 2 + 255) / 256);
        if (section.protocol == address(0)) _debitAll(frame);
        else _settleProtocol(frame, section);
        return frame.skipped;
    }

    /// @inheritdoc ILedger
    function setConsent(uint256 id, uint8 versions) external {
        uint256 listed = _settlementAt.length;
        require(versions < 1 << listed, LedgerUnknownSettlement(versions, listed));
        (uint256 key, ) = homeOf(id);
        Cell storage cell = _cells[msg.sender][key];
        cell.word = cell.word.withConsent(versions);
        emit ConsentSet(msg.sender, key, versions);
    }

    /// @inheritdoc ILedger
    function cancel(uint256 id) external {
        (uint256 key, ) = homeOf(id);
        Cell storage cell = _cells[msg.sender][key];
        Word word = cell.word.advanced(CANCELLED_AHEAD);
        cell.word = word;
        emit SequenceCancelled(msg.sender, key, word.sequence());
    }

    /* AUTHORITY */

    /// @inheritdoc ILedger
    function listSettlement(address settlement) external restricted returns (uint256 version) {
        version = _settlementAt.length;
        require(version < MAX_SETTLEMENTS, LedgerTooManySettlements(MAX_SETTLEMENTS));
        require(!_settlements[settlement].listed, LedgerAlreadyListed(settlement));
        // version < 8
        _settlements[settlement] = Settlement({version: uint8(version), listed: true, active: true});
        _settlementAt.push(settlement);
        emit SettlementListed(settlement, version);
    }

    /// @inheritdoc ILedger
    function switchSettlement(uint256 version, bool active) external restricted {
        uint256 listed = _settlementAt.length;
        require(version < listed, LedgerUnknownSettlement(version, listed));
        address settlement = _settlementAt[version];
        _settlements[settlement].active = active;
        emit SettlementSwitched(settlement, version, active);
    }

    /* VIEWS */

    /// @inheritdoc ILedger
    function bookOf(address protocol, bytes32 key, uint256 asset0, uint256 asset1) external view returns (Word) {
        return _books[BookId.bookId(protocol, asset0, asset1, key)].word;
    }

    /// @inheritdoc ILedger
    function settlementOf(uint256 version) external view returns (address settlement, bool active) {
        uint256 listed = _settlementAt.length;
        require(version < listed, LedgerUnknownSettlement(version, listed));
        settlement = _settlementAt[version];
        active = _settlements[settlement].active;
    }

    /* INTERNALS */

    /// @dev Writes a book after `inputs` came and `outputs` went; the flags are those of `outputs`.
    function _rebook(Cell storage cell, bytes32 book, Word inputs, Word outputs) internal {
        (bool ok, Word word) = cell.word.trySettle(inputs, outputs);
        require(ok, LedgerInsufficientBook(book, cell.word, inputs, outputs));
        cell.word = word;
    }

    function _settleProtocol(Frame memory frame, ILedgerProtocol.Section calldata section) private {
        bytes32 book = BookId.bookId(section.protocol, section.asset0, section.asset1, section.key);
        require(
            section.shareId == 0 || _isIssuedBy(section.protocol, book, section.shareId),
            LedgerNotIssuer(section.protocol, section.shareId)
        );
        uint256[3] memory taken = _debitAll(frame);
        (uint32 flags, uint256[] memory payouts) = _ask(section, book, frame.operations);
        uint256[3] memory paid = _creditAll(frame, payouts, taken);
        require(_areHalves(taken) && _areHalves(paid), LedgerSectionOverflow(section.protocol));
        Word outputs = WordLib.pack(paid[0], paid[1]).withFlags(flags);
        _rebook(_books[book], book, WordLib.pack(taken[0], taken[1]), outputs);
        if (!frame.ids[0].isPlain() || !frame.ids[1].isPlain()) _notifyAll(frame, payouts);
    }

    /// @dev A protocol's own revert data stays here, whatever its size.
    function _ask(
        ILedgerProtocol.Section calldata section,
        bytes32 book,
        uint256[] memory operations
    ) private returns (uint32, uint256[] memory) {
        ILedgerProtocol protocol = ILedgerProtocol(section.protocol);
        try protocol.onLedgerBatch(book, _books[book].word, section.shareId, section.parameters, operations) returns (
            bytes4 magic,
            uint32 flags,
            uint256[] memory payouts
        ) {
            require(magic == ILedgerProtocol.onLedgerBatch.selector, LedgerMagicMissing(section.protocol, magic));
            require(payouts.length == operations.length / 2, LedgerPayoutCount(payouts.length, operations.length / 2));
            return (flags, payouts);
        } catch {
            revert LedgerProtocolFailed(section.protocol);
        }
    }

    /// @dev Debits every operation that may be debited. Both words of a skipped one are blanked, so that the protocol
    /// cannot take it for an operation without a debit. Transfers are credited here, one by one, on running state.
    function _debitAll(Frame memory frame) private returns (uint256[3] memory taken) {
        bool isTransfer = frame.protocol == address(0);
        uint256 count = frame.operations.length / 2;
        for (uint256 i; i < count; ++i) {
            (uint256 head, uint256 body) = _operationAt(frame, i);
            (uint256 side, uint256 amount) = (head.side(), body.amount());
            address to = isTransfer ? head.receiver(body) : frame.protocol;
            bool isValid = !isTransfer || (side < 2 && to != address(0) && to != address(this));
            if (!isValid || !_tryDebit(frame, head, amount, to)) {
                _blank(frame, i);
                _skip(frame, i);
            } else if (isTransfer) {
                _finishTransfer(frame, head, to, amount);
            } else if (side != OperationLib.SIDE_NONE) {
                unchecked {
                    taken[side] += amount; // each below 2^112, fewer than 2^32 of them
                }
                if (frame.logged[side]) _logFor(frame, head.account(), address(0), side, amount);
            }
        }
    }

    function _finishTransfer(Frame memory frame, uint256 head, address to, uint256 amount) private {
        (address from, uint256 side) = (head.account(), head.side());
        _credit(to, frame.ids[side], amount);
        if (frame.logged[side]) _logFor(frame, from, to, side, amount);
        _notify(frame.ids[side], from, to, amount);
    }

    function _logFor(Frame memory frame, address from, address to, uint256 side, uint256 amount) private {
        _log(_settlementAt[frame.version], from, to, frame.ids[side], amount);
    }

    /// @dev Debits one operation if the word consents to this version, carries the operation's sequence and holds the
    /// amount, and the issuer of an id with RULES agrees. The sequence is consumed with the debit, whatever follows.
    function _tryDebit(Frame memory frame, uint256 head, uint256 amount, address to) private returns (bool) {
        uint256 side = head.side();
        address from = head.account();
        if (side == OperationLib.SIDE_NONE) {
            // Nothing moves: consent on the section's first asset is enough; the protocol keeps its own sequence.
            return amount == 0 && _cellOf(from, frame.ids[0]).word.consents(frame.version) && _mayReceive(frame, from);
        }
        uint256 id = frame.ids[side];
        if (amount == 0 || id == 0) return false;
        (uint256 key, uint256 homeSide) = homeOf(id);
        Cell storage cell = _cells[from][key];
        Word word = cell.word;
        if (!word.consents(frame.version) || uint8(word.sequence()) != head.sequence()) return false;
        (bool ok, Word left) = word.trySub(homeSide, amount);
        if (!ok) return false;
        // Shares are burnt by their own issuer: there is nobody to ask. Issuers are asked statically.
        if (side < 2 && id.hasRules() && (word.isFrozen() || !_isAllowed(id, from, to, amount))) return false;
        if (frame.protocol != address(0) && !_mayReceive(frame, from)) return false;
        cell.word = left.advanced(1);
        return true;
    }

    /// @dev Whether the signer may be paid the section's assets: asked before his debit, so that one who may not is
    /// skipped alone.
    function _mayReceive(Frame memory frame, address to) private view returns (bool) {
        for (uint256 side; side < 2; ++side) {
            uint256 id = frame.ids[side];
            if (id.hasRules() && !_isAllowed(id, frame.protocol, to, 0)) return false;
        }
        return true;
    }

    /// @dev Pays every operation, or gives back what was taken. Answers the sums that left the book, and lowers `taken`
    /// by the refunds.
    function _creditAll(
        Frame memory frame,
        uint256[] memory payouts,
        uint256[3] memory taken
    ) private returns (uint256[3] memory paid) {
        for (uint256 i; i < payouts.length; ++i) {
            (uint256 head, uint256 body) = _operationAt(frame, i);
            if (_isSkipped(frame, i)) continue;
            uint256 payout = payouts[i];
            if (payout & OperationLib.FAILED != 0) {
                _skip(frame, i);
                uint256 side = head.side();
                if (side != OperationLib.SIDE_NONE) {
                    unchecked {
                        taken[side] -= body.amount(); // was added by `_debitAll`
                    }
                    _creditOperation(frame, head, side, body.amount());
                }
                continue;
            }
            if (payout & OperationLib.SHARES != 0) {
                require(frame.ids[2] != 0, LedgerNotIssuer(frame.protocol, 0));
                _creditOperation(frame, head, OperationLib.SIDE_SHARES, payout.amount());
                continue;
            }
            uint256 out0 = payout.amount();
            uint256 out1 = payout.limit();
            unchecked {
                paid[0] += out0; // each below 2^112, fewer than 2^32 of them
                paid[1] += out1;
            }
            _payOperation(frame, head, 0, out0);
            _payOperation(frame, head, 1, out1);
        }
    }

    /// @dev An issuer that refuses a payout which it allowed in principle takes down its own section.
    function _payOperation(Frame memory frame, uint256 head, uint256 side, uint256 amount) private {
        if (amount == 0) return;
        _checkAllowed(frame.ids[side], frame.protocol, head.account(), amount);
        _creditOperation(frame, head, side, amount);
    }

    /// @dev Credits the signer. A fresh word of his takes over the consent under which he acts.
    function _creditOperation(Frame memory frame, uint256 head, uint256 side, uint256 amount) private {
        if (amount == 0) return;
        uint256 id = frame.ids[side];
        address to = head.account();
        _credit(to, id, amount, uint8(1 << frame.version)); // version < 8
        if (frame.logged[side]) _logFor(frame, address(0), to, side, amount);
    }

    /// @dev Tells the issuers of ids with NOTIFY, when every word of the section is stored: first of all that went in,
    /// then of all that came out.
    function _notifyAll(Frame memory frame, uint256[] memory payouts) private {
        for (uint256 i; i < payouts.length; ++i) {
            if (_isSkipped(frame, i)) continue;
            (uint256 head, uint256 body) = _operationAt(frame, i);
            uint256 side = head.side();
            if (side < 2) _notify(frame.ids[side], head.account(), frame.protocol, body.amount());
        }
        for (uint256 i; i < payouts.length; ++i) {
            uint256 payout = payouts[i];
            // minted by the issuer itself
            if (_isSkipped(frame, i) || payout & OperationLib.SHARES != 0) continue;
            (uint256 head, ) = _operationAt(frame, i);
            _notify(frame.ids[0], frame.protocol, head.account(), payout.amount());
            _notify(frame.ids[1], frame.protocol, head.account(), payout.limit());
        }
    }

    function _areHalves(uint256[3] memory sums) private pure returns (bool) {
        return sums[0] <= WordLib.MAX_AMOUNT && sums[1] <= WordLib.MAX_AMOUNT;
    }

    function _operationAt(Frame memory frame, uint256 index) private pure returns (uint256 head, uint256 body) {
        unchecked {
            // index < operations.length / 2
            return (frame.operations[2 * index], frame.operations[2 * index + 1]);
        }
    }

    function _blank(Frame memory frame, uint256 index) private pure {
        unchecked {
            // index < operations.length / 2
            (frame.operations[2 * index], frame.operations[2 * index + 1]) = (0, 0);
        }
    }

    function _skip(Frame memory frame, uint256 index) private pure {
        frame.skipped[index >> 8] |= 1 << (index & 255);
    }

    function _isSkipped(Frame memory frame, uint256 index) private pure returns (bool) {
        return (frame.skipped[index >> 8] >> (index & 255)) & 1 != 0;
    }
}
