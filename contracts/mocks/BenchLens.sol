// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../interfaces/ILedger.sol";
import {Word} from "../types/Word.sol";

/// @title BenchLens
/// @notice Reads many accounts' words in one call.
contract BenchLens {
    uint256 private constant ADDRESS = 20;

    /// @param accounts 20 bytes each
    /// @return words the word of each account that holds `id`
    function wordsOf(ILedger ledger, uint256 id, bytes calldata accounts) external view returns (Word[] memory words) {
        words = new Word[](accounts.length / ADDRESS);
        for (uint256 i; i < words.length; ++i) {
            words[i] = ledger.wordOf(address(bytes20(accounts[i * ADDRESS:])), id);
        }
    }
}
