// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {IPermit2} from "../interfaces/external/IPermit2.sol";

/// @title MockPermit2
/// @notice Behaves as Permit2 for single transfers: same types, hashes, checks and error names.
/// @dev Has no immutables, so its runtime code works at any address. Errors and events carry Permit2's names because
/// they are part of its behaviour. Token failures revert as SafeERC20 does.
contract MockPermit2 is IPermit2 {
    using SafeERC20 for IERC20;

    struct Allowance {
        uint160 amount; //    slot 0
        uint48 expiration; // slot 0
        uint48 nonce; //      slot 0
    }

    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant TOKEN_PERMISSIONS_TYPEHASH = keccak256("TokenPermissions(address token,uint256 amount)");
    bytes32 private constant PERMIT_TRANSFER_FROM_TYPEHASH = keccak256(
        "PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline)"
        "TokenPermissions(address token,uint256 amount)"
    );
    string private constant PERMIT_WITNESS_TYPE_STUB =
        "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,";
    bytes32 private constant PERMIT_DETAILS_TYPEHASH = keccak256(
        "PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)"
    );
    bytes32 private constant PERMIT_SINGLE_TYPEHASH = keccak256(
        "PermitSingle(PermitDetails details,address spender,uint256 sigDeadline)"
        "PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)"
    );

    /// @inheritdoc IPermit2
    mapping(address owner => mapping(uint256 wordPosition => uint256 word)) public nonceBitmap;
    /// @inheritdoc IPermit2
    mapping(address owner => mapping(address token => mapping(address spender => Allowance))) public allowance;

    event Approval(
        address indexed owner,
        address indexed token,
        address indexed spender,
        uint160 amount,
        uint48 expiration
    );
    event Permit(
        address indexed owner,
        address indexed token,
        address indexed spender,
        uint160 amount,
        uint48 expiration,
        uint48 nonce
    );

    error SignatureExpired(uint256 signatureDeadline);
    error InvalidNonce();
    error InvalidAmount(uint256 maxAmount);
    error AllowanceExpired(uint256 deadline);
    error InsufficientAllowance(uint256 amount);
    error InvalidSignatureLength();
    error InvalidSignature();
    error InvalidSigner();
    error InvalidContractSignature();

    /* USER ACTIONS */

    /// @inheritdoc IPermit2
    function permitTransferFrom(
        PermitTransferFrom calldata permit_,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes calldata signature
    ) external {
        bytes32 structHash = keccak256(
            abi.encode(
                PERMIT_TRANSFER_FROM_TYPEHASH,
                _hashTokenPermissions(permit_.permitted),
                msg.sender,
                permit_.nonce,
                permit_.deadline
            )
        );
        _permitTransferFrom(permit_, transferDetails, owner, structHash, signature);
    }

    /// @inheritdoc IPermit2
    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit_,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(abi.encodePacked(PERMIT_WITNESS_TYPE_STUB, witnessTypeString)),
                _hashTokenPermissions(permit_.permitted),
                msg.sender,
                permit_.nonce,
                permit_.deadline,
                witness
            )
        );
        _permitTransferFrom(permit_, transferDetails, owner, structHash, signature);
    }

    /// @inheritdoc IPermit2
    function approve(address token, address spender, uint160 amount, uint48 expiration) external {
        Allowance storage allowed = allowance[msg.sender][token][spender];
        allowed.amount = amount;
        allowed.expiration = _expirationOrNow(expiration);
        emit Approval(msg.sender, token, spender, amount, expiration);
    }

    /// @inheritdoc IPermit2
    function permit(address owner, PermitSingle calldata permitSingle, bytes calldata signature) external {
        require(block.timestamp <= permitSingle.sigDeadline, SignatureExpired(permitSingle.sigDeadline));
        PermitDetails calldata details = permitSingle.details;
        bytes32 detailsHash = keccak256(
            abi.encode(PERMIT_DETAILS_TYPEHASH, details.token, details.amount, details.expiration, details.nonce)
        );
        bytes32 structHash = keccak256(
            abi.encode(PERMIT_SINGLE_TYPEHASH, detailsHash, permitSingle.spender, permitSingle.sigDeadline)
        );
        _checkSignature(owner, structHash, signature);

        Allowance storage allowed = allowance[owner][details.token][permitSingle.spender];
        require(allowed.nonce == details.nonce, InvalidNonce());
        unchecked {
            allowed.nonce = details.nonce + 1; // wraps as Permit2's does
        }
        allowed.amount = details.amount;
        allowed.expiration = _expirationOrNow(details.expiration);
        emit Permit(owner, details.token, permitSingle.spender, details.amount, details.expiration, details.nonce);
    }

    /// @inheritdoc IPermit2
    function transferFrom(address from, address to, uint160 amount, address token) external {
        Allowance storage allowed = allowance[from][token][msg.sender];
        require(block.timestamp <= allowed.expiration, AllowanceExpired(allowed.expiration));
        uint160 available = allowed.amount;
        if (available != type(uint160).max) {
            require(amount <= available, InsufficientAllowance(available));
            allowed.amount = available - amount;
        }
        IERC20(token).safeTransferFrom(from, to, amount);
    }

    /* VIEWS */

    /// @inheritdoc IPermit2
    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("Permit2"), block.chainid, address(this)));
    }

    /* INTERNALS */

    function _permitTransferFrom(
        PermitTransferFrom calldata permit_,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 structHash,
        bytes calldata signature
    ) private {
        uint256 amount = transferDetails.requestedAmount;
        require(block.timestamp <= permit_.deadline, SignatureExpired(permit_.deadline));
        require(amount <= permit_.permitted.amount, InvalidAmount(permit_.permitted.amount));
        _useNonce(owner, permit_.nonce);
        _checkSignature(owner, structHash, signature);
        IERC20(permit_.permitted.token).safeTransferFrom(owner, transferDetails.to, amount);
    }

    function _useNonce(address owner, uint256 nonce) private {
        uint256 bit = 1 << (nonce & 0xff);
        uint256 word = nonceBitmap[owner][nonce >> 8];
        require(word & bit == 0, InvalidNonce());
        nonceBitmap[owner][nonce >> 8] = word | bit;
    }

    /// @dev Signatures of 64 bytes follow ERC-2098. As in Permit2, `v` is 27 or 28 and a high `s` counts.
    function _checkSignature(address owner, bytes32 structHash, bytes calldata signature) private view {
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR(), structHash));
        if (owner.code.length != 0) {
            require(SignatureChecker.isValidERC1271SignatureNow(owner, digest, signature), InvalidContractSignature());
            return;
        }
        require(signature.length == 65 || signature.length == 64, InvalidSignatureLength());
        bytes32 r = bytes32(signature[:32]);
        bytes32 s = bytes32(signature[32:64]);
        uint8 v;
        if (signature.length == 65) {
            v = uint8(signature[64]);
        } else {
            v = uint8(uint256(s) >> 255) + 27; // 27 or 28
            s = bytes32((uint256(s) << 1) >> 1);
        }
        address signer = ecrecover(digest, v, r, s);
        require(signer != address(0), InvalidSignature());
        require(signer == owner, InvalidSigner());
    }

    function _expirationOrNow(uint48 expiration) private view returns (uint48) {
        return expiration == 0 ? uint48(block.timestamp) : expiration; // seconds fit 48 bits
    }

    function _hashTokenPermissions(TokenPermissions calldata permitted) private pure returns (bytes32) {
        return keccak256(abi.encode(TOKEN_PERMISSIONS_TYPEHASH, permitted.token, permitted.amount));
    }
}
