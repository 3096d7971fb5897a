// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInterestRateModel} from "../interfaces/IInterestRateModel.sol";

/// @notice A yearly rate of as many percent as are borrowed, to compare with another protocol under the same rate.
contract MockLinearRateModel is IInterestRateModel {
    uint256 private constant WAD = 1e18;

    function borrowRate(uint256 supplyAssets, uint256 borrowAssets) external pure returns (uint256) {
        return supplyAssets == 0 ? 0 : (borrowAssets * WAD) / supplyAssets / 365 days;
    }
}
