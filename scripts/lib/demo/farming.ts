import {
  addLiquidity,
  lpShareId,
  removeLiquidity,
  stakeBook,
  stakePool,
  stakingOperations,
  type AmmModel,
  type OrderOperation,
  type StakePool,
  type StakingModel,
} from "../../../src/index.js";
import type { Cosigner } from "./cosigners.js";
import type { FarmOperation } from "./farm-operation.js";
import { Terms, type Intent } from "./intents.js";
import { DOLLAR, INDEX_UNIT, type Market } from "./market.js";
import { sharesOf } from "./operation.js";
import type { Account } from "./sender.js";
import type { Planned } from "./trading.js";

const HOUR = 3_600n;
/** Rewards are counted by the hour. */
const STEP = HOUR;
/** A stream runs for at most eight years; then another follows. */
const LONGEST = 8n * 365n * 24n * HOUR;
/** Rewards of an hour, in micro-dollars. */
const HOURLY = 10n * DOLLAR;
/** What a saver adds of each asset, in micro-dollars. */
const ADDED = 1_000n * DOLLAR;
/** What an addition and a removal may give less than the model says, in parts of 10,000. */
const SLACK = 100n;
const BPS = 10_000n;
const SEQUENCES = 1 << 16;

export type FarmingOptions = {
  model: AmmModel;
  staking: StakingModel;
  market: Market;
  index: string;
  usd: string;
  /** Pays the rewards. */
  funder: Account;
  /** Stake by transactions of their own. */
  providers: readonly Account[];
  /** Savers, who do all by batches. */
  farmers: readonly Cosigner[];
  /** When the last stream ends, Unix seconds. */
  end: bigint;
};

/** What the farm has done so far, by the model; shares and micro-dollars. */
export type FarmTotals = { staked: bigint; unstaked: bigint; funded: bigint; claimed: bigint };

/** Yield farming: savers and providers stake a pool's LP shares for dollars. What they do follows from the model alone. */
export class Farming {
  readonly pool: StakePool;
  readonly #options: FarmingOptions;
  readonly #share: bigint;
  readonly #totals: FarmTotals = { staked: 0n, unstaked: 0n, funded: 0n, claimed: 0n };
  #harvests = 0;

  constructor(options: FarmingOptions) {
    const { model, market, usd, funder } = options;
    this.#options = options;
    this.#share = lpShareId({ amm: model.address, pool: market.key });
    this.pool = stakePool({ stakeAsset: this.#share, rewards: [usd], funder: funder.address, step: STEP });
  }

  get totals(): Readonly<FarmTotals> {
    return this.#totals;
  }

  /** The book of the stake and the rewards, as the ledger names it. */
  get book() {
    return stakeBook({ staking: this.#options.staking.address, pool: this.pool });
  }

  /** Everybody who may have a stake. */
  get holders(): string[] {
    return [...this.#options.providers, ...this.#options.farmers].map(({ address }) => address);
  }

  /* TRANSACTIONS */

  /** The pool and its rewards, and half of the providers' shares in it. */
  *open(): Generator<Planned> {
    const { funder, providers, model, market } = this.#options;
    yield this.#plan("create stake pool", funder, { kind: "createStakePool" });
    yield* this.#fund();
    for (const account of providers) {
      const assets = sharesOf(model, account.address, market.key) / 2n;
      if (assets === 0n) continue;
      this.#totals.staked += assets;
      yield this.#plan("stake", account, { kind: "stake", assets });
    }
  }

  /** The providers' rewards, and the next stream when the last one is over. Each is to be run before the next is asked for. */
  *harvest(): Generator<Planned> {
    for (const account of this.#options.providers) {
      const amount = this.#claimable(account.address);
      if (amount === 0n) continue;
      this.#totals.claimed += amount;
      yield this.#plan("claim", account, { kind: "claim" });
    }
    if (this.#options.staking.poolOf(this.pool).streams[0].end <= this.#now) yield* this.#fund();
  }

  /** The rest of the rewards, and the providers' stake. */
  *close(): Generator<Planned> {
    const { providers, staking } = this.#options;
    for (const account of providers) {
      const amount = this.#claimable(account.address);
      this.#totals.claimed += amount;
      if (amount !== 0n) yield this.#plan("claim", account, { kind: "claim" });
      const { shares } = staking.positionOf(this.pool, account.address);
      this.#totals.unstaked += shares;
      if (shares !== 0n) yield this.#plan("unstake", account, { kind: "unstake", shares });
    }
  }

  /* BATCHES */

  /** Each farmer adds to the AMM's pool, at the day's close (micro-dollars for one unit). */
  additions(close: bigint): Intent[] {
    const { model, market, index, usd } = this.#options;
    const { key: pool, indexIsAsset0 } = market;
    const terms = new Terms({ model, index, usd });
    const [cash, units] = [ADDED, (ADDED * INDEX_UNIT) / close];
    const [amount0, amount1] = indexIsAsset0 ? [units, cash] : [cash, units];
    const { shares } = model.quoteAdd(pool, amount0, amount1);
    const minShares = (shares * (BPS - SLACK)) / BPS;
    return this.#intents((farmer) => {
      const sequence = this.#sequenceOf(farmer, pool.asset0);
      const shared = model.ledger.homeOf(pool.asset0).key === model.ledger.homeOf(pool.asset1).key;
      const sequence1 = shared ? (sequence + 1) % SEQUENCES : this.#sequenceOf(farmer, pool.asset1);
      const fees = { fee: terms.feeOf(pool.asset0), fee1: terms.feeOf(pool.asset1) };
      return addLiquidity({ amm: model.address, pool, amount0, amount1, minShares, sequence, sequence1, ...fees });
    });
  }

  /** Each farmer stakes all the shares that he holds. */
  stakes(): Intent[] {
    return this.#intents((farmer) => this.#stakeOf(farmer, this.#sequenceOf(farmer, this.#share)));
  }

  /** Each farmer claims; one takes half of his stake out besides, and whoever did so last puts it back. */
  claims(): Intent[] {
    const { farmers, staking } = this.#options;
    const out = farmers[this.#harvests % farmers.length];
    this.#harvests += 1;
    return this.#intents((farmer) => {
      const sequence = this.#sequenceOf(farmer, this.#share);
      const claims = this.#claimOf(farmer, sequence);
      const next = sequence + claims.length;
      if (farmer !== out) return [...claims, ...this.#stakeOf(farmer, next)];
      const { shares } = staking.positionOf(this.pool, farmer.address);
      return [...claims, ...this.#unstakeOf(shares / 2n, next)];
    });
  }

  /** Each farmer claims what is left and takes out all his stake. */
  exits(): Intent[] {
    return this.#intents((farmer) => {
      const sequence = this.#sequenceOf(farmer, this.#share);
      const claims = this.#claimOf(farmer, sequence);
      const { shares } = this.#options.staking.positionOf(this.pool, farmer.address);
      return [...claims, ...this.#unstakeOf(shares, sequence + claims.length)];
    });
  }

  /** Each farmer takes all his liquidity out. */
  removals(): Intent[] {
    const { model, market } = this.#options;
    return this.#intents((farmer) => {
      const shares = sharesOf(model, farmer.address, market.key);
      if (shares === 0n) return [];
      const { amount0, amount1 } = model.quoteRemove(market.key, shares);
      const [minAmount0, minAmount1] = [(amount0 * (BPS - SLACK)) / BPS, (amount1 * (BPS - SLACK)) / BPS];
      const sequence = this.#sequenceOf(farmer, this.#share);
      return [removeLiquidity({ amm: model.address, pool: market.key, shares, minAmount0, minAmount1, sequence })];
    });
  }

  /* INTERNALS */

  get #now(): bigint {
    return this.#options.model.timestamp;
  }

  /** A stream from now to the end, or as long as there can be one. */
  *#fund(): Generator<Planned> {
    const { funder, end: last } = this.#options;
    const start = this.#now - (this.#now % STEP);
    const end = last < start + LONGEST ? last : start + LONGEST;
    if (end < this.#now + HOUR) return;
    const amount = (HOURLY * (end - start)) / HOUR;
    this.#totals.funded += amount;
    yield this.#plan("fund rewards", funder, { kind: "fundStream", amount, end });
  }

  #plan(phase: string, account: Account, operation: DistributiveOmit<FarmOperation, "staking" | "pool">): Planned {
    const { staking } = this.#options;
    return { phase, account, operation: { ...operation, staking: staking.address, pool: this.pool } };
  }

  #intents(operationsOf: (farmer: Cosigner) => OrderOperation[]): Intent[] {
    return this.#options.farmers.flatMap((cosigner): Intent[] => {
      const operations = operationsOf(cosigner);
      return operations.length === 0 ? [] : [{ cosigner, operations, manner: "signs" }];
    });
  }

  #claimable(account: string): bigint {
    return this.#options.staking.claimableOf(this.pool, account, 0);
  }

  #claimOf({ address }: Cosigner, sequence: number): OrderOperation[] {
    const amount = this.#claimable(address);
    this.#totals.claimed += amount;
    return amount === 0n ? [] : [stakingOperations.claim(this.#terms(sequence))];
  }

  #stakeOf({ address }: Cosigner, sequence: number): OrderOperation[] {
    const { model, market } = this.#options;
    const assets = sharesOf(model, address, market.key);
    this.#totals.staked += assets;
    return assets === 0n ? [] : [stakingOperations.stake({ ...this.#terms(sequence), assets, minShares: assets })];
  }

  #unstakeOf(shares: bigint, sequence: number): OrderOperation[] {
    this.#totals.unstaked += shares;
    return shares === 0n ? [] : [stakingOperations.unstake({ ...this.#terms(sequence), shares })];
  }

  #terms(sequence: number) {
    return { staking: this.#options.staking.address, pool: this.pool, sequence: sequence % SEQUENCES };
  }

  #sequenceOf({ address }: Cosigner, id: bigint): number {
    return this.#options.model.ledger.sequenceOf({ account: address, id });
  }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
