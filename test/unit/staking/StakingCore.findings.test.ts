import { expect } from "chai";
import { ethers, loadFixture, networkHelpers, stateOf, WAD } from "../../helpers/ledger-fixture.js";
import { DAY, HOUR, stakingActions, type StakePool } from "../../helpers/staking-fixture.js";
import { pass, REWARD, shared, STAKED, stakePoolsFixture } from "../../helpers/staking-pools.js";

describe("StakingCore", () => {
  describe("findings", () => {
    it("slashes no larger part of who stays when others left since the period began", async () => {
      const {
        staking,
        slashed: pool,
        alice,
        bob,
        carol,
        stake,
        requestUnstake,
        claimUnstaked,
        run,
      } = await loadFixture(stakePoolsFixture);
      await stake(9n * WAD, { user: alice, pool });
      await stake(WAD, { user: bob, pool });
      await run("slash", [10n], { user: carol, pool });
      await requestUnstake(ethers.MaxUint256, { user: alice, pool });
      await pass(DAY);
      await claimUnstaked(1n, { user: alice, pool });
      // Half of what Bob has, of which the share of the first slash is taken already.
      const left = WAD - 1n;
      const maximum = (left + 10n) / 2n - 10n;
      await expect(run("slash", [maximum + 2n], { user: carol, pool })).to.be.revertedWithCustomError(
        staking,
        "StakingSlashTooLarge",
      );
      await run("slash", [maximum - 1n], { user: carol, pool });
    });

    it("nobody settles others by seizing or transferring nothing", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { ledger, staking, receiptId, alice, bob, carol } = fixture;
      await shared(fixture);
      await pass(DAY);
      for (const receipt of [receiptId, 5n]) {
        await expect(staking.connect(carol).seize(alice, receipt, 0n, bob)).to.be.revertedWithCustomError(
          staking,
          "StakingZeroAmount",
        );
      }
      const before = await stateOf([staking]);
      await ledger.connect(alice).transfer(bob, receiptId, 0n);
      expect(await stateOf([staking])).to.deep.equal(before);
    });

    it("a stream takes an hour at the least, wherever in its step it begins", async () => {
      const { staking, plain, alice, carol, stake, fund, run } = await loadFixture(stakePoolsFixture);
      const pool: StakePool = { ...plain, step: HOUR };
      await run("createPool", [pool], { user: alice, pool });
      await stake(STAKED, { user: alice, pool });
      const latest = BigInt(await networkHelpers.time.latest());
      const boundary = latest - (latest % HOUR) + 2n * HOUR;
      await networkHelpers.time.setNextBlockTimestamp(boundary - 1n);
      await expect(fund(5n, boundary, { user: carol, pool }))
        .to.be.revertedWithCustomError(staking, "StakingInvalidEnd")
        .withArgs(boundary, boundary - 1n + HOUR, boundary - HOUR + 2n ** 28n - 1n);
    });

    it("funding leaves the shares of a pool with a slasher", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { staking, slashed: pool, created, alice, bob, addRewards } = fixture;
      const before = await shared(fixture, pool).then(() => staking.totalsOf(created.slashed.stakeId));
      expect(before.shares).to.equal(2000n * STAKED);
      await addRewards(REWARD, { user: bob, pool });
      expect((await staking.totalsOf(created.slashed.stakeId)).shares).to.equal(2000n * STAKED);
      await fixture.requestUnstake(ethers.MaxUint256, { user: alice, pool });
      expect((await staking.requestOf(created.slashed.stakeId, 1n)).assets).to.equal(STAKED);
    });

    it("names the action that a pool with locks does not offer", async () => {
      const { staking, locked: pool, alice, bob, run } = await loadFixture(stakePoolsFixture);
      await expect(run("allowPledge", [bob.address, 5n], { user: alice, pool }))
        .to.be.revertedWithCustomError(staking, "StakingNotOffered")
        .withArgs(stakingActions.getFunction("allowPledge").selector);
    });
  });
});
