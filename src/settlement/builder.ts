import { proofOf, rootOfTree, treeOf } from "../codec/tree.js";
import {
  argumentSize,
  CHUNK_RECORDS,
  FALLBACK_BYTES,
  HEAD_BYTES,
  MAX_SECTIONS,
  MAX_SIGNERS,
  MAX_TYPES,
  SECTION_BYTES,
  SIGNATURE_BYTES,
  TYPE_BYTES,
  type BatchBody,
  type BatchOperation,
  type OperationType,
  type SectionHeader,
  type SignerRecord,
} from "../codec/types.js";
import { encodeBody, type EncodedBody } from "../codec/writer.js";
import { LakhError } from "../lakh-error.js";
import { amountFormOf, wireArgument, type Order, type SectionSpec } from "./operations.js";

/** Estimated gas of the parts of a batch. */
export type GasModel = {
  /** The transaction and the pairing. */
  batch: number;
  /** Calldata, reading and hashing of one byte. */
  byte: number;
  /** One section's frame, and the call of its protocol. */
  section: number;
  /** Key, state and sum of one signer. */
  signer: number;
  /** Debit, protocol and credit of one operation on words that are cold. */
  operation: number;
  /** One fallback signature, without its bytes. */
  fallback: number;
};

/** The most that one batch may take. */
export type Caps = {
  gas: number;
  /** Of the calldata. */
  bytes: number;
};

/** A batch that waits for signatures. */
export type BuiltBatch = {
  body: BatchBody;
  encoded: EncodedBody;
  /** As `treeOf` answers it. */
  tree: Uint8Array[][];
  root: Uint8Array;
  orders: readonly Order[];
  /** Estimates, not below what is needed when the model is not. */
  gas: number;
  bytes: number;
};

/** What a signer needs to see before he signs. */
export type CosignShare = {
  leaf0: Uint8Array;
  leaf0Proof: Uint8Array[];
  chunk: Uint8Array;
  /** 1 for the first chunk: its place among the leaves. */
  chunkIndex: number;
  chunkProof: Uint8Array[];
};

/** Why no batch can be built: the `code` of a `BuilderError`. */
export type BuilderCode = "EmptyOrder" | "OrderTooLarge";

/** An order fits no batch. */
export class BuilderError extends LakhError {
  declare readonly code: BuilderCode;

  constructor(code: BuilderCode, message: string, values: Readonly<Record<string, unknown>> = {}) {
    super(code, message, values);
    this.name = "BuilderError";
  }
}

/** On the high side: cold words, signers on pages of their own. `bench/` measures; pass what fits the load. */
export const GAS_MODEL: GasModel = {
  batch: 250_000,
  byte: 24,
  section: 60_000,
  signer: 2_600,
  operation: 14_000,
  fallback: 60_000,
};

/** EIP-7825's gas of one transaction, and the 128 KiB that nodes relay, less 1 KiB for the rest of the transaction. */
export const DEFAULT_CAPS: Caps = { gas: 16_777_216, bytes: 127 * 1024 };

/** Selector, offset, length and padding of `settle(bytes)`. */
const CALLDATA_BYTES = 4 + 32 + 32 + 31;
const LEAF0_HEAD = 39;
const MAX_LEAF0 = 65_535;
const MAX_PLACE = 5;

/**
 * Puts orders into as few batches as first fit finds, numbered from `number` on; the same orders give the same batches. An
 * account's operations stay in their order: each stands in the section of the one before or in a later one, and in a later
 * one when it depends on it. Orders of one account go to successive batches. Throws `BuilderError`: `EmptyOrder`,
 * `OrderTooLarge` when one order exceeds a cap alone.
 */
export function buildBatches({
  relayer,
  number,
  expiry,
  orders,
  caps = DEFAULT_CAPS,
  gas = GAS_MODEL,
}: {
  relayer: string;
  number: number;
  /** Unix seconds, inclusive. */
  expiry: number;
  orders: readonly Order[];
  caps?: Caps;
  gas?: GasModel;
}): BuiltBatch[] {
  const drafts: Draft[] = [];
  const firstFree = new Map<number, number>();
  for (const order of orders) {
    if (order.operations.length === 0)
      throw new BuilderError("EmptyOrder", `The order of ${order.id} is empty`, { order });
    let index = firstFree.get(order.id) ?? 0;
    while (index < drafts.length && drafts[index]?.tryAdd(order) !== true) index++;
    if (index === drafts.length) {
      const draft = new Draft(caps, gas);
      if (!draft.tryAdd(order))
        throw new BuilderError("OrderTooLarge", `The order of ${order.id} fits no batch`, { order });
      drafts.push(draft);
    }
    firstFree.set(order.id, index + 1);
  }
  return drafts.map((draft, index) => draft.finish({ relayer, number: number + index, expiry }));
}

/** What the signer at a position of the batch (`encoded.ids`) gets to see. */
export function shareAt({ encoded, tree }: Pick<BuiltBatch, "encoded" | "tree">, position: number): CosignShare {
  const chunkIndex = 1 + Math.floor(position / CHUNK_RECORDS);
  const [leaf0, chunk] = [encoded.leaves[0], encoded.leaves[chunkIndex]];
  if (leaf0 === undefined || chunk === undefined) throw new RangeError(`There is no signer ${position}`);
  return { leaf0, leaf0Proof: proofOf(tree, 0), chunk, chunkIndex, chunkProof: proofOf(tree, chunkIndex) };
}

/** Where an order's operations go, before it is known whether they fit. */
type Plan = {
  sections: { key: string; spec: SectionSpec }[];
  types: { key: string; type: OperationType }[];
  operations: BatchOperation[];
  /** Section of each operation. */
  places: number[];
  /** What each may need beyond the model's gas for an operation, and what its section needs once, where it is the first to say so. */
  extraGas: number[];
  /** What each section needs once beyond the model's gas for a section. */
  onceGas: Map<number, number>;
};

type DraftSection = { key: string; spec: SectionSpec; operations: number; extraGas: number; onceGas: number };

type Counts = Record<"bytes" | "sections" | "signers" | "operations" | "fallbacks" | "extraGas" | "reserve", number>;

/** What the ledger keeps for itself beside a section's cap. */
const GAS_RESERVE = 10_000;

/** A batch in the making. */
class Draft {
  readonly #caps: Caps;
  readonly #model: GasModel;
  readonly #sections: DraftSection[] = [];
  readonly #types: OperationType[] = [];
  readonly #sectionsOf = new Map<string, number[]>();
  readonly #typeOf = new Map<string, number>();
  readonly #records: SignerRecord[] = [];
  readonly #orders: Order[] = [];
  #operations = 0;
  #fallbacks = 0;
  #extraGas = 0;
  #leaf0Bytes = LEAF0_HEAD;
  #otherBytes = HEAD_BYTES + SIGNATURE_BYTES + CALLDATA_BYTES;

  constructor(caps: Caps, model: GasModel) {
    this.#caps = caps;
    this.#model = model;
  }

  /** Adds an order of an account that has none here, unless it would exceed a cap. */
  tryAdd(order: Order): boolean {
    const plan = this.#plan(order);
    const sections = this.#sections.length + plan.sections.length;
    const types = this.#types.length + plan.types.length;
    const signers = this.#records.length + 1;
    if (sections > MAX_SECTIONS || types > MAX_TYPES || signers > MAX_SIGNERS) return false;
    const leaf0Bytes = plan.sections.reduce(
      (sum, { spec }) => sum + SECTION_BYTES + (spec.parameters.length - 2) / 2,
      this.#leaf0Bytes + plan.types.length * TYPE_BYTES,
    );
    const otherBytes = this.#otherBytes + this.#recordBytes(order, plan);
    const operations = this.#operations + plan.operations.length;
    const fallbacks = this.#fallbacks + (order.fallback === undefined ? 0 : 1);
    const bytes = leaf0Bytes + otherBytes + Math.ceil(signers / 8);
    const extraGas = this.#extraGas + plan.extraGas.reduce((sum, one) => sum + one, 0);
    const reserve = this.#reserveWith(plan);
    const gas = this.#gasFor({ bytes, sections, signers, operations, fallbacks, extraGas, reserve });
    if (leaf0Bytes > MAX_LEAF0 || bytes > this.#caps.bytes || gas > this.#caps.gas) return false;

    for (const { key, spec } of plan.sections) {
      const places = this.#sectionsOf.get(key) ?? [];
      this.#sectionsOf.set(key, [...places, this.#sections.length]);
      this.#sections.push({ key, spec, operations: 0, extraGas: 0, onceGas: 0 });
    }
    for (const { key, type } of plan.types) {
      this.#typeOf.set(key, this.#types.length);
      this.#types.push(type);
    }
    plan.places.forEach((place, index) => {
      const section = this.#sections[place];
      if (section === undefined) return;
      section.operations++;
      section.extraGas += plan.extraGas[index] ?? 0;
      section.onceGas = plan.onceGas.get(place) ?? section.onceGas;
    });
    this.#records.push({ id: order.id, operations: plan.operations });
    this.#orders.push(order);
    this.#operations = operations;
    this.#fallbacks = fallbacks;
    this.#extraGas = extraGas;
    this.#leaf0Bytes = leaf0Bytes;
    this.#otherBytes = otherBytes;
    return true;
  }

  finish({ relayer, number, expiry }: Pick<BatchBody, "relayer" | "number" | "expiry">): BuiltBatch {
    const sections = this.#sections.map((section): SectionHeader => ({
      ...section.spec,
      gasCap: section.spec.gasCap ?? this.#needOf(section),
    }));
    const fallbacks = this.#orders.flatMap(({ id, fallback }) => (fallback === undefined ? [] : [{ id, ...fallback }]));
    const types = this.#types;
    const body = { relayer, number, expiry, sections, types, records: this.#records, fallbacks };
    const encoded = encodeBody(body);
    const tree = treeOf(encoded.leaves);
    const signers = this.#records.length;
    const bytes = this.#leaf0Bytes + this.#otherBytes + Math.ceil(signers / 8);
    const counts = {
      bytes,
      sections: sections.length,
      signers,
      operations: this.#operations,
      fallbacks: fallbacks.length,
      extraGas: this.#extraGas,
      reserve: this.#reserveWith({ sections: [], places: [], extraGas: [] }),
    };
    return { body, encoded, tree, root: rootOfTree(tree), orders: this.#orders, gas: this.#gasFor(counts), bytes };
  }

  #plan({ operations }: Order): Plan {
    const plan: Plan = { sections: [], types: [], operations: [], places: [], extraGas: [], onceGas: new Map() };
    for (const {
      section: spec,
      kind,
      amount,
      argument,
      sequence,
      dependsOnPrevious = false,
      extraGas = 0,
      sectionGas = 0,
    } of operations) {
      const previous = plan.places.at(-1) ?? 0;
      const section = this.#placeOf(spec, dependsOnPrevious ? previous + 1 : previous, plan);
      const { form: argumentForm, value } = wireArgument(argument);
      const type = this.#indexOf({ section, kind, amountForm: amountFormOf(amount), argumentForm }, plan);
      plan.places.push(section);
      const known = plan.onceGas.get(section) ?? this.#sections[section]?.onceGas ?? 0;
      plan.onceGas.set(section, Math.max(known, sectionGas));
      plan.extraGas.push(extraGas + Math.max(sectionGas - known, 0));
      plan.operations.push({ type, dependsOnPrevious, sequence: sequence & 255, amount, argument: value });
    }
    return plan;
  }

  /** The first section like `spec` that is not before `from`; a new one at the end when there is none. */
  #placeOf(spec: SectionSpec, from: number, plan: Plan): number {
    const key = keyOf(spec);
    const known = this.#sectionsOf.get(key)?.find((place) => place >= from);
    if (known !== undefined) return known;
    const planned = plan.sections.findIndex((one, index) => one.key === key && this.#sections.length + index >= from);
    if (planned >= 0) return this.#sections.length + planned;
    plan.sections.push({ key, spec });
    return this.#sections.length + plan.sections.length - 1;
  }

  #indexOf(type: OperationType, plan: Plan): number {
    const key = `${type.section} ${type.kind} ${type.amountForm} ${type.argumentForm}`;
    const known = this.#typeOf.get(key);
    if (known !== undefined) return known;
    const planned = plan.types.findIndex((one) => one.key === key);
    if (planned >= 0) return this.#types.length + planned;
    plan.types.push({ key, type });
    return this.#types.length + plan.types.length - 1;
  }

  #recordBytes({ fallback }: Order, { operations, types }: Plan): number {
    let bytes = MAX_PLACE;
    for (const { type } of operations) {
      const shape = this.#types[type] ?? types[type - this.#types.length]?.type;
      if (shape !== undefined) bytes += 2 + shape.amountForm + (argumentSize(shape.argumentForm) ?? 0);
    }
    return fallback === undefined ? bytes : bytes + FALLBACK_BYTES + (fallback.signature.length - 2) / 2;
  }

  #needOf({ operations, extraGas }: Omit<DraftSection, "key" | "onceGas">): number {
    return this.#model.section + operations * this.#model.operation + extraGas;
  }

  /**
   * Gas that must be left beside what sections need, and comes back: the settlement's call and the ledger's keep a 64th part each. It is
   * that of the section with most, a plan's among them.
   */
  #reserveWith({ sections, places, extraGas }: Pick<Plan, "sections" | "places" | "extraGas">): number {
    const fresh = sections.map(({ spec }) => ({ spec, operations: 0, extraGas: 0 }));
    const all = [...this.#sections, ...fresh].map((section) => ({ ...section }));
    places.forEach((place, index) => {
      const section = all[place];
      if (section === undefined) return;
      section.operations++;
      section.extraGas += extraGas[index] ?? 0;
    });
    const reserves = all.map((section) => {
      const need = this.#needOf(section);
      return Math.ceil(((section.spec.gasCap ?? need) + GAS_RESERVE) * (64 / 63) ** 2) - need;
    });
    return Math.max(0, ...reserves);
  }

  #gasFor(counts: Counts): number {
    const model = this.#model;
    return (
      model.batch +
      model.byte * counts.bytes +
      model.section * counts.sections +
      model.signer * counts.signers +
      model.operation * counts.operations +
      model.fallback * counts.fallbacks +
      counts.extraGas +
      counts.reserve
    );
  }
}

/** Makers hand out one object for many operations; its key is put together once. */
const keys = new WeakMap<SectionSpec, string>();

function keyOf(spec: SectionSpec): string {
  const known = keys.get(spec);
  if (known !== undefined) return known;
  const { protocol, key, asset0, asset1, shareId, gasCap = "", fee0, fee1, parameters } = spec;
  const made =
    `${protocol} ${key} ${asset0} ${asset1} ${shareId} ${gasCap} ${fee0} ${fee1} ${parameters}`.toLowerCase();
  keys.set(spec, made);
  return made;
}
