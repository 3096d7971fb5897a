// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "../helpers/solidity/Test.sol";
import {StakingHandler} from "./handlers/StakingHandler.sol";
import {StakingJudge} from "./handlers/StakingJudge.sol";

/// @dev Declared beside the tests, so that the runner knows its code when this file runs alone.
contract Staking is StakingHandler {}

/// @title StakingInvariants
/// @notice The staking invariants of docs/invariants.md that speak of sequences of actions.
/// @dev The runner makes runs of its own for each function, so those that the handler counts share a few.
contract StakingInvariants is Test {
    uint256 private constant POOLS = 3;
    uint256 private constant SLASHED = 1;
    uint256 private constant LOCKED = 2;

    StakingHandler private handler;
    bytes4[] private actions;

    function setUp() public {
        handler = new Staking();
        actions = [
            handler.stake.selector,
            handler.unstake.selector,
            handler.claimUnstaked.selector,
            handler.finalise.selector,
            handler.claim.selector,
            handler.lock.selector,
            handler.kick.selector,
            handler.receipts.selector,
            handler.pledges.selector,
            handler.fund.selector,
            handler.slash.selector,
            handler.move.selector,
            handler.poke.selector,
            handler.flash.selector,
            handler.settle.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: actions}));
    }

    /// @dev No action is dead: each succeeds in a fixed scenario, and the invariants hold at its end.
    function test_everyActionSucceeds() public {
        for (uint256 round; round < 300; ++round) {
            uint256 seed = uint256(keccak256(abi.encode(round)));
            (uint256 other, uint256 third) = (uint256(keccak256(abi.encode(seed))), seed >> 64);
            (uint256 actor, uint256 m) = (seed >> 16, seed >> 24);
            uint256 action = round % 15;
            if (action == 0) handler.stake(actor, third, m, other);
            if (action == 1) handler.unstake(actor, m, other);
            if (action == 2) for (uint256 i; i < 8; ++i) handler.claimUnstaked(actor, other >> i);
            if (action == 3) handler.finalise(actor, other);
            if (action == 4) handler.claim(actor, m, other);
            if (action == 5) handler.lock(actor, other);
            if (action == 6) for (uint256 i; i < 3; ++i) handler.kick(actor, i);
            if (action == 7) handler.receipts(actor, m, third, other);
            if (action == 8) handler.pledges(actor, m, third, other);
            if (action == 9) handler.fund(m, third, other, seed);
            if (action == 10) handler.slash(third, other);
            if (action == 11) handler.move(other);
            if (action == 12) handler.poke(m, other);
            if (action == 13) handler.flash(actor, m, other);
            if (action == 14) handler.settle(m, other);
        }
        invariant_STK_01_STK_04_positionsAreTotals();
        invariant_STK_02_streamsLoseNothing();
        invariant_STK_03_STK_09_STK_11_STK_12_rewardsAreTime();
        invariant_STK_05_STK_06_booksHoldWhatIsOwed();
        invariant_STK_07_STK_08_slashes();
        invariant_STK_10_STK_13_STK_14_nobodyElse();
        for (uint256 i; i < actions.length; ++i) {
            assertGt(handler.succeeded(actions[i]), 0, string(abi.encodePacked("successes of action ", 65 + i)));
        }
    }

    function invariant_STK_01_STK_04_positionsAreTotals() public view {
        for (uint256 m; m < POOLS; ++m) {
            StakingJudge.Snap memory snap = handler.snapOf(m);
            (uint256 shares, uint256 weight) = (snap.pending, 0);
            for (uint256 i; i < 3; ++i) {
                StakingJudge.Holder memory holder = snap.holders[i];
                (shares, weight) = (shares + holder.shares, weight + holder.weight);
                if (m == LOCKED) {
                    assertLe(holder.extra, 2 * holder.shares, "STK-1: weight that a lock adds");
                    assertTrue(holder.lockEnd != 0 || holder.extra == 0, "STK-1: weight without a lock");
                    continue;
                }
                assertEq(holder.extra, holder.receipts + holder.pledged, "STK-4: shares that are not free");
                assertLe(holder.extra, holder.shares, "STK-4: receipts and pledges against shares");
            }
            assertEq(snap.shares, shares, "STK-1: shares against positions and queue");
            assertEq(snap.weight, weight, "STK-1: weight against positions");
            (uint256 supply, uint256 held) = handler.receiptsOf(m);
            assertEq(supply, held, "STK-4: receipts against holders");
        }
        assertEq(handler.violations(1), 0, "STK-1: locks of another weight, and kicks of more than it");
        assertEq(handler.violations(4), 0, "STK-4: receipts and pledges that did not move as they should");
    }

    /// @dev To the unit: what is not paid is claimable, flows later, or is what so many roundings of 2^-12 leave.
    function invariant_STK_02_streamsLoseNothing() public view {
        for (uint256 m; m < POOLS; ++m) {
            StakingJudge.Snap memory snap = handler.snapOf(m);
            for (uint256 s; s < 2; ++s) {
                if (s == 1 && m != 0) continue;
                (uint256 kept, uint256 held, uint256 total) = handler.streamOf(m, s);
                assertEq(total, handler.funded(m, s), "STK-2: rewards funded");
                assertEq(held + handler.paid(m, s), total, "STK-2: rewards of the book and paid");
                uint256 owed = kept;
                for (uint256 i; i < 3; ++i) owed += snap.holders[i].claimable[s] << 68;
                assertLe(owed, held << 80, "STK-2: rewards claimable and to come against the book");
                uint256 dust = (2 * handler.rounds() + 4) << 68;
                assertLe(held << 80, owed + dust, "STK-2: rewards of the book that nobody gets");
            }
        }
        assertEq(handler.violations(2), 0, "STK-2: actions that changed what has not flowed");
    }

    function invariant_STK_03_STK_09_STK_11_STK_12_rewardsAreTime() public view {
        assertEq(handler.violations(3), 0, "STK-3: indices that fell, or moved without time");
        assertEq(handler.violations(9), 0, "STK-9: actions that changed what was counted");
        assertEq(handler.violations(11), 0, "STK-11: rewards of who was not staked");
        assertEq(handler.violations(12), 0, "STK-12: rewards that depended on who looked");
    }

    function invariant_STK_05_STK_06_booksHoldWhatIsOwed() public view {
        for (uint256 m; m < POOLS; ++m) {
            StakingJudge.Snap memory snap = handler.snapOf(m);
            assertEq(snap.assets + snap.owed, handler.staked(m), "STK-5: stake of the book against what came and went");
            (uint256 waiting, uint256 setAside) = handler.queueOf(m);
            assertEq(waiting, snap.pending, "STK-6: shares that wait against requests");
            assertEq(setAside, snap.owed, "STK-6: units set aside against requests");
            if (m != SLASHED) continue; // a share is a unit
            uint256 worth = (snap.pending * (snap.assets + 1)) / (snap.shares + 1000);
            for (uint256 i; i < 3; ++i) worth += (snap.holders[i].shares * (snap.assets + 1)) / (snap.shares + 1000);
            assertLe(worth, snap.assets, "STK-5: worth of positions and queue against stake");
        }
        assertEq(handler.violations(5), 0, "STK-5: payments of another amount");
        assertEq(handler.violations(6), 0, "STK-6: exits out of order, more than once, or refused");
    }

    function invariant_STK_07_STK_08_slashes() public view {
        assertEq(handler.violations(7), 0, "STK-7: falls of a share beyond what may be slashed");
        assertEq(handler.violations(8), 0, "STK-8: queued shares that a slash passed over");
    }

    function invariant_STK_10_STK_13_STK_14_nobodyElse() public view {
        assertEq(handler.violations(10), 0, "STK-10: positions that others made worse");
        assertEq(handler.violations(13), 0, "STK-13: free shares that could not leave, and locks that did");
        assertEq(handler.violations(14), 0, "STK-14: sections unlike the calls of wallets");
    }
}
