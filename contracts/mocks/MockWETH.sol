// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {IWETH} from "../interfaces/external/IWETH.sol";

/// @title MockWETH
/// @notice Wrapped ether that behaves as WETH9: any call with unknown data deposits its value and returns nothing.
/// @dev As WETH9: withdraw sends with the 2,300 gas stipend, the maximum allowance is not spent, the owner needs no
/// allowance of his own in transferFrom, and the zero address may receive. Its runtime code works at any address.
contract MockWETH is IERC20Metadata, IWETH {
    mapping(address account => uint256 balance) public balanceOf;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;

    event Deposit(address indexed account, uint256 amount);
    event Withdrawal(address indexed account, uint256 amount);

    error MockInsufficientBalance(uint256 wanted, uint256 available);
    error MockInsufficientAllowance(uint256 wanted, uint256 available);
    error MockEtherTransferFailed(address to, uint256 amount);

    /// @notice Deposits the value sent with any unknown call.
    fallback() external payable {
        deposit();
    }

    /// @notice Deposits plain ether.
    receive() external payable {
        deposit();
    }

    /// @notice Burns `amount` of the caller and sends him the ether with the 2,300 gas stipend.
    function withdraw(uint256 amount) external {
        uint256 available = balanceOf[msg.sender];
        require(amount <= available, MockInsufficientBalance(amount, available));
        balanceOf[msg.sender] = available - amount;
        // A call with value carries 2,300 gas by itself; without value it must be given.
        (bool isSuccess, ) = msg.sender.call{value: amount, gas: amount == 0 ? 2300 : 0}("");
        require(isSuccess, MockEtherTransferFailed(msg.sender, amount));
        emit Withdrawal(msg.sender, amount);
    }

    /// @notice Sets the allowance of `spender`.
    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    /// @notice Moves `amount` of the caller.
    function transfer(address to, uint256 amount) external returns (bool) {
        return transferFrom(msg.sender, to, amount);
    }

    /// @notice The ether held.
    function totalSupply() external view returns (uint256) {
        return address(this).balance;
    }

    /// @inheritdoc IERC20Metadata
    function name() external pure returns (string memory) {
        return "Wrapped Ether";
    }

    /// @inheritdoc IERC20Metadata
    function symbol() external pure returns (string memory) {
        return "WETH";
    }

    /// @inheritdoc IERC20Metadata
    function decimals() external pure returns (uint8) {
        return 18;
    }

    /// @notice Mints the value sent to the caller.
    function deposit() public payable {
        balanceOf[msg.sender] += msg.value;
        emit Deposit(msg.sender, msg.value);
    }

    /// @notice Moves `amount` of `from` against the caller's allowance.
    function transferFrom(address from, address to, uint256 amount) public returns (bool) {
        uint256 available = balanceOf[from];
        require(amount <= available, MockInsufficientBalance(amount, available));
        if (from != msg.sender) {
            uint256 allowed = allowance[from][msg.sender];
            if (allowed != type(uint256).max) {
                require(amount <= allowed, MockInsufficientAllowance(amount, allowed));
                allowance[from][msg.sender] = allowed - amount;
            }
        }
        balanceOf[from] = available - amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
        return true;
    }
}
