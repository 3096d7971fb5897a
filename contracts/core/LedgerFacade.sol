// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IAssetMetadata} from "../interfaces/IAssetMetadata.sol";
import {ILedger} from "../interfaces/ILedger.sol";

/// @title LedgerFacade
/// @notice ERC-20 view of one issued ledger asset. Balances and allowances live in the ledger.
/// @dev A clone holds nothing but `(id, owner, salt)` in its code. Its `Transfer` and `Approval` events cover what goes
/// through it; what moves in the ledger directly is in the ledger's ERC-6909 events.
contract LedgerFacade is IERC20Metadata {
    /// @notice The ledger whose asset this is.
    ILedger public immutable LEDGER;

    constructor(ILedger ledger) {
        LEDGER = ledger;
    }

    /// @inheritdoc IERC20
    function transfer(address to, uint256 amount) external returns (bool) {
        LEDGER.facadeTransfer(id(), msg.sender, msg.sender, to, amount);
        emit Transfer(msg.sender, to, amount);
        return true;
    }

    /// @inheritdoc IERC20
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        LEDGER.facadeTransfer(id(), msg.sender, from, to, amount);
        emit Transfer(from, to, amount);
        return true;
    }

    /// @inheritdoc IERC20
    function approve(address spender, uint256 amount) external returns (bool) {
        LEDGER.facadeApprove(id(), msg.sender, spender, amount);
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    /// @inheritdoc IERC20
    function balanceOf(address account) external view returns (uint256) {
        return LEDGER.balanceOf(account, id());
    }

    /// @inheritdoc IERC20
    function allowance(address owner, address spender) external view returns (uint256) {
        return LEDGER.allowance(owner, spender, id());
    }

    /// @notice Units in holders' hands, as the issuer counts them.
    function totalSupply() external view returns (uint256) {
        (, IAssetMetadata owner, bytes32 salt) = _asset();
        return owner.assetSupply(salt);
    }

    /// @inheritdoc IERC20Metadata
    function name() external view returns (string memory) {
        (, IAssetMetadata owner, bytes32 salt) = _asset();
        return owner.assetName(salt);
    }

    /// @inheritdoc IERC20Metadata
    function symbol() external view returns (string memory) {
        (, IAssetMetadata owner, bytes32 salt) = _asset();
        return owner.assetSymbol(salt);
    }

    /// @inheritdoc IERC20Metadata
    function decimals() external view returns (uint8) {
        (, IAssetMetadata owner, bytes32 salt) = _asset();
        return owner.assetDecimals(salt);
    }

    /// @notice The ledger id of the asset.
    function id() public view returns (uint256 assetId) {
        (assetId, , ) = _asset();
    }

    function _asset() private view returns (uint256, IAssetMetadata, bytes32) {
        return abi.decode(Clones.fetchCloneArgs(address(this)), (uint256, IAssetMetadata, bytes32));
    }
}
