import { fromWire, type WireOperation } from "../../../src/relayer-protocol.js";
import {
  buildBatches,
  DEFAULT_CAPS,
  GAS_MODEL,
  type BuiltBatch,
  type Caps,
  type GasModel,
} from "../../../src/settlement/builder.js";
import {
  ammExtraGas,
  ammOperationOf,
  encodeBand,
  type Order,
  type OrderOperation,
  type SectionSpec,
} from "../../../src/settlement/operations.js";
import {
  coverGas,
  coverOperationOf,
  underwritingGas,
  underwritingOperationOf,
} from "../../../src/settlement/insurance-operations.js";
import { lendingGas, lendingOperationOf } from "../../../src/settlement/lending-operations.js";
import {
  offeringGas,
  offeringOperationOf,
  rwaGas,
  rwaOperationOf,
  unitsGas,
} from "../../../src/settlement/rwa-operations.js";
import { stakingGas, stakingOperationOf } from "../../../src/settlement/staking-operations.js";
import { type Book } from "./books.js";
import { type BatchEntry } from "./database.js";
import { isSigned, type QueuedOrder } from "./queue.js";

/** What bounds a batch. */
export type BatchCaps = {
  operations: number;
  /** Of one account. */
  operationsOfAccount: number;
  caps: Caps;
  gas: GasModel;
};

/** An operation may credit a word that nobody has written yet, which costs 22,100 gas: the builder's caps leave room. */
export const BATCH_CAPS: BatchCaps = {
  operations: 1_000,
  operationsOfAccount: 64,
  caps: DEFAULT_CAPS,
  gas: { ...GAS_MODEL, operation: 30_000 },
};

/** Parameters of an operation's section, and the gas that it may need beyond the builder's. */
export type Plan = { parameters: string; extraGas: number; sectionGas: number };

/** Of a transfer. */
export const PLAIN: Plan = { parameters: "0x", extraGas: 0, sectionGas: 0 };

/** The storage word that an operation debits, and the sequence that it carries. */
export type Debit = { word: string; sequence: number };

export type ComposeOptions = {
  relayer: string;
  number: number;
  /** Unix seconds, inclusive. */
  expiry: number;
  /** Accounts that can be asked to sign, or bring a signature, with their open orders, oldest first. */
  candidates: Iterable<readonly [account: number, orders: readonly QueuedOrder[]]>;
  caps: BatchCaps;
  feeOf: (asset: bigint) => bigint;
  /** What the operation is composed with; undefined when its section cannot be built now. */
  planOf: (operation: WireOperation) => Plan | undefined;
  /** By operation of the order; undefined where nothing is debited. */
  debitsOf: (order: QueuedOrder) => readonly (Debit | undefined)[];
  /** The sequence that the chain expects of a word. */
  expected: (word: string) => number | undefined;
};

export type Composed = { batch: BuiltBatch; entries: BatchEntry[] };

export type Composition = {
  composed: Composed | undefined;
  /** Orders whose words have moved past them: they never can be executed. */
  stale: QueuedOrder[];
};

/**
 * Puts the oldest orders of each account into one batch, as far as it holds them; the builder sees to sections and caps.
 * Orders on one word go in the order of their sequences, others in the order of arrival. An order that brings its own
 * signature has the record for itself.
 */
export function compose(options: ComposeOptions): Composition {
  const { candidates, caps, relayer, number, expiry } = options;
  const stale: QueuedOrder[] = [];
  const records: Order[] = [];
  const entriesOf = new Map<number, BatchEntry[]>();
  const sections = new Map<string, SectionSpec>();
  let left = caps.operations;
  for (const [account, orders] of candidates) {
    if (left <= 0) break;
    const picked = pick({ ...options, orders, left: Math.min(left, caps.operationsOfAccount), stale });
    if (picked.length === 0) continue;
    const entries: BatchEntry[] = [];
    const operations: OrderOperation[] = [];
    for (const { row, body } of picked) {
      entries.push({ row, account, first: operations.length, count: body.operations.length });
      operations.push(...body.operations.map((operation) => ours(operation, options, sections)));
    }
    left -= operations.length;
    entriesOf.set(account, entries);
    const [body] = picked.map((order) => order.body);
    if (body === undefined || !isSigned(body)) records.push({ id: account, operations });
    else {
      const { deadline, bound, signature } = body;
      records.push({ id: account, operations, fallback: { deadline, bound, signature } });
    }
  }
  const [batch] = buildBatches({ relayer, number, expiry, orders: records, caps: caps.caps, gas: caps.gas });
  if (batch === undefined) return { composed: undefined, stale };
  return { composed: { batch, entries: batch.orders.flatMap(({ id }) => entriesOf.get(id) ?? []) }, stale };
}

/** Those of an account's orders that can be executed one after the other now. */
function pick({
  orders,
  left,
  stale,
  debitsOf,
  expected,
  planOf,
}: Pick<ComposeOptions, "debitsOf" | "expected" | "planOf"> & {
  orders: readonly QueuedOrder[];
  /** Most operations. */
  left: number;
  /** What never can be executed is added here. */
  stale: QueuedOrder[];
}): QueuedOrder[] {
  const picked: QueuedOrder[] = [];
  const taken = new Map<string, number>();
  let room = left;
  let waiting = orders;
  for (let isMoving = true; isMoving;) {
    isMoving = false;
    const early: QueuedOrder[] = [];
    for (const order of waiting) {
      const debits = debitsOf(order);
      const verdict = checkSequences(debits, taken, expected);
      if (verdict === "stale") {
        stale.push(order);
        continue;
      }
      const { operations } = order.body;
      const isBuildable = operations.every((operation) => planOf(operation) !== undefined);
      if (verdict === "early" || !isBuildable || operations.length > room) {
        early.push(order);
        continue;
      }
      if (isSigned(order.body)) {
        if (picked.length === 0) return [order];
        continue;
      }
      isMoving = true;
      room -= operations.length;
      for (const debit of debits) {
        if (debit !== undefined) taken.set(debit.word, (debit.sequence + 1) & 0xffff);
      }
      picked.push(order);
    }
    waiting = early;
  }
  return picked;
}

/** Whether each operation carries what its word will expect when it is its turn in this batch, or ever. */
function checkSequences(
  debits: readonly (Debit | undefined)[],
  taken: ReadonlyMap<string, number>,
  expected: (word: string) => number | undefined,
): "fine" | "early" | "stale" {
  const own = new Map(taken);
  let isEarly = false;
  for (const debit of debits) {
    if (debit === undefined) continue;
    const { word, sequence } = debit;
    const onChain = expected(word);
    if (onChain === undefined) return "early";
    if (((sequence - onChain) & 0xffff) >= 0x8000) return "stale";
    if (sequence !== (own.get(word) ?? onChain)) isEarly = true;
    own.set(word, (sequence + 1) & 0xffff);
  }
  return isEarly ? "early" : "fine";
}

/** The operation with the relayer's fees and parameters; one object for each section. */
function ours(
  operation: WireOperation,
  { feeOf, planOf }: Pick<ComposeOptions, "feeOf" | "planOf">,
  sections: Map<string, SectionSpec>,
): OrderOperation {
  const { section, ...rest } = fromWire(operation);
  const { protocol, key, asset0, asset1, shareId } = section;
  const name = [protocol, key, asset0, asset1, shareId].join(" ").toLowerCase();
  const { parameters, ...gas } = planOf(operation) ?? PLAIN;
  const known = sections.get(name) ?? {
    ...section,
    fee0: feeOf(asset0),
    fee1: feeOf(asset1),
    parameters,
  };
  sections.set(name, known);
  return { ...rest, section: known, ...gas };
}

/**
 * What an operation on `book` is composed with: for swaps a band around the price, no parameters for all else. Undefined where the
 * protocol has no such operation.
 */
export function planOf({
  kind,
  book,
  tolerance,
}: {
  kind: number;
  book: Book;
  /** A part of 1e18. */
  tolerance: bigint;
}): Plan | undefined {
  if (book.protocol !== "amm") {
    const gas = gasOf(kind, book);
    return gas && { parameters: "0x", ...gas };
  }
  const name = ammOperationOf(kind);
  const parameters = name === "swapExactIn" ? encodeBand({ price: book.price, tolerance }) : "0x";
  return name && { parameters, extraGas: ammExtraGas(kind), sectionGas: 0 };
}

/** The gas of an operation on a book without parameters; undefined where there is no such operation. */
function gasOf(kind: number, book: Exclude<Book, { protocol: "amm" }>): Omit<Plan, "parameters"> | undefined {
  switch (book.protocol) {
    case "lending":
      return lendingOperationOf(kind) && lendingGas(kind, book.hasRateModel);
    case "staking":
      return stakingOperationOf(kind) && stakingGas(kind);
    case "underwriting":
      return underwritingOperationOf(kind) && underwritingGas(kind);
    case "cover":
      return coverOperationOf(kind) && coverGas(kind);
    case "income":
      return rwaOperationOf(kind) && rwaGas(kind);
    case "units":
      return kind === 0 ? unitsGas() : undefined;
    case "offering": {
      const name = offeringOperationOf(kind);
      const isOffered = name === "subscribe" ? !book.hasAllowList : book.hasEscrow;
      return name && isOffered ? offeringGas(kind) : undefined;
    }
  }
}
