// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRwaCore} from "../../contracts/interfaces/IRwaCore.sol";
import {Test} from "../helpers/solidity/Test.sol";
import {RwaHandler} from "./handlers/RwaHandler.sol";

/// @dev Declared beside the tests, so that the runner knows its code when this file runs alone.
contract Rwa is RwaHandler {}

/// @title RwaInvariants
/// @notice The invariants of regulated assets in docs/invariants.md that speak of sequences of actions.
contract RwaInvariants is Test {
    uint256 private constant ASSETS = 2;
    uint256 private constant ACTIONS = 21;

    RwaHandler private handler;
    bytes4[] private actions;

    function setUp() public {
        handler = new Rwa();
        actions = [
            handler.pass.selector,
            handler.distribute.selector,
            handler.claim.selector,
            handler.move.selector,
            handler.moveByFacade.selector,
            handler.moveInBatch.selector,
            handler.swapInBatch.selector,
            handler.swap.selector,
            handler.provide.selector,
            handler.leave.selector,
            handler.passThrough.selector,
            handler.supply.selector,
            handler.freeze.selector,
            handler.admit.selector,
            handler.force.selector,
            handler.recover.selector,
            handler.pledge.selector,
            handler.release.selector,
            handler.seize.selector,
            handler.movePledge.selector,
            handler.pass.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: actions}));
    }

    /// @dev No action is dead: each succeeds in a fixed scenario, and the invariants hold at its end.
    function test_everyActionSucceeds() public {
        for (uint256 round; round < 420; ++round) {
            uint256 seed = uint256(keccak256(abi.encode(round)));
            _act(round % ACTIONS, seed, seed >> 64, seed >> 128, seed >> 192);
        }
        _checkAll();
        for (uint256 i; i < actions.length; ++i) {
            assertGt(handler.succeeded(actions[i]), 0, string(abi.encodePacked("successes of action ", 65 + i)));
        }
    }

    function invariant_RWA_01_RWA_05_unitsAreTheSupply() public view {
        IRwaCore core = handler.coreOf();
        for (uint256 a; a < ASSETS; ++a) {
            (uint256 held, uint256 pooled) = handler.unitsOf(a);
            uint256 supply = core.assetOf(handler.ids(a)).supply;
            assertEq(held + pooled, supply, "units");
            assertLe(supply, core.assetOf(handler.ids(a)).cap, "supply");
            assertEq(core.incomeStateOf(handler.ids(a)).weight, supply - pooled, "weight");
        }
    }

    function invariant_RWA_02_whatIsHeldDoesNotMove() public view {
        IRwaCore core = handler.coreOf();
        (uint256 id, address lender) = (handler.ids(0), handler.lender());
        uint256 total;
        uint256 pledges;
        for (uint256 i; i < handler.ACTORS(); ++i) {
            address account = handler.actors(i);
            uint256 pledged = core.pledgedTotal(account, id);
            uint256 balance = handler.ledgerOf().balanceOf(account, id);
            assertLe(pledged, balance, "pledged units");
            uint256 kept = pledged + core.getFrozenTokens(account, id);
            uint256 movable = core.isFrozen(id, account) || balance < kept ? 0 : balance - kept;
            assertEq(core.movableOf(account, id), movable, "movable units");
            total += pledged;
            pledges += core.pledgedOf(account, id, lender);
        }
        assertEq(total, pledges, "pledges");
    }

    function invariant_RWA_03_RWA_04_RWA_08_RWA_11_answersComeTrue() public view {
        for (uint256 kind; kind < 7; ++kind) {
            assertEq(handler.wrong(kind), 0, string(abi.encodePacked("wrong answers of kind ", 48 + kind)));
        }
    }

    function invariant_RWA_06_incomeIsTime() public view {
        for (uint256 a; a < ASSETS; ++a) {
            for (uint256 i; i < handler.ACTORS(); ++i) {
                (uint256 should, uint256 can) = handler.incomeOf(a, handler.actors(i));
                assertLe(can, should + 1, "income, at most");
                assertLe(should, can + 3, "income, at least");
            }
            (uint256 owed, uint256 had) = handler.incomeOf(a, address(handler.rogue()));
            assertLe(had, owed + 1, "income of an unlisted protocol, at most");
            assertLe(owed, had + 3, "income of an unlisted protocol, at least");
        }
    }

    function invariant_RWA_07_incomeIsThere() public view {
        IRwaCore core = handler.coreOf();
        for (uint256 a; a < ASSETS; ++a) {
            uint256 id = handler.ids(a);
            uint256 book = handler.bookOf(a);
            assertEq(book + handler.paidInAll(a), handler.funded(a), "book");
            uint256 owed = core.incomeOf(id, address(handler.rogue()));
            for (uint256 i; i < handler.ACTORS(); ++i) owed += core.incomeOf(id, handler.actors(i));
            assertLe(owed, book, "income owed");
        }
    }

    function invariant_RWA_09_holdersAreCounted() public view {
        IRwaCore core = handler.coreOf();
        uint256 id = handler.ids(1);
        uint256 holders = handler.ledgerOf().balanceOf(address(handler.rogue()), id) == 0 ? 0 : 1;
        for (uint256 i; i < handler.ACTORS(); ++i) {
            if (handler.ledgerOf().balanceOf(handler.actors(i), id) != 0) holders += 1;
        }
        assertEq(core.assetOf(id).holders, holders, "holders");
    }

    function _checkAll() private view {
        invariant_RWA_01_RWA_05_unitsAreTheSupply();
        invariant_RWA_02_whatIsHeldDoesNotMove();
        invariant_RWA_03_RWA_04_RWA_08_RWA_11_answersComeTrue();
        invariant_RWA_06_incomeIsTime();
        invariant_RWA_07_incomeIsThere();
        invariant_RWA_09_holdersAreCounted();
    }

    function _act(uint256 action, uint256 a, uint256 b, uint256 c, uint256 d) private {
        bytes memory data;
        if (action == 0 || action == 20) data = abi.encodeCall(handler.pass, (a));
        if (action == 1) data = abi.encodeCall(handler.distribute, (a, b, c));
        if (action == 2) data = abi.encodeCall(handler.claim, (a, b));
        if (action == 3) data = abi.encodeCall(handler.move, (a, b, c, d));
        if (action == 4) data = abi.encodeCall(handler.moveByFacade, (a, b, c));
        if (action == 5) data = abi.encodeCall(handler.moveInBatch, (a));
        if (action == 6) data = abi.encodeCall(handler.swapInBatch, (a));
        if (action == 7) data = abi.encodeCall(handler.swap, (a, b, c % 2 == 0));
        if (action == 8) data = abi.encodeCall(handler.provide, (a, b));
        if (action == 9) data = abi.encodeCall(handler.leave, (a, b, c % 2 == 0));
        if (action == 10) data = abi.encodeCall(handler.passThrough, (a, b, c));
        if (action == 11) data = abi.encodeCall(handler.supply, (a, b, c, d % 2 == 0));
        if (action == 12) data = abi.encodeCall(handler.freeze, (a, b, c, d));
        if (action == 13) data = abi.encodeCall(handler.admit, (a, b));
        if (action == 14) data = abi.encodeCall(handler.force, (a, b, c, d));
        if (action == 15) data = abi.encodeCall(handler.recover, (a, b, c));
        if (action == 16) data = abi.encodeCall(handler.pledge, (a, b));
        if (action == 17) data = abi.encodeCall(handler.release, (a, b));
        if (action == 18) data = abi.encodeCall(handler.seize, (a, b, c));
        if (action == 19) data = abi.encodeCall(handler.movePledge, (a, b));
        (bool ok, ) = address(handler).call(data);
        if (!ok) return;
    }
}
