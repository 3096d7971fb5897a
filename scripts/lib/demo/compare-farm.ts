import {
  assetId,
  decodeWord,
  type Lakh,
  type PoolHistory,
  type StakingModel,
  type AmmModel,
} from "../../../src/index.js";
import type { DemoFarm } from "../../../bench/schema.js";
import type { Farming } from "./farming.js";
import type { Market } from "./market.js";

export type CompareFarmOptions = {
  lakh: Lakh;
  model: AmmModel;
  staking: StakingModel;
  farming: Farming;
  market: Market;
  index: string;
  usd: string;
  /** Addresses of the savers that farm, and how many stake by transactions. */
  farmers: readonly string[];
  providers: number;
  /** The AMM's pool by its events. */
  history: PoolHistory;
};

export type FarmComparison = {
  compared: number;
  /** What differs, in words. */
  differences: string[];
  /** Units of the reward in the stake pool's book. */
  held: bigint;
  figures: DemoFarm;
};

/** Reads the stake pool, its stream and every position from the chain, beside the model, and the AMM's pool as its events tell it. */
export async function compareFarm(options: CompareFarmOptions): Promise<FarmComparison> {
  const { lakh, model, staking, farming, market, index, usd, farmers, providers, history } = options;
  const differences: string[] = [];
  let compared = 0;
  const check = (what: string, chain: bigint, expected: bigint): void => {
    compared += 1;
    if (chain !== expected) differences.push(`${what} is ${chain} on chain and ${expected} in the model`);
  };
  const core = lakh.staking.contract;
  const { pool, book, holders, totals } = farming;
  const id = staking.idOf(pool);
  const { protocol, key, asset0, asset1 } = book;
  const [word, stored, stream] = await Promise.all([
    lakh.ledger.contract.bookOf(protocol, key, asset0, asset1),
    core.totalsOf(id),
    core.streamOf(id, 0n),
  ]);
  check("the book of the stake pool", word, staking.bookOf(pool));
  const known = staking.store.totalsOf(id);
  check("the weight of the stake pool", stored.weight, known.weight);
  check("the time of the stake pool", stored.updatedAt, known.updatedAt);
  const expected = staking.store.streamOf(id, 0);
  for (const figure of ["index", "remainder", "rate", "end", "funded", "left"] as const) {
    check(`the ${figure} of the stake pool's stream`, stream[figure], expected[figure]);
  }
  const positions = await Promise.all(holders.map((account) => core.positionOf(id, account)));
  for (const [place, account] of holders.entries()) {
    const wanted = staking.positionOf(pool, account);
    check(`the stake of ${account}`, positions[place]?.shares ?? 0n, wanted.shares);
    check(`the debt of ${account}`, positions[place]?.debt0 ?? 0n, wanted.debt0);
  }
  const { amount0: stake, amount1: held } = decodeWord(word);
  check("the stake that is left", stake, totals.staked - totals.unstaked);
  check("the rewards that are funded", stream.funded, totals.funded);
  check("the rewards that are left", held, totals.funded - totals.claimed);

  const state = model.poolOf(market.key);
  for (const figure of ["reserve0", "reserve1", "totalShares"] as const) {
    check(`${figure} of ${market.name} by its events`, history.pool[figure], state[figure]);
  }
  const sum = { fees: [0n, 0n], paidIn: [0n, 0n], paidOut: [0n, 0n] };
  for (const account of farmers) {
    const position = history.positions.get(account);
    check(`the shares of ${account} by the pool's events`, position?.shares ?? 0n, 0n);
    for (const figure of ["fees", "paidIn", "paidOut"] as const) {
      const { amount0, amount1 } = position?.[figure] ?? { amount0: 0n, amount1: 0n };
      sum[figure] = [(sum[figure][0] ?? 0n) + amount0, (sum[figure][1] ?? 0n) + amount1];
    }
  }
  const liquidity = [["INDEX", index] as const, ["USD", usd] as const].map(([asset, token]) => {
    const side = assetId(token) === market.key.asset0 ? 0 : 1;
    const of = (figure: keyof typeof sum): string => String(sum[figure][side] ?? 0n);
    return { asset, added: of("paidIn"), removed: of("paidOut"), swapFees: of("fees") };
  });
  return {
    ...{ compared, differences, held },
    figures: {
      ...{ pool: market.name, savers: farmers.length, providers, liquidity },
      ...{ staked: String(totals.staked), unstaked: String(totals.unstaked) },
      rewards: { asset: "USD", funded: String(stream.funded), claimed: String(totals.claimed), left: String(held) },
    },
  };
}
