// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice Identity of a product of cover: the hash of its terms (`CoverProduct`), chain and desk.
type ProductId is bytes32;
