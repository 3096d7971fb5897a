import { expect } from "chai";
import { id as hashOf, ZeroAddress, ZeroHash } from "ethers";
import {
  ALL,
  AllowList,
  ASSET_FLAGS,
  attestationTypedData,
  countriesOf,
  createLakh,
  issuedId,
  offeringCost,
  offeringId,
  offeringOf,
  offeringPrice,
  poolKey,
  type Attestation,
  type Offering,
} from "../../../src/index.js";
import { at } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";
import { DAY, FOREVER, rwaClientFixture, SALT, UNIT, USD, type RwaClientFixture } from "../../helpers/rwa-client.js";

/** An offering of 100 units at 50 USDC for a day. */
async function offer(
  { issuer, payAsset, id, now }: RwaClientFixture,
  terms: Partial<Offering> = {},
): Promise<Offering> {
  const start = await now();
  const price = offeringPrice({ amount: 50n * USD, units: UNIT });
  const rest = { seller: issuer.address, start, end: start + DAY, price, hardCap: 100n * UNIT, fee: UNIT / 50n };
  return offeringOf({ payAsset, asset: id, ...rest, ...terms });
}

describe("src/rwa", () => {
  it("builds requests of issuers and their agents", async () => {
    const fixture = await rwaClientFixture();
    const { rwa, core, id, issuer, treasurer, investors, send, admin, addresses } = fixture;
    const [alice, bob] = [at(investors, 0), at(investors, 1)];
    await send(issuer, rwa.setAgent({ id, agent: alice.address, roles: ["freeze", "income"] }));
    expect(await core.rolesOf(id, alice)).to.equal(132n);
    await send(issuer, rwa.setApproval({ id, protocol: addresses.rwaOffering, approvals: ["venue"] }));
    await send(issuer, rwa.setCountries({ id, countries: [276n, 840n] }));
    expect(countriesOf(await core.countriesOf(id))).to.deep.equal([276n, 840n]);
    await send(issuer, rwa.setCountries({ id }));
    expect((await core.assetOf(id)).hasCountries).to.equal(false);
    await send(issuer, rwa.setClasses({ id, classes: 1n }));
    expect(await rwa.refusalOf({ id, from: issuer.address, to: bob.address, amount: 1n })).to.equal("receiverClasses");
    await send(issuer, rwa.setClasses({ id, classes: 0n }));
    await send(issuer, rwa.mint({ id, to: bob.address, amount: 10n * UNIT }));
    await send(issuer, rwa.burn({ id, from: bob.address, amount: UNIT }));
    await send(alice, rwa.setFrozenTokens({ id, account: bob.address, amount: 2n * UNIT }));
    expect(await rwa.holdingOf({ id, account: bob.address })).to.deep.equal({
      ...{ balance: 9n * UNIT, movable: 7n * UNIT, frozen: 2n * UNIT, pledged: 0n, isFrozen: false, income: 0n },
    });
    await send(alice, rwa.setAccountFrozen({ id, account: bob.address, isFrozen: true }));
    expect((await rwa.holdingOf({ id, account: bob.address })).movable).to.equal(0n);
    await send(alice, rwa.setAccountFrozen({ id, account: bob.address, isFrozen: false }));
    await send(issuer, rwa.forcedTransfer({ id, from: bob.address, to: alice.address, amount: UNIT }));
    await send(issuer, rwa.recover({ id, lost: bob.address, fresh: at(investors, 2).address }));
    expect((await rwa.holdingOf({ id, account: bob.address })).balance).to.equal(0n);
    await send(issuer, rwa.setPaused({ id, isPaused: true }));
    await send(issuer, rwa.setPaused({ id, isPaused: false }));
    await send(issuer, rwa.setCap({ id, cap: 2_000n * UNIT }));
    await send(issuer, rwa.setDocument({ id, name: SALT, uri: "ipfs://deed", documentHash: ZeroHash }));
    expect((await rwa.agency.getDocument(id, SALT)).uri).to.equal("ipfs://deed");
    await send(issuer, rwa.removeDocument({ id, name: SALT }));
    await send(issuer, rwa.setModule({ id, module: ZeroAddress }));
    await send(bob, rwa.createFacade({ id }));
    await send(issuer, rwa.transferOwnership({ id, newOwner: alice.address }));
    await send(alice, rwa.acceptOwnership({ id }));
    await send(admin, rwa.setFeeRecipient({ recipient: treasurer.address }));
    const { state, name, symbol } = await rwa.assetOf({ id });
    expect([state.owner, state.cap, name, symbol]).to.deep.equal([
      ...[alice.address, 2_000n * UNIT, "12 Main Street", "MAIN12"],
    ]);
    expect(rwa.idOf({ salt: SALT })).to.equal(id);
  });

  it("names the arguments of what needs pledges, pools and counted holders in the agency's order", async () => {
    const { rwa, id, issuer, investors, payAsset, addresses } = await rwaClientFixture();
    const [{ address: alice }, { address: bob }, { address: pledgee }] = [at(investors, 0), at(investors, 1), issuer];
    const codec = rwa.agency.interface;
    const decoded = (data: string): unknown[] => codec.parseTransaction({ data })?.args.toArray(true) ?? [];
    const market = { id, market: hashOf("market"), isApproved: true };
    const approval = rwa.contract.interface.parseTransaction(rwa.setMarketApproval(market));
    expect([approval?.name, ...(approval?.args ?? [])]).to.deep.equal(["setMarketApproval", ...Object.values(market)]);
    expect(decoded(rwa.setHolderCap({ id, holderCap: 9n }).data)).to.deep.equal([id, 9n]);
    expect(decoded(rwa.movePledge({ id, account: alice, pledgee, to: bob }).data)).to.deep.equal([
      id,
      alice,
      pledgee,
      bob,
    ]);
    const pledges = [{ account: alice, pledgee }];
    const recovery = rwa.recover({ id, lost: alice, fresh: bob, pledges });
    expect(decoded(recovery.data)).to.deep.equal([id, alice, bob, [[alice, pledgee]]]);
    const pool = poolKey({ assets: [payAsset, id], fee: 3000n, restricted: true });
    const exit = { id, amm: addresses.amm, pool, account: alice, minAmounts: [1n, 2n] } as const;
    expect(decoded(rwa.forceExit(exit).data)).to.deep.equal([
      ...[id, addresses.amm, Object.values(pool), alice, 1n, 2n],
    ]);
  });

  it("has attestations signed and submitted", async () => {
    const { rwa, admin, investors, send, now, addresses, provider } = await rwaClientFixture();
    const [alice, bob] = [at(investors, 0), at(investors, 1)];
    const issuedAt = (await now()) + 1n;
    const eligibility = { sendUntil: 5n, receiveUntil: FOREVER, country: 250n, classes: 3n };
    const attestation: Attestation = {
      ...{ account: bob.address, eligibility, issuedAt, deadline: issuedAt + DAY, attester: admin.address },
    };
    const { domain, types, message } = await rwa.attestationTypedData({ attestation });
    const { chainId } = await provider.getNetwork();
    expect(attestationTypedData({ rwa: addresses.rwa, chainId, attestation }).domain).to.deep.equal(domain);
    const signature = await admin.signTypedData(domain, types, message);
    await send(alice, rwa.refresh({ attestation, signature }));
    expect(await rwa.eligibilityOf({ account: bob.address })).to.deep.equal({ ...eligibility, updatedAt: issuedAt });
  });

  it("streams income and pays it out", async () => {
    const fixture = await rwaClientFixture();
    const { rwa, core, id, payAsset, issuer, investors, send, now, time, token, ledger } = fixture;
    const alice = at(investors, 0);
    const book = { id, payAsset };
    const today = (await now()) - ((await now()) % DAY);
    await send(issuer, rwa.distribute({ ...book, amount: 100n * USD, end: today + 10n * DAY }));
    await send(issuer, rwa.addIncome({ ...book, amount: 10n * USD }));
    await time.increaseTo(today + 20n * DAY);
    const { income } = await rwa.holdingOf({ id, account: issuer.address });
    expect(income).to.be.greaterThan(109n * USD);
    await send(issuer, rwa.claimIncome({ ...book, destination: "wallet" }));
    expect(await token.balanceOf(issuer)).to.equal(income);
    await ledger.connect(issuer).setOperator(alice, true);
    expect(await core.incomeOf(id, issuer)).to.equal(0n);
    const { parameters } = rwa.claimIncome({ ...book, account: issuer.address, to: alice.address });
    expect([parameters.to, parameters.amount0, parameters.asset1]).to.deep.equal([alice.address, 0n, 0n]);
  });

  it("sells units by an offering, from the listing to the last fee", async () => {
    const fixture = await rwaClientFixture();
    const { rwa, id, issuer, treasurer, admin, investors, send, payAsset, addresses, time, ledger } = fixture;
    const { offering } = rwa;
    const [alice, bob, carol] = [at(investors, 0), at(investors, 1), at(investors, 2)];
    await send(issuer, rwa.setApproval({ id, protocol: addresses.rwaOffering, approvals: ["venue"] }));
    await send(issuer, rwa.setAgent({ id, agent: bob.address, roles: ["force"] }));
    await send(admin, rwa.setFeeRecipient({ recipient: treasurer.address }));
    await send(admin, offering.setFee({ fee: UNIT / 50n }));
    await send(admin, offering.setListingFee({ payAsset, amount: 20n * USD }));
    const list = new AllowList([alice.address, carol.address]);
    const terms = await offer(fixture, { softCap: 10n * UNIT, most: 50n * UNIT, allowRoot: list.root });
    await send(issuer, offering.create({ terms, units: 90n * UNIT, maxListingFee: 50n * USD }));
    await send(issuer, offering.deposit({ terms, units: 10n * UNIT }));
    const subscription = { terms, units: 20n * UNIT };
    expect(await offering.previewSubscribe({ ...subscription, account: alice.address })).to.deep.equal({
      ...{ obstacle: "notAllowed", cost: 1_000n * USD },
    });
    for (const user of [alice, carol]) {
      const proof = list.proofOf(user.address);
      const { obstacle } = await offering.previewSubscribe({ ...subscription, account: user.address, proof });
      expect(obstacle).to.equal("none");
      await send(user, offering.subscribe({ ...subscription, proof }));
    }
    expect(await offering.viewOf({ terms })).to.deep.equal({
      ...{ id: offering.idOf({ terms }), status: "open", sold: 40n * UNIT, left: 60n * UNIT, owed: 40n * UNIT },
      ...{ escrowed: 2_000n * USD, earned: 0n, proceeds: 0n, fees: 20n * USD },
      paysOutAt: terms.end + DAY,
    });
    await time.increaseTo(terms.end);
    const closed = await offering.viewOf({ terms });
    expect([closed.status, closed.left]).to.deep.equal(["settling", 0n]);
    await time.increaseTo(closed.paysOutAt);
    expect(await offering.allotmentOf({ terms, account: alice.address })).to.deep.equal({
      ...{ units: 20n * UNIT, payment: 1_000n * USD, isSettled: false, refusedAt: 0n },
      ...{ claimable: 20n * UNIT, refundable: 0n },
    });
    await send(alice, offering.claim({ terms }));
    await send(bob, offering.settle({ terms, accounts: [carol.address] }));
    await send(bob, offering.forceClaim({ terms, account: carol.address, to: bob.address }));
    await send(bob, offering.forceInventory({ terms, units: UNIT, to: bob.address }));
    await send(issuer, offering.withdrawInventory({ terms }));
    await send(issuer, offering.withdrawProceeds({ terms }));
    await send(treasurer, offering.collectFees({ terms }));
    expect(await ledger.balanceOf(treasurer, payAsset)).to.equal(60n * USD);
    expect(await ledger.balanceOf(issuer, payAsset)).to.equal(10_000n * USD + 1_940n * USD);
    expect(await ledger.balanceOf(bob, id)).to.equal(21n * UNIT);
    expect((await offering.viewOf({ terms })).status).to.equal("succeeded");
    const failing = await offer(fixture, { softCap: 100n * UNIT, salt: hashOf("failing") });
    await send(issuer, offering.create({ terms: failing, units: 100n * UNIT, maxListingFee: 20n * USD }));
    await send(alice, offering.subscribe({ terms: failing, units: UNIT }));
    await time.increaseTo(failing.end);
    expect((await offering.viewOf({ terms: failing })).left).to.equal(0n);
    await send(alice, offering.refund({ terms: failing }));
    const cancelled = await offer(fixture, { salt: hashOf("cancelled") });
    await send(issuer, offering.create({ terms: cancelled, maxListingFee: 20n * USD }));
    await send(issuer, offering.cancel({ terms: cancelled }));
    expect((await offering.viewOf({ terms: cancelled })).status).to.equal("cancelled");
  });

  it("refuses by name what the cores would refuse", async () => {
    const fixture = await rwaClientFixture();
    const { rwa, id, issuer, payAsset, addresses, lakh } = fixture;
    const { offering } = rwa;
    const terms = await offer(fixture);
    const restricted = issuedId({ owner: issuer.address, salt: ZeroHash, flags: ASSET_FLAGS.rules0 });
    const change = (change: Partial<Offering>) => () =>
      offeringId({ core: addresses.rwaOffering, terms: { ...terms, ...change } });
    for (const wrong of [
      ...[{ start: terms.end }, { end: 1n << 40n }, { hardCap: 0n }, { hardCap: 1n << 96n }, { softCap: 101n * UNIT }],
      ...[{ least: 0n }, { least: 101n * UNIT }, { least: 2n, most: 1n }, { price: 0n }, { price: 1n << 250n }],
      { fee: UNIT / 20n + 1n },
    ]) {
      expectCode(change(wrong), "AmountOutOfRange");
    }
    expectCode(change({ payAsset: restricted }), "RestrictedAsset");
    expectCode(change({ asset: restricted }), "WrongAsset");
    expectCode(change({ seller: ZeroAddress }), "InvalidAddress");
    expectCode(change({ salt: "0x12" }), "InvalidBytes32");
    expectCode(() => offering.subscribe({ terms, units: 101n * UNIT }), "AmountTooLarge");
    expectCode(() => offering.subscribe({ terms, units: 0n }), "AmountZero");
    expectCode(() => offering.claim({ terms }), "NotOffered");
    expectCode(() => offering.settle({ terms: { ...terms, softCap: 1n }, accounts: [] }), "NothingToClaim");
    expectCode(() => offering.setFee({ fee: UNIT }), "FeeTooHigh");
    expectCode(() => offering.subscribe({ terms, units: UNIT, payWithEther: true }), "NativeAssetMissing");
    expectCode(() => offering.withdrawInventory({ terms, units: ALL + 1n }), "AmountTooLarge");
    expectCode(() => offeringPrice({ amount: 0n, units: 1n }), "AmountZero");
    expectCode(() => new AllowList([]), "NothingToAdd");
    expectCode(() => new AllowList([issuer.address]).proofOf(addresses.rwa), "UnknownAccount");
    expect(offeringCost({ price: 1n }, 1n)).to.equal(1n);
    const book = { id, payAsset };
    expectCode(() => rwa.distribute({ ...book, amount: 1n, end: DAY + 1n }), "AmountOutOfRange");
    expectCode(() => rwa.distribute({ ...book, amount: 0n, end: DAY }), "AmountZero");
    expectCode(() => rwa.addIncome({ ...book, amount: 1n, payWithEther: true }), "NativeAssetMissing");
    expectCode(() => rwa.setCountries({ id, countries: [1024n] }), "AmountOutOfRange");
    expectCode(() => rwa.mint({ id: payAsset, to: issuer.address, amount: 1n }), "WrongAsset");
    expectCode(() => rwa.recover({ id, lost: issuer.address, fresh: issuer.address }), "InvalidAddress");
    expectCode(() => rwa.setAccounts({ statements: [] }), "AmountOutOfRange");
    const { rwa: none } = createLakh({ addresses: { ...lakh.addresses, rwa: undefined } as never });
    expect(none).to.equal(undefined);
    const attestation = { account: issuer.address, eligibility: fixture.eligible, issuedAt: 1n, deadline: 2n };
    const mute = createLakh({ addresses });
    const error = await mute.rwa
      .attestationTypedData({ attestation: { ...attestation, attester: issuer.address } })
      .catch((error: unknown) => error);
    expect(error).to.have.property("code", "NoProvider");
  });
});
