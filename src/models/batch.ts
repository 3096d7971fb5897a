import { getAddress, toBeHex, ZeroAddress } from "ethers";
import { bookId, decodeWord, encodeWord, MAX_AMOUNT, type PoolKey } from "../assets.js";
import { ACCOUNT_FORM, type BatchBody, type BatchOperation, type SectionHeader } from "../codec/types.js";
import { decodeBand } from "../settlement/operations.js";
import { type AmmModel, type BatchOrder } from "./amm.js";
import { type LedgerModel } from "./ledger.js";
import { demand, ModelError } from "./state.js";

/** What the model is told of an id: its account, zero for none, and whether it has a row in the directory. */
export type ModelIdentity = { account: string; isRegistered: boolean };

/** What the model cannot see in a batch. */
export type BatchContext = {
  identityOf: (id: number) => ModelIdentity;
  /** Whether the id's operations count in this section: he signed, and his key may do that. */
  mayAct: (id: number, section: number) => boolean;
  /** The pools of the sections of swaps, in the order of the sections; undefined for other sections. */
  pools: readonly (PoolKey | undefined)[];
};

/** As `BatchSettled` says: by section, whether it was executed, and which operations were skipped. */
export type ModelSettled = { executed: boolean[]; skipped: boolean[][] };

/** An operation in its section. */
type Placed = {
  account: string;
  sequence: bigint;
  kind: number;
  amount: bigint;
  argument: bigint;
  /** Of a transfer: a fresh word of the receiver takes over the consent. */
  givesConsent: boolean;
  /** Section and index of the operation that this one waits for. */
  waitsFor: readonly [section: number, index: number] | undefined;
  isBlank: boolean;
};

type Section = SectionHeader & { relayer: string };
/** An amount of asset 0 and one of asset 1. */
type Pair = [bigint, bigint];

const HALF = 112n;
const FLAGS = 224n;
const SEQUENCE = 232n;
const SEQUENCES = 1n << 16n;
const SIDE_NONE = 3;

/**
 * Batches in plain numbers, on a `LedgerModel` and an `AmmModel`, for sections of transfers and of swaps, plain assets and
 * no gas: docs/settlement.md from the point where the signatures are known to hold.
 */
export class BatchModel {
  readonly ledger: LedgerModel;
  readonly amm: AmmModel;
  /** The settlement's version in the ledger. */
  readonly version: bigint;

  constructor({ ledger, amm, version }: { ledger: LedgerModel; amm: AmmModel; version: bigint }) {
    this.ledger = ledger;
    this.amm = amm;
    this.version = version;
  }

  /** Settles a batch whose records stand in its order. */
  settle(batch: Pick<BatchBody, "relayer" | "sections" | "types" | "records">, context: BatchContext): ModelSettled {
    const placed = placeAll(batch, context);
    const executed: boolean[] = [];
    const skipped: boolean[][] = [];
    batch.sections.forEach((header, index) => {
      const operations = (placed[index] ?? []).map((operation) => {
        const { waitsFor } = operation;
        const isBlank = waitsFor !== undefined && skipped[waitsFor[0]]?.[waitsFor[1]] !== false;
        return isBlank ? { ...operation, isBlank } : operation;
      });
      const outcome = this.#settleSection({ ...header, relayer: batch.relayer }, operations, context.pools[index]);
      executed.push(outcome !== undefined);
      skipped.push(outcome ?? operations.map(() => true));
    });
    return { executed, skipped };
  }

  /** Which operations were skipped; undefined when the section failed and left nothing behind. */
  #settleSection(section: Section, operations: readonly Placed[], pool: PoolKey | undefined): boolean[] | undefined {
    try {
      return this.ledger.state.attempt(() => {
        if (section.protocol === ZeroAddress) return this.#transferAll(section, operations);
        if (pool === undefined) throw new ModelError("LedgerProtocolFailed", { protocol: section.protocol });
        return this.#swapAll(section, operations, pool);
      });
    } catch (error) {
      if (error instanceof ModelError) return undefined;
      throw error;
    }
  }

  #transferAll(section: Section, operations: readonly Placed[]): boolean[] {
    const earned: Pair = [0n, 0n];
    const skipped = operations.map((operation) => {
      const { kind, argument, amount, givesConsent } = operation;
      const [side, to] = [kind & 3, addressOf(argument)];
      if (side > 1 || to === ZeroAddress || to === this.ledger.address) return true;
      if (!this.#debit(section, operation)) return true;
      this.#credit(to, idOf(section, side), amount, givesConsent);
      earned[side === 0 ? 0 : 1] += feeOf(section, side);
      return false;
    });
    this.#payFees(section, earned);
    return skipped;
  }

  #swapAll(section: Section, operations: readonly Placed[], pool: PoolKey): boolean[] {
    const debited = operations.map((operation) => this.#debit(section, operation));
    const orders: BatchOrder[] = [];
    const orderOf = operations.map(({ kind, amount, argument }, index) => {
      if (debited[index] !== true || kind > 1) return undefined;
      orders.push({ side: kind === 0 ? 0 : 1, amount, limit: argument & MAX_AMOUNT });
      return orders.length - 1;
    });
    const band = decodeBand(section.parameters);
    if (band === undefined) throw new ModelError("LedgerProtocolFailed", { protocol: section.protocol });
    const { outputs } = this.amm.quoteBatch(pool, band, orders);
    const taken: Pair = [0n, 0n];
    const paid: Pair = [0n, 0n];
    const earned: Pair = [0n, 0n];
    const skipped = operations.map((operation, index) => {
      if (debited[index] !== true) return true;
      const { account, kind, amount } = operation;
      const side = kind & 3;
      const order = orderOf[index];
      const out = order === undefined ? undefined : outputs[order];
      if (out === undefined) {
        // Refused by the pool: the debit comes back, the sequence does not.
        if (side !== SIDE_NONE) this.#credit(account, idOf(section, side), amount + feeOf(section, side), false);
        return true;
      }
      const [from, to] = side === 0 ? ([0, 1] as const) : ([1, 0] as const);
      taken[from] += amount;
      paid[to] += out;
      earned[from] += feeOf(section, side);
      this.#credit(account, idOf(section, to), out, true);
      return false;
    });
    this.#payFees(section, earned);
    this.#rebook(section, taken, paid);
    return skipped;
  }

  /** Debits amount and fee, and moves the sequence on; false when the operation is skipped. */
  #debit(section: Section, { account, kind, amount, sequence, isBlank }: Placed): boolean {
    const side = kind & 3;
    if (isBlank || account === ZeroAddress) return false;
    const moves = side !== SIDE_NONE;
    // Where nothing moves, the word of asset 0 consents and counts.
    const id = idOf(section, moves ? side : 0);
    if ((amount !== 0n) !== moves || id === 0n) return false;
    const { name, half } = this.#cellOf(account, id);
    const word = this.ledger.state.get(name);
    const [held, current] = [(word >> half) & MAX_AMOUNT, (word >> SEQUENCE) & (SEQUENCES - 1n)];
    const debit = moves ? amount + feeOf(section, side) : 0n;
    if (!this.#consents(account, id) || (current & 255n) !== sequence || debit > held) return false;
    const next = (current + 1n) % SEQUENCES;
    this.ledger.state.set(name, word - (debit << half) - (current << SEQUENCE) + (next << SEQUENCE));
    return true;
  }

  #credit(account: string, id: bigint, amount: bigint, givesConsent: boolean): void {
    if (amount === 0n) return;
    const { name, half } = this.#cellOf(account, id);
    let word = this.ledger.state.get(name);
    if (word === 0n && givesConsent) word = 1n << (FLAGS + this.version);
    const balance = (word >> half) & MAX_AMOUNT;
    demand(balance + amount <= MAX_AMOUNT, "LedgerBalanceOverflow", { account, id, balance, amount });
    this.ledger.state.set(name, word + (amount << half));
  }

  #payFees({ relayer, ...section }: Section, earned: Readonly<Pair>): void {
    this.#credit(relayer, section.asset0, earned[0], false);
    this.#credit(relayer, section.asset1, earned[1], false);
  }

  #rebook(section: Section, taken: Readonly<Pair>, paid: Readonly<Pair>): void {
    const name = `book ${bookId(section)}`;
    const { amount0, amount1, flags } = decodeWord(this.ledger.state.get(name));
    const [left0, left1] = [amount0 + taken[0] - paid[0], amount1 + taken[1] - paid[1]];
    const fits = [left0, left1].every((left) => left >= 0n && left <= MAX_AMOUNT);
    demand(fits, "LedgerInsufficientBook", { book: name });
    this.ledger.state.set(name, encodeWord({ amount0: left0, amount1: left1, flags }));
  }

  #consents(account: string, id: bigint): boolean {
    const { name } = this.#cellOf(account, id);
    return ((this.ledger.state.get(name) >> (FLAGS + this.version)) & 1n) === 1n;
  }

  #cellOf(account: string, id: bigint): { name: string; half: bigint } {
    const { key, side } = this.ledger.homeOf(id);
    return { name: `word ${account} ${key}`, half: side * HALF };
  }
}

/** Sorts the operations into their sections. */
function placeAll(
  { sections, types, records }: Pick<BatchBody, "sections" | "types" | "records">,
  { identityOf, mayAct }: BatchContext,
): Placed[][] {
  const placed = sections.map((): Placed[] => []);
  for (const { id, operations } of records) {
    const { account } = identityOf(id);
    let previous: readonly [section: number, index: number] | undefined;
    for (const operation of operations) {
      const type = types[operation.type];
      const list = placed[type?.section ?? -1];
      if (type === undefined || list === undefined) throw new ModelError("SettlementMalformed", { id });
      const receiver = type.argumentForm === ACCOUNT_FORM ? identityOf(Number(operation.argument)) : undefined;
      list.push({
        ...{ account, kind: type.kind, amount: operation.amount, sequence: BigInt(operation.sequence) },
        argument: receiver === undefined ? operation.argument : BigInt(receiver.account),
        givesConsent: receiver?.isRegistered ?? false,
        waitsFor: dependencyOf(operation, previous),
        isBlank: !mayAct(id, type.section),
      });
      previous = [type.section, list.length - 1];
    }
  }
  return placed;
}

function dependencyOf(
  { dependsOnPrevious }: BatchOperation,
  previous: readonly [section: number, index: number] | undefined,
): readonly [section: number, index: number] | undefined {
  return dependsOnPrevious ? previous : undefined;
}

function idOf({ asset0, asset1, shareId }: SectionHeader, side: number): bigint {
  return [asset0, asset1, shareId][side] ?? 0n;
}

function feeOf({ fee0, fee1 }: SectionHeader, side: number): bigint {
  return [fee0, fee1][side] ?? 0n;
}

/** The receiver of a transfer, in the low 160 bits of its argument. */
function addressOf(argument: bigint): string {
  return getAddress(toBeHex(argument & ((1n << 160n) - 1n), 20));
}
