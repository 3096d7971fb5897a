import { expect } from "chai";
import { isInstrumented } from "#chain";
import { poolKey, rangeOffsets } from "../../../src/index.js";
import {
  actions,
  DESTINATION,
  ethers,
  FEE,
  idOf,
  ledgerFixture,
  loadFixture,
  networkHelpers,
  NEVER,
  poolCall,
  poolIdOf,
  SOURCE,
  WAD,
  type LedgerFixture,
  type PoolKey,
} from "../../helpers/ledger-fixture.js";
import { HOUR, ONE } from "../../helpers/oracle-fixture.js";

const WINDOW = HOUR / 2n;
/** A touch, which moves a price by nothing to speak of. */
const TOUCH = 2000n;
const RESERVES = [100n * WAD, 400n * WAD] as const;

/** Calls a pool from Alice's wallet and pays her there. */
function caller({ ledger, amm, alice }: LedgerFixture, key: PoolKey) {
  return (data: string, [amount0, amount1]: readonly [bigint, bigint]) =>
    ledger.connect(alice).call(
      poolCall({
        ...{ amm, key, to: alice, amount0, amount1, data },
        ...{ source: SOURCE.wallet, destination: DESTINATION.wallet },
      }),
    );
}

/** A pool with a history, at a price of 4, and an oracle for each side of it as collateral. */
async function openPool(fixture: LedgerFixture, key: PoolKey, reserves: readonly [bigint, bigint] = RESERVES) {
  const { amm } = fixture;
  const call = caller(fixture, key);
  await call(actions.encodeFunctionData("createPool", [key, 1n, NEVER]), reserves);
  const start = BigInt(await networkHelpers.time.latest());
  const swap = (amounts: readonly [bigint, bigint]) =>
    call(actions.encodeFunctionData("swapExactIn", [1n, NEVER]), amounts);
  const buy = (amount: bigint, amounts: readonly [bigint, bigint]) =>
    call(actions.encodeFunctionData("swapExactOut", [amount, NEVER]), amounts);
  const minimum = reserves[0] / 2n;
  const oracleOf = (collateral: bigint, minimums: readonly [bigint, bigint] = [minimum, minimum]) =>
    ethers.deployContract("AmmTwapOracle", [amm, key, collateral, WINDOW, ...minimums]);
  const [of0, of1] = [await oracleOf(key.asset0), await oracleOf(key.asset1)];
  return { key, start, swap, buy, oracleOf, of0, of1 };
}

async function plainFixture() {
  const fixture = await ledgerFixture();
  const { ids } = fixture;
  const key = poolKey({ assets: [ids.token0, ids.token1], fee: FEE, oracle: true });
  return { ...fixture, ...(await openPool(fixture, key)) };
}

/** The range is a price of 3.2 to 5. */
async function rangeFixture() {
  const fixture = await ledgerFixture();
  const { ids } = fixture;
  const range = rangeOffsets({ low: (32n * ONE) / 10n, high: 5n * ONE });
  const key = poolKey({ assets: [ids.token0, ids.token1], fee: FEE, ...range, oracle: true });
  return { ...fixture, ...(await openPool(fixture, key)) };
}

/** Within one part in `parts`. */
function expectNear(value: bigint, expected: bigint, parts: bigint): void {
  expect(value).to.be.closeTo(expected, expected / parts);
}

const inverse = (value: bigint): bigint => ONE ** 2n / (value + 1n);
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

describe("AmmTwapOracle", () => {
  describe("constructor", () => {
    it("reverts for a pool that does not exist, and for one without a history", async () => {
      const { amm, key, of0, ledger, alice } = await loadFixture(plainFixture);
      const factory = await ethers.getContractFactory("AmmTwapOracle");
      const missing = { ...key, fee: 1n };
      await expect(factory.deploy(amm, missing, key.asset0, WINDOW, 0n, 0n))
        .to.be.revertedWithCustomError(of0, "AmmUnknownPool")
        .withArgs(await poolIdOf({ amm, key: missing }));
      const silent = { ...key, flags: 0n };
      const data = actions.encodeFunctionData("createPool", [silent, 1n, NEVER]);
      await ledger
        .connect(alice)
        .call(poolCall({ amm, key: silent, to: alice, amount0: WAD, amount1: WAD, data, source: SOURCE.wallet }));
      await expect(factory.deploy(amm, silent, key.asset0, WINDOW, 0n, 0n))
        .to.be.revertedWithCustomError(of0, "AmmNoOracle")
        .withArgs(await poolIdOf({ amm, key: silent }));
    });

    it("reverts for a collateral that is not in the pool", async () => {
      const { amm, key, ids } = await loadFixture(plainFixture);
      const factory = await ethers.getContractFactory("AmmTwapOracle");
      await expect(factory.deploy(amm, key, ids.weth, WINDOW, 0n, 0n))
        .to.be.revertedWithCustomError(factory, "OracleAssetNotInPool")
        .withArgs(ids.weth);
    });

    it("reverts for a window below 30 minutes, or beyond what every pool remembers", async () => {
      const { amm, key } = await loadFixture(plainFixture);
      const factory = await ethers.getContractFactory("AmmTwapOracle");
      for (const window of [0n, 1799n, 3781n]) {
        await expect(factory.deploy(amm, key, key.asset0, window, 0n, 0n))
          .to.be.revertedWithCustomError(factory, "OracleOutOfBounds")
          .withArgs(window, 1800n, 3780n);
      }
      for (const window of [1800n, 3780n]) {
        const oracle = await factory.deploy(amm, key, key.asset0, window, 1000n, 1000n);
        expect(await oracle.WINDOW()).to.equal(window);
      }
    });

    it("reverts for a least reserve below what a swap leaves, or above what a pool can have", async () => {
      const { key, of0, oracleOf } = await loadFixture(plainFixture);
      const most = 2n ** 120n - 1n;
      for (const value of [0n, 999n, most + 1n]) {
        for (const minimums of [
          [value, 1000n],
          [1000n, value],
        ] as const) {
          await expect(oracleOf(key.asset0, minimums))
            .to.be.revertedWithCustomError(of0, "OracleOutOfBounds")
            .withArgs(value, 1000n, most);
        }
      }
    });

    it("keeps what it is given", async () => {
      const { amm, ledger, key, of0, of1 } = await loadFixture(plainFixture);
      expect([...(await of0.poolKey())]).to.deep.equal(Object.values(key));
      expect(await of0.AMM()).to.equal(await amm.getAddress());
      expect(await of0.LEDGER()).to.equal(await ledger.getAddress());
      expect([await of0.MINIMUM_0(), await of0.MINIMUM_1()]).to.deep.equal([50n * WAD, 50n * WAD]);
      expect([await of0.IS_COLLATERAL_0(), await of1.IS_COLLATERAL_0()]).to.deep.equal([true, false]);
    });
  });

  describe("price", () => {
    it("reverts until the pool is as old as the window", async () => {
      const { amm, of0, start } = await loadFixture(plainFixture);
      await networkHelpers.time.increaseTo(start + WINDOW - 1n);
      for (const read of [of0.price, of0.borrowPrice]) {
        await expect(read())
          .to.be.revertedWithCustomError(amm, "AmmOracleTooYoung")
          .withArgs(WINDOW, WINDOW - 1n);
      }
      await networkHelpers.time.increaseTo(start + WINDOW);
      expect(await of0.price()).to.be.greaterThan(0n);
    });

    it("reverts while a virtual reserve is below its minimum, on either side", async () => {
      const { key, oracleOf, start, swap } = await loadFixture(plainFixture);
      const [reserve0, reserve1] = RESERVES;
      await networkHelpers.time.increaseTo(start + WINDOW);
      for (const minimums of [
        [reserve0 + 1n, 1000n],
        [1000n, reserve1 + 1n],
      ] as const) {
        const oracle = await oracleOf(key.asset0, minimums);
        for (const read of [oracle.price, oracle.borrowPrice]) {
          await expect(read())
            .to.be.revertedWithCustomError(oracle, "OracleThinPool")
            .withArgs(reserve0, reserve1, ...minimums);
        }
      }
      const exact = await oracleOf(key.asset0, RESERVES);
      expect(await exact.price()).to.be.greaterThan(0n);
      await swap([TOUCH, 0n]);
      await expect(exact.price()).to.be.revertedWithCustomError(exact, "OracleThinPool");
    });

    it("is the mean of the window, in units of the other asset, for either side as collateral", async () => {
      const { amm, key, of0, of1, start, swap } = await loadFixture(plainFixture);
      await networkHelpers.time.setNextBlockTimestamp(start + WINDOW);
      await swap([100n * WAD, 0n]);
      for (const elapsed of [0n, WINDOW / 3n, WINDOW, 2n * WINDOW]) {
        await networkHelpers.time.increaseTo(start + WINDOW + elapsed + 1n);
        const mean = await amm.consult(key, WINDOW);
        expect(await of0.price()).to.equal(mean);
        expect(await of1.price()).to.equal(inverse(mean));
      }
      const [price0, price1] = [await of0.price(), await of1.price()];
      for (const price of [price0, price1]) expectNear(price, ONE, 100n); // 200 of each, but for the fee
      expect(price0 * price1).to.be.lessThanOrEqual(ONE ** 2n);
    });

    it("starts at the pool's own price, to fifteen digits", async () => {
      const { of0, of1, start } = await loadFixture(plainFixture);
      await networkHelpers.time.increaseTo(start + WINDOW);
      expectNear(await of0.price(), 4n * ONE, 10n ** 15n);
      expectNear(await of1.price(), ONE / 4n, 10n ** 15n);
    });

    it("is in raw units, so decimals are in it", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ids } = fixture;
      const key = poolKey({ assets: [ids.usdc, ids.token0], fee: FEE, oracle: true });
      const isUsdc0 = key.asset0 === ids.usdc;
      const [dollars, tokens] = [8000n * 10n ** 6n, 4n * WAD]; // 2,000 dollars a token
      const { start, oracleOf } = await openPool(fixture, key, isUsdc0 ? [dollars, tokens] : [tokens, dollars]);
      await networkHelpers.time.increaseTo(start + WINDOW);
      const [token, usdc] = [await oracleOf(ids.token0, [1000n, 1000n]), await oracleOf(ids.usdc, [1000n, 1000n])];
      expectNear(await token.price(), 2000n * 10n ** 24n, 10n ** 15n); // 36 + 6 - 18 digits
      expectNear(await usdc.price(), 10n ** 48n / 2000n, 10n ** 15n); // 36 + 18 - 6 digits
    });
  });

  describe("borrowPrice", () => {
    it("is the mean while the price of now is higher: a push up in one block is worth nothing", async () => {
      const { of0, of1, start, swap, ammLens, key } = await loadFixture(plainFixture);
      for (const [oracle, push] of [
        [of0, [0n, 300n * WAD]],
        [of1, [300n * WAD, 0n]],
      ] as const) {
        const snapshot = await networkHelpers.takeSnapshot();
        await networkHelpers.time.increaseTo(start + HOUR);
        const before = await oracle.price();
        expect(await oracle.borrowPrice()).to.be.lessThanOrEqual(before);
        await networkHelpers.time.setNextBlockTimestamp(start + HOUR + 1n);
        await swap(push);
        const { price } = await ammLens.poolOf(key);
        expect(oracle === of0 ? price : inverse(price)).to.be.greaterThan(2n * before);
        expect(await oracle.price()).to.equal(before);
        expect(await oracle.borrowPrice()).to.equal(before);
        await snapshot.restore();
      }
    });

    it("is the price of now while that is lower, and price stays", async () => {
      const { of0, of1, start, swap, ammLens, key } = await loadFixture(plainFixture);
      for (const [oracle, push] of [
        [of0, [100n * WAD, 0n]],
        [of1, [0n, 400n * WAD]],
      ] as const) {
        const snapshot = await networkHelpers.takeSnapshot();
        await networkHelpers.time.increaseTo(start + HOUR);
        const before = await oracle.price();
        await networkHelpers.time.setNextBlockTimestamp(start + HOUR + 1n);
        await swap(push);
        const { price } = await ammLens.poolOf(key);
        const spot = oracle === of0 ? price : inverse(price);
        expect(spot).to.be.lessThan(before / 3n);
        expect(await oracle.price()).to.equal(before);
        expect(await oracle.borrowPrice()).to.equal(spot);
        await snapshot.restore();
      }
    });

    it("is never above price, whatever is traded in whatever block", async () => {
      const { of0, of1, start, swap, ammLens, key } = await loadFixture(plainFixture);
      await networkHelpers.time.increaseTo(start + WINDOW);
      for (let step = 1n; step <= 30n; step += 1n) {
        const amount = ((step * 7919n) % 60n) * WAD + TOUCH;
        await swap(step % 3n === 0n ? [0n, 4n * amount] : [amount, 0n]);
        if (step % 4n === 0n) await networkHelpers.time.increase(step * 13n);
        const { price } = await ammLens.poolOf(key);
        const [mean0, mean1] = [await of0.price(), await of1.price()];
        expect(await of0.borrowPrice(), `${step}`).to.equal(least(mean0, price));
        expect(await of1.borrowPrice(), `${step}`).to.equal(least(mean1, inverse(price)));
      }
    });
  });

  describe("range", () => {
    it("has a price inside of its range, from the virtual reserves", async () => {
      const { of0, of1, start, ammLens, key, oracleOf } = await loadFixture(rangeFixture);
      await networkHelpers.time.increaseTo(start + WINDOW);
      const { price, virtual0, virtual1 } = await ammLens.poolOf(key);
      expect(await of0.borrowPrice()).to.equal(least(price, await of0.price()));
      expect(await of1.borrowPrice()).to.equal(least(inverse(price), await of1.price()));
      const exact = await oracleOf(key.asset0, [virtual0, virtual1]);
      expect(await exact.price()).to.equal(await of0.price());
      const above = await oracleOf(key.asset0, [virtual0, virtual1 + 1n]);
      await expect(above.price())
        .to.be.revertedWithCustomError(above, "OracleThinPool")
        .withArgs(virtual0, virtual1, virtual0, virtual1 + 1n);
    });

    for (const side of [0, 1] as const) {
      const edge = side === 0 ? "upper" : "lower";

      it(`reverts at its ${edge} edge, while asset ${side} is sold out`, async () => {
        const fixture = await loadFixture(rangeFixture);
        const { of0, of1, start, buy, swap, ammLens, key } = fixture;
        await networkHelpers.time.increaseTo(start + WINDOW);
        const pool = await ammLens.poolOf(key);
        const paid = 5000n * WAD;
        await buy(side === 0 ? pool.reserve0 : pool.reserve1, side === 0 ? [0n, paid] : [paid, 0n]);
        const { price, reserve0, reserve1 } = await ammLens.poolOf(key);
        expect(side === 0 ? reserve0 : reserve1).to.equal(0n);
        for (const read of [of0.price, of0.borrowPrice, of1.price, of1.borrowPrice]) {
          await expect(read()).to.be.revertedWithCustomError(of0, "OracleRangeExhausted");
        }
        const [low, high] = [(32n * ONE) / 10n, 5n * ONE];
        expect(price).to.satisfy((value: bigint) =>
          side === 0 ? value > (high * 999n) / 1000n : value < (low * 1001n) / 1000n,
        );

        // A few units more, and a side is not empty; the price is at the edge all the same.
        await swap(side === 0 ? [TOUCH, 0n] : [0n, TOUCH]);
        await expect(of0.price()).to.be.revertedWithCustomError(of0, "OracleRangeExhausted");
      });

      it(`reverts while its mean is at its ${edge} edge, wherever the price of now is pushed`, async () => {
        const fixture = await loadFixture(rangeFixture);
        const { of0, of1, start, buy, swap, ammLens, key } = fixture;
        const pool = await ammLens.poolOf(key);
        const paid = 5000n * WAD;
        await buy(side === 0 ? pool.reserve0 : pool.reserve1, side === 0 ? [0n, paid] : [paid, 0n]);
        await networkHelpers.time.setNextBlockTimestamp(start + HOUR);
        await swap(side === 0 ? [20n * WAD, 0n] : [0n, 80n * WAD]);
        const { price } = await ammLens.poolOf(key);
        expect(price).to.be.greaterThan((33n * ONE) / 10n);
        expect(price).to.be.lessThan((49n * ONE) / 10n);
        for (const read of [of0.price, of0.borrowPrice, of1.price, of1.borrowPrice]) {
          await expect(read()).to.be.revertedWithCustomError(of0, "OracleRangeExhausted");
        }
        await networkHelpers.time.increaseTo(start + HOUR + WINDOW);
        expectNear(await of0.price(), price, 10n ** 12n);
      });
    }
  });

  it("costs less than a section gives an oracle, with the longest window and a touch in each minute", async function () {
    if (isInstrumented) this.skip();
    const { amm, key, start, swap } = await loadFixture(plainFixture);
    for (let minute = 1n; minute <= 70n; minute += 1n) {
      await networkHelpers.time.setNextBlockTimestamp(start + minute * 60n);
      await swap([TOUCH, 0n]);
    }
    const oracle = await ethers.deployContract("AmmTwapOracle", [amm, key, key.asset0, 3780n, 1000n, 1000n]);
    const gas = await oracle.borrowPrice.estimateGas();
    expect(gas).to.be.within(100_000n, 350_000n);
  });

  it("shows no half of a swap to who is called in it", async () => {
    const fixture = await loadFixture(ledgerFixture);
    const { ledger, alice, ids } = fixture;
    const evil = await ethers.deployContract("CallbackToken", ["Evil", "EVIL", 18]);
    await evil.mint(alice, 1000n * WAD);
    await evil.connect(alice).approve(ledger, ethers.MaxUint256);
    const key = poolKey({ assets: [await idOf(evil), ids.token0], fee: FEE, oracle: true });
    const { start, swap, oracleOf } = await openPool(fixture, key, [100n * WAD, 100n * WAD]);
    const isEvil0 = key.asset0 === (await idOf(evil));
    await networkHelpers.time.increaseTo(start + HOUR);
    for (const collateral of [key.asset0, key.asset1]) {
      const oracle = await oracleOf(collateral);
      const question = oracle.interface.encodeFunctionData("borrowPrice");
      for (const sellsEvil of [true, false]) {
        await networkHelpers.time.increase(HOUR); // so that the mean is the price, whenever the swap's block comes
        const before = await oracle.borrowPrice();
        await evil.setCallback(oracle, question, true);
        await swap(sellsEvil === isEvil0 ? [WAD, 0n] : [0n, WAD]);
        const seen = BigInt(await evil.lastReturnData());
        // Asked as it comes in it is what was before the swap; as it goes out, what is after.
        const after = await oracle.borrowPrice();
        const [expected, tolerance] = [sellsEvil ? before : after, 10n ** 22n];
        expect(seen - expected).to.be.within(-tolerance, tolerance);
        expect(await evil.calls()).to.equal(1n);
      }
    }
  });
});
