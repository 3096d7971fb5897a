import { type Provider } from "ethers";
import { createStakingClient, type LedgerClient } from "../../../src/index.js";
import { createStakingWatch, type WatchedStakePool } from "./staking-watch.js";
import { type Moment, type UpkeepTask, type UpkeepWatch } from "./upkeep.js";

export type StakingUpkeepOptions = {
  provider: Provider;
  /** Who would do it. */
  account: string;
  ledger: LedgerClient;
  weth: string;
  staking: string;
  /** Ids of the pools that are looked after; all unless given. */
  pools?: readonly string[] | undefined;
  fromBlock: number;
};

/** Stake pools that are looked after, and their locks. */
export type StakingCounts = { pools: number; locks: number };

/** Kicks and finalisations of stake pools. */
export function createStakingUpkeep(options: StakingUpkeepOptions): UpkeepWatch<StakingCounts> {
  const { provider, account, ledger, weth, staking, pools, fromBlock } = options;
  const client = createStakingClient({ address: staking, weth, ledger, account, runner: provider });
  const watch = createStakingWatch({ provider, staking, pools, fromBlock });

  async function* tasksOf(pool: WatchedStakePool, at: Moment): AsyncGenerator<UpkeepTask> {
    const { id, terms, locks } = pool;
    for (const [owner, { extra, end }] of locks) {
      if (end > at.now) continue;
      const request = client.kick({ pool: terms, account: owner });
      yield { task: "kick", pool: id, account: owner, amount: extra, request };
    }
    const ready = terms.cooldown === 0n ? undefined : await watch.readyOf(pool, at);
    if (ready === undefined) return;
    const { requestId, owner, shares } = ready;
    const request = client.finalise({ pool: terms, requestId });
    yield { task: "finalise", pool: id, account: owner, requestId, amount: shares, request };
  }

  return {
    protocol: "staking",
    advance: (block) => watch.advance(block),

    counts() {
      const pools = [...watch.pools.values()];
      return { pools: pools.length, locks: pools.reduce((sum, { locks }) => sum + locks.size, 0) };
    },

    async *tasks(at) {
      for (const pool of watch.pools.values()) yield* tasksOf(pool, at);
    },
  };
}
