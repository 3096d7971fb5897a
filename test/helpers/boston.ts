import { expect } from "chai";
import { getAddress, id as hashOf, type Addressable } from "ethers";
import { decodeHolderFlags, decodeWord } from "../../src/index.js";
import tracts from "./data/boston-tracts.json" with { type: "json" };
import {
  ethers,
  impersonate,
  issuedId,
  KIND,
  networkHelpers,
  sectionOf,
  settle,
  WAD,
  type Order,
} from "./ledger-fixture.js";
import { createMarket, LLTV, marketCall, marketIdOf } from "./lending-fixture.js";
import {
  act,
  bookOf,
  create,
  FEE,
  OFFER_KIND,
  offeringFixture,
  offeringIdOf,
  offeringKeyOf,
  onOffer,
  STATUS,
  termsOf,
  USD,
  type Offering,
} from "./offering-fixture.js";
import { PAYOUT_DELAY } from "./offering-model.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "./random.js";
import { admit, APPROVAL, ASSET_FLAGS, DAY, ELIGIBLE, incomeCall, termsOf as assetTerms } from "./rwa-fixture.js";

/** 1,000 for the report; what is sold, paid and owed is accounted for at any number. */
export const INVESTORS = countFromEnvironment("LAKH_INVESTORS", 60);
export const MONTHS = 12;
export const MONTH = 30n * DAY;
export const HOMES = 10n;
/** Dollars of a unit at the first sale. */
const UNIT_PRICE = 10n;
/** 6% of the value a year, in twelve parts. */
const YIELD_PERCENT = 6n;
const CHUNK = 60;

export type World = Awaited<ReturnType<typeof boston>>;

/** Ten homes of the tract with the median value, as an asset of Carol's, and investors of whom one in fifty is not eligible. */
export async function boston() {
  const fixture = await offeringFixture();
  const { ledger, core, registry, agency, offering, admin, carol, usdc, ids } = fixture;
  const sorted = tracts.medv.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const tract = sorted[Math.floor(sorted.length / 2)] ?? { value: 0, index: 0 };
  const value = HOMES * BigInt(Math.round(tract.value * 1000));
  const units = (value / UNIT_PRICE) * WAD;
  const fromBlock = await ethers.provider.getBlockNumber();
  const salt = hashOf("Boston");
  const id = await issuedId({ owner: core, salt, flags: ASSET_FLAGS });
  const terms = assetTerms(carol.address, ids.usdc, { cap: units, feePerDay: USD / 2n, name: "Boston", symbol: "BOS" });
  await agency.connect(admin).issue(salt, terms);
  await agency.setApproval(id, offering, APPROVAL.venue);
  await agency.mint(id, carol, units);
  const investors = Array.from({ length: INVESTORS }, (_, i) =>
    getAddress(`0x${hashOf(`investor ${i.toString()}`).slice(26)}`),
  );
  const eligible = investors.filter((_, i) => i % 50 !== 49);
  for (let i = 0; i < eligible.length; i += 200) {
    const part = eligible.slice(i, i + 200);
    await registry.setAccounts(
      part,
      part.map(() => ELIGIBLE),
    );
  }
  await usdc.mint(carol, 10n ** 13n);
  await ledger.connect(carol).deposit(usdc, 10n ** 13n, 10n ** 13n, carol);
  await ledger.connect(carol).setConsent(ids.usdc, 1n);
  return {
    ...fixture,
    fromBlock,
    id,
    tract,
    value,
    units,
    investors,
    eligible,
    random: new Random(seedFromEnvironment()),
  };
}

/** Hands each investor money by a batch, whose fresh words take over the consent. */
export async function fund(world: World, amount: bigint): Promise<void> {
  const { ids, carol, investors } = world;
  const orders = investors.map((to) => ({
    ...{ account: carol, kind: KIND.consent, amount, arguments: BigInt(to) },
  }));
  await inSections(world, { asset0: ids.usdc, asset1: 0n }, orders, ids.usdc);
}

type Place = Parameters<typeof sectionOf>[0];

/** Settles operations in as many sections as they need; answers how many were executed. */
async function inSections(world: World, place: Place, orders: readonly Order[], asset: bigint): Promise<number> {
  const { ledger, settlement } = world;
  let executed = 0;
  for (let i = 0; i < orders.length; i += CHUNK) {
    const part = orders.slice(i, i + CHUNK);
    const seen = new Map<string, bigint>();
    const sequenced: Order[] = [];
    for (const order of part) {
      const account = await ethers.resolveAddress(order.account);
      const { flags } = decodeWord(await ledger.wordOf(account, asset));
      const before = seen.get(account) ?? 0n;
      seen.set(account, before + 1n);
      sequenced.push({ ...order, sequence: (BigInt(decodeHolderFlags(flags).sequence) + before) & 255n });
    }
    const section = sectionOf({ gasCap: 12_000_000n, ...place });
    const answer = await settle({ settlement, section, orders: sequenced });
    expect(answer.executed).to.equal(true);
    const skipped = answer.skipped.reduce((sum, word) => sum + word.toString(2).replaceAll("0", "").length, 0);
    executed += part.length - skipped;
  }
  return executed;
}

function offerPlace(world: World, offer: Offering): Place {
  const { payAsset: asset0, asset: asset1 } = offer;
  return { protocol: world.offering, key: offeringKeyOf(offer), asset0, asset1 };
}

/** The first sale: in batches, with a soft cap that is reached; answers what became of it. */
export async function sell(world: World) {
  const { offering, id, units, investors, eligible, carol, registry, random, ledger, ids } = world;
  const hardCap = units;
  const offer = await termsOf(world, {
    ...{ asset: id, price: (UNIT_PRICE * USD * 10n ** 36n) / WAD, hardCap, softCap: BigInt(INVESTORS) * 5n * WAD },
    end: BigInt(await networkHelpers.time.latest()) + 30n * DAY,
  });
  const offerId = await create(world, { terms: offer, inventory: units });
  const wanted = investors.map(() => random.between(5n, 20n) * WAD + random.below(WAD));
  const orders = investors.map((account, i) => {
    const cost = ((wanted[i] ?? 0n) * offer.price + 10n ** 36n - 1n) / 10n ** 36n;
    return { account, kind: OFFER_KIND.subscribe, amount: cost, arguments: wanted[i] ?? 0n };
  });
  const subscribed = await inSections(world, offerPlace(world, offer), orders, ids.usdc);
  expect(subscribed).to.equal(eligible.length);
  await networkHelpers.time.increaseTo(offer.end);
  // Two of them may not hold the asset any more: their money comes back.
  const [gone, undecided] = [eligible[1] ?? "", eligible[2] ?? ""];
  for (const account of [gone, undecided]) await registry.setAccount(account, { ...ELIGIBLE, receiveUntil: 0n });
  const before = await ledger.balanceOf(gone, ids.usdc);
  await act(world, offer, await impersonate(addressable(gone)), { action: "refund" });
  const refunded = (await ledger.balanceOf(gone, ids.usdc)) - before;
  const { run } = onOffer(world, offer);
  for (let i = 0; i < eligible.length; i += CHUNK) await run(carol, "settle", [eligible.slice(i, i + CHUNK)]);
  await networkHelpers.time.increaseTo(offer.end + PAYOUT_DELAY);
  const claims = eligible.map((account) => ({ account, kind: OFFER_KIND.claim, amount: 0n }));
  const claimed = await inSections(world, offerPlace(world, offer), claims, ids.usdc);
  expect(claimed).to.equal(eligible.length - 2);
  await registry.setAccount(undecided, ELIGIBLE);
  await run(carol, "settle", [[undecided]]);
  expect(await inSections(world, offerPlace(world, offer), claims.slice(2, 3), ids.usdc)).to.equal(1);
  await run(carol, "withdrawProceeds");
  await run(carol, "withdrawInventory", [ethers.MaxUint256]);
  await run(world.relayer, "collectFees");
  expect(await offering.statusOf(offerId)).to.equal(STATUS.succeeded);
  expect(await bookOf(world, offer)).to.deep.include({ money: 0n, units: 0n });
  const totals = await offering.totalsOf(offerId);
  const listingFee = totals.listingFee;
  const transactionFee = totals.collected - listingFee;
  expect(transactionFee).to.equal((totals.earned * FEE + WAD - 1n) / WAD);
  expect(totals.withdrawn + totals.collected).to.equal(totals.earned + listingFee);
  return {
    offer,
    subscribed,
    claimed: claimed + 1,
    refunded,
    sold: totals.sold,
    raised: totals.earned,
    listingFee,
    transactionFee,
  };
}

function addressable(address: string): Addressable {
  return { getAddress: () => Promise.resolve(address) };
}

/** A year of rent, month by month; transfers in batches every week, claims of everybody every quarter. */
export async function rent(world: World, holders: string[]) {
  const { ledger, id, value, carol, ids, core, random } = world;
  const monthly = (value * USD * YIELD_PERCENT) / 100n / BigInt(MONTHS);
  const now = BigInt(await networkHelpers.time.latest());
  const start = now - (now % DAY) + DAY;
  let transfers = 0;
  const claim = async (): Promise<number> => {
    const key = ethers.toBeHex(id, 32);
    const orders = holders.map((account) => ({ account, kind: KIND.none, amount: 0n }));
    return inSections(world, { protocol: core, key, asset0: ids.usdc, asset1: 0n }, orders, ids.usdc);
  };
  let claims = 0;
  for (let month = 0; month < MONTHS; month++) {
    const from = start + BigInt(month) * MONTH;
    await networkHelpers.time.increaseTo(from + 60n);
    const args = [from + MONTH];
    await ledger.connect(carol).call(incomeCall({ ...world, id }, { action: "distribute", args, amount0: monthly }));
    for (let week = 1n; week <= 4n; week++) {
      await networkHelpers.time.increaseTo(from + week * 7n * DAY - 3600n);
      const orders: Order[] = [];
      for (let i = 0; i < 20; i++) {
        const [account, to] = [random.pick(holders), random.pick(holders)];
        const amount = (await ledger.balanceOf(account, id)) / 3n;
        if (amount !== 0n && account !== to && !orders.some((order) => order.account === account)) {
          orders.push({ account, amount, arguments: BigInt(to) });
        }
      }
      transfers += await inSections(world, { asset0: id, asset1: 0n }, orders, id);
    }
    if (month % 3 === 2) {
      await networkHelpers.time.increaseTo(from + MONTH - 30n);
      claims += await claim();
    }
  }
  await networkHelpers.time.increaseTo(start + BigInt(MONTHS) * MONTH + 10n);
  claims += await claim();
  return { monthly, distributed: monthly * BigInt(MONTHS), transfers, claims, start };
}

/** An investor sells some of his units to another: the platform's fee on a secondary trade. */
export async function resell(world: World, [seller, buyer]: [string, string]) {
  const { id, offering, relayer, ledger, ids } = world;
  const [from, to] = [await impersonate(addressable(seller)), await impersonate(addressable(buyer))];
  const price = (11n * USD * 10n ** 36n) / WAD;
  const inventory = (await ledger.balanceOf(seller, id)) / 2n;
  const offer = await termsOf(world, { asset: id, seller, price, hardCap: inventory, salt: hashOf("resale") });
  const listing = { action: "create", args: [offer], amount0: 10n * USD, amount1: inventory };
  await act(world, offer, from, listing);
  const cost = (inventory * price + 10n ** 36n - 1n) / 10n ** 36n;
  await act(world, offer, to, { action: "subscribe", args: [inventory, []], amount0: cost });
  await act(world, offer, from, { action: "withdrawProceeds" });
  const { run } = onOffer(world, offer);
  await run(relayer, "collectFees");
  const totals = await offering.totalsOf(await offeringIdOf(offering, offer));
  expect(await ledger.balanceOf(offering, ids.usdc)).to.equal(0n);
  expect(await bookOf(world, offer)).to.deep.include({ money: 0n, units: 0n });
  return {
    paid: cost,
    listingFee: totals.listingFee,
    transactionFee: totals.collected - totals.listingFee,
    units: inventory,
  };
}

/** An investor borrows against pledged units, the value falls, and an eligible liquidator is given them. */
export async function borrow(world: World, account: string) {
  const { ledger, registry, agency, authority, core, id, ids, alice, dave, carol } = world;
  const lending = await ethers.deployContract("LendingCore", [ledger]);
  await ledger.listCore(lending);
  await registry.setProtocol(lending);
  await agency.setApproval(id, lending, APPROVAL.pledgee);
  const bounds = { maxChange: WAD / 5n, period: 3600n, maxAge: 400n * DAY };
  const oracle = await ethers.deployContract("NavOracle", [
    await authority.getAddress(),
    UNIT_PRICE * WAD,
    bounds,
    18n,
    6n,
  ]);
  await lending.enableRateModel(ethers.ZeroAddress);
  await lending.enableLltv(LLTV);
  const market = {
    ...{ loanAsset: ids.usdc, collateralAsset: id, oracle: await oracle.getAddress(), irm: ethers.ZeroAddress },
    ...{ lltv: LLTV, closeOutDebt: 0n },
  };
  await core.connect(carol).setMarketApproval(id, await marketIdOf(lending, market), true);
  const { marketId } = await createMarket({ ledger, lending, alice }, market);
  const run = (user: { address: string }, action: string, args: readonly unknown[], amount0 = 0n) =>
    ledger.connect(user as never).call(marketCall(lending, market, { action, args, amount0 }));
  await run(carol, "supply", [0n], 100_000n * USD);
  const borrower = await impersonate(addressable(account));
  const pledged = await ledger.balanceOf(account, id);
  await run(borrower, "pledgeCollateral", [pledged]);
  const debt = (pledged * UNIT_PRICE * USD * 80n) / WAD / 100n;
  await run(borrower, "borrow", [debt, ethers.ZeroAddress]);
  for (let step = 0; step < 2; step++) {
    await networkHelpers.time.increase(3601n);
    const { bounded } = await oracle.current();
    await oracle.report((bounded * 80n) / 100n);
  }
  await expect(run(borrower, "borrow", [1n, ethers.ZeroAddress])).to.be.revert(ethers);
  await run(dave, "liquidate", [account, 0n], debt);
  await admit(world, [dave]);
  await lending.seize(market, account, dave);
  const seized = await ledger.balanceOf(dave, id);
  const left = pledged - seized;
  expect(await core.pledgedOf(account, id, lending)).to.equal(left);
  expect(await ledger.balanceOf(account, id)).to.equal(left);
  return { pledged, debt, seized, left, marketId, lending, market };
}

/** What is in a book of two sides' first. */
export async function moneyOf(
  { ledger }: World,
  place: { protocol: Addressable; key: string; asset0: bigint; asset1: bigint },
) {
  const word = await ledger.bookOf(place.protocol, place.key, place.asset0, place.asset1);
  return word & (2n ** 112n - 1n);
}
