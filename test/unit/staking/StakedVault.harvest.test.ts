import { expect } from "chai";
import { ethers, idOf, issuedId, loadFixture, networkHelpers, NEVER, WAD } from "../../helpers/ledger-fixture.js";
import { createPool, fundFor } from "../../helpers/staking-fixture.js";
import {
  atLast,
  DAY,
  decimalsVaultFixture,
  deployStakedVault,
  DRIP,
  earningVaultFixture,
  facadeVaultFixture,
  STAKE,
  stakedVaultFixture,
  TERMS,
  waitFor,
} from "../../helpers/staked-vault-fixture.js";

const setNext = async (time: bigint) => networkHelpers.time.setNextBlockTimestamp(time);
const latest = async () => BigInt(await networkHelpers.time.latest());

describe("StakedVault", () => {
  describe("harvest", () => {
    it("stakes rewards in its asset, which drip evenly", async () => {
      const { compounding: vault, alice, stranger } = await loadFixture(earningVaultFixture);
      await waitFor(7n * DAY);
      const before = await vault.totalAssets();
      expect(before).to.equal(3n * STAKE);
      await expect(vault.connect(stranger).harvest()).to.emit(vault, "Compounded").and.to.emit(vault, "Harvested");
      const [stake, dripping, end] = await vault.stakeOf();
      const profit = stake - before;
      expect(profit).to.be.closeTo(70n * WAD, WAD / 1000n);
      expect(dripping).to.equal(profit);
      const start = await latest();
      expect(end).to.equal(start + DRIP);
      expect(await vault.totalAssets()).to.equal(before);
      await networkHelpers.time.increaseTo(start + DRIP / 2n);
      expect(await vault.totalAssets()).to.equal(before + profit / 2n);
      await networkHelpers.time.increaseTo(end);
      expect(await vault.totalAssets()).to.equal(before + profit);
      expect(await vault.maxWithdraw(alice)).to.be.closeTo((before + profit) / 3n, 10n ** 6n);
    });

    it("has what drips and what comes end together, by weight", async () => {
      const { compounding: vault } = await loadFixture(earningVaultFixture);
      await waitFor(7n * DAY);
      await vault.harvest();
      await waitFor(DAY);
      const time = (await latest()) + 1n;
      await setNext(time);
      const [, , oldEnd] = await vault.stakeOf();
      await vault.harvest();
      const [stake, dripping, end] = await vault.stakeOf();
      const added = stake - 3n * STAKE - ((await vault.totalAssets()) - 3n * STAKE) - dripping;
      expect(added).to.equal(0n);
      expect(end).to.be.greaterThan(oldEnd);
      expect(end).to.be.lessThan(time + DRIP);
    });

    it("does not hold up the drip by little that comes often", async () => {
      const { compounding: vault } = await loadFixture(earningVaultFixture);
      await waitFor(7n * DAY);
      await vault.harvest();
      const [, , end] = await vault.stakeOf();
      for (let i = 0; i < 30; i++) await vault.harvest();
      const [, , later] = await vault.stakeOf();
      // 30 seconds of rewards, a 20,160th of what drips, for at most seven days.
      expect(later - end).to.be.at.most(40n);
    });

    it("is nothing when there is nothing, and of a stream that cannot pay", async () => {
      const { vault, compounding } = await loadFixture(stakedVaultFixture);
      for (const each of [vault, compounding]) {
        await expect(each.harvest()).not.to.emit(each, "Harvested");
        expect(await each.harvest.staticCall()).to.deep.equal([0n, 0n]);
      }
    });

    it("puts other rewards up for sale, and begins a price with the first of them", async () => {
      const { compounding: vault } = await loadFixture(earningVaultFixture);
      await waitFor(7n * DAY);
      expect(await vault.previewBuy(1n)).to.deep.equal([0n, TERMS.firstPrice]);
      await expect(vault.harvest()).to.emit(vault, "EpochStarted").withArgs(1n, TERMS.firstPrice);
      const [lot, payment] = await vault.previewBuy(1n);
      expect(lot).to.be.closeTo(70_000_000n, 1000n);
      expect(payment).to.equal(TERMS.firstPrice);
      const { startedAt } = await vault.auctionOf(1n);
      const time = startedAt + DAY / 2n;
      await setNext(time);
      await expect(vault.harvest()).not.to.emit(vault, "EpochStarted");
      // What was there for half a day and what has come now have been there for less on the average.
      const after = await vault.auctionOf(1n);
      expect(after.lot).to.be.greaterThan(lot);
      expect(after.startedAt).to.equal(time - ((DAY / 2n) * lot) / after.lot);
      await networkHelpers.time.increaseTo(after.startedAt + DAY - 1n);
      expect((await vault.previewBuy(1n))[1]).to.equal((TERMS.firstPrice + DAY - 1n) / DAY);
      // It never is 0: the epoch begins anew.
      await networkHelpers.time.increaseTo(after.startedAt + DAY);
      expect((await vault.previewBuy(1n))[1]).to.equal(TERMS.firstPrice);
    });
  });

  describe("buyRewards", () => {
    async function forSale() {
      const fixture = await earningVaultFixture();
      await waitFor(7n * DAY);
      await fixture.compounding.harvest();
      await waitFor(DAY / 4n);
      return fixture;
    }

    it("sells all at the price of its second, as its preview says", async () => {
      const { compounding: vault, carol, stranger, usdc, token } = await loadFixture(forSale);
      const [lot, payment] = await atLast(async (options) => {
        const preview = await vault.previewBuy(1n, options);
        const buying = vault.connect(carol).buyRewards;
        expect(await buying.staticCall(1n, preview[0], preview[1], NEVER, stranger, options)).to.deep.equal(preview);
        return preview;
      });
      expect(payment).to.be.closeTo(75n * WAD, WAD / 100n);
      const { startedAt } = await vault.auctionOf(1n);
      const time = startedAt + DAY / 2n;
      await setNext(time);
      const before = { total: await vault.stakeOf(), tokens: await token.balanceOf(carol) };
      await expect(vault.connect(carol).buyRewards(1n, lot, 50n * WAD, time, stranger))
        .to.emit(vault, "RewardsSold")
        .withArgs(1n, carol, stranger, lot, 50n * WAD, 100n * WAD);
      expect(await usdc.balanceOf(stranger)).to.equal(lot);
      expect(before.tokens - (await token.balanceOf(carol))).to.equal(50n * WAD);
      expect((await vault.stakeOf())[0] - before.total[0]).to.equal(50n * WAD);
      expect(await vault.previewBuy(1n)).to.deep.equal([0n, 100n * WAD]);
    });

    it("refuses too little, too dear, too late, and what is not there", async () => {
      const { compounding: vault, carol } = await loadFixture(forSale);
      const [lot] = await vault.previewBuy(1n);
      const buy = vault.connect(carol).buyRewards;
      await expect(buy(1n, lot + 1n, NEVER * WAD, NEVER, carol))
        .to.be.revertedWithCustomError(vault, "StakedVaultLotTooSmall")
        .withArgs(lot, lot + 1n);
      const time = await latest();
      await expect(buy(1n, 0n, WAD, NEVER, carol)).to.be.revertedWithCustomError(vault, "StakedVaultPriceTooHigh");
      await expect(buy(1n, 0n, NEVER * WAD, time, carol))
        .to.be.revertedWithCustomError(vault, "StakedVaultExpired")
        .withArgs(time);
      for (const stream of [0n, 2n])
        await expect(buy(stream, 0n, NEVER * WAD, NEVER, carol))
          .to.be.revertedWithCustomError(vault, "StakedVaultLotTooSmall")
          .withArgs(0n, 0n);
      expect([...(await vault.auctionOf(2n))]).to.deep.equal([0n, 0n, 0n]);
      for (const receiver of [ethers.ZeroAddress, await vault.getAddress()])
        await expect(buy(1n, 0n, NEVER * WAD, NEVER, receiver)).to.be.revertedWithCustomError(
          vault,
          "StakedVaultInvalidReceiver",
        );
    });

    it("begins the next price at what a price can be, at the most", async () => {
      const fixture = await loadFixture(earningVaultFixture);
      const { ownId, token, carol } = fixture;
      const most = 2n ** 96n - 1n;
      const terms = { ...TERMS, firstPrice: most, epoch: 365n * DAY };
      const vault = await deployStakedVault(fixture, ownId, token, { terms });
      await token.mint(carol, STAKE);
      await token.connect(carol).approve(vault, ethers.MaxUint256);
      await vault.connect(carol).deposit(STAKE, carol);
      await waitFor(DAY);
      await vault.harvest();
      await token.mint(carol, most);
      await expect(vault.connect(carol).buyRewards(1n, 1n, most, NEVER, carol)).to.emit(vault, "RewardsSold");
      expect((await vault.auctionOf(1n)).startPrice).to.equal(most);
    });

    it("begins the next price at the minimum after a sale for next to nothing", async () => {
      const { compounding: vault, carol, stranger, usdc } = await loadFixture(forSale);
      const { lot, startedAt } = await vault.auctionOf(1n);
      await setNext(startedAt + DAY - 1n);
      await vault.connect(carol).buyRewards(1n, lot, WAD / 500n, NEVER, stranger);
      expect(await usdc.balanceOf(stranger)).to.equal(lot);
      expect(await vault.previewBuy(1n)).to.deep.equal([0n, TERMS.minimumPrice]);
    });

    it("sells for LP shares too, to the buyer's ledger balance where rewards are issued assets", async () => {
      const fixture = await loadFixture(facadeVaultFixture);
      const { facade, ids, token0, alice, bob, ledger, shareId, plain, staking } = fixture;
      const terms = { ...plain, stakeAsset: ids.token0, reward0: shareId };
      const { stakeId } = await createPool(fixture, terms);
      const vault = await deployStakedVault({ staking }, stakeId, token0);
      await token0.connect(alice).approve(vault, ethers.MaxUint256);
      await token0.connect(bob).approve(vault, ethers.MaxUint256);
      await vault.connect(alice).deposit(STAKE, alice);
      await facade.connect(alice).transfer(fixture.carol, 10n * WAD);
      await fundFor(fixture, { amount: 7n * WAD, duration: 7n * DAY, pool: terms });
      await waitFor(7n * DAY);
      await vault.harvest();
      await vault.connect(bob).buyRewards(0n, 1n, TERMS.firstPrice, NEVER, bob);
      expect(await ledger.balanceOf(bob, shareId)).to.be.closeTo(7n * WAD, 10n);
    });

    it("takes LP shares by their facade as payment", async () => {
      const fixture = await loadFixture(facadeVaultFixture);
      const { vault, alice, ids, shareId, stakeId, plain, token1, staking } = fixture;
      expect(await vault.asset()).to.equal(await fixture.facade.getAddress());
      await vault.connect(alice).deposit(STAKE, alice);
      await fundFor(fixture, { amount: 7n * WAD, duration: 7n * DAY, pool: { ...plain, stakeAsset: shareId } });
      await waitFor(7n * DAY);
      await vault.harvest();
      const before = await token1.balanceOf(alice);
      await vault.connect(alice).buyRewards(0n, 1n, TERMS.firstPrice, NEVER, alice);
      expect((await token1.balanceOf(alice)) - before).to.be.closeTo(7n * WAD, 10n);
      const [stake, dripping] = await vault.stakeOf();
      expect(stake - dripping).to.be.closeTo(STAKE, 0n);
      expect((await staking.positionOf(stakeId, vault)).shares).to.equal(stake);
      expect(ids.token1).to.equal(plain.reward0);
    });
  });

  describe("its constructor", () => {
    it("refuses what is no pool, or of another asset", async () => {
      const { staking, stakeId, token0, token1, vault } = await loadFixture(stakedVaultFixture);
      await expect(deployStakedVault({ staking }, ethers.ZeroHash, token0))
        .to.be.revertedWithCustomError(vault, "StakedVaultUnknownPool")
        .withArgs(ethers.ZeroHash);
      await expect(deployStakedVault({ staking }, stakeId, token1)).to.be.revertedWithCustomError(
        vault,
        "StakedVaultWrongAsset",
      );
    });

    it("refuses LP shares without their facade", async () => {
      const fixture = await loadFixture(facadeVaultFixture);
      const { staking, stakeId, vault, token0, shareId } = fixture;
      await expect(deployStakedVault({ staking }, stakeId, token0))
        .to.be.revertedWithCustomError(vault, "StakedVaultWrongAsset")
        .withArgs(token0, shareId);
      // Nor are they taken by no address as long as they have no facade.
      const bare = await issuedId({ owner: fixture.issuer, salt: ethers.ZeroHash });
      const unfaced = await createPool(fixture, { ...fixture.plain, stakeAsset: bare });
      await expect(deployStakedVault({ staking }, unfaced.stakeId, ethers.ZeroAddress))
        .to.be.revertedWithCustomError(vault, "StakedVaultWrongAsset")
        .withArgs(ethers.ZeroAddress, bare);
    });

    it("takes a token that does not say its decimals for one of 18", async () => {
      const fixture = await loadFixture(stakedVaultFixture);
      const silent = await ethers.deployContract("SilentContract");
      const { stakeId } = await createPool(fixture, { ...fixture.plain, stakeAsset: await idOf(silent) });
      const vault = await deployStakedVault(fixture, stakeId, silent);
      expect(await vault.decimals()).to.equal(24n);
    });

    it("has six decimals more than its token, and 18 at least", async () => {
      const made = async (decimals: number) => (await decimalsVaultFixture(decimals)).vault.decimals();
      for (const [token, share] of [
        [0, 18n],
        [6, 18n],
        [12, 18n],
        [13, 19n],
        [18, 24n],
      ] as const) {
        expect(await made(token)).to.equal(share);
      }
    });

    it("refuses drips and auctions out of bounds", async () => {
      const { staking, stakeId, token0, vault } = await loadFixture(stakedVaultFixture);
      for (const drip of [3599n, 365n * DAY + 1n])
        await expect(deployStakedVault({ staking }, stakeId, token0, { drip }))
          .to.be.revertedWithCustomError(vault, "StakedVaultInvalidDrip")
          .withArgs(drip, 3600n, 365n * DAY);
      const bad = [
        ...[{ minimumPrice: 0n }, { minimumPrice: TERMS.firstPrice + 1n }, { epoch: 3599n }],
        ...[{ epoch: 365n * DAY + 1n }, { multiplier: (11n * WAD) / 10n - 1n }, { multiplier: 3n * WAD + 1n }],
      ];
      for (const change of bad)
        await expect(
          deployStakedVault({ staking }, stakeId, token0, { terms: { ...TERMS, ...change } }),
        ).to.be.revertedWithCustomError(vault, "StakedVaultInvalidAuction");
      const least = { minimumPrice: TERMS.firstPrice, epoch: 3600n, multiplier: (11n * WAD) / 10n };
      for (const terms of [least, { ...TERMS, epoch: 365n * DAY, multiplier: 3n * WAD }]) {
        const made = await deployStakedVault({ staking }, stakeId, token0, { terms: { ...TERMS, ...terms } });
        expect(await made.asset()).to.equal(await token0.getAddress());
      }
    });
  });

  it("lets all shares leave while profit drips, whose rest is whose comes next", async () => {
    const { compounding: vault, alice, bob } = await loadFixture(earningVaultFixture);
    await waitFor(7n * DAY);
    await vault.harvest();
    await waitFor(DAY);
    for (const user of [alice, bob]) await vault.connect(user).redeem(await vault.balanceOf(user), user, user);
    expect(await vault.totalSupply()).to.equal(0n);
    const [stake, dripping] = await vault.stakeOf();
    expect(stake).to.be.greaterThan(50n * WAD);
    expect(stake - dripping).to.be.lessThan(WAD / 1000n);
    await vault.connect(alice).deposit(STAKE, alice);
    await waitFor(DRIP);
    expect(await vault.maxWithdraw(alice)).to.be.greaterThan(STAKE + 50n * WAD);
  });

  it("gives its shares to nobody's address and to its own no more than rewards", async () => {
    const { vault, alice } = await loadFixture(stakedVaultFixture);
    for (const receiver of [ethers.ZeroAddress, await vault.getAddress()])
      for (const enter of ["deposit", "mint"] as const)
        await expect(vault.connect(alice)[enter](STAKE, receiver))
          .to.be.revertedWithCustomError(vault, "StakedVaultInvalidReceiver")
          .withArgs(receiver);
  });

  it("refuses deposits that would give no share", async () => {
    const { compounding: vault, alice, bob } = await loadFixture(earningVaultFixture);
    await waitFor(7n * DAY);
    await vault.harvest();
    for (const user of [alice, bob]) await vault.connect(user).redeem(await vault.balanceOf(user), user, user);
    await waitFor(DRIP);
    // Nobody has shares, but for those that are nobody's: all that dripped is theirs.
    const least = ((await vault.totalAssets()) + 1n + 10n ** 6n - 1n) / 10n ** 6n;
    for (const assets of [1n, least - 1n])
      await expect(vault.connect(alice).deposit(assets, alice))
        .to.be.revertedWithCustomError(vault, "StakedVaultTooSmall")
        .withArgs(assets, 0n);
    await vault.connect(alice).deposit(least, alice);
    expect(await vault.balanceOf(alice)).to.equal(1n);
  });

  it("takes the least of a token without decimals", async () => {
    const fixture = await loadFixture(noDecimalsFixture);
    const { vault, alice, token, plain, ids } = fixture;
    expect(ids.token1).to.equal(plain.reward0);
    // A share of a token without decimals is 10^-18 of a unit: nothing is too small.
    await vault.connect(alice).deposit(1n, alice);
    expect(await token.balanceOf(alice)).to.equal(1_000_000n - 1_001n);
  });
});

async function noDecimalsFixture() {
  return decimalsVaultFixture(0);
}
