import { getAddress, toBeHex, ZeroAddress } from "ethers";
import {
  ACCOUNT_FORM,
  argumentSize,
  encodeFloat,
  decodeFloat,
  LIMIT_FORM,
  SIGNATURE_BYTES,
  type AmountForm,
  type Batch,
  type BatchOperation,
  type OperationType,
  type SectionHeader,
  type SignerRecord,
} from "../../src/index.js";
import { type Random } from "./random.js";

const MAX_AMOUNT = (1n << 112n) - 1n;

/** A batch that fills every field; at most `signers` signers. */
export function randomBatch(random: Random, signers: number): Batch {
  const sections = listOf(1 + Number(random.below(6n)), () => randomSection(random));
  const types = listOf(1 + Number(random.below(12n)), () => randomType(random, sections.length));
  const ids = new Set(listOf(1 + Number(random.below(BigInt(signers))), () => randomId(random)));
  const records = [...ids].map((id) => randomRecord(random, id, types));
  const fallbacks = [...ids]
    .filter(() => random.chance(20))
    .map((id) => ({
      id,
      deadline: Number(random.below(1n << 40n)),
      bound: random.chance(50),
      signature: randomHex(random, Number(random.below(80n))),
    }));
  const excluded = [...ids].filter(() => random.chance(10));
  const absent = new Set([...excluded, ...fallbacks.map(({ id }) => id)]);
  return {
    relayer: randomAddress(random),
    number: Number(random.below(1n << 48n)),
    expiry: Number(random.below(1n << 40n)),
    sections,
    types,
    records,
    fallbacks,
    excluded,
    signature: new Uint8Array(absent.size === ids.size ? 0 : SIGNATURE_BYTES).fill(7),
  };
}

export function randomAddress(random: Random): string {
  return getAddress(toBeHex(1n + random.below((1n << 160n) - 1n), 20));
}

export function randomHex(random: Random, bytes: number): string {
  return `0x${Array.from({ length: bytes }, () => random.below(256n).toString(16).padStart(2, "0")).join("")}`;
}

function randomSection(random: Random): SectionHeader {
  return {
    protocol: random.chance(30) ? ZeroAddress : randomAddress(random),
    key: randomHex(random, 32),
    asset0: random.magnitude(1n, 1n << 191n),
    asset1: random.chance(20) ? 0n : (1n << 255n) | random.below(1n << 190n),
    shareId: random.chance(50) ? 0n : random.below(1n << 191n),
    gasCap: Number(random.below(1n << 32n)),
    fee0: randomFloat(random),
    fee1: randomFloat(random),
    parameters: randomHex(random, random.pick([0, 0, 1, 64, 300])),
  };
}

function randomType(random: Random, sections: number): OperationType {
  return {
    section: Number(random.below(BigInt(sections))),
    kind: Number(random.below(256n)),
    amountForm: random.pick<AmountForm>([0, 3, 14]),
    argumentForm: random.pick([LIMIT_FORM, ACCOUNT_FORM, 0, 20, 28, Number(random.below(29n))]),
  };
}

function randomRecord(random: Random, id: number, types: readonly OperationType[]): SignerRecord {
  const operations: BatchOperation[] = [];
  for (let count = 1 + Number(random.below(4n)); count > 0; count--) {
    const type = Number(random.below(BigInt(types.length)));
    const { section, amountForm, argumentForm } = types[type] ?? { section: 0, amountForm: 0, argumentForm: 0 };
    const previous = operations.at(-1);
    const isLater = previous !== undefined && (types[previous.type]?.section ?? section) < section;
    const bits = BigInt(argumentSize(argumentForm) ?? 0) * 8n;
    operations.push({
      type,
      dependsOnPrevious: isLater && random.chance(50),
      sequence: Number(random.below(256n)),
      amount: amountForm === 0 ? 0n : amountForm === 3 ? randomFloat(random) : random.below(MAX_AMOUNT + 1n),
      argument: argumentForm === LIMIT_FORM ? randomFloat(random) : bits === 0n ? 0n : randomBits(random, bits),
    });
  }
  return { id, operations };
}

function randomFloat(random: Random): bigint {
  if (random.chance(10)) return 0n;
  return decodeFloat(encodeFloat(random.magnitude(1n, MAX_AMOUNT), "down"));
}

function randomBits(random: Random, bits: bigint): bigint {
  return (random.below(1n << 112n) | (random.below(1n << 112n) << 112n)) & ((1n << bits) - 1n);
}

/** Now and then neighbours, so that places of one byte and of five occur. */
function randomId(random: Random): number {
  return Number(random.chance(50) ? random.below(1n << 32n) : random.below(600n));
}

function listOf<T>(length: number, make: () => T): T[] {
  return Array.from({ length }, make);
}
