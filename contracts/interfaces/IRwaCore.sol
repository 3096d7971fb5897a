// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC7943MultiToken} from "./external/IERC7943MultiToken.sol";
import {IAssetIssuer} from "./IAssetIssuer.sol";
import {IAssetMetadata} from "./IAssetMetadata.sol";
import {ILedger} from "./ILedger.sol";
import {ILedgerProtocol} from "./ILedgerProtocol.sol";
import {IPledgeable} from "./IPledgeable.sol";

/// @title IRwaCore
/// @notice Issuer of regulated assets on the ledger (ERC-7943 on ERC-6909): their rules, pledges and income.
/// @dev Balances are the ledger's, and `Transfer` is its event; the ERC-6909 of an id is the ledger, its ERC-7943 this contract. At
/// this address are also `IRwaAgency`, what issuers and agents do, and `IEligibilityRegistry`. Amounts are in units of the
/// asset or of what it pays; a day is one of UTC.
///
/// Who may move: an account whose eligibility has not expired, units that are neither frozen nor pledged, to an eligible account of an
/// allowed country and with the asset's classes. Books of protocols are not holders: units enter those that the issuer approved,
/// bear no income there, and may always leave to an eligible account, whatever an asset's module says.
interface IRwaCore is ILedgerProtocol, IAssetIssuer, IAssetMetadata, IPledgeable, IERC7943MultiToken {
    /// @notice Why an asset's rules refuse a movement.
    enum Refusal {
        NONE,
        UNKNOWN_ASSET,
        PAUSED,
        SENDER_NOT_ELIGIBLE,
        SENDER_FROZEN,
        UNITS_FROZEN_OR_PLEDGED,
        RECEIVER_NOT_ELIGIBLE,
        RECEIVER_FROZEN,
        RECEIVER_COUNTRY,
        RECEIVER_CLASSES,
        PROTOCOL_NOT_APPROVED,
        HOLDER_CAP,
        MODULE
    }

    /// @notice Where an asset stands.
    struct AssetState {
        uint256 supply;
        uint256 cap;
        /// @dev Holders so far and at most; both 0 where they are not counted.
        uint256 holders;
        uint256 holderCap;
        /// @dev What a receiver needs of `Eligibility.classes`.
        uint256 classes;
        bool isPaused;
        bool hasCountries;
        address owner;
        address pendingOwner;
        address module;
        address facade;
        uint256 payAsset;
    }

    /// @notice Where an asset's income stands.
    struct IncomeState {
        /// @dev Units that bear income: those in holders' balances, pledged or not.
        uint256 weight;
        /// @dev As in `StreamLib`, at the last day that was counted.
        uint256 index;
        uint256 remainder;
        uint256 rate;
        /// @dev The rate of the first day that is not counted: what is distributed flows from the next midnight on.
        uint256 firstRate;
        uint256 end;
        uint256 countedTo;
        uint256 funded;
        uint256 left;
        /// @dev Management fee: units of the pay asset for each day, what is owed for days before `feeDay`, and what may be collected.
        uint256 feePerDay;
        uint256 feeDue;
        uint256 feeDay;
        uint256 fees;
    }

    event IncomeDistributed(
        uint256 indexed id,
        address indexed actor,
        uint256 amount,
        uint256 fee,
        uint256 rate,
        uint256 end
    );
    event MarketApprovalSet(uint256 indexed id, bytes32 indexed market, bool isApproved);
    event IncomePaid(uint256 indexed id, address indexed account, uint256 amount);
    event FeesCollected(uint256 indexed id, address indexed recipient, uint256 amount);

    /// @notice `caller` is not the ledger.
    error RwaNotLedger(address caller);
    /// @notice The core's part at `part` was called directly.
    error RwaNotCore(address part);
    /// @notice `caller` has no authority for this call.
    error RwaUnauthorized(address caller);
    /// @notice `caller` is not the facade of `id`.
    error RwaNotFacade(address caller, uint256 id);
    /// @notice There is no asset `id`.
    error RwaUnknownAsset(uint256 id);
    /// @notice There is no income book `book`.
    error RwaUnknownBook(bytes32 book);
    /// @notice `selector` is no action on an income book.
    error RwaUnknownAction(bytes4 selector);
    /// @notice The action does not take `amount0` and `amount1`.
    error RwaWrongInputs(uint256 amount0, uint256 amount1);
    /// @notice The section has a share `shareId` and no use for it.
    error RwaUnwantedShare(uint256 shareId);
    /// @notice The amount is zero.
    error RwaZeroAmount();
    /// @notice `amount` exceeds the maximum of `maximum`.
    error RwaAmountTooLarge(uint256 amount, uint256 maximum);
    /// @notice `caller` is neither the owner of `id` nor its agent for `role`.
    error RwaNotAgent(address caller, uint256 id, uint256 role);
    /// @notice `actor` is not an operator of `account`.
    error RwaNotOperator(address actor, address account);
    /// @notice `id` is paused.
    error RwaPaused(uint256 id);
    /// @notice `account` is frozen in `id`.
    error RwaAccountFrozen(uint256 id, address account);
    /// @notice The end `end` is not a day between `earliest` and `latest`.
    error RwaInvalidEnd(uint256 end, uint256 earliest, uint256 latest);
    /// @notice The income would flow at `rate`, in units a second · 2^32, not between `minimum` and `maximum`.
    error RwaInvalidRate(uint256 rate, uint256 minimum, uint256 maximum);
    /// @notice Holders have `weight` units, and income is shared by `minimum` and more.
    error RwaTooFewUnits(uint256 weight, uint256 minimum);
    /// @notice No income flows beyond this day; it ends, or ended, at `end`.
    error RwaNoIncome(uint256 end);
    /// @notice `actor` does not collect fees; `recipient` does.
    error RwaNotFeeRecipient(address actor, address recipient);
    /// @notice The pledge of `account` to `pledgee` is with `holder` now; it takes no more units until it is released or seized.
    error RwaPledgeMoved(address account, uint256 id, address pledgee, address holder);

    /// @notice Moves units on their owner's word given to the asset's facade. Only the facade of `id`.
    function facadeTransfer(uint256 id, address from, address to, uint256 amount) external;

    /// @notice Approves that a pledgee opens the lending market of id `market` on pledges of `id`, or takes that back. The owner of `id` and
    /// its agents for terms. What is open stays open.
    function setMarketApproval(uint256 id, bytes32 market, bool isApproved) external;

    /// @notice The ledger whose assets these are.
    function LEDGER() external view returns (ILedger);

    /// @notice The core's part that does what issuers and agents do (`IRwaAgency`), on the core's storage.
    function AGENCY() external view returns (address);

    /// @notice Why the rules refuse the movement, or NONE. `canTransfer` in words; it never reverts.
    /// @dev It depends on who asks. Frozen and pledged units are in a protocol's way while they exceed the sender's balance, whatever the
    /// amount: what it asks for may stand behind a share or in a book of its own. In everybody else's they are with the amount.
    function refusalOf(uint256 id, address from, address to, uint256 amount) external view returns (Refusal);

    /// @notice Reverts with the error of ERC-7943 that says why the rules refuse the movement, if they do.
    function requireTransfer(uint256 id, address from, address to, uint256 amount) external view;

    /// @notice Units that the account can move: balance − frozen − pledged, at least 0; 0 when the account is frozen.
    function movableOf(address account, uint256 id) external view returns (uint256);

    /// @notice Whether the account as a whole is frozen in `id`.
    function isFrozen(uint256 id, address account) external view returns (bool);

    /// @notice Income that the account accrued and has not claimed, in units of what the asset pays; of a frozen account what it can claim
    /// when it has thawed.
    function incomeOf(uint256 id, address account) external view returns (uint256);

    /// @notice The account's income record: the index it is counted to, and what it accrued, in units · 2^12 modulo 2^104.
    function recordOf(uint256 id, address account) external view returns (uint256 index, uint256 accrued);

    /// @notice Where the asset stands.
    function assetOf(uint256 id) external view returns (AssetState memory);

    /// @notice Where the asset's income stands.
    function incomeStateOf(uint256 id) external view returns (IncomeState memory);

    /// @notice The roles of an agent (`IRwaAgency.setAgent`); the owner's are all.
    function rolesOf(uint256 id, address agent) external view returns (uint256);

    /// @notice What a protocol is approved for (`IRwaAgency.setApproval`).
    function approvalsOf(uint256 id, address protocol) external view returns (uint256);

    /// @notice Whether the market is approved (`setMarketApproval`), whoever would open it.
    function marketApprovalOf(uint256 id, bytes32 market) external view returns (bool);

    /// @notice The countries of `IRwaAgency.setCountries`; they count where `AssetState.hasCountries`.
    function countriesOf(uint256 id) external view returns (uint256[4] memory);

    /// @notice Name, symbol and decimals of `id`.
    function metadataOf(uint256 id) external view returns (string memory name, string memory symbol, uint256 decimals);
}
