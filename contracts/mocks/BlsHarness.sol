// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bls} from "../libraries/Bls.sol";

/// @title BlsHarness
/// @notice `Bls` behind external calls.
contract BlsHarness {
    error MockBadSignature();

    function hashDigest(bytes32 digest) external view returns (bytes memory) {
        return Bls.hashToG2(digest);
    }

    function hashMessage(bytes calldata message, bytes calldata tag) external view returns (bytes memory) {
        return Bls.hashToG2(message, tag);
    }

    function verify(bytes32 digest, uint256[4] calldata key, bytes calldata signature) external view returns (bool) {
        return Bls.verify(digest, key, signature);
    }

    /// @notice Gas of a verification, its arguments being in place.
    function gasOfVerify(
        bytes32 digest,
        uint256[4] memory key,
        bytes calldata signature
    ) external view returns (uint256 used) {
        used = gasleft();
        require(Bls.verify(digest, key, signature), MockBadSignature());
        used -= gasleft();
    }
}
