import { expect } from "chai";
import { network } from "#chain";
import {
  accrue,
  amountOut,
  entryRequest,
  MAX_AMOUNT,
  newRoot,
  openPool,
  PIPS,
  planEntry,
  poolKey,
  entryPoolOf,
  PRICE_SCALE,
  rangeOffsets,
  sharesFor,
  type Entry,
  type EntryOptions,
  type EntryPool,
  type PoolKey,
} from "../../../src/index.js";
import { at, deployLakh } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../../helpers/random.js";

const SEED = seedFromEnvironment();
const CASES = countFromEnvironment("LAKH_ENTRIES", 400);
const LARGE = countFromEnvironment("LAKH_ENTRIES_LARGE", 2000);
const ON_CHAIN = countFromEnvironment("LAKH_ENTRIES_CHAIN", 25);
const DEADLINE = 1n << 40n;

/** A pool that somebody created and others traded in; its reserves differ from its first ones. */
function randomPool(random: Random, high: bigint, protocolFee = 0n): EntryPool | undefined {
  const isRange = random.chance(60);
  const price = random.magnitude(PRICE_SCALE / 1000n, PRICE_SCALE * 1000n);
  const width = random.between(101n, 400n);
  const range = isRange
    ? rangeOffsets({ low: (price * 100n) / width, high: (price * width) / 100n })
    : { alpha: 0n, beta: 0n };
  const fee = random.pick([0n, 1n, 500n, 3000n, 10_000n, 50_000n]);
  const [first0, first1] = [random.magnitude(1000n, high), random.magnitude(1000n, high)];
  let pool: EntryPool;
  try {
    const key = { asset0: 1n, asset1: 2n, fee, ...range, flags: 0n };
    pool = { ...openPool(key, first0, first1), protocolFee };
  } catch {
    return undefined;
  }
  pool.rootK = protocolFee === 0n ? 0n : newRoot(pool);
  for (let i = Number(random.below(4n)); i > 0; i--) {
    const zeroForOne = random.chance(50);
    const paid = random.magnitude(1000n, high);
    try {
      const out = amountOut(pool, zeroForOne, paid);
      pool = move(pool, zeroForOne, paid, out);
    } catch {
      continue;
    }
  }
  return pool;
}

function move(pool: EntryPool, zeroForOne: boolean, paid: bigint, out: bigint): EntryPool {
  const [in0, in1] = zeroForOne ? [paid, -out] : [-out, paid];
  return { ...pool, reserve0: pool.reserve0 + in0, reserve1: pool.reserve1 + in1 };
}

/** What adding gives, the protocol's shares before it. */
function added(pool: EntryPool, max0: bigint, max1: bigint): ReturnType<typeof sharesFor> {
  return sharesFor(accrue(pool, pool.protocolFee).pool, max0, max1);
}

/** The shares after a swap, by the model's own functions; 0 where it is refused. */
function sharesAfter(pool: EntryPool, zeroForOne: boolean, paid: bigint, amount0: bigint, amount1: bigint): bigint {
  try {
    if (paid === 0n) return added(pool, amount0, amount1).shares;
    const out = amountOut(pool, zeroForOne, paid);
    const [max0, max1] = zeroForOne ? [amount0 - paid, amount1 + out] : [amount0 + out, amount1 - paid];
    return added(move(pool, zeroForOne, paid, out), max0, max1).shares;
  } catch {
    return 0n;
  }
}

/** Checks an entry against the model's functions. */
function recheck(pool: EntryPool, entry: Entry, amount0: bigint, amount1: bigint): void {
  const { swap } = entry;
  let after = pool;
  let [max0, max1] = [amount0, amount1];
  if (swap !== undefined) {
    expect(amountOut(pool, swap.zeroForOne, swap.amountIn)).to.equal(swap.amountOut);
    after = move(pool, swap.zeroForOne, swap.amountIn, swap.amountOut);
    [max0, max1] = [max0 + pool.reserve0 - after.reserve0, max1 + pool.reserve1 - after.reserve1];
  }
  const { shares, amount0: taken0, amount1: taken1 } = added(after, max0, max1);
  expect([entry.shares, entry.amount0, entry.amount1, entry.max0, entry.max1]).to.deep.equal([
    ...[shares, taken0, taken1],
    ...[max0, max1],
  ]);
  expect([entry.left0, entry.left1]).to.deep.equal([max0 - taken0, max1 - taken1]);
}

function tryPlan(options: EntryOptions): Entry | undefined {
  try {
    return planEntry(options);
  } catch {
    return undefined;
  }
}

describe("src/amm-entry", function () {
  this.timeout(300_000);

  before(() => console.log(`      seed ${SEED}`));

  it("gives the most shares of all swaps in small pools", () => {
    const random = new Random(SEED);
    const seen = { swapped: 0, plain: 0, none: 0 };
    for (let i = 0; i < CASES; i++) {
      const pool = randomPool(random, 60_000n);
      if (pool === undefined) continue;
      const amount = () => (random.chance(20) ? 0n : random.magnitude(1n, 8000n));
      const [amount0, amount1] = [amount(), amount()];
      if (amount0 === 0n && amount1 === 0n) continue;
      let best = sharesAfter(pool, true, 0n, amount0, amount1);
      let smallest = 0n;
      for (const zeroForOne of [true, false]) {
        for (let paid = 1000n; paid <= (zeroForOne ? amount0 : amount1); paid++) {
          const shares = sharesAfter(pool, zeroForOne, paid, amount0, amount1);
          if (shares > best) [best, smallest] = [shares, paid];
        }
      }
      if (best === 0n) {
        expectCode(() => planEntry({ pool, amount0, amount1 }), "NothingToAdd");
        seen.none++;
        continue;
      }
      const entry = planEntry({ pool, amount0, amount1 });
      recheck(pool, entry, amount0, amount1);
      expect(entry.shares, `case ${i}`).to.equal(best);
      expect(entry.swap?.amountIn ?? 0n, `case ${i}: swap`).to.equal(smallest);
      if (entry.swap === undefined) seen.plain++;
      else seen.swapped++;
    }
    console.log(`      ${JSON.stringify(seen)}`);
    expect(seen.swapped).to.be.greaterThan(CASES / 10);
  });

  it("is beaten by no other swap in large pools", () => {
    const random = new Random(SEED + 1n);
    let swapped = 0;
    for (let i = 0; i < LARGE; i++) {
      const high = 10n ** random.between(5n, 30n);
      const pool = randomPool(random, high);
      if (pool === undefined) continue;
      const amount = () => (random.chance(20) ? 0n : random.magnitude(1n, high));
      const [amount0, amount1] = [amount(), amount()];
      const entry = tryPlan({ pool, amount0, amount1 });
      if (entry === undefined) continue;
      recheck(pool, entry, amount0, amount1);
      const { swap } = entry;
      if (swap === undefined) continue;
      swapped++;
      const most = swap.zeroForOne ? amount0 : amount1;
      for (let t = 0; t < 30; t++) {
        const by = random.magnitude(1n, most);
        const paid = random.chance(50) ? swap.amountIn + by : swap.amountIn - by;
        if (paid < 1000n || paid > most) continue;
        const shares = sharesAfter(pool, swap.zeroForOne, paid, amount0, amount1);
        expect(shares <= entry.shares, `case ${i}: ${paid} instead of ${swap.amountIn}`).to.equal(true);
        if (paid < swap.amountIn) expect(shares < entry.shares, `case ${i}: smaller`).to.equal(true);
      }
    }
    expect(swapped).to.be.greaterThan(LARGE / 4);
  });

  it("counts the protocol's part of the fees, and is nearly the best with it", () => {
    const random = new Random(SEED + 3n);
    const seen = { entries: 0, counted: 0, best: 0 };
    for (let i = 0; i < CASES; i++) {
      const pool = randomPool(random, 60_000n, random.pick([1n, 1000n, 2500n]));
      const amount = () => (random.chance(20) ? 0n : random.magnitude(1n, 8000n));
      const [amount0, amount1] = [amount(), amount()];
      const entry = pool && tryPlan({ pool, amount0, amount1 });
      if (pool === undefined || entry === undefined) continue;
      recheck(pool, entry, amount0, amount1);
      let best = entry.shares;
      for (const zeroForOne of [true, false]) {
        for (let paid = 1000n; paid <= (zeroForOne ? amount0 : amount1); paid++) {
          const shares = sharesAfter(pool, zeroForOne, paid, amount0, amount1);
          if (shares > best) best = shares;
        }
      }
      expect((best - entry.shares) * 500n <= entry.shares + 1000n, `case ${i}: ${entry.shares} of ${best}`).to.equal(
        true,
      );
      seen.entries++;
      if (accrue(pool, pool.protocolFee).shares > 0n) seen.counted++;
      if (best === entry.shares) seen.best++;
    }
    console.log(`      ${JSON.stringify(seen)}`);
    expect(seen.counted).to.be.greaterThan(CASES / 50);
  });

  it("says to the unit what a multicall of the ledger does, with a part of the fees for the protocol", async () => {
    const random = new Random(SEED + 2n);
    const deployed = await deployLakh(await network.create());
    const { admin, tokens, ledger, amm, lakh } = deployed;
    const recipient = at(deployed.signers, 1);
    const funds = MAX_AMOUNT / 4n;
    for (const token of tokens) {
      await token.mint(admin, funds);
      await token.approve(ledger, funds);
      await ledger.deposit(token, funds, funds, admin);
    }
    const [one, two] = [await at(tokens, 0).getAddress(), await at(tokens, 1).getAddress()];
    const balances = (pool: PoolKey) =>
      Promise.all(
        [pool.asset0, pool.asset1, lakh.amm.shareIdOf({ pool })].map((asset) =>
          lakh.ledger.balanceOf({ account: admin.address, asset }),
        ),
      );
    const seen = { swapped: 0, counted: 0 };
    for (let i = 0; i < ON_CHAIN; i++) {
      // Off in every third pool: a pool that began with a fee, or gets one later, is among the others.
      await amm.setProtocolFee(i % 3 === 0 ? 0n : 2500n, recipient);
      const width = random.between(101n, 300n);
      const range = rangeOffsets({ low: (PRICE_SCALE * 100n) / width, high: (PRICE_SCALE * width) / 100n });
      const key = poolKey({
        assets: [one, two],
        fee: random.below(50_001n),
        ...(random.chance(60) ? range : {}),
      });
      const first = {
        amount0: random.magnitude(10n ** 6n, 10n ** 22n),
        amount1: random.magnitude(10n ** 6n, 10n ** 22n),
      };
      await admin.sendTransaction(lakh.amm.createPool({ pool: key, ...first, minShares: 0n, deadline: DEADLINE }));
      for (const tolerance of [0n, 10n ** 16n, 0n]) {
        if (i % 6 === 3) await amm.setProtocolFee(random.between(1n, 2500n), recipient);
        const sold = {
          assetIn: random.chance(50) ? key.asset0 : key.asset1,
          amountIn: random.magnitude(2000n, 10n ** 21n),
        };
        const trade = { pool: key, ...sold, minAmountOut: 1n, deadline: DEADLINE };
        const out = await lakh.amm.quoteExactIn(trade).catch(() => 0n);
        if (out > 0n) await admin.sendTransaction(lakh.amm.swapExactIn(trade));
        const pool = await entryPoolOf({ key, ...lakh });
        const amount = (reserve: bigint) => (random.chance(30) ? 0n : random.magnitude(2000n, reserve + 2000n));
        const amounts = { amount0: amount(pool.reserve0), amount1: amount(pool.reserve1) };
        if (amounts.amount0 + amounts.amount1 === 0n) amounts.amount0 = 5000n;
        const options = { pool, key, ...amounts, ...lakh, deadline: DEADLINE, tolerance };
        if (tryPlan(options) === undefined) continue;
        const { request, entry, minShares } = entryRequest(options);
        const before = await balances(key);
        await admin.sendTransaction(request);
        const after = await balances(key);
        const change = after.map((balance, k) => balance - (before[k] ?? 0n));
        expect(change, `case ${i}`).to.deep.equal([
          ...[entry.left0 - amounts.amount0, entry.left1 - amounts.amount1, entry.shares],
        ]);
        expect(minShares <= entry.shares && (tolerance > 0n || minShares === entry.shares)).to.equal(true);
        if (entry.swap !== undefined) seen.swapped++;
        if (accrue(pool, pool.protocolFee).shares > 0n) seen.counted++;
        // What is left is what the pool is read as, the protocol's shares counted.
        const { totalShares } = await entryPoolOf({ key, ...lakh });
        expect(totalShares - pool.totalShares >= entry.shares).to.equal(true);
      }
    }
    console.log(`      ${JSON.stringify(seen)}`);
    expect(seen.swapped).to.be.greaterThan(ON_CHAIN);
    expect(seen.counted).to.be.greaterThan(ON_CHAIN / 2);
  });

  it("holds its limits where the pool moves first", async () => {
    const { admin, tokens, ledger, lakh } = await deployLakh(await network.create());
    const funds = 10n ** 24n;
    for (const token of tokens) {
      await token.mint(admin, funds);
      await token.approve(ledger, funds);
      await ledger.deposit(token, funds, funds, admin);
    }
    const [one, two] = [await at(tokens, 0).getAddress(), await at(tokens, 1).getAddress()];
    const key = poolKey({ assets: [one, two], fee: 3000n });
    const unit = 10n ** 18n;
    const first = { amount0: 100n * unit, amount1: 100n * unit, minShares: 0n };
    await admin.sendTransaction(lakh.amm.createPool({ pool: key, ...first, deadline: DEADLINE }));
    const pool = await entryPoolOf({ key, ...lakh });
    const options = { pool, key, amount0: 10n * unit, amount1: 0n, ...lakh, deadline: DEADLINE };
    const strict = entryRequest(options);
    const lenient = entryRequest({ ...options, tolerance: unit / 20n });
    expect(lenient.minShares < strict.minShares && lenient.minAmountOut < strict.minAmountOut).to.equal(true);

    const trade = { pool: key, assetIn: key.asset0, amountIn: unit, minAmountOut: 0n, deadline: DEADLINE };
    await admin.sendTransaction(lakh.amm.swapExactIn(trade));
    await expect(admin.sendTransaction(strict.request)).to.be.revertedWithCustomError(
      lakh.amm.contract,
      "AmmBelowMinimumOut",
    );
    const asset = lakh.amm.shareIdOf({ pool: key });
    const to = ledger.target as string;
    expectCode(() => entryRequest({ ...options, to }), "InvalidAddress");
    const before = await lakh.ledger.balanceOf({ account: admin.address, asset });
    await admin.sendTransaction(lenient.request);
    const minted = (await lakh.ledger.balanceOf({ account: admin.address, asset })) - before;
    expect(minted >= lenient.minShares && minted < strict.minShares).to.equal(true);

    expectCode(() => entryRequest({ ...options, now: DEADLINE + 1n }), "DeadlinePassed");
    expectCode(() => entryRequest({ ...options, tolerance: unit }), "AmountOutOfRange");
  });

  it("refuses amounts that come to nothing", () => {
    const pool: EntryPool = {
      ...{ reserve0: 10n ** 6n, reserve1: 10n ** 6n, offset0: 0n, offset1: 0n, keep: PIPS },
      ...{ totalShares: 2000n, virtualShares: 0n, alpha: 0n, beta: 0n, rootK: 0n, protocolFee: 0n },
    };
    expectCode(() => planEntry({ pool, amount0: 0n, amount1: 0n }), "BothAmountsZero");
    expectCode(() => planEntry({ pool, amount0: -1n, amount1: 0n }), "AmountOutOfRange");
    expectCode(() => planEntry({ pool, amount0: 1n << 112n, amount1: 0n }), "AmountTooLarge");
    expectCode(() => planEntry({ pool, amount0: 10n, amount1: 0n }), "NothingToAdd");
  });
});
