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
import {LedgerSettlements} from "./LedgerSettlements.sol";

/// @title LedgerSections
/// @notice Books of protocols, and the frame that executes a section of a batch.
/// @dev A frame debits, asks the protocol once, and credits. Any failure reverts the frame, so there is no refund code
/// for a section; a failed operation gets back exactly what the frame debited. No word stays in memory across an external call.
///
/// A frame runs through its operations twice, and through most of them in assembly: `_debitRun` and `_creditRun` do what
/// `_tryDebit` and `_settleOperation` do for operations that succeed and concern nobody but their signer, and stop before any
/// other. Thus each rule stands in plain Solidity, and all refusals, refunds and reverts are decided there.
abstract contract LedgerSections is LedgerSettlements {
    using AssetId for uint256;
    using HolderFlags for Word;
    using OperationLib for bytes;
    using OperationLib for uint256;
    using OperationLib for uint256[];

    /// @dev One asset of a section, and what the frame counts of it. Loops in assembly know the places of the fields.
    struct Leg {
        /// @dev Whether movements concern nobody but their parties: no RULES in the section, no NOTIFY, no log.
        bool isQuiet; //    0x00
        /// @dev Slot of the mapping from accounts to their words of the id.
        bytes32 cells; //   0x20
        /// @dev Bits above the id's half of these words, 144 or 32, and bits below it, 0 or 112.
        uint256 above; //   0x40
        uint256 below; //   0x60
        /// @dev The relayer's fee for an executed operation.
        uint256 fee; //     0x80
        /// @dev Sums of what went into the book, of what left it, and of the fees.
        uint256 taken; //   0xa0
        uint256 paid; //    0xc0
        uint256 earned; //  0xe0
        uint256 id;
        uint256 side;
        /// @dev Whether the issuer has a say.
        bool hasRules;
        /// @dev Whether movements are logged one by one (RULES and facades demand it).
        bool isLogged;
    }

    /// @dev What a frame knows of its section.
    struct Frame {
        uint256 version;
        address protocol;
        /// @dev Who earns the fees.
        address feeTo;
        /// @dev By side: asset 0, asset 1, shares, nothing.
        Leg[4] legs;
        /// @dev As the protocol sees them: both words of a skipped operation are 0. No other has a head of 0, because the
        /// zero address never consents.
        uint256[] operations;
        uint256[] skipped;
    }

    /// @dev One step of the sequence in a word; for assembly, which takes literals only.
    uint256 private constant SEQUENCE_STEP = 0x0000010000000000000000000000000000000000000000000000000000000000;

    /// @dev The version whose section is being executed.
    uint256 private transient _version;
    mapping(bytes32 book => Cell) internal _books;

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
        bytes memory frame = msg.data;
        bytes4 selector = this.settleFrame.selector;
        assembly ("memory-safe") {
            mstore(add(frame, 32), or(selector, shr(32, shl(32, mload(add(frame, 32))))))
        }
        _checkGas(section.gasCap);
        bytes memory answer;
        // The answer is small: the frame's own errors, or one bit for each operation.
        (executed, answer) = address(this).call{gas: section.gasCap}(frame);
        if (executed) skipped = answer.lastArray(_skipWords(operations));
    }

    /// @inheritdoc ILedger
    function settleFrame(
        ILedgerProtocol.Section calldata section,
        uint256[] calldata operations
    ) external nonReentrant returns (uint256[] memory skipped) {
        require(msg.sender == address(this), LedgerNotSelf(msg.sender));
        Frame memory frame;
        (frame.version, frame.protocol, frame.feeTo) = (_version, section.protocol, section.feeTo);
        Leg[4] memory legs = frame.legs;
        _setLeg(legs[0], section.asset0, section.fee0);
        _setLeg(legs[1], section.asset1, section.fee1);
        if (section.shareId != 0) _setLeg(legs[2], section.shareId, legs[2].fee); // 0; for a literal the compiler would write `_setLeg` twice
        // Shares are minted and burnt by their own issuer: there is nobody to ask.
        legs[2].hasRules = false;
        // Who may not receive one asset of a section with RULES may not act in it at all.
        if (legs[0].hasRules || legs[1].hasRules)
            (legs[0].isQuiet, legs[1].isQuiet, legs[2].isQuiet) = (false, false, false);
        frame.skipped = new uint256[](_skipWords(operations));
        if (frame.protocol == address(0)) {
            frame.operations = operations;
            _debitAll(frame);
            _payFees(frame);
        } else {
            _settleProtocol(frame, section, operations);
        }
        return frame.skipped;
    }

    /* VIEWS */

    /// @inheritdoc ILedger
    function bookOf(address protocol, bytes32 key, uint256 asset0, uint256 asset1) external view returns (Word) {
        return _books[BookId.bookId(protocol, asset0, asset1, key)].word;
    }

    /* INTERNALS */

    /// @dev Writes a book after `inputs` came and `outputs` went; the flags are those of `outputs`.
    function _rebook(Cell storage cell, bytes32 book, Word inputs, Word outputs) internal {
        (bool ok, Word word) = cell.word.trySettle(inputs, outputs);
        require(ok, LedgerInsufficientBook(book, cell.word, inputs, outputs));
        cell.word = word;
    }

    /// @dev A fee in an asset whose issuer has a say or an ear would have to be asked about or told.
    function _setLeg(Leg memory leg, uint256 id, uint256 fee) private view {
        if (fee != 0) require(fee <= WordLib.MAX_AMOUNT && id.isPlain(), LedgerInvalidFee(id, fee));
        uint256 key;
        (key, leg.side) = homeOf(id);
        (leg.id, leg.fee) = (id, fee);
        unchecked {
            // side is 0 or 1
            leg.below = leg.side * WordLib.HALF;
            leg.above = 144 - leg.below;
        }
        mapping(address account => Cell) storage cells = _cells[key];
        bytes32 slot;
        assembly ("memory-safe") {
            slot := cells.slot
        }
        leg.cells = slot;
        leg.isQuiet = true;
        if (!id.isIssued()) return;
        leg.hasRules = id.hasRules();
        leg.isLogged = leg.hasRules || facadeOf[id] != address(0);
        if (leg.isLogged || id.hasNotice()) leg.isQuiet = false;
    }

    /// @dev How many words hold one bit for each operation.
    function _skipWords(uint256[] calldata operations) private pure returns (uint256) {
        unchecked {
            return (operations.length / 2 + 255) / 256; // a length in calldata is below 2^64
        }
    }

    /// @dev Positions of the first operation and after the last.
    function _bounds(uint256[] memory operations) private pure returns (uint256 position, uint256 end) {
        position = operations.first();
        unchecked {
            end = position + 32 * operations.length; // within memory
        }
    }

    function _settleProtocol(
        Frame memory frame,
        ILedgerProtocol.Section calldata section,
        uint256[] calldata operations
    ) private {
        address protocol = frame.protocol;
        uint256 shareId = section.shareId;
        bytes32 book = BookId.bookId(protocol, section.asset0, section.asset1, section.key);
        if (shareId != 0) _checkIssuedBy(protocol, book, shareId);
        // The request holds the only copy of the operations: `_debitAll` blanks in place what it skips.
        bytes memory request = abi.encodeCall(
            ILedgerProtocol.onLedgerBatch,
            (book, _books[book].word, shareId, section.parameters, operations)
        );
        frame.operations = request.lastArray(operations.length);
        _debitAll(frame);
        (uint256 flags, uint256[] memory payouts) = _ask(protocol, request, operations.length / 2);
        _creditAll(frame, payouts);
        _payFees(frame);
        (Leg memory leg0, Leg memory leg1) = (frame.legs[0], frame.legs[1]);
        // MAX_AMOUNT is all ones, so it bounds the four sums if it bounds their bits together.
        uint256 sums = leg0.taken | leg1.taken | leg0.paid | leg1.paid;
        require(sums <= WordLib.MAX_AMOUNT, LedgerSectionOverflow(protocol));
        Word outputs = WordLib.pack(leg0.paid, leg1.paid).withFlags(uint32(flags));
        _rebook(_books[book], book, WordLib.pack(leg0.taken, leg1.taken), outputs);
        if (leg0.isQuiet && leg1.isQuiet) return;
        _checkBook(section.asset0, protocol); // here, where sections of plain assets do not come
        _checkBook(section.asset1, protocol);
        _notifyAll(frame, payouts);
    }

    /// @dev A protocol's own revert data stays here, whatever its size.
    function _ask(
        address protocol,
        bytes memory request,
        uint256 count
    ) private returns (uint256 flags, uint256[] memory payouts) {
        (bool ok, bytes memory answer) = protocol.call(request);
        // An account without code answers nothing.
        _checkWorked(ok && answer.length >= 128, protocol);
        bytes4 magic;
        uint256 offset;
        uint256 length;
        assembly ("memory-safe") {
            magic := mload(add(answer, 32))
            flags := mload(add(answer, 64)) // only its low 32 bits count
            offset := mload(add(answer, 96))
            length := mload(add(answer, 128))
        }
        if (magic != ILedgerProtocol.onLedgerBatch.selector) _refuseAnswer(protocol, magic);
        require(length == count, LedgerPayoutCount(length, count));
        // The payouts stay where they are; this is the encoding that compilers write.
        unchecked {
            // count is that of an array in memory
            _checkWorked(offset == 96 && answer.length == 128 + 32 * count, protocol);
        }
        payouts = answer.lastArray(count);
    }

    /// @dev Debits every operation that may be debited; transfers are credited here too, one by one, on running state. Both
    /// words of a skipped operation are blanked, so that the protocol cannot take it for one without a debit.
    function _debitAll(Frame memory frame) private {
        bool isTransfer = frame.protocol == address(0);
        (uint256 position, uint256 end) = _bounds(frame.operations);
        position = _debitRun(frame.legs, frame.version, position, end, isTransfer);
        while (position < end) {
            (uint256 head, uint256 body) = (position.load(), position.loadBody());
            bool ok =
                isTransfer ? _tryTransfer(frame, head, body) : _tryDebit(frame, head, body.amount(), frame.protocol);
            if (!ok) _skip(frame, position);
            position = _debitRun(frame.legs, frame.version, position.next(), end, isTransfer);
        }
    }

    /// @dev Debits operations as `_tryDebit` does, or makes transfers as `_tryTransfer` does, and stops before the first that
    /// would be refused, has to be asked about, or is to oneself.
    function _debitRun(
        Leg[4] memory legs,
        uint256 version,
        uint256 position,
        uint256 end,
        bool isTransfer
    ) private returns (uint256) {
        assembly ("memory-safe") {
            version := add(224, version) // bit of the consent
            let head := mload(position)
            let leg := mload(add(legs, and(shr(75, head), 0x60))) // legs[head.side()]
            for {} and(lt(position, end), mload(leg)) {} {
                // Operations of one signer follow each other: his word is loaded and stored once for all that debit it.
                mstore(0, shr(96, head))
                mstore(32, mload(add(leg, 0x20)))
                let slot := keccak256(0, 64) // of _cells[key][account]
                let word := sload(slot)
                for {} 1 {} {
                    let amount := shr(144, shl(144, mload(add(position, 32))))
                    let debit := add(amount, mload(add(leg, 0x80)))
                    // Nothing to debit or more than the half holds; no consent; another sequence, or one that wraps.
                    if or(
                        or(iszero(amount), gt(debit, shr(144, shl(mload(add(leg, 0x40)), word)))),
                        or(
                            iszero(and(shr(version, word), 1)),
                            or(
                                and(xor(shr(232, word), shr(88, head)), 0xff),
                                shr(248, xor(word, add(word, SEQUENCE_STEP)))
                            )
                        )
                    ) {
                        end := 0
                        break
                    }
                    if isTransfer {
                        let to := shr(96, shl(96, or(shl(144, head), shr(112, mload(add(position, 32))))))
                        // To nobody, to the ledger, to oneself; in shares.
                        if or(or(iszero(to), eq(to, address())), or(eq(to, shr(96, head)), and(shr(81, head), 1))) {
                            end := 0
                            break
                        }
                        mstore(0, to)
                        to := keccak256(0, 64)
                        mstore(0, shr(96, head))
                        let held := sload(to)
                        // A fresh word takes the consent over if the kind says so.
                        if iszero(held) {
                            held := shl(version, and(shr(82, head), 1))
                        }
                        // What does not fit reverts the section, in `_credit`.
                        if shr(112, add(shr(144, shl(mload(add(leg, 0x40)), held)), amount)) {
                            end := 0
                            break
                        }
                        sstore(to, add(held, shl(mload(add(leg, 0x60)), amount)))
                    }
                    word := sub(add(word, SEQUENCE_STEP), shl(mload(add(leg, 0x60)), debit))
                    // Each is below 2^112, and there are fewer than 2^32 of them.
                    mstore(add(leg, 0xa0), add(mload(add(leg, 0xa0)), amount))
                    mstore(add(leg, 0xe0), add(mload(add(leg, 0xe0)), sub(debit, amount)))
                    position := add(position, 64)
                    head := mload(position)
                    leg := mload(add(legs, and(shr(75, head), 0x60)))
                    // The end, another account, another word, or one that is not quiet.
                    if or(
                        iszero(and(lt(position, end), mload(leg))),
                        or(xor(mload(0), shr(96, head)), xor(mload(32), mload(add(leg, 0x20))))
                    ) {
                        break
                    }
                }
                sstore(slot, word)
            }
        }
        return position;
    }

    function _tryTransfer(Frame memory frame, uint256 head, uint256 body) private returns (bool) {
        (address to, uint256 amount, uint256 side) = (head.receiver(body), body.amount(), head.side());
        if (side > 1 || to == address(0) || to == address(this)) return false;
        if (!_tryDebit(frame, head, amount, to)) return false;
        Leg memory leg = frame.legs[side];
        if (head.kind() & OperationLib.CONSENT != 0) _consentFresh(frame, leg, to);
        _credit(to, leg.id, amount);
        address from = head.account();
        _logFor(frame, leg, from, to, amount);
        _logFor(frame, leg, from, frame.feeTo, leg.fee);
        _notify(leg.id, from, to, amount);
        return true;
    }

    /// @dev Debits one operation if the word consents to this version, carries the operation's sequence and holds the
    /// amount, and the issuer of an id with RULES agrees. The sequence is consumed with the debit, whatever follows.
    function _tryDebit(Frame memory frame, uint256 head, uint256 amount, address to) private returns (bool) {
        uint256 side = head.side();
        address from = head.account();
        // Where nothing moves, the word of the section's first asset consents and counts.
        bool moves = side != OperationLib.SIDE_NONE;
        Leg memory leg = frame.legs[moves ? side : 0];
        if ((amount != 0) != moves || leg.id == 0) return false;
        Cell storage cell = _cellOf(from, leg.id);
        bool ok;
        Word left;
        unchecked {
            uint256 debit = moves ? amount + leg.fee : 0; // below 2^113
            (ok, left) = cell.word.tryOperate(frame.version, head.sequence(), leg.side, debit);
        }
        if (!ok) return false;
        if (!leg.isQuiet && !(moves ? _isAgreed(frame, leg, from, to, amount) : _mayReceive(frame, from))) return false;
        cell.word = left; // issuers are asked statically: the word is the one that was checked
        if (!moves) return true;
        unchecked {
            // each below 2^112, fewer than 2^32 of them
            leg.taken += amount;
            leg.earned += leg.fee;
        }
        if (frame.protocol != address(0)) _logFor(frame, leg, from, address(0), amount);
        return true;
    }

    /// @dev Whether the issuers of a section with RULES agree: to the movement, and in a protocol's section to the payout.
    function _isAgreed(
        Frame memory frame,
        Leg memory leg,
        address from,
        address to,
        uint256 amount
    ) private view returns (bool) {
        if (leg.hasRules) {
            if (_cellOf(from, leg.id).word.isFrozen() || !_isAllowed(leg.id, from, to, amount)) return false;
        }
        return frame.protocol == address(0) || _mayReceive(frame, from);
    }

    /// @dev Whether the signer may be paid the section's assets: asked before his debit, so that one who may not is
    /// skipped alone.
    function _mayReceive(Frame memory frame, address to) private view returns (bool) {
        for (uint256 side; side < 2; ++side) {
            Leg memory leg = frame.legs[side];
            // Of nothing: there is no fee in an asset with RULES.
            if (leg.hasRules && !_isAllowed(leg.id, frame.protocol, to, leg.fee)) return false;
        }
        return true;
    }

    /// @dev Pays every operation, or gives back what was taken.
    function _creditAll(Frame memory frame, uint256[] memory payouts) private {
        (uint256 position, uint256 end) = _bounds(frame.operations);
        uint256 answer = payouts.first();
        (position, answer) = _creditRun(frame.legs, frame.version, position, end, answer);
        while (position < end) {
            _settleOperation(frame, position, answer.load());
            unchecked {
                answer += 32; // within memory
            }
            (position, answer) = _creditRun(frame.legs, frame.version, position.next(), end, answer);
        }
    }

    /// @dev Pays operations as `_settleOperation` does, and stops before the first that failed, concerns others than its
    /// signer, or does not fit.
    function _creditRun(
        Leg[4] memory legs,
        uint256 version,
        uint256 position,
        uint256 end,
        uint256 answer
    ) private returns (uint256, uint256) {
        assembly ("memory-safe") {
            let leg0 := mload(legs)
            let leg1 := mload(add(legs, 0x20))
            let leg2 := mload(add(legs, 0x40))
            let fresh := shl(add(224, version), 1)
            let hasFees := iszero(iszero(or(mload(add(leg0, 0x80)), mload(add(leg1, 0x80)))))
            // Asset 0 and asset 1 are quiet, or nothing is done.
            if iszero(and(mload(leg0), mload(leg1))) {
                end := 0
            }
            for {} lt(position, end) {
                position := add(position, 64)
                answer := add(answer, 32)
            } {
                let head := mload(position)
                // Skipped.
                if iszero(head) {
                    continue
                }
                // Side 2 or 3: the fee is in the payout.
                if and(hasFees, shr(81, head)) {
                    break
                }
                let amount := mload(answer)
                let leg := leg0
                if shr(112, amount) {
                    switch shr(254, amount)
                    case 0 {
                        // Both assets.
                        if shl(144, amount) {
                            break
                        }
                        leg := leg1
                        amount := shr(112, amount)
                    }
                    default {
                        // Shares, unless bit 255 says that it failed.
                        if iszero(and(mload(leg2), eq(shr(254, amount), 1))) {
                            break
                        }
                        leg := leg2
                    }
                    amount := shr(144, shl(144, amount))
                }
                if iszero(amount) {
                    continue
                }
                mstore(0, shr(96, head))
                mstore(32, mload(add(leg, 0x20)))
                let slot := keccak256(0, 64) // of _cells[key][account]
                let word := sload(slot)
                if iszero(word) {
                    word := fresh
                }
                if shr(112, add(shr(144, shl(mload(add(leg, 0x40)), word)), amount)) {
                    break
                }
                sstore(slot, add(word, shl(mload(add(leg, 0x60)), amount)))
                leg := add(leg, 0xc0)
                mstore(leg, add(mload(leg), amount)) // leg.paid: each below 2^112, fewer than 2^32 of them
            }
        }
        return (position, answer);
    }

    /// @dev Pays one operation, or gives back what was taken. An operation that put in no asset pays the fee out of what it
    /// is paid: of asset 0 if there is any, else of asset 1.
    function _settleOperation(Frame memory frame, uint256 position, uint256 payout) private {
        uint256 head = position.load();
        if (head == 0) return; // skipped
        if (payout & OperationLib.FAILED != 0) {
            _refund(frame, head, position.loadBody().amount());
            _skip(frame, position);
            return;
        }
        uint256 side = head.side();
        Leg memory leg = frame.legs[side];
        if (side < 2) _logFor(frame, leg, head.account(), frame.feeTo, leg.fee);
        if (payout & OperationLib.SHARES != 0) {
            leg = frame.legs[2]; // its fee is 0
            if (leg.id == 0) _refuseIssuer(frame.protocol, leg.id);
            _payOperation(frame, leg, head, payout.amount(), leg.fee);
        } else {
            (uint256 out0, uint256 out1) = (payout.amount(), payout.limit());
            (Leg memory leg0, Leg memory leg1) = (frame.legs[0], frame.legs[1]);
            _payOperation(frame, leg0, head, out0, side < 2 ? 0 : leg0.fee);
            _payOperation(frame, leg1, head, out1, side < 2 || out0 != 0 ? 0 : leg1.fee);
        }
    }

    function _refund(Frame memory frame, uint256 head, uint256 amount) private {
        uint256 side = head.side();
        if (side == OperationLib.SIDE_NONE) return;
        Leg memory leg = frame.legs[side];
        unchecked {
            // both were added by the debit
            leg.taken -= amount;
            leg.earned -= leg.fee;
            _credit(head.account(), leg.id, amount + leg.fee); // below 2^113
        }
        _logFor(frame, leg, address(0), head.account(), amount);
    }

    /// @dev Credits the signer with `amount` less the fee, at most `fee`. An issuer that refuses a payout which it allowed in
    /// principle takes down its own section.
    function _payOperation(Frame memory frame, Leg memory leg, uint256 head, uint256 amount, uint256 fee) private {
        if (amount == 0) return;
        if (fee > amount) fee = amount;
        address to = head.account();
        if (leg.hasRules) _checkAllowed(leg.id, frame.protocol, to, amount);
        unchecked {
            // each below 2^112, fewer than 2^32 of them
            leg.paid += amount;
            leg.earned += fee;
            if (fee != amount) {
                _consentFresh(frame, leg, to);
                _credit(to, leg.id, amount - fee); // fee < amount
            }
        }
        _logFor(frame, leg, address(0), to, amount);
        _logFor(frame, leg, to, frame.feeTo, fee);
    }

    /// @dev A fresh word takes over the consent under which it is about to be credited.
    function _consentFresh(Frame memory frame, Leg memory leg, address account) private {
        Cell storage cell = _cellOf(account, leg.id);
        if (Word.unwrap(cell.word) == 0) cell.word = cell.word.withConsent(uint8(1 << frame.version)); // version < 8
    }

    /// @dev Credits the fees, once a side. They are in plain assets, so there is nobody to ask or to tell.
    function _payFees(Frame memory frame) private {
        for (uint256 side; side < 2; ++side) {
            Leg memory leg = frame.legs[side];
            if (leg.earned == 0) continue;
            _credit(frame.feeTo, leg.id, leg.earned);
        }
    }

    function _logFor(Frame memory frame, Leg memory leg, address from, address to, uint256 amount) private {
        if (amount != 0 && leg.isLogged) _log(_settlementAt[frame.version], from, to, leg.id, amount);
    }

    /// @dev Tells the issuers of ids with NOTIFY, when every word of the section is stored: first of all that went in,
    /// then of all that came out.
    function _notifyAll(Frame memory frame, uint256[] memory payouts) private {
        (uint256 id0, uint256 id1) = (frame.legs[0].id, frame.legs[1].id);
        (uint256 position, uint256 end) = _bounds(frame.operations);
        for (; position < end; position = position.next()) {
            (uint256 head, uint256 amount) = (position.load(), position.loadBody().amount());
            uint256 side = head.side();
            if (head != 0 && side < 2) _notify(frame.legs[side].id, head.account(), frame.protocol, amount);
        }
        uint256 answer = payouts.first();
        for (position = frame.operations.first(); position < end; position = position.next()) {
            (address account, uint256 payout) = (position.load().account(), answer.load());
            unchecked {
                answer += 32; // within memory
            }
            // minted by the issuer itself
            if (account == address(0) || payout & OperationLib.SHARES != 0) continue;
            _notify(id0, frame.protocol, account, payout.amount());
            _notify(id1, frame.protocol, account, payout.limit());
        }
    }

    /// @dev Notes that the operation at the position is skipped, and blanks it.
    function _skip(Frame memory frame, uint256 position) private pure {
        position.blank();
        unchecked {
            uint256 index = (position - frame.operations.first()) / 64; // the position is one of the array
            frame.skipped[index >> 8] |= 1 << (index & 255);
        }
    }
}
