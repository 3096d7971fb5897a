// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IUnderwritingPool} from "../interfaces/IUnderwritingPool.sol";
import {CappedExits} from "../libraries/CappedExits.sol";
import {ExcessStream} from "../libraries/ExcessStream.sol";
import {PremiumFlow} from "../libraries/PremiumFlow.sol";
import {StakeMath} from "../libraries/StakeMath.sol";
import {UnderwritingId} from "../types/UnderwritingId.sol";
import {UnderwritingTerms} from "../types/UnderwritingTerms.sol";

/// @title UnderwritingStore
/// @notice What is stored of pools beside their books, their premiums and what exits left in time, and what a share is worth.
abstract contract UnderwritingStore {
    using ExcessStream for ExcessStream.Stream;
    using PremiumFlow for PremiumFlow.Flow;

    struct Storage {
        /// @dev assets (96) | locked (96) << 96 | the time they are of (32) << 192 | horizon (32) << 224
        uint256 totals; //         slot 0
        /// @dev the flow of premiums (160, `PremiumFlow`) | what exits left and is not earned (96) << 160
        uint256 flow; //           slot 1
        uint112 shares; //         slot 2
        uint112 staying; //        slot 2
        /// @dev When what exits left is all earned (`ExcessStream`).
        uint32 excessEnd; //       slot 2
        UnderwritingTerms terms; // slots 3 to 6
        CappedExits.Queue queue; //  slots 7 and 8
        mapping(uint256 week => uint256 rate) cuts;
        mapping(bytes32 eventId => uint256 cover) exposures;
        mapping(address account => uint256 amount) fees;
    }

    /// @dev A pool in memory, as it is now.
    struct Pool {
        uint256 assets;
        uint256 locked;
        uint256 horizon;
        uint256 shares;
        uint256 staying;
        PremiumFlow.Flow flow;
        ExcessStream.Stream excess;
        /// @dev Premiums that are not earned, units · 2^32, once `_unearnedX32` has counted them.
        uint256 premiumsX32;
        bool isCounted;
    }

    /// @dev The most assets.
    uint256 internal constant MAX_AMOUNT = type(uint96).max;
    /// @dev The most shares, a thousand for a unit at first: as many as the ledger has of an asset.
    uint256 internal constant MAX_SHARES = type(uint112).max;
    uint256 internal constant WAD = 1e18;

    uint256 private constant LOCKED_SHIFT = 96;
    uint256 private constant TIME_SHIFT = 192;
    uint256 private constant HORIZON_SHIFT = 224;
    uint256 private constant EXCESS_SHIFT = 160;
    uint256 private constant UNEARNED_BITS = 32;

    ILedger internal immutable _LEDGER;

    mapping(UnderwritingId id => Storage) internal _pools;

    constructor(ILedger ledger) {
        _LEDGER = ledger;
    }

    /// @dev The pool now, with what was earned. Nothing is stored before `_close`.
    function _open(UnderwritingId id) internal view returns (Pool memory pool) {
        Storage storage stored = _pools[id];
        uint256 word = stored.totals;
        pool.locked = uint96(word >> LOCKED_SHIFT);
        pool.horizon = word >> HORIZON_SHIFT;
        (pool.shares, pool.staying) = (stored.shares, stored.staying);
        uint256 flow = stored.flow;
        pool.flow = PremiumFlow.unpack(flow);
        (pool.excess.amount, pool.excess.end) = (flow >> EXCESS_SHIFT, stored.excessEnd);
        uint256 time = uint32(word >> TIME_SHIFT);
        uint256 earned = pool.flow.accrue(stored.cuts, time, block.timestamp);
        pool.assets = _sum(uint96(word), earned + pool.excess.accrue(time, block.timestamp));
    }

    /// @dev All fits: amounts are checked when they rise, and what is locked is a part of the assets.
    function _close(UnderwritingId id, Pool memory pool) internal {
        Storage storage stored = _pools[id];
        stored.totals =
            pool.assets |
            (pool.locked << LOCKED_SHIFT) |
            (block.timestamp << TIME_SHIFT) |
            (pool.horizon << HORIZON_SHIFT);
        stored.flow = pool.flow.pack() | (pool.excess.amount << EXCESS_SHIFT);
    }

    /// @dev As `_close`, where shares came or went too: only then is there a new end of what exits left.
    function _closeShares(UnderwritingId id, Pool memory pool) internal {
        _close(id, pool);
        Storage storage stored = _pools[id];
        (stored.shares, stored.staying) = (uint112(pool.shares), uint112(pool.staying)); // checked to fit
        stored.excessEnd = uint32(pool.excess.end); // at most a week from now
    }

    /// @dev Assets with what was earned or came back, at most what fits, so that neither can ever be in the way of an exit. Beyond that,
    /// 7.9 · 10^28 units, premiums stay in the book.
    function _sum(uint256 assets, uint256 more) internal pure returns (uint256) {
        assets += more;
        return assets < MAX_AMOUNT ? assets : MAX_AMOUNT;
    }

    /// @dev Premiums, and what exits left, that are not earned, units · 2^32. It looks at each week in which premiums flow, once for a
    /// pool in memory: only a sale changes them, and asks for nothing here.
    function _unearnedX32(Storage storage stored, Pool memory pool) internal view returns (uint256) {
        if (!pool.isCounted) {
            pool.premiumsX32 = pool.flow.waiting(stored.cuts, block.timestamp) + pool.flow.fraction;
            pool.isCounted = true;
        }
        return pool.premiumsX32 + (pool.excess.amount << UNEARNED_BITS);
    }

    /* SHARES AND CAPITAL */

    /// @dev Shares for a deposit, rounded down. They cost what they are worth and, where there are any, their part of what is not earned
    /// beyond all locked cover: a premium is below its cover, so that much was left by exits or is of risks whose outcome is known. Who
    /// comes after it has no part in it; else a unit had nearly all of it after a loss that takes nearly all assets.
    function _toShares(Storage storage stored, Pool memory pool, uint256 assets) internal view returns (uint256) {
        uint256 total = pool.assets;
        if (pool.shares != 0) total += Math.saturatingSub(_unearnedX32(stored, pool) >> UNEARNED_BITS, pool.locked);
        return StakeMath.toSharesDown(assets, total, pool.shares);
    }

    function _toAssets(Pool memory pool, uint256 shares) internal pure returns (uint256) {
        return StakeMath.toAssetsDown(shares, pool.assets, pool.shares);
    }

    /// @dev The most that an exit of `shares` is paid which is asked for now: what they are worth when all is earned that was sold until
    /// now, since they back it to its end. Rounded down, and at most what fits.
    function _capOf(Storage storage stored, Pool memory pool, uint256 shares) internal view returns (uint256 cap) {
        uint256 assets = pool.assets + (_unearnedX32(stored, pool) >> UNEARNED_BITS);
        cap = StakeMath.toAssetsDown(shares, assets, pool.shares);
        return cap < MAX_AMOUNT ? cap : MAX_AMOUNT;
    }

    /// @dev What the pool can still back. Capital in the exit queue backs nothing new.
    function _backingOf(
        Storage storage stored,
        Pool memory pool,
        bytes32 eventId
    ) internal view returns (IUnderwritingPool.Backing memory backing) {
        uint256 capital = _toAssets(pool, pool.staying);
        backing.locked = pool.locked;
        backing.capacity = (capital * stored.terms.capacity) / WAD;
        backing.riskLimit = (capital * stored.terms.riskLimit) / WAD;
        if (eventId == 0) {
            backing.eventRoom = type(uint256).max;
        } else {
            uint256 limit = (capital * stored.terms.eventLimit) / WAD;
            uint256 exposure = stored.exposures[eventId];
            backing.eventRoom = limit > exposure ? limit - exposure : 0;
        }
    }
}
