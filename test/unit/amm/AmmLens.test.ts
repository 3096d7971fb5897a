import { expect } from "chai";
import type { ILedger } from "../../../typechain-types/core/Ledger.js";
import {
  actions,
  ethers,
  FEE,
  FLAG,
  issuedId,
  loadFixture,
  MAX_AMOUNT,
  NEVER,
  poolCall,
  poolFixture,
  poolIdOf,
  WAD,
} from "../../helpers/ledger-fixture.js";
import { Random, seedFromEnvironment } from "../../helpers/random.js";

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

/** The address of a token's id. */
function hexId(id: bigint): string {
  return ethers.toBeHex(id, 20);
}

/** What a call answers, or the custom error it reverts with, arguments included. */
async function answerOf(call: Promise<unknown>): Promise<string> {
  try {
    return String(await call);
  } catch (error) {
    return /custom error '(.*)'/.exec(String(error))?.[1] ?? expect.fail(String(error));
  }
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
    const [totalShares, , offset0, offset1] = await amm.poolOf(await poolIdOf({ amm, key: range }));
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
      await amm.shareIdOf(missing),
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

  it("quotes a path as its swaps, forwards and backwards", async () => {
    const { ammLens, key, range } = await loadFixture(lensFixture);
    const path = [key, range];
    const through = await ammLens.quoteExactIn(key, true, WAD);
    const out = await ammLens.quoteExactIn(range, false, through);
    expect(await ammLens.quotePathExactIn(path, key.asset0, WAD)).to.equal(out);
    const between = await ammLens.quoteExactOut(range, false, out);
    const paid = await ammLens.quoteExactOut(key, true, between);
    expect(await ammLens.quotePathExactOut(path, key.asset0, out)).to.equal(paid);
    expect(paid <= WAD).to.equal(true);
    expect(await ammLens.quotePathExactIn([range], key.asset1, WAD)).to.equal(
      await ammLens.quoteExactIn(range, false, WAD),
    );
  });

  it("quotes a path without pools as what goes in", async () => {
    const { ammLens, key } = await loadFixture(lensFixture);
    expect(await ammLens.quotePathExactIn([], key.asset0, WAD)).to.equal(WAD);
    expect(await ammLens.quotePathExactOut([], key.asset0, WAD)).to.equal(WAD);
  });

  it("refuses to quote a path that does not hang together, or that comes back", async () => {
    const { amm, ammLens, key, range, missing } = await loadFixture(lensFixture);
    const idOf = (pool: typeof key) => poolIdOf({ amm, key: pool });
    const stranger = key.asset1 + 1n;
    const refusals: [(typeof key)[], bigint, string, unknown[]][] = [
      [[key], stranger, "AmmBrokenPath", [await idOf(key), stranger]],
      [[range, { ...key, asset0: key.asset1, asset1: stranger }], key.asset1, "AmmBrokenPath", []],
      [[key, range, key], key.asset0, "AmmPoolTwice", [await idOf(key)]],
      [[key, missing], key.asset0, "AmmUnknownPool", [await idOf(missing)]],
    ];
    for (const [path, asset, error, values] of refusals) {
      for (const quote of [ammLens.quotePathExactIn, ammLens.quotePathExactOut]) {
        const refused = expect(quote(path, asset, WAD)).to.be.revertedWithCustomError(amm, error);
        await (values.length === 0 ? refused : refused.withArgs(...values));
      }
    }
    await expect(ammLens.quotePathExactIn([key], key.asset0, 1n << 112n))
      .to.be.revertedWithCustomError(amm, "AmmAmountTooLarge")
      .withArgs(1n << 112n, (1n << 112n) - 1n);
  });

  it("quotes creation, addition and removal as they execute, to the unit", async () => {
    const { ledger, amm, ammLens, key, range, missing, alice, bob, act } = await loadFixture(lensFixture);
    const created = await ammLens.quoteCreate(missing, 3n * WAD, 7n * WAD);
    const create = actions.encodeFunctionData("createPool", [missing, created, NEVER]);
    const inputs = { amount0: 3n * WAD, amount1: 7n * WAD };
    expect(await act(missing, { ...inputs, data: create })).to.deep.equal([0n, 0n, created]);
    for (const pool of [key, range]) {
      const [shares, amount0, amount1] = await ammLens.quoteAdd(pool, 3n * WAD, 7n * WAD);
      const add = actions.encodeFunctionData("addLiquidity", [shares, NEVER]);
      expect(await act(pool, { ...inputs, data: add })).to.deep.equal([0n, 0n, shares]);
      const [out0, out1] = await ammLens.quoteRemove(pool, WAD);
      const remove = actions.encodeFunctionData("removeLiquidity", [WAD, out0, out1, NEVER]);
      expect(await act(pool, { data: remove }, alice)).to.deep.equal([out0, out1, 0n]);
      await expect(ledger.connect(bob).call({ ...poolCall({ amm, key: pool, to: bob }), ...inputs, data: add }))
        .to.emit(amm, "LiquidityAdded")
        .withArgs(await poolIdOf({ amm, key: pool }), bob.address, amount0, amount1, shares);
    }
  });

  it("quotes a pool of one asset as it executes when all but one virtual unit is gone, which cannot go", async () => {
    const { ledger, amm, ammLens, alice, key, act } = await loadFixture(lensFixture);
    // Offsets so small that those of the locked shares alone round down to nothing.
    const thin = { ...key, alpha: (1n << 64n) / 10n ** 6n, beta: 0n };
    const amount1 = 900n * 10n ** 18n;
    const create = actions.encodeFunctionData("createPool", [thin, 0n, NEVER]);
    await ledger.connect(alice).deposit(hexId(key.asset1), amount1, 0n, alice);
    await ledger.connect(alice).call(poolCall({ amm, key: thin, to: alice, amount1, data: create }));
    const full = await ammLens.poolOf(thin);
    expect([full.reserve0, full.reserve1]).to.deep.equal([0n, amount1]);
    expect(full.price).to.be.greaterThan(0n);
    const all = full.totalShares - 1000n;
    for (const refused of [all, full.totalShares - 999_999n]) {
      const data = actions.encodeFunctionData("removeLiquidity", [refused, 0n, 0n, NEVER]);
      const executed = await answerOf(ledger.connect(alice).call(poolCall({ amm, key: thin, to: alice, data })));
      expect(executed).to.match(/^AmmProductFell/);
      expect(await answerOf(ammLens.quoteRemove(thin, refused).then(([out]) => out))).to.equal(executed);
    }
    // A millionth of a unit a share, rounded down in Q64.
    const shares = full.totalShares - 1_000_001n;
    const remove = actions.encodeFunctionData("removeLiquidity", [shares, 0n, 0n, NEVER]);
    const [out0, out1] = await ammLens.quoteRemove(thin, shares);
    await expect(ledger.connect(alice).call(poolCall({ amm, key: thin, to: alice, data: remove })))
      .to.emit(amm, "LiquidityRemoved")
      .withArgs(full.id, alice.address, out0, out1, shares);
    const emptied = await ammLens.poolOf(thin);
    expect([emptied.exists, emptied.totalShares, emptied.virtual0]).to.deep.equal([true, 1_000_001n, 1n]);
    expect(emptied.price).to.equal(emptied.virtual1 * 10n ** 36n);
    expect(emptied.virtual1).to.equal(amount1 - out1);
    for (const zeroForOne of [true, false]) {
      const inputs = zeroForOne ? { amount0: WAD } : { amount1: WAD };
      const data = actions.encodeFunctionData("swapExactIn", [0n, NEVER]);
      const executed = await answerOf(act(thin, { ...inputs, data }));
      expect(executed).to.match(/^Amm/);
      expect(await answerOf(ammLens.quoteExactIn(thin, zeroForOne, WAD))).to.equal(executed);
    }
    const quoted = await answerOf(ammLens.quoteAdd(thin, WAD, WAD).then(([minted]) => minted));
    const added = await answerOf(
      act(thin, { amount0: WAD, amount1: WAD, data: actions.encodeFunctionData("addLiquidity", [0n, NEVER]) }).then(
        ([, , minted]) => minted,
      ),
    );
    expect(quoted).to.equal(added);
  });

  it("refuses to quote a creation that execution refuses, with the same error", async () => {
    const { issuer, amm, ammLens, bob, key, range, missing, act } = await loadFixture(lensFixture);
    const salt = ethers.id("rules");
    await issuer.issue(salt, FLAG.rules0, issuer, ethers.ZeroAddress);
    const restricted = await issuedId({ owner: issuer, salt, flags: FLAG.rules0 });
    await issuer.mint(restricted, bob, 1000n * WAD);
    const halved = 1n << 127n;
    const cases: [error: string, pool: typeof key, amount0: bigint, amount1: bigint][] = [
      ["AmmPoolExists", key, WAD, WAD],
      ["AmmPoolExists", range, 0n, 0n],
      ["AmmAssetOrder", { ...missing, asset0: key.asset1, asset1: key.asset0 }, WAD, WAD],
      ["AmmAssetOrder", { ...missing, asset1: key.asset0 }, WAD, WAD],
      ["AmmRestrictedAsset", { ...missing, asset1: restricted }, WAD, WAD],
      ["AmmFeeTooHigh", { ...missing, fee: 50_001n }, WAD, WAD],
      ["AmmEmptyRange", { ...missing, alpha: 1n << 64n, beta: 1n << 64n }, WAD, WAD],
      ["AmmBelowMinimumShares", missing, 1000n, 1000n],
      ["AmmBelowMinimumShares", missing, WAD, 0n],
      ["AmmAmountTooLarge", { ...missing, alpha: halved }, WAD, WAD],
      ["AmmAmountTooLarge", { ...missing, beta: halved }, WAD, WAD],
      ["AmmReserveFloor", missing, 999n, WAD],
      ["AmmReserveFloor", missing, WAD, 999n],
    ];
    for (const [error, pool, amount0, amount1] of cases) {
      const quote = ammLens.quoteCreate(pool, amount0, amount1);
      await expect(quote).to.be.revertedWithCustomError(amm, error);
      const create = actions.encodeFunctionData("createPool", [pool, 0n, NEVER]);
      const executed = await answerOf(act(pool, { amount0, amount1, data: create }));
      expect(executed, error).to.match(new RegExp(`^${error}\\(`));
      expect(await answerOf(ammLens.quoteCreate(pool, amount0, amount1))).to.equal(executed);
    }
  });

  it("quotes additions as they execute, whatever the inputs, or refuses them with the same error", async () => {
    const { ledger, amm, ammLens, alice, key, range, missing, act } = await loadFixture(lensFixture);
    const single = { ...range, fee: 7n };
    const create = actions.encodeFunctionData("createPool", [single, 0n, NEVER]);
    await ledger.connect(alice).call(poolCall({ amm, key: single, to: alice, amount0: WAD + 1n, data: create }));
    const data = actions.encodeFunctionData("addLiquidity", [0n, NEVER]);
    const random = new Random(seedFromEnvironment());
    const errors = new Set<string>();
    for (const pool of [key, range, single, missing]) {
      for (let i = 0; i < 40; ++i) {
        const amount0 = random.chance(10) ? 0n : random.magnitude(1n, 100n * WAD);
        const amount1 = random.chance(pool === single ? 60 : 10) ? 0n : random.magnitude(1n, 100n * WAD);
        const executed = await answerOf(act(pool, { amount0, amount1, data }).then(([, , shares]) => shares));
        const quoted = await answerOf(ammLens.quoteAdd(pool, amount0, amount1).then(([shares]) => shares));
        expect(quoted, `${amount0} and ${amount1}`).to.equal(executed);
        errors.add(executed.replace(/\(.*/, ""));
      }
    }
    // A pool of one asset may want a unit of the other for its offset's rounding: who offers none is told so.
    expect([...errors]).to.include.members(["AmmUnknownPool", "AmmZeroShares", "AmmAboveMaximumIn"]);
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
