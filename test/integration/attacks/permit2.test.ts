import { expect } from "chai";
import { expectRefused, ledgerFixture, loadFixture, signDeposit, WAD } from "../../helpers/ledger-fixture.js";

describe("attacks", () => {
  it("Permit2 recipient swap", async () => {
    const fixture = await loadFixture(ledgerFixture);
    const { ledger, permit2, token0, alice, bob, carol, ids } = fixture;
    const witness = { to: alice.address, minimum: WAD };
    const signed = await signDeposit({ fixture, owner: alice, token: token0, amount: WAD, witness });
    const submit = (to: string, minimum: bigint) =>
      ledger.connect(bob).depositWithPermit2(alice, to, minimum, signed.permitted, signed.signature);
    for (const [to, minimum] of [
      [bob.address, WAD],
      [alice.address, 0n],
      [alice.address, WAD - 1n],
      [carol.address, 0n],
    ] as const) {
      await expectRefused({ fixture, send: () => submit(to, minimum), contract: permit2, error: "InvalidSigner" });
    }
    // A signature without a witness is worth nothing, whoever submits it.
    const plain = await signDeposit({ fixture, owner: alice, token: token0, amount: WAD, nonce: 1n });
    for (const sender of [alice, bob]) {
      for (const to of [alice.address, bob.address]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(sender).depositWithPermit2(alice, to, 0n, plain.permitted, plain.signature),
          contract: permit2,
          error: "InvalidSigner",
        });
      }
    }
    // The owner himself cannot turn what he signed either.
    await expectRefused({
      fixture,
      send: () => ledger.connect(alice).depositWithPermit2(alice, carol, WAD, signed.permitted, signed.signature),
      contract: permit2,
      error: "InvalidSigner",
    });
    // What was signed goes through by anybody, once, to whom it names.
    const balance = await ledger.balanceOf(alice, ids.token0);
    await submit(alice.address, WAD);
    expect(await ledger.balanceOf(alice, ids.token0)).to.equal(balance + WAD);
    await expectRefused({
      fixture,
      send: () => submit(alice.address, WAD),
      contract: permit2,
      error: "InvalidNonce",
    });
    const toCarol = await signDeposit({
      fixture,
      owner: alice,
      token: token0,
      amount: WAD,
      nonce: 1n,
      witness: { to: carol.address, minimum: 0n },
    });
    await ledger.connect(alice).depositWithPermit2(alice, carol, 0n, toCarol.permitted, toCarol.signature);
    expect(await ledger.balanceOf(carol, ids.token0)).to.equal(WAD);
  });
});
