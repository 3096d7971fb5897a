// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {MockRateModel} from "../../../contracts/mocks/MockRateModel.sol";
import {VaultFixture} from "../../helpers/solidity/VaultFixture.sol";

/// @title LendingVaultTest
/// @notice What holds of a vault in whatever state its markets are: with interest, a fee, idle assets, a loss, a failing rate model.
contract LendingVaultTest is VaultFixture {
    /// @dev What makes a state, chosen by the fuzzer.
    struct Seeds {
        uint256 first;
        uint256 second;
        uint256[MARKETS] borrowed;
        uint256 idle;
        uint256 time;
        uint256 fee;
        uint8 events;
    }

    /// @dev What a supply and a withdrawal may each lose in one market: a unit, as its shares round down.
    uint256 private constant DUST = MARKETS;

    address private alice;
    address private bob;
    address private borrower;
    address private recipient;

    function setUp() public {
        _deployVault();
        alice = makeAddr("alice");
        bob = makeAddr("bob");
        borrower = makeAddr("borrower");
        recipient = makeAddr("recipient");
        vault.setFeeRecipient(recipient);
        _give(alice, 0);
        _give(bob, 0);
    }

    /* VLT-1: PREVIEWS */

    function test_VLT_01_previewDeposit_isExecution(Seeds memory seeds, uint256 assets) public {
        _arrange(seeds);
        assets = bound(assets, 0, vault.maxDeposit(alice));
        _give(alice, assets);
        uint256 preview = vault.previewDeposit(assets);
        vm.prank(alice);
        assertEq(vault.deposit(assets, alice), preview, "shares");
    }

    function test_VLT_01_previewMint_isExecution(Seeds memory seeds, uint256 shares) public {
        _arrange(seeds);
        shares = bound(shares, 0, vault.maxMint(alice));
        uint256 preview = vault.previewMint(shares);
        _give(alice, preview);
        vm.prank(alice);
        assertEq(vault.mint(shares, alice), preview, "assets");
    }

    function test_VLT_01_previewWithdraw_isExecution(Seeds memory seeds, uint256 assets) public {
        _arrange(seeds);
        assets = bound(assets, 0, vault.maxWithdraw(alice));
        uint256 preview = vault.previewWithdraw(assets);
        vm.prank(alice);
        assertEq(vault.withdraw(assets, bob, alice), preview, "shares");
        assertEq(token.balanceOf(bob), assets, "tokens of the receiver");
    }

    function test_VLT_01_previewRedeem_isExecution(Seeds memory seeds, uint256 shares) public {
        _arrange(seeds);
        shares = bound(shares, 0, vault.maxRedeem(alice));
        uint256 preview = vault.previewRedeem(shares);
        vm.prank(alice);
        assertEq(vault.redeem(shares, bob, alice), preview, "assets");
        assertEq(token.balanceOf(bob), preview, "tokens of the receiver");
    }

    /* VLT-2: ROUND TRIPS; in first, they hold to the unit */

    function test_VLT_02_depositRedeem_neverGains(Seeds memory seeds, uint256 assets) public {
        assets = _enter(seeds, assets);
        vm.startPrank(bob);
        assertLe(vault.redeem(_redeemable(vault.deposit(assets, bob)), bob, bob), assets, "assets");
    }

    function test_VLT_02_depositWithdraw_neverGains(Seeds memory seeds, uint256 assets) public {
        assets = _enter(seeds, assets);
        vm.startPrank(bob);
        uint256 shares = vault.deposit(assets, bob);
        if (vault.maxWithdraw(bob) < assets) return;
        assertGe(vault.withdraw(assets, bob, bob), shares, "shares");
    }

    function test_VLT_02_mintRedeem_neverGains(Seeds memory seeds, uint256 assets) public {
        uint256 shares = _enterShares(seeds, assets);
        vm.startPrank(bob);
        uint256 paid = vault.mint(shares, bob);
        assertLe(vault.redeem(_redeemable(shares), bob, bob), paid, "assets");
    }

    function test_VLT_02_mintWithdraw_neverGains(Seeds memory seeds, uint256 assets) public {
        uint256 shares = _enterShares(seeds, assets);
        vm.startPrank(bob);
        uint256 paid = vault.mint(shares, bob);
        if (vault.maxWithdraw(bob) < paid) return;
        assertGe(vault.withdraw(paid, bob, bob), shares, "shares");
    }

    /* VLT-2: out first, they hold to the unit where no market kept a unit, and what one has is never worth more */

    function test_VLT_02_redeemDeposit_neverGains(Seeds memory seeds, uint256 shares) public {
        (uint256 worth, uint256 total) = _leave(seeds);
        shares = bound(shares, 0, vault.maxRedeem(bob));
        vm.startPrank(bob);
        uint256 assets = vault.redeem(shares, bob, bob);
        bool isExact = vault.totalAssets() == total - assets;
        if (vault.maxDeposit(bob) < assets) return;
        uint256 back = vault.deposit(assets, bob);
        if (isExact) assertLe(back, shares, "shares");
        assertLe(_worthOf(bob), worth, "worth");
    }

    function test_VLT_02_redeemMint_neverGains(Seeds memory seeds, uint256 shares) public {
        (uint256 worth, uint256 total) = _leave(seeds);
        shares = bound(shares, 0, vault.maxRedeem(bob));
        vm.startPrank(bob);
        uint256 assets = vault.redeem(shares, bob, bob);
        bool isExact = vault.totalAssets() == total - assets;
        token.mint(bob, DUST);
        if (vault.maxMint(bob) < shares || vault.previewMint(shares) > token.balanceOf(bob)) return;
        uint256 paid = vault.mint(shares, bob);
        if (isExact) assertGe(paid, assets, "assets");
        assertLe(_worthOf(bob), worth + DUST, "worth");
    }

    function test_VLT_02_withdrawMint_neverGains(Seeds memory seeds, uint256 assets) public {
        (uint256 worth, uint256 total) = _leave(seeds);
        assets = bound(assets, 0, vault.maxWithdraw(bob));
        vm.startPrank(bob);
        uint256 shares = vault.withdraw(assets, bob, bob);
        bool isExact = vault.totalAssets() == total - assets;
        token.mint(bob, DUST);
        if (vault.maxMint(bob) < shares || vault.previewMint(shares) > token.balanceOf(bob)) return;
        uint256 paid = vault.mint(shares, bob);
        if (isExact) assertGe(paid, assets, "assets");
        assertLe(_worthOf(bob), worth + DUST, "worth");
    }

    function test_VLT_02_withdrawDeposit_neverGains(Seeds memory seeds, uint256 assets) public {
        (uint256 worth, uint256 total) = _leave(seeds);
        assets = bound(assets, 0, vault.maxWithdraw(bob));
        vm.startPrank(bob);
        uint256 shares = vault.withdraw(assets, bob, bob);
        bool isExact = vault.totalAssets() == total - assets;
        if (vault.maxDeposit(bob) < assets) return;
        uint256 back = vault.deposit(assets, bob);
        if (isExact) assertLe(back, shares, "shares");
        assertLe(_worthOf(bob), worth, "worth");
    }

    /* VLT-3: WHAT THE VAULT HAS */

    /// @dev Idle and the lens's value of the recorded shares, whatever is sent to the vault.
    function test_VLT_03_totalAssets_isIdleAndMarkets_ignoresDonations(Seeds memory seeds, uint256 gift) public {
        _arrange(seeds);
        uint256 total = vault.totalAssets();
        assertEq(total, _expectedTotal(), "total");
        uint256 price = vault.convertToAssets(1e30);
        gift = bound(gift, 1, 1e24);
        token.mint(address(vault), gift);
        _fund(token, address(vault), gift);
        _supplyTo(2, bob, address(vault), gift);
        assertEq(vault.totalAssets(), total, "total after gifts");
        assertEq(vault.convertToAssets(1e30), price, "price after gifts");
        assertEq(_expectedTotal(), total, "expected total after gifts");
    }

    /// @dev The records never exceed what the ledger has of the vault.
    function test_VLT_03_records_areBacked(Seeds memory seeds, uint256 assets) public {
        _arrange(seeds);
        assets = bound(assets, 0, vault.maxWithdraw(alice));
        vm.prank(alice);
        vault.withdraw(assets, alice, alice);
        assertEq(ledger.balanceOf(address(vault), _id(address(token))), vault.idle(), "idle");
        for (uint256 i; i < MARKETS; ++i) {
            uint256 shares = ledger.balanceOf(address(vault), lending.shareIdOf(markets[i]));
            assertEq(shares, vault.marketConfigOf(ids[i]).shares, "shares");
        }
        assertEq(token.balanceOf(address(vault)), 0, "tokens in the wallet");
    }

    /* VLT-4: CAPS */

    /// @dev No deposit and no reallocation brings a market above its cap.
    function test_VLT_04_caps_hold(Seeds memory seeds, uint256[MARKETS] memory caps, uint256 assets) public {
        _arrange(seeds);
        uint256[MARKETS] memory before;
        for (uint256 i; i < MARKETS; ++i) {
            caps[i] = bound(caps[i], 0, CAP);
            if (caps[i] < CAP) vault.submitCap(markets[i], caps[i]);
            before[i] = vault.assetsIn(ids[i]);
        }
        assets = bound(assets, 0, vault.maxDeposit(alice));
        _deposit(alice, assets);
        for (uint256 i; i < MARKETS; ++i) {
            assertLe(vault.assetsIn(ids[i]), Math.max(before[i], caps[i]), "assets after a deposit");
        }
        for (uint256 i; i < MARKETS; ++i) {
            _reallocate(i, type(uint256).max);
            assertLe(vault.assetsIn(ids[i]), Math.max(before[i], caps[i]), "assets after a reallocation");
        }
    }

    /* VLT-5: LIMITS */

    function test_VLT_05_maxDeposit_succeeds_oneMoreReverts(Seeds memory seeds) public {
        _arrange(seeds);
        uint256 maximum = vault.maxDeposit(bob);
        uint256 room;
        for (uint256 i; i < MARKETS; ++i) {
            uint256 assets = vault.assetsIn(ids[i]);
            if (assets < CAP) room += Math.min(CAP - assets, _shareRoom(i));
        }
        assertEq(maximum, room, "what caps and markets leave");
        _give(bob, maximum + 1);
        vm.startPrank(bob);
        vm.expectRevert();
        vault.deposit(maximum + 1, bob);
        vault.deposit(maximum, bob);
        assertLe(vault.maxDeposit(bob), MARKETS, "what rounding left");
    }

    function test_VLT_05_maxMint_succeeds_oneMoreReverts(Seeds memory seeds) public {
        _arrange(seeds);
        uint256 maximum = vault.maxMint(bob);
        assertLe(vault.previewMint(maximum), vault.maxDeposit(bob), "assets");
        assertGt(vault.previewMint(maximum + 1), vault.maxDeposit(bob), "assets of one more");
        _give(bob, vault.previewMint(maximum + 1));
        vm.startPrank(bob);
        vm.expectRevert();
        vault.mint(maximum + 1, bob);
        vault.mint(maximum, bob);
    }

    function test_VLT_05_maxWithdraw_succeeds_oneMoreReverts(Seeds memory seeds) public {
        _arrange(seeds);
        uint256 maximum = vault.maxWithdraw(alice);
        uint256 worth = vault.convertToAssets(vault.balanceOf(alice));
        assertEq(maximum, Math.min(worth, _liquid()), "what she has and what there is");
        vm.startPrank(alice);
        vm.expectRevert();
        vault.withdraw(maximum + 1, alice, alice);
        vault.withdraw(maximum, alice, alice);
        assertEq(token.balanceOf(alice), maximum, "tokens");
    }

    function test_VLT_05_maxRedeem_succeeds_oneMoreReverts(Seeds memory seeds) public {
        _arrange(seeds);
        uint256 maximum = vault.maxRedeem(alice);
        uint256 balance = vault.balanceOf(alice);
        assertLe(vault.previewRedeem(maximum), _liquid(), "assets");
        if (maximum != balance) assertGt(vault.previewRedeem(maximum + 1), _liquid(), "assets of one more");
        vm.startPrank(alice);
        vm.expectRevert();
        vault.redeem(maximum + 1, alice, alice);
        vault.redeem(maximum, alice, alice);
    }

    /* VLT-7: SUPPLY */

    function test_VLT_07_balances_areTheSupply(Seeds memory seeds, uint256 assets) public {
        _arrange(seeds);
        assets = bound(assets, 0, vault.maxWithdraw(bob));
        vm.prank(bob);
        vault.withdraw(assets, alice, bob);
        uint256 sum = vault.balanceOf(alice) + vault.balanceOf(bob) + vault.balanceOf(recipient);
        assertEq(sum, vault.totalSupply(), "supply");
    }

    /* ATTACKS */

    /// @dev The first depositor of `first` units gives `gift` in every way there is; the next one loses at most a unit in each
    /// market and the price of a share, less than a unit, and the first one gains nothing.
    function test_VLT_03_firstDepositor_gainsNothing(uint256 first, uint256 gift, uint256 assets) public {
        first = bound(first, 1, 1e24);
        gift = bound(gift, 1, 1e24);
        assets = bound(assets, 1, 1e24);
        _deposit(bob, first);
        token.mint(address(vault), gift);
        _fund(token, address(vault), gift);
        _supplyTo(0, bob, address(vault), gift);
        _deposit(alice, assets);
        assertGe(_worthOf(alice) + DUST + 1, assets, "what the next one has");
        assertLe(_worthOf(bob), first, "what the first one has");
    }

    /// @dev Whoever is in between a loss has it, to the unit, in proportion.
    function test_VLT_03_loss_isEverybodysAtOnce(uint256 first, uint256 second, uint256 lost) public {
        first = bound(first, 1e6, 1e23);
        second = bound(second, 1e6, 1e23);
        _deposit(alice, first);
        _deposit(bob, second);
        lost = bound(lost, 1e3, first + second);
        _borrow(0, borrower, lost);
        _loseDebt(0, borrower);
        uint256 left = vault.totalAssets();
        assertLe(left, first + second - lost + lost / 1e5 + DUST, "what is left");
        assertApproxEqAbs(_worthOf(alice), Math.mulDiv(left, first, first + second), 2, "what Alice has");
        assertApproxEqAbs(_worthOf(bob), Math.mulDiv(left, second, first + second), 2, "what Bob has");
    }

    /* STATES */

    /// @dev Deposits of Alice and Bob over three markets, debt in each, something idle, time, a fee; by bits of `events`, a loss in
    /// the first market, a rate model that fails, another withdraw queue.
    function _arrange(Seeds memory seeds) private {
        vault.setFee(bound(seeds.fee, 0, 0.5e18));
        if (seeds.events & 4 != 0) _turnQueue();
        _deposit(alice, _amount(seeds.first, CAP));
        for (uint256 i; i < MARKETS; ++i) _borrowSome(i, seeds.borrowed[i]);
        uint256 index = seeds.idle % MARKETS;
        uint256 free = Math.min(vault.assetsIn(ids[index]), lens.marketOf(markets[index]).idle);
        if (free != 0) _reallocate(index, vault.assetsIn(ids[index]) - bound(seeds.idle, 0, free - 1) - 1);
        skip(bound(seeds.time, 0, 1000 days));
        if (seeds.events & 1 != 0 && lending.positionOf(ids[0], borrower).borrowShares > 1e10) _loseDebt(0, borrower);
        if (seeds.events & 2 != 0) rateModel.setMode(MockRateModel.Mode.REVERTS);
        uint256 room = Math.min(vault.maxDeposit(bob), CAP);
        if (room != 0) _deposit(bob, _amount(seeds.second, room));
        skip(bound(seeds.time, 0, 1 days));
    }

    function _borrowSome(uint256 index, uint256 seed) private {
        uint256 assets = bound(seed, 0, lens.marketOf(markets[index]).idle);
        if (assets != 0) _borrow(index, borrower, assets);
    }

    /// @dev Small and large ones alike.
    function _amount(uint256 seed, uint256 maximum) private pure returns (uint256) {
        return bound(seed >> 8, 1, Math.min(maximum, 10 ** (1 + (seed % 24))));
    }

    function _turnQueue() private {
        (ids[0], ids[2]) = (ids[2], ids[0]);
        vault.setWithdrawQueue(ids);
        (ids[0], ids[2]) = (ids[2], ids[0]);
    }

    function _enter(Seeds memory seeds, uint256 assets) private returns (uint256) {
        _arrange(seeds);
        assets = bound(assets, 0, vault.maxDeposit(bob));
        _give(bob, assets);
        return assets;
    }

    function _enterShares(Seeds memory seeds, uint256 shares) private returns (uint256) {
        _arrange(seeds);
        shares = bound(shares, 0, vault.maxMint(bob));
        _give(bob, vault.previewMint(shares));
        return shares;
    }

    function _leave(Seeds memory seeds) private returns (uint256 worth, uint256 total) {
        _arrange(seeds);
        vault.setFee(0); // the fee's shares are minted, and the total is that of the price
        return (_worthOf(bob), vault.totalAssets());
    }

    /// @dev Of Bob's shares, `shares` or what can be redeemed.
    function _redeemable(uint256 shares) private view returns (uint256) {
        return Math.min(shares, vault.maxRedeem(bob));
    }

    function _worthOf(address account) private view returns (uint256) {
        return token.balanceOf(account) + vault.convertToAssets(vault.balanceOf(account));
    }

    function _expectedTotal() private view returns (uint256 total) {
        total = vault.idle();
        for (uint256 i; i < MARKETS; ++i) {
            total += lens.previewRedeem(markets[i], vault.marketConfigOf(ids[i]).shares);
        }
    }

    /// @dev The most that the market has shares for, found by halving.
    function _shareRoom(uint256 index) private view returns (uint256 low) {
        uint256 free = type(uint112).max - lens.marketOf(markets[index]).supplyShares;
        uint256 high = type(uint112).max;
        while (low < high) {
            uint256 middle = (low + high + 1) / 2;
            if (lens.previewSupply(markets[index], middle) <= free) low = middle;
            else high = middle - 1;
        }
    }

    function _liquid() private view returns (uint256 assets) {
        assets = vault.idle();
        for (uint256 i; i < MARKETS; ++i) {
            assets += Math.min(vault.assetsIn(ids[i]), lens.marketOf(markets[i]).idle);
        }
    }
}
