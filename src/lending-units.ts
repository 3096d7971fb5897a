/** One, in parts of 1e18: the scale of rates, fees and ratios. */
export const WAD = 10n ** 18n;
/** Seconds of the year that rates are named by. */
export const YEAR = 365n * 24n * 3600n;

/** The value, and at most `most`. */
export function ceilingOf(value: bigint, most: bigint): bigint {
  return value < most ? value : most;
}

/** ⌊a · b / c⌋. */
export function mulDivDown(a: bigint, b: bigint, c: bigint): bigint {
  return (a * b) / c;
}

/** ⌈a · b / c⌉. */
export function mulDivUp(a: bigint, b: bigint, c: bigint): bigint {
  return (a * b + c - 1n) / c;
}
