import { expect } from "chai";
import {
  ethers,
  expectRefused,
  ledgerFixture,
  loadFixture,
  MAX_AMOUNT,
  signDeposit,
} from "../../helpers/ledger-fixture.js";

describe("Ledger", () => {
  describe("depositWithPermit2", () => {
    it("reverts on a zero amount, one too large, and a receiver that cannot hold", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, token0, alice } = fixture;
      const cases = [
        { amount: 0n, to: alice.address, error: "LedgerZeroAmount", args: [] },
        {
          amount: MAX_AMOUNT + 1n,
          to: alice.address,
          error: "LedgerAmountTooLarge",
          args: [MAX_AMOUNT + 1n, MAX_AMOUNT],
        },
        { amount: 1n, to: ethers.ZeroAddress, error: "LedgerInvalidRecipient", args: [ethers.ZeroAddress] },
      ];
      for (const { amount, to, error, args } of cases) {
        const { permitted, signature } = await signDeposit({ fixture, owner: alice, token: token0, amount });
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).depositWithPermit2(alice, to, 0n, permitted, signature),
          error,
          args,
        });
      }
    });

    it("reverts for an address without code", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice, bob } = fixture;
      const { permitted, signature } = await signDeposit({ fixture, owner: alice, token: bob, amount: 1n });
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).depositWithPermit2(alice, alice, 0n, permitted, signature),
        error: "LedgerUnknownToken",
        args: [bob.address],
      });
    });

    it("reverts when less than the minimum arrives", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, permit2, alice, bob } = fixture;
      const token = await ethers.deployContract("ShortDeliveryToken", ["Short", "SHORT", 18]);
      await token.mint(alice, 100n);
      await token.connect(alice).approve(permit2, 100n);
      const witness = { to: alice.address, minimum: 100n };
      const { permitted, signature } = await signDeposit({ fixture, owner: alice, token, amount: 100n, witness });
      await expectRefused({
        fixture,
        send: () => ledger.connect(bob).depositWithPermit2(alice, alice, 100n, permitted, signature),
        error: "LedgerBelowMinimumDeposit",
        args: [await token.getAddress(), 99n, 100n],
      });
    });

    it("reverts after the signature's deadline", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, permit2, token0, alice } = fixture;
      const witness = { to: alice.address, minimum: 0n };
      const signed = await signDeposit({ fixture, owner: alice, token: token0, amount: 5n, deadline: 1n, witness });
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).depositWithPermit2(alice, alice, 0n, signed.permitted, signed.signature),
        contract: permit2,
        error: "SignatureExpired",
        args: [1n],
      });
    });

    it("credits the signed receiver, whoever submits", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, token0, alice, bob, carol, ids } = fixture;
      const witness = { to: carol.address, minimum: 5n };
      const { permitted, signature } = await signDeposit({ fixture, owner: alice, token: token0, amount: 5n, witness });
      const deposit = ledger.connect(bob).depositWithPermit2(alice, carol, 5n, permitted, signature);
      await expect(deposit)
        .to.emit(ledger, "Transfer")
        .withArgs(bob.address, ethers.ZeroAddress, carol.address, ids.token0, 5n);
      await expect(deposit).to.changeTokenBalances(ethers, token0, [alice, bob, ledger], [-5n, 0n, 5n]);
      expect(await ledger.balanceOf(carol, ids.token0)).to.equal(5n);
    });

    it("wants the witness from the owner himself too", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, permit2, token0, alice, carol, ids } = fixture;
      const order = { fixture, owner: alice, token: token0, amount: 5n };
      const plain = await signDeposit(order);
      for (const to of [alice, carol]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).depositWithPermit2(alice, to, 0n, plain.permitted, plain.signature),
          contract: permit2,
          error: "InvalidSigner",
        });
      }
      const signed = await signDeposit({ ...order, witness: { to: carol.address, minimum: 5n } });
      await ledger.connect(alice).depositWithPermit2(alice, carol, 5n, signed.permitted, signed.signature);
      expect(await ledger.balanceOf(carol, ids.token0)).to.equal(5n);
    });
  });
});
