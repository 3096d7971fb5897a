import {
  hasRules,
  LOCKED_SHARES,
  MAX_AMOUNT,
  MAX_FEE,
  MIN_RESERVE,
  MIN_TRADE,
  offsetOf,
  PIPS,
  POOL_ORACLE,
  POOL_RESTRICTED,
  PRICE_SCALE,
  squareRoot,
  VIRTUAL_SCALE,
  type PoolKey,
} from "../assets.js";
import { demand } from "./state.js";

/** A pool in numbers: real reserves, virtual offsets, pips of an input that trade (1e6 − fee), LP supply, range. */
export type PoolState = {
  reserve0: bigint;
  reserve1: bigint;
  offset0: bigint;
  offset1: bigint;
  keep: bigint;
  totalShares: bigint;
  /** Shares that the offsets are made of, in 65,536ths; 0 in a plain pool. They and what follows play a part in liquidity alone. */
  virtualShares: bigint;
  /** Virtual units that a share adds, Q64. */
  alpha: bigint;
  beta: bigint;
  /** Root of X·Y when the protocol's part was last counted, rounded up; 0 when it takes none. */
  rootK: bigint;
};

/** A price (asset 1 per asset 0 · 1e36) and a fraction of it (WAD) that co-signers accept. */
export type Band = { price: bigint; tolerance: bigint };

const MAX_OFFSET = (1n << 119n) - 1n;
const WAD = 10n ** 18n;
/** Of what fees add to a pool, the most that the protocol takes, in parts of 10,000. */
export const MAX_PROTOCOL_FEE = 2500n;
const PROTOCOL_FEE_SCALE = 10_000n;
/** Virtual shares that the protocol's part leaves for each share of a range pool, at the least. */
const LEAST_VIRTUAL = 1n << 10n;

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
  demand(out !== 0n, "AmmBelowMinimumOut", { out, minimum: 1n });
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
  demand(scaled0 !== 0n, "DivisionByZero");
  const price = (scaled1 * PRICE_SCALE) / scaled0;
  const priceUp = ceilDiv(scaled1 * PRICE_SCALE, scaled0);
  demand(price >= low && priceUp <= high, "AmmOutsideBand", { price, low, high });
  return price;
}

/** Refuses a section that pays more than is held, sinks below the floor or lowers the product. */
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

/** The virtual offset of `virtualShares` at `rate` (Q64), rounded down. */
export function checkedOffset(rate: bigint, virtualShares: bigint): bigint {
  const amount = offsetOf(rate, virtualShares);
  demand(amount <= MAX_OFFSET, "AmmAmountTooLarge", { amount, maximum: MAX_OFFSET });
  return amount;
}

/** What a new pool starts with. Refuses what no pool can be. */
export function openPool(key: PoolKey, reserve0: bigint, reserve1: bigint): PoolState {
  const { asset0, asset1, fee, alpha, beta, flags } = key;
  demand(asset0 < asset1, "AmmAssetOrder", { asset0, asset1 });
  const isRestricted = (flags & POOL_RESTRICTED) !== 0n;
  demand(isRestricted || !hasRules(asset0), "AmmRestrictedAsset", { id: asset0 });
  demand(isRestricted || !hasRules(asset1), "AmmRestrictedAsset", { id: asset1 });
  demand(fee <= MAX_FEE, "AmmFeeTooHigh", { fee, maximum: MAX_FEE });
  const isKnown = flags <= (POOL_ORACLE | POOL_RESTRICTED);
  demand(isKnown && isRestricted === (hasRules(asset0) || hasRules(asset1)), "AmmInvalidFlags", { flags });
  const totalShares = initialShares(reserve0, reserve1, alpha, beta);
  const minimum = LOCKED_SHARES + 1n;
  demand(totalShares >= minimum, "AmmBelowMinimumShares", { shares: totalShares, minimum });
  demand(totalShares <= MAX_AMOUNT, "AmmAmountTooLarge", { amount: totalShares, maximum: MAX_AMOUNT });
  const virtualShares = (alpha | beta) === 0n ? 0n : totalShares * VIRTUAL_SCALE;
  const offsets = offsetsOf({ alpha, beta }, virtualShares);
  const { offset0, offset1 } = offsets;
  for (const reserve of [reserve0 + offset0, reserve1 + offset1]) {
    demand(reserve >= MIN_RESERVE, "AmmReserveFloor", { reserve, minimum: MIN_RESERVE });
  }
  return { reserve0, reserve1, ...offsets, keep: PIPS - fee, totalShares, virtualShares, alpha, beta, rootK: 0n };
}

/**
 * The shares, rounded down, that the protocol gets for its part `fee` (of 10,000) of what fees added since `rootK` was
 * taken, and the pool with them in its supply; X and Y stay.
 */
export function accrue(pool: PoolState, fee: bigint): { pool: PoolState; shares: bigint } {
  const { totalShares, rootK } = pool;
  if (fee === 0n || rootK === 0n) return { pool, shares: 0n };
  const root = squareRoot(productOf(pool));
  if (root <= rootK) return { pool, shares: 0n };
  const growth = (root - rootK) * fee;
  const base = root - squareRoot(pool.offset0 * pool.offset1);
  const isRange = (pool.alpha | pool.beta) !== 0n;
  const most = isRange ? min(pool.virtualShares / LEAST_VIRTUAL, MAX_AMOUNT) : MAX_AMOUNT;
  const due = (totalShares * growth) / (base * PROTOCOL_FEE_SCALE - growth);
  const shares = min(due, max(0n, most - totalShares));
  return { pool: { ...pool, totalShares: totalShares + shares }, shares };
}

/** `rootK` of the pool as it stands: the root of X·Y, rounded up. */
export function newRoot(pool: PoolState): bigint {
  const product = productOf(pool);
  const root = squareRoot(product);
  return root * root === product ? root : root + 1n;
}

/**
 * Shares that both inputs cover, rounded down, and what they take of each, rounded up, so that X and Y per virtual share do
 * not fall in a range pool either. Refuses none, and to take more than the inputs.
 */
export function sharesFor(
  pool: PoolState,
  max0: bigint,
  max1: bigint,
): { shares: bigint; amount0: bigint; amount1: bigint } {
  const { shares, amount0, amount1 } = coveredShares(pool, max0, max1);
  demand(shares !== 0n, "AmmZeroShares");
  demand(amount0 <= max0, "AmmAboveMaximumIn", { amountIn: amount0, maximum: max0 });
  demand(amount1 <= max1, "AmmAboveMaximumIn", { amountIn: amount1, maximum: max1 });
  return { shares, amount0, amount1 };
}

function coveredShares(
  pool: PoolState,
  max0: bigint,
  max1: bigint,
): { shares: bigint; amount0: bigint; amount1: bigint } {
  const { totalShares } = pool;
  const covered = sidesOf(pool).flatMap(({ reserve, rate }, side) => {
    const maximum = side === 0 ? max0 : max1;
    // In a range pool one unit is kept back for what the offsets lose by rounding.
    const usable = rate !== 0n && maximum !== 0n ? maximum - 1n : maximum;
    const room = rate === 0n ? [] : [roomFor(pool, rate)];
    return reserve === 0n ? room : [...room, (usable * totalShares) / reserve];
  });
  const isEmpty = pool.reserve0 === 0n && pool.reserve1 === 0n;
  const shares = isEmpty ? 0n : covered.reduce(min, MAX_AMOUNT - totalShares);
  const [amount0, amount1] = eachSide(pool, ({ reserve, offset, rate }) => {
    const amount = ceilDiv(reserve * shares, totalShares);
    if (rate === 0n) return amount;
    const grown = pool.virtualShares + virtualOf(pool, shares);
    const needed = ceilDiv((reserve + offset) * grown, pool.virtualShares) - checkedOffset(rate, grown) - reserve;
    return max(amount, needed);
  });
  return { shares, amount0, amount1 };
}

/** Shares that still fit before the offset at `rate` exceeds its most, rounded down. */
function roomFor({ virtualShares, totalShares }: PoolState, rate: bigint): bigint {
  const most = min((((MAX_OFFSET + 1n) << 64n) * VIRTUAL_SCALE - 1n) / rate, MAX_AMOUNT * VIRTUAL_SCALE);
  return ((most - virtualShares) * totalShares) / virtualShares;
}

/** The pool after what `sharesFor` answered came in. */
export function grow(
  pool: PoolState,
  { shares, amount0, amount1 }: { shares: bigint; amount0: bigint; amount1: bigint },
): PoolState {
  const virtualShares = pool.virtualShares + virtualOf(pool, shares);
  return {
    ...{ ...pool, ...offsetsOf(pool, virtualShares), virtualShares, totalShares: pool.totalShares + shares },
    ...{ reserve0: pool.reserve0 + amount0, reserve1: pool.reserve1 + amount1 },
  };
}

/** The pool after what `amountsFor` answered went out. */
export function shrink(
  pool: PoolState,
  { shares, amount0, amount1 }: { shares: bigint; amount0: bigint; amount1: bigint },
): PoolState {
  const virtualShares = pool.virtualShares - virtualOf(pool, shares);
  return {
    ...{ ...pool, ...offsetsOf(pool, virtualShares), virtualShares, totalShares: pool.totalShares - shares },
    ...{ reserve0: pool.reserve0 - amount0, reserve1: pool.reserve1 - amount1 },
  };
}

/** Virtual shares among `shares`, rounded down. */
function virtualOf({ virtualShares, totalShares }: PoolState, shares: bigint): bigint {
  return (virtualShares * shares) / totalShares;
}

function offsetsOf(
  { alpha, beta }: Pick<PoolState, "alpha" | "beta">,
  virtualShares: bigint,
): Pick<PoolState, "offset0" | "offset1"> {
  return { offset0: checkedOffset(alpha, virtualShares), offset1: checkedOffset(beta, virtualShares) };
}

function productOf(pool: PoolState): bigint {
  return (pool.reserve0 + pool.offset0) * (pool.reserve1 + pool.offset1);
}

/** What `shares` are worth of each reserve, rounded down, and so that X·Y per virtual share squared does not fall. */
export function amountsFor(pool: PoolState, shares: bigint): { amount0: bigint; amount1: bigint } {
  demand(shares !== 0n, "AmmZeroShares");
  const { totalShares } = pool;
  const available = totalShares - LOCKED_SHARES;
  demand(shares <= available, "AmmInsufficientShares", { shares, available });
  const left = pool.virtualShares - virtualOf(pool, shares);
  const isRange = pool.alpha !== 0n || pool.beta !== 0n;
  const [side0, side1] = sidesOf(pool).map(({ reserve, offset, rate }) => {
    const amount = (reserve * shares) / totalShares;
    if (!isRange) return { amount, held: 0n, share: 0n };
    const share = ceilDiv((reserve + offset) * left, pool.virtualShares);
    const held = reserve + checkedOffset(rate, left);
    return { amount: min(amount, max(0n, held - share)), held, share };
  }) as [Leaving, Leaving];
  const [amount0, amount1] = [keepProduct(side0, side1), keepProduct(side1, side0)];
  if (isRange) {
    const [before, afterwards] = [side0.share * side1.share, (side0.held - amount0) * (side1.held - amount1)];
    demand(afterwards >= before, "AmmProductFell", { before, afterwards });
  }
  return { amount0, amount1 };
}

/** One side of a removal: what it pays, what it holds before, and the share of its virtual reserve that must stay. */
type Leaving = { amount: bigint; held: bigint; share: bigint };

/** Where the other side has not its share left to keep, this one keeps the more, so that the product does not fall. */
function keepProduct(side: Leaving, other: Leaving): bigint {
  if (other.held === 0n || other.held >= other.share) return side.amount;
  return min(side.amount, max(0n, side.held - ceilDiv(side.share * other.share, other.held)));
}

/** One asset of a pool: its real reserve, its virtual offset and what a share adds to that (Q64). */
type PoolSide = { reserve: bigint; offset: bigint; rate: bigint };

function sidesOf(pool: PoolState): [PoolSide, PoolSide] {
  return [
    { reserve: pool.reserve0, offset: pool.offset0, rate: pool.alpha },
    { reserve: pool.reserve1, offset: pool.offset1, rate: pool.beta },
  ];
}

function eachSide(pool: PoolState, amountOf: (side: PoolSide) => bigint): [bigint, bigint] {
  const [side0, side1] = sidesOf(pool);
  return [amountOf(side0), amountOf(side1)];
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

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
