// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILendingCore} from "../interfaces/ILendingCore.sol";
import {IPledgeable} from "../interfaces/IPledgeable.sol";
import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {AdaptiveCurve} from "../libraries/AdaptiveCurve.sol";
import {AssetId} from "../libraries/AssetId.sol";
import {LendingFlags} from "../libraries/LendingFlags.sol";
import {LendingMath} from "../libraries/LendingMath.sol";
import {WordLib} from "../libraries/WordLib.sol";
import {MarketId} from "../types/MarketId.sol";
import {MarketParams} from "../types/MarketParams.sol";
import {Word} from "../types/Word.sol";
import {LendingSections} from "./LendingSections.sol";

/// @title LendingActions
/// @notice What a wallet's call does, and why it is refused; see `ILendingActions`.
abstract contract LendingActions is LendingSections, ILendingCore {
    using AssetId for uint256;
    using LendingFlags for Word;
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

    function _createMarket(
        MarketId id,
        Word inputs,
        Word holdings,
        MarketParams memory market
    ) internal returns (Word) {
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
        bool isPledged = market.collateralAsset.hasRules();
        if (isPledged) _checkApproved(id, market.collateralAsset);
        Storage storage stored = _markets[id];
        RateModel model = _modelOf(market.irm);
        LendingMath.Market memory empty;
        empty.settings = _settings(model, isPledged);
        if (model == RateModel.ADAPTIVE) empty.rate = uint256(AdaptiveCurve.INITIAL_RATE);
        // Of the same turn. The first borrower finds a word that is not 0.
        (stored.supply, stored.debt) = (_pack(0, empty), _pack(0, empty));
        stored.oracle = market.oracle;
        stored.lltv = uint16(market.lltv / LLTV_STEP); // below 10,000
        stored.closeOut = _shorten(market.closeOutDebt);
        (stored.irm, stored.closeOutDebt) = (market.irm, uint96(market.closeOutDebt));
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
        return LendingFlags.updatedNow(false);
    }

    function _supply(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        uint256 minShares
    ) internal returns (Word outputs, Word issue) {
        _checkInputs(inputs, true, false);
        Storage storage stored = _markets[id];
        LendingMath.Market memory market = _openSupply(id, stored, holdings);
        uint256 assets = inputs.amount(0);
        uint256 shares = market.toSupplySharesDown(assets);
        require(shares >= minShares, LendingBelowMinimumShares(shares, minShares));
        if (!_trySupply(market, assets, shares)) _refuseSupply(market, shares);
        emit Supplied(id, actor, assets, shares);
        return (_closeSupply(id, stored, market), WordLib.pack(shares, 0));
    }

    function _supplyShares(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        uint256 shares
    ) internal returns (Word outputs, Word issue) {
        _checkInputs(inputs, true, false);
        Storage storage stored = _markets[id];
        LendingMath.Market memory market = _openSupply(id, stored, holdings);
        require(shares <= LendingMath.MAX_SHARES, LendingAmountTooLarge(shares, LendingMath.MAX_SHARES));
        uint256 assets = market.toSupplyAssetsUp(shares);
        uint256 input = inputs.amount(0);
        require(assets <= input, LendingInsufficientInput(input, assets));
        if (!_trySupply(market, assets, shares)) _refuseSupply(market, shares);
        emit Supplied(id, actor, assets, shares);
        return (_pay(_closeSupply(id, stored, market), input - assets, 0), WordLib.pack(shares, 0));
    }

    function _withdraw(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        uint256 assets,
        uint256 maxShares
    ) internal returns (Word outputs, Word issue) {
        _checkInputs(inputs, false, false);
        Storage storage stored = _markets[id];
        LendingMath.Market memory market = _openSupply(id, stored, holdings);
        require(assets <= market.idle, LendingInsufficientLiquidity(assets, market.idle));
        uint256 shares = market.toSupplySharesUp(assets);
        require(shares <= maxShares, LendingAboveMaximumShares(shares, maxShares));
        return _payOut(id, stored, market, actor, assets, shares);
    }

    function _redeem(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        uint256 shares,
        uint256 minAssets
    ) internal returns (Word, Word) {
        _checkInputs(inputs, false, false);
        Storage storage stored = _markets[id];
        LendingMath.Market memory market = _openSupply(id, stored, holdings);
        if (shares == type(uint256).max) shares = _LEDGER.balanceOf(actor, id.shareId(address(this)));
        require(shares <= market.supplyShares, LendingInsufficientShares(shares, market.supplyShares));
        uint256 assets = market.toSupplyAssetsDown(shares);
        require(assets >= minAssets, LendingBelowMinimumOut(assets, minAssets));
        return _payOut(id, stored, market, actor, assets, shares);
    }

    function _payOut(
        MarketId id,
        Storage storage stored,
        LendingMath.Market memory market,
        address actor,
        uint256 assets,
        uint256 shares
    ) private returns (Word outputs, Word issue) {
        if (!_tryWithdraw(market, assets, shares)) {
            require(assets != 0, LendingZeroAmount());
            require(assets <= market.idle, LendingInsufficientLiquidity(assets, market.idle));
            revert LendingInsufficientShares(shares, market.supplyShares);
        }
        emit Withdrawn(id, actor, assets, shares);
        return (_pay(_closeSupply(id, stored, market), assets, 0), WordLib.pack(0, shares)); // no more shares than there are
    }

    function _addCollateral(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        address account
    ) internal returns (Word) {
        _checkInputs(inputs, false, true);
        _checkExists(id, holdings);
        Storage storage stored = _markets[id];
        if (_takesPledges(stored)) revert LendingWrongCollateral(stored.collateralAsset);
        if (account == address(0)) account = actor;
        _depositCollateral(id, stored.positions[account], actor, account, inputs.amount(1));
        return _payAsOf(holdings, 0);
    }

    function _pledgeCollateral(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        uint256 amount
    ) internal returns (Word) {
        _checkInputs(inputs, false, false);
        _checkExists(id, holdings);
        Storage storage stored = _markets[id];
        uint256 asset = stored.collateralAsset;
        require(_takesPledges(stored), LendingWrongCollateral(asset));
        _depositCollateral(id, stored.positions[actor], actor, actor, amount);
        _pledgeOf(asset).pledge(actor, asset, amount);
        return _payAsOf(holdings, 0);
    }

    function _depositCollateral(
        MarketId id,
        Cell storage cell,
        address actor,
        address account,
        uint256 amount
    ) private {
        if (_tryAddCollateral(cell, amount)) {
            emit CollateralAdded(id, actor, account, amount);
            return;
        }
        require(amount != 0, LendingZeroAmount());
        revert LendingAmountTooLarge(amount, type(uint112).max - cell.word.amount(COLLATERAL));
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
        Storage storage stored = _markets[id];
        if (!_holdsPledge(stored, actor, account)) account = _accountFor(actor, account);
        _checkExists(id, holdings);
        amount = _takeCollateral(stored, holdings, amount, account);
        emit CollateralRemoved(id, actor, account, amount);
        if (!_takesPledges(stored)) return _payAsOf(holdings, amount);
        uint256 asset = stored.collateralAsset;
        _pledgeOf(asset).release(account, asset, amount);
        return _payAsOf(holdings, 0);
    }

    /// @dev Takes `amount` off the account's position, all of it for 2^256 − 1, and answers what that was.
    function _takeCollateral(
        Storage storage stored,
        Word holdings,
        uint256 amount,
        address account
    ) private returns (uint256) {
        Cell storage cell = stored.positions[account];
        (uint256 owed, uint256 collateral) = (cell.word.amount(OWED), cell.word.amount(COLLATERAL));
        if (amount == type(uint256).max) amount = collateral;
        require(amount <= collateral, LendingInsufficientCollateral(amount, collateral));
        LendingMath.Market memory market;
        uint256 maximum;
        if (owed != 0) {
            market = _peekDebt(stored, holdings);
            maximum = LendingMath.maxDebt(collateral - amount, _borrowPrice(stored), _lltvOf(stored));
        }
        if (!_tryRemoveCollateral(cell, market, amount, maximum)) {
            require(amount != 0, LendingZeroAmount());
            revert LendingUnhealthy(market.toBorrowAssetsUp(owed), maximum);
        }
        return amount;
    }

    function _borrow(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        uint256 assets,
        address account
    ) internal returns (Word) {
        _checkInputs(inputs, false, false);
        account = _accountFor(actor, account);
        Storage storage stored = _markets[id];
        LendingMath.Market memory market = _openDebt(id, stored, holdings);
        uint256 shares = _addDebt(stored, market, assets, account);
        emit Borrowed(id, actor, account, assets, shares);
        return _pay(_closeDebt(id, stored, market), assets, 0);
    }

    function _addDebt(
        Storage storage stored,
        LendingMath.Market memory market,
        uint256 assets,
        address account
    ) private returns (uint256 shares) {
        bool mayBorrow = _mayBorrow(stored, market, account);
        require(mayBorrow, LendingPledgeRefused(account, stored.collateralAsset));
        Cell storage cell = stored.positions[account];
        (uint256 price, uint256 lltv) = (_borrowPrice(stored), _lltvOf(stored));
        shares = _tryBorrow(cell, market, assets, price, lltv);
        if (shares == 0) _refuseBorrow(market, cell.word, assets, price, lltv);
    }

    function _repayAssets(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        address account
    ) internal returns (Word) {
        _checkInputs(inputs, true, false);
        Storage storage stored = _markets[id];
        LendingMath.Market memory market = _openDebt(id, stored, holdings);
        uint256 shares = market.toBorrowSharesDown(inputs.amount(0));
        return _payBack(id, stored, market, actor, account, inputs, shares);
    }

    function _repayShares(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        uint256 shares,
        address account
    ) internal returns (Word) {
        require(inputs.amount(1) == 0, LendingWrongInputs(inputs.amount(0), inputs.amount(1)));
        Storage storage stored = _markets[id];
        LendingMath.Market memory market = _openDebt(id, stored, holdings);
        return _payBack(id, stored, market, actor, account, inputs, shares);
    }

    function _payBack(
        MarketId id,
        Storage storage stored,
        LendingMath.Market memory market,
        address actor,
        address account,
        Word inputs,
        uint256 maxShares
    ) private returns (Word) {
        if (account == address(0)) account = actor;
        (uint256 shares, uint256 assets) = _repay(stored.positions[account], market, maxShares);
        require(shares != 0, LendingZeroAmount());
        emit Repaid(id, actor, account, assets, shares);
        uint256 input = inputs.amount(0);
        require(assets <= input, LendingInsufficientInput(input, assets));
        return _pay(_closeDebt(id, stored, market), input - assets, 0);
    }

    function _liquidate(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs,
        address account,
        uint256 minSeized
    ) internal returns (Word) {
        _checkInputs(inputs, true, false);
        Storage storage stored = _markets[id];
        LendingMath.Market memory market = _openDebt(id, stored, holdings);
        uint256 input = inputs.amount(0);
        (uint256 taken, uint256 seized) = _settleLiquidation(id, stored, market, actor, account, input);
        require(seized >= minSeized, LendingBelowMinimumOut(seized, minSeized));
        Word flags = _closeDebt(id, stored, market);
        if (!_isPledged(market.settings)) return _pay(flags, input - taken, seized);
        // The ledger is locked: whoever likes has the units moved afterwards.
        seizableOf[id][account][actor] += seized;
        return _pay(flags, input - taken, 0);
    }

    function _settleLiquidation(
        MarketId id,
        Storage storage stored,
        LendingMath.Market memory market,
        address actor,
        address account,
        uint256 input
    ) private returns (uint256 taken, uint256 seized) {
        LendingMath.Terms memory terms = LendingMath.Terms(_price(stored), _lltvOf(stored), _closeOutOf(stored));
        uint256 shares;
        uint256 badDebt;
        uint256 gone;
        (shares, taken, seized, badDebt, gone) = _takeDebt(stored.positions[account], market, input, terms);
        emit Liquidated(id, actor, account, taken, shares, seized, badDebt, gone - shares);
    }

    /// @dev Liquidates a position, and answers what `LendingMath.liquidate` does and the debt shares that are gone, repaid or written off.
    function _takeDebt(
        Cell storage cell,
        LendingMath.Market memory market,
        uint256 input,
        LendingMath.Terms memory terms
    ) private returns (uint256 shares, uint256 taken, uint256 seized, uint256 badDebt, uint256 gone) {
        Word position = cell.word;
        (uint256 owed, uint256 collateral) = (position.amount(OWED), position.amount(COLLATERAL));
        gone = market.borrowShares;
        (shares, taken, seized, badDebt) = market.liquidate(owed, collateral, input, terms);
        if (shares == 0) _refuseLiquidation(market, position, terms);
        gone -= market.borrowShares;
        cell.word = WordLib.pack(owed - gone, collateral - seized);
    }

    /// @dev The newer word stays the newer one, so that one is written; but for the core itself it is that on the supply.
    function _accrueInterest(MarketId id, address actor, Word holdings, Word inputs) internal returns (Word) {
        _checkInputs(inputs, false, false);
        Storage storage stored = _markets[id];
        return
            holdings.isDebtNewer() && actor != address(this)
                ? _closeDebt(id, stored, _openDebt(id, stored, holdings))
                : _closeSupply(id, stored, _openSupply(id, stored, holdings));
    }

    function _collectFee(
        MarketId id,
        address actor,
        Word holdings,
        Word inputs
    ) internal returns (Word outputs, Word issue) {
        _checkInputs(inputs, false, false);
        require(actor == feeRecipient, LendingNotFeeRecipient(actor, feeRecipient));
        Storage storage stored = _markets[id];
        outputs = _closeSupply(id, stored, _openSupply(id, stored, holdings));
        LendingMath.Market memory market = _read(stored);
        if (market.feeShares != 0) stored.debt = _packFee(market.borrowShares, 0);
        emit FeeCollected(id, actor, market.feeShares);
        issue = WordLib.pack(market.feeShares, 0);
    }

    /* INTERNALS */

    function _refuseSupply(LendingMath.Market memory market, uint256 shares) private pure {
        require(shares != 0, LendingZeroAmount());
        revert LendingAmountTooLarge(shares, LendingMath.MAX_SHARES - market.supplyShares);
    }

    function _refuseBorrow(
        LendingMath.Market memory market,
        Word position,
        uint256 assets,
        uint256 price,
        uint256 lltv
    ) private pure {
        require(assets != 0, LendingZeroAmount());
        require(assets <= market.idle, LendingInsufficientLiquidity(assets, market.idle));
        uint256 room = LendingMath.MAX_DEBT - market.borrowAssets;
        require(assets <= room, LendingAmountTooLarge(assets, room));
        uint256 shares = market.toBorrowSharesUp(assets);
        room = LendingMath.MAX_SHARES - market.borrowShares;
        require(shares <= room, LendingAmountTooLarge(shares, room));
        market.borrow(assets, shares);
        uint256 maximum = LendingMath.maxDebt(position.amount(COLLATERAL), price, lltv);
        revert LendingUnhealthy(market.toBorrowAssetsUp(position.amount(OWED) + shares), maximum);
    }

    function _refuseLiquidation(
        LendingMath.Market memory market,
        Word position,
        LendingMath.Terms memory terms
    ) private pure {
        uint256 debt = market.toBorrowAssetsUp(position.amount(OWED));
        uint256 maximum = LendingMath.maxDebt(position.amount(COLLATERAL), terms.price, terms.lltv);
        require(debt > maximum, LendingHealthy(debt, maximum));
        revert LendingZeroAmount();
    }

    function _price(Storage storage stored) private view returns (uint256 price) {
        address oracle = stored.oracle;
        price = IPriceOracle(oracle).price();
        require(price != 0, LendingZeroPrice(oracle));
    }

    function _borrowPrice(Storage storage stored) private view returns (uint256) {
        return IPriceOracle(stored.oracle).borrowPrice();
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

    /// @dev Whether the pledged units of another's position were moved to the actor with their pledge: then he may have them released, for
    /// they are his.
    function _holdsPledge(Storage storage stored, address actor, address account) private view returns (bool) {
        if (account == address(0) || account == actor || !_takesPledges(stored)) return false;
        return _askPledge(stored, account, IPledgeable.pledgeHolderOf.selector) == uint160(actor);
    }

    /// @dev Refuses a market on pledges that the collateral's issuer has not approved.
    function _checkApproved(MarketId id, uint256 asset) private view {
        bytes memory data = abi.encodeCall(IPledgeable.isMarketApproved, (asset, MarketId.unwrap(id)));
        require(_askIssuer(asset, data) == 1, LendingMarketNotApproved(asset, id));
    }

    function _checkInputs(Word inputs, bool isLoan, bool isCollateral) internal pure {
        (uint256 amount0, uint256 amount1) = (inputs.amount(0), inputs.amount(1));
        if ((amount0 != 0) != isLoan || (amount1 != 0) != isCollateral) revert LendingWrongInputs(amount0, amount1);
    }

    /// @dev Outputs under `flags`, a word without amounts.
    function _pay(Word flags, uint256 out0, uint256 out1) private pure returns (Word) {
        return Word.wrap(Word.unwrap(flags) | Word.unwrap(WordLib.pack(out0, out1)));
    }

    /// @dev Outputs of an action that stores no interest, so that the time of the last update stays.
    function _payAsOf(Word holdings, uint256 out1) private pure returns (Word) {
        return WordLib.pack(0, out1).withFlags(uint32(holdings.flags())); // flags are 32 bits
    }
}
