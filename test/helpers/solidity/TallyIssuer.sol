// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetIssuer} from "../../../contracts/interfaces/IAssetIssuer.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";

/// @title TallyIssuer
/// @notice An issuer that keeps its own balances from the notices it gets.
contract TallyIssuer is IAssetIssuer {
    ILedger public immutable LEDGER;

    mapping(address account => bool) public isRefused;
    /// @notice Balance by the notices alone.
    mapping(uint256 id => mapping(address account => int256)) public tallyOf;

    constructor(ILedger ledger) {
        LEDGER = ledger;
    }

    function refuse(address account, bool refused) external {
        isRefused[account] = refused;
    }

    function execute(bytes calldata data) external {
        (bool ok, bytes memory answer) = address(LEDGER).call(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    function onLedgerMovement(uint256 id, address from, address to, uint256 amount) external {
        tallyOf[id][from] -= int256(amount);
        tallyOf[id][to] += int256(amount);
    }

    function canTransfer(uint256, address from, address to, uint256) external view returns (bool) {
        return !isRefused[from] && !isRefused[to];
    }
}
