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
import { at } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../../helpers/random.js";

const SEED = seedFromEnvironment();
const SMALL = countFromEnvironment("LAKH_SPLITS_SMALL", 150);
const LARGE = countFromEnvironment("LAKH_SPLITS_LARGE", 300);
const WAD = 10n ** 18n;
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

/** The same total, with some units, or all, moved from one pool to another. */
function perturb(random: Random, units: readonly bigint[]): bigint[] {
  const [from, to] = [Number(random.below(BigInt(units.length))), Number(random.below(BigInt(units.length)))];
  const held = at(units, from);
  const moved = random.chance(10) ? held : random.magnitude(1n, held === 0n ? 1n : held);
  if (from === to || moved > held) return [...units];
  return units.map((part, k) => (k === from ? part - moved : k === to ? part + moved : part));
}

const asState = (pool: SwapPool): PoolState => ({
  ...{ ...pool, totalShares: 0n, virtualShares: 0n, alpha: 0n, beta: 0n, rootK: 0n },
});

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

  for (const kind of ["in", "out"] as const) {
    it(`is beaten by no perturbation in large pools by more than it says, exact-${kind}`, () => {
      const random = new Random(SEED + 2n);
      const seen = { splits: 0, proved: 0, tries: 0, beaten: 0 };
      let spent = 0;
      for (let i = 0; i < LARGE; i++) {
        const count = 2 + Number(random.below(5n));
        const price = { n: random.magnitude(1n, 10n ** 13n), d: random.magnitude(1n, 10n ** 13n) };
        const high = 10n ** random.between(8n, 28n);
        const pools = Array.from({ length: count }, () => nearPool(random, price, high));
        const zeroForOne = random.chance(50);
        const curves = pools.map((pool) => curveOf(pool, zeroForOne));
        const amount = random.magnitude(1000n, high);
        const start = performance.now();
        const split = attempt(() =>
          kind === "in"
            ? splitExactIn({ pools, zeroForOne, amountIn: amount })
            : splitExactOut({ pools, zeroForOne, amountOut: amount }),
        );
        spent += performance.now() - start;
        if (split === undefined) continue;
        seen.splits++;
        if (split.shortfall === 0n) seen.proved++;
        const used = split.parts.filter((part) => part.amountIn > 0n).length;
        expect(split.shortfall < BigInt(used) || split.shortfall === 0n, `case ${i}`).to.equal(true);
        const units = split.parts.map(({ amountIn, amountOut }) => (kind === "in" ? amountIn : amountOut));
        const value = kind === "in" ? split.amountOut : -split.amountIn;
        for (let t = 0; t < 60; t++) {
          const tried = perturb(random, units);
          const values = tried.map((part, k) => {
            if (part === 0n) return 0n;
            const curve = at(curves, k);
            const paid = kind === "in" ? undefined : curveIn(curve, part);
            return kind === "in" ? curveOut(curve, part) : paid === undefined ? undefined : -paid;
          });
          if (values.includes(undefined)) continue;
          const other = (values as bigint[]).reduce((a, b) => a + b, 0n);
          seen.tries++;
          if (other > value) seen.beaten++;
          expect(other <= value + split.shortfall, `case ${i}`).to.equal(true);
        }
      }
      console.log(`      ${JSON.stringify(seen)}, ${(spent / LARGE).toFixed(2)} ms each`);
      expect(seen.splits).to.be.greaterThan(LARGE / 3);
    });
  }

  it("fills cheap pools first, leaves dear ones out, and stops at real reserves", () => {
    const plain: SwapPool = { reserve0: WAD, reserve1: WAD, offset0: 0n, offset1: 0n, keep: PIPS };
    const dear = { ...plain, keep: PIPS - 50_000n };
    // Ten times the depth around the same price, with real reserves of a thousandth of it.
    const range = { reserve0: WAD / 100n, reserve1: WAD / 100n, offset0: WAD * 10n, offset1: WAD * 10n, keep: PIPS };
    const pools = [dear, plain, range];
    const small = splitExactIn({ pools, zeroForOne: true, amountIn: WAD / 1000n });
    expect(at(small.parts, 0)).to.deep.equal({ amountIn: 0n, amountOut: 0n });
    expect(at(small.parts, 2).amountIn).to.be.greaterThan(at(small.parts, 1).amountIn * 9n);
    // Alone, the plain pool's price falls by 0.1 %; together they are eleven times as deep.
    expect(small.priceImpact < WAD / 10_000n).to.equal(true);
    const large = splitExactIn({ pools, zeroForOne: true, amountIn: WAD / 2n });
    expect(at(large.parts, 2).amountOut).to.equal(range.reserve1);
    expect(large.parts.every(({ amountIn }) => amountIn > 0n)).to.equal(true);
    const exact = splitExactOut({ pools, zeroForOne: true, amountOut: large.amountOut });
    expect(exact.amountIn <= large.amountIn).to.equal(true);
  });

  it("refuses what cannot be traded", () => {
    const pool: SwapPool = { reserve0: 5000n, reserve1: 5000n, offset0: 0n, offset1: 0n, keep: PIPS };
    expectCode(() => splitExactIn({ pools: [], zeroForOne: true, amountIn: 1n }), "NoPool");
    expectCode(() => splitExactIn({ pools: [pool], zeroForOne: true, amountIn: 0n }), "AmountZero");
    expectCode(() => splitExactIn({ pools: [pool], zeroForOne: true, amountIn: 999n }), "InsufficientLiquidity");
    expectCode(() => splitExactOut({ pools: [pool], zeroForOne: true, amountOut: 4001n }), "InsufficientLiquidity");
  });
});
