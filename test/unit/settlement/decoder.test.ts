import { expect } from "chai";
import { toBeHex, ZeroAddress } from "ethers";
import {
  addLiquidity,
  type BatchSettledEvent,
  buildBatches,
  decodeSettled,
  encodeSettle,
  lpShareId,
  type Order,
  poolKey,
  PRICE_SCALE,
  removeLiquidity,
  sealBatch,
  swapExactIn,
  transfer,
} from "../../../src/index.js";
import { toHex } from "../../../src/codec/bytes.js";
import { at } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";

const RELAYER = "0x1111111111111111111111111111111111111111";
const A = "0x2222222222222222222222222222222222222222";
const B = "0x3333333333333333333333333333333333333333";
const AMM = "0x4444444444444444444444444444444444444444";
const SIGNERS = 300;
const pool = poolKey({ assets: [A, B], fee: 3_000n });
const band = { price: PRICE_SCALE, tolerance: 10n ** 17n };
const swap = { amm: AMM, pool, assetIn: B, amountIn: 1_000_000n, minAmountOut: 800_000n, band, fee: 7n };
const addressOf = (id: number) => (id < 10 ? toBeHex(id + 1, 20) : undefined);

/** Every signer pays somebody, and number 3 swaps too. */
function settled(change: Partial<BatchSettledEvent> = {}) {
  const orders = Array.from({ length: SIGNERS }, (_, id): Order => {
    const to = id === 4 ? RELAYER : (id + 1) % SIGNERS;
    const payment = transfer({ asset: A, amount: 1_000n + BigInt(id), to, sequence: id, fee: 5n });
    return { id, operations: id === 3 ? [payment, swapExactIn({ ...swap, sequence: 9 })] : [payment] };
  });
  const batch = at(buildBatches({ relayer: RELAYER, number: 10, expiry: 1_800_000_000, orders }), 0);
  const bytes = sealBatch(batch.encoded, { excluded: [], signature: new Uint8Array(192) });
  const last = at(batch.encoded.ids, SIGNERS - 1);
  const skipped = [1n, 1n << BigInt(SIGNERS - 1 - 256), 0n];
  const event = { relayer: RELAYER, number: 10n, root: toHex(batch.root), sections: 3n, skipped, ...change };
  return { bytes, event, first: at(batch.encoded.ids, 0), last };
}

describe("settlement/decoder", () => {
  it("answers every operation, section by section, with what became of it", () => {
    const { bytes, event, first, last } = settled();
    const { operations, ...batch } = decodeSettled({
      calldata: encodeSettle(bytes),
      event,
      accountOf: addressOf,
      amms: [AMM],
    });
    expect(batch).to.deep.equal({ relayer: RELAYER, number: 10, expiry: 1_800_000_000 });
    expect(operations.length).to.equal(SIGNERS + 1);
    expect(operations.filter(({ outcome }) => outcome === "skipped").map(({ id }) => id)).to.deep.equal([first, last]);
    const payment = operations.find(({ id, name }) => id === 5 && name === "transfer") ?? expect.fail("no payment");
    expect(payment).to.deep.include({
      account: addressOf(5),
      asset: BigInt(A),
      amount: 1_005n,
      receiver: { id: 6, account: addressOf(6) },
      limit: undefined,
      outcome: "executed",
      fee: 5n,
      sequence: 5,
    });
    expect(operations.find(({ id }) => id === 4)?.receiver).to.deep.equal({ id: undefined, account: RELAYER });
    expect(operations.at(-1)).to.deep.include({
      id: 3,
      name: "swapExactIn",
      section: 1,
      kind: 1,
      asset: BigInt(B),
      amount: 1_000_000n,
      limit: 800_000n,
      receiver: undefined,
      outcome: "executed",
      fee: 7n,
    });
    expect(operations.find(({ id }) => id === first)?.fee).to.equal(0n);
    expect(decodeSettled({ calldata: bytes, event }).operations.at(-1)?.name).to.equal("other");
    expect(operations[0]?.header.protocol).to.equal(ZeroAddress);
  });

  it("names additions and removals with their limits", () => {
    const terms = { amm: AMM, pool, sequence: 1 };
    const operations = [
      ...addLiquidity({ ...terms, amount0: 10n, amount1: 20n, minShares: 7n, sequence1: 2 }),
      removeLiquidity({ ...terms, shares: 9n, minAmount0: 1n, minAmount1: 2n }),
    ];
    const others = operations.map((operation) => ({ ...operation, kind: 0 }));
    const orders: Order[] = [{ id: 3, operations: [...operations, ...others] }];
    const batch = at(buildBatches({ relayer: RELAYER, number: 10, expiry: 1_800_000_000, orders }), 0);
    const bytes = sealBatch(batch.encoded, { excluded: [], signature: new Uint8Array(192) });
    const event = { relayer: RELAYER, number: 10n, root: toHex(batch.root), sections: 1n, skipped: [0n] };
    const decoded = decodeSettled({ calldata: bytes, event, amms: [AMM] }).operations;
    expect(decoded.map(({ name, limit, secondLimit }) => [name, limit, secondLimit])).to.deep.equal([
      ["addLiquidity", 7n, undefined],
      ["addLiquidity", 7n, undefined],
      ["removeLiquidity", 1n, 2n],
      ...others.map(() => ["other", undefined, undefined]),
    ]);
    expect(decoded[2]?.asset).to.equal(lpShareId({ amm: AMM, pool }));
  });

  it("names failed sections", () => {
    const all = (1n << 256n) - 1n;
    const { bytes, event } = settled({ sections: 2n, skipped: [all, (1n << 44n) - 1n, 0n] });
    const { operations } = decodeSettled({ calldata: bytes, event });
    expect(new Set(operations.slice(0, SIGNERS).map(({ outcome }) => outcome))).to.deep.equal(
      new Set(["sectionFailed"]),
    );
    expect(operations.at(-1)?.outcome).to.equal("executed");
  });

  it("refuses an event of another batch", () => {
    for (const change of [{ number: 11n }, { root: `0x${"12".repeat(32)}` }, { skipped: [0n, 0n] }]) {
      const { bytes, event } = settled(change);
      expectCode(() => decodeSettled({ calldata: bytes, event }), "EventMismatch");
    }
    const { bytes, event } = settled();
    expectCode(() => decodeSettled({ calldata: bytes.subarray(1), event }), "UnknownVersion");
  });
});
