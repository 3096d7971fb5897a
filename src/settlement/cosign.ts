import { isAddress, ZeroAddress } from "ethers";
import { type Bls } from "../bls/bls.js";
import { toHex } from "../codec/bytes.js";
import { digestOf, maskOf, type DigestParts } from "../codec/digest.js";
import { CodecError } from "../codec/error.js";
import { decodeChunk, decodeLeaf0, type CountedSection, type Leaf0 } from "../codec/reader.js";
import { verifyProof } from "../codec/tree.js";
import {
  ACCOUNT_FORM,
  CHUNK_RECORDS,
  type BatchOperation,
  type OperationType,
  type SignerRecord,
} from "../codec/types.js";
import { LakhError } from "../lakh-error.js";
import { GAS_MODEL, type CosignShare, type GasModel } from "./builder.js";
import { decodeBand, wireArgument, worstSwapOut, type OrderOperation } from "./operations.js";

/** Why a client does not sign. */
export type CosignCode =
  | "BandTooWide"
  | "CountsContradict"
  | "Expired"
  | "ExpiryTooLate"
  | "ExtraOperation"
  | "FeeTooHigh"
  | "GasCapTooSmall"
  | "LooserLimit"
  | "Malformed"
  | "MissingOperation"
  | "MissingRecord"
  | "NumberReused"
  | "OtherAmount"
  | "OtherArgument"
  | "OtherDependency"
  | "OtherKind"
  | "OtherReceiver"
  | "OtherSection"
  | "RecordOrder"
  | "RootOpen"
  | "WrongChain"
  | "WrongDirectory"
  | "WrongLeafIndex"
  | "WrongProof"
  | "WrongRelayer"
  | "WrongSequence"
  | "WrongSettlement";

/** The relayer wants a signature under something else than what the client intends. */
export class CosignError extends LakhError {
  declare readonly code: CosignCode;

  constructor(code: CosignCode, message: string, values: Readonly<Record<string, unknown>> = {}) {
    super(code, message, values);
    this.name = "CosignError";
  }
}

/** What the client knows by itself. */
export type Trusted = {
  chainId: bigint;
  settlement: string;
  directory: string;
  /** Any relayer, unless given. */
  relayer?: string;
};

/** A root that the client has signed and that may still be settled. */
export type OpenRoot = { relayer: string; number: number; expiry: number; root: string };

/** What `OpenRoots` remembers, as plain data. */
export type OpenRootsState = { open: OpenRoot | undefined; numbers: Record<string, number> };

/**
 * The roots that one key has signed: at most one that is not expired, and from each relayer no number twice. A wallet keeps
 * one of these for each key, and stores `state()` before a signature leaves it.
 */
export class OpenRoots {
  #open: OpenRoot | undefined;
  readonly #numbers: Map<string, number>;

  constructor(state: OpenRootsState = { open: undefined, numbers: {} }) {
    this.#open = state.open;
    this.#numbers = new Map(Object.entries(state.numbers));
  }

  /** Throws `RootOpen` or `NumberReused`. The same root again is fine. Unix seconds. */
  check({ relayer, number, expiry, root }: OpenRoot, now: number): void {
    const open = this.#open;
    if (open !== undefined && open.relayer === relayer && open.root === root) {
      if (open.number === number && open.expiry === expiry) return;
    }
    if (open !== undefined && now <= open.expiry) {
      throw new CosignError("RootOpen", `Another root is signed and valid until ${open.expiry}`, { ...open, now });
    }
    const last = this.#numbers.get(relayer) ?? -1;
    if (number <= last) {
      throw new CosignError("NumberReused", `Number ${last} of the relayer is signed already`, {
        relayer,
        number,
        last,
      });
    }
  }

  /** Remembers a root that is about to be signed. */
  add(root: OpenRoot): void {
    this.#open = root;
    this.#numbers.set(root.relayer, root.number);
  }

  /** Forgets the open root once its batch, or a later one of its relayer, is settled for good. */
  settled({ relayer, number }: { relayer: string; number: number }): void {
    if (this.#open?.relayer === relayer.toLowerCase() && this.#open.number <= number) this.#open = undefined;
  }

  /** What is remembered, to be stored and given to the constructor later. */
  state(): OpenRootsState {
    return { open: this.#open, numbers: Object.fromEntries(this.#numbers) };
  }
}

/** The part of a model that says what a section needs. */
export type SectionGas = Pick<GasModel, "section" | "operation">;

/**
 * The least gas cap under which a client signs a section with so many operations of all signers: under a smaller one the
 * relayer could gather signatures for a section that is bound to fail. It is what `buildBatches` gives by the same model, so a
 * relayer passes who builds by `GAS_MODEL` or by a dearer one. It does not prove that the cap suffices: that depends on
 * words and protocols.
 */
export function minGasCap(operations: number, { section, operation }: SectionGas = GAS_MODEL): number {
  return section + operations * operation;
}

/** What a client is asked to sign, and what he knows and wants. */
export type CosignRequest = CosignShare & {
  /** The client's id and all that he wants; a section's fees are the most that he pays. */
  intended: { id: number; operations: readonly OrderOperation[] };
  parts: DigestParts;
  trusted: Trusted;
  /** Unix seconds; better the chain's than the machine's. */
  now: number;
  /** How long the relayer may hold the batch, in seconds; 10 unless given. A signature is usable until the expiry. */
  maxLifetime?: number;
  /** What `minGasCap` demands of the client's sections by; `GAS_MODEL` unless given. */
  gas?: SectionGas;
  openRoots: OpenRoots;
};

const DEFAULT_LIFETIME = 10;
/** What a section is, besides its terms. */
const IDENTITY = ["protocol", "key", "asset0", "asset1", "shareId"] as const;
/** What the codec says, in the client's words; all else is `Malformed`. */
const CODES: Readonly<Record<string, CosignCode | undefined>> = {
  CountMismatch: "CountsContradict",
  NoSigner: "CountsContradict",
  IdOrder: "RecordOrder",
};

/**
 * Signs a batch if it does to the client what he intends, and nothing else; some 10 keccaks and one signature. The root is
 * entered in `openRoots` before it is signed. Throws `CosignError`, with a code for each sort of lie.
 *
 * Ids ascend over the whole batch (the chain sees to it), so the record in the proven chunk is the only one. Two things
 * cannot be seen here, and do no harm: a fallback list that names the client (a bad signature skips his record) and the
 * exclusion bitmap (it skips it too).
 */
export function checkAndSign({
  bls,
  secret,
  ...request
}: CosignRequest & { bls: Bls; secret: Uint8Array }): Uint8Array {
  return bls.sign(secret, checkCosign(request));
}

/** As `checkAndSign`, but answers the digest. */
export function checkCosign(request: CosignRequest): Uint8Array {
  const { parts, intended, openRoots, now } = request;
  checkParts(request);
  const open = {
    relayer: parts.relayer.toLowerCase(),
    number: parts.number,
    expiry: parts.expiry,
    root: toHex(parts.root),
  };
  openRoots.check(open, now);
  const { leaf0, record } = readShare(request);
  checkOperations(intended.operations, record, { leaf0, gas: request.gas ?? GAS_MODEL });
  const digest = reading(() => digestOf(parts));
  openRoots.add(open);
  return digest;
}

function checkParts({ parts, trusted, now, maxLifetime = DEFAULT_LIFETIME }: CosignRequest): void {
  const { chainId, settlement, directory, relayer, expiry } = parts;
  if (chainId !== trusted.chainId) throw new CosignError("WrongChain", `The chain is ${chainId}`, { chainId });
  const demandSame = (code: CosignCode, given: string, wanted: string) => {
    if (!isSame(given, wanted)) throw new CosignError(code, `${given} is not ${wanted}`, { given, wanted });
  };
  demandSame("WrongSettlement", settlement, trusted.settlement);
  demandSame("WrongDirectory", directory, trusted.directory);
  demandSame("WrongRelayer", relayer, trusted.relayer ?? relayer);
  if (!isAddress(relayer) || isSame(relayer, ZeroAddress)) {
    throw new CosignError("WrongRelayer", `${relayer} is no relayer`, { relayer });
  }
  if (expiry < now) throw new CosignError("Expired", `The batch expired at ${expiry}`, { expiry, now });
  if (expiry > now + maxLifetime) {
    const values = { expiry, latest: now + maxLifetime };
    throw new CosignError("ExpiryTooLate", `The batch is valid until ${expiry}, which is too long`, values);
  }
}

/** Leaf 0 and the client's record, both proven to be in the root. */
function readShare(request: CosignRequest): { leaf0: Leaf0; record: SignerRecord } {
  const { parts, intended, chunk, chunkIndex, chunkProof } = request;
  const leaf0 = reading(() => decodeLeaf0(request.leaf0));
  const { signers, operations, types } = leaf0;
  if (operations < signers) {
    throw new CosignError("CountsContradict", "There are fewer operations than signers", { operations, signers });
  }
  const chunks = Math.ceil(signers / CHUNK_RECORDS);
  if (!Number.isInteger(chunkIndex) || chunkIndex < 1 || chunkIndex > chunks) {
    throw new CosignError("WrongLeafIndex", `There is no chunk ${chunkIndex} among ${chunks}`, { chunkIndex, chunks });
  }
  const { root } = parts;
  const isProven =
    verifyProof({ bytes: request.leaf0, index: 0, count: chunks + 1, proof: request.leaf0Proof, root }) &&
    verifyProof({ bytes: chunk, index: chunkIndex, count: chunks + 1, proof: chunkProof, root });
  if (!isProven) throw new CosignError("WrongProof", "Leaf 0 or the chunk is not in the root", { chunkIndex, signers });

  const count = Math.min(CHUNK_RECORDS, signers - (chunkIndex - 1) * CHUNK_RECORDS);
  const records = reading(() => decodeChunk(chunk, { count, types, mask: maskOf(parts) }));
  checkCounts(records, leaf0);
  const [record, ...others] = records.filter(({ id }) => id === intended.id);
  if (record === undefined || others.length > 0) {
    throw new CosignError("MissingRecord", `The chunk has no record of ${intended.id}`, { id: intended.id });
  }
  return { leaf0, record };
}

/** The chunk must leave room for at least one operation of each signer outside it. */
function checkCounts(records: readonly SignerRecord[], { signers, operations, sections, types }: Leaf0): void {
  const counts = sections.map(() => 0);
  let total = 0;
  for (const { type } of records.flatMap((record) => record.operations)) {
    const section = types[type]?.section ?? 0;
    counts[section] = (counts[section] ?? 0) + 1;
    total++;
  }
  const isAllHere = records.length === signers;
  const fits = isAllHere ? total === operations : total + signers - records.length <= operations;
  if (!fits || !sections.every((section, index) => (counts[index] ?? 0) <= section.operations)) {
    throw new CosignError("CountsContradict", "The chunk has more operations than leaf 0 says", { total, operations });
  }
}

function checkOperations(
  intended: readonly OrderOperation[],
  { operations }: SignerRecord,
  { leaf0, gas }: { leaf0: Leaf0; gas: SectionGas },
): void {
  const counts = { intended: intended.length, given: operations.length };
  if (operations.length > intended.length) throw new CosignError("ExtraOperation", "There are more operations", counts);
  if (operations.length < intended.length) throw new CosignError("MissingOperation", "An operation is missing", counts);
  operations.forEach((operation, index) => {
    const [wanted, type] = [intended[index], leaf0.types[operation.type]];
    const section = type === undefined ? undefined : leaf0.sections[type.section];
    if (wanted === undefined || type === undefined || section === undefined) return; // cannot be, after the reader
    checkSection(wanted, section, index);
    checkGasCap(section, gas, index);
    checkOperation(wanted, { operation, type, index });
    checkParameters(wanted, section, index);
  });
}

function checkSection({ section: wanted }: OrderOperation, section: CountedSection, index: number): void {
  const field = IDENTITY.find((name) => !isSame(section[name], wanted[name]));
  if (field !== undefined) {
    const values = { index, field, wanted: wanted[field], given: section[field] };
    throw new CosignError("OtherSection", `Operation ${index} is for another ${field}`, values);
  }
  if (section.fee0 > wanted.fee0 || section.fee1 > wanted.fee1) {
    const values = { index, fee0: section.fee0, fee1: section.fee1, max0: wanted.fee0, max1: wanted.fee1 };
    throw new CosignError("FeeTooHigh", `Operation ${index} costs more than its maximum`, values);
  }
}

/** The chain sees to it that a section has as many operations as leaf 0 says. */
function checkGasCap({ gasCap, operations }: CountedSection, gas: SectionGas, index: number): void {
  const least = minGasCap(operations, gas);
  if (gasCap >= least) return;
  const message = `The section of operation ${index} has a gas cap of ${gasCap}, and needs ${least}`;
  throw new CosignError("GasCapTooSmall", message, { index, gasCap, least, operations });
}

function checkOperation(
  wanted: OrderOperation,
  { operation, type, index }: { operation: BatchOperation; type: OperationType; index: number },
): void {
  const demand = (code: CosignCode, given: unknown, expected: unknown) => {
    if (given === expected) return;
    throw new CosignError(code, `Operation ${index} says ${String(given)}, not ${String(expected)}`, {
      index,
      given,
      wanted: expected,
    });
  };
  demand("OtherKind", type.kind, wanted.kind);
  demand("OtherAmount", operation.amount, wanted.amount);
  demand("WrongSequence", operation.sequence, wanted.sequence & 255);
  demand("OtherDependency", operation.dependsOnPrevious, wanted.dependsOnPrevious ?? false);
  const { form, value } = wireArgument(wanted.argument);
  if (wanted.argument.form === "limit" && operation.argument < value) demand("LooserLimit", operation.argument, value);
  const code = wanted.argument.form === "receiver" ? "OtherReceiver" : "OtherArgument";
  demand(code, operation.argument, value);
  // An id is a number that the chain turns into an address: the two must not be taken for each other.
  demand(code, type.argumentForm === ACCOUNT_FORM, form === ACCOUNT_FORM);
}

/** A protocol's own header: as intended, or for a swap a band within which the limit always holds. */
function checkParameters(wanted: OrderOperation, { parameters }: CountedSection, index: number): void {
  const { poolFee, kind, amount, argument } = wanted;
  if (poolFee === undefined || argument.form !== "limit") {
    if (isSame(parameters, wanted.section.parameters)) return;
    throw new CosignError("OtherSection", `Operation ${index} meets other parameters`, { index, field: "parameters" });
  }
  const band = decodeBand(parameters);
  const values = { index, ...band, limit: argument.value };
  let worst = -1n;
  try {
    if (band !== undefined) worst = worstSwapOut({ amount, kind, poolFee, band });
  } catch {
    // no band of the AMM: its section would fail
  }
  if (worst < argument.value)
    throw new CosignError("BandTooWide", `The band of operation ${index} is too wide`, values);
}

/** What the codec refuses, the client does. */
function reading<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    const code = CODES[error.code] ?? "Malformed";
    throw new CosignError(code, error.message, { reason: error.code, position: error.position });
  }
}

function isSame(a: string | bigint, b: string | bigint): boolean {
  return typeof a === "string" && typeof b === "string" ? a.toLowerCase() === b.toLowerCase() : a === b;
}
