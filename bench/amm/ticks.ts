import { squareRoot } from "../../src/assets.js";
import { ceilDiv } from "../../src/models/amm-math.js";

/**
 * What Uniswap v3 and v4 compute inside of one range, from the formulas of v3's white paper: prices are square roots in
 * Q96, an input is credited after its fee and rounded down, every rounding favours the pool. Written for comparing, so
 * that what a peer moves has a formula here too. Where a trade passes an end of a word of the peer's bitmap of ticks, as
 * at tick 0, it is done in two steps there, and rounded by some units more.
 */

const Q96 = 1n << 96n;
const PIPS = 1_000_000n;
/** Fractional bits of 1.0001^|tick|: the root of 2^256 of them still has 128. */
const POWER_BITS = 256n;
const POWER_ONE = 1n << POWER_BITS;

export type TickRange = { low: number; high: number };
export type TickPool = { sqrtPrice: bigint; liquidity: bigint; fee: bigint };

/** √(1.0001^tick) in Q96, rounded up, as v3 rounds it. */
export function sqrtPriceAt(tick: number): bigint {
  let power = POWER_ONE;
  let base = (POWER_ONE * 10_001n) / 10_000n;
  for (let rest = BigInt(Math.abs(tick)); rest > 0n; rest >>= 1n) {
    if (rest % 2n === 1n) power = (power * base) >> POWER_BITS;
    base = (base * base) >> POWER_BITS;
  }
  const root = squareRoot(power << POWER_BITS); // Q256
  return tick >= 0 ? ceilDiv(root << 96n, POWER_ONE) : ceilDiv(POWER_ONE << 96n, root);
}

/** Both amounts of `liquidity` in a range around the price; rounded up where they are paid in. */
export function amountsOf(
  { sqrtPrice, liquidity }: Pick<TickPool, "sqrtPrice" | "liquidity">,
  { low, high }: TickRange,
  round: "up" | "down",
): { amount0: bigint; amount1: bigint } {
  return {
    amount0: amount0Between(sqrtPrice, sqrtPriceAt(high), liquidity, round),
    amount1: amount1Between(sqrtPriceAt(low), sqrtPrice, liquidity, round),
  };
}

/** The liquidity that both amounts cover in a range around the price, as v3's periphery finds it. */
export function liquidityFor(
  sqrtPrice: bigint,
  { low, high }: TickRange,
  { amount0, amount1 }: { amount0: bigint; amount1: bigint },
): bigint {
  const [bottom, top] = [sqrtPriceAt(low), sqrtPriceAt(high)];
  const by0 = (amount0 * ((sqrtPrice * top) / Q96)) / (top - sqrtPrice);
  const by1 = (amount1 * Q96) / (sqrtPrice - bottom);
  return by0 < by1 ? by0 : by1;
}

/** What `paid` buys, and the price afterwards. */
export function swapIn(pool: TickPool, zeroForOne: boolean, paid: bigint): { out: bigint; sqrtPrice: bigint } {
  const { sqrtPrice, liquidity, fee } = pool;
  const net = (paid * (PIPS - fee)) / PIPS;
  if (zeroForOne) {
    const next = ceilDiv(liquidity * Q96 * sqrtPrice, liquidity * Q96 + net * sqrtPrice);
    return { out: amount1Between(next, sqrtPrice, liquidity, "down"), sqrtPrice: next };
  }
  const next = sqrtPrice + (net * Q96) / liquidity;
  return { out: amount0Between(sqrtPrice, next, liquidity, "down"), sqrtPrice: next };
}

/** What exactly `out` costs, fee included, and the price afterwards. */
export function swapOut(pool: TickPool, zeroForOne: boolean, out: bigint): { paid: bigint; sqrtPrice: bigint } {
  const { sqrtPrice, liquidity, fee } = pool;
  const withFee = (net: bigint): bigint => net + ceilDiv(net * fee, PIPS - fee);
  if (zeroForOne) {
    const next = sqrtPrice - ceilDiv(out * Q96, liquidity);
    return { paid: withFee(amount0Between(next, sqrtPrice, liquidity, "up")), sqrtPrice: next };
  }
  const next = ceilDiv(liquidity * Q96 * sqrtPrice, liquidity * Q96 - out * sqrtPrice);
  return { paid: withFee(amount1Between(sqrtPrice, next, liquidity, "up")), sqrtPrice: next };
}

/** L·(1/√low − 1/√high), in two divisions. */
function amount0Between(low: bigint, high: bigint, liquidity: bigint, round: "up" | "down"): bigint {
  const scaled = liquidity * Q96 * (high - low);
  return round === "up" ? ceilDiv(ceilDiv(scaled, high), low) : scaled / high / low;
}

/** L·(√high − √low). */
function amount1Between(low: bigint, high: bigint, liquidity: bigint, round: "up" | "down"): bigint {
  const scaled = liquidity * (high - low);
  return round === "up" ? ceilDiv(scaled, Q96) : scaled / Q96;
}
