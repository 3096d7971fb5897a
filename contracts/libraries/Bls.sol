// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Bls
/// @notice BLS12-381 signatures in G2 with keys in G1, one message for all signers: draft-irtf-cfrg-bls-signature with the
/// suite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_, by the precompiles of EIP-2537.
/// @dev Points are in the form of the precompiles: 64 bytes for a number of the base field, 16 zeros first. What fails
/// answers nothing, and then the pairing has no valid input.
library Bls {
    /// @dev x.c0 | x.c1 | y.c0 | y.c1, 48 bytes each.
    uint256 internal constant SIGNATURE_LENGTH = 192;

    bytes private constant TAG = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
    address private constant MODEXP = address(0x05);
    address private constant G2_ADD = address(0x0d);
    address private constant PAIRING_CHECK = address(0x0f);
    address private constant MAP_FP2_TO_G2 = address(0x11);
    /// @dev The base field's prime.
    bytes private constant PRIME =
        hex"000000000000000000000000000000001a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
    /// @dev −1 times the generator of G1.
    bytes private constant MINUS_GENERATOR =
        hex"0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb00000000000000000000000000000000114d1d6855d545a8aa7d76c8cf2e21f267816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca";

    /// @notice Whether `signature` is that of the secrets behind `key`, the sum of all signers' keys, on `digest`:
    /// e(key, H(digest)) · e(−G, signature) = 1. Not for the key at infinity, which the signature at infinity would satisfy.
    /// @dev The pairing refuses points outside the curve and outside the subgroups. With any other key the signature at
    /// infinity is false by itself.
    function verify(bytes32 digest, uint256[4] memory key, bytes calldata signature) internal view returns (bool) {
        if (key[0] | key[1] | key[2] | key[3] == 0) return false;
        if (signature.length != SIGNATURE_LENGTH) return false;
        bytes memory answer = _ask(
            PAIRING_CHECK,
            bytes.concat(abi.encodePacked(key), hashToG2(digest), MINUS_GENERATOR, _padded(signature))
        );
        return answer.length == 32 && bytes32(answer) == bytes32(uint256(1));
    }

    /// @notice `digest` as a point of G2 (256 bytes), as signers hash it.
    function hashToG2(bytes32 digest) internal view returns (bytes memory point) {
        return hashToG2(abi.encodePacked(digest), TAG);
    }

    /// @notice RFC 9380, hash_to_curve of a suite BLS12381G2_XMD:SHA-256_SSWU_RO_ with a tag of at most 255 bytes.
    function hashToG2(bytes memory message, bytes memory tag) internal view returns (bytes memory point) {
        bytes32[8] memory uniform = _expand(message, tag);
        return
            _ask(
                G2_ADD,
                bytes.concat(
                    _mapToG2(uniform[0], uniform[1], uniform[2], uniform[3]),
                    _mapToG2(uniform[4], uniform[5], uniform[6], uniform[7])
                )
            );
    }

    /// @dev expand_message_xmd with SHA-256 to 256 bytes.
    function _expand(bytes memory message, bytes memory tag) private pure returns (bytes32[8] memory blocks) {
        bytes memory suffix = abi.encodePacked(tag, uint8(tag.length));
        // A block of zeros, the message, the wanted length, and 0.
        bytes32 first = sha256(abi.encodePacked(bytes32(0), bytes32(0), message, uint16(256), uint8(0), suffix));
        bytes32 previous;
        for (uint256 i; i < 8; ++i) {
            previous = sha256(abi.encodePacked(first ^ previous, uint8(i + 1), suffix));
            blocks[i] = previous;
        }
    }

    /// @dev Maps c0 + c1·u, of 512 bits each, to the curve and clears the cofactor.
    function _mapToG2(
        bytes32 c0High,
        bytes32 c0Low,
        bytes32 c1High,
        bytes32 c1Low
    ) private view returns (bytes memory) {
        return _ask(MAP_FP2_TO_G2, bytes.concat(_reduced(c0High, c0Low), _reduced(c1High, c1Low)));
    }

    /// @dev 512 bits modulo the prime: the number to the power of 1.
    function _reduced(bytes32 high, bytes32 low) private view returns (bytes memory) {
        return _ask(MODEXP, abi.encodePacked(uint256(64), uint256(1), uint256(64), high, low, uint8(1), PRIME));
    }

    /// @dev The answer of a precompile; nothing where it refuses.
    function _ask(address precompile, bytes memory input) private view returns (bytes memory answer) {
        (, answer) = precompile.staticcall(input);
    }

    function _padded(bytes calldata signature) private pure returns (bytes memory) {
        bytes16 zeros;
        return
            bytes.concat(
                abi.encodePacked(zeros, signature[:48], zeros, signature[48:96]),
                abi.encodePacked(zeros, signature[96:144], zeros, signature[144:])
            );
    }
}
