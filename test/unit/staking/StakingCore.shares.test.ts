import { expect } from "chai";
import { ethers, KIND, networkHelpers, sectionOf, settle, WAD } from "../../helpers/ledger-fixture.js";
import { createPool, DAY, fundFor, stakeKeyOf, stakingFixture } from "../../helpers/staking-fixture.js";

const AMOUNT = 1000n * WAD;
const REWARDS = 10n ** 12n;

async function fixtureOf() {
  const fixture = await stakingFixture();
  const { carol, pool: plain } = fixture;
  const pool = { ...plain, cooldown: DAY, slasher: carol.address, maxSlash: WAD / 2n };
  return { ...fixture, pool, ...(await createPool(fixture, pool)) };
}

describe("StakingCore", () => {
  describe("shares", () => {
    it("stay in a pool with a slasher when anybody adds rewards", async () => {
      const fixture = await networkHelpers.loadFixture(fixtureOf);
      const { staking, stakeId, pool, alice, bob, carol, stake, addRewards, run } = fixture;
      await stake(AMOUNT, { user: alice, pool });
      await fundFor(fixture, { amount: REWARDS, duration: 9n * DAY });
      expect((await staking.totalsOf(stakeId)).shares).to.equal(1000n * AMOUNT);
      await addRewards(REWARDS, { user: carol, pool });
      expect((await staking.totalsOf(stakeId)).shares).to.equal(1000n * AMOUNT);
      // A new staker's shares are worth what he brings.
      await stake(AMOUNT, { user: bob, pool });
      await run("requestUnstake", [ethers.MaxUint256, ethers.ZeroAddress], { user: bob, pool });
      expect((await staking.requestOf(stakeId, 1n)).assets).to.equal(AMOUNT);
    });

    it("are not told of a section in a pool without a slasher, where nobody counts them", async () => {
      const fixture = await networkHelpers.loadFixture(stakingFixture);
      const { ledger, settlement, staking, stakeId, pool, ids, alice, bob } = fixture;
      for (const user of [alice, bob]) await ledger.connect(user).setConsent(ids.token0, 1n);
      const book = { protocol: await staking.getAddress(), key: stakeKeyOf(pool) };
      const section = sectionOf({ ...book, asset0: pool.stakeAsset, asset1: pool.reward0 });
      const orders = [alice, bob].map((account) => ({ account, kind: KIND.asset0, amount: AMOUNT }));
      const { executed, skipped, response } = await settle({ settlement, section, orders });
      expect([executed, skipped]).to.deep.equal([true, [0n]]);
      await expect(response)
        .to.emit(staking, "PoolSettled")
        .withArgs(stakeId, 2n * AMOUNT, 0n);
    });
  });
});
