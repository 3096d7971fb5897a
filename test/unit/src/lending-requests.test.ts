import { expect } from "chai";
import { network } from "#chain";
import {
  ADAPTIVE_CURVE,
  ALL,
  issuedId,
  marketId,
  MAX_DEBT,
  marketParams,
  PRICE_SCALE,
  type LakhRequest,
} from "../../../src/index.js";
import { type MockPriceOracle } from "../../../typechain-types/index.js";
import { at, deployLakh, deployTyped } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";

const UNIT = 10n ** 18n;
const FUNDS = 1_000_000n * UNIT;
const LLTV = 86n * 10n ** 16n;

/** A market of token one against token two, and one of wrapped ether against token two; the first account has tokens of both. */
async function fixture() {
  const connection = await network.create();
  const deployed = await deployLakh(connection);
  const { admin, tokens, ledger, lending, lakh, weth } = deployed;
  const oracle = await deployTyped<MockPriceOracle>(connection, "MockPriceOracle", [PRICE_SCALE]);
  await lending.enableLltv(LLTV);
  await lending.enableRateModel(ADAPTIVE_CURVE);
  for (const token of tokens) {
    await token.mint(admin, FUNDS);
    await token.approve(ledger, FUNDS);
  }
  const [one, two] = [await at(tokens, 0).getAddress(), await at(tokens, 1).getAddress()];
  const common = { collateralAsset: two, oracle: await oracle.getAddress(), lltv: LLTV };
  const market = marketParams({ loanAsset: one, ...common });
  const etherMarket = marketParams({ loanAsset: await weth.getAddress(), ...common });
  const send = async (...requests: LakhRequest[]): Promise<void> => {
    for (const request of requests) await (await admin.sendTransaction(request)).wait();
  };
  await send(lakh.lending.createMarket({ market }), lakh.lending.createMarket({ market: etherMarket }));
  return { ...deployed, oracle, market, etherMarket, one, two, send, account: admin.address };
}

describe("src/lending", () => {
  it("builds requests that lend, borrow, repay and pay out", async () => {
    const { lakh, ledger, market, send, account, oracle, one } = await fixture();
    const { lending } = lakh;
    await send(
      lending.supply({ market, assets: 100n * UNIT, minShares: 1n, source: "wallet" }),
      lending.supplyShares({ market, shares: 10n ** 24n, maxAssets: 2n * UNIT, source: "wallet" }),
      lending.addCollateral({ market, amount: 50n * UNIT, source: "wallet" }),
      lending.borrow({ market, assets: 40n * UNIT }),
      lending.repay({ market, maxAssets: 5n * UNIT }),
      lending.withdraw({ market, assets: UNIT }),
      lending.removeCollateral({ market, amount: UNIT }),
      lending.accrue({ market }),
    );
    const position = await lending.positionOf({ market, account });
    expect(position.collateral).to.equal(49n * UNIT);
    expect(position.debt >= 35n * UNIT && position.debt < 36n * UNIT).to.equal(true);
    const shareId = lending.shareIdOf({ market });
    expect(shareId).to.equal(issuedId({ owner: lending.address, salt: lending.marketIdOf({ market }) }));
    expect(await ledger.balanceOf(account, shareId)).to.equal(position.supplyShares);
    const view = await lending.marketOf({ market });
    expect([view.id, view.exists, view.shareId]).to.deep.equal([lending.marketIdOf({ market }), true, shareId]);
    expect((await lending.healthFactor({ market, account })) > UNIT).to.equal(true);

    await oracle.setPrice((8n * PRICE_SCALE) / 10n);
    const order = { market, account, maxAssets: 10n * UNIT };
    const { seized, repaidAssets } = await lending.previewLiquidate(order);
    expect(repaidAssets <= 10n * UNIT && seized > 0n).to.equal(true);
    await send(lending.liquidate({ ...order, minSeized: seized, source: "wallet" }));
    await send(
      lending.repay({ market, maxAssets: 100n * UNIT, source: "wallet" }),
      lending.removeCollateral({ market, amount: ALL, destination: "wallet" }),
      lending.redeem({ market, shares: ALL, destination: "wallet" }),
    );
    const after = await lending.positionOf({ market, account });
    expect(Object.values(after)).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
    expect(await lending.healthFactor({ market, account })).to.equal(ALL);
    expect(await ledger.balanceOf(account, one)).to.not.equal(0n); // what was withdrawn to the ledger
  });

  it("pays with ether where the loan asset is wrapped ether, and nowhere else", async () => {
    const { lakh, market, etherMarket, send, account } = await fixture();
    await send(lakh.lending.supply({ market: etherMarket, assets: UNIT, payWithEther: true }));
    expect((await lakh.lending.positionOf({ market: etherMarket, account })).supplyAssets).to.equal(UNIT);
    await send(lakh.lending.withdraw({ market: etherMarket, assets: UNIT, destination: "native" }));
    expectCode(() => lakh.lending.supply({ market, assets: UNIT, payWithEther: true }), "NativeAssetMissing");
  });

  it("refuses what cannot succeed", async () => {
    const { lakh, market, one, two, account } = await fixture();
    const { lending } = lakh;
    const oracle = market.oracle;
    expectCode(() => marketParams({ loanAsset: one, collateralAsset: one, oracle, lltv: LLTV }), "SameAsset");
    const rules = issuedId({ owner: account, salt: `0x${"11".repeat(32)}`, flags: 1n });
    expectCode(() => marketParams({ loanAsset: rules, collateralAsset: two, oracle, lltv: LLTV }), "RestrictedAsset");
    for (const lltv of [UNIT, LLTV + 1n, -1n]) {
      expectCode(() => marketParams({ loanAsset: one, collateralAsset: two, oracle, lltv }), "AmountOutOfRange");
    }
    const closeOutDebt = MAX_DEBT + 1n;
    const terms = { loanAsset: one, collateralAsset: two, oracle, lltv: LLTV };
    expectCode(() => marketParams({ ...terms, closeOutDebt }), "AmountOutOfRange");
    expectCode(() => marketId({ lending: lending.address, market: { ...market, lltv: UNIT } }), "AmountOutOfRange");
    expectCode(() => lending.supply({ market, assets: 0n }), "AmountZero");
    expectCode(() => lending.borrow({ market, assets: 1n << 112n }), "AmountTooLarge");
    expectCode(() => lending.repay({ market, maxAssets: 1n, account: "0x12" }), "InvalidAddress");
    expectCode(() => lending.redeem({ market, shares: -1n }), "AmountOutOfRange");
    const pledged = { ...market, collateralAsset: rules };
    expectCode(() => lending.addCollateral({ market: pledged, amount: 1n }), "RestrictedAsset");
    expect(lending.pledgeCollateral({ market: pledged, amount: 1n }).parameters.amount1).to.equal(0n);
    expect(lending.collectFee({ market, to: account }).parameters.to).to.equal(account);
  });
});
