// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC7943Fungible} from "./external/IERC7943Fungible.sol";

/// @title IRwaFacade
/// @notice ERC-20 view of one regulated asset: ERC-7943 for fungible tokens, and the names that ERC-3643 gives to reads and agents' verbs.
/// @dev It does not conform to ERC-3643, which asks for on-chain identities. Balances are the ledger's, rules and roles
/// `RwaCore`'s, allowances its own. Its events cover what goes through it; what moves in the ledger directly is in the ledger's.
interface IRwaFacade is IERC20Metadata, IERC7943Fungible {
    event AddressFrozen(address indexed account, bool indexed isFrozen, address indexed owner);
    event TokensFrozen(address indexed account, uint256 amount);
    event TokensUnfrozen(address indexed account, uint256 amount);
    event RecoverySuccess(address indexed lostWallet, address indexed newWallet, address indexed investorOnchainID);
    event Paused(address account);
    event Unpaused(address account);

    /// @notice `amount` units are to thaw of the `frozen` that are frozen.
    error RwaNotFrozen(address account, uint256 frozen, uint256 amount);
    /// @notice `first` and `second` entries do not match.
    error RwaLengthMismatch(uint256 first, uint256 second);

    /// @notice Issues units to an eligible holder. An agent for minting.
    function mint(address to, uint256 amount) external;

    /// @notice Destroys units of a holder that are not pledged. An agent for burning.
    function burn(address account, uint256 amount) external;

    /// @notice Freezes or thaws the account as a whole. An agent for freezing.
    function setAddressFrozen(address account, bool freeze) external;

    /// @notice Freezes `amount` more of the account's units. An agent for freezing.
    function freezePartialTokens(address account, uint256 amount) external;

    /// @notice Thaws `amount` of the account's units. An agent for freezing.
    function unfreezePartialTokens(address account, uint256 amount) external;

    /// @notice Moves all that the lost account has to the new one. An agent for recovery; pledges need `IRwaAgency.recover`.
    function recoveryAddress(address lostWallet, address newWallet, address investorOnchainID) external returns (bool);

    /// @notice Stops all movements but forced ones. An agent for pauses.
    function pause() external;

    /// @notice Lets movements go on. An agent for pauses.
    function unpause() external;

    /// @notice Transfers to several receivers; if one is refused all are.
    function batchTransfer(address[] calldata receivers, uint256[] calldata amounts) external;

    /// @notice The ledger id of the asset.
    function id() external view returns (uint256);

    /// @notice Where eligibility is kept: `RwaCore`.
    function identityRegistry() external view returns (address);

    /// @notice Where the rules are: `RwaCore`.
    function compliance() external view returns (address);

    /// @notice The zero address: the asset has no on-chain identity.
    function onchainID() external view returns (address);

    function isFrozen(address account) external view returns (bool);

    function paused() external view returns (bool);

    function version() external view returns (string memory);
}
