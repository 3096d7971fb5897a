import { expect } from "chai";
import { ethers, expectRefused, ledgerFixture, loadFixture, MAX_AMOUNT } from "../../helpers/ledger-fixture.js";

describe("Ledger", () => {
  describe("deposit", () => {
    it("reverts on a zero amount", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, token0, alice } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).deposit(token0, 0n, 0n, alice),
        error: "LedgerZeroAmount",
        args: [],
      });
    });

    it("reverts on an amount that no half-word holds", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, token0, alice } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).deposit(token0, MAX_AMOUNT + 1n, 0n, alice),
        error: "LedgerAmountTooLarge",
        args: [MAX_AMOUNT + 1n, MAX_AMOUNT],
      });
    });

    it("reverts for the zero address and the ledger as receivers", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, token0, alice } = fixture;
      for (const to of [ethers.ZeroAddress, await ledger.getAddress()]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).deposit(token0, 1n, 0n, to),
          error: "LedgerInvalidRecipient",
          args: [to],
        });
      }
    });

    it("reverts for an address without code", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice, bob } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).deposit(bob, 1n, 0n, alice),
        error: "LedgerUnknownToken",
        args: [bob.address],
      });
    });

    it("reverts without the wallet's allowance", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, token0, carol } = fixture;
      await token0.mint(carol, 5n);
      await expectRefused({
        fixture,
        send: () => ledger.connect(carol).deposit(token0, 5n, 0n, carol),
        contract: token0,
        error: "ERC20InsufficientAllowance",
        args: [await ledger.getAddress(), 0n, 5n],
      });
    });

    it("reverts when less than the minimum arrives", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice } = fixture;
      const token = await ethers.deployContract("ShortDeliveryToken", ["Short", "SHORT", 18]);
      await token.mint(alice, 1000n);
      await token.connect(alice).approve(ledger, 1000n);
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).deposit(token, 1000n, 1000n, alice),
        error: "LedgerBelowMinimumDeposit",
        args: [await token.getAddress(), 999n, 1000n],
      });
    });

    it("reverts when the ledger would hold more than 2^112 − 1", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, token0, alice } = fixture;
      await token0.mint(alice, MAX_AMOUNT);
      const held = await token0.balanceOf(ledger);
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).deposit(token0, MAX_AMOUNT, 0n, alice),
        error: "LedgerAmountTooLarge",
        args: [MAX_AMOUNT + held, MAX_AMOUNT],
      });
    });

    it("reverts when the receiver's half would overflow", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice, carol } = fixture;
      const token = await ethers.deployContract("MockERC20", ["Huge", "HUGE", 18]);
      await token.mint(alice, 2n * MAX_AMOUNT);
      await token.connect(alice).approve(ledger, ethers.MaxUint256);
      await ledger.connect(alice).deposit(token, MAX_AMOUNT, MAX_AMOUNT, carol);
      await token.burn(ledger, MAX_AMOUNT);
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).deposit(token, 1n, 1n, carol),
        error: "LedgerBalanceOverflow",
        args: [carol.address, BigInt(await token.getAddress()), MAX_AMOUNT, 1n],
      });
    });

    it("credits the receiver and logs it", async () => {
      const { ledger, token0, alice, carol, ids } = await loadFixture(ledgerFixture);
      expect(await ledger.connect(alice).deposit.staticCall(token0, 7n, 7n, carol)).to.equal(7n);
      const deposit = ledger.connect(alice).deposit(token0, 7n, 7n, carol);
      await expect(deposit)
        .to.emit(ledger, "Transfer")
        .withArgs(alice.address, ethers.ZeroAddress, carol.address, ids.token0, 7n);
      await expect(deposit).to.changeTokenBalances(ethers, token0, [alice, ledger], [-7n, 7n]);
      expect(await ledger.balanceOf(carol, ids.token0)).to.equal(7n);
      expect(await ledger.wordOf(carol, ids.token0)).to.equal(7n);
    });

    it("puts the second token of a home pair into the high half of the first's word", async () => {
      const { ledger, usdc, alice, carol, ids } = await loadFixture(ledgerFixture);
      await ledger.connect(alice).deposit(usdc, 9n, 9n, carol);
      expect(await ledger.wordOf(carol, ids.weth)).to.equal(9n << 112n);
      expect(await ledger.homeOf(ids.usdc)).to.deep.equal([ids.weth, 1n]);
      expect(await ledger.homeOf(ids.weth)).to.deep.equal([ids.weth, 0n]);
      expect(await ledger.balanceOf(carol, ids.usdc)).to.equal(9n);
    });
  });
});
