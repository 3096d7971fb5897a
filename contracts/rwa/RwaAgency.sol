// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IRwaAgency} from "../interfaces/IRwaAgency.sol";
import {IRwaCore} from "../interfaces/IRwaCore.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {BookId} from "../libraries/BookId.sol";
import {RwaWords} from "../libraries/RwaWords.sol";
import {StreamLib} from "../libraries/StreamLib.sol";
import {EligibilityRegistry} from "./EligibilityRegistry.sol";
import {RwaAssets} from "./RwaAssets.sol";
import {RwaFacade} from "./RwaFacade.sol";
import {RwaHolders} from "./RwaHolders.sol";

/// @title RwaAgency
/// @notice What issuers, their agents and the registry do; see `IRwaAgency` and `IEligibilityRegistry`. `RwaCore` hands it calls
/// by `delegatecall`, so that each fits its size.
contract RwaAgency is RwaHolders, EligibilityRegistry {
    using AssetId for uint256;
    using RwaWords for uint256;

    uint256 private constant MAX_HOLDER_CAP = 1_000_000;

    /// @inheritdoc IRwaAgency
    address public immutable FACADE_IMPLEMENTATION;

    mapping(uint256 id => mapping(bytes32 name => Document)) private _documents;
    mapping(uint256 id => bytes32[]) private _documentNames;
    /// @dev From 1; 0 for none.
    mapping(uint256 id => mapping(bytes32 name => uint256 position)) private _documentPositions;

    constructor(ILedger ledger) RwaAssets(ledger) {
        FACADE_IMPLEMENTATION = address(new RwaFacade(ledger));
    }

    modifier restricted() {
        _checkAuthority();
        _;
    }

    modifier onlyAgent(uint256 id, uint256 role) {
        _checkCaller(id, role);
        _;
    }

    /* AUTHORITY */

    /// @inheritdoc IRwaAgency
    function issue(bytes32 salt, Terms calldata terms) external restricted returns (uint256 id) {
        id = AssetId.issued(address(this), salt, ASSET_FLAGS, 0);
        Asset storage asset = _assets[id];
        require(asset.hot == 0, RwaAssetExists(id));
        require(terms.owner != address(0), RwaZeroAddress());
        uint256 payAsset = terms.payAsset;
        bool isAsset = payAsset != 0 && (payAsset <= type(uint160).max || payAsset.isIssued());
        require(isAsset && payAsset.isPlain(), RwaInvalidPayAsset(payAsset));
        _checkCap(terms.cap, StreamLib.MIN_WEIGHT, MAX_UNITS);
        _checkCap(terms.holderCap, 0, MAX_HOLDER_CAP);
        uint256 flags = terms.holderCap == 0 ? 0 : RwaWords.COUNTED;
        asset.hot = RwaWords.newAsset(++_assetCount, flags, terms.classes);
        (asset.cap, asset.holderCap, asset.decimals) = (terms.cap, terms.holderCap, terms.decimals);
        (asset.feePerDay, asset.feeDay) = (terms.feePerDay, uint32(_today())); // below 2^32 until 2106
        (asset.owner, asset.payAsset) = (terms.owner, payAsset);
        (asset.name, asset.symbol) = (terms.name, terms.symbol);
        _idOfBook[BookId.bookId(address(this), payAsset, 0, bytes32(id))] = id;
        emit RwaIssued(id, terms.owner, payAsset, terms.cap, salt, terms.name, terms.symbol);
        _LEDGER.issueAsset(salt, ASSET_FLAGS, address(this), address(0));
    }

    /// @inheritdoc IRwaAgency
    function setFeeRecipient(address recipient) external restricted {
        _feeRecipient = recipient;
        emit FeeRecipientSet(recipient);
    }

    /* OWNER */

    /// @inheritdoc IRwaAgency
    function transferOwnership(uint256 id, address newOwner) external {
        Asset storage asset = _assets[id];
        _checkOwner(_actor(id), asset.owner);
        asset.pendingOwner = newOwner;
        emit OwnershipTransferStarted(id, asset.owner, newOwner);
    }

    /// @inheritdoc IRwaAgency
    function acceptOwnership(uint256 id) external {
        Asset storage asset = _assets[id];
        _checkOwner(_actor(id), asset.pendingOwner);
        emit OwnershipTransferred(id, asset.owner, asset.pendingOwner);
        (asset.owner, asset.pendingOwner) = (asset.pendingOwner, address(0));
    }

    /// @inheritdoc IRwaAgency
    function setAgent(uint256 id, address agent, uint256 roles) external {
        _checkOwner(_actor(id), _assets[id].owner);
        require(roles <= ALL_ROLES, RwaInvalidBits(roles));
        _roles[id][agent] = roles;
        emit AgentSet(id, agent, roles);
    }

    /* TERMS */

    /// @inheritdoc IRwaAgency
    function setApproval(uint256 id, address protocol, uint256 approvals) external onlyAgent(id, TERMS) {
        require(approvals <= ALL_APPROVALS, RwaInvalidBits(approvals));
        uint256 word = _accounts[protocol];
        bool isCounted = _assets[id].hot.has(RwaWords.COUNTED) && approvals & (VENUE | POOL) != 0;
        // A pool is an address that nobody has, so nobody states anything of it; all others are protocols.
        bool isFor = approvals < POOL ? word.isProtocol() : approvals == POOL && !word.isStated();
        require(approvals == 0 || (isFor && !isCounted), RwaInvalidApproval(protocol, approvals));
        _approvals[id][protocol] = approvals;
        emit ApprovalSet(id, protocol, approvals);
    }

    /// @inheritdoc IRwaAgency
    function setCountries(uint256 id, bool isLimited, uint256[4] calldata countries) external onlyAgent(id, TERMS) {
        Asset storage asset = _assets[id];
        asset.countries = countries;
        asset.hot = asset.hot.withFlag(RwaWords.COUNTRIES, isLimited);
        emit CountriesSet(id, isLimited, countries);
    }

    /// @inheritdoc IRwaAgency
    function setClasses(uint256 id, uint256 classes) external onlyAgent(id, TERMS) {
        require(classes <= type(uint8).max, RwaInvalidBits(classes));
        _assets[id].hot = _assets[id].hot.withNeeded(uint8(classes));
        emit ClassesSet(id, classes);
    }

    /// @inheritdoc IRwaAgency
    function setCap(uint256 id, uint256 cap) external onlyAgent(id, TERMS) {
        Asset storage asset = _assets[id];
        _checkCap(cap, Math.max(asset.supply, StreamLib.MIN_WEIGHT), asset.cap);
        asset.cap = uint96(cap); // at most the one before
        emit CapSet(id, cap);
    }

    /// @inheritdoc IRwaAgency
    function setHolderCap(uint256 id, uint256 holderCap) external onlyAgent(id, TERMS) {
        Asset storage asset = _assets[id];
        require(asset.hot.has(RwaWords.COUNTED), RwaNotCounted(id));
        _checkCap(holderCap, 1, MAX_HOLDER_CAP);
        asset.holderCap = uint24(holderCap); // at most MAX_HOLDER_CAP
        emit HolderCapSet(id, holderCap);
    }

    /// @inheritdoc IRwaAgency
    function setModule(uint256 id, address module) external onlyAgent(id, TERMS) {
        require(module == address(0) || module.code.length != 0, RwaNoCode(module));
        Asset storage asset = _assets[id];
        asset.module = module;
        asset.hot = asset.hot.withFlag(RwaWords.MODULE, module != address(0));
        emit ModuleSet(id, module);
    }

    /// @inheritdoc IRwaAgency
    function setPaused(uint256 id, bool isPaused) external onlyAgent(id, PAUSE) {
        _assets[id].hot = _assets[id].hot.withFlag(RwaWords.PAUSED, isPaused);
        emit PausedSet(id, isPaused);
    }

    /* DOCUMENTS */

    /// @inheritdoc IRwaAgency
    function setDocument(
        uint256 id,
        bytes32 name,
        string calldata uri,
        bytes32 documentHash
    ) external onlyAgent(id, DOCUMENTS) {
        if (_documentPositions[id][name] == 0) {
            _documentNames[id].push(name);
            _documentPositions[id][name] = _documentNames[id].length;
        }
        _documents[id][name] = Document({uri: uri, documentHash: documentHash, lastModified: block.timestamp});
        emit DocumentUpdated(id, name, uri, documentHash);
    }

    /// @inheritdoc IRwaAgency
    function removeDocument(uint256 id, bytes32 name) external onlyAgent(id, DOCUMENTS) {
        uint256 position = _documentPositions[id][name];
        require(position != 0, RwaUnknownDocument(id, name));
        bytes32[] storage names = _documentNames[id];
        bytes32 last = names[names.length - 1]; // there is one
        names[position - 1] = last;
        _documentPositions[id][last] = position;
        names.pop();
        delete _documentPositions[id][name];
        Document memory document = _documents[id][name];
        delete _documents[id][name];
        emit DocumentRemoved(id, name, document.uri, document.documentHash);
    }

    /* ANYONE */

    /// @inheritdoc IRwaAgency
    function createFacade(uint256 id) external returns (address facade) {
        _checkKnown(id);
        Asset storage asset = _assets[id];
        require(asset.facade == address(0), RwaFacadeExists(id, asset.facade));
        facade = Clones.cloneDeterministicWithImmutableArgs(
            FACADE_IMPLEMENTATION,
            abi.encode(address(this), id),
            bytes32(id)
        );
        asset.facade = facade;
        emit FacadeCreated(id, facade);
    }

    /* VIEWS */

    /// @inheritdoc IRwaAgency
    function getDocument(uint256 id, bytes32 name) external view returns (Document memory) {
        return _documents[id][name];
    }

    /// @inheritdoc IRwaAgency
    function getAllDocuments(uint256 id) external view returns (bytes32[] memory) {
        return _documentNames[id];
    }

    /// @inheritdoc IRwaAgency
    function feeRecipient() external view returns (address) {
        return _feeRecipient;
    }

    /* INTERNALS */

    function _checkAuthority() private view {
        _checkAsCore();
        require(_isAuthorized(msg.sender, msg.sig), IRwaCore.RwaUnauthorized(msg.sender));
    }

    function _checkCap(uint256 wanted, uint256 minimum, uint256 maximum) private pure {
        require(wanted >= minimum && wanted <= maximum, RwaInvalidCap(wanted, minimum, maximum));
    }

    function _checkOwner(address caller, address owner) private pure {
        require(caller == owner, RwaNotOwner(caller, owner));
    }
}
