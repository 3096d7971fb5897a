import { expect } from "chai";
import { HolderRegister, incomeBook, offeringOf, readIncomeStatement, readRegister } from "../../../src/index.js";
import { at } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";
import { Random, seedFromEnvironment } from "../../helpers/random.js";
import { DAY, rwaClientFixture, UNIT, USD, type RwaClientFixture } from "../../helpers/rwa-client.js";

const DAYS = 60n;

/** Two months of rent, with sales, mints, burns, claims, freezes, an offering and a recovery in between, at random. */
async function livedFixture() {
  const fixture = await rwaClientFixture();
  const random = new Random(seedFromEnvironment());
  const { rwa, id, payAsset, issuer, investors, send, now, time, ledger, addresses } = fixture;
  const people = [issuer, ...investors];
  const start = (await now()) - ((await now()) % DAY) + DAY;
  await time.increaseTo(start);
  const book = { id, payAsset };
  await send(issuer, rwa.distribute({ ...book, amount: 1_000n * USD, end: start + 30n * DAY }));
  await send(issuer, rwa.setApproval({ id, protocol: addresses.rwaOffering, approvals: ["venue"] }));
  for (const user of investors) await ledger.connect(issuer).transfer(user, id, 50n * UNIT);
  for (let day = 1n; day < DAYS; day++) {
    await time.increaseTo(start + day * DAY + random.below(DAY - 200n));
    await act(fixture, random, random.pick(people), random.pick(people));
    if (day === 30n) await send(issuer, rwa.distribute({ ...book, amount: 500n * USD, end: start + 50n * DAY }));
    if (day === 40n) {
      const lost = at(investors, 3);
      await send(issuer, rwa.recover({ id, lost: lost.address, fresh: at(investors, 4).address }));
    }
  }
  await time.increaseTo(start + DAYS * DAY);
  await send(issuer, rwa.setPaused({ id, isPaused: false }));
  return { ...fixture, people, start, random };
}

type Signer = RwaClientFixture["issuer"];

async function act(fixture: RwaClientFixture, random: Random, from: Signer, to: Signer): Promise<void> {
  const { rwa, id, payAsset, issuer, ledger, send, lakh, now } = fixture;
  const balance = await ledger.balanceOf(from, id);
  const amount = random.between(0n, balance);
  switch (Number(random.below(6n))) {
    case 0:
      await send(issuer, rwa.mint({ id, to: to.address, amount: random.between(1n, 5n * UNIT) }));
      break;
    case 1:
      if (amount !== 0n) await send(issuer, rwa.burn({ id, from: from.address, amount: amount / 4n + 1n }));
      break;
    case 2:
      if ((await rwa.holdingOf({ id, account: from.address })).income === 0n) break;
      await send(from, rwa.claimIncome({ id, payAsset }));
      break;
    case 3: {
      if (amount === 0n || from === to) break;
      // Units go through a book: from the seller into it, and out of it to the buyer.
      const start = await now();
      const window = { start, end: start + DAY, price: 10n ** 18n, hardCap: amount, fee: 0n };
      const terms = offeringOf({ payAsset, asset: id, seller: from.address, ...window });
      await send(from, lakh.rwa.offering.create({ terms, units: amount, maxListingFee: 0n }));
      await send(to, lakh.rwa.offering.subscribe({ terms, units: amount / 2n + 1n }));
      break;
    }
    default:
      if (amount !== 0n) await ledger.connect(from).transfer(to, id, amount);
  }
}

describe("src/rwa-register", () => {
  let lived: Awaited<ReturnType<typeof livedFixture>>;

  before(async function () {
    this.timeout(120_000);
    lived = await livedFixture();
  });

  it("has what the ledger had, of everybody and after every block", async () => {
    const { provider, ledger, core, id, people, fromBlock } = lived;
    const register = await readRegister({ provider, ledger: await ledger.getAddress(), id, fromBlock, step: 50 });
    expect(register.movements.length).to.be.greaterThan(40);
    const last = await provider.getBlockNumber();
    for (let block = fromBlock + 2; block <= last; block += 7) {
      for (const { address } of people) {
        const held = await ledger.balanceOf(address, id, { blockTag: block });
        expect(register.balanceOf(address, block), `${address} after ${block}`).to.equal(held);
      }
      const { weight } = await core.incomeStateOf(id, { blockTag: block });
      expect(register.totalAt(block)).to.equal(weight);
    }
    const { supply } = await core.assetOf(id);
    const inBooks = supply - register.totalAt();
    expect(inBooks).to.be.greaterThan(0n);
    const holders = register.holdersAt();
    expect(holders.map(({ units }) => units)).to.deep.equal(
      [...holders.map(({ units }) => units)].sort((a, b) => (a > b ? -1 : 1)),
    );
    const rows = register.rows().filter(({ account }) => account === people[1]?.address);
    expect(rows.length).to.be.greaterThan(3);
    for (const [i, { since, until }] of rows.entries()) {
      expect(since).to.be.lessThan(until ?? last + 1);
      if (i > 0) expect(since).to.be.greaterThanOrEqual(rows[i - 1]?.until ?? 0);
    }
  });

  it("says what everybody earned by periods, which add up to what was paid and waits", async () => {
    const { provider, ledger, core, id, people, payAsset, fromBlock, start, addresses } = lived;
    const register = await readRegister({ provider, ledger: await ledger.getAddress(), id, fromBlock });
    const times = [0n, 15n, 30n, 45n, DAYS].map((days) => start + days * DAY);
    const { rows, totals } = await readIncomeStatement({ provider, rwa: addresses.rwa, register, times, fromBlock });
    expect(rows.length).to.equal(4 * people.length);
    let [earned, waiting] = [0n, 0n];
    for (const { address } of people) {
      const own = rows.filter(({ account }) => account === address);
      const logs = await core.queryFilter(core.filters.IncomePaid(id, address));
      const paid = logs.reduce((sum, { args }) => sum + args.amount, 0n);
      expect(own.reduce((sum, row) => sum + row.paid, 0n)).to.equal(paid);
      expect(own.reduce((sum, row) => sum + row.earned - row.paid, 0n)).to.equal(await core.incomeOf(id, address));
      for (const [i, row] of own.entries()) {
        expect(row.waiting).to.equal((own[i - 1]?.waiting ?? 0n) + row.earned - row.paid);
      }
      earned += own.reduce((sum, row) => sum + row.earned, 0n);
      waiting += own.at(-1)?.waiting ?? 0n;
    }
    expect(totals.reduce((sum, total) => sum + total.earned, 0n)).to.equal(earned);
    expect(totals.at(-1)?.waiting).to.equal(waiting);
    // All that was distributed has flowed: what is left in the book beside what waits are roundings of each settlement.
    const { key, asset0, asset1 } = incomeBook({ rwa: addresses.rwa, id, payAsset });
    const book = (await ledger.bookOf(addresses.rwa, key, asset0, asset1)) & ((1n << 112n) - 1n);
    expect(book).to.be.greaterThanOrEqual(waiting);
    expect(book - waiting).to.be.lessThan(BigInt(register.movements.length + rows.length));
    expect(1_500n * USD - earned).to.equal(book - waiting);
    // A recovery moves income: what the lost account loses the fresh one has.
    expect(rows.some((row) => row.earned < 0n)).to.equal(true);
  });

  it("refuses logs that cannot be all, and periods that are none", async () => {
    const { provider, ledger, id, fromBlock, addresses } = lived;
    const place = await ledger.getAddress();
    const logs = await provider.getLogs({ address: place, fromBlock, toBlock: "latest" });
    const half = logs.slice(logs.length / 2);
    expectCode(() => new HolderRegister({ ledger: place, id, logs: half }), "HistoryMismatch");
    const register = new HolderRegister({ ledger: place, id, logs });
    expect(register.totalAt(0)).to.equal(0n);
    for (const times of [[1n], [2n, 1n]]) {
      const read = readIncomeStatement({ provider, rwa: addresses.rwa, register, times, fromBlock });
      expect(await read.catch((error: unknown) => error)).to.have.property("code", "AmountOutOfRange");
    }
  });
});
