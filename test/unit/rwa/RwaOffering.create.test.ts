import { expect } from "chai";
import {
  DESTINATION,
  ethers,
  issuedId,
  loadFixture,
  networkHelpers,
  SOURCE,
  WAD,
} from "../../helpers/ledger-fixture.js";
import {
  act,
  bookOf,
  changes,
  create,
  FEE,
  HOUR,
  LISTING_FEE,
  offeringFixture,
  offeringIdOf,
  onOffer,
  openFixture,
  PRICE,
  STATUS,
  termsOf,
  USD,
  type Offering,
} from "../../helpers/offering-fixture.js";
import { APPROVAL, ASSET_FLAGS, termsOf as assetTermsOf } from "../../helpers/rwa-fixture.js";

const DAY = 24n * HOUR;
const escrowFixture = () => openFixture({ softCap: 40n * WAD });
const plainFixture = () => openFixture();

describe("RwaOffering", () => {
  describe("create", () => {
    it("refuses all that its terms cannot be, by name and value", async () => {
      const fixture = await loadFixture(offeringFixture);
      const { offering, ids, id, alice } = fixture;
      const now = BigInt(await networkHelpers.time.latest());
      const max = 2n ** 111n;
      const cases: (readonly [Partial<Offering>, string, (readonly unknown[])?])[] = [
        [{ payAsset: 0n }, "OfferingInvalidPayAsset", [0n]],
        [{ payAsset: id }, "OfferingInvalidPayAsset", [id]],
        [{ payAsset: 1n << 200n }, "OfferingInvalidPayAsset", [1n << 200n]],
        [{ asset: ids.token0 }, "OfferingUnknownAsset", [ids.token0]],
        [{ end: now }, "OfferingInvalidWindow"],
        [{ start: now + DAY, end: now + DAY }, "OfferingInvalidWindow"],
        [{ end: now + 732n * DAY }, "OfferingInvalidWindow"],
        [{ hardCap: 0n }, "OfferingInvalidCaps", [0n, 0n]],
        [{ softCap: 101n * WAD }, "OfferingInvalidCaps", [101n * WAD, 100n * WAD]],
        [{ least: 0n }, "OfferingInvalidTickets", [0n, 0n, 100n * WAD]],
        [{ least: 101n * WAD }, "OfferingInvalidTickets", [101n * WAD, 0n, 100n * WAD]],
        [{ least: 3n, most: 2n }, "OfferingInvalidTickets", [3n, 2n, 100n * WAD]],
        [{ fee: 0n }, "OfferingFeeMismatch", [0n, FEE]],
        [{ price: 0n }, "OfferingInvalidPrice", [0n, 100n * WAD, 0n, max]],
        [{ price: 2n ** 255n }, "OfferingInvalidPrice", [2n ** 255n, 100n * WAD, 2n ** 256n - 1n, max]],
        [{ price: max * 10n ** 36n, hardCap: 2n, least: 1n }, "OfferingInvalidPrice"],
        [{ seller: alice.address }, "OfferingNotSeller", [fixture.carol.address, alice.address]],
      ];
      for (const [change, error, args] of cases) {
        const terms = await termsOf(fixture, change);
        const call = act(fixture, terms, fixture.carol, { action: "create", args: [terms] });
        const sent = expect(call).to.be.revertedWithCustomError(offering, error);
        await (args === undefined ? sent : sent.withArgs(...args));
      }
      const most = await termsOf(fixture, { price: max * 10n ** 36n, hardCap: 1n });
      await create(fixture, { terms: most, inventory: 0n });
    });

    it("refuses a counted asset by name, one that its issuer has not approved it for, and another book", async () => {
      const fixture = await loadFixture(offeringFixture);
      const { agency, core, offering, ids, id, admin, carol } = fixture;
      const salt = ethers.id("counted");
      await agency.connect(admin).issue(salt, assetTermsOf(carol.address, ids.usdc, { holderCap: 100 }));
      const flags = ASSET_FLAGS;
      const counted = await issuedId({ owner: core, salt, flags });
      await expect(create(fixture, { terms: await termsOf(fixture, { asset: counted }), inventory: 0n }))
        .to.be.revertedWithCustomError(offering, "OfferingCountedAsset")
        .withArgs(counted);
      const terms = await termsOf(fixture);
      const other = { ...terms, salt };
      await expect(
        act(fixture, other, carol, { action: "create", args: [terms], amount0: 1000n * USD }),
      ).to.be.revertedWithCustomError(offering, "OfferingWrongBook");
      await agency.setApproval(id, offering, APPROVAL.pledgee);
      await expect(create(fixture, { terms, inventory: 0n }))
        .to.be.revertedWithCustomError(offering, "OfferingNotApproved")
        .withArgs(id);
    });

    it("takes the listing fee out of the payment, at most 1% of what the hard cap costs, and the inventory", async () => {
      const fixture = await loadFixture(offeringFixture);
      const { offering, carol } = fixture;
      const terms = await termsOf(fixture);
      const { id, listingFee } = await offering.previewCreate(terms).then(([id, listingFee]) => ({ id, listingFee }));
      expect([id, listingFee]).to.deep.equal([await offeringIdOf(offering, terms), LISTING_FEE]);
      await expect(
        act(fixture, terms, carol, { action: "create", args: [terms], amount0: LISTING_FEE - 1n }),
      ).to.be.revertedWithCustomError(offering, "OfferingUnderpaid");
      const amounts = { amount0: 1000n * USD, amount1: 100n * WAD };
      await expect(act(fixture, terms, carol, { action: "create", args: [terms], ...amounts })).to.emit(
        offering,
        "OfferingCreated",
      );
      expect(await offering.termsOf(id)).to.deep.equal(Object.values(terms));
      expect(await bookOf(fixture, terms)).to.deep.equal({ money: LISTING_FEE, units: 100n * WAD, flags: 1n });
      expect(await offering.statusOf(id)).to.equal(STATUS.open);
      expect(await offering.dueOf(id)).to.deep.equal([0n, LISTING_FEE]);
      await expect(create(fixture, { terms })).to.be.revertedWithCustomError(offering, "OfferingExists").withArgs(id);
      const small = await termsOf(fixture, { hardCap: WAD });
      const paid = await changes(fixture, small, carol, () => create(fixture, { terms: small, inventory: WAD }));
      expect(paid).to.deep.equal([-USD / 2n, -WAD]);
    });

    it("takes a least ticket that is the most, too", async () => {
      const fixture = await loadFixture(offeringFixture);
      const { offering, dave } = fixture;
      const terms = await termsOf(fixture, { least: 5n * WAD, most: 5n * WAD });
      await create(fixture, { terms });
      const { subscribe } = onOffer(fixture, terms);
      await expect(subscribe(dave, 4n * WAD)).to.be.revertedWithCustomError(offering, "OfferingBelowLeast");
      await expect(subscribe(dave, 6n * WAD)).to.be.revertedWithCustomError(offering, "OfferingAboveMost");
      await subscribe(dave, 5n * WAD);
    });

    it("says what inventory comes with it, and nothing where none does", async () => {
      const fixture = await loadFixture(offeringFixture);
      const { offering, carol } = fixture;
      const [bare, full] = [await termsOf(fixture), await termsOf(fixture, { salt: ethers.id("full") })];
      const send = (terms: Offering, amount1: bigint) =>
        act(fixture, terms, carol, { action: "create", args: [terms], amount0: LISTING_FEE, amount1 });
      await expect(send(bare, 0n)).to.not.emit(offering, "InventoryDeposited");
      await expect(send(full, WAD))
        .to.emit(offering, "InventoryDeposited")
        .withArgs(await offeringIdOf(offering, full), WAD);
    });

    it("is a resale by any holder", async () => {
      const fixture = await loadFixture(offeringFixture);
      const { ledger, offering, alice, dave } = fixture;
      const terms = await termsOf(fixture, { seller: alice.address });
      const offerId = await create(fixture, { terms, seller: alice });
      const { run, subscribe } = onOffer(fixture, terms);
      await subscribe(dave, 10n * WAD);
      expect(await changes(fixture, terms, alice, () => run(alice, "withdrawProceeds"))).to.deep.equal([
        490n * USD,
        0n,
      ]);
      expect(await offering.dueOf(offerId)).to.deep.equal([0n, LISTING_FEE + 10n * USD]);
      expect(await ledger.balanceOf(dave, terms.asset)).to.equal(10n * WAD);
    });
  });

  describe("inventory", () => {
    it("is put in by the seller alone, before the end", async () => {
      const { offering, offer, offerId, run, alice, carol } = await loadFixture(plainFixture);
      await expect(run(alice, "deposit", [], { amount1: 1n }))
        .to.be.revertedWithCustomError(offering, "OfferingNotSeller")
        .withArgs(alice.address, carol.address);
      await expect(run(carol, "deposit", [], { amount1: 5n }))
        .to.emit(offering, "InventoryDeposited")
        .withArgs(offerId, 5n);
      expect(await offering.inventoryOf(offerId)).to.equal(100n * WAD + 5n);
      await networkHelpers.time.increaseTo(offer.end);
      await expect(run(carol, "deposit", [], { amount1: 1n })).to.be.revertedWithCustomError(
        offering,
        "OfferingNotOpen",
      );
    });

    it("comes out at any time without a soft cap, to the seller alone", async () => {
      const fixture = await loadFixture(plainFixture);
      const { ledger, offering, offer, offerId, run, alice, carol } = fixture;
      await expect(run(alice, "withdrawInventory", [1n]))
        .to.be.revertedWithCustomError(offering, "OfferingNotAgent")
        .withArgs(alice.address, offer.asset);
      for (const units of [0n, 100n * WAD + 1n]) {
        await expect(run(carol, "withdrawInventory", [units]))
          .to.be.revertedWithCustomError(offering, "OfferingInsufficientInventory")
          .withArgs(units, 100n * WAD);
      }
      await expect(run(carol, "withdrawInventory", [1n], { to: alice })).to.be.revertedWithCustomError(
        ledger,
        "LedgerTransferRefused",
      );
      expect(await changes(fixture, offer, carol, () => run(carol, "withdrawInventory", [WAD]))).to.deep.equal([
        0n,
        WAD,
      ]);
      const all = () => run(carol, "withdrawInventory", [ethers.MaxUint256]);
      expect(await changes(fixture, offer, carol, all)).to.deep.equal([0n, 99n * WAD]);
      expect(await offering.inventoryOf(offerId)).to.equal(0n);
    });

    it("stays in an escrow until it is closed; an agent for force takes it out for whom he says", async () => {
      const fixture = await loadFixture(escrowFixture);
      const { ledger, offering, agency, offer, offerId, run, subscribe, alice, bob, carol, dave } = fixture;
      await subscribe(dave, 50n * WAD);
      await expect(run(carol, "withdrawInventory", [1n])).to.be.revertedWithCustomError(offering, "OfferingNotClosed");
      await agency.setAgent(offer.asset, bob, 8n);
      await expect(run(bob, "withdrawInventory", [51n * WAD], { to: alice }))
        .to.be.revertedWithCustomError(offering, "OfferingInsufficientInventory")
        .withArgs(51n * WAD, 50n * WAD);
      await expect(run(bob, "withdrawInventory", [WAD], { to: fixture.frank })).to.be.revertedWithCustomError(
        ledger,
        "LedgerTransferRefused",
      );
      const force = () => run(bob, "withdrawInventory", [WAD], { to: alice });
      expect(await changes(fixture, offer, alice, force)).to.deep.equal([0n, WAD]);
      await networkHelpers.time.increaseTo(offer.end);
      await run(carol, "withdrawInventory", [ethers.MaxUint256]);
      expect(await bookOf(fixture, offer)).to.deep.include({ units: 50n * WAD });
      expect(await offering.inventoryOf(offerId)).to.equal(0n);
    });
  });

  describe("cancel", () => {
    it("ends what nothing was sold of, for the seller alone", async () => {
      const fixture = await loadFixture(escrowFixture);
      const { offering, offer, offerId, run, subscribe, alice, carol, dave } = fixture;
      await expect(run(alice, "cancel")).to.be.revertedWithCustomError(offering, "OfferingNotSeller");
      await expect(run(carol, "cancel")).to.emit(offering, "OfferingCancelled").withArgs(offerId);
      expect(await offering.statusOf(offerId)).to.equal(STATUS.cancelled);
      await expect(subscribe(dave, WAD)).to.be.revertedWithCustomError(offering, "OfferingNotOpen");
      await expect(run(carol, "deposit", [], { amount1: 1n })).to.be.revertedWithCustomError(
        offering,
        "OfferingNotOpen",
      );
      await run(carol, "withdrawInventory", [ethers.MaxUint256]);
      expect(await bookOf(fixture, offer)).to.deep.equal({ money: LISTING_FEE, units: 0n, flags: 7n });
    });

    it("is too late after a sale", async () => {
      const { offering, run, subscribe, carol, dave } = await loadFixture(escrowFixture);
      await subscribe(dave, WAD);
      await expect(run(carol, "cancel")).to.be.revertedWithCustomError(offering, "OfferingHasSold").withArgs(WAD);
    });
  });

  describe("fees", () => {
    it("are set by the authority, the share within 5%", async () => {
      const { offering, alice, ids } = await loadFixture(offeringFixture);
      await expect(offering.setFee(WAD / 20n + 1n))
        .to.be.revertedWithCustomError(offering, "OfferingFeeTooHigh")
        .withArgs(WAD / 20n + 1n, WAD / 20n);
      await expect(offering.setListingFee(ids.usdc, 2n ** 112n)).to.be.revertedWithCustomError(
        offering,
        "OfferingFeeTooHigh",
      );
      for (const call of [offering.connect(alice).setFee(0n), offering.connect(alice).setListingFee(ids.usdc, 0n)]) {
        await expect(call).to.be.revertedWithCustomError(offering, "OfferingUnauthorized").withArgs(alice.address);
      }
      await expect(offering.setFee(WAD / 20n))
        .to.emit(offering, "OfferingFeeSet")
        .withArgs(WAD / 20n);
    });

    it("are of all that is earned, rounded up, whoever takes his part first, and stay as they were at the creation (OFR_03)", async () => {
      const fixture = await loadFixture(offeringFixture);
      const { offering, carol, dave, relayer } = fixture;
      const offer = await termsOf(fixture, { price: PRICE + 7n });
      const offerId = await create(fixture, { terms: offer });
      const { run, subscribe } = onOffer(fixture, offer);
      await offering.setFee(0n);
      await subscribe(dave, 3n);
      await subscribe(dave, WAD);
      const { earned } = await offering.totalsOf(offerId);
      expect(earned).to.equal(1n + 50n * USD + 1n);
      const share = (earned * FEE + WAD - 1n) / WAD;
      await run(carol, "withdrawProceeds");
      await expect(run(carol, "withdrawProceeds"))
        .to.be.revertedWithCustomError(offering, "OfferingNothingDue")
        .withArgs(offerId, carol.address);
      await expect(run(carol, "collectFees"))
        .to.be.revertedWithCustomError(offering, "OfferingNotFeeRecipient")
        .withArgs(carol.address, relayer.address);
      const wallet = { destination: DESTINATION.wallet };
      await expect(run(relayer, "collectFees", [], wallet)).to.changeTokenBalance(
        ethers,
        fixture.usdc,
        relayer,
        LISTING_FEE + share,
      );
      await expect(run(relayer, "collectFees")).to.be.revertedWithCustomError(offering, "OfferingNothingDue");
      expect(await bookOf(fixture, offer)).to.deep.include({ money: 0n });
      await subscribe(dave, 1n);
      expect(await offering.dueOf(offerId)).to.deep.equal([1n, 0n]);
    });
  });

  it("refuses unknown books, actions and inputs, and calls that are not the ledger's", async () => {
    const fixture = await loadFixture(plainFixture);
    const { offering, offer, run, alice, carol } = fixture;
    await expect(
      act(fixture, { ...offer, salt: ethers.id("other") }, alice, { action: "claim" }),
    ).to.be.revertedWithCustomError(offering, "OfferingUnknown");
    await expect(run(alice, "claim", [], { data: "0x12345678" }))
      .to.be.revertedWithCustomError(offering, "OfferingUnknownAction")
      .withArgs("0x12345678");
    for (const [user, action, args, amounts] of [
      [carol, "deposit", [], { amount0: 1n, amount1: 1n }],
      [carol, "deposit", [], {}],
      [carol, "subscribe", [1n, []], { amount1: 1n }],
      [carol, "withdrawProceeds", [], { amount0: 1n }],
    ] as const) {
      await expect(run(user, action, args, { source: SOURCE.ledger, ...amounts })).to.be.revertedWithCustomError(
        offering,
        "OfferingWrongInputs",
      );
    }
    await expect(offering.onLedgerCall(alice, ethers.ZeroHash, 0n, 0n, "0x")).to.be.revertedWithCustomError(
      offering,
      "OfferingNotLedger",
    );
    await expect(offering.onLedgerBatch(ethers.ZeroHash, 0n, 0n, "0x", [])).to.be.revertedWithCustomError(
      offering,
      "OfferingNotLedger",
    );
  });
});
