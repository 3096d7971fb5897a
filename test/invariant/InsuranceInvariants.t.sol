// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IUnderwritingPool} from "../../contracts/interfaces/IUnderwritingPool.sol";
import {Test} from "../helpers/solidity/Test.sol";
import {InsuranceHandler} from "./handlers/InsuranceHandler.sol";

/// @dev Declared beside the tests, so that the runner knows its code when this file runs alone.
contract Insurance is InsuranceHandler {}

/// @title InsuranceInvariants
/// @notice The insurance invariants of docs/invariants.md that speak of sequences of actions.
contract InsuranceInvariants is Test {
    InsuranceHandler private handler;
    bytes4[] private actions;

    function setUp() public {
        handler = new Insurance();
        actions = [
            handler.deposit.selector,
            handler.requestExit.selector,
            handler.claimExit.selector,
            handler.finaliseExits.selector,
            handler.claimFees.selector,
            handler.creditCommission.selector,
            handler.openRisk.selector,
            handler.buy.selector,
            handler.report.selector,
            handler.voidRisk.selector,
            handler.settle.selector,
            handler.redeem.selector,
            handler.settleHolders.selector,
            handler.move.selector,
            handler.pass.selector,
            handler.settleBuys.selector,
            handler.settleRedemptions.selector,
            handler.settleCapital.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: actions}));
    }

    /// @dev No action is dead: each succeeds in a fixed scenario, and the invariants hold at its end.
    function test_everyActionSucceeds() public {
        for (uint256 round; round < 400; ++round) {
            uint256 seed = uint256(keccak256(abi.encode(round)));
            (uint256 next, uint256 actor, uint256 third) = (
                uint256(keccak256(abi.encode(seed))),
                seed >> 16,
                seed >> 64
            );
            uint256 action = round % 20;
            if (action == 0) handler.deposit(actor, next);
            if (action == 1) handler.requestExit(actor, next);
            if (action == 2) for (uint256 i; i < 8; ++i) handler.claimExit(actor, next >> i);
            if (action == 3) for (uint256 i; i < 8; ++i) handler.finaliseExits(actor, next >> i);
            if (action == 4) handler.claimFees(next);
            if (action == 4 || action == 9) for (uint256 i; i < 24; ++i) handler.creditCommission(i, next >> i);
            if (action == 5) handler.openRisk(seed, next);
            if (action == 6 || action == 17) for (uint256 i; i < 8; ++i) handler.buy(actor, third + i, next, seed);
            if (action == 7 || action == 18) for (uint256 i; i < 8; ++i) handler.report(third + i, next >> i);
            if (action == 8) for (uint256 i; i < 8; ++i) handler.voidRisk(third + i);
            if (action == 9) for (uint256 i; i < 4; ++i) handler.settle(third + i);
            if (action == 10) for (uint256 i; i < 24; ++i) handler.redeem(actor, i, next);
            if (action == 11) for (uint256 i; i < 24; ++i) handler.settleHolders(i, (next >> i) % 2 == 0);
            if (action == 12) for (uint256 i; i < 8; ++i) handler.move(actor, third, i, next);
            if (action == 13 || action == 19) handler.pass(next % 2 days);
            if (action == 14) for (uint256 i; i < 24; ++i) handler.settleBuys(i, next, seed);
            if (action == 15) for (uint256 i; i < 24; ++i) handler.settleRedemptions(i, next, seed);
            if (action == 16) handler.settleCapital(next, seed, third);
        }
        invariant_INS_01_INS_02_lockedIsBacked();
        invariant_INS_03_INS_12_coverIsPaidOnce();
        invariant_INS_05_premiumsAreTime();
        invariant_INS_06_booksHoldWhatIsOwed();
        invariant_INS_04_INS_07_INS_08_INS_09_INS_10_INS_13_INS_14_INS_17_actions();
        for (uint256 i; i < actions.length; ++i) {
            assertGt(handler.succeeded(actions[i]), 0, string(abi.encodePacked("successes of action ", 65 + i)));
        }
    }

    function invariant_INS_01_INS_02_lockedIsBacked() public view {
        (uint256 locked, uint256 expected) = handler.lockedOf();
        assertEq(locked, expected, "INS-1: locked against open risks and what comes back");
        for (uint256 i = 1; i < 3; ++i) {
            (uint256 exposure, uint256 cover) = handler.exposureOf(bytes32(i));
            assertEq(exposure, cover, "INS-1: exposure to an event against its risks");
        }
        assertLe(locked, handler.stateOf().assets, "INS-2: locked against assets");
        assertEq(handler.violations(2), 0, "INS-2: sales beyond a limit, and refused ones within");
    }

    function invariant_INS_03_INS_12_coverIsPaidOnce() public view {
        uint256 count = handler.countOf();
        for (uint256 r; r < count; ++r) {
            (uint256 cover, uint256 units, uint256 book, uint256 held, uint256 paid, uint256 owed) = handler.riskOf(r);
            assertEq(cover, units, "INS-3: cover against holders");
            assertEq(book, held, "INS-3: book of a risk");
            assertEq(paid, owed, "INS-12: paid against what was owed and is not any more");
        }
        assertEq(handler.violations(3), 0, "INS-3: purchases and settlements of another amount");
        assertEq(handler.violations(12), 0, "INS-12: units that paid another amount, or more than once");
    }

    function invariant_INS_05_premiumsAreTime() public view {
        (uint256 told, uint256 flowing) = handler.unearnedOf();
        assertEq(told, flowing, "INS-5: premiums that are not earned");
    }

    function invariant_INS_06_booksHoldWhatIsOwed() public view {
        (uint256 left, uint256 right, uint256 all, uint256 moved) = handler.booksOf();
        assertEq(left, right, "INS-6: book of the pool and premiums with risks against what is owed");
        assertEq(all, moved, "INS-6: all books against what came and went");
        (uint256 waiting, uint256 requested, uint256 owed, uint256 setAside) = handler.queueOf();
        assertEq(waiting, requested, "INS-6: shares that wait against shares that do not stay");
        assertEq(owed, setAside, "INS-6: final requests against what is set aside");
        IUnderwritingPool.State memory state = handler.stateOf();
        assertLe(state.staying, state.shares, "INS-6: shares that stay");
        assertEq(handler.violations(6), 0, "INS-6: exits and fees of another amount, or more than once");
    }

    function invariant_INS_04_INS_07_INS_08_INS_09_INS_10_INS_13_INS_14_INS_17_actions() public view {
        assertEq(handler.violations(4), 0, "INS-4: outcomes of another ratio, or more than once");
        assertEq(handler.violations(7), 0, "INS-7: cover sold after the cutoff");
        assertEq(
            handler.violations(8),
            0,
            "INS-8: falls of a share without a loss, jumps by an exit, and exits that passed a loss over"
        );
        assertEq(handler.violations(9), 0, "INS-9: exits too early, too late, or refused");
        assertEq(handler.violations(10), 0, "INS-10: outcomes out of their time, and risks without an end");
        assertEq(handler.violations(13), 0, "INS-13: cover taken without its holder's word");
        assertEq(handler.violations(14), 0, "INS-14: sections unlike the calls of wallets");
        assertEq(handler.violations(17), 0, "INS-17: voids that take out of the price what exits left");
    }
}
