import { expect } from "chai";
import { ethers, loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { createPool, DAY, fundFor, stakeCall, stakeIdOf, type StakePool } from "../../helpers/staking-fixture.js";
import { pass, REWARD, shared, STAKED, stakePoolsFixture, WEEK } from "../../helpers/staking-pools.js";

const YEAR = 365n * DAY;
const MAX = ethers.MaxUint256;
const NOBODY = ethers.ZeroAddress;

type Fixture = Awaited<ReturnType<typeof stakePoolsFixture>>;
type Signer = Fixture["alice"];

/** Views and simulations at the time of the last block. */
async function atLast() {
  return { blockTag: await ethers.provider.getBlockNumber() };
}

/** What an action without inputs would pay its user in the last block: of the staked asset and of the stream's. */
async function paidBy(
  { ledger, staking }: Fixture,
  {
    user,
    pool,
    ...action
  }: { user: Signer; pool: StakePool; action: string; args: readonly unknown[]; stream?: 0 | 1 },
): Promise<[bigint, bigint]> {
  const call = await stakeCall(staking, pool, action);
  const [out0, out1] = await ledger.connect(user).call.staticCall(call, await atLast());
  return [out0, out1];
}

/** Alice has staked in the pool with a slasher, and Carol has taken an odd part of it. */
async function slashedFixture() {
  const fixture = await stakePoolsFixture();
  const { alice, carol, slashed: pool, created, run, stake } = fixture;
  await stake(STAKED, { user: alice, pool });
  await run("slash", [STAKED / 3n + 7n], { user: carol, pool });
  return { ...fixture, pool, id: created.slashed.stakeId };
}

describe("StakingLens", () => {
  it("reads its core, and a pool that does not exist as nothing", async () => {
    const { ledger, lens, staking, plain, alice } = await loadFixture(stakePoolsFixture);
    expect([await lens.STAKING(), await lens.LEDGER()]).to.deep.equal([
      await staking.getAddress(),
      await ledger.getAddress(),
    ]);
    const missing: StakePool = { ...plain, cooldown: 5n };
    const view = await lens.poolOf(missing);
    expect([view.id, view.exists, view.weight, view.assets, view.time]).to.deep.equal([
      ...[await stakeIdOf(staking, missing), false, 0n, 0n, 0n],
    ]);
    expect(view.receiptId).to.not.equal(0n);
    expect(await lens.earned(missing, alice, 0n)).to.equal(0n);
    expect((await lens.positionOf(missing, alice)).weight).to.equal(0n);
    expect([...(await lens.requestOf(missing, 1n))]).to.deep.equal([NOBODY, 0n, 0n, false, 0n]);
  });

  describe("poolOf", () => {
    it("shows both streams up to this second, and what of them waits", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { lens, double: pool, created, ids, alice, bob, stake } = fixture;
      const empty = await lens.poolOf(pool);
      expect([empty.exists, empty.weight, empty.streams[0].rewardAsset]).to.deep.equal([true, 0n, ids.token1]);
      for (const user of [alice, bob]) await stake(STAKED, { user, pool });
      const ends = [
        await fundFor(fixture, { amount: 10n * REWARD, duration: 10n * WEEK, pool }),
        await fundFor(fixture, { amount: REWARD, duration: WEEK, pool, stream: 1 }),
      ] as const;
      await networkHelpers.time.increaseTo(ends[1] - WEEK / 2n);
      const view = await lens.poolOf(pool, await atLast());
      expect([view.id, view.receiptId]).to.deep.equal([created.double.stakeId, created.double.receiptId]);
      expect([view.weight, view.shares, view.assets]).to.deep.equal([2n * STAKED, 2n * STAKED, 2n * STAKED]);
      expect([view.queued, view.owed, view.slashable]).to.deep.equal([0n, 0n, 0n]);
      expect(view.time).to.equal(ends[1] - WEEK / 2n);
      const second = view.streams[1];
      expect([second.rewardAsset, second.periodFinish, second.funded]).to.deep.equal([ids.usdc, ends[1], REWARD]);
      expect(second.rewardRate).to.equal((REWARD << 32n) / WEEK);
      expect(second.waiting).to.be.closeTo(REWARD / 2n, 1n);
      expect(second.rewardPerWeight).to.be.closeTo((REWARD << 80n) / (4n * STAKED), 1n << 40n);
      expect(second.yearlyRewards).to.equal(((second.rewardRate * YEAR * WAD) / view.weight) >> 32n);
      // What waits and what all can claim is what was funded, but for the roundings.
      const claimable = await Promise.all([alice, bob].map((user) => lens.positionOf(pool, user)));
      const sum = claimable.reduce((all, position) => all + position.claimable[1], 0n);
      expect(second.waiting + sum).to.be.within(REWARD - 3n, REWARD);
      await networkHelpers.time.increaseTo(ends[1]);
      const ended = (await lens.poolOf(pool, await atLast())).streams;
      expect([ended[1].rewardRate, ended[1].waiting, ended[1].yearlyRewards]).to.deep.equal([0n, 0n, 0n]);
      expect(ended[0].rewardRate).to.be.greaterThan(0n);
    });

    it("shows no stream that is not there, nor yearly rewards of who has next to nothing", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { lens, plain: pool, alice, stake } = fixture;
      await stake((1n << 20n) - 1n, { user: alice, pool });
      const end = await fundFor(fixture, { amount: REWARD, duration: WEEK });
      await pass(DAY);
      const paused = await lens.poolOf(pool, await atLast());
      expect(paused.streams[1].rewardAsset).to.equal(0n);
      const [{ yearlyRewards, waiting, periodFinish }] = paused.streams;
      expect([yearlyRewards, waiting]).to.deep.equal([0n, REWARD]);
      expect(periodFinish - end).to.be.within(DAY, DAY + 2n);
      await stake(1n, { user: alice, pool });
      expect((await lens.poolOf(pool, await atLast())).streams[0].yearlyRewards).to.be.greaterThan(0n);
    });

    it("shows what is queued, what is set aside, and the beginning of the step", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { lens, alice, bob, stake, requestUnstake, run } = fixture;
      const pool: StakePool = { ...fixture.slashed, step: 3600n };
      await createPool(fixture, pool);
      for (const user of [alice, bob]) await stake(STAKED, { user, pool });
      await requestUnstake(5000n, { user: alice, pool });
      await requestUnstake(7000n, { user: bob, pool });
      await pass(DAY);
      await run("finalise", [1n], { user: bob, pool });
      const options = await atLast();
      const view = await lens.poolOf(pool, options);
      const { timestamp } = (await ethers.provider.getBlock(options.blockTag)) ?? { timestamp: 0 };
      expect(view.time).to.equal(BigInt(timestamp - (timestamp % 3600)));
      expect([view.queued, view.owed]).to.deep.equal([7000n, 5n]);
      expect([view.shares, view.assets]).to.deep.equal([2000n * STAKED - 5000n, 2n * STAKED - 5n]);
      expect(view.weight).to.equal(2000n * STAKED - 12_000n);
    });

    it("shows the most that can be slashed, to the unit, before and within a period and after it", async () => {
      const { lens, staking, pool, carol, run } = await loadFixture(slashedFixture);
      const slash = (amount: bigint) => run("slash", [amount], { user: carol, pool });
      for (const wait of [0n, 8n * DAY]) {
        if (wait !== 0n) await pass(wait);
        const { slashable } = await lens.poolOf(pool);
        await expect(slash(slashable + 1n))
          .to.be.revertedWithCustomError(staking, "StakingSlashTooLarge")
          .withArgs(slashable + 1n, slashable);
        await slash(slashable / 2n);
        const rest = (await lens.poolOf(pool)).slashable;
        expect(rest).to.equal(slashable - slashable / 2n);
        await slash(rest);
        expect((await lens.poolOf(pool)).slashable).to.equal(0n);
      }
    });
  });

  describe("positionOf and earned", () => {
    it("answer what a claim pays, to the unit, of either stream", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { lens, plain, double, alice, bob } = fixture;
      await shared(fixture, plain);
      await shared(fixture, double);
      await fundFor(fixture, { amount: REWARD, duration: WEEK, pool: double, stream: 1 });
      await pass(DAY + 1234n);
      for (const [pool, stream] of [[plain, 0] as const, [double, 0] as const, [double, 1] as const]) {
        for (const user of [alice, bob]) {
          const earned = await lens.earned(pool, user, stream, await atLast());
          const [, paid] = await paidBy(fixture, { user, pool, action: "claim", args: [NOBODY], stream });
          expect(earned).to.equal(paid);
          expect(earned).to.be.greaterThan(REWARD / 16n);
          const { claimable } = await lens.positionOf(pool, user, await atLast());
          expect(claimable[stream]).to.equal(paid);
          expect(claimable[1] === 0n).to.equal(pool === plain);
        }
      }
    });

    it("count receipts and pledges as shares that cannot leave", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { lens, staking, receiptId, plain: pool, alice, bob, run } = fixture;
      await shared(fixture);
      await run("mintReceipts", [3n], { user: alice });
      await run("allowPledge", [bob.address, 5n], { user: alice });
      await staking.connect(bob).pledge(alice, receiptId, 5n);
      const { shares, assets, free, weight, lockEnd } = await lens.positionOf(pool, alice);
      expect([shares, assets, free, weight, lockEnd]).to.deep.equal([STAKED, STAKED, STAKED - 8n, STAKED, 0n]);
      await expect(fixture.unstake(free + 1n, { user: alice }))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientShares")
        .withArgs(free + 1n, free);
      await fixture.unstake(free, { user: alice });
    });

    it("show a lock and its weight until it is over, and what both have earned", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { lens, locked: pool, alice, bob, run } = fixture;
      await shared(fixture, pool);
      const until = BigInt(await networkHelpers.time.latest()) + 5n * DAY;
      await run("lock", [until], { user: alice, pool });
      const [mine, others] = [await lens.positionOf(pool, alice), await lens.positionOf(pool, bob)];
      expect([mine.shares, mine.free, mine.lockEnd]).to.deep.equal([STAKED, 0n, until]);
      expect(mine.weight).to.be.greaterThan(STAKED);
      expect([others.free, others.weight, others.lockEnd]).to.deep.equal([STAKED, STAKED, 0n]);
      for (const time of [until - 1n, until, until + DAY]) {
        await networkHelpers.time.increaseTo(time);
        const position = await lens.positionOf(pool, alice, await atLast());
        const [, paid] = await paidBy(fixture, { user: alice, pool, action: "claim", args: [NOBODY] });
        expect(position.claimable[0]).to.equal(paid);
        const isOver = time >= until;
        expect([position.free, position.lockEnd]).to.deep.equal(isOver ? [STAKED, 0n] : [0n, until]);
        expect(position.weight).to.equal(isOver ? STAKED : mine.weight);
      }
      const [all] = await paidBy(fixture, { user: alice, pool, action: "unstake", args: [MAX, NOBODY] });
      expect(all).to.equal(STAKED);
    });
  });

  describe("previews", () => {
    it("are one to one where nobody slashes", async () => {
      const { lens, plain, cooled } = await loadFixture(stakePoolsFixture);
      for (const pool of [plain, cooled]) {
        expect(await lens.previewStake(pool, 12_345n)).to.equal(12_345n);
        expect(await lens.previewUnstake(pool, 12_345n)).to.equal(12_345n);
      }
    });

    it("are what a stake gives and a request is worth after a slash, to the unit", async () => {
      const { lens, staking, pool, id, alice, bob, run, requestUnstake } = await loadFixture(slashedFixture);
      for (const amount of [1n, 12_345n, STAKED / 7n]) {
        const shares = await lens.previewStake(pool, amount);
        await expect(run("stake", [shares + 1n, NOBODY], { user: bob, pool, amount0: amount }))
          .to.be.revertedWithCustomError(staking, "StakingBelowMinimumShares")
          .withArgs(shares, shares + 1n);
        await run("stake", [shares, NOBODY], { user: bob, pool, amount0: amount });
      }
      const { shares, assets } = await lens.positionOf(pool, bob);
      expect(assets).to.equal(await lens.previewUnstake(pool, shares));
      for (const [user, part] of [[bob, shares] as const, [alice, 4321n] as const]) {
        const worth = await lens.previewUnstake(pool, part);
        await expect(requestUnstake(part, { user, pool }))
          .to.emit(staking, "UnstakeRequested")
          .withArgs(
            id,
            user,
            (request: bigint) => request > 0n,
            part,
            worth,
            (time: bigint) => time > 0n,
          );
      }
    });
  });

  describe("requestOf", () => {
    /** What of the requests can be claimed now is what the lens says. */
    async function check(fixture: Fixture, pool: StakePool, owners: readonly Signer[]): Promise<bigint[]> {
      const worth: bigint[] = [];
      for (const [index, user] of owners.entries()) {
        const view = await fixture.lens.requestOf(pool, index + 1, await atLast());
        worth.push(view.assets);
        if (view.owner === NOBODY) continue;
        expect([view.owner, view.isReady]).to.deep.equal([user.address, true]);
        const [paid] = await paidBy(fixture, { user, pool, action: "claimUnstaked", args: [index + 1] });
        expect(view.assets, `request ${String(index + 1)}`).to.equal(paid);
      }
      return worth;
    }

    it("is what a claim pays, in whatever order requests are made final, paid and slashed", async () => {
      const fixture = await loadFixture(slashedFixture);
      const { lens, staking, pool, id, alice, bob, carol, run, stake, requestUnstake, claimUnstaked } = fixture;
      await stake(STAKED, { user: bob, pool });
      const owners = [alice, bob, alice, bob, alice, bob, alice];
      for (const [index, user] of owners.entries())
        await requestUnstake(1_234_567n * BigInt(index + 1) + 89n, { user, pool });
      const { owner, shares, readyAt, isReady, assets } = await lens.requestOf(pool, 7n);
      const request = await staking.requestOf(id, 7n);
      expect([owner, shares, readyAt, isReady]).to.deep.equal([alice.address, request.shares, request.readyAt, false]);
      expect(assets).to.be.within(request.assets - 1n, request.assets);
      await run("slash", [STAKED / 11n], { user: carol, pool });
      await networkHelpers.time.increaseTo(request.readyAt);
      const before = await check(fixture, pool, owners);
      expect(before.every((worth) => worth > 0n)).to.equal(true);
      // Three finalisations, of one, two and three requests; the last request is not final.
      for (const last of [1n, 3n, 6n]) {
        await run("finalise", [last], { user: carol, pool });
        await run("slash", [STAKED / 101n], { user: carol, pool });
      }
      const final = await check(fixture, pool, owners);
      expect(final[0]).to.equal(before[0]);
      expect((final[6] ?? 0n) < (before[6] ?? 0n)).to.equal(true);
      await claimUnstaked(4n, { user: bob, pool });
      expect([...(await lens.requestOf(pool, 4n))]).to.deep.equal([NOBODY, 0n, 0n, false, 0n]);
      expect((await check(fixture, pool, owners)).filter((worth) => worth === 0n)).to.have.lengthOf(1);
    });

    it("is no more than the request was worth when it was made", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { lens, alice, bob, stake, requestUnstake, claimUnstaked } = fixture;
      const pool: StakePool = { ...fixture.slashed, cooldown: 1n };
      await createPool(fixture, pool);
      await stake(4n, { user: alice, pool });
      // Shares of less than two units: what a payment is rounded down by makes the others dearer.
      for (let i = 0; i < 2; i++) await requestUnstake(1999n, { user: alice, pool });
      await pass(5n);
      await claimUnstaked(1n, { user: alice, pool });
      expect(await lens.previewUnstake(pool, 1999n)).to.equal(2n);
      expect(await check(fixture, pool, [alice, alice])).to.deep.equal([0n, 1n]);
      expect((await lens.requestOf(pool, 2n)).assets).to.equal(1n);
      expect(await lens.previewStake(pool, 1n)).to.be.lessThan(1000n);
      expect((await lens.positionOf(pool, bob)).assets).to.equal(0n);
    });

    it("is a unit for a unit where nobody slashes", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { lens, cooled: pool, alice, bob, carol, stake, requestUnstake, run } = fixture;
      for (const user of [alice, bob]) {
        await stake(STAKED, { user, pool });
        await requestUnstake(STAKED / 2n, { user, pool });
      }
      expect((await lens.poolOf(pool)).queued).to.equal(STAKED);
      await pass(DAY);
      await run("finalise", [1n], { user: carol, pool });
      expect(await check(fixture, pool, [alice, bob])).to.deep.equal([STAKED / 2n, STAKED / 2n]);
    });
  });
});
