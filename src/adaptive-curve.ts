import { ceilingOf, WAD, YEAR } from "./lending-units.js";

/** Utilisation at which the curve's rate is the rate at the target, WAD. */
export const CURVE_TARGET = (9n * WAD) / 10n;
/** How often the rate at the target fits into that at full utilisation, and that at none into it; WAD. */
export const CURVE_STEEPNESS = 4n * WAD;
/** How fast the rate at the target moves at the full distance, WAD per second. */
export const CURVE_SPEED = (50n * WAD) / YEAR;
/** The rate at the target of a new market, WAD per second. */
export const INITIAL_CURVE_RATE = (4n * WAD) / 100n / YEAR;
/** Bounds of the rate at the target, WAD per second. */
export const MIN_CURVE_RATE = WAD / 1000n / YEAR;
/** The highest rate at the target, WAD per second. */
export const MAX_CURVE_RATE = (2n * WAD) / YEAR;

const LN_2 = 693_147_180_559_945_309n;
/** ln(1e-18), below which the exponential is 0. */
const LOWEST = -41_446_531_673_892_822_312n;
/** ln(2^255 / 1e36), from which the exponential is `HIGHEST_VALUE`. */
const HIGHEST = 93_859_467_695_000_404_319n;
const HIGHEST_VALUE = 57_716_089_161_558_943_949_701_069_502_944_508_345_128_422_502_756_744_429_568n;

/** What the curve says of a period, WAD per second. */
export type CurveRates = {
  /** The mean borrow rate over it. */
  borrowRate: bigint;
  /** The rate at the target at its end. */
  rate: bigint;
};

/**
 * The built-in rate model over `elapsed` seconds in which the utilisation was `borrowAssets / supplyAssets`, from the rate at the
 * target at their beginning: a twin of `AdaptiveCurve.next`.
 */
export function nextCurveRates({
  rate,
  supplyAssets,
  borrowAssets,
  elapsed,
}: {
  rate: bigint;
  supplyAssets: bigint;
  borrowAssets: bigint;
  elapsed: bigint;
}): CurveRates {
  const utilization = supplyAssets === 0n ? 0n : (borrowAssets * WAD) / supplyAssets;
  const room = utilization > CURVE_TARGET ? WAD - CURVE_TARGET : CURVE_TARGET;
  const distance = ((utilization - CURVE_TARGET) * WAD) / room;
  const adaptation = ((CURVE_SPEED * distance) / WAD) * elapsed;
  // The trapezoidal rule on two halves; without an adaptation not even the bounds apply.
  const end = adaptation === 0n ? rate : adapted(rate, adaptation);
  const mean = adaptation === 0n ? rate : (rate + end + 2n * adapted(rate, adaptation / 2n)) / 4n;
  const slope = distance < 0n ? WAD - (WAD * WAD) / CURVE_STEEPNESS : CURVE_STEEPNESS - WAD;
  return { borrowRate: (((slope * distance) / WAD + WAD) * mean) / WAD, rate: end };
}

function adapted(rate: bigint, adaptation: bigint): bigint {
  const moved = (rate * curveExponential(adaptation)) / WAD;
  return moved < MIN_CURVE_RATE ? MIN_CURVE_RATE : ceilingOf(moved, MAX_CURVE_RATE);
}

/** e^x, WAD: 2^q · (1 + r + r²/2), where x = q · ln 2 + r and |r| is at most half of ln 2. */
export function curveExponential(x: bigint): bigint {
  if (x < LOWEST) return 0n;
  if (x >= HIGHEST) return HIGHEST_VALUE;
  const q = (x + (x < 0n ? -(LN_2 / 2n) : LN_2 / 2n)) / LN_2;
  const r = x - q * LN_2;
  const power = WAD + r + (r * r) / WAD / 2n;
  return q < 0n ? power >> -q : power << q;
}
