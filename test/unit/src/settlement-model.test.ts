import { expect } from "chai";
import { ZeroAddress } from "ethers";
import {
  AmmModel,
  bookKey,
  buildBatches,
  decodeBatch,
  encodeBatch,
  LedgerModel,
  lpShareId,
  poolKey,
  PRICE_SCALE,
  SettlementModel,
  swapExactIn,
  tokenId,
  transfer,
  type ModelAccount,
  type SettlementBatch,
  type OperationOptions,
  type Order,
  type OrderOperation,
} from "../../../src/index.js";

const LEDGER = "0x1000000000000000000000000000000000000000";
const AMM = "0x2000000000000000000000000000000000000000";
const TOKEN_0 = "0x3000000000000000000000000000000000000000";
const TOKEN_1 = "0x4000000000000000000000000000000000000000";
const ALICE = "0x5000000000000000000000000000000000000000";
const BOB = "0x6000000000000000000000000000000000000000";
const CAROL = "0x7000000000000000000000000000000000000000";
const RELAYER = "0x8000000000000000000000000000000000000000";
const MAX_UINT256 = (1n << 256n) - 1n;
const FUNDS = 10n ** 12n;
const POOL = poolKey({ assets: [TOKEN_0, TOKEN_1], fee: 3_000n });
const BAND = { price: PRICE_SCALE / 2n, tolerance: 10n ** 17n };

/** Alice and Bob hold both tokens and consent, Carol's word is fresh; Dave, id 2^31, is in the address book. */
function suite() {
  const ledger = new LedgerModel({ address: LEDGER, tokens: [TOKEN_0, TOKEN_1], homePairs: [[TOKEN_0, TOKEN_1]] });
  const amm = new AmmModel({ address: AMM, ledger });
  for (const account of [ALICE, BOB]) {
    for (const token of [TOKEN_0, TOKEN_1]) {
      ledger.mintToken({ token, to: account, amount: 2n * FUNDS });
      ledger.approveToken({ token, owner: account, amount: MAX_UINT256 });
      ledger.deposit({ caller: account, token, amount: 2n * FUNDS, minimum: 0n, to: account });
    }
    ledger.setConsent({ caller: account, id: tokenId(TOKEN_1), versions: 1 });
  }
  const { asset0, asset1 } = POOL;
  ledger.call(ALICE, {
    ...{ protocol: AMM, asset0, asset1, key: bookKey(POOL), source: "ledger", destination: "ledger" },
    ...{ amount0: FUNDS, amount1: FUNDS / 2n, to: ALICE },
    data: { name: "createPool", pool: POOL, minShares: 0n, deadline: 0n },
  });
  const accounts: Record<number, ModelAccount> = {
    1: { account: ALICE, registered: true },
    2: { account: BOB, registered: true },
    3: { account: CAROL, registered: true },
    [2 ** 31]: { account: "0x9000000000000000000000000000000000000000", registered: false },
  };
  const settlement = new SettlementModel({ ledger, accountOf: (id) => accounts[id] });
  const held = (account: string, token = TOKEN_0) => ledger.balanceOf({ account, id: tokenId(token) });
  const sequence = (account: string) => ledger.sequenceOf({ account, id: tokenId(TOKEN_0) });
  return { ledger, amm, accounts, settlement, held, sequence };
}

const send = (to: number | string, amount: bigint, options: Partial<OperationOptions> = {}): OrderOperation =>
  transfer({ asset: TOKEN_0, amount, to, sequence: 0, ...options });

const swap = (amountIn: bigint, options: Partial<OperationOptions & { minAmountOut: bigint }> = {}): OrderOperation =>
  swapExactIn({
    ...{ amm: AMM, pool: POOL, assetIn: TOKEN_0, amountIn, minAmountOut: 1n, band: BAND, sequence: 0 },
    ...options,
  });

function bodyOf(...orders: Order[]): SettlementBatch {
  const [built] = buildBatches({ relayer: RELAYER, number: 1, expiry: 1, orders });
  if (built === undefined) throw new Error("No batch");
  return built.body;
}

/** The order of records follows from the relayer and the number, so tests that depend on it look ids up. */
const one = (id: number, ...operations: OrderOperation[]): Order => ({ id, operations });

describe("src/models/settlement", () => {
  it("moves a transfer and its fee, and a fresh word takes the consent over", () => {
    const { ledger, settlement, held, sequence } = suite();
    const before = held(ALICE);
    const settled = settlement.settle(bodyOf(one(1, send(3, 100n, { fee: 7n }))));
    expect(settled).to.deep.equal({ sections: 1n, skipped: [0n], executed: [[true]] });
    expect([before - held(ALICE), held(CAROL), held(RELAYER)]).to.deep.equal([107n, 100n, 7n]);
    expect([sequence(ALICE), sequence(CAROL)]).to.deep.equal([1, 0]);
    const consents = (account: string) => ledger.consents({ account, id: tokenId(TOKEN_0), version: 0 });
    expect([consents(CAROL), consents(RELAYER)]).to.deep.equal([true, false]);
  });

  it("gives no consent to receivers named by address, or by the address book", () => {
    const { ledger, accounts, settlement, held } = suite();
    settlement.settle(bodyOf(one(1, send(CAROL, 100n)), one(2, send(2 ** 31, 5n))));
    expect(held(CAROL)).to.equal(100n);
    const named = accounts[2 ** 31]?.account ?? "";
    expect(held(named)).to.equal(5n);
    for (const account of [CAROL, named]) {
      expect(ledger.consents({ account, id: tokenId(TOKEN_0), version: 0 })).to.equal(false);
    }
  });

  it("skips what lacks consent, sequence, balance, an amount, a receiver or a place", () => {
    const wrong: [string, OrderOperation][] = [
      ["sequence", send(2, 100n, { sequence: 1 })],
      ["balance", send(2, 2n * FUNDS)],
      ["receiver", send(99, 100n)],
      ["ledger", send(LEDGER, 100n)],
      ["fee beyond the balance", send(2, FUNDS, { fee: 1n })],
      ["amount", { ...send(2, 100n), amount: 0n }],
      ["side", { ...send(2, 100n), kind: 2 }],
    ];
    for (const [name, operation] of wrong) {
      const { ledger, settlement } = suite();
      const before = [...ledger.state.entries()];
      const settled = settlement.settle(bodyOf(one(1, operation)));
      expect(settled, name).to.deep.equal({ sections: 1n, skipped: [1n], executed: [[false]] });
      expect([...ledger.state.entries()], name).to.deep.equal(before);
    }
    const { ledger, settlement } = suite();
    ledger.setConsent({ caller: ALICE, id: tokenId(TOKEN_0), versions: 2 });
    expect(settlement.settle(bodyOf(one(1, send(2, 100n)))).skipped).to.deep.equal([1n]);
  });

  it("skips excluded signers, bad signatures and keys without the right", () => {
    const body = bodyOf(one(1, send(2, 100n)), one(2, send(1, 100n)));
    for (const without of [{ excluded: [1] }, { badFallbacks: [1] }]) {
      const { settlement, sequence } = suite();
      settlement.settle({ ...body, ...without });
      expect([sequence(ALICE), sequence(BOB)]).to.deep.equal([0, 1]);
    }
    const { accounts, settlement } = suite();
    accounts[1] = { account: ALICE, registered: true, kinds: 2 };
    expect(settlement.settle(bodyOf(one(1, send(2, 100n), swap(5_000n)))).executed).to.deep.equal([[false], [true]]);
    const fallback = { deadline: 1, bound: false, signature: "0x" };
    const signed = bodyOf({ ...one(1, send(2, 100n, { sequence: 1 })), fallback });
    expect(settlement.settle(signed).executed).to.deep.equal([[true]]);
  });

  it("runs transfers in the order of the batch, on running state", () => {
    const { held, settlement } = suite();
    const body = bodyOf(one(1, send(3, FUNDS)), one(3, send(2, FUNDS / 2n)));
    const decoded = decodeBatch(encodeBatch({ ...body, expiry: 1, excluded: [], signature: new Uint8Array(192) }), {
      relayer: RELAYER,
    });
    const isFirst = decoded.records[0]?.id === 1;
    const settled = settlement.settle(body);
    expect(settled.executed).to.deep.equal([isFirst ? [true, true] : [false, true]]);
    expect(held(CAROL)).to.equal(isFirst ? FUNDS / 2n : FUNDS);
    expect(suite().settlement.settle(decoded)).to.deep.equal(settled);
  });

  it("clears swaps at one price, on top of fees", () => {
    const { amm, held, settlement } = suite();
    const orders = [
      { side: 0, amount: 40_000n, limit: 1n },
      { side: 1, amount: 30_000n, limit: 1n },
    ] as const;
    const { outputs } = amm.quoteBatch(POOL, BAND, orders);
    const before = [held(ALICE), held(ALICE, TOKEN_1), held(BOB), held(BOB, TOKEN_1)];
    const sell = swap(40_000n, { fee: 3n });
    const settled = settlement.settle(
      bodyOf(one(1, sell), one(2, { ...swap(30_000n), kind: 1, section: sell.section })),
    );
    expect(settled).to.deep.equal({ sections: 1n, skipped: [0n], executed: [[true, true]] });
    const after = [held(ALICE), held(ALICE, TOKEN_1), held(BOB), held(BOB, TOKEN_1)];
    const moved = after.map((amount, index) => amount - (before[index] ?? 0n));
    expect(moved).to.deep.equal([-40_003n, outputs[0], outputs[1], -30_000n]);
    expect(held(RELAYER)).to.equal(3n);
  });

  it("gives a refused order its amount and fee back, but not its sequence", () => {
    const { held, settlement, sequence } = suite();
    const before = held(ALICE);
    const greedy = { ...swap(40_000n, { fee: 3n }), argument: { form: "limit", value: 20_000n } as const };
    expect(settlement.settle(bodyOf(one(1, greedy)))).to.deep.equal({
      ...{ sections: 1n, skipped: [1n], executed: [[false]] },
    });
    expect([held(ALICE), held(RELAYER), sequence(ALICE)]).to.deep.equal([before, 0n, 1]);
  });

  it("refuses other kinds and shares on a pool as the core does", () => {
    const { ledger, amm, settlement, sequence } = suite();
    const shareId = lpShareId({ amm: amm.address, pool: POOL });
    ledger.setConsent({ caller: ALICE, id: shareId, versions: 1 });
    const held = ledger.balanceOf({ account: ALICE, id: shareId });
    const base = swap(40_000n);
    const section = { ...base.section, shareId };
    const kinds = [4, 2].map((kind) => ({ ...base, section, kind }));
    const nothing = { ...base, section, kind: 3, amount: 0n, sequence: 1 }; // counts on the word of asset 0
    const settled = settlement.settle(bodyOf(one(1, ...kinds, nothing)));
    expect(settled).to.deep.equal({ sections: 1n, skipped: [7n], executed: [[false, false, false]] });
    expect(ledger.balanceOf({ account: ALICE, id: shareId })).to.equal(held);
    expect(ledger.sequenceOf({ account: ALICE, id: shareId })).to.equal(1);
    expect(sequence(ALICE)).to.equal(2);
    const foreign = { ...base, section: { ...section, shareId: shareId ^ 16n } };
    expect(settlement.settle(bodyOf(one(2, foreign))).sections).to.equal(0n);
  });

  it("changes nothing in a section that fails, not even sequences, and goes on", () => {
    const { held, settlement, sequence } = suite();
    const before = held(ALICE);
    const far = { ...BAND, price: 2n * PRICE_SCALE };
    const outside = swapExactIn({
      ...{ amm: AMM, pool: POOL, assetIn: TOKEN_0, amountIn: 5_000n, minAmountOut: 1n, band: far, sequence: 0 },
    });
    const settled = settlement.settle(bodyOf(one(1, outside, send(2, 100n))));
    expect(settled).to.deep.equal({ sections: 2n, skipped: [1n, 0n], executed: [[false], [true]] });
    expect([before - held(ALICE), sequence(ALICE)]).to.deep.equal([100n, 1]);
    const unknown = { ...outside, section: { ...outside.section, protocol: BOB } };
    expect(settlement.settle(bodyOf(one(2, unknown))).sections).to.equal(0n);
  });

  it("skips what depends on something skipped", () => {
    const { settlement, sequence } = suite();
    const dependent = (first: number) =>
      one(1, send(2, 100n, { sequence: first }), swap(5_000n, { sequence: 1, dependsOnPrevious: true }));
    expect(settlement.settle(bodyOf(dependent(9))).executed).to.deep.equal([[false], [false]]);
    expect(settlement.settle(bodyOf(dependent(0))).executed).to.deep.equal([[true], [true]]);
    expect(sequence(ALICE)).to.equal(2);
  });

  it("answers 256 operations to a word, and begins each section with a word of its own", () => {
    const { accounts, settlement } = suite();
    const orders = Array.from({ length: 300 }, (_, index) => one(100 + index, send(2, 1n)));
    for (const { id } of orders) accounts[id] = { account: ZeroAddress, registered: true, kinds: 0 };
    const { skipped } = settlement.settle(bodyOf(...orders, one(1, swap(5_000n))));
    expect(skipped).to.deep.equal([(1n << 256n) - 1n, (1n << 44n) - 1n, 0n]);
  });

  it("counts 16 bits of sequence, and cancels ahead", () => {
    const { ledger, settlement, sequence } = suite();
    for (let count = 0; count < 771; count++) ledger.cancel({ caller: ALICE, id: tokenId(TOKEN_0) });
    expect(sequence(ALICE)).to.equal(65_535);
    settlement.settle(bodyOf(one(1, send(2, 1n, { sequence: 65_535 }))));
    expect(sequence(ALICE)).to.equal(0);
  });
});
