import { expect } from "chai";
import {
  amountIn as exactIn,
  amountOut as exactOut,
  MAX_AMOUNT,
  PIPS,
  splitExactIn,
  splitExactOut,
  type PoolState,
  type Split,
  type SwapPool,
} from "../../../src/index.js";
import { curveIn, curveOf, curveOut } from "../../../src/amm-curve.js";
import { expectCode } from "../../helpers/expect-code.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../../helpers/random.js";

const SEED = seedFromEnvironment();
const SMALL = countFromEnvironment("LAKH_SPLITS_SMALL", 150);
const LARGE = countFromEnvironment("LAKH_SPLITS_LARGE", 300);
const NONE = -1e15;

/** A pool of random reserves and offsets; `range` per cent have offsets. */
function randomPool(random: Random, high: bigint, range = 40): SwapPool {
  const isRange = random.chance(range);
  const offset = () => (isRange ? random.magnitude(1n, high * 4n) : 0n);
  const [offset0, offset1] = [offset(), offset()];
  return {
    ...{ reserve0: random.magnitude(2000n, high), reserve1: random.magnitude(2000n, high), offset0, offset1 },
    keep: PIPS - (random.chance(20) ? 0n : random.below(50_001n)),
  };
}

/** A pool whose price is near the others', as pools of one pair are. */
function nearPool(random: Random, price: { n: bigint; d: bigint }, high: bigint): SwapPool {
  const virtual0 = random.magnitude(10_000n, high);
  const virtual1 = (virtual0 * price.n * random.between(950n, 1050n)) / (price.d * 1000n) + 3000n;
  const isRange = random.chance(50);
  const part = (all: bigint) => (isRange ? all - random.magnitude(1n, all) : 0n);
  const [offset0, offset1] = [part(virtual0), part(virtual1)];
  const clamp = (amount: bigint) => (amount > MAX_AMOUNT ? MAX_AMOUNT : amount);
  return {
    ...{ reserve0: clamp(virtual0 - offset0), reserve1: clamp(virtual1 - offset1), offset0, offset1 },
    keep: PIPS - random.pick([0n, 100n, 500n, 3000n, 10_000n]),
  };
}

/** Every way to allot `total` units, by tables: the best sum, or undefined where there is none. */
function enumerate(tables: readonly Float64Array[], total: number): number | undefined {
  let best = new Float64Array(total + 1).fill(NONE);
  best[0] = 0;
  for (const table of tables) {
    const next = new Float64Array(total + 1).fill(NONE);
    for (let have = 0; have <= total; have++) {
      const base = best[have] as number;
      if (base === NONE) continue;
      for (let more = 0; have + more <= total; more++) {
        const value = base + (table[more] as number);
        if (value > (next[have + more] as number)) next[have + more] = value;
      }
    }
    best = next;
  }
  const found = best[total] as number;
  return found < NONE / 2 ? undefined : found;
}

function tableOf(total: number, valueOf: (units: bigint) => bigint | undefined): Float64Array {
  return Float64Array.from({ length: total + 1 }, (_, units) =>
    units === 0 ? 0 : Number(valueOf(BigInt(units)) ?? BigInt(NONE)),
  );
}

function attempt(action: () => Split): Split | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

const asState = (pool: SwapPool): PoolState => ({ ...pool, totalShares: 0n, alpha: 0n, beta: 0n });

describe("src/amm-routing", function () {
  this.timeout(300_000);

  before(() => console.log(`      seed ${SEED}`));

  it("has the curve of the pool's own arithmetic, refusals too", () => {
    const random = new Random(SEED);
    let traded = 0;
    for (let i = 0; i < 4000; i++) {
      const pool = randomPool(random, random.chance(50) ? 100_000n : MAX_AMOUNT);
      const zeroForOne = random.chance(50);
      const curve = curveOf(pool, zeroForOne);
      const amount = random.magnitude(1n, zeroForOne ? pool.reserve0 : pool.reserve1);
      for (const [mine, theirs] of [
        [curveOut, exactOut],
        [curveIn, exactIn],
      ] as const) {
        let expected: bigint | undefined;
        try {
          expected = theirs(asState(pool), zeroForOne, amount);
        } catch {
          expected = undefined;
        }
        // What would overflow the book is refused by the ledger, not by the pool.
        const paid = mine === curveOut ? amount : (expected ?? 0n);
        const isOver = paid + (zeroForOne ? pool.reserve0 : pool.reserve1) > MAX_AMOUNT;
        expect(mine(curve, amount)).to.equal(isOver ? undefined : expected);
        if (expected !== undefined) traded++;
      }
    }
    expect(traded).to.be.greaterThan(2000);
  });

  it("is the best of all splits in small pools, or says by how much it may not be", () => {
    const random = new Random(SEED + 1n);
    const seen = { in: 0, out: 0, none: 0, proved: 0, missed: 0 };
    for (let i = 0; i < SMALL; i++) {
      const count = 1 + Number(random.below(4n));
      const total = Number(random.between(1000n, 5000n));
      const price = { n: random.between(1n, 40n), d: random.between(1n, 40n) };
      const isNear = random.chance(70);
      const pools = Array.from({ length: count }, () =>
        isNear ? nearPool(random, price, 60_000n) : randomPool(random, 60_000n),
      );
      const zeroForOne = random.chance(50);
      const curves = pools.map((pool) => curveOf(pool, zeroForOne));
      for (const kind of ["in", "out"] as const) {
        const tables = curves.map((curve) =>
          tableOf(total, (units) => {
            if (kind === "in") return curveOut(curve, units);
            const paid = curveIn(curve, units);
            return paid === undefined ? undefined : -paid;
          }),
        );
        const best = enumerate(tables, total);
        const amount = BigInt(total);
        const split = attempt(() =>
          kind === "in"
            ? splitExactIn({ pools, zeroForOne, amountIn: amount })
            : splitExactOut({ pools, zeroForOne, amountOut: amount }),
        );
        const value = split === undefined ? undefined : kind === "in" ? split.amountOut : -split.amountIn;
        if (best === undefined || value === undefined || split === undefined) {
          expect([best, value], `case ${i} ${kind}`).to.deep.equal([undefined, undefined]);
          seen.none++;
          continue;
        }
        seen[kind]++;
        expect(Number(value + split.shortfall), `case ${i} ${kind}: bound`).to.be.at.least(best);
        expect(Number(value), `case ${i} ${kind}: possible`).to.be.at.most(best);
        const used = split.parts.filter((part) => part.amountIn > 0n).length;
        expect(Number(split.shortfall), "shortfall").to.be.lessThan(Math.max(used, 1));
        if (split.shortfall === 0n) seen.proved++;
        if (Number(value) < best) seen.missed++;
        expect(kind === "in" ? split.amountIn : split.amountOut).to.equal(amount);
      }
    }
    console.log(`      ${JSON.stringify(seen)}`);
    expect(seen.in).to.be.greaterThan(SMALL / 2);
    expect(seen.out).to.be.greaterThan(SMALL / 4);
  });

  it("is beaten by no perturbation in large pools by more than it says", () => {
    const random = new Random(SEED + 2n);
    const seen = { splits: 0, proved: 0, tries: 0, beaten: 0 };
    const time = Date.now();
    let spent = 0;
    for (let i = 0; i < LARGE; i++) {
      const count = 2 + Number(random.below(5n));
      const price = { n: random.magnitude(1n, 10n ** 13n), d: random.magnitude(1n, 10n ** 13n) };
      const high = 10n ** random.between(8n, 28n);
      const pools = Array.from({ length: count }, () => nearPool(random, price, high));
      const zeroForOne = random.chance(50);
      const curves = pools.map((pool) => curveOf(pool, zeroForOne));
      const amountIn = random.magnitude(1000n, high);
      const start = Date.now();
      const split = attempt(() => splitExactIn({ pools, zeroForOne, amountIn }));
      spent += Date.now() - start;
      if (split === undefined) continue;
      seen.splits++;
      if (split.shortfall === 0n) seen.proved++;
      const paid = split.parts.map((part) => part.amountIn);
      for (let t = 0; t < 60; t++) {
        const from = Number(random.below(BigInt(count)));
        const to = Number(random.below(BigInt(count)));
        const moved = random.chance(10) ? (paid[from] as bigint) : random.magnitude(1n, (paid[from] as bigint) || 1n);
        if (from === to || moved > (paid[from] as bigint)) continue;
        const tried = paid.map((amount, k) => (k === from ? amount - moved : k === to ? amount + moved : amount));
        const outs = tried.map((amount, k) => {
          return amount === 0n ? 0n : curveOut(curves[k] as (typeof curves)[number], amount);
        });
        if (outs.includes(undefined)) continue;
        const out = (outs as bigint[]).reduce((a, b) => a + b, 0n);
        seen.tries++;
        if (out > split.amountOut) seen.beaten++;
        expect(out <= split.amountOut + split.shortfall, `case ${i}`).to.equal(true);
      }
    }
    console.log(`      ${JSON.stringify(seen)}, ${spent} ms of ${Date.now() - time}`);
    expect(seen.splits).to.be.greaterThan(LARGE / 2);
  });

  it("refuses what cannot be traded", () => {
    const pool: SwapPool = { reserve0: 5000n, reserve1: 5000n, offset0: 0n, offset1: 0n, keep: PIPS };
    expectCode(() => splitExactIn({ pools: [], zeroForOne: true, amountIn: 1n }), "NoPool");
    expectCode(() => splitExactIn({ pools: [pool], zeroForOne: true, amountIn: 0n }), "AmountZero");
    expectCode(() => splitExactIn({ pools: [pool], zeroForOne: true, amountIn: 999n }), "InsufficientLiquidity");
    expectCode(() => splitExactOut({ pools: [pool], zeroForOne: true, amountOut: 4001n }), "InsufficientLiquidity");
  });
});
