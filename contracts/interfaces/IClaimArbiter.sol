// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title IClaimArbiter
/// @notice Who decides a claim that somebody challenged, on cover whose payment is a matter of judgement. A committee, a governor or an
/// optimistic oracle stands behind it. Nothing in this version calls it: cover is parametric here.
/// @dev A claim is filed with a bond and paid after a time in which anybody may challenge it with a bond. Then the arbiter is asked,
/// once, and answers until a deadline; after that nothing is paid and both bonds go back.
interface IClaimArbiter {
    /// @notice Asked to decide claim `claimId` of `amount` on cover with the terms `termsHash`. Answers when it must have decided.
    function openDispute(
        uint256 claimId,
        uint256 amount,
        bytes32 termsHash,
        bytes32 evidence
    ) external returns (uint256 deadline);

    /// @notice Whether it has decided, and what is paid, at most the amount of the claim.
    function decisionOf(uint256 claimId) external view returns (bool isDecided, uint256 awarded);
}
