// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {IAccountDirectory} from "../interfaces/IAccountDirectory.sol";

/// @title KeyProof
/// @notice Schnorr proofs that the secrets of BLS12-381 keys (G1) are known, many at once. Why they suffice against rogue
/// keys is in docs/decisions/0005-account-directory.md.
/// @dev A proof (R, s) of the key P holds when s·G = R + c·P with c = H(tag, chain, directory, account, P, R). All of them
/// are checked in one multiplication (EIP-2537): Σ zᵢsᵢ·G − Σ zᵢ·Rᵢ − Σ zᵢcᵢ·Pᵢ is the point at infinity. The weights z
/// are 128 bits of a hash over all terms, so that a false proof passes with a chance of 2^-128.
library KeyProof {
    bytes32 internal constant TAG = keccak256("Lakh key proof");
    /// @notice Order of G1 and of scalars.
    uint256 internal constant ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;

    uint256 private constant G1_MSM = 0x0c;
    /// @dev A term of the sum: x (16 zeros and 48 bytes), y (as x), and the scalar.
    uint256 private constant TERM = 160;
    /// @dev The generator of G1, x and y in two words each.
    uint256 private constant GENERATOR_X0 = 0x17f1d3a73197d7942695638c4fa9ac0f;
    uint256 private constant GENERATOR_X1 = 0xc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb;
    uint256 private constant GENERATOR_Y0 = 0x08b3f481e3aaa0f1a09e30ed741d8ae4;
    uint256 private constant GENERATOR_Y1 = 0xfcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1;

    /// @notice Whether all proofs hold and every point is of the curve and of its subgroup of prime order, which the
    /// multiplication checks for each input. A commitment at infinity would give the secret away and counts as false.
    function areValid(IAccountDirectory.Registration[] calldata registrations) internal view returns (bool) {
        uint256 count = registrations.length;
        // Terms: the generator, and two for each proof. The scalars are s and c until the weights are known.
        bytes memory terms = new bytes((1 + 2 * count) * TERM);
        _setGenerator(terms);
        Memory.Pointer free = Memory.getFreeMemoryPointer();
        for (uint256 i; i < count; ++i) {
            IAccountDirectory.Registration calldata registration = registrations[i];
            if (isInfinity(registration.commitment)) return false;
            _setPoint(terms, 1 + 2 * i, registration.commitment);
            _setScalar(terms, 1 + 2 * i, registration.response);
            _setPoint(terms, 2 + 2 * i, registration.key);
            _setScalar(terms, 2 + 2 * i, challenge(registration));
            // Memory is paid by the square of its size: what a challenge needed is used again.
            Memory.unsafeSetFreeMemoryPointer(free);
        }
        bytes32 seed = keccak256(terms);
        uint256 sum;
        for (uint256 i; i < count; ++i) {
            uint256 weight = 1 + (uint256(Hashes.efficientKeccak256(seed, bytes32(i))) >> 128);
            sum = addmod(sum, mulmod(weight, _scalar(terms, 1 + 2 * i), ORDER), ORDER);
            _setScalar(terms, 1 + 2 * i, ORDER - weight);
            _setScalar(terms, 2 + 2 * i, ORDER - mulmod(weight, _scalar(terms, 2 + 2 * i), ORDER));
        }
        _setScalar(terms, 0, sum);
        return _isSumInfinity(terms);
    }

    /// @notice What the proof of a registration answers; to be taken modulo `ORDER`.
    function challenge(IAccountDirectory.Registration calldata registration) internal view returns (uint256) {
        return
            uint256(
                keccak256(
                    abi.encode(
                        TAG,
                        block.chainid,
                        address(this),
                        registration.account,
                        registration.key,
                        registration.commitment
                    )
                )
            );
    }

    /// @notice Whether a point of 96 bytes is the point at infinity.
    function isInfinity(bytes32[3] calldata point) internal pure returns (bool) {
        return point[0] | point[1] | point[2] == 0;
    }

    /// @dev A precompile that refuses its input burns the gas that it got; 1/64 is left for the revert.
    function _isSumInfinity(bytes memory terms) private view returns (bool isInfinite) {
        // A high-level call would copy the terms. The sum takes their place.
        assembly ("memory-safe") {
            let start := add(terms, 32)
            let ok := staticcall(gas(), G1_MSM, start, mload(terms), start, 128)
            let x := or(mload(start), mload(add(start, 32)))
            let y := or(mload(add(start, 64)), mload(add(start, 96)))
            isInfinite := and(and(ok, eq(returndatasize(), 128)), iszero(or(x, y)))
        }
    }

    function _setGenerator(bytes memory terms) private pure {
        assembly ("memory-safe") {
            mstore(add(terms, 32), GENERATOR_X0)
            mstore(add(terms, 64), GENERATOR_X1)
            mstore(add(terms, 96), GENERATOR_Y0)
            mstore(add(terms, 128), GENERATOR_Y1)
        }
    }

    function _setPoint(bytes memory terms, uint256 index, bytes32[3] calldata point) private pure {
        assembly ("memory-safe") {
            let term := add(add(terms, 32), mul(index, TERM))
            calldatacopy(add(term, 16), point, 48)
            calldatacopy(add(term, 80), add(point, 48), 48)
        }
    }

    function _setScalar(bytes memory terms, uint256 index, uint256 value) private pure {
        assembly ("memory-safe") {
            mstore(add(add(terms, 160), mul(index, TERM)), value)
        }
    }

    function _scalar(bytes memory terms, uint256 index) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(terms, 160), mul(index, TERM)))
        }
    }
}
