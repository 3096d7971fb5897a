// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../interfaces/ILedger.sol";
import {HolderFlags} from "../libraries/HolderFlags.sol";
import {Word} from "../types/Word.sol";
import {LedgerCustody} from "./LedgerCustody.sol";

/// @title LedgerSettlements
/// @notice Settlement versions, and what an account lets them do: consent and sequence.
abstract contract LedgerSettlements is LedgerCustody {
    using HolderFlags for Word;

    struct Settlement {
        uint8 version;
        bool listed;
        bool active;
    }

    uint256 internal constant MAX_SETTLEMENTS = 8;
    /// @dev An operation carries 8 bits of its sequence, and one `cancel` voids a third of their range. The number is odd, so
    /// cancels come round only after many: an operation within 16 steps is not valid again before 208 of them.
    uint16 internal constant CANCELLED_AHEAD = 85;

    mapping(address settlement => Settlement) internal _settlements;
    mapping(uint256 version => address) internal _settlementAt;
    uint256 internal _settlementCount;

    /* USER ACTIONS */

    /// @inheritdoc ILedger
    function setConsent(uint256 id, uint8 versions) external {
        uint256 listed = _settlementCount;
        require(versions < 1 << listed, LedgerUnknownSettlement(versions, listed));
        (uint256 key, Cell storage cell) = _ownCell(id);
        cell.word = cell.word.withConsent(versions);
        emit ConsentSet(msg.sender, key, versions);
    }

    /// @inheritdoc ILedger
    function cancel(uint256 id) external {
        (uint256 key, Cell storage cell) = _ownCell(id);
        Word word = cell.word.advanced(CANCELLED_AHEAD);
        cell.word = word;
        emit SequenceCancelled(msg.sender, key, word.sequence());
    }

    /* AUTHORITY */

    /// @inheritdoc ILedger
    function listSettlement(address settlement) external restricted returns (uint256 version) {
        version = _settlementCount;
        require(version < MAX_SETTLEMENTS, LedgerTooManySettlements(MAX_SETTLEMENTS));
        Settlement storage added = _settlements[settlement];
        require(!added.listed, LedgerAlreadyListed(settlement));
        unchecked {
            // version < 8
            (added.version, added.listed, added.active) = (uint8(version), true, true);
            (_settlementAt[version], _settlementCount) = (settlement, version + 1);
        }
        emit SettlementListed(settlement, version);
    }

    /// @inheritdoc ILedger
    function switchSettlement(uint256 version, bool active) external restricted {
        address settlement = _listedAt(version);
        _settlements[settlement].active = active;
        emit SettlementSwitched(settlement, version, active);
    }

    /* VIEWS */

    /// @inheritdoc ILedger
    function settlementOf(uint256 version) external view returns (address settlement, bool active) {
        settlement = _listedAt(version);
        active = _settlements[settlement].active;
    }

    /* INTERNALS */

    function _refuseAnswer(address protocol, bytes4 magic) internal pure {
        revert LedgerMagicMissing(protocol, magic);
    }

    function _checkWorked(bool ok, address protocol) internal pure {
        require(ok, LedgerProtocolFailed(protocol));
    }

    function _listedAt(uint256 version) private view returns (address) {
        uint256 listed = _settlementCount;
        require(version < listed, LedgerUnknownSettlement(version, listed));
        return _settlementAt[version];
    }

    /// @dev The caller's word of `id`, and its key.
    function _ownCell(uint256 id) private view returns (uint256 key, Cell storage cell) {
        (key, ) = homeOf(id);
        cell = _cells[key][msg.sender];
    }
}
