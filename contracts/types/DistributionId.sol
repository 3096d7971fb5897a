// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice Identity of a distribution of rewards: the hash of chain, distributor, creator and terms.
type DistributionId is bytes32;
