import { expect } from "chai";
import { ZeroAddress } from "ethers";
import {
  CodecError,
  decodeBatch,
  decodeChunk,
  decodeLeaf0,
  encodeBatch,
  encodeBody,
  HEAD_BYTES,
  LIMIT_FORM,
  maskOf,
  rootOf,
  sealBatch,
  type Batch,
  type CodecCode,
} from "../../../src/index.js";
import { randomBatch } from "../../helpers/batches.js";
import { expectCode } from "../../helpers/expect-code.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../../helpers/random.js";

const RELAYER = "0x1111111111111111111111111111111111111111";
const ROUNDS = countFromEnvironment("LAKH_CODEC_ROUNDS", 150);

/** Two signers of transfers with one fallback signature and one excluded signer. */
function smallBatch(): Batch {
  const operation = { type: 0, dependsOnPrevious: false, sequence: 3, amount: 5_000n, argument: 77n };
  return {
    relayer: RELAYER,
    number: 9,
    expiry: 1_800_000_000,
    sections: [
      {
        protocol: ZeroAddress,
        key: `0x${"00".repeat(32)}`,
        asset0: 0xabcdn,
        asset1: 0n,
        shareId: 0n,
        gasCap: 100_000,
        fee0: 40n,
        fee1: 0n,
        parameters: "0x",
      },
    ],
    types: [
      { section: 0, kind: 0, amountForm: 3, argumentForm: 129 },
      { section: 0, kind: 1, amountForm: 14, argumentForm: LIMIT_FORM },
    ],
    records: [
      { id: 5, operations: [operation, { ...operation, type: 1, sequence: 4 }] },
      { id: 6, operations: [operation] },
      { id: 7, operations: [operation] },
    ],
    fallbacks: [{ id: 6, deadline: 1_700_000_000, bound: true, signature: "0xaabb" }],
    excluded: [7],
    signature: new Uint8Array(192).fill(1),
  };
}

function read(bytes: Uint8Array): ReturnType<typeof decodeBatch> | CodecError {
  try {
    return decodeBatch(bytes, { relayer: RELAYER });
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
}

function failure(bytes: Uint8Array, code: CodecCode): CodecError {
  return expectCode(() => decodeBatch(bytes, { relayer: RELAYER }), code) as CodecError;
}

describe("codec/batch", () => {
  it("reads what it writes, and writes what it reads", () => {
    const random = new Random(seedFromEnvironment());
    for (let round = 0; round < ROUNDS; round++) {
      const batch = randomBatch(random, round % 10 === 0 ? 200 : 6);
      const bytes = encodeBatch(batch);
      const decoded = decodeBatch(bytes, batch);
      const mask = maskOf(batch);
      const place = ({ id }: { id: number }) => (id ^ mask) >>> 0;
      const sorted = <T extends { id: number }>(list: readonly T[]) => [...list].sort((a, b) => place(a) - place(b));
      const { leaves, sections, ...rest } = decoded;
      expect(rest).to.deep.equal({
        relayer: batch.relayer,
        number: batch.number,
        expiry: batch.expiry,
        types: batch.types,
        records: sorted(batch.records),
        fallbacks: sorted(batch.fallbacks),
        excluded: sorted(batch.excluded.map((id) => ({ id }))).map(({ id }) => id),
        signature: batch.signature,
      });
      expect(sections.map(({ operations: _, ...section }) => section)).to.deep.equal(batch.sections);
      expect(encodeBatch(decoded)).to.deep.equal(bytes);
      expect(rootOf(leaves)).to.deep.equal(rootOf(encodeBody(batch).leaves));
    }
  });

  it("does not care for the order of the records given", () => {
    const batch = randomBatch(new Random(1n), 100);
    const turned = { ...batch, records: [...batch.records].reverse(), fallbacks: [...batch.fallbacks].reverse() };
    expect(encodeBatch(turned)).to.deep.equal(encodeBatch(batch));
  });

  it("refuses every truncation, and anything that follows", () => {
    const bytes = encodeBatch(smallBatch());
    for (let length = 0; length < bytes.length; length++) {
      expect(read(bytes.subarray(0, length)), `${length} bytes`).to.be.instanceOf(CodecError);
    }
    failure(Uint8Array.of(...bytes, 0), "LengthMismatch");
  });

  it("refuses every flipped bit of what is signed, or has another root", () => {
    const bytes = encodeBatch(smallBatch());
    const root = rootOf(decodeBatch(bytes, { relayer: RELAYER }).leaves);
    const bodyEnd = bytes.length - 192 - 1;
    let accepted = 0;
    for (let bit = 0; bit < bodyEnd * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (128 >> (bit & 7));
      const result = read(flipped);
      // The number and the expiry are in the digest beside the root.
      if (result instanceof CodecError || (bit >= 8 && bit < 96)) continue;
      accepted++;
      expect(rootOf(result.leaves), `bit ${bit}`).not.to.deep.equal(root);
    }
    expect(accepted).to.be.greaterThan(100);
  });

  it("answers the position at which it stopped", () => {
    const bytes = encodeBatch(smallBatch());
    expect(failure(bytes.subarray(0, 5), "Truncated").position).to.equal(1);
    expect(failure(Uint8Array.of(2, ...bytes.subarray(1)), "UnknownVersion").position).to.equal(0);
  });

  describe("refuses to read", () => {
    /** Offsets in the small batch. */
    const SECTION = HEAD_BYTES + 39;
    const TYPES = SECTION + 163;
    const CHUNK = TYPES + 8;
    const FALLBACK = CHUNK + 4 + 9 + (2 + 14 + 3) + 2 * (1 + 9);

    const cases: [title: string, code: CodecCode, position: number, value: number][] = [
      ["a batch without signers", "NoSigner", HEAD_BYTES + 1, 0],
      ["more signers than records", "Truncated", HEAD_BYTES + 1, 4],
      ["fewer signers than records", "LengthMismatch", HEAD_BYTES + 1, 2],
      ["a count of operations that the sections do not make up", "CountMismatch", HEAD_BYTES + 4, 3],
      ["a hash of other fallback signatures", "FallbackHash", HEAD_BYTES + 5, 0],
      ["more than 64 sections", "TooMany", HEAD_BYTES + 37, 65],
      ["more than 64 types", "TooMany", HEAD_BYTES + 38, 65],
      ["a fee that is no canonical float", "FloatNotCanonical", SECTION + 154, 1],
      ["a type of a section that does not exist", "UnknownSection", TYPES, 1],
      ["an amount form that does not exist", "UnknownForm", TYPES + 2, 4],
      ["an argument form that does not exist", "UnknownForm", TYPES + 3, 29],
      ["a type that does not exist", "UnknownType", CHUNK + 4, 2],
      ["a dependency of the first operation", "DependencyOrder", CHUNK + 4, 64],
      ["an amount that is no canonical float", "FloatNotCanonical", CHUNK + 8, 1],
      ["a fallback signature of nobody", "FallbackHash", FALLBACK + 1, 9],
    ];
    for (const [title, code, position, value] of cases) {
      it(title, () => {
        const batch = smallBatch();
        const bytes = encodeBatch({ ...batch, relayer: RELAYER });
        bytes[position] = value;
        failure(bytes, code);
      });
    }

    it("a section whose operations are counted wrongly", () => {
      const batch = smallBatch();
      const [section] = batch.sections;
      const two = { ...batch, sections: [section, section].filter((one) => one !== undefined) };
      const bytes = encodeBatch(two);
      const [first, second] = [SECTION + 160, SECTION + 163 + 160];
      expect([bytes[first], bytes[second]]).to.deep.equal([4, 0]);
      [bytes[first], bytes[second]] = [3, 1];
      failure(bytes, "CountMismatch");
    });

    it("a bit of the bitmap that belongs to nobody, and a bitmap of another length", () => {
      const bytes = encodeBatch(smallBatch());
      const bitmap = bytes.length - 193;
      bytes[bitmap] = (bytes[bitmap] ?? 0) | 1;
      failure(bytes, "BitmapPadding");
    });

    it("an aggregate signature where nobody uses his key", () => {
      const batch = smallBatch();
      const body = encodeBody(batch);
      const lonely = sealBatch(body, { excluded: [5, 7], signature: new Uint8Array() });
      expect(read(lonely)).not.to.be.instanceOf(CodecError);
      failure(Uint8Array.of(...lonely, ...batch.signature), "LengthMismatch");
    });

    it("places that are not written as they must be", () => {
      const types = [{ section: 0, kind: 0, amountForm: 0, argumentForm: 0 }] as const;
      const first = [0, 0, 0, 5, 128, 1];
      const chunk = (second: number[]) =>
        decodeChunk(Uint8Array.from([...first, ...second, 128, 1]), { count: 2, types, mask: 0 });
      expect(chunk([0]).map(({ id }) => id)).to.deep.equal([5, 6]);
      expect(chunk([0x80, 1]).map(({ id }) => id)).to.deep.equal([5, 134]);
      expectCode(() => chunk([0x80, 0]), "VarintNotCanonical");
      expectCode(() => chunk([255, 255, 255, 255, 31]), "VarintNotCanonical");
      expectCode(() => chunk([128, 128, 128, 128, 128, 1]), "VarintNotCanonical");
      expectCode(() => chunk([255, 255, 255, 255, 15]), "IdOrder"); // round the end, to a place that was there
    });

    it("a leaf 0 with something behind it", () => {
      const leaf0 = encodeBody(smallBatch()).leaves[0] ?? expect.fail("no leaf");
      expect(decodeLeaf0(leaf0).signers).to.equal(3);
      expectCode(() => decodeLeaf0(Uint8Array.of(...leaf0, 0)), "LengthMismatch");
    });
  });

  describe("refuses to write", () => {
    const batch = smallBatch();
    const [record] = batch.records;
    const [operation] = record?.operations ?? [];
    const [section] = batch.sections;
    if (record === undefined || operation === undefined || section === undefined) throw new Error("The batch is empty");
    const withOperation = (change: object): Batch => ({
      ...batch,
      records: [{ id: 5, operations: [{ ...operation, ...change }] }],
      fallbacks: [],
      excluded: [],
    });
    const cases: [title: string, code: CodecCode, batch: Batch][] = [
      ["a batch without signers", "NoSigner", { ...batch, records: [], fallbacks: [], excluded: [] }],
      ["an id twice", "IdOrder", { ...batch, records: [...batch.records, record] }],
      ["an id above 32 bits", "ValueOutOfRange", { ...batch, records: [{ ...record, id: 2 ** 32 }] }],
      ["an empty record", "CountMismatch", { ...batch, records: [{ id: 5, operations: [] }] }],
      ["more than 64 sections", "TooMany", { ...batch, sections: new Array<typeof section>(65).fill(section) }],
      [
        "a section that does not exist",
        "UnknownSection",
        { ...batch, types: [{ section: 1, kind: 0, amountForm: 0, argumentForm: 0 }] },
      ],
      [
        "an argument form that does not exist",
        "UnknownForm",
        { ...batch, types: [{ section: 0, kind: 0, amountForm: 0, argumentForm: 29 }] },
      ],
      [
        "a kind above 255",
        "ValueOutOfRange",
        { ...batch, types: [{ section: 0, kind: 256, amountForm: 0, argumentForm: 0 }] },
      ],
      ["a type that does not exist", "UnknownType", withOperation({ type: 2 })],
      ["a dependency of the first operation", "DependencyOrder", withOperation({ dependsOnPrevious: true })],
      ["a sequence above 255", "ValueOutOfRange", withOperation({ sequence: 256 })],
      ["an amount without a float", "FloatInexact", withOperation({ amount: 1_234_567n })],
      ["an argument that does not fit", "ValueOutOfRange", withOperation({ argument: 1n << 32n })],
      ["a fee without a float", "FloatInexact", { ...batch, sections: [{ ...section, fee0: 1_234_567n }] }],
      [
        "a fallback signature of nobody",
        "IdUnknown",
        { ...batch, fallbacks: [{ id: 8, deadline: 1, bound: false, signature: "0x" }] },
      ],
      [
        "two fallback signatures of one signer",
        "FallbackOrder",
        { ...batch, fallbacks: [...batch.fallbacks, ...batch.fallbacks] },
      ],
      ["an excluded id of nobody", "IdUnknown", { ...batch, excluded: [8] }],
      ["a signature of another length", "LengthMismatch", { ...batch, signature: new Uint8Array(96) }],
      ["a number above 48 bits", "ValueOutOfRange", { ...batch, number: 2 ** 48 }],
      [
        "parameters that are not hexadecimal",
        "ValueOutOfRange",
        { ...batch, sections: [{ ...section, parameters: "0x1" }] },
      ],
    ];
    for (const [title, code, wrong] of cases) it(title, () => void expectCode(() => encodeBatch(wrong), code));
  });
});
