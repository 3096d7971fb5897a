import { expect } from "chai";
import { loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { bookOf, changes, LISTING_FEE, openFixture, STATUS, USD } from "../../helpers/offering-fixture.js";
import { PAYOUT_DELAY, SETTLEMENT } from "../../helpers/offering-model.js";
import { DAY, ELIGIBLE } from "../../helpers/rwa-fixture.js";

const SOFT_CAP = 40n * WAD;

/** A raise of a year, of which Dave has bought 10 units, and Erin the other 90 on its first day. */
async function soldOutFixture() {
  const now = BigInt(await networkHelpers.time.latest());
  const fixture = await openFixture({ softCap: SOFT_CAP, end: now + 365n * DAY });
  await fixture.subscribe(fixture.dave, 10n * WAD);
  await fixture.subscribe(fixture.erin, 90n * WAD);
  const { closedAt } = await fixture.offering.totalsOf(fixture.offerId);
  return { ...fixture, closedAt };
}

describe("RwaOffering", () => {
  describe("with a soft cap, closed before its end", () => {
    it("fails at once when so much went back that it cannot be reached (OFR_07)", async () => {
      const fixture = await loadFixture(soldOutFixture);
      const { offering, registry, offer, offerId, run, subscribe, bob, carol, dave, erin } = fixture;
      await networkHelpers.time.increase(DAY);
      await run(carol, "settle", [[dave.address]]);
      await expect(run(dave, "refund")).to.be.revertedWithCustomError(offering, "OfferingSettled");
      await registry.setAccount(erin, { ...ELIGIBLE, receiveUntil: 0n });
      expect(await offering.statusOf(offerId)).to.equal(STATUS.settling);
      expect(await changes(fixture, offer, erin, () => run(erin, "refund"))).to.deep.equal([4500n * USD, 0n]);
      // 500 of the 2,000 USDC that the soft cap costs are left, and nothing more is sold.
      expect(await offering.statusOf(offerId)).to.equal(STATUS.failed);
      expect((await offering.totalsOf(offerId)).owed).to.equal(0n);
      await expect(subscribe(bob, WAD)).to.be.revertedWithCustomError(offering, "OfferingSoldOut");
      await expect(run(dave, "claim"))
        .to.be.revertedWithCustomError(offering, "OfferingUnsecured")
        .withArgs(500n * USD, 2000n * USD);
      expect(await offering.claimableOf(offerId, dave)).to.deep.equal([0n, 500n * USD]);
      expect(await changes(fixture, offer, dave, () => run(dave, "refund"))).to.deep.equal([500n * USD, 0n]);
      expect(await changes(fixture, offer, carol, () => run(carol, "withdrawInventory", [100n * WAD]))).to.deep.equal([
        0n,
        100n * WAD,
      ]);
      expect(await bookOf(fixture, offer)).to.deep.include({ money: LISTING_FEE, units: 0n });
    });

    it("fails by one buyer who is lost, where it leaves no room below the hard cap", async () => {
      const fixture = await openFixture({ softCap: 100n * WAD });
      const { registry, offering, offer, offerId, run, subscribe, carol, dave, erin } = fixture;
      await subscribe(erin, WAD);
      await registry.setAccount(erin, { ...ELIGIBLE, receiveUntil: 0n });
      await subscribe(dave, 99n * WAD);
      const closedAt = BigInt(await networkHelpers.time.latest());
      await run(carol, "settle", [[dave.address, erin.address]]);
      const from = closedAt + PAYOUT_DELAY;
      await networkHelpers.time.setNextBlockTimestamp(from - 1n);
      await expect(run(erin, "refund"))
        .to.be.revertedWithCustomError(offering, "OfferingNotPaying")
        .withArgs(from - 1n, from);
      expect(await offering.claimableOf(offerId, erin)).to.deep.equal([0n, 0n]);
      await networkHelpers.time.increaseTo(from);
      expect(await offering.claimableOf(offerId, erin)).to.deep.equal([0n, 50n * USD]);
      expect(await changes(fixture, offer, erin, () => run(erin, "refund"))).to.deep.equal([50n * USD, 0n]);
      expect(await offering.statusOf(offerId)).to.equal(STATUS.failed);
      expect(await changes(fixture, offer, dave, () => run(dave, "refund"))).to.deep.equal([4950n * USD, 0n]);
    });

    it("is to be reached within 30 days after all was sold, long before the end", async () => {
      const fixture = await loadFixture(soldOutFixture);
      const { offering, offer, offerId, closedAt, run, dave, erin } = fixture;
      expect(closedAt).to.equal(await networkHelpers.time.latest());
      await run(erin, "settle", [[dave.address]]);
      await networkHelpers.time.increaseTo(closedAt + SETTLEMENT - 100n);
      expect(await offering.statusOf(offerId)).to.equal(STATUS.settling);
      await networkHelpers.time.increaseTo(closedAt + SETTLEMENT);
      expect(await offering.statusOf(offerId)).to.equal(STATUS.failed);
      expect(await changes(fixture, offer, dave, () => run(dave, "refund"))).to.deep.equal([500n * USD, 0n]);
      expect(await changes(fixture, offer, erin, () => run(erin, "refund"))).to.deep.equal([4500n * USD, 0n]);
    });

    it("pays neither units nor proceeds out within a day after it closed (OFR_07)", async () => {
      const fixture = await loadFixture(soldOutFixture);
      const { offering, agency, offer, offerId, closedAt, run, alice, carol, dave, erin, relayer } = fixture;
      const from = closedAt + PAYOUT_DELAY;
      await run(alice, "settle", [[dave.address, erin.address]]);
      expect(await offering.statusOf(offerId)).to.equal(STATUS.succeeded);
      await agency.setAgent(offer.asset, alice, 8n);
      await run(relayer, "collectFees"); // of the listing
      const refused = async (at: bigint) => {
        for (const [index, [user, action, args]] of (
          [
            [dave, "claim", []],
            [alice, "forceClaim", [erin.address]],
            [carol, "withdrawProceeds", []],
            [relayer, "collectFees", []],
          ] as const
        ).entries()) {
          const now = at + BigInt(index);
          await networkHelpers.time.setNextBlockTimestamp(now);
          const sent = expect(run(user, action, args)).to.be;
          if (index < 3) await sent.revertedWithCustomError(offering, "OfferingNotPaying").withArgs(now, from);
          else await sent.revertedWithCustomError(offering, "OfferingNothingDue");
        }
      };
      expect(await offering.dueOf(offerId)).to.deep.equal([0n, 0n]);
      expect(await offering.claimableOf(offerId, dave)).to.deep.equal([0n, 0n]);
      await refused(BigInt(await networkHelpers.time.latest()) + 1n);
      await refused(from - 4n);
      await networkHelpers.time.increaseTo(from);
      expect(await offering.dueOf(offerId)).to.deep.equal([4900n * USD, 100n * USD]);
      expect(await changes(fixture, offer, dave, () => run(dave, "claim"))).to.deep.equal([0n, 10n * WAD]);
      expect(await changes(fixture, offer, carol, () => run(carol, "withdrawProceeds"))).to.deep.equal([
        4900n * USD,
        0n,
      ]);
    });
  });
});
