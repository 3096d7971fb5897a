import { expect } from "chai";
import {
  actions,
  ethers,
  expectRefused,
  loadFixture,
  NEVER,
  poolCall,
  poolFixture,
  WAD,
} from "../../helpers/ledger-fixture.js";

const MODE = { repay: 0n, noApproval: 1n, wrongValue: 2n, short: 3n } as const;

async function borrowerFixture() {
  const fixture = await poolFixture();
  const borrower = await ethers.deployContract("MockFlashBorrower", [fixture.ledger]);
  return { ...fixture, borrower, token: await fixture.token0.getAddress() };
}

describe("Ledger", () => {
  describe("flashLoan", () => {
    it("reverts on a zero amount", async () => {
      const fixture = await loadFixture(borrowerFixture);
      const { borrower, token } = fixture;
      await expectRefused({ fixture, send: () => borrower.borrow(token, 0n, "0x"), error: "LedgerZeroAmount" });
    });

    it("reverts for more than the ledger holds", async () => {
      const fixture = await loadFixture(borrowerFixture);
      const { ledger, borrower, token0, token } = fixture;
      const held = await ledger.maxFlashLoan(token);
      expect(held).to.equal(await token0.balanceOf(ledger));
      await expectRefused({
        fixture,
        send: () => borrower.borrow(token, held + 1n, "0x"),
        contract: token0,
        error: "ERC20InsufficientBalance",
        args: [await ledger.getAddress(), held, held + 1n],
      });
    });

    it("reverts for what is no token", async () => {
      const fixture = await loadFixture(borrowerFixture);
      const { borrower, alice } = fixture;
      await expectRefused({
        fixture,
        send: () => borrower.borrow(alice, 1n, "0x"),
        error: "SafeERC20FailedOperation",
        args: [alice.address],
      });
    });

    it("reverts when the receiver answers another value", async () => {
      const fixture = await loadFixture(borrowerFixture);
      const { borrower, token } = fixture;
      await borrower.setMode(MODE.wrongValue);
      await expectRefused({
        fixture,
        send: () => borrower.borrow(token, WAD, "0x"),
        error: "LedgerFlashLoanRefused",
        args: [await borrower.getAddress()],
      });
    });

    it("reverts when the receiver does not let the repayment be pulled", async () => {
      const fixture = await loadFixture(borrowerFixture);
      const { ledger, borrower, token0, token } = fixture;
      for (const [mode, allowed] of [
        [MODE.noApproval, 0n],
        [MODE.short, WAD - 1n],
      ] as const) {
        await borrower.setMode(mode);
        await expectRefused({
          fixture,
          send: () => borrower.borrow(token, WAD, "0x"),
          contract: token0,
          error: "ERC20InsufficientAllowance",
          args: [await ledger.getAddress(), allowed, WAD],
        });
      }
    });

    it("reverts when the repayment delivers less", async () => {
      const fixture = await loadFixture(borrowerFixture);
      const { ledger, borrower, alice } = fixture;
      const token = await ethers.deployContract("FeeOnTransferToken", ["Fee", "FEE", 18, 0]);
      await token.mint(alice, 1000n);
      await token.connect(alice).approve(ledger, 1000n);
      await ledger.connect(alice).deposit(token, 1000n, 1000n, alice);
      await token.mint(borrower, 1000n);
      await token.setFeeBps(100n);
      await expectRefused({
        fixture,
        send: () => borrower.borrow(token, 1000n, "0x"),
        error: "LedgerFlashLoanNotRepaid",
        args: [await token.getAddress(), 990n, 1000n],
      });
    });

    it("reverts a second loan of the token within the first", async () => {
      const fixture = await loadFixture(borrowerFixture);
      const { ledger, borrower, token } = fixture;
      const data = ledger.interface.encodeFunctionData("flashLoan", [await borrower.getAddress(), token, 1n, "0x"]);
      await borrower.setCalls([{ target: await ledger.getAddress(), data }], true);
      await expectRefused({
        fixture,
        send: () => borrower.borrow(token, WAD, "0x"),
        error: "LedgerFlashLoanNested",
        args: [token],
      });
    });

    it("lends free of charge, logs it and answers true", async () => {
      const { ledger, borrower, token0, token } = await loadFixture(borrowerFixture);
      const address = await borrower.getAddress();
      expect(await borrower.borrow.staticCall(token, WAD, "0x")).to.equal(true);
      const loan = borrower.borrow(token, WAD, "0xabcd");
      await expect(loan).to.emit(ledger, "FlashLoan").withArgs(token, address, address, WAD);
      await expect(loan).to.changeTokenBalances(ethers, token0, [ledger, borrower], [0n, 0n]);
      expect([...(await borrower.lastLoan())]).to.deep.equal([address, token, WAD, 0n, WAD, "0xabcd"]);
    });

    it("names the initiator when another is the receiver", async () => {
      const { ledger, borrower, carol, token } = await loadFixture(borrowerFixture);
      await borrower.setExpectedInitiator(carol);
      await ledger.connect(carol).flashLoan(borrower, token, WAD, "0x");
      expect((await borrower.lastLoan()).initiator).to.equal(carol.address);
    });

    it("leaves the ledger usable while the loan is open", async () => {
      const { ledger, amm, borrower, token0, token1, key, ids, token } = await loadFixture(borrowerFixture);
      const target = await ledger.getAddress();
      const address = await borrower.getAddress();
      const encode = ledger.interface.encodeFunctionData.bind(ledger.interface);
      const swap = {
        ...poolCall({
          amm,
          key,
          to: address,
          amount0: 10n * WAD,
          data: actions.encodeFunctionData("swapExactIn", [1n, NEVER]),
        }),
        protocol: await amm.getAddress(),
      };
      await token0.mint(borrower, 10n * WAD);
      await borrower.setCalls(
        [
          { target: token, data: token0.interface.encodeFunctionData("approve", [target, 60n * WAD]) },
          { target, data: encode("deposit", [token, 60n * WAD, 1n, address]) },
          { target, data: encode("call", [swap]) },
          { target, data: encode("withdraw", [token, 50n * WAD, address]) },
        ],
        true,
      );
      await borrower.borrow(token, 50n * WAD, "0x");
      expect(await ledger.balanceOf(borrower, ids.token0)).to.equal(0n);
      expect(await ledger.balanceOf(borrower, ids.token1)).to.be.greaterThan(0n);
      expect(await token0.balanceOf(borrower)).to.equal(10n * WAD - 10n * WAD);
      expect(await token1.balanceOf(borrower)).to.equal(0n);
    });
  });

  describe("maxFlashLoan", () => {
    it("is the ledger's balance, 0 for what is no token", async () => {
      const { ledger, weth, alice } = await loadFixture(borrowerFixture);
      expect(await ledger.maxFlashLoan(weth)).to.equal(20n * WAD);
      expect(await ledger.maxFlashLoan(alice)).to.equal(0n);
    });
  });

  describe("flashFee", () => {
    it("is 0, and reverts for what is no token", async () => {
      const { ledger, alice, token } = await loadFixture(borrowerFixture);
      expect(await ledger.flashFee(token, WAD)).to.equal(0n);
      await expect(ledger.flashFee(alice, 1n))
        .to.be.revertedWithCustomError(ledger, "LedgerUnknownToken")
        .withArgs(alice.address);
    });
  });
});
