import { expect } from "chai";
import { isInstrumented } from "#chain";
import {
  DESTINATION,
  ethers,
  idOf,
  loadFixture,
  networkHelpers,
  SOURCE,
  stateOf,
  WAD,
} from "../../helpers/ledger-fixture.js";
import { createPool, DAY, fundFor, stakeCall, stakeIdOf, type StakePool } from "../../helpers/staking-fixture.js";
import {
  gained,
  pass,
  REWARD,
  settleStake,
  shared,
  STAKE_KIND,
  STAKED,
  stakePoolsFixture,
  WEEK,
  type StakePoolsFixture,
} from "../../helpers/staking-pools.js";

const MAX = ethers.MaxUint256;

/** What all of them can claim now of the plain pool's stream, by claiming it; nothing stays changed. */
async function claimable(fixture: StakePoolsFixture, users: readonly StakePoolsFixture["alice"][]): Promise<bigint[]> {
  const snapshot = await networkHelpers.takeSnapshot();
  const time = BigInt(await networkHelpers.time.latest()) + 1n;
  const sums: bigint[] = [];
  for (const user of users) {
    await networkHelpers.time.setNextBlockTimestamp(time);
    const send = () => fixture.claim({ user }).catch(() => undefined);
    sums.push(await gained(fixture, { user, id: fixture.ids.token1, send }));
    await snapshot.restore();
  }
  return sums;
}

/** Mines all that `send` sends in one block. */
async function inOneBlock(send: () => Promise<unknown>): Promise<void> {
  await ethers.provider.send("evm_setAutomine", [false]);
  try {
    await send();
  } finally {
    await ethers.provider.send("evm_mine", []);
    await ethers.provider.send("evm_setAutomine", [true]);
  }
}

describe("attacks", () => {
  it("stake that travels through fresh accounts earns nothing twice (Popsicle, Equilibria: STK_09)", async () => {
    const fixture = await loadFixture(stakePoolsFixture);
    const { ledger, receiptId, alice, bob, run } = fixture;
    const end = await shared(fixture);
    await run("mintReceipts", [STAKED], { user: alice });
    await pass(DAY);
    const fresh = (await ethers.getSigners()).slice(5, 13);
    const all = [alice, bob, ...fresh];
    let holder = alice;
    for (const next of fresh) {
      await ledger.connect(holder).transfer(next, receiptId, STAKED);
      holder = next;
    }
    await networkHelpers.time.increaseTo(end);
    const sums = await claimable(fixture, all);
    const sum = sums.reduce((a, b) => a + b, 0n);
    expect(sum).to.be.lessThanOrEqual(REWARD);
    expect(sum).to.be.greaterThanOrEqual(REWARD - BigInt(all.length));
    expect(sums[1]).to.equal(REWARD / 2n - 1n);
  });

  it("a transfer to oneself changes nothing (Idols: STK_09)", async () => {
    const fixture = await loadFixture(stakePoolsFixture);
    const { ledger, staking, receiptId, alice, run } = fixture;
    await shared(fixture);
    await run("mintReceipts", [STAKED], { user: alice });
    await pass(DAY);
    const before = await stateOf([staking, ledger]);
    for (let i = 0; i < 3; i++) await ledger.connect(alice).transfer(alice, receiptId, STAKED);
    expect(await stateOf([staking, ledger])).to.deep.equal(before);
  });

  it("what is staked, funded and unstaked in one transaction earns nothing (SinstakeZombie: STK_11)", async () => {
    const fixture = await loadFixture(stakePoolsFixture);
    const { ledger, staking, plain: pool, carol, ids, claim } = fixture;
    await shared(fixture);
    const end = BigInt(await networkHelpers.time.latest()) + 2n * WEEK;
    const steps = [
      { action: "stake", args: [0n, carol.address], amount0: 100n * STAKED },
      { action: "fund", args: [end], amount1: 10n ** 9n * REWARD },
      { action: "unstake", args: [MAX, carol.address] },
    ];
    const protocol = await staking.getAddress();
    const calls = await Promise.all(
      steps.map(async (step) =>
        ledger.interface.encodeFunctionData("call", [await stakeCall(staking, pool, { ...step, protocol })]),
      ),
    );
    const before = await ledger.balanceOf(carol, ids.token0);
    await ledger.connect(carol).multicall(calls);
    expect(await ledger.balanceOf(carol, ids.token0)).to.equal(before);
    await expect(claim({ user: carol })).to.be.revertedWithCustomError(staking, "StakingZeroAmount");
  });

  it("rewards are claimed once, also twice in one transaction or section", async () => {
    const fixture = await loadFixture(stakePoolsFixture);
    const { ledger, staking, plain: pool, alice, bob, claim } = fixture;
    const end = await shared(fixture);
    await networkHelpers.time.increaseTo(end);
    const data = ledger.interface.encodeFunctionData("call", [
      await stakeCall(staking, pool, {
        ...{ action: "claim", args: [alice.address], protocol: await staking.getAddress() },
      }),
    ]);
    await expect(ledger.connect(alice).multicall([data, data])).to.be.revertedWithCustomError(
      staking,
      "StakingZeroAmount",
    );
    await claim({ user: alice });
    await expect(claim({ user: alice })).to.be.revertedWithCustomError(staking, "StakingZeroAmount");
    await ledger.connect(bob).setConsent(fixture.ids.token0, 1n);
    const order = { account: bob, kind: STAKE_KIND.claim, amount: 0n };
    const send = async () => {
      const orders = [order, { ...order, sequence: 1n }];
      const { skipped } = await settleStake(fixture, { pool, orders });
      expect(skipped).to.deep.equal([2n]);
    };
    expect(await gained(fixture, { user: bob, id: fixture.ids.token1, send })).to.equal(REWARD / 2n - 1n);
  });

  it("a funding cannot be sandwiched (Kwenta, Tokemak: STK_11)", async () => {
    const fixture = await loadFixture(stakePoolsFixture);
    const { ledger, staking, ids, alice, bob, carol, stake, fund, unstake, claim } = fixture;
    await stake(STAKED, { user: alice });
    const end = BigInt(await networkHelpers.time.latest()) + WEEK;
    const before = await ledger.balanceOf(bob, ids.token0);
    await inOneBlock(async () => {
      await stake(STAKED, { user: bob });
      await fund(REWARD, end, { user: carol });
      await unstake(STAKED, { user: bob });
    });
    expect(await ledger.balanceOf(bob, ids.token0)).to.equal(before);
    expect((await staking.streamOf(fixture.stakeId, 0n)).funded).to.equal(REWARD);
    await pass(DAY);
    await expect(claim({ user: bob })).to.be.revertedWithCustomError(staking, "StakingZeroAmount");
  });

  it("looking at a pool in every block takes nothing of a reward of six decimals (STK_12)", async function () {
    this.timeout(300_000);
    const fixture = await loadFixture(stakePoolsFixture);
    const { plain, ids, alice, carol, token0, ledger, staking, run } = fixture;
    const pool: StakePool = { ...plain, reward0: ids.usdc };
    await run("createPool", [pool], { user: alice, pool });
    const whole = 10n ** 24n;
    await token0.mint(carol, whole);
    await ledger.connect(carol).deposit(token0, whole, whole, carol);
    await fixture.stake(whole, { user: carol, pool });
    const pokes = 240n;
    const end = await fundFor(fixture, { amount: REWARD, duration: 30n * DAY, pool });
    const start = end - 30n * DAY;
    for (let i = 1n; i <= pokes; i++) {
      await networkHelpers.time.setNextBlockTimestamp(start + 12n * i);
      const { executed } = await settleStake({ staking, settlement: fixture.settlement }, { pool, orders: [] });
      expect(executed).to.equal(true);
    }
    await networkHelpers.time.setNextBlockTimestamp(start + 12n * pokes + 12n);
    const send = () => fixture.claim({ user: carol, pool });
    const flowed = (REWARD * 12n * (pokes + 1n)) / (30n * DAY);
    const paid = await gained(fixture, { user: carol, id: ids.usdc, send });
    expect(paid).to.be.greaterThanOrEqual(flowed - 1n);
    expect(paid).to.be.lessThanOrEqual(flowed);
  });

  it("an exit does not run from a slash: what is queued is slashed too (STK_08)", async () => {
    const fixture = await loadFixture(stakePoolsFixture);
    const { slashed: pool, ids, alice, bob, carol, stake, requestUnstake, claimUnstaked, run } = fixture;
    await stake(STAKED, { user: alice, pool });
    await stake(STAKED, { user: bob, pool });
    await inOneBlock(async () => {
      await requestUnstake(MAX, { user: alice, pool });
      await run("slash", [STAKED], { user: carol, pool });
    });
    await pass(DAY);
    const send = () => claimUnstaked(1n, { user: alice, pool });
    expect(await gained(fixture, { user: alice, id: ids.token0, send })).to.equal(STAKED / 2n);
    await requestUnstake(MAX, { user: bob, pool });
    await pass(DAY);
    const rest = () => claimUnstaked(2n, { user: bob, pool });
    expect(await gained(fixture, { user: bob, id: ids.token0, send: rest })).to.equal(STAKED / 2n);
  });

  it("locked stake does not leave by any way, and leaves when the lock is over (STK_13)", async () => {
    const fixture = await loadFixture(stakePoolsFixture);
    const { ledger, staking, locked: pool, ids, alice, bob, stake, unstake, run } = fixture;
    await stake(STAKED, { user: alice, pool });
    const until = BigInt(await networkHelpers.time.latest()) + 30n * DAY;
    await run("lock", [until], { user: alice, pool });
    for (const shares of [1n, STAKED, MAX]) {
      await expect(unstake(shares, { user: alice, pool }))
        .to.be.revertedWithCustomError(staking, "StakingLocked")
        .withArgs(until);
    }
    await expect(run("mintReceipts", [1n], { user: alice, pool })).to.be.revertedWithCustomError(
      staking,
      "StakingInsufficientShares",
    );
    await expect(run("allowPledge", [bob.address, 1n], { user: alice, pool })).to.be.revertedWithCustomError(
      staking,
      "StakingNotOffered",
    );
    await expect(run("burnReceipts", [1n], { user: alice, pool }))
      .to.be.revertedWithCustomError(staking, "StakingInsufficientShares")
      .withArgs(1n, 0n); // there are none
    await ledger.connect(alice).setConsent(ids.token0, 1n);
    const order = { account: alice, kind: STAKE_KIND.unstake, amount: 0n, arguments: STAKED };
    expect((await settleStake(fixture, { pool, orders: [order] })).skipped).to.deep.equal([1n]);
    await networkHelpers.time.setNextBlockTimestamp(until);
    await unstake(MAX, { user: alice, pool });
    expect((await staking.totalsOf(fixture.created.locked.stakeId)).weight).to.equal(0n);
  });

  it("a kick takes off the boost, all of it and nothing else (STK_01)", async () => {
    const fixture = await loadFixture(stakePoolsFixture);
    const { staking, locked: pool, created, alice, bob, stake, run } = fixture;
    await stake(STAKED, { user: alice, pool });
    await stake(STAKED, { user: bob, pool });
    const until = BigInt(await networkHelpers.time.latest()) + 1n + 73n * DAY; // a fifth of the longest lock
    await networkHelpers.time.setNextBlockTimestamp(until - 73n * DAY);
    await run("lock", [until], { user: alice, pool });
    const boost = (2n * STAKED) / 5n;
    expect((await staking.totalsOf(created.locked.stakeId)).weight).to.equal(2n * STAKED + boost);
    await expect(run("kick", [alice.address], { user: bob, pool }))
      .to.be.revertedWithCustomError(staking, "StakingLocked")
      .withArgs(until);
    await networkHelpers.time.setNextBlockTimestamp(until);
    await run("kick", [alice.address], { user: bob, pool });
    const [totals, position] = [
      await staking.totalsOf(created.locked.stakeId),
      await staking.positionOf(created.locked.stakeId, alice),
    ];
    expect(totals.weight).to.equal(2n * STAKED);
    expect([position.shares, position.extra, position.lockEnd]).to.deep.equal([STAKED, 0n, 0n]);
    await expect(run("kick", [alice.address], { user: bob, pool })).to.be.revertedWithCustomError(
      staking,
      "StakingZeroAmount",
    );
  });

  it("stake leaves when no reward can be paid (STK_13)", async () => {
    const fixture = await loadFixture(stakePoolsFixture);
    const { ledger, plain, token0, alice, carol, stake, unstake, claim } = fixture;
    const token = await ethers.deployContract("BlocklistToken", ["Blocked", "BLK", 6]);
    await token.mint(carol, REWARD);
    await token.connect(carol).approve(ledger, MAX);
    await ledger.connect(carol).deposit(token, REWARD, REWARD, carol);
    const pool: StakePool = { ...plain, reward0: await idOf(token), reward1: fixture.ids.usdc };
    await createPool(fixture, pool);
    await stake(STAKED, { user: alice, pool });
    await fundFor(fixture, { amount: REWARD, duration: WEEK, pool });
    await pass(DAY);
    await token.setBlocked(ledger, true);
    await expect(claim({ user: alice, pool, destination: DESTINATION.wallet })).to.be.revertedWithCustomError(
      token,
      "MockAccountBlocked",
    );
    const before = await token0.balanceOf(alice);
    await unstake(MAX, { user: alice, pool, destination: DESTINATION.wallet });
    expect((await token0.balanceOf(alice)) - before).to.equal(STAKED);
    await claim({ user: alice, pool }); // within the ledger
  });

  it("a large exit does not hold a small one (STK_06)", async () => {
    const fixture = await loadFixture(stakePoolsFixture);
    const { slashed: pool, ids, alice, bob, stake, requestUnstake, claimUnstaked } = fixture;
    await stake(STAKED, { user: alice, pool });
    await stake(5n, { user: bob, pool });
    await requestUnstake(MAX, { user: alice, pool });
    const asked = BigInt(await networkHelpers.time.latest()) + 1n;
    await networkHelpers.time.setNextBlockTimestamp(asked);
    await requestUnstake(MAX, { user: bob, pool });
    await networkHelpers.time.setNextBlockTimestamp(asked + DAY);
    // Nobody has claimed or finalised the large one.
    const send = () => claimUnstaked(2n, { user: bob, pool });
    expect(await gained(fixture, { user: bob, id: ids.token0, send })).to.equal(5n);
    const rest = () => claimUnstaked(1n, { user: alice, pool });
    expect(await gained(fixture, { user: alice, id: ids.token0, send: rest })).to.equal(STAKED);
  });

  it("a request is paid once, also twice in one section (XLootStaking: STK_06)", async () => {
    const fixture = await loadFixture(stakePoolsFixture);
    const { ledger, staking, slashed: pool, ids, alice, bob, stake, requestUnstake, claimUnstaked } = fixture;
    await stake(STAKED, { user: alice, pool });
    await stake(STAKED, { user: bob, pool });
    await requestUnstake(STAKED, { user: alice, pool }); // a thousandth of it
    await pass(DAY);
    await ledger.connect(alice).setConsent(ids.token0, 1n);
    const order = { account: alice, kind: STAKE_KIND.claimUnstaked, amount: 0n, arguments: 1n };
    const send = async () => {
      const orders = [order, { ...order, sequence: 1n }];
      expect((await settleStake(fixture, { pool, orders })).skipped).to.deep.equal([2n]);
    };
    expect(await gained(fixture, { user: alice, id: ids.token0, send })).to.equal(WAD);
    await expect(claimUnstaked(1n, { user: alice, pool }))
      .to.be.revertedWithCustomError(staking, "StakingUnknownRequest")
      .withArgs(alice.address, 1n);
  });

  it("a listed core takes no stake that its owner did not allow it (STK_10)", async () => {
    const fixture = await loadFixture(stakePoolsFixture);
    const { ledger, staking, receiptId, alice, bob, run } = fixture;
    await shared(fixture);
    await run("mintReceipts", [STAKED / 2n], { user: alice });
    await ledger.listCore(bob);
    const core = { staking: staking.connect(bob), ledger: ledger.connect(bob) };
    await expect(core.staking.pledge(alice, receiptId, 1n))
      .to.be.revertedWithCustomError(staking, "PledgeeNotApproved")
      .withArgs(receiptId, bob.address);
    for (const send of [
      () => core.staking.release(alice, receiptId, 1n),
      () => core.staking.seize(alice, receiptId, 1n, bob),
    ]) {
      await expect(send())
        .to.be.revertedWithCustomError(staking, "PledgeInsufficient")
        .withArgs(alice.address, receiptId, bob.address, 0n, 1n);
    }
    await expect(core.staking.onLedgerMovement(receiptId, alice, bob, 1n))
      .to.be.revertedWithCustomError(staking, "StakingNotLedger")
      .withArgs(bob.address);
    for (const send of [
      () => core.ledger.forceTransfer(receiptId, alice, bob, 1n),
      () => core.ledger.burn(receiptId, alice, 1n),
      () => core.ledger.mint(receiptId, bob, 1n),
      () => core.ledger.setFrozen(receiptId, alice, true),
    ]) {
      await expect(send()).to.be.revertedWithCustomError(ledger, "LedgerNotIssuer");
    }
    await expect(core.ledger.transferFrom(alice, bob, receiptId, 1n)).to.be.revertedWithCustomError(
      ledger,
      "LedgerInsufficientAllowance",
    );
    for (const [action, args] of [
      ["unstake", [1n, alice.address]],
      ["claim", [alice.address]],
    ] as const) {
      await expect(run(action, args, { user: bob }))
        .to.be.revertedWithCustomError(staking, "StakingNotOperator")
        .withArgs(bob.address, alice.address);
    }
    // Receipts do not go to a listed core.
    await expect(ledger.connect(alice).transfer(bob, receiptId, 1n)).to.be.revertedWithCustomError(
      ledger,
      "LedgerTransferRefused",
    );
  });

  it("a pledgee takes what is allowed, once (STK_10)", async () => {
    const fixture = await loadFixture(stakePoolsFixture);
    const { staking, receiptId, stakeId, alice, bob, run } = fixture;
    await shared(fixture);
    await run("allowPledge", [bob.address, 5n], { user: alice });
    const pledgee = staking.connect(bob);
    await expect(pledgee.pledge(alice, receiptId, 6n)).to.be.revertedWithCustomError(staking, "PledgeeNotApproved");
    await pledgee.pledge(alice, receiptId, 5n);
    await pledgee.release(alice, receiptId, 5n);
    await expect(pledgee.pledge(alice, receiptId, 1n)).to.be.revertedWithCustomError(staking, "PledgeeNotApproved");
    expect((await staking.positionOf(stakeId, alice)).extra).to.equal(0n);
  });

  it("a share made dear by roundings makes no request larger than its counter holds", async function () {
    if (isInstrumented) this.skip(); // each of so many operations would be counted, opcode by opcode
    this.timeout(300_000);
    const fixture = await loadFixture(stakePoolsFixture);
    const { ledger, staking, token0, ids, alice, bob, stake } = fixture;
    const pool: StakePool = { ...fixture.slashed, cooldown: 1n };
    await createPool(fixture, pool);
    await ledger.connect(alice).setConsent(ids.token0, 1n);
    const [rounds, section] = [1200n, 40n];
    await stake(2n * rounds - 1n, { user: alice, pool });
    // Requests of a share less than two units lose one each when they are paid. The last one takes all that is left.
    const sharesOf = (request: bigint) => (request < rounds ? 1999n : 2199n);
    let sequence = 0n;
    for (const kind of [STAKE_KIND.request, STAKE_KIND.claimUnstaked]) {
      for (let done = 0n; done < rounds; done += section) {
        const orders = Array.from({ length: Number(section) }, (_, i) => ({
          ...{ account: alice, kind, amount: 0n, sequence: sequence++ % 256n },
          arguments: kind === STAKE_KIND.request ? sharesOf(done + BigInt(i) + 1n) : done + BigInt(i) + 1n,
        }));
        const { executed, skipped } = await settleStake(fixture, { pool, orders, gasCap: 15_000_000n });
        expect([executed, ...skipped]).to.deep.equal([true, 0n]);
      }
    }
    // A share costs more than a unit: nobody gets one for less, and the pool holds no more units for that.
    await expect(stake(1n, { user: bob, pool })).to.be.revertedWithCustomError(staking, "StakingZeroAmount");
    const amount = 2n ** 96n;
    await token0.mint(bob, amount);
    await expect(stake(amount, { user: bob, pool, source: SOURCE.wallet }))
      .to.be.revertedWithCustomError(staking, "StakingAmountTooLarge")
      .withArgs(amount, amount - 1n);
    await stake(2n, { user: bob, pool });
    expect((await staking.positionOf(await stakeIdOf(staking, pool), bob)).shares).to.equal(1n);
  });
});
