// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC3156FlashLender} from "@openzeppelin/contracts/interfaces/IERC3156FlashLender.sol";
import {IERC6909} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {Word} from "../types/Word.sol";
import {IPermit2} from "./external/IPermit2.sol";
import {ILedgerProtocol} from "./ILedgerProtocol.sol";

/// @title ILedger
/// @notice Custody of every asset of the suite, and the one place where balances move.
/// @dev Ids are content: a token's id is its address; an issued asset's id is described in `AssetId`. Amounts are in the
/// asset's smallest units, at most 2^112 − 1. `Transfer` is emitted where a holder's balance moves; the other side is
/// the zero address when it is a wallet, a book, or a mint or burn. A balance moves on its owner's word alone: his
/// call, an operator or allowance he set, or a batched operation through a settlement his word consents to; the one
/// exception is an id with RULES, whose issuer may force a movement, never out of a protocol's books.
interface ILedger is IERC6909, IERC3156FlashLender {
    /// @notice Where an action's inputs come from.
    enum Source {
        /// @dev The caller's ledger balance.
        LEDGER,
        /// @dev The caller's wallet, by ERC-20 allowance to the ledger.
        WALLET,
        /// @dev The caller's wallet, by an allowance of Permit2 to the ledger.
        PERMIT2
    }

    /// @notice Where an action's outputs go. Issued assets always stay in the ledger.
    enum Destination {
        LEDGER,
        WALLET,
        /// @dev As WALLET, with wrapped ether paid out as ether.
        NATIVE
    }

    /// @notice One action on a protocol's book, named as in `BookId`.
    /// @dev The order of the fields gives `call` the second-lowest selector: the dispatcher compares one by one.
    struct Call {
        address protocol;
        /// @dev The book's assets, in the protocol's order.
        uint256 asset0;
        uint256 asset1;
        /// @dev The protocol's own name of the book, beside its assets.
        bytes32 key;
        Source source;
        Destination destination;
        /// @dev The most the caller pays in; what the protocol does not use returns the way it came. 0 in a path after its
        /// first call.
        uint256 amount0;
        uint256 amount1;
        /// @dev Receiver of outputs and of minted shares; the zero address stands for the caller.
        address to;
        /// @dev The protocol's typed call (for the AMM a function of `IAmmActions`).
        bytes data;
    }

    event AssetIssued(uint256 indexed id, address indexed owner, address indexed issuer, bytes32 salt);
    event FlashLoan(address indexed token, address indexed receiver, address indexed initiator, uint256 amount);
    event FrozenSet(uint256 indexed id, address indexed account, bool frozen);
    event NoticeFailed(uint256 indexed id, address indexed from, address indexed to, uint256 amount);
    event ConsentSet(address indexed account, uint256 indexed key, uint8 versions);
    event SequenceCancelled(address indexed account, uint256 indexed key, uint16 sequence);
    event CoreListed(address indexed core);
    event SettlementListed(address indexed settlement, uint256 indexed version);
    event SettlementSwitched(address indexed settlement, uint256 indexed version, bool active);

    /// @notice The ledger was called again from within its own call.
    error LedgerLocked();
    /// @notice The amount is zero.
    error LedgerZeroAmount();
    /// @notice `amount` exceeds the maximum of `maximum`.
    error LedgerAmountTooLarge(uint256 amount, uint256 maximum);
    /// @notice `id` is no asset's id.
    error LedgerUnknownId(uint256 id);
    /// @notice There is no token at `token`.
    error LedgerUnknownToken(address token);
    /// @notice `to` cannot receive.
    error LedgerInvalidRecipient(address to);
    /// @notice `protocol` is no protocol.
    error LedgerInvalidProtocol(address protocol);
    /// @notice `token0` and `token1` cannot share a word.
    error LedgerInvalidHomePair(address token0, address token1);
    /// @notice `account` holds `balance` units of `id` in the ledger and needs `needed`.
    error LedgerInsufficientBalance(address account, uint256 id, uint256 balance, uint256 needed);
    /// @notice `owner` allows `spender` to move `allowed` units of `id`, not `needed`.
    error LedgerInsufficientAllowance(address owner, address spender, uint256 id, uint256 allowed, uint256 needed);
    /// @notice The book `book` holds `holdings` units, takes `inputs` and cannot pay `outputs`.
    /// @dev What would be left of a side of the book is below 0 or above 2^112 − 1.
    error LedgerInsufficientBook(bytes32 book, Word holdings, Word inputs, Word outputs);
    /// @notice The section's sums on the book of `protocol` exceed what a book can hold.
    error LedgerSectionOverflow(address protocol);
    /// @notice `account` holds `balance` units of `id`; `amount` more do not fit.
    error LedgerBalanceOverflow(address account, uint256 id, uint256 balance, uint256 amount);
    /// @notice `received` units of `token` arrived, less than the minimum of `minimum`.
    error LedgerBelowMinimumDeposit(address token, uint256 received, uint256 minimum);
    /// @notice `value` wei were sent where `wanted` are wanted.
    error LedgerNativeMismatch(uint256 value, uint256 wanted);
    /// @notice `to` did not take `amount` wei.
    error LedgerNativeTransferFailed(address to, uint256 amount);
    /// @notice `sender` sent `amount` wei without a deposit.
    error LedgerUnexpectedEther(address sender, uint256 amount);
    /// @notice `protocol` answered `magic`, not as a protocol does.
    error LedgerMagicMissing(address protocol, bytes4 magic);
    /// @notice `protocol` failed on the whole section.
    error LedgerProtocolFailed(address protocol);
    /// @notice `caller` is not the issuer of `id`.
    error LedgerNotIssuer(address caller, uint256 id);
    /// @notice The protocol answered `payouts` payouts for `operations` operations.
    error LedgerPayoutCount(uint256 payouts, uint256 operations);
    /// @notice The section cannot take a fee of `fee` units of `id`.
    /// @dev A fee above 2^112 − 1, or in an asset with RULES or NOTIFY.
    error LedgerInvalidFee(uint256 id, uint256 fee);
    /// @notice `length` words are not pairs of words.
    error LedgerInvalidOperations(uint256 length);
    /// @notice The asset flags `flags` are not valid.
    error LedgerInvalidFlags(uint256 flags);
    /// @notice `id` has its issuer already.
    error LedgerAlreadyIssued(uint256 id);
    /// @notice `core` is not a listed core.
    error LedgerNotListed(address core);
    /// @notice `id` has RULES and enters books of listed cores only; `protocol` is none.
    error LedgerUnlistedProtocol(address protocol, uint256 id);
    /// @notice `account` is listed already.
    error LedgerAlreadyListed(address account);
    /// @notice The issuer of `id` refuses to let `amount` units move from `from` to `to`.
    error LedgerTransferRefused(uint256 id, address from, address to, uint256 amount);
    /// @notice The issuer of `id` has frozen `account`.
    error LedgerFrozen(uint256 id, address account);
    /// @notice `id` cannot be forced out of the protocol `protocol`.
    error LedgerForcedFromProtocol(uint256 id, address protocol);
    /// @notice `caller` is not the facade of `id`.
    error LedgerNotFacade(address caller, uint256 id);
    /// @notice `token` is lent in this transaction already.
    error LedgerFlashLoanNested(address token);
    /// @notice `receiver` did not accept the flash loan.
    error LedgerFlashLoanRefused(address receiver);
    /// @notice `received` units of `token` came back where `owed` are owed.
    error LedgerFlashLoanNotRepaid(address token, uint256 received, uint256 owed);
    /// @notice `caller` is not a settlement.
    error LedgerNotSettlement(address caller);
    /// @notice Settlement version `version` is switched off.
    error LedgerSettlementSwitchedOff(uint256 version);
    /// @notice Settlement version `version` is not among the `listed` listed.
    error LedgerUnknownSettlement(uint256 version, uint256 listed);
    /// @notice There are `maximum` settlements already, the most there can be.
    error LedgerTooManySettlements(uint256 maximum);
    /// @notice `available` gas is left where `needed` is needed.
    error LedgerInsufficientGas(uint256 available, uint256 needed);
    /// @notice `caller` is not the ledger itself.
    error LedgerNotSelf(address caller);
    /// @notice A path needs a call.
    error LedgerEmptyPath();
    /// @notice Call `index` of the path, from 0, is carried `carried` and has amounts of its own of `amount0` and `amount1`.
    /// @dev It must be carried something, and have none.
    error LedgerBrokenPath(uint256 index, Word carried, uint256 amount0, uint256 amount1);
    /// @notice `caller` has no authority for this call.
    error LedgerUnauthorized(address caller);

    /* CUSTODY */

    /// @notice Takes `amount` of `token` from the caller's wallet and credits what arrived to `to`.
    /// @dev Reverts with `LedgerBelowMinimumDeposit` when less than `minimum` arrives (fee-on-transfer tokens).
    /// @return credited the measured difference of the ledger's token balance
    function deposit(address token, uint256 amount, uint256 minimum, address to) external returns (uint256 credited);

    /// @notice Wraps the ether sent with the call and credits it to `to` as wrapped ether.
    function depositNative(address to) external payable;

    /// @notice Deposits by a Permit2 signature of `owner`, submitted by anyone.
    /// @dev The signature carries the witness `LakhDeposit(address to,uint256 minimum)`, so that whoever submits it
    /// cannot choose the receiver.
    function depositWithPermit2(
        address owner,
        address to,
        uint256 minimum,
        IPermit2.PermitTransferFrom calldata permitted,
        bytes calldata signature
    ) external returns (uint256 credited);

    /// @notice Debits the caller's ledger balance and sends the tokens to `to`'s wallet.
    function withdraw(address token, uint256 amount, address to) external;

    /// @notice Debits the caller's wrapped ether and sends ether to `to`.
    function withdrawNative(uint256 amount, address to) external;

    /// @notice Submits an EIP-2612 permit of the caller for the ledger. A refused permit does not revert, because
    /// anybody may have submitted it first; the step that needs the allowance decides.
    function permit(address token, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Submits a Permit2 allowance signature of the caller; a refused one does not revert (see `permit`).
    function permit2(IPermit2.PermitSingle calldata permitted, bytes calldata signature) external;

    /* ACTIONS */

    /// @notice Moves the inputs from the caller, hands them to the protocol, and settles what it answers.
    /// @dev Ether sent with the call is wrapped and stands for the whole input of the wrapped-ether side, or of both sides
    /// where both are wrapped ether.
    /// @return out0 paid to the receiver in asset 0, change excluded
    /// @return out1 paid to the receiver in asset 1, change excluded
    /// @return minted shares minted to the receiver's ledger balance
    function call(Call calldata parameters) external payable returns (uint256 out0, uint256 out1, uint256 minted);

    /// @notice Makes calls in order in one, each with what the one before pays in the tokens of its book, for one limit at the end
    /// or the beginning.
    /// @dev Only the first call takes from the caller, and spends all ether sent along. Of what a call pays, without its change,
    /// tokens that the next one's book holds are carried over to it: to its side 0 where both its sides are of the token.
    /// Everything else is as in `call`: other outputs, shares and issued assets, which are never carried, go where the call
    /// says, and change goes to the caller as the call's source says, also of what was carried. A call after the first must
    /// be carried something and have amounts of 0 (`LedgerBrokenPath`). What is carried is in no balance and has no event.
    /// Reverts with `LedgerAmountTooLarge` where two outputs of one token exceed what a side can hold.
    /// @return out0 as of `call`, of the last call
    /// @return out1 as of `call`, of the last call
    /// @return minted as of `call`, of the last call
    function callPath(Call[] calldata calls) external payable returns (uint256 out0, uint256 out1, uint256 minted);

    /* ISSUED ASSETS */

    /// @notice Fixes the issuers of the flagged sides of the caller's `salt`. A side without flags needs no listing.
    /// @param flags four bits of `AssetId`: RULES and NOTIFY of both sides. NOTIFY is for listed cores, as caller and as
    /// issuer; RULES on both sides, which share the frozen bit, needs one issuer
    function issueAsset(bytes32 salt, uint256 flags, address issuer0, address issuer1) external;

    /// @notice Mints units of a flagged id. Only its issuer, who keeps the total within 2^112 − 1.
    function mint(uint256 id, address to, uint256 amount) external;

    /// @notice Burns units of a flagged id. Only its issuer: from itself, or from anyone when the id has RULES.
    function burn(uint256 id, address from, uint256 amount) external;

    /// @notice Moves units of an id with RULES against its holder's will (ERC-7943). Only its issuer; never from a core.
    function forceTransfer(uint256 id, address from, address to, uint256 amount) external;

    /// @notice Freezes or thaws the sides with RULES in the account's word of `id`. Only the issuer of `id`.
    function setFrozen(uint256 id, address account, bool frozen) external;

    /* FACADES */

    /// @notice Notes the ERC-20 facade of `id`. Only the ledger's facade factory, which anyone may use.
    function setFacade(uint256 id, address facade) external;

    /// @notice `transferFrom` on behalf of `spender`. Only the facade of `id`.
    function facadeTransfer(uint256 id, address spender, address from, address to, uint256 amount) external;

    /// @notice `approve` on behalf of `owner`. Only the facade of `id`.
    function facadeApprove(uint256 id, address owner, address spender, uint256 amount) external;

    /* SETTLEMENT */

    /// @notice Sets which settlement versions may act on the caller's word of `id` (bit v for version v).
    function setConsent(uint256 id, uint8 versions) external;

    /// @notice Voids the caller's signed but unexecuted operations on the word of `id`, by moving its sequence 85 on. A
    /// client never signs further ahead on one word: operations carry 8 bits of the sequence.
    function cancel(uint256 id) external;

    /// @notice Executes one section of a batch in a frame of its own. Only an active settlement version.
    /// @dev Reverts with `LedgerInsufficientGas` unless the frame can be given its full gas cap.
    /// @return executed whether the frame stands; if not, nothing of it does
    /// @return skipped one bit for each operation that was skipped or failed
    function settle(
        ILedgerProtocol.Section calldata section,
        uint256[] calldata operations
    ) external returns (bool executed, uint256[] memory skipped);

    /// @notice The frame of `settle`. Only the ledger itself.
    function settleFrame(
        ILedgerProtocol.Section calldata section,
        uint256[] calldata operations
    ) external returns (uint256[] memory skipped);

    /* AUTHORITY */

    /// @notice The access manager that decides who lists cores and settlement versions, and what cores leave to it. It has no
    /// say over balances.
    function AUTHORITY() external view returns (IAccessManager);

    /// @notice Appends a protocol core that may issue assets with NOTIFY. Restricted; there is no removal. It must have
    /// code: movements of an asset whose issuer has none revert.
    function listCore(address core) external;

    /// @notice Appends a settlement version, at most eight. Restricted; there is no removal.
    function listSettlement(address settlement) external returns (uint256 version);

    /// @notice Switches a settlement version off or on. Restricted; direct calls and exits are not affected.
    function switchSettlement(uint256 version, bool active) external;

    /* VIEWS */

    /// @notice The account's word that holds `id`, with the other asset of its pair and the flags.
    function wordOf(address account, uint256 id) external view returns (Word);

    /// @notice The book of `protocol` for `key`, in the protocol's asset order.
    function bookOf(address protocol, bytes32 key, uint256 asset0, uint256 asset1) external view returns (Word);

    /// @notice The storage key and the side (0 or 1) of `id`.
    function homeOf(uint256 id) external view returns (uint256 key, uint256 side);

    /// @notice The issuer of a flagged id; the zero address for all others.
    function issuerOf(uint256 id) external view returns (address);

    /// @notice The ERC-20 facade of `id`, or the zero address.
    function facadeOf(uint256 id) external view returns (address);

    /// @notice Whether `account` is a listed protocol core.
    function isCore(address account) external view returns (bool);

    /// @notice A settlement version's address and whether it may act.
    function settlementOf(uint256 version) external view returns (address settlement, bool active);
}
