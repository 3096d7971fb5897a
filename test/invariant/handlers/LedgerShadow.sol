// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OperationLib} from "../../../contracts/libraries/OperationLib.sol";
import {LedgerFixture} from "../../helpers/solidity/LedgerFixture.sol";

/// @title LedgerShadow
/// @notice A plain second ledger: every amount and flag in a variable of its own, and what each action must do to them.
/// @dev A model function reverts where the ledger must refuse; its caller then finds the shadow unchanged.
abstract contract LedgerShadow is LedgerFixture {
    using OperationLib for uint256;

    struct Book {
        uint256[2] ids;
        uint256[2] amounts;
        uint32 flags;
    }

    struct CallModel {
        address actor;
        address to;
        uint256 book;
        uint256[2] amountsIn;
        uint256[2] out;
        bool fromWallet;
        bool toWallet;
        uint256 mint;
        uint256 burn;
        uint32 flags;
    }

    /// @dev What the relayer takes of a section.
    struct Fees {
        uint256[2] each;
        address to;
    }

    struct SectionModel {
        Fees fees;
        uint256 book;
        uint256[] words;
        uint256[] payouts;
        bool magic;
        uint32 flags;
    }

    uint256 internal constant MAX = 2 ** 112 - 1;

    mapping(address account => mapping(uint256 id => uint256)) public shadowBalance;
    mapping(address account => mapping(uint256 key => uint8)) public shadowConsent;
    mapping(address account => mapping(uint256 key => uint16)) public shadowSequence;
    mapping(address account => mapping(uint256 key => bool)) public shadowFrozen;
    mapping(address account => bool) public shadowRefused;
    mapping(address owner => mapping(address spender => bool)) public shadowOperator;
    mapping(address owner => mapping(address spender => mapping(uint256 id => uint256))) public shadowAllowance;
    mapping(uint256 id => uint256) public issuedSupply;
    mapping(uint256 id => uint256) public keyOf;
    mapping(uint256 key => uint256[2]) internal _idsAt;
    Book[3] internal _shadowBooks;
    uint256 public rulesId;
    uint256 public shareId;

    error ShadowRefuses();

    modifier onlySelf() {
        require(msg.sender == address(this), ShadowRefuses());
        _;
    }

    /* MODELS */

    function modelTransfer(address from, address to, uint256 id, uint256 amount) external onlySelf {
        _checkRules(from, to, id);
        _debit(from, id, amount);
        _credit(to, id, amount);
    }

    function modelTransferFrom(
        address spender,
        address from,
        address to,
        uint256 id,
        uint256 amount
    ) external onlySelf {
        uint256 allowed = shadowAllowance[from][spender][id];
        if (spender != from && !shadowOperator[from][spender] && allowed != type(uint256).max) {
            require(allowed >= amount, ShadowRefuses());
            shadowAllowance[from][spender][id] = allowed - amount;
        }
        _checkRules(from, to, id);
        _debit(from, id, amount);
        _credit(to, id, amount);
    }

    function modelIn(address to, uint256 id, uint256 amount) external onlySelf {
        require(amount != 0, ShadowRefuses());
        _credit(to, id, amount);
    }

    function modelOut(address from, uint256 id, uint256 amount) external onlySelf {
        require(amount != 0, ShadowRefuses());
        _debit(from, id, amount);
    }

    function modelMint(address to, uint256 id, uint256 amount) external onlySelf {
        _credit(to, id, amount);
        issuedSupply[id] += amount;
    }

    function modelBurn(address from, uint256 id, uint256 amount) external onlySelf {
        require(id == rulesId, ShadowRefuses());
        _debit(from, id, amount);
        issuedSupply[id] -= amount;
    }

    function modelForce(address from, address to, uint256 id, uint256 amount) external onlySelf {
        require(id == rulesId, ShadowRefuses());
        _debit(from, id, amount);
        _credit(to, id, amount);
    }

    function modelCall(CallModel memory model) external onlySelf {
        _takeInputs(model);
        _step(model, model.amountsIn, false);
    }

    /// @dev The same call twice: the second is carried the tokens that the first pays, and takes nothing from the actor.
    function modelPath(CallModel memory model) external onlySelf {
        _takeInputs(model);
        uint256[2] memory carried = _step(model, model.amountsIn, true);
        require(carried[0] | carried[1] != 0, ShadowRefuses());
        _step(model, carried, false);
    }

    /// @dev Operations on a transfer section, each on what those before it left; answers the bits of those skipped. A
    /// credit that does not fit takes the whole section down.
    function modelTransfers(
        uint256[2] memory ids,
        uint256[] memory words,
        Fees memory fees
    ) external onlySelf returns (uint256 skipped) {
        uint256[2] memory earned;
        _checkFees(ids, fees);
        for (uint256 i; i < words.length / 2; ++i) {
            (uint256 head, uint256 body) = (words[2 * i], words[2 * i + 1]);
            (uint256 side, address to, uint256 amount) = (head.side(), head.receiver(body), body.amount());
            bool ok = side < 2 && to != address(0) && to != address(ledger);
            if (ok) ok = _passes(head, amount, fees.each[side], ids[side]) && _mayMove(head.account(), to, ids[side]);
            if (!ok) {
                skipped |= 1 << i;
                continue;
            }
            _consume(head, amount + fees.each[side], ids[side]);
            earned[side] += fees.each[side];
            if (head.kind() & OperationLib.CONSENT != 0) _consentFresh(to, ids[side]);
            _credit(to, ids[side], amount);
        }
        _payFees(ids, earned, fees.to);
    }

    /// @dev A section of a protocol whose payouts are given. Answers the bits of the operations that the protocol sees
    /// blanked, and of all that are skipped or fail.
    function modelSection(SectionModel memory model) external onlySelf returns (uint256 skipped, uint256 blanked) {
        Book storage book = _shadowBooks[model.book];
        uint256[3] memory ids = [book.ids[0], book.ids[1], model.book == 0 ? shareId : 0];
        uint256[3] memory taken;
        uint256[2] memory earned;
        _checkFees(book.ids, model.fees);
        blanked = _takeAll(model, ids, taken, earned);
        require(model.magic, ShadowRefuses());
        uint256[2] memory paid;
        skipped = blanked | _payAll(model, ids, blanked, taken, paid, earned);
        _payFees(book.ids, earned, model.fees.to);
        if (ids[2] != 0) issuedSupply[shareId] -= taken[2];
        book.flags = model.flags;
        for (uint256 side; side < 2; ++side) {
            require(taken[side] <= MAX && paid[side] <= MAX, ShadowRefuses());
            _rebook(book, side, taken[side], paid[side]);
        }
    }

    /* VIEWS */

    function shadowBook(uint256 index) external view returns (Book memory) {
        return _shadowBooks[index];
    }

    function idsAt(uint256 key) external view returns (uint256[2] memory) {
        return _idsAt[key];
    }

    /* INTERNALS */

    /// @dev Debits the operations of a section; answers the bits of those that are skipped.
    function _takeAll(
        SectionModel memory model,
        uint256[3] memory ids,
        uint256[3] memory taken,
        uint256[2] memory earned
    ) private returns (uint256 skipped) {
        for (uint256 i; i < model.words.length / 2; ++i) {
            (uint256 head, uint256 amount) = (model.words[2 * i], model.words[2 * i + 1].amount());
            (uint256 side, address from) = (head.side(), head.account());
            bool ok = _mayReceive(from, ids[0]) && _mayReceive(from, ids[1]);
            if (side == 3) {
                uint256 key = keyOf[ids[0]];
                ok = ok && amount == 0 && shadowConsent[from][key] & 1 != 0;
                ok = ok && uint8(shadowSequence[from][key]) == head.sequence();
                if (ok) _consume(head, 0, ids[0]);
            } else {
                uint256 fee = side < 2 ? model.fees.each[side] : 0;
                ok = ok && ids[side] != 0 && _passes(head, amount, fee, ids[side]) && _mayMove(from, from, ids[side]);
                if (ok) {
                    _consume(head, amount + fee, ids[side]);
                    taken[side] += amount;
                    if (side < 2) earned[side] += fee;
                }
            }
            if (!ok) skipped |= 1 << i;
        }
    }

    /// @dev Pays the operations of a section; answers the bits of those that failed, and takes their refunds off `taken`.
    function _payAll(
        SectionModel memory model,
        uint256[3] memory ids,
        uint256 blanked,
        uint256[3] memory taken,
        uint256[2] memory paid,
        uint256[2] memory earned
    ) private returns (uint256 failed) {
        for (uint256 i; i < model.payouts.length; ++i) {
            if ((blanked >> i) & 1 != 0) continue;
            (uint256 payout, address account) = (model.payouts[i], model.words[2 * i].account());
            uint256 side = model.words[2 * i].side();
            if (payout & OperationLib.FAILED != 0) {
                failed |= 1 << i;
                uint256 amount = model.words[2 * i + 1].amount();
                if (side == 3) continue;
                taken[side] -= amount;
                if (side < 2) {
                    earned[side] -= model.fees.each[side];
                    amount += model.fees.each[side];
                }
                _creditSigner(account, ids[side], amount);
            } else if (payout & OperationLib.SHARES != 0) {
                _creditSigner(account, shareId, payout.amount());
                issuedSupply[shareId] += payout.amount();
            } else {
                uint256[2] memory out = [payout.amount(), payout.limit()];
                paid[0] += out[0];
                paid[1] += out[1];
                if (side > 1) {
                    // nothing went in as an asset: the fee is taken out of what comes out
                    uint256 from = out[0] != 0 ? 0 : 1;
                    uint256 fee = model.fees.each[from] < out[from] ? model.fees.each[from] : out[from];
                    out[from] -= fee;
                    earned[from] += fee;
                }
                _creditSigner(account, ids[0], out[0]);
                _creditSigner(account, ids[1], out[1]);
            }
        }
    }

    function _payFees(uint256[2] memory ids, uint256[2] memory earned, address to) private {
        for (uint256 side; side < 2; ++side) if (earned[side] != 0) _credit(to, ids[side], earned[side]);
    }

    /// @dev What leaves a book: issued assets stay in the ledger, whatever the destination.
    function _deliver(address to, uint256 id, uint256 amount, bool leaves) private {
        if (amount == 0) return;
        require(_mayReceive(to, id), ShadowRefuses());
        if (!leaves || !_isToken(id)) _credit(to, id, amount);
    }

    function _debit(address account, uint256 id, uint256 amount) private {
        require(shadowBalance[account][id] >= amount, ShadowRefuses());
        shadowBalance[account][id] -= amount;
    }

    function _credit(address account, uint256 id, uint256 amount) private {
        require(shadowBalance[account][id] + amount <= MAX, ShadowRefuses());
        shadowBalance[account][id] += amount;
    }

    /// @dev A word with nothing in it takes over the consent under which its owner acted.
    function _creditSigner(address account, uint256 id, uint256 amount) private {
        if (amount == 0) return;
        _consentFresh(account, id);
        _credit(account, id, amount);
    }

    function _consentFresh(address account, uint256 id) private {
        uint256 key = keyOf[id];
        uint256[2] memory ids = _idsAt[key];
        bool empty = shadowBalance[account][ids[0]] == 0 && (ids[1] == 0 || shadowBalance[account][ids[1]] == 0);
        bool flagless = shadowConsent[account][key] == 0 && shadowSequence[account][key] == 0;
        if (empty && flagless && !shadowFrozen[account][key]) shadowConsent[account][key] = 1;
    }

    function _takeInputs(CallModel memory model) private {
        Book storage book = _shadowBooks[model.book];
        for (uint256 side; side < 2; ++side) {
            (uint256 id, uint256 given) = (book.ids[side], model.amountsIn[side]);
            if (given == 0 || (model.fromWallet && _isToken(id))) continue;
            _checkRules(model.actor, model.actor, id);
            _debit(model.actor, id, given);
        }
    }

    /// @dev What one call does with its inputs; what it would pay in tokens is answered instead where it `carries` them.
    function _step(
        CallModel memory model,
        uint256[2] memory amountsIn,
        bool carries
    ) private returns (uint256[2] memory carried) {
        Book storage book = _shadowBooks[model.book];
        book.flags = model.flags;
        for (uint256 side; side < 2; ++side) _rebook(book, side, amountsIn[side], model.out[side]);
        _debit(model.actor, shareId, model.burn);
        _credit(model.to, shareId, model.mint);
        issuedSupply[shareId] = issuedSupply[shareId] + model.mint - model.burn;
        for (uint256 side; side < 2; ++side) {
            (uint256 given, uint256 out) = (amountsIn[side], model.out[side]);
            uint256 change = given < out ? given : out;
            _deliver(model.actor, book.ids[side], change, model.fromWallet);
            if (carries && _isToken(book.ids[side])) carried[side] = out - change;
            else _deliver(model.to, book.ids[side], out - change, model.toWallet);
        }
    }

    function _rebook(Book storage book, uint256 side, uint256 amountIn, uint256 amountOut) private {
        require(book.amounts[side] + amountIn >= amountOut, ShadowRefuses());
        require(book.amounts[side] + amountIn - amountOut <= MAX, ShadowRefuses());
        book.amounts[side] = book.amounts[side] + amountIn - amountOut;
    }

    function _consume(uint256 head, uint256 amount, uint256 id) private {
        address from = head.account();
        shadowBalance[from][id] -= amount;
        unchecked {
            shadowSequence[from][keyOf[id]] += 1; // wraps as the ledger's does
        }
    }

    function _passes(uint256 head, uint256 amount, uint256 fee, uint256 id) private view returns (bool) {
        (address from, uint256 key) = (head.account(), keyOf[id]);
        return
            amount != 0 &&
            shadowConsent[from][key] & 1 != 0 &&
            uint8(shadowSequence[from][key]) == head.sequence() &&
            shadowBalance[from][id] >= amount + fee;
    }

    function _mayMove(address from, address to, uint256 id) private view returns (bool) {
        if (id != rulesId) return true;
        return !shadowFrozen[from][keyOf[id]] && !shadowRefused[from] && !shadowRefused[to];
    }

    /// @dev Whether a protocol may pay `id` to `to`.
    function _mayReceive(address to, uint256 id) private view returns (bool) {
        return id != rulesId || !shadowRefused[to];
    }

    /// @dev A fee is at most what a half holds, and in an asset without RULES and NOTIFY.
    function _checkFees(uint256[2] memory ids, Fees memory fees) private pure {
        for (uint256 side; side < 2; ++side) {
            require(fees.each[side] == 0 || (_isToken(ids[side]) && fees.each[side] <= MAX), ShadowRefuses());
        }
    }

    function _isToken(uint256 id) internal pure returns (bool) {
        return id <= type(uint160).max;
    }

    function _checkRules(address from, address to, uint256 id) private view {
        require(_mayMove(from, to, id), ShadowRefuses());
    }
}
