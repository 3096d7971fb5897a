// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../interfaces/ILedger.sol";
import {ILedgerProtocol} from "../interfaces/ILedgerProtocol.sol";
import {OperationLib} from "../libraries/OperationLib.sol";

/// @notice A settlement without authorisation: hands sections to the ledger, to test its frame.
contract MockSettlement {
    /// @notice An operation before packing.
    struct Order {
        address account;
        uint8 sequence;
        uint8 kind;
        uint256 amount;
        uint224 arguments;
    }

    event SectionSettled(bool executed, uint256[] skipped);

    ILedger public immutable LEDGER;

    constructor(ILedger ledger) {
        LEDGER = ledger;
    }

    function settle(
        ILedgerProtocol.Section calldata section,
        Order[] calldata orders
    ) external returns (bool executed, uint256[] memory skipped) {
        (executed, skipped) = LEDGER.settle(section, pack(orders));
        emit SectionSettled(executed, skipped);
    }

    function settleWords(
        ILedgerProtocol.Section calldata section,
        uint256[] calldata operations
    ) external returns (bool executed, uint256[] memory skipped) {
        (executed, skipped) = LEDGER.settle(section, operations);
        emit SectionSettled(executed, skipped);
    }

    function pack(Order[] calldata orders) public pure returns (uint256[] memory operations) {
        operations = new uint256[](orders.length * 2);
        for (uint256 i; i < orders.length; ++i) {
            Order calldata order = orders[i];
            (operations[2 * i], operations[2 * i + 1]) = OperationLib.pack(
                order.account,
                order.sequence,
                order.kind,
                order.amount,
                order.arguments
            );
        }
    }
}
