import { expect } from "chai";
import { EventLog } from "ethers";
import { isInstrumented } from "#chain";
import {
  ethers,
  ledgerFixture,
  loadFixture,
  receiverOf,
  sectionOf,
  settle,
  stateOf,
  watched,
} from "../../helpers/ledger-fixture.js";

async function consentFixture() {
  const fixture = await ledgerFixture();
  for (const user of [fixture.alice, fixture.bob]) {
    for (const id of [fixture.ids.token0, fixture.ids.token1]) await fixture.ledger.connect(user).setConsent(id, 1n);
  }
  return fixture;
}

describe("attacks", () => {
  it("starved section gas", async () => {
    const fixture = await loadFixture(consentFixture);
    const { ledger, settlement, alice, carol, ids } = fixture;
    const section = sectionOf({ asset0: ids.token0, asset1: ids.token1, gasCap: 1_000_000n });
    const order = { account: alice, sequence: 0n, kind: 0n, amount: 5n, arguments: await receiverOf(carol) };
    const before = await stateOf(watched(fixture));
    let refused = 0;
    let executed = 0;
    // Whatever gas the relayer gives: the section executes, or the transaction fails as a whole. It is never skipped.
    for (let gasLimit = 100_000n; gasLimit < 1_300_000n; gasLimit += 60_000n) {
      const snapshot = (await ethers.provider.send("evm_snapshot", [])) as string;
      const response = await settlement.settle(section, [order], { gasLimit }).catch((error: unknown) => {
        expect(String(error)).to.include("LedgerInsufficientGas");
        return undefined;
      });
      if (response === undefined) {
        refused += 1;
        expect(await stateOf(watched(fixture))).to.deep.equal(before);
      } else {
        executed += 1;
        const log = (await response.wait())?.logs.at(-1);
        if (!(log instanceof EventLog)) expect.fail("no event");
        expect([log.args[0], [...(log.args[1] as bigint[])]]).to.deep.equal([true, [0n]]);
      }
      await ethers.provider.send("evm_revert", [snapshot]);
    }
    expect(refused).to.be.greaterThan(5);
    expect(executed).to.be.greaterThan(2);
    await expect(settlement.settle(section, [order], { gasLimit: 900_000n })).to.be.revertedWithCustomError(
      ledger,
      "LedgerInsufficientGas",
    );
  });

  it("protocol that burns all gas in a section", async function () {
    // Gas is another without the optimiser and with counters.
    if (isInstrumented) this.skip();
    const fixture = await loadFixture(consentFixture);
    const { ledger, settlement, protocol, alice, bob, carol, ids } = fixture;
    await protocol.setReverts(false, true);
    const before = await stateOf(watched(fixture));
    const pair = { asset0: ids.token0, asset1: ids.token1 };
    const orders = [alice, bob].map((account) => ({ account, amount: 5n }));
    const burnt = await settle({ settlement, section: sectionOf({ ...pair, protocol, gasCap: 500_000n }), orders });
    // The event comes after the section: the transaction went on with what the cap left.
    expect([burnt.executed, burnt.skipped]).to.deep.equal([false, []]);
    expect(await stateOf(watched(fixture))).to.deep.equal(before);
    const receipt = await burnt.response.wait();
    expect(receipt?.gasUsed).to.be.lessThan(700_000n);
    // The same operations, with the same sequences, execute in the next section.
    const toCarol = await receiverOf(carol);
    const next = await settle({
      settlement,
      section: sectionOf(pair),
      orders: orders.map((order) => ({ ...order, arguments: toCarol })),
    });
    expect([next.executed, next.skipped]).to.deep.equal([true, [0n]]);
    expect(await ledger.balanceOf(carol, ids.token0)).to.equal(10n);
  });
});
