// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {PoolKey} from "../types/PoolKey.sol";

/// @title IRwaAgency
/// @notice What issuers and their agents do with regulated assets; at the address of `RwaCore`.
/// @dev The ledger's authority issues. An asset's owner, its issuer in law, does all that is his asset's and appoints agents for parts
/// of it. None of them reaches a balance in a protocol's book, another asset, or a pledgee's claim. A call by the asset's
/// facade is one of the facade's caller.
interface IRwaAgency {
    /// @notice An asset, as it is issued.
    struct Terms {
        string name;
        string symbol;
        uint8 decimals;
        address owner;
        /// @dev What it pays: a token, by an id below 2^160, or an issued asset without RULES and NOTIFY.
        uint256 payAsset;
        /// @dev Most units there will be, 2^20 to 2^96 − 1: fewer share no income, so whole shares need decimals. It can be lowered, never
        /// raised.
        uint96 cap;
        /// @dev Most holders; 0 for as many as there are, uncounted. A counted asset enters no protocol's book.
        uint24 holderCap;
        /// @dev What a receiver needs of `Eligibility.classes`.
        uint8 classes;
        /// @dev Management fee in units of the pay asset a day, taken from what is distributed or added, at most half of each.
        uint96 feePerDay;
    }

    /// @notice A document by the names of ERC-1643.
    struct Document {
        string uri;
        bytes32 documentHash;
        uint256 lastModified;
    }

    /// @notice A pledge: whose, and to whom.
    struct PledgeRef {
        address account;
        address pledgee;
    }

    event RwaIssued(
        uint256 indexed id,
        address indexed owner,
        uint256 indexed payAsset,
        uint256 cap,
        bytes32 salt,
        string name,
        string symbol
    );
    event OwnershipTransferStarted(uint256 indexed id, address indexed owner, address indexed newOwner);
    event OwnershipTransferred(uint256 indexed id, address indexed owner, address indexed newOwner);
    event AgentSet(uint256 indexed id, address indexed agent, uint256 roles);
    event ApprovalSet(uint256 indexed id, address indexed protocol, uint256 approvals);
    event CountriesSet(uint256 indexed id, bool isLimited, uint256[4] countries);
    event ClassesSet(uint256 indexed id, uint256 classes);
    event CapSet(uint256 indexed id, uint256 cap);
    event HolderCapSet(uint256 indexed id, uint256 holderCap);
    event ModuleSet(uint256 indexed id, address indexed module);
    event PausedSet(uint256 indexed id, bool isPaused);
    event AccountFrozenSet(uint256 indexed id, address indexed account, bool isFrozen);
    event PledgeMoved(
        uint256 indexed id,
        address indexed account,
        address indexed pledgee,
        address from,
        address to,
        uint256 amount
    );
    /// @notice All of the lost account in `id` is the fresh one's now.
    event Recovered(uint256 indexed id, address indexed lost, address indexed fresh, uint256 amount);
    event ExitForced(
        uint256 indexed id,
        address indexed amm,
        address indexed account,
        uint256 amount0,
        uint256 amount1
    );
    /// @notice Named as in ERC-1643, of which an asset's documents are.
    event DocumentUpdated(uint256 indexed id, bytes32 indexed name, string uri, bytes32 documentHash);
    event DocumentRemoved(uint256 indexed id, bytes32 indexed name, string uri, bytes32 documentHash);
    event FacadeCreated(uint256 indexed id, address indexed facade);
    event FeeRecipientSet(address indexed recipient);

    /// @notice `id` is issued already.
    error RwaAssetExists(uint256 id);
    /// @notice `caller` is not the owner, who is `owner`.
    error RwaNotOwner(address caller, address owner);
    /// @notice Nobody stands at the zero address.
    error RwaZeroAddress();
    /// @notice `asset` cannot be what an asset pays.
    error RwaInvalidPayAsset(uint256 asset);
    /// @notice `supply` units would exceed the cap of `cap`.
    error RwaAboveCap(uint256 supply, uint256 cap);
    /// @notice `wanted` is no cap between `minimum` and `maximum`.
    error RwaInvalidCap(uint256 wanted, uint256 minimum, uint256 maximum);
    /// @notice Holders of `id` are not counted.
    error RwaNotCounted(uint256 id);
    /// @notice `protocol` is not what the approvals `approvals` are for.
    error RwaInvalidApproval(address protocol, uint256 approvals);
    /// @notice The roles or approvals `bits` are unknown.
    error RwaInvalidBits(uint256 bits);
    /// @notice `account` can be forced to give `available` units of `id`, not `wanted`: the rest is pledged, or not there.
    error RwaNotForceable(address account, uint256 id, uint256 available, uint256 wanted);
    /// @notice There is no pledge of `account` to `pledgee` with `holder`.
    error RwaNoPledge(address account, address pledgee, address holder);
    /// @notice `pledged` units are pledged; the pledges named are of `named`.
    error RwaPledgesMissing(uint256 pledged, uint256 named);
    /// @notice The lost account and the fresh one are `account`.
    error RwaSameAccount(address account);
    /// @notice There is no contract at `account`.
    error RwaNoCode(address account);
    /// @notice `amm` is not a protocol.
    error RwaNotProtocol(address amm);
    /// @notice `id` has no document `name`.
    error RwaUnknownDocument(uint256 id, bytes32 name);
    /// @notice `id` has its facade already, at `facade`.
    error RwaFacadeExists(uint256 id, address facade);

    /* AUTHORITY */

    /// @notice Issues an asset. Restricted.
    /// @return id follows from `salt` (`AssetId`)
    function issue(bytes32 salt, Terms calldata terms) external returns (uint256 id);

    /// @notice Sets who collects the management fees of all assets. Restricted.
    function setFeeRecipient(address recipient) external;

    /* OWNER */

    /// @notice Offers the ownership to `newOwner`, who takes it by `acceptOwnership`. The owner.
    function transferOwnership(uint256 id, address newOwner) external;

    /// @notice Takes the ownership that was offered.
    function acceptOwnership(uint256 id) external;

    /// @notice Sets the roles of an agent: bits 0 mint, 1 burn, 2 freeze, 3 force, 4 pause, 5 recover, 6 documents, 7 income, 8 terms.
    /// The owner, who has all of them.
    function setAgent(uint256 id, address agent, uint256 roles) external;

    /* TERMS */

    /// @notice Approves a protocol: bit 0 as pledgee, bit 1 as venue, whose books units may enter; or, bit 2, an AMM pool, by the low 160
    /// bits of its id, to be created. What is in comes out again, also after the approval is gone. Markets: `IRwaCore.setMarketApproval`.
    function setApproval(uint256 id, address protocol, uint256 approvals) external;

    /// @notice Limits receivers to the countries with a bit in `countries`, 256 a word, or lifts the limit.
    function setCountries(uint256 id, bool isLimited, uint256[4] calldata countries) external;

    /// @notice Sets what a receiver needs of `Eligibility.classes`.
    function setClasses(uint256 id, uint256 classes) external;

    /// @notice Lowers the cap, to the supply or 2^20 at the least.
    function setCap(uint256 id, uint256 cap) external;

    /// @notice Sets the most holders of a counted asset, not 0. More may be there; no new ones come, but by seizure and force.
    function setHolderCap(uint256 id, uint256 holderCap) external;

    /// @notice Sets a contract that is asked `IAssetIssuer.canTransfer` besides, with 15,000 gas, but for what leaves a protocol; or none.
    function setModule(uint256 id, address module) external;

    /* AGENTS */

    /// @notice Stops all movements but forced ones, or lets them go on. Income is claimed as ever.
    function setPaused(uint256 id, bool isPaused) external;

    /// @notice Issues units to an eligible holder.
    function mint(uint256 id, address to, uint256 amount) external;

    /// @notice Destroys units of a holder that are not pledged; what of them is frozen thaws.
    function burn(uint256 id, address from, uint256 amount) external;

    /// @notice Freezes or thaws the account as a whole: it neither gives, receives nor claims.
    function setAccountFrozen(uint256 id, address account, bool isFrozen) external;

    /// @notice Moves all units of a pledge to an eligible account, pledged as they are: the pledgee's claim goes with them.
    /// @dev The force role. So nobody hides units behind a pledge, and no pledgee loses one.
    function movePledge(uint256 id, address account, address pledgee, address to) external;

    /// @notice Moves all units, freezes, pledges and income of a lost account to an eligible one.
    /// @param pledges all pledges whose units the lost account has
    function recover(uint256 id, address lost, address fresh, PledgeRef[] calldata pledges) external;

    /// @notice Has the account's LP shares in a restricted AMM pool paid out to it, eligible or not. The force role. Of a pool of two
    /// regulated assets the other's rules must let the account have it, or the caller must have the force role of both.
    function forceExit(
        uint256 id,
        address amm,
        PoolKey calldata key,
        address account,
        uint256 minAmount0,
        uint256 minAmount1
    ) external returns (uint256 amount0, uint256 amount1);

    /// @notice Files a document, or replaces it.
    function setDocument(uint256 id, bytes32 name, string calldata uri, bytes32 documentHash) external;

    /// @notice Removes a document.
    function removeDocument(uint256 id, bytes32 name) external;

    /* ANYONE */

    /// @notice Deploys the ERC-20 facade of `id`.
    function createFacade(uint256 id) external returns (address facade);

    /* VIEWS */

    function getDocument(uint256 id, bytes32 name) external view returns (Document memory);

    function getAllDocuments(uint256 id) external view returns (bytes32[] memory names);

    function feeRecipient() external view returns (address);

    /// @notice What every facade is a clone of.
    function FACADE_IMPLEMENTATION() external view returns (address);
}
