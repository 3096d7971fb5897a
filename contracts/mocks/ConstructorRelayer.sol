// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";

/// @notice Sends a batch while it is being deployed, when it has no code yet.
contract ConstructorRelayer {
    constructor(ISettlement settlement, bytes memory batch) {
        settlement.settle(batch);
    }
}
