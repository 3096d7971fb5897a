// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LendingMath} from "../libraries/LendingMath.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {Word} from "../types/Word.sol";
import {LendingMarkets} from "./LendingMarkets.sol";

/// @title LendingPositions
/// @notice The actions on a market in memory, which a wallet's call and a section's operation share.
/// @dev Each answers whether it was done; if not, nothing has changed. What stays to be stored is the market alone, and what
/// happened stays to be told: a call has an event of its own, a section one for all.
abstract contract LendingPositions is LendingMarkets {
    using LendingMath for LendingMath.Market;

    /* SUPPLIERS */

    function _trySupply(LendingMath.Market memory market, uint256 assets, uint256 shares) internal pure returns (bool) {
        if (shares == 0 || market.supplyShares + shares > LendingMath.MAX_SHARES) return false;
        market.supply(assets, shares);
        return true;
    }

    /// @dev Whoever gives up the shares has them: the ledger sees to that.
    function _tryWithdraw(
        LendingMath.Market memory market,
        uint256 assets,
        uint256 shares
    ) internal pure returns (bool) {
        if (assets == 0 || assets > market.idle || shares > market.supplyShares) return false;
        market.withdraw(assets, shares);
        return true;
    }

    /* COLLATERAL */

    function _tryAddCollateral(Cell storage cell, uint256 amount) internal returns (bool) {
        Word position = cell.word;
        uint256 total = position.amount(COLLATERAL) + amount;
        if (amount == 0 || total > type(uint112).max) return false;
        cell.word = WordLib.pack(position.amount(OWED), total);
        return true;
    }

    /// @param maximum the most that the position may owe afterwards; not looked at without debt
    function _tryRemoveCollateral(
        Cell storage cell,
        LendingMath.Market memory market,
        uint256 amount,
        uint256 maximum
    ) internal returns (bool) {
        Word position = cell.word;
        (uint256 borrowShares, uint256 collateral) = (position.amount(OWED), position.amount(COLLATERAL));
        if (amount == 0 || amount > collateral) return false;
        if (borrowShares != 0 && market.toBorrowAssetsUp(borrowShares) > maximum) return false;
        cell.word = WordLib.pack(borrowShares, collateral - amount);
        return true;
    }

    /* DEBT */

    /// @param price at which the position must be healthy afterwards
    /// @return shares the debt shares added; 0 when it was not done
    function _tryBorrow(
        Cell storage cell,
        LendingMath.Market memory market,
        uint256 assets,
        uint256 price,
        uint256 lltv
    ) internal returns (uint256 shares) {
        if (assets == 0 || assets > market.idle || market.borrowAssets + assets > LendingMath.MAX_DEBT) return 0;
        shares = market.toBorrowSharesUp(assets);
        if (market.borrowShares + shares > LendingMath.MAX_SHARES) return 0;
        Word position = cell.word;
        uint256 owed = position.amount(OWED) + shares; // a part of all shares
        uint256 collateral = position.amount(COLLATERAL);
        market.borrow(assets, shares);
        if (market.toBorrowAssetsUp(owed) > LendingMath.maxDebt(collateral, price, lltv)) {
            market.undoBorrow(assets, shares);
            return 0;
        }
        cell.word = WordLib.pack(owed, collateral);
    }

    /// @dev Repays at most `maxShares`, and at most what the account owes.
    function _repay(
        Cell storage cell,
        LendingMath.Market memory market,
        uint256 maxShares
    ) internal returns (uint256 shares, uint256 assets) {
        Word position = cell.word;
        uint256 owed = position.amount(OWED);
        shares = maxShares < owed ? maxShares : owed;
        if (shares == 0) return (0, 0);
        assets = market.repay(shares);
        cell.word = WordLib.pack(owed - shares, position.amount(COLLATERAL));
    }

    /* TERMS */

    function _lltvOf(Storage storage stored) internal view returns (uint256) {
        return stored.lltv * LLTV_STEP;
    }
}
