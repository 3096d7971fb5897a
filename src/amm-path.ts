import { curveIn, curveOf, curveOut, marginalPrice, type Fraction, type SwapPool } from "./amm-curve.js";
import { priceImpactOf } from "./amm-routing.js";
import { assetId, type AssetLike } from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import { checkAmount } from "./request.js";

const WAD = 10n ** 18n;

/** Most pools that a path leads through. */
export const MAX_HOPS = 3;

/** A pool in the graph of assets: its two ledger ids, and its numbers. */
export type PathPool = SwapPool & { asset0: bigint; asset1: bigint };

/** One swap of a path, in units; `pool` is the index among the pools given. */
export type Hop = { pool: number; zeroForOne: boolean; amountIn: bigint; amountOut: bigint };

/** A trade through one to three pools, one after the other. */
export type Path = {
  hops: Hop[];
  amountIn: bigint;
  amountOut: bigint;
  /**
   * The one limit of the whole path: the least output (rounded up) or the most input (rounded down). `swapPathExactIn` and
   * `swapPathExactOut` of the AMM client execute the path with it.
   */
  limit: bigint;
  /** By how much the price is worse than that of the first unit on this path, fees taken off, WAD, rounded up. */
  priceImpact: bigint;
};

/** Pools to find a path through, and between which assets. */
export type PathOptions = {
  pools: readonly PathPool[];
  assetIn: AssetLike;
  assetOut: AssetLike;
  /** Most hops, 1 to 3; 3 unless given. */
  maxHops?: number;
  /** What the limit concedes, a WAD fraction of the amount; 0 unless given. */
  tolerance?: bigint;
};

/**
 * The path from `assetIn` to `assetOut` that buys the most for exactly `amountIn`: every path that visits no asset twice is
 * tried, forwards, each hop with the output of the one before. Among equals the one with fewer hops. Each output rounds
 * down as the swap does. Throws `NoPath` where no path can trade the amount, `SameAsset`, `AmountZero`,
 * `AmountTooLarge` and `AmountOutOfRange` (tolerance, hops).
 */
export function bestPathExactIn({ amountIn, ...options }: PathOptions & { amountIn: bigint }): Path {
  const { from, to, maxHops, tolerance } = check(options);
  checkAmount(amountIn, "amountIn");
  const hops = search(options.pools, { from, to, maxHops, amount: amountIn, isForward: true });
  if (hops === undefined) throw noPath(from, to, amountIn);
  const amountOut = hops.at(-1)?.amountOut ?? 0n;
  const limit = amountOut - (amountOut * tolerance) / WAD;
  return { hops, amountIn, amountOut, limit, priceImpact: impact(options.pools, hops, { amountIn, amountOut }) };
}

/**
 * As `bestPathExactIn`, for exactly `amountOut`: the path that costs the least, tried backwards, each hop for the input
 * of the one behind. Each input rounds up as the swap does.
 */
export function bestPathExactOut({ amountOut, ...options }: PathOptions & { amountOut: bigint }): Path {
  const { from, to, maxHops, tolerance } = check(options);
  checkAmount(amountOut, "amountOut");
  const hops = search(options.pools, { from: to, to: from, maxHops, amount: amountOut, isForward: false });
  if (hops === undefined) throw noPath(from, to, amountOut);
  const amountIn = hops[0]?.amountIn ?? 0n;
  const limit = amountIn + (amountIn * tolerance) / WAD;
  return { hops, amountIn, amountOut, limit, priceImpact: impact(options.pools, hops, { amountIn, amountOut }) };
}

type Search = { from: bigint; to: bigint; maxHops: number; amount: bigint; isForward: boolean };

/** The best hops, in the order of execution. Backwards, `from` is what is bought. */
function search(pools: readonly PathPool[], { from, to, maxHops, amount, isForward }: Search): Hop[] | undefined {
  let best: { hops: Hop[]; amount: bigint } | undefined;
  const walk = (asset: bigint, held: bigint, hops: readonly Hop[], visited: readonly bigint[]): void => {
    if (asset === to) {
      const isBetter =
        best === undefined ||
        (held === best.amount ? hops.length < best.hops.length : isForward === held > best.amount);
      if (isBetter) best = { hops: [...hops], amount: held };
      return;
    }
    if (hops.length === maxHops) return;
    pools.forEach((pool, index) => {
      if (pool.asset0 !== asset && pool.asset1 !== asset) return;
      const next = pool.asset0 === asset ? pool.asset1 : pool.asset0;
      if (visited.includes(next)) return;
      const zeroForOne = isForward === (pool.asset0 === asset);
      const curve = curveOf(pool, zeroForOne);
      const traded = isForward ? curveOut(curve, held) : curveIn(curve, held);
      if (traded === undefined) return;
      const [amountIn, amountOut] = isForward ? [held, traded] : [traded, held];
      const hop = { pool: index, zeroForOne, amountIn, amountOut };
      walk(next, traded, isForward ? [...hops, hop] : [hop, ...hops], [...visited, next]);
    });
  };
  walk(from, amount, [], [from]);
  return (best as { hops: Hop[] } | undefined)?.hops;
}

function impact(
  pools: readonly PathPool[],
  hops: readonly Hop[],
  amounts: { amountIn: bigint; amountOut: bigint },
): bigint {
  const spot = hops.reduce<Fraction>(
    (price, { pool, zeroForOne }) => {
      const { n, d } = marginalPrice(curveOf(pools[pool] as PathPool, zeroForOne));
      return { n: price.n * n, d: price.d * d };
    },
    { n: 1n, d: 1n },
  );
  return priceImpactOf(spot, amounts);
}

function check({ pools, assetIn, assetOut, maxHops = MAX_HOPS, tolerance = 0n }: PathOptions) {
  const [from, to] = [assetId(assetIn), assetId(assetOut)];
  if (pools.length === 0) throw new ValidationError("NoPool", "A trade needs a pool");
  if (from === to) throw new ValidationError("SameAsset", "A trade needs two different assets", { asset: from });
  if (!Number.isInteger(maxHops) || maxHops < 1 || maxHops > MAX_HOPS) {
    throw new ValidationError("AmountOutOfRange", `A path has 1 to ${MAX_HOPS} hops, not ${maxHops}`, { maxHops });
  }
  checkTolerance(tolerance);
  return { from, to, maxHops, tolerance };
}

/** Throws `AmountOutOfRange` unless 0 <= tolerance < 1 (WAD). */
export function checkTolerance(tolerance: bigint): bigint {
  if (tolerance < 0n || tolerance >= WAD) {
    throw new ValidationError("AmountOutOfRange", "A tolerance is 0 to below 1 (WAD)", { tolerance });
  }
  return tolerance;
}

function noPath(assetIn: bigint, assetOut: bigint, amount: bigint): ValidationError {
  const values = { assetIn, assetOut, amount };
  return new ValidationError("NoPath", `No path of these pools trades ${amount} units of this pair`, values);
}
