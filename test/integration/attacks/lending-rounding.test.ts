import { expect } from "chai";
import { isInstrumented } from "#chain";
import { KIND, loadFixture, sectionOf, WAD, type Order } from "../../helpers/ledger-fixture.js";
import {
  ALWAYS_WHOLE,
  createMarket,
  lendingFixture,
  marketKeyOf,
  NO_INTEREST,
  VIRTUAL_SHARES,
  type MarketParams,
} from "../../helpers/lending-fixture.js";

const CONSENT = 1n;
/** Operations of one section, and all of them. */
const SECTION = 250n;
const OPERATIONS = 10_000n;

/** An empty market without interest, so that nothing but roundings moves a price. */
async function emptyFixture() {
  const fixture = await lendingFixture();
  const { ledger, lending, alice, bob, ids } = fixture;
  const empty: MarketParams = { ...fixture.market, irm: NO_INTEREST, closeOutDebt: ALWAYS_WHOLE };
  const { marketId: emptyId, shareId: emptyShare } = await createMarket({ ledger, lending, alice }, empty);
  for (const user of [alice, bob]) {
    for (const id of [ids.token0, emptyShare]) await ledger.connect(user).setConsent(id, CONSENT);
  }
  return { ...fixture, empty, emptyId, emptyShare };
}

function ceilDiv(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}

describe("attacks", () => {
  it("rounding loop of 10,000 operations in an empty lending market (LEN_16)", async function () {
    if (isInstrumented) this.skip(); // each of so many operations would be counted, opcode by opcode
    this.timeout(120_000);
    const fixture = await loadFixture(emptyFixture);
    const { ledger, lending, settlement, empty, emptyShare, alice, bob, ids } = fixture;
    const section = sectionOf({
      ...{ protocol: lending, key: marketKeyOf(empty), asset0: empty.loanAsset, asset1: empty.collateralAsset },
      ...{ shareId: emptyShare, gasCap: 14_000_000n },
    });
    const before = await ledger.balanceOf(alice, ids.token0);
    // The dearest way down: two units in, and one out for as many shares as it may cost.
    let [assets, shares] = [0n, 0n];
    const sequences = { supply: 0n, withdraw: 0n };
    let held = 0n;
    for (let done = 0n; done < OPERATIONS; done += SECTION) {
      const orders: Required<Order>[] = [];
      // Debits come first, so what is burnt in a section was held before it.
      const lent: bigint[] = [];
      for (let i = 0n; i < SECTION; i++) {
        const dearest = (2n * (shares + VIRTUAL_SHARES) - 1n) / (assets + 1n);
        const burnt = dearest < held ? dearest : held;
        const worth = (burnt * (assets + 1n)) / (shares + VIRTUAL_SHARES);
        if (i % 3n === 2n && worth > 0n && worth <= assets) {
          orders.push({
            account: alice,
            sequence: sequences.withdraw++ % 256n,
            kind: KIND.shares,
            amount: burnt,
            arguments: 0n,
          });
          [assets, shares, held] = [assets - worth, shares - burnt, held - burnt];
        } else {
          const minted = (shares + VIRTUAL_SHARES) / (assets + 1n);
          orders.push({
            account: alice,
            sequence: sequences.supply++ % 256n,
            kind: KIND.asset0,
            amount: 1n,
            arguments: 0n,
          });
          [assets, shares] = [assets + 1n, shares + minted];
          lent.push(minted);
        }
      }
      // Whether all were executed shows at the end. An estimate of the gas would double the time.
      await settlement.settle(section, orders, { gasLimit: 15_500_000n });
      held += lent.reduce((sum, each) => sum + each, 0n);
    }
    const state = await fixture.lens.marketOf(empty);
    expect([state.supplyAssets, state.supplyShares]).to.deep.equal([assets, shares]);
    // A share costs what it cost, but for what the attacker gave away: a unit, or a share's price, each time.
    const gain = (assets + 1n) * VIRTUAL_SHARES - (shares + VIRTUAL_SHARES);
    expect(gain >= 0n && gain <= OPERATIONS * (shares + VIRTUAL_SHARES)).to.equal(true);
    const paid = before - (await ledger.balanceOf(alice, ids.token0));
    const worth = (held * (assets + 1n)) / (shares + VIRTUAL_SHARES);
    expect(paid).to.be.greaterThanOrEqual(worth);
    // Whoever comes next loses a unit and a share's price at most.
    await fixture.supply(WAD, { user: bob, market: empty });
    const balance = await ledger.balanceOf(bob, ids.token0);
    await fixture.redeem(await ledger.balanceOf(bob, emptyShare), { user: bob, market: empty });
    const loss = WAD - ((await ledger.balanceOf(bob, ids.token0)) - balance);
    expect(loss).to.be.lessThanOrEqual(1n + ceilDiv(assets + 1n, shares + VIRTUAL_SHARES));
  });

  it("withdrawals for as many shares as a unit may cost, in an empty lending market (LEN_16)", async () => {
    const fixture = await loadFixture(emptyFixture);
    const { ledger, lens, empty, emptyShare, alice, bob, ids, supply, redeem } = fixture;
    const before = await ledger.balanceOf(alice, ids.token0);
    const act = { user: alice, market: empty };
    const rounds = 100n;
    for (let i = 0n; i < rounds; i++) {
      await supply(2n, act);
      // Two units' shares for one unit: the other stays behind, nobody's.
      const { supplyAssets, supplyShares } = await lens.marketOf(empty);
      const held = await ledger.balanceOf(alice, emptyShare);
      const dearest = (2n * (supplyShares + VIRTUAL_SHARES) - 1n) / (supplyAssets + 1n);
      await redeem(dearest < held ? dearest : held, act).catch((error: unknown) => {
        expect(String(error)).to.include("LendingZeroAmount");
      });
    }
    const { supplyAssets, supplyShares } = await lens.marketOf(empty);
    const lost = before - (await ledger.balanceOf(alice, ids.token0));
    expect(supplyAssets).to.equal(lost);
    expect(lost).to.be.lessThanOrEqual(2n * rounds);
    // A share, a millionth of a unit at first, costs no unit yet: a victim loses one at most.
    expect((supplyAssets + 1n) * 1000n).to.be.lessThan(supplyShares + VIRTUAL_SHARES);
    await supply(1000n, { user: bob, market: empty });
    const balance = await ledger.balanceOf(bob, ids.token0);
    await redeem(await ledger.balanceOf(bob, emptyShare), { user: bob, market: empty });
    expect((await ledger.balanceOf(bob, ids.token0)) - balance).to.be.greaterThanOrEqual(999n);
  });

  it("debt shares blown up in a lending market without debt, which anybody undoes (LEN_22)", async () => {
    const fixture = await loadFixture(emptyFixture);
    const { lending, lens, empty, emptyId, alice, bob, run, supply, addCollateral, borrow } = fixture;
    await supply(WAD, { user: bob, market: empty });
    await addCollateral(WAD, { user: alice, market: empty });
    const act = { user: alice, market: empty };
    const repayOne = () => run("repayShares", [1n, alice.address], { ...act, amount0: 1n });
    // Borrow a unit, repay one share of it for a unit: debt is 0, and its shares double.
    let rounds = 0;
    for (; rounds < 100; rounds++) {
      const refused = await borrow(1n, act).then(
        () => false,
        (error: unknown) => String(error).includes("LendingAmountTooLarge"),
      );
      if (refused) break;
      await repayOne();
    }
    expect(rounds).to.be.greaterThan(80);
    const blown = await lens.marketOf(empty);
    expect(blown.borrowAssets).to.equal(0n);
    // Suppliers have lost nothing and can leave; a borrower is refused until anybody repays the shares, for nothing.
    expect(blown.supplyAssets).to.be.greaterThanOrEqual(WAD);
    await addCollateral(WAD, { user: bob, market: empty });
    await expect(borrow(1n, { user: bob, market: empty })).to.be.revertedWithCustomError(
      lending,
      "LendingAmountTooLarge",
    );
    await run("repayShares", [2n ** 256n - 1n, alice.address], { user: bob, market: empty });
    const [borrowShares] = await lending.positionOf(emptyId, alice);
    expect(borrowShares).to.equal(0n);
    await borrow(WAD / 2n, { user: bob, market: empty });
    await fixture.withdraw(WAD / 2n, { user: bob, market: empty });
  });
});
