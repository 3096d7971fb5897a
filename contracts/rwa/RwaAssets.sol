// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {EfficientHashLib} from "solady/src/utils/EfficientHashLib.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IRwaCore} from "../interfaces/IRwaCore.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {RwaWords} from "../libraries/RwaWords.sol";

/// @title RwaAssets
/// @notice What the core keeps: accounts, assets, encumbrances, pledges, income records. `RwaCore` and its part `RwaAgency` run on it.
abstract contract RwaAssets {
    using RwaWords for uint256;

    struct Asset {
        /// @dev See `RwaWords`.
        uint256 hot; //         slot 0
        /// @dev Units that bear income, and the rest of the stream (`StreamLib`).
        uint96 weight; //       slot 1
        uint96 remainder; //    slot 1
        uint32 end; //          slot 1
        uint32 left; //         slot 1
        uint104 rate; //        slot 2
        uint96 funded; //       slot 2
        uint24 holderCap; //    slot 2
        uint32 feeDay; //       slot 2
        uint96 supply; //       slot 3
        uint96 cap; //          slot 3
        uint8 decimals; //      slot 3
        uint96 feePerDay; //    slot 4
        uint128 feeDue; //      slot 4
        uint112 fees; //        slot 5
        /// @dev The rate of the first day that is not counted, where it is STEPPED.
        uint104 firstRate; //   slot 5
        uint256[4] countries; //slots 6–9
        address owner;
        address pendingOwner;
        address module;
        address facade;
        uint256 payAsset;
        string name;
        string symbol;
    }

    /// @dev What of a holder does not move; none of it is the common case, and then nothing of this is read.
    struct Encumbrance {
        uint112 frozen; // slot 0
        uint96 pledged; // slot 0: of units that he has, whoever's pledge it is
        bool isFrozen; //  slot 0
    }

    struct Pledge {
        uint96 amount; //  slot 0
        /// @dev Who has the units.
        address holder; // slot 0
    }

    /// @notice The flags of an asset's word: RULES and NOTIFY of side 0.
    uint256 internal constant ASSET_FLAGS = AssetId.RULES_0 | AssetId.NOTIFY_0;
    uint256 internal constant MAX_UNITS = type(uint96).max;

    // Roles of agents, see `IRwaAgency.setAgent`.
    uint256 internal constant MINT = 1;
    uint256 internal constant BURN = 2;
    uint256 internal constant FREEZE = 4;
    uint256 internal constant FORCE = 8;
    uint256 internal constant PAUSE = 16;
    uint256 internal constant RECOVER = 32;
    uint256 internal constant DOCUMENTS = 64;
    uint256 internal constant INCOME = 128;
    uint256 internal constant TERMS = 256;
    uint256 internal constant ALL_ROLES = 511;

    // Approvals of protocols, see `IRwaAgency.setApproval`.
    uint256 internal constant PLEDGEE = 1;
    uint256 internal constant VENUE = 2;
    uint256 internal constant POOL = 4;
    uint256 internal constant ALL_APPROVALS = 7;

    ILedger internal immutable _LEDGER;

    mapping(address account => uint256 word) internal _accounts;
    mapping(uint256 id => Asset) internal _assets;
    /// @dev The index to which the income is counted (152 bits), and what accrued, in units · 2^12, modulo 2^104.
    mapping(uint256 id => mapping(address account => uint256 record)) internal _records;
    mapping(uint256 id => mapping(address account => Encumbrance)) internal _encumbrances;
    mapping(uint256 id => mapping(address account => mapping(address pledgee => Pledge))) internal _pledges;
    mapping(uint256 id => mapping(address protocol => uint256 approvals)) internal _approvals;
    mapping(uint256 id => mapping(bytes32 market => bool)) internal _marketApprovals;
    mapping(uint256 id => mapping(address agent => uint256 roles)) internal _roles;
    /// @dev Of counted assets only.
    mapping(uint256 id => mapping(address account => bool)) internal _isHolder;
    mapping(bytes32 book => uint256 id) internal _idOfBook;
    uint256 internal _assetCount;
    address internal _feeRecipient;
    /// @dev The asset, the AMM and the account of an exit that is being forced, or 0.
    bytes32 internal transient _forcedExit;
    /// @dev The same of the pool's other asset, where whoever forces the exit may do so for it, too.
    bytes32 internal transient _otherExit;

    constructor(ILedger ledger) {
        _LEDGER = ledger;
    }

    /* CHECKS */

    /// @dev The caller, or the facade's caller: a facade appends him to its call (as in ERC-2771).
    function _actor(uint256 id) internal view returns (address actor) {
        actor = msg.sender;
        if (actor == _assets[id].facade) actor = address(bytes20(msg.data[msg.data.length - 20:]));
    }

    function _isAgent(uint256 id, address actor, uint256 role) internal view returns (bool) {
        return actor == _assets[id].owner || _roles[id][actor] & role != 0;
    }

    function _checkAgent(uint256 id, address actor, uint256 role) internal view {
        require(_isAgent(id, actor, role), IRwaCore.RwaNotAgent(actor, id, role));
    }

    /// @dev Refuses a caller who is not the asset's owner or its agent for `role`.
    function _checkCaller(uint256 id, uint256 role) internal view {
        _checkAgent(id, _actor(id), role);
    }

    function _checkKnown(uint256 id) internal view {
        require(_assets[id].hot != 0, IRwaCore.RwaUnknownAsset(id));
    }

    /// @dev Whether the ledger's authority lets the caller make this call, or `signer` one of `selector`, at once.
    function _isAuthorized(address signer, bytes4 selector) internal view returns (bool allowed) {
        IAccessManager authority = _LEDGER.AUTHORITY();
        (allowed, ) = authority.canCall(signer, address(this), selector);
    }

    /* ENCUMBRANCES */

    /// @dev Stores an encumbrance, and counts it with the account.
    function _encumber(uint256 id, address account, Encumbrance memory now_) internal {
        Encumbrance storage stored = _encumbrances[id][account];
        bool was = stored.frozen != 0 || stored.pledged != 0 || stored.isFrozen;
        bool will = now_.frozen != 0 || now_.pledged != 0 || now_.isFrozen;
        _encumbrances[id][account] = now_;
        if (was != will) _accounts[account] = _accounts[account].encumbered(will);
    }

    /// @dev Units of the account that are neither frozen nor pledged.
    function _movable(uint256 balance, Encumbrance memory encumbrance) internal pure returns (uint256) {
        uint256 held = uint256(encumbrance.frozen) + encumbrance.pledged;
        return balance > held ? balance - held : 0;
    }

    /* EXITS */

    function _exitOf(uint256 id, address amm, address account) internal pure returns (bytes32) {
        return EfficientHashLib.hash(bytes32(id), bytes32(uint256(uint160(amm))), bytes32(uint256(uint160(account))));
    }
}
