// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC3156FlashLender} from "@openzeppelin/contracts/interfaces/IERC3156FlashLender.sol";
import {IERC6909} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAssetIssuer} from "../interfaces/IAssetIssuer.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {HolderFlags} from "../libraries/HolderFlags.sol";
import {Word} from "../types/Word.sol";
import {FacadeFactory} from "./FacadeFactory.sol";

/// @title LedgerAccounts
/// @notice Holders' words: where an id lives, ERC-6909, issued assets with RULES and NOTIFY, and ERC-20 facades.
/// @dev Every movement of a holder's balance, from a wallet or a batch, goes through `_debit` and `_credit`.
abstract contract LedgerAccounts is ILedger {
    using AssetId for uint256;
    using HolderFlags for Word;

    /// @dev One storage slot; a struct, so that a reference to it can be held.
    struct Cell {
        Word word;
    }

    /// @dev Gas that the issuer of an id with RULES gets for its answer.
    uint256 internal constant RULES_GAS = 100_000;
    /// @dev Gas that the issuer of an id with NOTIFY gets for a notice.
    uint256 internal constant NOTICE_GAS = 200_000;
    /// @dev Gas kept for what follows a capped call.
    uint256 internal constant GAS_RESERVE = 10_000;
    uint256 internal constant MAX_HOME_PAIRS = 4;

    /// @inheritdoc ILedger
    /// @dev OpenZeppelin's; it cannot be replaced. Delayed operations come through its `execute`.
    IAccessManager public immutable AUTHORITY;
    /// @notice Deploys the ERC-20 facades.
    FacadeFactory public immutable FACADES;
    /// @dev Home pairs: FIRST_n lives on side 0 and SECOND_n on side 1 of the word whose key is FIRST_n.
    uint256 private immutable FIRST_0;
    uint256 private immutable FIRST_1;
    uint256 private immutable FIRST_2;
    uint256 private immutable FIRST_3;
    uint256 private immutable SECOND_0;
    uint256 private immutable SECOND_1;
    uint256 private immutable SECOND_2;
    uint256 private immutable SECOND_3;

    /// @dev By key first, so that a section, whose keys are fixed, finds each word with one hash.
    mapping(uint256 key => mapping(address account => Cell)) internal _cells;
    /// @inheritdoc IERC6909
    mapping(address owner => mapping(address spender => bool)) public isOperator;
    /// @inheritdoc IERC6909
    mapping(address owner => mapping(address spender => mapping(uint256 id => uint256 amount))) public allowance;
    /// @inheritdoc ILedger
    mapping(uint256 id => address issuer) public issuerOf;
    /// @inheritdoc ILedger
    mapping(uint256 id => address facade) public facadeOf;
    /// @inheritdoc ILedger
    mapping(address core => bool) public isCore;

    /// @dev One lock for everything that moves a balance: 1 while it is held. A whole slot is cheaper than a bool.
    uint256 internal transient _locked;

    modifier nonReentrant() {
        _lock();
        _;
        _locked = 0;
    }

    modifier restricted() {
        _checkAuthority();
        _;
    }

    /// @param homePairs token pairs that share a word, at most four, fixed for ever; no token may stand in two
    constructor(IAccessManager authority, address[2][] memory homePairs) {
        require(address(authority).code.length != 0, LedgerUnauthorized(address(authority)));
        AUTHORITY = authority;
        require(homePairs.length <= MAX_HOME_PAIRS, LedgerAmountTooLarge(homePairs.length, MAX_HOME_PAIRS));
        uint256[MAX_HOME_PAIRS] memory first;
        // An unused pair has a second token that is no id.
        uint256 none = type(uint256).max;
        uint256[MAX_HOME_PAIRS] memory second = [none, none, none, none];
        for (uint256 i; i < homePairs.length; ++i) {
            (address token0, address token1) = (homePairs[i][0], homePairs[i][1]);
            require(
                token0 != address(0) && token1 != address(0) && token0 != token1,
                LedgerInvalidHomePair(token0, token1)
            );
            (first[i], second[i]) = (uint160(token0), uint160(token1));
            for (uint256 j; j < i; ++j) {
                bool isFree =
                    first[i] != first[j] && first[i] != second[j] && second[i] != first[j] && second[i] != second[j];
                require(isFree, LedgerInvalidHomePair(token0, token1));
            }
        }
        (FIRST_0, FIRST_1, FIRST_2, FIRST_3) = (first[0], first[1], first[2], first[3]);
        (SECOND_0, SECOND_1, SECOND_2, SECOND_3) = (second[0], second[1], second[2], second[3]);
        FACADES = new FacadeFactory(this);
    }

    /* ERC-6909 */

    /// @inheritdoc IERC6909
    function transfer(address receiver, uint256 id, uint256 amount) external nonReentrant returns (bool) {
        _move(msg.sender, msg.sender, receiver, id, amount);
        return true;
    }

    /// @inheritdoc IERC6909
    function transferFrom(
        address sender,
        address receiver,
        uint256 id,
        uint256 amount
    ) external nonReentrant returns (bool) {
        if (!isOperator[sender][msg.sender]) _spendAllowance(sender, msg.sender, id, amount);
        _move(msg.sender, sender, receiver, id, amount);
        return true;
    }

    /// @inheritdoc IERC6909
    function approve(address spender, uint256 id, uint256 amount) external returns (bool) {
        _approve(msg.sender, spender, id, amount);
        return true;
    }

    /// @inheritdoc IERC6909
    function setOperator(address spender, bool approved) external returns (bool) {
        isOperator[msg.sender][spender] = approved;
        emit OperatorSet(msg.sender, spender, approved);
        return true;
    }

    /* ISSUED ASSETS */

    /// @inheritdoc ILedger
    function issueAsset(bytes32 salt, uint256 flags, address issuer0, address issuer1) external {
        // Both sides share one frozen bit.
        bool sharesRules = flags & AssetId.RULES_0 != 0 && flags & AssetId.RULES_1 != 0;
        bool isValid = flags != 0 && flags <= AssetId.MAX_FLAGS && (!sharesRules || issuer0 == issuer1);
        require(isValid, LedgerInvalidFlags(flags));
        for (uint256 side; side < 2; ++side) _issueSide(salt, flags, side, side == 0 ? issuer0 : issuer1);
    }

    /// @inheritdoc ILedger
    function mint(uint256 id, address to, uint256 amount) external nonReentrant {
        _checkIssuer(id);
        _checkRecipient(to);
        _bringIn(id, to, amount);
    }

    /// @inheritdoc ILedger
    function burn(uint256 id, address from, uint256 amount) external nonReentrant {
        if (from == msg.sender) {
            _checkIssuer(id);
        } else {
            _checkForced(id, from);
        }
        _takeOut(id, from, amount);
    }

    /// @inheritdoc ILedger
    function forceTransfer(uint256 id, address from, address to, uint256 amount) external nonReentrant {
        _checkForced(id, from);
        _checkRecipient(to);
        _debit(from, id, amount);
        _credit(to, id, amount);
        _log(msg.sender, from, to, id, amount);
    }

    /// @inheritdoc ILedger
    function setFrozen(uint256 id, address account, bool frozen) external {
        _checkRuler(id);
        Cell storage cell = _cellOf(account, id);
        cell.word = cell.word.withFrozen(frozen);
        emit FrozenSet(id, account, frozen);
    }

    /* FACADES */

    /// @inheritdoc ILedger
    function setFacade(uint256 id, address facade) external {
        _checkFacade(address(FACADES), id);
        facadeOf[id] = facade;
    }

    /// @inheritdoc ILedger
    function facadeTransfer(
        uint256 id,
        address spender,
        address from,
        address to,
        uint256 amount
    ) external nonReentrant {
        _checkFacade(facadeOf[id], id);
        if (spender != from) _spendAllowance(from, spender, id, amount);
        _move(spender, from, to, id, amount);
    }

    /// @inheritdoc ILedger
    function facadeApprove(uint256 id, address owner, address spender, uint256 amount) external {
        _checkFacade(facadeOf[id], id);
        _approve(owner, spender, id, amount);
    }

    /* AUTHORITY */

    /// @inheritdoc ILedger
    function listCore(address core) external restricted {
        require(!isCore[core], LedgerAlreadyListed(core));
        isCore[core] = true;
        emit CoreListed(core);
    }

    /* VIEWS */

    /// @inheritdoc IERC6909
    function balanceOf(address owner, uint256 id) external view returns (uint256) {
        (uint256 key, uint256 side) = homeOf(id);
        return _cells[key][owner].word.amount(side);
    }

    /// @inheritdoc ILedger
    function wordOf(address account, uint256 id) external view returns (Word) {
        return _cellOf(account, id).word;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return
            interfaceId == type(IERC6909).interfaceId ||
            interfaceId == type(IERC3156FlashLender).interfaceId ||
            interfaceId == type(IERC165).interfaceId;
    }

    /// @inheritdoc ILedger
    function homeOf(uint256 id) public view returns (uint256 key, uint256 side) {
        if (id.isIssued()) return (id & ~uint256(1), id & 1);
        if (id == SECOND_0) return (FIRST_0, 1);
        if (id == SECOND_1) return (FIRST_1, 1);
        if (id == SECOND_2) return (FIRST_2, 1);
        if (id == SECOND_3) return (FIRST_3, 1);
        return (id, 0);
    }

    /* INTERNALS */

    /// @dev The slot of the account's word that holds `id`.
    function _cellOf(address account, uint256 id) internal view returns (Cell storage) {
        (uint256 key, ) = homeOf(id);
        return _cells[key][account];
    }

    function _debit(address account, uint256 id, uint256 amount) internal {
        (uint256 key, uint256 side) = homeOf(id);
        Cell storage cell = _cells[key][account];
        Word word = cell.word;
        (bool ok, Word left) = word.trySub(side, amount);
        require(ok, LedgerInsufficientBalance(account, id, word.amount(side), amount));
        cell.word = left;
    }

    function _credit(address account, uint256 id, uint256 amount) internal {
        (uint256 key, uint256 side) = homeOf(id);
        Cell storage cell = _cells[key][account];
        Word word = cell.word;
        (bool ok, Word sum) = word.tryAdd(side, amount);
        require(ok, LedgerBalanceOverflow(account, id, word.amount(side), amount));
        cell.word = sum;
    }

    /// @dev A transfer between holders. Debit and credit load and store one after the other, so a transfer to oneself
    /// changes nothing.
    function _move(address caller, address from, address to, uint256 id, uint256 amount) internal {
        _checkRecipient(to);
        _checkRules(id, from, to, amount);
        _debit(from, id, amount);
        _credit(to, id, amount);
        _log(caller, from, to, id, amount);
        _notify(id, from, to, amount);
    }

    /// @dev A credit that comes from no balance: from a wallet, a book, or a mint.
    function _bringIn(uint256 id, address to, uint256 amount) internal {
        _credit(to, id, amount);
        _log(msg.sender, address(0), to, id, amount);
    }

    /// @dev A debit that goes to no balance: to a wallet, a book, or a burn.
    function _takeOut(uint256 id, address from, uint256 amount) internal {
        _debit(from, id, amount);
        _log(msg.sender, from, address(0), id, amount);
    }

    /// @dev The ERC-6909 event of a holder's balance; the zero address stands for wallets, books, mints and burns.
    function _log(address caller, address from, address to, uint256 id, uint256 amount) internal {
        emit Transfer(caller, from, to, id, amount);
    }

    /// @dev Refuses a movement out of a holder's frozen word, or one that the issuer does not allow.
    function _checkRules(uint256 id, address from, address to, uint256 amount) internal view {
        if (!id.hasRules()) return;
        require(!_cellOf(from, id).word.isFrozen(), LedgerFrozen(id, from));
        _checkAllowed(id, from, to, amount);
    }

    /// @dev Refuses a movement that the issuer does not allow; `from` may be a protocol, for its book.
    function _checkAllowed(uint256 id, address from, address to, uint256 amount) internal view {
        if (id.hasRules()) {
            require(_isAllowed(id, from, to, amount), LedgerTransferRefused(id, from, to, amount));
        }
    }

    /// @dev Refuses to take an id with RULES into a book of a protocol that is not listed: an issuer's say and the income of a holder
    /// do not reach into books, so nobody may have one of his own making.
    function _checkBook(uint256 id, address protocol) internal view {
        if (id.hasRules()) require(isCore[protocol], LedgerUnlistedProtocol(protocol, id));
    }

    /// @dev The answer of the issuer of an id with RULES, under its gas cap; silence and reverts are a refusal.
    function _isAllowed(uint256 id, address from, address to, uint256 amount) internal view returns (bool) {
        _checkGas(RULES_GAS);
        return
            BoundedCall.isTrue(
                issuerOf[id],
                RULES_GAS,
                abi.encodeCall(IAssetIssuer.canTransfer, (id, from, to, amount))
            );
    }

    /// @dev Tells the issuer of an id with NOTIFY of a movement it did not order itself. Called when every word of the
    /// movement is stored.
    function _notify(uint256 id, address from, address to, uint256 amount) internal {
        if (amount == 0 || !id.hasNotice()) return;
        _checkGas(NOTICE_GAS);
        try IAssetIssuer(issuerOf[id]).onLedgerMovement{gas: NOTICE_GAS}(id, from, to, amount) {} catch {
            emit NoticeFailed(id, from, to, amount);
        }
    }

    /// @dev A capped call must be able to get its whole cap (63/64 of what is left), or the caller could choose by his
    /// gas limit whether it fails.
    function _checkGas(uint256 cap) internal view {
        uint256 available;
        unchecked {
            available = (gasleft() * 63) / 64; // gas is below 2^64
        }
        require(Math.saturatingSub(available, GAS_RESERVE) >= cap, LedgerInsufficientGas(available, cap));
    }

    function _lock() private {
        require(_locked == 0, LedgerLocked());
        _locked = 1;
    }

    /// @dev Asks the manager, which answers for roles at once and for delayed operations while it executes them.
    function _checkAuthority() private view {
        bytes memory question = abi.encodeCall(IAccessManager.canCall, (msg.sender, address(this), msg.sig));
        require(BoundedCall.isTrue(address(AUTHORITY), gasleft(), question), LedgerUnauthorized(msg.sender));
    }

    function _checkRecipient(address to) internal view {
        require(to != address(0) && to != address(this), LedgerInvalidRecipient(to));
    }

    function _checkIssuer(uint256 id) internal view {
        if (msg.sender != issuerOf[id]) _refuseIssuer(msg.sender, id);
    }

    function _refuseIssuer(address caller, uint256 id) internal pure {
        revert LedgerNotIssuer(caller, id);
    }

    /// @dev Only the issuer of an id with RULES has a say over others' balances of it.
    function _checkRuler(uint256 id) private view {
        if (msg.sender != issuerOf[id] || !id.hasRules()) _refuseIssuer(msg.sender, id);
    }

    /// @dev A ruler's say ends at a protocol's books.
    function _checkForced(uint256 id, address from) private view {
        _checkRuler(id);
        require(!isCore[from], LedgerForcedFromProtocol(id, from));
    }

    /// @dev Refuses what `protocol` may not mint and burn on its `book`: it may a flagged id as its listed issuer, a plain one
    /// as the issuer that its hash names, with the book as salt.
    function _checkIssuedBy(address protocol, bytes32 book, uint256 id) internal view {
        bool isIssuer =
            id.isPlain() ? id == AssetId.issued(protocol, book, id.wordFlags(), id & 1) : issuerOf[id] == protocol;
        if (!isIssuer) _refuseIssuer(protocol, id);
    }

    function _checkFacade(address expected, uint256 id) private view {
        require(msg.sender == expected, LedgerNotFacade(msg.sender, id));
    }

    function _checkListed(address core) private view {
        require(isCore[core], LedgerNotListed(core));
    }

    function _spendAllowance(address owner, address spender, uint256 id, uint256 amount) private {
        if (owner == spender) return;
        mapping(uint256 id => uint256 amount) storage allowances = allowance[owner][spender];
        uint256 allowed = allowances[id];
        if (allowed == type(uint256).max) return;
        require(allowed >= amount, LedgerInsufficientAllowance(owner, spender, id, allowed, amount));
        unchecked {
            allowances[id] = allowed - amount; // amount <= allowed
        }
    }

    function _approve(address owner, address spender, uint256 id, uint256 amount) private {
        allowance[owner][spender][id] = amount;
        emit Approval(owner, spender, id, amount);
    }

    /// @dev A flagged side needs an issuer, and a core for NOTIFY; a plain side must not name one.
    function _issueSide(bytes32 salt, uint256 flags, uint256 side, address issuer) private {
        uint256 id = AssetId.issued(msg.sender, salt, flags, side);
        bool isPlain = id.isPlain();
        if ((issuer == address(0)) != isPlain) _refuseIssuer(issuer, id);
        if (isPlain) return;
        require(issuerOf[id] == address(0), LedgerAlreadyIssued(id));
        if (id.hasNotice()) {
            _checkListed(issuer);
            _checkListed(msg.sender);
        }
        issuerOf[id] = issuer;
        emit AssetIssued(id, msg.sender, issuer, salt);
    }
}
