// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IOracleErrors} from "../interfaces/IOracleErrors.sol";

/// @title OracleMath
/// @notice Scales, bounds and quotients of prices. Prices are loan units per collateral unit · 1e36, rounded down.
library OracleMath {
    /// @dev A scale 10^exponent, as a factor and a divisor, of which one is 1.
    struct Scale {
        uint256 factor;
        uint256 divisor;
    }

    /// @notice Digits of a price of 1 between assets of the same decimals.
    uint256 internal constant PRICE_DIGITS = 36;
    /// @notice Decimals that an asset or a feed may have.
    uint256 internal constant MAX_DECIMALS = 24;
    /// @dev 10^77 is the largest power of ten in 256 bits.
    int256 private constant MAX_EXPONENT = 77;

    /// @notice `value`, which must be within the bounds.
    function checked(uint256 value, uint256 minimum, uint256 maximum) internal pure returns (uint256) {
        require(value >= minimum && value <= maximum, IOracleErrors.OracleOutOfBounds(value, minimum, maximum));
        return value;
    }

    /// @notice `decimals`, which must be those of an asset or a feed, for sums with a sign.
    function checkedDecimals(uint256 decimals) internal pure returns (int256) {
        return int256(checked(decimals, 0, MAX_DECIMALS)); // at most 24
    }

    /// @notice Digits from a ratio of whole units, loan per collateral, to a price: 36 + loan decimals − collateral decimals.
    function digitsOf(uint256 collateralDecimals, uint256 loanDecimals) internal pure returns (int256) {
        return int256(PRICE_DIGITS) + checkedDecimals(loanDecimals) - checkedDecimals(collateralDecimals);
    }

    /// @notice 10^exponent, which is not below −60: 36 less the decimals of an asset and of three feeds.
    function scaleOf(int256 exponent) internal pure returns (Scale memory scale) {
        require(exponent <= MAX_EXPONENT, IOracleErrors.OracleScaleTooLarge(exponent));
        scale = exponent < 0 ? Scale(1, 10 ** uint256(-exponent)) : Scale(10 ** uint256(exponent), 1);
    }

    /// @notice ⌊numerator · scale / denominator⌋, not zero. One of the scale's halves is 1, so the two divisions round once.
    function priceOf(uint256 numerator, uint256 denominator, Scale memory scale) internal pure returns (uint256 price) {
        (uint256 high, ) = Math.mul512(numerator, scale.factor);
        require(high < denominator, IOracleErrors.OracleOverflow());
        price = Math.mulDiv(numerator, scale.factor, denominator) / scale.divisor;
        require(price != 0, IOracleErrors.OracleZeroPrice());
    }

    /// @notice a · b.
    function product(uint256 a, uint256 b) internal pure returns (uint256 result) {
        bool ok;
        (ok, result) = Math.tryMul(a, b);
        require(ok, IOracleErrors.OracleOverflow());
    }
}
