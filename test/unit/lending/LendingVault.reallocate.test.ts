import { expect } from "chai";
import { ethers, loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { borrow, CAPS, DAY, stockedVaultFixture, suppliedVaultFixture } from "../../helpers/vault-fixture.js";

describe("LendingVault", () => {
  describe("reallocate", () => {
    it("reverts for a market that is not the vault's", async () => {
      const { vault, allocator } = await loadFixture(suppliedVaultFixture);
      const id = ethers.id("none");
      await expect(vault.connect(allocator).reallocate([{ id, assets: 0n }]))
        .to.be.revertedWithCustomError(vault, "VaultMarketNotEnabled")
        .withArgs(id);
    });

    it("reverts above a cap and above what is idle", async () => {
      const { vault, allocator, marketIds } = await loadFixture(suppliedVaultFixture);
      const run = (assets: bigint) => vault.connect(allocator).reallocate([{ id: marketIds.external, assets }]);
      await expect(run(CAPS.external + 1n))
        .to.be.revertedWithCustomError(vault, "VaultCapExceeded")
        .withArgs(marketIds.external, CAPS.external + 1n, CAPS.external);
      await expect(run(1n)).to.be.revertedWithCustomError(vault, "VaultInsufficientIdle").withArgs(1n, 0n);
    });

    it("reverts when the market has lent what is wanted", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, lending, allocator, marketId } = fixture;
      await borrow(fixture, 40n * WAD);
      await expect(vault.connect(allocator).reallocate([{ id: marketId, assets: 0n }])).to.be.revertedWithCustomError(
        lending,
        "LendingInsufficientLiquidity",
      );
    });

    it("moves from markets to idle and on to others, without a transfer of the token", async () => {
      const { vault, ledger, token, allocator, marketIds, ids, alice } = await loadFixture(suppliedVaultFixture);
      const sent = vault.connect(allocator).reallocate([
        { id: marketIds.home, assets: 20n * WAD },
        { id: marketIds.external, assets: 12n * WAD },
        { id: marketIds.home, assets: 15n * WAD },
        { id: marketIds.still, assets: 3n * WAD },
      ]);
      await expect(sent).not.to.emit(token, "Transfer");
      await expect(sent)
        .to.emit(vault, "Reallocated")
        .withArgs(marketIds.home, allocator, 50n * WAD, 20n * WAD);
      expect(await vault.assetsIn(marketIds.home)).to.equal(15n * WAD);
      expect(await vault.assetsIn(marketIds.external)).to.equal(12n * WAD);
      expect(await vault.assetsIn(marketIds.still)).to.equal(3n * WAD);
      expect(await vault.idle()).to.equal(20n * WAD);
      expect(await ledger.balanceOf(vault, ids.token0)).to.equal(20n * WAD);
      expect(await vault.totalAssets()).to.equal(50n * WAD);
      expect(await vault.maxWithdraw(alice)).to.equal(50n * WAD);
    });

    it("takes all shares out for 0, and puts all that fits in for the maximum", async () => {
      const { vault, ledger, alice, allocator, marketIds, shareIds } = await loadFixture(stockedVaultFixture);
      await vault.connect(alice).deposit(250n * WAD, alice);
      await vault.connect(allocator).reallocate([
        { id: marketIds.external, assets: 0n },
        { id: marketIds.home, assets: 0n },
      ]);
      expect(await ledger.balanceOf(vault, shareIds.external)).to.equal(0n);
      expect((await vault.marketConfigOf(marketIds.home)).shares).to.equal(0n);
      expect(await vault.idle()).to.equal(250n * WAD);
      await vault.connect(allocator).reallocate([
        { id: marketIds.home, assets: ethers.MaxUint256 },
        { id: marketIds.still, assets: ethers.MaxUint256 },
      ]);
      expect(await vault.assetsIn(marketIds.home)).to.equal(CAPS.home);
      expect(await vault.assetsIn(marketIds.still)).to.equal(150n * WAD);
      expect(await vault.idle()).to.equal(0n);
    });

    it("lends a single unit, as any deposit", async () => {
      const { vault, alice, marketIds } = await loadFixture(suppliedVaultFixture);
      const before = await vault.assetsIn(marketIds.home);
      await vault.connect(alice).deposit(1n, alice);
      expect([await vault.assetsIn(marketIds.home), await vault.idle()]).to.deep.equal([before + 1n, 0n]);
    });

    it("puts in the difference to what is there, and no more than is idle", async () => {
      const { vault, allocator, marketIds } = await loadFixture(suppliedVaultFixture);
      const run = (assets: bigint) => vault.connect(allocator).reallocate([{ id: marketIds.home, assets }]);
      await run(40n * WAD);
      await expect(run(50n * WAD + 1n))
        .to.be.revertedWithCustomError(vault, "VaultInsufficientIdle")
        .withArgs(10n * WAD + 1n, 10n * WAD);
      await run(50n * WAD);
      expect([await vault.assetsIn(marketIds.home), await vault.idle()]).to.deep.equal([50n * WAD, 0n]);
    });

    it("does nothing where the assets are right, and for 0 in an empty market", async () => {
      const { vault, allocator, marketIds } = await loadFixture(suppliedVaultFixture);
      await vault.connect(allocator).reallocate([
        { id: marketIds.home, assets: 50n * WAD },
        { id: marketIds.still, assets: 0n },
      ]);
      expect(await vault.assetsIn(marketIds.home)).to.equal(50n * WAD);
    });

    it("is no gain, whatever the interest since", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, allocator, marketIds } = fixture;
      await borrow(fixture, 20n * WAD);
      await networkHelpers.time.increase(100n * DAY);
      await vault.connect(allocator).reallocate([{ id: marketIds.home, assets: 30n * WAD }]);
      expect(await vault.lastTotalAssets()).to.equal(50n * WAD); // the fee is still to come
      expect(await vault.assetsIn(marketIds.home)).to.equal(30n * WAD);
      expect(await vault.totalAssets()).to.be.greaterThan(50n * WAD);
    });
  });
});
