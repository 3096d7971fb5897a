import { ZeroAddress } from "ethers";
import { decodeWord } from "../assets.js";
import { secondBookOf, type StakePool, type StreamIndex } from "../staking-pool.js";
import { type LedgerModel } from "./ledger.js";
import { StakingQueue } from "./staking-queue.js";
import { accrueStream, type Stream } from "./staking-stream.js";

/** Twins of the structs of `IStakingCore`. */
export type StakingTotals = { weight: bigint; shares: bigint; updatedAt: bigint; settings: bigint };
/** What is stored of an account: free shares, extra weight of its lock and the lock's end, and the debts of both streams. */
export type StakePosition = { shares: bigint; extra: bigint; lockEnd: bigint; debt0: bigint; debt1: bigint };
/** What a slasher has taken in the period since `since`, and the stake that its share is of. */
export type Slashing = { taken: bigint; base: bigint; since: bigint };

/** A pool in memory: a twin of `StakingPools.Pool`, with the pool's terms. */
export type StakingPoolState = StakingTotals & {
  id: string;
  terms: StakePool;
  /** The whole step that now is in: the streams are counted to here. */
  time: bigint;
  /** Stake in the book, with what is set aside; 0 before `openWith`. */
  held: bigint;
  /** What the shares are worth; 0 without a slasher, and before `openWith`. */
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

  /** Stores a new pool's terms and `STAKING_SETTINGS`. */
  create(id: string, terms: StakePool, settings: bigint): void {
    this.#terms.set(id, terms);
    if (terms.reward1 !== 0n) this.#firstBooks.set(secondBookOf({ staking: this.address, id, pool: terms }), id);
    this.#set(id, "settings", settings);
  }

  /** Whether there is a pool of this id. */
  exists(id: string): boolean {
    return this.totalsOf(id).settings !== 0n;
  }

  /** The pool of a book and the stream whose rewards it holds; undefined where there is none. */
  placeOf(book: string): { id: string; stream: StreamIndex } | undefined {
    if (this.exists(book)) return { id: book, stream: 0 };
    const id = this.#firstBooks.get(book);
    return id === undefined || !this.exists(id) ? undefined : { id, stream: 1 };
  }

  /** The terms of a pool; zeros where there is none. */
  termsOf(id: string): StakePool {
    return this.#terms.get(id) ?? NO_TERMS;
  }

  /** What is stored of a pool beside its streams. */
  totalsOf(id: string): StakingTotals {
    return {
      ...{ weight: this.#get(id, "weight"), shares: this.#get(id, "shares") },
      ...{ updatedAt: this.#get(id, "updatedAt"), settings: this.#get(id, "settings") },
    };
  }

  /** The pool now, its streams counted, without what the book holds. Nothing is stored before `close`. */
  open(id: string): StakingPoolState {
    const [totals, terms] = [this.totalsOf(id), this.termsOf(id)];
    const time = this.timestamp - (this.timestamp % terms.step);
    const span = { weight: totals.weight, from: totals.updatedAt, to: time };
    const streams: [Stream, Stream] = [
      accrueStream(this.streamOf(id, 0), span),
      accrueStream(this.streamOf(id, 1), span),
    ];
    return { ...totals, id, terms, time, held: 0n, assets: 0n, streams };
  }

  /** As `open`, with what the shares are worth, by what the first book holds before the inputs. */
  openWith(id: string, holdings: bigint): StakingPoolState {
    const pool = this.open(id);
    pool.held = decodeWord(holdings).amount0;
    if (hasSlasher(pool)) pool.assets = pool.held - this.queueOf(id).totals().owed;
    return pool;
  }

  /** Stores what an action left of the pool in memory. */
  close(pool: StakingPoolState): void {
    const { id, weight, shares, time, streams } = pool;
    this.#set(id, "weight", weight);
    if (hasSlasher(pool)) this.#set(id, "shares", shares);
    this.#set(id, "updatedAt", time);
    for (const stream of [0, 1] as const) this.#setStream(id, stream, streams[stream]);
  }

  /* STREAMS */

  /** A stream as stored, not counted to now. */
  streamOf(id: string, stream: StreamIndex): Stream {
    const entries = STREAM_FIELDS.map((field) => [field, this.#get(id, `stream ${stream} ${field}`)]);
    return Object.fromEntries(entries) as Stream;
  }

  #setStream(id: string, stream: StreamIndex, value: Stream): void {
    for (const field of STREAM_FIELDS) this.#set(id, `stream ${stream} ${field}`, value[field]);
  }

  /* ACCOUNTS */

  /** What is stored of an account; zeros where there is nothing. */
  positionOf(id: string, account: string): StakePosition {
    const get = (field: string): bigint => this.#get(id, `${field} ${account}`);
    return {
      ...{ shares: get("position shares"), extra: get("position extra") },
      ...{ lockEnd: get("position lockEnd"), debt0: get("position debt0"), debt1: get("position debt1") },
    };
  }

  /** Stores an account's position. */
  setPosition(id: string, account: string, position: StakePosition): void {
    for (const [field, value] of Object.entries(position)) this.#set(id, `position ${field} ${account}`, value);
  }

  /* THE REST */

  /** The line of exits of a pool. */
  queueOf(id: string): StakingQueue {
    return new StakingQueue({ state: this.ledger.state, name: this.#name(id, "queue") });
  }

  /** What the slasher has taken of late. */
  slashingOf(id: string): Slashing {
    const get = (field: string): bigint => this.#get(id, `slashing ${field}`);
    return { taken: get("taken"), base: get("base"), since: get("since") };
  }

  /** Stores what `slashingOf` answers. */
  setSlashing(id: string, slashing: Slashing): void {
    for (const [field, value] of Object.entries(slashing)) this.#set(id, `slashing ${field}`, value);
  }

  /** What `pledgee` has of the account's shares, and may still take. */
  pledgeOf(id: string, account: string, pledgee: string): { pledged: bigint; allowed: bigint } {
    const get = (field: string): bigint => this.#get(id, `pledge ${field} ${account} ${pledgee}`);
    return { pledged: get("pledged"), allowed: get("allowed") };
  }

  /** Stores what `pledgeOf` answers. */
  setPledge(id: string, account: string, pledgee: string, pledge: { pledged: bigint; allowed: bigint }): void {
    for (const [field, value] of Object.entries(pledge)) this.#set(id, `pledge ${field} ${account} ${pledgee}`, value);
  }

  /** The supply of receipts. */
  receiptsOf(id: string): bigint {
    return this.#get(id, "receipts");
  }

  /** Stores the supply of receipts. */
  setReceipts(id: string, receipts: bigint): void {
    this.#set(id, "receipts", receipts);
  }

  /** Whether the pool's receipt is a ledger asset. */
  isIssued(id: string): boolean {
    return this.#get(id, "issued") !== 0n;
  }

  /** Remembers that the pool's receipt is a ledger asset. */
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

/** Whether the terms name a slasher. */
export function hasSlasher({ terms }: Pick<StakingPoolState, "terms">): boolean {
  return terms.slasher !== ZeroAddress;
}

/** Whether the terms allow locks. */
export function hasLocks({ terms }: Pick<StakingPoolState, "terms">): boolean {
  return terms.maxLock !== 0n;
}

/** Whether exits wait. */
export function hasCooldown({ terms }: Pick<StakingPoolState, "terms">): boolean {
  return terms.cooldown !== 0n;
}
