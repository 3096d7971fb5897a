import { expect } from "chai";
import { id as hashOf, type Addressable } from "ethers";
import { rwaOperations, transfer } from "../../src/index.js";
import { investorAt, openSettlement, type Signed } from "./boston-settlement.js";
import tracts from "./data/boston-tracts.json" with { type: "json" };
import { ethers, impersonate, issuedId, networkHelpers, WAD } from "./ledger-fixture.js";
import { createMarket, LLTV, marketCall, marketIdOf } from "./lending-fixture.js";
import {
  act,
  bookOf,
  create,
  FEE,
  offeringFixture,
  offeringIdOf,
  onOffer,
  STATUS,
  termsOf,
  USD,
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
/** Accounts that are settled in a transaction. */
const CHUNK = 60;
/** Consent to the settlement, which is listed behind the fixture's mock. */
const CONSENT = 2n;

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
  const investors = Array.from({ length: INVESTORS }, (_, i) => investorAt(i));
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
  const batches = await openSettlement(fixture, [...investors, carol.address]);
  await ledger.connect(carol).setConsent(ids.usdc, CONSENT);
  return {
    ...fixture,
    batches,
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

/** Hands each investor money by batches: fresh words of registered accounts take over the consent. */
export async function fund(world: World, amount: bigint): Promise<void> {
  const { ids, carol, investors, batches } = world;
  const operations = investors.map((to) => ({
    account: carol.address,
    operationOf: (sequence: number) => transfer({ asset: ids.usdc, amount, to: batches.idOf(to), sequence }),
  }));
  expect(await batches.settle("funding", ids.usdc, operations)).to.equal(investors.length);
}

/** The first sale: in batches, with a soft cap that is reached; answers what became of it. */
export async function sell(world: World) {
  const { offering, id, units, investors, eligible, carol, registry, random, ledger, ids, batches } = world;
  const hardCap = units;
  const offer = await termsOf(world, {
    ...{ asset: id, price: (UNIT_PRICE * USD * 10n ** 36n) / WAD, hardCap, softCap: BigInt(INVESTORS) * 5n * WAD },
    end: BigInt(await networkHelpers.time.latest()) + 30n * DAY,
  });
  const offerId = await create(world, { terms: offer, inventory: units });
  const wanted = investors.map(() => random.between(5n, 20n) * WAD + random.below(WAD));
  const place = { offering: await offering.getAddress(), terms: offer };
  const operations = investors.map((account, i) => ({
    account,
    operationOf: (sequence: number) => rwaOperations.subscribe({ ...place, units: wanted[i] ?? 0n, sequence }),
  }));
  const subscribed = await batches.settle("subscriptions", ids.usdc, operations);
  expect(subscribed).to.equal(eligible.length);
  await networkHelpers.time.increaseTo(offer.end);
  // Two of them may not hold the asset any more: one has his money back, the other waits.
  const [gone, undecided] = [eligible[1] ?? "", eligible[2] ?? ""];
  for (const account of [gone, undecided]) await registry.setAccount(account, { ...ELIGIBLE, receiveUntil: 0n });
  const { run } = onOffer(world, offer);
  for (let i = 0; i < eligible.length; i += CHUNK) await run(carol, "settle", [eligible.slice(i, i + CHUNK)]);
  await networkHelpers.time.increaseTo(offer.end + PAYOUT_DELAY);
  const before = await ledger.balanceOf(gone, ids.usdc);
  await act(world, offer, await impersonate(addressable(gone)), { action: "refund" });
  const refunded = (await ledger.balanceOf(gone, ids.usdc)) - before;
  const claimUnits = (sequence: number) => rwaOperations.claimUnits({ ...place, sequence });
  const claims = eligible.map((account) => ({ account, operationOf: claimUnits }));
  const claimed = await batches.settle("claims of units", ids.usdc, claims);
  expect(claimed).to.equal(eligible.length - 2);
  await registry.setAccount(undecided, ELIGIBLE);
  await run(carol, "settle", [[undecided]]);
  expect(await batches.settle("late claim of units", ids.usdc, claims.slice(2, 3))).to.equal(1);
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
  const { ledger, id, value, carol, ids, core, random, batches } = world;
  const monthly = (value * USD * YIELD_PERCENT) / 100n / BigInt(MONTHS);
  const now = BigInt(await networkHelpers.time.latest());
  const start = now - (now % DAY) + DAY;
  let transfers = 0;
  const book = { rwa: await core.getAddress(), id, payAsset: ids.usdc };
  const operationOf = (sequence: number) => rwaOperations.claimIncome({ ...book, sequence });
  const claim = async (): Promise<number> =>
    batches.settle(
      "claims of income",
      ids.usdc,
      holders.map((account) => ({ account, operationOf })),
    );
  let claims = 0;
  for (let month = 0; month < MONTHS; month++) {
    const from = start + BigInt(month) * MONTH;
    await networkHelpers.time.increaseTo(from + 60n);
    const args = [from + MONTH];
    await ledger.connect(carol).call(incomeCall({ ...world, id }, { action: "distribute", args, amount0: monthly }));
    for (let week = 1n; week <= 4n; week++) {
      await networkHelpers.time.increaseTo(from + week * 7n * DAY - 3600n);
      const orders: Signed[] = [];
      for (let i = 0; i < 20; i++) {
        const [account, to] = [random.pick(holders), random.pick(holders)];
        const amount = (await ledger.balanceOf(account, id)) / 3n;
        if (amount !== 0n && account !== to && !orders.some((order) => order.account === account)) {
          const made = { id, amount, to: batches.idOf(to) };
          orders.push({ account, operationOf: (sequence) => rwaOperations.transfer({ ...made, sequence }) });
        }
      }
      transfers += await batches.settle("transfers of units", id, orders);
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
