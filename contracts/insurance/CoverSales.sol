// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IUnderwritingPool} from "../interfaces/IUnderwritingPool.sol";
import {CoverCurve} from "../libraries/CoverCurve.sol";
import {RiskId} from "../types/RiskId.sol";
import {CoverStore} from "./CoverStore.sol";

/// @title CoverSales
/// @notice The sale of a risk's cover in memory, which a wallet's call and a section's operations share.
abstract contract CoverSales is CoverStore {
    using CoverCurve for CoverCurve.Curve;

    /// @dev What is on sale, as it is now. Rates of the curve are with the fee.
    struct Sale {
        Totals totals;
        CoverCurve.Curve curve;
        /// @dev What the pool has locked.
        uint256 locked;
        /// @dev Cover that can be sold.
        uint256 room;
        /// @dev Before it.
        uint256 cover;
        uint256 held;
    }

    uint256 private constant YEAR = 365 days;

    /// @dev Whether cover of the risk is on sale.
    function _isOnSale(Storage storage risk, Totals memory totals) internal view returns (bool) {
        return
            totals.state == RiskState.OPEN &&
            block.timestamp < risk.cutoff &&
            !isPaused &&
            !_products[risk.product].isClosed;
    }

    function _openSale(Storage storage risk, Totals memory totals) internal view returns (Sale memory sale) {
        Product storage product = _products[risk.product];
        IUnderwritingPool.Backing memory backing = _POOLS.backingOf(product.pool, risk.eventId);
        (sale.totals, sale.cover, sale.held) = (totals, totals.cover, totals.held);
        sale.locked = backing.locked;
        uint256 room = Math.saturatingSub(backing.capacity, backing.locked);
        room = Math.min(room, Math.saturatingSub(backing.riskLimit, totals.cover));
        sale.room = Math.min(room, backing.eventRoom);
        sale.curve = _curveOf(risk, product, backing.capacity);
    }

    /// @dev The yearly rates for the time to the risk's end, with the base rate and the fee; each rounded up.
    function _curveOf(
        Storage storage risk,
        Product storage product,
        uint256 capacity
    ) private view returns (CoverCurve.Curve memory) {
        uint256 time = risk.end - block.timestamp; // the cutoff is before the end
        (uint256 base, uint256 fee) = (risk.baseRate, product.fee);
        return
            CoverCurve.create(
                _rateOf(product.minRate, time, base, fee),
                _rateOf(product.kinkRate, time, base, fee),
                _rateOf(product.maxRate, time, base, fee),
                (capacity * product.kink) / WAD,
                capacity
            );
    }

    function _rateOf(uint256 yearly, uint256 time, uint256 base, uint256 fee) private pure returns (uint256) {
        return Math.ceilDiv((base + Math.ceilDiv(yearly * time, YEAR)) * (WAD + fee), WAD);
    }

    /// @dev Whether `cover` can be sold for `cost`. What costs what it could pay is not: so premiums are never above the cover.
    function _isForSale(Sale memory sale, uint256 cover, uint256 cost) internal pure returns (bool) {
        return cover != 0 && cover <= sale.room && cost < cover;
    }

    /// @dev Sells `cover`, which is for sale, for `cost`.
    function _sell(Sale memory sale, uint256 cover, uint256 cost) internal pure {
        (sale.totals.cover, sale.totals.held) = (sale.totals.cover + cover, sale.totals.held + cost);
        (sale.locked, sale.room) = (sale.locked + cover, sale.room - cover);
    }

    /// @dev Stores what was sold, and has the pool back it.
    function _closeSale(RiskId id, Storage storage risk, Sale memory sale, address referrer) internal {
        if (sale.totals.cover == sale.cover) return;
        _store(risk, sale.totals);
        Product storage product = _products[risk.product];
        uint256 fee = product.fee;
        uint256 premium = _netOf(sale.totals.held, fee) - _netOf(sale.held, fee);
        _POOLS.backCover(
            product.pool,
            IUnderwritingPool.Sale({
                eventId: risk.eventId,
                cover: sale.totals.cover - sale.cover,
                premium: premium,
                end: risk.end,
                deadline: _voidFrom(risk.end, risk.fallbackBy)
            })
        );
        if (referrer == address(0)) return;
        uint256 part = ((sale.totals.held - sale.held - premium) * product.referral) / WAD;
        if (part == 0) return;
        risk.referred += uint96(part); // a part of the premiums
        _commissions[id][referrer] += part;
        emit CommissionEarned(id, referrer, part);
    }
}
