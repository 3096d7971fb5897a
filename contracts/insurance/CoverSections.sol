// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CoverCurve} from "../libraries/CoverCurve.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {RiskId} from "../types/RiskId.sol";
import {CoverOutcomes} from "./CoverOutcomes.sol";

/// @title CoverSections
/// @notice A section of a batch: purchases or redemptions of one risk's cover, one after the other as wallets make them.
/// @dev Kinds, by what they debit: BUY the asset, for as much cover as that buys, its limit at least; REDEEM cover, for its limit of the
/// asset at least. Others fail, and so does a purchase for more than all that is left costs: a section gives no change. The section's
/// parameters are empty, or the address of a referrer: it changes no price.
abstract contract CoverSections is CoverOutcomes {
    using CoverCurve for CoverCurve.Curve;
    using OperationLib for uint256;

    uint256 internal constant BUY = 0;
    uint256 internal constant REDEEM = 2;

    function _settleAll(
        RiskId id,
        bytes calldata parameters,
        uint256[] calldata operations,
        uint256[] memory payouts
    ) internal {
        require(parameters.length == 0 || parameters.length == 32, CoverInvalidParameters(parameters.length));
        Storage storage risk = _risks[id];
        Totals memory totals = _load(risk);
        require(totals.state != RiskState.NONE, CoverUnknownRisk(id));
        bool isOnSale = _isOnSale(risk, totals);
        Sale memory sale;
        if (isOnSale) sale = _openSale(risk, totals);
        for (uint256 i; i < payouts.length; ++i) {
            (uint256 head, uint256 body) = (operations[2 * i], operations[2 * i + 1]);
            uint256 kind = head.kind();
            uint256 payout = OperationLib.FAILED;
            if (kind == BUY && isOnSale) payout = _settleBuy(sale, body);
            else if (kind == REDEEM) payout = _settleRedeem(totals, body);
            payouts[i] = payout;
        }
        if (!isOnSale) _store(risk, totals);
        else _closeSale(id, risk, sale, parameters.length == 0 ? address(0) : abi.decode(parameters, (address)));
        emit CoverSettled(id, totals.cover, totals.held);
    }

    function _settleBuy(Sale memory sale, uint256 body) private pure returns (uint256) {
        uint256 cost = body.amount();
        if (cost > type(uint96).max) return OperationLib.FAILED;
        uint256 cover = sale.curve.coverFor(sale.locked, cost);
        if (cover < body.limit() || !_isForSale(sale, cover, cost)) return OperationLib.FAILED;
        _sell(sale, cover, cost);
        return OperationLib.SHARES | cover;
    }

    function _settleRedeem(Totals memory totals, uint256 body) private pure returns (uint256) {
        (bool ok, uint256 paid) = _tryRedeem(totals, body.amount(), body.limit());
        return ok ? paid : OperationLib.FAILED;
    }
}
