import { expect } from "chai";
import { loadFixture, networkHelpers, sectionOf, settle, WAD } from "../../helpers/ledger-fixture.js";
import {
  allowTree,
  bookOf,
  changes,
  create,
  LISTING_FEE,
  OFFER_KIND,
  offeringFixture,
  offeringKeyOf,
  openFixture,
  settleOffer,
  termsOf,
  USD,
  type Offering,
} from "../../helpers/offering-fixture.js";
import { PAYOUT_DELAY } from "../../helpers/offering-model.js";
import { ELIGIBLE } from "../../helpers/rwa-fixture.js";

/** An offering on whose payments the settlement may act for Dave, Erin, Bob and Frank. */
async function consenting(terms: Partial<Offering> = {}) {
  const fixture = await openFixture(terms);
  const { ledger, dave, erin, bob, frank, offer } = fixture;
  for (const user of [dave, erin, bob, frank]) await ledger.connect(user).setConsent(offer.payAsset, 1n);
  return fixture;
}

const plainFixture = () => consenting();
const escrowFixture = () => consenting({ softCap: 20n * WAD });
const { subscribe, claim, refund } = OFFER_KIND;

describe("RwaOffering", () => {
  describe("sections", () => {
    it("deliver versus payment with change, and pass over who may not, loses nothing", async () => {
      const fixture = await loadFixture(plainFixture);
      const { offering, registry, offer, offerId, dave, erin, bob, frank } = fixture;
      await registry.setAccount(bob, { ...ELIGIBLE, receiveUntil: 0n });
      const orders = [
        { account: dave, kind: subscribe, amount: 120n * USD, arguments: 2n * WAD },
        { account: frank, kind: subscribe, amount: 50n * USD, arguments: WAD }, // never eligible
        { account: bob, kind: subscribe, amount: 50n * USD, arguments: WAD }, // expired
        { account: erin, kind: subscribe, amount: 50n * USD - 1n, arguments: WAD }, // pays too little
        { account: erin, sequence: 1n, kind: subscribe, amount: 50n * USD, arguments: WAD },
        { account: erin, sequence: 2n, kind: subscribe, amount: 50n * USD, arguments: 101n * WAD }, // too many
        { account: erin, sequence: 3n, kind: 8n, amount: 50n * USD, arguments: WAD }, // unknown
        { account: erin, sequence: 4n, kind: claim, amount: 0n },
        { account: erin, sequence: 5n, kind: refund, amount: 0n },
      ];
      const gains = await changes(fixture, offer, dave, async () => {
        const lost = await changes(fixture, offer, frank, async () => {
          const { skipped, response } = await settleOffer(fixture, offer, orders);
          expect(skipped).to.deep.equal([0b111101110n]);
          await expect(response)
            .to.emit(offering, "Subscribed")
            .withArgs(offerId, erin.address, WAD, 50n * USD);
        });
        expect(lost).to.deep.equal([0n, 0n]);
      });
      expect(gains).to.deep.equal([-100n * USD, 2n * WAD]);
      expect(await fixture.ledger.balanceOf(erin, offer.payAsset)).to.equal(10n ** 14n - 50n * USD);
      expect(await bookOf(fixture, offer)).to.deep.include({ money: LISTING_FEE + 150n * USD, units: 97n * WAD });
      expect((await offering.totalsOf(offerId)).earned).to.equal(150n * USD);
    });

    it("give the last units to who comes first, and pay the fee of the relayer on top", async () => {
      const fixture = await loadFixture(plainFixture);
      const { ledger, offering, settlement, offer, dave, erin, relayer, run, carol } = fixture;
      await run(carol, "withdrawInventory", [95n * WAD]);
      const orders = [dave, erin, dave].map((account, i) => ({
        ...{ account, sequence: i === 2 ? 1n : 0n, kind: subscribe, amount: 200n * USD, arguments: 4n * WAD },
        ...(i === 2 ? { amount: 50n * USD, arguments: WAD } : {}),
      }));
      const section = sectionOf({
        ...{ protocol: offering, key: offeringKeyOf(offer), asset0: offer.payAsset, asset1: offer.asset },
        ...{ gasCap: 10_000_000n, fee0: USD, feeTo: relayer.address },
      });
      expect((await settle({ settlement, section, orders })).skipped).to.deep.equal([0b10n]);
      expect(await ledger.balanceOf(relayer, offer.payAsset)).to.equal(2n * USD);
      expect(await ledger.balanceOf(dave, offer.payAsset)).to.equal(10n ** 14n - 252n * USD);
      expect(await ledger.balanceOf(erin, offer.payAsset)).to.equal(10n ** 14n);
      expect(await ledger.balanceOf(dave, offer.asset)).to.equal(5n * WAD);
    });

    it("set aside with a soft cap, and claim after it, once", async () => {
      const fixture = await loadFixture(escrowFixture);
      const { offering, offer, offerId, dave, erin } = fixture;
      const orders = [dave, erin].map((account) => ({
        ...{ account, kind: subscribe, amount: 1000n * USD, arguments: 20n * WAD },
      }));
      expect((await settleOffer(fixture, offer, orders)).skipped).to.deep.equal([0n]);
      expect((await offering.totalsOf(offerId)).escrowed).to.equal(2000n * USD);
      const claims = [1n, 2n].map((sequence) => ({ account: dave, sequence, kind: claim, amount: 0n }));
      expect((await settleOffer(fixture, offer, claims)).skipped).to.deep.equal([3n]);
      await networkHelpers.time.increaseTo(offer.end);
      const early = [{ account: dave, sequence: 3n, kind: claim, amount: 0n }];
      expect((await settleOffer(fixture, offer, early)).skipped).to.deep.equal([1n]);
      await networkHelpers.time.increaseTo(offer.end + PAYOUT_DELAY);
      const send = async () => {
        const again = [4n, 5n].map((sequence) => ({ account: dave, sequence, kind: claim, amount: 0n }));
        const more = [{ account: erin, sequence: 1n, kind: refund, amount: 0n }];
        expect((await settleOffer(fixture, offer, [...again, ...more])).skipped).to.deep.equal([6n]);
      };
      expect(await changes(fixture, offer, dave, send)).to.deep.equal([0n, 20n * WAD]);
      const { earned, escrowed, owed } = await offering.totalsOf(offerId);
      expect([earned, escrowed, owed]).to.deep.equal([1000n * USD, 1000n * USD, 20n * WAD]);
    });

    it("refund below the soft cap, once", async () => {
      const fixture = await loadFixture(escrowFixture);
      const { offer, dave } = fixture;
      await fixture.subscribe(dave, 10n * WAD);
      await networkHelpers.time.increaseTo(offer.end);
      const send = async () => {
        const orders = [0n, 1n].map((sequence) => ({ account: dave, sequence, kind: refund, amount: 0n }));
        expect((await settleOffer(fixture, offer, orders)).skipped).to.deep.equal([2n]);
      };
      expect(await changes(fixture, offer, dave, send)).to.deep.equal([500n * USD, 0n]);
    });

    it("pay nothing back for an operation of another kind", async () => {
      const fixture = await loadFixture(escrowFixture);
      const { offering, offer, offerId, dave } = fixture;
      await fixture.subscribe(dave, 10n * WAD);
      await networkHelpers.time.increaseTo(offer.end);
      expect((await offering.claimableOf(offerId, dave)).payment).to.equal(500n * USD);
      const send = async () => {
        const orders = [7n, 15n].map((kind, i) => ({ account: dave, sequence: BigInt(i), kind, amount: 0n }));
        expect((await settleOffer(fixture, offer, orders)).skipped).to.deep.equal([3n]);
      };
      expect(await changes(fixture, offer, dave, send)).to.deep.equal([0n, 0n]);
      expect((await offering.allotmentOf(offerId, dave)).payment).to.equal(500n * USD);
    });

    it("have no use for a share, and sell nothing that has an allow-list", async () => {
      const fixture = await loadFixture(offeringFixture);
      const { ledger, offering, settlement, dave, erin } = fixture;
      const offer = await termsOf(fixture, { allowRoot: allowTree([dave.address, erin.address]).root });
      await create(fixture, { terms: offer });
      await ledger.connect(dave).setConsent(offer.payAsset, 1n);
      const orders = [{ account: dave, kind: subscribe, amount: 50n * USD, arguments: WAD }];
      expect((await settleOffer(fixture, offer, orders)).skipped).to.deep.equal([1n]);
      const { payAsset: asset0, asset: asset1 } = offer;
      const section = sectionOf({ protocol: offering, key: offeringKeyOf(offer), asset0, asset1, shareId: asset1 });
      expect((await settle({ settlement, section, orders })).executed).to.equal(false);
    });
  });
});
