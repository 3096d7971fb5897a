import { type Provider } from "ethers";
import { type StakePool } from "../../../src/index.js";
import { IStakingCore__factory } from "../../../typechain-types/factories/interfaces/IStakingCore__factory.js";
import { OVERLAP, spans } from "./watch.js";

/** A lock: what it adds to the weight, and when it ends, seconds. */
export type Lock = { extra: bigint; end: bigint };
/** A stake pool and who has a lock in it. */
export type WatchedStakePool = { id: string; terms: StakePool; locks: Map<string, Lock> };
/** Requests up to `requestId` whose cooldown is over: so many shares become final with it. */
export type ReadyExits = { requestId: bigint; owner: string; shares: bigint };

export type StakingWatchOptions = {
  provider: Provider;
  staking: string;
  /** Ids of the pools that matter; all unless given. */
  pools?: readonly string[] | undefined;
  fromBlock: number;
};

/** Stake pools, their locks and exit queues. */
export type StakingWatch = {
  pools: ReadonlyMap<string, WatchedStakePool>;
  /** Reads on up to `block`: new pools, and every lock that an event has touched. */
  advance: (block: number) => Promise<void>;
  /** What a finalisation can do at a block of the time `now`; undefined where nothing waits that is ready. */
  readyOf: (pool: WatchedStakePool, at: { block: number; now: bigint }) => Promise<ReadyExits | undefined>;
};

export function createStakingWatch({ provider, staking, pools: only, fromBlock }: StakingWatchOptions): StakingWatch {
  const core = IStakingCore__factory.connect(staking, provider);
  const { interface: codec } = core;
  const topics = [
    [codec.getEvent("PoolCreated"), codec.getEvent("Locked"), codec.getEvent("Unlocked")].map((each) => each.topicHash),
  ];
  const wanted = only === undefined ? undefined : new Set(only.map((id) => id.toLowerCase()));
  const pools = new Map<string, WatchedStakePool>();
  let next = fromBlock;

  return {
    pools,

    async advance(block) {
      const touched = new Map<string, Set<string>>();
      for (const [from, to] of spans(Math.max(fromBlock, next - OVERLAP), block)) {
        for (const log of await provider.getLogs({ address: staking, topics, fromBlock: from, toBlock: to })) {
          const event = codec.parseLog(log);
          const { id, account } = (event?.args ?? {}) as { id?: string; account?: string };
          if (event === null || id === undefined || wanted?.has(id) === false) continue;
          if (event.name === "PoolCreated") {
            const { pool: terms } = event.args as unknown as { pool: StakePool };
            if (!pools.has(id)) pools.set(id, { id, terms: plain(terms), locks: new Map() });
          } else if (account !== undefined) {
            touched.set(id, (touched.get(id) ?? new Set()).add(account));
          }
        }
      }
      for (const [id, accounts] of touched) {
        const locks = pools.get(id)?.locks;
        await Promise.all(
          [...accounts].map(async (account) => {
            const { extra, lockEnd } = await core.positionOf(id, account, { blockTag: block });
            if (lockEnd === 0n) locks?.delete(account);
            else locks?.set(account, { extra, end: lockEnd });
          }),
        );
      }
      next = block + 1; // only when all of it is read
    },

    async readyOf({ id }, { block, now }) {
      const at = { blockTag: block };
      const { requested, count, checkpoints } = await core.queueOf(id, at);
      const upTo = checkpoints === 0n ? 0n : (await core.checkpointOf(id, checkpoints - 1n, at)).upTo;
      if (requested === upTo) return undefined;
      // Requests become ready in their order, and what is paid and forgotten was ready: the last of them by halves.
      let [low, high] = [0n, count];
      while (low < high) {
        const middle = (low + high + 1n) / 2n;
        const { owner, readyAt } = await core.requestOf(id, middle, at);
        if (BigInt(owner) === 0n || readyAt <= now) low = middle;
        else high = middle - 1n;
      }
      if (low === 0n) return undefined;
      const { owner, start, shares } = await core.requestOf(id, low, at);
      const end = start + shares;
      return shares === 0n || end <= upTo ? undefined : { requestId: low, owner, shares: end - upTo };
    },
  };
}

/** The terms as a plain value. */
function plain(pool: StakePool): StakePool {
  const { stakeAsset, reward0, reward1, funder, cooldown, maxBoost, slasher, maxLock, maxSlash, step } = pool;
  return { stakeAsset, reward0, reward1, funder, cooldown, maxBoost, slasher, maxLock, maxSlash, step };
}
