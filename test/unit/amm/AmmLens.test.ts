import { expect } from "chai";
import type { ILedger } from "../../../typechain-types/core/Ledger.js";
import {
  actions,
  FEE,
  loadFixture,
  MAX_AMOUNT,
  NEVER,
  poolCall,
  poolFixture,
  poolIdOf,
  WAD,
} from "../../helpers/ledger-fixture.js";

const ALPHA = ((1n << 64n) * 10n) / 11n;
const BETA = ((1n << 64n) * 9n) / 10n;

/** The plain pool, and a range pool of the same pair. */
async function lensFixture() {
  const fixture = await poolFixture();
  const { ledger, amm, key, alice, bob } = fixture;
  const range = { ...key, alpha: ALPHA, beta: BETA };
  const act = (pool: typeof key, rest: Partial<ILedger.CallStruct>, user = bob) =>
    ledger.connect(user).call.staticCall({ ...poolCall({ amm, key: pool, to: user }), ...rest });
  await ledger.connect(alice).call(
    poolCall({
      amm,
      key: range,
      to: alice,
      amount0: 50n * WAD,
      amount1: 20n * WAD,
      data: actions.encodeFunctionData("createPool", [range, 0n, NEVER]),
    }),
  );
  return { ...fixture, range, missing: { ...key, fee: FEE + 1n }, act };
}

describe("AmmLens", () => {
  it("reads a plain pool", async () => {
    const { ledger, amm, ammLens, key, poolId, shareId } = await loadFixture(lensFixture);
    expect([await ammLens.AMM(), await ammLens.LEDGER()]).to.deep.equal([
      await amm.getAddress(),
      await ledger.getAddress(),
    ]);
    expect([...(await ammLens.poolOf(key))]).to.deep.equal([
      poolId,
      true,
      shareId,
      100n * WAD,
      400n * WAD,
      100n * WAD,
      400n * WAD,
      200n * WAD,
      4n * 10n ** 36n,
    ]);
  });

  it("reads a range pool with its virtual reserves", async () => {
    const { amm, ammLens, range } = await loadFixture(lensFixture);
    const view = await ammLens.poolOf(range);
    const [totalShares, offset0, offset1] = await amm.poolOf(await poolIdOf({ amm, key: range }));
    expect([view.reserve0, view.reserve1]).to.deep.equal([50n * WAD, 20n * WAD]);
    expect([view.virtual0, view.virtual1]).to.deep.equal([50n * WAD + offset0, 20n * WAD + offset1]);
    expect(view.totalShares).to.equal(totalShares);
    expect(view.price).to.equal((view.virtual1 * 10n ** 36n) / view.virtual0);
  });

  it("answers zeros for a pool that does not exist, and refuses to quote it", async () => {
    const { amm, ammLens, missing } = await loadFixture(lensFixture);
    const id = await poolIdOf({ amm, key: missing });
    expect([...(await ammLens.poolOf(missing))]).to.deep.equal([
      id,
      false,
      await amm.shareIdOf(id),
      ...Array.from({ length: 6 }, () => 0n),
    ]);
    for (const quote of [
      () => ammLens.quoteExactIn(missing, true, WAD),
      () => ammLens.quoteExactOut(missing, true, WAD),
      () => ammLens.quoteAdd(missing, WAD, WAD),
      () => ammLens.quoteRemove(missing, WAD),
    ]) {
      await expect(quote()).to.be.revertedWithCustomError(amm, "AmmUnknownPool").withArgs(id);
    }
  });

  it("quotes both swaps as they execute, to the unit", async () => {
    const { ammLens, key, range, act } = await loadFixture(lensFixture);
    for (const pool of [key, range]) {
      for (const zeroForOne of [true, false]) {
        const side = zeroForOne ? "amount0" : "amount1";
        const out = await ammLens.quoteExactIn(pool, zeroForOne, WAD);
        const data = actions.encodeFunctionData("swapExactIn", [out, NEVER]);
        expect(await act(pool, { [side]: WAD, data })).to.deep.equal(zeroForOne ? [0n, out, 0n] : [out, 0n, 0n]);
        const paid = await ammLens.quoteExactOut(pool, zeroForOne, WAD);
        const exact = actions.encodeFunctionData("swapExactOut", [WAD, NEVER]);
        expect(await act(pool, { [side]: paid, data: exact })).to.deep.equal(
          zeroForOne ? [0n, WAD, 0n] : [WAD, 0n, 0n],
        );
      }
    }
  });

  it("quotes creation, addition and removal as they execute, to the unit", async () => {
    const { ammLens, key, range, missing, alice, act } = await loadFixture(lensFixture);
    const created = await ammLens.quoteCreate(missing, 3n * WAD, 7n * WAD);
    const create = actions.encodeFunctionData("createPool", [missing, created, NEVER]);
    const inputs = { amount0: 3n * WAD, amount1: 7n * WAD };
    expect(await act(missing, { ...inputs, data: create })).to.deep.equal([0n, 0n, created]);
    for (const pool of [key, range]) {
      const [shares, amount0, amount1] = await ammLens.quoteAdd(pool, 3n * WAD, 7n * WAD);
      const add = actions.encodeFunctionData("addLiquidity", [shares, NEVER]);
      expect(await act(pool, { amount0, amount1, data: add })).to.deep.equal([0n, 0n, shares]);
      const [out0, out1] = await ammLens.quoteRemove(pool, WAD);
      const remove = actions.encodeFunctionData("removeLiquidity", [WAD, out0, out1, NEVER]);
      expect(await act(pool, { data: remove }, alice)).to.deep.equal([out0, out1, 0n]);
    }
  });

  it("reverts with the errors of execution", async () => {
    const { amm, ammLens, key, range, missing } = await loadFixture(lensFixture);
    const reverts = (quote: Promise<unknown>, error: string, args: unknown[]) =>
      expect(quote)
        .to.be.revertedWithCustomError(amm, error)
        .withArgs(...args);
    await reverts(ammLens.quoteExactIn(key, true, 999n), "AmmBelowMinimumTrade", [999n, 1000n]);
    const large = MAX_AMOUNT + 1n;
    await reverts(ammLens.quoteExactIn(key, true, large), "AmmAmountTooLarge", [large, MAX_AMOUNT]);
    await reverts(ammLens.quoteExactOut(key, true, 0n), "AmmBelowMinimumOut", [0n, 1n]);
    await reverts(ammLens.quoteExactOut(range, true, 21n * WAD), "AmmRangeExhausted", [21n * WAD, 20n * WAD]);
    await reverts(ammLens.quoteExactOut(key, true, 400n * WAD), "AmmReserveFloor", [0n, 1000n]);
    await reverts(ammLens.quoteAdd(key, 0n, WAD), "AmmZeroShares", []);
    await reverts(ammLens.quoteRemove(key, 0n), "AmmZeroShares", []);
    await reverts(ammLens.quoteRemove(key, 200n * WAD), "AmmInsufficientShares", [200n * WAD, 200n * WAD - 1000n]);
    await reverts(ammLens.quoteCreate(missing, 1000n, 1000n), "AmmBelowMinimumShares", [1000n, 1001n]);
    const empty = { ...key, alpha: 1n << 64n, beta: 1n << 64n };
    await reverts(ammLens.quoteCreate(empty, WAD, WAD), "AmmEmptyRange", [empty.alpha, empty.beta]);
  });
});
