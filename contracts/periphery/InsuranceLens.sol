// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ICoverDesk} from "../interfaces/ICoverDesk.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IUnderwritingPool} from "../interfaces/IUnderwritingPool.sol";
import {CappedExits} from "../libraries/CappedExits.sol";
import {StakeMath} from "../libraries/StakeMath.sol";
import {RiskId} from "../types/RiskId.sol";
import {UnderwritingId} from "../types/UnderwritingId.sol";
import {UnderwritingTerms} from "../types/UnderwritingTerms.sol";

/// @title InsuranceLens
/// @notice Views and previews of underwriting pools and of cover, up to this second. What it answers is to the unit what an action in this
/// block does. No privilege; replaceable.
contract InsuranceLens {
    /// @notice A pool as the next action finds it.
    struct PoolView {
        UnderwritingTerms terms;
        /// @dev The ledger id of its shares.
        uint256 shareId;
        IUnderwritingPool.State state;
        /// @dev What it can still back, of risks without an event.
        IUnderwritingPool.Backing backing;
        /// @dev What 1,000 shares, a unit at first, are worth, in units · 1e18, rounded down.
        uint256 sharePrice;
        /// @dev Capital that no cover locks.
        uint256 free;
        /// @dev Units set aside for final requests and not paid; requests that are not final.
        uint256 owed;
        uint256 waiting;
    }

    /// @notice What an account has of a pool.
    struct UnderwriterView {
        uint256 shares;
        /// @dev What they are worth in units, rounded down.
        uint256 assets;
        /// @dev When an exit that is asked for now can be final, seconds.
        uint256 readyAt;
        /// @dev Fees and commissions that it can claim.
        uint256 fees;
    }

    /// @notice A request in a pool's exit queue.
    struct RequestView {
        address owner;
        uint256 shares;
        uint256 readyAt;
        bool isFinal;
        /// @dev Whether `claimExit` pays now, and how many units, or how many it would if it did.
        bool isReady;
        uint256 assets;
    }

    /// @notice A risk, and what an account has of its cover.
    struct CoverView {
        ICoverDesk.Risk risk;
        /// @dev The ledger id of its cover.
        uint256 coverId;
        /// @dev Cover that can be bought now; 0 where none is on sale.
        uint256 room;
        /// @dev The account's units, and what they pay now; 0 while the risk is not settled.
        uint256 units;
        uint256 redeemable;
        /// @dev What the account has as a referrer when there is a report.
        uint256 commission;
    }

    uint256 private constant WAD = 1e18;
    /// @dev The most assets and shares of a pool.
    uint256 private constant MAX_AMOUNT = type(uint96).max;
    uint256 private constant MAX_SHARES = type(uint112).max;
    uint256 private constant UNEARNED_BITS = 32;

    /// @notice The desk and the pools that this lens reads, and their ledger.
    ICoverDesk public immutable DESK;
    IUnderwritingPool public immutable POOLS;
    ILedger public immutable LEDGER;

    constructor(ICoverDesk desk) {
        DESK = desk;
        POOLS = desk.POOLS();
        LEDGER = desk.LEDGER();
    }

    /* POOLS */

    /// @notice The pool; all 0 of one that does not exist.
    function poolOf(UnderwritingId id) external view returns (PoolView memory result) {
        result.terms = POOLS.termsOf(id);
        if (result.terms.desk == address(0)) return result;
        result.shareId = id.shareId(address(POOLS));
        IUnderwritingPool.State memory state = POOLS.stateOf(id);
        (result.state, result.backing) = (state, POOLS.backingOf(id, 0));
        result.sharePrice = StakeMath.toAssetsDown(StakeMath.VIRTUAL_SHARES * WAD, state.assets, state.shares);
        result.free = state.assets - state.locked; // a part of them
        uint256 count;
        uint256 finalCount;
        (count, finalCount, result.owed) = POOLS.queueOf(id);
        result.waiting = count - finalCount; // the first so many of them
    }

    /// @notice What the account has of the pool.
    function underwriterOf(UnderwritingId id, address account) external view returns (UnderwriterView memory result) {
        IUnderwritingPool.State memory state = POOLS.stateOf(id);
        result.shares = LEDGER.balanceOf(account, id.shareId(address(POOLS)));
        result.assets = StakeMath.toAssetsDown(result.shares, state.assets, state.shares);
        result.readyAt = block.timestamp + POOLS.termsOf(id).cooldown;
        if (result.readyAt < state.horizon) result.readyAt = state.horizon;
        result.fees = POOLS.feesOf(id, account);
    }

    /// @notice Shares of a pool that exists for a deposit of `assets`, rounded down; 0 where it would be refused. They cost their part of
    /// what is not earned beyond all locked cover, too.
    function previewDeposit(UnderwritingId id, uint256 assets) external view returns (uint256 shares) {
        IUnderwritingPool.State memory state = POOLS.stateOf(id);
        if (assets > MAX_AMOUNT - state.assets) return 0;
        uint256 total = state.assets;
        if (state.shares != 0) total += Math.saturatingSub(state.unearnedX32 >> UNEARNED_BITS, state.locked);
        shares = StakeMath.toSharesDown(assets, total, state.shares);
        if (shares > MAX_SHARES - state.shares) return 0;
    }

    /// @notice The most that a request of `shares` is paid which is made now, rounded down: what they are worth, and their part of the
    /// premiums that are not earned yet. 0 where it would be refused.
    function previewExit(UnderwritingId id, uint256 shares) external view returns (uint256) {
        IUnderwritingPool.State memory state = POOLS.stateOf(id);
        if (shares > state.staying) return 0;
        uint256 assets = state.assets + (state.unearnedX32 >> UNEARNED_BITS);
        return Math.min(StakeMath.toAssetsDown(shares, assets, state.shares), MAX_AMOUNT);
    }

    /// @notice A request; all 0 when there is none, or it is paid. Reads every request before it that is not final.
    function requestOf(UnderwritingId id, uint256 requestId) external view returns (RequestView memory result) {
        CappedExits.Request memory request = POOLS.requestOf(id, requestId);
        if (request.owner == address(0)) return result;
        (result.owner, result.shares, result.readyAt) = (request.owner, request.shares, request.readyAt);
        (, uint256 finalCount, ) = POOLS.queueOf(id);
        result.assets = request.assets;
        result.isFinal = requestId <= finalCount;
        if (result.isFinal) {
            result.isReady = true;
            return result;
        }
        IUnderwritingPool.State memory state = POOLS.stateOf(id);
        uint256 shares;
        for (uint256 i = finalCount + 1; i <= requestId; ++i) shares += POOLS.requestOf(id, i).shares;
        uint256 leaving = StakeMath.toAssetsDown(shares, state.assets, state.shares);
        result.isReady = block.timestamp >= request.readyAt && leaving <= state.assets - state.locked;
        uint256 worth = StakeMath.toAssetsDown(request.shares, state.assets, state.shares);
        if (worth < result.assets) result.assets = worth;
    }

    /* COVER */

    /// @notice The risk, and what the account has of it; all 0 of one that does not exist.
    function coverOf(RiskId id, address account) public view returns (CoverView memory result) {
        ICoverDesk.Risk memory risk = DESK.riskOf(id);
        if (risk.state == ICoverDesk.RiskState.NONE) return result;
        (result.risk, result.coverId) = (risk, id.coverId(address(DESK)));
        try DESK.coverFor(id, 0) returns (uint256, uint256 room) {
            result.room = room;
        } catch {} // nothing is on sale
        result.units = LEDGER.balanceOf(account, result.coverId);
        if (risk.state == ICoverDesk.RiskState.SETTLED && result.units != 0) {
            result.redeemable = (risk.held * result.units) / risk.cover; // the account's units are among them
        }
        result.commission = DESK.commissionOf(id, account);
    }

    /// @notice `coverOf` of each risk.
    function coversOf(RiskId[] calldata ids, address account) external view returns (CoverView[] memory results) {
        results = new CoverView[](ids.length);
        for (uint256 i; i < ids.length; ++i) results[i] = coverOf(ids[i], account);
    }
}
