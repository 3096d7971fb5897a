import { expect } from "chai";
import { ethers, loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { LISTING_FEE, openFixture, STATUS, USD } from "../../helpers/offering-fixture.js";
import { PAYOUT_DELAY } from "../../helpers/offering-model.js";
import { DAY, distribute, ELIGIBLE, passDays, UNITS } from "../../helpers/rwa-fixture.js";

const SOFT_CAP = 10n * WAD;

/** An offering with a soft cap of 10 units, with a lens. */
async function lensFixture() {
  const fixture = await openFixture({ softCap: SOFT_CAP });
  const lens = await ethers.deployContract("RwaLens", [fixture.offering]);
  return { ...fixture, lens };
}

const plainFixture = () => openFixture();

type Fixture = Awaited<ReturnType<typeof lensFixture>>;

/** What the cores answer, one call each. */
async function holdingByCores({ ledger, core, registry, id }: Fixture, account: { address: string }) {
  const { address } = account;
  const [eligibility] = await registry.eligibilityOf(address);
  return [
    await ledger.balanceOf(address, id),
    await core.movableOf(address, id),
    await core.getFrozenTokens(address, id),
    await core.pledgedTotal(address, id),
    await core.incomeOf(id, address),
    await core.isFrozen(id, address),
    eligibility,
  ];
}

describe("RwaLens", () => {
  it("reads its cores, and what does not exist as nothing", async () => {
    const { lens, core, offering, ledger, alice } = await loadFixture(lensFixture);
    const its = [await lens.RWA(), await lens.OFFERING(), await lens.LEDGER()];
    expect(its).to.deep.equal(await Promise.all([core, offering, ledger].map((each) => each.getAddress())));
    const none = await lens.assetOf(1n);
    expect([none.name, none.decimals, none.state.owner, none.yearlyIncome]).to.deep.equal([
      ...["", 0n, ethers.ZeroAddress, 0n],
    ]);
    const unknown = await lens.offeringOf(ethers.id("none"), alice);
    expect([unknown.id, unknown.status, unknown.terms.seller]).to.deep.equal([
      ...[ethers.ZeroHash, STATUS.none, ethers.ZeroAddress],
    ]);
  });

  it("shows an asset with its income, and what a unit has of it in a year", async () => {
    const fixture = await loadFixture(lensFixture);
    const { lens, core, id } = fixture;
    expect((await lens.assetOf(id)).yearlyIncome).to.equal(0n);
    await passDays(1n);
    const end = await distribute(fixture, { amount: 100n * USD, days: 10n });
    await passDays(1n);
    const view = await lens.assetOf(id);
    expect([view.name, view.symbol, view.decimals]).to.deep.equal(["12 Main Street", "MAIN12", 18n]);
    expect(view.state).to.deep.equal(await core.assetOf(id));
    expect(view.income).to.deep.equal(await core.incomeStateOf(id));
    // 2,900 units are in balances, 100 in the offering's book; 10 USDC a day.
    expect(view.income.weight).to.equal(2_900n * WAD);
    expect(view.yearlyIncome).to.equal((365n * 10n * USD) / 2_900n);
    await networkHelpers.time.increaseTo(end);
    expect((await lens.assetOf(id)).yearlyIncome).to.equal(0n);
  });

  it("shows no yearly income while holders have too few units, and shows it when it flows again", async () => {
    const fixture = await loadFixture(lensFixture);
    const { lens, agency, core, id, alice, bob, carol } = fixture;
    await passDays(1n);
    const end = await distribute(fixture, { amount: 100n * USD, days: 10n });
    const few = 1n << 20n;
    for (const [user, left] of [
      [bob, 0n],
      [carol, 0n],
      [alice, few - 1n],
    ] as const) {
      await agency.burn(id, user, (await core.movableOf(user, id)) - left);
    }
    await passDays(3n);
    expect((await lens.assetOf(id)).yearlyIncome).to.equal(0n);
    await networkHelpers.time.increaseTo(end + 100n); // the stored one; the stream goes on behind it
    expect((await lens.assetOf(id)).yearlyIncome).to.equal(0n);
    await agency.mint(id, alice, 1n);
    const view = await lens.assetOf(id);
    expect(view.income.end).to.be.greaterThan(end);
    expect(view.yearlyIncome).to.equal((view.income.rate * 365n * DAY * WAD) / 2n ** 32n / few);
    await networkHelpers.time.increaseTo(view.income.end);
    expect((await lens.assetOf(id)).yearlyIncome).to.equal(0n);
  });

  it("shows what accounts have of assets as the cores do, in every state of them", async () => {
    const fixture = await loadFixture(lensFixture);
    const { ledger, agency, core, lens, id, alice, bob, carol, dave, frank } = fixture;
    await passDays(1n);
    await distribute(fixture, { amount: 100n * USD, days: 10n });
    await passDays(3n);
    await core.connect(carol).setFrozenTokens(alice, id, UNITS / 4n);
    await agency.setAccountFrozen(id, bob, true);
    const users = [alice, bob, dave, frank];
    const views = await lens.registerOf(
      id,
      users.map(({ address }) => address),
    );
    for (const [index, user] of users.entries()) {
      const expected = await holdingByCores(fixture, user);
      expect(views[index]).to.deep.equal(expected);
      expect(await lens.holdingOf(id, user)).to.deep.equal(expected);
    }
    expect(views[0]?.frozen).to.equal(UNITS / 4n);
    expect(views[0]?.income).to.be.greaterThan(0n);
    expect(views[1]?.movable).to.equal(0n);
    const [one, none] = await lens.holdingsOf([id, 5n], alice);
    expect([one?.balance, none?.balance]).to.deep.equal([await ledger.balanceOf(alice, id), 0n]);
  });

  it("shows an offering through its life, and an account's part of it", async () => {
    const fixture = await loadFixture(lensFixture);
    const { lens, offering, registry, offer, offerId, run, subscribe, dave, erin } = fixture;
    const open = await lens.offeringOf(offerId, dave);
    expect([open.id, open.status, open.left, open.proceeds, open.fees]).to.deep.equal([
      ...[offerId, STATUS.open, 100n * WAD, 0n, LISTING_FEE],
    ]);
    expect(open.terms).to.deep.equal(await offering.termsOf(offerId));
    await subscribe(dave, 12n * WAD);
    await subscribe(erin, 8n * WAD);
    const sold = await lens.offeringOf(offerId, dave);
    expect([sold.left, sold.totals.sold, sold.allotment.units]).to.deep.equal([80n * WAD, 20n * WAD, 12n * WAD]);
    await networkHelpers.time.increaseTo(offer.end + PAYOUT_DELAY);
    await registry.setAccount(erin, { ...ELIGIBLE, receiveUntil: 0n });
    const settling = await lens.offeringOf(offerId, erin);
    expect([settling.status, settling.left, settling.claimable, settling.refundable]).to.deep.equal([
      ...[STATUS.settling, 0n, 0n, 400n * USD],
    ]);
    expect((await lens.offeringOf(offerId, dave)).claimable).to.equal(12n * WAD);
    await run(dave, "release", [[erin.address]]);
    expect((await lens.offeringOf(offerId, erin)).allotment.refusedAt).to.equal(await networkHelpers.time.latest());
    await run(erin, "settle", [[dave.address]]);
    const done = await lens.offeringOf(offerId, dave);
    expect([done.status, done.proceeds, done.fees]).to.deep.equal([
      ...[STATUS.succeeded, 588n * USD, 12n * USD + LISTING_FEE],
    ]);
    expect(done.totals).to.deep.equal(await offering.totalsOf(offerId));
  });

  it("shows no more units than the inventory has", async () => {
    const { offering, offerId, run, carol } = await loadFixture(plainFixture);
    const lens = await ethers.deployContract("RwaLens", [offering]);
    await run(carol, "withdrawInventory", [95n * WAD]);
    expect((await lens.offeringOf(offerId, carol)).left).to.equal(5n * WAD);
  });
});
