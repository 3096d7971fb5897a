// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {WordLib} from "../libraries/WordLib.sol";

/// @notice Two amounts and 32 flags in one storage word: `uint112 | uint112 | 32 flags`, side 0 in the low bits.
/// @dev A holder's word (flags belong to the ledger) and a protocol's book (flags belong to the protocol) share it.
type Word is uint256;

using WordLib for Word global;
