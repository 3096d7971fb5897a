import { MAX_AMOUNT, MIN_RESERVE, MIN_TRADE, PIPS } from "./assets.js";
import { type PoolState } from "./models/amm-math.js";

/** What a swap needs to know of a pool: real reserves, virtual offsets (0 in a plain pool), pips that trade. */
export type SwapPool = Pick<PoolState, "reserve0" | "reserve1" | "offset0" | "offset1" | "keep">;

/**
 * One direction of a pool: virtual reserves of what is sold (`x`) and bought (`y`), pips of the input that trade, the most
 * that may be bought, the most that may be sold. All amounts are units.
 */
export type Curve = { x: bigint; y: bigint; keep: bigint; maxOut: bigint; maxIn: bigint };

/** A fraction with a positive denominator. */
export type Fraction = { n: bigint; d: bigint };

/** The curve of a pool in one direction; `zeroForOne` sells asset 0. */
export function curveOf(pool: SwapPool, zeroForOne: boolean): Curve {
  const { reserve0, reserve1, offset0, offset1, keep } = pool;
  const [heldIn, x, heldOut, y] = zeroForOne
    ? [reserve0, reserve0 + offset0, reserve1, reserve1 + offset1]
    : [reserve1, reserve1 + offset1, reserve0, reserve0 + offset0];
  const aboveFloor = y - MIN_RESERVE;
  // The book's half must hold what comes in.
  return { x, y, keep, maxOut: heldOut < aboveFloor ? heldOut : aboveFloor, maxIn: MAX_AMOUNT - heldIn };
}

/** The output of a swap, rounded down, or undefined where the pool refuses it. The same wei as `amountOut`. */
export function curveOut(curve: Curve, paid: bigint): bigint | undefined {
  if (paid < MIN_TRADE || paid > curve.maxIn) return undefined;
  const out = rawOut(curve, paid);
  return out === 0n || out > curve.maxOut ? undefined : out;
}

/** The input of a swap for exactly `out`, rounded up, or undefined where the pool refuses it. The same wei as `amountIn`. */
export function curveIn(curve: Curve, out: bigint): bigint | undefined {
  if (out <= 0n || out > curve.maxOut) return undefined;
  const paid = rawIn(curve, out);
  return paid < MIN_TRADE || paid > curve.maxIn ? undefined : paid;
}

/** ⌊a·keep·y / (x·1e6 + a·keep)⌋, without limits. */
export function rawOut({ x, y, keep }: Curve, paid: bigint): bigint {
  const net = paid * keep;
  return (net * y) / (x * PIPS + net);
}

/** ⌈x·out·1e6 / ((y − out)·keep)⌉, without limits; `out` is below y. It is the least input that buys `out`. */
export function rawIn({ x, y, keep }: Curve, out: bigint): bigint {
  return ceil(x * out * PIPS, (y - out) * keep);
}

/** The price before the trade, units bought per unit sold, fee taken off. */
export function marginalPrice({ x, y, keep }: Curve): Fraction {
  return { n: y * keep, d: x * PIPS };
}

/** ⌊n / d⌋ for any n and d > 0. */
export function floor(n: bigint, d: bigint): bigint {
  const quotient = n / d;
  return n < 0n && quotient * d !== n ? quotient - 1n : quotient;
}

/** ⌈n / d⌉ for any n and d > 0. */
export function ceil(n: bigint, d: bigint): bigint {
  return -floor(-n, d);
}

/** Negative, 0 or positive as a is below, at or above b. */
export function compare(a: Fraction, b: Fraction): bigint {
  return a.n * b.d - b.n * a.d;
}
