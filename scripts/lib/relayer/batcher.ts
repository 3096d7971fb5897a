import { setTimeout as sleep } from "node:timers/promises";
import { hexlify, ZeroAddress } from "ethers";
import { type PartialSignature } from "../../../src/bls/aggregate.js";
import { toBytes } from "../../../src/codec/bytes.js";
import { decodeSettle, digestOf, encodeSettle } from "../../../src/codec/digest.js";
import { decodeBatch } from "../../../src/codec/reader.js";
import { CHUNK_RECORDS } from "../../../src/codec/types.js";
import { sealBatch } from "../../../src/codec/writer.js";
import {
  type OrderAnswer,
  type RefusalCode,
  type ServerMessage,
  type SignRequest,
  type WireOperation,
} from "../../../src/relayer-protocol.js";
import { shareAt, type BuiltBatch } from "../../../src/settlement/builder.js";
import { type BlsThread } from "./bls-thread.js";
import { MAX_TRANSACTION_GAS, type Chain, type Head, type SettledLog } from "./chain.js";
import { isPlainTransfer, type Book } from "./books.js";
import { compose, PLAIN, planOf, type BatchCaps, type Composed, type Debit } from "./compose.js";
import { type BatchEntry, type RelayerDatabase, type StoredBatch } from "./database.js";
import { messageOf } from "./intake.js";
import { type Log } from "./log.js";
import { type RelayerMetrics } from "./metrics.js";
import { outcomesOf } from "./outcomes.js";
import { isSigned, type OrderQueue, type QueuedOrder } from "./queue.js";
import { nextStep } from "./recovery.js";
import { type Session } from "./server.js";

/** Moments of a batch's life. Whatever happens to the process at any of them, nothing is lost and nothing done twice. */
export type Moment =
  | "composed"
  | "stored"
  | "asked"
  | "answered"
  | "aggregated"
  | "simulated"
  | "signed"
  | "recorded"
  | "sent"
  | "mined"
  | "settled"
  | "told";

export type BatcherOptions = {
  chain: Chain;
  database: RelayerDatabase;
  queue: OrderQueue;
  bls: BlsThread;
  sessions: ReadonlyMap<number, Session>;
  metrics: RelayerMetrics;
  log: Log;
  caps: BatchCaps;
  feeOf: (asset: bigint) => bigint;
  /** Half the width of a price band, as a part of 1e18. */
  tolerance: bigint;
  /** Milliseconds. */
  interval: number;
  signWithin: number;
  /** Seconds from the building of a batch to its expiry. */
  lifetime: number;
  /** For tests: told of each moment. */
  reach?: ((moment: Moment) => void) | undefined;
};

/** A batch that waits for its signatures. */
type Request = {
  number: number;
  asked: number;
  waiting: Set<number>;
  signatures: Map<number, Uint8Array>;
  done: () => void;
};

const POLL_MS = 100;
const RETRY_MS = 500;
const REBROADCAST_MS = 2_000;
/** Unsigned batches after which an order is refused. */
const MAX_STRIKES = 5;
/** A batch of which less than this part is left is built anew rather than sent. */
const LEAST_PART = 1 / 8;
/** Gas on top of the estimate, in percent: the state may differ by then. */
const GAS_PERCENT = 110n;
const SIDE_NONE = 3;

/** Builds batches, has them signed, sends them, and sees them to their end: one after the other. */
export class Batcher {
  readonly #options: BatcherOptions;
  #request: Request | undefined;
  /** What each open order debits. */
  readonly #debits = new Map<number, (Debit | undefined)[]>();
  /** The sequence that a word has on chain, as far as it was asked or followed. */
  readonly #expected = new Map<string, number>();
  /** Accounts that are not asked before a time (Unix seconds): they did not sign, or have signed what is not over. */
  readonly #resting = new Map<number, number>();
  #limit: number;
  #illness: string | undefined = "starting";

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#limit = options.caps.operations;
  }

  /** Why no batches are built, or undefined. */
  get illness(): string | undefined {
    return this.#illness;
  }

  /** Finishes what an earlier process has left, then builds batches until the signal. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { database, interval, log } = this.#options;
    for (const batch of database.unresolvedBatches()) {
      log("info", "batch found unfinished", { number: batch.number, state: batch.state });
      await this.#finish(batch, signal, { isSent: false });
    }
    this.#illness = undefined;
    while (!signal.aborted) {
      const started = performance.now();
      try {
        await this.#tick(signal);
        this.#illness = undefined;
      } catch (error) {
        this.#illness = error instanceof Error ? error.message : String(error);
        log("error", "no batch could be built", { reason: this.#illness });
      }
      const rest = Math.max(RETRY_MS / 10, interval - (performance.now() - started));
      await sleep(rest, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Takes a signer's signature of the batch under way; others are ignored. */
  signed(account: number, number: number, signature: string): void {
    const request = this.#request;
    if (request?.number !== number || !request.waiting.delete(account)) return;
    request.signatures.set(account, toBytes(signature));
    this.#options.metrics.signing.observe((performance.now() - request.asked) / 1_000);
    if (request.waiting.size === 0) request.done();
  }

  /** Takes a signer's word that he will not sign. */
  declined(account: number, number: number): void {
    const request = this.#request;
    if (request?.number !== number || !request.waiting.delete(account)) return;
    if (request.waiting.size === 0) request.done();
  }

  /** Takes note that a signer is gone. */
  left(account: number): void {
    if (this.#request !== undefined) this.declined(account, this.#request.number);
  }

  /* A BATCH */

  async #tick(signal: AbortSignal): Promise<void> {
    const { chain, database, lifetime } = this.#options;
    const head = await chain.head();
    const now = Math.max(head.timestamp, Math.floor(Date.now() / 1_000));
    this.#refuse(
      [...this.#options.queue.orders()].filter(({ deadline }) => deadline < now),
      "deadline",
    );
    const { lastNumber, nonce } = await chain.standing(head.block);
    const number = Math.max(database.lastNumber(), lastNumber) + 1;
    const composed = await this.#compose({ now, number, expiry: now + lifetime });
    if (composed === undefined) return;
    this.#reach("composed");
    const { encoded, root } = composed.batch;
    database.addBatch({
      number,
      expiry: encoded.expiry,
      root: hexlify(root),
      bytes: Buffer.concat(encoded.leaves),
      entries: composed.entries,
      fromBlock: head.block,
    });
    this.#reach("stored");
    await this.#haveSigned({ ...composed, nonce, head }, signal);
  }

  async #haveSigned(draft: Draft, signal: AbortSignal): Promise<void> {
    const { database, log, chain } = this.#options;
    const { number, expiry } = draft.batch.encoded;
    const { signature, excluded } = await this.#collect(draft);
    this.#reach("aggregated");
    const isOut = new Set(excluded);
    const entries = draft.entries.filter(({ account }) => !isOut.has(account));
    const struck = draft.entries.filter(({ account }) => isOut.has(account)).map(({ row }) => row);
    for (const account of excluded) this.#resting.set(account, expiry + 1);
    const [left, all] = [countOf(entries), countOf(draft.entries)];
    if (left < Math.max(1, all * LEAST_PART)) {
      this.#void(number, "unsigned", struck, draft, excluded);
      return;
    }
    const calldata = encodeSettle(sealBatch(draft.batch.encoded, { excluded, signature }));
    const estimate = await chain.estimate(calldata);
    this.#reach("simulated");
    if ("problem" in estimate) {
      log("warn", "batch would fail", { number, operations: left, reason: estimate.problem });
      if (estimate.isOfChain) this.#shrink(draft);
      this.#void(number, "simulation", struck, draft, excluded);
      return;
    }
    const wanted = (estimate.gas * GAS_PERCENT) / 100n;
    const gas = wanted < MAX_TRANSACTION_GAS ? wanted : MAX_TRANSACTION_GAS;
    const outbid = database.transactionOf(draft.nonce);
    const transaction = await chain.sign({ calldata, gas, nonce: draft.nonce, outbid });
    this.#reach("signed");
    database.markSent(number, transaction, entries, struck);
    this.#strike(struck);
    this.#reach("recorded");
    const problem = await chain.broadcast(transaction.raw);
    if (problem !== undefined) log("warn", "batch was not taken", { number, reason: problem });
    this.#reach("sent");
    const { metrics } = this.#options;
    metrics.batchSize.observe(left);
    metrics.excluded.add(excluded.length);
    log("info", "batch sent", { number, operations: left, excluded: excluded.length, gas: Number(gas) });
    const { fromBlock, root } = { fromBlock: draft.head.block, root: hexlify(draft.batch.root) };
    await this.#finish({ number, expiry, root, entries, fromBlock, state: "sent", transaction }, signal);
  }

  /** Asks every co-signer, waits for the answers, and sums up the good ones. */
  async #collect(draft: Draft): Promise<{ signature: Uint8Array; excluded: number[] }> {
    const { chain, bls, sessions, signWithin } = this.#options;
    const { batch, entries } = draft;
    const { encoded, root } = batch;
    const { number, expiry, ids, fallbackIds } = encoded;
    const signers = ids.filter((id) => !fallbackIds.has(id));
    if (signers.length === 0) return { signature: new Uint8Array(), excluded: [] };
    const orders = new Map<number, string[]>();
    for (const { account, row } of entries) {
      const id = this.#orderOf(account, row)?.id;
      if (id !== undefined) orders.set(account, [...(orders.get(account) ?? []), id]);
    }
    const inHex = shares(batch);
    const asked = new Promise<void>((done) => {
      const request = { number, asked: performance.now(), waiting: new Set(signers), signatures: new Map(), done };
      this.#request = request;
      ids.forEach((id, position) => {
        if (fallbackIds.has(id)) return;
        const session = sessions.get(id);
        if (session === undefined) return this.declined(id, number);
        const share = inHex(position);
        session.send({ type: "sign", number, expiry, root: hexlify(root), ...share, orders: orders.get(id) ?? [] });
      });
    });
    this.#reach("asked");
    await Promise.race([asked, sleep(signWithin, undefined, { ref: false })]);
    this.#reach("answered");
    const signatures = this.#request?.signatures ?? new Map<number, Uint8Array>();
    this.#request = undefined;
    const partials: PartialSignature<number>[] = [];
    for (const [signer, signature] of signatures) {
      const key = (await chain.row(signer))?.key;
      if (key !== undefined) partials.push({ signer, key, signature });
    }
    const { chainId, settlement, directory, relayer } = chain;
    const digest = digestOf({ chainId, settlement, directory, relayer, number, expiry, root });
    const { signature, good } = await bls.aggregate(digest, partials);
    const isGood = new Set(good);
    return { signature, excluded: signers.filter((signer) => !isGood.has(signer)) };
  }

  /**
   * Sees a batch to its end; returns early only at the signal. What may not have been sent is sent at once. That a sent batch
   * never can be executed has to be seen twice in a row: a node that is just taking a block in may answer one question from
   * before it and the next from after it.
   */
  async #finish(batch: StoredBatch, signal: AbortSignal, { isSent = true } = {}): Promise<void> {
    const { chain, log } = this.#options;
    let lastSent = isSent ? performance.now() : -Infinity;
    let wasVoid = batch.state === "built"; // nothing of it is on the chain to be seen
    while (!signal.aborted) {
      try {
        const head = await chain.head();
        const { lastNumber, nonce } = await chain.standing(head.block);
        const found =
          lastNumber < batch.number ? undefined : await chain.settledLog(batch.number, batch.fromBlock, head.block);
        const log_ = found === undefined ? "none" : found.root === batch.root ? "ours" : "foreign";
        const step = nextStep(batch, { timestamp: head.timestamp, lastNumber, nonce, log: log_ });
        if (step.kind === "void" && wasVoid) return this.#void(batch.number, step.why);
        if (step.kind === "settle" && found !== undefined) return this.#settle(batch, found);
        wasVoid = step.kind === "void";
        if (!wasVoid && batch.transaction !== undefined && performance.now() - lastSent > REBROADCAST_MS) {
          lastSent = performance.now();
          const problem = await chain.broadcast(batch.transaction.raw);
          log("info", "batch sent again", { number: batch.number, answer: problem ?? "taken" });
        }
        await sleep(POLL_MS, undefined, { signal });
      } catch (error) {
        this.#illness = error instanceof Error ? error.message : String(error);
        log("warn", "the node cannot be asked", { reason: this.#illness });
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #settle(batch: StoredBatch, found: SettledLog): void {
    const { chain, database, queue, metrics, log } = this.#options;
    this.#reach("mined");
    const decoded = decodeBatch(decodeSettle(found.calldata), { relayer: chain.relayer });
    const outcomes = outcomesOf(decoded, found.skipped);
    const settled = batch.entries.map(({ row, account, first, count }) => {
      const own = (outcomes.get(account) ?? []).slice(first, first + count);
      if (own.length !== count) throw new TypeError(`batch ${batch.number} holds less than was written down`);
      return { row, account, outcomes: own };
    });
    database.markSettled(batch.number, settled);
    this.#reach("settled");
    let executed = 0;
    for (const { row, account, outcomes: own } of settled) {
      executed += own.filter((outcome) => outcome === "executed").length;
      this.#follow(row, own);
      const order = this.#orderOf(account, row);
      queue.remove({ account, row });
      queue.rotate(account);
      if (order !== undefined)
        this.#tell(account, { type: "settled", id: order.id, number: batch.number, outcomes: own });
    }
    const all = countOf(batch.entries);
    this.#limit = Math.min(this.#options.caps.operations, this.#limit * 2);
    metrics.settled.add(executed);
    metrics.skipped.add(all - executed);
    metrics.batches.add(1, { outcome: "settled" });
    metrics.gas.set(executed === 0 ? 0 : Number(found.gasUsed) / executed);
    log("info", "batch settled", {
      number: batch.number,
      executed,
      skipped: all - executed,
      gas: Number(found.gasUsed),
    });
    this.#reach("told");
  }

  /** Ends a batch that is not executed, and lets its signers rest until what they signed has expired. */
  #void(
    number: number,
    why: string,
    struck: readonly number[] = [],
    draft?: Draft,
    excluded?: readonly number[],
  ): void {
    const { database, metrics, log } = this.#options;
    database.markVoid(number, struck);
    this.#strike(struck);
    metrics.batches.add(1, { outcome: why });
    log("info", "batch void", { number, why });
    const isOut = new Set(excluded);
    for (const id of draft?.batch.encoded.ids ?? []) {
      if (isOut.has(id) || draft?.batch.encoded.fallbackIds.has(id) === true) continue;
      this.#resting.set(id, (draft?.batch.encoded.expiry ?? 0) + 1);
      this.#tell(id, { type: "void", number });
    }
  }

  /** After a batch that would revert: smaller ones, until the one order is found that does it. */
  #shrink({ entries }: Composed): void {
    if (entries.length > 1) {
      this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, countOf(entries)) / 2));
      return;
    }
    const orders = entries
      .map(({ account, row }) => this.#orderOf(account, row))
      .filter((order) => order !== undefined);
    this.#refuse(orders, "unsettleable");
  }

  /* ORDERS */

  async #compose({
    now,
    number,
    expiry,
  }: {
    now: number;
    number: number;
    expiry: number;
  }): Promise<Composed | undefined> {
    const { chain, queue, sessions, caps, feeOf, tolerance } = this.#options;
    const candidates: [number, QueuedOrder[]][] = [];
    const books = new Map<string, Book | undefined>();
    const asked = new Set<string>();
    const questions: Promise<void>[] = [];
    for (const [account, open] of queue.accounts()) {
      if (candidates.length >= this.#limit) break;
      const isHere = sessions.has(account) && (this.#resting.get(account) ?? 0) < now;
      const orders = open.filter(({ body }) => isSigned(body) || isHere);
      if (orders.length === 0) continue;
      candidates.push([account, orders]);
      for (const order of orders) {
        questions.push(this.#prepare(order, asked));
        for (const operation of order.body.operations) {
          if (!isPlainTransfer(operation)) books.set(bookNameOf(operation), undefined);
        }
      }
    }
    if (candidates.length === 0) return undefined;
    for (const name of books.keys()) {
      const [protocol = "", key = "", asset0 = "0", asset1 = "0"] = name.split(" ");
      const asking = chain.bookOf({ protocol, key, asset0: BigInt(asset0), asset1: BigInt(asset1) });
      questions.push(asking.then((book) => void books.set(name, book)));
    }
    await Promise.all(questions);
    const { composed, stale } = compose({
      ...{ relayer: chain.relayer, number, expiry, candidates, feeOf },
      caps: { ...caps, operations: this.#limit },
      planOf: (operation) => {
        if (isPlainTransfer(operation)) return PLAIN;
        const book = books.get(bookNameOf(operation));
        return book && planOf({ kind: operation.kind, book, tolerance });
      },
      debitsOf: ({ row }) => this.#debits.get(row) ?? [],
      expected: (word) => this.#expected.get(word),
    });
    const certain = stale.filter(({ row }) => this.#wordsOf(row).every((word) => asked.has(word)));
    this.#doubt(candidates, composed);
    this.#refuse(certain, "sequence");
    return composed;
  }

  /**
   * What waits for its turn, or seems to have missed it, is asked about anew the next time: an account can move its word
   * by itself (`cancel`), or by another relayer.
   */
  #doubt(
    candidates: readonly [account: number, orders: readonly QueuedOrder[]][],
    composed: Composed | undefined,
  ): void {
    const under = new Set(composed?.entries.map(({ row }) => row));
    const moving = new Set([...under].flatMap((row) => this.#wordsOf(row)));
    for (const { row } of candidates.flatMap(([, orders]) => orders)) {
      if (under.has(row)) continue;
      for (const word of this.#wordsOf(row)) if (!moving.has(word)) this.#expected.delete(word);
    }
  }

  /** The words that an open order debits. */
  #wordsOf(row: number): string[] {
    return (this.#debits.get(row) ?? []).flatMap((debit) => (debit === undefined ? [] : [debit.word]));
  }

  /** Finds out which words an order debits, and where their sequences stand; adds those that it asked about. */
  async #prepare({ row, account, body }: QueuedOrder, asked: Set<string>): Promise<void> {
    const { chain } = this.#options;
    let debits = this.#debits.get(row);
    if (debits === undefined) {
      const address = (await chain.row(account))?.address ?? ZeroAddress;
      debits = await Promise.all(
        body.operations.map(async (operation) => {
          const asset = debitedAsset(operation);
          if (asset === undefined) return undefined;
          return { word: `${address} ${await chain.homeOf(asset)}`, sequence: operation.sequence };
        }),
      );
      this.#debits.set(row, debits);
    }
    await Promise.all(
      debits.map(async (debit, index) => {
        const operation = body.operations[index];
        if (debit === undefined || operation === undefined || this.#expected.has(debit.word)) return;
        asked.add(debit.word);
        const [address = ""] = debit.word.split(" ");
        this.#expected.set(debit.word, await chain.sequenceOf(address, debitedAsset(operation) ?? 0n));
      }),
    );
  }

  /** Moves the sequences on as the chain did; a skipped operation may or may not have used its own. */
  #follow(row: number, outcomes: readonly string[]): void {
    this.#debits.get(row)?.forEach((debit, index) => {
      if (debit === undefined) return;
      if (outcomes[index] === "executed") this.#expected.set(debit.word, (debit.sequence + 1) & 0xffff);
      else this.#expected.delete(debit.word);
    });
    this.#debits.delete(row);
  }

  #strike(rows: readonly number[]): void {
    const struck = new Set(rows);
    const tired: QueuedOrder[] = [];
    for (const order of this.#options.queue.orders()) {
      if (!struck.has(order.row)) continue;
      order.strikes += 1;
      if (order.strikes >= MAX_STRIKES) tired.push(order);
    }
    this.#refuse(tired, "unsigned");
  }

  /** Ends orders that were accepted, and says why. */
  #refuse(orders: readonly QueuedOrder[], reason: RefusalCode): void {
    if (orders.length === 0) return;
    const { database, queue, metrics } = this.#options;
    database.refuse(orders.map(({ row }) => ({ row, reason })));
    for (const order of orders) {
      const { account, row } = order;
      queue.remove({ account, row });
      this.#debits.delete(row);
      metrics.refused.add(1, { code: reason });
      this.#tell(account, messageOf({ ...order, body: "", state: "refused", reason }));
    }
  }

  #orderOf(account: number, row: number): QueuedOrder | undefined {
    return this.#options.queue.of(account).find((order) => order.row === row);
  }

  #tell(account: number, message: OrderAnswer | Extract<ServerMessage, { type: "void" }>): void {
    this.#options.sessions.get(account)?.send(message);
  }

  #reach(moment: Moment): void {
    this.#options.reach?.(moment);
  }
}

type Draft = Composed & { nonce: number; head: Head };

type Share = Omit<SignRequest, "type" | "number" | "expiry" | "root" | "orders">;

/** Answers what the signer at a position sees, in hexadecimal; signers of one chunk share the text. */
function shares(batch: BuiltBatch): (position: number) => Share {
  const chunks = new Map<number, Share>();
  return (position) => {
    const index = Math.floor(position / CHUNK_RECORDS);
    const known = chunks.get(index);
    if (known !== undefined) return known;
    const { leaf0, leaf0Proof, chunk, chunkIndex, chunkProof } = shareAt(batch, position);
    const share = {
      leaf0: hexlify(leaf0),
      leaf0Proof: leaf0Proof.map((node) => hexlify(node)),
      chunkIndex,
      chunk: hexlify(chunk),
      chunkProof: chunkProof.map((node) => hexlify(node)),
    };
    chunks.set(index, share);
    return share;
  };
}

function countOf(entries: readonly BatchEntry[]): number {
  return entries.reduce((sum, { count }) => sum + count, 0);
}

function bookNameOf({ protocol, key, asset0, asset1 }: WireOperation): string {
  return `${protocol.toLowerCase()} ${key} ${asset0} ${asset1}`;
}

function debitedAsset({ kind, asset0, asset1, shareId }: WireOperation): bigint | undefined {
  return BigInt([asset0, asset1, shareId, asset0][kind & SIDE_NONE] ?? 0); // asset 0's word counts where nothing is debited
}
