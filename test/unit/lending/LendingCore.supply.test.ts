import { expect } from "chai";
import { DESTINATION, ethers, loadFixture, networkHelpers, SOURCE, WAD } from "../../helpers/ledger-fixture.js";
import { lendingFixture, VIRTUAL_SHARES, YEAR } from "../../helpers/lending-fixture.js";

const MAX = ethers.MaxUint256;

/** Alice lends 100, Bob has borrowed 90 of it on 200 of collateral, and a year has passed. */
async function lentFixture() {
  const fixture = await lendingFixture();
  await fixture.supply(100n * WAD, { user: fixture.alice });
  await fixture.addCollateral(200n * WAD, { user: fixture.bob });
  await fixture.borrow(90n * WAD, { user: fixture.bob });
  await networkHelpers.time.increase(YEAR);
  return fixture;
}

describe("LendingCore", () => {
  describe("supply", () => {
    it("refuses fewer shares than the minimum, and no share", async () => {
      const { lending, run, alice, supply } = await loadFixture(lendingFixture);
      const shares = 5n * VIRTUAL_SHARES;
      await expect(run("supply", [shares + 1n], { user: alice, amount0: 5n }))
        .to.be.revertedWithCustomError(lending, "LendingBelowMinimumShares")
        .withArgs(shares, shares + 1n);
      await expect(run("supply", [shares], { user: alice, amount0: 5n })).to.emit(lending, "Supplied");
      await expect(supply(0n, { user: alice })).to.be.revertedWithCustomError(lending, "LendingWrongInputs");
    });

    it("mints exact shares for what they cost, rounded up, and gives the rest back", async () => {
      const { lending, marketId, run, alice } = await loadFixture(lendingFixture);
      await expect(run("supplyShares", [3n * VIRTUAL_SHARES + 1n], { user: alice, amount0: 9n }))
        .to.emit(lending, "Supplied")
        .withArgs(marketId, alice.address, 4n, 3n * VIRTUAL_SHARES + 1n);
    });

    it("mints a million shares for the first unit, and then at the price with interest", async () => {
      const { ledger, lens, lending, market, marketId, alice, bob, supply, shareId } = await loadFixture(lentFixture);
      const held = await ledger.balanceOf(alice, shareId);
      expect(held).to.equal(100n * WAD * VIRTUAL_SHARES);
      await networkHelpers.time.setNextBlockTimestamp((await networkHelpers.time.latest()) + 10);
      const before = await lens.marketOf(market);
      await expect(supply(10n * WAD, { user: bob })).to.emit(lending, "InterestAccrued");
      const shares = await ledger.balanceOf(bob, shareId);
      const view = await lens.marketOf(market);
      expect(view.supplyShares).to.equal(held + shares);
      expect(view.idle).to.equal(20n * WAD);
      expect(shares < 10n * WAD * VIRTUAL_SHARES).to.equal(true);
      expect(before.supplyAssets > 100n * WAD).to.equal(true);
      expect((await lens.positionOf(market, bob)).supplyAssets <= 10n * WAD).to.equal(true);
      const sent = supply(WAD, { user: bob, to: alice.address });
      await sent;
      await expect(sent)
        .to.emit(lending, "Supplied")
        .withArgs(marketId, bob.address, WAD, (await ledger.balanceOf(alice, shareId)) - held);
    });

    it("takes tokens from a wallet and mints to the ledger", async () => {
      const { ledger, token0, alice, bob, supply, shareId } = await loadFixture(lendingFixture);
      const sent = supply(7n * WAD, { user: alice, source: SOURCE.wallet, to: bob.address });
      await expect(sent).to.changeTokenBalances(ethers, token0, [alice, ledger], [-7n * WAD, 7n * WAD]);
      expect(await ledger.balanceOf(bob, shareId)).to.equal(7n * WAD * VIRTUAL_SHARES);
    });

    it("refuses more shares than a market can hold", async () => {
      const { ledger, lending, token0, alice, supply } = await loadFixture(lendingFixture);
      const most = (2n ** 112n - 1n) / VIRTUAL_SHARES;
      await token0.mint(alice, most + 1n);
      await ledger.connect(alice).deposit(token0, most + 1n, 0n, alice);
      await expect(supply(most + 1n, { user: alice }))
        .to.be.revertedWithCustomError(lending, "LendingAmountTooLarge")
        .withArgs((most + 1n) * VIRTUAL_SHARES, 2n ** 112n - 1n);
      await supply(most, { user: alice });
      await expect(supply(1n, { user: alice }))
        .to.be.revertedWithCustomError(lending, "LendingAmountTooLarge")
        .withArgs(VIRTUAL_SHARES, 2n ** 112n - 1n - most * VIRTUAL_SHARES);
    });
  });

  describe("supplyShares", () => {
    it("takes what the shares cost, rounded up, and gives the rest back", async () => {
      const { ledger, lens, lending, market, ids, alice, run, shareId } = await loadFixture(lentFixture);
      const shares = 12_345_678n * VIRTUAL_SHARES + 1n;
      const [before, held] = [await ledger.balanceOf(alice, ids.token0), await ledger.balanceOf(alice, shareId)];
      await run("supplyShares", [shares], { user: alice, amount0: WAD });
      const cost = await lens.previewSupplyShares(market, shares); // still this second, at nearly the same price
      expect(before - (await ledger.balanceOf(alice, ids.token0))).to.equal(cost);
      expect((await ledger.balanceOf(alice, shareId)) - held).to.equal(shares);
      await expect(run("supplyShares", [shares], { user: alice, amount0: 5n })).to.be.revertedWithCustomError(
        lending,
        "LendingInsufficientInput",
      );
      await expect(run("supplyShares", [0n], { user: alice, amount0: 5n })).to.be.revertedWithCustomError(
        lending,
        "LendingZeroAmount",
      );
      await expect(run("supplyShares", [1n << 112n], { user: alice, amount0: 5n }))
        .to.be.revertedWithCustomError(lending, "LendingAmountTooLarge")
        .withArgs(1n << 112n, (1n << 112n) - 1n);
    });
  });

  describe("withdraw", () => {
    it("refuses nothing, more than is idle, more shares than the maximum, and shares that one has not", async () => {
      const { ledger, lending, alice, bob, run, withdraw, supply } = await loadFixture(lentFixture);
      await expect(withdraw(0n, { user: alice })).to.be.revertedWithCustomError(lending, "LendingZeroAmount");
      await expect(withdraw(10n * WAD + 1n, { user: alice }))
        .to.be.revertedWithCustomError(lending, "LendingInsufficientLiquidity")
        .withArgs(10n * WAD + 1n, 10n * WAD);
      await expect(run("withdraw", [WAD, 5n], { user: alice })).to.be.revertedWithCustomError(
        lending,
        "LendingAboveMaximumShares",
      );
      await expect(withdraw(WAD, { user: bob })).to.be.revertedWithCustomError(ledger, "LedgerInsufficientBalance");
      await supply(50n * WAD, { user: bob });
      await withdraw(10n * WAD, { user: alice });
    });

    it("refuses more shares than there are, where all that is idle is worth more than they", async () => {
      const { lending, lens, market, alice, bob, repay, withdraw } = await loadFixture(lentFixture);
      await repay(200n * WAD, { user: bob });
      const { idle, supplyAssets, supplyShares } = await lens.marketOf(market);
      expect(idle).to.equal(supplyAssets);
      // What is nobody's has its part of the interest.
      const assets = supplyAssets + 1n;
      const needed = (idle * (supplyShares + VIRTUAL_SHARES) + assets - 1n) / assets;
      expect(needed).to.be.greaterThan(supplyShares);
      await expect(withdraw(idle, { user: alice }))
        .to.be.revertedWithCustomError(lending, "LendingInsufficientShares")
        .withArgs(needed, supplyShares);
      const { supplyAssets: worth } = await lens.positionOf(market, alice);
      await withdraw(worth, { user: alice });
    });

    it("pays exactly the assets, to a wallet too, for shares rounded up", async () => {
      const { ledger, lens, market, token0, alice, withdraw, shareId } = await loadFixture(lentFixture);
      const held = await ledger.balanceOf(alice, shareId);
      const sent = withdraw(3n * WAD, { user: alice, destination: DESTINATION.wallet });
      await expect(sent).to.changeTokenBalance(ethers, token0, alice, 3n * WAD);
      const burnt = held - (await ledger.balanceOf(alice, shareId));
      const { supplyAssets, supplyShares } = await lens.marketOf(market);
      // At the price before: with what was paid and burnt put back.
      const [assets, shares] = [supplyAssets + 3n * WAD + 1n, supplyShares + burnt + VIRTUAL_SHARES];
      expect(burnt).to.equal((3n * WAD * shares + assets - 1n) / assets);
    });
  });

  describe("redeem", () => {
    it("refuses less than the minimum, and more shares than there are", async () => {
      const { lending, alice, bob, run, redeem } = await loadFixture(lentFixture);
      await expect(run("redeem", [WAD, WAD], { user: alice })).to.be.revertedWithCustomError(
        lending,
        "LendingBelowMinimumOut",
      );
      const total = 100n * WAD * VIRTUAL_SHARES;
      await expect(redeem(total + 1n, { user: alice }))
        .to.be.revertedWithCustomError(lending, "LendingInsufficientShares")
        .withArgs(total + 1n, total);
      await expect(redeem(total, { user: alice })).to.be.revertedWithCustomError(
        lending,
        "LendingInsufficientLiquidity",
      );
      await expect(redeem(MAX, { user: bob })).to.be.revertedWithCustomError(lending, "LendingZeroAmount");
      await expect(redeem(1n, { user: alice })).to.be.revertedWithCustomError(lending, "LendingZeroAmount");
    });

    it("burns all shares of the caller for 2^256 − 1, and pays what they are worth", async () => {
      const { ledger, lens, market, ids, alice, bob, redeem, repay, shareId } = await loadFixture(lentFixture);
      await repay(200n * WAD, { user: bob });
      const before = await ledger.balanceOf(alice, ids.token0);
      const worth = (await lens.positionOf(market, alice)).supplyAssets;
      await redeem(MAX, { user: alice });
      expect(await ledger.balanceOf(alice, shareId)).to.equal(0n);
      expect((await ledger.balanceOf(alice, ids.token0)) - before).to.equal(worth);
      const { supplyAssets, supplyShares } = await lens.marketOf(market);
      expect([supplyAssets <= 1n, supplyShares]).to.deep.equal([true, 0n]);
    });
  });
});
