// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title RebasingToken
/// @notice A token whose balances are shares times an index that anybody can set.
/// @dev Shares round down on every movement, so a transfer may deliver a few units less than asked.
contract RebasingToken is IERC20Metadata {
    uint256 private constant WAD = 1e18;

    string public name;
    string public symbol;
    uint8 public decimals;

    /// @notice Units per share, in WAD, one at first.
    uint256 public index = WAD;
    uint256 public totalShares;
    mapping(address account => uint256 shares) public sharesOf;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;

    event IndexSet(uint256 newIndex);

    error MockInsufficientBalance(uint256 wanted, uint256 available);
    error MockInsufficientAllowance(uint256 wanted, uint256 available);
    error MockIndexZero();

    constructor(string memory name_, string memory symbol_, uint8 decimals_) {
        name = name_;
        symbol = symbol_;
        decimals = decimals_;
    }

    /// @notice Sets the units per share, in WAD, above zero: every balance changes at once.
    function setIndex(uint256 newIndex) external {
        require(newIndex != 0, MockIndexZero());
        index = newIndex;
        emit IndexSet(newIndex);
    }

    /// @notice Mints the shares worth `amount`, rounded down, to anybody.
    function mint(address to, uint256 amount) external {
        uint256 shares = _toShares(amount);
        totalShares += shares;
        sharesOf[to] += shares;
        emit Transfer(address(0), to, amount);
    }

    /// @notice Moves the shares worth `amount` of the caller, rounded down.
    function transfer(address to, uint256 amount) external returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    /// @notice Moves the shares worth `amount` of `from` against the caller's allowance, rounded down.
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed != type(uint256).max) {
            require(amount <= allowed, MockInsufficientAllowance(amount, allowed));
            allowance[from][msg.sender] = allowed - amount;
        }
        _move(from, to, amount);
        return true;
    }

    /// @notice Sets the allowance of `spender`, in units.
    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    /// @notice All units at the current index.
    function totalSupply() external view returns (uint256) {
        return Math.mulDiv(totalShares, index, WAD);
    }

    /// @notice The units of `account` at the current index.
    function balanceOf(address account) public view returns (uint256) {
        return Math.mulDiv(sharesOf[account], index, WAD);
    }

    function _move(address from, address to, uint256 amount) private {
        uint256 available = balanceOf(from);
        require(amount <= available, MockInsufficientBalance(amount, available));
        uint256 shares = _toShares(amount); // <= sharesOf[from], as both conversions round down
        sharesOf[from] -= shares;
        sharesOf[to] += shares;
        emit Transfer(from, to, amount);
    }

    function _toShares(uint256 amount) private view returns (uint256) {
        return Math.mulDiv(amount, WAD, index);
    }
}
