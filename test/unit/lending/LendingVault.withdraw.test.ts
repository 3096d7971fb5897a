import { expect } from "chai";
import { ethers, loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import {
  borrow,
  CAPS,
  DAY,
  loseDebt,
  stockedVaultFixture,
  suppliedVaultFixture,
  VIRTUAL,
} from "../../helpers/vault-fixture.js";

const MODE = { reverts: 1n, burnsGas: 2n, answersShort: 3n } as const;

/** All three markets filled, in the order of the queues. */
async function fullFixture() {
  const fixture = await stockedVaultFixture();
  const { vault, alice } = fixture;
  await vault.connect(alice).deposit(CAPS.home + CAPS.external + CAPS.still, alice);
  return fixture;
}

describe("LendingVault", () => {
  describe("withdraw", () => {
    it("reverts above what the owner has", async () => {
      const { vault, alice } = await loadFixture(suppliedVaultFixture);
      expect(await vault.maxWithdraw(alice)).to.equal(50n * WAD);
      await expect(vault.connect(alice).withdraw(50n * WAD + 1n, alice, alice))
        .to.be.revertedWithCustomError(vault, "ERC4626ExceededMaxWithdraw")
        .withArgs(alice, 50n * WAD + 1n, 50n * WAD);
    });

    it("reverts above what the markets can pay, and pays exactly that", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, token, alice, bob, markets } = fixture;
      await borrow(fixture, 30n * WAD);
      const maximum = await vault.maxWithdraw(alice);
      expect(maximum).to.equal(20n * WAD);
      await expect(vault.connect(alice).withdraw(maximum + 1n, alice, alice))
        .to.be.revertedWithCustomError(vault, "ERC4626ExceededMaxWithdraw")
        .withArgs(alice, maximum + 1n, maximum);
      const before = await token.balanceOf(bob);
      await vault.connect(alice).withdraw(maximum, bob, alice);
      expect((await token.balanceOf(bob)) - before).to.equal(maximum);
      expect((await fixture.lens.marketOf(markets.home)).idle).to.equal(0n);
      expect(await vault.maxWithdraw(alice)).to.equal(0n);
    });

    it("reverts for a receiver whose tokens would be nobody's", async () => {
      const { vault, ledger, alice } = await loadFixture(suppliedVaultFixture);
      for (const receiver of [ethers.ZeroAddress, await vault.getAddress()]) {
        await expect(vault.connect(alice).withdraw(WAD, receiver, alice))
          .to.be.revertedWithCustomError(vault, "VaultInvalidReceiver")
          .withArgs(receiver);
      }
      await expect(vault.connect(alice).withdraw(WAD, ledger, alice)).to.be.revertedWithCustomError(
        ledger,
        "LedgerInvalidRecipient",
      );
    });

    it("takes from the withdraw queue in order", async () => {
      const { vault, alice, allocator, marketIds } = await loadFixture(fullFixture);
      await vault.connect(allocator).setWithdrawQueue([marketIds.still, marketIds.home, marketIds.external]);
      await vault.connect(alice).withdraw(CAPS.still + 30n * WAD, alice, alice);
      expect(await vault.assetsIn(marketIds.still)).to.equal(0n);
      expect(await vault.assetsIn(marketIds.home)).to.equal(CAPS.home - 30n * WAD);
      expect(await vault.assetsIn(marketIds.external)).to.equal(CAPS.external);
    });

    it("takes what is idle first", async () => {
      const { vault, ledger, alice, allocator, marketIds, ids } = await loadFixture(fullFixture);
      await vault.connect(allocator).reallocate([{ id: marketIds.external, assets: 180n * WAD }]);
      expect(await vault.idle()).to.equal(20n * WAD);
      await vault.connect(alice).withdraw(15n * WAD, alice, alice);
      expect(await vault.idle()).to.equal(5n * WAD);
      await vault.connect(alice).withdraw(15n * WAD, alice, alice);
      expect(await vault.idle()).to.equal(0n);
      expect(await ledger.balanceOf(vault, ids.token0)).to.equal(0n);
      expect(await vault.assetsIn(marketIds.home)).to.equal(CAPS.home - 10n * WAD);
    });

    it("passes over what a market has lent", async () => {
      const fixture = await loadFixture(fullFixture);
      const { vault, alice, marketIds } = fixture;
      await borrow(fixture, 90n * WAD);
      await vault.connect(alice).withdraw(30n * WAD, alice, alice);
      expect((await vault.assetsIn(marketIds.external)) - CAPS.external).to.equal(-20n * WAD);
    });

    it("pays while oracles and rate models fail", async () => {
      const fixture = await loadFixture(fullFixture);
      const { vault, alice, markets, rateModel, oracle } = fixture;
      await rateModel.setRate(10n ** 9n);
      await borrow(fixture, 50n * WAD, markets.home);
      await oracle.setMode(1n);
      for (const mode of Object.values(MODE)) {
        await rateModel.setMode(mode);
        await networkHelpers.time.increase(DAY);
        await vault.connect(alice).withdraw(200n * WAD, alice, alice, { gasLimit: 5_000_000n });
        await vault.connect(alice).deposit(100n * WAD, alice, { gasLimit: 5_000_000n });
      }
    });
  });

  describe("redeem", () => {
    it("reverts above what the owner has", async () => {
      const { vault, alice } = await loadFixture(suppliedVaultFixture);
      const maximum = 50n * WAD * VIRTUAL;
      expect(await vault.maxRedeem(alice)).to.equal(maximum);
      await expect(vault.connect(alice).redeem(maximum + 1n, alice, alice))
        .to.be.revertedWithCustomError(vault, "ERC4626ExceededMaxRedeem")
        .withArgs(alice, maximum + 1n, maximum);
    });

    it("has the maximum of shares for what the markets can pay", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, alice } = fixture;
      await borrow(fixture, 30n * WAD);
      const maximum = await vault.maxRedeem(alice);
      expect(await vault.previewRedeem(maximum)).to.be.at.most(20n * WAD);
      expect(await vault.previewRedeem(maximum + 1n)).to.be.at.least(20n * WAD);
      await vault.connect(alice).redeem.staticCall(maximum, alice, alice);
    });

    it("leaves nothing when the last one leaves", async () => {
      const { vault, ledger, alice, ids, marketIds, shareIds } = await loadFixture(fullFixture);
      await vault.connect(alice).redeem(await vault.balanceOf(alice), alice, alice);
      expect(await vault.totalSupply()).to.equal(0n);
      expect(await vault.totalAssets()).to.be.at.most(3n);
      expect(await ledger.balanceOf(vault, ids.token0)).to.equal(0n);
      for (const name of ["home", "external", "still"] as const) {
        expect((await vault.marketConfigOf(marketIds[name])).shares).to.equal(
          await ledger.balanceOf(vault, shareIds[name]),
        );
      }
    });
  });

  describe("loss", () => {
    it("is everybody's at once", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, alice, bob, lens, market } = fixture;
      await vault.connect(bob).deposit(50n * WAD, bob);
      await borrow(fixture, 40n * WAD);
      await loseDebt(fixture);
      const { supplyAssets } = await lens.positionOf(market, vault);
      expect(supplyAssets).to.be.within(60n * WAD, 60n * WAD + 10n ** 15n);
      expect(await vault.totalAssets()).to.equal(supplyAssets);
      const worth = await vault.convertToAssets(await vault.balanceOf(alice));
      expect(worth).to.be.within(supplyAssets / 2n - 1n, supplyAssets / 2n);
      expect(await vault.maxWithdraw(alice)).to.equal(worth);
      await vault.connect(alice).redeem(await vault.balanceOf(alice), alice, alice);
      expect(await vault.maxWithdraw(bob)).to.be.within(worth, worth + 2n);
    });

    it("can be total, and the vault go on", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, alice, bob, allocator, marketIds } = fixture;
      await borrow(fixture, 50n * WAD);
      await loseDebt(fixture);
      const left = await vault.totalAssets();
      expect(left).to.be.lessThan(10n ** 5n);
      // The market's shares are worth so little that it has no room for many more.
      expect(await vault.maxDeposit(bob)).to.be.lessThan(10n ** 13n);
      await vault.connect(allocator).setSupplyQueue([marketIds.external]);
      await vault.connect(bob).deposit(10n * WAD, bob);
      expect(await vault.maxWithdraw(bob)).to.be.within(10n * WAD - 10n ** 5n, 10n * WAD);
      expect(await vault.maxWithdraw(alice)).to.be.at.most(left + 1n);
    });

    it("leaves the other markets' assets", async () => {
      const fixture = await loadFixture(fullFixture);
      const { vault, alice } = fixture;
      await borrow(fixture, 100n * WAD);
      await loseDebt(fixture);
      const maximum = await vault.maxWithdraw(alice);
      expect(maximum).to.be.at.least(CAPS.external + CAPS.still);
      await vault.connect(alice).withdraw(maximum, alice, alice);
    });
  });

  describe("donations", () => {
    it("change nothing, of tokens, of ledger balance, of market shares", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, ledger, token, bob, alice, ids, marketId, shareId } = fixture;
      await borrow(fixture, 20n * WAD);
      const { shares } = await vault.marketConfigOf(marketId);
      const supplied = await fixture.lens.positionOf(fixture.market, vault);
      await token.connect(bob).transfer(vault, 5n * WAD);
      await ledger.connect(bob).transfer(vault, ids.token0, 6n * WAD);
      await fixture.supply(7n * WAD, { user: bob, to: await vault.getAddress() });
      expect(await ledger.balanceOf(vault, shareId)).to.be.greaterThan(shares);
      expect((await vault.marketConfigOf(marketId)).shares).to.equal(shares);
      expect(await vault.idle()).to.equal(0n);
      // A few seconds' interest, no more.
      const total = await vault.totalAssets();
      expect(total - supplied.supplyAssets).to.be.within(0n, 10n ** 13n);
      expect(await vault.convertToAssets(await vault.balanceOf(alice))).to.be.within(total - 1n, total + 10n ** 13n);
      await vault.connect(alice).withdraw(20n * WAD, alice, alice);
      expect(await token.balanceOf(vault)).to.equal(5n * WAD);
      expect(await ledger.balanceOf(vault, ids.token0)).to.equal(6n * WAD);
    });
  });
});
