// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ICoverActions} from "../interfaces/ICoverActions.sol";
import {ICoverDesk} from "../interfaces/ICoverDesk.sol";
import {ICoverOracle} from "../interfaces/ICoverOracle.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IUnderwritingActions} from "../interfaces/IUnderwritingActions.sol";
import {IUnderwritingPool} from "../interfaces/IUnderwritingPool.sol";
import {RiskId} from "../types/RiskId.sol";
import {CoverSales} from "./CoverSales.sol";

/// @title CoverOutcomes
/// @notice What becomes of a risk: a report or none, the money in its place, and payments.
/// @dev A report books the loss at the pool in the same transaction, so nobody can leave the pool between the two. To settle moves money
/// between the two books, which the desk does as any other account: by a path of calls to the ledger.
abstract contract CoverOutcomes is CoverSales {
    /// @dev What the desk took from holders to redeem it for them.
    struct Taken {
        uint256 total;
        /// @dev Whose part is what the others' leave.
        uint256 last;
        /// @dev By holder: units of cover, and what they are paid.
        uint256[] units;
        uint256[] parts;
    }

    /// @inheritdoc ICoverDesk
    function report(RiskId id, bytes calldata proof) external {
        _report(id, proof);
    }

    /// @inheritdoc ICoverDesk
    function settle(RiskId id) external {
        _settle(id);
    }

    /// @inheritdoc ICoverDesk
    function reportAndSettle(RiskId id, bytes calldata proof) external {
        _report(id, proof);
        _settle(id);
    }

    /// @inheritdoc ICoverDesk
    function voidRisk(RiskId id) external {
        Storage storage risk = _risks[id];
        Totals memory totals = _inState(id, risk, RiskState.OPEN);
        uint256 voidFrom = _voidFrom(risk.end, risk.fallbackBy);
        require(block.timestamp >= voidFrom, CoverTooEarly(block.timestamp, voidFrom));
        totals.ratio = VOID;
        Product storage product = _products[risk.product];
        emit RiskVoided(id, totals.held);
        // The pool gives its premiums back, which are all earned or what exits left, and nobody is paid the fee.
        _book(risk, product, totals, _netOf(totals.held, product.fee), 0);
    }

    /// @inheritdoc ICoverDesk
    function creditCommission(RiskId id, address referrer) external returns (uint256 amount) {
        Storage storage risk = _risks[id];
        Totals memory totals = _load(risk);
        require(totals.state > RiskState.OPEN, CoverWrongState(id, totals.state, RiskState.REPORTED));
        if (totals.ratio != VOID) amount = _commissions[id][referrer];
        require(amount != 0, CoverZeroAmount());
        _commissions[id][referrer] = 0;
        _POOLS.creditFee(_products[risk.product].pool, referrer, amount);
    }

    /// @inheritdoc ICoverDesk
    function settleHolders(RiskId id, address[] calldata holders) external returns (uint256 paid) {
        Storage storage risk = _risks[id];
        Taken memory taken = _takeFrom(id, _inState(id, risk, RiskState.SETTLED), holders);
        if (taken.total == 0) return 0;
        address asset = _products[risk.product].asset;
        bytes memory data = abi.encodeCall(ICoverActions.redeem, (taken.total));
        (paid, , ) = _LEDGER.call(_callOf(address(this), asset, risk.key, data));
        uint256 left = paid; // at least all parts
        for (uint256 i; i < holders.length; ++i) {
            if (taken.units[i] == 0) continue;
            uint256 part = i == taken.last ? left : taken.parts[i];
            left -= part;
            _LEDGER.transfer(holders[i], uint160(asset), part);
            emit CoverRedeemed(id, holders[i], taken.units[i], part);
        }
    }

    /* INTERNALS */

    /// @dev Pays for `units` their part of what is owed to all that are left, rounded down; the last unit takes what is left.
    function _tryRedeem(
        Totals memory totals,
        uint256 units,
        uint256 minimum
    ) internal pure returns (bool, uint256 paid) {
        if (totals.state != RiskState.SETTLED || units == 0 || units > totals.cover) return (false, 0);
        paid = (totals.held * units) / totals.cover;
        if (paid == 0 || paid < minimum) return (false, 0);
        (totals.held, totals.cover) = (totals.held - paid, totals.cover - units); // parts of them
        return (true, paid);
    }

    function _inState(RiskId id, Storage storage risk, RiskState wanted) internal view returns (Totals memory totals) {
        totals = _load(risk);
        require(totals.state == wanted, CoverWrongState(id, totals.state, wanted));
    }

    function _report(RiskId id, bytes calldata proof) private {
        Storage storage risk = _risks[id];
        Totals memory totals = _inState(id, risk, RiskState.OPEN);
        Product storage product = _products[risk.product];
        require(block.timestamp >= risk.start, CoverTooEarly(block.timestamp, risk.start));
        require(block.timestamp < risk.fallbackBy, CoverTooLate(block.timestamp, risk.fallbackBy));
        address oracle = block.timestamp < risk.reportBy ? product.oracle : product.fallbackOracle;
        ICoverOracle.Question memory question = ICoverOracle.Question(id, risk.oracleData, risk.start, risk.end);
        (bool isFinal, uint256 ratio) = ICoverOracle(oracle).outcomeOf(question, proof);
        require(isFinal, CoverNotFinal(oracle));
        require(ratio <= ALL, CoverInvalidRatio(oracle, ratio));
        totals.ratio = ratio;
        uint256 loss = (totals.cover * ratio) / ALL;
        emit RiskReported(id, oracle, ratio, loss);
        _book(risk, product, totals, loss, totals.held - _netOf(totals.held, product.fee) - risk.referred);
    }

    /// @dev Books the outcome. What the risk's book holds beyond what holders are owed stays locked until it is back.
    function _book(
        Storage storage risk,
        Product storage product,
        Totals memory totals,
        uint256 loss,
        uint256 fee
    ) private {
        totals.state = RiskState.REPORTED;
        _store(risk, totals);
        if (totals.cover == 0) return;
        uint256 owed = _owedOf(totals);
        _POOLS.releaseCover(
            product.pool,
            IUnderwritingPool.Result({
                eventId: risk.eventId,
                cover: totals.cover,
                loss: loss,
                surplus: totals.held > owed ? totals.held - owed : 0,
                feeTo: product.feeTo,
                fee: fee,
                isVoid: totals.ratio == VOID
            })
        );
    }

    /// @dev What all holders of a reported risk are owed.
    function _owedOf(Totals memory totals) private pure returns (uint256) {
        if (totals.ratio == VOID) return totals.held;
        return (totals.cover * totals.ratio) / ALL;
    }

    /// @dev Brings the risk's book from its premiums to what its holders are owed.
    function _settle(RiskId id) private {
        Storage storage risk = _risks[id];
        Totals memory totals = _inState(id, risk, RiskState.REPORTED);
        Product storage product = _products[risk.product];
        uint256 held = totals.held;
        uint256 owed = _owedOf(totals);
        (totals.state, totals.held) = (RiskState.SETTLED, owed);
        _store(risk, totals);
        emit RiskSettled(id, totals.cover, owed);
        if (owed != held) _move(risk, product, held, owed);
    }

    function _move(Storage storage risk, Product storage product, uint256 held, uint256 owed) private {
        (address asset, address pools, address desk) = (product.asset, address(_POOLS), address(this));
        (bytes32 poolKey, bytes32 key) = (product.poolKey, risk.key);
        ILedger.Call[] memory path = new ILedger.Call[](2);
        if (owed > held) {
            path[0] = _callOf(pools, asset, poolKey, abi.encodeCall(IUnderwritingActions.payClaims, (owed - held)));
            path[1] = _callOf(desk, asset, key, abi.encodeCall(ICoverActions.receiveClaims, ()));
        } else {
            path[0] = _callOf(desk, asset, key, abi.encodeCall(ICoverActions.sendPremiums, (held - owed)));
            path[1] = _callOf(pools, asset, poolKey, abi.encodeCall(IUnderwritingActions.returnPremiums, ()));
        }
        _LEDGER.callPath(path);
    }

    /// @dev Takes from each holder all that he let the desk take, for what he would be paid if he came himself after those before him.
    /// Who let it take nothing, comes twice, or would be paid nothing is passed over. Redeemed at once, all units are paid that or, by
    /// what roundings leave, more: it is the last one's.
    function _takeFrom(
        RiskId id,
        Totals memory totals,
        address[] calldata holders
    ) private returns (Taken memory taken) {
        uint256 cover = id.coverId(address(this));
        (taken.units, taken.parts) = (new uint256[](holders.length), new uint256[](holders.length));
        for (uint256 i; i < holders.length; ++i) {
            uint256 units = _allowedOf(holders[i], cover);
            (bool ok, uint256 part) = _tryRedeem(totals, units, 0);
            if (!ok) continue;
            (taken.units[i], taken.parts[i]) = (units, part);
            (taken.total, taken.last) = (taken.total + units, i);
            _LEDGER.transferFrom(holders[i], address(this), cover, units);
        }
    }

    /// @dev All that the holder has and let the desk take.
    function _allowedOf(address holder, uint256 cover) private view returns (uint256 units) {
        units = _LEDGER.balanceOf(holder, cover);
        if (units == 0 || _LEDGER.isOperator(holder, address(this))) return units;
        return Math.min(units, _LEDGER.allowance(holder, address(this), cover));
    }

    function _callOf(
        address protocol,
        address asset,
        bytes32 key,
        bytes memory data
    ) private pure returns (ILedger.Call memory parameters) {
        parameters.protocol = protocol;
        (parameters.asset0, parameters.key, parameters.data) = (uint160(asset), key, data); // to the caller
    }
}
