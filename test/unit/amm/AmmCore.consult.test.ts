import { expect } from "chai";
import { poolKey, POOL_ORACLE } from "../../../src/index.js";
import {
  actions,
  expectRefused,
  FEE,
  loadFixture,
  networkHelpers,
  NEVER,
  poolCall,
  poolFixture,
  poolIdOf,
  SOURCE,
  WAD,
} from "../../helpers/ledger-fixture.js";

const HOUR = 3600;

/** The pool fixture, and a pool with a history at a price of 4. */
async function oracleFixture() {
  const fixture = await poolFixture();
  const { ledger, amm, alice, ids } = fixture;
  const observed = poolKey({ assets: [ids.token0, ids.token1], fee: FEE, oracle: true });
  const call = (data: string, [amount0, amount1]: [bigint, bigint]) =>
    ledger
      .connect(alice)
      .call(poolCall({ amm, key: observed, to: alice, amount0, amount1, data, source: SOURCE.wallet }));
  await call(actions.encodeFunctionData("createPool", [observed, 1n, NEVER]), [100n * WAD, 400n * WAD]);
  const start = await networkHelpers.time.latest();
  const swap = (amounts: [bigint, bigint]) => call(actions.encodeFunctionData("swapExactIn", [1n, NEVER]), amounts);
  return { ...fixture, observed, start, swap };
}

describe("AmmCore", () => {
  describe("consult", () => {
    it("reverts for pools without a history, and for windows that it does not know", async () => {
      const { amm, key, observed, poolId, start } = await loadFixture(oracleFixture);
      await expect(amm.consult(key, 1n)).to.be.revertedWithCustomError(amm, "AmmNoOracle").withArgs(poolId);
      const missing = { ...observed, fee: 1n };
      await expect(amm.consult(missing, 1n))
        .to.be.revertedWithCustomError(amm, "AmmUnknownPool")
        .withArgs(await poolIdOf({ amm, key: missing }));
      await networkHelpers.time.increaseTo(start + 100);
      for (const window of [0n, 3781n]) {
        await expect(amm.consult(observed, window))
          .to.be.revertedWithCustomError(amm, "AmmInvalidWindow")
          .withArgs(window, 3780n);
      }
      await expect(amm.consult(observed, 3780n)).to.be.revertedWithCustomError(amm, "AmmOracleTooYoung");
    });

    it("answers the geometric mean, wallets' swaps and liquidity counted from the next block on", async () => {
      const { amm, ammLens, observed, start, swap } = await loadFixture(oracleFixture);
      await networkHelpers.time.setNextBlockTimestamp(start + HOUR / 2);
      await swap([100n * WAD, 0n]);
      const { price } = await ammLens.poolOf(observed);
      expect(price).to.be.lessThan(2n * 10n ** 36n);
      await networkHelpers.time.setNextBlockTimestamp(start + HOUR);
      await swap([0n, 2000n]); // a touch, which moves nothing to speak of
      const mean = Number(await amm.consult(observed, BigInt(HOUR))) / 1e36;
      const expected = Math.sqrt(4 * (Number(price) / 1e36));
      expect(Math.abs(mean / expected - 1)).to.be.lessThan(1e-3);
    });

    it("is a flag of the key, and no other flag is known", async () => {
      const fixture = await loadFixture(oracleFixture);
      const { ledger, amm, alice, key } = fixture;
      const flagged = { ...key, flags: POOL_ORACLE + 1n };
      const data = actions.encodeFunctionData("createPool", [flagged, 1n, NEVER]);
      await expectRefused({
        fixture,
        send: () =>
          ledger.connect(alice).call(poolCall({ amm, key: flagged, to: alice, amount0: WAD, amount1: WAD, data })),
        contract: amm,
        error: "AmmInvalidFlags",
        args: [2n],
      });
    });
  });
});
