// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title IPermit2
/// @notice The part of Permit2 used here: single signature transfers and single allowance transfers.
interface IPermit2 {
    struct TokenPermissions {
        address token;
        uint256 amount; // the most that may be requested
    }

    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce; // unordered: word `nonce >> 8`, bit `nonce & 0xff` of the owner's bitmap
        uint256 deadline; // last second at which the signature counts
    }

    struct SignatureTransferDetails {
        address to;
        uint256 requestedAmount;
    }

    struct PermitDetails {
        address token;
        uint160 amount;
        uint48 expiration; // last second of the allowance; zero means the current block only
        uint48 nonce; // ordered, per owner, token and spender
    }

    struct PermitSingle {
        PermitDetails details;
        address spender;
        uint256 sigDeadline; // last second at which the signature counts
    }

    /// @notice Moves tokens of `owner` by his signature over `permit` and the caller as spender.
    function permitTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes calldata signature
    ) external;

    /// @notice As `permitTransferFrom`, with a `witness` that the owner signed too.
    /// @param witness The struct hash of the caller's extra data.
    /// @param witnessTypeString The rest of the type after `deadline,`: the witness member, a closing bracket, and the
    /// referenced types in alphabetical order, `TokenPermissions(address token,uint256 amount)` among them.
    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external;

    /// @notice Allows `spender` to move up to `amount` of the caller's tokens until `expiration`.
    /// @param expiration Last second of the allowance; zero means the current block only.
    function approve(address token, address spender, uint160 amount, uint48 expiration) external;

    /// @notice Sets an allowance of `owner` by his signature.
    function permit(address owner, PermitSingle calldata permitSingle, bytes calldata signature) external;

    /// @notice Moves `amount` of `from` to `to` against the caller's allowance; the maximum allowance is not spent.
    function transferFrom(address from, address to, uint160 amount, address token) external;

    /// @notice The allowance of `spender` on tokens of `owner`.
    function allowance(
        address owner,
        address token,
        address spender
    ) external view returns (uint160 amount, uint48 expiration, uint48 nonce);

    /// @notice The used nonces of `owner`, 256 to a word.
    function nonceBitmap(address owner, uint256 wordPosition) external view returns (uint256 word);

    /// @notice The EIP-712 domain: name "Permit2", chain id and address, no version.
    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() external view returns (bytes32);
}
