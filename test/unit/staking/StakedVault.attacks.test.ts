import { expect } from "chai";
import { ethers, idOf, loadFixture, networkHelpers, NEVER, WAD } from "../../helpers/ledger-fixture.js";
import { createPool, fundFor } from "../../helpers/staking-fixture.js";
import {
  DAY,
  deployStakedVault,
  DRIP,
  earningVaultFixture,
  queuedVaultFixture,
  slash,
  STAKE,
  stakedVaultFixture,
  TERMS,
  waitFor,
} from "../../helpers/staked-vault-fixture.js";

const GAS = { gasLimit: 5_000_000n };

/** A vault on a pool of a token that calls back, which pays it too, with stake of Alice's in it. */
async function callbackFixture() {
  const fixture = await stakedVaultFixture();
  const { alice, carol, plain, ledger } = fixture;
  const token = await ethers.deployContract("CallbackToken", ["Callback", "CBK", 18]);
  const stakeAsset = await idOf(token);
  const { stakeId } = await createPool(fixture, { ...plain, stakeAsset });
  const vault = await deployStakedVault(fixture, stakeId, token);
  for (const user of [alice, carol]) {
    await token.mint(user, 1000n * WAD);
    await token.connect(user).approve(vault, ethers.MaxUint256);
    await token.connect(user).approve(ledger, ethers.MaxUint256);
  }
  await vault.connect(alice).deposit(STAKE, alice);
  await fundFor(fixture, { amount: 700n * WAD, duration: 7n * DAY, pool: { ...plain, stakeAsset } });
  await waitFor(DAY);
  await vault.harvest();
  return { ...fixture, token, vault };
}

type CallbackFixture = Awaited<ReturnType<typeof callbackFixture>>;

const FLOWS: Readonly<Record<string, (fixture: CallbackFixture) => Promise<unknown>>> = {
  deposit: ({ vault, alice }) => vault.connect(alice).deposit(WAD, alice, GAS),
  withdrawal: ({ vault, alice }) => vault.connect(alice).withdraw(WAD, alice, alice, GAS),
  sale: ({ vault, carol }) => vault.connect(carol).buyRewards(0n, 1n, TERMS.firstPrice, NEVER, carol, GAS),
};

describe("StakedVault", () => {
  describe("in a callback of its token", () => {
    for (const [name, run] of Object.entries(FLOWS)) {
      for (const isBefore of [true, false]) {
        it(`is locked, and worth the same: ${name}, ${isBefore ? "before" : "after"} the transfer`, async () => {
          const fixture = await loadFixture(callbackFixture);
          const { vault, token, alice } = fixture;
          const snapshot = await networkHelpers.takeSnapshot();
          for (const transfers of [1, 2]) {
            await snapshot.restore();
            const price = await vault.convertToAssets(10n ** 30n);
            const question = vault.interface.encodeFunctionData("convertToAssets", [10n ** 30n]);
            await token.configure(vault, question, isBefore, true, transfers);
            await run(fixture);
            expect(await token.calls()).to.be.greaterThan(0n);
            expect(BigInt(await token.lastReturnData()), `price in transfer ${String(transfers)}`).to.equal(price);
          }
          for (const data of [
            vault.interface.encodeFunctionData("deposit", [1n, alice.address]),
            vault.interface.encodeFunctionData("mint", [1n, alice.address]),
            vault.interface.encodeFunctionData("withdraw", [0n, alice.address, alice.address]),
            vault.interface.encodeFunctionData("redeem", [0n, alice.address, alice.address]),
            vault.interface.encodeFunctionData("requestRedeem", [0n, alice.address, alice.address]),
            vault.interface.encodeFunctionData("harvest"),
            vault.interface.encodeFunctionData("buyRewards", [0n, 0n, NEVER, NEVER, alice.address]),
          ]) {
            await snapshot.restore();
            await token.configure(vault, data, isBefore, false, 1);
            await run(fixture);
            expect(await token.lastSuccess()).to.equal(false);
            const { name: error } = vault.interface.parseError(await token.lastReturnData()) ?? {};
            expect(error).to.equal("ReentrancyGuardReentrantCall");
          }
        });
      }
    }
  });

  it("pays nothing to who comes just before a harvest and leaves just after it (STV_06)", async () => {
    const { compounding: vault, carol, token } = await loadFixture(earningVaultFixture);
    await waitFor(7n * DAY);
    const before = await token.balanceOf(carol);
    await vault.connect(carol).deposit(100_000n * WAD, carol);
    await vault.harvest();
    await vault.connect(carol).redeem(await vault.balanceOf(carol), carol, carol);
    const gain = (await token.balanceOf(carol)) - before;
    // A second or two of a week's drip.
    expect(gain).to.be.at.most((75n * WAD * 3n) / DRIP);
  });

  it("sells nothing for little that was not for sale, and nothing for nothing (STV_09)", async () => {
    const { compounding: vault, carol, stranger } = await loadFixture(earningVaultFixture);
    // No time runs before there is something.
    await waitFor(20n * DAY);
    await vault.harvest();
    await expect(vault.connect(stranger).buyRewards(1n, 1n, 0n, NEVER, stranger)).to.be.revertedWithCustomError(
      vault,
      "StakedVaultPriceTooHigh",
    );
    expect((await vault.previewBuy(1n))[1]).to.be.greaterThan((99n * TERMS.firstPrice) / 100n);
    // Nor does what comes near the end of an epoch go with dust for its price.
    await vault.connect(carol).buyRewards(1n, 1n, TERMS.firstPrice, NEVER, carol);
    await vault.harvest();
    const { startedAt, startPrice } = await vault.auctionOf(1n);
    await networkHelpers.time.setNextBlockTimestamp(startedAt + DAY - 1n);
    await vault.connect(stranger).harvest();
    expect((await vault.previewBuy(1n))[1]).to.be.greaterThan((99n * startPrice) / 100n);
    // Nor is anything to be had for nothing when nobody wanted it for an epoch.
    await waitFor(DAY);
    expect((await vault.previewBuy(1n))[1]).to.be.greaterThan(0n);
  });

  it("sells while the pool is full, and stakes the payment when there is room (STV_09)", async () => {
    const fixture = await loadFixture(earningVaultFixture);
    const { compounding: vault, carol, stranger, token, usdc, run, ownPool: pool } = fixture;
    await waitFor(7n * DAY);
    const room = (await vault.maxDeposit(stranger)) - 1n;
    await token.mint(stranger, room);
    await token.connect(stranger).approve(fixture.ledger, ethers.MaxUint256);
    await fixture.ledger.connect(stranger).deposit(token, room, room, stranger);
    await run("stake", [0n, ethers.ZeroAddress], { user: stranger, pool, amount0: room });
    await vault.harvest();
    const [lot] = await vault.previewBuy(1n);
    expect(lot).to.be.greaterThan(0n);
    const [before] = await vault.stakeOf();
    await vault.connect(carol).buyRewards(1n, lot, TERMS.firstPrice, NEVER, carol);
    expect(await usdc.balanceOf(carol)).to.equal(lot);
    expect((await vault.stakeOf())[0]).to.equal(before);
    const waiting = await vault.waiting();
    expect(waiting).to.be.greaterThan((99n * TERMS.firstPrice) / 100n);
    // All of it waits, with what is in the ledger of it.
    expect(await fixture.ledger.balanceOf(vault, fixture.ids.token0)).to.equal(waiting);
    // Others leave, and the next harvest stakes all of it.
    await run("unstake", [ethers.MaxUint256, ethers.ZeroAddress], { user: stranger, pool });
    await vault.harvest();
    expect(await vault.waiting()).to.equal(0n);
    expect((await vault.stakeOf())[0] - before).to.be.at.least(waiting);
  });

  it("lets nobody escape a slash by a request, and pays all queued exits alike", async () => {
    const fixture = await loadFixture(queuedVaultFixture);
    const { queued, alice, bob } = fixture;
    await queued.connect(alice).requestRedeem(await queued.balanceOf(alice), alice, alice);
    const bobs = await queued.convertToAssets(await queued.balanceOf(bob));
    await slash(fixture, 60n * WAD);
    await waitFor(DAY);
    const paid = await queued.maxWithdraw(alice);
    const left = await queued.convertToAssets(await queued.balanceOf(bob));
    expect(paid).to.be.closeTo((STAKE * 4n) / 5n, 2n);
    expect(left).to.be.closeTo((bobs * 4n) / 5n, 2n);
    await queued.connect(alice).redeem(await queued.maxRedeem(alice), alice, alice);
  });

  it("has a slash take the same part of what drips", async () => {
    const fixture = await loadFixture(queuedVaultFixture);
    const { queued, carol, slashedPool: pool } = fixture;
    await fundFor(fixture, { amount: 7n * WAD, duration: 7n * DAY, pool });
    await waitFor(7n * DAY);
    await queued.harvest();
    await queued.connect(carol).buyRewards(0n, 1n, TERMS.firstPrice, NEVER, carol);
    const [stake, dripping] = await queued.stakeOf();
    const total = await queued.totalAssets();
    await slash(fixture, 80n * WAD);
    expect((await queued.stakeOf())[0]).to.equal(stake);
    expect(dripping).to.be.closeTo(100n * WAD * 1000n, WAD * 1000n);
    expect(await queued.totalAssets()).to.be.closeTo((total * 4n) / 5n, WAD / 100n);
    await waitFor(DRIP);
    expect(await queued.totalAssets()).to.be.closeTo(320n * WAD, WAD / 10n);
  });

  it("is moved by no gift, and its first depositor takes nothing of the next (STV_07)", async () => {
    const { vault, ledger, staking, token, alice, bob, ids, stake, stakeId } = await loadFixture(stakedVaultFixture);
    await vault.connect(bob).deposit(1n, bob);
    const price = await vault.convertToAssets(10n ** 30n);
    await token.connect(bob).transfer(vault, 50n * WAD);
    await ledger.connect(bob).transfer(vault, ids.token0, 50n * WAD);
    await stake(50n * WAD, { user: bob, data: stakeFor(await vault.getAddress()) });
    expect((await staking.positionOf(stakeId, vault)).shares).to.equal(50n * WAD + 1n);
    expect(await vault.convertToAssets(10n ** 30n)).to.equal(price);
    await vault.connect(alice).deposit(10n * WAD, alice);
    expect(await vault.maxWithdraw(alice)).to.equal(10n * WAD);
  });

  it("costs the next depositor little when somebody leaves profit to nobody", async () => {
    const { compounding: vault, alice, bob, carol } = await loadFixture(earningVaultFixture);
    await waitFor(7n * DAY);
    await vault.harvest();
    await waitFor(DRIP);
    for (const user of [alice, bob]) await vault.connect(user).redeem(await vault.balanceOf(user), user, user);
    await vault.harvest();
    await waitFor(DRIP);
    expect(await vault.totalAssets()).to.be.greaterThan(0n);
    await vault.connect(carol).deposit(STAKE, carol);
    const worth = await vault.maxWithdraw(carol);
    expect(worth).to.be.at.most(STAKE);
    expect(worth).to.be.at.least(STAKE - STAKE / 10n ** 6n);
  });

  it("pays exits when no stream can pay", async () => {
    const fixture = await loadFixture(stakedVaultFixture);
    const { alice, plain, carol, ledger } = fixture;
    const reward = await ethers.deployContract("MockERC20", ["Reward", "RWD", 18]);
    const terms = { ...plain, reward0: await idOf(reward) };
    const { stakeId } = await createPool(fixture, terms);
    const vault = await deployStakedVault(fixture, stakeId, fixture.token0);
    await fixture.token0.connect(alice).approve(vault, ethers.MaxUint256);
    await vault.connect(alice).deposit(STAKE, alice);
    // The vault's ledger balance of the reward is full: a claim does not fit.
    const full = 2n ** 112n - 1n - 7n * WAD;
    await reward.mint(carol, 2n ** 112n);
    await reward.connect(carol).approve(ledger, ethers.MaxUint256);
    await ledger.connect(carol).deposit(reward, 7n * WAD, 0n, carol);
    await fundFor(fixture, { amount: 7n * WAD, duration: DAY, pool: terms });
    await ledger.connect(carol).deposit(reward, full, 0n, vault);
    await waitFor(DAY);
    await vault.harvest();
    await vault.connect(alice).redeem(await vault.balanceOf(alice), alice, alice);
    expect(await vault.totalSupply()).to.equal(0n);
  });
});

function stakeFor(account: string): string {
  const abi = new ethers.Interface(["function stake(uint256 minShares, address account)"]);
  return abi.encodeFunctionData("stake", [0n, account]);
}
