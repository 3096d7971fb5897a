// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILendingCore} from "../interfaces/ILendingCore.sol";
import {LendingMath} from "../libraries/LendingMath.sol";
import {MarketId} from "../types/MarketId.sol";
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

    function _tryAddCollateral(MarketId id, address account, uint256 amount) internal returns (bool) {
        ILendingCore.Position storage position = _positions[id][account];
        uint256 total = position.collateral + amount;
        if (amount == 0 || total > type(uint112).max) return false;
        position.collateral = uint112(total);
        return true;
    }

    /// @param maximum the most that the position may owe afterwards; not looked at without debt
    function _tryRemoveCollateral(
        MarketId id,
        LendingMath.Market memory market,
        address account,
        uint256 amount,
        uint256 maximum
    ) internal returns (bool) {
        ILendingCore.Position storage position = _positions[id][account];
        (uint256 collateral, uint256 borrowShares) = (position.collateral, position.borrowShares);
        if (amount == 0 || amount > collateral) return false;
        if (borrowShares != 0 && market.toBorrowAssetsUp(borrowShares) > maximum) return false;
        position.collateral = uint112(collateral - amount);
        return true;
    }

    /* DEBT */

    /// @param maximum the most that the position may owe afterwards
    /// @return shares the debt shares added; 0 when it was not done
    function _tryBorrow(
        MarketId id,
        LendingMath.Market memory market,
        address account,
        uint256 assets,
        uint256 maximum
    ) internal returns (uint256 shares) {
        if (assets == 0 || assets > market.idle || market.borrowAssets + assets > LendingMath.MAX_DEBT) return 0;
        shares = market.toBorrowSharesUp(assets);
        if (market.borrowShares + shares > LendingMath.MAX_SHARES) return 0;
        ILendingCore.Position storage position = _positions[id][account];
        uint256 owed = position.borrowShares + shares; // a part of all shares
        market.borrow(assets, shares);
        if (market.toBorrowAssetsUp(owed) > maximum) {
            market.undoBorrow(assets, shares);
            return 0;
        }
        position.borrowShares = uint112(owed);
    }

    /// @dev Repays at most `maxShares`, and at most what the account owes.
    function _repay(
        MarketId id,
        LendingMath.Market memory market,
        address account,
        uint256 maxShares
    ) internal returns (uint256 shares, uint256 assets) {
        ILendingCore.Position storage position = _positions[id][account];
        uint256 owed = position.borrowShares;
        shares = maxShares < owed ? maxShares : owed;
        if (shares == 0) return (0, 0);
        assets = market.repay(shares);
        position.borrowShares = uint112(owed - shares);
    }

    /* STORAGE */

    function _loadDebt(MarketId id, LendingMath.Market memory market) internal view {
        market.borrowShares = _markets[id].debt.borrowShares;
    }

    function _closeDebt(MarketId id, LendingMath.Market memory market) internal {
        _close(id, market);
        _markets[id].debt.borrowShares = uint112(market.borrowShares); // checked to fit
    }

    function _lltvOf(MarketId id) internal view returns (uint256) {
        return _markets[id].debt.lltv * LLTV_STEP;
    }
}
