// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {BoundedCall} from "./BoundedCall.sol";

/// @title AccountSignature
/// @notice Whether an account has signed: ECDSA for an address, ERC-1271 for a contract.
/// @dev An address with an EIP-7702 delegation signs as an address. Its delegate is not asked: it can be replaced, and
/// what it has signed would outlive it.
library AccountSignature {
    /// @notice Gas that a contract gets for its answer.
    uint256 internal constant CONTRACT_GAS = 50_000;

    /// @dev EIP-7702: 0xef0100 and an address. No other code can begin with 0xef (EIP-3541).
    uint256 private constant DELEGATION_LENGTH = 23;
    uint256 private constant DELEGATION_PREFIX = 0xef0100;

    /// @notice Never reverts, whatever `signature` holds, and reads one word of what a contract answers. A caller who acts
    /// on `false` makes sure that 64/63 of `CONTRACT_GAS` is left: one that got less may have failed for it.
    function isValid(address account, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        if (_isContract(account)) {
            bytes4 magic = IERC1271.isValidSignature.selector;
            bytes memory question = abi.encodeWithSelector(magic, digest, signature);
            return BoundedCall.isWord(account, CONTRACT_GAS, question, magic);
        }
        (address signer, ECDSA.RecoverError failure, ) = ECDSA.tryRecoverCalldata(digest, signature);
        return failure == ECDSA.RecoverError.NoError && signer == account;
    }

    function _isContract(address account) private view returns (bool) {
        uint256 length = account.code.length;
        if (length != DELEGATION_LENGTH) return length != 0;
        uint256 prefix;
        assembly ("memory-safe") {
            extcodecopy(account, 0, 0, 32)
            prefix := shr(232, mload(0))
        }
        return prefix != DELEGATION_PREFIX;
    }
}
