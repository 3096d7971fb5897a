import { expect } from "chai";
import {
  aggregateOrBisect,
  buildBatches,
  checkAndSign,
  CosignError,
  digestOf,
  encodeBand,
  encodeBody,
  GAS_MODEL,
  maskOf,
  minGasCap,
  OpenRoots,
  poolKey,
  PRICE_SCALE,
  proofOf,
  rootOf,
  shareAt,
  swapExactIn,
  transfer,
  treeOf,
  type BatchBody,
  type BatchOperation,
  type Bls,
  type CosignCode,
  type CosignRequest,
  type Order,
  type SectionHeader,
} from "../../../src/index.js";
import { BATCH_CAPS } from "../../../scripts/lib/relayer/compose.js";
import { nativeBls, secretOf } from "../../helpers/bls.js";
import { at } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";

const RELAYER = "0x1111111111111111111111111111111111111111";
const A = "0x2222222222222222222222222222222222222222";
const B = "0x3333333333333333333333333333333333333333";
const AMM = "0x4444444444444444444444444444444444444444";
const SETTLEMENT = "0x5555555555555555555555555555555555555555";
const DIRECTORY = "0x6666666666666666666666666666666666666666";
const NOW = 1_800_000_000;
const ME = 17;
const SIGNERS = 70;

const pool = poolKey({ assets: [A, B], fee: 3_000n });
const band = { price: 2n * PRICE_SCALE, tolerance: 10n ** 16n };
const trusted = { chainId: 31337n, settlement: SETTLEMENT, directory: DIRECTORY };
const swap = { amm: AMM, pool, assetIn: A, amountIn: 1_000_000n, minAmountOut: 1_900_000n, band, fee: 30n };

/** Everybody pays his neighbour; I swap, and pay out of what I got. */
function orders(): Order[] {
  return Array.from({ length: SIGNERS }, (_, id): Order => {
    const payment = transfer({ asset: B, amount: 1_000n, to: id + 1, sequence: 300 + id, fee: 20n });
    if (id !== ME) return { id, operations: [payment] };
    return { id, operations: [swapExactIn({ ...swap, sequence: 260 }), { ...payment, dependsOnPrevious: true }] };
  });
}

const intended = { id: ME, operations: at(orders(), ME).operations };

/** Changes to the body before an honest relayer would encode it. */
type Lie = (body: BatchBody) => BatchBody;
/** Changes to what the client gets to see. */
type Disguise = (request: CosignRequest) => Partial<CosignRequest>;

const honestBody = at(buildBatches({ relayer: RELAYER, number: 10, expiry: NOW + 8, orders: orders() }), 0).body;

function requestFor(lie: Lie = (body) => body, id = ME): CosignRequest {
  const body = lie(honestBody);
  const encoded = encodeBody(body);
  const share = shareAt({ encoded, tree: treeOf(encoded.leaves) }, encoded.ids.indexOf(id));
  const { relayer, number, expiry } = body;
  const parts = { chainId: 31337n, settlement: SETTLEMENT, directory: DIRECTORY, relayer, number, expiry };
  return {
    ...share,
    intended,
    parts: { ...parts, root: rootOf(encoded.leaves) },
    trusted,
    now: NOW,
    openRoots: new OpenRoots(),
  };
}

/** A request over other bytes in place of a leaf, in a tree that is right for them. */
function withLeaf(index: "leaf0" | "chunk", change: (bytes: Uint8Array) => Uint8Array, lie?: Lie): CosignRequest {
  const request = requestFor(lie);
  const { leaves } = encodeBody((lie ?? ((body: BatchBody) => body))(honestBody));
  const place = index === "leaf0" ? 0 : request.chunkIndex;
  const changed = leaves.map((bytes, leaf) => (leaf === place ? change(bytes.slice()) : bytes));
  const tree = treeOf(changed);
  return {
    ...request,
    [index]: at(changed, place),
    leaf0Proof: proofOf(tree, 0),
    chunkProof: proofOf(tree, request.chunkIndex),
    parts: { ...request.parts, root: rootOf(changed) },
  };
}

const poke = (offset: number, value: number) => (bytes: Uint8Array) => {
  bytes[offset] = value;
  return bytes;
};

/** Changes one of my operations. */
function mine(index: number, change: (operation: BatchOperation, body: BatchBody) => Partial<BatchOperation>): Lie {
  return (body) => ({
    ...body,
    records: body.records.map((record) =>
      record.id === ME
        ? {
            ...record,
            operations: record.operations.map((one, i) => (i === index ? { ...one, ...change(one, body) } : one)),
          }
        : record,
    ),
  });
}

/** Changes the section of one of my operations. */
function section(index: number, change: Partial<SectionHeader>): Lie {
  return (body) => {
    const place = at(body.types, at(myOperations(body), index).type).section;
    return { ...body, sections: body.sections.map((one, i) => (i === place ? { ...one, ...change } : one)) };
  };
}

/** Gives one of my operations a type of its own. */
function retyped(index: number, change: object, operation: Partial<BatchOperation> = {}): Lie {
  return (body) => {
    const type = { ...at(body.types, at(myOperations(body), index).type), ...change };
    return { ...mine(index, () => ({ ...operation, type: body.types.length }))(body), types: [...body.types, type] };
  };
}

function myOperations(body: BatchBody): readonly BatchOperation[] {
  return body.records.find(({ id }) => id === ME)?.operations ?? expect.fail("no record");
}

describe("settlement/cosign", () => {
  let bls: Bls;
  before(async () => {
    bls = await nativeBls();
  });
  const sign = (request: CosignRequest) => checkAndSign({ bls, secret: secretOf(ME), ...request });

  it("signs the digest of an honest batch", () => {
    const request = requestFor();
    const signature = sign(request);
    expect(bls.verify(digestOf(request.parts), bls.publicKeyOf(secretOf(ME)), signature)).to.equal(true);
  });

  it("signs for every signer of a batch, so that the sum verifies", () => {
    const partials = orders().map(({ id, operations }) => {
      const request = { ...requestFor(undefined, id), intended: { id, operations } };
      const secret = secretOf(id);
      return { signer: id, key: bls.publicKeyOf(secret), signature: checkAndSign({ bls, secret, ...request }) };
    });
    const message = digestOf(requestFor().parts);
    expect(aggregateOrBisect({ bls, message, partials }).bad).to.deep.equal([]);
  });

  it("takes lower fees and a narrower band than intended", () => {
    sign(requestFor(section(0, { fee0: 10n })));
    sign(requestFor(section(0, { parameters: encodeBand({ ...band, tolerance: 10n ** 15n }) })));
    sign(requestFor(section(1, { fee0: 0n })));
  });

  describe("gas caps", () => {
    /** All but me pay in section 0; my swap and my payment stand alone in theirs. */
    const PAYER = 3;
    const PAYERS = SIGNERS - 1;
    const capped = (place: number, gasCap: number, id = ME): CosignRequest => ({
      ...requestFor(
        (body) => ({ ...body, sections: body.sections.map((one, i) => (i === place ? { ...one, gasCap } : one)) }),
        id,
      ),
      intended: { id, operations: at(orders(), id).operations },
    });

    it("demands what the operations of all signers need by the builder's model", () => {
      const least = minGasCap(PAYERS);
      expect(least).to.equal(GAS_MODEL.section + PAYERS * GAS_MODEL.operation);
      sign(capped(0, least, PAYER));
      const { values } = expectCode(() => sign(capped(0, least - 1, PAYER)), "GasCapTooSmall") as CosignError;
      expect(values).to.deep.equal({ index: 0, gasCap: least - 1, least, operations: PAYERS });
    });

    it("looks at each section of his, and at no other", () => {
      for (const place of [1, 2]) {
        sign(capped(place, minGasCap(1)));
        const { values } = expectCode(() => sign(capped(place, minGasCap(1) - 1)), "GasCapTooSmall") as CosignError;
        expect(values.index).to.equal(place - 1);
        sign(capped(place, 0, PAYER));
      }
      sign(capped(0, 0));
    });

    it("takes another model of the client's", () => {
      const gas = { section: 1_000, operation: 30_000 };
      const least = minGasCap(PAYERS, gas);
      expect(least).to.equal(1_000 + PAYERS * 30_000);
      sign({ ...capped(0, least, PAYER), gas });
      expectCode(() => sign({ ...capped(0, least - 1, PAYER), gas }), "GasCapTooSmall");
    });

    it("lets the relayer's own caps pass", () => {
      const gas = BATCH_CAPS.gas;
      const [built] = buildBatches({ relayer: RELAYER, number: 10, expiry: NOW + 8, orders: orders(), gas });
      for (const id of [ME, PAYER]) {
        const operations = at(orders(), id).operations;
        sign({ ...requestFor(() => built?.body ?? expect.fail("no batch"), id), intended: { id, operations } });
      }
    });
  });

  it("signs up to ten seconds ahead, or as far as the client says, and not a second more", () => {
    const until = (expiry: number, maxLifetime?: number) =>
      sign({ ...requestFor((body) => ({ ...body, expiry })), ...(maxLifetime === undefined ? {} : { maxLifetime }) });
    until(NOW);
    until(NOW + 10);
    until(NOW + 60, 60);
    for (const [expiry, maxLifetime] of [[NOW + 11], [NOW + 3_600], [NOW + 61, 60], [NOW + 1, 0]] as const) {
      const { values } = expectCode(() => until(expiry, maxLifetime), "ExpiryTooLate") as CosignError;
      expect(values).to.deep.equal({ expiry, latest: NOW + (maxLifetime ?? 10) });
    }
  });

  describe("refuses a relayer that is honest but for", () => {
    const lies: [title: string, code: CosignCode, lie: Lie, disguise?: Disguise][] = [
      [
        "an operation more",
        "ExtraOperation",
        (body) => ({
          ...body,
          records: body.records.map((record) =>
            record.id === ME
              ? {
                  ...record,
                  operations: [...record.operations, at(record.operations, 1)].map((one, i) =>
                    i === 2 ? { ...one, dependsOnPrevious: false } : one,
                  ),
                }
              : record,
          ),
        }),
      ],
      [
        "an operation less",
        "MissingOperation",
        (body) => ({
          ...body,
          records: body.records.map((record) =>
            record.id === ME ? { ...record, operations: record.operations.slice(0, 1) } : record,
          ),
        }),
      ],
      ["another amount", "OtherAmount", mine(0, () => ({ amount: 2_000_000n }))],
      ["another sequence", "WrongSequence", mine(0, ({ sequence }) => ({ sequence: sequence + 1 }))],
      ["a looser limit", "LooserLimit", mine(0, () => ({ argument: 1_899_990n }))],
      ["a limit that keeps the order from being filled", "OtherArgument", mine(0, () => ({ argument: 1_900_010n }))],
      ["another receiver", "OtherReceiver", mine(1, () => ({ argument: 3n }))],
      [
        "a receiver's id where his address is meant, or the other way round",
        "OtherReceiver",
        retyped(1, { argumentForm: 20 }),
      ],
      ["a limit that the chain takes for an account", "OtherArgument", retyped(0, { argumentForm: 129 })],
      ["another kind", "OtherKind", retyped(1, { kind: 1 })],
      ["a dependency left out", "OtherDependency", mine(1, () => ({ dependsOnPrevious: false }))],
      ["another protocol", "OtherSection", section(0, { protocol: B })],
      ["another key", "OtherSection", section(0, { key: `0x${"12".repeat(32)}` })],
      ["another asset 0", "OtherSection", section(1, { asset0: BigInt(A) })],
      ["another asset 1", "OtherSection", section(0, { asset1: BigInt(AMM) })],
      ["another share", "OtherSection", section(0, { shareId: 1n << 255n })],
      ["parameters where none are meant", "OtherSection", section(1, { parameters: "0x00" })],
      [
        "a band whose worst edge is below the limit",
        "BandTooWide",
        section(0, { parameters: encodeBand({ ...band, tolerance: 5n * 10n ** 16n }) }),
      ],
      [
        "a band at another price",
        "BandTooWide",
        section(0, { parameters: encodeBand({ ...band, price: (19n * PRICE_SCALE) / 10n }) }),
      ],
      ["no band", "BandTooWide", section(0, { parameters: "0x" })],
      [
        "a band that is none",
        "BandTooWide",
        section(0, { parameters: encodeBand({ price: 1n, tolerance: 10n ** 18n }) }),
      ],
      ["a higher fee in asset 0", "FeeTooHigh", section(1, { fee0: 30n })],
      ["a higher fee in asset 1", "FeeTooHigh", section(0, { fee1: 1n })],
      ["an expiry that has passed", "Expired", (body) => ({ ...body, expiry: NOW - 1 })],
      ["an expiry that is too late", "ExpiryTooLate", (body) => ({ ...body, expiry: NOW + 11 })],
      [
        "nothing of mine in the chunk",
        "MissingRecord",
        (body) => body,
        () => ({ intended: { ...intended, id: 5_000 } }),
      ],
      [
        "the record of somebody else in place of mine",
        "MissingRecord",
        (body) => body,
        () => {
          const { chunk, chunkIndex, chunkProof } = requestFor(
            undefined,
            honestBody.records
              .map(({ id }) => id)
              .find((id) => requestFor(undefined, id).chunkIndex !== requestFor().chunkIndex),
          );
          return { chunk, chunkIndex, chunkProof };
        },
      ],
      ["another chain", "WrongChain", (body) => body, ({ parts }) => ({ parts: { ...parts, chainId: 1n } })],
      [
        "another settlement",
        "WrongSettlement",
        (body) => body,
        ({ parts }) => ({ parts: { ...parts, settlement: A } }),
      ],
      ["another directory", "WrongDirectory", (body) => body, ({ parts }) => ({ parts: { ...parts, directory: A } })],
      [
        "another relayer than the trusted one",
        "WrongRelayer",
        (body) => body,
        () => ({ trusted: { ...trusted, relayer: A } }),
      ],
      ["no relayer", "WrongRelayer", (body) => body, ({ parts }) => ({ parts: { ...parts, relayer: "0x12" } })],
      [
        "a relayer of zero",
        "WrongRelayer",
        (body) => body,
        ({ parts }) => ({ parts: { ...parts, relayer: `0x${"00".repeat(20)}` } }),
      ],
      [
        "a number beyond its 48 bits",
        "Malformed",
        (body) => body,
        ({ parts }) => ({ parts: { ...parts, number: 2 ** 48 } }),
      ],
      [
        "an expiry that is no number",
        "Malformed",
        (body) => body,
        ({ parts }) => ({ parts: { ...parts, expiry: Number.NaN } }),
      ],
      [
        "another root",
        "WrongProof",
        (body) => body,
        ({ parts }) => ({ parts: { ...parts, root: new Uint8Array(32) } }),
      ],
      ["another leaf 0", "WrongProof", (body) => body, () => ({ leaf0: requestFor(section(1, { fee0: 0n })).leaf0 })],
      [
        "a proof that is too short",
        "WrongProof",
        (body) => body,
        ({ chunkProof }) => ({ chunkProof: chunkProof.slice(1) }),
      ],
      ["another leaf's proof", "WrongProof", (body) => body, ({ leaf0Proof }) => ({ chunkProof: leaf0Proof })],
      ["another leaf index", "WrongProof", (body) => body, ({ chunkIndex }) => ({ chunkIndex: 1 + (chunkIndex % 3) })],
      [
        "leaf 0 as the chunk",
        "WrongLeafIndex",
        (body) => body,
        ({ leaf0, leaf0Proof }) => ({ chunk: leaf0, chunkIndex: 0, chunkProof: leaf0Proof }),
      ],
      ["a leaf behind the last one", "WrongLeafIndex", (body) => body, () => ({ chunkIndex: 4 })],
    ];
    for (const [title, code, lie, disguise] of lies) {
      it(title, () => {
        const request = requestFor(lie);
        const error = expectCode(() => sign({ ...request, ...disguise?.(request) }), code);
        expect(error).to.be.instanceOf(CosignError);
        expect(request.openRoots.state().open).to.equal(undefined);
      });
    }

    const SECTION0_COUNT = 39 + 158 + 2;
    const forged: [title: string, code: CosignCode, request: () => CosignRequest][] = [
      ["no signers in leaf 0", "CountsContradict", () => withLeaf("leaf0", (bytes) => poke(1, 0)(poke(0, 0)(bytes)))],
      ["more signers than operations in leaf 0", "CountsContradict", () => withLeaf("leaf0", poke(1, SIGNERS + 9))],
      [
        "another number of leaves",
        "WrongProof",
        () =>
          withLeaf("leaf0", poke(1, 200), (body) => ({
            ...body,
            records: body.records.map((record) =>
              record.id === ME
                ? record
                : { ...record, operations: Array.from({ length: 4 }, () => at(record.operations, 0)) },
            ),
          })),
      ],
      ["sections that do not add up", "CountsContradict", () => withLeaf("leaf0", poke(SECTION0_COUNT, 99))],
      [
        "a section with fewer operations than the chunk has",
        "CountsContradict",
        () =>
          withLeaf("leaf0", (bytes) => {
            const [first, second] = [
              SECTION0_COUNT,
              SECTION0_COUNT + 163 + (at(honestBody.sections, 0).parameters.length - 2) / 2,
            ];
            [bytes[first], bytes[second]] = [(bytes[first] ?? 0) + (bytes[second] ?? 0), 0];
            return bytes;
          }),
      ],
      [
        "a chunk with more records than leaf 0 counts",
        "Malformed",
        () => withLeaf("chunk", (bytes) => Uint8Array.of(...bytes, ...bytes.slice(4))),
      ],
      ["a chunk that ends too early", "Malformed", () => withLeaf("chunk", (bytes) => bytes.slice(0, -1))],
      [
        "a record twice, by a distance that leads round to it again",
        "RecordOrder",
        () => {
          // the second record of the chunk: its place is one byte or more; written as 2^32 − 1 it is that of the first
          return withLeaf("chunk", (bytes) => {
            const first = bytes.slice(0, 4 + firstRecordBytes(bytes));
            const again = Uint8Array.of(255, 255, 255, 255, 15);
            return Uint8Array.of(...first, ...again, ...bytes.slice(first.length));
          });
        },
      ],
      ["bytes of leaf 0 that make no sense", "Malformed", () => withLeaf("leaf0", (bytes) => bytes.slice(0, 50))],
    ];
    for (const [title, code, request] of forged) {
      it(title, () => void expectCode(() => sign(request()), code));
    }

    it("any flipped bit of what he shows", () => {
      for (const leaf of ["leaf0", "chunk"] as const) {
        const honest = requestFor();
        for (let bit = 0; bit < honest[leaf].length * 8; bit += 13) {
          const flipped = honest[leaf].slice();
          flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (128 >> (bit & 7));
          expect(() => sign({ ...honest, [leaf]: flipped, openRoots: new OpenRoots() })).to.throw(CosignError);
        }
      }
    });
  });

  describe("OpenRoots", () => {
    const next = (change: Partial<CosignRequest["parts"]>, request: CosignRequest): CosignRequest => {
      const other = requestFor((body) => ({ ...body, ...change }));
      return { ...other, openRoots: request.openRoots };
    };

    it("refuses a second root while one is open, and takes it when that has expired", () => {
      const first = requestFor();
      sign(first);
      const second = next({ number: 11, expiry: NOW + 15 }, first);
      expectCode(() => sign({ ...second, now: NOW + 7 }), "RootOpen");
      expectCode(() => sign({ ...second, now: NOW + 8 }), "RootOpen");
      sign({ ...second, now: NOW + 9 });
    });

    it("never leaves two roots open, whoever asks and however the second differs", () => {
      for (const other of [{ root: 1 }, { relayer: A }, { number: 11 }, { number: 9 }, { expiry: NOW + 10 }]) {
        const first = requestFor();
        sign(first);
        const request =
          "root" in other
            ? { ...requestFor(section(1, { fee0: 0n })), openRoots: first.openRoots }
            : next(other, first);
        expectCode(() => sign(request), "RootOpen");
        expect(first.openRoots.state().open?.expiry).to.equal(first.parts.expiry);
      }
    });

    it("signs the same root again", () => {
      const request = requestFor();
      expect(sign(request)).to.deep.equal(sign(request));
    });

    it("refuses the same root for another relayer, number or expiry while it is open", () => {
      const first = requestFor();
      sign(first);
      expectCode(() => sign(next({ expiry: NOW + 9 }, first)), "RootOpen");
    });

    it("refuses a number of the relayer that was signed, also when its root is gone", () => {
      const first = requestFor();
      sign(first);
      const again = next({ expiry: NOW + 15 }, first);
      expectCode(() => sign({ ...again, now: NOW + 9 }), "NumberReused");
      const lower = next({ expiry: NOW + 15, number: 9 }, first);
      expectCode(() => sign({ ...lower, now: NOW + 9 }), "NumberReused");
      sign({ ...next({ expiry: NOW + 15, relayer: A, number: 9 }, first), now: NOW + 9 });
    });

    it("lets go of a root when its batch is settled", () => {
      const first = requestFor();
      sign(first);
      first.openRoots.settled({ relayer: A, number: 10 });
      first.openRoots.settled({ relayer: RELAYER, number: 9 });
      expectCode(() => sign(next({ number: 11 }, first)), "RootOpen");
      first.openRoots.settled({ relayer: RELAYER, number: 10 });
      sign(next({ number: 11 }, first));
    });

    it("comes back from what a wallet stores", () => {
      const first = requestFor();
      sign(first);
      const stored = JSON.parse(JSON.stringify(first.openRoots.state())) as ReturnType<OpenRoots["state"]>;
      expectCode(() => sign({ ...next({ number: 11 }, first), openRoots: new OpenRoots(stored) }), "RootOpen");
    });
  });

  /** Bytes of the operations of the first record: payments are 9 bytes, my two operations 8 and 9. */
  function firstRecordBytes(chunk: Uint8Array): number {
    const x = new DataView(chunk.buffer, chunk.byteOffset).getUint32(0);
    return (x ^ maskOf({ relayer: RELAYER, number: 10 })) >>> 0 === ME ? 17 : 9;
  }
});
