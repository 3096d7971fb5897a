import { expect } from "chai";
import { ethers, expectRefused, ledgerFixture, loadFixture, WAD } from "../../helpers/ledger-fixture.js";

describe("Ledger", () => {
  describe("depositNative", () => {
    it("reverts without ether", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).depositNative(alice),
        error: "LedgerZeroAmount",
        args: [],
      });
    });

    it("reverts for the zero address and the ledger as receivers", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice } = fixture;
      for (const to of [ethers.ZeroAddress, await ledger.getAddress()]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).depositNative(to, { value: 1n }),
          error: "LedgerInvalidRecipient",
          args: [to],
        });
      }
    });

    it("wraps the ether, credits it and logs it", async () => {
      const { ledger, weth, alice, carol, ids } = await loadFixture(ledgerFixture);
      const deposit = ledger.connect(alice).depositNative(carol, { value: WAD });
      await expect(deposit)
        .to.emit(ledger, "Transfer")
        .withArgs(alice.address, ethers.ZeroAddress, carol.address, ids.weth, WAD);
      await expect(deposit).to.changeTokenBalance(ethers, weth, ledger, WAD);
      await expect(deposit).to.changeEtherBalances(ethers, [alice, ledger], [-WAD, 0n]);
      expect(await ledger.balanceOf(carol, ids.weth)).to.equal(WAD);
    });

    it("refuses ether that comes without a call", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice } = fixture;
      await expectRefused({
        fixture,
        send: () => alice.sendTransaction({ to: ledger, value: 3n }),
        error: "LedgerUnexpectedEther",
        args: [alice.address, 3n],
      });
    });
  });
});
