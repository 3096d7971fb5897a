// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILedger} from "../interfaces/ILedger.sol";
import {IUnderwritingPool} from "../interfaces/IUnderwritingPool.sol";
import {CappedExits} from "../libraries/CappedExits.sol";
import {PremiumFlow} from "../libraries/PremiumFlow.sol";
import {StakeMath} from "../libraries/StakeMath.sol";
import {UnderwritingId} from "../types/UnderwritingId.sol";
import {UnderwritingTerms} from "../types/UnderwritingTerms.sol";

/// @title UnderwritingStore
/// @notice What is stored of pools beside their books, their premiums in time, and what a share is worth.
abstract contract UnderwritingStore {
    using PremiumFlow for PremiumFlow.Flow;

    struct Storage {
        /// @dev assets (96) | locked (96) << 96 | the time they are of (32) << 192 | horizon (32) << 224
        uint256 totals; //         slot 0
        uint256 flow; //           slot 1 (`PremiumFlow`)
        uint112 shares; //         slot 2
        uint112 staying; //        slot 2
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
    }

    /// @dev The most assets.
    uint256 internal constant MAX_AMOUNT = type(uint96).max;
    /// @dev The most shares, a thousand for a unit at first: as many as the ledger has of an asset.
    uint256 internal constant MAX_SHARES = type(uint112).max;
    uint256 internal constant WAD = 1e18;

    uint256 private constant LOCKED_SHIFT = 96;
    uint256 private constant TIME_SHIFT = 192;
    uint256 private constant HORIZON_SHIFT = 224;

    ILedger internal immutable _LEDGER;

    mapping(UnderwritingId id => Storage) internal _pools;

    constructor(ILedger ledger) {
        _LEDGER = ledger;
    }

    /// @dev The pool now, its premiums earned. Nothing is stored before `_close`.
    function _open(UnderwritingId id) internal view returns (Pool memory pool) {
        Storage storage stored = _pools[id];
        uint256 word = stored.totals;
        pool.locked = uint96(word >> LOCKED_SHIFT);
        pool.horizon = word >> HORIZON_SHIFT;
        (pool.shares, pool.staying) = (stored.shares, stored.staying);
        pool.flow = PremiumFlow.unpack(stored.flow);
        uint256 earned = pool.flow.accrue(stored.cuts, uint32(word >> TIME_SHIFT), block.timestamp);
        pool.assets = _sum(uint96(word), earned);
    }

    /// @dev All fits: amounts are checked when they rise, and what is locked is a part of the assets.
    function _close(UnderwritingId id, Pool memory pool) internal {
        Storage storage stored = _pools[id];
        stored.totals =
            pool.assets |
            (pool.locked << LOCKED_SHIFT) |
            (block.timestamp << TIME_SHIFT) |
            (pool.horizon << HORIZON_SHIFT);
        stored.flow = pool.flow.pack();
    }

    /// @dev As `_close`, where shares came or went too.
    function _closeShares(UnderwritingId id, Pool memory pool) internal {
        _close(id, pool);
        Storage storage stored = _pools[id];
        (stored.shares, stored.staying) = (uint112(pool.shares), uint112(pool.staying)); // checked to fit
    }

    /// @dev Assets with what was earned or came back, at most what fits, so that neither can ever be in the way of an exit. Beyond that,
    /// 7.9 · 10^28 units, premiums stay in the book.
    function _sum(uint256 assets, uint256 more) internal pure returns (uint256) {
        assets += more;
        return assets < MAX_AMOUNT ? assets : MAX_AMOUNT;
    }

    /* SHARES AND CAPITAL */

    function _toShares(Pool memory pool, uint256 assets) internal pure returns (uint256) {
        return StakeMath.toSharesDown(assets, pool.assets, pool.shares);
    }

    function _toAssets(Pool memory pool, uint256 shares) internal pure returns (uint256) {
        return StakeMath.toAssetsDown(shares, pool.assets, pool.shares);
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
