import { ceil, compare, floor, rawIn, rawOut, type Curve, type Fraction } from "./amm-curve.js";
import { MIN_TRADE, PIPS, squareRoot } from "./assets.js";

/**
 * One pool's part in a split, seen as a concave function of the units `v` that are allotted to it. Exact-in allots inputs
 * and values outputs; exact-out allots outputs and values inputs, negated. Either way the sum of the values is to be the
 * largest, and rounding is downwards.
 */
export type Part = {
  /** The least and the most that may be allotted, unless nothing is. */
  low: bigint;
  high: bigint;
  /** At equal marginal prices v = m·weight + base, in units scaled by 2^128. */
  weight: bigint;
  base: bigint;
  /** What v units are worth, as a fraction and rounded down as the pool rounds. */
  real(v: bigint): Fraction;
  value(v: bigint): bigint;
  /** What one unit more than v adds, as a fraction. */
  step(v: bigint): Fraction;
  /** The allotment that reaches `value` and leaves the most to the others; none where the value is out of reach. */
  reach(value: bigint): bigint | undefined;
};

const SHIFT = 128n;
/** Most candidates that the polish looks at in one direction of one pair of pools, in the first round and later. */
const SCANS = [2048, 128] as const;
/** Rounds of the polish where more than two pools take part. */
const ROUNDS = 24;

/** A part of an exact-in split, or undefined where the pool takes no trade. */
export function partOfInput(curve: Curve): Part | undefined {
  const { x, y, keep, maxOut, maxIn } = curve;
  if (x < 1n || maxOut < 1n) return undefined;
  const least = rawIn(curve, 1n);
  const low = least > MIN_TRADE ? least : MIN_TRADE;
  // The largest input whose output rounds down to `maxOut`, which is below y.
  const most = ceil(x * (maxOut + 1n) * PIPS, (y - maxOut - 1n) * keep) - 1n;
  const high = most < maxIn ? most : maxIn;
  if (high < low) return undefined;
  const inner = x * PIPS;
  return {
    low,
    high,
    weight: weightOf(curve),
    base: floor(-(inner << SHIFT), keep),
    real: (v) => ({ n: v * keep * y, d: inner + v * keep }),
    value: (v) => rawOut(curve, v),
    step: (v) => ({ n: keep * y * inner, d: (inner + v * keep) * (inner + (v + 1n) * keep) }),
    reach: (value) => (value < 1n || value > maxOut ? undefined : rawIn(curve, value)),
  };
}

/** A part of an exact-out split, or undefined where the pool takes no trade. */
export function partOfOutput(curve: Curve): Part | undefined {
  const { x, y, keep, maxOut, maxIn } = curve;
  if (x < 1n || maxOut < 1n || maxIn < MIN_TRADE) return undefined;
  // The least output that costs the minimum trade, and the largest that costs no more than may come in.
  const low = rawOut(curve, MIN_TRADE - 1n) + 1n;
  const most = rawOut(curve, maxIn);
  const high = most < maxOut ? most : maxOut;
  if (high < low) return undefined;
  const inner = x * PIPS;
  return {
    low,
    high,
    weight: weightOf(curve),
    base: y << SHIFT,
    real: (v) => ({ n: -(inner * v), d: keep * (y - v) }),
    value: (v) => -rawIn(curve, v),
    step: (v) => ({ n: -(inner * y), d: keep * (y - v) * (y - v - 1n) }),
    reach: (value) => {
      if (-value < MIN_TRADE || -value > maxIn) return undefined;
      const out = rawOut(curve, -value);
      return out > maxOut ? maxOut : out;
    },
  };
}

/** √(x·y·1e6 / keep) · 2^128: how a pool's part grows with the common marginal price. */
function weightOf({ x, y, keep }: Curve): bigint {
  return squareRoot(((x * y * PIPS) << (2n * SHIFT)) / keep);
}

/** Units allotted to each part, what they are worth, and a value that no allotment exceeds. */
export type Allocation = { units: bigint[]; value: bigint; bound: bigint };

/**
 * The best allotment of `total` units, or undefined where there is none. Branches on parts that would get less than their
 * least amount: without the part, or with at least that much. Each branch is solved in closed form, made whole, and
 * polished; a branch that cannot beat the best so far is left.
 */
export function allocate(parts: readonly Part[], total: bigint): Allocation | undefined {
  let best: Allocation | undefined;
  let bound: bigint | undefined;
  const branch = (floors: readonly (bigint | undefined)[]): void => {
    const boxes = parts.map(({ high }, i) => ({ low: floors[i] ?? 0n, high: floors[i] === undefined ? 0n : high }));
    const relaxed = relax(parts, boxes, total);
    if (relaxed === undefined) return;
    const most = valueBound(parts, relaxed);
    if (best !== undefined && most <= best.value) return;
    const small = parts.findIndex(({ low }, i) => (relaxed[i] ?? 0n) > 0n && (relaxed[i] ?? 0n) < low);
    const part = parts[small];
    if (part !== undefined) {
      branch(floors.map((least, i) => (i === small ? part.low : least)));
      branch(floors.map((least, i) => (i === small ? undefined : least)));
      return;
    }
    const polished = polish(parts, relaxed, most, boxes.filter(({ high }) => high > 0n).length);
    if (best === undefined || polished.value > best.value) best = polished;
    if (bound === undefined || polished.bound > bound) bound = polished.bound;
  };
  branch(parts.map(() => 0n));
  if (best === undefined) return undefined;
  return { ...best, bound: bound === undefined || bound < best.value ? best.value : bound };
}

type Box = { low: bigint; high: bigint };

/**
 * The whole units that maximise the sum of the fractions within the boxes. The continuous optimum is v = m·weight + base
 * with one m for all that touch no bound; what exceeds a bound is fixed there, the heavier side first (Bitran and Hax).
 * Single units then move until none gains.
 */
function relax(parts: readonly Part[], boxes: readonly Box[], total: bigint): bigint[] | undefined {
  const units = boxes.map(({ low }) => low);
  if (sum(units) > total || sum(boxes.map(({ high }) => high)) < total) return undefined;
  let free = parts.map((part, i) => ({ part, i, ...(boxes[i] as Box) }));
  let rest = total;
  while (free.length > 0) {
    const scaled = (rest << SHIFT) - sum(free.map(({ part }) => part.base));
    const weights = sum(free.map(({ part }) => part.weight));
    const wanted = free.map(({ part, i, low, high }) => {
      const v = ((scaled * part.weight) / weights + part.base) >> SHIFT;
      return { i, v, over: v > high ? v - high : 0n, under: v < low ? low - v : 0n };
    });
    const [over, under] = [sum(wanted.map((w) => w.over)), sum(wanted.map((w) => w.under))];
    const isOver = over >= under;
    const fixed = new Set<number>();
    for (const { i, v, ...w } of wanted) {
      const box = boxes[i] as Box;
      const isFixed = over === 0n && under === 0n ? true : isOver ? w.over > 0n : w.under > 0n;
      if (!isFixed) continue;
      units[i] = v > box.high ? box.high : v < box.low ? box.low : v;
      rest -= units[i];
      fixed.add(i);
    }
    free = free.filter(({ i }) => !fixed.has(i));
  }
  return makeWhole(parts, boxes, units, total);
}

/** Hands out what rounding left, or takes back, unit by unit at the best price; then moves units while that gains. */
function makeWhole(parts: readonly Part[], boxes: readonly Box[], units: bigint[], total: bigint): bigint[] {
  const up = () => extreme(parts, units, (i, v) => (v < (boxes[i] as Box).high ? v : undefined), 1n);
  const down = () => extreme(parts, units, (i, v) => (v > (boxes[i] as Box).low ? v - 1n : undefined), -1n);
  let left = total - sum(units);
  for (; left > 0n; left--) move(units, up()?.i, 1n);
  for (; left < 0n; left++) move(units, down()?.i, -1n);
  for (;;) {
    const [gain, loss] = [up(), down()];
    if (gain === undefined || loss === undefined || compare(gain.step, loss.step) <= 0n) return units;
    move(units, gain.i, 1n);
    move(units, loss.i, -1n);
  }
}

function extreme(
  parts: readonly Part[],
  units: readonly bigint[],
  at: (i: number, v: bigint) => bigint | undefined,
  sign: bigint,
): { i: number; step: Fraction } | undefined {
  let best: { i: number; step: Fraction } | undefined;
  parts.forEach((part, i) => {
    const v = at(i, units[i] ?? 0n);
    if (v === undefined) return;
    const step = part.step(v);
    if (best === undefined || sign * compare(step, best.step) > 0n) best = { i, step };
  });
  return best;
}

function move(units: bigint[], i: number | undefined, by: bigint): void {
  if (i !== undefined) units[i] = (units[i] ?? 0n) + by;
}

/** The sum of the fractions, rounded down: the floors of whole units cannot exceed it. */
function valueBound(parts: readonly Part[], units: readonly bigint[]): bigint {
  const { n, d } = parts.reduce<Fraction>(
    (total, part, i) => {
      const v = units[i] ?? 0n;
      if (v === 0n) return total;
      const real = part.real(v);
      return { n: total.n * real.d + real.n * total.d, d: total.d * real.d };
    },
    { n: 0n, d: 1n },
  );
  return floor(n, d);
}

function valueOf(part: Part, v: bigint): bigint {
  return v === 0n ? 0n : part.value(v);
}

/**
 * Wins back what the floors cost, by moving units between two parts at a time. `candidates` parts may be allotted
 * something; where they are two and the search along their line ends by itself, its best is the optimum.
 */
function polish(parts: readonly Part[], start: readonly bigint[], bound: bigint, candidates: number): Allocation {
  const worth = (units: readonly bigint[]) => sum(parts.map((part, i) => valueOf(part, units[i] ?? 0n)));
  let best = { units: [...start], value: worth(start), bound };
  let units = [...start];
  for (let round = 0; round < ROUNDS && best.value < bound; round++) {
    let value = worth(units);
    const used = parts.map((_, i) => i).filter((i) => (units[i] ?? 0n) > 0n);
    for (const [i, j] of used.flatMap((i) => used.filter((j) => j > i).map((j) => [i, j] as const))) {
      const [a, b] = [units[i] ?? 0n, units[j] ?? 0n];
      if (a === 0n || b === 0n || value >= bound) continue;
      const pair = { first: parts[i] as Part, second: parts[j] as Part, a, b };
      const found = scanPair(pair, bound - value, round === 0 ? SCANS[0] : SCANS[1]);
      [units[i], units[j]] = [found.a, found.b];
      value += found.gain;
      // The line that was searched begins at the optimum of the fractions in the first round only.
      if (found.isComplete && candidates === 2 && round === 0) bound = value;
    }
    if (value > best.value || value === bound) best = { units, value, bound };
    // Another start near the optimum, where the values are as good but for the floors.
    units = shift(parts, best.units, round);
  }
  return best;
}

type Found = { a: bigint; b: bigint; gain: bigint; isComplete: boolean };

/**
 * The best of the allotments (a', a + b − a') around an optimum of the fractions, in steps of the coarser of unit and
 * value: in between nothing can gain. Where the floors sum to less than the best so far, the fractions sum to less than
 * one above it, and further out they only fall: the direction is done.
 */
function scanPair(
  { first, second, a, b }: { first: Part; second: Part; a: bigint; b: bigint },
  wanted: bigint,
  scans: number,
): Found {
  const total = a + b;
  const start = valueOf(first, a) + valueOf(second, b);
  const best: Found = { a, b, gain: 0n, isComplete: true };
  const isFine = isAtLeastOne(first.step(a > first.low ? a - 1n : a));
  const isAllowed = (part: Part, v: bigint) => v === 0n || (v >= part.low && v <= part.high);
  const consider = (v: bigint): bigint | undefined => {
    if (!isAllowed(first, v) || !isAllowed(second, total - v)) return undefined;
    const gain = valueOf(first, v) + valueOf(second, total - v) - start;
    if (gain > best.gain) [best.a, best.b, best.gain] = [v, total - v, gain];
    return gain;
  };
  // The ends, which the steps may jump over.
  for (const v of [first.low, first.high, second.low, second.high, 0n]) {
    consider(v);
    consider(total - v);
  }
  const base = first.value(a);
  for (const sign of [1n, -1n]) {
    let isDone = false;
    // Backwards in values, the first candidate is the cheapest allotment of the present value.
    for (let t = isFine || sign > 0n ? 1n : 0n; t <= BigInt(scans) && best.gain < wanted; t++) {
      const v = isFine ? a + sign * t : first.reach(base + sign * t);
      const gain = v === undefined ? undefined : consider(v);
      if (gain === undefined || gain < best.gain) {
        isDone = gain === undefined || t > 0n;
        if (isDone) break;
      }
    }
    best.isComplete &&= isDone || best.gain >= wanted;
  }
  return best;
}

function isAtLeastOne({ n, d }: Fraction): boolean {
  return (n < 0n ? -n : n) >= d;
}

/** The same allotment with some units moved from one used part to the next, by a share that differs each round. */
function shift(parts: readonly Part[], units: readonly bigint[], round: number): bigint[] {
  const used = parts.map((_, i) => i).filter((i) => (units[i] ?? 0n) > 0n);
  const shifted = [...units];
  const from = used[round % used.length];
  const to = used[(round + 1 + (Math.floor(round / used.length) % Math.max(used.length - 1, 1))) % used.length];
  if (from === undefined || to === undefined || from === to) return shifted;
  const by = ((units[from] ?? 0n) >> 60n) + BigInt(round * 3 + 1);
  const [less, more] = [(units[from] ?? 0n) - by, (units[to] ?? 0n) + by];
  const isAllowed = less >= (parts[from] as Part).low && more <= (parts[to] as Part).high;
  if (isAllowed) [shifted[from], shifted[to]] = [less, more];
  return shifted;
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
