// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title HostileWallet
/// @notice A contract account that answers questions about its signatures in a chosen bad way.
contract HostileWallet {
    /// @notice How it answers; the last one is correct.
    enum Manner {
        Revert,
        BurnGas,
        LongSilence,
        ShortAnswer,
        DirtyAnswer,
        WrongAnswer,
        LongAnswer
    }

    Manner public immutable MANNER;

    error MockRefused();

    constructor(Manner manner) {
        MANNER = manner;
    }

    /// @notice ERC-1271, or not.
    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        Manner manner = MANNER;
        bytes32 magic = IERC1271.isValidSignature.selector;
        if (manner == Manner.Revert) revert MockRefused();
        while (manner == Manner.BurnGas) {}
        if (manner == Manner.LongSilence) _answer(0, 12_000);
        if (manner == Manner.ShortAnswer) _answer(magic, 4);
        if (manner == Manner.DirtyAnswer) _answer(magic | bytes32(uint256(1)), 32);
        if (manner == Manner.LongAnswer) _answer(magic, 12_000);
        return 0xffffffff;
    }

    function _answer(bytes32 word, uint256 length) private pure {
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, word)
            return(start, length)
        }
    }
}
