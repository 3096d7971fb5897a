// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetIssuer} from "../interfaces/IAssetIssuer.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {ILedger} from "../interfaces/ILedger.sol";

/// @title BenchIssuer
/// @notice Issuer of an asset with RULES that looks up the receiver: one read of storage for each answer.
contract BenchIssuer is IAssetIssuer {
    ILedger public immutable LEDGER;
    mapping(address account => bool refused) public isRefused;

    constructor(ILedger ledger) {
        LEDGER = ledger;
        ledger.issueAsset(0, AssetId.RULES_0, address(this), address(0));
    }

    function assetId() external view returns (uint256) {
        return AssetId.issued(address(this), 0, AssetId.RULES_0, 0);
    }

    /// @inheritdoc IAssetIssuer
    function canTransfer(uint256, address, address to, uint256) external view returns (bool) {
        return !isRefused[to];
    }

    /// @inheritdoc IAssetIssuer
    function onLedgerMovement(uint256, address, address, uint256) external {}
}
