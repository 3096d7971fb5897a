import { AbiCoder, ZeroAddress } from "ethers";
import {
  ACCOUNT_FORM,
  argumentSize,
  LIMIT_FORM,
  MAX_SECTIONS,
  MAX_TYPES,
  SECTION_BYTES,
  TYPE_BYTES,
  type AmountForm,
  type BatchBody,
  type BatchOperation,
  type OperationType,
  type SectionHeader,
} from "../../../src/codec/types.js";
import { isFloat } from "../../../src/codec/floats.js";
import { type WireOperation } from "../../../src/relayer-protocol.js";
import { type BatchEntry } from "./database.js";
import { isSigned, type QueuedOrder } from "./queue.js";

/** What bounds a batch. */
export type BatchCaps = {
  operations: number;
  /** Of what is signed; the calldata has a few hundred more. */
  bytes: number;
  /** Gas that a section's frame gets for each operation, and once. */
  gasOfOperation: number;
  gasOfSection: number;
};

export const BATCH_CAPS: BatchCaps = {
  operations: 450,
  bytes: 100_000,
  gasOfOperation: 30_000,
  gasOfSection: 100_000,
};

/** Millionths of gas that may go to sections at once: what a transaction has, less the reading of the batch. */
const MAX_SECTION_GAS = 14_000_000;
/** Bytes of arguments are rounded up to one of these, so that few types are needed. */
const ARGUMENT_BYTES = [0, 8, 14, 20, 28];
const LIMIT_BITS = 112n;

/** What the tables say of one asset pair or pool; `parameters` undefined when it cannot be built now. */
export type SectionSource = {
  feeOf: (asset: bigint) => bigint;
  parametersOf: (operation: WireOperation) => string | undefined;
};

export type Composed = { body: Omit<BatchBody, "relayer" | "number" | "expiry">; entries: BatchEntry[] };

/** The storage word that an operation debits, and the sequence that it carries. */
export type Debit = { word: string; sequence: number };

export type ComposeOptions = {
  /** Accounts that can be asked to sign, or bring a signature, with their open orders, oldest first. */
  candidates: Iterable<readonly [account: number, orders: readonly QueuedOrder[]]>;
  caps: BatchCaps;
  source: SectionSource;
  /** Undefined where nothing is debited. */
  debitOf: (order: QueuedOrder, operation: WireOperation) => Debit | undefined;
  /** The sequence that the chain expects of a word. */
  expected: (word: string) => number | undefined;
};

/** What became of the orders that were looked at. */
export type Composition = {
  batch: Composed | undefined;
  /** Orders whose words have moved past them: they never can be executed. */
  stale: QueuedOrder[];
};

type Draft = {
  sections: (SectionHeader & { count: number })[];
  types: OperationType[];
  bytes: number;
  operations: number;
};

/**
 * Puts the oldest orders of each account into one batch, as far as it holds them. Orders on one word go in the order of
 * their sequences, others in the order of arrival: one that does not fit (its section is full, its word is debited by a later
 * section already) keeps those behind it waiting. An order that brings its own signature has the record for itself.
 */
export function compose({ candidates, caps, source, debitOf, expected }: ComposeOptions): Composition {
  const draft: Draft = { sections: [], types: [], bytes: 0, operations: 0 };
  const stale: QueuedOrder[] = [];
  const entries: BatchEntry[] = [];
  const records: BatchBody["records"][number][] = [];
  const fallbacks: BatchBody["fallbacks"][number][] = [];
  for (const [account, orders] of candidates) {
    if (draft.operations >= caps.operations) break;
    const operations: BatchOperation[] = [];
    const sequences = new Map<string, number>();
    const lastSection = new Map<string, number>();
    let waiting = orders;
    for (let isMoving = true; isMoving;) {
      isMoving = false;
      const early: QueuedOrder[] = [];
      for (const order of waiting) {
        const { body } = order;
        if (isSigned(body) && operations.length > 0) break;
        const debits = body.operations.map((operation) => debitOf(order, operation));
        const verdict = checkSequences(debits, sequences, expected);
        if (verdict === "early") {
          early.push(order);
          continue;
        }
        if (verdict === "stale") {
          stale.push(order);
          continue;
        }
        if (draft.operations + body.operations.length > caps.operations) break;
        const added = place({ draft, caps, source, debits, lastSection, operations: body.operations });
        if (added === undefined) break;
        isMoving = true;
        for (const debit of debits) {
          if (debit !== undefined) sequences.set(debit.word, (debit.sequence + 1) & 0xffff);
        }
        entries.push({ row: order.row, account, first: operations.length, count: added.length });
        operations.push(...added);
        if (!isSigned(body)) continue;
        fallbacks.push({ id: account, deadline: body.deadline, bound: body.bound, signature: body.signature });
        early.length = 0;
        break;
      }
      waiting = early;
    }
    if (operations.length > 0) records.push({ id: account, operations });
  }
  if (records.length === 0) return { batch: undefined, stale };
  const sections = draft.sections.map(({ count, ...header }) => ({
    ...header,
    gasCap: Math.min(MAX_SECTION_GAS, caps.gasOfSection + count * caps.gasOfOperation),
  }));
  return { batch: { body: { sections, types: draft.types, records, fallbacks }, entries }, stale };
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

/** Writes an order's operations into the draft; undefined, and no change, when it does not hold them. */
function place({
  draft,
  caps,
  source,
  debits,
  lastSection,
  operations,
}: {
  draft: Draft;
  caps: BatchCaps;
  source: SectionSource;
  debits: readonly (Debit | undefined)[];
  /** The section that debited a word last; it is kept up here. */
  lastSection: Map<string, number>;
  operations: readonly WireOperation[];
}): BatchOperation[] | undefined {
  const sections = draft.sections.map((section) => ({ ...section }));
  const types = [...draft.types];
  const words = new Map(lastSection);
  const placed: BatchOperation[] = [];
  let { bytes } = draft;
  let previous = -1;
  for (const [index, operation] of operations.entries()) {
    let section = sections.findIndex((header) => isSame(header, operation));
    if (section < 0) {
      const header = headerOf(operation, source);
      if (header === undefined || sections.length === MAX_SECTIONS) return undefined;
      section = sections.push({ ...header, count: 0 }) - 1;
      bytes += SECTION_BYTES + header.parameters.length / 2;
    }
    if (operation.dependsOnPrevious && previous >= section) return undefined;
    previous = section;
    const word = debits[index]?.word;
    if (word !== undefined) {
      if ((words.get(word) ?? -1) > section) return undefined;
      words.set(word, section);
    }
    const header = sections[section];
    if (header === undefined) return undefined;
    header.count += 1;
    if (caps.gasOfSection + header.count * caps.gasOfOperation > MAX_SECTION_GAS) return undefined;
    const { type, argument } = shapeOf(operation, section);
    let at = types.findIndex((known) => isSameType(known, type));
    if (at < 0) {
      if (types.length === MAX_TYPES) return undefined;
      at = types.push(type) - 1;
      bytes += TYPE_BYTES;
    }
    const { dependsOnPrevious, sequence } = operation;
    placed.push({ type: at, dependsOnPrevious, sequence: sequence & 255, amount: BigInt(operation.amount), argument });
    bytes += 2 + type.amountForm + (argumentSize(type.argumentForm) ?? 0);
  }
  bytes += MAX_PLACE_BYTES;
  if (bytes > caps.bytes) return undefined;
  draft.sections = sections;
  draft.types = types;
  draft.bytes = bytes;
  draft.operations += placed.length;
  for (const [word, section] of words) lastSection.set(word, section);
  return placed;
}

const MAX_PLACE_BYTES = 5;

function headerOf(operation: WireOperation, source: SectionSource): SectionHeader | undefined {
  const parameters = source.parametersOf(operation);
  if (parameters === undefined) return undefined;
  const [asset0, asset1] = [BigInt(operation.asset0), BigInt(operation.asset1)];
  return {
    protocol: operation.protocol,
    key: operation.key,
    asset0,
    asset1,
    shareId: BigInt(operation.shareId),
    gasCap: 0,
    fee0: source.feeOf(asset0),
    fee1: source.feeOf(asset1),
    parameters,
  };
}

function isSame(header: SectionHeader, operation: WireOperation): boolean {
  return (
    header.key.toLowerCase() === operation.key.toLowerCase() &&
    header.protocol.toLowerCase() === operation.protocol.toLowerCase() &&
    header.asset0 === BigInt(operation.asset0) &&
    header.asset1 === BigInt(operation.asset1) &&
    header.shareId === BigInt(operation.shareId)
  );
}

function isSameType(a: OperationType, b: OperationType): boolean {
  return (
    a.section === b.section && a.kind === b.kind && a.amountForm === b.amountForm && a.argumentForm === b.argumentForm
  );
}

/** The shortest forms that carry the operation. */
function shapeOf(operation: WireOperation, section: number): { type: OperationType; argument: bigint } {
  const amount = BigInt(operation.amount);
  const amountForm: AmountForm = amount === 0n ? 0 : isFloat(amount) ? 3 : 14;
  const { kind, receiver } = operation;
  if (receiver !== undefined) {
    return { type: { section, kind, amountForm, argumentForm: ACCOUNT_FORM }, argument: BigInt(receiver) };
  }
  const argument = BigInt(operation.arguments);
  const isLimit = argument !== 0n && argument >> LIMIT_BITS === 0n && isFloat(argument);
  const size = ARGUMENT_BYTES.find((bytes) => argument >> BigInt(8 * bytes) === 0n) ?? 28;
  return { type: { section, kind, amountForm, argumentForm: isLimit ? LIMIT_FORM : size }, argument };
}

/** Parameters of a section: none for transfers, for the AMM a band around the price. */
export function sectionParameters({
  protocol,
  amm,
  price,
  tolerance,
}: {
  protocol: string;
  amm: string | undefined;
  price: bigint | undefined;
  /** A part of 1e18. */
  tolerance: bigint;
}): string | undefined {
  if (protocol === ZeroAddress) return "0x";
  if (protocol.toLowerCase() !== amm?.toLowerCase() || price === undefined) return undefined;
  return AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [price, tolerance]);
}
