import { getAddress } from "ethers";
import { equalBytes, readBig, readUint, toHex } from "./bytes.js";
import { maskOf } from "./digest.js";
import { CodecError, type CodecCode } from "./error.js";
import { decodeFloat } from "./floats.js";
import { keccak256 } from "./keccak.js";
import {
  argumentSize,
  CHUNK_RECORDS,
  CODEC_VERSION,
  HEAD_BYTES,
  LIMIT_FORM,
  MAX_SECTIONS,
  MAX_TYPES,
  SIGNATURE_BYTES,
  type AmountForm,
  type Batch,
  type BatchOperation,
  type Fallback,
  type OperationType,
  type SectionHeader,
  type SignerRecord,
} from "./types.js";

/** A section as leaf 0 states it. */
export type CountedSection = SectionHeader & { operations: number };

/** The tables and counts of a batch. */
export type Leaf0 = {
  signers: number;
  operations: number;
  /** keccak256 of the fallback list; 32 zero bytes when it is empty. */
  fallbackHash: Uint8Array;
  sections: readonly CountedSection[];
  types: readonly OperationType[];
};

/** A batch that was read, with its leaves as they stand in the bytes: what `rootOf` takes. */
export type DecodedBatch = Omit<Batch, "sections"> & {
  sections: readonly CountedSection[];
  leaves: readonly Uint8Array[];
};

/** What the chunks add up to. */
type Tally = { operations: number; bySection: number[] };

const NO_HASH = new Uint8Array(32);
const MAX_ID = 0xffff_ffff;

/**
 * Reads a batch of `relayer`, who is not in the bytes, and refuses whatever docs/settlement.md calls malformed. Records
 * stand in the order of the batch; about 1 µs for each operation. Throws `CodecError` with a position.
 */
export function decodeBatch(bytes: Uint8Array, { relayer }: { relayer: string }): DecodedBatch {
  const cursor = new Cursor(bytes, 0);
  const version = cursor.uint(1);
  if (version !== CODEC_VERSION) throw cursor.error("UnknownVersion", `There is no version ${version}`, 0);
  const [number, expiry] = [cursor.uint(6), cursor.uint(5)];
  const [leaf0Bytes, chunkBytes, fallbackBytes, bitmapBytes] = [2, 3, 3, 2].map((size) => cursor.uint(size)) as [
    number,
    number,
    number,
    number,
  ];
  const leaf0Start = HEAD_BYTES;
  const chunkStart = leaf0Start + leaf0Bytes;
  const fallbackStart = chunkStart + chunkBytes;
  const bitmapStart = fallbackStart + fallbackBytes;
  const signatureStart = bitmapStart + bitmapBytes;
  if (signatureStart > bytes.length)
    throw cursor.error("Truncated", "The batch is shorter than its head says", bytes.length);

  const leaf0 = decodeLeaf0(bytes.subarray(leaf0Start, chunkStart), leaf0Start);
  const mask = maskOf({ relayer, number });
  const leaves = [bytes.subarray(leaf0Start, chunkStart)];
  const records: SignerRecord[] = [];
  const tally: Tally = { operations: 0, bySection: leaf0.sections.map(() => 0) };
  let [start, previous] = [chunkStart, -1];
  while (records.length < leaf0.signers) {
    const count = Math.min(CHUNK_RECORDS, leaf0.signers - records.length);
    const options = { count, types: leaf0.types, mask, previous, position: start, tally };
    const chunk = readChunk(bytes.subarray(start, fallbackStart), options);
    records.push(...chunk.records);
    leaves.push(bytes.subarray(start, start + chunk.length));
    start += chunk.length;
    previous = chunk.last;
  }
  if (start !== fallbackStart) throw cursor.error("LengthMismatch", "The chunks are shorter than the head says", start);
  const isCounted = leaf0.sections.every(({ operations }, index) => operations === tally.bySection[index]);
  if (!isCounted || leaf0.operations !== tally.operations) {
    throw cursor.error("CountMismatch", "There are not as many operations as leaf 0 says", leaf0Start);
  }

  const list = bytes.subarray(fallbackStart, bitmapStart);
  const hash = list.length === 0 ? NO_HASH : keccak256(list);
  if (!equalBytes(hash, leaf0.fallbackHash)) {
    throw cursor.error("FallbackHash", "The list of fallback signatures is not that of leaf 0", fallbackStart);
  }
  const ids = records.map(({ id }) => id);
  const fallbacks = readFallbacks(list, { ids, position: fallbackStart });
  const excluded = readBitmap(bytes.subarray(bitmapStart, signatureStart), { ids, position: bitmapStart });
  const absent = new Set([...excluded, ...fallbacks.map(({ id }) => id)]);
  const signature = bytes.subarray(signatureStart);
  if (signature.length !== (absent.size === ids.length ? 0 : SIGNATURE_BYTES)) {
    throw cursor.error("LengthMismatch", "The aggregate signature has another length", signatureStart);
  }
  const { sections, types } = leaf0;
  return { relayer, number, expiry, sections, types, records, fallbacks, excluded, signature, leaves };
}

/** Reads leaf 0, which begins at byte `position` of the batch. Throws `CodecError`. */
export function decodeLeaf0(bytes: Uint8Array, position = 0): Leaf0 {
  const cursor = new Cursor(bytes, position);
  const [signers, operations, fallbackHash] = [cursor.uint(2), cursor.uint(3), cursor.take(32)];
  const [sectionCount, typeCount] = [cursor.uint(1), cursor.uint(1)];
  if (signers === 0) throw cursor.error("NoSigner", "A batch has at least one signer", position);
  if (sectionCount > MAX_SECTIONS || typeCount > MAX_TYPES) {
    throw cursor.error("TooMany", "There are too many sections or types", position);
  }
  const sections = Array.from({ length: sectionCount }, () => readSection(cursor));
  const types = Array.from({ length: typeCount }, () => readType(cursor, sectionCount));
  cursor.finish();
  if (sections.reduce((sum, section) => sum + section.operations, 0) !== operations) {
    throw cursor.error("CountMismatch", "The sections' operations do not add up", position);
  }
  return { signers, operations, fallbackHash, sections, types };
}

/**
 * Reads a chunk of exactly `count` records. `previous` is the last x of the chunk before, −1 unless given: whoever reads
 * a single chunk cannot know it. Throws `CodecError`.
 */
export function decodeChunk(
  bytes: Uint8Array,
  {
    count,
    types,
    mask,
    previous = -1,
    position = 0,
  }: { count: number; types: readonly OperationType[]; mask: number; previous?: number; position?: number },
): SignerRecord[] {
  const tally: Tally = { operations: 0, bySection: [] };
  const { records, length } = readChunk(bytes, { count, types, mask, previous, position, tally });
  if (length === bytes.length) return records;
  throw new Cursor(bytes, position).error("LengthMismatch", "The chunk goes on after its records", position + length);
}

type ChunkOptions = {
  count: number;
  types: readonly OperationType[];
  mask: number;
  previous: number;
  position: number;
  tally: Tally;
};

function readChunk(
  bytes: Uint8Array,
  { count, types, mask, previous, position, tally }: ChunkOptions,
): { records: SignerRecord[]; last: number; length: number } {
  const cursor = new Cursor(bytes, position);
  const records: SignerRecord[] = [];
  let last = previous;
  for (let i = 0; i < count; i++) {
    const at = cursor.position;
    const x = i === 0 ? cursor.uint(4) : last + 1 + readVarint(cursor);
    if (x <= last || x > MAX_ID) throw cursor.error("IdOrder", "The records are not in ascending order", at);
    last = x;
    records.push({ id: (x ^ mask) >>> 0, operations: readOperations(cursor, types, tally) });
  }
  return { records, last, length: cursor.offset };
}

function readOperations(cursor: Cursor, types: readonly OperationType[], tally: Tally): BatchOperation[] {
  const operations: BatchOperation[] = [];
  let earlier = -1;
  for (let isLast = false; !isLast;) {
    const at = cursor.position;
    const tag = cursor.uint(1);
    const sequence = cursor.uint(1);
    const type = tag & 63;
    const row = types[type];
    if (row === undefined) throw cursor.error("UnknownType", `There is no type ${type}`, at);
    const dependsOnPrevious = (tag & 64) !== 0;
    if (dependsOnPrevious && (operations.length === 0 || earlier >= row.section)) {
      throw cursor.error("DependencyOrder", "An operation depends on one of an earlier section", at);
    }
    earlier = row.section;
    tally.operations++;
    tally.bySection[earlier] = (tally.bySection[earlier] ?? 0) + 1;
    const { amountForm, argumentForm } = row;
    const amount = amountForm === 3 ? cursor.float() : cursor.big(amountForm);
    const argument = argumentForm === LIMIT_FORM ? cursor.float() : cursor.big(argumentSize(argumentForm) ?? 0);
    operations.push({ type, dependsOnPrevious, sequence, amount, argument });
    isLast = (tag & 128) !== 0;
  }
  return operations;
}

function readVarint(cursor: Cursor): number {
  const at = cursor.position;
  let value = 0;
  for (let group = 0, scale = 1; group < 5; group++, scale *= 128) {
    const byte = cursor.uint(1);
    value += (byte & 127) * scale;
    if (byte >= 128) continue;
    if ((byte === 0 && group > 0) || value > MAX_ID) break;
    return value;
  }
  throw cursor.error("VarintNotCanonical", "The place of the record is not written as it must be", at);
}

function readSection(cursor: Cursor): CountedSection {
  const protocol = getAddress(toHex(cursor.take(20)));
  const key = toHex(cursor.take(32));
  const [asset0, asset1, shareId] = [cursor.big(32), cursor.big(32), cursor.big(32)];
  const [gasCap, fee0, fee1, operations] = [cursor.uint(4), cursor.float(), cursor.float(), cursor.uint(3)];
  const parameters = toHex(cursor.take(cursor.uint(2)));
  return { protocol, key, asset0, asset1, shareId, gasCap, fee0, fee1, parameters, operations };
}

function readType(cursor: Cursor, sections: number): OperationType {
  const at = cursor.position;
  const [section, kind, amountForm, argumentForm] = [cursor.uint(1), cursor.uint(1), cursor.uint(1), cursor.uint(1)];
  if (section >= sections) throw cursor.error("UnknownSection", `There is no section ${section}`, at);
  if (!isAmountForm(amountForm) || argumentSize(argumentForm) === undefined) {
    throw cursor.error("UnknownForm", "There is no such form", at);
  }
  return { section, kind, amountForm, argumentForm };
}

function isAmountForm(form: number): form is AmountForm {
  return form === 0 || form === 3 || form === 14;
}

function readFallbacks(bytes: Uint8Array, { ids, position }: { ids: readonly number[]; position: number }): Fallback[] {
  const cursor = new Cursor(bytes, position);
  const fallbacks: Fallback[] = [];
  let previous = -1;
  while (cursor.offset < bytes.length) {
    const at = cursor.position;
    const [signer, deadline, bound] = [cursor.uint(2), cursor.uint(5), cursor.uint(1)];
    const signature = toHex(cursor.take(cursor.uint(2)));
    const id = ids[signer];
    if (id === undefined) throw cursor.error("IdUnknown", `There is no signer ${signer}`, at);
    if (signer <= previous) throw cursor.error("FallbackOrder", "Fallback signatures ascend by signer", at);
    if (bound > 1) throw cursor.error("ValueOutOfRange", "A signature is bound to the relayer or not: 0 or 1", at);
    previous = signer;
    fallbacks.push({ id, deadline, bound: bound === 1, signature });
  }
  return fallbacks;
}

function readBitmap(bytes: Uint8Array, { ids, position }: { ids: readonly number[]; position: number }): number[] {
  if (bytes.length === 0) return [];
  const cursor = new Cursor(bytes, position);
  if (bytes.length !== Math.ceil(ids.length / 8)) {
    throw cursor.error("LengthMismatch", "The bitmap has one bit for each signer", position);
  }
  const isSet = (index: number) => ((bytes[index >> 3] ?? 0) & (128 >> (index & 7))) !== 0;
  for (let index = ids.length; index < bytes.length * 8; index++) {
    if (isSet(index)) throw cursor.error("BitmapPadding", "A bit of the bitmap belongs to nobody", position);
  }
  return ids.filter((_, index) => isSet(index));
}

/** Reads from front to back; `position` counts from the start of the batch. */
class Cursor {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  offset = 0;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#start = start;
  }

  get position(): number {
    return this.#start + this.offset;
  }

  uint(size: number): number {
    return readUint(this.#bytes, this.#advance(size), size);
  }

  big(size: number): bigint {
    return readBig(this.#bytes, this.#advance(size), size);
  }

  take(size: number): Uint8Array {
    const offset = this.#advance(size);
    return this.#bytes.subarray(offset, offset + size);
  }

  float(): bigint {
    const at = this.position;
    try {
      return decodeFloat(this.uint(3));
    } catch (error) {
      if (error instanceof CodecError && error.position === undefined) throw this.error(error.code, error.message, at);
      throw error;
    }
  }

  finish(): void {
    if (this.offset !== this.#bytes.length) throw this.error("LengthMismatch", "Bytes are left over", this.position);
  }

  error(code: CodecCode, message: string, position: number): CodecError {
    return new CodecError(code, message, { position });
  }

  #advance(size: number): number {
    const offset = this.offset;
    this.offset += size;
    if (this.offset > this.#bytes.length)
      throw this.error("Truncated", "The bytes end too early", this.#start + offset);
    return offset;
  }
}
