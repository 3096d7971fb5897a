// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IUnderwritingPool} from "../interfaces/IUnderwritingPool.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {UnderwritingId} from "../types/UnderwritingId.sol";
import {UnderwritingCapital} from "./UnderwritingCapital.sol";

/// @title UnderwritingSections
/// @notice A section of a batch: operations on one pool, one after the other as wallets make them, each on its signer's own account.
/// Premiums are counted once.
/// @dev Kinds, by what they debit: DEPOSIT the asset, for at least its limit of shares; REQUEST_EXIT shares, for exits that may be paid
/// its limit at least; CLAIM_EXIT nothing, the request of its limit. Others fail, and so does a claim that would make more than
/// `MAX_FINALISED` requests final: nobody's signature uses up the section's gas. The section has no parameters.
abstract contract UnderwritingSections is UnderwritingCapital {
    using OperationLib for uint256;

    uint256 internal constant DEPOSIT = 0;
    uint256 internal constant REQUEST_EXIT = 2;
    uint256 internal constant CLAIM_EXIT = 3;
    uint256 internal constant MAX_FINALISED = 64;

    function _settleAll(UnderwritingId id, uint256[] calldata operations, uint256[] memory payouts) internal {
        Pool memory pool = _open(id);
        for (uint256 i; i < payouts.length; ++i) {
            (uint256 head, uint256 body) = (operations[2 * i], operations[2 * i + 1]);
            uint256 kind = head.kind();
            uint256 payout = OperationLib.FAILED;
            if (kind == DEPOSIT) payout = _settleDeposit(id, pool, body);
            else if (kind == REQUEST_EXIT) payout = _settleRequest(id, pool, head.account(), body);
            else if (kind == CLAIM_EXIT) payout = _settleClaim(id, pool, head.account(), body.limit());
            payouts[i] = payout;
        }
        _closeShares(id, pool);
        emit IUnderwritingPool.UnderwritingSettled(id, pool.assets, pool.shares);
    }

    function _settleDeposit(UnderwritingId id, Pool memory pool, uint256 body) private view returns (uint256) {
        uint256 assets = body.amount();
        uint256 shares = _toShares(_pools[id], pool, assets);
        bool ok = shares >= body.limit() && _tryDeposit(pool, assets, shares);
        return ok ? OperationLib.SHARES | shares : OperationLib.FAILED;
    }

    function _settleRequest(
        UnderwritingId id,
        Pool memory pool,
        address account,
        uint256 body
    ) private returns (uint256) {
        uint256 requestId = _tryRequest(id, pool, account, body.amount(), body.limit());
        return requestId == 0 ? OperationLib.FAILED : 0;
    }

    function _settleClaim(
        UnderwritingId id,
        Pool memory pool,
        address account,
        uint256 requestId
    ) private returns (uint256) {
        if (requestId > uint256(_pools[id].queue.finalCount) + MAX_FINALISED) return OperationLib.FAILED;
        (bool ok, uint256 assets) = _tryClaimExit(id, pool, account, requestId);
        return ok ? assets : OperationLib.FAILED;
    }
}
