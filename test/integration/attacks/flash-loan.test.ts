import { expect } from "chai";
import {
  ethers,
  expectRefused,
  ledgerFixture,
  loadFixture,
  stateOf,
  WAD,
  watched,
} from "../../helpers/ledger-fixture.js";

async function borrowerFixture() {
  const fixture = await ledgerFixture();
  const borrower = await ethers.deployContract("MockFlashBorrower", [fixture.ledger]);
  return { ...fixture, borrower };
}

describe("attacks", () => {
  it("flash-loan deposit as repayment", async () => {
    const fixture = await loadFixture(borrowerFixture);
    const { ledger, token0, borrower, ids } = fixture;
    const token = await token0.getAddress();
    const calls = [
      { target: token, data: token0.interface.encodeFunctionData("approve", [await ledger.getAddress(), WAD]) },
      {
        target: await ledger.getAddress(),
        data: ledger.interface.encodeFunctionData("deposit", [token, WAD, WAD, await borrower.getAddress()]),
      },
    ];
    await borrower.setCalls(calls, true);
    await expectRefused({
      fixture,
      send: () => borrower.borrow(token, WAD, "0x"),
      contract: token0,
      error: "ERC20InsufficientBalance",
      args: [await borrower.getAddress(), 0n, WAD],
    });
    expect(await ledger.balanceOf(borrower, ids.token0)).to.equal(0n);

    // Paying the ledger directly is no repayment either: it is pulled, so the loan is paid twice or fails.
    await borrower.setCalls(
      [{ target: token, data: token0.interface.encodeFunctionData("transfer", [await ledger.getAddress(), WAD]) }],
      true,
    );
    await expectRefused({
      fixture,
      send: () => borrower.borrow(token, WAD, "0x"),
      contract: token0,
      error: "ERC20InsufficientBalance",
      args: [await borrower.getAddress(), 0n, WAD],
    });
  });

  it("nested flash loan of the same token", async () => {
    const fixture = await loadFixture(borrowerFixture);
    const { ledger, token0, token1, borrower } = fixture;
    const token = await token0.getAddress();
    const target = await ledger.getAddress();
    const nested = (asset: string) =>
      ledger.interface.encodeFunctionData("flashLoan", [borrower.target, asset, 5n, "0x"]);
    await borrower.setCalls([{ target, data: nested(token) }], true);
    await expectRefused({
      fixture,
      send: () => borrower.borrow(token, WAD, "0x"),
      error: "LedgerFlashLoanNested",
      args: [token],
    });
    // Another token may be lent meanwhile, and the views say so.
    const before = await stateOf(watched(fixture));
    await borrower.setCalls(
      [
        { target, data: nested(await token1.getAddress()) },
        { target, data: ledger.interface.encodeFunctionData("maxFlashLoan", [token]) },
      ],
      true,
    );
    await borrower.borrow(token, WAD, "0x");
    const results = await borrower.results();
    expect(results[1]?.returned).to.equal(ethers.ZeroHash);
    expect(await borrower.loans()).to.equal(2n);
    // Allowances given by the borrower live in the tokens; the ledger itself is as it was.
    expect((await stateOf(watched(fixture)))[0]).to.equal(before[0]);
    // The lock opens again in the same transaction's end and after a refused loan.
    await borrower.borrow(token, WAD, "0x");
  });
});
