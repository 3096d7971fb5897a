// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {IPermit2} from "../interfaces/external/IPermit2.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {BookId} from "../libraries/BookId.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {Word} from "../types/Word.sol";
import {LedgerAccounts} from "./LedgerAccounts.sol";
import {LedgerCustody} from "./LedgerCustody.sol";
import {LedgerSections} from "./LedgerSections.sol";

/// @title Ledger
/// @notice Holds every asset of the suite; the only contract that moves balances. Immutable, without an owner of funds.
/// @dev One job a file: `LedgerAccounts` words and ERC-6909, `LedgerCustody` tokens in and out, `LedgerSections` batches,
/// this file a wallet's actions on protocols. `multicall` is not payable, and each step takes the lock by itself; a path takes
/// it once.
contract Ledger is LedgerSections {
    using AssetId for uint256;

    /// @param authority OpenZeppelin AccessManager: lists cores and settlement versions, never touches balances
    /// @param weth wrapped ether
    /// @param permit2Contract Permit2
    /// @param homePairs token pairs that share a word
    constructor(
        IAccessManager authority,
        address weth,
        IPermit2 permit2Contract,
        address[2][] memory homePairs
    ) LedgerAccounts(authority, homePairs) LedgerCustody(weth, permit2Contract) {}

    /* USER ACTIONS */

    /// @notice Makes several calls of the ledger in one, in order; if one reverts all do. Not payable: no step can count ether
    /// that another one spent.
    function multicall(bytes[] calldata data) external returns (bytes[] memory results) {
        results = new bytes[](data.length);
        for (uint256 i; i < data.length; ++i) {
            (bool ok, bytes memory answer) = address(this).delegatecall(data[i]);
            if (!ok) LowLevelCall.bubbleRevert(answer);
            results[i] = answer;
        }
    }

    /// @inheritdoc ILedger
    function call(
        Call calldata parameters
    ) external payable nonReentrant returns (uint256 out0, uint256 out1, uint256 minted) {
        Word none;
        assembly ("memory-safe") {
            none := iszero(calldatasize()) // 0; for a literal the compiler would write `_act` a second time
        }
        Word outputs;
        (outputs, minted, ) = _act(parameters, parameters, none);
        (out0, out1) = (outputs.amount(0), outputs.amount(1));
    }

    /// @inheritdoc ILedger
    function callPath(
        Call[] calldata calls
    ) external payable nonReentrant returns (uint256 out0, uint256 out1, uint256 minted) {
        uint256 last = calls.length;
        require(last != 0, LedgerEmptyPath());
        Call calldata next = calls[0];
        Word outputs;
        Word carried;
        unchecked {
            // last was not 0; i <= last
            --last;
            for (uint256 i; ; ++i) {
                Call calldata parameters = next;
                if (i != last) next = calls[i + 1];
                (outputs, minted, carried) = _act(parameters, next, carried);
                if (i == last) break;
                require(
                    Word.unwrap(carried) != 0 && next.amount0 | next.amount1 == 0,
                    LedgerBrokenPath(i + 1, carried, next.amount0, next.amount1)
                );
            }
        }
        (out0, out1) = (outputs.amount(0), outputs.amount(1));
    }

    /* INTERNALS */

    /// @dev Makes one call with the `inputs` that the one before carried over, or with what it takes from the caller where
    /// there are none. Answers what the receiver is paid, and what is carried over to `next`, which is the call itself where no
    /// other follows. What is not carried is delivered, told and sent here: strangers are called when every word of the call
    /// is stored, and while a carried amount is in no book, the lock keeps all of them shut.
    function _act(
        Call calldata parameters,
        Call calldata next,
        Word inputs
    ) private returns (Word outputs, uint256 minted, Word carried) {
        address to = _receiverOf(parameters);
        if (Word.unwrap(inputs) == 0) inputs = _takeAll(parameters);
        (outputs, minted) = _execute(parameters, to, inputs);
        Word change = inputs.min(outputs);
        unchecked {
            // of each side at most what is there
            if (Word.unwrap(change) != 0) outputs = Word.wrap(Word.unwrap(outputs) - Word.unwrap(change));
        }
        bool isLast;
        assembly ("memory-safe") {
            isLast := eq(parameters, next) // places in calldata
        }
        if (!isLast) (outputs, carried) = _carry(parameters, next, outputs);
        bool touchesWallet = _deliver(parameters, to, change, outputs);
        if ((parameters.asset0 | parameters.asset1).isIssued()) _notifyAll(parameters, to, inputs, change, outputs);
        if (touchesWallet) _send(parameters, to, change, outputs);
    }

    /// @dev Parts what a call pays, when its book is written: tokens of the next call's book become that one's inputs, on side
    /// 0 where both sides are of the token; the rest is left. Issued assets have issuers to ask and to tell: they stay. Two
    /// outputs of one token need not fit one side.
    function _carry(
        Call calldata parameters,
        Call calldata next,
        Word outputs
    ) private pure returns (Word left, Word carried) {
        left = outputs;
        for (uint256 side; side < 2; ++side) {
            uint256 id = side == 0 ? parameters.asset0 : parameters.asset1;
            uint256 place = id == next.asset0 ? 0 : 1;
            if (id.isIssued() || (place == 1 && id != next.asset1)) continue;
            uint256 out = outputs.amount(side);
            bool ok;
            (ok, carried) = carried.tryAdd(place, out);
            if (!ok) _refuseAmount(out);
            (, left) = left.trySub(side, out);
        }
    }

    /// @dev The receiver. The zero address stands for the caller: a forgotten receiver costs nobody anything.
    function _receiverOf(Call calldata parameters) private view returns (address to) {
        to = parameters.to;
        if (to == address(0)) to = msg.sender;
        else if (to == address(this)) _checkRecipient(to); // reverts
    }

    /// @dev Takes the inputs from the caller, with all ether that was sent.
    function _takeAll(Call calldata parameters) private returns (Word) {
        if (msg.value != 0) {
            uint256 weth = _idOf(WETH);
            uint256 wanted = parameters.asset0 == weth ? parameters.amount0 : 0;
            // A book may hold wrapped ether twice. No value reaches a sum that overflows.
            if (parameters.asset1 == weth) wanted = Math.saturatingAdd(wanted, parameters.amount1);
            require(msg.value == wanted, LedgerNativeMismatch(msg.value, wanted));
        }
        return
            WordLib.pack(
                parameters.amount0 == 0 ? 0 : _take(parameters, parameters.asset0, parameters.amount0),
                parameters.amount1 == 0 ? 0 : _take(parameters, parameters.asset1, parameters.amount1)
            );
    }

    /// @dev Takes one input from the caller and answers what arrived.
    function _take(Call calldata parameters, uint256 id, uint256 amount) private returns (uint256) {
        if (id.isIssued()) {
            _checkBook(id, parameters.protocol);
            _checkRules(id, msg.sender, parameters.protocol, amount);
        } else if (_wasNative(id, amount)) {
            _wrap(amount);
            return amount;
        } else if (parameters.source != Source.LEDGER) {
            return _pull(_tokenOf(id), amount, parameters.source == Source.PERMIT2);
        }
        _takeOut(id, msg.sender, amount);
        return amount;
    }

    /// @dev Hands the inputs to the protocol, writes its book, once, and mints and burns its share.
    function _execute(
        Call calldata parameters,
        address to,
        Word inputs
    ) private returns (Word outputs, uint256 minted) {
        address protocol = parameters.protocol;
        // A token or a facade has no `onLedgerCall`; a fallback that swallows it does not answer the magic value. An
        // account without code fails the call itself.
        require(protocol != address(this), LedgerInvalidProtocol(protocol));
        bytes32 book = BookId.bookId(protocol, parameters.asset0, parameters.asset1, parameters.key);
        Cell storage cell = _books[book];
        uint256 shareId;
        Word issue;
        (outputs, shareId, issue) = _consult(protocol, book, cell.word, inputs, parameters.data);
        _rebook(cell, book, inputs, outputs);
        if (shareId != 0) minted = _settleShares(protocol, to, book, shareId, issue);
    }

    function _consult(
        address protocol,
        bytes32 book,
        Word holdings,
        Word inputs,
        bytes calldata data
    ) private returns (Word outputs, uint256 shareId, Word issue) {
        bytes4 magic;
        (magic, outputs, shareId, issue) = ILedgerProtocol(protocol).onLedgerCall(
            msg.sender,
            book,
            holdings,
            inputs,
            data
        );
        if (magic != ILedgerProtocol.onLedgerCall.selector) _refuseAnswer(protocol, magic);
    }

    /// @dev The share is the protocol's own issue, and what it burns is the actor's, in the actor's own call.
    function _settleShares(
        address protocol,
        address to,
        bytes32 book,
        uint256 id,
        Word issue
    ) private returns (uint256 minted) {
        _checkIssuedBy(protocol, book, id);
        uint256 burnt = issue.amount(1);
        minted = issue.amount(0);
        // What a share stands for must be the receiver's to have, and the actor's to give where that is another.
        if (minted != 0 || to != msg.sender) {
            address from = burnt == 0 ? address(0) : msg.sender;
            unchecked {
                _checkAllowed(id, from, to, minted + burnt); // both below 2^112
            }
        }
        if (burnt != 0) _takeOut(id, msg.sender, burnt);
        if (minted != 0) _bringIn(id, to, minted);
    }

    /// @dev Credits what stays in the ledger: change to the caller, outputs to the receiver. Answers whether anything may
    /// be left to send.
    function _deliver(
        Call calldata parameters,
        address to,
        Word change,
        Word outputs
    ) private returns (bool touchesWallet) {
        bool stays = parameters.destination == Destination.LEDGER;
        (uint256 out0, uint256 out1) = (outputs.amount(0), outputs.amount(1));
        if (out0 != 0) _creditIf(stays, parameters, parameters.asset0, to, out0);
        if (out1 != 0) _creditIf(stays, parameters, parameters.asset1, to, out1);
        touchesWallet = !stays;
        if (Word.unwrap(change) != 0) {
            stays = parameters.source == Source.LEDGER;
            _creditChange(stays, parameters, parameters.asset0, parameters.amount0, change.amount(0));
            _creditChange(stays, parameters, parameters.asset1, parameters.amount1, change.amount(1));
            if (!stays || msg.value != 0) touchesWallet = true;
        }
    }

    function _creditChange(bool stays, Call calldata parameters, uint256 id, uint256 amountIn, uint256 amount) private {
        if (amount != 0) _creditIf(stays && !_wasNative(id, amountIn), parameters, id, msg.sender, amount);
    }

    /// @dev Issued assets exist in the ledger only.
    function _creditIf(bool stays, Call calldata parameters, uint256 id, address to, uint256 amount) private {
        if (id.isIssued()) _checkAllowed(id, parameters.protocol, to, amount);
        else if (!stays) return;
        _bringIn(id, to, amount);
    }

    /// @dev Sends to wallets what did not stay, when every word is written.
    function _send(Call calldata parameters, address to, Word change, Word outputs) private {
        Destination destination = parameters.destination;
        if (destination != Destination.LEDGER) {
            bool native = destination == Destination.NATIVE;
            _sendOne(parameters.asset0, to, outputs.amount(0), native);
            _sendOne(parameters.asset1, to, outputs.amount(1), native);
        }
        if (Word.unwrap(change) != 0) {
            bool leaves = parameters.source != Source.LEDGER;
            _sendChange(leaves, parameters.asset0, parameters.amount0, change.amount(0));
            _sendChange(leaves, parameters.asset1, parameters.amount1, change.amount(1));
        }
    }

    /// @dev Ether that was sent returns as ether.
    function _sendChange(bool leaves, uint256 id, uint256 amountIn, uint256 amount) private {
        bool native = _wasNative(id, amountIn);
        if (leaves || native) _sendOne(id, msg.sender, amount, native);
    }

    function _sendOne(uint256 id, address to, uint256 amount, bool native) private {
        if (amount == 0 || id.isIssued()) return;
        if (native && id == _idOf(WETH)) _pushNative(to, amount);
        else _push(_tokenOf(id), to, amount);
    }

    /// @dev Tells the issuers of what moved, when every balance of the call is final.
    function _notifyAll(Call calldata parameters, address to, Word inputs, Word change, Word outputs) private {
        address protocol = parameters.protocol;
        _notifyOne(parameters.asset0, protocol, to, inputs.amount(0), change.amount(0), outputs.amount(0));
        _notifyOne(parameters.asset1, protocol, to, inputs.amount(1), change.amount(1), outputs.amount(1));
    }

    function _notifyOne(
        uint256 id,
        address protocol,
        address to,
        uint256 amountIn,
        uint256 change,
        uint256 out
    ) private {
        _notify(id, msg.sender, protocol, amountIn);
        _notify(id, protocol, msg.sender, change);
        _notify(id, protocol, to, out);
    }

    /// @dev Whether this input came as ether: a path's first call spends all of it, and no later one has an amount.
    function _wasNative(uint256 id, uint256 amountIn) private view returns (bool) {
        return msg.value != 0 && amountIn != 0 && id == _idOf(WETH);
    }

    function _tokenOf(uint256 id) private pure returns (address) {
        require(id <= type(uint160).max, LedgerUnknownId(id));
        return address(uint160(id));
    }
}
