import { expect } from "chai";
import { loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import {
  ALWAYS_WHOLE,
  createMarket,
  lendingFixture,
  LLTV,
  NO_INTEREST,
  PRICE_SCALE,
  VIRTUAL_SHARES,
  YEAR,
  type MarketParams,
} from "../../helpers/lending-fixture.js";

/** 1 / (1 − 0.3 · 0.14), WAD, rounded down: what is paid for a unit repaid at an LLTV of 86 %. */
const INCENTIVE = (WAD * WAD) / (WAD - (((3n * WAD) / 10n) * 14n) / 100n);

/** Alice lends 100 without interest, Bob owes 80 on 100 of collateral; whole and only-to-health markets. */
async function owingFixture() {
  const fixture = await lendingFixture();
  const { run, alice, bob } = fixture;
  const whole: MarketParams = { ...fixture.market, irm: NO_INTEREST, closeOutDebt: ALWAYS_WHOLE };
  const capped: MarketParams = { ...whole, closeOutDebt: WAD };
  for (const market of [whole, capped]) {
    await createMarket(fixture, market);
    await run("supply", [0n], { user: alice, market, amount0: 100n * WAD });
    await fixture.addCollateral(100n * WAD, { user: bob, market });
    await fixture.borrow(80n * WAD, { user: bob, market });
  }
  return { ...fixture, whole, capped };
}

describe("LendingCore", () => {
  describe("liquidate", () => {
    it("refuses a healthy position, a price of 0, less than the minimum, and an input that repays nothing", async () => {
      const { lending, oracle, whole, alice, bob, carol, run, liquidate } = await loadFixture(owingFixture);
      const act = { user: alice, market: whole };
      await expect(liquidate(WAD, bob.address, act))
        .to.be.revertedWithCustomError(lending, "LendingHealthy")
        .withArgs(80n * WAD, 86n * WAD);
      await expect(liquidate(WAD, carol.address, act))
        .to.be.revertedWithCustomError(lending, "LendingHealthy")
        .withArgs(0n, 0n);
      await oracle.setPrice(0n);
      await expect(liquidate(WAD, bob.address, act))
        .to.be.revertedWithCustomError(lending, "LendingZeroPrice")
        .withArgs(await oracle.getAddress());
      await oracle.setPrice((9n * PRICE_SCALE) / 10n);
      await expect(run("liquidate", [bob.address, 2n * WAD], { ...act, amount0: WAD })).to.be.revertedWithCustomError(
        lending,
        "LendingBelowMinimumOut",
      );
      await liquidate(1n, bob.address, act);
    });

    it("refuses an input that is less than a debt share costs", async () => {
      const fixture = await loadFixture(lendingFixture);
      const { lending, lens, rateModel, alice, bob } = fixture;
      const market = { ...fixture.market, irm: await rateModel.getAddress() };
      await createMarket(fixture, market);
      await fixture.supply(100n * WAD, { user: alice, market });
      await fixture.addCollateral(100n * WAD, { user: bob, market });
      await fixture.borrow(WAD, { user: bob, market });
      await rateModel.setRate(WAD);
      await networkHelpers.time.increase(40n * YEAR); // at 800 % a year
      const { debt, borrowShares } = await lens.positionOf(market, bob);
      expect(debt).to.be.greaterThan(2n * borrowShares);
      const act = { user: alice, market };
      await expect(fixture.liquidate(1n, bob.address, act)).to.be.revertedWithCustomError(lending, "LendingZeroAmount");
      await fixture.liquidate(100n, bob.address, act);
    });

    it("pays for what is repaid with the incentive, in part or whole", async () => {
      const { ledger, lending, lens, oracle, whole, ids, alice, bob, liquidate } = await loadFixture(owingFixture);
      await oracle.setPrice((9n * PRICE_SCALE) / 10n);
      const before = await ledger.balanceOf(alice, ids.token1);
      const preview = await lens.previewLiquidate(whole, bob, 10n * WAD);
      const sent = liquidate(10n * WAD, bob.address, { user: alice, market: whole });
      const seized = (((10n * WAD * INCENTIVE) / WAD) * 10n) / 9n;
      await expect(sent)
        .to.emit(lending, "Liquidated")
        .withArgs(
          (await lens.marketOf(whole)).id,
          alice.address,
          bob.address,
          10n * WAD,
          10n * WAD * VIRTUAL_SHARES,
          seized,
          0n,
          0n,
        );
      expect((await ledger.balanceOf(alice, ids.token1)) - before).to.equal(seized);
      expect([...preview]).to.deep.equal([10n * WAD, 10n * WAD * VIRTUAL_SHARES, seized, 0n]);
      await liquidate(500n * WAD, bob.address, { user: alice, market: whole }); // up to: 70 are left
      const { borrowShares, collateral } = await lens.positionOf(whole, bob);
      expect(borrowShares).to.equal(0n);
      expect(collateral > 0n && collateral < 8n * WAD).to.equal(true);
    });

    it("ends at health where the debt exceeds the close-out debt, and goes on when the price falls on", async () => {
      const { lens, lending, oracle, capped, alice, bob, liquidate } = await loadFixture(owingFixture);
      await oracle.setPrice((9n * PRICE_SCALE) / 10n);
      const act = { user: alice, market: capped };
      await liquidate(500n * WAD, bob.address, act);
      const { debt, collateral } = await lens.positionOf(capped, bob);
      const factor = await lens.healthFactor(capped, bob);
      expect(factor >= WAD && factor < WAD + 10n, `${factor}`).to.equal(true);
      // (80 − 77.4) / (1 − incentive · 0.86)
      const repaid = 80n * WAD - debt;
      const exact = (((26n * WAD) / 10n) * WAD * WAD) / (WAD * WAD - INCENTIVE * LLTV);
      expect(repaid >= exact && repaid < exact + 100n, `${repaid} ${exact}`).to.equal(true);
      expect(collateral > 0n).to.equal(true);
      await expect(liquidate(WAD, bob.address, act)).to.be.revertedWithCustomError(lending, "LendingHealthy");
      await oracle.setPrice((89n * PRICE_SCALE) / 100n);
      await liquidate(500n * WAD, bob.address, act);
    });

    it("takes a debt of at most the close-out debt whole", async () => {
      const { lens, oracle, capped, alice, bob, liquidate, repay } = await loadFixture(owingFixture);
      await repay(79n * WAD, { user: bob, market: capped });
      await oracle.setPrice(PRICE_SCALE / 87n);
      await liquidate(2n * WAD, bob.address, { user: alice, market: capped });
      expect((await lens.positionOf(capped, bob)).borrowShares).to.equal(0n);
    });

    it("goes by close-out debts of more than 80 bits too", async () => {
      const fixture = await loadFixture(owingFixture);
      const { lens, ledger, token0, token1, oracle, whole, alice, bob, run, liquidate } = fixture;
      const least = (1n << 80n) - 3n; // the largest that is stored short, and those above it
      const markets = [least, least + 1n, least + 2n, least + 3n, 2n * least].map((closeOutDebt) => ({
        ...whole,
        closeOutDebt,
      }));
      for (const token of [token0, token1]) {
        for (const user of [alice, bob]) {
          await token.mint(user, 100n * least);
          await ledger.connect(user).deposit(token, 100n * least, 0n, user);
        }
      }
      // After it 71.4 % of the collateral would be left to owe.
      for (const { closeOutDebt, ...market } of markets) {
        for (const [part, isWhole] of [
          [99n, true],
          [101n, false],
        ] as const) {
          const act = { user: bob, market: { ...market, closeOutDebt } };
          const collateral = (closeOutDebt * part * 1000n) / 71_400n;
          await oracle.setPrice(PRICE_SCALE);
          if (isWhole) {
            await createMarket(fixture, act.market);
            await run("supply", [0n], { ...act, user: alice, amount0: 10n * closeOutDebt });
          }
          await fixture.addCollateral(collateral, act);
          await fixture.borrow((collateral * 8n) / 10n, act);
          await oracle.setPrice((92n * PRICE_SCALE) / 100n);
          const preview = await lens.previewLiquidate(act.market, bob, 10n * closeOutDebt);
          await liquidate(10n * closeOutDebt, bob.address, { ...act, user: alice });
          const { borrowShares, debt } = await lens.positionOf(act.market, bob);
          expect(borrowShares === 0n, `${closeOutDebt}, ${part} %`).to.equal(isWhole);
          expect((collateral * 8n) / 10n - debt).to.equal(preview.repaidAssets);
          if (borrowShares !== 0n) continue;
          const { collateral: left } = await lens.positionOf(act.market, bob);
          await fixture.removeCollateral(left, act);
        }
      }
    });

    it("writes off what no collateral is left for, at the suppliers' cost", async () => {
      const { lending, lens, oracle, whole, alice, bob, liquidate } = await loadFixture(owingFixture);
      await oracle.setPrice(PRICE_SCALE / 2n);
      const preview = await lens.previewLiquidate(whole, bob, 500n * WAD);
      await expect(liquidate(500n * WAD, bob.address, { user: alice, market: whole })).to.emit(lending, "Liquidated");
      const position = await lens.positionOf(whole, bob);
      expect([position.borrowShares, position.debt, position.collateral]).to.deep.equal([0n, 0n, 0n]);
      const { supplyAssets, borrowAssets } = await lens.marketOf(whole);
      expect(borrowAssets).to.equal(0n);
      expect(supplyAssets).to.equal(100n * WAD - preview.badDebt);
      expect(preview.repaidAssets + preview.badDebt).to.equal(80n * WAD);
      expect(preview.seized).to.equal(100n * WAD);
    });
  });
});
