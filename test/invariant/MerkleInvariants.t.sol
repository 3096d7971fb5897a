// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMerkleDistributor} from "../../contracts/interfaces/IMerkleDistributor.sol";
import {Test} from "../helpers/solidity/Test.sol";
import {MerkleHandler} from "./handlers/MerkleHandler.sol";

/// @dev Declared beside the tests, so that the runner knows its code when this file runs alone.
contract Distributions is MerkleHandler {}

/// @title MerkleInvariants
/// @notice MRK-1 to MRK-7 of docs/invariants.md after any sequence of actions.
/// @dev The runner makes runs of its own for each function, so some share one.
contract MerkleInvariants is Test {
    MerkleHandler private handler;
    bytes4[] private actions;

    function setUp() public {
        handler = new Distributions();
        actions = [
            handler.fund.selector,
            handler.donate.selector,
            handler.wait.selector,
            handler.submit.selector,
            handler.withdraw.selector,
            handler.dispute.selector,
            handler.resolve.selector,
            handler.expire.selector,
            handler.claim.selector,
            handler.claimTo.selector,
            handler.claimMany.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: actions}));
    }

    /// @dev No action is dead: each succeeds in a fixed scenario, and the invariants hold at its end.
    function test_everyActionSucceeds() public {
        for (uint256 round; round < 60; ++round) {
            for (uint256 i; i < actions.length; ++i) {
                uint256 a = uint256(keccak256(abi.encode(round, i)));
                if (i == 6) handler.resolve(a, a % 2 == 0);
                else if (i == 8) handler.claim(a, a >> 8, a >> 16, a >> 24, a % 4 == 0);
                else if (i == 9) _claimAll(round);
                else {
                    bytes memory seeds = abi.encode(a, a >> 16, a >> 32);
                    (bool ok, ) = address(handler).call(bytes.concat(actions[i], seeds));
                    assertTrue(ok, "the handler's own code");
                }
            }
            invariant_MRK_01_MRK_03_MRK_06_fundsAreAccountedFor();
        }
        // A dispute that the arbiter lets pass.
        handler.resolve(0, true);
        handler.submit(0, 1);
        handler.dispute(2, 0);
        for (uint256 i; i < 4; ++i) handler.wait(2 days - 1);
        handler.expire(3, 0);
        invariant_MRK_01_MRK_03_MRK_06_fundsAreAccountedFor();
        invariant_MRK_02_MRK_04_MRK_05_MRK_07_onlyCurrentRootsPay();
        for (uint256 i; i < actions.length; ++i) {
            assertGt(handler.succeeded(actions[i]), 0, string(abi.encodePacked("successes of action ", 65 + i)));
        }
    }

    /// @dev Half the time everybody claims for himself, or Bob for Ann.
    function _claimAll(uint256 round) private {
        for (uint256 i; i < 12 && round % 2 == 0; ++i)
            handler.claimTo((round / 2) % 2 == 0 ? i : 3, i, i / 4, i + 1, false);
    }

    function invariant_MRK_01_MRK_03_MRK_06_fundsAreAccountedFor() public view {
        for (uint256 d; d < handler.DISTRIBUTIONS(); ++d) {
            MerkleHandler.Model memory m = handler.modelAt(d);
            IMerkleDistributor.Distribution memory found = handler.distributor().distributionOf(handler.ids(d));
            assertEq(found.funded, m.funded, "MRK-1: funded");
            assertEq(found.reserve, m.funded - m.claimed, "MRK-1: reserve against funded less claimed");
            for (uint256 i; i < handler.ACTORS(); ++i) {
                uint256 claimed = handler.distributor().claimedOf(handler.ids(d), handler.actors(i));
                assertEq(claimed, m.paid[i], "MRK-3: claimed against paid");
            }
            _assertAsset(handler.assets(d));
        }
        assertEq(handler.violations(1) + handler.violations(3), 0, "MRK-3: claims of another amount than is due");
        assertEq(handler.violations(6), 0, "MRK-6: disputes in another state, or at another time");
    }

    /// @dev Bonds are in the distributor's balance and in nobody's reserve; whoever has one back has it whole.
    function _assertAsset(uint256 asset) private view {
        uint256 owed = handler.donated(asset);
        for (uint256 d; d < handler.DISTRIBUTIONS(); ++d) {
            if (handler.assets(d) != asset) continue;
            MerkleHandler.Model memory m = handler.modelAt(d);
            owed += m.funded - m.claimed;
            if (m.disputer != 0) owed += m.bond;
        }
        uint256 held = handler.distributor().LEDGER().balanceOf(address(handler.distributor()), asset);
        assertEq(held, owed, "MRK-1: ledger balance against reserves, bonds and donations");
        for (uint256 i; i < handler.ACTORS(); ++i) {
            uint256 balance = handler.distributor().LEDGER().balanceOf(handler.actors(i), asset);
            assertEq(balance, handler.balanceOf(asset, i), "MRK-6: balances of accounts");
        }
    }

    function invariant_MRK_02_MRK_04_MRK_05_MRK_07_onlyCurrentRootsPay() public view {
        for (uint256 d; d < handler.DISTRIBUTIONS(); ++d) {
            (bytes32 root, ) = handler.distributor().rootOf(handler.ids(d));
            assertEq(root, handler.currentRoot(d), "MRK-4: the current root");
        }
        assertEq(handler.violations(2), 0, "MRK-2: claims that no current root proves, or refused ones that it does");
        assertEq(handler.violations(5), 0, "MRK-5: disputed roots replaced, or others not");
        assertEq(handler.violations(7), 0, "MRK-7: payouts directed by strangers");
    }
}
