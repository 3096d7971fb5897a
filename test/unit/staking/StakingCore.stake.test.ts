import { expect } from "chai";
import { networkHelpers } from "../../helpers/ledger-fixture.js";
import { fundFor, stakingFixture } from "../../helpers/staking-fixture.js";

const WEEK = 7n * 24n * 3600n;
const AMOUNT = 10n ** 21n;

describe("StakingCore", () => {
  describe("stake", () => {
    it("shares a stream by weight and time, and pays every unit", async () => {
      const fixture = await networkHelpers.loadFixture(stakingFixture);
      const { ledger, ids, alice, bob, stake, claim, unstake, staking, stakeId } = fixture;
      await stake(AMOUNT, { user: alice });
      const end = await fundFor(fixture, { amount: 10n ** 10n, duration: WEEK });
      await networkHelpers.time.setNextBlockTimestamp(end - WEEK / 2n);
      await stake(AMOUNT, { user: bob });
      await networkHelpers.time.increaseTo(end);
      const before = [await ledger.balanceOf(alice, ids.token1), await ledger.balanceOf(bob, ids.token1)] as const;
      await claim({ user: alice });
      await claim({ user: bob });
      const alices = (await ledger.balanceOf(alice, ids.token1)) - before[0];
      const bobs = (await ledger.balanceOf(bob, ids.token1)) - before[1];
      expect(alices).to.equal(7_500_000_000n - 1n);
      expect(bobs).to.equal(2_500_000_000n - 1n);
      await unstake(AMOUNT, { user: alice });
      await unstake(AMOUNT, { user: bob });
      expect((await staking.totalsOf(stakeId)).weight).to.equal(0n);
    });
  });
});
