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

    /// @notice The batch makes no sense from byte `position` on.
    error SettlementMalformed(uint256 position);
    /// @notice The batch is of version `version`; version `supported` is understood.
    error SettlementUnknownVersion(uint256 version, uint256 supported);
    /// @notice The relayer `relayer` has used `last` already and cannot go back to `number`.
    error SettlementNumberUsed(address relayer, uint256 number, uint256 last);
    /// @notice The batch expired at `expiry`; it is `timestamp`.
    error SettlementExpired(uint256 expiry, uint256 timestamp);
    /// @notice The batch expires at `expiry`, later than `latest`, which is the latest there can be.
    error SettlementExpiryTooFar(uint256 expiry, uint256 latest);
    /// @notice The relayer `relayer` has code, so that its calldata would be no log.
    /// @dev Or it did not call by itself: a batch is settled by a transaction of its relayer and by nothing else.
    error SettlementRelayerHasCode(address relayer);
    /// @notice The signer `id` has no key and brought no signature.
    error SettlementKeyMissing(uint256 id);
    /// @notice A row of the directory holds a key outside the curve.
    /// @dev Registration rules it out.
    error SettlementInvalidKey();
    /// @notice The aggregate signature is not one of the batch `digest`.
    error SettlementBadSignature(bytes32 digest);
    /// @notice `needed` gas is needed to ask a wallet for its signature; `available` can be had.
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
