// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title MissingReturnToken
/// @notice A token whose transfer, transferFrom and approve return nothing, and whose approve demands a zero between.
contract MissingReturnToken {
    string public name;
    string public symbol;
    uint8 public decimals;

    uint256 public totalSupply;
    mapping(address account => uint256 balance) public balanceOf;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    error MockInsufficientBalance(uint256 wanted, uint256 available);
    error MockInsufficientAllowance(uint256 wanted, uint256 available);
    error MockAllowanceNotZero(uint256 current);

    constructor(string memory name_, string memory symbol_, uint8 decimals_) {
        name = name_;
        symbol = symbol_;
        decimals = decimals_;
    }

    /// @notice Mints any amount to anybody.
    function mint(address to, uint256 amount) external {
        totalSupply += amount;
        unchecked {
            balanceOf[to] += amount; // <= totalSupply, which did not overflow
        }
        emit Transfer(address(0), to, amount);
    }

    /// @notice Moves `amount` of the caller; returns nothing.
    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    /// @notice Moves `amount` of `from` against the caller's allowance; returns nothing.
    function transferFrom(address from, address to, uint256 amount) external {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed != type(uint256).max) {
            require(amount <= allowed, MockInsufficientAllowance(amount, allowed));
            allowance[from][msg.sender] = allowed - amount;
        }
        _move(from, to, amount);
    }

    /// @notice Sets the allowance of `spender`, from zero or to zero only; returns nothing.
    function approve(address spender, uint256 amount) external {
        uint256 current = allowance[msg.sender][spender];
        require(amount == 0 || current == 0, MockAllowanceNotZero(current));
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        uint256 available = balanceOf[from];
        require(amount <= available, MockInsufficientBalance(amount, available));
        unchecked {
            balanceOf[from] = available - amount; // amount <= available
            balanceOf[to] += amount; // <= totalSupply
        }
        emit Transfer(from, to, amount);
    }
}
