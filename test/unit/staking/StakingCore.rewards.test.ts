import { expect } from "chai";
import { ethers, loadFixture, networkHelpers } from "../../helpers/ledger-fixture.js";
import { createPool, DAY, fundFor, HOUR, type StakePool } from "../../helpers/staking-fixture.js";
import { gained, pass, REWARD, shared, STAKED, stakePoolsFixture, WEEK } from "../../helpers/staking-pools.js";

const NOBODY = ethers.ZeroAddress;
const MAX_FUNDED = 2n ** 92n - 1n;
const MAX_RATE = 2n ** 104n - 1n;
const MAX_DURATION = 2n ** 28n - 1n;

/** The next block's time, fixed. */
async function nextTime(): Promise<bigint> {
  const time = BigInt(await networkHelpers.time.latest()) + 2n;
  await networkHelpers.time.setNextBlockTimestamp(time);
  return time;
}

describe("StakingCore", () => {
  describe("claim", () => {
    it("refuses others, and nothing", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { staking, alice, bob, carol, run, claim } = fixture;
      await shared(fixture);
      await expect(run("claim", [alice.address], { user: bob }))
        .to.be.revertedWithCustomError(staking, "StakingNotOperator")
        .withArgs(bob.address, alice.address);
      await expect(claim({ user: carol })).to.be.revertedWithCustomError(staking, "StakingZeroAmount");
    });

    it("pays a stream of its book to the receiver, for the owner and his operator", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { ledger, staking, double: pool, created, ids, alice, bob, carol, run, claim } = fixture;
      const id = created.double.stakeId;
      await fixture.stake(STAKED, { user: alice, pool });
      const end = await fundFor(fixture, { amount: REWARD, duration: WEEK, pool });
      await fundFor(fixture, { amount: 3n * REWARD, duration: WEEK, pool, stream: 1 });
      await networkHelpers.time.increaseTo(end + DAY);
      await ledger.connect(alice).setOperator(bob, true);
      const first = async () => {
        await expect(run("claim", [alice.address], { user: bob, pool, to: carol.address }))
          .to.emit(staking, "RewardClaimed")
          .withArgs(id, alice.address, 0n, REWARD - 1n);
      };
      expect(await gained(fixture, { user: carol, id: ids.token1, send: first })).to.equal(REWARD - 1n);
      const second = async () => {
        await expect(claim({ user: alice, pool, stream: 1 }))
          .to.emit(staking, "RewardClaimed")
          .withArgs(id, alice.address, 1n, 3n * REWARD - 1n);
      };
      expect(await gained(fixture, { user: alice, id: ids.usdc, send: second })).to.equal(3n * REWARD - 1n);
      for (const stream of [0, 1] as const) {
        await expect(claim({ user: alice, pool, stream })).to.be.revertedWithCustomError(staking, "StakingZeroAmount");
      }
    });

    it("leaves the streams as they are stored, and the next action counts on", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { staking, stakeId, ids, alice, claim } = fixture;
      const end = await shared(fixture);
      const before = await staking.streamOf(stakeId, 0n);
      const totals = await staking.totalsOf(stakeId);
      const position = await staking.positionOf(stakeId, alice);
      await networkHelpers.time.setNextBlockTimestamp(end - WEEK / 2n);
      const first = await gained(fixture, { user: alice, id: ids.token1, send: () => claim({ user: alice }) });
      expect([...(await staking.streamOf(stakeId, 0n))]).to.deep.equal([...before]);
      expect([...(await staking.totalsOf(stakeId))]).to.deep.equal([...totals]);
      // Of the account nothing but what its rewards are counted from.
      const [shares, extra, lockEnd, debt0, debt1] = position;
      const paid = [shares, extra, lockEnd, debt0 + (first << 12n), debt1];
      expect([...(await staking.positionOf(stakeId, alice))]).to.deep.equal(paid);
      await networkHelpers.time.setNextBlockTimestamp(end - WEEK / 4n);
      await fixture.stake(1n, { user: alice });
      await networkHelpers.time.increaseTo(end);
      const rest = await gained(fixture, { user: alice, id: ids.token1, send: () => claim({ user: alice }) });
      expect(first).to.equal(REWARD / 4n - 1n);
      expect(first + rest).to.equal(REWARD / 2n - 1n);
    });

    for (const step of [60n, HOUR, DAY]) {
      it(`pays no part of a step of ${step} seconds before its end`, async () => {
        const fixture = await loadFixture(stakePoolsFixture);
        const { staking, plain, ids, alice, stake, claim } = fixture;
        const pool: StakePool = { ...plain, step };
        await createPool(fixture, pool);
        await stake(STAKED, { user: alice, pool });
        const latest = BigInt(await networkHelpers.time.latest());
        const begin = latest - (latest % step) + step;
        await networkHelpers.time.setNextBlockTimestamp(begin + 5n);
        await fixture.fund(REWARD, begin + 100n * step, { user: fixture.carol, pool });
        await networkHelpers.time.setNextBlockTimestamp(begin + step - 1n);
        await expect(claim({ user: alice, pool })).to.be.revertedWithCustomError(staking, "StakingZeroAmount");
        await networkHelpers.time.setNextBlockTimestamp(begin + step);
        const send = () => claim({ user: alice, pool });
        expect(await gained(fixture, { user: alice, id: ids.token1, send })).to.equal(REWARD / 100n - 1n);
      });
    }
  });

  describe("fund", () => {
    it("refuses, in the order of its checks", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { ledger, staking, plain, token1, alice, carol, fund, stake } = fixture;
      await expect(fund(5n, 5n, { user: alice }))
        .to.be.revertedWithCustomError(staking, "StakingNotFunder")
        .withArgs(alice.address, carol.address);
      await stake(STAKED, { user: alice });
      for (const end of [HOUR - 1n, MAX_DURATION + 1n]) {
        const time = await nextTime();
        await expect(fund(5n, time + end, { user: carol }))
          .to.be.revertedWithCustomError(staking, "StakingInvalidEnd")
          .withArgs(time + end, time + HOUR, time + MAX_DURATION);
      }
      const end = await fundFor(fixture, { amount: REWARD, duration: WEEK });
      const time = await nextTime();
      await expect(fund(5n, end - 1n, { user: carol }))
        .to.be.revertedWithCustomError(staking, "StakingInvalidEnd")
        .withArgs(end - 1n, end, time + MAX_DURATION);
      const room = MAX_FUNDED - REWARD;
      await token1.mint(carol, 2n ** 93n);
      await ledger.connect(carol).deposit(token1, 2n ** 93n, 2n ** 93n, carol);
      await expect(fund(room + 1n, end, { user: carol }))
        .to.be.revertedWithCustomError(staking, "StakingAmountTooLarge")
        .withArgs(room + 1n, room);
      // Ten times as long for a unit more.
      const last = await nextTime();
      const { rate } = await staking.streamOf(fixture.stakeId, 0n);
      const left = (await staking.streamOf(fixture.stakeId, 0n)).left;
      const slower = ((1n << 32n) + (end - last) * rate + left) / (end + 9n * WEEK - last);
      await expect(fund(1n, end + 9n * WEEK, { user: carol }))
        .to.be.revertedWithCustomError(staking, "StakingInvalidRate")
        .withArgs(slower, rate, MAX_RATE);
      const fast: StakePool = { ...plain, cooldown: 1n };
      await createPool(fixture, fast);
      const begin = await nextTime();
      const amount = 3600n << 72n;
      await expect(fund(amount, begin + HOUR, { user: carol, pool: fast }))
        .to.be.revertedWithCustomError(staking, "StakingInvalidRate")
        .withArgs(1n << 104n, 0n, MAX_RATE);
    });

    it("adds what has not flowed, and never gets slower", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { staking, stakeId, alice, carol, stake, fund } = fixture;
      await stake(STAKED, { user: alice });
      const start = await nextTime();
      const rate = (REWARD << 32n) / WEEK;
      await expect(fund(REWARD, start + WEEK, { user: carol }))
        .to.emit(staking, "RewardFunded")
        .withArgs(stakeId, 0n, carol.address, REWARD, rate, start + WEEK);
      const left = (REWARD << 32n) % WEEK;
      const stream = await staking.streamOf(stakeId, 0n);
      expect([...stream]).to.deep.equal([0n, 0n, rate, start + WEEK, REWARD, left]);
      const time = start + WEEK / 2n;
      await networkHelpers.time.setNextBlockTimestamp(time);
      await fund(REWARD, start + 2n * WEEK, { user: carol });
      const total = (REWARD << 32n) + (WEEK / 2n) * rate + left;
      const duration = (3n * WEEK) / 2n;
      const later = await staking.streamOf(stakeId, 0n);
      expect([later.rate, later.left, later.funded]).to.deep.equal([
        ...[total / duration, total % duration],
        2n * REWARD,
      ]);
    });

    it("is prolonged at its rate, and not below", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { staking, stakeId, alice, carol, stake, fund } = fixture;
      await stake(STAKED, { user: alice });
      const start = await nextTime();
      await fund(WEEK, start + WEEK, { user: carol });
      await networkHelpers.time.setNextBlockTimestamp(start + WEEK / 2n);
      await expect(fund(WEEK, start + 2n * WEEK + 1n, { user: carol }))
        .to.be.revertedWithCustomError(staking, "StakingInvalidRate")
        .withArgs((1n << 32n) - 4735n, 1n << 32n, MAX_RATE);
      await networkHelpers.time.setNextBlockTimestamp(start + WEEK / 2n + 1n);
      await fund(WEEK, start + 2n * WEEK, { user: carol });
      const { rate, end, left } = await staking.streamOf(stakeId, 0n);
      expect([rate, end, left]).to.deep.equal([1n << 32n, start + 2n * WEEK, 0n]);
    });

    it("keeps all of it while there is next to no weight", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { staking, stakeId, ids, alice, bob, stake, claim } = fixture;
      await stake(2n ** 20n - 1n, { user: alice });
      const end = await fundFor(fixture, { amount: REWARD, duration: WEEK });
      await networkHelpers.time.setNextBlockTimestamp(end + DAY);
      await stake(1n, { user: bob });
      expect((await staking.streamOf(stakeId, 0n)).end).to.equal(end + DAY + WEEK);
      await networkHelpers.time.increaseTo(end + DAY + WEEK);
      const sent = [
        await gained(fixture, { user: alice, id: ids.token1, send: () => claim({ user: alice }) }),
        await gained(fixture, { user: bob, id: ids.token1, send: () => claim({ user: bob }) }),
      ] as const;
      expect(sent[0] + sent[1]).to.be.greaterThanOrEqual(REWARD - 2n);
    });

    it("begins again after its end with what was left over", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { staking, stakeId, alice, carol, fund } = fixture;
      const end = await shared(fixture);
      const { left } = await staking.streamOf(stakeId, 0n);
      await networkHelpers.time.setNextBlockTimestamp(end + DAY);
      await fund(5n, end + DAY + HOUR, { user: carol });
      const { rate, left: rest } = await staking.streamOf(stakeId, 0n);
      expect(rate * HOUR + rest).to.equal((5n << 32n) + left);
      await fixture.unstake(STAKED, { user: alice });
    });
  });

  describe("addRewards", () => {
    it("refuses a stream that is over", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { staking, alice, addRewards } = fixture;
      await expect(addRewards(5n, { user: alice }))
        .to.be.revertedWithCustomError(staking, "StakingStreamEnded")
        .withArgs(0n);
      const end = await shared(fixture);
      await networkHelpers.time.setNextBlockTimestamp(end);
      await expect(addRewards(5n, { user: alice }))
        .to.be.revertedWithCustomError(staking, "StakingStreamEnded")
        .withArgs(end);
    });

    it("adds to a second stream as to the first", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { staking, double: pool, created, alice, carol, addRewards, stake } = fixture;
      await stake(STAKED, { user: alice, pool });
      const end = await fundFor(fixture, { amount: REWARD, duration: WEEK, pool, stream: 1 });
      const before = await staking.streamOf(created.double.stakeId, 1n);
      await addRewards(REWARD, { user: carol, pool, stream: 1 });
      const after = await staking.streamOf(created.double.stakeId, 1n);
      expect(after.end).to.equal(end);
      expect(after.rate).to.be.greaterThan(before.rate);
    });

    it("adds anybody's to what flows until the same end", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { staking, stakeId, ids, alice, bob, addRewards, claim } = fixture;
      const end = await shared(fixture);
      const before = await staking.streamOf(stakeId, 0n);
      await pass(DAY);
      await addRewards(REWARD, { user: bob });
      const after = await staking.streamOf(stakeId, 0n);
      expect(after.end).to.equal(end);
      expect(after.rate).to.be.greaterThan(before.rate);
      await networkHelpers.time.increaseTo(end);
      const send = () => claim({ user: alice });
      expect(await gained(fixture, { user: alice, id: ids.token1, send })).to.equal(REWARD - 1n);
      expect([...(await staking.positionOf(stakeId, NOBODY))]).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
    });
  });
});
