// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title IAssetMetadata
/// @notice Name, symbol, decimals and supply of an issued asset, answered by its issuer for the asset's salt.
interface IAssetMetadata {
    function assetName(bytes32 salt) external view returns (string memory);

    function assetSymbol(bytes32 salt) external view returns (string memory);

    function assetDecimals(bytes32 salt) external view returns (uint8);

    /// @notice Units in holders' hands.
    function assetSupply(bytes32 salt) external view returns (uint256);
}
