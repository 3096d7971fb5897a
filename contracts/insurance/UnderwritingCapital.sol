// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IUnderwritingPool} from "../interfaces/IUnderwritingPool.sol";
import {ExitQueue} from "../libraries/ExitQueue.sol";
import {UnderwritingId} from "../types/UnderwritingId.sol";
import {UnderwritingStore} from "./UnderwritingStore.sol";

/// @title UnderwritingCapital
/// @notice Deposits and exits on a pool in memory, which a wallet's call and a section's operation share.
/// @dev Each answers whether it was done; if not, nothing has changed. What stays to be stored is the pool.
///
/// An exit cannot run from a loss. It is ready when every risk that was sold before it can have no report any more, a day after the last
/// of them could be voided; what was reported until then it bears, as the price is that of the finalisation where that is lower. Nor
/// can it be held for ever: cover that is sold after it has other capital behind it, and a window is bounded by the pool's terms.
abstract contract UnderwritingCapital is UnderwritingStore {
    using ExitQueue for ExitQueue.Queue;

    function _tryDeposit(Pool memory pool, uint256 assets, uint256 shares) internal pure returns (bool) {
        if (shares == 0 || assets > MAX_AMOUNT - pool.assets || shares > MAX_AMOUNT - pool.shares) return false;
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

    /// @dev Makes every request up to `requestId` final, which is ready, unless locked capital would leave.
    function _tryFinalise(UnderwritingId id, Pool memory pool, uint256 requestId) internal returns (bool) {
        ExitQueue.Queue storage queue = _pools[id].queue;
        uint256 shares = queue.pendingUpTo(requestId);
        uint256 assets = _toAssets(pool, shares);
        if (assets > pool.assets - pool.locked) return false; // what is locked is a part of the assets
        queue.finalise(shares, assets);
        (pool.shares, pool.assets) = (pool.shares - shares, pool.assets - assets); // parts of them
        emit IUnderwritingPool.UnderwriterExitsFinalised(id, shares, assets);
        return true;
    }

    /// @dev Pays the request of `account`, at most what it was worth when it was made; what was set aside above that is the pool's again.
    function _tryClaimExit(
        UnderwritingId id,
        Pool memory pool,
        address account,
        uint256 requestId
    ) internal returns (bool, uint256) {
        ExitQueue.Queue storage queue = _pools[id].queue;
        ExitQueue.Request storage request = queue.requests[requestId];
        if (account == address(0) || request.owner != account) return (false, 0);
        if (queue.pendingUpTo(requestId) != 0) {
            if (block.timestamp < request.readyAt || !_tryFinalise(id, pool, requestId)) return (false, 0);
        }
        ExitQueue.Payment memory payment = queue.pay(requestId, type(uint256).max);
        pool.assets = _sum(pool.assets, payment.excess);
        return (true, payment.assets);
    }
}
