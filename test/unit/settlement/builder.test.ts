import { expect } from "chai";
import {
  buildBatches,
  decodeBatch,
  DEFAULT_CAPS,
  GAS_MODEL,
  encodeSettle,
  poolKey,
  PRICE_SCALE,
  rootOf,
  sealBatch,
  shareAt,
  swapExactIn,
  transfer,
  verifyProof,
  type BuiltBatch,
  type Caps,
  type Order,
  type OrderOperation,
} from "../../../src/index.js";
import { at } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";
import { Random, seedFromEnvironment } from "../../helpers/random.js";

const RELAYER = "0x1111111111111111111111111111111111111111";
const A = "0x2222222222222222222222222222222222222222";
const B = "0x3333333333333333333333333333333333333333";
const AMM = "0x4444444444444444444444444444444444444444";
const pool = poolKey({ assets: [A, B], fee: 3_000n });
const band = { price: PRICE_SCALE, tolerance: 10n ** 17n };

const pay = (asset: string, sequence: number, options: Partial<OrderOperation> = {}): OrderOperation => ({
  ...transfer({ asset, amount: 1_000n, to: 5, sequence }),
  ...options,
});
const swap = (sequence: number, options: Partial<OrderOperation> = {}): OrderOperation => ({
  ...swapExactIn({ amm: AMM, pool, assetIn: A, amountIn: 1_000_000n, minAmountOut: 800_000n, band, sequence }),
  ...options,
});

function build(orders: readonly Order[], caps: Caps = DEFAULT_CAPS): BuiltBatch[] {
  return buildBatches({ relayer: RELAYER, number: 10, expiry: 1_800_000_000, orders, caps });
}

/** The section of each operation of an id. */
function placesOf({ body }: BuiltBatch, id: number): number[] {
  const record = body.records.find((one) => one.id === id) ?? expect.fail("no record");
  return record.operations.map(({ type }) => at(body.types, type).section);
}

describe("settlement/builder", () => {
  it("groups what is alike into one section and one type", () => {
    const orders = Array.from({ length: 50 }, (_, id): Order => ({
      id,
      operations: [id % 2 === 0 ? pay(A, id) : swap(id)],
    }));
    const [batch, ...others] = build(orders);
    expect(others).to.deep.equal([]);
    expect(batch?.body.sections.map(({ protocol }) => protocol)).to.deep.equal([pay(A, 0).section.protocol, AMM]);
    expect(batch?.body.types.length).to.equal(2);
    expect(batch?.body.sections.map(({ gasCap }) => gasCap)).to.deep.equal(
      [25, 25].map((count) => GAS_MODEL.section + count * GAS_MODEL.operation),
    );
  });

  it("keeps sections apart that differ in any field", () => {
    const spec = pay(A, 1).section;
    const variants = [
      { fee0: 1n },
      { fee1: 1n },
      { gasCap: 5 },
      { parameters: "0x01" },
      { key: pay(A, 1).section.key.replace("00", "01") },
      { shareId: 1n },
      { asset1: 9n },
    ];
    const orders = [{}, ...variants].map((change, id) => ({
      id,
      operations: [pay(A, 1, { section: { ...spec, ...change } })],
    }));
    expect(at(build(orders), 0).body.sections.length).to.equal(variants.length + 1);
  });

  it("keeps an account's operations in their order, and dependent ones in later sections", () => {
    const orders: Order[] = [
      { id: 1, operations: [pay(A, 1), swap(2), pay(A, 3)] },
      { id: 2, operations: [swap(1), pay(A, 2, { dependsOnPrevious: true }), pay(A, 3)] },
      {
        id: 3,
        operations: [pay(A, 1), pay(A, 2, { dependsOnPrevious: true }), pay(A, 3, { dependsOnPrevious: true })],
      },
    ];
    const batch = at(build(orders), 0);
    expect(placesOf(batch, 1)).to.deep.equal([0, 1, 2]);
    expect(placesOf(batch, 2)).to.deep.equal([1, 2, 2]);
    expect(placesOf(batch, 3)).to.deep.equal([0, 2, 3]);
  });

  it("answers batches that the reader takes, with their roots", () => {
    const random = new Random(seedFromEnvironment());
    const orders = Array.from({ length: 300 }, (_, id): Order => {
      const operations = Array.from({ length: 1 + Number(random.below(4n)) }, (_ignored, index) =>
        random.chance(50) ? pay(random.pick([A, B]), index) : swap(index, { dependsOnPrevious: index > 0 }),
      );
      const fallback = { deadline: 1_800_000_000, bound: false, signature: `0x${"ab".repeat(65)}` };
      return random.chance(10) ? { id, operations, fallback } : { id, operations };
    });
    const batches = build(orders, { ...DEFAULT_CAPS, gas: 4_000_000 });
    expect(batches.length).to.be.greaterThan(1);
    batches.forEach(({ encoded, root, bytes, gas, body }, index) => {
      const batch = sealBatch(encoded, { excluded: [], signature: new Uint8Array(192) });
      const decoded = decodeBatch(batch, { relayer: RELAYER });
      expect(rootOf(decoded.leaves)).to.deep.equal(root);
      expect(decoded.number).to.equal(10 + index);
      expect(decoded.records.length).to.equal(body.records.length);
      expect((encodeSettle(batch).length - 2) / 2).to.be.lessThanOrEqual(bytes);
      expect(gas).to.be.lessThanOrEqual(4_000_000);
    });
    expect(batches.flatMap(({ orders: some }) => some).length).to.equal(orders.length);
    expect(build(orders, { ...DEFAULT_CAPS, gas: 4_000_000 })).to.deep.equal(batches);
  });

  it("splits by gas, by bytes and by the size of the tables", () => {
    const orders = Array.from({ length: 100 }, (_, id): Order => ({ id, operations: [pay(A, 1)] }));
    expect(build(orders).length).to.equal(1);
    expect(build(orders, { ...DEFAULT_CAPS, gas: 1_000_000 }).length).to.equal(3);
    expect(build(orders, { ...DEFAULT_CAPS, bytes: 1_024 }).length).to.be.greaterThan(1);
    const spec = pay(A, 1).section;
    const apart = orders.map(({ id }) => ({
      id,
      operations: [pay(A, 1, { section: { ...spec, asset0: BigInt(id + 1) } })],
    }));
    expect(build(apart).map(({ body }) => body.sections.length)).to.deep.equal([64, 36]);
  });

  it("leaves the gas that calls keep back beside the largest section's cap", () => {
    const orders = Array.from({ length: 1_200 }, (_, id): Order => ({ id, operations: [pay(A, 1), pay(B, 2)] }));
    const { section, operation, signer, batch: once, byte } = GAS_MODEL;
    for (const { body, bytes } of build(orders).slice(0, -1)) {
      const [first, second] = body.sections.map(({ gasCap }) => gasCap);
      const { length } = body.records;
      expect([first, second]).to.deep.equal(Array(2).fill(section + length * operation));
      // What is spent before the second section, when the first took all of its cap.
      const spent = once + byte * bytes + signer * length + (first ?? 0);
      const left = (DEFAULT_CAPS.gas - spent) * (63 / 64) ** 2 - 10_000;
      expect(left).to.be.greaterThanOrEqual(second ?? 0);
    }
    const heavy = orders.map((order) => ({ ...order, operations: [pay(A, 1, { extraGas: 90_000 })] }));
    const { gasCap } = at(at(build(heavy), 0).body.sections, 0);
    expect(gasCap).to.be.within(15_000_000, (DEFAULT_CAPS.gas - once) * (63 / 64) ** 2);
    const capped = pay(A, 1, { section: { ...pay(A, 1).section, gasCap: 16_400_000 } });
    expectCode(() => build([{ id: 1, operations: [capped] }]), "OrderTooLarge");
  });

  it("puts orders of one account into successive batches", () => {
    const big = { id: 1, operations: Array.from({ length: 60 }, (_, index) => pay(A, index)) };
    const other = { ...big, id: 2 };
    const small = { id: 1, operations: [pay(A, 60)] };
    const batches = build([other, big, small, small], { ...DEFAULT_CAPS, gas: 1_300_000 });
    expect(batches.map(({ orders }) => orders)).to.deep.equal([[other], [big], [small], [small]]);
  });

  it("refuses orders that are empty or fit no batch", () => {
    expectCode(() => build([{ id: 1, operations: [] }]), "EmptyOrder");
    expectCode(() => build([{ id: 1, operations: [pay(A, 1)] }], { ...DEFAULT_CAPS, gas: 100_000 }), "OrderTooLarge");
  });

  it("shows every signer his chunk", () => {
    const orders = Array.from({ length: 70 }, (_, id): Order => ({ id, operations: [pay(A, 1)] }));
    const batch = at(build(orders), 0);
    for (const position of [0, 31, 32, 69]) {
      const { leaf0, leaf0Proof, chunk, chunkIndex, chunkProof } = shareAt(batch, position);
      const { root } = batch;
      expect(chunkIndex).to.equal(1 + (position >> 5));
      expect(verifyProof({ bytes: leaf0, index: 0, count: 4, proof: leaf0Proof, root })).to.equal(true);
      expect(verifyProof({ bytes: chunk, index: chunkIndex, count: 4, proof: chunkProof, root })).to.equal(true);
    }
    expect(() => shareAt(batch, 96)).to.throw(RangeError);
  });
});
