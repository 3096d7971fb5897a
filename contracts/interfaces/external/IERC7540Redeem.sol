// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title IERC7540Redeem
/// @notice Redemptions that are requested first and claimed later (ERC-7540); interface id 0x620ee8e4.
interface IERC7540Redeem {
    event RedeemRequest(
        address indexed controller,
        address indexed owner,
        uint256 indexed requestId,
        address sender,
        uint256 shares
    );

    /// @notice Requests the redemption of `shares` of `owner`, for `controller` to claim.
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId);

    /// @notice Shares that wait.
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);

    /// @notice Shares that can be claimed.
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);
}
