import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { InsuranceLens__factory } from "../../../typechain-types/index.js";
import { at } from "../../helpers/deploy.js";
import { INSURANCE_TERMS, InsuranceWorld } from "../../helpers/insurance-world.js";

const DAY = 86_400n;
const WAD = 10n ** 18n;
const USD = 10n ** 6n;

/** A pool of 1,000 dollars, a risk of which the second user holds 100 units, and the lens, typed. */
async function open() {
  const world = await InsuranceWorld.create(INSURANCE_TERMS);
  const lens = InsuranceLens__factory.connect(world.lens.target as string, world.suite.connection.ethers.provider);
  const [underwriter, holder, referrer] = [at(world.users, 0), at(world.users, 1), at(world.users, 2)];
  await world.send(underwriter, world.onPool("deposit", [0n], 1_000n * USD));
  const { now } = world.model;
  const times = { cutoff: now + DAY, start: now + DAY, end: now + 2n * DAY };
  await world.openRisk({
    eventId: "",
    baseRate: WAD / 100n,
    ...times,
    reportBy: now + 3n * DAY,
    fallbackBy: now + 3n * DAY,
  });
  await world.send(holder, world.onRisk(0, "buy", [100n * USD, referrer], 100n * USD));
  return { world, lens, underwriter, holder, referrer };
}

/** The pool by the core that has it. */
async function stateOf(world: InsuranceWorld) {
  const [assets = 0n, locked = 0n, shares = 0n, , horizon = 0n] = await world.ask(world.pools, "stateOf", [
    world.poolId(),
  ]);
  return { assets, locked, shares, horizon };
}

/** The first word of what a call would answer now. */
async function answerOf(world: InsuranceWorld, from: string, request: { to: string; data: string }) {
  const words = await world.suite.connection.ethers.provider.call({ ...request, from });
  return BigInt(words.slice(0, 66));
}

describe("InsuranceLens", () => {
  it("reads its desk, and what does not exist as nothing", async () => {
    const { world, lens, holder } = await open();
    const its = [await lens.DESK(), await lens.POOLS(), await lens.LEDGER()];
    expect(its).to.deep.equal([world.desk.target, world.pools.target, world.suite.ledger.target]);
    const pool = await lens.poolOf(ZeroHash);
    expect([pool.terms.desk, pool.shareId, pool.sharePrice]).to.deep.equal([ZeroAddress, 0n, 0n]);
    const cover = await lens.coverOf(ZeroHash, holder);
    expect([cover.coverId, cover.risk.state, cover.room]).to.deep.equal([0n, 0n, 0n]);
    expect((await lens.requestOf(world.poolId(), 1n)).owner).to.equal(ZeroAddress);
  });

  it("shows a pool, its price, and what no cover locks", async () => {
    const { world, lens, underwriter } = await open();
    const { assets, locked, shares, horizon } = await stateOf(world);
    const pool = await lens.poolOf(world.poolId());
    expect([pool.state.assets, pool.state.locked, pool.state.shares]).to.deep.equal([...[assets, 100n * USD, shares]]);
    expect([pool.shareId, pool.free, pool.owed, pool.waiting]).to.deep.equal([
      ...[world.shareOf(world.pools, world.poolId()), assets - locked, 0n, 0n],
    ]);
    expect(pool.sharePrice).to.equal((1_000n * WAD * (assets + 1n)) / (shares + 1_000n));
    expect(pool.terms.manager).to.equal(underwriter);
    const mine = await lens.underwriterOf(world.poolId(), underwriter);
    expect([mine.shares, mine.readyAt, mine.fees]).to.deep.equal([shares, horizon, 0n]);
    expect(mine.assets).to.equal((shares * (assets + 1n)) / (shares + 1_000n));
    await world.send(underwriter, world.onPool("requestExit", [mine.shares / 2n]));
    expect((await lens.poolOf(world.poolId())).waiting).to.equal(1n);
    await world.pass(horizon + 30n * DAY);
    const later = await lens.underwriterOf(world.poolId(), underwriter);
    expect(later.readyAt).to.equal(world.model.now + INSURANCE_TERMS.cooldown);
  });

  it("previews the cap of a request with the premiums that are not earned, and nothing where it would be refused", async () => {
    const { world, lens, underwriter } = await open();
    const { assets, shares } = await stateOf(world);
    const { state } = await lens.poolOf(world.poolId());
    const cap = await lens.previewExit(world.poolId(), shares);
    expect(cap).to.equal((shares * (assets + (state.unearnedX32 >> 32n) + 1n)) / (shares + 1_000n));
    expect(cap > (await lens.underwriterOf(world.poolId(), underwriter)).assets).to.equal(true);
    expect(await lens.previewExit(world.poolId(), shares + 1n)).to.equal(0n);
    expect(await lens.previewExit(world.poolId(), 0n)).to.equal(0n);
    await world.send(underwriter, world.onPool("requestExit", [shares]));
    const [, , stored] = await world.ask(world.pools, "requestOf", [world.poolId(), 1n]);
    expect(stored).to.equal(cap);
  });

  it("previews a deposit as it is made, and nothing where it would be refused", async () => {
    const { world, lens, underwriter } = await open();
    const { assets, shares } = await stateOf(world);
    const most = (1n << 96n) - 1n - assets;
    for (const amount of [1n, USD, most]) {
      const preview = await lens.previewDeposit(world.poolId(), amount);
      expect(preview).to.equal((amount * (shares + 1_000n)) / (assets + 1n));
    }
    for (const amount of [0n, most + 1n, (1n << 256n) - 1n]) {
      expect(await lens.previewDeposit(world.poolId(), amount)).to.equal(0n);
    }
    const made = await lens.previewDeposit(world.poolId(), USD);
    await world.send(underwriter, world.onPool("deposit", [0n], USD));
    expect((await stateOf(world)).shares - shares).to.equal(made);
  });

  it("previews a deposit at what flows still, too, when no cover is open", async () => {
    const { world, lens, underwriter, holder } = await open();
    await world.pass(world.model.now + DAY);
    await world.say(0n);
    await world.send(holder, world.onDesk("reportAndSettle", 0, "0x"));
    const { assets, locked, shares } = await stateOf(world);
    const { state } = await lens.poolOf(world.poolId());
    const known = state.unearnedX32 >> 32n;
    expect([locked, known > 0n]).to.deep.equal([0n, true]);
    const preview = await lens.previewDeposit(world.poolId(), USD);
    expect(preview).to.equal((USD * (shares + 1_000n)) / (assets + known + 1n));
    await world.send(underwriter, world.onPool("deposit", [preview], USD));
    // A second may have passed, in which a little of it was earned: that is in the price as it was.
    expect((await stateOf(world)).shares - shares).to.be.within(preview, preview + 1n);
  });

  it("says what a request gets before and after it is final, as the claim pays it", async () => {
    const { world, lens, underwriter } = await open();
    const shares = (await stateOf(world)).shares / 3n;
    for (let i = 0; i < 2; i++) await world.send(underwriter, world.onPool("requestExit", [shares]));
    const early = await lens.requestOf(world.poolId(), 2n);
    expect([early.owner, early.shares, early.isFinal, early.isReady]).to.deep.equal([
      ...[underwriter, shares, false, false],
    ]);
    await world.pass(early.readyAt);
    const ready = await lens.requestOf(world.poolId(), 2n);
    expect([ready.isFinal, ready.isReady]).to.deep.equal([false, true]);
    expect(await answerOf(world, underwriter, world.onPool("claimExit", [2n]))).to.equal(ready.assets);
    await world.send(underwriter, world.onPool("finaliseExits", [2n]));
    const final = await lens.requestOf(world.poolId(), 2n);
    expect([final.isFinal, final.isReady, final.assets]).to.deep.equal([true, true, ready.assets]);
    expect((await lens.poolOf(world.poolId())).owed).to.equal(2n * ready.assets);
  });

  it("shows cover while it is sold, when it is over, and when it pays", async () => {
    const { world, lens, holder, referrer } = await open();
    const id = world.riskId(0);
    const [sold] = await lens.coversOf([id], holder);
    if (sold === undefined) throw new Error("no cover");
    expect([sold.coverId, sold.units, sold.redeemable]).to.deep.equal([
      ...[world.shareOf(world.desk, id), 100n * USD, 0n],
    ]);
    const [, room] = await world.ask(world.desk, "coverFor", [id, 0n]);
    expect(sold.room).to.equal(room);
    expect(sold.room > 0n).to.equal(true);
    const [commission] = await world.ask(world.desk, "commissionOf", [id, referrer]);
    expect((await lens.coverOf(id, referrer)).commission).to.equal(commission);
    await world.pass(world.model.now + 2n * DAY);
    expect((await lens.coverOf(id, holder)).room).to.equal(0n);
    await world.say(10n ** 9n / 4n);
    await world.send(holder, world.onDesk("reportAndSettle", 0, "0x"));
    const settled = await lens.coverOf(id, holder);
    expect([settled.risk.state, settled.redeemable]).to.deep.equal([3n, 25n * USD]);
    expect(await answerOf(world, holder, world.onRisk(0, "redeem", [settled.units]))).to.equal(settled.redeemable);
    expect((await lens.coverOf(id, referrer)).redeemable).to.equal(0n);
  });
});
