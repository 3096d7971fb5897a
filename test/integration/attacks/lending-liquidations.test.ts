import { expect } from "chai";
import { ethers, loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import {
  createMarket,
  lendingFixture,
  NO_INTEREST,
  PRICE_SCALE,
  YEAR,
  type LendingFixture,
  type MarketParams,
} from "../../helpers/lending-fixture.js";

/** Bob owes 80 against 100 of collateral, in a market that is liquidated whole and in one with a cap. */
async function debtFixture() {
  const fixture = await lendingFixture();
  const { ledger, lending, alice, bob } = fixture;
  const capped: MarketParams = { ...fixture.market, irm: NO_INTEREST, closeOutDebt: 0n };
  const { marketId: cappedId, shareId: cappedShare } = await createMarket({ ledger, lending, alice }, capped);
  for (const market of [fixture.market, capped]) {
    await fixture.supply(200n * WAD, { user: alice, market });
    await fixture.addCollateral(100n * WAD, { user: bob, market });
    await fixture.borrow(80n * WAD, { user: bob, market });
  }
  return { ...fixture, capped, cappedId, cappedShare };
}

const seizedOf = async ({ ledger, ids, alice }: LendingFixture) => ledger.balanceOf(alice, ids.token1);

describe("attacks", () => {
  it("lending liquidation split into parts for more of the bonus (LEN_10)", async () => {
    const fixture = await loadFixture(debtFixture);
    const { oracle, lens, market, capped, alice, bob, liquidate } = fixture;
    await oracle.setPrice((PRICE_SCALE * 92n) / 100n);
    for (const target of [market, capped]) {
      const act = { user: alice, market: target };
      const snapshot = await networkHelpers.takeSnapshot();
      const before = await seizedOf(fixture);
      await liquidate(100n * WAD, bob.address, act);
      const atOnce = (await seizedOf(fixture)) - before;
      const rate = await lens.healthFactor(target, bob);
      await snapshot.restore();
      // Twenty parts; in the market with a cap the last ones find a healthy position.
      for (let i = 0; i < 20; i++) {
        await liquidate(5n * WAD, bob.address, act).catch((error: unknown) => {
          expect(String(error)).to.match(/LendingHealthy|LendingZeroAmount/);
        });
      }
      const inParts = (await seizedOf(fixture)) - before;
      // With interest there is more to pay each second; without, a unit for each rounding.
      const slack = target === capped ? 40n : atOnce / 100_000n;
      expect(inParts).to.be.lessThanOrEqual(atOnce + slack);
      if (target === capped) expect(rate).to.be.within(WAD, WAD + WAD / 1_000_000n);
    }
    // What a healthy position has is nobody else's.
    await expect(liquidate(WAD, bob.address, { user: alice, market: capped })).to.be.revertedWithCustomError(
      fixture.lending,
      "LendingHealthy",
    );
  });

  it("bad debt that goes on accruing (LEN_11)", async () => {
    const fixture = await loadFixture(debtFixture);
    const { oracle, lens, lending, market, marketId, alice, bob, liquidate, addCollateral, borrow } = fixture;
    await oracle.setPrice(PRICE_SCALE / 2n);
    await liquidate(100n * WAD, bob.address, { user: alice });
    expect(await lending.positionOf(marketId, bob)).to.deep.equal([0n, 0n]);
    const after = await lens.marketOf(market);
    expect([after.borrowAssets, after.borrowShares]).to.deep.equal([0n, 0n]);
    // The loss stands at once: 80 and a little interest less 50 / 1.0438.
    expect(200n * WAD - after.supplyAssets).to.be.within(32n * WAD, 33n * WAD);
    await networkHelpers.time.increase(Number(YEAR));
    expect((await lens.marketOf(market)).supplyAssets).to.equal(after.supplyAssets);
    // Nobody owes it: the same account borrows anew.
    await addCollateral(10n * WAD, { user: bob });
    await borrow(WAD, { user: bob });
    expect((await lens.positionOf(market, bob)).debt).to.equal(WAD);
  });

  it("liquidation of oneself in the block of the loan, and after a fall of the price (LEN_09)", async () => {
    const fixture = await loadFixture(debtFixture);
    const { ledger, lending, lens, oracle, market, ids, bob, alice, liquidate, borrow } = fixture;
    // As much as there may be: exactly that is healthy, and the next call cannot liquidate it.
    const most = await lens.maxBorrow(market, bob);
    await borrow(most - WAD / 1_000_000n, { user: bob });
    await expect(liquidate(WAD, bob.address, { user: bob })).to.be.revertedWithCustomError(lending, "LendingHealthy");
    // After the fall he gets his own collateral with the incentive: what suppliers own does not fall for it.
    await oracle.setPrice((PRICE_SCALE * 95n) / 100n);
    const owned = async () => [
      await ledger.balanceOf(bob, ids.token0),
      (await ledger.balanceOf(bob, ids.token1)) + (await lending.positionOf(fixture.marketId, bob)).collateral,
    ];
    const supplied = (await lens.marketOf(market)).supplyAssets;
    const before = await owned();
    await liquidate(200n * WAD, bob.address, { user: bob });
    const after = await owned();
    expect(after[1]).to.equal(before[1]);
    expect(after[0]).to.be.lessThan((before[0] ?? 0n) - 85n * WAD);
    expect((await lens.marketOf(market)).supplyAssets).to.be.greaterThanOrEqual(supplied);
    expect(await lens.maxWithdraw(market, alice)).to.be.greaterThanOrEqual(200n * WAD);
  });

  it("repayment of dust before a liquidation or a repayment does not make it revert (LEN_18)", async () => {
    const fixture = await loadFixture(debtFixture);
    const { oracle, lending, cappedId, capped, marketId, market, alice, bob, run, liquidate, repay } = fixture;
    await oracle.setPrice((PRICE_SCALE * 9n) / 10n);
    for (const target of [market, capped]) {
      await repay(1n, { user: bob, market: target });
      await liquidate(100n * WAD, bob.address, { user: alice, market: target });
    }
    expect((await lending.positionOf(marketId, bob)).borrowShares).to.equal(0n);
    await repay(1n, { user: bob, market: capped });
    await run("repayShares", [ethers.MaxUint256, bob.address], { user: alice, market: capped, amount0: 100n * WAD });
    expect((await lending.positionOf(cappedId, bob)).borrowShares).to.equal(0n);
  });
});
