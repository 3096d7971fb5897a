// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakingCore} from "../interfaces/IStakingCore.sol";
import {OperationLib} from "../libraries/OperationLib.sol";
import {StakeId} from "../types/StakeId.sol";
import {Word} from "../types/Word.sol";
import {StakingPositions} from "./StakingPositions.sol";

/// @title StakingSections
/// @notice A section of a batch: operations on one pool, one after the other as wallets make them, each on its signer's own position.
/// The streams are counted once.
/// @dev Kinds, by what they debit: STAKE the staked asset, for at least its limit of shares; CLAIM nothing; UNSTAKE and REQUEST nothing,
/// their limit of shares; CLAIM_UNSTAKED nothing, the request of its limit. Others fail, and on the book of the second stream all but
/// CLAIM. The section has no parameters.
abstract contract StakingSections is StakingPositions {
    using OperationLib for uint256;

    uint256 internal constant STAKE = 0;
    uint256 internal constant CLAIM = 3;
    uint256 internal constant UNSTAKE = 11;
    uint256 internal constant REQUEST = 19;
    uint256 internal constant CLAIM_UNSTAKED = 27;

    function _settleAll(StakeId id, Word holdings, uint256[] calldata operations, uint256[] memory payouts) internal {
        Pool memory pool = _openWith(id, holdings);
        bool hasCooldown = pool.settings & COOLDOWN != 0;
        for (uint256 i; i < payouts.length; ++i) {
            (uint256 head, uint256 body) = _at(operations, i);
            uint256 kind = head.kind();
            address account = head.account();
            uint256 payout = OperationLib.FAILED;
            if (kind == STAKE) payout = _settleStake(id, pool, account, body);
            else if (kind == CLAIM) payout = _settleClaim(id, pool, account, 0);
            else if (kind == UNSTAKE && !hasCooldown) payout = _settleUnstake(id, pool, account, body.limit());
            else if (kind == REQUEST && hasCooldown) payout = _settleRequest(id, pool, account, body.limit());
            else if (kind == CLAIM_UNSTAKED) payout = _settleClaimUnstaked(id, pool, account, body.limit());
            payouts[i] = payout;
        }
        _close(id, pool);
        emit IStakingCore.PoolSettled(id, pool.weight, pool.shares);
    }

    /// @dev On the book of the second stream, of which nothing but rewards moves.
    function _settleClaims(StakeId id, uint256[] calldata operations, uint256[] memory payouts) internal {
        Pool memory pool = _open(id, _pools[id].settings);
        for (uint256 i; i < payouts.length; ++i) {
            (uint256 head, ) = _at(operations, i);
            bool isClaim = head.kind() == CLAIM;
            payouts[i] = isClaim ? _settleClaim(id, pool, head.account(), 1) : OperationLib.FAILED;
        }
    }

    function _at(uint256[] calldata operations, uint256 i) private pure returns (uint256 head, uint256 body) {
        unchecked {
            return (operations[2 * i], operations[2 * i + 1]); // i is below half the length
        }
    }

    function _settleStake(StakeId id, Pool memory pool, address account, uint256 body) private returns (uint256) {
        uint256 assets = body.amount();
        uint256 shares = _toShares(pool, assets);
        bool ok = shares >= body.limit() && _tryStake(id, pool, account, assets, shares);
        return ok ? 0 : OperationLib.FAILED;
    }

    function _settleClaim(StakeId id, Pool memory pool, address account, uint256 stream) private returns (uint256) {
        uint256 amount = _claim(id, pool, account, stream);
        return amount == 0 ? OperationLib.FAILED : amount << 112;
    }

    function _settleUnstake(StakeId id, Pool memory pool, address account, uint256 shares) private returns (uint256) {
        return _tryUnstake(id, pool, account, shares) ? shares : OperationLib.FAILED;
    }

    function _settleRequest(StakeId id, Pool memory pool, address account, uint256 shares) private returns (uint256) {
        return _tryRequest(id, pool, account, shares) == 0 ? OperationLib.FAILED : 0;
    }

    function _settleClaimUnstaked(
        StakeId id,
        Pool memory pool,
        address account,
        uint256 requestId
    ) private returns (uint256) {
        (bool ok, uint256 assets) = _tryClaimUnstaked(id, pool, account, requestId);
        return ok ? assets : OperationLib.FAILED;
    }
}
