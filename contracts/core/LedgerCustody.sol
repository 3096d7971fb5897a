// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC3156FlashBorrower} from "@openzeppelin/contracts/interfaces/IERC3156FlashBorrower.sol";
import {IERC3156FlashLender} from "@openzeppelin/contracts/interfaces/IERC3156FlashLender.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SlotDerivation} from "@openzeppelin/contracts/utils/SlotDerivation.sol";
import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";
import {IPermit2} from "../interfaces/external/IPermit2.sol";
import {IWETH} from "../interfaces/external/IWETH.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {LedgerAccounts} from "./LedgerAccounts.sol";

/// @title LedgerCustody
/// @notice Tokens in and out: deposits by measured delta, withdrawals, permits, ether, flash loans.
/// @dev `balanceOf` serves only to measure what a pull delivered; a donation is counted nowhere.
abstract contract LedgerCustody is LedgerAccounts {
    using SafeERC20 for IERC20;
    using SlotDerivation for bytes32;
    using TransientSlot for bytes32;
    using TransientSlot for TransientSlot.BooleanSlot;

    bytes32 private constant FLASH_MAGIC = keccak256("ERC3156FlashBorrower.onFlashLoan");
    /// @dev Transient mapping token => loan open.
    bytes32 private constant FLASH_SLOT = keccak256("lakh.ledger.flash");
    bytes32 private constant DEPOSIT_TYPEHASH = keccak256("LakhDeposit(address to,uint256 minimum)");
    /// @dev How Permit2 wants a witness type: its member, the type itself, then Permit2's own type, in that order.
    string private constant DEPOSIT_WITNESS =
        "LakhDeposit witness)LakhDeposit(address to,uint256 minimum)TokenPermissions(address token,uint256 amount)";

    /// @notice Wrapped ether.
    address public immutable WETH;
    /// @notice Permit2.
    IPermit2 public immutable PERMIT2;

    constructor(address weth, IPermit2 permit2Contract) {
        require(weth != address(0), LedgerUnknownToken(weth));
        WETH = weth;
        PERMIT2 = permit2Contract;
    }

    /// @dev Ether comes in by unwrapping alone; ether sent by mistake is refused rather than lost.
    receive() external payable {
        require(msg.sender == WETH, LedgerUnexpectedEther(msg.sender, msg.value));
    }

    /* USER ACTIONS */

    /// @inheritdoc ILedger
    function deposit(
        address token,
        uint256 amount,
        uint256 minimum,
        address to
    ) external nonReentrant returns (uint256 credited) {
        _checkDeposit(amount, to);
        credited = _pull(token, amount, false);
        _creditDeposit(token, to, credited, minimum);
    }

    /// @inheritdoc ILedger
    function depositNative(address to) external payable nonReentrant {
        _checkDeposit(msg.value, to);
        _wrap(msg.value);
        _creditDeposit(WETH, to, msg.value, msg.value);
    }

    /// @inheritdoc ILedger
    function depositWithPermit2(
        address owner,
        address to,
        uint256 minimum,
        IPermit2.PermitTransferFrom calldata permitted,
        bytes calldata signature
    ) external nonReentrant returns (uint256 credited) {
        address token = permitted.permitted.token;
        _checkDeposit(permitted.permitted.amount, to);
        uint256 before = _heldOf(token);
        IPermit2.SignatureTransferDetails memory details = IPermit2.SignatureTransferDetails({
            to: address(this),
            requestedAmount: permitted.permitted.amount
        });
        bytes32 witness = keccak256(abi.encode(DEPOSIT_TYPEHASH, to, minimum));
        PERMIT2.permitWitnessTransferFrom(permitted, details, owner, witness, DEPOSIT_WITNESS, signature);
        credited = _received(token, before);
        _creditDeposit(token, to, credited, minimum);
    }

    /// @inheritdoc ILedger
    function withdraw(address token, uint256 amount, address to) external nonReentrant {
        _debitWithdrawal(token, amount, to);
        _push(token, to, amount);
    }

    /// @inheritdoc ILedger
    function withdrawNative(uint256 amount, address to) external nonReentrant {
        _debitWithdrawal(WETH, amount, to);
        _pushNative(to, amount);
    }

    /// @inheritdoc ILedger
    function permit(
        address token,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        _checkToken(token);
        try IERC20Permit(token).permit(msg.sender, address(this), value, deadline, v, r, s) {} catch {}
    }

    /// @inheritdoc ILedger
    function permit2(IPermit2.PermitSingle calldata permitted, bytes calldata signature) external nonReentrant {
        try PERMIT2.permit(msg.sender, permitted, signature) {} catch {}
    }

    /// @inheritdoc IERC3156FlashLender
    /// @dev Free of charge. The repayment is pulled from the receiver and measured, never inferred from a balance, so
    /// the loan may be deposited, swapped or used for anything while it is open; the same token is not lent twice.
    function flashLoan(
        IERC3156FlashBorrower receiver,
        address token,
        uint256 amount,
        bytes calldata data
    ) external returns (bool) {
        _checkNotZero(amount);
        TransientSlot.BooleanSlot loan = _loanOf(token);
        require(!loan.tload(), LedgerFlashLoanNested(token));
        loan.tstore(true);
        emit FlashLoan(token, address(receiver), msg.sender, amount);
        _lend(token, address(receiver), amount);
        bytes32 magic = receiver.onFlashLoan(msg.sender, token, amount, 0, data);
        require(magic == FLASH_MAGIC, LedgerFlashLoanRefused(address(receiver)));
        _collect(token, address(receiver), amount);
        loan.tstore(false);
        return true;
    }

    /* VIEWS */

    /// @inheritdoc IERC3156FlashLender
    function maxFlashLoan(address token) external view returns (uint256) {
        return token.code.length == 0 || _loanOf(token).tload() ? 0 : _heldOf(token);
    }

    /// @inheritdoc IERC3156FlashLender
    function flashFee(address token, uint256) external view returns (uint256) {
        _checkToken(token);
        return 0;
    }

    /* INTERNALS */

    /// @dev Takes `amount` from the caller's wallet; answers what arrived.
    function _pull(address token, uint256 amount, bool byPermit2) internal returns (uint256 received) {
        _checkAmount(amount);
        uint256 before = _heldOf(token);
        if (byPermit2) {
            PERMIT2.transferFrom(msg.sender, address(this), uint160(amount), token);
        } else {
            IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        }
        return _received(token, before);
    }

    function _push(address token, address to, uint256 amount) internal {
        IERC20(token).safeTransfer(to, amount);
    }

    function _wrap(uint256 amount) internal {
        IWETH(WETH).deposit{value: amount}();
    }

    function _pushNative(address to, uint256 amount) internal {
        IWETH(WETH).withdraw(amount);
        (bool ok, ) = to.call{value: amount}("");
        require(ok, LedgerNativeTransferFailed(to, amount));
    }

    /// @dev The id of a token is its address.
    function _idOf(address token) internal pure returns (uint256) {
        return uint160(token);
    }

    function _checkAmount(uint256 amount) internal pure {
        if (amount > WordLib.MAX_AMOUNT) _refuseAmount(amount);
    }

    function _refuseAmount(uint256 amount) internal pure {
        revert LedgerAmountTooLarge(amount, WordLib.MAX_AMOUNT);
    }

    function _checkNotZero(uint256 amount) private pure {
        require(amount != 0, LedgerZeroAmount());
    }

    function _checkDeposit(uint256 amount, address to) private view {
        _checkNotZero(amount);
        _checkAmount(amount);
        _checkRecipient(to);
    }

    function _creditDeposit(address token, address to, uint256 credited, uint256 minimum) private {
        require(credited != 0 && credited >= minimum, LedgerBelowMinimumDeposit(token, credited, minimum));
        _bringIn(_idOf(token), to, credited);
    }

    function _debitWithdrawal(address token, uint256 amount, address to) private {
        _checkNotZero(amount);
        _checkRecipient(to);
        _takeOut(_idOf(token), msg.sender, amount);
    }

    function _lend(address token, address receiver, uint256 amount) private nonReentrant {
        _push(token, receiver, amount);
    }

    function _collect(address token, address receiver, uint256 amount) private nonReentrant {
        uint256 before = _heldOf(token);
        IERC20(token).safeTransferFrom(receiver, address(this), amount);
        uint256 received = _received(token, before);
        require(received >= amount, LedgerFlashLoanNotRepaid(token, received, amount));
    }

    function _heldOf(address token) private view returns (uint256) {
        _checkToken(token);
        return _balanceOf(token);
    }

    function _checkToken(address token) private view {
        require(token.code.length != 0, LedgerUnknownToken(token));
    }

    function _balanceOf(address token) private view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    /// @dev The measured delta. All that the ledger holds of a token stays within 2^112 − 1, so no sum of balances of it
    /// can exceed a half-word.
    function _received(address token, uint256 before) private view returns (uint256) {
        uint256 held = _balanceOf(token);
        _checkAmount(held);
        unchecked {
            return held > before ? held - before : 0;
        }
    }

    function _loanOf(address token) private pure returns (TransientSlot.BooleanSlot) {
        return FLASH_SLOT.deriveMapping(token).asBoolean();
    }
}
