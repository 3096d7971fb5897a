import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import {
  ethers,
  KIND,
  loadFixture,
  networkHelpers,
  sectionOf,
  settle,
  WAD,
  type Order,
} from "../../helpers/ledger-fixture.js";
import {
  createMarket,
  lendingFixture,
  marketKeyOf,
  NO_INTEREST,
  PRICE_SCALE,
  VIRTUAL_SHARES,
  YEAR,
  type LendingFixture,
} from "../../helpers/lending-fixture.js";

const CONSENT = 1n;

/** Alice lends 100, Bob has borrowed 50 on 100 of collateral, and all consent to batches. */
async function lentFixture() {
  const fixture = await lendingFixture();
  const { ledger, ids, shareId, alice, bob, carol } = fixture;
  for (const user of [alice, bob, carol]) {
    for (const id of [ids.token0, ids.token1, shareId]) await ledger.connect(user).setConsent(id, CONSENT);
  }
  await fixture.supply(100n * WAD, { user: alice });
  await fixture.addCollateral(100n * WAD, { user: bob });
  await fixture.borrow(50n * WAD, { user: bob });
  return fixture;
}

/** The arguments of each event of this name that the core emitted. */
async function emitted({ lending }: LendingFixture, sent: ContractTransactionResponse, name: string) {
  const receipt = await sent.wait();
  return (receipt?.logs ?? [])
    .flatMap((log) => lending.interface.parseLog(log) ?? [])
    .filter((event) => event.name === name)
    .map(({ args }) => [...(args as unknown as unknown[])]);
}

function settleOrders(fixture: LendingFixture, orders: readonly Order[]) {
  const { lending, market, shareId, settlement } = fixture;
  const { loanAsset: asset0, collateralAsset: asset1 } = market;
  const section = sectionOf({ protocol: lending, key: marketKeyOf(market), asset0, asset1, shareId });
  return settle({ settlement, section, orders });
}

describe("LendingCore", () => {
  describe("events", () => {
    it("say the interest since the last update, once a second", async () => {
      const fixture = await loadFixture(lentFixture);
      const { lending, market, marketId, alice, run } = fixture;
      const before = (await lending.marketOf(marketId)).borrowAssets;
      await networkHelpers.time.increase(YEAR);
      const sent = await run("accrue", [], { user: alice, market });
      const { borrowAssets } = await lending.marketOf(marketId);
      expect(borrowAssets).to.be.greaterThan(before);
      expect(await emitted(fixture, sent, "InterestAccrued")).to.deep.equal([[marketId, borrowAssets - before]]);
      expect(await emitted(fixture, sent, "FeeAccrued")).to.deep.equal([]);
      await ethers.provider.send("evm_setAutomine", [false]);
      const both = [
        await run("accrue", [], { user: alice, market, gasLimit: 1_000_000 } as never),
        await run("accrue", [], { user: alice, market, gasLimit: 1_000_000 } as never),
      ];
      await ethers.provider.send("evm_mine", []);
      await ethers.provider.send("evm_setAutomine", [true]);
      const counts = [];
      for (const each of both) counts.push((await emitted(fixture, each, "InterestAccrued")).length);
      expect(counts).to.deep.equal([1, 0]);
    });

    it("say the shares that a fee adds", async () => {
      const fixture = await loadFixture(lentFixture);
      const { lending, market, marketId, alice, run } = fixture;
      await lending.setFee(market, WAD / 10n);
      const before = await lending.marketOf(marketId);
      await networkHelpers.time.increase(YEAR);
      const sent = await run("accrue", [], { user: alice, market });
      const after = await lending.marketOf(marketId);
      const added = after.feeShares - before.feeShares;
      expect(added).to.be.greaterThan(0n);
      expect(after.supplyShares - before.supplyShares).to.equal(added);
      expect(await emitted(fixture, sent, "FeeAccrued")).to.deep.equal([[marketId, added]]);
    });

    it("say of a section the market after it, and who owes something that owed nothing", async () => {
      const fixture = await loadFixture(lentFixture);
      const { lens, market, marketId, alice, bob, carol } = fixture;
      await fixture.addCollateral(10n * WAD, { user: alice, account: carol.address });
      const { executed, skipped, response } = await settleOrders(fixture, [
        { account: alice, kind: KIND.asset0, amount: 7n * WAD },
        { account: bob, kind: KIND.none, amount: 0n, arguments: WAD },
        { account: carol, kind: KIND.none, amount: 0n, arguments: WAD },
      ]);
      expect([executed, skipped]).to.deep.equal([true, [0n]]);
      const view = await lens.marketOf(market);
      expect(view.idle).to.equal(55n * WAD);
      expect(await emitted(fixture, response, "MarketSettled")).to.deep.equal([
        [marketId, view.supplyAssets, view.supplyShares, view.borrowAssets, view.borrowShares],
      ]);
      expect(await emitted(fixture, response, "DebtOpened")).to.deep.equal([[marketId, carol.address]]);
    });

    it("name nobody whose loan a section refuses", async () => {
      const fixture = await loadFixture(lentFixture);
      const { alice, carol, oracle } = fixture;
      await fixture.addCollateral(10n * WAD, { user: alice, account: carol.address });
      const loan = { account: carol, kind: KIND.none, amount: 0n, arguments: 9n * WAD };
      const { skipped, response } = await settleOrders(fixture, [loan]);
      expect(skipped).to.deep.equal([1n]);
      expect(await emitted(fixture, response, "DebtOpened")).to.deep.equal([]);
      await oracle.setMode(1n);
      const blind = await settleOrders(fixture, [
        { ...loan, arguments: 1n },
        { account: alice, kind: KIND.asset0, amount: WAD },
      ]);
      expect(blind.skipped).to.deep.equal([1n]);
      expect(await emitted(fixture, blind.response, "DebtOpened")).to.deep.equal([]);
    });

    it("say who acted for whom", async () => {
      const fixture = await loadFixture(lentFixture);
      const { ledger, lens, market, marketId, shareId, alice, bob } = fixture;
      const held = await ledger.balanceOf(alice, shareId);
      const withdrawal = await fixture.withdraw(WAD, { user: alice });
      const burnt = held - (await ledger.balanceOf(alice, shareId));
      expect(await emitted(fixture, withdrawal, "Withdrawn")).to.deep.equal([[marketId, alice.address, WAD, burnt]]);
      const owed = (await lens.positionOf(market, bob)).borrowShares;
      const repayment = await fixture.repay(WAD, { user: alice, account: bob.address });
      const repaid = owed - (await lens.positionOf(market, bob)).borrowShares;
      const [[id, caller, account, assets, shares]] = (await emitted(fixture, repayment, "Repaid")) as [unknown[]];
      expect([id, caller, account, shares]).to.deep.equal([marketId, alice.address, bob.address, repaid]);
      expect(assets).to.be.oneOf([WAD, WAD - 1n]);
      await ledger.connect(bob).setOperator(alice, true);
      const removal = await fixture.removeCollateral(5n, { user: alice, account: bob.address });
      expect(await emitted(fixture, removal, "CollateralRemoved")).to.deep.equal([
        [marketId, alice.address, bob.address, 5n],
      ]);
      const loan = await fixture.borrow(WAD, { user: alice, account: bob.address });
      const added = (await lens.positionOf(market, bob)).borrowShares - (owed - repaid);
      expect(await emitted(fixture, loan, "Borrowed")).to.deep.equal([
        [marketId, alice.address, bob.address, WAD, added],
      ]);
    });

    it("say what a liquidation wrote off, in assets and in shares", async () => {
      const fixture = await loadFixture(lentFixture);
      const { lens, oracle, alice, bob } = fixture;
      const market = { ...fixture.market, irm: NO_INTEREST };
      const { marketId } = await createMarket(fixture, market);
      await fixture.supply(100n * WAD, { user: alice, market });
      await fixture.addCollateral(100n * WAD, { user: bob, market });
      await fixture.borrow(80n * WAD, { user: bob, market });
      await oracle.setPrice(PRICE_SCALE / 2n);
      const preview = await lens.previewLiquidate(market, bob, 500n * WAD);
      const sent = await fixture.liquidate(500n * WAD, bob.address, { user: alice, market });
      const all = 80n * WAD * VIRTUAL_SHARES;
      expect(preview.badDebt).to.be.greaterThan(0n);
      expect(await emitted(fixture, sent, "Liquidated")).to.deep.equal([
        [
          ...[marketId, alice.address, bob.address, preview.repaidAssets, preview.repaidShares],
          ...[preview.seized, preview.badDebt, all - preview.repaidShares],
        ],
      ]);
    });
  });
});
