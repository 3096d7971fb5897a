// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakingCore} from "../../contracts/interfaces/IStakingCore.sol";
import {StakedVault} from "../../contracts/periphery/StakedVault.sol";
import {StakePool} from "../../contracts/types/StakePool.sol";
import {Test} from "../helpers/solidity/Test.sol";
import {StakedVaultHandler} from "./handlers/StakedVaultHandler.sol";

/// @dev Declared beside the tests, so that the runner knows its code when this file runs alone.
contract StakedVaults is StakedVaultHandler {}

/// @title StakedVaultInvariants
/// @notice STV-1 to STV-9 of docs/invariants.md after any sequence of actions.
/// @dev The runner makes runs of its own for each function, so some share one.
contract StakedVaultInvariants is Test {
    uint256 private constant ACTORS = 3;

    StakedVaultHandler private handler;
    bytes4[] private actions;

    function setUp() public {
        handler = new StakedVaults();
        actions = [
            handler.deposit.selector,
            handler.mint.selector,
            handler.exit.selector,
            handler.claim.selector,
            handler.harvest.selector,
            handler.buy.selector,
            handler.sandwich.selector,
            handler.donate.selector,
            handler.slash.selector,
            handler.fund.selector,
            handler.wait.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: actions}));
    }

    /// @dev No action is dead: each succeeds in a fixed scenario, and the invariants hold at its end.
    function test_everyActionSucceeds() public {
        for (uint256 round; round < 40; ++round) {
            for (uint256 i; i < actions.length; ++i) {
                uint256 a = uint256(keccak256(abi.encode(round, i)));
                bytes memory seeds = abi.encode(a >> 8, a >> 16, a >> 32, a >> 64);
                (bool ok, ) = address(handler).call(bytes.concat(actions[i], seeds));
                assertTrue(ok, "the handler's own code");
            }
        }
        for (uint256 i; i < actions.length; ++i) {
            assertTrue(handler.succeeded(actions[i]) != 0, "an action is dead");
        }
        invariant_STV_01_recordsAreCovered();
        invariant_STV_02_STV_03_STV_04_sharesKeepTheirWorth();
        invariant_STV_05_STV_08_exitsAreOfWhatCame();
        invariant_STV_06_STV_07_STV_09_nobodyGains();
    }

    /// @dev All that is recorded is there: stake in the core, lots in the ledger.
    function invariant_STV_01_recordsAreCovered() public view {
        IStakingCore core = handler.core();
        for (uint256 v; v < handler.VAULTS(); ++v) {
            StakedVault vault = handler.vaults(v);
            StakePool memory pool = handler.poolOf(v);
            (uint256 stake, uint256 dripping, ) = vault.stakeOf();
            assertTrue(core.positionOf(vault.POOL(), address(vault)).shares >= stake, "stake");
            assertTrue(dripping <= stake, "what drips");
            for (uint256 stream; stream < 2; ++stream) {
                uint256 reward = stream == 0 ? pool.reward0 : pool.reward1;
                if (reward == 0 || reward == pool.stakeAsset) continue;
                uint256 lot = vault.auctionOf(stream).lot;
                assertEq(lot, handler.harvested(v, stream) - handler.sold(v, stream), "lot");
                assertTrue(handler.balanceIn(v, reward) >= lot, "rewards of the vault");
            }
        }
    }

    function invariant_STV_02_STV_03_STV_04_sharesKeepTheirWorth() public view {
        _assertNone(2, "a share's part of the stake fell");
        _assertNone(3, "a share's worth fell without a slash");
        _assertNone(4, "a preview or a limit was not exact");
    }

    /// @dev What was paid and can be is no more than what came.
    function invariant_STV_05_STV_08_exitsAreOfWhatCame() public view {
        for (uint256 v; v < handler.VAULTS(); ++v) {
            StakedVault vault = handler.vaults(v);
            uint256 due = vault.totalAssets();
            for (uint256 i; i < ACTORS; ++i) {
                if (vault.supportsInterface(0x620ee8e4)) due += vault.maxWithdraw(handler.actors(i));
            }
            assertTrue(handler.paid(v) + due <= handler.came(v), "paid and due, of what came");
        }
        _assertNone(8, "a request was not as it must be");
    }

    function invariant_STV_06_STV_07_STV_09_nobodyGains() public view {
        _assertNone(6, "somebody earned within a block");
        _assertNone(7, "a gift moved a price");
        _assertNone(9, "an auction was not as it must be");
    }

    function _assertNone(uint256 number, string memory label) private view {
        assertEq(handler.violations(number), 0, label);
    }
}
