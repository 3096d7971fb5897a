import { expect } from "chai";
import { ethers, expectRefused, ledgerFixture, loadFixture, MAX_AMOUNT, WAD } from "../../helpers/ledger-fixture.js";

describe("Ledger", () => {
  describe("withdraw", () => {
    it("reverts on a zero amount", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, token0, alice } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).withdraw(token0, 0n, alice),
        error: "LedgerZeroAmount",
        args: [],
      });
    });

    it("reverts for the zero address and the ledger as receivers", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, token0, alice } = fixture;
      for (const to of [ethers.ZeroAddress, await ledger.getAddress()]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).withdraw(token0, 1n, to),
          error: "LedgerInvalidRecipient",
          args: [to],
        });
      }
    });

    it("reverts on the zero address as token", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).withdraw(ethers.ZeroAddress, 1n, alice),
        error: "LedgerInsufficientBalance",
        args: [alice.address, 0n, 0n, 1n],
      });
    });

    it("reverts when the caller holds less", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, token0, alice, ids } = fixture;
      const balance = await ledger.balanceOf(alice, ids.token0);
      for (const amount of [balance + 1n, MAX_AMOUNT + 1n, ethers.MaxUint256]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).withdraw(token0, amount, alice),
          error: "LedgerInsufficientBalance",
          args: [alice.address, ids.token0, balance, amount],
        });
      }
    });

    it("debits the caller, pays the receiver and logs it", async () => {
      const { ledger, token0, alice, carol, ids } = await loadFixture(ledgerFixture);
      const withdrawal = ledger.connect(alice).withdraw(token0, WAD, carol);
      await expect(withdrawal)
        .to.emit(ledger, "Transfer")
        .withArgs(alice.address, alice.address, ethers.ZeroAddress, ids.token0, WAD);
      await expect(withdrawal).to.changeTokenBalances(ethers, token0, [ledger, carol], [-WAD, WAD]);
      expect(await ledger.balanceOf(alice, ids.token0)).to.equal(999n * WAD);
    });

    it("leaves the neighbour and the flags of the word alone", async () => {
      const { ledger, usdc, alice, ids } = await loadFixture(ledgerFixture);
      await ledger.connect(alice).setConsent(ids.usdc, 1n);
      const word = await ledger.wordOf(alice, ids.weth);
      await ledger.connect(alice).withdraw(usdc, 1000n * WAD, alice);
      expect(await ledger.wordOf(alice, ids.weth)).to.equal(word - ((1000n * WAD) << 112n));
    });
  });

  describe("withdrawNative", () => {
    it("reverts on a zero amount, a bad receiver and too small a balance", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice, ids } = fixture;
      const cases = [
        { amount: 0n, to: alice.address, error: "LedgerZeroAmount", args: [] },
        { amount: 1n, to: ethers.ZeroAddress, error: "LedgerInvalidRecipient", args: [ethers.ZeroAddress] },
        {
          amount: 11n * WAD,
          to: alice.address,
          error: "LedgerInsufficientBalance",
          args: [alice.address, ids.weth, 10n * WAD, 11n * WAD],
        },
      ];
      for (const { amount, to, error, args } of cases) {
        await expectRefused({ fixture, send: () => ledger.connect(alice).withdrawNative(amount, to), error, args });
      }
    });

    it("reverts when the receiver refuses the ether", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice } = fixture;
      const receiver = await ethers.deployContract("EtherReceiver");
      await receiver.setRefusing(true);
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).withdrawNative(5n, receiver),
        error: "LedgerNativeTransferFailed",
        args: [await receiver.getAddress(), 5n],
      });
    });

    it("unwraps, pays the receiver and logs it", async () => {
      const { ledger, weth, alice, carol, ids } = await loadFixture(ledgerFixture);
      const withdrawal = ledger.connect(alice).withdrawNative(WAD, carol);
      await expect(withdrawal)
        .to.emit(ledger, "Transfer")
        .withArgs(alice.address, alice.address, ethers.ZeroAddress, ids.weth, WAD);
      await expect(withdrawal).to.changeEtherBalance(ethers, carol, WAD);
      await expect(withdrawal).to.changeTokenBalance(ethers, weth, ledger, -WAD);
      expect(await ledger.balanceOf(alice, ids.weth)).to.equal(9n * WAD);
    });
  });
});
