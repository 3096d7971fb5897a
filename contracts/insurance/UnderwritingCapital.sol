// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IUnderwritingPool} from "../interfaces/IUnderwritingPool.sol";
import {CappedExits} from "../libraries/CappedExits.sol";
import {PremiumFlow} from "../libraries/PremiumFlow.sol";
import {UnderwritingId} from "../types/UnderwritingId.sol";
import {UnderwritingStore} from "./UnderwritingStore.sol";

/// @title UnderwritingCapital
/// @notice Deposits and exits on a pool in memory, which a wallet's call and a section's operation share.
/// @dev Each answers whether it was done; if not, nothing has changed. What stays to be stored is the pool.
///
/// An exit cannot run from a loss. It is ready a day after the last risk that was sold before it could be voided, when none of them can
/// have a report any more; what was reported until then it bears, as the price is that of the finalisation where that is lower. Nor
/// can it be held for ever: cover that is sold after it has other capital behind it, and a window is bounded by the pool's terms. The
/// horizon only rises, so requests are ready in the order of their ids.
abstract contract UnderwritingCapital is UnderwritingStore {
    using CappedExits for CappedExits.Queue;
    using PremiumFlow for PremiumFlow.Flow;

    /// @dev What roundings leave of exits, units: so little comes at once, as its flow would cost a fresh word.
    uint256 private constant DUST = 4;

    function _tryDeposit(Pool memory pool, uint256 assets, uint256 shares) internal pure returns (bool) {
        if (shares == 0 || assets > MAX_AMOUNT - pool.assets || shares > MAX_SHARES - pool.shares) return false;
        pool.assets += assets;
        (pool.shares, pool.staying) = (pool.shares + shares, pool.staying + shares);
        return true;
    }

    /// @dev Queues `shares`, which the ledger burns: it reverts, or skips the operation, when they are not the account's.
    function _tryRequest(
        UnderwritingId id,
        Pool memory pool,
        address account,
        uint256 shares
    ) internal returns (uint256 requestId) {
        if (shares > pool.staying) return 0;
        uint256 assets = _toAssets(pool, shares);
        if (assets == 0) return 0;
        Storage storage stored = _pools[id];
        uint256 readyAt = block.timestamp + stored.terms.cooldown;
        if (readyAt < pool.horizon) readyAt = pool.horizon;
        pool.staying -= shares; // a part of it
        requestId = stored.queue.push(account, shares, assets, readyAt);
        emit IUnderwritingPool.UnderwriterExitRequested(id, account, requestId, shares, assets, readyAt);
    }

    /// @dev Makes every request up to `requestId` final, which is ready, unless locked capital would leave. What the shares are worth
    /// beyond what their requests were then is earned by who stays, over a week at least as a premium of now is: if it came at once, a
    /// deposit of this moment would have most of it.
    function _tryFinalise(UnderwritingId id, Pool memory pool, uint256 requestId) internal returns (bool) {
        Storage storage stored = _pools[id];
        uint256 shares = stored.queue.pendingUpTo(requestId);
        uint256 worth = _toAssets(pool, shares);
        if (worth > pool.assets - pool.locked) return false; // what is locked is a part of the assets
        uint256 assets = stored.queue.finalise(requestId, pool.assets, pool.shares);
        (pool.shares, pool.assets) = (pool.shares - shares, pool.assets - worth); // parts of them
        uint256 excess = worth - assets; // parts that are rounded down
        uint256 end = block.timestamp + PremiumFlow.PERIOD;
        uint256 earned = excess > DUST ? pool.flow.add(stored.cuts, excess, block.timestamp, end) : excess;
        pool.assets = _sum(pool.assets, earned);
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
