import { CodecError } from "./error.js";

/** Where a value without a float of its own goes. */
export type Rounding = "exact" | "down" | "up";

const EXPONENT_BITS = 5;
const MAX_EXPONENT = 31;
const MAX_MANTISSA = (1 << 19) - 1;
const MAX_VALUE = (1n << 112n) - 1n;
const POWERS: readonly bigint[] = Array.from({ length: MAX_EXPONENT + 1 }, (_, exponent) => 10n ** BigInt(exponent));
/** Values below `LIMITS[e]` have a mantissa that fits when the exponent is e. */
const LIMITS: readonly bigint[] = POWERS.map((power) => power << 19n);
/** Below, a value is its own mantissa. */
const SMALL = 1n << 19n;

/**
 * The 24 bits of a decimal float: mantissa (19) · exponent (5). Values are 0 to 2^112 − 1; an error of rounding is below
 * 1 / 52,428 of the value. Throws `CodecError`: `ValueOutOfRange`, `FloatInexact` when "exact" is asked for a value that
 * has no float, `FloatTooLarge` when the next float up is beyond 2^112 − 1.
 */
export function encodeFloat(value: bigint, rounding: Rounding = "exact"): number {
  const bits = findFloat(value, rounding);
  if (bits !== undefined) return bits;
  if (rounding === "exact") throw new CodecError("FloatInexact", `${value} is not a float`, { value });
  throw new CodecError("FloatTooLarge", `No float lies between ${value} and 2^112 − 1`, { value });
}

/** Whether the value has a float of its own. Throws `ValueOutOfRange`. */
export function isFloat(value: bigint): boolean {
  return findFloat(value, "exact") !== undefined;
}

/** The value of 24 bits. Throws `FloatNotCanonical` or `FloatTooLarge`. */
export function decodeFloat(bits: number): bigint {
  const mantissa = bits >> EXPONENT_BITS;
  const exponent = bits & MAX_EXPONENT;
  if (exponent === 0) return BigInt(mantissa);
  if (!isCanonicalFloat(bits)) throw new CodecError("FloatNotCanonical", `${bits} is no canonical float`, { bits });
  const value = BigInt(mantissa) * power(exponent);
  if (value > MAX_VALUE) throw new CodecError("FloatTooLarge", `The float ${bits} exceeds 2^112 − 1`, { bits, value });
  return value;
}

/** Whether the mantissa is not divisible by 10 unless the exponent is 0. What the float is worth plays no part. */
export function isCanonicalFloat(bits: number): boolean {
  return (bits & MAX_EXPONENT) === 0 || (bits >> EXPONENT_BITS) % 10 !== 0;
}

function findFloat(value: bigint, rounding: Rounding): number | undefined {
  if (value < 0n || value > MAX_VALUE) {
    throw new CodecError("ValueOutOfRange", `${value} is not between 0 and 2^112 − 1`, { value });
  }
  if (value < SMALL) return Number(value) << EXPONENT_BITS;
  // The least exponent at which the mantissa fits; it is at most 28 for values below 2^112.
  let exponent = Math.max(1, Math.ceil(Math.log10(Number(value))) - 6);
  while (value >= limit(exponent)) exponent++;
  const quotient = value / power(exponent);
  let mantissa = Number(quotient);
  const isExact = quotient * power(exponent) === value;
  if (!isExact && rounding === "exact") return undefined;
  if (!isExact && rounding === "up") mantissa++;
  const bits = strip(mantissa, exponent);
  if (bits === undefined) {
    // Too many zeros for five bits of exponent, as in 10^33: the neighbours have none.
    if (rounding === "exact") return undefined;
    return ((rounding === "up" ? mantissa + 1 : mantissa - 1) << EXPONENT_BITS) | exponent;
  }
  const isTooLarge = !isExact && rounding === "up" && BigInt(mantissa) * power(exponent) > MAX_VALUE;
  return isTooLarge ? undefined : bits;
}

/** Moves zeros from the mantissa to the exponent, which is at least 1. */
function strip(mantissa: number, exponent: number): number | undefined {
  while (mantissa % 10 === 0 || mantissa > MAX_MANTISSA) {
    // A mantissa of 2^19, one too large after rounding up, is not divisible: rounded up once more.
    mantissa = Math.ceil(mantissa / 10);
    exponent++;
  }
  return exponent > MAX_EXPONENT ? undefined : (mantissa << EXPONENT_BITS) | exponent;
}

function power(exponent: number): bigint {
  return POWERS[exponent] ?? 0n;
}

function limit(exponent: number): bigint {
  return LIMITS[exponent] ?? MAX_VALUE + 1n;
}
