import { ZeroAddress } from "ethers";
import { decodeWord } from "../assets.js";
import { secondBookOf, type StakePool, type StreamIndex } from "../staking-pool.js";
import { type LedgerModel } from "./ledger.js";
import { StakingQueue } from "./staking-queue.js";
import { accrueStream, earnedBy, STREAM_ACCRUED_BITS, type Stream } from "./staking-stream.js";

/** Twins of the structs of `IStakingCore`. */
export type StakingTotals = { weight: bigint; shares: bigint; updatedAt: bigint; settings: bigint };
export type StakePosition = { shares: bigint; extra: bigint; settledAt: bigint; lockEnd: bigint };
export type Slashing = { taken: bigint; base: bigint; since: bigint };

/** A pool in memory: a twin of `StakingPools.Pool`, with the pool's terms. */
export type StakingPoolState = StakingTotals & {
  id: string;
  terms: StakePool;
  /** The whole step that now is in: the streams are counted to here. */
  time: bigint;
  /** What the shares are worth; 0 without a slasher. */
  assets: bigint;
  streams: [Stream, Stream];
};

/** Bits of a pool's settings. */
export const STAKING_SETTINGS = { exists: 1n, second: 2n, locks: 4n, slasher: 8n, cooldown: 16n } as const;

const STREAM_FIELDS = ["index", "remainder", "rate", "end", "funded", "left"] as const;

/** The storage of the staking core in the ledger model's state, and the pools in time. */
export class StakingStore {
  readonly ledger: LedgerModel;
  readonly address: string;
  /** The block's time, Unix seconds. */
  timestamp = 0n;
  /** By id, which is their hash: what a failed creation leaves here is still true. */
  readonly #terms = new Map<string, StakePool>();
  readonly #firstBooks = new Map<string, string>();

  constructor({ address, ledger }: { address: string; ledger: LedgerModel }) {
    this.address = address;
    this.ledger = ledger;
  }

  /* POOLS */

  create(id: string, terms: StakePool, settings: bigint): void {
    this.#terms.set(id, terms);
    if (terms.reward1 !== 0n) this.#firstBooks.set(secondBookOf({ staking: this.address, id, pool: terms }), id);
    this.#set(id, "settings", settings);
  }

  exists(id: string): boolean {
    return this.totalsOf(id).settings !== 0n;
  }

  /** The pool of a book and the stream whose rewards it holds; undefined where there is none. */
  placeOf(book: string): { id: string; stream: StreamIndex } | undefined {
    if (this.exists(book)) return { id: book, stream: 0 };
    const id = this.#firstBooks.get(book);
    return id === undefined || !this.exists(id) ? undefined : { id, stream: 1 };
  }

  termsOf(id: string): StakePool {
    return this.#terms.get(id) ?? NO_TERMS;
  }

  totalsOf(id: string): StakingTotals {
    return {
      ...{ weight: this.#get(id, "weight"), shares: this.#get(id, "shares") },
      ...{ updatedAt: this.#get(id, "updatedAt"), settings: this.#get(id, "settings") },
    };
  }

  /** The pool now, without what its shares are worth. Nothing is stored. */
  peek(id: string): StakingPoolState {
    const [totals, terms] = [this.totalsOf(id), this.termsOf(id)];
    const time = this.timestamp - (this.timestamp % terms.step);
    const span = { weight: totals.weight, from: totals.updatedAt, to: time };
    const streams: [Stream, Stream] = [
      accrueStream(this.streamOf(id, 0), span),
      accrueStream(this.streamOf(id, 1), span),
    ];
    return { ...totals, id, terms, time, assets: 0n, streams };
  }

  /** The pool now, its streams stored as they are now. */
  open(id: string): StakingPoolState {
    const pool = this.peek(id);
    pool.updatedAt = pool.time;
    this.setStream(id, 0, pool.streams[0]);
    this.setStream(id, 1, pool.streams[1]);
    return pool;
  }

  /** As `open`, with what the shares are worth, by what the first book holds before the inputs. */
  openWith(id: string, holdings: bigint): StakingPoolState {
    const pool = this.open(id);
    if (hasSlasher(pool)) pool.assets = decodeWord(holdings).amount0 - this.queueOf(id).totals().owed;
    return pool;
  }

  /** Stores what an action left of the pool in memory. */
  close({ id, weight, shares, updatedAt }: StakingPoolState): void {
    this.#set(id, "weight", weight);
    this.#set(id, "shares", shares);
    this.#set(id, "updatedAt", updatedAt);
  }

  /* STREAMS */

  streamOf(id: string, stream: StreamIndex): Stream {
    const entries = STREAM_FIELDS.map((field) => [field, this.#get(id, `stream ${stream} ${field}`)]);
    return Object.fromEntries(entries) as Stream;
  }

  setStream(id: string, stream: StreamIndex, value: Stream): void {
    for (const field of STREAM_FIELDS) this.#set(id, `stream ${stream} ${field}`, value[field]);
  }

  /* ACCOUNTS */

  positionOf(id: string, account: string): StakePosition {
    const get = (field: string): bigint => this.#get(id, `${field} ${account}`);
    return {
      ...{ shares: get("position shares"), extra: get("position extra") },
      ...{ settledAt: get("position settledAt"), lockEnd: get("position lockEnd") },
    };
  }

  setPosition(id: string, account: string, position: StakePosition): void {
    for (const [field, value] of Object.entries(position)) this.#set(id, `position ${field} ${account}`, value);
  }

  /** The index that the account's rewards are counted to, and rewards · 2^12. */
  rewardsOf(id: string, stream: StreamIndex, account: string): { index: bigint; accrued: bigint } {
    const get = (field: string): bigint => this.#get(id, `rewards ${stream} ${field} ${account}`);
    return { index: get("index"), accrued: get("accrued") };
  }

  setRewards(id: string, stream: StreamIndex, account: string, rewards: { index: bigint; accrued: bigint }): void {
    for (const [field, value] of Object.entries(rewards)) this.#set(id, `rewards ${stream} ${field} ${account}`, value);
  }

  /** Counts the rewards of `weight` up to the pool's time, of all streams. */
  settle(pool: StakingPoolState, account: string, weight: bigint): void {
    this.setRewards(pool.id, 0, account, this.accrued(pool, { account, weight, stream: 0 }));
    if (pool.terms.reward1 !== 0n)
      this.setRewards(pool.id, 1, account, this.accrued(pool, { account, weight, stream: 1 }));
  }

  /** A stream's index at the pool's time, and what the account with `weight` has accrued by then. */
  accrued(
    { id, streams }: StakingPoolState,
    { account, weight, stream }: { account: string; weight: bigint; stream: StreamIndex },
  ): { index: bigint; accrued: bigint } {
    const { index } = streams[stream];
    const { index: checkpoint, accrued } = this.rewardsOf(id, stream, account);
    return { index, accrued: accrued + earnedBy(weight, { index, checkpoint }) };
  }

  /** Takes the whole rewards out of what the account has accrued. */
  takeRewards(pool: StakingPoolState, holder: { account: string; weight: bigint; stream: StreamIndex }): bigint {
    const { index, accrued } = this.accrued(pool, holder);
    const amount = accrued >> STREAM_ACCRUED_BITS;
    if (amount === 0n) return 0n;
    const rest = accrued - (amount << STREAM_ACCRUED_BITS);
    this.setRewards(pool.id, holder.stream, holder.account, { index, accrued: rest });
    return amount;
  }

  /* THE REST */

  queueOf(id: string): StakingQueue {
    return new StakingQueue({ state: this.ledger.state, name: this.#name(id, "queue") });
  }

  slashingOf(id: string): Slashing {
    const get = (field: string): bigint => this.#get(id, `slashing ${field}`);
    return { taken: get("taken"), base: get("base"), since: get("since") };
  }

  setSlashing(id: string, slashing: Slashing): void {
    for (const [field, value] of Object.entries(slashing)) this.#set(id, `slashing ${field}`, value);
  }

  /** What `pledgee` has of the account's shares, and may still take. */
  pledgeOf(id: string, account: string, pledgee: string): { pledged: bigint; allowed: bigint } {
    const get = (field: string): bigint => this.#get(id, `pledge ${field} ${account} ${pledgee}`);
    return { pledged: get("pledged"), allowed: get("allowed") };
  }

  setPledge(id: string, account: string, pledgee: string, pledge: { pledged: bigint; allowed: bigint }): void {
    for (const [field, value] of Object.entries(pledge)) this.#set(id, `pledge ${field} ${account} ${pledgee}`, value);
  }

  /** The supply of receipts. */
  receiptsOf(id: string): bigint {
    return this.#get(id, "receipts");
  }

  setReceipts(id: string, receipts: bigint): void {
    this.#set(id, "receipts", receipts);
  }

  /** Whether the pool's receipt is a ledger asset. */
  isIssued(id: string): boolean {
    return this.#get(id, "issued") !== 0n;
  }

  setIssued(id: string): void {
    this.#set(id, "issued", 1n);
  }

  #get(id: string, field: string): bigint {
    return this.ledger.state.get(this.#name(id, field));
  }

  #set(id: string, field: string, value: bigint): void {
    this.ledger.state.set(this.#name(id, field), value);
  }

  #name(id: string, field: string): string {
    return `staking ${this.address} ${id} ${field}`;
  }
}

/** Of a pool that does not exist. */
const NO_TERMS: StakePool = {
  ...{ stakeAsset: 0n, reward0: 0n, reward1: 0n, funder: ZeroAddress, cooldown: 0n, maxBoost: 0n },
  ...{ slasher: ZeroAddress, maxLock: 0n, maxSlash: 0n, step: 1n },
};

export function hasSlasher({ terms }: Pick<StakingPoolState, "terms">): boolean {
  return terms.slasher !== ZeroAddress;
}

export function hasLocks({ terms }: Pick<StakingPoolState, "terms">): boolean {
  return terms.maxLock !== 0n;
}

export function hasCooldown({ terms }: Pick<StakingPoolState, "terms">): boolean {
  return terms.cooldown !== 0n;
}
