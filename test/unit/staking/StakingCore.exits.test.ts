import { expect } from "chai";
import { ethers, loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { createPool, DAY, stakeCall, stakingActions } from "../../helpers/staking-fixture.js";
import { gained, pass, STAKED, stakePoolsFixture } from "../../helpers/staking-pools.js";

const MAX = ethers.MaxUint256;
const NOBODY = ethers.ZeroAddress;
const selectorOf = (action: "unstake" | "requestUnstake") => stakingActions.getFunction(action).selector;

/** Alice has stake in every pool. */
async function stakedFixture() {
  const fixture = await stakePoolsFixture();
  const { alice, plain, slashed, cooled } = fixture;
  for (const pool of [plain, slashed, cooled]) await fixture.stake(100n * WAD, { user: alice, pool });
  return fixture;
}

describe("StakingCore", () => {
  describe("stake", () => {
    it("refuses too few shares, none, and more than there can be", async () => {
      const fixture = await loadFixture(stakedFixture);
      const { ledger, staking, slashed: pool, plain, token0, alice, bob, carol, run, stake } = fixture;
      await expect(run("stake", [5001n, NOBODY], { user: bob, pool, amount0: 5n }))
        .to.be.revertedWithCustomError(staking, "StakingBelowMinimumShares")
        .withArgs(5000n, 5001n);
      const amount = 2n ** 96n;
      await token0.mint(carol, amount);
      await ledger.connect(carol).deposit(token0, amount, amount, carol);
      const most = amount - 1n;
      await expect(stake(amount, { user: carol }))
        .to.be.revertedWithCustomError(staking, "StakingAmountTooLarge")
        .withArgs(amount, most);
      await stake(most - 100n * WAD, { user: carol, pool: plain });
      await expect(stake(1n, { user: alice })).to.be.revertedWithCustomError(staking, "StakingAmountTooLarge");
    });

    it("counts what is in the exit queue towards what there can be, of units and of shares", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { ledger, staking, token0, cooled, slashed, alice, bob, stake, requestUnstake } = fixture;
      const most = 2n ** 96n - 1n;
      // A share of the one pool is a unit, of the other a thousandth of one.
      for (const [pool, amount] of [[cooled, 2n ** 95n] as const, [slashed, 2n ** 86n] as const]) {
        for (const user of [alice, bob]) {
          await token0.mint(user, amount);
          await ledger.connect(user).deposit(token0, amount, amount, user);
        }
        await stake(amount, { user: alice, pool });
        await requestUnstake(MAX, { user: alice, pool });
        await expect(stake(amount, { user: bob, pool }))
          .to.be.revertedWithCustomError(staking, "StakingAmountTooLarge")
          .withArgs(amount, most);
        await stake(amount / 64n, { user: bob, pool });
      }
    });

    it("credits another account, and shares of a thousandth of a unit with a slasher", async () => {
      const { staking, slashed: pool, created, alice, bob, run } = await loadFixture(stakedFixture);
      const id = created.slashed.stakeId;
      await expect(run("stake", [7000n, bob.address], { user: alice, pool, amount0: 7n }))
        .to.emit(staking, "Staked")
        .withArgs(id, bob.address, 7n, 7000n);
      const position = await staking.positionOf(id, bob);
      expect([position.shares, position.extra, position.lockEnd]).to.deep.equal([7000n, 0n, 0n]);
      const totals = await staking.totalsOf(id);
      expect([totals.shares, totals.weight]).to.deep.equal([10n ** 23n + 7000n, 10n ** 23n + 7000n]);
      expect(totals.updatedAt).to.equal(BigInt(await networkHelpers.time.latest()));
    });

    it("gives no share for less than one costs", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { ledger, staking, ids, alice, bob } = fixture;
      const pool = { ...fixture.slashed, cooldown: 1n };
      await createPool(fixture, pool);
      await ledger.connect(alice).setConsent(ids.token0, 1n);
      // Two units for 2,000 shares, of which 1,999 are worth one; the other stays, and a share costs a five-hundredth.
      await fixture.stake(2n, { user: alice, pool });
      await fixture.requestUnstake(1999n, { user: alice, pool });
      await fixture.claimUnstaked(1n, { user: alice, pool });
      await expect(fixture.run("stake", [501n, NOBODY], { user: bob, pool, amount0: 1n }))
        .to.be.revertedWithCustomError(staking, "StakingBelowMinimumShares")
        .withArgs(500n, 501n);
    });
  });

  describe("unstake", () => {
    it("refuses, in the order of its checks", async () => {
      const { staking, plain, slashed, alice, bob, run, unstake } = await loadFixture(stakedFixture);
      await expect(run("unstake", [1n, alice.address], { user: bob }))
        .to.be.revertedWithCustomError(staking, "StakingNotOperator")
        .withArgs(bob.address, alice.address);
      await expect(unstake(1n, { user: alice, pool: slashed }))
        .to.be.revertedWithCustomError(staking, "StakingWrongExit")
        .withArgs(selectorOf("unstake"));
      for (const shares of [100n * WAD + 1n, MAX - 1n]) {
        await expect(unstake(shares, { user: alice, pool: plain }))
          .to.be.revertedWithCustomError(staking, "StakingInsufficientShares")
          .withArgs(shares, 100n * WAD);
      }
      for (const [user, shares] of [[alice, 0n] as const, [bob, MAX] as const]) {
        await expect(unstake(shares, { user })).to.be.revertedWithCustomError(staking, "StakingZeroAmount");
      }
    });

    it("pays the receiver, for the owner and for his operator", async () => {
      const fixture = await loadFixture(stakedFixture);
      const { ledger, staking, stakeId, ids, alice, bob, carol, run } = fixture;
      await ledger.connect(alice).setOperator(bob, true);
      const send = async () => {
        await expect(run("unstake", [40n * WAD, alice.address], { user: bob, to: carol.address }))
          .to.emit(staking, "Unstaked")
          .withArgs(stakeId, alice.address, 40n * WAD);
      };
      expect(await gained(fixture, { user: carol, id: ids.token0, send })).to.equal(40n * WAD);
      const all = () => fixture.unstake(MAX, { user: alice });
      expect(await gained(fixture, { user: alice, id: ids.token0, send: all })).to.equal(60n * WAD);
      const totals = await staking.totalsOf(stakeId);
      expect([totals.weight, totals.shares]).to.deep.equal([0n, 0n]);
    });
  });

  describe("requestUnstake", () => {
    it("refuses, in the order of its checks", async () => {
      const { staking, plain, slashed, alice, bob, run, requestUnstake } = await loadFixture(stakedFixture);
      await expect(run("requestUnstake", [1n, alice.address], { user: bob, pool: slashed }))
        .to.be.revertedWithCustomError(staking, "StakingNotOperator")
        .withArgs(bob.address, alice.address);
      await expect(requestUnstake(1n, { user: alice, pool: plain }))
        .to.be.revertedWithCustomError(staking, "StakingWrongExit")
        .withArgs(selectorOf("requestUnstake"));
      const shares = 10n ** 23n;
      for (const many of [shares + 1n, 2n ** 96n, MAX - 1n]) {
        await expect(requestUnstake(many, { user: alice, pool: slashed }))
          .to.be.revertedWithCustomError(staking, "StakingInsufficientShares")
          .withArgs(many, shares);
      }
      for (const few of [0n, 999n]) {
        await expect(requestUnstake(few, { user: alice, pool: slashed })).to.be.revertedWithCustomError(
          staking,
          "StakingZeroAmount",
        );
      }
    });

    it("takes shares out of the weight and leaves them in the pool", async () => {
      const fixture = await loadFixture(stakedFixture);
      const { staking, slashed: pool, created, alice, requestUnstake } = fixture;
      const id = created.slashed.stakeId;
      const time = BigInt(await networkHelpers.time.latest()) + 5n;
      await networkHelpers.time.setNextBlockTimestamp(time);
      await expect(requestUnstake(5000n, { user: alice, pool }))
        .to.emit(staking, "UnstakeRequested")
        .withArgs(id, alice.address, 1n, 5000n, 5n, time + DAY);
      const totals = await staking.totalsOf(id);
      expect([totals.weight, totals.shares]).to.deep.equal([10n ** 23n - 5000n, 10n ** 23n]);
      expect([...(await staking.requestOf(id, 1n))]).to.deep.equal([alice.address, 5000n, 0n, 5n, time + DAY]);
      expect([...(await staking.queueOf(id))]).to.deep.equal([5000n, 0n, 1n, 0n]);
    });
  });

  describe("finalise and claimUnstaked", () => {
    /** Alice has requested twice, and Bob once between. */
    async function requestedFixture() {
      const fixture = await stakedFixture();
      const { alice, bob, slashed: pool, requestUnstake, stake } = fixture;
      await stake(STAKED, { user: bob, pool });
      await requestUnstake(5000n, { user: alice, pool });
      await requestUnstake(7000n, { user: bob, pool });
      await requestUnstake(9000n, { user: alice, pool });
      return fixture;
    }

    it("refuse what is unknown, another's, not ready, or final", async () => {
      const fixture = await loadFixture(requestedFixture);
      const { staking, slashed: pool, created, alice, bob, run, claimUnstaked } = fixture;
      for (const requestId of [0n, 4n, MAX]) {
        await expect(run("finalise", [requestId], { user: bob, pool }))
          .to.be.revertedWithCustomError(staking, "StakingUnknownRequest")
          .withArgs(NOBODY, requestId);
        await expect(claimUnstaked(requestId, { user: bob, pool }))
          .to.be.revertedWithCustomError(staking, "StakingUnknownRequest")
          .withArgs(bob.address, requestId);
      }
      await expect(claimUnstaked(1n, { user: bob, pool }))
        .to.be.revertedWithCustomError(staking, "StakingUnknownRequest")
        .withArgs(bob.address, 1n);
      const { readyAt } = await staking.requestOf(created.slashed.stakeId, 2n);
      await networkHelpers.time.setNextBlockTimestamp(readyAt - 1n);
      await expect(claimUnstaked(2n, { user: bob, pool }))
        .to.be.revertedWithCustomError(staking, "StakingNotReady")
        .withArgs(2n, readyAt);
      await networkHelpers.time.setNextBlockTimestamp(readyAt);
      await run("finalise", [2n], { user: bob, pool });
      const third = (await staking.requestOf(created.slashed.stakeId, 3n)).readyAt;
      await pass(third - readyAt);
      for (const requestId of [1n, 2n]) {
        await expect(run("finalise", [requestId], { user: alice, pool }))
          .to.be.revertedWithCustomError(staking, "StakingAlreadyFinal")
          .withArgs(requestId);
      }
    });

    it("set aside for the line up to the request, and pay it", async () => {
      const fixture = await loadFixture(requestedFixture);
      const { staking, slashed: pool, created, ids, alice, bob, run, claimUnstaked } = fixture;
      const id = created.slashed.stakeId;
      await pass(DAY);
      await expect(run("finalise", [2n], { user: bob, pool }))
        .to.emit(staking, "UnstakeFinalised")
        .withArgs(id, 12_000n, 12n);
      expect([...(await staking.queueOf(id))]).to.deep.equal([21_000n, 12n, 3n, 1n]);
      expect([...(await staking.checkpointOf(id, 0n))]).to.deep.equal([12_000n, 12n]);
      const last = () => claimUnstaked(3n, { user: alice, pool });
      expect(await gained(fixture, { user: alice, id: ids.token0, send: last })).to.equal(9n);
      const first = async () => {
        await expect(claimUnstaked(1n, { user: alice, pool }))
          .to.emit(staking, "UnstakeClaimed")
          .withArgs(id, alice.address, 1n, 5n);
      };
      expect(await gained(fixture, { user: alice, id: ids.token0, send: first })).to.equal(5n);
      expect((await staking.requestOf(id, 1n)).owner).to.equal(NOBODY);
      expect((await staking.queueOf(id)).owed).to.equal(7n);
      const rest = () => claimUnstaked(2n, { user: bob, pool });
      expect(await gained(fixture, { user: bob, id: ids.token0, send: rest })).to.equal(7n);
    });

    it("pay one to one in a pool without a slasher", async () => {
      const fixture = await loadFixture(stakedFixture);
      const { cooled: pool, ids, alice, requestUnstake, claimUnstaked } = fixture;
      await requestUnstake(MAX, { user: alice, pool });
      await pass(DAY);
      const send = () => claimUnstaked(1n, { user: alice, pool });
      expect(await gained(fixture, { user: alice, id: ids.token0, send })).to.equal(100n * WAD);
    });
  });

  describe("slash", () => {
    it("refuses others, nothing, and more than the period allows", async () => {
      const { ledger, staking, plain, slashed: pool, alice, carol, run } = await loadFixture(stakedFixture);
      await expect(run("slash", [1n], { user: alice, pool }))
        .to.be.revertedWithCustomError(staking, "StakingNotSlasher")
        .withArgs(alice.address, carol.address);
      await expect(run("slash", [1n], { user: carol, pool: plain }))
        .to.be.revertedWithCustomError(staking, "StakingNotSlasher")
        .withArgs(carol.address, NOBODY);
      // Nor may nobody, who calls in simulations alone, slash where there is no slasher.
      const call = await stakeCall(staking, plain, { action: "slash", args: [1n] });
      await expect(ledger.connect(ethers.provider).call.staticCall(call, { from: NOBODY }))
        .to.be.revertedWithCustomError(staking, "StakingNotSlasher")
        .withArgs(NOBODY, NOBODY);
      await expect(run("slash", [0n], { user: carol, pool })).to.be.revertedWithCustomError(
        staking,
        "StakingZeroAmount",
      );
      await expect(run("slash", [50n * WAD + 1n], { user: carol, pool }))
        .to.be.revertedWithCustomError(staking, "StakingSlashTooLarge")
        .withArgs(50n * WAD + 1n, 50n * WAD);
      await run("slash", [30n * WAD], { user: carol, pool });
      await expect(run("slash", [20n * WAD + 1n], { user: carol, pool }))
        .to.be.revertedWithCustomError(staking, "StakingSlashTooLarge")
        .withArgs(20n * WAD + 1n, 20n * WAD);
      await pass(7n * DAY);
      await run("slash", [35n * WAD], { user: carol, pool });
    });

    it("pays the receiver, counts the period, and makes shares cheaper", async () => {
      const fixture = await loadFixture(stakedFixture);
      const { staking, slashed: pool, created, ids, alice, bob, carol, run, stake } = fixture;
      const id = created.slashed.stakeId;
      const send = async () => {
        await expect(run("slash", [50n * WAD], { user: carol, pool, to: bob.address }))
          .to.emit(staking, "Slashed")
          .withArgs(id, carol.address, 50n * WAD);
      };
      expect(await gained(fixture, { user: bob, id: ids.token0, send })).to.equal(50n * WAD);
      const { taken, base, since } = await staking.slashingOf(id);
      expect([taken, base, since]).to.deep.equal([
        ...[50n * WAD, 100n * WAD],
        BigInt(await networkHelpers.time.latest()),
      ]);
      await stake(WAD, { user: bob, pool });
      expect((await staking.positionOf(id, bob)).shares).to.equal((WAD * (10n ** 23n + 1000n)) / (50n * WAD + 1n));
      expect((await staking.positionOf(id, alice)).shares).to.equal(10n ** 23n);
    });

    it("stops at the floor of a share", async () => {
      const fixture = await loadFixture(stakePoolsFixture);
      const { staking, slashed: pool, alice, carol, stake, run } = fixture;
      await stake(2048n, { user: alice, pool });
      const left: bigint[] = [];
      for (let stakeLeft = 2048n; stakeLeft > 3n;) {
        const most = stakeLeft / 2n < stakeLeft - 3n ? stakeLeft / 2n : stakeLeft - 3n;
        await expect(run("slash", [most + 1n], { user: carol, pool }))
          .to.be.revertedWithCustomError(staking, "StakingSlashTooLarge")
          .withArgs(most + 1n, most);
        await run("slash", [most], { user: carol, pool });
        stakeLeft -= most;
        left.push(stakeLeft);
        await pass(7n * DAY);
      }
      expect(left.at(-1)).to.equal(3n); // 2,048,000 shares
      await expect(run("slash", [1n], { user: carol, pool }))
        .to.be.revertedWithCustomError(staking, "StakingSlashTooLarge")
        .withArgs(1n, 0n);
    });
  });
});
