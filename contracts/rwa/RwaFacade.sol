// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {IERC7943Fungible} from "../interfaces/external/IERC7943Fungible.sol";
import {IERC7943MultiToken} from "../interfaces/external/IERC7943MultiToken.sol";
import {IEligibilityRegistry} from "../interfaces/IEligibilityRegistry.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IRwaAgency} from "../interfaces/IRwaAgency.sol";
import {IRwaCore} from "../interfaces/IRwaCore.sol";
import {IRwaFacade} from "../interfaces/IRwaFacade.sol";

/// @title RwaFacade
/// @notice ERC-20 view of one regulated asset; see `IRwaFacade`.
/// @dev A clone holds the core and the asset's id in its code and allowances in its storage. What an agent asks for is
/// handed to the core with the agent behind the arguments (as in ERC-2771), which the core reads from the facade of the asset alone.
contract RwaFacade is IRwaFacade, IERC20Errors {
    ILedger private immutable LEDGER;

    /// @inheritdoc IERC20
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    constructor(ILedger ledger) {
        LEDGER = ledger;
    }

    /* ERC-20 */

    /// @inheritdoc IERC20
    function transfer(address to, uint256 amount) external returns (bool) {
        _transfer(msg.sender, to, amount);
        return true;
    }

    /// @inheritdoc IERC20
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed != type(uint256).max) {
            require(allowed >= amount, ERC20InsufficientAllowance(msg.sender, allowed, amount));
            allowance[from][msg.sender] = allowed - amount; // amount <= allowed
        }
        _transfer(from, to, amount);
        return true;
    }

    /// @inheritdoc IERC20
    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    /// @inheritdoc IRwaFacade
    function batchTransfer(address[] calldata receivers, uint256[] calldata amounts) external {
        require(receivers.length == amounts.length, RwaLengthMismatch(receivers.length, amounts.length));
        for (uint256 i; i < receivers.length; ++i) _transfer(msg.sender, receivers[i], amounts[i]);
    }

    /* AGENTS */

    /// @inheritdoc IRwaFacade
    function mint(address to, uint256 amount) external {
        _ask(abi.encodeCall(IRwaAgency.mint, (id(), to, amount)));
        emit Transfer(address(0), to, amount);
    }

    /// @inheritdoc IRwaFacade
    function burn(address account, uint256 amount) external {
        uint256 frozen = getFrozenTokens(account);
        _ask(abi.encodeCall(IRwaAgency.burn, (id(), account, amount)));
        _logThaw(account, frozen);
        emit Transfer(account, address(0), amount);
    }

    /// @inheritdoc IERC7943Fungible
    function forcedTransfer(address from, address to, uint256 amount) external returns (bool) {
        uint256 frozen = getFrozenTokens(from);
        _ask(abi.encodeCall(IERC7943MultiToken.forcedTransfer, (from, to, id(), amount)));
        _logThaw(from, frozen);
        emit Transfer(from, to, amount);
        emit ForcedTransfer(from, to, amount);
        return true;
    }

    /// @inheritdoc IERC7943Fungible
    function setFrozenTokens(address account, uint256 amount) external returns (bool) {
        _setFrozenTokens(account, amount);
        return true;
    }

    /// @inheritdoc IRwaFacade
    function freezePartialTokens(address account, uint256 amount) external {
        _setFrozenTokens(account, getFrozenTokens(account) + amount);
        emit TokensFrozen(account, amount);
    }

    /// @inheritdoc IRwaFacade
    function unfreezePartialTokens(address account, uint256 amount) external {
        uint256 frozen = getFrozenTokens(account);
        require(amount <= frozen, RwaNotFrozen(account, frozen, amount));
        _setFrozenTokens(account, frozen - amount); // amount <= frozen
        emit TokensUnfrozen(account, amount);
    }

    /// @inheritdoc IRwaFacade
    function setAddressFrozen(address account, bool freeze) external {
        _ask(abi.encodeCall(IRwaAgency.setAccountFrozen, (id(), account, freeze)));
        emit AddressFrozen(account, freeze, msg.sender);
    }

    /// @inheritdoc IRwaFacade
    function recoveryAddress(address lostWallet, address newWallet, address investorOnchainID) external returns (bool) {
        (uint256 balance, uint256 frozen) = (balanceOf(lostWallet), getFrozenTokens(lostWallet));
        IRwaAgency.PledgeRef[] memory none;
        _ask(abi.encodeCall(IRwaAgency.recover, (id(), lostWallet, newWallet, none)));
        if (frozen != 0) {
            emit Frozen(lostWallet, 0);
            emit Frozen(newWallet, getFrozenTokens(newWallet));
        }
        emit Transfer(lostWallet, newWallet, balance);
        emit ForcedTransfer(lostWallet, newWallet, balance);
        emit RecoverySuccess(lostWallet, newWallet, investorOnchainID);
        return true;
    }

    /// @inheritdoc IRwaFacade
    function pause() external {
        _ask(abi.encodeCall(IRwaAgency.setPaused, (id(), true)));
        emit Paused(msg.sender);
    }

    /// @inheritdoc IRwaFacade
    function unpause() external {
        _ask(abi.encodeCall(IRwaAgency.setPaused, (id(), false)));
        emit Unpaused(msg.sender);
    }

    /* VIEWS */

    /// @inheritdoc IERC7943Fungible
    function canTransfer(address from, address to, uint256 amount) external view returns (bool) {
        return _refusalOf(from, to, amount) == IRwaCore.Refusal.NONE;
    }

    /// @inheritdoc IERC7943Fungible
    function canSend(address account) external view returns (bool) {
        return _core().canSend(account);
    }

    /// @inheritdoc IERC7943Fungible
    function canReceive(address account) external view returns (bool) {
        return _core().canReceive(account);
    }

    /// @inheritdoc IRwaFacade
    function isFrozen(address account) external view returns (bool) {
        return _core().isFrozen(id(), account);
    }

    /// @inheritdoc IRwaFacade
    function paused() external view returns (bool) {
        return _core().assetOf(id()).isPaused;
    }

    /// @inheritdoc IRwaFacade
    function identityRegistry() external view returns (address) {
        return address(_core());
    }

    /// @inheritdoc IRwaFacade
    function compliance() external view returns (address) {
        return address(_core());
    }

    /// @inheritdoc IRwaFacade
    function onchainID() external pure returns (address) {
        return address(0);
    }

    /// @inheritdoc IRwaFacade
    function version() external pure returns (string memory) {
        return "1";
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return
            interfaceId == type(IERC7943Fungible).interfaceId ||
            interfaceId == type(IERC20).interfaceId ||
            interfaceId == type(IERC165).interfaceId;
    }

    /// @inheritdoc IERC20
    function totalSupply() external view returns (uint256) {
        return _core().assetOf(id()).supply;
    }

    /// @inheritdoc IERC20Metadata
    function name() external view returns (string memory text) {
        (text, , ) = _core().metadataOf(id());
    }

    /// @inheritdoc IERC20Metadata
    function symbol() external view returns (string memory text) {
        (, text, ) = _core().metadataOf(id());
    }

    /// @inheritdoc IERC20Metadata
    function decimals() external view returns (uint8) {
        (, , uint256 digits) = _core().metadataOf(id());
        return uint8(digits); // of 8 bits
    }

    /// @inheritdoc IERC20
    function balanceOf(address account) public view returns (uint256) {
        return LEDGER.balanceOf(account, id());
    }

    /// @inheritdoc IERC7943Fungible
    function getFrozenTokens(address account) public view returns (uint256) {
        return _core().getFrozenTokens(account, id());
    }

    /// @inheritdoc IRwaFacade
    function id() public view returns (uint256 assetId) {
        (, assetId) = _asset();
    }

    /* INTERNALS */

    function _core() private view returns (IRwaCore core) {
        (core, ) = _asset();
    }

    function _asset() private view returns (IRwaCore, uint256) {
        return abi.decode(Clones.fetchCloneArgs(address(this)), (IRwaCore, uint256));
    }

    function _transfer(address from, address to, uint256 amount) private {
        IRwaCore.Refusal refusal = _refusalOf(from, to, amount);
        if (refusal != IRwaCore.Refusal.NONE) _refuse(refusal, from, to, amount);
        uint256 balance = balanceOf(from);
        require(amount <= balance, ERC20InsufficientBalance(from, balance, amount));
        _core().facadeTransfer(id(), from, to, amount);
        emit Transfer(from, to, amount);
    }

    /// @dev The core's answer, and two reasons of the facade's own: it neither reaches a protocol's books nor speaks for one.
    function _refusalOf(address from, address to, uint256 amount) private view returns (IRwaCore.Refusal) {
        IEligibilityRegistry registry = IEligibilityRegistry(address(_core()));
        if (registry.isProtocol(from)) return IRwaCore.Refusal.SENDER_NOT_ELIGIBLE;
        if (registry.isProtocol(to)) return IRwaCore.Refusal.PROTOCOL_NOT_APPROVED;
        return _core().refusalOf(id(), from, to, amount);
    }

    function _refuse(IRwaCore.Refusal refusal, address from, address to, uint256 amount) private view {
        if (refusal == IRwaCore.Refusal.SENDER_NOT_ELIGIBLE) revert ERC7943CannotSend(from);
        if (refusal == IRwaCore.Refusal.RECEIVER_NOT_ELIGIBLE) revert ERC7943CannotReceive(to);
        if (refusal == IRwaCore.Refusal.UNITS_FROZEN_OR_PLEDGED) {
            revert ERC7943InsufficientUnfrozenBalance(from, amount, _core().movableOf(from, id()));
        }
        revert ERC7943CannotTransfer(from, to, amount);
    }

    function _setFrozenTokens(address account, uint256 amount) private {
        _ask(abi.encodeCall(IERC7943MultiToken.setFrozenTokens, (account, id(), amount)));
        emit Frozen(account, amount);
    }

    function _logThaw(address account, uint256 before) private {
        uint256 frozen = getFrozenTokens(account);
        if (frozen != before) emit Frozen(account, frozen);
    }

    /// @dev Hands a call of an agent to the core, in the agent's name.
    function _ask(bytes memory call) private {
        (bool ok, bytes memory answer) = address(_core()).call(abi.encodePacked(call, msg.sender));
        if (!ok) LowLevelCall.bubbleRevert(answer);
    }
}
