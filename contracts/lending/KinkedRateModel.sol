// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IInterestRateModel} from "../interfaces/IInterestRateModel.sol";

/// @title KinkedRateModel
/// @notice A rate of two straight lines, which meet at the kink. Immutable, without state.
/// @dev Aave's interest rate strategy (protocol whitepaper v2, 2020, "Interest rate strategy"; Compound III has the same shape
/// with slopes per unit of utilisation). With the utilisation U = borrowed / supplied and the kink K:
///
///     U <= K:  base + slopeBelow · U / K
///     U  > K:  base + slopeBelow + slopeAbove · (U − K) / (1 − K)
///
/// U and every quotient are rounded down: the rate is below the exact one by less than 1e-15 a year and one unit a second, and
/// never falls where U rises.
contract KinkedRateModel is IInterestRateModel {
    /// @notice Rates in WAD per year of 365 days.
    struct Rates {
        /// @dev At utilisation 0.
        uint256 base;
        /// @dev What is added from utilisation 0 to the kink.
        uint256 slopeBelow;
        /// @dev What is added from the kink to utilisation 1.
        uint256 slopeAbove;
        /// @dev A utilisation, WAD, 0.01e18 to 0.99e18.
        uint256 kink;
    }

    /// @notice The rate model is given `value`, which is outside `minimum` to `maximum`.
    error RateModelOutOfBounds(uint256 value, uint256 minimum, uint256 maximum);

    uint256 private constant WAD = 1e18;
    /// @dev The most that the lending core takes.
    uint256 private constant MAX_RATE = 8e18;
    uint256 private constant LEAST_KINK = 0.01e18;

    uint256 public immutable BASE;
    uint256 public immutable SLOPE_BELOW;
    uint256 public immutable SLOPE_ABOVE;
    uint256 public immutable KINK;

    /// @param rates base and both slopes together at most 8e18, 800 % a year
    constructor(Rates memory rates) {
        BASE = _checked(rates.base, 0, MAX_RATE);
        SLOPE_BELOW = _checked(rates.slopeBelow, 0, MAX_RATE - BASE);
        SLOPE_ABOVE = _checked(rates.slopeAbove, 0, MAX_RATE - BASE - SLOPE_BELOW);
        KINK = _checked(rates.kink, LEAST_KINK, WAD - LEAST_KINK);
    }

    /// @inheritdoc IInterestRateModel
    /// @dev The utilisation of an empty market is 0, and never above 1.
    function borrowRate(uint256 supplyAssets, uint256 borrowAssets) external view returns (uint256) {
        return rateAt(_utilisation(supplyAssets, borrowAssets)) / 365 days;
    }

    /// @notice The rate at `utilisation`, which is at most 1e18, WAD per year.
    function rateAt(uint256 utilisation) public view returns (uint256) {
        _checked(utilisation, 0, WAD);
        if (utilisation <= KINK) return BASE + (SLOPE_BELOW * utilisation) / KINK;
        return BASE + SLOPE_BELOW + (SLOPE_ABOVE * (utilisation - KINK)) / (WAD - KINK);
    }

    function _utilisation(uint256 supplyAssets, uint256 borrowAssets) private pure returns (uint256) {
        if (supplyAssets == 0) return 0;
        return borrowAssets >= supplyAssets ? WAD : Math.mulDiv(borrowAssets, WAD, supplyAssets);
    }

    function _checked(uint256 value, uint256 minimum, uint256 maximum) private pure returns (uint256) {
        require(value >= minimum && value <= maximum, RateModelOutOfBounds(value, minimum, maximum));
        return value;
    }
}
