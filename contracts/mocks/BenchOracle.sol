// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPriceOracle} from "../interfaces/IPriceOracle.sol";

/// @notice One stored price, as the oracles of the peers' benchmarks have it.
contract BenchOracle is IPriceOracle {
    uint256 public price;

    constructor(uint256 newPrice) {
        price = newPrice;
    }

    function setPrice(uint256 newPrice) external {
        price = newPrice;
    }

    function borrowPrice() external view returns (uint256) {
        return price;
    }
}
