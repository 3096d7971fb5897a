/**
 * The twins of contracts/libraries/CoverCurve.sol and PremiumFlow.sol: what cover costs, the integral of a rate that rises with what is
 * locked, and premiums that are earned by the second until their week is over. Pure: each function answers what is new. Amounts are in
 * units, rates of cover in WAD.
 */
const WAD = 10n ** 18n;

/** The rate at every amount that is locked: from `low` at 0 to `mid` at `kink`, and on to `high` at `size`. */
export type CoverCurve = { low: bigint; mid: bigint; high: bigint; kink: bigint; size: bigint };

/** The highest rate of a curve, WAD. */
export const MAX_COVER_RATE = 16n * WAD;

/** What `cover` costs when `locked` is locked already, rounded up. */
export function coverPrice(curve: CoverCurve, locked: bigint, cover: bigint): bigint {
  return ceilDiv(coverIntegral(curve, locked + cover) - coverIntegral(curve, locked), WAD);
}

/** The cover that `budget` pays for when `locked` is locked already, as the library finds it; 0 when all that is left costs less. */
export function coverForBudget(curve: CoverCurve, locked: bigint, budget: bigint): bigint {
  if (budget === 0n || locked >= curve.size) return 0n;
  const { low, mid, high, kink, size } = curve;
  let left = budget * WAD - 1n;
  if (locked < kink) {
    const toKink = coverIntegral(curve, kink) - coverIntegral(curve, locked);
    if (left < toKink) return solve({ from: low, to: mid, start: locked, length: kink, area: left });
    left -= toKink;
  }
  const start = locked < kink ? kink : locked;
  const cover = start - locked;
  const rest = coverIntegral(curve, size) - coverIntegral(curve, start);
  if (left >= rest) return left - rest < 2n * WAD - 1n ? cover + size - start : 0n;
  return cover + solve({ from: mid, to: high, start: start - kink, length: size - kink, area: left });
}

/** The cost of all cover up to `locked`, in units · WAD, rounded down. */
export function coverIntegral({ low, mid, high, kink, size }: CoverCurve, locked: bigint): bigint {
  if (locked <= kink) return areaOf(low, mid, locked, kink);
  return areaOf(low, mid, kink, kink) + areaOf(mid, high, locked - kink, size - kink);
}

function areaOf(from: bigint, to: bigint, x: bigint, length: bigint): bigint {
  return x === 0n ? 0n : from * x + ((to - from) * x * x) / (2n * length);
}

type Line = { from: bigint; to: bigint; start: bigint; length: bigint; area: bigint };

/** The x of which the area from `start` to `start + x` is `area`, with each part of the divisor rounded up. */
function solve({ from, to, start, length, area }: Line): bigint {
  const rate = from + ((to - from) * start) / length + 1n;
  const root = squareRoot(rate * rate + (2n * (to - from) * area) / length + 1n) + 1n;
  return (2n * area) / (rate + root);
}

/** ⌊√x⌋. */
function squareRoot(x: bigint): bigint {
  if (x < 2n) return x;
  let root = 1n << BigInt(Math.ceil(x.toString(2).length / 2));
  for (;;) {
    const next = (root + x / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
}

/** ⌈a / b⌉. */
export function ceilDiv(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}

/** Premiums that flow: the rate in units per second · 2^32, what of a unit is earned, and what is cut from the rate by week. */
export type PremiumFlow = { rate: bigint; fraction: bigint; cuts: ReadonlyMap<bigint, bigint> };

export const EMPTY_FLOW: PremiumFlow = { rate: 0n, fraction: 0n, cuts: new Map() };

/** A week, in seconds: premiums flow until the one of their risk's end is over. */
const PERIOD = 7n * 86_400n;
const RATE_BITS = 32n;
/** The highest rate of a flow; what is beyond it is earned at once. */
const MAX_RATE = (1n << 128n) - 1n;

/** When a premium of a risk that ends at `end` is all earned. */
export function flowEnd(end: bigint): bigint {
  return (end / PERIOD + 1n) * PERIOD;
}

/** What was earned from `from` to `to`, in units, and the flow after it. */
export function accrueFlow(flow: PremiumFlow, from: bigint, to: bigint): { flow: PremiumFlow; earned: bigint } {
  let { rate } = flow;
  let sum = flow.fraction;
  let time = from;
  while (rate !== 0n && time < to) {
    const week = time / PERIOD;
    const end = (week + 1n) * PERIOD;
    const until = to < end ? to : end;
    sum += rate * (until - time);
    if (until === end) rate -= flow.cuts.get(week) ?? 0n;
    time = until;
  }
  return { flow: { ...flow, rate, fraction: BigInt.asUintN(32, sum) }, earned: sum >> RATE_BITS };
}

/** `premium` flows from `time` to the end of the week of `end`; what is earned at once, and the flow after it. */
export function addToFlow(
  flow: PremiumFlow,
  { premium, time, end }: { premium: bigint; time: bigint; end: bigint },
): { flow: PremiumFlow; earned: bigint } {
  const week = end / PERIOD;
  const duration = flowEnd(end) - time;
  const whole = (premium << RATE_BITS) / duration;
  const rate = whole < MAX_RATE - flow.rate ? whole : MAX_RATE - flow.rate;
  const sum = flow.fraction + (premium << RATE_BITS) - rate * duration;
  const cuts = new Map(flow.cuts).set(week, (flow.cuts.get(week) ?? 0n) + rate);
  return { flow: { rate: flow.rate + rate, fraction: BigInt.asUintN(32, sum), cuts }, earned: sum >> RATE_BITS };
}

/** What is not earned at `time`, to which the flow is accrued, in units · 2^32. */
export function waitingPremiums({ rate, cuts }: PremiumFlow, time: bigint): bigint {
  let sum = 0n;
  let left = rate;
  for (let week = time / PERIOD, from = time; left !== 0n; week += 1n) {
    const end = (week + 1n) * PERIOD;
    sum += left * (end - from);
    left -= cuts.get(week) ?? 0n;
    from = end;
  }
  return sum;
}
