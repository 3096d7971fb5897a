// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title LendingMath
/// @notice Arithmetic of a lending market in memory: shares, interest, health, liquidation.
/// @dev Formulas of Morpho Blue. Directions are part of the names; every rounding favours the market. Assets and shares are
/// below 2^112 each, their virtual units with them below 2^113.
library LendingMath {
    using Math for uint256;
    using LendingMath for Market;

    struct Market {
        /// @dev Loan assets in the market's book, not lent.
        uint256 idle;
        /// @dev With the fee's.
        uint256 supplyShares;
        uint256 borrowAssets;
        uint256 borrowShares;
        /// @dev Of the supply shares, those that the fee added since the last update.
        uint256 feeShares;
        /// @dev Of the market's rate model.
        uint256 rate;
        /// @dev The core's own.
        uint256 settings;
    }

    /// @notice What a liquidation goes by.
    struct Terms {
        /// @dev Loan units per unit of collateral · 1e36, not 0.
        uint256 price;
        /// @dev WAD.
        uint256 lltv;
        /// @dev All may be liquidated where no more debt than this would be left in health, in loan units.
        uint256 closeOutDebt;
    }

    uint256 internal constant WAD = 1e18;
    /// @notice Scale of prices.
    uint256 internal constant PRICE_SCALE = 1e36;
    /// @notice Shares and assets that are nobody's: they keep a share's price from being moved by who holds few or all.
    uint256 internal constant VIRTUAL_SHARES = 1e6;
    uint256 internal constant VIRTUAL_ASSETS = 1;
    /// @notice The most that a market can hold of shares, and be owed.
    uint256 internal constant MAX_SHARES = type(uint112).max;
    uint256 internal constant MAX_DEBT = type(uint96).max;
    /// @notice The most that is taken of an external rate model, WAD per second.
    uint256 internal constant MAX_BORROW_RATE = uint256(8e18) / 365 days;
    uint256 internal constant MAX_FEE = 0.25e18;
    uint256 private constant MAX_INCENTIVE = 1.15e18;
    uint256 private constant INCENTIVE_CURSOR = 0.3e18;

    /* TOTALS */

    /// @notice Idle and lent assets: what suppliers own.
    function supplyAssets(Market memory market) internal pure returns (uint256) {
        unchecked {
            return market.idle + market.borrowAssets; // 2^112 and 2^96
        }
    }

    /// @notice Adds the interest of `elapsed` seconds at `borrowRate`, and shares for `fee` of it; debt ends at `MAX_DEBT` and the fee's
    /// shares where all shares reach `MAX_SHARES`.
    /// @dev interest = debt · (x + x²/2 + x³/6) with x = rate · time, each term cut off.
    function addInterest(
        Market memory market,
        uint256 borrowRate,
        uint256 fee,
        uint256 elapsed
    ) internal pure returns (uint256 interest) {
        unchecked {
            // The rate is below 2^38 and the time below 2^33, so the terms are below 2^71, 2^81 and 2^91, and debt is below 2^96.
            uint256 x = borrowRate * elapsed;
            uint256 square = (x * x) / (2 * WAD);
            interest = (market.borrowAssets * (x + square + (square * x) / (3 * WAD))) / WAD;
            interest = interest.min(MAX_DEBT - market.borrowAssets); // never above
            market.borrowAssets += interest;
            if (fee != 0) _addFee(market, (interest * fee) / WAD);
        }
    }

    /// @dev Shares for `assets` of what the market holds, at the price without them.
    function _addFee(Market memory market, uint256 assets) private pure {
        unchecked {
            uint256 others = market.supplyAssets() - assets; // a part of it
            uint256 shares = _toDown(assets, market.supplyShares + VIRTUAL_SHARES, others + VIRTUAL_ASSETS);
            shares = shares.min(MAX_SHARES - market.supplyShares); // never above
            market.supplyShares += shares;
            market.feeShares = shares;
        }
    }

    /* SHARES */

    function toSupplySharesDown(Market memory market, uint256 assets) internal pure returns (uint256) {
        return _toDown(assets, market.supplyShares + VIRTUAL_SHARES, market.supplyAssets() + VIRTUAL_ASSETS);
    }

    function toSupplySharesUp(Market memory market, uint256 assets) internal pure returns (uint256) {
        return _toUp(assets, market.supplyShares + VIRTUAL_SHARES, market.supplyAssets() + VIRTUAL_ASSETS);
    }

    function toSupplyAssetsDown(Market memory market, uint256 shares) internal pure returns (uint256) {
        return _toDown(shares, market.supplyAssets() + VIRTUAL_ASSETS, market.supplyShares + VIRTUAL_SHARES);
    }

    function toSupplyAssetsUp(Market memory market, uint256 shares) internal pure returns (uint256) {
        return _toUp(shares, market.supplyAssets() + VIRTUAL_ASSETS, market.supplyShares + VIRTUAL_SHARES);
    }

    function toBorrowSharesDown(Market memory market, uint256 assets) internal pure returns (uint256) {
        return _toDown(assets, market.borrowShares + VIRTUAL_SHARES, market.borrowAssets + VIRTUAL_ASSETS);
    }

    function toBorrowSharesUp(Market memory market, uint256 assets) internal pure returns (uint256) {
        return _toUp(assets, market.borrowShares + VIRTUAL_SHARES, market.borrowAssets + VIRTUAL_ASSETS);
    }

    function toBorrowAssetsDown(Market memory market, uint256 shares) internal pure returns (uint256) {
        return _toDown(shares, market.borrowAssets + VIRTUAL_ASSETS, market.borrowShares + VIRTUAL_SHARES);
    }

    function toBorrowAssetsUp(Market memory market, uint256 shares) internal pure returns (uint256) {
        return _toUp(shares, market.borrowAssets + VIRTUAL_ASSETS, market.borrowShares + VIRTUAL_SHARES);
    }

    /* ACTIONS */

    /// @notice Lends. The caller has checked that `shares` fit.
    function supply(Market memory market, uint256 assets, uint256 shares) internal pure {
        unchecked {
            market.idle += assets; // what the book holds is below 2^112
            market.supplyShares += shares; // checked
        }
    }

    /// @notice Takes out what was lent. The caller has checked that there is as much of both.
    function withdraw(Market memory market, uint256 assets, uint256 shares) internal pure {
        unchecked {
            market.idle -= assets; // checked
            market.supplyShares -= shares; // checked
        }
    }

    /// @notice Borrows. The caller has checked that there is as much, and that debt and shares fit.
    function borrow(Market memory market, uint256 assets, uint256 shares) internal pure {
        unchecked {
            market.idle -= assets; // checked
            market.borrowAssets += assets; // checked
            market.borrowShares += shares; // checked
        }
    }

    /// @notice Takes back what `borrow` did.
    function undoBorrow(Market memory market, uint256 assets, uint256 shares) internal pure {
        unchecked {
            market.idle += assets; // as it was
            market.borrowAssets -= assets; // as it was
            market.borrowShares -= shares; // as it was
        }
    }

    /// @notice Repays `shares` and answers what they cost: rounded up, and never more than the market is owed.
    function repay(Market memory market, uint256 shares) internal pure returns (uint256 assets) {
        assets = market.toBorrowAssetsUp(shares).min(market.borrowAssets);
        market.borrowShares -= shares;
        unchecked {
            market.idle += assets; // 2^112 and 2^96
            market.borrowAssets -= assets; // no more than it is
        }
    }

    /* HEALTH */

    /// @notice The most that a position with `collateral` may owe, rounded down.
    function maxDebt(uint256 collateral, uint256 price, uint256 lltv) internal pure returns (uint256) {
        unchecked {
            // Of two halves of a word the product fits one. Without the scale it is below 2^137, and an LLTV is below 2^60.
            if ((collateral | price) >> 128 == 0) return (((collateral * price) / PRICE_SCALE) * lltv) / WAD;
        }
        return collateral.mulDiv(price, PRICE_SCALE).mulDiv(lltv, WAD);
    }

    /// @notice What a liquidator gets for what he repays, WAD: min(1.15, 1 / (1 − 0.3 · (1 − LLTV))), rounded down.
    function incentive(uint256 lltv) internal pure returns (uint256) {
        unchecked {
            // lltv < WAD
            return MAX_INCENTIVE.min((WAD * WAD) / (WAD - (INCENTIVE_CURSOR * (WAD - lltv)) / WAD));
        }
    }

    /// @notice The least repayment that makes a position healthy which owes `debt` and may owe `maximum`, rounded up:
    /// (debt − maximum) / (1 − incentive · LLTV).
    function repaymentToHealth(uint256 debt, uint256 maximum, uint256 lltv) internal pure returns (uint256) {
        return ((debt - maximum) * WAD * WAD).ceilDiv(WAD * WAD - incentive(lltv) * lltv);
    }

    /* LIQUIDATION */

    /// @notice Liquidates with at most `input` of the loan asset a position of `borrowShares` and `collateral`. All 0 when it is
    /// healthy, or when the input does not repay a share.
    /// @return shares debt shares repaid
    /// @return assets what they cost, rounded up
    /// @return seized collateral that the liquidator gets, rounded down
    /// @return badDebt what was left to owe when no collateral was, rounded up: the suppliers' loss
    function liquidate(
        Market memory market,
        uint256 borrowShares,
        uint256 collateral,
        uint256 input,
        Terms memory terms
    ) internal pure returns (uint256 shares, uint256 assets, uint256 seized, uint256 badDebt) {
        shares = market.toBorrowSharesDown(input).min(liquidatableShares(market, borrowShares, collateral, terms));
        if (shares == 0) return (0, 0, 0, 0);
        (shares, seized) = _seize(market, shares, collateral, terms);
        assets = market.repay(shares);
        uint256 left = borrowShares - shares;
        if (seized == collateral && left != 0) {
            badDebt = market.toBorrowAssetsUp(left).min(market.borrowAssets);
            market.borrowAssets -= badDebt;
            market.borrowShares -= left;
        }
    }

    /// @notice The most debt shares of a position that may be liquidated now; 0 when it is healthy.
    function liquidatableShares(
        Market memory market,
        uint256 borrowShares,
        uint256 collateral,
        Terms memory terms
    ) internal pure returns (uint256) {
        uint256 debt = market.toBorrowAssetsUp(borrowShares);
        uint256 maximum = maxDebt(collateral, terms.price, terms.lltv);
        if (debt <= maximum) return 0;
        uint256 needed = repaymentToHealth(debt, maximum, terms.lltv);
        // What would be left is the same after a part of it, so that liquidating in steps takes no more.
        if (needed >= debt || debt - needed <= terms.closeOutDebt) return borrowShares;
        return market.toBorrowSharesUp(needed).min(borrowShares);
    }

    /// @dev What `maxShares` seize; when the collateral does not suffice, all of it and the shares that it pays for, rounded up.
    function _seize(
        Market memory market,
        uint256 maxShares,
        uint256 collateral,
        Terms memory terms
    ) private pure returns (uint256 shares, uint256 seized) {
        uint256 factor = incentive(terms.lltv);
        // What a position owes is below 2^97, and with the incentive below 2^98.
        seized = (((market.toBorrowAssetsDown(maxShares) * factor) / WAD) * PRICE_SCALE) / terms.price;
        if (seized <= collateral) return (maxShares, seized);
        uint256 quoted = collateral.mulDiv(terms.price, PRICE_SCALE, Math.Rounding.Ceil);
        // No more than what would have seized more.
        shares = market.toBorrowSharesUp((quoted * WAD).ceilDiv(factor)).min(maxShares);
        seized = collateral;
    }

    /* INTERNALS */

    function _toDown(uint256 value, uint256 numerator, uint256 denominator) private pure returns (uint256) {
        return (value * numerator) / denominator;
    }

    function _toUp(uint256 value, uint256 numerator, uint256 denominator) private pure returns (uint256) {
        uint256 product = value * numerator;
        unchecked {
            // The quotient of a product that is not 0, so that its predecessor is one too.
            return product == 0 ? 0 : (product - 1) / denominator + 1;
        }
    }
}
