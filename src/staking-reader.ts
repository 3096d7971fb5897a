import { type ContractRunner } from "ethers";
import { type StakingCore } from "../typechain-types/staking/StakingCore.js";
import { checkAddress, decodeWord } from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import { type LedgerClient } from "./ledger.js";
import { WAD, YEAR } from "./lending-units.js";
import { freeOf, toStakeAssets, weightOf } from "./models/staking-positions.js";
import {
  accruedBy,
  accrueStream,
  STREAM_ACCRUED_BITS,
  STREAM_MIN_WEIGHT,
  STREAM_RATE_BITS,
  waitingIn,
  type Stream,
} from "./models/staking-stream.js";
import { stakeBook, stakeId, type StakePool, type StreamIndex } from "./staking-pool.js";

/** A pool as the next action finds it. */
export type StakePoolView = {
  id: string;
  exists: boolean;
  /** Seconds, Unix, that this is of: a whole step. */
  time: bigint;
  weight: bigint;
  shares: bigint;
  /** What the shares are worth. */
  assets: bigint;
  streams: readonly StreamView[];
};

/** A stream, counted to the pool's time. */
export type StreamView = Stream & {
  asset: bigint;
  /** Rewards that have not flowed, rounded down. */
  waiting: bigint;
  /**
   * Units of the reward in a year at this rate for a unit of stake without a lock, WAD; 0 where nothing flows. What that is worth is a
   * matter of both prices.
   */
  apr: bigint;
};

/** What is waiting in the exit queue. */
export type UnstakeRequest = {
  requestId: bigint;
  owner: string;
  shares: bigint;
  /** The most that is paid: what they were worth when the request was made. */
  assets: bigint;
  readyAt: bigint;
  /** The price is set, and the request can be paid. */
  isFinal: boolean;
};

/** The pool that is meant. */
export type OfPool = { pool: StakePool };
/** The time that is meant, Unix seconds: that of the latest block unless given. */
export type AtTime = { now?: bigint };

/** The reads of `createStakingClient`. */
export function createStakingReader({
  staking,
  contract,
  ledger,
  runner,
}: {
  staking: string;
  contract: StakingCore;
  ledger: LedgerClient;
  runner?: ContractRunner | null | undefined;
}) {
  async function blockOf(now: bigint | undefined): Promise<{ blockTag: number; time: bigint }> {
    const block = await runner?.provider?.getBlock("latest");
    if (block === null || block === undefined) {
      throw new ValidationError("NoProvider", "Give a provider or signer when creating the client", {});
    }
    return { blockTag: block.number, time: now ?? BigInt(block.timestamp) };
  }

  async function read({ pool, now }: OfPool & AtTime) {
    const [id, { blockTag, time: clock }] = [stakeId({ staking, pool }), await blockOf(now)];
    const { key, asset0, asset1 } = stakeBook({ staking, pool });
    const [totals, queue, book, ...stored] = await Promise.all([
      contract.totalsOf(id, { blockTag }),
      contract.queueOf(id, { blockTag }),
      ledger.contract.bookOf(staking, key, asset0, asset1, { blockTag }),
      contract.streamOf(id, 0, { blockTag }),
      contract.streamOf(id, 1, { blockTag }),
    ]);
    const time = clock - (clock % pool.step);
    const span = { weight: totals.weight, from: totals.updatedAt, to: time };
    const streams = stored.map(({ index, remainder, rate, end, funded, left }) =>
      accrueStream({ index, remainder, rate, end, funded, left }, span),
    );
    const assets = decodeWord(book).amount0 - queue.owed;
    const { weight, settings } = totals;
    // Without a slasher a share is a unit, and the core does not count them.
    const shares = BigInt(pool.slasher) === 0n ? assets : totals.shares;
    return { id, blockTag, clock, time, streams, weight, shares, assets, settings };
  }

  return {
    /** The pool, its streams counted to now. */
    async poolOf({ pool, now }: OfPool & AtTime): Promise<StakePoolView> {
      const { id, time, streams, weight, shares, assets, settings } = await read({ pool, now });
      const worth = toStakeAssets({ terms: pool, shares, assets }, weight);
      const views = streams.slice(0, pool.reward1 === 0n ? 1 : 2).map((stream, index) => ({
        ...stream,
        asset: index === 0 ? pool.reward0 : pool.reward1,
        waiting: waitingIn(stream, time) >> STREAM_RATE_BITS,
        apr: rewardRate(stream, { weight, worth, time }),
      }));
      return { id, exists: settings !== 0n, time, weight, shares, assets, streams: views };
    },

    /** An account's stake, and what it could claim of each stream now. */
    async positionOf({ pool, account, now }: OfPool & AtTime & { account: string }) {
      const owner = checkAddress(account, "account");
      const { id, blockTag, clock, streams, shares: total, assets } = await read({ pool, now });
      const { shares, extra, lockEnd, debt0, debt1 } = await contract.positionOf(id, owner, { blockTag });
      const position = { shares, extra, lockEnd };
      const weight = weightOf({ terms: pool }, position);
      const isOver = lockEnd !== 0n && clock >= lockEnd;
      const claimable = streams.map(({ index }, stream) => {
        return accruedBy(weight, { index, debt: stream === 0 ? debt0 : debt1 }) >> STREAM_ACCRUED_BITS;
      });
      return {
        ...{ shares, assets: toStakeAssets({ terms: pool, shares: total, assets }, shares), weight, lockEnd },
        free: freeOf({ terms: pool }, isOver ? { ...position, extra: 0n, lockEnd: 0n } : position),
        claimable: claimable.slice(0, pool.reward1 === 0n ? 1 : 2),
      };
    },

    /** What the account could claim of a stream now. */
    async claimableOf({
      stream = 0,
      ...of
    }: OfPool & AtTime & { account: string; stream?: StreamIndex }): Promise<bigint> {
      const { claimable } = await this.positionOf(of);
      return claimable[stream] ?? 0n;
    },

    /** A request; undefined when there is none, or it is paid. */
    async requestOf({ pool, requestId }: OfPool & { requestId: bigint }): Promise<UnstakeRequest | undefined> {
      const [id, { blockTag }] = [stakeId({ staking, pool }), await blockOf(undefined)];
      const [{ owner, shares, start, assets, readyAt }, { checkpoints }] = await Promise.all([
        contract.requestOf(id, requestId, { blockTag }),
        contract.queueOf(id, { blockTag }),
      ]);
      if (shares === 0n) return undefined;
      const last = checkpoints === 0n ? undefined : await contract.checkpointOf(id, checkpoints - 1n, { blockTag });
      return { requestId, owner, shares, assets, readyAt, isFinal: start + shares <= (last?.upTo ?? 0n) };
    },

    /** The account's requests that are not paid, by the core's events from `fromBlock` on. */
    async requestsOf({
      pool,
      account,
      fromBlock = 0,
    }: OfPool & { account: string; fromBlock?: number }): Promise<UnstakeRequest[]> {
      const filter = contract.filters.UnstakeRequested(stakeId({ staking, pool }), checkAddress(account, "account"));
      const logs = await contract.queryFilter(filter, fromBlock);
      const requests = await Promise.all(logs.map(({ args }) => this.requestOf({ pool, requestId: args.requestId })));
      return requests.filter((request) => request !== undefined);
    },
  };
}

/** Rewards of a year over the stake that shares them, WAD. */
function rewardRate(
  { rate, end }: Stream,
  { weight, worth, time }: { weight: bigint; worth: bigint; time: bigint },
): bigint {
  if (end <= time || weight < STREAM_MIN_WEIGHT || worth === 0n) return 0n;
  return ((rate * YEAR * WAD) / worth) >> STREAM_RATE_BITS;
}
