// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";

/// @title IERC7943Fungible
/// @notice ERC-7943 (uRWA) for ERC-20: who may move a regulated asset, what is frozen, and forced transfers.
/// @dev Interface id 0x3edbb4c4. Amounts are in the token's units.
interface IERC7943Fungible is IERC165 {
    /// @notice `amount` was moved against its holder's will. ERC-20's `Transfer` stands beside it.
    event ForcedTransfer(address indexed from, address indexed to, uint256 amount);
    /// @notice `amount` of the account's units are frozen now.
    event Frozen(address indexed account, uint256 amount);

    /// @notice `account` may not send.
    error ERC7943CannotSend(address account);
    /// @notice `account` may not receive.
    error ERC7943CannotReceive(address account);
    /// @notice The asset's rules do not let `amount` units move from `from` to `to`.
    error ERC7943CannotTransfer(address from, address to, uint256 amount);
    /// @notice `account` can move `unfrozen` units, not `amount`: the rest is frozen or pledged.
    error ERC7943InsufficientUnfrozenBalance(address account, uint256 amount, uint256 unfrozen);

    /// @notice Moves units against their holder's will; what of them is frozen thaws first.
    function forcedTransfer(address from, address to, uint256 amount) external returns (bool result);

    /// @notice Sets how many of the account's units are frozen; it may be more than he has.
    function setFrozenTokens(address account, uint256 amount) external returns (bool result);

    /// @notice Whether the account may send at all. Never reverts.
    function canSend(address account) external view returns (bool allowed);

    /// @notice Whether the account may receive at all. Never reverts.
    function canReceive(address account) external view returns (bool allowed);

    /// @notice How many of the account's units are frozen; it may be more than he has.
    function getFrozenTokens(address account) external view returns (uint256 amount);

    /// @notice Whether the rules let the units move; a balance that is too small is not their matter. Never reverts.
    function canTransfer(address from, address to, uint256 amount) external view returns (bool allowed);
}
