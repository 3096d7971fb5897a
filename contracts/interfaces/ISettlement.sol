// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccountDirectory} from "./IAccountDirectory.sol";
import {ILedger} from "./ILedger.sol";

/// @title ISettlement
/// @notice Executes batches of many users' operations in one transaction. The format is described in docs/settlement.md.
/// @dev It holds nothing and knows no protocol: it reads, checks who signed, and hands sections to the ledger, which moves
/// only words that consent to this version.
interface ISettlement {
    /// @param sections bit s is set when section s was executed
    /// @param skipped section by section, one bit for each operation that was not executed, 256 to a word
    event BatchSettled(
        address indexed relayer,
        uint256 indexed number,
        bytes32 root,
        uint256 sections,
        uint256[] skipped
    );

    /// @dev `position` is the byte of the batch at which it stopped making sense.
    error SettlementMalformed(uint256 position);
    error SettlementUnknownVersion(uint256 version, uint256 supported);
    error SettlementNumberUsed(address relayer, uint256 number, uint256 last);
    error SettlementExpired(uint256 expiry, uint256 timestamp);
    error SettlementExpiryTooFar(uint256 expiry, uint256 latest);
    /// @dev Or it did not call by itself: a batch is settled by a transaction of its relayer and by nothing else.
    error SettlementRelayerHasCode(address relayer);
    /// @dev The signer has no BLS key and brought no signature of his own.
    error SettlementKeyMissing(uint256 id);
    /// @dev A row of the directory holds a key outside the curve, which its registration rules out.
    error SettlementInvalidKey();
    error SettlementBadSignature(bytes32 digest);
    /// @dev A wallet that is asked for its signature could not be given its whole cap.
    error SettlementInsufficientGas(uint256 available, uint256 needed);

    /// @notice Executes a batch. Only by a transaction of its relayer, an account without code, so that the calldata is
    /// the log.
    function settle(bytes calldata batch) external;

    /// @notice The ledger whose sections this settlement calls.
    function LEDGER() external view returns (ILedger);

    /// @notice Where signers' keys are.
    function DIRECTORY() external view returns (IAccountDirectory);

    /// @notice The highest number that `relayer` has used.
    function lastNumberOf(address relayer) external view returns (uint256);

    /// @notice The mask of a batch: records stand in the order of id XOR mask.
    function maskOf(address relayer, uint256 number) external pure returns (uint256);

    /// @notice What BLS signers sign.
    function digestOf(address relayer, uint256 number, uint256 expiry, bytes32 root) external view returns (bytes32);
}
