import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { ethers, loadFixture, MAX_AMOUNT, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { createMarket, NO_INTEREST } from "../../helpers/lending-fixture.js";
import {
  borrow,
  CAPS,
  DAY,
  loseDebt,
  stockedVaultFixture,
  suppliedVaultFixture,
  TIMELOCK,
  vaultFixture,
} from "../../helpers/vault-fixture.js";

/** Sends with the block's time set to `timestamp`. */
async function at(timestamp: bigint, send: () => Promise<ContractTransactionResponse>) {
  await networkHelpers.time.setNextBlockTimestamp(timestamp);
  return send();
}

async function validAt(delay = TIMELOCK): Promise<bigint> {
  return BigInt(await networkHelpers.time.latest()) + delay;
}

describe("LendingVault", () => {
  describe("submitCap", () => {
    it("reverts for a market of another token, an unknown one, too much, and no change", async () => {
      const { vault, curator, market } = await loadFixture(stockedVaultFixture);
      const submit = (rest: object, cap: bigint) => vault.connect(curator).submitCap({ ...market, ...rest }, cap);
      await expect(submit({ loanAsset: 1n }, 1n))
        .to.be.revertedWithCustomError(vault, "VaultWrongAsset")
        .withArgs(1n, market.loanAsset);
      await expect(submit({ lltv: 1n }, 1n)).to.be.revertedWithCustomError(vault, "VaultUnknownMarket");
      await expect(submit({}, MAX_AMOUNT + 1n))
        .to.be.revertedWithCustomError(vault, "VaultCapTooLarge")
        .withArgs(MAX_AMOUNT + 1n, MAX_AMOUNT);
      await expect(submit({}, CAPS.home)).to.be.revertedWithCustomError(vault, "VaultUnchanged").withArgs(CAPS.home);
    });

    it("has a cap of nothing where there was none", async () => {
      const { vault, curator, market, marketId } = await loadFixture(vaultFixture);
      const submit = (cap: bigint) => vault.connect(curator).submitCap(market, cap);
      await expect(submit(0n)).to.be.revertedWithCustomError(vault, "VaultUnchanged").withArgs(0n);
      await submit(1n);
      expect((await vault.pendingCapOf(marketId)).value).to.equal(1n);
    });

    it("lowers at once to anything, and drops what is pending", async () => {
      const { vault, curator, market, marketId, alice } = await loadFixture(suppliedVaultFixture);
      await vault.connect(curator).submitCap(market, 2n * CAPS.home);
      expect((await vault.pendingCapOf(marketId)).value).to.equal(2n * CAPS.home);
      await expect(vault.connect(curator).submitCap(market, WAD)).to.emit(vault, "CapSet").withArgs(marketId, WAD);
      expect((await vault.pendingCapOf(marketId)).validAt).to.equal(0n);
      expect((await vault.marketConfigOf(marketId)).cap).to.equal(WAD);
      expect(await vault.maxDeposit(alice)).to.equal(0n);
      expect(await vault.maxWithdraw(alice)).to.equal(50n * WAD);
    });

    it("announces a higher one, which anyone has accepted from the second on that it is due (VLT_06)", async () => {
      const { vault, curator, stranger, market, marketId } = await loadFixture(stockedVaultFixture);
      await vault.connect(curator).submitCap(market, 2n * CAPS.home);
      const due = await validAt();
      expect((await vault.pendingCapOf(marketId)).validAt).to.equal(due);
      expect((await vault.marketConfigOf(marketId)).cap).to.equal(CAPS.home);
      await expect(at(due - 1n, () => vault.connect(stranger).acceptCap(market, { gasLimit: 1_000_000n })))
        .to.be.revertedWithCustomError(vault, "VaultTooEarly")
        .withArgs(due - 1n, due);
      await expect(at(due, () => vault.connect(stranger).acceptCap(market)))
        .to.emit(vault, "CapSet")
        .withArgs(marketId, 2n * CAPS.home);
      await expect(vault.acceptCap(market)).to.be.revertedWithCustomError(vault, "VaultNothingPending");
      expect(await vault.withdrawQueue()).to.have.lengthOf(3);
    });

    it("waits anew when it is announced again", async () => {
      const { vault, curator, market, marketId } = await loadFixture(stockedVaultFixture);
      await vault.connect(curator).submitCap(market, 2n * CAPS.home);
      await networkHelpers.time.increase(TIMELOCK - 10n);
      await vault.connect(curator).submitCap(market, 3n * CAPS.home);
      expect(await vault.pendingCapOf(marketId)).to.deep.equal([3n * CAPS.home, await validAt()]);
    });

    it("keeps its time when the timelock grows", async () => {
      const { vault, owner, curator, market } = await loadFixture(stockedVaultFixture);
      await vault.connect(curator).submitCap(market, 2n * CAPS.home);
      const due = await validAt();
      await vault.connect(owner).submitTimelock(14n * DAY);
      await at(due, () => vault.acceptCap(market));
    });
  });

  describe("acceptCap", () => {
    it("reverts for a seventeenth market", async () => {
      const fixture = await loadFixture(vaultFixture);
      const { vault, curator, market } = fixture;
      const terms = { ...market, irm: NO_INTEREST };
      const markets = Array.from({ length: 17 }, (_, index) => ({ ...terms, closeOutDebt: BigInt(index) }));
      for (const each of markets) {
        await createMarket(fixture, each);
        await vault.connect(curator).submitCap(each, WAD);
      }
      await networkHelpers.time.increase(TIMELOCK);
      for (const each of markets.slice(0, 16)) await vault.acceptCap(each);
      await expect(vault.acceptCap(markets[16] ?? market))
        .to.be.revertedWithCustomError(vault, "VaultTooManyMarkets")
        .withArgs(17n, 16n);
      expect(await vault.withdrawQueue()).to.have.lengthOf(16);
      const queue = [...(await vault.withdrawQueue())].reverse();
      await vault.connect(curator).setSupplyQueue(queue);
      await vault.connect(fixture.alice).deposit(16n * WAD, fixture.alice);
      await vault.connect(fixture.alice).withdraw(16n * WAD, fixture.alice, fixture.alice);
    });
  });

  describe("submitTimelock", () => {
    it("reverts outside of the limits and for no change", async () => {
      const { vault, owner } = await loadFixture(vaultFixture);
      for (const timelock of [DAY - 1n, 14n * DAY + 1n]) {
        await expect(vault.connect(owner).submitTimelock(timelock))
          .to.be.revertedWithCustomError(vault, "VaultInvalidTimelock")
          .withArgs(timelock, DAY, 14n * DAY);
      }
      await expect(vault.connect(owner).submitTimelock(TIMELOCK))
        .to.be.revertedWithCustomError(vault, "VaultUnchanged")
        .withArgs(TIMELOCK);
    });

    it("sets a longer one at once and drops a shorter one that waits", async () => {
      const { vault, owner } = await loadFixture(vaultFixture);
      await vault.connect(owner).submitTimelock(DAY);
      await expect(vault.connect(owner).submitTimelock(14n * DAY))
        .to.emit(vault, "TimelockSet")
        .withArgs(14n * DAY);
      await expect(vault.acceptTimelock()).to.be.revertedWithCustomError(vault, "VaultNothingPending");
    });

    it("lets a shorter one wait for the old one (VLT_06)", async () => {
      const { vault, owner, stranger } = await loadFixture(vaultFixture);
      await vault.connect(owner).submitTimelock(DAY);
      const due = await validAt();
      await expect(at(due - 1n, () => vault.acceptTimelock({ gasLimit: 1_000_000n })))
        .to.be.revertedWithCustomError(vault, "VaultTooEarly")
        .withArgs(due - 1n, due);
      await expect(at(due, () => vault.connect(stranger).acceptTimelock()))
        .to.emit(vault, "TimelockSet")
        .withArgs(DAY);
      expect(await vault.timelock()).to.equal(DAY);
    });

    it("is revoked by owner and guardian, not by the curator", async () => {
      const { vault, owner, curator, guardian } = await loadFixture(vaultFixture);
      for (const revoker of [owner, guardian]) {
        await vault.connect(owner).submitTimelock(DAY);
        await expect(vault.connect(curator).revokeTimelock())
          .to.be.revertedWithCustomError(vault, "VaultUnauthorized")
          .withArgs(curator);
        await expect(vault.connect(revoker).revokeTimelock()).to.emit(vault, "TimelockRevoked").withArgs(revoker);
        expect((await vault.pendingTimelock()).validAt).to.equal(0n);
      }
    });
  });

  describe("submitGuardian", () => {
    it("replaces and removes the guardian after the timelock only (VLT_06)", async () => {
      const { vault, owner, guardian, stranger } = await loadFixture(vaultFixture);
      await expect(vault.connect(owner).submitGuardian(guardian)).to.be.revertedWithCustomError(
        vault,
        "VaultUnchanged",
      );
      for (const next of [stranger.address, ethers.ZeroAddress]) {
        await vault.connect(owner).submitGuardian(next);
        const due = await validAt();
        expect(await vault.pendingGuardian()).to.deep.equal([BigInt(next), due]);
        await expect(at(due - 1n, () => vault.acceptGuardian({ gasLimit: 1_000_000n })))
          .to.be.revertedWithCustomError(vault, "VaultTooEarly")
          .withArgs(due - 1n, due);
        await expect(at(due, () => vault.acceptGuardian()))
          .to.emit(vault, "GuardianSet")
          .withArgs(next);
        expect(await vault.pendingGuardian()).to.deep.equal([0n, 0n]);
      }
      await vault.connect(owner).submitGuardian(guardian);
      expect(await vault.guardian()).to.equal(guardian.address);
    });

    it("can be revoked by the guardian whom it would replace", async () => {
      const { vault, owner, guardian, stranger } = await loadFixture(vaultFixture);
      await vault.connect(owner).submitGuardian(stranger);
      await expect(vault.connect(guardian).revokeGuardian()).to.emit(vault, "GuardianRevoked").withArgs(guardian);
      await networkHelpers.time.increase(TIMELOCK);
      await expect(vault.acceptGuardian()).to.be.revertedWithCustomError(vault, "VaultNothingPending");
    });
  });

  describe("revokeCap", () => {
    it("is for owner, curator and guardian", async () => {
      const { vault, owner, curator, guardian, allocator, market, marketId } = await loadFixture(stockedVaultFixture);
      for (const revoker of [owner, curator, guardian]) {
        await vault.connect(curator).submitCap(market, 2n * CAPS.home);
        await expect(vault.connect(allocator).revokeCap(marketId)).to.be.revertedWithCustomError(
          vault,
          "VaultUnauthorized",
        );
        await expect(vault.connect(revoker).revokeCap(marketId))
          .to.emit(vault, "CapRevoked")
          .withArgs(marketId, revoker);
      }
      await expect(vault.connect(guardian).revokeCap(marketId)).to.be.revertedWithCustomError(
        vault,
        "VaultNothingPending",
      );
    });
  });

  describe("removal", () => {
    it("is not announced with a cap, a pending cap, or for a stranger's market", async () => {
      const { vault, curator, market, marketId } = await loadFixture(stockedVaultFixture);
      const submit = (id = marketId) => vault.connect(curator).submitRemoval(id);
      await expect(submit(ethers.id("none"))).to.be.revertedWithCustomError(vault, "VaultMarketNotEnabled");
      await expect(submit()).to.be.revertedWithCustomError(vault, "VaultCapNotZero").withArgs(marketId, CAPS.home);
      await vault.connect(curator).submitCap(market, 0n);
      await vault.connect(curator).submitCap(market, 1n);
      await expect(submit()).to.be.revertedWithCustomError(vault, "VaultCapPending").withArgs(marketId);
      await vault.connect(curator).revokeCap(marketId);
      await submit();
      await expect(vault.connect(curator).submitCap(market, 1n))
        .to.be.revertedWithCustomError(vault, "VaultRemovalPending")
        .withArgs(marketId);
    });

    it("is at once when there is nothing in the market", async () => {
      const { vault, curator, allocator, marketIds, markets } = await loadFixture(suppliedVaultFixture);
      const left = [marketIds.home, marketIds.external];
      const remove = () => vault.connect(allocator).setWithdrawQueue(left);
      await expect(remove())
        .to.be.revertedWithCustomError(vault, "VaultCapNotZero")
        .withArgs(marketIds.still, CAPS.still);
      await vault.connect(curator).submitCap(markets.still, 0n);
      await vault.connect(curator).submitCap(markets.still, 1n);
      await expect(remove()).to.be.revertedWithCustomError(vault, "VaultCapPending").withArgs(marketIds.still);
      await vault.connect(curator).revokeCap(marketIds.still);
      await expect(remove()).to.emit(vault, "MarketRemoved").withArgs(marketIds.still, 0n);
      expect((await vault.marketConfigOf(marketIds.still)).isEnabled).to.equal(false);
      await expect(vault.assetsIn(marketIds.still))
        .to.be.revertedWithCustomError(vault, "VaultMarketNotEnabled")
        .withArgs(marketIds.still);
      expect(await vault.marketConfigOf(ethers.id("none"))).to.deep.equal([false, 0n, 0n, 0n]);
    });

    it("waits for the timelock when there is, and loses it at once (VLT_06)", async () => {
      const { vault, curator, allocator, alice, market, marketId, marketIds } = await loadFixture(suppliedVaultFixture);
      const remove = () =>
        vault.connect(allocator).setWithdrawQueue([marketIds.external, marketIds.still], { gasLimit: 1_000_000n });
      await vault.connect(curator).submitCap(market, 0n);
      const { shares } = await vault.marketConfigOf(marketId);
      await expect(remove()).to.be.revertedWithCustomError(vault, "VaultMarketNotEmpty").withArgs(marketId, shares);
      await vault.connect(curator).submitRemoval(marketId);
      const due = await validAt();
      expect((await vault.marketConfigOf(marketId)).removableAt).to.equal(due);
      await expect(at(due - 1n, remove))
        .to.be.revertedWithCustomError(vault, "VaultTooEarly")
        .withArgs(due - 1n, due);
      await expect(at(due, remove))
        .to.emit(vault, "MarketRemoved")
        .withArgs(marketId, 50n * WAD);
      expect(await vault.totalAssets()).to.equal(0n);
      expect(await vault.lastTotalAssets()).to.equal(0n);
      expect(await vault.maxWithdraw(alice)).to.equal(0n);
    });

    it("is revoked by owner, curator and guardian", async () => {
      const { vault, curator, guardian, owner, market, marketId, marketIds, allocator } =
        await loadFixture(suppliedVaultFixture);
      await vault.connect(curator).submitCap(market, 0n);
      for (const revoker of [owner, curator, guardian]) {
        await vault.connect(curator).submitRemoval(marketId);
        await expect(vault.connect(revoker).revokeRemoval(marketId))
          .to.emit(vault, "RemovalRevoked")
          .withArgs(marketId, revoker);
      }
      await expect(vault.connect(owner).revokeRemoval(marketId)).to.be.revertedWithCustomError(
        vault,
        "VaultNothingPending",
      );
      await networkHelpers.time.increase(TIMELOCK);
      await expect(
        vault.connect(allocator).setWithdrawQueue([marketIds.external, marketIds.still]),
      ).to.be.revertedWithCustomError(vault, "VaultMarketNotEmpty");
    });

    it("is undone by enabling the market again, without a fee for what comes back", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, owner, curator, allocator, feeRecipient, alice, market, marketId, marketIds } = fixture;
      await vault.connect(owner).setFeeRecipient(feeRecipient);
      await vault.connect(owner).setFee(WAD / 2n);
      await vault.connect(curator).submitCap(market, 0n);
      await vault.connect(curator).submitRemoval(marketId);
      await networkHelpers.time.increase(TIMELOCK);
      await vault.connect(allocator).setWithdrawQueue([marketIds.external, marketIds.still]);
      await vault.connect(curator).submitCap(market, CAPS.home);
      await networkHelpers.time.increase(TIMELOCK);
      await expect(vault.acceptCap(market)).to.emit(vault, "MarketEnabled").withArgs(marketId);
      expect(await vault.totalAssets()).to.equal(50n * WAD);
      expect(await vault.lastTotalAssets()).to.equal(50n * WAD);
      await vault.connect(alice).withdraw(50n * WAD, alice, alice);
      expect(await vault.balanceOf(feeRecipient)).to.equal(0n);
    });
  });

  describe("setSupplyQueue and setWithdrawQueue", () => {
    it("revert for a market that is not the vault's, one twice, and too many", async () => {
      const { vault, allocator, marketIds } = await loadFixture(stockedVaultFixture);
      for (const name of ["setSupplyQueue", "setWithdrawQueue"] as const) {
        const set = (queue: string[]) => vault.connect(allocator)[name](queue);
        await expect(set([ethers.id("none")])).to.be.revertedWithCustomError(vault, "VaultMarketNotEnabled");
        await expect(set([marketIds.home, marketIds.home]))
          .to.be.revertedWithCustomError(vault, "VaultDuplicateMarket")
          .withArgs(marketIds.home);
        await expect(set(Array<string>(17).fill(marketIds.home)))
          .to.be.revertedWithCustomError(vault, "VaultTooManyMarkets")
          .withArgs(17n, 16n);
      }
    });

    it("set the order", async () => {
      const { vault, allocator, marketIds } = await loadFixture(stockedVaultFixture);
      const queue = [marketIds.still, marketIds.home, marketIds.external];
      await expect(vault.connect(allocator).setSupplyQueue(queue)).to.emit(vault, "SupplyQueueSet").withArgs(queue);
      await expect(vault.connect(allocator).setWithdrawQueue(queue)).to.emit(vault, "WithdrawQueueSet").withArgs(queue);
      expect(await vault.supplyQueue()).to.deep.equal(queue);
      expect(await vault.withdrawQueue()).to.deep.equal(queue);
      await vault.connect(allocator).setSupplyQueue([]);
      expect(await vault.supplyQueue()).to.deep.equal([]);
    });
  });

  describe("setFee", () => {
    it("reverts above a half, and without a recipient", async () => {
      const { vault, owner, feeRecipient } = await loadFixture(vaultFixture);
      await expect(vault.connect(owner).setFee(WAD / 2n + 1n))
        .to.be.revertedWithCustomError(vault, "VaultFeeTooLarge")
        .withArgs(WAD / 2n + 1n, WAD / 2n);
      await expect(vault.connect(owner).setFee(1n)).to.be.revertedWithCustomError(vault, "VaultNoFeeRecipient");
      await vault.connect(owner).setFee(0n);
      await vault.connect(owner).setFeeRecipient(feeRecipient);
      await vault.connect(owner).setFee(WAD / 2n);
      expect(await vault.fee()).to.equal(WAD / 2n);
      await expect(vault.connect(owner).setFeeRecipient(ethers.ZeroAddress)).to.be.revertedWithCustomError(
        vault,
        "VaultNoFeeRecipient",
      );
    });

    it("mints shares worth that part of the gain, and none of a loss", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, owner, feeRecipient, alice } = fixture;
      await vault.connect(owner).setFeeRecipient(feeRecipient);
      await vault.connect(owner).setFee(WAD / 5n);
      await borrow(fixture, 45n * WAD);
      await networkHelpers.time.increase(200n * DAY);
      await vault.connect(owner).setFee(WAD / 5n);
      const gain = (await vault.lastTotalAssets()) - 50n * WAD;
      expect(gain).to.be.greaterThan(WAD / 2n);
      const minted = await vault.balanceOf(feeRecipient);
      // At the price of that time, within the seconds since.
      expect(await vault.convertToAssets(minted)).to.be.within(gain / 5n - 1n, gain / 5n + 10n ** 13n);
      await loseDebt(fixture);
      await vault.connect(alice).withdraw(WAD, alice, alice);
      await vault.connect(owner).setFee(WAD / 5n);
      // The few seconds before the loss are within the loss.
      expect(await vault.balanceOf(feeRecipient)).to.equal(minted);
    });

    it("has what was gained so far at the old fee", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, owner, feeRecipient, stranger } = fixture;
      await borrow(fixture, 45n * WAD);
      await networkHelpers.time.increase(200n * DAY);
      await vault.connect(owner).setFeeRecipient(feeRecipient);
      await vault.connect(owner).setFee(WAD / 2n);
      expect(await vault.balanceOf(feeRecipient)).to.equal(0n);
      await networkHelpers.time.increase(DAY);
      await vault.connect(owner).setFeeRecipient(stranger);
      expect(await vault.balanceOf(feeRecipient)).to.be.greaterThan(0n);
      expect(await vault.balanceOf(stranger)).to.equal(0n);
    });
  });
});
