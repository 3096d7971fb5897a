import { expect } from "chai";
import { ethers, impersonate, loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import {
  create,
  HOUR,
  OBSTACLE,
  offeringFixture,
  openFixture,
  STATUS,
  termsOf,
  USD,
} from "../../helpers/offering-fixture.js";
import { APPROVAL, DAY, distribute, passDays, ROLE, UNITS } from "../../helpers/rwa-fixture.js";

const SETTLEMENT = 30n * DAY;

const plainFixture = () => openFixture();
const limitedFixture = () => openFixture({ most: 20n * WAD });

/** An offering with a soft cap of 10 units, with a lens. */
async function cappedFixture() {
  const fixture = await openFixture({ softCap: 10n * WAD });
  const lens = await ethers.deployContract("RwaLens", [fixture.offering]);
  return { ...fixture, lens };
}

describe("RwaOffering", () => {
  it("says what it is, and that an offering is there", async () => {
    const { offering, ledger, offer, offerId } = await loadFixture(plainFixture);
    expect(await offering.LEDGER()).to.equal(await ledger.getAddress());
    await expect(offering.previewCreate(offer))
      .to.be.revertedWithCustomError(offering, "OfferingExists")
      .withArgs(offerId);
  });

  it("takes no share, an empty batch, and no units where none are given", async () => {
    const { offering, ledger, offerId, run, carol } = await loadFixture(plainFixture);
    const { onLedgerBatch } = offering.connect(await impersonate(ledger));
    await expect(onLedgerBatch(offerId, ethers.ZeroHash, 7n, "0x", []))
      .to.be.revertedWithCustomError(offering, "OfferingUnwantedShare")
      .withArgs(7n);
    const [, , payouts] = await onLedgerBatch.staticCall(offerId, ethers.toBeHex(1n << 224n, 32), 0n, "0x", []);
    expect([...payouts]).to.deep.equal([]);
    await expect(run(carol, "cancel", [], { amount1: 1n }))
      .to.be.revertedWithCustomError(offering, "OfferingWrongInputs")
      .withArgs(0n, 1n);
  });

  it("lets no agent of another role take units out by force", async () => {
    const { offering, agency, offer, run, alice, bob } = await loadFixture(plainFixture);
    const take = () => run(bob, "withdrawInventory", [WAD], { to: alice });
    for (const roles of Object.entries(ROLE).map(([name, role]) => (name === "force" ? 511n - role : role))) {
      await agency.setAgent(offer.asset, bob, roles);
      await expect(take())
        .to.be.revertedWithCustomError(offering, "OfferingNotAgent")
        .withArgs(bob.address, offer.asset);
    }
    await agency.setAgent(offer.asset, bob, ROLE.force);
    await take();
  });

  it("has nothing to claim, to refund, to settle or to release after its end without a soft cap", async () => {
    const { offering, offer, offerId, run, subscribe, dave } = await loadFixture(limitedFixture);
    await subscribe(dave, 5n * WAD);
    await networkHelpers.time.increaseTo(offer.end + DAY);
    expect((await offering.allotmentOf(offerId, dave)).units).to.equal(5n * WAD); // counted, and delivered
    expect(await offering.claimableOf(offerId, dave)).to.deep.equal([0n, 0n]);
    for (const [action, args] of [
      ["claim", []],
      ["refund", []],
      ["settle", [[dave.address]]],
      ["release", [[dave.address]]],
    ] as const) {
      await expect(run(dave, action, args))
        .to.be.revertedWithCustomError(offering, "OfferingWithoutSoftCap")
        .withArgs(offerId);
    }
  });

  it("previews no cost where none is known: while it is not open, and for more units than are left", async () => {
    const fixture = await loadFixture(offeringFixture);
    const { offering, dave } = fixture;
    const start = BigInt(await networkHelpers.time.latest()) + HOUR;
    const terms = await termsOf(fixture, { start, end: start + DAY, least: WAD });
    const later = await create(fixture, { terms, inventory: 50n * WAD });
    const preview = (units: bigint) => offering.previewSubscribe(later, dave, units, []);
    expect(await preview(WAD)).to.deep.equal([OBSTACLE.notOpen, 0n]);
    await networkHelpers.time.increaseTo(start);
    expect(await preview(WAD)).to.deep.equal([OBSTACLE.none, 50n * USD]);
    expect(await preview(50n * WAD + 1n)).to.deep.equal([OBSTACLE.soldOut, 0n]);
    for (const units of [0n, WAD - 1n]) expect(await preview(units)).to.deep.equal([OBSTACLE.belowLeast, 0n]);
    await networkHelpers.time.increaseTo(terms.end);
    expect(await preview(WAD)).to.deep.equal([OBSTACLE.notOpen, 0n]);
  });

  it("is cancelled once", async () => {
    const { offering, run, carol } = await loadFixture(plainFixture);
    await run(carol, "cancel");
    await expect(run(carol, "cancel")).to.be.revertedWithCustomError(offering, "OfferingNotOpen");
  });

  it("settles and releases nobody, and delivers nothing before the soft cap is settled", async () => {
    const { offering, run, subscribe, offerId, offer, carol, dave, erin } = await loadFixture(cappedFixture);
    await subscribe(erin, 60n * WAD);
    await subscribe(dave, 5n * WAD);
    await networkHelpers.time.increaseTo(offer.end + DAY);
    await run(dave, "settle", [[]]);
    await run(dave, "settle", [[dave.address]]);
    expect(await offering.statusOf(offerId)).to.equal(STATUS.settling);
    expect((await offering.claimableOf(offerId, dave))[0]).to.equal(0n);
    await expect(run(carol, "forceClaim", [dave.address])).to.be.revertedWithCustomError(offering, "OfferingUnsecured");
    await run(dave, "settle", [[erin.address]]);
    expect(await offering.statusOf(offerId)).to.equal(STATUS.succeeded);
    await networkHelpers.time.increaseTo(offer.end + SETTLEMENT);
    await run(dave, "release", [[]]);
    expect((await offering.allotmentOf(offerId, erin)).units).to.equal(60n * WAD);
  });
});

describe("RwaCore", () => {
  it("answers for pools to protocols alone", async () => {
    const { core, agency, id, alice, offering } = await loadFixture(plainFixture);
    const pool = ethers.toBeHex(0x9999, 20);
    await agency.setApproval(id, pool, APPROVAL.pool);
    const canTransfer = "canTransfer(uint256,address,address,uint256)";
    expect(await core[canTransfer](id, alice, pool, 1n)).to.equal(false);
    expect(await core.connect(await impersonate(offering))[canTransfer](id, alice, pool, 1n)).to.equal(true);
  });
});

describe("RwaLens", () => {
  it("shows nobody, an offering that has not begun, and no yield of units that nobody has", async () => {
    const fixture = await loadFixture(cappedFixture);
    const { lens, agency, id, alice, bob, carol, ledger } = fixture;
    expect(await lens.holdingsOf([], alice)).to.deep.equal([]);
    expect(await lens.registerOf(id, [])).to.deep.equal([]);
    const start = BigInt(await networkHelpers.time.latest()) + HOUR;
    const terms = await termsOf(fixture, { start, salt: ethers.id("later") });
    const later = await create(fixture, { terms, inventory: 50n * WAD });
    const view = await lens.offeringOf(later, alice);
    expect([view.status, view.left]).to.deep.equal([STATUS.waiting, 50n * WAD]);
    await passDays(1n);
    await distribute(fixture, { amount: 100n * USD, days: 10n });
    await passDays(2n);
    expect((await lens.assetOf(id)).yearlyIncome).to.be.greaterThan(0n);
    for (const holder of [alice, bob]) await agency.burn(id, holder, UNITS);
    await agency.burn(id, carol, await ledger.balanceOf(carol, id));
    expect((await lens.assetOf(id)).yearlyIncome).to.equal(0n);
  });
});
