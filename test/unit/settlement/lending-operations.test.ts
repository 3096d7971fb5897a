import { expect } from "chai";
import {
  buildBatches,
  decodeSettled,
  GAS_MODEL,
  LENDING_KINDS,
  lendingOperationOf,
  lendingOperations,
  marketKey,
  marketParams,
  sealBatch,
  supplyShareId,
  type Order,
  type OrderOperation,
} from "../../../src/index.js";
import { toHex } from "../../../src/codec/bytes.js";
import { at } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";

const RELAYER = "0x1111111111111111111111111111111111111111";
const LOAN = "0x2222222222222222222222222222222222222222";
const COLLATERAL = "0x3333333333333333333333333333333333333333";
const LENDING = "0x5555555555555555555555555555555555555555";
const ORACLE = "0x6666666666666666666666666666666666666666";
const MODEL = "0x7777777777777777777777777777777777777777";
const market = marketParams({
  loanAsset: LOAN,
  collateralAsset: COLLATERAL,
  oracle: ORACLE,
  lltv: 86n * 10n ** 16n,
});
const terms = { lending: LENDING, market, sequence: 4 };

function all(): OrderOperation[] {
  return [
    lendingOperations.supply({ ...terms, assets: 1_000n, minShares: 7n, fee: 3n }),
    lendingOperations.addCollateral({ ...terms, amount: 2_000n, fee1: 5n }),
    lendingOperations.redeem({ ...terms, shares: 3_000n, minAssets: 2n }),
    lendingOperations.borrow({ ...terms, assets: 4_000n }),
    lendingOperations.repay({ ...terms, maxAssets: 5_000n }),
    lendingOperations.removeCollateral({ ...terms, amount: 6_000n }),
  ];
}

describe("settlement/lending-operations", () => {
  it("names the market's book and share, and what each operation debits and is limited by", () => {
    const operations = all();
    expect(operations.map(({ kind, amount, argument }) => [kind, amount, argument])).to.deep.equal([
      [LENDING_KINDS.supply, 1_000n, { form: "limit", value: 7n }],
      [LENDING_KINDS.addCollateral, 2_000n, { form: "none" }],
      [LENDING_KINDS.redeem, 3_000n, { form: "limit", value: 2n }],
      [LENDING_KINDS.borrow, 0n, { form: "limit", value: 4_000n }],
      [LENDING_KINDS.repay, 5_000n, { form: "none" }],
      [LENDING_KINDS.removeCollateral, 0n, { form: "limit", value: 6_000n }],
    ]);
    const [supply, add] = operations;
    expect(supply?.section).to.deep.equal({
      ...{ protocol: LENDING, key: marketKey(market), asset0: BigInt(LOAN), asset1: BigInt(COLLATERAL) },
      ...{ shareId: supplyShareId({ lending: LENDING, market }), fee0: 3n, fee1: 0n, parameters: "0x" },
    });
    expect([add?.section.fee0, add?.section.fee1]).to.deep.equal([0n, 5n]);
    expect(lendingOperationOf(LENDING_KINDS.borrow)).to.equal("borrow");
    expect(lendingOperationOf(4)).to.equal(undefined);
  });

  it("refuses what cannot be", () => {
    expectCode(() => lendingOperations.supply({ ...terms, assets: 0n }), "AmountZero");
    expectCode(() => lendingOperations.borrow({ ...terms, assets: 1n << 112n }), "AmountTooLarge");
    expectCode(() => lendingOperations.repay({ ...terms, maxAssets: 1n, sequence: 1 << 16 }), "InvalidSequence");
    expectCode(() => lendingOperations.supply({ ...terms, lending: "0x12", assets: 1n }), "InvalidAddress");
    const same = { ...market, collateralAsset: market.loanAsset };
    expectCode(() => lendingOperations.supply({ ...terms, market: same, assets: 1n }), "SameAsset");
  });

  it("counts what a section needs for its oracle and its rate model once", () => {
    const gasOf = (operations: readonly OrderOperation[]): number => {
      const orders = operations.map((operation, id): Order => ({ id, operations: [operation] }));
      const { body } = at(buildBatches({ relayer: RELAYER, number: 1, expiry: 1_800_000_000, orders }), 0);
      return at(body.sections, 0).gasCap - GAS_MODEL.section - operations.length * GAS_MODEL.operation;
    };
    const borrow = lendingOperations.borrow({ ...terms, assets: 1n });
    const repay = lendingOperations.repay({ ...terms, maxAssets: 1n });
    const [one, two] = [gasOf([borrow]), gasOf([borrow, borrow])];
    expect(two - one).to.equal(borrow.extraGas);
    expect(gasOf([repay, borrow]) - gasOf([repay])).to.equal(one);
    expect(gasOf([borrow, repay]) - gasOf([repay])).to.equal(one);
    const outside = lendingOperations.repay({ ...terms, market: { ...market, irm: MODEL }, maxAssets: 1n });
    expect(gasOf([outside]) - gasOf([repay])).to.be.greaterThan(100_000);
  });

  it("comes back from the decoder by name, with its limit", () => {
    const orders: Order[] = [{ id: 3, operations: all() }];
    const batch = at(buildBatches({ relayer: RELAYER, number: 10, expiry: 1_800_000_000, orders }), 0);
    const bytes = sealBatch(batch.encoded, { excluded: [], signature: new Uint8Array(192) });
    const { length } = batch.body.sections;
    const skipped = Array.from({ length }, () => 0n);
    const sections = (1n << BigInt(length)) - 1n;
    const event = { relayer: RELAYER, number: 10n, root: toHex(batch.root), sections, skipped };
    const decode = (lendings: readonly string[]) =>
      decodeSettled({ calldata: bytes, event, lendings }).operations.map(({ name, limit }) => [name, limit]);
    const named = decode([LENDING]);
    expect(named).to.have.deep.members([
      ["supply", 7n],
      ["addCollateral", 0n],
      ["redeem", 2n],
      ["borrow", 4_000n],
      ["repay", 0n],
      ["removeCollateral", 6_000n],
    ]);
    expect(new Set(decode([]).map(([name]) => name))).to.deep.equal(new Set(["other"]));
  });
});
