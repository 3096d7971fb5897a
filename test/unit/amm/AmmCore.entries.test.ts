import { expect } from "chai";
import type { ILedgerProtocol } from "../../../typechain-types/core/Ledger.js";
import {
  actions,
  ethers,
  expectRefused,
  impersonate,
  KIND,
  loadFixture,
  NEVER,
  type Order,
  poolCall,
  poolFixture,
  sectionOf,
  settle,
  stateOf,
  watched,
  WAD,
  wordParts,
} from "../../helpers/ledger-fixture.js";

type Band = { price: bigint; tolerance: bigint };

const SCALE = 10n ** 36n;
/** The pool's price, 4 token 1 per token 0, give or take a tenth. */
const BAND = { price: 4n * SCALE, tolerance: WAD / 10n };

function encodeBand({ price, tolerance }: Band): string {
  return ethers.AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [price, tolerance]);
}

async function entryFixture() {
  const fixture = await poolFixture();
  const { ledger, amm, settlement, key, bookKey, alice, bob } = fixture;
  for (const user of [alice, bob]) {
    for (const id of [key.asset0, key.asset1]) await ledger.connect(user).setConsent(id, 1n);
  }
  const section = (band: Band = BAND): ILedgerProtocol.SectionStruct =>
    sectionOf({
      protocol: amm,
      key: bookKey,
      asset0: key.asset0,
      asset1: key.asset1,
      parameters: encodeBand(band),
    });
  const run = (orders: readonly Order[], band?: Band) => settle({ settlement, section: section(band), orders });
  const holdings = await ledger.bookOf(amm, bookKey, key.asset0, key.asset1);
  return { ...fixture, section, run, holdings };
}

describe("AmmCore", () => {
  describe("entries", () => {
    it("refuse every caller but the ledger", async () => {
      const fixture = await loadFixture(entryFixture);
      const { amm, alice, poolId, holdings } = fixture;
      const swap = actions.encodeFunctionData("swapExactIn", [0n, NEVER]);
      for (const send of [
        () => amm.connect(alice).onLedgerCall(alice, poolId, holdings, WAD, swap),
        () => amm.connect(alice).onLedgerBatch(poolId, holdings, 0n, encodeBand(BAND), []),
      ]) {
        await expectRefused({ fixture, send, contract: amm, error: "AmmNotLedger", args: [alice.address] });
      }
      expect(await amm.LEDGER()).to.equal(await fixture.ledger.getAddress());
    });

    it("refuse an unknown action by its selector, also one that is too short", async () => {
      const fixture = await loadFixture(entryFixture);
      const { ledger, amm, key, alice } = fixture;
      for (const [data, selector] of [
        ["0x12345678", "0x12345678"],
        ["0xdeadbeef00", "0xdeadbeef"],
        ["0x", "0x00000000"],
        ["0x123456", "0x12345600"],
        [amm.interface.encodeFunctionData("shareIdOf", [key]), amm.interface.getFunction("shareIdOf").selector],
      ] as const) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).call(poolCall({ amm, key, to: alice, amount0: WAD, data })),
          contract: amm,
          error: "AmmUnknownAction",
          args: [selector],
        });
      }
      const cut = actions.encodeFunctionData("swapExactIn", [0n, NEVER]).slice(0, 40);
      await expect(
        ledger.connect(alice).call(poolCall({ amm, key, to: alice, amount0: WAD, data: cut })),
      ).to.be.revertedWithoutReason(ethers);
    });
  });

  describe("onLedgerBatch", () => {
    it("reverts for an unknown pool, on an invalid band, and outside the band", async () => {
      const fixture = await loadFixture(entryFixture);
      const { ledger, amm, settlement, alice, run, holdings, poolId } = fixture;
      const self = await impersonate(ledger);
      const order = { account: alice, sequence: 0n, kind: 0n, amount: WAD, arguments: 0n };
      const operations = [...(await settlement.pack([order]))];
      const batch = (band: Band, book = holdings) =>
        amm.connect(self).onLedgerBatch.staticCall(poolId, book, 0n, encodeBand(band), operations);
      await expect(batch(BAND, 0n)).to.be.revertedWithCustomError(amm, "AmmUnknownPool").withArgs(poolId);
      for (const [price, tolerance] of [
        [0n, 0n],
        [1n << 192n, 0n],
        [SCALE, WAD],
      ] as const) {
        await expect(batch({ price, tolerance }))
          .to.be.revertedWithCustomError(amm, "AmmInvalidBand")
          .withArgs(price, tolerance);
      }
      const band = { price: 5n * SCALE, tolerance: WAD / 100n };
      const net = WAD * 997_000n;
      const price = (400n * WAD * 10n ** 6n * SCALE) / (100n * WAD * 10n ** 6n + net);
      await expect(batch(band))
        .to.be.revertedWithCustomError(amm, "AmmOutsideBand")
        .withArgs(price, (5n * SCALE * 99n) / 100n, (5n * SCALE * 101n) / 100n);
      // Through a settlement the section is skipped, and nothing of it stands.
      const before = await stateOf(watched(fixture));
      expect((await run([{ account: alice, amount: WAD }], band)).executed).to.equal(false);
      expect(await stateOf(watched(fixture))).to.deep.equal(before);
    });

    it("fills a batch of one as a wallet's swap, to the unit", async () => {
      const { ledger, amm, ammLens, key, poolId, bob, run } = await loadFixture(entryFixture);
      for (const kind of [KIND.asset0, KIND.asset1]) {
        const quote = await ammLens.quoteExactIn(key, kind === KIND.asset0, WAD);
        const id = kind === KIND.asset0 ? key.asset1 : key.asset0;
        const balance = await ledger.balanceOf(bob, id);
        // Bought units move no sequence: each order is the first of its own word.
        const answer = await run([{ account: bob, kind, amount: WAD }]);
        expect([answer.executed, answer.skipped]).to.deep.equal([true, [0n]]);
        expect((await ledger.balanceOf(bob, id)) - balance).to.equal(quote);
        await expect(answer.response).to.emit(amm, "BatchCleared");
      }
      expect((await amm.poolOf(poolId)).totalShares).to.equal(200n * WAD);
    });

    it("clears opposite orders at one price, and skips those whose limit the band does not meet", async () => {
      const fixture = await loadFixture(entryFixture);
      const { ledger, amm, key, poolId, bookKey, alice, bob, run, ids } = fixture;
      const before = {
        alice: [await ledger.balanceOf(alice, ids.token0), await ledger.balanceOf(alice, ids.token1)],
        bob: [await ledger.balanceOf(bob, ids.token0), await ledger.balanceOf(bob, ids.token1)],
      };
      const k = 100n * WAD * 400n * WAD;
      const net0 = WAD * 997_000n;
      const net1 = 8n * WAD * 997_000n;
      const x = 100n * WAD * 1_000_000n + net0;
      const y = 400n * WAD * 1_000_000n + net1;
      const out1 = (net0 * y) / (x * 1_000_000n);
      const out0 = (net1 * x) / (y * 1_000_000n);
      const answer = await run([
        { account: alice, amount: WAD },
        { account: bob, kind: KIND.asset1, amount: 8n * WAD },
        // What it asks for is above the band's worst edge, though the clearing price would do.
        { account: bob, amount: WAD, arguments: (39n * WAD) / 10n },
        { account: alice, kind: KIND.asset1, amount: 999n },
      ]);
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0b1100n]]);
      await expect(answer.response)
        .to.emit(amm, "BatchCleared")
        .withArgs(poolId, (y * SCALE) / x, WAD, 8n * WAD, out0, out1);
      expect(await ledger.balanceOf(alice, ids.token1)).to.equal((before.alice[1] ?? 0n) + out1);
      expect(await ledger.balanceOf(alice, ids.token0)).to.equal((before.alice[0] ?? 0n) - WAD);
      expect(await ledger.balanceOf(bob, ids.token0)).to.equal((before.bob[0] ?? 0n) + out0);
      expect(await ledger.balanceOf(bob, ids.token1)).to.equal((before.bob[1] ?? 0n) - 8n * WAD);
      const { amount0, amount1, flags } = wordParts(await ledger.bookOf(amm, bookKey, key.asset0, key.asset1));
      expect(amount0 * amount1).to.be.at.least(k);
      expect(flags).to.equal(wordParts(fixture.holdings).flags);
    });

    it("does nothing when no order is eligible", async () => {
      const { ledger, amm, alice, bob, carol, key, bookKey, run, holdings } = await loadFixture(entryFixture);
      const answer = await run([
        { account: alice, amount: 999n },
        { account: carol, amount: WAD },
        { account: bob, kind: KIND.none, amount: 0n },
      ]);
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0b111n]]);
      await expect(answer.response).to.not.emit(amm, "BatchCleared");
      expect(await ledger.bookOf(amm, bookKey, key.asset0, key.asset1)).to.equal(holdings);
    });
  });
});
