// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {AccountPage} from "./AccountPage.sol";

/// @title KeySum
/// @notice Adds up the BLS keys of directory rows (G1 of BLS12-381), 375 gas each for the precompile.
/// @dev Memory, in words: 0–3 the sum, 4–7 the next key, both as EIP-2537 has them (each coordinate in 64 bytes, the first
/// 16 of them zero), 8 the rest of a row. The sum of nothing is the point at infinity, all zero. Keys were checked to be
/// in the subgroup when they were registered; the precompile checks that they are on the curve.
library KeySum {
    type Sum is uint256;

    uint256 private constant G1_ADD = 0x0b;

    function allocate() internal pure returns (Sum) {
        uint256[9] memory words;
        uint256 start;
        assembly ("memory-safe") {
            start := words
        }
        return Sum.wrap(start);
    }

    /// @notice The sum, in the form of the precompiles.
    function point(Sum sum) internal pure returns (uint256[4] memory key) {
        assembly ("memory-safe") {
            key := sum
        }
    }

    /// @notice Adds the key of row `index` of the page `code`, and answers the rest of the row: account | kinds << 160. 0 says
    /// that there is no such row, and nothing was added.
    function addRow(Sum sum, address code, uint256 index) internal view returns (uint256 owner, uint256 validUntil) {
        uint256 size = AccountPage.KEY_ROW;
        bool ok = true;
        // The precompile wants each coordinate in 64 bytes: the row lands so that x is in place, and y moves by 16.
        assembly ("memory-safe") {
            extcodecopy(code, add(sum, 144), add(1, mul(index, size)), size)
            let rest := mload(add(sum, 240)) // account (20) | kinds (1) | valid until (4)
            owner := shr(96, rest)
            if owner {
                owner := or(owner, shl(160, byte(20, rest)))
                validUntil := and(shr(56, rest), 0xffffffff)
                mcopy(add(sum, 208), add(sum, 192), 48)
                mstore(add(sum, 192), shr(128, shl(128, mload(add(sum, 192)))))
                ok := staticcall(gas(), G1_ADD, sum, 256, sum, 128)
            }
        }
        require(ok, ISettlement.SettlementInvalidKey());
    }
}
