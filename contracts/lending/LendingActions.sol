// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILendingCore} from "../interfaces/ILendingCore.sol";
import {IPledgeable} from "../interfaces/IPledgeable.sol";
import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {AdaptiveCurve} from "../libraries/AdaptiveCurve.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {LendingMath} from "../libraries/LendingMath.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {MarketId} from "../types/MarketId.sol";
import {MarketParams} from "../types/MarketParams.sol";
import {Word} from "../types/Word.sol";
import {LendingSections} from "./LendingSections.sol";

/// @title LendingActions
/// @notice What a wallet's call does, and why it is refused; see `ILendingActions`.
/// @dev `none` is what leaves the book when nothing does: its flags, the time of this update.
abstract contract LendingActions is LendingSections, ILendingCore {
    using AssetId for uint256;
    using LendingMath for LendingMath.Market;

    /// @inheritdoc ILendingCore
    mapping(uint256 lltv => bool) public isLltvEnabled;
    /// @inheritdoc ILendingCore
    mapping(address irm => bool) public isRateModelEnabled;
    /// @inheritdoc ILendingCore
    mapping(MarketId id => mapping(address account => mapping(address liquidator => uint256))) public seizableOf;
    /// @inheritdoc ILendingCore
    address public feeRecipient;

    /* MARKETS */

    function _createMarket(MarketId id, Word inputs, Word holdings, MarketParams memory market) internal {
        _checkInputs(inputs, false, false);
        MarketId expected = market.toId(address(this));
        // The book names the assets, so parameters that hash to it are the market's.
        require(MarketId.unwrap(expected) == MarketId.unwrap(id), LendingWrongMarket(expected, id));
        require(holdings.flags() == 0, LendingMarketExists(id));
        require(market.loanAsset != market.collateralAsset, LendingSameAsset(market.loanAsset));
        require(!market.loanAsset.hasRules(), LendingRestrictedAsset(market.loanAsset));
        require(isLltvEnabled[market.lltv], LendingLltvNotEnabled(market.lltv));
        require(isRateModelEnabled[market.irm], LendingRateModelNotEnabled(market.irm));
        require(market.oracle.code.length != 0, LendingNoCode(market.oracle));
        require(
            market.closeOutDebt <= LendingMath.MAX_DEBT,
            LendingAmountTooLarge(market.closeOutDebt, LendingMath.MAX_DEBT)
        );
        Storage storage stored = _markets[id];
        RateModel model = _modelOf(market.irm);
        LendingMath.Market memory empty;
        empty.settings = _settings(model, 0);
        if (model == RateModel.ADAPTIVE) empty.rate = uint256(AdaptiveCurve.INITIAL_RATE);
        stored.totals = _pack(empty);
        stored.debt.lltv = uint16(market.lltv / LLTV_STEP); // below 10,000
        stored.debt.isPledged = market.collateralAsset.hasRules();
        (stored.oracle, stored.closeOutDebt, stored.irm) = (market.oracle, uint96(market.closeOutDebt), market.irm);
        (stored.loanAsset, stored.collateralAsset) = (market.loanAsset, market.collateralAsset);
        emit MarketCreated(
            id,
            market.loanAsset,
            market.collateralAsset,
            market.oracle,
            market.irm,
            market.lltv,
            market.closeOutDebt
        );
    }

    function _supply(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        uint256 minShares
    ) internal returns (Word issue) {
        _checkInputs(inputs, true, false);
        LendingMath.Market memory market = _open(id, holdings);
        uint256 assets = inputs.amount(0);
        uint256 shares = market.toSupplySharesDown(assets);
        require(shares >= minShares, LendingBelowMinimumShares(shares, minShares));
        if (!_trySupply(market, assets, shares)) _refuseSupply(market, shares);
        emit Supplied(id, actor, assets, shares);
        _close(id, market);
        issue = WordLib.pack(shares, 0);
    }

    function _supplyShares(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        Word none,
        uint256 shares
    ) internal returns (Word outputs, Word issue) {
        _checkInputs(inputs, true, false);
        LendingMath.Market memory market = _open(id, holdings);
        require(shares <= LendingMath.MAX_SHARES, LendingAmountTooLarge(shares, LendingMath.MAX_SHARES));
        uint256 assets = market.toSupplyAssetsUp(shares);
        uint256 input = inputs.amount(0);
        require(assets <= input, LendingInsufficientInput(input, assets));
        if (!_trySupply(market, assets, shares)) _refuseSupply(market, shares);
        emit Supplied(id, actor, assets, shares);
        _close(id, market);
        issue = WordLib.pack(shares, 0);
        outputs = _pay(none, input - assets, 0);
    }

    function _withdraw(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        Word none,
        uint256 assets,
        uint256 maxShares
    ) internal returns (Word outputs, Word issue) {
        _checkInputs(inputs, false, false);
        LendingMath.Market memory market = _open(id, holdings);
        require(assets <= market.idle, LendingInsufficientLiquidity(assets, market.idle));
        uint256 shares = market.toSupplySharesUp(assets);
        require(shares <= maxShares, LendingAboveMaximumShares(shares, maxShares));
        return _payOut(id, market, actor, none, assets, shares);
    }

    function _redeem(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        Word none,
        uint256 shares,
        uint256 minAssets
    ) internal returns (Word, Word) {
        _checkInputs(inputs, false, false);
        LendingMath.Market memory market = _open(id, holdings);
        if (shares == type(uint256).max) shares = _LEDGER.balanceOf(actor, id.shareId(address(this)));
        require(shares <= market.supplyShares, LendingInsufficientShares(shares, market.supplyShares));
        uint256 assets = market.toSupplyAssetsDown(shares);
        require(assets >= minAssets, LendingBelowMinimumOut(assets, minAssets));
        return _payOut(id, market, actor, none, assets, shares);
    }

    function _payOut(
        MarketId id,
        LendingMath.Market memory market,
        address actor,
        Word none,
        uint256 assets,
        uint256 shares
    ) private returns (Word outputs, Word issue) {
        if (!_tryWithdraw(market, assets, shares)) {
            require(assets != 0, LendingZeroAmount());
            require(assets <= market.idle, LendingInsufficientLiquidity(assets, market.idle));
            revert LendingInsufficientShares(shares, market.supplyShares);
        }
        emit Withdrawn(id, actor, assets, shares);
        _close(id, market);
        return (_pay(none, assets, 0), WordLib.pack(0, shares)); // no more shares than there are
    }

    function _addCollateral(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        address account
    ) internal returns (Word) {
        _checkInputs(inputs, false, true);
        require(holdings.flags() != 0, LendingUnknownMarket(id));
        if (_markets[id].debt.isPledged) revert LendingWrongCollateral(_markets[id].collateralAsset);
        _depositCollateral(id, actor, account == address(0) ? actor : account, inputs.amount(1));
        return _pay(holdings, 0, 0); // no interest, so the time of the last update stays
    }

    function _pledgeCollateral(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        uint256 amount
    ) internal returns (Word) {
        _checkInputs(inputs, false, false);
        require(holdings.flags() != 0, LendingUnknownMarket(id));
        uint256 asset = _markets[id].collateralAsset;
        require(_markets[id].debt.isPledged, LendingWrongCollateral(asset));
        _depositCollateral(id, actor, actor, amount);
        _pledgeOf(asset).pledge(actor, asset, amount);
        return _pay(holdings, 0, 0);
    }

    function _depositCollateral(MarketId id, address actor, address account, uint256 amount) private {
        if (_tryAddCollateral(id, account, amount)) {
            emit CollateralAdded(id, actor, account, amount);
            return;
        }
        require(amount != 0, LendingZeroAmount());
        revert LendingAmountTooLarge(amount, type(uint112).max - _positions[id][account].collateral);
    }

    function _removeCollateral(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        uint256 amount,
        address account
    ) internal returns (Word) {
        _checkInputs(inputs, false, false);
        account = _accountFor(actor, account);
        require(holdings.flags() != 0, LendingUnknownMarket(id));
        Position memory position = _positions[id][account];
        if (amount == type(uint256).max) amount = position.collateral;
        require(amount <= position.collateral, LendingInsufficientCollateral(amount, position.collateral));
        LendingMath.Market memory market;
        uint256 maximum;
        if (position.borrowShares != 0) {
            (market, ) = _peek(id, holdings);
            _loadDebt(id, market);
            maximum = LendingMath.maxDebt(position.collateral - amount, _borrowPrice(id), _lltvOf(id));
        }
        if (!_tryRemoveCollateral(id, market, account, amount, maximum)) {
            require(amount != 0, LendingZeroAmount());
            revert LendingUnhealthy(market.toBorrowAssetsUp(position.borrowShares), maximum);
        }
        emit CollateralRemoved(id, actor, account, amount);
        // No interest is stored, so the time of the last update stays.
        if (!_markets[id].debt.isPledged) return _pay(holdings, 0, amount);
        uint256 asset = _markets[id].collateralAsset;
        _pledgeOf(asset).release(account, asset, amount);
        return _pay(holdings, 0, 0);
    }

    function _borrow(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        Word none,
        uint256 assets,
        address account
    ) internal returns (Word) {
        _checkInputs(inputs, false, false);
        account = _accountFor(actor, account);
        LendingMath.Market memory market = _open(id, holdings);
        _loadDebt(id, market);
        uint256 maximum = LendingMath.maxDebt(_positions[id][account].collateral, _borrowPrice(id), _lltvOf(id));
        uint256 shares = _tryBorrow(id, market, account, assets, maximum);
        if (shares == 0) _refuseBorrow(market, assets, _positions[id][account].borrowShares, maximum);
        emit Borrowed(id, actor, account, assets, shares);
        _closeDebt(id, market);
        return _pay(none, assets, 0);
    }

    function _repayAssets(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        Word none,
        address account
    ) internal returns (Word) {
        _checkInputs(inputs, true, false);
        LendingMath.Market memory market = _open(id, holdings);
        _loadDebt(id, market);
        uint256 shares = market.toBorrowSharesDown(inputs.amount(0));
        return _payBack(id, market, actor, account, inputs, none, shares);
    }

    function _repayShares(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        Word none,
        uint256 shares,
        address account
    ) internal returns (Word) {
        require(inputs.amount(1) == 0, LendingWrongInputs(inputs.amount(0), inputs.amount(1)));
        LendingMath.Market memory market = _open(id, holdings);
        _loadDebt(id, market);
        return _payBack(id, market, actor, account, inputs, none, shares);
    }

    function _payBack(
        MarketId id,
        LendingMath.Market memory market,
        address actor,
        address account,
        Word inputs,
        Word none,
        uint256 maxShares
    ) private returns (Word) {
        if (account == address(0)) account = actor;
        (uint256 shares, uint256 assets) = _repay(id, market, account, maxShares);
        require(shares != 0, LendingZeroAmount());
        emit Repaid(id, actor, account, assets, shares);
        uint256 input = inputs.amount(0);
        require(assets <= input, LendingInsufficientInput(input, assets));
        _closeDebt(id, market);
        return _pay(none, input - assets, 0);
    }

    function _liquidate(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        Word none,
        address account,
        uint256 minSeized
    ) internal returns (Word) {
        _checkInputs(inputs, true, false);
        LendingMath.Market memory market = _open(id, holdings);
        _loadDebt(id, market);
        uint256 input = inputs.amount(0);
        (uint256 taken, uint256 seized) = _settleLiquidation(id, market, actor, account, input);
        require(seized >= minSeized, LendingBelowMinimumOut(seized, minSeized));
        _closeDebt(id, market);
        if (!_markets[id].debt.isPledged) return _pay(none, input - taken, seized);
        // The ledger is locked: whoever likes has the units moved afterwards.
        seizableOf[id][account][actor] += seized;
        return _pay(none, input - taken, 0);
    }

    function _settleLiquidation(
        MarketId id,
        LendingMath.Market memory market,
        address actor,
        address account,
        uint256 input
    ) private returns (uint256 taken, uint256 seized) {
        Position memory position = _positions[id][account];
        LendingMath.Terms memory terms = LendingMath.Terms(_price(id), _lltvOf(id), _markets[id].closeOutDebt);
        uint256 owed = market.borrowShares;
        uint256 shares;
        uint256 badDebt;
        (shares, taken, seized, badDebt) = market.liquidate(position.borrowShares, position.collateral, input, terms);
        if (shares == 0) _refuseLiquidation(market, position, terms);
        owed -= market.borrowShares; // what is repaid and what is written off
        // neither is more than there was
        position.borrowShares -= uint112(owed);
        position.collateral -= uint112(seized);
        _positions[id][account] = position;
        emit Liquidated(id, actor, account, taken, shares, seized, badDebt, owed - shares);
    }

    function _collectFee(MarketId id, address actor, Word holdings, Word inputs) internal returns (Word issue) {
        _checkInputs(inputs, false, false);
        require(actor == feeRecipient, LendingNotFeeRecipient(actor, feeRecipient));
        _close(id, _open(id, holdings));
        uint256 shares = _markets[id].debt.feeShares;
        _markets[id].debt.feeShares = 0;
        emit FeeCollected(id, actor, shares);
        issue = WordLib.pack(shares, 0);
    }

    /* INTERNALS */

    function _refuseSupply(LendingMath.Market memory market, uint256 shares) private pure {
        require(shares != 0, LendingZeroAmount());
        revert LendingAmountTooLarge(shares, LendingMath.MAX_SHARES - market.supplyShares);
    }

    function _refuseBorrow(
        LendingMath.Market memory market,
        uint256 assets,
        uint256 owed,
        uint256 maximum
    ) private pure {
        require(assets != 0, LendingZeroAmount());
        require(assets <= market.idle, LendingInsufficientLiquidity(assets, market.idle));
        uint256 room = LendingMath.MAX_DEBT - market.borrowAssets;
        require(assets <= room, LendingAmountTooLarge(assets, room));
        uint256 shares = market.toBorrowSharesUp(assets);
        room = LendingMath.MAX_SHARES - market.borrowShares;
        require(shares <= room, LendingAmountTooLarge(shares, room));
        market.borrow(assets, shares);
        revert LendingUnhealthy(market.toBorrowAssetsUp(owed + shares), maximum);
    }

    function _refuseLiquidation(
        LendingMath.Market memory market,
        Position memory position,
        LendingMath.Terms memory terms
    ) private pure {
        uint256 debt = market.toBorrowAssetsUp(position.borrowShares);
        uint256 maximum = LendingMath.maxDebt(position.collateral, terms.price, terms.lltv);
        require(debt > maximum, LendingHealthy(debt, maximum));
        revert LendingZeroAmount();
    }

    function _price(MarketId id) private view returns (uint256 price) {
        address oracle = _markets[id].oracle;
        price = IPriceOracle(oracle).price();
        require(price != 0, LendingZeroPrice(oracle));
    }

    function _borrowPrice(MarketId id) private view returns (uint256) {
        return IPriceOracle(_markets[id].oracle).borrowPrice();
    }

    function _pledgeOf(uint256 asset) internal view returns (IPledgeable) {
        return IPledgeable(_LEDGER.issuerOf(asset));
    }

    /// @dev Whose position the actor means, and may make worse.
    function _accountFor(address actor, address account) private view returns (address) {
        if (account == address(0) || account == actor) return actor;
        require(_LEDGER.isOperator(account, actor), LendingNotOperator(actor, account));
        return account;
    }

    function _checkInputs(Word inputs, bool isLoan, bool isCollateral) internal pure {
        (uint256 amount0, uint256 amount1) = (inputs.amount(0), inputs.amount(1));
        require((amount0 != 0) == isLoan && (amount1 != 0) == isCollateral, LendingWrongInputs(amount0, amount1));
    }

    /// @dev Outputs under the flags of `none`.
    function _pay(Word none, uint256 out0, uint256 out1) private pure returns (Word) {
        return WordLib.pack(out0, out1).withFlags(uint32(none.flags())); // flags are 32 bits
    }
}
