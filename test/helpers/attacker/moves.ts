import { MIN_TRADE, PRICE_SCALE } from "../../../src/index.js";
import { ceilDiv, type PoolState } from "../../../src/models/amm-math.js";
import { type BatchOrder } from "../../../src/models/amm.js";
import { type Random } from "../random.js";
import { type Market, type Move, type TraderMove } from "./market.js";

/** A move of the trader. Sizes are those at which rounding, an edge or a limit shows, and any others. */
export function traderMove(random: Random, market: Market): TraderMove {
  const roll = random.below(100n);
  if (roll < 22n) return sell(random, market.pool);
  if (roll < 45n) return buy(random, market.pool);
  if (roll < 65n) return add(random, market.pool);
  if (roll < 88n) return remove(random, market);
  return section(random, market.pool);
}

/** What happens beside him: the protocol takes its shares, or changes its part. */
export function othersMove(random: Random): Move {
  if (random.chance(60)) return { name: "collect" };
  return { name: "protocolFee", fee: random.pick([0n, 1n, 1000n, 2500n]) };
}

function sell(random: Random, pool: PoolState): TraderMove {
  const zeroForOne = random.chance(50);
  return { name: "sell", zeroForOne, amount: sold(random, pool, zeroForOne) };
}

/** Units of an input: the least that is sold, some more, or up to many times the pool. */
function sold(random: Random, pool: PoolState, zeroForOne: boolean): bigint {
  const { x } = sides(pool, zeroForOne);
  const roll = random.below(4n);
  if (roll === 0n) return MIN_TRADE + random.below(4n);
  return random.magnitude(MIN_TRADE, roll === 1n ? x / 4n : roll === 2n ? 2n * x : 1000n * x);
}

function buy(random: Random, pool: PoolState): TraderMove {
  const zeroForOne = random.chance(50);
  const { held } = sides(pool, zeroForOne);
  const roll = random.below(5n);
  const all = roll === 0n ? held : roll === 1n ? held - random.below(4n) : 0n;
  const out = all > 0n ? all : roll === 2n ? 1n + random.below(4n) : random.magnitude(1n, held);
  return { name: "buy", zeroForOne, out };
}

function add(random: Random, { reserve0, reserve1, totalShares }: PoolState): TraderMove {
  const extra = random.below(3n);
  const roll = random.below(4n);
  if (roll === 0n) {
    // Just what a few shares cost, with or without the unit that a range pool keeps back.
    const shares = 1n + random.below(8n);
    const cost = (reserve: bigint) => ceilDiv(reserve * shares, totalShares) + extra;
    return { name: "add", max0: cost(reserve0), max1: cost(reserve1) };
  }
  if (roll === 1n) {
    const multiple = random.magnitude(1n, 1000n);
    return { name: "add", max0: reserve0 * multiple + extra, max1: reserve1 * multiple + extra };
  }
  if (roll === 2n) {
    const part = random.between(1n, 1000n);
    return { name: "add", max0: (reserve0 * part) / 1000n + extra, max1: (reserve1 * part) / 1000n + extra };
  }
  return {
    name: "add",
    max0: random.magnitude(1n, 4n * reserve0 + 4n),
    max1: random.magnitude(1n, 4n * reserve1 + 4n),
  };
}

function remove(random: Random, market: Market): TraderMove {
  const shares = removed(random, market);
  return { name: "remove", shares: shares > 0n ? shares : 0n };
}

/** All of his shares, nearly all, a few, as few as are worth something, or some. */
function removed(random: Random, { pool, shares }: Market): bigint {
  const roll = random.below(5n);
  if (roll === 0n) return shares;
  if (roll === 1n) return shares - random.below(4n);
  if (roll === 2n) return 1n + random.below(4n);
  if (roll === 3n) {
    // The fewest shares that are worth some units of a side.
    const reserve = random.chance(50) ? pool.reserve0 : pool.reserve1;
    const units = 1n + random.below(4n);
    const least = reserve === 0n ? 1n : ceilDiv(units * pool.totalShares, reserve);
    return least < shares ? least : shares;
  }
  return random.magnitude(1n, shares);
}

function section(random: Random, pool: PoolState): TraderMove {
  const { x, y } = atLeastOne(sides(pool, true));
  const price = (y * PRICE_SCALE) / x;
  const orders: BatchOrder[] = Array.from({ length: 1 + Number(random.below(4n)) }, () => {
    const side = random.chance(50) ? 0 : 1;
    const amount = sold(random, pool, side === 0);
    const fair = side === 0 ? (amount * y) / x : (amount * x) / y;
    const limit = random.chance(70) ? 0n : (fair * random.between(1n, 110n)) / 100n;
    return { side, amount, limit };
  });
  const shift = random.chance(70) ? 100n : random.between(50n, 200n);
  const band = {
    price: (price * shift) / 100n,
    tolerance: random.magnitude(10n ** 15n, 10n ** 18n - 1n),
  };
  return { name: "section", band, orders };
}

/** In the direction of a swap: the virtual reserves, and what is held of the output. */
function sides(pool: PoolState, zeroForOne: boolean): { x: bigint; y: bigint; held: bigint } {
  const [x, y] = [pool.reserve0 + pool.offset0, pool.reserve1 + pool.offset1];
  return zeroForOne ? { x, y, held: pool.reserve1 } : { x: y, y: x, held: pool.reserve0 };
}

/** A side that has nothing left, not even an offset, as one unit: the pool refuses what is based upon it. */
function atLeastOne({ x, y }: { x: bigint; y: bigint }): { x: bigint; y: bigint } {
  return { x: x > 0n ? x : 1n, y: y > 0n ? y : 1n };
}
