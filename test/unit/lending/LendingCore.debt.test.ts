import { expect } from "chai";
import {
  DESTINATION,
  ethers,
  loadFixture,
  MAX_AMOUNT,
  networkHelpers,
  SOURCE,
  WAD,
} from "../../helpers/ledger-fixture.js";
import {
  createMarket,
  lendingFixture,
  LLTV,
  marketCall,
  NO_INTEREST,
  PRICE_SCALE,
  VIRTUAL_SHARES,
  YEAR,
} from "../../helpers/lending-fixture.js";

const MAX = ethers.MaxUint256;

/** Alice lends 100 in a market without interest, Bob has 100 of collateral there. */
async function quietFixture() {
  const fixture = await lendingFixture();
  const market = { ...fixture.market, irm: NO_INTEREST };
  const { marketId } = await createMarket(fixture, market);
  const { run, alice, bob } = fixture;
  await run("supply", [0n], { user: alice, market, amount0: 100n * WAD });
  await run("addCollateral", [ethers.ZeroAddress], { user: bob, market, amount1: 100n * WAD });
  return { ...fixture, market, marketId };
}

describe("LendingCore", () => {
  describe("addCollateral", () => {
    it("adds the whole input to anybody's position, without the oracle", async () => {
      const { lending, lens, market, marketId, oracle, alice, bob, addCollateral } = await loadFixture(quietFixture);
      await oracle.setMode(1n);
      await expect(addCollateral(5n, { user: alice, market, account: bob.address }))
        .to.emit(lending, "CollateralAdded")
        .withArgs(marketId, alice.address, bob.address, 5n);
      expect((await lens.positionOf(market, bob)).collateral).to.equal(100n * WAD + 5n);
      expect((await lens.marketOf(market)).collateral).to.equal(100n * WAD + 5n);
    });

    it("leaves the time of the last update, so that interest is not lost", async () => {
      const fixture = await loadFixture(lendingFixture);
      const { lens, market, alice, bob } = fixture;
      await fixture.supply(100n * WAD, { user: alice });
      await fixture.addCollateral(100n * WAD, { user: bob });
      await fixture.borrow(50n * WAD, { user: bob });
      const { lastUpdate } = await lens.marketOf(market);
      await networkHelpers.time.increase(YEAR);
      await fixture.addCollateral(1n, { user: bob });
      await fixture.removeCollateral(1n, { user: await addOnly(fixture) });
      expect((await lens.marketOf(market)).lastUpdate).to.equal(lastUpdate);
    });
  });

  describe("removeCollateral", () => {
    it("refuses nothing, more than there is, another's, and what leaves the position unhealthy", async () => {
      const { lending, market, alice, bob, borrow, removeCollateral } = await loadFixture(quietFixture);
      await expect(removeCollateral(0n, { user: bob, market })).to.be.revertedWithCustomError(
        lending,
        "LendingZeroAmount",
      );
      await expect(removeCollateral(100n * WAD + 1n, { user: bob, market }))
        .to.be.revertedWithCustomError(lending, "LendingInsufficientCollateral")
        .withArgs(100n * WAD + 1n, 100n * WAD);
      await expect(removeCollateral(1n, { user: alice, market, account: bob.address }))
        .to.be.revertedWithCustomError(lending, "LendingNotOperator")
        .withArgs(alice.address, bob.address);
      await borrow(43n * WAD, { user: bob, market }); // half of what 100 carry
      await expect(removeCollateral(50n * WAD + 1n, { user: bob, market }))
        .to.be.revertedWithCustomError(lending, "LendingUnhealthy")
        .withArgs(43n * WAD, 43n * WAD - 1n);
      await removeCollateral(50n * WAD, { user: bob, market });
    });

    it("asks no oracle without debt, and pays to the receiver", async () => {
      const { ledger, lending, market, marketId, oracle, ids, bob, carol, removeCollateral } =
        await loadFixture(quietFixture);
      for (const mode of [1n, 2n]) {
        await oracle.setMode(mode);
        await expect(removeCollateral(5n, { user: bob, market, to: carol.address }))
          .to.emit(lending, "CollateralRemoved")
          .withArgs(marketId, bob.address, bob.address, 5n);
      }
      expect(await ledger.balanceOf(carol, ids.token1)).to.equal(10n);
      await removeCollateral(MAX, { user: bob, market });
      expect((await lending.positionOf(marketId, bob)).collateral).to.equal(0n);
    });

    it("lets an operator act, and asks for the price of borrowing with debt", async () => {
      const { ledger, market, oracle, alice, bob, borrow, removeCollateral } = await loadFixture(quietFixture);
      await ledger.connect(bob).setOperator(alice, true);
      await borrow(10n * WAD, { user: alice, market, account: bob.address });
      await oracle.setPrices(PRICE_SCALE, 0n);
      await expect(removeCollateral(1n, { user: alice, market, account: bob.address })).to.be.revert(ethers);
      await oracle.setPrices(0n, PRICE_SCALE);
      await removeCollateral(1n, { user: alice, market, account: bob.address });
    });
  });

  describe("borrow", () => {
    it("refuses nothing, more than is idle, more than is healthy, and for another", async () => {
      const { lending, market, alice, bob, borrow, addCollateral } = await loadFixture(quietFixture);
      await expect(borrow(0n, { user: bob, market })).to.be.revertedWithCustomError(lending, "LendingZeroAmount");
      await expect(borrow(86n * WAD + 1n, { user: bob, market }))
        .to.be.revertedWithCustomError(lending, "LendingUnhealthy")
        .withArgs(86n * WAD + 1n, 86n * WAD);
      await expect(borrow(1n, { user: alice, market }))
        .to.be.revertedWithCustomError(lending, "LendingUnhealthy")
        .withArgs(1n, 0n);
      await expect(borrow(1n, { user: alice, market, account: bob.address }))
        .to.be.revertedWithCustomError(lending, "LendingNotOperator")
        .withArgs(alice.address, bob.address);
      await addCollateral(100n * WAD, { user: bob, market });
      await expect(borrow(100n * WAD + 1n, { user: bob, market }))
        .to.be.revertedWithCustomError(lending, "LendingInsufficientLiquidity")
        .withArgs(100n * WAD + 1n, 100n * WAD);
      await borrow(100n * WAD, { user: bob, market });
    });

    it("pays to the receiver's wallet or ledger balance, for shares rounded up", async () => {
      const { ledger, lending, lens, market, marketId, token0, ids, bob, carol, borrow } =
        await loadFixture(quietFixture);
      const sent = borrow(5n * WAD, { user: bob, market, to: carol.address, destination: DESTINATION.wallet });
      await expect(sent).to.changeTokenBalance(ethers, token0, carol, 5n * WAD);
      await expect(sent)
        .to.emit(lending, "Borrowed")
        .withArgs(marketId, bob.address, bob.address, 5n * WAD, 5n * WAD * VIRTUAL_SHARES);
      await borrow(WAD, { user: bob, market, to: carol.address });
      expect(await ledger.balanceOf(carol, ids.token0)).to.equal(WAD);
      expect((await lens.positionOf(market, bob)).debt).to.equal(6n * WAD);
    });

    it("fails with the oracle's own error, and stays within what a market can owe", async () => {
      const { ledger, lending, market, oracle, token0, alice, bob, borrow, run } = await loadFixture(quietFixture);
      await oracle.setMode(1n);
      await expect(borrow(1n, { user: bob, market })).to.be.revertedWithCustomError(oracle, "MockPriceOracleFails");
      await oracle.setMode(0n);
      await oracle.setPrice(PRICE_SCALE * PRICE_SCALE);
      const much = 2n ** 96n + WAD;
      await token0.mint(alice, MAX_AMOUNT / 4n);
      await ledger.connect(alice).deposit(token0, much, 0n, alice);
      await expect(run("supply", [0n], { user: alice, market, amount0: much })).to.be.revertedWithCustomError(
        lending,
        "LendingAmountTooLarge", // so that no market can lend that much
      );
    });

    it("refuses what would be owed beyond the most that a market can be", async () => {
      const fixture = await loadFixture(lendingFixture);
      const { lending, lens, oracle, rateModel, alice, bob } = fixture;
      const market = { ...fixture.market, irm: await rateModel.getAddress() };
      await createMarket(fixture, market);
      await rateModel.setRate(WAD);
      await oracle.setPrice(PRICE_SCALE << 70n);
      await fixture.supply(100n * WAD, { user: alice, market });
      await fixture.addCollateral(100n * WAD, { user: bob, market });
      await fixture.borrow(90n * WAD, { user: bob, market });
      await networkHelpers.time.increase(100n * YEAR); // at 800 % a year
      await fixture.run("accrue", [], { user: alice, market });
      const most = 2n ** 96n - 1n;
      expect((await lens.marketOf(market)).borrowAssets).to.equal(most);
      await expect(fixture.borrow(1n, { user: bob, market }))
        .to.be.revertedWithCustomError(lending, "LendingAmountTooLarge")
        .withArgs(1n, 0n);
      expect(await lens.maxBorrow(market, bob)).to.equal(0n);
    });
  });

  describe("repay", () => {
    it("refuses an account without debt, and an input that repays no share", async () => {
      const { lending, market, alice, bob, repay, borrow } = await loadFixture(quietFixture);
      await expect(repay(5n, { user: alice, market })).to.be.revertedWithCustomError(lending, "LendingZeroAmount");
      await borrow(WAD, { user: bob, market });
      await repay(1n, { user: alice, market, account: bob.address });
    });

    it("takes no more than the debt, whatever came, and gives the rest back the way it came", async () => {
      const { ledger, lending, lens, market, token0, ids, alice, bob, repay, borrow } = await loadFixture(quietFixture);
      await borrow(WAD, { user: bob, market });
      const before = await ledger.balanceOf(alice, ids.token0);
      await expect(repay(5n * WAD, { user: alice, market, account: bob.address })).to.emit(lending, "Repaid");
      expect(before - (await ledger.balanceOf(alice, ids.token0))).to.equal(WAD);
      expect((await lens.positionOf(market, bob)).borrowShares).to.equal(0n);
      await borrow(WAD, { user: bob, market });
      const sent = repay(5n * WAD, { user: alice, market, account: bob.address, source: SOURCE.wallet });
      await expect(sent).to.changeTokenBalance(ethers, token0, alice, -WAD);
    });

    it("works with a broken oracle and a broken rate model", async () => {
      const fixture = await loadFixture(lendingFixture);
      const { lens, rateModel, oracle, alice, bob, run } = fixture;
      const market = { ...fixture.market, irm: await rateModel.getAddress() };
      await createMarket(fixture, market);
      await rateModel.setRate(WAD / YEAR);
      await run("supply", [0n], { user: alice, market, amount0: 100n * WAD });
      await fixture.addCollateral(100n * WAD, { user: bob, market });
      await fixture.borrow(10n * WAD, { user: bob, market });
      for (const mode of [1n, 2n, 3n]) {
        await rateModel.setMode(mode);
        await oracle.setMode(mode === 3n ? 1n : mode);
        await fixture.repay(WAD, { user: bob, market });
        await fixture.withdraw(WAD, { user: alice, market });
        expect((await lens.marketOf(market)).borrowRate).to.equal(WAD / YEAR); // the last answer
      }
      await fixture.repay(100n * WAD, { user: bob, market });
      await fixture.removeCollateral(MAX, { user: bob, market });
      await fixture.redeem(MAX, { user: alice, market });
    });
  });

  describe("repayShares", () => {
    it("repays up to the shares at their cost rounded up, and refuses too small an input", async () => {
      const { lending, lens, market, bob, run, borrow } = await loadFixture(quietFixture);
      await borrow(WAD, { user: bob, market });
      const zero = ethers.ZeroAddress;
      await expect(run("repayShares", [VIRTUAL_SHARES * 3n, zero], { user: bob, market, amount0: 2n }))
        .to.be.revertedWithCustomError(lending, "LendingInsufficientInput")
        .withArgs(2n, 3n);
      await expect(run("repayShares", [0n, zero], { user: bob, market, amount0: 2n })).to.be.revertedWithCustomError(
        lending,
        "LendingZeroAmount",
      );
      await run("repayShares", [VIRTUAL_SHARES * 3n, zero], { user: bob, market, amount0: 5n });
      expect((await lens.positionOf(market, bob)).debt).to.equal(WAD - 3n);
      await run("repayShares", [MAX, zero], { user: bob, market, amount0: WAD });
      expect((await lens.positionOf(market, bob)).borrowShares).to.equal(0n);
    });
  });

  describe("an external rate model", () => {
    it("is taken at 800 % a year at most, and asked only where it gets all its gas", async () => {
      const fixture = await loadFixture(lendingFixture);
      const { ledger, lending, lens, rateModel, alice, bob, run } = fixture;
      const market = { ...fixture.market, irm: await rateModel.getAddress() };
      const { marketId } = await createMarket(fixture, market);
      await rateModel.setRate(WAD);
      await run("supply", [0n], { user: alice, market, amount0: 100n * WAD });
      await fixture.addCollateral(100n * WAD, { user: bob, market });
      await fixture.borrow(10n * WAD, { user: bob, market });
      expect((await lens.marketOf(market)).borrowRate).to.equal((8n * WAD) / YEAR);
      expect((await lending.marketOf(marketId)).rate).to.equal((8n * WAD) / YEAR);
      await rateModel.setMode(2n); // it burns all that it gets
      const call = marketCall(lending, market, { action: "accrue" });
      await expect(ledger.connect(alice).call(call, { gasLimit: 140_000n })).to.be.revertedWithCustomError(
        lending,
        "LendingInsufficientGas",
      );
      await ledger.connect(alice).call(call);
    });
  });

  it("keeps LLTVs and prices as they are given", async () => {
    const { lens, market, bob, borrow, oracle } = await loadFixture(quietFixture);
    expect(await lens.healthFactor(market, bob)).to.equal(MAX);
    await borrow(43n * WAD, { user: bob, market });
    expect(await lens.healthFactor(market, bob)).to.equal(2n * WAD);
    expect(await lens.maxBorrow(market, bob)).to.equal(100n * LLTV - 43n * WAD);
    await oracle.setPrice(PRICE_SCALE / 2n);
    expect(await lens.healthFactor(market, bob)).to.equal(WAD);
    expect(await lens.maxBorrow(market, bob)).to.equal(0n);
    expect(await lens.maxWithdrawCollateral(market, bob)).to.equal(0n);
  });
});

/** A user with collateral and no debt in the fixture's market. */
async function addOnly({ addCollateral, alice }: Awaited<ReturnType<typeof lendingFixture>>) {
  await addCollateral(1n, { user: alice });
  return alice;
}
