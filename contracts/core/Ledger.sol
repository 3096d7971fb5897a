// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {IPermit2} from "../interfaces/external/IPermit2.sol";
import {IWETH} from "../interfaces/external/IWETH.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {Word} from "../types/Word.sol";
import {LedgerAccounts} from "./LedgerAccounts.sol";
import {LedgerCustody} from "./LedgerCustody.sol";
import {LedgerSections} from "./LedgerSections.sol";

/// @title Ledger
/// @notice Holds every asset of the suite; the only contract that moves balances. Immutable, without an owner of funds.
/// @dev One job a file: `LedgerAccounts` words and ERC-6909, `LedgerCustody` tokens in and out, `LedgerSections` batches,
/// this file a wallet's action on a protocol. `multicall` is not payable, and each step takes the lock by itself.
contract Ledger is LedgerSections, Multicall {
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

    /// @inheritdoc ILedger
    function call(
        Call calldata parameters
    ) external payable nonReentrant returns (uint256 out0, uint256 out1, uint256 minted) {
        _checkCall(parameters);
        (uint256 in0, uint256 in1) = (
            _take(parameters, parameters.asset0, parameters.amount0),
            _take(parameters, parameters.asset1, parameters.amount1)
        );
        ILedgerProtocol.Outcome memory outcome = _execute(parameters, in0, in1);
        if (outcome.shareId != 0) _settleShares(parameters, outcome);

        // What comes back in an asset that was paid in is change for the caller; the rest is the receiver's.
        (uint256 change0, uint256 change1) = (_min(in0, outcome.out0), _min(in1, outcome.out1));
        (out0, out1, minted) = (outcome.out0 - change0, outcome.out1 - change1, outcome.mint);
        // Balances first, then notices of what went in, then tokens: strangers see only what is final.
        _deliver(parameters, parameters.asset0, change0, out0, true);
        _deliver(parameters, parameters.asset1, change1, out1, true);
        if (in0 != 0) _notify(parameters.asset0, msg.sender, parameters.protocol, in0);
        if (in1 != 0) _notify(parameters.asset1, msg.sender, parameters.protocol, in1);
        _deliver(parameters, parameters.asset0, change0, out0, false);
        _deliver(parameters, parameters.asset1, change1, out1, false);
    }

    /* INTERNALS */

    function _checkCall(Call calldata parameters) private view {
        // A token or a facade has no `onLedgerCall`; a fallback that swallows it does not answer the magic value.
        require(
            parameters.protocol != address(this) && parameters.protocol.code.length != 0,
            LedgerInvalidProtocol(parameters.protocol)
        );
        require(parameters.asset0 != parameters.asset1, LedgerSameAsset(parameters.asset0));
        _checkRecipient(parameters.to);
        _checkAmount(parameters.amount0);
        _checkAmount(parameters.amount1);
        _checkAmount(parameters.shares);
        if (msg.value != 0) {
            uint256 weth = _idOf(WETH);
            uint256 wanted = parameters.asset0 == weth ? parameters.amount0 : 0;
            if (parameters.asset1 == weth) wanted = parameters.amount1;
            require(msg.value == wanted, LedgerNativeMismatch(msg.value, wanted));
        }
    }

    /// @dev Takes one input from the caller and answers what arrived.
    function _take(Call calldata parameters, uint256 id, uint256 amount) private returns (uint256) {
        if (amount == 0) return 0;
        if (msg.value != 0 && id == _idOf(WETH)) {
            IWETH(WETH).deposit{value: amount}();
            return amount;
        }
        if (_staysInLedger(id, parameters.source == Source.LEDGER)) {
            _checkRules(id, msg.sender, parameters.protocol, amount);
            _debit(msg.sender, id, amount);
            _log(msg.sender, msg.sender, address(0), id, amount);
            return amount;
        }
        return _pull(_tokenOf(id), amount, parameters.source);
    }

    /// @dev Hands the inputs to the protocol and writes its book, once.
    function _execute(
        Call calldata parameters,
        uint256 in0,
        uint256 in1
    ) private returns (ILedgerProtocol.Outcome memory outcome) {
        address protocol = parameters.protocol;
        Cell storage book = _bookAt(protocol, parameters.key, parameters.asset0, parameters.asset1);
        outcome = ILedgerProtocol(protocol).onLedgerCall(
            ILedgerProtocol.Action({
                actor: msg.sender,
                to: parameters.to,
                key: parameters.key,
                asset0: parameters.asset0,
                asset1: parameters.asset1,
                book: book.word,
                amount0: in0,
                amount1: in1,
                shares: parameters.shares
            }),
            parameters.data
        );
        require(outcome.magic == ILedgerProtocol.onLedgerCall.selector, LedgerMagicMissing(protocol, outcome.magic));
        Word word = book.word.withFlags(outcome.flags);
        word = _rebook(protocol, parameters.key, parameters.asset0, word, 0, in0, outcome.out0);
        book.word = _rebook(protocol, parameters.key, parameters.asset1, word, 1, in1, outcome.out1);
    }

    /// @dev Mints and burns the protocol's own issue; the burn within what the caller allowed.
    function _settleShares(Call calldata parameters, ILedgerProtocol.Outcome memory outcome) private {
        uint256 id = outcome.shareId;
        require(_isIssuedBy(parameters.protocol, parameters.key, id), LedgerNotIssuer(parameters.protocol, id));
        require(outcome.burn <= parameters.shares, LedgerBurnExceedsShares(outcome.burn, parameters.shares));
        if (outcome.burn != 0) _burn(id, msg.sender, outcome.burn);
        if (outcome.mint != 0) _mint(id, parameters.to, outcome.mint);
    }

    /// @dev One asset's change and output: credited in the first pass, sent to wallets in the second.
    function _deliver(Call calldata parameters, uint256 id, uint256 change, uint256 out, bool credits) private {
        if (change != 0) {
            // Ether that was sent returns as ether.
            bool native = msg.value != 0 && id == _idOf(WETH);
            bool toLedger = parameters.source == Source.LEDGER && !native;
            _deliverTo(parameters.protocol, id, msg.sender, change, toLedger, native, credits);
        }
        if (out != 0) {
            Destination destination = parameters.destination;
            _deliverTo(
                parameters.protocol,
                id,
                parameters.to,
                out,
                destination == Destination.LEDGER,
                destination == Destination.NATIVE,
                credits
            );
        }
    }

    function _deliverTo(
        address protocol,
        uint256 id,
        address to,
        uint256 amount,
        bool toLedger,
        bool native,
        bool credits
    ) private {
        if (_staysInLedger(id, toLedger) != credits) return;
        if (credits) {
            _checkRules(id, protocol, to, amount);
            _credit(to, id, amount);
            _log(msg.sender, address(0), to, id, amount);
            _notify(id, protocol, to, amount);
        } else if (native && id == _idOf(WETH)) {
            _pushNative(to, amount);
        } else {
            _push(_tokenOf(id), to, amount);
        }
    }

    /// @dev Issued assets exist in the ledger only.
    function _staysInLedger(uint256 id, bool wanted) private pure returns (bool) {
        return wanted || id.isIssued();
    }

    function _tokenOf(uint256 id) private pure returns (address) {
        require(id <= type(uint160).max, LedgerUnknownId(id));
        return address(uint160(id));
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
