import {
  LOCKED_SHARES,
  MAX_AMOUNT,
  MIN_RESERVE,
  MIN_TRADE,
  offsetOf,
  PIPS,
  PRICE_SCALE,
  squareRoot,
} from "../assets.js";
import { demand } from "./state.js";

/** A pool in numbers: real reserves, virtual offsets, pips of an input that trade (1e6 − fee), LP supply. */
export type PoolState = {
  reserve0: bigint;
  reserve1: bigint;
  offset0: bigint;
  offset1: bigint;
  keep: bigint;
  totalShares: bigint;
};

/** A price (asset 1 per asset 0 · 1e36) and a fraction of it (WAD) that co-signers accept. */
export type Band = { price: bigint; tolerance: bigint };

const MAX_OFFSET = (1n << 119n) - 1n;
const WAD = 10n ** 18n;

/** ⌊a / b⌋ rounded up instead, for a >= 0 and b > 0. */
export function ceilDiv(a: bigint, b: bigint): bigint {
  return a === 0n ? 0n : (a - 1n) / b + 1n;
}

/** What `paid` buys, rounded down; `zeroForOne` sells asset 0. */
export function amountOut(pool: PoolState, zeroForOne: boolean, paid: bigint): bigint {
  demand(paid >= MIN_TRADE, "AmmBelowMinimumTrade", { amount: paid, minimum: MIN_TRADE });
  demand(paid <= MAX_AMOUNT, "AmmAmountTooLarge", { amount: paid, maximum: MAX_AMOUNT });
  const { x, y } = virtualReserves(pool, zeroForOne);
  const net = paid * pool.keep;
  const out = fill(net, x * PIPS + net, y * PIPS);
  checkOut(pool, zeroForOne, y, out);
  return out;
}

/** What must be paid in for exactly `out`, rounded up; `zeroForOne` sells asset 0. */
export function amountIn(pool: PoolState, zeroForOne: boolean, out: bigint): bigint {
  demand(out !== 0n, "AmmBelowMinimumOut", { out: 0n, minimum: 1n });
  const { x, y } = virtualReserves(pool, zeroForOne);
  checkOut(pool, zeroForOne, y, out);
  const amount = ceilDiv(x * out * PIPS, (y - out) * pool.keep);
  demand(amount >= MIN_TRADE, "AmmBelowMinimumTrade", { amount, minimum: MIN_TRADE });
  demand(amount <= MAX_AMOUNT, "AmmAmountTooLarge", { amount, maximum: MAX_AMOUNT });
  return amount;
}

/** An order's output at the price `scaledOut / scaledIn`, rounded down; `net` is the fee-net input in pips. */
export function fill(net: bigint, scaledIn: bigint, scaledOut: bigint): bigint {
  return (net * scaledOut) / (scaledIn * PIPS);
}

/** The lowest and the highest price of a band; the edges round towards its price. */
export function edges({ price, tolerance }: Band): { low: bigint; high: bigint } {
  const isValid = price !== 0n && price < 1n << 192n && tolerance < WAD;
  demand(isValid, "AmmInvalidBand", { price, tolerance });
  return { low: ceilDiv(price * (WAD - tolerance), WAD), high: (price * (WAD + tolerance)) / WAD };
}

/** An order's output at the edge of the band that is worst for it, rounded down. */
export function worstOut(net: bigint, zeroForOne: boolean, { low, high }: { low: bigint; high: bigint }): bigint {
  return zeroForOne ? (net * low) / (PRICE_SCALE * PIPS) : (net * (PRICE_SCALE / PIPS)) / high;
}

/** The uniform price, rounded down; refused outside the band. */
export function clearingPrice(scaled0: bigint, scaled1: bigint, { low, high }: { low: bigint; high: bigint }): bigint {
  const price = (scaled1 * PRICE_SCALE) / scaled0;
  const priceUp = ceilDiv(scaled1 * PRICE_SCALE, scaled0);
  demand(price >= low && priceUp <= high, "AmmOutsideBand", { price, low, high });
  return price;
}

/** Refuses a swap or a section that pays more than is held, sinks below the floor or lowers the product. */
export function checkAfter(
  pool: PoolState,
  { in0, in1, out0, out1 }: { in0: bigint; in1: bigint; out0: bigint; out1: bigint },
): void {
  const { x, y } = virtualReserves(pool, true);
  const [held0, held1] = [pool.reserve0 + in0, pool.reserve1 + in1];
  demand(out0 <= held0, "AmmRangeExhausted", { out: out0, reserve: held0 });
  demand(out1 <= held1, "AmmRangeExhausted", { out: out1, reserve: held1 });
  const [newX, newY] = [held0 - out0 + pool.offset0, held1 - out1 + pool.offset1];
  demand(out0 <= in0 || newX >= MIN_RESERVE, "AmmReserveFloor", { reserve: newX, minimum: MIN_RESERVE });
  demand(out1 <= in1 || newY >= MIN_RESERVE, "AmmReserveFloor", { reserve: newY, minimum: MIN_RESERVE });
  demand(newX * newY >= x * y, "AmmProductFell", { before: x * y, afterwards: newX * newY });
}

/** T of a new pool, with the locked shares, rounded down. */
export function initialShares(reserve0: bigint, reserve1: bigint, alpha: bigint, beta: bigint): bigint {
  const overlap = alpha * beta;
  demand(overlap < 1n << 128n, "AmmEmptyRange", { alpha, beta });
  if (alpha === 0n && beta === 0n) return squareRoot(reserve0 * reserve1);
  const c = (1n << 128n) - overlap;
  const b = (alpha * reserve1 + beta * reserve0) >> 64n;
  const maximum = (1n << 126n) - 1n;
  demand(b <= maximum, "AmmAmountTooLarge", { amount: b, maximum });
  const root = squareRoot(b * b + ((c * reserve0 * reserve1) >> 126n));
  return ((b + root) << 127n) / c;
}

/** The virtual offset of `totalShares` at `rate` (Q64), rounded down. */
export function checkedOffset(rate: bigint, totalShares: bigint): bigint {
  const amount = offsetOf(rate, totalShares);
  demand(amount <= MAX_OFFSET, "AmmAmountTooLarge", { amount, maximum: MAX_OFFSET });
  return amount;
}

/** Shares that both inputs cover, rounded down, and what they take of each, rounded up. */
export function sharesFor(
  pool: PoolState,
  max0: bigint,
  max1: bigint,
): { shares: bigint; amount0: bigint; amount1: bigint } {
  const { reserve0, reserve1, totalShares } = pool;
  const covered = [
    ...(reserve0 === 0n ? [] : [(max0 * totalShares) / reserve0]),
    ...(reserve1 === 0n ? [] : [(max1 * totalShares) / reserve1]),
  ];
  const shares = covered.length === 0 ? 0n : covered.reduce(min, MAX_AMOUNT - totalShares);
  demand(shares !== 0n, "AmmZeroShares");
  return {
    shares,
    amount0: ceilDiv(reserve0 * shares, totalShares),
    amount1: ceilDiv(reserve1 * shares, totalShares),
  };
}

/** What `shares` are worth of each reserve, rounded down. */
export function amountsFor(pool: PoolState, shares: bigint): { amount0: bigint; amount1: bigint } {
  demand(shares !== 0n, "AmmZeroShares");
  const available = pool.totalShares - LOCKED_SHARES;
  demand(shares <= available, "AmmInsufficientShares", { shares, available });
  return {
    amount0: (pool.reserve0 * shares) / pool.totalShares,
    amount1: (pool.reserve1 * shares) / pool.totalShares,
  };
}

function virtualReserves(pool: PoolState, zeroForOne: boolean): { x: bigint; y: bigint } {
  const [x, y] = [pool.reserve0 + pool.offset0, pool.reserve1 + pool.offset1];
  return zeroForOne ? { x, y } : { x: y, y: x };
}

function checkOut(pool: PoolState, zeroForOne: boolean, y: bigint, out: bigint): void {
  const held = zeroForOne ? pool.reserve1 : pool.reserve0;
  demand(out <= held, "AmmRangeExhausted", { out, reserve: held });
  demand(y - out >= MIN_RESERVE, "AmmReserveFloor", { reserve: y - out, minimum: MIN_RESERVE });
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
