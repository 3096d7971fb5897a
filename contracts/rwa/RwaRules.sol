// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC7943MultiToken} from "../interfaces/external/IERC7943MultiToken.sol";
import {IAssetIssuer} from "../interfaces/IAssetIssuer.sol";
import {IRwaCore} from "../interfaces/IRwaCore.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {RwaWords} from "../libraries/RwaWords.sol";
import {RwaAssets} from "./RwaAssets.sol";

/// @title RwaRules
/// @notice Whether an asset's rules let a movement be: one answer, for the ledger, for views, and for forced movements in part.
/// @dev Of an account without encumbrances, in an asset without a list of countries, a holder cap or a module, three words are read.
abstract contract RwaRules is RwaAssets {
    using RwaWords for uint256;

    /// @dev Gas of a module's answer: with it the whole answer stays within what the AMM shares out (`IAssetIssuer`).
    uint256 private constant MODULE_GAS = 15_000;

    /// @dev Never reverts: `amount` is anything, so it is only compared.
    function _refusalOf(uint256 id, address from, address to, uint256 amount) internal view returns (IRwaCore.Refusal) {
        return _refusalOf(id, from, to, amount, false);
    }

    /// @dev As the ledger and protocols ask the issuer: `ofPool` lets a protocol ask about a pool that it creates.
    function _refusalOf(
        uint256 id,
        address from,
        address to,
        uint256 amount,
        bool ofPool
    ) internal view returns (IRwaCore.Refusal) {
        uint256 hot = _assets[id].hot;
        if (hot == 0) return IRwaCore.Refusal.UNKNOWN_ASSET;
        uint256 giver = _accounts[from];
        bool leaves = giver.isProtocol();
        if (leaves && _forcedExit != 0) {
            bytes32 exit = _exitOf(id, from, to);
            if (exit == _forcedExit || exit == _otherExit) return IRwaCore.Refusal.NONE;
        }
        if (hot.has(RwaWords.PAUSED)) return IRwaCore.Refusal.PAUSED;
        if (!leaves) {
            if (giver.sendUntil() < block.timestamp) return IRwaCore.Refusal.SENDER_NOT_ELIGIBLE;
            if (giver.encumbrances() != 0) {
                IRwaCore.Refusal refusal = _giverRefusal(id, from, amount);
                if (refusal != IRwaCore.Refusal.NONE) return refusal;
            }
        }
        uint256 taker = _accounts[to];
        if (taker.isProtocol() || taker.receiveUntil() < block.timestamp) {
            if (!_mayEnter(id, hot, taker, to, ofPool)) {
                return
                    taker.isProtocol()
                        ? IRwaCore.Refusal.PROTOCOL_NOT_APPROVED
                        : IRwaCore.Refusal.RECEIVER_NOT_ELIGIBLE;
            }
        } else {
            IRwaCore.Refusal refusal = _takerRefusal(id, hot, taker, to);
            if (refusal != IRwaCore.Refusal.NONE) return refusal;
            if (hot.has(RwaWords.COUNTED) && _isOverHolderCap(id, hot, from, to, amount)) {
                return IRwaCore.Refusal.HOLDER_CAP;
            }
        }
        if (!leaves && hot.has(RwaWords.MODULE) && !_isAllowedByModule(id, from, to, amount)) {
            return IRwaCore.Refusal.MODULE;
        }
        return IRwaCore.Refusal.NONE;
    }

    /// @dev Whether an account that is a protocol or not eligible may be given units for its books: a venue; or a pool that is asked
    /// about when an AMM creates it, under an address that nobody has, so that nobody can send units there.
    function _mayEnter(uint256 id, uint256 hot, uint256 taker, address to, bool ofPool) private view returns (bool) {
        if (hot.has(RwaWords.COUNTED)) return false;
        uint256 approvals = _approvals[id][to];
        if (taker.isProtocol()) return approvals & VENUE != 0;
        return ofPool && approvals & POOL != 0 && _accounts[msg.sender].isProtocol();
    }

    /// @dev A freeze or a pledge of more than can be moved. A balance that is too small is the ledger's to refuse; but what a protocol
    /// asks for stands behind a share of its own, in no balance, and goes nowhere while a freeze exceeds the balance.
    function _giverRefusal(uint256 id, address from, uint256 amount) private view returns (IRwaCore.Refusal) {
        Encumbrance memory encumbrance = _encumbrances[id][from];
        if (encumbrance.isFrozen) return IRwaCore.Refusal.SENDER_FROZEN;
        if (encumbrance.frozen == 0 && encumbrance.pledged == 0) return IRwaCore.Refusal.NONE;
        uint256 balance = _LEDGER.balanceOf(from, id);
        bool isHeld = amount <= balance && amount > _movable(balance, encumbrance);
        bool isShare = msg.sender != address(_LEDGER) && _accounts[msg.sender].isProtocol();
        if (isShare) isHeld = uint256(encumbrance.frozen) + encumbrance.pledged > balance;
        return isHeld ? IRwaCore.Refusal.UNITS_FROZEN_OR_PLEDGED : IRwaCore.Refusal.NONE;
    }

    /// @dev Whether a receiver whose eligibility has not expired is one of this asset's.
    function _takerRefusal(uint256 id, uint256 hot, uint256 taker, address to) private view returns (IRwaCore.Refusal) {
        uint256 needed = hot.needed();
        if (taker.classes() & needed != needed) return IRwaCore.Refusal.RECEIVER_CLASSES;
        if (hot.has(RwaWords.COUNTRIES)) {
            uint256 country = taker.country(); // below 1,024
            if ((_assets[id].countries[country >> 8] >> (country & 255)) & 1 == 0) {
                return IRwaCore.Refusal.RECEIVER_COUNTRY;
            }
        }
        if (taker.encumbrances() != 0 && _encumbrances[id][to].isFrozen) return IRwaCore.Refusal.RECEIVER_FROZEN;
        return IRwaCore.Refusal.NONE;
    }

    /// @dev A new holder needs room, or takes the place of one who gives all that he has.
    function _isOverHolderCap(
        uint256 id,
        uint256 hot,
        address from,
        address to,
        uint256 amount
    ) private view returns (bool) {
        if (amount == 0 || _isHolder[id][to]) return false;
        uint256 holders = hot.holders();
        uint256 cap = _assets[id].holderCap;
        if (holders < cap) return false;
        return holders > cap || !_isHolder[id][from] || _LEDGER.balanceOf(from, id) != amount;
    }

    function _isAllowedByModule(uint256 id, address from, address to, uint256 amount) private view returns (bool) {
        bytes memory question = abi.encodeCall(IAssetIssuer.canTransfer, (id, from, to, amount));
        return BoundedCall.isTrue(_assets[id].module, MODULE_GAS, question);
    }

    /// @dev Refuses an account that may not be given units against anybody's will, by a mint or by a pledgee: not eligible
    /// for the asset, or a protocol, where they would be stuck.
    function _checkTaker(uint256 id, address to) internal view {
        uint256 hot = _assets[id].hot;
        uint256 taker = _accounts[to];
        bool isTaker =
            !taker.isProtocol() &&
                taker.receiveUntil() >= block.timestamp &&
                _takerRefusal(id, hot, taker, to) == IRwaCore.Refusal.NONE;
        require(isTaker, IERC7943MultiToken.ERC7943CannotReceive(to));
    }

    /// @dev Refuses a mint to a new holder where there is no room.
    function _checkRoom(uint256 id, address to, uint256 amount) internal view {
        uint256 hot = _assets[id].hot;
        bool isOver = hot.has(RwaWords.COUNTED) && _isOverHolderCap(id, hot, address(0), to, amount);
        require(!isOver, IERC7943MultiToken.ERC7943CannotTransfer(address(0), to, id, amount));
    }

    /// @dev Reverts with the error that says why the rules refuse.
    function _requireAllowed(uint256 id, address from, address to, uint256 amount) internal view {
        IRwaCore.Refusal refusal = _refusalOf(id, from, to, amount);
        if (refusal == IRwaCore.Refusal.NONE) return;
        if (refusal == IRwaCore.Refusal.SENDER_NOT_ELIGIBLE) revert IERC7943MultiToken.ERC7943CannotSend(from);
        if (refusal == IRwaCore.Refusal.RECEIVER_NOT_ELIGIBLE) revert IERC7943MultiToken.ERC7943CannotReceive(to);
        if (refusal == IRwaCore.Refusal.UNITS_FROZEN_OR_PLEDGED) {
            uint256 movable = _movable(_LEDGER.balanceOf(from, id), _encumbrances[id][from]);
            revert IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance(from, id, amount, movable);
        }
        revert IERC7943MultiToken.ERC7943CannotTransfer(from, to, id, amount);
    }
}
