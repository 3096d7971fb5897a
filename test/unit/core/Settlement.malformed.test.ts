import { expect } from "chai";
import {
  buildBatch,
  callSettle,
  ethers,
  loadFixture,
  MAX_GAS,
  recordOf,
  sectionOf,
  settlementFixture,
  toBytes,
  toHex,
  typeOf,
  type BatchOptions,
  type Layout,
  type SettlementFixture,
} from "../../helpers/settlement-fixture.js";
import { ACCOUNT_FORM, encodeSettle, LIMIT_FORM } from "../../../src/index.js";

/** A change of a batch, and the byte at which it is refused. */
type Case = [
  title: string,
  change: (batch: Uint8Array, layout: Layout) => Uint8Array,
  position: (layout: Layout) => number,
];

const SIGNERS = 34;
/** The first section is one of transfers without parameters, the second of a protocol with three bytes of them. */
const SECTION_1 = 39 + 163;
const TYPES = SECTION_1 + 166;
const FLOAT_10 = [0, 0, 10 << 5]; // 10, whose exponent is 0
const FLOAT_10_BY_10 = [0, 1, 65]; // 10 · 10^1: two ways to write 100
const FLOAT_TOO_LARGE = [255, 255, 255]; // (2^19 − 1) · 10^31

/** 34 signers in two chunks; the last one is excluded, and one of the first chunk brings his own signature. */
async function optionsOf(fixture: SettlementFixture): Promise<BatchOptions> {
  const sections = [
    sectionOf(fixture),
    sectionOf(fixture, { protocol: await fixture.protocol.getAddress(), parameters: "0xabcdef" }),
  ];
  const types = [
    typeOf(0, { amountForm: 3, argumentForm: ACCOUNT_FORM }),
    typeOf(1, { amountForm: 3, argumentForm: LIMIT_FORM }),
    typeOf(1, { amountForm: 14, argumentForm: 2 }),
  ];
  const ids = Array.from({ length: SIGNERS }, (_, id) => id);
  const records = ids.map((id) =>
    recordOf(
      id,
      { type: 0, amount: 10n, argument: 3n },
      { type: 1, amount: 20n, argument: 30n, sequence: 1 },
      { type: 2, amount: 40n, argument: 50n, sequence: 2, dependsOnPrevious: false },
    ),
  );
  const sample = await buildBatch(fixture, { sections, types, records });
  // Read as a record, the entry of the third signer begins with an operation of type 2, in which all bytes are fine.
  const [fallback, last] = [sample.encoded.ids[2] ?? 0, sample.encoded.ids.at(-1) ?? 0];
  return { sections, types, records, excluded: [last], fallbacks: [{ id: fallback, signature: "0x123456" }] };
}

/** Bytes of one record behind its place: tag, sequence, float and id; the same with a limit; a full amount and 2 bytes. */
const RECORD = 9 + 8 + 18;

/** Where record `index` begins. Places within a chunk are below 128 apart here, but for the chunks' first ones. */
function recordAt(layout: Layout, index: number): number {
  return layout.chunks + index * (1 + RECORD) + 3 * Math.ceil(index / 32); // a chunk's first place takes 4 bytes
}

/** Where the operations of record `index` begin. */
function operationsAt(layout: Layout, index: number): number {
  return recordAt(layout, index) + (index % 32 === 0 ? 4 : 1);
}

function write(batch: Uint8Array, offset: number, bytes: readonly number[]): Uint8Array {
  const copy = batch.slice();
  copy.set(bytes, offset);
  return copy;
}

/** Puts `bytes` where `removed` bytes were, and corrects the length of that part in the head. */
function splice(
  batch: Uint8Array,
  offset: number,
  removed: number,
  bytes: readonly number[],
  part: keyof typeof LENGTHS,
) {
  const spliced = Uint8Array.from([...batch.subarray(0, offset), ...bytes, ...batch.subarray(offset + removed)]);
  return part === "signature" ? spliced : resize(spliced, part, bytes.length - removed);
}

const LENGTHS = { leaf0: [12, 2], chunks: [14, 3], fallbacks: [17, 3], bitmap: [20, 2], signature: [0, 0] } as const;

/** Changes the length of a part in the head. */
function resize(batch: Uint8Array, part: keyof typeof LENGTHS, by: number): Uint8Array {
  const [offset, size] = LENGTHS[part];
  const copy = batch.slice();
  let value = by;
  for (let i = 0; i < size; i++) value += (copy[offset + i] ?? 0) * 256 ** (size - 1 - i);
  for (let i = size - 1; i >= 0; i--, value = Math.floor(value / 256)) copy[offset + i] = value % 256;
  return copy;
}

const HEAD: Case[] = [
  ["is empty", () => new Uint8Array(), () => 0],
  ["ends within the head", (batch) => batch.subarray(0, 21), () => 0],
  ["ends with the head", (batch) => write(batch.subarray(0, 22), 12, new Array<number>(10).fill(0)), () => 22],
  ["is shorter than its head says", (batch, { signature }) => batch.subarray(0, signature - 1), () => 0],
  ["has a longer leaf 0 than there are bytes", (batch) => write(batch, 12, [255, 255]), () => 0],
  ["has more bytes of chunks than there are", (batch) => write(batch, 14, [255, 255, 255]), () => 0],
  ["has more bytes of fallback signatures than there are", (batch) => write(batch, 17, [255, 255, 255]), () => 0],
  ["has a longer bitmap than there are bytes", (batch) => write(batch, 20, [255, 255]), () => 0],
];

const LEAF_0: Case[] = [
  ["has too short a leaf 0", (batch) => write(batch, 12, [0, 38]), () => 22],
  ["has no signers", (batch) => write(batch, 22, [0, 0]), () => 22],
  ["has fewer operations than signers", (batch) => write(batch, 24, [0, 0, SIGNERS - 1]), () => 22],
  ["has no sections", (batch) => write(batch, 22 + 37, [0]), () => 22 + 39],
  [
    "has no types",
    (batch) => splice(write(batch, 22 + 38, [0]), 22 + TYPES, 12, [], "leaf0"),
    (l) => l.chunks - 12 + 4,
  ],
  ["has 65 sections", (batch) => write(batch, 22 + 37, [65]), () => 22],
  ["has 65 types", (batch) => write(batch, 22 + 38, [65]), () => 22],
  [
    "has another list of fallback signatures than it says (SET_02)",
    (batch) => write(batch, 27, [1, 2, 3]),
    (l) => l.fallbacks,
  ],
  ["has a signature in its list changed", (batch, l) => write(batch, l.fallbacks + 10, [0]), (l) => l.fallbacks],
  ["has more sections than bytes", (batch) => write(batch, 22 + 37, [64]), () => 22 + TYPES],
  ["has a third section in the bytes of its types", (batch) => write(batch, 22 + 37, [3]), () => 22 + TYPES],
  [
    "has a first fee that is not canonical",
    (batch) => write(batch, 22 + 39 + 152, FLOAT_10_BY_10),
    () => 22 + 39 + 152,
  ],
  ["has a first fee above 2^112", (batch) => write(batch, 22 + 39 + 152, FLOAT_TOO_LARGE), () => 22 + 39 + 152],
  [
    "has a second fee that is not canonical",
    (batch) => write(batch, 22 + SECTION_1 + 155, FLOAT_10_BY_10),
    () => 22 + SECTION_1 + 155,
  ],
  ["has longer parameters than leaf 0", (batch) => write(batch, 22 + SECTION_1 + 161, [1, 0]), () => 22 + SECTION_1],
  ["has more operations in a section than bytes", (batch) => write(batch, 22 + 39 + 158, [15, 0, 0]), () => 22 + 39],
  ["has more operations in sections than in all", (batch) => write(batch, 22 + 39 + 158, [0, 0, 103]), () => 22 + 202],
  [
    "has fewer operations in sections than in all",
    (batch) => write(batch, 22 + 39 + 158, [0, 0, 33]),
    () => 22 + TYPES,
  ],
  ["has a type less than its bytes", (batch) => write(batch, 22 + 38, [2]), () => 22 + TYPES],
  ["has a type more than its bytes", (batch) => write(batch, 22 + 38, [4]), () => 22 + TYPES],
  ["has a type of a section that is not there", (batch) => write(batch, 22 + TYPES, [2]), () => 22 + TYPES],
  ["has an unknown amount form", (batch) => write(batch, 22 + TYPES + 4 + 2, [4]), () => 22 + TYPES + 4],
  ["has an unknown argument form", (batch) => write(batch, 22 + TYPES + 8 + 3, [29]), () => 22 + TYPES + 8],
  ["has an argument form above all", (batch) => write(batch, 22 + TYPES + 3, [130]), () => 22 + TYPES],
];

const RECORDS: Case[] = [
  [
    "has an operation of a type that is not there",
    (batch, l) => write(batch, operationsAt(l, 3), [3]),
    (l) => operationsAt(l, 3),
  ],
  [
    "has an amount that is no canonical float",
    (batch, l) => write(batch, operationsAt(l, 3) + 2, FLOAT_10_BY_10),
    (l) => operationsAt(l, 3),
  ],
  [
    "has an amount above 2^112 among operations that are read at once",
    (batch, l) => write(batch, operationsAt(l, 3) + 9 + 2, FLOAT_TOO_LARGE),
    (l) => operationsAt(l, 3) + 9,
  ],
  [
    "has an amount that is no canonical float, with a limit that is one",
    (batch, l) => write(batch, operationsAt(l, 3) + 9 + 2, FLOAT_10_BY_10),
    (l) => operationsAt(l, 3) + 9,
  ],
  [
    "has a limit that is no canonical float",
    (batch, l) => write(batch, operationsAt(l, 3) + 9 + 5, FLOAT_10_BY_10),
    (l) => operationsAt(l, 3) + 9,
  ],
  [
    "has a limit above 2^112",
    (batch, l) => write(batch, operationsAt(l, 3) + 9 + 5, FLOAT_TOO_LARGE),
    (l) => operationsAt(l, 3) + 9,
  ],
  [
    "has a first operation that depends on the previous one",
    (batch, l) => write(batch, operationsAt(l, 3), [64]),
    (l) => operationsAt(l, 3),
  ],
  [
    "has a first operation, of a later section, that depends on the previous one",
    (batch, l) => write(batch, operationsAt(l, 3), [64 | 1]),
    (l) => operationsAt(l, 3),
  ],
  [
    "has an operation that depends on one of the same section (SET_12)",
    (batch, l) => write(batch, operationsAt(l, 3) + 17, [128 | 64 | 2]),
    (l) => operationsAt(l, 3) + 17,
  ],
  [
    "has an operation that depends on one of a later section (SET_12)",
    (batch, l) => write(write(batch, operationsAt(l, 3), [1]), operationsAt(l, 3) + 8, [64 | 0, 0]),
    (l) => operationsAt(l, 3) + 8,
  ],
  [
    "has more operations of a section than it says",
    (batch, l) => splice(batch, operationsAt(l, 1), 0, [0, 0, ...FLOAT_10, 0, 0, 0, 3], "chunks"),
    () => 22,
  ],
  [
    "has fewer operations of a section than it says, and more of another",
    // The sums are right, the last operation of each kind is missing in one section.
    (batch) => write(write(batch, 22 + 39 + 158, [0, 0, 35]), 22 + SECTION_1 + 158, [0, 0, 67]),
    () => 22,
  ],
  [
    "has fewer operations of a section than it says, and more of another, one of which depends on a previous one",
    (batch, l) =>
      write(write(write(batch, 22 + 39 + 158, [0, 0, 36]), 22 + SECTION_1 + 158, [0, 0, 66]), operationsAt(l, 33) + 9, [
        64 | 1,
      ]),
    () => 22,
  ],
  [
    "has a last record that ends in the list of fallback signatures",
    (batch, l) => splice(batch, l.fallbacks - 1, 1, [], "chunks"),
    (l) => l.fallbacks,
  ],
  [
    "has a place in more groups than it needs",
    (batch, l) => splice(batch, recordAt(l, 2), 1, [128 | (batch[recordAt(l, 2)] ?? 0), 0], "chunks"),
    (l) => recordAt(l, 2) + 1,
  ],
  [
    "has a place in six groups",
    (batch, l) => splice(batch, recordAt(l, 33), 1, [128, 128, 128, 128, 128, 1], "chunks"),
    (l) => recordAt(l, 33) + 5,
  ],
  [
    "has a place of 33 bits (SET_01)",
    (batch, l) => splice(batch, recordAt(l, 33), 1, [255, 255, 255, 255, 31], "chunks"),
    (l) => l.fallbacks + 4,
  ],
  [
    "has a chunk that begins with the last place of the one before (SET_01)",
    (batch, l) => write(batch, recordAt(l, 32), placeBefore(batch, l)),
    (l) => recordAt(l, 32),
  ],
  [
    "has a chunk that begins before the one before (SET_01)",
    (batch, l) => write(batch, recordAt(l, 32), [0, 0, 0, 0]),
    (l) => recordAt(l, 32),
  ],
  [
    "has one record more than it says",
    (batch, l) => write(write(batch, 22, [0, SIGNERS - 1]), l.excluded + 4, [0]),
    (l) => recordAt(l, 33),
  ],
  [
    "has one record less than it says",
    // The bytes behind the records are no operations that anybody has room for.
    (batch, l) => write(write(batch, 22, [0, SIGNERS + 1]), l.excluded + 4, [64 | 32]),
    () => 22,
  ],
];

/** The place of the last record of the first chunk. */
function placeBefore(batch: Uint8Array, layout: Layout): number[] {
  const view = new DataView(batch.buffer, batch.byteOffset);
  let place = view.getUint32(layout.chunks);
  for (let index = 1; index < 32; index++) place += (batch[recordAt(layout, index)] ?? 0) + 1;
  return [24, 16, 8, 0].map((shift) => (place >>> shift) & 255);
}

const TAIL: Case[] = [
  ["has a bitmap one byte too short", (batch, l) => splice(batch, l.excluded, 1, [], "bitmap"), (l) => l.excluded],
  ["has a bitmap one byte too long", (batch, l) => splice(batch, l.excluded, 0, [0], "bitmap"), (l) => l.excluded],
  ["excludes a signer who is not there", (batch, l) => write(batch, l.excluded + 4, [64 | 32]), (l) => l.excluded],
  ["excludes the last bit", (batch, l) => write(batch, l.excluded + 4, [64 | 1]), (l) => l.excluded],
  [
    "has no signature though a signer needs one (SET_04)",
    (batch, l) => batch.subarray(0, l.signature),
    (l) => l.signature,
  ],
  ["has a signature of 191 bytes", (batch, l) => batch.subarray(0, l.end - 1), (l) => l.signature],
  ["has bytes behind the signature", (batch) => Uint8Array.from([...batch, 0]), (l) => l.signature],
  ["has a byte of the chunks in the bitmap's place", (batch) => resize(batch, "chunks", 1), (l) => l.fallbacks + 1],
];

/** Lists of fallback signatures, as leaf 0 states them, and the entry that is refused. */
const FALLBACKS: [title: string, entries: (readonly number[])[], entry: number][] = [
  ["a signer who is not there", [[0, SIGNERS, 0, 0, 0, 0, 1, 0, 0, 0]], 0],
  ["a signer far behind", [[255, 255, 0, 0, 0, 0, 1, 0, 0, 0]], 0],
  ["a binding that is neither 0 nor 1", [[0, 1, 0, 0, 0, 0, 1, 2, 0, 0]], 0],
  ["a longer signature than the list", [[0, 1, 0, 0, 0, 0, 1, 0, 0, 1]], 0],
  [
    "a last entry that breaks off",
    [
      [0, 1, 0, 0, 0, 0, 1, 0, 0, 0],
      [0, 2, 0, 0, 0, 0, 1, 0, 0],
    ],
    1,
  ],
  [
    "the same signer twice",
    [
      [0, 1, 0, 0, 0, 0, 1, 0, 0, 0],
      [0, 1, 0, 0, 0, 0, 1, 0, 0, 0],
    ],
    1,
  ],
  [
    "signers that descend",
    [
      [0, 2, 0, 0, 0, 0, 1, 0, 0, 0],
      [0, 1, 0, 0, 0, 0, 1, 0, 0, 0],
    ],
    1,
  ],
];

async function malformedFixture() {
  const fixture = await settlementFixture();
  const options = await optionsOf(fixture);
  return { ...fixture, options };
}

describe("Settlement", () => {
  describe("settle", () => {
    it("reads the batch of these tests when nothing is wrong with it", async () => {
      const fixture = await loadFixture(malformedFixture);
      const { bytes } = await buildBatch(fixture, fixture.options);
      await callSettle(fixture, bytes);
    });

    for (const [title, change, position] of [...HEAD, ...LEAF_0, ...RECORDS, ...TAIL]) {
      it(`reverts when the batch ${title} (SET_16)`, async () => {
        const fixture = await loadFixture(malformedFixture);
        let layout: Layout | undefined;
        const { bytes } = await buildBatch(fixture, {
          ...fixture.options,
          tamper(batch, found) {
            layout = found;
            return change(batch, found);
          },
        });
        if (layout === undefined) throw new Error("The batch was not built");
        await expect(callSettle(fixture, bytes))
          .to.be.revertedWithCustomError(fixture.settlement, "SettlementMalformed")
          .withArgs(BigInt(position(layout)));
      });
    }

    for (const [title, entries, entry] of FALLBACKS) {
      it(`reverts when the list of fallback signatures has ${title} (SET_16)`, async () => {
        const fixture = await loadFixture(malformedFixture);
        const list = entries.flat();
        let position = 0;
        const { bytes } = await buildBatch(fixture, {
          ...fixture.options,
          tamper(batch, layout) {
            const { fallbacks, excluded } = layout;
            position = fallbacks + entries.slice(0, entry).flat().length;
            const hash = [...toBytes(ethers.keccak256(Uint8Array.from(list)))];
            return splice(write(batch, 27, hash), fallbacks, excluded - fallbacks, list, "fallbacks");
          },
        });
        await expect(callSettle(fixture, bytes))
          .to.be.revertedWithCustomError(fixture.settlement, "SettlementMalformed")
          .withArgs(BigInt(position));
      });
    }

    it("reverts when a signature is there that nobody needs (SET_04, SET_16)", async () => {
      const fixture = await loadFixture(malformedFixture);
      const { settlement, options } = fixture;
      const excluded = options.records.map(({ id }) => id);
      let end = 0;
      const { bytes } = await buildBatch(fixture, {
        ...options,
        excluded,
        tamper(batch, layout) {
          end = layout.end;
          return Uint8Array.from([...batch, ...new Uint8Array(192)]);
        },
      });
      await expect(callSettle(fixture, bytes))
        .to.be.revertedWithCustomError(settlement, "SettlementMalformed")
        .withArgs(BigInt(end));
    });

    it("reverts for calldata that is not the canonical encoding (SET_16)", async () => {
      const fixture = await loadFixture(malformedFixture);
      const { settlement, relayer } = fixture;
      const { bytes } = await buildBatch(fixture, fixture.options);
      const length = BigInt(bytes.length);
      const calldata = toBytes(encodeSettle(bytes));
      const padding = calldata.length - 68 - bytes.length;
      expect(padding).to.be.greaterThan(0);
      const cases: [calldata: Uint8Array, position: bigint][] = [
        // A word more, a byte less, a gap before the length, and padding that is not zero.
        [Uint8Array.from([...calldata, ...new Uint8Array(32)]), length],
        [calldata.subarray(0, -1), length],
        [Uint8Array.from([...calldata.subarray(0, 35), 64, ...new Uint8Array(32), ...calldata.subarray(36)]), length],
        [Uint8Array.from([...calldata.subarray(0, -1), 1]), length],
      ];
      // One byte of padding alone.
      const { options } = fixture;
      const fallbackOf = (size: number) => ({
        ...options,
        fallbacks: (options.fallbacks ?? []).map(({ id }) => ({ id, signature: `0x${"00".repeat(size)}` })),
      });
      const { bytes: shorter } = await buildBatch(fixture, fallbackOf(32));
      const { bytes: odd } = await buildBatch(fixture, fallbackOf(32 + ((63 - (shorter.length % 32)) % 32)));
      expect(odd.length % 32).to.equal(31);
      cases.push([Uint8Array.from([...toBytes(encodeSettle(odd)).subarray(0, -1), 1]), BigInt(odd.length)]);
      for (const [data, position] of cases) {
        const call = { to: await settlement.getAddress(), data: toHex(data), gasLimit: MAX_GAS };
        await expect(relayer.call(call))
          .to.be.revertedWithCustomError(settlement, "SettlementMalformed")
          .withArgs(position);
      }
    });
  });
});
