// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IUnderwritingPool} from "../interfaces/IUnderwritingPool.sol";
import {CappedExits} from "../libraries/CappedExits.sol";
import {ExcessStream} from "../libraries/ExcessStream.sol";
import {UnderwritingId} from "../types/UnderwritingId.sol";
import {UnderwritingStore} from "./UnderwritingStore.sol";

/// @title UnderwritingCapital
/// @notice Deposits and exits on a pool in memory, which a wallet's call and a section's operation share.
/// @dev Each answers whether it was done; if not, nothing has changed. What stays to be stored is the pool.
///
/// An exit cannot run from a loss. It is ready a day after the last risk that was sold before it could be voided, when none of them can
/// have a report any more; what was reported until then it bears, of cover that was sold after it too, as the price is that of the
/// finalisation where that is lower. Nor can it be held for ever: cover that is sold after it changes no time, and is no more than what
/// other capital can back; a window is bounded by the pool's terms. The horizon only rises, so requests are ready in the order of their
/// ids.
abstract contract UnderwritingCapital is UnderwritingStore {
    using CappedExits for CappedExits.Queue;
    using ExcessStream for ExcessStream.Stream;

    function _tryDeposit(Pool memory pool, uint256 assets, uint256 shares) internal pure returns (bool) {
        if (shares == 0 || assets > MAX_AMOUNT - pool.assets || shares > MAX_SHARES - pool.shares) return false;
        pool.assets += assets;
        (pool.shares, pool.staying) = (pool.shares + shares, pool.staying + shares);
        return true;
    }

    /// @dev Queues `shares` for a cap of at least `minimum`, and above 0. The ledger burns them: it reverts, or skips the operation, when
    /// they are not the account's. Premiums of cover that they back to its end are theirs, earned or not; what is sold later is not.
    function _tryRequest(
        UnderwritingId id,
        Pool memory pool,
        address account,
        uint256 shares,
        uint256 minimum
    ) internal returns (uint256 requestId) {
        if (shares > pool.staying) return 0;
        Storage storage stored = _pools[id];
        uint256 cap = _capOf(stored, pool, shares);
        if (cap == 0 || cap < minimum) return 0;
        uint256 readyAt = block.timestamp + stored.terms.cooldown;
        if (readyAt < pool.horizon) readyAt = pool.horizon;
        pool.staying -= shares; // a part of it
        requestId = stored.queue.push(account, shares, cap, readyAt);
        emit IUnderwritingPool.UnderwriterExitRequested(id, account, requestId, shares, cap, readyAt);
    }

    /// @dev Makes every request up to `requestId` final, which is ready, unless locked capital would leave. What the shares are worth
    /// beyond their requests' caps is earned by who stays (`ExcessStream`): if it came at once, a deposit of this moment would have most of it.
    function _tryFinalise(UnderwritingId id, Pool memory pool, uint256 requestId) internal returns (bool) {
        Storage storage stored = _pools[id];
        uint256 shares = stored.queue.pendingUpTo(requestId);
        uint256 worth = _toAssets(pool, shares);
        if (worth > pool.assets - pool.locked) return false; // what is locked is a part of the assets
        uint256 assets = stored.queue.finalise(requestId, pool.assets, pool.shares);
        (pool.shares, pool.assets) = (pool.shares - shares, pool.assets - worth); // parts of them
        uint256 excess = worth - assets; // parts that are rounded down
        pool.excess.add(excess, block.timestamp);
        emit IUnderwritingPool.UnderwriterExitsFinalised(id, requestId, shares, assets, excess);
        return true;
    }

    /// @dev Pays the request of `account`, which it makes final first.
    function _tryClaimExit(
        UnderwritingId id,
        Pool memory pool,
        address account,
        uint256 requestId
    ) internal returns (bool, uint256) {
        CappedExits.Queue storage queue = _pools[id].queue;
        CappedExits.Request storage request = queue.requests[requestId];
        if (account == address(0) || request.owner != account) return (false, 0);
        if (!queue.isFinal(requestId)) {
            if (block.timestamp < request.readyAt || !_tryFinalise(id, pool, requestId)) return (false, 0);
        }
        return (true, queue.pay(requestId));
    }
}
