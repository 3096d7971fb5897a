import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { loadFixture, networkHelpers, WAD } from "../../helpers/ledger-fixture.js";
import { YEAR } from "../../helpers/lending-fixture.js";
import {
  borrow,
  CAPS,
  DAY,
  stockedVaultFixture,
  suppliedVaultFixture,
  TIMELOCK,
  VIRTUAL,
  type VaultFixture,
} from "../../helpers/vault-fixture.js";

/** When what was announced in the last block is due. */
async function due(): Promise<bigint> {
  return BigInt(await networkHelpers.time.latest()) + TIMELOCK;
}

/** The arguments of each event of this name that the vault emitted. */
async function emitted({ vault }: VaultFixture, sending: Promise<ContractTransactionResponse>, name: string) {
  const receipt = await (await sending).wait();
  const address = await vault.getAddress();
  return (receipt?.logs ?? [])
    .flatMap((log) => (log.address === address ? (vault.interface.parseLog(log) ?? []) : []))
    .filter((event) => event.name === name)
    .map(({ args }) => [...(args as unknown as unknown[])]);
}

describe("LendingVault", () => {
  describe("events", () => {
    it("announce what has to wait, and until when", async () => {
      const fixture = await loadFixture(stockedVaultFixture);
      const { vault, owner, curator, stranger, market, marketIds, markets } = fixture;
      const cap = vault.connect(curator).submitCap(market, 2n * CAPS.home);
      const caps = await emitted(fixture, cap, "CapSubmitted");
      expect(caps).to.deep.equal([[marketIds.home, 2n * CAPS.home, await due()]]);
      const timelocks = await emitted(fixture, vault.connect(owner).submitTimelock(DAY), "TimelockSubmitted");
      expect(timelocks).to.deep.equal([[DAY, await due()]]);
      const guardians = await emitted(fixture, vault.connect(owner).submitGuardian(stranger), "GuardianSubmitted");
      expect(guardians).to.deep.equal([[stranger.address, await due()]]);
      await vault.connect(curator).submitCap(markets.still, 0n);
      const removals = await emitted(
        fixture,
        vault.connect(curator).submitRemoval(marketIds.still),
        "RemovalSubmitted",
      );
      expect(removals).to.deep.equal([[marketIds.still, await due()]]);
    });

    it("name the roles that are given and taken", async () => {
      const fixture = await loadFixture(stockedVaultFixture);
      const { vault, owner, stranger, feeRecipient } = fixture;
      const act = vault.connect(owner);
      expect(await emitted(fixture, act.setCurator(stranger), "CuratorSet")).to.deep.equal([[stranger.address]]);
      for (const is of [true, false]) {
        const set = await emitted(fixture, act.setAllocator(stranger, is), "AllocatorSet");
        expect(set).to.deep.equal([[stranger.address, is]]);
        expect(await vault.isAllocator(stranger)).to.equal(is);
      }
      const recipients = await emitted(fixture, act.setFeeRecipient(feeRecipient), "FeeRecipientSet");
      expect(recipients).to.deep.equal([[feeRecipient.address]]);
      expect(await emitted(fixture, act.setFee(WAD / 10n), "FeeSet")).to.deep.equal([[WAD / 10n]]);
    });

    it("say who brought and took what, and the shares of it", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, alice, bob } = fixture;
      const held = await vault.balanceOf(bob);
      const deposits = await emitted(fixture, vault.connect(alice).deposit(WAD, bob), "Deposit");
      const shares = (await vault.balanceOf(bob)) - held;
      expect(deposits).to.deep.equal([[alice.address, bob.address, WAD, shares]]);
      await vault.connect(bob).approve(alice, shares);
      const withdrawals = await emitted(fixture, vault.connect(alice).redeem(shares, alice, bob), "Withdraw");
      expect(withdrawals).to.deep.equal([[alice.address, alice.address, bob.address, WAD, shares]]);
      expect(await vault.balanceOf(bob)).to.equal(held);
    });

    it("say the gain of which a fee is taken, and the shares that are", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, owner, alice, feeRecipient } = fixture;
      await borrow(fixture, 40n * WAD);
      await vault.connect(owner).setFeeRecipient(feeRecipient);
      await vault.connect(owner).setFee(WAD / 10n);
      const before = await vault.lastTotalAssets();
      await networkHelpers.time.increase(YEAR);
      const accruals = await emitted(fixture, vault.connect(alice).deposit(WAD, alice), "FeeAccrued");
      const gain = (await vault.lastTotalAssets()) - WAD - before;
      expect(gain).to.be.greaterThan(0n);
      expect(accruals).to.deep.equal([[gain, await vault.balanceOf(feeRecipient)]]);
    });

    it("count the fee's shares before those of a deposit", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, owner, alice, bob, feeRecipient } = fixture;
      await borrow(fixture, 40n * WAD);
      await vault.connect(owner).setFeeRecipient(feeRecipient);
      await vault.connect(owner).setFee(WAD / 2n);
      await networkHelpers.time.increase(YEAR);
      const held = await vault.balanceOf(bob);
      await vault.connect(alice).deposit(WAD, bob);
      const shares = (await vault.balanceOf(bob)) - held;
      const total = (await vault.lastTotalAssets()) - WAD;
      const supply = (await vault.totalSupply()) - shares;
      expect(await vault.balanceOf(feeRecipient)).to.be.greaterThan(0n);
      expect(shares).to.equal((WAD * (supply + VIRTUAL)) / (total + 1n));
    });

    it("say it at exits, too", async () => {
      const fixture = await loadFixture(suppliedVaultFixture);
      const { vault, owner, alice, feeRecipient } = fixture;
      await borrow(fixture, 40n * WAD);
      await vault.connect(owner).setFeeRecipient(feeRecipient);
      await vault.connect(owner).setFee(WAD / 10n);
      for (const exit of ["withdraw", "redeem"] as const) {
        await networkHelpers.time.increase(YEAR);
        const [before, held] = [await vault.lastTotalAssets(), await vault.balanceOf(feeRecipient)];
        const accruals = await emitted(fixture, vault.connect(alice)[exit](7n, alice, alice), "FeeAccrued");
        const gain = (await vault.lastTotalAssets()) + (exit === "withdraw" ? 7n : 0n) - before;
        expect(gain).to.be.greaterThan(0n);
        expect(accruals).to.deep.equal([[gain, (await vault.balanceOf(feeRecipient)) - held]]);
      }
    });
  });
});
