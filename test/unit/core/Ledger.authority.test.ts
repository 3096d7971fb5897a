import { expect } from "chai";
import { ethers, expectRefused, ledgerFixture, loadFixture } from "../../helpers/ledger-fixture.js";

describe("Ledger", () => {
  it("lets nobody but the authority list and switch", async () => {
    const fixture = await loadFixture(ledgerFixture);
    const { ledger, alice } = fixture;
    const caller = ledger.connect(alice);
    for (const send of [
      () => caller.listCore(alice),
      () => caller.listSettlement(alice),
      () => caller.switchSettlement(0n, false),
    ]) {
      await expectRefused({ fixture, send, error: "LedgerUnauthorized", args: [alice.address] });
    }
  });

  describe("listCore", () => {
    it("reverts the second time", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, amm } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.listCore(amm),
        error: "LedgerAlreadyListed",
        args: [await amm.getAddress()],
      });
    });

    it("lists the core and logs it", async () => {
      const { ledger, carol } = await loadFixture(ledgerFixture);
      expect(await ledger.isCore(carol)).to.equal(false);
      await expect(ledger.listCore(carol)).to.emit(ledger, "CoreListed").withArgs(carol.address);
      expect(await ledger.isCore(carol)).to.equal(true);
    });
  });

  describe("listSettlement", () => {
    it("reverts the second time and after eight (SET_08)", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, settlement, alice } = fixture;
      const listed = await settlement.getAddress();
      await expectRefused({
        fixture,
        send: () => ledger.listSettlement(settlement),
        error: "LedgerAlreadyListed",
        args: [listed],
      });
      for (let version = 1; version < 8; ++version) await ledger.listSettlement(ethers.toBeHex(version, 20));
      await expectRefused({
        fixture,
        send: () => ledger.listSettlement(alice),
        error: "LedgerTooManySettlements",
        args: [8n],
      });
    });

    it("appends an active version and logs it", async () => {
      const { ledger, carol } = await loadFixture(ledgerFixture);
      expect(await ledger.listSettlement.staticCall(carol)).to.equal(1n);
      await expect(ledger.listSettlement(carol)).to.emit(ledger, "SettlementListed").withArgs(carol.address, 1n);
      expect(await ledger.settlementOf(1n)).to.deep.equal([carol.address, true]);
    });
  });

  describe("switchSettlement", () => {
    it("reverts for an unknown version", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.switchSettlement(1n, false),
        error: "LedgerUnknownSettlement",
        args: [1n, 1n],
      });
      await expect(ledger.settlementOf(1n))
        .to.be.revertedWithCustomError(ledger, "LedgerUnknownSettlement")
        .withArgs(1n, 1n);
    });

    it("switches off and on, and logs it", async () => {
      const { ledger, settlement } = await loadFixture(ledgerFixture);
      const address = await settlement.getAddress();
      for (const active of [false, true]) {
        await expect(ledger.switchSettlement(0n, active))
          .to.emit(ledger, "SettlementSwitched")
          .withArgs(address, 0n, active);
        expect(await ledger.settlementOf(0n)).to.deep.equal([address, active]);
      }
    });
  });

  describe("setConsent", () => {
    it("reverts for a version that is not listed (SET_08)", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice, ids } = fixture;
      for (const versions of [2n, 3n, 255n]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).setConsent(ids.token0, versions),
          error: "LedgerUnknownSettlement",
          args: [versions, 1n],
        });
      }
    });

    it("sets the word's versions, replacing the old ones, and logs the word's key", async () => {
      const { ledger, ledgerLens, alice, ids } = await loadFixture(ledgerFixture);
      for (let version = 1; version < 8; ++version) await ledger.listSettlement(ethers.toBeHex(version, 20));
      const word = await ledger.wordOf(alice, ids.weth);
      for (const versions of [255n, 5n, 0n]) {
        await expect(ledger.connect(alice).setConsent(ids.usdc, versions))
          .to.emit(ledger, "ConsentSet")
          .withArgs(alice.address, ids.weth, versions);
        expect((await ledgerLens.holdingOf(alice, ids.weth)).consent).to.equal(versions);
        expect(await ledger.wordOf(alice, ids.weth)).to.equal(word | (versions << 224n));
      }
    });
  });

  describe("cancel", () => {
    it("moves the word's sequence 85 on, keeps consent and amounts, and logs it", async () => {
      const { ledger, ledgerLens, alice, ids } = await loadFixture(ledgerFixture);
      await ledger.connect(alice).setConsent(ids.usdc, 1n);
      for (const sequence of [85n, 170n]) {
        await expect(ledger.connect(alice).cancel(ids.usdc))
          .to.emit(ledger, "SequenceCancelled")
          .withArgs(alice.address, ids.weth, sequence);
        const holding = await ledgerLens.holdingOf(alice, ids.weth);
        expect([holding.sequence, holding.consent]).to.deep.equal([sequence, 1n]);
      }
      expect((await ledger.wordOf(alice, ids.weth)) % (1n << 224n)).to.equal(
        (await ledger.balanceOf(alice, ids.weth)) + ((await ledger.balanceOf(alice, ids.usdc)) << 112n),
      );
    });

    it("goes round at 2^16 without touching consent or the frozen bit", async () => {
      const { ledger, ledgerLens, alice, ids } = await loadFixture(ledgerFixture);
      await ledger.connect(alice).setConsent(ids.token0, 1n);
      const word = await ledger.wordOf(alice, ids.token0);
      const times = 772n; // the first that pass 2^16
      for (let i = 0n; i < times; ++i) await ledger.connect(alice).cancel(ids.token0);
      expect((await ledgerLens.holdingOf(alice, ids.token0)).sequence).to.equal((times * 85n) % 65_536n);
      expect(await ledger.wordOf(alice, ids.token0)).to.equal(word + (((times * 85n) % 65_536n) << 232n));
    });

    it("keeps the words of ids that can hold nothing apart", async () => {
      const { ledger, alice } = await loadFixture(ledgerFixture);
      for (const id of [0n, 1n << 161n]) {
        await ledger.connect(alice).cancel(id);
        await ledger.connect(alice).setConsent(id, 1n);
        expect(await ledger.wordOf(alice, id)).to.equal(((85n << 8n) | 1n) << 224n);
        expect(await ledger.balanceOf(alice, id)).to.equal(0n);
      }
    });
  });
});
