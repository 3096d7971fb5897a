import { expect } from "chai";
import { loadFixture, networkHelpers, sectionOf, settle, stateOf, WAD } from "../../helpers/ledger-fixture.js";
import { DAY, fundFor, stakeIdOf } from "../../helpers/staking-fixture.js";
import {
  gained,
  pass,
  REWARD,
  settleStake,
  STAKE_KIND,
  STAKED,
  stakePoolsFixture,
  WEEK,
} from "../../helpers/staking-pools.js";

/** Alice and Bob let the settlement act on what they stake. */
async function sectionsFixture() {
  const fixture = await stakePoolsFixture();
  const { ledger, ids, alice, bob } = fixture;
  for (const user of [alice, bob]) await ledger.connect(user).setConsent(ids.token0, 1n);
  return fixture;
}

describe("StakingCore", () => {
  describe("sections", () => {
    it("stake, unstake and claim in order, each for its signer", async () => {
      const fixture = await loadFixture(sectionsFixture);
      const { staking, plain: pool, stakeId, ids, alice, bob } = fixture;
      const stakes = [alice, bob].map((account) => ({ account, kind: STAKE_KIND.stake, amount: STAKED / 2n }));
      const { response } = await settleStake(fixture, { pool, orders: stakes });
      await expect(response).to.emit(staking, "PoolSettled").withArgs(stakeId, STAKED, 0n);
      const end = await fundFor(fixture, { amount: REWARD, duration: WEEK });
      await networkHelpers.time.setNextBlockTimestamp(end);
      const send = async () => {
        const orders = [
          { account: alice, sequence: 1n, kind: STAKE_KIND.claim, amount: 0n },
          { account: alice, sequence: 2n, kind: STAKE_KIND.unstake, amount: 0n, arguments: STAKED / 2n },
          { account: bob, sequence: 1n, kind: STAKE_KIND.unstake, amount: 0n, arguments: STAKED },
        ];
        expect((await settleStake(fixture, { pool, orders })).skipped).to.deep.equal([4n]);
      };
      expect(await gained(fixture, { user: alice, id: ids.token1, send })).to.equal(REWARD / 2n - 1n);
      const totals = await staking.totalsOf(stakeId);
      expect([totals.weight, totals.shares]).to.deep.equal([STAKED / 2n, 0n]); // a share is a unit
    });

    it("give back what is staked for too few shares, and skip exits below their limit or of the other kind", async () => {
      const fixture = await loadFixture(sectionsFixture);
      const { plain: pool, cooled, ids, alice } = fixture;
      const send = async () => {
        const orders = [
          { account: alice, kind: STAKE_KIND.stake, amount: 9n, arguments: 10n },
          { account: alice, sequence: 1n, kind: STAKE_KIND.stake, amount: 9n, arguments: 9n },
          { account: alice, sequence: 2n, kind: STAKE_KIND.unstake, amount: 0n, arguments: 10n },
          { account: alice, sequence: 3n, kind: STAKE_KIND.request, amount: 0n, arguments: 5n },
          { account: alice, sequence: 4n, kind: STAKE_KIND.claimUnstaked, amount: 0n, arguments: 1n },
          { account: alice, sequence: 5n, kind: 35n, amount: 0n, arguments: 5n },
          { account: alice, sequence: 6n, kind: STAKE_KIND.unstake, amount: 0n, arguments: 5n },
        ];
        expect((await settleStake(fixture, { pool, orders })).skipped).to.deep.equal([0b0111101n]);
      };
      expect(await gained(fixture, { user: alice, id: ids.token0, send })).to.equal(-4n);
      await fixture.stake(WAD, { user: alice, pool: cooled });
      const order = { account: alice, sequence: 7n, kind: STAKE_KIND.unstake, amount: 0n, arguments: 5n };
      expect((await settleStake(fixture, { pool: cooled, orders: [order] })).skipped).to.deep.equal([1n]);
    });

    it("queue exits and pay them, finalising what is ready", async () => {
      const fixture = await loadFixture(sectionsFixture);
      const { staking, slashed: pool, created, ids, alice, bob } = fixture;
      for (const user of [alice, bob]) await fixture.stake(STAKED, { user, pool });
      const requests = [alice, bob].map((account) => ({
        ...{ account, kind: STAKE_KIND.request, amount: 0n, arguments: 5000n },
      }));
      const { response } = await settleStake(fixture, { pool, orders: requests });
      const readyAt = BigInt(await networkHelpers.time.latest()) + DAY;
      await expect(response)
        .to.emit(staking, "UnstakeRequested")
        .withArgs(created.slashed.stakeId, bob.address, 2n, 5000n, 5n, readyAt);
      const payments = [
        { account: alice, sequence: 1n, kind: STAKE_KIND.claimUnstaked, amount: 0n, arguments: 2n },
        { account: bob, sequence: 1n, kind: STAKE_KIND.claimUnstaked, amount: 0n, arguments: 2n },
      ];
      const early = payments.map((order) => ({ ...order, sequence: 1n }));
      expect((await settleStake(fixture, { pool, orders: early })).skipped).to.deep.equal([3n]);
      await pass(DAY);
      const send = async () => {
        const orders = payments.map((order) => ({ ...order, sequence: 2n }));
        expect((await settleStake(fixture, { pool, orders })).skipped).to.deep.equal([1n]);
      };
      expect(await gained(fixture, { user: bob, id: ids.token0, send })).to.equal(5n);
      expect((await staking.queueOf(created.slashed.stakeId)).owed).to.equal(5n);
    });

    it("claim the second stream on its own book, and do nothing else there", async () => {
      const fixture = await loadFixture(sectionsFixture);
      const { staking, settlement, double: pool, ids, alice } = fixture;
      await fixture.stake(STAKED, { user: alice, pool });
      const end = await fundFor(fixture, { amount: REWARD, duration: WEEK, pool, stream: 1 });
      await networkHelpers.time.setNextBlockTimestamp(end);
      const key = await stakeIdOf(staking, pool);
      const section = sectionOf({ protocol: staking, key, asset0: ids.token0, asset1: ids.usdc });
      const send = async () => {
        const orders = [
          { account: alice, kind: STAKE_KIND.claim, amount: 0n },
          { account: alice, sequence: 1n, kind: STAKE_KIND.unstake, amount: 0n, arguments: 5n },
          { account: alice, sequence: 2n, kind: STAKE_KIND.stake, amount: 5n },
          { account: alice, sequence: 3n, kind: STAKE_KIND.claim, amount: 0n },
        ];
        expect((await settle({ settlement, section, orders })).skipped).to.deep.equal([0b1110n]);
      };
      expect(await gained(fixture, { user: alice, id: ids.usdc, send })).to.equal(REWARD - 1n);
    });

    it("do nothing on the second stream's book without operations", async () => {
      const fixture = await loadFixture(sectionsFixture);
      const { ledger, staking, settlement, double: pool, ids, alice } = fixture;
      await fixture.stake(STAKED, { user: alice, pool });
      await fundFor(fixture, { amount: REWARD, duration: WEEK, pool, stream: 1 });
      const key = await stakeIdOf(staking, pool);
      const section = sectionOf({ protocol: staking, key, asset0: ids.token0, asset1: ids.usdc });
      const before = await stateOf([staking, ledger]);
      const { executed, skipped } = await settle({ settlement, section, orders: [] });
      expect([executed, skipped]).to.deep.equal([true, []]);
      expect(await stateOf([staking, ledger])).to.deep.equal(before);
    });
  });
});
