// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Erc1271Wallet
/// @notice A contract account: its owner's signatures are its own, and its owner and operators make it call.
contract Erc1271Wallet is IERC1271 {
    address public owner;
    mapping(address account => bool) public isOperator;

    error MockUnauthorized(address caller);

    constructor(address owner_) {
        owner = owner_;
    }

    /// @notice Takes ether.
    receive() external payable {}

    /// @notice Gives the wallet to `newOwner`; signatures of the old owner stop counting.
    function setOwner(address newOwner) external {
        require(msg.sender == owner, MockUnauthorized(msg.sender));
        owner = newOwner;
    }

    /// @notice Lets `account`, a token with a callback for instance, make the wallet call.
    function setOperator(address account, bool newIsOperator) external {
        require(msg.sender == owner, MockUnauthorized(msg.sender));
        isOperator[account] = newIsOperator;
    }

    /// @notice Calls `target` with `value` and `data`, reverting with its data.
    function execute(
        address target,
        uint256 value,
        bytes calldata data
    ) external payable returns (bytes memory returned) {
        require(msg.sender == owner || isOperator[msg.sender], MockUnauthorized(msg.sender));
        bool isSuccess;
        (isSuccess, returned) = target.call{value: value}(data);
        if (!isSuccess) {
            assembly ("memory-safe") {
                revert(add(returned, 0x20), mload(returned))
            }
        }
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        (address signer, ECDSA.RecoverError failure, ) = ECDSA.tryRecoverCalldata(digest, signature);
        bool isValid = failure == ECDSA.RecoverError.NoError && signer == owner;
        return isValid ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
