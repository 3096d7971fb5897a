import { MIN_TRADE, PIPS, POOL_ORACLE, PRICE_SCALE, rangeOffsets, squareRoot } from "../../src/assets.js";
import { amountOut, ceilDiv, openPool, type PoolState } from "../../src/models/amm-math.js";
import { ModelError } from "../../src/models/state.js";

/** The least that a trade may be. */
const LEAST = MIN_TRADE;

/** A pool with equal reserves and a price of 1; `low` and `high` are prices · 1e36. */
export function openMarket({
  reserve,
  fee,
  range,
}: {
  reserve: bigint;
  fee: bigint;
  range?: { low: bigint; high: bigint };
}): PoolState {
  const { alpha, beta } = range === undefined ? { alpha: 0n, beta: 0n } : rangeOffsets(range);
  return openPool({ asset0: 1n, asset1: 2n, fee, alpha, beta, flags: POOL_ORACLE }, reserve, reserve);
}

/** Asset 1 per asset 0 · 1e36, rounded down: what the oracle sums up. */
export function priceOf({ reserve0, offset0, reserve1, offset1 }: PoolState): bigint {
  return ((reserve1 + offset1) * PRICE_SCALE) / (reserve0 + offset0);
}

/** The same pool with its assets exchanged. */
export function mirrored(pool: PoolState): PoolState {
  return {
    ...pool,
    ...{ reserve0: pool.reserve1, reserve1: pool.reserve0, offset0: pool.offset1, offset1: pool.offset0 },
    ...{ alpha: pool.beta, beta: pool.alpha },
  };
}

export type Trade = { paid: bigint; out: bigint; after: PoolState };

/** Buys asset 0 until the price is at least `target`; undefined where the range or the pool ends below it. */
export function push(pool: PoolState, target: bigint): Trade | undefined {
  if (priceOf(pool) >= target) return { paid: 0n, out: 0n, after: pool };
  const [x, y] = [pool.reserve0 + pool.offset0, pool.reserve1 + pool.offset1];
  // The price is Y'/X' = (Y + p)(Y + k·p) / (X·Y)
  let paid = inputFor(y, ceilDiv(target * x * y, PRICE_SCALE), pool.keep);
  // Far out one unit more moves the price by less than its rounding: the steps double.
  for (let step = 1n; ; paid += step, step *= 2n) {
    const trade = tryTrade(pool, false, paid);
    if (trade === undefined || priceOf(trade.after) >= target) return trade;
  }
}

/** Sells asset 0 as long as that earns anything against an outside price of 1: until (1 − f)·Y/X = 1. */
export function restore(pool: PoolState): Trade | undefined {
  const [x, y] = [pool.reserve0 + pool.offset0, pool.reserve1 + pool.offset1];
  // (X + q)(X + k·q) = k·X·Y, rounded so that it does not go beyond
  if (pool.keep * y <= PIPS * x) return undefined;
  let paid = inputFor(x, (pool.keep * x * y) / PIPS, pool.keep);
  for (let step = 1n; paid >= LEAST; paid -= step, step *= 2n) {
    const trade = tryTrade(pool, true, paid);
    if (trade === undefined || trade.after.keep * virtual1(trade.after) >= PIPS * virtual0(trade.after)) return trade;
  }
  return undefined;
}

/** Refusals of a trade that the pool cannot make, however much is paid. */
const UNREACHABLE: ReadonlySet<string> = new Set(["AmmRangeExhausted", "AmmReserveFloor", "AmmAmountTooLarge"]);

export type Attack = {
  /** How many blocks end at the price. */
  blocks: bigint;
  price: bigint;
  /** What the attacker has in the pool at most: it must be his own, since it stays there from block to block. */
  capital: bigint;
  /** What he loses; asset 0 counts at the outside price of 1. */
  cost: bigint;
};

/** How prices are averaged: as Lakh's oracle does, or as Uniswap v2's. */
export type Mean = "geometric" | "arithmetic";
export type Goal = { window: bigint; move: bigint; mean: Mean };

/**
 * The price that moves the average of `window` blocks by `move` (a fraction · 1e36) when only `blocks` of them are moved;
 * undefined above 10^9, which takes 30,000 times the reserve. The root of the geometric mean is a floating-point number's.
 */
export function priceNeeded({ window, blocks, move, mean }: Goal & { blocks: bigint }): bigint | undefined {
  if (mean === "arithmetic") return PRICE_SCALE + ceilDiv(move * window, blocks);
  if (blocks === window) return PRICE_SCALE + move;
  const price = (1 + Number(move) / 1e36) ** (Number(window) / Number(blocks));
  return price > 1e9 ? undefined : BigInt(Math.ceil(price * 1e6)) * 10n ** 30n;
}

/** Nobody else trades: the attacker pushes once, leaves the price there, and takes everything back. It costs the fees. */
export function pushAndPull(pool: PoolState, { blocks, price }: Pick<Attack, "blocks" | "price">): Attack | undefined {
  const pushed = push(pool, price);
  if (pushed === undefined) return undefined;
  const back = amountOut(pushed.after, true, pushed.out);
  return { blocks, price, capital: pushed.paid, cost: pushed.paid - back };
}

/**
 * Arbitrageurs restore the price in each block before the attacker moves it again. What he bought too dear is lost. The
 * later pushes start where arbitrage no longer pays, and cost a little less. All of them are taken to cost as much as the
 * second: that their fees deepen the pool is left out, which makes the attack cheaper than it is.
 */
export function pushAgain(pool: PoolState, { blocks, price }: Pick<Attack, "blocks" | "price">): Attack | undefined {
  const first = push(pool, price);
  if (first === undefined) return undefined;
  const lost = ({ paid, out }: Trade): bigint => paid - out;
  if (blocks === 1n) return { blocks, price, capital: first.paid, cost: lost(first) };
  const restored = restore(first.after)?.after ?? first.after;
  const again = push(restored, price);
  if (again === undefined) return undefined;
  return { blocks, price, capital: first.paid, cost: lost(first) + (blocks - 1n) * lost(again) };
}

/** The number of blocks at which moving the average by `move` costs least. */
export function cheapest(pool: PoolState, goal: Goal): Attack | undefined {
  let best: Attack | undefined;
  for (let blocks = 1n; blocks <= goal.window; blocks++) {
    const price = priceNeeded({ ...goal, blocks });
    const attack = price === undefined ? undefined : pushAgain(pool, { blocks, price });
    if (attack !== undefined && (best === undefined || attack.cost < best.cost)) best = attack;
  }
  return best;
}

/** p from (z + p)(z + k·p) = product, k = keep / 1e6, rounded down; at least what may be traded. */
function inputFor(z: bigint, product: bigint, keep: bigint): bigint {
  // k·p² + (1 + k)·z·p + z² − product = 0, times 1e6
  const b = (PIPS + keep) * z;
  const root = squareRoot(b * b + 4n * keep * PIPS * (product - z * z));
  const paid = (root - b) / (2n * keep);
  return paid > LEAST ? paid : LEAST;
}

function tryTrade(pool: PoolState, zeroForOne: boolean, paid: bigint): Trade | undefined {
  try {
    const out = amountOut(pool, zeroForOne, paid);
    const [change0, change1] = zeroForOne ? [paid, -out] : [-out, paid];
    const after = { ...pool, reserve0: pool.reserve0 + change0, reserve1: pool.reserve1 + change1 };
    return { paid, out, after };
  } catch (error) {
    if (error instanceof ModelError && UNREACHABLE.has(error.code)) return undefined;
    throw error;
  }
}

const virtual0 = ({ reserve0, offset0 }: PoolState): bigint => reserve0 + offset0;
const virtual1 = ({ reserve1, offset1 }: PoolState): bigint => reserve1 + offset1;
