import { expect } from "chai";
import { impersonate, KIND, loadFixture, sectionOf, settle, WAD, type Order } from "../../helpers/ledger-fixture.js";
import { createMarket, lendingFixture, marketKeyOf, NO_INTEREST, PRICE_SCALE } from "../../helpers/lending-fixture.js";

const REMOVE_COLLATERAL = 11n;
/** What the core answers of an operation that it refuses: a twin of `OperationLib.FAILED`. */
const FAILED = 1n << 255n;

/** Alice lends 100 without interest, Bob owes 50 on 100 of collateral, Carol has 10 of collateral; all consent to batches. */
async function lentFixture() {
  const fixture = await lendingFixture();
  const { ledger, lending, ids, alice, bob, carol } = fixture;
  const market = { ...fixture.market, irm: NO_INTEREST };
  const { marketId, shareId } = await createMarket(fixture, market);
  for (const user of [alice, bob, carol]) {
    for (const id of [ids.token0, ids.token1, shareId]) await ledger.connect(user).setConsent(id, 1n);
  }
  await fixture.supply(100n * WAD, { user: alice, market });
  await fixture.addCollateral(100n * WAD, { user: bob, market });
  await fixture.addCollateral(10n * WAD, { user: alice, market, account: carol.address });
  await fixture.borrow(50n * WAD, { user: bob, market });
  const section = sectionOf({
    ...{ protocol: lending, key: marketKeyOf(market), shareId },
    ...{ asset0: market.loanAsset, asset1: market.collateralAsset },
  });
  const run = (orders: readonly Order[]) => settle({ settlement: fixture.settlement, section, orders });
  return { ...fixture, market, marketId, shareId, section, settleOrders: run };
}

describe("LendingCore", () => {
  describe("sections", () => {
    it("change no position and no total without operations", async () => {
      const { lending, marketId, settleOrders } = await loadFixture(lentFixture);
      const before = await lending.marketOf(marketId);
      const { executed, skipped, response } = await settleOrders([]);
      expect([executed, skipped]).to.deep.equal([true, []]);
      await expect(response)
        .to.emit(lending, "MarketSettled")
        .withArgs(marketId, 100n * WAD, before.supplyShares, 50n * WAD, before.borrowShares);
      expect(await lending.marketOf(marketId)).to.deep.equal(before);
    });

    it("give collateral back while the oracle fails to who owes nothing, and to nobody else", async () => {
      const { lending, marketId, oracle, bob, carol, settleOrders } = await loadFixture(lentFixture);
      await oracle.setMode(1n);
      const removal = { kind: REMOVE_COLLATERAL, amount: 0n };
      const orders = [
        { account: bob, ...removal, arguments: 5n },
        { account: carol, ...removal, arguments: 10n * WAD },
      ];
      expect((await settleOrders(orders)).skipped).to.deep.equal([0b01n]);
      expect((await lending.positionOf(marketId, bob)).collateral).to.equal(100n * WAD);
      expect((await lending.positionOf(marketId, carol)).collateral).to.equal(0n);
      await oracle.setMode(0n);
      expect((await settleOrders([{ account: bob, sequence: 1n, ...removal, arguments: 5n }])).skipped).to.deep.equal([
        0n,
      ]);
      await oracle.setPrice(PRICE_SCALE / 2n);
      const again = { account: bob, sequence: 2n, ...removal, arguments: 5n };
      expect((await settleOrders([again])).skipped).to.deep.equal([1n]);
    });

    it("refuse collateral of nothing, though the ledger hands over none", async () => {
      const { ledger, lending, market, marketId, shareId, settlement, settleOrders, bob } =
        await loadFixture(lentFixture);
      expect((await settleOrders([{ account: bob, kind: KIND.asset1, amount: 0n }])).skipped).to.deep.equal([1n]);
      const asLedger = lending.connect(await impersonate(ledger));
      const book = await ledger.bookOf(lending, marketKeyOf(market), market.loanAsset, market.collateralAsset);
      const answer = async (amount: bigint) => {
        const orders = [{ account: bob, sequence: 0n, kind: KIND.asset1, amount, arguments: 0n }];
        const operations = [...(await settlement.pack(orders))];
        return (await asLedger.onLedgerBatch.staticCall(marketId, book, shareId, "0x", operations))[2];
      };
      expect(await answer(0n)).to.deep.equal([FAILED]);
      expect(await answer(1n)).to.deep.equal([0n]);
      // Nor more than a position holds.
      expect(await answer((1n << 112n) - 100n * WAD)).to.deep.equal([FAILED]);
      expect(await answer((1n << 112n) - 1n - 100n * WAD)).to.deep.equal([0n]);
    });
  });
});
