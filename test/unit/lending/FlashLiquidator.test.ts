import { expect } from "chai";
import { amountOut, openPool } from "../../../src/models/amm-math.js";
import {
  actions,
  bookKeyOf,
  callOf,
  ethers,
  FEE,
  idOf,
  loadFixture,
  NEVER,
  outcomeOf,
  poolCall,
  WAD,
  type PoolKey,
} from "../../helpers/ledger-fixture.js";
import {
  createMarket,
  lendingFixture,
  marketIdOf,
  NO_INTEREST,
  PRICE_SCALE,
  type MarketParams,
} from "../../helpers/lending-fixture.js";

const PRICE = (9n * PRICE_SCALE) / 10n;
const RESERVE = 300n * WAD;
/** 1 / (1 − 0.3 · 0.14), WAD, rounded down. */
const INCENTIVE = (WAD * WAD) / (WAD - (((3n * WAD) / 10n) * 14n) / 100n);

/**
 * Alice lends 100 without interest, Bob owes 80 on 100 of collateral, in a whole and an only-to-health market. The collateral is
 * worth 0.9 to the oracle and 1 in its pool with the loan asset; USDC connects both in two more pools. Carol has nothing.
 */
async function liquidatorFixture() {
  const fixture = await lendingFixture();
  const { ledger, amm, ids, alice, bob, run, lending } = fixture;
  const liquidator = await ethers.deployContract("FlashLiquidator", [lending, amm]);
  const sorted = (a: bigint, b: bigint): PoolKey => {
    const [asset0, asset1] = a < b ? [a, b] : [b, a];
    return { asset0, asset1, fee: FEE, alpha: 0n, beta: 0n, flags: 0n };
  };
  const direct = sorted(ids.token0, ids.token1);
  const around = [sorted(ids.token1, ids.usdc), sorted(ids.usdc, ids.token0)];
  for (const key of [direct, ...around]) {
    const data = actions.encodeFunctionData("createPool", [key, 1n, NEVER]);
    await ledger.connect(alice).call(poolCall({ amm, key, to: alice, amount0: RESERVE, amount1: RESERVE, data }));
  }
  const whole: MarketParams = { ...fixture.market, irm: NO_INTEREST };
  const capped: MarketParams = { ...whole, closeOutDebt: WAD };
  for (const market of [whole, capped]) {
    await createMarket(fixture, market);
    await run("supply", [0n], { user: alice, market, amount0: 100n * WAD });
    await fixture.addCollateral(100n * WAD, { user: bob, market });
    await fixture.borrow(80n * WAD, { user: bob, market });
  }
  await fixture.oracle.setPrice(PRICE);
  /** As Carol, who owns nothing. */
  const liquidate = (market: MarketParams, maxAssets: bigint, pools: readonly PoolKey[], minProfit = 0n) =>
    liquidator.connect(fixture.carol).liquidate(market, bob, maxAssets, [...pools], minProfit);
  return { ...fixture, liquidator, direct, around, whole, capped, liquidateByFlash: liquidate };
}

type Fixture = Awaited<ReturnType<typeof liquidatorFixture>>;

/** What the sale of token 1 pays in pools that stand at their first reserves. */
function saleOf(pools: readonly PoolKey[], { ids }: Fixture, seized: bigint): bigint {
  let [asset, amount] = [ids.token1, seized];
  for (const pool of pools) {
    amount = amountOut(openPool(pool, RESERVE, RESERVE), pool.asset0 === asset, amount);
    asset = pool.asset0 === asset ? pool.asset1 : pool.asset0;
  }
  return amount;
}

/** A market and a pool of a token that calls back against token 1, in which Bob owes more than he may. */
async function callbackMarket(fixture: Fixture) {
  const { ledger, amm, ids, whole, alice, bob, run } = fixture;
  const token = await ethers.deployContract("CallbackToken", ["Calling", "CALL", 18]);
  await token.mint(alice, 1_000n * WAD);
  await token.connect(alice).approve(ledger, ethers.MaxUint256);
  await ledger.connect(alice).deposit(token, 1_000n * WAD, 1_000n * WAD, alice);
  const loanAsset = await idOf(token);
  const [asset0, asset1] = loanAsset < ids.token1 ? [loanAsset, ids.token1] : [ids.token1, loanAsset];
  const key: PoolKey = { asset0, asset1, fee: FEE, alpha: 0n, beta: 0n, flags: 0n };
  const data = actions.encodeFunctionData("createPool", [key, 1n, NEVER]);
  await ledger.connect(alice).call(poolCall({ amm, key, to: alice, amount0: RESERVE, amount1: RESERVE, data }));
  const market: MarketParams = { ...whole, loanAsset };
  await createMarket(fixture, market);
  await run("supply", [0n], { user: alice, market, amount0: 100n * WAD });
  await fixture.addCollateral(50n * WAD, { user: bob, market });
  await fixture.borrow(30n * WAD, { user: bob, market });
  await fixture.oracle.setPrice(PRICE_SCALE / 2n);
  return { token, market, key };
}

async function expectEmpty({ liquidator, ledger, token0, token1, usdc, ids }: Fixture): Promise<void> {
  for (const token of [token0, token1, usdc]) {
    expect(await token.balanceOf(liquidator)).to.equal(0n);
    expect(await token.allowance(liquidator, ledger)).to.equal(0n);
  }
  for (const id of Object.values(ids)) expect(await ledger.balanceOf(liquidator, id)).to.equal(0n);
}

describe("FlashLiquidator", () => {
  describe("onFlashLoan", () => {
    it("refuses whoever is not the ledger, and loans that another asked for", async () => {
      const fixture = await loadFixture(liquidatorFixture);
      const { liquidator, ledger, token0, carol } = fixture;
      await expect(liquidator.connect(carol).onFlashLoan(liquidator, token0, 1n, 0n, "0x"))
        .to.be.revertedWithCustomError(liquidator, "LiquidatorNotLedger")
        .withArgs(carol.address);
      await expect(ledger.connect(carol).flashLoan(liquidator, token0, 1n, "0x"))
        .to.be.revertedWithCustomError(liquidator, "LiquidatorNotInitiator")
        .withArgs(carol.address);
    });
  });

  describe("liquidate", () => {
    it("refuses a loan asset that is no token, a healthy position and a loan of nothing", async () => {
      const { liquidator, lending, ledger, oracle, whole, direct, liquidateByFlash } =
        await loadFixture(liquidatorFixture);
      const loanAsset = 1n << 255n;
      await expect(liquidateByFlash({ ...whole, loanAsset }, WAD, [direct]))
        .to.be.revertedWithCustomError(liquidator, "LiquidatorNotToken")
        .withArgs(loanAsset);
      await expect(liquidateByFlash(whole, 0n, [direct])).to.be.revertedWithCustomError(ledger, "LedgerZeroAmount");
      await oracle.setPrice(PRICE_SCALE);
      await expect(liquidateByFlash(whole, WAD, [direct]))
        .to.be.revertedWithCustomError(lending, "LendingHealthy")
        .withArgs(80n * WAD, 86n * WAD);
    });

    it("refuses pools that do not lead from the collateral, and none at all", async () => {
      const { liquidator, ledger, whole, around, liquidateByFlash } = await loadFixture(liquidatorFixture);
      await expect(liquidateByFlash(whole, WAD, around.slice(1))).to.be.revertedWithCustomError(
        ledger,
        "LedgerBrokenPath",
      );
      await expect(liquidateByFlash(whole, WAD, []))
        .to.be.revertedWithCustomError(liquidator, "LiquidatorBelowMinimumProfit")
        .withArgs(0n, WAD, 0n);
      // The sale ends in USDC.
      await expect(liquidateByFlash(whole, WAD, around.slice(0, 1)))
        .to.be.revertedWithCustomError(liquidator, "LiquidatorBelowMinimumProfit")
        .withArgs(0n, WAD, 0n);
    });

    it("pays the whole profit to the caller, to the unit, and not a unit less than he asks", async () => {
      const fixture = await loadFixture(liquidatorFixture);
      const { liquidator, lens, token0, whole, direct, carol, bob, liquidateByFlash } = fixture;
      const seized = (((20n * WAD * INCENTIVE) / WAD) * PRICE_SCALE) / PRICE;
      const held = saleOf([direct], fixture, seized);
      const profit = held - 20n * WAD;
      await expect(liquidateByFlash(whole, 20n * WAD, [direct], profit + 1n))
        .to.be.revertedWithCustomError(liquidator, "LiquidatorBelowMinimumProfit")
        .withArgs(held, 20n * WAD, profit + 1n);
      await expect(liquidateByFlash(whole, 20n * WAD, [direct], ethers.MaxUint256)).to.be.revertedWithCustomError(
        liquidator,
        "LiquidatorBelowMinimumProfit",
      );
      await expect(liquidateByFlash(whole, 20n * WAD, [direct], profit))
        .to.emit(liquidator, "ProfitPaid")
        .withArgs(carol.address, await token0.getAddress(), profit);
      expect(await token0.balanceOf(carol)).to.equal(profit);
      expect((await lens.positionOf(whole, bob)).debt).to.equal(60n * WAD);
      await expectEmpty(fixture);
    });

    it("takes of the loan what makes the position healthy, and repays the rest", async () => {
      const fixture = await loadFixture(liquidatorFixture);
      const { lens, token0, capped, direct, carol, bob, liquidateByFlash } = fixture;
      const preview = await lens.previewLiquidate(capped, bob, 80n * WAD);
      expect(preview.repaidAssets < 80n * WAD && preview.badDebt === 0n).to.equal(true);
      const profit = saleOf([direct], fixture, preview.seized) - preview.repaidAssets;
      await liquidateByFlash(capped, 80n * WAD, [direct], profit);
      expect(await token0.balanceOf(carol)).to.equal(profit);
      expect((await lens.healthFactor(capped, bob)) >= WAD).to.equal(true);
      await expectEmpty(fixture);
    });

    it("closes a position that leaves bad debt", async () => {
      const fixture = await loadFixture(liquidatorFixture);
      const { lens, oracle, token0, whole, direct, carol, bob, liquidateByFlash } = fixture;
      await oracle.setPrice(PRICE_SCALE / 2n);
      const preview = await lens.previewLiquidate(whole, bob, 80n * WAD);
      expect(preview.badDebt > 0n && preview.seized === 100n * WAD).to.equal(true);
      const profit = saleOf([direct], fixture, 100n * WAD) - preview.repaidAssets;
      await liquidateByFlash(whole, 80n * WAD, [direct], profit);
      expect(await token0.balanceOf(carol)).to.equal(profit);
      const { debt, collateral } = await lens.positionOf(whole, bob);
      expect([debt, collateral]).to.deep.equal([0n, 0n]);
      await expectEmpty(fixture);
    });

    it("sells through several pools", async () => {
      const fixture = await loadFixture(liquidatorFixture);
      const { lens, token0, whole, around, carol, bob, liquidateByFlash } = fixture;
      const { seized, repaidAssets } = await lens.previewLiquidate(whole, bob, 5n * WAD);
      const profit = saleOf(around, fixture, seized) - repaidAssets;
      await liquidateByFlash(whole, 5n * WAD, around, profit);
      expect(await token0.balanceOf(carol)).to.equal(profit);
      await expectEmpty(fixture);
    });

    it("reverts where the sale does not even repay the loan", async () => {
      const fixture = await loadFixture(liquidatorFixture);
      const { liquidator, ledger, amm, lens, whole, direct, around, alice, bob, liquidateByFlash } = fixture;
      const sell = actions.encodeFunctionData("swapExactIn", [0n, NEVER]);
      const amounts = direct.asset0 === fixture.ids.token1 ? { amount0: RESERVE } : { amount1: RESERVE };
      await ledger.connect(alice).deposit(fixture.token1, RESERVE, RESERVE, alice);
      await ledger.connect(alice).call(poolCall({ amm, key: direct, to: alice, ...amounts, data: sell }));
      const { repaidAssets } = await lens.previewLiquidate(whole, bob, 20n * WAD);
      await expect(liquidateByFlash(whole, 20n * WAD, [direct])).to.be.revertedWithCustomError(
        liquidator,
        "LiquidatorBelowMinimumProfit",
      );
      expect((await lens.positionOf(whole, bob)).debt).to.equal(80n * WAD);
      await liquidateByFlash(whole, repaidAssets / 4n, around); // the way around still pays
    });

    it("counts no donation as profit, and keeps none", async () => {
      const fixture = await loadFixture(liquidatorFixture);
      const { liquidator, ledger, lens, token0, token1, ids, whole, direct, alice, bob, carol, liquidateByFlash } =
        fixture;
      await token0.connect(alice).transfer(liquidator, 7n);
      await token1.connect(alice).transfer(liquidator, 9n);
      await ledger.connect(alice).transfer(liquidator, ids.token0, 11n);
      const { seized, repaidAssets } = await lens.previewLiquidate(whole, bob, 20n * WAD);
      const profit = saleOf([direct], fixture, seized) - repaidAssets;
      await expect(liquidateByFlash(whole, 20n * WAD, [direct], profit + 1n)).to.be.revertedWithCustomError(
        liquidator,
        "LiquidatorBelowMinimumProfit",
      );
      await expect(liquidateByFlash(whole, 20n * WAD, [direct], profit))
        .to.emit(liquidator, "ProfitPaid")
        .withArgs(carol.address, await token0.getAddress(), profit);
      expect(await token0.balanceOf(carol)).to.equal(profit + 7n);
      expect(await token0.balanceOf(liquidator)).to.equal(0n);
    });

    it("sends nothing where the sale pays for the loan and no more", async () => {
      const fixture = await loadFixture(liquidatorFixture);
      const { ledger, lending, lens, protocol, token0, whole, direct, alice, bob, carol } = fixture;
      // A protocol that pays for the collateral just what was lent.
      const key = bookKeyOf(direct);
      const loanIsFirst = direct.asset0 === fixture.ids.token0;
      const book = { protocol, key, asset0: direct.asset0, asset1: direct.asset1, to: alice };
      await ledger.connect(alice).call(callOf({ ...book, [loanIsFirst ? "amount0" : "amount1"]: 20n * WAD }));
      await protocol.setOutcome(outcomeOf({ [loanIsFirst ? "out0" : "out1"]: 20n * WAD }));
      const liquidator = await ethers.deployContract("FlashLiquidator", [lending, protocol]);
      const sent = liquidator.connect(carol).liquidate(whole, bob, 20n * WAD, [direct], 0n);
      await expect(sent)
        .to.emit(liquidator, "ProfitPaid")
        .withArgs(carol.address, await token0.getAddress(), 0n);
      const receipt = await (await sent).wait();
      const transfers = receipt?.logs.filter(({ topics }) => topics[2] === ethers.zeroPadValue(carol.address, 32));
      expect(transfers).to.deep.equal([]);
      expect((await lens.positionOf(whole, bob)).debt).to.equal(60n * WAD);
      expect(await token0.balanceOf(liquidator)).to.equal(0n);
    });

    it("takes less than before for nothing, of a token that takes from its holders", async () => {
      const fixture = await loadFixture(liquidatorFixture);
      const { liquidator, liquidateByFlash } = fixture;
      const { token, market, key } = await callbackMarket(fixture);
      await token.mint(liquidator, 10n * WAD);
      const burn = token.interface.encodeFunctionData("burn", [await liquidator.getAddress(), WAD]);
      // On the loan, on the liquidation's payment and on the sale's.
      await token.configure(token, burn, false, true, 3n);
      await expect(liquidateByFlash(market, WAD, [key]))
        .to.be.revertedWithCustomError(liquidator, "LiquidatorBelowMinimumProfit")
        .withArgs(0n, WAD, 0n);
      expect(await token.balanceOf(liquidator)).to.equal(10n * WAD);
    });

    it("is not entered again by a token that calls back", async () => {
      const fixture = await loadFixture(liquidatorFixture);
      const { liquidator, ledger, lending, bob, carol, liquidateByFlash } = fixture;
      const { token, market, key } = await callbackMarket(fixture);
      const again = liquidator.interface.encodeFunctionData("liquidate", [market, bob.address, WAD, [key], 0n]);
      const refusal = liquidator.interface.encodeErrorResult("ReentrancyGuardReentrantCall");
      // On the loan, on the liquidation's payment, on the sale's, on the repayment, and on the profit.
      for (let transfers = 1n; transfers <= 5n; ++transfers) {
        await token.configure(liquidator, again, false, false, transfers);
        await liquidateByFlash(market, WAD, [key]);
        expect(await token.calls(), `${transfers}`).to.equal(transfers);
        expect(await token.lastReturnData(), `${transfers}`).to.equal(refusal);
      }
      expect(await token.balanceOf(liquidator)).to.equal(0n);
      expect(await token.balanceOf(carol)).to.be.greaterThan(0n);
      await expect(liquidateByFlash(market, 0n, [key])).to.be.revertedWithCustomError(ledger, "LedgerZeroAmount");
      expect((await lending.positionOf(await marketIdOf(lending, market), bob)).collateral).to.be.greaterThan(0n);
    });
  });
});
