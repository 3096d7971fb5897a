import { type Provider } from "ethers";
import { PIPS, type MarketParams, type PathPool, type PoolKey } from "../../../src/index.js";
import { IAmmCore__factory } from "../../../typechain-types/factories/interfaces/IAmmCore__factory.js";
import { ILendingCore__factory } from "../../../typechain-types/factories/interfaces/ILendingCore__factory.js";
import { AmmLens__factory } from "../../../typechain-types/factories/periphery/AmmLens__factory.js";
import { type Position } from "./health.js";

/** Blocks that are read again, in case the chain has replaced its last ones: what was read is asked for anew, never added up. */
export const OVERLAP = 16;
/** Most blocks in one question for logs; nodes refuse more. */
const SPAN = 5_000;
const MAX_TOKEN = 1n << 160n;

/** The blocks of both ends and between, in pieces that a node answers. */
export function* spans(first: number, last: number): Generator<[from: number, to: number]> {
  for (let from = first; from <= last; from += SPAN) yield [from, Math.min(last, from + SPAN - 1)];
}

/** A market and who has, or had, debt or collateral in it. */
export type WatchedMarket = { id: string; params: MarketParams; positions: Map<string, Position> };
/** A pool of two tokens as it stands, with its key. */
export type KnownPool = PathPool & { key: PoolKey };

export type WatchOptions = {
  provider: Provider;
  lending: string;
  amm: string;
  ammLens: string;
  /** The first block with anything to find. */
  fromBlock: number;
};

/** Markets, positions and pools, as the chain's events name them. */
export type Watch = {
  markets: ReadonlyMap<string, WatchedMarket>;
  /** Reads on up to `block`: new markets and pools, and every position that an event has touched. */
  advance: (block: number) => Promise<void>;
  /** The pools as of `block`. */
  poolsAt: (block: number) => Promise<KnownPool[]>;
};

export function createWatch({ provider, lending, amm, ammLens, fromBlock }: WatchOptions): Watch {
  const core = ILendingCore__factory.connect(lending, provider);
  const exchange = IAmmCore__factory.connect(amm, provider);
  const lens = AmmLens__factory.connect(ammLens, provider);
  const markets = new Map<string, WatchedMarket>();
  const pools = new Map<string, PoolKey>();
  const { interface: codec } = core;
  const topics = [
    [
      ...[codec.getEvent("MarketCreated"), codec.getEvent("CollateralAdded"), codec.getEvent("CollateralRemoved")],
      ...[codec.getEvent("Borrowed"), codec.getEvent("Repaid"), codec.getEvent("Liquidated")],
      codec.getEvent("DebtOpened"), // of a section, whose operations have no other events
    ].map(({ topicHash }) => topicHash),
  ];
  let next = fromBlock;
  let seen: { block: number; pools: KnownPool[] } | undefined;

  /** Markets and, by market, the accounts of positions that changed. */
  async function readLending(from: number, to: number): Promise<Map<string, Set<string>>> {
    const touched = new Map<string, Set<string>>();
    for (const log of await provider.getLogs({ address: lending, topics, fromBlock: from, toBlock: to })) {
      const event = core.interface.parseLog(log);
      if (event === null) continue;
      const values = event.args as unknown as MarketParams & { id: string; account: string };
      const { id } = values;
      if (event.name === "MarketCreated") {
        const { loanAsset, collateralAsset, oracle, irm, lltv, closeOutDebt } = values;
        const params = { loanAsset, collateralAsset, oracle, irm, lltv, closeOutDebt };
        if (!markets.has(id)) markets.set(id, { id, params, positions: new Map() });
      } else {
        const accounts = touched.get(id) ?? new Set();
        touched.set(id, accounts.add(values.account));
      }
    }
    return touched;
  }

  async function readPools(from: number, to: number): Promise<void> {
    for (const { args } of await exchange.queryFilter(exchange.filters.PoolCreated(), from, to)) {
      const { id, asset0, asset1, fee, alpha, beta, flags } = args;
      // Issued assets are not carried along a path.
      if (asset0 < MAX_TOKEN && asset1 < MAX_TOKEN) pools.set(id, { asset0, asset1, fee, alpha, beta, flags });
    }
  }

  return {
    markets,

    async advance(block) {
      const touched = new Map<string, Set<string>>();
      for (const [from, to] of spans(Math.max(fromBlock, next - OVERLAP), block)) {
        const [found] = await Promise.all([readLending(from, to), readPools(from, to)]);
        for (const [id, accounts] of found) {
          const all = touched.get(id) ?? new Set();
          for (const account of accounts) all.add(account);
          touched.set(id, all);
        }
      }
      for (const [id, accounts] of touched) {
        const positions = markets.get(id)?.positions;
        await Promise.all(
          [...accounts].map(async (account) => {
            const { borrowShares, collateral } = await core.positionOf(id, account, { blockTag: block });
            if (borrowShares === 0n) positions?.delete(account);
            else positions?.set(account, { borrowShares, collateral });
          }),
        );
      }
      next = block + 1; // only when all of it is read
    },

    async poolsAt(block) {
      if (seen?.block === block) return seen.pools;
      const views = await Promise.all(
        [...pools.values()].map(async (key) => {
          const view = await lens.poolOf(key, { blockTag: block });
          const { reserve0, reserve1, virtual0, virtual1 } = view;
          const offsets = { offset0: virtual0 - reserve0, offset1: virtual1 - reserve1 };
          return { key, asset0: key.asset0, asset1: key.asset1, reserve0, reserve1, ...offsets, keep: PIPS - key.fee };
        }),
      );
      seen = { block, pools: views };
      return views;
    },
  };
}
