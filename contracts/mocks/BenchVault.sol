// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {Word} from "../types/Word.sol";

/// @title BenchVault
/// @notice Stands in for a protocol whose operations write two words of an account: asset 0 in, a share out, one for one,
/// and back. Batches only.
contract BenchVault is ILedgerProtocol {
    using OperationLib for uint256;

    error BenchVaultUnwanted(address caller);

    ILedger public immutable LEDGER;

    constructor(ILedger ledger) {
        LEDGER = ledger;
    }

    /// @inheritdoc ILedgerProtocol
    function onLedgerCall(
        address,
        bytes32,
        Word,
        Word,
        bytes calldata
    ) external view returns (bytes4, Word, uint256, Word) {
        revert BenchVaultUnwanted(msg.sender);
    }

    /// @inheritdoc ILedgerProtocol
    function onLedgerBatch(
        bytes32,
        Word holdings,
        uint256,
        bytes calldata,
        uint256[] calldata operations
    ) external view returns (bytes4 magic, uint32 flags, uint256[] memory payouts) {
        require(msg.sender == address(LEDGER), BenchVaultUnwanted(msg.sender));
        payouts = new uint256[](operations.length / 2);
        for (uint256 i; i < payouts.length; ++i) {
            uint256 side = operations[2 * i].side();
            uint256 amount = operations[2 * i + 1].amount();
            if (side == 0) payouts[i] = OperationLib.SHARES | amount;
            else payouts[i] = side == OperationLib.SIDE_SHARES ? amount : OperationLib.FAILED;
        }
        return (ILedgerProtocol.onLedgerBatch.selector, uint32(holdings.flags()), payouts); // flags are 32 bits
    }
}
