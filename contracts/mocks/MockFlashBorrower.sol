// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC3156FlashBorrower} from "@openzeppelin/contracts/interfaces/IERC3156FlashBorrower.sol";
import {IERC3156FlashLender} from "@openzeppelin/contracts/interfaces/IERC3156FlashLender.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title MockFlashBorrower
/// @notice An ERC-3156 receiver that repays or misbehaves as told, and may make calls while it holds the loan.
contract MockFlashBorrower is IERC3156FlashBorrower {
    using SafeERC20 for IERC20;

    enum Mode {
        Repay,
        NoApproval,
        WrongValue,
        Short
    }

    struct Call {
        address target;
        bytes data;
    }

    struct Result {
        bool isSuccess;
        bytes returned;
    }

    struct Loan {
        address initiator;
        address token;
        uint256 amount;
        uint256 fee;
        uint256 balance; // of the token, when the callback began
        bytes data;
    }

    bytes32 private constant MAGIC_VALUE = keccak256("ERC3156FlashBorrower.onFlashLoan");

    IERC3156FlashLender public immutable LENDER;

    Mode public mode;
    /// @notice Whether a failing call reverts the loan with its data.
    bool public isStrict;
    /// @notice The only initiator accepted; this contract at first.
    address public expectedInitiator;
    /// @notice How many callbacks were kept.
    uint256 public loans;

    Call[] private _calls;
    Result[] private _results;
    Loan private _lastLoan;

    error MockUnexpectedLender(address lender);
    error MockUnexpectedInitiator(address initiator);

    constructor(IERC3156FlashLender lender) {
        LENDER = lender;
        expectedInitiator = address(this);
    }

    /// @notice Sets how the loan is answered.
    function setMode(Mode newMode) external {
        mode = newMode;
    }

    /// @notice Sets the only initiator accepted.
    function setExpectedInitiator(address newExpectedInitiator) external {
        expectedInitiator = newExpectedInitiator;
    }

    /// @notice Sets the calls of the next callback; they are made once.
    function setCalls(Call[] calldata newCalls, bool newIsStrict) external {
        delete _calls;
        delete _results;
        for (uint256 i = 0; i < newCalls.length; ++i) _calls.push(newCalls[i]);
        isStrict = newIsStrict;
    }

    /// @notice Takes a loan of `amount`, with this contract as initiator and receiver.
    function borrow(address token, uint256 amount, bytes calldata data) external returns (bool) {
        return LENDER.flashLoan(this, token, amount, data);
    }

    /// @inheritdoc IERC3156FlashBorrower
    function onFlashLoan(
        address initiator,
        address token,
        uint256 amount,
        uint256 fee,
        bytes calldata data
    ) external returns (bytes32) {
        require(msg.sender == address(LENDER), MockUnexpectedLender(msg.sender));
        require(initiator == expectedInitiator, MockUnexpectedInitiator(initiator));
        loans += 1;
        _lastLoan = Loan(initiator, token, amount, fee, IERC20(token).balanceOf(address(this)), data);
        _runCalls();

        if (mode == Mode.NoApproval) IERC20(token).forceApprove(msg.sender, 0);
        else IERC20(token).forceApprove(msg.sender, mode == Mode.Short ? amount + fee - 1 : amount + fee);
        return mode == Mode.WrongValue ? bytes32(uint256(1)) : MAGIC_VALUE;
    }

    /// @notice The last loan received.
    function lastLoan() external view returns (Loan memory) {
        return _lastLoan;
    }

    /// @notice The outcomes of the calls made, in order.
    function results() external view returns (Result[] memory) {
        return _results;
    }

    /// @dev Clears the list first, so a loan inside a call does not make the calls again.
    function _runCalls() private {
        Call[] memory pending = _calls;
        delete _calls;
        for (uint256 i = 0; i < pending.length; ++i) {
            (bool isSuccess, bytes memory returned) = pending[i].target.call(pending[i].data);
            if (!isSuccess && isStrict) {
                assembly ("memory-safe") {
                    revert(add(returned, 0x20), mload(returned))
                }
            }
            _results.push(Result(isSuccess, returned));
        }
    }
}
