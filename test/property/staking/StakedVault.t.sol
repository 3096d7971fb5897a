// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "../../../contracts/mocks/MockERC20.sol";
import {StakedVault} from "../../../contracts/periphery/StakedVault.sol";
import {Test} from "../../helpers/solidity/Test.sol";
import {StakedVaultHandler} from "../../invariant/handlers/StakedVaultHandler.sol";

/// @dev Declared beside the tests, so that the runner knows its code when this file runs alone.
contract ArrangedVaults is StakedVaultHandler {}

/// @title StakedVaultTest
/// @notice What holds of a vault without a cooldown in whatever state it is: mid-drip, with income left by the last holder, after gifts and
/// sales; round trips never gain, previews are what is done.
contract StakedVaultTest is Test {
    uint256 private constant ACTIONS = 8;
    uint256 private constant LIMIT = 1e24;

    StakedVaultHandler private handler;
    StakedVault private vault;
    MockERC20 private token;
    address private bob;

    function setUp() public {
        handler = new ArrangedVaults();
        vault = handler.vaults(0);
        token = MockERC20(vault.asset());
        bob = makeAddr("bob");
        token.mint(bob, 2 * LIMIT);
        vm.prank(bob);
        token.approve(address(vault), type(uint256).max);
    }

    /// @dev Any few actions of others, as the campaign has them.
    function _arrange(uint256[ACTIONS] memory seeds) private {
        for (uint256 i; i < ACTIONS; ++i) {
            uint256 seed = seeds[i];
            uint256 action = seed % 7;
            if (action == 0) handler.deposit(seed >> 8, 0, seed >> 16);
            if (action == 1) handler.exit(seed >> 8, 0, seed >> 16);
            if (action == 2) handler.harvest(0);
            if (action == 3) handler.buy(0, 1);
            if (action == 4) handler.donate(0, seed >> 16);
            if (action == 5) handler.fund(0, seed >> 8, seed >> 16, seed >> 128);
            if (action == 6) handler.wait(seed >> 8);
        }
    }

    /* STV-4: PREVIEWS AND LIMITS */

    function test_STV_04_previews_areExecution(uint256[ACTIONS] memory seeds, uint256 assets, uint256 part) public {
        _arrange(seeds);
        assets = bound(assets, 1, LIMIT);
        uint256 preview = vault.previewDeposit(assets);
        if (preview == 0) return;
        vm.startPrank(bob);
        assertEq(vault.deposit(assets, bob), preview, "shares of a deposit");
        uint256 shares = bound(part, 0, vault.maxRedeem(bob));
        preview = vault.previewRedeem(shares);
        assertEq(vault.redeem(shares, bob, bob), preview, "assets of a redemption");
        assets = bound(part, 0, vault.maxWithdraw(bob));
        preview = vault.previewWithdraw(assets);
        assertEq(vault.withdraw(assets, bob, bob), preview, "shares of a withdrawal");
        shares = bound(part, 0, vault.convertToShares(LIMIT / 2));
        preview = vault.previewMint(shares);
        assertEq(vault.mint(shares, bob), preview, "assets of a mint");
        // All that can leave leaves.
        vault.withdraw(vault.maxWithdraw(bob), bob, bob);
        vault.redeem(vault.maxRedeem(bob), bob, bob);
        assertEq(vault.balanceOf(bob), 0, "shares left");
    }

    /* STV-6: ROUND TRIPS */

    function test_STV_06_depositAndLeave_neverGains(uint256[ACTIONS] memory seeds, uint256 assets, uint256 way) public {
        _arrange(seeds);
        assets = bound(assets, 1, LIMIT);
        if (vault.previewDeposit(assets) == 0) return;
        vm.startPrank(bob);
        uint256 paid = assets;
        if (way % 2 == 0) vault.deposit(assets, bob);
        else paid = vault.mint(vault.convertToShares(assets), bob);
        if ((way >> 1) % 2 == 0) vault.harvest();
        uint256 most = vault.maxWithdraw(bob);
        assertLe(most, paid, "what can be withdrawn");
        uint256 out = (way >> 2) % 2 == 0 ? vault.redeem(vault.balanceOf(bob), bob, bob) : most;
        if ((way >> 2) % 2 != 0) vault.withdraw(most, bob, bob);
        assertLe(out, paid, "assets");
    }

    function test_STV_06_leaveAndDeposit_neverGains(uint256[ACTIONS] memory seeds, uint256 assets, uint256 way) public {
        assets = bound(assets, 1, LIMIT);
        if (vault.previewDeposit(assets) == 0) return;
        vm.prank(bob);
        vault.deposit(assets, bob);
        _arrange(seeds);
        vm.startPrank(bob);
        uint256 had = vault.balanceOf(bob);
        uint256 shares = bound(way, 0, had);
        uint256 out = vault.redeem(shares, bob, bob);
        // Where next to nobody is left, what drips is the next holder's: it makes his shares dearer, never cheaper.
        if (vault.previewDeposit(out) == 0) return;
        if (way % 2 == 0) vault.deposit(out, bob);
        else vault.mint(vault.convertToShares(out), bob);
        assertLe(vault.balanceOf(bob), had, "shares");
    }
}
