import { expect } from "chai";
import type { Addressable } from "ethers";
import { ethers, loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import {
  act,
  bookOf,
  changes,
  create,
  HOUR,
  OFFER_KIND,
  offerCall,
  offeringFixture,
  offeringIdOf,
  onOffer,
  openFixture,
  settleOffer,
  STATUS,
  termsOf,
  USD,
  type Offering,
  type OfferingFixture,
} from "../../helpers/offering-fixture.js";
import { PAYOUT_DELAY, SETTLEMENT } from "../../helpers/offering-model.js";
import { admit, DAY, ELIGIBLE, ROLE } from "../../helpers/rwa-fixture.js";

const SOFT_CAP = 20n * WAD;
const plainFixture = () => openFixture();
const escrowFixture = () => openFixture({ softCap: SOFT_CAP });

/** An escrow whose soft cap Dave and Erin have reached alike, closed a day ago. */
async function reachedFixture() {
  const fixture = await escrowFixture();
  for (const user of [fixture.dave, fixture.erin]) await fixture.subscribe(user, 20n * WAD);
  await networkHelpers.time.increaseTo(fixture.offer.end + PAYOUT_DELAY);
  return fixture;
}

/** An offering that is paid in a token which calls the ledger back when it is moved. */
async function hostileFixture() {
  const fixture = await offeringFixture();
  const { ledger, carol, dave } = fixture;
  const token = await ethers.deployContract("CallbackToken", ["Hostile", "HOST", 6]);
  const payAsset = BigInt(await token.getAddress());
  const offer = await termsOf(fixture, { payAsset, softCap: SOFT_CAP });
  await act(fixture, offer, carol, { action: "create", args: [offer], amount1: 100n * WAD });
  await token.mint(dave, 10_000n * USD);
  await token.connect(dave).approve(ledger, ethers.MaxUint256);
  return { ...fixture, ...onOffer(fixture, offer), offer, token, payAsset };
}

/** Encodes calls of the ledger on the offering, for a contract to make. */
function encoderOf(fixture: OfferingFixture, offer: Offering) {
  return async (action: string, args: readonly unknown[], more = {}): Promise<string> =>
    fixture.ledger.interface.encodeFunctionData("call", [await offerCall(fixture, offer, { action, args, ...more })]);
}

/** The calls that a borrower makes within a flash loan. */
async function callsOf(targets: readonly (readonly [Addressable, string])[]) {
  return Promise.all(targets.map(async ([target, data]) => ({ target: await target.getAddress(), data })));
}

describe("RwaOffering", () => {
  describe("attacks", () => {
    it("of a seller who takes the inventory out before a sale, cancels after one, or takes more than was sold", async () => {
      const fixture = await loadFixture(plainFixture);
      const { offering, offer, run, subscribe, carol, dave } = fixture;
      await run(carol, "withdrawInventory", [ethers.MaxUint256]);
      const lost = await changes(fixture, offer, dave, async () => {
        await expect(subscribe(dave, WAD)).to.be.revertedWithCustomError(offering, "OfferingSoldOut").withArgs(WAD, 0n);
      });
      expect(lost).to.deep.equal([0n, 0n]);
      await run(carol, "deposit", [], { amount1: WAD });
      await subscribe(dave, WAD);
      await run(carol, "withdrawProceeds");
      for (const [action, args] of [
        ["withdrawProceeds", []],
        ["cancel", []],
        ["withdrawInventory", [1n]],
      ] as const) {
        await expect(run(carol, action, args)).to.be.revert(ethers);
      }
    });

    it("of a seller in an escrow, who reaches neither the payments, nor what is owed, nor the soft cap by himself", async () => {
      const fixture = await loadFixture(reachedFixture);
      const { offering, offer, offerId, run, carol, dave, erin } = fixture;
      await expect(run(carol, "withdrawProceeds")).to.be.revertedWithCustomError(offering, "OfferingNothingDue");
      await run(carol, "withdrawInventory", [ethers.MaxUint256]);
      expect((await bookOf(fixture, offer)).units).to.equal(40n * WAD);
      await expect(run(carol, "withdrawInventory", [1n])).to.be.revertedWithCustomError(
        offering,
        "OfferingInsufficientInventory",
      );
      for (const user of [dave, erin]) await run(user, "claim");
      expect((await offering.dueOf(offerId))[0]).to.equal(1960n * USD);
      const other = await termsOf(fixture, { softCap: WAD, salt: ethers.id("self") });
      await create(fixture, { terms: other });
      await expect(onOffer(fixture, other).subscribe(carol, WAD))
        .to.be.revertedWithCustomError(offering, "OfferingSelfSubscription")
        .withArgs(carol.address);
    });

    it("of a seller whose friend buys the rest with a flash loan, which is not repaid within its transaction", async () => {
      const fixture = await loadFixture(offeringFixture);
      const { ledger, offering, agency, usdc, carol, dave, id } = fixture;
      const wallet = await ethers.deployContract("Erc1271Wallet", [carol]);
      const friend = await ethers.deployContract("MockFlashBorrower", [ledger]);
      await admit(fixture, [wallet, friend]);
      await agency.mint(id, wallet, 100n * WAD);
      await wallet.connect(carol).setOperator(friend, true);
      const offer = await termsOf(fixture, { seller: await wallet.getAddress(), softCap: 90n * WAD });
      const encode = encoderOf(fixture, offer);
      await offering.setListingFee(offer.payAsset, 0n);
      await wallet.connect(carol).execute(ledger, 0n, await encode("create", [offer], { amount1: 100n * WAD }));
      await act(fixture, offer, dave, { action: "subscribe", args: [10n * WAD, []], amount0: 500n * USD });
      const proceeds = await encode("withdrawProceeds", [], { to: await friend.getAddress(), destination: 1n });
      const targets = [
        [usdc, usdc.interface.encodeFunctionData("approve", [await ledger.getAddress(), ethers.MaxUint256])],
        [ledger, await encode("subscribe", [90n * WAD, []], { amount0: 4500n * USD, source: 1n })],
        [ledger, await encode("settle", [[dave.address, await friend.getAddress()]])],
        [wallet, wallet.interface.encodeFunctionData("execute", [await ledger.getAddress(), 0n, proceeds])],
      ] as const;
      const calls = await callsOf(targets);
      await friend.setCalls(calls, true);
      await expect(friend.borrow(usdc, 4500n * USD, "0x")).to.be.revertedWithCustomError(offering, "OfferingNotPaying");
      // Without the proceeds there is nothing to repay it from.
      await friend.setCalls(calls.slice(0, 3), true);
      await expect(friend.borrow(usdc, 4500n * USD, "0x")).to.be.revert(ethers);
      const { sold } = await offering.totalsOf(await offeringIdOf(offering, offer));
      expect(sold).to.equal(10n * WAD);
    });

    it("of an agent for freezes who ends an offering with a flash loan, whose payment does not come back within its transaction (OFR_07)", async () => {
      const fixture = await loadFixture(offeringFixture);
      const { ledger, offering, agency, usdc, dave, id } = fixture;
      const friend = await ethers.deployContract("MockFlashBorrower", [ledger]);
      await admit(fixture, [friend]);
      const offer = await termsOf(fixture, { softCap: 40n * WAD });
      await create(fixture, { terms: offer });
      const { subscribe } = onOffer(fixture, offer);
      await subscribe(dave, 20n * WAD);
      await agency.setAgent(id, friend, ROLE.freeze);
      const encode = encoderOf(fixture, offer);
      const targets = [
        [usdc, usdc.interface.encodeFunctionData("approve", [await ledger.getAddress(), ethers.MaxUint256])],
        [ledger, await encode("subscribe", [80n * WAD, []], { amount0: 4000n * USD, source: 1n })],
        [agency, agency.interface.encodeFunctionData("setAccountFrozen", [id, await friend.getAddress(), true])],
        [ledger, await encode("refund", [], { destination: 1n })],
      ] as const;
      const calls = await callsOf(targets);
      await friend.setCalls(calls, true);
      await expect(friend.borrow(usdc, 4000n * USD, "0x")).to.be.revertedWithCustomError(offering, "OfferingNotPaying");
      await subscribe(dave, 20n * WAD);
    });

    it("of one who ends an offering with money of a day, whom anybody settles before his eligibility ends", async () => {
      const fixture = await loadFixture(offeringFixture);
      const { offering, registry, dave, erin } = fixture;
      const offer = await termsOf(fixture, { softCap: 40n * WAD });
      const offerId = await create(fixture, { terms: offer });
      const { run, subscribe } = onOffer(fixture, offer);
      await subscribe(dave, 39n * WAD);
      const until = BigInt(await networkHelpers.time.latest()) + HOUR;
      await registry.setAccount(erin, { ...ELIGIBLE, sendUntil: until, receiveUntil: until });
      await subscribe(erin, 61n * WAD);
      await run(dave, "settle", [[erin.address]]);
      await networkHelpers.time.increase(PAYOUT_DELAY);
      await expect(run(erin, "refund")).to.be.revertedWithCustomError(offering, "OfferingSettled");
      expect(await offering.statusOf(offerId)).to.equal(STATUS.succeeded);
    });

    it("of a seller who takes units back from buyers who were never settled, by a moment's pause (OFR_08)", async () => {
      const fixture = await loadFixture(reachedFixture);
      const { offering, agency, offer, offerId, run, carol, dave, erin } = fixture;
      await run(erin, "claim");
      await networkHelpers.time.increaseTo(offer.end + 300n * DAY);
      const take = async () => {
        await agency.setPaused(offer.asset, true);
        await run(carol, "release", [[dave.address]]);
        await agency.setPaused(offer.asset, false);
      };
      await take();
      await networkHelpers.time.increase(SETTLEMENT - HOUR);
      await take();
      expect((await offering.allotmentOf(offerId, dave)).units).to.equal(20n * WAD);
      expect(await changes(fixture, offer, dave, () => run(dave, "claim"))).to.deep.equal([0n, 20n * WAD]);
      await networkHelpers.time.increase(2n * HOUR);
      await take();
      await run(carol, "withdrawInventory", [60n * WAD]);
      expect((await bookOf(fixture, offer)).units).to.equal(0n);
    });

    it("by claiming twice, and by a refund after a claim or a claim after a refund, by every way", async () => {
      const fixture = await loadFixture(reachedFixture);
      const { ledger, offering, registry, offer, run, dave, erin } = fixture;
      await run(dave, "claim");
      await registry.setAccount(dave, { ...ELIGIBLE, receiveUntil: 0n });
      for (const action of ["claim", "refund"]) {
        await expect(run(dave, action)).to.be.revertedWithCustomError(offering, "OfferingNoAllotment");
      }
      await registry.setAccount(erin, { ...ELIGIBLE, receiveUntil: 0n });
      await run(erin, "refund");
      await registry.setAccount(erin, ELIGIBLE);
      for (const action of ["claim", "refund"]) {
        await expect(run(erin, action)).to.be.revertedWithCustomError(offering, "OfferingNoAllotment");
      }
      const calls = ["claim", "claim"].map((action) => offerCall(fixture, offer, { action }));
      const data = (await Promise.all(calls)).map((call) => ledger.interface.encodeFunctionData("call", [call]));
      await expect(ledger.connect(erin).multicall(data)).to.be.revert(ethers);
      await ledger.connect(erin).setConsent(offer.payAsset, 1n);
      const kinds = [OFFER_KIND.claim, OFFER_KIND.refund].map((kind, i) => ({
        ...{ account: erin, sequence: BigInt(i), kind, amount: 0n },
      }));
      expect((await settleOffer(fixture, offer, kinds)).skipped).to.deep.equal([3n]);
    });

    it("of an account that has its units paid out to another, past tickets, lists and freezes (OFR_05)", async () => {
      const fixture = await loadFixture(reachedFixture);
      const { ledger, run, bob, dave } = fixture;
      await expect(run(dave, "claim", [], { to: bob })).to.be.revertedWithCustomError(ledger, "LedgerTransferRefused");
      await run(dave, "claim", [], { to: dave });
      const open = await termsOf(fixture, { salt: ethers.id("plain") });
      await create(fixture, { terms: open });
      const paid = { amount0: 50n * USD, to: bob };
      await expect(onOffer(fixture, open).run(dave, "subscribe", [WAD, []], paid)).to.be.revertedWithCustomError(
        ledger,
        "LedgerTransferRefused",
      );
    });

    it("of one who is not eligible, by a wallet, a batch, a claim, an agent's hand and a settlement", async () => {
      const fixture = await loadFixture(reachedFixture);
      const { ledger, offering, registry, agency, offer, offerId, run, carol, dave, erin, frank, bob } = fixture;
      const again = await termsOf(fixture, { salt: ethers.id("again") });
      await create(fixture, { terms: again });
      const { subscribe } = onOffer(fixture, again);
      await expect(subscribe(frank, WAD)).to.be.revertedWithCustomError(offering, "OfferingRefused");
      await ledger.connect(frank).setConsent(offer.payAsset, 1n);
      const order = { account: frank, kind: OFFER_KIND.subscribe, amount: 50n * USD, arguments: WAD };
      expect((await settleOffer(fixture, again, [order])).skipped).to.deep.equal([1n]);
      await registry.setAccount(dave, { ...ELIGIBLE, receiveUntil: 0n });
      await ledger.connect(dave).setConsent(offer.payAsset, 1n);
      const claim = { account: dave, kind: OFFER_KIND.claim, amount: 0n };
      expect((await settleOffer(fixture, offer, [claim])).skipped).to.deep.equal([1n]);
      await expect(run(dave, "claim")).to.be.revertedWithCustomError(offering, "OfferingRefused");
      await run(carol, "settle", [[dave.address, erin.address]]);
      expect((await offering.allotmentOf(offerId, dave)).isSettled).to.equal(false);
      await agency.setAgent(offer.asset, bob, 8n);
      await expect(run(bob, "forceClaim", [erin.address], { to: frank })).to.be.revertedWithCustomError(
        ledger,
        "LedgerTransferRefused",
      );
      expect(await ledger.balanceOf(frank, offer.asset)).to.equal(0n);
    });

    it("by re-entering through the token that is paid", async () => {
      const fixture = await loadFixture(hostileFixture);
      const { ledger, offering, offer, token, run, dave } = fixture;
      const again = ledger.interface.encodeFunctionData("call", [
        await offerCall(fixture, offer, { action: "subscribe", args: [WAD, []], source: 1n, amount0: 50n * USD }),
      ]);
      await token.setCallback(ledger, again, false);
      await run(dave, "subscribe", [WAD, []], { source: 1n, amount0: 50n * USD });
      expect([await token.calls(), await token.lastSuccess()]).to.deep.equal([1n, false]);
      expect((await token.lastReturnData()).slice(0, 10)).to.equal(ledger.interface.getError("LedgerLocked")?.selector);
      await networkHelpers.time.increaseTo(offer.end);
      const refund = ledger.interface.encodeFunctionData("call", [
        await offerCall(fixture, offer, { action: "refund" }),
      ]);
      await token.setCallback(ledger, refund, true);
      await run(dave, "refund", [], { destination: 1n });
      expect(await token.lastSuccess()).to.equal(false);
      expect(await token.balanceOf(dave)).to.equal(10_000n * USD);
      expect(await bookOf(fixture, offer)).to.deep.include({ money: 0n });
      const { escrowed, owed } = await offering.totalsOf(await offeringIdOf(offering, offer));
      expect([escrowed, owed]).to.deep.equal([0n, 0n]);
    });

    it("by units so few that they cost nothing, one after the other", async () => {
      const fixture = await loadFixture(plainFixture);
      const { offer, subscribe, dave } = fixture;
      const buy = async () => {
        for (let i = 0; i < 3; i++) await subscribe(dave, 1n, 1n);
      };
      expect(await changes(fixture, offer, dave, buy)).to.deep.equal([-3n, 3n]);
    });

    it("of an issuer who pauses after success: money is not held, and a claim comes back with the asset", async () => {
      const fixture = await loadFixture(reachedFixture);
      const { offering, agency, offer, run, dave, erin } = fixture;
      await agency.setPaused(offer.asset, true);
      await expect(run(dave, "claim")).to.be.revertedWithCustomError(offering, "OfferingRefused");
      expect(await changes(fixture, offer, dave, () => run(dave, "refund"))).to.deep.equal([1000n * USD, 0n]);
      await agency.setPaused(offer.asset, false);
      expect(await changes(fixture, offer, erin, () => run(erin, "claim"))).to.deep.equal([0n, 20n * WAD]);
    });

    it("of an issuer who takes the approval back: what is in comes out again", async () => {
      const fixture = await loadFixture(reachedFixture);
      const { ledger, agency, offering, offer, run, carol, dave } = fixture;
      await agency.setApproval(offer.asset, offering, 0n);
      expect(await changes(fixture, offer, dave, () => run(dave, "claim"))).to.deep.equal([0n, 20n * WAD]);
      await run(carol, "withdrawInventory", [60n * WAD]);
      await expect(run(carol, "deposit", [], { amount1: 1n })).to.be.revert(ethers);
      expect(await ledger.balanceOf(carol, offer.asset)).to.equal(960n * WAD);
    });
  });
});
