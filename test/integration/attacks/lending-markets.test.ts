import { expect } from "chai";
import {
  ethers,
  KIND,
  loadFixture,
  sectionOf,
  settle,
  stateOf,
  WAD,
  type LedgerFixture,
} from "../../helpers/ledger-fixture.js";
import {
  createMarket,
  lendingActions,
  lendingFixture,
  marketCall,
  marketKeyOf,
  NO_INTEREST,
  PRICE_SCALE,
  type LendingFixture,
  type MarketParams,
} from "../../helpers/lending-fixture.js";

const CONSENT = 1n;

async function attackFixture() {
  const fixture = await lendingFixture();
  const { ledger, alice, bob, ids, shareId, supply, addCollateral } = fixture;
  for (const user of [alice, bob]) {
    for (const id of [ids.token0, ids.token1, shareId]) await ledger.connect(user).setConsent(id, CONSENT);
  }
  await supply(100n * WAD, { user: alice });
  await addCollateral(100n * WAD, { user: bob });
  return fixture;
}

const stored = async ({ ledger, lending, token0, token1 }: LendingFixture) =>
  stateOf([ledger, lending, token0, token1]);

function sectionOn({ lending, market, shareId }: LendingFixture, other: MarketParams = market, share = shareId) {
  const { loanAsset: asset0, collateralAsset: asset1 } = other;
  return sectionOf({ protocol: lending, key: marketKeyOf(other), asset0, asset1, shareId: share });
}

describe("attacks", () => {
  it("lending market under other terms than its id names (LEN_25)", async () => {
    const fixture = await loadFixture(attackFixture);
    const { ledger, lending, market, alice, oracle } = fixture;
    const before = await stored(fixture);
    // The book of one market, the parameters of another: an own oracle, no cap, another LLTV.
    const fake = await ethers.deployContract("MockPriceOracle", [PRICE_SCALE * 10n ** 12n]);
    const others: MarketParams[] = [
      { ...market, oracle: await fake.getAddress() },
      { ...market, irm: NO_INTEREST },
      { ...market, closeOutDebt: 0n },
      { ...market, loanAsset: market.collateralAsset, collateralAsset: market.loanAsset },
    ];
    for (const other of others) {
      const data = lendingActions.encodeFunctionData("createMarket", [other]);
      const book = { ...market, closeOutDebt: 7n };
      for (const params of [market, book]) {
        await expect(
          ledger.connect(alice).call(marketCall(lending, params, { action: "accrue", data })),
        ).to.be.revertedWithCustomError(lending, "LendingWrongMarket");
      }
      // Nobody has created it, so nothing can be done on its book.
      const supply = marketCall(lending, other, { action: "supply", args: [0n], amount0: 1n });
      await expect(ledger.connect(alice).call(supply)).to.be.revertedWithCustomError(lending, "LendingUnknownMarket");
    }
    // The market itself is not created twice.
    const again = marketCall(lending, market, { action: "createMarket", args: [market] });
    await expect(ledger.connect(alice).call(again)).to.be.revertedWithCustomError(lending, "LendingMarketExists");
    expect(await stored(fixture)).to.deep.equal(before);
    expect(await oracle.price()).to.equal(PRICE_SCALE);
  });

  it("lending section that names another market's share (LEN_25)", async () => {
    const fixture = await loadFixture(attackFixture);
    const { ledger, lending, market, settlement, shareId, alice } = fixture;
    const own = { ...market, closeOutDebt: 7n };
    const { shareId: worthless } = await createMarket({ ledger, lending, alice }, own);
    // The other half of the market's own share's word is what its book may issue too, and no share of it.
    const neighbour = shareId ^ 1n;
    for (const share of [worthless, neighbour]) await ledger.connect(alice).setConsent(share, CONSENT);
    const supply = marketCall(lending, own, { action: "supply", args: [0n], amount0: WAD });
    await ledger.connect(alice).call(supply);
    const before = await stored(fixture);
    // Shares of her own market are burnt for the assets of this one, or minted for a supply to this one.
    const orders = [
      { account: alice, kind: KIND.shares, amount: 5n * 10n ** 23n },
      { account: alice, kind: KIND.asset0, amount: 5n },
    ];
    for (const share of [worthless, neighbour]) {
      for (const order of orders) {
        const section = sectionOn(fixture, market, share);
        const { executed } = await settle({ settlement, section, orders: [order] });
        expect(executed).to.equal(false);
      }
    }
    expect(await stored(fixture)).to.deep.equal(before);
  });

  it("delegated loan and withdrawal without the owner's word, in calls and in a batch (LEN_08)", async () => {
    const fixture = await loadFixture(attackFixture);
    const { ledger, lending, settlement, marketId, ids, alice, bob, carol, borrow, removeCollateral } = fixture;
    const before = await stored(fixture);
    for (const attempt of [
      borrow(WAD, { user: carol, account: bob.address }),
      removeCollateral(WAD, { user: carol, account: bob.address }),
      borrow(WAD, { user: alice, account: bob.address, to: alice.address }),
    ]) {
      await expect(attempt).to.be.revertedWithCustomError(lending, "LendingNotOperator");
    }
    expect(await stored(fixture)).to.deep.equal(before);
    // A section's operation is on its signer's own position: an operator is nobody there, and arguments name nobody.
    await ledger.connect(bob).setOperator(alice, true);
    const argument = (BigInt(bob.address) << 112n) | WAD;
    const { executed, skipped } = await settle({
      settlement,
      section: sectionOn(fixture),
      orders: [
        { account: alice, kind: KIND.none, amount: 0n, arguments: argument & ((1n << 224n) - 1n) },
        { account: alice, sequence: 1n, kind: 11n, amount: 0n, arguments: argument & ((1n << 224n) - 1n) },
      ],
    });
    expect([executed, skipped]).to.deep.equal([true, [3n]]);
    const [borrowShares, collateral] = await lending.positionOf(marketId, bob);
    expect([borrowShares, collateral]).to.deep.equal([0n, 100n * WAD]);
    // The operator's call is the owner's word; a revoked one's is not.
    const balance = await ledger.balanceOf(alice, ids.token0);
    await borrow(WAD, { user: alice, account: bob.address, to: alice.address });
    expect(await ledger.balanceOf(alice, ids.token0)).to.equal(balance + WAD);
    await ledger.connect(bob).setOperator(alice, false);
    const revoked = borrow(WAD, { user: alice, account: bob.address });
    await expect(revoked).to.be.revertedWithCustomError(lending, "LendingNotOperator");
  });

  it("lending donation that inflates a first depositor's share, or a collateral's value (LEN_17)", async () => {
    const fixture = await loadFixture(lendingFixture);
    const { ledger, lending, lens, market, token0, token1, alice, bob, oracle, supply, redeem, shareId } = fixture;
    await supply(1n, { user: alice });
    const price = await lens.previewSupply(market, WAD);
    for (const target of [ledger, lending, lens, oracle]) {
      await token0.mint(target, 10_000n * WAD);
      await token1.mint(target, 10_000n * WAD);
    }
    expect(await lens.previewSupply(market, WAD)).to.equal(price);
    // The victim gets all of it back but a unit.
    await supply(WAD, { user: bob });
    const before = await balanceOf(fixture, bob);
    await redeem(await ledger.balanceOf(bob, shareId), { user: bob });
    expect((await balanceOf(fixture, bob)) - before).to.be.greaterThanOrEqual(WAD - 1n);
    expect(await lens.maxBorrow(market, bob)).to.equal(0n);
  });
});

async function balanceOf({ ledger, ids }: LendingFixture, user: LedgerFixture["alice"]): Promise<bigint> {
  return ledger.balanceOf(user, ids.token0);
}
