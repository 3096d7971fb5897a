import { MIN_RESERVE, PIPS, PRICE_SCALE, rangeOffsets, type PoolKey } from "../../../src/index.js";
import { newRoot, openPool, type PoolState } from "../../../src/models/amm-math.js";
import { LakhError } from "../../../src/lakh-error.js";
import { type Random } from "../random.js";
import { play, type Market, type Move } from "./market.js";

/** What kinds of pools there are to attack. */
export const KINDS = [
  "plain",
  "wide range",
  "narrow range",
  "pegged pair of mixed decimals",
  "open above",
  "open below",
  "one-sided",
  "exhausted",
  "any offsets",
] as const;
export type Kind = (typeof KINDS)[number];

/** A market of 1 to 10^6 units, with the pool's creator as the only other holder, who never acts. */
export type Setting = {
  kind: Kind;
  /** As the pool was created. */
  created: Market;
  /** With what somebody else bought of it since. */
  soldOut?: Extract<Move, { name: "buy" }>;
  /** As the attacker finds it. */
  market: Market;
  /** Of asset 0 and 1, 0 to 24: the asset of fewer decimals has the 1 to 10^6 units. */
  decimals: readonly [number, number];
  fee: bigint;
};

const MOST_UNITS = 1_000_000n;
const MOST_DECIMALS = 24n;

/** A random pool of that kind, of 1 to `most` units. Tries until there is one that the AMM would create. */
export function randomSetting(random: Random, kind: Kind, most = MOST_UNITS): Setting {
  for (;;) {
    const setting = trySetting(random, kind, most);
    if (setting !== undefined) return setting;
  }
}

function trySetting(random: Random, kind: Kind, most: bigint): Setting | undefined {
  const hasDecimals = kind === "pegged pair of mixed decimals" || random.chance(50);
  const some = () => Number(random.chance(20) ? random.pick([0n, MOST_DECIMALS]) : random.below(MOST_DECIMALS + 1n));
  const decimals = hasDecimals ? ([some(), some()] as const) : ([18, 18] as const);
  const fee = random.chance(40) ? 0n : random.pick([100n, 3000n, 50_000n, random.below(50_001n)]);
  try {
    const pool = create(random, kind, { decimals, fee, most });
    if (pool === undefined) return undefined;
    const protocolFee = random.chance(50) ? 0n : random.pick([1n, 1000n, 2500n]);
    const fresh = { ...pool, rootK: protocolFee === 0n ? 0n : newRoot(pool) };
    const created = { pool: fresh, protocolFee, gained0: 0n, gained1: 0n, shares: 0n };
    if (kind !== "exhausted") return { kind, created, market: created, decimals, fee };
    // Somebody who is not the attacker buys all of one side.
    const zeroForOne = random.chance(50);
    const soldOut = { name: "buy", zeroForOne, out: zeroForOne ? pool.reserve1 : pool.reserve0 } as const;
    const after = play(created, soldOut);
    if (after === undefined) return undefined;
    return { kind, created, soldOut, market: { ...after, gained0: 0n, gained1: 0n }, decimals, fee };
  } catch (error) {
    if (error instanceof LakhError) return undefined;
    throw error;
  }
}

type Size = { decimals: readonly [number, number]; fee: bigint; most: bigint };

function create(random: Random, kind: Kind, { decimals, fee, most }: Size): PoolState | undefined {
  const lower = Math.min(...decimals);
  const [scale0, scale1] = decimals.map((each) => 10n ** BigInt(each - lower)) as [bigint, bigint];
  const { alpha, beta } = offsets(random, kind, (PRICE_SCALE * scale1) / scale0);
  const isRange = (alpha | beta) !== 0n;
  const least = isRange ? 1n : MIN_RESERVE;
  const units = () => random.magnitude(least, most);
  let [reserve0, reserve1] = [units() * scale0, units() * scale1];
  if (kind === "one-sided") [reserve0, reserve1] = random.chance(50) ? [reserve0, 0n] : [0n, reserve1];
  const key: PoolKey = { asset0: 1n, asset1: 2n, fee, alpha, beta, flags: 0n };
  return openPool(key, reserve0, reserve1);
}

/** Alpha and beta; `par` is the raw price of a pair of equal worth. */
function offsets(random: Random, kind: Kind, par: bigint): { alpha: bigint; beta: bigint } {
  const wide = () => random.between(1_001_000n, 100_000_000n);
  const narrow = () => random.between(1_000_100n, 1_010_000n);
  const around = (price: bigint, factor: () => bigint) => ({
    ...rangeOffsets({ low: (price * PIPS) / factor() + 1n, high: (price * factor()) / PIPS + 2n }),
  });
  switch (kind) {
    case "plain":
      return { alpha: 0n, beta: 0n };
    case "narrow range":
    case "pegged pair of mixed decimals":
      return around(par, narrow);
    case "open above":
      return { ...around(par, wide), alpha: 0n };
    case "open below":
      return { ...around(par, wide), beta: 0n };
    case "wide range":
      return around((par * random.between(1n, 10_000n)) / 100n + 1n, wide);
    case "one-sided":
    case "exhausted":
      return around(par, random.chance(50) ? narrow : wide);
    case "any offsets": {
      const alpha = random.magnitude(1n, 1n << 80n);
      return { alpha, beta: random.magnitude(1n, (1n << 128n) / alpha - 1n) };
    }
  }
}
