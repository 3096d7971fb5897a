// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILendingCore} from "../interfaces/ILendingCore.sol";
import {IPledgeable} from "../interfaces/IPledgeable.sol";
import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {LendingFlags} from "../libraries/LendingFlags.sol";
import {LendingMath} from "../libraries/LendingMath.sol";
import {LendingRates} from "../libraries/LendingRates.sol";
import {MarketId} from "../types/MarketId.sol";
import {MarketParams} from "../types/MarketParams.sol";
import {Word} from "../types/Word.sol";

/// @title LendingLens
/// @notice Views and previews of lending markets, with interest up to this second. A preview runs the code that the core runs and
/// answers the same to the unit for an action in this block. No privilege; replaceable.
contract LendingLens {
    using AssetId for uint256;
    using LendingFlags for Word;
    using LendingMath for LendingMath.Market;
    using LendingRates for LendingMath.Market;
    using Math for uint256;

    /// @notice A market as the next action finds it.
    struct MarketView {
        MarketId id;
        bool exists;
        /// @dev The supply share's ledger id.
        uint256 shareId;
        /// @dev What suppliers own: idle and lent, in loan units.
        uint256 supplyAssets;
        uint256 supplyShares;
        uint256 borrowAssets;
        uint256 borrowShares;
        /// @dev Loan units that can be withdrawn or borrowed.
        uint256 idle;
        /// @dev Collateral held, in units; 0 where it is pledged.
        uint256 collateral;
        /// @dev Shares that the fee added, not collected.
        uint256 feeShares;
        /// @dev Share of the interest, WAD.
        uint256 fee;
        /// @dev Lent part of the supply, WAD, rounded down.
        uint256 utilization;
        /// @dev Rates at this utilisation, WAD per second; suppliers' is what is left without the fee, rounded down.
        uint256 borrowRate;
        uint256 supplyRate;
        /// @dev The adaptive curve's rate at its target, or the external model's last answer, WAD per second.
        uint256 rate;
        /// @dev In seconds, before this view's interest.
        uint256 lastUpdate;
        bool isPledged;
    }

    /// @notice An account in a market.
    struct PositionView {
        uint256 supplyShares;
        /// @dev What they are worth, in loan units, rounded down.
        uint256 supplyAssets;
        uint256 borrowShares;
        /// @dev Debt in loan units, rounded up.
        uint256 debt;
        /// @dev In units.
        uint256 collateral;
    }

    /// @notice What a liquidation would do, in units and debt shares.
    struct Liquidation {
        uint256 repaidAssets;
        uint256 repaidShares;
        uint256 seized;
        uint256 badDebt;
    }

    /// @notice The core this lens reads.
    ILendingCore public immutable LENDING;
    /// @notice Its ledger.
    ILedger public immutable LEDGER;

    constructor(ILendingCore lending) {
        LENDING = lending;
        LEDGER = lending.LEDGER();
    }

    /* VIEWS */

    /// @notice The market; `exists` is false and the figures 0 before its creation.
    function marketOf(MarketParams calldata params) external view returns (MarketView memory result) {
        MarketId id = params.toId(address(LENDING));
        result.id = id;
        result.shareId = id.shareId(address(LENDING));
        Word book = _bookOf(params);
        result.exists = book.flags() != 0;
        if (!result.exists) return result;
        result.lastUpdate = block.timestamp - book.elapsed();
        ILendingCore.MarketState memory state = LENDING.marketOf(id);
        (LendingMath.Market memory market, uint256 feeShares) = _load(params);
        result.supplyAssets = market.supplyAssets();
        result.supplyShares = market.supplyShares;
        (result.borrowAssets, result.borrowShares) = (market.borrowAssets, market.borrowShares);
        (result.idle, result.collateral) = (market.idle, book.amount(1));
        (result.feeShares, result.fee, result.isPledged) = (feeShares, state.fee, state.isPledged);
        result.rate = market.rate;
        uint256 supplied = result.supplyAssets;
        result.utilization = supplied == 0 ? 0 : market.borrowAssets.mulDiv(LendingMath.WAD, supplied);
        result.borrowRate = market.next(params.irm, 0);
        uint256 earned = result.borrowRate.mulDiv(result.utilization, LendingMath.WAD);
        result.supplyRate = earned.mulDiv(LendingMath.WAD - state.fee, LendingMath.WAD);
    }

    /// @notice The account's position.
    function positionOf(
        MarketParams calldata params,
        address account
    ) external view returns (PositionView memory result) {
        MarketId id = params.toId(address(LENDING));
        (LendingMath.Market memory market, ) = _load(params);
        ILendingCore.Position memory position = LENDING.positionOf(id, account);
        result.supplyShares = LEDGER.balanceOf(account, id.shareId(address(LENDING)));
        result.supplyAssets = market.toSupplyAssetsDown(result.supplyShares);
        (result.borrowShares, result.collateral) = (position.borrowShares, position.collateral);
        result.debt = market.toBorrowAssetsUp(position.borrowShares);
    }

    /// @notice What the position may owe over what it owes, WAD, at the price of liquidation, rounded down; below 1e18 it can be
    /// liquidated. 2^256 − 1 without debt.
    function healthFactor(MarketParams calldata params, address account) external view returns (uint256) {
        (LendingMath.Market memory market, ) = _load(params);
        ILendingCore.Position memory position = _positionOf(params, account);
        if (position.borrowShares == 0) return type(uint256).max;
        uint256 price = IPriceOracle(params.oracle).price();
        uint256 maximum = LendingMath.maxDebt(position.collateral, price, params.lltv);
        return maximum.mulDiv(LendingMath.WAD, market.toBorrowAssetsUp(position.borrowShares));
    }

    /* LIMITS */

    /// @notice The most that the account can borrow now: exactly this succeeds, one unit more reverts.
    function maxBorrow(MarketParams calldata params, address account) external view returns (uint256 assets) {
        (LendingMath.Market memory market, ) = _load(params);
        ILendingCore.Position memory position = _positionOf(params, account);
        uint256 price = IPriceOracle(params.oracle).borrowPrice();
        uint256 maximum = LendingMath.maxDebt(position.collateral, price, params.lltv);
        uint256 debt = market.toBorrowAssetsUp(position.borrowShares);
        if (maximum < debt || !_mayBorrow(params.collateralAsset, account)) return 0;
        uint256 most = Math.min(market.idle, LendingMath.MAX_DEBT - market.borrowAssets);
        // New shares round up, which may move what the old ones owe by a unit either way.
        most = Math.min(most, maximum - debt + 1);
        // What is owed afterwards never falls with what is borrowed, so halving finds the most.
        while (assets < most) {
            uint256 middle = most - (most - assets) / 2;
            if (_canBorrow(market, position.borrowShares, middle, maximum)) assets = middle;
            else most = middle - 1;
        }
    }

    /// @notice The most that the account can withdraw of its supply now.
    function maxWithdraw(MarketParams calldata params, address account) external view returns (uint256) {
        (LendingMath.Market memory market, ) = _load(params);
        uint256 shares = LEDGER.balanceOf(account, LENDING.shareIdOf(params));
        return Math.min(market.idle, market.toSupplyAssetsDown(shares));
    }

    /// @notice The most collateral that the account can take out now. Without debt all of it, whatever the oracle says.
    function maxWithdrawCollateral(MarketParams calldata params, address account) external view returns (uint256) {
        (LendingMath.Market memory market, ) = _load(params);
        ILendingCore.Position memory position = _positionOf(params, account);
        if (position.borrowShares == 0) return position.collateral;
        uint256 price = IPriceOracle(params.oracle).borrowPrice();
        if (price == 0 || params.lltv == 0) return 0;
        uint256 debt = market.toBorrowAssetsUp(position.borrowShares);
        uint256 needed = debt.mulDiv(LendingMath.WAD, params.lltv, Math.Rounding.Ceil);
        needed = needed.mulDiv(LendingMath.PRICE_SCALE, price, Math.Rounding.Ceil);
        return uint256(position.collateral).saturatingSub(needed);
    }

    /* PREVIEWS */

    /// @notice Shares that `supply` mints for `assets`.
    function previewSupply(MarketParams calldata params, uint256 assets) external view returns (uint256) {
        (LendingMath.Market memory market, ) = _load(params);
        return market.toSupplySharesDown(assets);
    }

    /// @notice Assets that `supplyShares` takes for `shares`.
    function previewSupplyShares(MarketParams calldata params, uint256 shares) external view returns (uint256) {
        (LendingMath.Market memory market, ) = _load(params);
        return market.toSupplyAssetsUp(shares);
    }

    /// @notice Shares that `withdraw` burns for `assets`.
    function previewWithdraw(MarketParams calldata params, uint256 assets) external view returns (uint256) {
        (LendingMath.Market memory market, ) = _load(params);
        return market.toSupplySharesUp(assets);
    }

    /// @notice Assets that `redeem` pays for `shares`.
    function previewRedeem(MarketParams calldata params, uint256 shares) external view returns (uint256) {
        (LendingMath.Market memory market, ) = _load(params);
        return market.toSupplyAssetsDown(shares);
    }

    /// @notice Debt shares that `borrow` adds for `assets`.
    function previewBorrow(MarketParams calldata params, uint256 assets) external view returns (uint256) {
        (LendingMath.Market memory market, ) = _load(params);
        return market.toBorrowSharesUp(assets);
    }

    /// @notice What `repay` takes of `assets` for the account's debt, and the debt shares that it repays.
    function previewRepay(
        MarketParams calldata params,
        address account,
        uint256 assets
    ) external view returns (uint256 taken, uint256 shares) {
        (LendingMath.Market memory market, ) = _load(params);
        shares = Math.min(market.toBorrowSharesDown(assets), _positionOf(params, account).borrowShares);
        taken = market.repay(shares);
    }

    /// @notice What `liquidate` does with an input of `assets`; all 0 when the position is healthy or nothing could be repaid.
    function previewLiquidate(
        MarketParams calldata params,
        address account,
        uint256 assets
    ) external view returns (Liquidation memory result) {
        (LendingMath.Market memory market, ) = _load(params);
        ILendingCore.Position memory position = _positionOf(params, account);
        uint256 price = IPriceOracle(params.oracle).price();
        require(price != 0, ILendingCore.LendingZeroPrice(params.oracle));
        (result.repaidShares, result.repaidAssets, result.seized, result.badDebt) = market.liquidate(
            position.borrowShares,
            position.collateral,
            assets,
            LendingMath.Terms(price, params.lltv, params.closeOutDebt)
        );
    }

    /* INTERNALS */

    function _canBorrow(
        LendingMath.Market memory market,
        uint256 borrowShares,
        uint256 assets,
        uint256 maximum
    ) private pure returns (bool ok) {
        uint256 shares = market.toBorrowSharesUp(assets);
        if (market.borrowShares + shares > LendingMath.MAX_SHARES) return false;
        market.borrow(assets, shares);
        ok = market.toBorrowAssetsUp(borrowShares + shares) <= maximum;
        market.undoBorrow(assets, shares);
    }

    /// @dev Whether the issuer of pledged collateral lets it back new debt, asked as the core asks.
    function _mayBorrow(uint256 asset, address account) private view returns (bool) {
        if (!asset.hasRules()) return true;
        bytes memory question = abi.encodeCall(IPledgeable.mayBorrow, (account, asset, address(LENDING)));
        return BoundedCall.isTrue(LEDGER.issuerOf(asset), LendingRates.PLEDGE_GAS, question);
    }

    function _positionOf(
        MarketParams calldata params,
        address account
    ) private view returns (ILendingCore.Position memory) {
        return LENDING.positionOf(params.toId(address(LENDING)), account);
    }

    function _bookOf(MarketParams calldata params) private view returns (Word) {
        return LEDGER.bookOf(address(LENDING), params.bookKey(), params.loanAsset, params.collateralAsset);
    }

    /// @dev The market as the next action finds it.
    function _load(
        MarketParams calldata params
    ) private view returns (LendingMath.Market memory market, uint256 feeShares) {
        MarketId id = params.toId(address(LENDING));
        Word book = _bookOf(params);
        require(book.flags() != 0, ILendingCore.LendingUnknownMarket(id));
        ILendingCore.MarketState memory state = LENDING.marketOf(id);
        market.idle = book.amount(0);
        (market.supplyShares, market.rate) = (state.supplyShares, state.rate);
        (market.borrowAssets, market.borrowShares) = (state.borrowAssets, state.borrowShares);
        uint256 elapsed = book.elapsed();
        if (elapsed != 0) market.accrue(params.irm, state.fee, elapsed);
        feeShares = state.feeShares + market.feeShares;
    }
}
