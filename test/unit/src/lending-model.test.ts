import { expect } from "chai";
import { ZeroAddress } from "ethers";
import {
  ADAPTIVE_CURVE,
  elapsedSince,
  encodeLendingAction,
  INITIAL_CURVE_RATE,
  issuedId,
  lastUpdateOf,
  LedgerModel,
  LENDING_KINDS,
  marketFlags,
  marketKey,
  LendingModel,
  MAX_DEBT,
  ModelError,
  NO_INTEREST,
  PRICE_SCALE,
  tokenId,
  VIRTUAL_SHARES,
  type LendingAction,
  type MarketParams,
  type ModelOperation,
} from "../../../src/index.js";
import { expectCode } from "../../helpers/expect-code.js";

const LEDGER = "0x1000000000000000000000000000000000000000";
const LENDING = "0x2000000000000000000000000000000000000000";
const LOAN = "0x3000000000000000000000000000000000000000";
const COLLATERAL = "0x4000000000000000000000000000000000000000";
const ORACLE = "0x7000000000000000000000000000000000000000";
const ALICE = "0x5000000000000000000000000000000000000000";
const BOB = "0x6000000000000000000000000000000000000000";
const MAX_UINT256 = (1n << 256n) - 1n;
const FUNDS = 10n ** 24n;
const LLTV = 86n * 10n ** 16n;
const PLEDGED = issuedId({ owner: ALICE, salt: `0x${"11".repeat(32)}`, flags: 1n });
const BASE: MarketParams = {
  ...{ loanAsset: tokenId(LOAN), collateralAsset: tokenId(COLLATERAL), oracle: ORACLE },
  ...{ irm: NO_INTEREST, lltv: LLTV, closeOutDebt: MAX_DEBT },
};

function models(params: MarketParams = BASE) {
  const ledger = new LedgerModel({ address: LEDGER, tokens: [LOAN, COLLATERAL] });
  const said = { price: PRICE_SCALE, fails: false };
  const price = (): bigint => {
    if (said.fails) throw new ModelError("OracleFails");
    return said.price;
  };
  const pledged: string[] = [];
  const note = (name: string) => (account: string, amount: bigint, liquidator?: string) => {
    pledged.push([name, account, amount, ...(liquidator === undefined ? [] : [liquidator])].join(" "));
  };
  const lending = new LendingModel({
    ...{ address: LENDING, ledger },
    sources: { hasCode: (oracle) => oracle === ORACLE, priceOf: price, borrowPriceOf: price, rateOf: () => undefined },
    pledgeOf: (asset) =>
      asset === PLEDGED ? { pledge: note("pledge"), release: note("release"), seize: note("seize") } : undefined,
  });
  lending.timestamp = 1000n;
  lending.enableLltv(LLTV);
  for (const irm of [NO_INTEREST, ADAPTIVE_CURVE]) lending.enableRateModel(irm);
  for (const account of [ALICE, BOB]) {
    for (const token of [LOAN, COLLATERAL]) {
      ledger.mintToken({ token, to: account, amount: FUNDS });
      ledger.approveToken({ token, owner: account, amount: MAX_UINT256 });
      ledger.deposit({ caller: account, token, amount: FUNDS, minimum: FUNDS, to: account });
    }
  }
  const act = (caller: string, data: LendingAction, amount0 = 0n, amount1 = 0n) =>
    ledger.call(caller, {
      ...{ protocol: LENDING, asset0: params.loanAsset, asset1: params.collateralAsset, key: marketKey(params) },
      ...{ source: "ledger", destination: "ledger", amount0, amount1, to: ZeroAddress, data },
    });
  act(ALICE, { name: "createMarket", market: params });
  return { ledger, lending, said, pledged, act };
}

const ADD: LendingAction = { name: "addCollateral", account: ZeroAddress };
const SUPPLY: LendingAction = { name: "supply", minShares: 0n };
const borrow = (assets: bigint): LendingAction => ({ name: "borrow", assets, account: ZeroAddress });

describe("src/models/lending", () => {
  it("lends, and pays back with what is left", () => {
    const { lending, ledger, act } = models();
    expect(act(ALICE, SUPPLY, 1000n).minted).to.equal(1000n * VIRTUAL_SHARES);
    act(BOB, ADD, 0n, 1000n);
    expect(act(BOB, borrow(860n)).out0).to.equal(860n);
    expectCode(() => act(BOB, borrow(1n)), "LendingUnhealthy");
    expectCode(
      () => act(ALICE, { name: "withdraw", assets: 141n, maxShares: MAX_UINT256 }),
      "LendingInsufficientLiquidity",
    );
    act(BOB, { name: "repay", account: ZeroAddress }, 900n);
    expect(ledger.balanceOf({ account: BOB, id: BASE.loanAsset })).to.equal(FUNDS);
    act(BOB, { name: "removeCollateral", amount: MAX_UINT256, account: ZeroAddress });
    act(ALICE, { name: "redeem", shares: MAX_UINT256, minAssets: 1000n });
    expect(lending.bookOf(BASE)).to.equal(marketFlags({ time: 1000n, isDebtNewer: false }) << 224n);
  });

  it("tells by a book's flags when it was updated, and what has passed since", () => {
    const time = 1_800_000_000n;
    for (const isDebtNewer of [false, true]) {
      const flags = marketFlags({ time, isDebtNewer });
      expect(flags & 1n).to.equal(isDebtNewer ? 1n : 0n);
      expect(lastUpdateOf((flags << 224n) | 5n)).to.equal(time);
      // Within 68 years, and past the end of 31 bits.
      for (const passed of [0n, 1n, (1n << 31n) - 1n]) expect(elapsedSince(flags, time + passed)).to.equal(passed);
    }
  });

  it("never has flags of 0, not even when 31 bits of time end", () => {
    const end = 1_767_225_600n + (1n << 31n); // in January 2094
    for (const isDebtNewer of [false, true]) {
      const flags = marketFlags({ time: end, isDebtNewer });
      expect(flags).to.not.equal(0n);
      expect(elapsedSince(flags, end)).to.equal(1n);
      expect(elapsedSince(marketFlags({ time: end + 1n, isDebtNewer }), end + 8n)).to.equal(7n);
    }
  });

  it("begins the adaptive curve at its first rate, and takes the old fee for what has been", () => {
    const params = { ...BASE, irm: ADAPTIVE_CURVE };
    const { lending, act } = models(params);
    expect(lending.marketOf(params).rate).to.equal(INITIAL_CURVE_RATE);
    act(ALICE, SUPPLY, FUNDS / 2n);
    act(BOB, ADD, 0n, FUNDS);
    act(BOB, borrow(FUNDS / 4n));
    lending.timestamp = 1000n + 365n * 86_400n;
    lending.setFee(params, 10n ** 17n);
    expect(lending.store.totalsOf(lending.idOf(params)).feeShares).to.equal(0n);
    lending.timestamp = 1000n + 730n * 86_400n;
    expectCode(() => act(BOB, { name: "collectFee" }), "LendingNotFeeRecipient");
    lending.feeRecipient = BOB;
    expect(act(BOB, { name: "collectFee" }).minted > 0n).to.equal(true);
    expect(act(BOB, { name: "collectFee" }).minted).to.equal(0n);
    expectCode(() => lending.setFee(params, 1n), "LendingInvalidFee");
  });

  it("does not ask a failing oracle for what needs no price", () => {
    const { said, act } = models();
    act(ALICE, SUPPLY, 1000n);
    act(BOB, ADD, 0n, 1000n);
    act(BOB, borrow(500n));
    said.fails = true;
    expectCode(() => act(BOB, borrow(1n)), "OracleFails");
    act(BOB, { name: "repayShares", shares: MAX_UINT256, account: ZeroAddress }, 500n);
    act(BOB, { name: "removeCollateral", amount: 1000n, account: ZeroAddress });
    act(ALICE, { name: "withdraw", assets: 1000n, maxShares: MAX_UINT256 });
  });

  it("lets pledged collateral stay with its issuer, and has it seized after a liquidation", () => {
    const params = { ...BASE, collateralAsset: PLEDGED };
    const { lending, pledged, said, act } = models(params);
    expectCode(() => act(BOB, { name: "pledgeCollateral", amount: 0n }), "LendingZeroAmount");
    act(ALICE, SUPPLY, 1000n);
    act(BOB, { name: "pledgeCollateral", amount: 1000n });
    act(BOB, { name: "removeCollateral", amount: 100n, account: ZeroAddress });
    act(BOB, borrow(700n));
    said.price = PRICE_SCALE / 2n;
    act(ALICE, { name: "liquidate", account: BOB, minSeized: 900n }, 1000n);
    expect(lending.positionOf(params, BOB)).to.deep.equal({ borrowShares: 0n, collateral: 0n });
    lending.seize(params, BOB, ALICE);
    expectCode(() => {
      lending.seize(params, BOB, ALICE);
    }, "LendingZeroAmount");
    expect(pledged).to.deep.equal([`pledge ${BOB} 1000`, `release ${BOB} 100`, `seize ${BOB} 900 ${ALICE}`]);
    expectCode(() => models().act(BOB, { name: "pledgeCollateral", amount: 1n }), "LendingWrongCollateral");
  });

  it("runs a section one operation after the other, and fails what needs a price where there is none", () => {
    const { lending, said, act } = models();
    act(ALICE, SUPPLY, 1000n);
    const book = lending.idOf(BASE);
    const operation = (kind: number, amount: bigint, limit = 0n): ModelOperation => {
      return { account: BOB, kind, amount, limit, secondLimit: 0n };
    };
    const operations = [
      operation(LENDING_KINDS.addCollateral, 1000n),
      operation(LENDING_KINDS.borrow, 0n, 860n),
      operation(LENDING_KINDS.borrow, 0n, 1n),
      operation(LENDING_KINDS.repay, 500n),
      operation(LENDING_KINDS.removeCollateral, 0n, 200n),
      operation(LENDING_KINDS.supply, 10n),
      operation(4, 10n),
      undefined,
    ];
    const settle = () =>
      lending.onLedgerBatch({
        book,
        holdings: lending.bookOf(BASE),
        shareId: lending.shareIdOf(BASE),
        parameters: "0x",
        operations,
      });
    const { payouts } = settle();
    expect(payouts).to.deep.equal([
      { out0: 0n, out1: 0n },
      { out0: 860n, out1: 0n },
      undefined,
      { out0: 0n, out1: 0n },
      { out0: 0n, out1: 200n },
      { out0: 0n, out1: 0n, shares: 10n * VIRTUAL_SHARES },
      undefined,
      undefined,
    ]);
    said.fails = true;
    // The second repayment is of all that is left: without debt, nobody is asked.
    expect(settle().payouts.map((payout) => payout !== undefined)).to.deep.equal([
      ...[true, false, false, true, true, true, false, false],
    ]);
    const wrong = { book, holdings: lending.bookOf(BASE), shareId: 1n, parameters: "0x", operations };
    expectCode(() => lending.onLedgerBatch(wrong), "LendingWrongShare");
  });

  it("encodes every action", () => {
    const actions: LendingAction[] = [
      ...[ADD, SUPPLY, borrow(1n), { name: "createMarket", market: BASE }, { name: "supplyShares", shares: 1n }],
      ...[
        { name: "withdraw", assets: 1n, maxShares: 2n },
        { name: "redeem", shares: 1n, minAssets: 2n },
      ],
      ...[
        { name: "pledgeCollateral", amount: 1n },
        { name: "removeCollateral", amount: 1n, account: BOB },
      ],
      ...[
        { name: "repay", account: BOB },
        { name: "repayShares", shares: 1n, account: BOB },
      ],
      ...[{ name: "liquidate", account: BOB, minSeized: 1n }, { name: "accrue" }, { name: "collectFee" }],
    ] as LendingAction[];
    const selectors = actions.map((action) => encodeLendingAction(action).slice(0, 10));
    expect(new Set(selectors).size).to.equal(14);
  });
});
