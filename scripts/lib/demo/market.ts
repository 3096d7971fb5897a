import {
  PIPS,
  poolKey,
  PRICE_SCALE,
  rangeOffsets,
  squareRoot,
  tokenId,
  type PoolKey,
  type PoolState,
} from "../../../src/index.js";

/** One unit of the index, in its smallest units. */
export const INDEX_UNIT = 10n ** 18n;
/** A dollar, in its smallest units. */
export const DOLLAR = 1_000_000n;

const PLAIN_FEE = 3_000n;
const RANGE_FEE = 500n;

/** A pool of the index against dollars. */
export type Market = { name: string; key: PoolKey; indexIsAsset0: boolean };

/** A plain pool at 0.30 % that keeps a history of its price, and a pool at 0.05 % for the range of prices from `low` to `high`, in micro-dollars. */
export function openMarkets({ index, usd, low, high }: { index: string; usd: string; low: bigint; high: bigint }) {
  const indexIsAsset0 = tokenId(index) < tokenId(usd);
  const assets: [string, string] = [index, usd];
  // Asset 1 per asset 0 · 1e36 in raw units; when dollars are asset 0 the bounds change places.
  const raw = (price: bigint): bigint =>
    indexIsAsset0 ? (price * PRICE_SCALE) / INDEX_UNIT : (INDEX_UNIT * PRICE_SCALE) / price;
  const [first, second] = [raw(low), raw(high)];
  const range = rangeOffsets(first < second ? { low: first, high: second } : { low: second, high: first });
  return {
    plain: { name: "INDEX/USD plain, 0.30 %", key: poolKey({ assets, fee: PLAIN_FEE, oracle: true }), indexIsAsset0 },
    range: { name: "INDEX/USD range, 0.05 %", key: poolKey({ assets, fee: RANGE_FEE, ...range }), indexIsAsset0 },
  } satisfies Record<string, Market>;
}

/** First reserves worth `dollars` (micro-dollars) of cash, and the index that makes the pool's price `price`. */
export function firstReserves(
  { key, indexIsAsset0 }: Market,
  { dollars, price }: { dollars: bigint; price: bigint },
): { amount0: bigint; amount1: bigint } {
  const q64 = 2 ** 64;
  // Raw dollars per raw index; alpha = 1/√high and beta = √low of asset 1 per asset 0.
  const rate = Number(price) / Number(INDEX_UNIT);
  const root = Math.sqrt(indexIsAsset0 ? rate : 1 / rate);
  const side0 = 1 / root - Number(key.alpha) / q64;
  const side1 = root - Number(key.beta) / q64;
  const indexPerDollar = indexIsAsset0 ? side0 / side1 : side1 / side0;
  const index = BigInt(Math.floor(Number(dollars) * indexPerDollar));
  return indexIsAsset0 ? { amount0: index, amount1: dollars } : { amount0: dollars, amount1: index };
}

type Virtual = { dollars: bigint; index: bigint };

function virtualOf({ indexIsAsset0 }: Market, state: PoolState): Virtual {
  const [side0, side1] = [state.reserve0 + state.offset0, state.reserve1 + state.offset1];
  return indexIsAsset0 ? { dollars: side1, index: side0 } : { dollars: side0, index: side1 };
}

/**
 * What an arbitrageur trades so that the next unit no longer pays at `price` (micro-dollars): he stops at the edge of
 * the fee band. Undefined within the band.
 */
export function arbitrage(
  market: Market,
  state: PoolState,
  price: bigint,
): { sells: "dollars" | "index"; amount: bigint } | undefined {
  const { dollars, index } = virtualOf(market, state);
  const product = dollars * index * state.keep;
  // x'² = x·y·p·(1 − f) for the side paid in, and what is paid is (x' − x)/(1 − f).
  const dollarsWanted = squareRoot((product * price) / (INDEX_UNIT * PIPS));
  const indexWanted = squareRoot((product * INDEX_UNIT) / (price * PIPS));
  if (dollarsWanted > dollars) {
    return { sells: "dollars", amount: ((dollarsWanted - dollars) * PIPS) / state.keep };
  }
  if (indexWanted > index) return { sells: "index", amount: ((indexWanted - index) * PIPS) / state.keep };
  return undefined;
}

/** Distance of the pool's price from `price`, in hundredths of a percent. */
export function priceError(market: Market, state: PoolState, price: bigint): number {
  const { dollars, index } = virtualOf(market, state);
  return Math.abs((Number(dollars) * Number(INDEX_UNIT)) / (Number(index) * Number(price)) - 1) * 10_000;
}
