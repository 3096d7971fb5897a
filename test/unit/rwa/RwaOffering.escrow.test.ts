import { expect } from "chai";
import { ethers, loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { bookOf, changes, LISTING_FEE, openFixture, STATUS, USD } from "../../helpers/offering-fixture.js";
import { PAYOUT_DELAY, SETTLEMENT } from "../../helpers/offering-model.js";
import { ELIGIBLE, REFUSAL } from "../../helpers/rwa-fixture.js";

const SOFT_CAP = 40n * WAD;

/** An offering with a soft cap of 40 units, of which Dave has subscribed for 10 and Erin for 20. */
async function subscribedFixture() {
  const fixture = await openFixture({ softCap: SOFT_CAP });
  await fixture.subscribe(fixture.dave, 10n * WAD);
  await fixture.subscribe(fixture.erin, 20n * WAD);
  return fixture;
}

/** It has ended below its soft cap. */
async function failedFixture() {
  const fixture = await subscribedFixture();
  await networkHelpers.time.increaseTo(fixture.offer.end);
  return fixture;
}

/** It has ended with enough sold for its soft cap by another ten units of Bob's. */
async function settlingFixture() {
  const fixture = await subscribedFixture();
  await fixture.subscribe(fixture.bob, 10n * WAD);
  await networkHelpers.time.increaseTo(fixture.offer.end);
  return fixture;
}

/** A soft cap of 30 units that Erin's and Bob's settled payments come to, a day ago; Dave's is not settled. */
async function succeededFixture() {
  const fixture = await openFixture({ softCap: 30n * WAD });
  const { offer, run, subscribe, bob, dave, erin } = fixture;
  await subscribe(dave, 10n * WAD);
  await subscribe(erin, 20n * WAD);
  await subscribe(bob, 10n * WAD);
  await networkHelpers.time.increaseTo(offer.end);
  await run(dave, "settle", [[erin.address, bob.address]]);
  await networkHelpers.time.increaseTo(offer.end + PAYOUT_DELAY);
  return fixture;
}

describe("RwaOffering", () => {
  describe("with a soft cap", () => {
    it("sets units and payments aside until it is closed", async () => {
      const fixture = await loadFixture(subscribedFixture);
      const { offering, offer, offerId, run, subscribe, carol, dave } = fixture;
      expect(await changes(fixture, offer, dave, () => subscribe(dave, WAD))).to.deep.equal([-50n * USD, 0n]);
      expect(await offering.allotmentOf(offerId, dave)).to.deep.equal([11n * WAD, 550n * USD, false, 0n]);
      const { sold, earned, owed, escrowed } = await offering.totalsOf(offerId);
      expect([sold, earned, owed, escrowed]).to.deep.equal([31n * WAD, 0n, 31n * WAD, 1550n * USD]);
      expect(await offering.inventoryOf(offerId)).to.equal(69n * WAD);
      for (const action of ["claim", "refund"]) {
        const error = "OfferingNotClosed";
        await expect(run(dave, action)).to.be.revertedWithCustomError(offering, error);
      }
      await expect(run(dave, "settle", [[dave.address]])).to.be.revertedWithCustomError(offering, "OfferingNotClosed");
      await expect(run(carol, "withdrawProceeds")).to.be.revertedWithCustomError(offering, "OfferingNothingDue");
      expect(await offering.claimableOf(offerId, dave)).to.deep.equal([0n, 0n]);
    });

    it("pays every unit of money back below it, and the units to the seller", async () => {
      const fixture = await loadFixture(failedFixture);
      const { offering, offer, offerId, run, alice, carol, dave, erin } = fixture;
      expect(await offering.statusOf(offerId)).to.equal(STATUS.failed);
      expect(await offering.claimableOf(offerId, dave)).to.deep.equal([0n, 500n * USD]);
      await expect(run(dave, "claim"))
        .to.be.revertedWithCustomError(offering, "OfferingFailed")
        .withArgs(30n * WAD, SOFT_CAP);
      await expect(run(dave, "settle", [[]])).to.be.revertedWithCustomError(offering, "OfferingFailed");
      await expect(run(alice, "refund"))
        .to.be.revertedWithCustomError(offering, "OfferingNoAllotment")
        .withArgs(offerId, alice.address);
      expect(await offering.inventoryOf(offerId)).to.equal(100n * WAD);
      expect((await offering.totalsOf(offerId)).owed).to.equal(0n);
      // The seller does not wait for anybody.
      const takeAll = () => run(carol, "withdrawInventory", [ethers.MaxUint256]);
      expect(await changes(fixture, offer, carol, takeAll)).to.deep.equal([0n, 100n * WAD]);
      expect(await changes(fixture, offer, dave, () => run(dave, "refund"))).to.deep.equal([500n * USD, 0n]);
      await expect(run(dave, "refund")).to.be.revertedWithCustomError(offering, "OfferingNoAllotment");
      const sent = run(erin, "refund");
      await expect(sent)
        .to.emit(offering, "AllotmentRefunded")
        .withArgs(offerId, erin.address, 20n * WAD, 1000n * USD);
      await expect(run(carol, "withdrawProceeds")).to.be.revertedWithCustomError(offering, "OfferingNothingDue");
      expect(await bookOf(fixture, offer)).to.deep.include({ money: LISTING_FEE, units: 0n });
    });

    it("pays money back to who may not hold the asset any more", async () => {
      const fixture = await loadFixture(failedFixture);
      const { registry, offer, run, dave } = fixture;
      await registry.setAccount(dave, { ...ELIGIBLE, sendUntil: 0n, receiveUntil: 0n });
      expect(await changes(fixture, offer, dave, () => run(dave, "refund"))).to.deep.equal([500n * USD, 0n]);
    });

    it("waits for the settled payments to come to it", async () => {
      const fixture = await loadFixture(settlingFixture);
      const { offering, offer, offerId, run, alice, bob, carol, dave, erin } = fixture;
      expect(await offering.statusOf(offerId)).to.equal(STATUS.settling);
      await run(alice, "settle", [[dave.address, erin.address]]);
      await networkHelpers.time.increaseTo(offer.end + PAYOUT_DELAY);
      expect(await offering.claimableOf(offerId, dave)).to.deep.equal([0n, 0n]);
      await expect(run(dave, "claim"))
        .to.be.revertedWithCustomError(offering, "OfferingUnsecured")
        .withArgs(1500n * USD, 2000n * USD);
      expect(await offering.dueOf(offerId)).to.deep.equal([0n, LISTING_FEE]);
      await expect(run(carol, "withdrawProceeds")).to.be.revertedWithCustomError(offering, "OfferingNothingDue");
      expect(await offering.claimableOf(offerId, bob)).to.deep.equal([10n * WAD, 0n]);
      // His own payment is the last that it needs.
      expect(await changes(fixture, offer, bob, () => run(bob, "claim"))).to.deep.equal([0n, 10n * WAD]);
      expect(await offering.statusOf(offerId)).to.equal(STATUS.succeeded);
      expect(await changes(fixture, offer, dave, () => run(dave, "claim"))).to.deep.equal([0n, 10n * WAD]);
    });

    it("is not reached by payments that go back: settled ones go back too, a while after the end (OFR_07)", async () => {
      const fixture = await loadFixture(settlingFixture);
      const { offering, agency, registry, offer, offerId, run, alice, bob, carol, dave, erin } = fixture;
      await registry.setAccount(bob, { ...ELIGIBLE, receiveUntil: 0n });
      await run(alice, "settle", [[dave.address, erin.address, bob.address]]);
      await run(carol, "withdrawInventory", [ethers.MaxUint256]);
      await networkHelpers.time.increaseTo(offer.end + SETTLEMENT - 2n);
      expect(await offering.statusOf(offerId)).to.equal(STATUS.settling);
      await expect(run(dave, "refund")).to.be.revertedWithCustomError(offering, "OfferingSettled");
      await networkHelpers.time.increaseTo(offer.end + SETTLEMENT);
      expect(await offering.statusOf(offerId)).to.equal(STATUS.failed);
      for (const [action, args] of [
        ["claim", []],
        ["settle", [[]]],
        ["release", [[]]],
      ] as const) {
        await expect(run(dave, action, args))
          .to.be.revertedWithCustomError(offering, "OfferingUnsecured")
          .withArgs(1500n * USD, 2000n * USD);
      }
      await agency.setAgent(offer.asset, alice, 8n);
      await expect(run(alice, "forceClaim", [dave.address])).to.be.revertedWithCustomError(
        offering,
        "OfferingUnsecured",
      );
      await expect(run(carol, "withdrawProceeds")).to.be.revertedWithCustomError(offering, "OfferingNothingDue");
      expect(await changes(fixture, offer, carol, () => run(carol, "withdrawInventory", [40n * WAD]))).to.deep.equal([
        0n,
        40n * WAD,
      ]);
      expect(await offering.claimableOf(offerId, dave)).to.deep.equal([0n, 500n * USD]);
      expect(await changes(fixture, offer, bob, () => run(bob, "refund"))).to.deep.equal([500n * USD, 0n]);
      expect(await changes(fixture, offer, dave, () => run(dave, "refund"))).to.deep.equal([500n * USD, 0n]);
      expect(await changes(fixture, offer, erin, () => run(erin, "refund"))).to.deep.equal([1000n * USD, 0n]);
      expect(await bookOf(fixture, offer)).to.deep.include({ money: LISTING_FEE, units: 0n });
    });

    it("pays the units out when it is reached, each payment with its claim", async () => {
      const fixture = await loadFixture(succeededFixture);
      const { offering, offer, offerId, run, carol, dave, erin } = fixture;
      expect(await offering.statusOf(offerId)).to.equal(STATUS.succeeded);
      expect(await offering.claimableOf(offerId, dave)).to.deep.equal([10n * WAD, 0n]);
      expect(await offering.dueOf(offerId)).to.deep.equal([1470n * USD, LISTING_FEE + 30n * USD]);
      expect(await changes(fixture, offer, dave, () => run(dave, "claim"))).to.deep.equal([0n, 10n * WAD]);
      await expect(run(dave, "claim"))
        .to.be.revertedWithCustomError(offering, "OfferingNoAllotment")
        .withArgs(offerId, dave.address);
      const sent = run(erin, "claim");
      await expect(sent)
        .to.emit(offering, "AllotmentClaimed")
        .withArgs(offerId, erin.address, erin.address, 20n * WAD);
      expect(await changes(fixture, offer, carol, () => run(carol, "withdrawProceeds"))).to.deep.equal([
        1960n * USD,
        0n,
      ]);
      const { sold, earned, owed, escrowed } = await offering.totalsOf(offerId);
      expect([sold, earned, owed, escrowed]).to.deep.equal([40n * WAD, 2000n * USD, 10n * WAD, 0n]);
    });

    it("gives nobody his money back whose units he may be given", async () => {
      const { offering, offerId, run, dave } = await loadFixture(succeededFixture);
      await expect(run(dave, "refund"))
        .to.be.revertedWithCustomError(offering, "OfferingDeliverable")
        .withArgs(offerId, dave.address);
    });

    it("closes when all is sold, before its end", async () => {
      const fixture = await loadFixture(subscribedFixture);
      const { offering, offerId, run, subscribe, bob, dave } = fixture;
      await subscribe(bob, 70n * WAD);
      expect(await offering.statusOf(offerId)).to.equal(STATUS.settling);
      await run(dave, "settle", [[bob.address]]);
      expect(await offering.statusOf(offerId)).to.equal(STATUS.succeeded);
      await expect(subscribe(dave, 1n)).to.be.revertedWithCustomError(offering, "OfferingSoldOut");
      await networkHelpers.time.increase(PAYOUT_DELAY);
      await run(dave, "claim");
    });

    it("gives units to the seller that nobody may be given for 30 days, and keeps the money for its buyer (OFR_08)", async () => {
      const fixture = await loadFixture(succeededFixture);
      const { offering, registry, offer, offerId, run, alice, bob, carol, dave, erin } = fixture;
      const accounts = [dave.address, erin.address, bob.address, alice.address];
      const release = async (at: bigint) => {
        await networkHelpers.time.setNextBlockTimestamp(at);
        return run(alice, "release", [accounts]);
      };
      const noted = BigInt(await networkHelpers.time.latest()) + 2000n;
      await release(noted - 1000n);
      expect(await offering.allotmentOf(offerId, dave)).to.deep.equal([10n * WAD, 500n * USD, false, 0n]);
      for (const user of [dave, erin]) await registry.setAccount(user, { ...ELIGIBLE, receiveUntil: 0n });
      const note = release(noted);
      await expect(note)
        .to.emit(offering, "AllotmentRefused")
        .withArgs(offerId, dave.address, noted + SETTLEMENT);
      await expect(note).to.not.emit(offering, "AllotmentReleased");
      await release(noted + 5n);
      await release(noted + SETTLEMENT - 1n);
      expect(await offering.allotmentOf(offerId, dave)).to.deep.equal([10n * WAD, 500n * USD, false, noted]);
      await expect(release(noted + SETTLEMENT))
        .to.emit(offering, "AllotmentReleased")
        .withArgs(offerId, dave.address, 10n * WAD);
      expect(await offering.allotmentOf(offerId, dave)).to.deep.equal([0n, 500n * USD, false, 0n]);
      expect(await offering.allotmentOf(offerId, erin)).to.deep.equal([20n * WAD, 1000n * USD, true, 0n]);
      await run(carol, "withdrawInventory", [70n * WAD]);
      await registry.setAccount(dave, ELIGIBLE);
      await run(alice, "settle", [[dave.address]]);
      await expect(run(dave, "claim"))
        .to.be.revertedWithCustomError(offering, "OfferingReleased")
        .withArgs(offerId, dave.address);
      expect(await offering.claimableOf(offerId, dave)).to.deep.equal([0n, 500n * USD]);
      expect(await changes(fixture, offer, dave, () => run(dave, "refund"))).to.deep.equal([500n * USD, 0n]);
      await run(bob, "claim");
      expect(await bookOf(fixture, offer)).to.deep.include({ units: 20n * WAD });
    });

    it("gives no units to the seller by a note that is too old, or of a buyer who is settled since (OFR_08)", async () => {
      const fixture = await loadFixture(succeededFixture);
      const { offering, registry, offerId, run, alice, dave } = fixture;
      const release = async (at: bigint) => {
        await networkHelpers.time.setNextBlockTimestamp(at);
        await run(alice, "release", [[dave.address]]);
        return (await offering.allotmentOf(offerId, dave)).refusedAt;
      };
      const noted = BigInt(await networkHelpers.time.latest()) + 2000n;
      await registry.setAccount(dave, { ...ELIGIBLE, receiveUntil: 0n });
      expect(await release(noted)).to.equal(noted);
      const again = noted + 2n * SETTLEMENT;
      expect(await release(again)).to.equal(again);
      expect(await release(again + SETTLEMENT - 1n)).to.equal(again);
      await registry.setAccount(dave, ELIGIBLE);
      await run(alice, "settle", [[dave.address]]);
      await registry.setAccount(dave, { ...ELIGIBLE, receiveUntil: 0n });
      expect(await release(again + SETTLEMENT + 1000n)).to.equal(0n);
      expect(await offering.allotmentOf(offerId, dave)).to.deep.equal([10n * WAD, 500n * USD, true, 0n]);
    });

    it("gives his money back to who may not be given his units after success, whose units are the seller's again (OFR_06)", async () => {
      const fixture = await loadFixture(succeededFixture);
      const { offering, registry, offer, offerId, run, carol, dave, erin, bob } = fixture;
      await registry.setAccount(dave, { ...ELIGIBLE, receiveUntil: 0n });
      await expect(run(dave, "claim"))
        .to.be.revertedWithCustomError(offering, "OfferingRefused")
        .withArgs(dave.address, REFUSAL.receiverNotEligible);
      await run(carol, "settle", [[dave.address]]);
      expect((await offering.allotmentOf(offerId, dave)).isSettled).to.equal(false);
      expect(await offering.dueOf(offerId)).to.deep.equal([1470n * USD, LISTING_FEE + 30n * USD]);
      expect(await offering.claimableOf(offerId, dave)).to.deep.equal([0n, 500n * USD]);
      await run(carol, "withdrawProceeds");
      expect(await changes(fixture, offer, dave, () => run(dave, "refund"))).to.deep.equal([500n * USD, 0n]);
      expect(await offering.statusOf(offerId)).to.equal(STATUS.succeeded);
      expect(await offering.inventoryOf(offerId)).to.equal(70n * WAD);
      for (const user of [erin, bob]) await run(user, "claim");
      await run(carol, "withdrawInventory", [70n * WAD]);
      expect(await bookOf(fixture, offer)).to.deep.include({ money: LISTING_FEE + 30n * USD, units: 0n });
    });

    it("settles once, by anybody; what is settled waits for its buyer and is not refunded", async () => {
      const fixture = await loadFixture(succeededFixture);
      const { offering, registry, offer, offerId, run, alice, dave } = fixture;
      const sent = run(alice, "settle", [[dave.address, dave.address, alice.address]]);
      await expect(sent)
        .to.emit(offering, "AllotmentSettled")
        .withArgs(offerId, dave.address, 10n * WAD, 500n * USD);
      expect((await offering.totalsOf(offerId)).earned).to.equal(2000n * USD);
      await registry.setAccount(dave, { ...ELIGIBLE, receiveUntil: 0n });
      await expect(run(dave, "refund"))
        .to.be.revertedWithCustomError(offering, "OfferingSettled")
        .withArgs(offerId, dave.address);
      expect(await offering.claimableOf(offerId, dave)).to.deep.equal([0n, 0n]);
      await expect(run(dave, "claim")).to.be.revertedWithCustomError(offering, "OfferingRefused");
      await registry.setAccount(dave, ELIGIBLE);
      expect(await changes(fixture, offer, dave, () => run(dave, "claim"))).to.deep.equal([0n, 10n * WAD]);
      expect((await offering.totalsOf(offerId)).earned).to.equal(2000n * USD);
    });

    it("lets an agent for force take settled units out, and no others", async () => {
      const fixture = await loadFixture(succeededFixture);
      const { offering, agency, offer, offerId, run, alice, bob, dave } = fixture;
      await expect(run(bob, "forceClaim", [dave.address]))
        .to.be.revertedWithCustomError(offering, "OfferingNotAgent")
        .withArgs(bob.address, offer.asset);
      await agency.setAgent(offer.asset, bob, 8n);
      await expect(run(bob, "forceClaim", [dave.address]))
        .to.be.revertedWithCustomError(offering, "OfferingNotSettled")
        .withArgs(offerId, dave.address);
      await run(alice, "settle", [[dave.address]]);
      const force = () => run(bob, "forceClaim", [dave.address], { to: alice });
      expect(await changes(fixture, offer, alice, force)).to.deep.equal([0n, 10n * WAD]);
      await expect(run(dave, "claim")).to.be.revertedWithCustomError(offering, "OfferingNoAllotment");
      expect((await offering.totalsOf(offerId)).owed).to.equal(30n * WAD);
    });

    it("lets an agent for force reach the book only while the asset is not paused", async () => {
      const fixture = await loadFixture(succeededFixture);
      const { ledger, agency, core, offer, run, alice, bob, carol } = fixture;
      await agency.setAgent(offer.asset, bob, 8n);
      await agency.setPaused(offer.asset, true);
      await core.connect(carol).forcedTransfer(bob, alice, offer.asset, WAD);
      const force = () => run(bob, "withdrawInventory", [WAD], { to: alice });
      await expect(force()).to.be.revertedWithCustomError(ledger, "LedgerTransferRefused");
      await agency.setPaused(offer.asset, false);
      expect(await changes(fixture, offer, alice, force)).to.deep.equal([0n, WAD]);
    });
  });
});
