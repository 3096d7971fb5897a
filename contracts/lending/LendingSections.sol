// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILendingCore} from "../interfaces/ILendingCore.sol";
import {IPledgeable} from "../interfaces/IPledgeable.sol";
import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {LendingMath} from "../libraries/LendingMath.sol";
import {LendingRates} from "../libraries/LendingRates.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {MarketId} from "../types/MarketId.sol";
import {Word} from "../types/Word.sol";
import {LendingPositions} from "./LendingPositions.sol";

/// @title LendingSections
/// @notice A section of a batch: operations on one market, one after the other as wallets make them, each on its signer's own
/// position. Interest accrues once and the oracle is asked once.
/// @dev Kinds, by what they debit: SUPPLY loan assets, for at least its limit of shares; REPAY loan assets, the rest comes back;
/// ADD_COLLATERAL collateral; WITHDRAW supply shares, for at least its limit of loan assets; BORROW and REMOVE_COLLATERAL nothing,
/// and their amount is the limit. Others fail. The section has no parameters.
abstract contract LendingSections is LendingPositions {
    using LendingMath for LendingMath.Market;
    using OperationLib for uint256;

    /// @dev What the oracle says, asked when the first operation needs it.
    struct Quote {
        uint256 price;
        uint256 lltv;
        bool isAsked;
        bool isKnown;
    }

    /// @dev Gas of the oracle.
    uint256 internal constant ORACLE_GAS = 250_000;

    uint256 internal constant SUPPLY = 0;
    uint256 internal constant ADD_COLLATERAL = 1;
    uint256 internal constant WITHDRAW = 2;
    uint256 internal constant BORROW = 3;
    uint256 internal constant REPAY = 8;
    uint256 internal constant REMOVE_COLLATERAL = 11;

    function _settleAll(
        MarketId id,
        Word holdings,
        bool hasShares,
        uint256[] calldata operations,
        uint256[] memory payouts
    ) internal returns (Word flags) {
        Storage storage stored = _markets[id];
        LendingMath.Market memory market = _openAll(id, stored, holdings);
        Quote memory quote;
        for (uint256 i; i < payouts.length; ++i) {
            (uint256 head, uint256 body) = (operations[2 * i], operations[2 * i + 1]);
            uint256 kind = head.kind();
            uint256 payout = OperationLib.FAILED;
            if (kind == SUPPLY && hasShares) payout = _settleSupply(market, body);
            else if (kind == WITHDRAW) payout = _settleWithdraw(market, body);
            else if (kind == REPAY) payout = _settleRepay(stored, market, head.account(), body);
            else if (kind == BORROW) payout = _settleBorrow(id, stored, market, quote, head.account(), body.limit());
            else if (kind == ADD_COLLATERAL && !_isPledged(market.settings))
                payout = _settleAdd(stored, head.account(), body);
            else if (kind == REMOVE_COLLATERAL && !_isPledged(market.settings))
                payout = _settleRemove(stored, market, quote, head.account(), body.limit());
            payouts[i] = payout;
        }
        flags = _closeAll(id, stored, market);
        emit ILendingCore.MarketSettled(
            id,
            market.supplyAssets(),
            market.supplyShares,
            market.borrowAssets,
            market.borrowShares
        );
    }

    function _settleSupply(LendingMath.Market memory market, uint256 body) private pure returns (uint256) {
        uint256 assets = body.amount();
        uint256 shares = market.toSupplySharesDown(assets);
        bool ok = shares >= body.limit() && _trySupply(market, assets, shares);
        return ok ? OperationLib.SHARES | shares : OperationLib.FAILED;
    }

    function _settleWithdraw(LendingMath.Market memory market, uint256 body) private pure returns (uint256) {
        uint256 shares = body.amount();
        uint256 assets = market.toSupplyAssetsDown(shares);
        bool ok = assets >= body.limit() && _tryWithdraw(market, assets, shares);
        return ok ? assets : OperationLib.FAILED;
    }

    function _settleRepay(
        Storage storage stored,
        LendingMath.Market memory market,
        address account,
        uint256 body
    ) private returns (uint256) {
        uint256 assets = body.amount();
        (uint256 shares, uint256 taken) = _repay(stored.positions[account], market, market.toBorrowSharesDown(assets));
        return shares == 0 ? OperationLib.FAILED : assets - taken; // what shares rounded down cost is no more
    }

    function _settleBorrow(
        MarketId id,
        Storage storage stored,
        LendingMath.Market memory market,
        Quote memory quote,
        address account,
        uint256 assets
    ) private returns (uint256) {
        if (!_ensureQuote(stored, quote) || !_mayBorrow(stored, market, account)) return OperationLib.FAILED;
        Cell storage cell = stored.positions[account];
        bool isNew = cell.word.amount(OWED) == 0;
        if (_tryBorrow(cell, market, assets, quote.price, quote.lltv) == 0) return OperationLib.FAILED;
        if (isNew) emit ILendingCore.DebtOpened(id, account);
        return assets;
    }

    function _settleAdd(Storage storage stored, address account, uint256 body) private returns (uint256) {
        return _tryAddCollateral(stored.positions[account], body.amount()) ? 0 : OperationLib.FAILED;
    }

    function _settleRemove(
        Storage storage stored,
        LendingMath.Market memory market,
        Quote memory quote,
        address account,
        uint256 amount
    ) private returns (uint256) {
        Cell storage cell = stored.positions[account];
        Word position = cell.word;
        uint256 maximum;
        if (position.amount(OWED) != 0) {
            uint256 collateral = position.amount(COLLATERAL);
            if (amount > collateral || !_ensureQuote(stored, quote)) return OperationLib.FAILED;
            maximum = LendingMath.maxDebt(collateral - amount, quote.price, quote.lltv);
        }
        bool ok = _tryRemoveCollateral(cell, market, amount, maximum);
        return ok ? amount << 112 : OperationLib.FAILED;
    }

    /// @dev Whether the issuer of pledged collateral lets it back new debt. Repaying asks nobody.
    function _mayBorrow(
        Storage storage stored,
        LendingMath.Market memory market,
        address account
    ) internal view returns (bool) {
        return !_isPledged(market.settings) || _askPledge(stored, account, IPledgeable.mayBorrow.selector) == 1;
    }

    /// @dev A word that the issuer of pledged collateral answers about the account's pledge; 0 where he fails.
    function _askPledge(Storage storage stored, address account, bytes4 question) internal view returns (uint256) {
        uint256 asset = stored.collateralAsset;
        return _askIssuer(asset, abi.encodeWithSelector(question, account, asset, address(this)));
    }

    /// @dev A word that the issuer of an asset answers; 0 where he fails.
    function _askIssuer(uint256 asset, bytes memory data) internal view returns (uint256 answer) {
        (, answer) = LendingRates.ask(_LEDGER.issuerOf(asset), LendingRates.PLEDGE_GAS, data);
    }

    /// @dev Whether there is a price. A failing oracle fails the operations that need it, not the section.
    function _ensureQuote(Storage storage stored, Quote memory quote) private view returns (bool) {
        if (!quote.isAsked) {
            quote.isAsked = true;
            quote.lltv = _lltvOf(stored);
            bytes memory question = abi.encodeCall(IPriceOracle.borrowPrice, ());
            (quote.isKnown, quote.price) = LendingRates.ask(stored.oracle, ORACLE_GAS, question);
        }
        return quote.isKnown;
    }
}
