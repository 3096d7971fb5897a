import { expect } from "chai";
import { ethers, loadFixture, MAX_AMOUNT, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { createMarket, NO_INTEREST, YEAR } from "../../helpers/lending-fixture.js";
import {
  borrow,
  CAPS,
  DAY,
  deployVault,
  stockedVaultFixture,
  suppliedVaultFixture,
  TIMELOCK,
  vaultFixture,
  vaultOfToken,
  VIRTUAL,
} from "../../helpers/vault-fixture.js";

const DEAR_CAP = 10n ** 15n;
/** The highest rate that is taken of a model, WAD per second, and a time in which a debt grows 18-millionfold at it. */
const [MAX_RATE, LONG] = [(8n * WAD) / YEAR, 60n * YEAR];

/**
 * A vault with two markets: `dear`, where a share costs some 18 units by the interest on what Alice lent there, and `still` without
 * interest, with a cap of 100 units. Nothing is in the vault.
 */
async function dearFixture() {
  const fixture = await vaultFixture();
  const { vault, curator, alice, bob, rateModel, market: home, supply, addCollateral, borrow: run, repay } = fixture;
  const dear = { ...home, irm: await rateModel.getAddress() };
  const still = { ...home, irm: NO_INTEREST };
  const { marketId: dearId } = await createMarket(fixture, dear);
  const { marketId: stillId } = await createMarket(fixture, still);
  await rateModel.setRate(MAX_RATE);
  await supply(1000n, { user: alice, market: dear });
  await addCollateral(WAD, { user: bob, market: dear });
  /** Bob borrows what there is, and pays back the same and the interest of a long time. */
  const borrowAll = async () => {
    const { idle } = await fixture.lens.marketOf(dear);
    await run(idle, { user: bob, market: dear });
    await networkHelpers.time.increase(LONG);
    await repay(WAD, { user: bob, market: dear });
  };
  await borrowAll();
  await vault.connect(curator).submitCap(dear, DEAR_CAP);
  await vault.connect(curator).submitCap(still, 100n);
  await networkHelpers.time.increase(TIMELOCK);
  for (const market of [dear, still]) await vault.acceptCap(market);
  return { ...fixture, dear, still, dearId, stillId, borrowAll };
}

describe("LendingVault", () => {
  describe("constructor", () => {
    it("reverts for a timelock that is too short or too long", async () => {
      const { vault, lending, token, owner } = await loadFixture(vaultFixture);
      for (const timelock of [0n, DAY - 1n, 14n * DAY + 1n]) {
        await expect(ethers.deployContract("LendingVault", [lending, token, owner, timelock, "V", "V"]))
          .to.be.revertedWithCustomError(vault, "VaultInvalidTimelock")
          .withArgs(timelock, DAY, 14n * DAY);
      }
    });

    it("has no market, takes nothing and owes nothing at first", async () => {
      const { vault, alice } = await loadFixture(vaultFixture);
      expect(await vault.maxDeposit(alice)).to.equal(0n);
      expect(await vault.maxMint(alice)).to.equal(0n);
      expect(await vault.totalAssets()).to.equal(0n);
      expect(await vault.supplyQueue()).to.deep.equal([]);
      expect(await vault.withdrawQueue()).to.deep.equal([]);
      expect(await vault.maxWithdraw(alice)).to.equal(0n);
      await expect(vault.connect(alice).deposit(0n, alice)).to.emit(vault, "Deposit").withArgs(alice, alice, 0n, 0n);
      await expect(vault.connect(alice).withdraw(0n, alice, alice))
        .to.emit(vault, "Withdraw")
        .withArgs(alice, alice, alice, 0n, 0n);
      await expect(vault.connect(alice).deposit(1n, alice))
        .to.be.revertedWithCustomError(vault, "ERC4626ExceededMaxDeposit")
        .withArgs(alice, 1n, 0n);
    });

    it("takes a token that does not say its decimals for one of 18", async () => {
      const fixture = await loadFixture(vaultFixture);
      const silent = await ethers.deployContract("SilentContract");
      expect(await (await deployVault(fixture, silent, fixture)).decimals()).to.equal(24n);
    });

    it("has six decimals more than its token, and 18 at least", async () => {
      const fixture = await loadFixture(vaultFixture);
      for (const [decimals, expected] of [
        [0, 18n],
        [6, 18n],
        [11, 18n],
        [12, 18n],
        [13, 19n],
        [18, 24n],
        [24, 30n],
      ] as const) {
        const token = await ethers.deployContract("MockERC20", ["Token", "TKN", decimals]);
        expect(await (await deployVault(fixture, token, fixture)).decimals(), String(decimals)).to.equal(expected);
      }
    });
  });

  describe("deposit", () => {
    it("reverts above what the caps leave", async () => {
      const { vault, alice } = await loadFixture(stockedVaultFixture);
      const maximum = CAPS.home + CAPS.external + CAPS.still;
      expect(await vault.maxDeposit(alice)).to.equal(maximum);
      await expect(vault.connect(alice).deposit(maximum + 1n, alice))
        .to.be.revertedWithCustomError(vault, "ERC4626ExceededMaxDeposit")
        .withArgs(alice, maximum + 1n, maximum);
    });

    it("reverts for shares of nobody", async () => {
      const { vault, alice } = await loadFixture(stockedVaultFixture);
      await expect(vault.connect(alice).deposit(1n, ethers.ZeroAddress)).to.be.revertedWithCustomError(
        vault,
        "ERC20InvalidReceiver",
      );
    });

    it("lends the first deposit in the first market, straight from the vault's wallet", async () => {
      const { vault, ledger, lens, token, alice, market, shareId, marketId, ids } =
        await loadFixture(stockedVaultFixture);
      const before = await token.balanceOf(alice);
      await vault.connect(alice).deposit(40n * WAD, alice);
      expect(before - (await token.balanceOf(alice))).to.equal(40n * WAD);
      expect(await vault.balanceOf(alice)).to.equal(40n * WAD * VIRTUAL);
      expect(await vault.totalAssets()).to.equal(40n * WAD);
      expect(await vault.lastTotalAssets()).to.equal(40n * WAD);
      expect(await vault.idle()).to.equal(0n);
      expect(await token.balanceOf(vault)).to.equal(0n);
      expect(await ledger.balanceOf(vault, ids.token0)).to.equal(0n);
      const { supplyShares, supplyAssets } = await lens.positionOf(market, vault);
      expect((await vault.marketConfigOf(marketId)).shares).to.equal(supplyShares);
      expect(await ledger.balanceOf(vault, shareId)).to.equal(supplyShares);
      expect(await vault.assetsIn(marketId)).to.equal(supplyAssets);
    });

    it("fills the markets in order up to their caps", async () => {
      const { vault, ledger, alice, marketIds, ids } = await loadFixture(stockedVaultFixture);
      await vault.connect(alice).deposit(CAPS.home + CAPS.external + 7n, alice);
      expect(await vault.assetsIn(marketIds.home)).to.equal(CAPS.home);
      expect(await vault.assetsIn(marketIds.external)).to.equal(CAPS.external);
      expect(await vault.assetsIn(marketIds.still)).to.equal(7n);
      expect(await vault.idle()).to.equal(0n);
      expect(await ledger.balanceOf(vault, ids.token0)).to.equal(0n);
    });

    it("skips a market that is full by its interest", async () => {
      const fixture = await loadFixture(stockedVaultFixture);
      const { vault, alice, marketIds } = fixture;
      await vault.connect(alice).deposit(CAPS.home, alice);
      await borrow(fixture, 90n * WAD);
      await networkHelpers.time.increase(365n * DAY);
      expect(await vault.assetsIn(marketIds.home)).to.be.greaterThan(CAPS.home);
      expect(await vault.maxDeposit(alice)).to.equal(CAPS.external + CAPS.still);
      await vault.connect(alice).deposit(WAD, alice);
      expect(await vault.assetsIn(marketIds.external)).to.equal(WAD);
    });

    it("ignores a market of the supply queue that was removed", async () => {
      const { vault, alice, curator, allocator, market, marketIds } = await loadFixture(stockedVaultFixture);
      await vault.connect(curator).submitCap(market, 0n);
      await vault.connect(allocator).setWithdrawQueue([marketIds.still, marketIds.external]);
      expect(await vault.maxDeposit(alice)).to.equal(CAPS.external + CAPS.still);
      await vault.connect(alice).deposit(WAD, alice);
      expect(await vault.assetsIn(marketIds.external)).to.equal(WAD);
    });

    it("is bound by the shares that the market can have", async () => {
      const fixture = await loadFixture(vaultFixture);
      const { alice, lens } = fixture;
      const token = await ethers.deployContract("MockERC20", ["Token", "TKN", 18]);
      const vault = await vaultOfToken(fixture, token);
      const maximum = await vault.maxDeposit(alice);
      expect(maximum).to.equal(MAX_AMOUNT / VIRTUAL);
      await token.mint(alice, maximum);
      await vault.connect(alice).deposit(maximum, alice);
      const { supplyShares } = await lens.marketOf(await marketOf(fixture, token));
      expect(supplyShares).to.be.within(MAX_AMOUNT - VIRTUAL, MAX_AMOUNT);
      expect(await vault.maxDeposit(alice)).to.equal(0n);
      await vault.connect(alice).withdraw(maximum, alice, alice);
    });

    it("is bound by what the ledger can hold of the token", async () => {
      const fixture = await loadFixture(vaultFixture);
      const { ledger, alice } = fixture;
      const token = await ethers.deployContract("MockERC20", ["Token", "TKN", 18]);
      const vault = await vaultOfToken(fixture, token);
      await token.mint(ledger, MAX_AMOUNT - 1000n); // a donation takes room, and nothing else
      expect(await vault.maxDeposit(alice)).to.equal(1000n);
      expect(await vault.maxMint(alice)).to.equal(1000n * VIRTUAL);
      await expect(vault.connect(alice).deposit(1001n, alice)).to.be.revertedWithCustomError(
        ledger,
        "LedgerAmountTooLarge",
      );
      await vault.connect(alice).deposit(1000n, alice);
      expect(await vault.totalAssets()).to.equal(1000n);
      expect(await vault.maxDeposit(alice)).to.equal(0n);
    });

    it("keeps idle what is too little for a share of a dear market", async () => {
      const fixture = await loadFixture(dearFixture);
      const { vault, ledger, alice, allocator, ids, stillId, dearId } = fixture;
      await vault.connect(allocator).setSupplyQueue([stillId, dearId]);
      await expect(vault.connect(alice).deposit(105n, alice))
        .to.emit(vault, "Deposit")
        .withArgs(alice, alice, 105n, 105n * VIRTUAL);
      expect(await vault.assetsIn(stillId)).to.equal(100n);
      expect([await vault.assetsIn(dearId), await vault.idle()]).to.deep.equal([0n, 5n]);
      await vault.connect(alice).deposit(3n, alice);
      expect([await vault.idle(), await ledger.balanceOf(vault, ids.token0)]).to.deep.equal([8n, 8n]);
      expect([await vault.totalAssets(), await vault.lastTotalAssets()]).to.deep.equal([108n, 108n]);
      // What buys a share or more is lent.
      await vault.connect(alice).deposit(1000n, alice);
      expect(await vault.idle()).to.equal(8n);
      expect(await vault.assetsIn(dearId)).to.be.within(980n, 1000n);
      await vault.connect(alice).withdraw(8n, alice, alice);
      expect(await vault.idle()).to.equal(0n);
    });

    it("looks at all markets of a full supply queue before it keeps anything idle", async () => {
      const fixture = await loadFixture(dearFixture);
      const { vault, alice, curator, allocator, stillId, dearId } = fixture;
      const others = Array.from({ length: 14 }, (_, index) => ({ ...fixture.still, closeOutDebt: BigInt(index) }));
      const queue = [stillId];
      for (const market of others) {
        queue.push((await createMarket(fixture, market)).marketId);
        await vault.connect(curator).submitCap(market, 10n);
      }
      await networkHelpers.time.increase(TIMELOCK);
      for (const market of others) await vault.acceptCap(market);
      await vault.connect(allocator).setSupplyQueue(queue);
      await vault.connect(alice).deposit(100n + 14n * 10n, alice);
      expect(await vault.maxDeposit(alice)).to.equal(0n);
      await vault.connect(allocator).setSupplyQueue([dearId, ...queue]);
      await vault.connect(alice).deposit(5n, alice);
      expect([await vault.idle(), await vault.totalAssets()]).to.deep.equal([5n, 245n]);
    });

    it("is not bound by shares that cost a unit or more", async () => {
      const fixture = await loadFixture(dearFixture);
      const { vault, alice, allocator, dearId, borrowAll } = fixture;
      await vault.connect(allocator).setSupplyQueue([dearId]);
      await vault.connect(alice).deposit(1000n, alice);
      await borrowAll();
      const [supply, total] = [await vault.totalSupply(), await vault.totalAssets()];
      expect(total).to.be.greaterThan(supply + VIRTUAL);
      expect(await vault.maxDeposit(alice)).to.equal(DEAR_CAP - total);
      const shares = (10n ** 9n * (supply + VIRTUAL)) / (total + 1n);
      expect(await vault.previewDeposit(10n ** 9n)).to.be.closeTo(shares, 1n);
    });

    it("refuses what is too little for a share", async () => {
      const fixture = await loadFixture(dearFixture);
      const { vault, alice, allocator, dearId, borrowAll } = fixture;
      await vault.connect(allocator).setSupplyQueue([dearId]);
      await vault.connect(alice).deposit(1000n, alice);
      await borrowAll();
      const least = await vault.previewMint(1n);
      expect(least).to.be.greaterThan(1n);
      for (const assets of [1n, least - 1n]) {
        await expect(vault.connect(alice).deposit(assets, alice))
          .to.be.revertedWithCustomError(vault, "VaultTooSmall")
          .withArgs(assets, 0n);
      }
      const shares = await vault.balanceOf(alice);
      await vault.connect(alice).deposit(least, alice);
      expect(await vault.balanceOf(alice)).to.equal(shares + 1n);
    });

    it("mints at the price with interest", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, alice, bob } = fixture;
      await borrow(fixture, 40n * WAD);
      await networkHelpers.time.increase(365n * DAY);
      await vault.connect(bob).deposit(10n * WAD, bob);
      const worth = await vault.convertToAssets(await vault.balanceOf(bob));
      expect(worth).to.be.within(10n * WAD - 2n, 10n * WAD);
      expect(await vault.convertToAssets(await vault.balanceOf(alice))).to.be.greaterThan(50n * WAD);
    });
  });

  describe("mint", () => {
    it("reverts above what the caps leave, and takes assets rounded up", async () => {
      const { vault, alice } = await loadFixture(stockedVaultFixture);
      const maximum = await vault.maxMint(alice);
      expect(maximum).to.equal((CAPS.home + CAPS.external + CAPS.still) * VIRTUAL);
      await expect(vault.connect(alice).mint(maximum + 1n, alice))
        .to.be.revertedWithCustomError(vault, "ERC4626ExceededMaxMint")
        .withArgs(alice, maximum + 1n, maximum);
      await vault.connect(alice).mint(VIRTUAL * 5n + 1n, alice);
      expect(await vault.lastTotalAssets()).to.equal(6n);
      await vault.connect(alice).mint(await vault.maxMint(alice), alice);
    });
  });
});

/** The market that `vaultOfToken` made. */
async function marketOf(
  { market }: Awaited<ReturnType<typeof vaultFixture>>,
  token: { getAddress(): Promise<string> },
) {
  return { ...market, loanAsset: BigInt(await token.getAddress()), irm: ethers.ZeroAddress };
}
