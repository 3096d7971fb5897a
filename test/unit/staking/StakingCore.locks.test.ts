import { expect } from "chai";
import { ethers, loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { DAY, stakingActions } from "../../helpers/staking-fixture.js";
import { gained, STAKED, stakePoolsFixture } from "../../helpers/staking-pools.js";

const YEAR = 365n * DAY;
const MAX = ethers.MaxUint256;

/** Alice and Bob have staked in the pool with locks. Answers the time of the next block, fixed. */
async function lockedFixture() {
  const fixture = await stakePoolsFixture();
  const { alice, bob, locked: pool, created } = fixture;
  for (const user of [alice, bob]) await fixture.stake(STAKED, { user, pool });
  return { ...fixture, pool, id: created.locked.stakeId };
}

async function nextTime(): Promise<bigint> {
  const time = BigInt(await networkHelpers.time.latest()) + 2n;
  await networkHelpers.time.setNextBlockTimestamp(time);
  return time;
}

describe("StakingCore", () => {
  describe("lock", () => {
    it("refuses a pool without locks, who has nothing, and other times", async () => {
      const { staking, pool, alice, carol, run } = await loadFixture(lockedFixture);
      await expect(run("lock", [MAX], { user: alice }))
        .to.be.revertedWithCustomError(staking, "StakingNotOffered")
        .withArgs(stakingActions.getFunction("lock").selector);
      await expect(run("lock", [MAX], { user: carol, pool })).to.be.revertedWithCustomError(
        staking,
        "StakingZeroAmount",
      );
      for (const duration of [0n, YEAR + 1n]) {
        const time = await nextTime();
        await expect(run("lock", [time + duration], { user: alice, pool }))
          .to.be.revertedWithCustomError(staking, "StakingInvalidUnlock")
          .withArgs(time + duration, time + 1n, time + YEAR);
      }
      const until = (await nextTime()) + 30n * DAY;
      await run("lock", [until], { user: alice, pool });
      const time = await nextTime();
      await expect(run("lock", [until - 1n], { user: alice, pool }))
        .to.be.revertedWithCustomError(staking, "StakingInvalidUnlock")
        .withArgs(until - 1n, until, time + YEAR);
    });

    it("adds weight in proportion to the time, up to the most", async () => {
      const { staking, pool, id, alice, bob, run } = await loadFixture(lockedFixture);
      const until = (await nextTime()) + YEAR;
      await expect(run("lock", [until], { user: alice, pool }))
        .to.emit(staking, "Locked")
        .withArgs(id, alice.address, until, 3n * STAKED);
      const sooner = (await nextTime()) + YEAR / 8n;
      await run("lock", [sooner], { user: bob, pool });
      const position = await staking.positionOf(id, bob);
      expect([position.shares, position.extra, position.lockEnd]).to.deep.equal([STAKED, STAKED / 4n, sooner]);
      expect((await staking.totalsOf(id)).weight).to.equal(4n * STAKED + STAKED / 4n);
      // Longer, for the time that is then left.
      const later = (await nextTime()) + YEAR / 4n;
      await run("lock", [later], { user: bob, pool });
      expect((await staking.positionOf(id, bob)).extra).to.equal(STAKED / 2n);
    });

    it("adds nothing to so little for so short, and ends as another", async () => {
      const { staking, pool, id, bob, carol, run, stake } = await loadFixture(lockedFixture);
      await stake(1n, { user: carol, pool });
      const until = (await nextTime()) + DAY;
      await expect(run("lock", [until], { user: carol, pool }))
        .to.emit(staking, "Locked")
        .withArgs(id, carol.address, until, 1n);
      const position = await staking.positionOf(id, carol);
      expect([position.shares, position.extra, position.lockEnd]).to.deep.equal([1n, 0n, until]);
      expect((await staking.totalsOf(id)).weight).to.equal(2n * STAKED + 1n);
      await networkHelpers.time.setNextBlockTimestamp(until);
      await expect(run("kick", [carol.address], { user: bob, pool }))
        .to.emit(staking, "Unlocked")
        .withArgs(id, carol.address, 1n);
      expect((await staking.totalsOf(id)).weight).to.equal(2n * STAKED + 1n);
    });

    it("is shared by what is staked later, for the time that is left", async () => {
      const { staking, pool, id, alice, bob, run } = await loadFixture(lockedFixture);
      const until = (await nextTime()) + YEAR;
      await run("lock", [until], { user: alice, pool });
      await networkHelpers.time.setNextBlockTimestamp(until - YEAR / 2n);
      await run("stake", [0n, alice.address], { user: bob, pool, amount0: 4n * WAD });
      const position = await staking.positionOf(id, alice);
      expect([position.shares, position.extra]).to.deep.equal([STAKED + 4n * WAD, 2n * STAKED + 4n * WAD]);
    });

    it("keeps every share until it is over", async () => {
      const { staking, pool, alice, run } = await loadFixture(lockedFixture);
      const until = (await nextTime()) + DAY;
      await run("lock", [until], { user: alice, pool });
      for (const shares of [1n, STAKED, MAX]) {
        await expect(run("unstake", [shares, ethers.ZeroAddress], { user: alice, pool }))
          .to.be.revertedWithCustomError(staking, "StakingLocked")
          .withArgs(until);
      }
      await networkHelpers.time.setNextBlockTimestamp(until);
      await run("unstake", [1n, ethers.ZeroAddress], { user: alice, pool });
    });

    it("refuses more weight than a pool can have", async () => {
      const fixture = await loadFixture(lockedFixture);
      const { ledger, staking, pool, token0, carol, run, stake } = fixture;
      const amount = 2n ** 95n;
      await token0.mint(carol, amount);
      await ledger.connect(carol).deposit(token0, amount, amount, carol);
      await stake(amount, { user: carol, pool });
      const until = (await nextTime()) + YEAR;
      await expect(run("lock", [until], { user: carol, pool }))
        .to.be.revertedWithCustomError(staking, "StakingAmountTooLarge")
        .withArgs(2n * STAKED + 3n * amount, 2n ** 96n - 1n);
    });

    it("earns by weight until somebody takes it off", async () => {
      const fixture = await loadFixture(lockedFixture);
      const { staking, pool, id, ids, alice, bob, carol, run, fund, claim } = fixture;
      const until = (await nextTime()) + YEAR;
      await run("lock", [until], { user: alice, pool });
      const reward = 10n ** 12n;
      await networkHelpers.time.setNextBlockTimestamp(until - 100n * DAY);
      await fund(reward, until + 100n * DAY, { user: carol, pool });
      await networkHelpers.time.setNextBlockTimestamp(until);
      await expect(run("kick", [alice.address], { user: bob, pool }))
        .to.emit(staking, "Unlocked")
        .withArgs(id, alice.address, STAKED);
      await networkHelpers.time.increaseTo(until + 100n * DAY);
      const first = await gained(fixture, { user: alice, id: ids.token1, send: () => claim({ user: alice, pool }) });
      const second = await gained(fixture, { user: bob, id: ids.token1, send: () => claim({ user: bob, pool }) });
      expect(first).to.be.closeTo((reward * 3n) / 8n + reward / 4n, 2n);
      expect(second).to.be.closeTo(reward / 8n + reward / 4n, 2n);
      expect(first + second).to.be.lessThanOrEqual(reward);
    });
  });

  describe("kick", () => {
    it("refuses a running lock, and an account without one", async () => {
      const { staking, pool, alice, bob, run } = await loadFixture(lockedFixture);
      const until = (await nextTime()) + DAY;
      await run("lock", [until], { user: alice, pool });
      await networkHelpers.time.setNextBlockTimestamp(until - 1n);
      await expect(run("kick", [alice.address], { user: bob, pool }))
        .to.be.revertedWithCustomError(staking, "StakingLocked")
        .withArgs(until);
      await expect(run("kick", [bob.address], { user: alice, pool })).to.be.revertedWithCustomError(
        staking,
        "StakingZeroAmount",
      );
    });

    it("happens by whatever touches the account", async () => {
      const { staking, pool, id, alice, bob, run } = await loadFixture(lockedFixture);
      const until = (await nextTime()) + DAY;
      await run("lock", [until], { user: alice, pool });
      await networkHelpers.time.setNextBlockTimestamp(until);
      await run("stake", [0n, alice.address], { user: bob, pool, amount0: 1n });
      expect((await staking.totalsOf(id)).weight).to.equal(2n * STAKED + 1n);
      const again = (await nextTime()) + DAY;
      await run("lock", [again], { user: alice, pool });
      await networkHelpers.time.setNextBlockTimestamp(again);
      await run("lock", [again + 1n], { user: alice, pool });
      expect((await staking.positionOf(id, alice)).lockEnd).to.equal(again + 1n);
    });
  });
});
