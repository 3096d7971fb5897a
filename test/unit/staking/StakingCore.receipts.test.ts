import { expect } from "chai";
import { ethers, impersonate, loadFixture, networkHelpers, stateOf, WAD } from "../../helpers/ledger-fixture.js";
import { createPool, DAY, fundFor, stakingActions } from "../../helpers/staking-fixture.js";
import { gained, pass, shared, STAKED, stakePoolsFixture, WEEK } from "../../helpers/staking-pools.js";

const NOBODY = ethers.ZeroAddress;

/** Alice and Bob have staked in the plain pool, whose stream runs. */
async function receiptsFixture() {
  const fixture = await stakePoolsFixture();
  const end = await shared(fixture);
  return { ...fixture, end };
}

describe("StakingCore", () => {
  describe("mintReceipts", () => {
    it("refuses nothing, more than is free, another receiver, and a receipt that is not issued", async () => {
      const fixture = await loadFixture(receiptsFixture);
      const { ledger, staking, cooled, receiptId, alice, bob, run } = fixture;
      await expect(run("mintReceipts", [0n], { user: alice })).to.be.revertedWithCustomError(
        staking,
        "StakingZeroAmount",
      );
      await run("mintReceipts", [4n * WAD], { user: alice });
      const free = STAKED - 4n * WAD;
      await expect(run("mintReceipts", [free + 1n], { user: alice }))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientShares")
        .withArgs(free + 1n, free);
      await expect(run("mintReceipts", [5n], { user: alice, to: bob.address }))
        .to.be.revertedWithCustomError(ledger, "LedgerTransferRefused")
        .withArgs(receiptId, NOBODY, bob.address, 5n);
      await fixture.stake(5n, { user: alice, pool: cooled });
      await expect(run("mintReceipts", [5n], { user: alice, pool: cooled })).to.be.revertedWithCustomError(
        ledger,
        "LedgerNotIssuer",
      );
    });

    it("makes shares that are free a balance, and leaves all else", async () => {
      const { ledger, staking, stakeId, receiptId, alice, run } = await loadFixture(receiptsFixture);
      const totals = await staking.totalsOf(stakeId);
      await expect(run("mintReceipts", [STAKED], { user: alice }))
        .to.emit(staking, "ReceiptsMinted")
        .withArgs(stakeId, alice.address, STAKED);
      expect(await ledger.balanceOf(alice, receiptId)).to.equal(STAKED);
      expect(await staking.assetSupply(stakeId)).to.equal(STAKED);
      const position = await staking.positionOf(stakeId, alice);
      expect([position.shares, position.extra]).to.deep.equal([STAKED, STAKED]);
      expect([...(await staking.totalsOf(stakeId))]).to.deep.equal([...totals]);
      expect(await staking.pledgedTotal(alice, receiptId)).to.equal(0n);
    });

    it("does not let anybody mint for who minted before him in one transaction", async () => {
      const { staking, ledger, receiptId, alice } = await loadFixture(receiptsFixture);
      // Outside of a mint nobody may be minted to, and a burn asks nobody.
      expect(await staking.canTransfer(receiptId, NOBODY, alice, 1n)).to.equal(false);
      expect(await staking.canTransfer(receiptId, alice, NOBODY, 1n)).to.equal(true);
      expect(await staking.canTransfer(receiptId, alice, alice, 1n)).to.equal(true);
      expect(await staking.canTransfer(receiptId, alice, await staking.getAddress(), 1n)).to.equal(false);
      expect(await ledger.isCore(staking)).to.equal(true);
    });

    it("answers who lends on them: nobody moves a pledge but by a seizure, and every market may take them", async () => {
      const { staking, receiptId, alice, bob } = await loadFixture(receiptsFixture);
      expect(await staking.mayBorrow(alice, receiptId, bob)).to.equal(true);
      expect(await staking.isMarketApproved(receiptId, ethers.ZeroHash)).to.equal(true);
      expect(await staking.pledgeHolderOf(alice, receiptId, bob)).to.equal(alice.address);
    });
  });

  describe("burnReceipts", () => {
    it("refuses nothing, more than there is, and what was transferred or pledged", async () => {
      const { ledger, staking, receiptId, alice, bob, run } = await loadFixture(receiptsFixture);
      await expect(run("burnReceipts", [0n], { user: alice })).to.be.revertedWithCustomError(
        staking,
        "StakingZeroAmount",
      );
      await expect(run("burnReceipts", [1n], { user: alice }))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientShares")
        .withArgs(1n, 0n);
      await run("mintReceipts", [9n], { user: alice });
      await run("allowPledge", [bob.address, 5n], { user: alice });
      await staking.connect(bob).pledge(alice, receiptId, 5n);
      await ledger.connect(alice).transfer(bob, receiptId, 4n);
      await expect(run("burnReceipts", [10n], { user: alice }))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientShares")
        .withArgs(10n, 9n);
      await expect(run("burnReceipts", [6n], { user: alice }))
        .to.be.revertedWithCustomError(ledger, "LedgerInsufficientBalance")
        .withArgs(alice.address, receiptId, 5n, 6n);
      await expect(run("burnReceipts", [5n], { user: bob }))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientShares")
        .withArgs(5n, 4n);
    });

    it("frees the shares of who holds them", async () => {
      const { ledger, staking, stakeId, receiptId, alice, bob, run, unstake } = await loadFixture(receiptsFixture);
      await run("mintReceipts", [STAKED], { user: alice });
      await ledger.connect(alice).transfer(bob, receiptId, STAKED);
      await expect(unstake(1n, { user: alice })).to.be.revertedWithCustomError(staking, "StakingInsufficientShares");
      await expect(run("burnReceipts", [STAKED], { user: bob }))
        .to.emit(staking, "ReceiptsBurnt")
        .withArgs(stakeId, bob.address, STAKED);
      expect(await staking.assetSupply(stakeId)).to.equal(0n);
      expect(await ledger.balanceOf(bob, receiptId)).to.equal(0n);
      await unstake(2n * STAKED, { user: bob });
    });
  });

  describe("transfer of receipts", () => {
    it("takes shares and rewards to come along, and leaves what was counted", async () => {
      const fixture = await loadFixture(receiptsFixture);
      const { ledger, staking, stakeId, receiptId, ids, end, alice, carol, run, claim } = fixture;
      await run("mintReceipts", [STAKED], { user: alice });
      await networkHelpers.time.setNextBlockTimestamp(end - WEEK / 2n);
      await ledger.connect(alice).transfer(carol, receiptId, STAKED / 2n);
      const [from, to] = [await staking.positionOf(stakeId, alice), await staking.positionOf(stakeId, carol)];
      expect([from.shares, from.extra]).to.deep.equal([STAKED / 2n, STAKED / 2n]);
      expect([to.shares, to.extra]).to.deep.equal([STAKED / 2n, STAKED / 2n]);
      await networkHelpers.time.increaseTo(end);
      const first = await gained(fixture, { user: alice, id: ids.token1, send: () => claim({ user: alice }) });
      const second = await gained(fixture, { user: carol, id: ids.token1, send: () => claim({ user: carol }) });
      expect(first).to.equal(3_750_000_000n - 1n);
      expect(second).to.be.closeTo(1_250_000_000n, 1n);
      expect(first + second).to.be.lessThanOrEqual(5_000_000_000n);
    });

    it("of nothing changes nothing, though no notice comes of it", async () => {
      const fixture = await loadFixture(receiptsFixture);
      const { ledger, staking, receiptId, alice, bob, run } = fixture;
      await run("mintReceipts", [STAKED], { user: alice });
      await pass(DAY);
      const asLedger = staking.connect(await impersonate(ledger));
      const before = await stateOf([staking]);
      await ledger.connect(alice).transfer(bob, receiptId, 0n);
      await asLedger.onLedgerMovement(receiptId, alice, bob, 0n);
      expect(await stateOf([staking])).to.deep.equal(before);
    });

    it("needs less gas than a notice gets, with two streams and two fresh accounts", async () => {
      const fixture = await loadFixture(receiptsFixture);
      const { ledger, staking, double: pool, created, alice, carol, run, stake } = fixture;
      const { stakeId, receiptId } = created.double;
      await staking.issueReceipt(stakeId);
      await stake(STAKED, { user: alice, pool });
      for (const stream of [0, 1] as const)
        await fundFor(fixture, { amount: 10n ** 10n, duration: WEEK, pool, stream });
      await run("mintReceipts", [STAKED], { user: alice, pool });
      await pass(3600n);
      const response = await ledger.connect(alice).transfer(carol, receiptId, STAKED);
      const receipt = await response.wait();
      expect(receipt?.gasUsed).to.be.lessThan(200_000n);
      expect((await staking.positionOf(stakeId, carol)).shares).to.equal(STAKED);
    });
  });

  describe("pledges", () => {
    it("refuse locks, too much, and who is not allowed or has too little", async () => {
      const fixture = await loadFixture(receiptsFixture);
      const { staking, locked, stakeId, receiptId, alice, bob, run } = fixture;
      await expect(run("allowPledge", [bob.address, 5n], { user: alice, pool: locked }))
        .to.be.revertedWithCustomError(staking, "StakingNotOffered")
        .withArgs(stakingActions.getFunction("allowPledge").selector);
      const most = 2n ** 96n - 1n;
      await expect(run("allowPledge", [bob.address, most + 1n], { user: alice }))
        .to.be.revertedWithCustomError(staking, "StakingAmountTooLarge")
        .withArgs(most + 1n, most);
      const pledgee = staking.connect(bob);
      await expect(pledgee.pledge(alice, receiptId, 1n))
        .to.be.revertedWithCustomError(staking, "PledgeeNotApproved")
        .withArgs(receiptId, bob.address);
      await expect(run("allowPledge", [bob.address, most], { user: alice }))
        .to.emit(staking, "PledgeAllowed")
        .withArgs(stakeId, alice.address, bob.address, most);
      expect(await staking.pledgeAllowanceOf(stakeId, alice, bob)).to.equal(most);
      await run("mintReceipts", [1n], { user: alice });
      await expect(pledgee.pledge(alice, receiptId, STAKED))
        .to.be.revertedWithCustomError(staking, "PledgeInsufficientUnits")
        .withArgs(alice.address, receiptId, STAKED - 1n, STAKED);
      await pledgee.pledge(alice, receiptId, 5n);
      await expect(pledgee.release(alice, receiptId, 6n))
        .to.be.revertedWithCustomError(staking, "PledgeInsufficient")
        .withArgs(alice.address, receiptId, bob.address, 5n, 6n);
      await expect(pledgee.seize(alice, receiptId, 5n, NOBODY)).to.be.revertedWithCustomError(
        staking,
        "StakingZeroAccount",
      );
      await expect(pledgee.seize(alice, receiptId, 6n, bob)).to.be.revertedWithCustomError(
        staking,
        "PledgeInsufficient",
      );
      for (const send of [
        () => pledgee.pledge(alice, receiptId, 0n),
        () => pledgee.release(alice, receiptId, 0n),
        () => pledgee.seize(alice, receiptId, 0n, bob),
      ]) {
        await expect(send()).to.be.revertedWithCustomError(staking, "StakingZeroAmount");
      }
      expect(await staking.pledgedTotal(alice, 5n)).to.equal(0n);
    });

    it("hold shares on their owner's name, and free them", async () => {
      const fixture = await loadFixture(receiptsFixture);
      const { staking, stakeId, receiptId, alice, bob, carol, run } = fixture;
      await run("allowPledge", [bob.address, 9n], { user: alice });
      const pledgee = staking.connect(bob);
      await expect(pledgee.pledge(alice, receiptId, 9n))
        .to.emit(staking, "Pledged")
        .withArgs(receiptId, alice.address, bob.address, 9n);
      expect(await staking.pledgedOf(alice, receiptId, bob)).to.equal(9n);
      expect(await staking.pledgedTotal(alice, receiptId)).to.equal(9n);
      await expect(pledgee.release(alice, receiptId, 2n))
        .to.emit(staking, "PledgeReleased")
        .withArgs(receiptId, alice.address, bob.address, 2n);
      await expect(pledgee.seize(alice, receiptId, 3n, carol))
        .to.emit(staking, "PledgeSeized")
        .withArgs(receiptId, alice.address, bob.address, carol.address, 3n);
      const [from, to] = [await staking.positionOf(stakeId, alice), await staking.positionOf(stakeId, carol)];
      expect([from.shares, from.extra]).to.deep.equal([STAKED - 3n, 4n]);
      expect([to.shares, to.extra]).to.deep.equal([3n, 0n]);
      await pledgee.seize(alice, receiptId, 4n, alice);
      expect((await staking.positionOf(stakeId, alice)).extra).to.equal(0n);
      await fixture.unstake(ethers.MaxUint256, { user: alice });
    });

    it("are of issued receipts alone", async () => {
      const fixture = await loadFixture(receiptsFixture);
      const { staking, alice, bob, run, stake } = fixture;
      const pool = { ...fixture.cooled, cooldown: 5n };
      const { stakeId, receiptId } = await createPool(fixture, pool);
      await stake(5n, { user: alice, pool });
      await run("allowPledge", [bob.address, 5n], { user: alice, pool });
      await expect(staking.connect(bob).pledge(alice, receiptId, 5n)).to.be.revertedWithCustomError(
        staking,
        "PledgeeNotApproved",
      );
      await staking.issueReceipt(stakeId);
      await staking.connect(bob).pledge(alice, receiptId, 5n);
    });
  });
});
