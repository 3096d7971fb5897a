import { expect } from "chai";
import {
  callOf,
  ethers,
  expectRefused,
  FLAG,
  issuedId,
  ledgerFixture,
  loadFixture,
  receiverOf,
  sectionOf,
  settle,
  WAD,
} from "../../helpers/ledger-fixture.js";

async function rulesFixture() {
  const fixture = await ledgerFixture();
  const { issuer, alice, bob } = fixture;
  const salt = ethers.id("rules");
  await issuer.issue(salt, FLAG.rules0, issuer, ethers.ZeroAddress);
  const id = await issuedId({ owner: issuer, salt, flags: FLAG.rules0 });
  for (const user of [alice, bob]) await issuer.mint(id, user, 1000n);
  return { ...fixture, id };
}

describe("attacks", () => {
  it("forced transfer from a protocol account", async () => {
    const fixture = await loadFixture(rulesFixture);
    const { ledger, issuer, amm, protocol, alice, bob, ids, id } = fixture;
    const core = await amm.getAddress();
    await issuer.mint(id, amm, 100n);
    await expectRefused({
      fixture,
      send: () => issuer.forceTransfer(id, amm, issuer, 1n),
      error: "LedgerForcedFromProtocol",
      args: [id, core],
    });
    await expectRefused({
      fixture,
      send: () => issuer.burn(id, amm, 1n),
      error: "LedgerForcedFromProtocol",
      args: [id, core],
    });

    // Units in a book have no holder: the book's key leads nowhere, and a book is a listed core's, from whom nobody is forced.
    const key = ethers.id("book");
    const put = callOf({ protocol, key, to: alice, asset0: id, asset1: ids.token0, amount0: 300n, amount1: WAD });
    await expectRefused({
      fixture,
      send: () => ledger.connect(alice).call(put),
      error: "LedgerUnlistedProtocol",
      args: [await protocol.getAddress(), id],
    });
    await ledger.listCore(protocol);
    await ledger.connect(alice).call(put);
    const book = await ledger.bookOf(protocol, key, id, ids.token0);
    const places = [ethers.getAddress(ethers.dataSlice(key, 12)), ethers.getAddress(ethers.dataSlice(key, 0, 20))];
    for (const place of places) {
      await expectRefused({
        fixture,
        send: () => issuer.forceTransfer(id, place, issuer, 1n),
        error: "LedgerInsufficientBalance",
        args: [place, id, 0n, 1n],
      });
      await expectRefused({
        fixture,
        send: () => issuer.burn(id, place, 1n),
        error: "LedgerInsufficientBalance",
        args: [place, id, 0n, 1n],
      });
    }
    expect(await ledger.bookOf(protocol, key, id, ids.token0)).to.equal(book);

    // From a holder it works, for the issuer's own id alone.
    await issuer.forceTransfer(id, alice, bob, 700n);
    expect(await ledger.balanceOf(bob, id)).to.equal(1700n);
    await expectRefused({
      fixture,
      send: () => ledger.connect(bob).forceTransfer(id, alice, bob, 1n),
      error: "LedgerNotIssuer",
      args: [bob.address, id],
    });
  });

  it("gas-burning RULES issuer", async () => {
    const fixture = await loadFixture(rulesFixture);
    const { ledger, issuer, settlement, alice, bob, carol, ids, id } = fixture;
    for (const user of [alice, bob]) {
      await ledger.connect(user).setConsent(id, 1n);
      await ledger.connect(user).setConsent(ids.token0, 1n);
    }
    await issuer.setBurnsGas(true);
    await expectRefused({
      fixture,
      send: () => ledger.connect(alice).transfer(carol, id, 1n, { gasLimit: 1_000_000n }),
      error: "LedgerTransferRefused",
      args: [id, alice.address, carol.address, 1n],
    });
    // With too little gas for a full answer the refusal is the gas's, not the issuer's.
    await expectRefused({
      fixture,
      send: () => ledger.connect(alice).transfer(carol, id, 1n, { gasLimit: 120_000n }),
      error: "LedgerInsufficientGas",
    });
    const toCarol = await receiverOf(carol);
    const orders = [alice, bob].map((account) => ({ account, amount: 5n, arguments: toCarol }));
    const mixed = sectionOf({ asset0: id, asset1: ids.token0 });
    // The burnt gas is bounded: its operations are skipped, the other asset's are not.
    const answer = await settle({
      settlement,
      section: mixed,
      orders: [...orders, ...orders.map((order) => ({ ...order, kind: 1n }))],
    });
    expect([answer.executed, answer.skipped]).to.deep.equal([true, [0b0011n]]);
    expect(await ledger.balanceOf(carol, ids.token0)).to.equal(10n);
    expect(await ledger.balanceOf(carol, id)).to.equal(0n);
    // A frame too small for the answers is skipped whole.
    const words = [await ledger.wordOf(alice, ids.token0), await ledger.wordOf(alice, id)];
    const small = await settle({ settlement, section: sectionOf({ ...mixed, gasCap: 200_000n }), orders });
    expect(small.executed).to.equal(false);
    expect([await ledger.wordOf(alice, ids.token0), await ledger.wordOf(alice, id)]).to.deep.equal(words);
    // Plain assets of everybody move as ever.
    await ledger.connect(alice).transfer(carol, ids.token0, 1n);
  });
});
