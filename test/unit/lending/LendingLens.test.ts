import { expect } from "chai";
import { loadFixture, WAD } from "../../helpers/ledger-fixture.js";
import {
  createMarket,
  lendingFixture,
  marketIdOf,
  NO_INTEREST,
  VIRTUAL_SHARES,
} from "../../helpers/lending-fixture.js";

const MAX_SHARES = 2n ** 112n - 1n;

/** Alice lends 100 without interest, Bob owes 43 on 100 of collateral. */
async function owingFixture() {
  const fixture = await lendingFixture();
  const { alice, bob } = fixture;
  const market = { ...fixture.market, irm: NO_INTEREST };
  await createMarket(fixture, market);
  await fixture.supply(100n * WAD, { user: alice, market });
  await fixture.addCollateral(100n * WAD, { user: bob, market });
  await fixture.borrow(43n * WAD, { user: bob, market });
  return { ...fixture, market };
}

describe("LendingLens", () => {
  it("answers of a market that does not exist that it does not, and previews nothing of it", async () => {
    const { lending, lens, market, alice } = await loadFixture(lendingFixture);
    const missing = { ...market, closeOutDebt: 7n };
    const id = await marketIdOf(lending, missing);
    const { exists, supplyAssets } = await lens.marketOf(missing);
    expect([exists, supplyAssets]).to.deep.equal([false, 0n]);
    for (const ask of [
      () => lens.positionOf(missing, alice),
      () => lens.healthFactor(missing, alice),
      () => lens.maxBorrow(missing, alice),
      () => lens.maxWithdrawCollateral(missing, alice),
      () => lens.previewSupply(missing, 1n),
      () => lens.previewLiquidate(missing, alice, 1n),
    ]) {
      await expect(ask()).to.be.revertedWithCustomError(lending, "LendingUnknownMarket").withArgs(id);
    }
  });

  it("lets no collateral go at a price of 0 as long as anything is owed, as the core does", async () => {
    const fixture = await loadFixture(owingFixture);
    const { lending, lens, market, oracle, alice, bob } = fixture;
    expect(await lens.maxWithdrawCollateral(market, bob)).to.equal(50n * WAD);
    await oracle.setPrice(0n);
    expect(await lens.maxWithdrawCollateral(market, bob)).to.equal(0n);
    await expect(fixture.removeCollateral(1n, { user: bob, market }))
      .to.be.revertedWithCustomError(lending, "LendingUnhealthy")
      .withArgs(43n * WAD, 0n);
    await fixture.repay(50n * WAD, { user: bob, market });
    expect(await lens.maxWithdrawCollateral(market, bob)).to.equal(100n * WAD);
    await fixture.removeCollateral(100n * WAD, { user: bob, market });
    expect(await lens.maxWithdrawCollateral(market, alice)).to.equal(0n);
  });

  it("bounds what can be borrowed by the debt shares that a market can have, to the unit", async () => {
    const fixture = await loadFixture(lendingFixture);
    const { ledger, lending, lens, token0, token1, alice, bob, run } = fixture;
    const market = { ...fixture.market, irm: NO_INTEREST };
    await createMarket(fixture, market);
    // All shares that there can be cost, rounded up, a unit that as many debt shares do not pay for.
    const idle = MAX_SHARES / VIRTUAL_SHARES + 1n;
    for (const [user, token] of [[alice, token0] as const, [bob, token1] as const]) {
      await token.mint(user, 2n * idle);
      await ledger.connect(user).deposit(token, 2n * idle, 2n * idle, user);
    }
    await run("supplyShares", [MAX_SHARES], { user: alice, market, amount0: idle });
    await fixture.addCollateral(2n * idle, { user: bob, market });
    expect((await lens.marketOf(market)).idle).to.equal(idle);
    const most = await lens.maxBorrow(market, bob);
    expect(most).to.equal(idle - 1n);
    await expect(fixture.borrow(idle, { user: bob, market }))
      .to.be.revertedWithCustomError(lending, "LendingAmountTooLarge")
      .withArgs(idle * VIRTUAL_SHARES, MAX_SHARES);
    await fixture.borrow(most, { user: bob, market });
    expect((await lens.positionOf(market, bob)).borrowShares).to.equal(most * VIRTUAL_SHARES);
  });
});
