import { expect } from "chai";
import {
  actions,
  bookIdOf,
  bookKeyOf,
  callOf,
  ethers,
  impersonate,
  issuedId,
  KIND,
  ledgerFixture,
  loadFixture,
  MAX_AMOUNT,
  NEVER,
  outcomeOf,
  poolCall,
  sectionOf,
  settle,
  stateOf,
  watched,
} from "../../helpers/ledger-fixture.js";

/** Asset 1 is a plain issue of which its issuer has minted twice what a half can hold, to Alice and to Bob. */
async function inflatedFixture() {
  const fixture = await ledgerFixture();
  const { ledger, amm, protocol, alice, bob, carol, token0, ids } = fixture;
  const name = { protocol, asset0: ids.token0, asset1: ids.token1, key: ethers.ZeroHash };
  const issued = await issuedId({ owner: protocol, salt: await bookIdOf(name) });
  await protocol.setOutcome(outcomeOf({ shareId: issued, mint: MAX_AMOUNT }));
  for (const user of [alice, bob]) await ledger.connect(user).call(callOf({ ...name, protocol, to: user }));

  const key = { asset0: ids.token0, asset1: issued, fee: 0n, alpha: 0n, beta: 0n, flags: 0n };
  const data = actions.encodeFunctionData("createPool", [key, 1n, NEVER]);
  await ledger.connect(alice).call(poolCall({ amm, key, to: alice, amount0: 2000n, amount1: MAX_AMOUNT, data }));
  const rest = MAX_AMOUNT - (await token0.balanceOf(ledger));
  await token0.mint(carol, rest);
  await token0.connect(carol).approve(ledger, rest);
  await ledger.connect(carol).deposit(token0, rest, rest, carol);
  await ledger.connect(carol).setConsent(ids.token0, 1n);
  await ledger.connect(bob).setConsent(issued, 1n);
  return { ...fixture, key, issued, rest };
}

describe("attacks", () => {
  it("output of a section beyond a half-word (AMM_12)", async () => {
    const fixture = await loadFixture(inflatedFixture);
    const { ledger, amm, settlement, key, bob, carol, rest } = fixture;
    // Both orders fill at a price of about 2: Carol's output has 113 bits, and its payout word spills.
    const price = (2n * MAX_AMOUNT * 10n ** 36n) / (2000n + rest);
    const parameters = ethers.AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [price, 10n ** 15n]);
    const section = sectionOf({
      protocol: amm,
      key: bookKeyOf(key),
      asset0: key.asset0,
      asset1: key.asset1,
      parameters,
    });
    const orders = [
      { account: carol, kind: KIND.asset0, amount: rest },
      { account: bob, kind: KIND.asset1, amount: MAX_AMOUNT },
    ];
    const before = await stateOf(watched(fixture));
    expect((await settle({ settlement, section, orders })).executed).to.equal(false);
    expect(await stateOf(watched(fixture))).to.deep.equal(before);
    const self = await impersonate(ledger);
    const words = [...(await settlement.pack(orders.map((order) => ({ ...order, sequence: 0n, arguments: 0n }))))];
    await expect(ledger.connect(self).settleFrame.staticCall(section, words)).to.be.revertedWithCustomError(
      ledger,
      "LedgerInsufficientBook",
    );
    // With an order that the book can pay the section stands, so nothing else has stopped it.
    const half = (MAX_AMOUNT * 10n ** 36n) / (2000n + rest / 2n);
    const wide = ethers.AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [half, 10n ** 17n * 9n]);
    const small = { account: carol, kind: KIND.asset0, amount: rest / 2n };
    const answer = await settle({ settlement, section: { ...section, parameters: wide }, orders: [small] });
    expect([answer.executed, answer.skipped]).to.deep.equal([true, [0n]]);
  });
});
