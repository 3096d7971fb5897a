// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {ConstructorRelayer} from "./ConstructorRelayer.sol";

/// @notice Sends batches through relayers without code, from within other contracts' calls.
contract RelayerFactory {
    function relay(ISettlement settlement, bytes calldata batch) external returns (ConstructorRelayer relayer) {
        return new ConstructorRelayer(settlement, batch);
    }
}
