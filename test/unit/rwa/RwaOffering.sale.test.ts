import { expect } from "chai";
import { DESTINATION, ethers, loadFixture, networkHelpers, SOURCE, WAD } from "../../helpers/ledger-fixture.js";
import {
  allowTree,
  bookOf,
  changes,
  create,
  LISTING_FEE,
  OBSTACLE,
  offeringFixture,
  onOffer,
  openFixture,
  PRICE,
  STATUS,
  termsOf,
  USD,
} from "../../helpers/offering-fixture.js";
import { COUNTRY, ELIGIBLE, REFUSAL } from "../../helpers/rwa-fixture.js";

const plainFixture = () => openFixture();
const limitedFixture = () => openFixture({ least: 5n * WAD, most: 20n * WAD });

/** An offering to Dave and Erin alone. */
async function listedFixture() {
  const fixture = await offeringFixture();
  const { dave, erin, bob } = fixture;
  const tree = allowTree([dave.address, erin.address]);
  const offer = await termsOf(fixture, { allowRoot: tree.root });
  const offerId = await create(fixture, { terms: offer });
  return { ...fixture, ...onOffer(fixture, offer), tree, offer, offerId, bob };
}

describe("RwaOffering", () => {
  describe("subscribe without a soft cap", () => {
    it("delivers versus payment, and gives the change back", async () => {
      const fixture = await loadFixture(plainFixture);
      const { offering, offer, offerId, subscribe, dave } = fixture;
      expect(await offering.previewSubscribe(offerId, dave, 2n * WAD, [])).to.deep.equal([OBSTACLE.none, 100n * USD]);
      const buy = () => subscribe(dave, 2n * WAD, 1000n * USD);
      expect(await changes(fixture, offer, dave, buy)).to.deep.equal([-100n * USD, 2n * WAD]);
      const { sold, earned, owed, escrowed } = await offering.totalsOf(offerId);
      expect([sold, earned, owed, escrowed]).to.deep.equal([2n * WAD, 100n * USD, 0n, 0n]);
      expect(await bookOf(fixture, offer)).to.deep.include({ money: LISTING_FEE + 100n * USD, units: 98n * WAD });
      expect(await offering.allotmentOf(offerId, dave)).to.deep.equal([0n, 0n, false, 0n]);
      await expect(subscribe(dave, WAD))
        .to.emit(offering, "Subscribed")
        .withArgs(offerId, dave.address, WAD, 50n * USD);
    });

    it("takes the payment from a wallet, whose change goes back there", async () => {
      const { ledger, usdc, run, dave } = await loadFixture(plainFixture);
      const from = { source: SOURCE.wallet, amount0: 60n * USD };
      await expect(run(dave, "subscribe", [WAD, []], from)).to.changeTokenBalance(ethers, usdc, dave, -50n * USD);
      expect(await ledger.balanceOf(dave, await usdc.getAddress())).to.equal(10n ** 14n);
    });

    it("refuses units that cost more than is paid, by the cost", async () => {
      const { offering, subscribe, dave } = await loadFixture(plainFixture);
      await expect(subscribe(dave, WAD, 50n * USD - 1n))
        .to.be.revertedWithCustomError(offering, "OfferingUnderpaid")
        .withArgs(50n * USD, 50n * USD - 1n);
      await subscribe(dave, WAD, 50n * USD);
    });

    it("refuses before the start and from the end on", async () => {
      const now = BigInt(await networkHelpers.time.latest());
      const fixture = await loadFixture(offeringFixture);
      const offer = await termsOf(fixture, { start: now + 10_000n, end: now + 20_000n });
      const offerId = await create(fixture, { terms: offer });
      const { subscribe } = onOffer(fixture, offer);
      const { offering, dave } = fixture;
      expect(await offering.statusOf(offerId)).to.equal(STATUS.waiting);
      await networkHelpers.time.setNextBlockTimestamp(offer.start - 1n);
      await expect(subscribe(dave, WAD))
        .to.be.revertedWithCustomError(offering, "OfferingNotOpen")
        .withArgs(offer.start - 1n, offer.start, offer.end);
      await networkHelpers.time.setNextBlockTimestamp(offer.start);
      await subscribe(dave, WAD);
      await networkHelpers.time.setNextBlockTimestamp(offer.end - 1n);
      await subscribe(dave, WAD);
      await networkHelpers.time.increaseTo(offer.end);
      await expect(subscribe(dave, WAD)).to.be.revertedWithCustomError(offering, "OfferingNotOpen");
      expect(await offering.statusOf(offerId)).to.equal(STATUS.succeeded);
    });

    it("sells what is left of the inventory and the hard cap, and no more", async () => {
      const { offering, offerId, run, subscribe, carol, dave } = await loadFixture(plainFixture);
      await run(carol, "withdrawInventory", [60n * WAD]);
      await expect(subscribe(dave, 40n * WAD + 1n))
        .to.be.revertedWithCustomError(offering, "OfferingSoldOut")
        .withArgs(40n * WAD + 1n, 40n * WAD);
      await run(carol, "deposit", [], { amount1: 200n * WAD });
      await expect(subscribe(dave, 100n * WAD + 1n))
        .to.be.revertedWithCustomError(offering, "OfferingSoldOut")
        .withArgs(100n * WAD + 1n, 100n * WAD);
      await subscribe(dave, 100n * WAD);
      expect(await offering.statusOf(offerId)).to.equal(STATUS.succeeded);
      await expect(subscribe(dave, 1n)).to.be.revertedWithCustomError(offering, "OfferingSoldOut").withArgs(1n, 0n);
    });

    it("holds the least and the most ticket, but lets the last units go", async () => {
      const { offering, offerId, run, subscribe, carol, dave, erin } = await loadFixture(limitedFixture);
      await expect(subscribe(dave, 5n * WAD - 1n))
        .to.be.revertedWithCustomError(offering, "OfferingBelowLeast")
        .withArgs(5n * WAD - 1n, 5n * WAD);
      await expect(subscribe(dave, 0n)).to.be.revertedWithCustomError(offering, "OfferingBelowLeast");
      await subscribe(dave, 15n * WAD);
      await expect(subscribe(dave, 5n * WAD + 1n))
        .to.be.revertedWithCustomError(offering, "OfferingAboveMost")
        .withArgs(20n * WAD + 1n, 20n * WAD);
      await subscribe(dave, 5n * WAD);
      expect(await offering.allotmentOf(offerId, dave)).to.deep.equal([20n * WAD, 0n, false, 0n]);
      await run(carol, "withdrawInventory", [78n * WAD]);
      await subscribe(erin, 2n * WAD);
    });

    it("rounds the cost against the buyer alone, to whole units of what is paid (OFR_04)", async () => {
      const fixture = await loadFixture(offeringFixture);
      const { offering, dave } = fixture;
      const offer = await termsOf(fixture, { price: PRICE / 3n });
      const offerId = await create(fixture, { terms: offer });
      const { subscribe } = onOffer(fixture, offer);
      const before = await fixture.ledger.balanceOf(dave, offer.payAsset);
      let exact = 0n;
      for (const units of [1n, 7n, WAD / 7n, WAD, 13n * WAD + 5n]) {
        const cost = (units * offer.price + 10n ** 36n - 1n) / 10n ** 36n;
        expect(await offering.costOf(offerId, units)).to.equal(cost);
        await subscribe(dave, units);
        exact += units * offer.price;
      }
      const paid = before - (await fixture.ledger.balanceOf(dave, offer.payAsset));
      expect(paid).to.equal((await offering.totalsOf(offerId)).earned);
      expect(paid * 10n ** 36n >= exact).to.equal(true);
      expect(paid * 10n ** 36n - exact < 5n * 10n ** 36n).to.equal(true);
    });

    it("asks the issuer for the movement from the seller to the buyer", async () => {
      const fixture = await loadFixture(plainFixture);
      const { offering, offer, offerId, agency, registry, subscribe, carol, dave, frank } = fixture;
      const refused = async (user: typeof dave, refusal: bigint) => {
        expect((await offering.previewSubscribe(offerId, user, WAD, [])).obstacle).to.equal(OBSTACLE.refused);
        await expect(subscribe(user, WAD))
          .to.be.revertedWithCustomError(offering, "OfferingRefused")
          .withArgs(user.address, refusal);
      };
      await refused(frank, REFUSAL.receiverNotEligible);
      await agency.setCountries(offer.asset, true, [0n, 1n << 20n, 0n, 0n]); // Germany
      await registry.setAccount(dave, { ...ELIGIBLE, country: COUNTRY.france });
      await refused(dave, REFUSAL.receiverCountry);
      await registry.setAccount(dave, ELIGIBLE);
      await agency.setAccountFrozen(offer.asset, dave, true);
      await refused(dave, REFUSAL.receiverFrozen);
      await agency.setAccountFrozen(offer.asset, dave, false);
      await agency.setPaused(offer.asset, true);
      await refused(dave, REFUSAL.paused);
      await agency.setPaused(offer.asset, false);
      const until = BigInt(await networkHelpers.time.latest()) + 50n;
      await registry.setAccount(dave, { ...ELIGIBLE, receiveUntil: until });
      await networkHelpers.time.increaseTo(until + 1n);
      await refused(dave, REFUSAL.receiverNotEligible);
      await registry.setAccount(dave, ELIGIBLE);
      await registry.setAccount(carol, { ...ELIGIBLE, sendUntil: 0n });
      await refused(dave, REFUSAL.senderNotEligible);
      await registry.setAccount(carol, ELIGIBLE);
      await subscribe(dave, WAD);
    });

    it("stops while a freeze of the seller's exceeds what he has besides, which a wallet that asks is not told", async () => {
      const { offering, core, offer, offerId, run, subscribe, carol, dave } = await loadFixture(plainFixture);
      const freeze = (units: bigint) => core.connect(carol).setFrozenTokens(carol, offer.asset, units);
      await freeze(900n * WAD); // all that she has
      await subscribe(dave, WAD);
      await freeze(901n * WAD);
      expect(await core.refusalOf(offer.asset, carol, dave, 0n)).to.equal(REFUSAL.none);
      expect((await offering.previewSubscribe(offerId, dave, WAD, [])).obstacle).to.equal(OBSTACLE.refused);
      await expect(subscribe(dave, WAD))
        .to.be.revertedWithCustomError(offering, "OfferingRefused")
        .withArgs(dave.address, REFUSAL.unitsHeld);
      await run(carol, "withdrawInventory", [WAD]); // to herself: now she has so many
      await subscribe(dave, WAD);
    });

    it("is for who is proved to be in the allow-list", async () => {
      const { offering, offerId, tree, subscribe, bob, dave, erin } = await loadFixture(listedFixture);
      await subscribe(dave, WAD, 50n * USD, tree.proofOf(dave.address));
      for (const [user, proof] of [
        [bob, tree.proofOf(dave.address)],
        [erin, tree.proofOf(dave.address)],
        [dave, []],
        [bob, []],
      ] as const) {
        expect((await offering.previewSubscribe(offerId, user, WAD, [...proof])).obstacle).to.equal(
          OBSTACLE.notAllowed,
        );
        await expect(subscribe(user, WAD, 50n * USD, proof))
          .to.be.revertedWithCustomError(offering, "OfferingNotAllowed")
          .withArgs(user.address);
      }
      await subscribe(erin, WAD, 50n * USD, tree.proofOf(erin.address));
    });

    it("has nothing to claim, to refund or to settle", async () => {
      const { offering, offerId, run, subscribe, dave } = await loadFixture(limitedFixture);
      await subscribe(dave, 5n * WAD);
      for (const [action, args] of [
        ["claim", []],
        ["refund", []],
        ["settle", [[dave.address]]],
      ] as const) {
        await expect(run(dave, action, args))
          .to.be.revertedWithCustomError(offering, "OfferingWithoutSoftCap")
          .withArgs(offerId);
      }
      expect(await offering.claimableOf(offerId, dave)).to.deep.equal([0n, 0n]);
    });

    it("pays proceeds to where the seller says", async () => {
      const { offering, offerId, usdc, run, subscribe, carol, dave, frank } = await loadFixture(plainFixture);
      await subscribe(dave, 10n * WAD);
      await expect(run(dave, "withdrawProceeds")).to.be.revertedWithCustomError(offering, "OfferingNotSeller");
      const to = { to: frank, destination: DESTINATION.wallet };
      const sent = run(carol, "withdrawProceeds", [], to);
      await expect(sent).to.changeTokenBalance(ethers, usdc, frank, 490n * USD);
      await expect(sent)
        .to.emit(offering, "ProceedsWithdrawn")
        .withArgs(offerId, carol.address, 490n * USD);
      expect(await offering.dueOf(offerId)).to.deep.equal([0n, LISTING_FEE + 10n * USD]);
    });
  });
});
