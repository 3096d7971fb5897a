import { expect } from "chai";
import {
  ethers,
  expectRefused,
  FLAG,
  impersonate,
  issuedId,
  ledgerFixture,
  loadFixture,
  MAX_AMOUNT,
  receiverOf,
  sectionOf,
  settle,
} from "../../helpers/ledger-fixture.js";

const SALT = ethers.id("issue");
const { ZeroAddress } = ethers;

/** Three assets of the mock issuer: side 0 with RULES, side 0 with NOTIFY, and both sides with both. */
async function issuedFixture() {
  const fixture = await ledgerFixture();
  const { issuer, alice, bob } = fixture;
  const all = FLAG.rules0 | FLAG.rules1 | FLAG.notify0 | FLAG.notify1;
  await issuer.issue(SALT, FLAG.rules0, issuer, ZeroAddress);
  await issuer.issue(SALT, FLAG.notify0, issuer, ZeroAddress);
  await issuer.issue(SALT, all, issuer, issuer);
  const rules = await issuedId({ owner: issuer, salt: SALT, flags: FLAG.rules0 });
  const notify = await issuedId({ owner: issuer, salt: SALT, flags: FLAG.notify0 });
  const both0 = await issuedId({ owner: issuer, salt: SALT, flags: all });
  for (const id of [rules, notify, both0, both0 | 1n]) await issuer.mint(id, alice, 100n);
  const notices = async (from = 0n) => {
    const seen = [];
    for (let i = from; i < (await issuer.noticeCount()); ++i) {
      const { id, from: sender, to, amount, balanceFrom, balanceTo } = await issuer.notices(i);
      seen.push([id, sender, to, amount, balanceFrom, balanceTo]);
    }
    return seen;
  };
  return { ...fixture, owner: await issuer.getAddress(), rules, notify, both0, notices, alice, bob };
}

describe("Ledger", () => {
  describe("issueAsset", () => {
    it("reverts without flags and beyond four bits", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice } = fixture;
      for (const flags of [0n, 16n, ethers.MaxUint256]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).issueAsset(SALT, flags, alice, alice),
          error: "LedgerInvalidFlags",
          args: [flags],
        });
      }
    });

    it("reverts when a plain side names an issuer or a flagged one none", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice, bob } = fixture;
      const id = await issuedId({ owner: alice, salt: SALT, flags: FLAG.rules0 });
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).issueAsset(SALT, FLAG.rules0, bob, bob),
        error: "LedgerNotIssuer",
        args: [bob.address, id | 1n],
      });
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).issueAsset(SALT, FLAG.rules0, ZeroAddress, ZeroAddress),
        error: "LedgerNotIssuer",
        args: [ZeroAddress, id],
      });
    });

    it("reverts the second time", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice, bob } = fixture;
      await ledger.connect(alice).issueAsset(SALT, FLAG.rules1, ZeroAddress, alice);
      const id = await issuedId({ owner: alice, salt: SALT, flags: FLAG.rules1, side: 1n });
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).issueAsset(SALT, FLAG.rules1, ZeroAddress, bob),
        error: "LedgerAlreadyIssued",
        args: [id],
      });
    });

    it("reverts for NOTIFY unless both the caller and the issuer are listed cores", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, issuer, amm, alice, bob } = fixture;
      const cases = [
        { send: () => ledger.connect(alice).issueAsset(SALT, FLAG.notify0, alice, ZeroAddress), stranger: alice },
        { send: () => ledger.connect(alice).issueAsset(SALT, FLAG.notify0, amm, ZeroAddress), stranger: alice },
        { send: () => ledger.connect(alice).issueAsset(SALT, FLAG.notify1, ZeroAddress, amm), stranger: alice },
        { send: () => issuer.issue(SALT, FLAG.notify0, bob, ZeroAddress), stranger: bob },
        { send: () => issuer.issue(SALT, FLAG.notify0 | FLAG.notify1, issuer, bob), stranger: bob },
      ];
      for (const { send, stranger } of cases) {
        await expectRefused({ fixture, send, error: "LedgerNotListed", args: [stranger.address] });
      }
      await issuer.issue(SALT, FLAG.notify0, amm, ZeroAddress);
      const id = await issuedId({ owner: issuer, salt: SALT, flags: FLAG.notify0 });
      expect(await ledger.issuerOf(id)).to.equal(await amm.getAddress());
    });

    it("reverts for RULES on both sides under two issuers: they share one frozen bit", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, issuer, amm, alice, bob } = fixture;
      const both = FLAG.rules0 | FLAG.rules1;
      for (const [issuer0, issuer1] of [
        [alice.address, bob.address],
        [alice.address, ZeroAddress],
        [ZeroAddress, alice.address],
      ] as const) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).issueAsset(SALT, both, issuer0, issuer1),
          error: "LedgerInvalidFlags",
          args: [both],
        });
      }
      const all = both | FLAG.notify0 | FLAG.notify1;
      await expectRefused({
        fixture,
        send: () => issuer.issue(SALT, all, issuer, amm),
        error: "LedgerInvalidFlags",
        args: [all],
      });
      await ledger.connect(alice).issueAsset(SALT, both, bob, bob);
      const id = await issuedId({ owner: alice, salt: SALT, flags: both });
      for (const side of [id, id | 1n]) expect(await ledger.issuerOf(side)).to.equal(bob.address);
    });

    it("fixes the issuers of flagged sides and logs them", async () => {
      const { ledger, alice, bob, amm } = await loadFixture(ledgerFixture);
      const flags = FLAG.rules0 | FLAG.notify1;
      await ledger.listCore(alice);
      const id = await issuedId({ owner: alice, salt: SALT, flags });
      const response = ledger.connect(alice).issueAsset(SALT, flags, bob, amm);
      await expect(response).to.emit(ledger, "AssetIssued").withArgs(id, alice.address, bob.address, SALT);
      await expect(response)
        .to.emit(ledger, "AssetIssued")
        .withArgs(id | 1n, alice.address, await amm.getAddress(), SALT);
      expect(await ledger.issuerOf(id)).to.equal(bob.address);
      expect(await ledger.issuerOf(id | 1n)).to.equal(await amm.getAddress());
      // The other name spaces and flags of the same salt are untouched.
      expect(await ledger.issuerOf(await issuedId({ owner: bob, salt: SALT, flags }))).to.equal(ZeroAddress);
      expect(await ledger.issuerOf(await issuedId({ owner: alice, salt: SALT, flags: 1n }))).to.equal(ZeroAddress);
    });
  });

  describe("mint", () => {
    it("reverts for anybody but the issuer and for a receiver that cannot hold", async () => {
      const fixture = await loadFixture(issuedFixture);
      const { ledger, issuer, alice, rules, ids } = fixture;
      for (const id of [rules, ids.token0]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).mint(id, alice, 1n),
          error: "LedgerNotIssuer",
          args: [alice.address, id],
        });
      }
      await expectRefused({
        fixture,
        send: () => issuer.mint(rules, ledger, 1n),
        error: "LedgerInvalidRecipient",
        args: [await ledger.getAddress()],
      });
    });

    it("reverts when the half would overflow", async () => {
      const fixture = await loadFixture(issuedFixture);
      const { issuer, alice, rules } = fixture;
      for (const amount of [MAX_AMOUNT, ethers.MaxUint256]) {
        await expectRefused({
          fixture,
          send: () => issuer.mint(rules, alice, amount),
          error: "LedgerBalanceOverflow",
          args: [alice.address, rules, 100n, amount],
        });
      }
    });

    it("credits the receiver and logs it; the issuer needs no notice of what it does itself", async () => {
      const { ledger, issuer, owner, bob, notify, notices } = await loadFixture(issuedFixture);
      const count = await issuer.noticeCount();
      await expect(issuer.mint(notify, bob, 7n))
        .to.emit(ledger, "Transfer")
        .withArgs(owner, ZeroAddress, bob.address, notify, 7n);
      expect(await ledger.balanceOf(bob, notify)).to.equal(7n);
      expect(await notices(count)).to.deep.equal([]);
    });
  });

  describe("burn", () => {
    it("reverts for anybody but the issuer, and for another's units without RULES", async () => {
      const fixture = await loadFixture(issuedFixture);
      const { ledger, issuer, owner, alice, rules, notify } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).burn(rules, alice, 1n),
        error: "LedgerNotIssuer",
        args: [alice.address, rules],
      });
      await expectRefused({
        fixture,
        send: () => issuer.burn(notify, alice, 1n),
        error: "LedgerNotIssuer",
        args: [owner, notify],
      });
    });

    it("reverts for a core's units and beyond the balance", async () => {
      const fixture = await loadFixture(issuedFixture);
      const { issuer, amm, alice, rules } = fixture;
      await issuer.mint(rules, amm, 5n);
      await expectRefused({
        fixture,
        send: () => issuer.burn(rules, amm, 5n),
        error: "LedgerForcedFromProtocol",
        args: [rules, await amm.getAddress()],
      });
      await expectRefused({
        fixture,
        send: () => issuer.burn(rules, alice, 101n),
        error: "LedgerInsufficientBalance",
        args: [alice.address, rules, 100n, 101n],
      });
    });

    it("burns a holder's units with RULES and the issuer's own without, with no notice to itself", async () => {
      const { ledger, issuer, owner, alice, rules, notify, notices } = await loadFixture(issuedFixture);
      await expect(issuer.burn(rules, alice, 40n))
        .to.emit(ledger, "Transfer")
        .withArgs(owner, alice.address, ZeroAddress, rules, 40n);
      expect(await ledger.balanceOf(alice, rules)).to.equal(60n);
      await issuer.mint(notify, issuer, 10n);
      const count = await issuer.noticeCount();
      await issuer.burn(notify, issuer, 4n);
      expect(await ledger.balanceOf(issuer, notify)).to.equal(6n);
      expect(await notices(count)).to.deep.equal([]);
    });
  });

  describe("forceTransfer", () => {
    it("reverts for anybody but the issuer, without RULES, from a core, and to nobody", async () => {
      const fixture = await loadFixture(issuedFixture);
      const { ledger, issuer, owner, amm, alice, bob, rules, notify } = fixture;
      const core = await amm.getAddress();
      const cases = [
        { send: () => issuer.forceTransfer(notify, alice, bob, 1n), error: "LedgerNotIssuer", args: [owner, notify] },
        {
          send: () => ledger.connect(bob).forceTransfer(rules, alice, bob, 1n),
          error: "LedgerNotIssuer",
          args: [bob.address, rules],
        },
        {
          send: () => issuer.forceTransfer(rules, amm, bob, 0n),
          error: "LedgerForcedFromProtocol",
          args: [rules, core],
        },
        {
          send: () => issuer.forceTransfer(rules, alice, ZeroAddress, 1n),
          error: "LedgerInvalidRecipient",
          args: [ZeroAddress],
        },
        {
          send: () => issuer.forceTransfer(rules, alice, bob, 101n),
          error: "LedgerInsufficientBalance",
          args: [alice.address, rules, 100n, 101n],
        },
      ];
      for (const { send, error, args } of cases) await expectRefused({ fixture, send, error, args });
    });

    it("moves units against freeze and refusal, logs it, and gives no notice of it", async () => {
      const { ledger, issuer, owner, alice, bob, both0, notices } = await loadFixture(issuedFixture);
      await issuer.refuse(alice, true);
      await issuer.setFrozen(both0, alice, true);
      const count = await issuer.noticeCount();
      await expect(issuer.forceTransfer(both0, alice, bob, 30n))
        .to.emit(ledger, "Transfer")
        .withArgs(owner, alice.address, bob.address, both0, 30n);
      expect([await ledger.balanceOf(alice, both0), await ledger.balanceOf(bob, both0)]).to.deep.equal([70n, 30n]);
      expect(await notices(count)).to.deep.equal([]);
    });
  });

  describe("setFrozen", () => {
    it("reverts for anybody but the issuer and without RULES", async () => {
      const fixture = await loadFixture(issuedFixture);
      const { ledger, issuer, owner, alice, rules, notify } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).setFrozen(rules, alice, true),
        error: "LedgerNotIssuer",
        args: [alice.address, rules],
      });
      await expectRefused({
        fixture,
        send: () => issuer.setFrozen(notify, alice, true),
        error: "LedgerNotIssuer",
        args: [owner, notify],
      });
    });

    it("stops what leaves the account, not what reaches it, until thawed", async () => {
      const fixture = await loadFixture(issuedFixture);
      const { ledger, issuer, ledgerLens, alice, bob, both0 } = fixture;
      await expect(issuer.setFrozen(both0, alice, true))
        .to.emit(ledger, "FrozenSet")
        .withArgs(both0, alice.address, true);
      expect((await ledgerLens.holdingOf(alice, both0)).frozen).to.equal(true);
      for (const id of [both0, both0 | 1n]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).transfer(bob, id, 1n),
          error: "LedgerFrozen",
          args: [id, alice.address],
        });
      }
      await issuer.mint(both0, bob, 5n);
      await ledger.connect(bob).transfer(alice, both0, 5n);
      expect(await ledger.balanceOf(alice, both0)).to.equal(105n);
      await issuer.setFrozen(both0, alice, false);
      await ledger.connect(alice).transfer(bob, both0, 105n);
      expect(await ledger.wordOf(alice, both0)).to.equal(100n << 112n);
    });
  });

  describe("RULES", () => {
    it("refuses a transfer that the issuer refuses, on either end", async () => {
      const fixture = await loadFixture(issuedFixture);
      const { ledger, issuer, alice, bob, rules } = fixture;
      for (const account of [alice, bob]) {
        await issuer.refuse(account, true);
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).transfer(bob, rules, 1n),
          error: "LedgerTransferRefused",
          args: [rules, alice.address, bob.address, 1n],
        });
        await issuer.refuse(account, false);
      }
      await ledger.connect(alice).transfer(bob, rules, 1n);
    });

    it("takes an issuer without code for a refusal", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, alice, bob } = fixture;
      await ledger.connect(alice).issueAsset(SALT, FLAG.rules0, alice, ZeroAddress);
      const id = await issuedId({ owner: alice, salt: SALT, flags: FLAG.rules0 });
      await ledger.connect(alice).mint(id, alice, 5n);
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).transfer(bob, id, 1n),
        error: "LedgerTransferRefused",
        args: [id, alice.address, bob.address, 1n],
      });
    });

    it("takes an issuer's silence for a refusal", async () => {
      const fixture = await loadFixture(ledgerFixture);
      const { ledger, settlement, alice, bob, ids } = fixture;
      const silent = await ethers.deployContract("SilentContract");
      await ledger.connect(alice).issueAsset(SALT, FLAG.rules0, silent, ZeroAddress);
      const id = await issuedId({ owner: alice, salt: SALT, flags: FLAG.rules0 });
      await ledger.connect(await impersonate(silent)).mint(id, alice, 5n);
      for (const asset of [id, ids.token0]) await ledger.connect(alice).setConsent(asset, 1n);
      // In a batch it is skipped alone.
      const order = { account: alice, amount: 1n, arguments: await receiverOf(bob) };
      const answer = await settle({
        settlement,
        section: sectionOf({ asset0: id, asset1: ids.token0 }),
        orders: [order, { ...order, kind: 1n }],
      });
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [1n]]);
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).transfer(bob, id, 1n),
        error: "LedgerTransferRefused",
        args: [id, alice.address, bob.address, 1n],
      });
    });

    it("reverts when there is not enough gas for the issuer's answer", async () => {
      const fixture = await loadFixture(issuedFixture);
      const { ledger, alice, bob, rules } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).transfer(bob, rules, 1n, { gasLimit: 130_000n }),
        error: "LedgerInsufficientGas",
      });
    });
  });

  describe("NOTIFY", () => {
    it("tells the issuer after every word is stored, of one movement each", async () => {
      const { ledger, issuer, alice, bob, notify, notices } = await loadFixture(issuedFixture);
      const count = await issuer.noticeCount();
      await ledger.connect(alice).transfer(bob, notify, 30n);
      await ledger.connect(alice).transfer(alice, notify, 10n);
      expect(await notices(count)).to.deep.equal([
        [notify, alice.address, bob.address, 30n, 70n, 30n],
        [notify, alice.address, alice.address, 10n, 70n, 70n],
      ]);
    });

    it("cannot refuse: a failing notice is logged and the movement stands", async () => {
      const { ledger, issuer, alice, bob, notify } = await loadFixture(issuedFixture);
      await issuer.setNoticesRevert(true);
      await expect(ledger.connect(alice).transfer(bob, notify, 30n))
        .to.emit(ledger, "NoticeFailed")
        .withArgs(notify, alice.address, bob.address, 30n);
      await issuer.setNoticesRevert(false);
      await issuer.setBurnsGas(true);
      await expect(ledger.connect(alice).transfer(bob, notify, 30n, { gasLimit: 1_000_000n }))
        .to.emit(ledger, "NoticeFailed")
        .withArgs(notify, alice.address, bob.address, 30n);
      expect(await ledger.balanceOf(bob, notify)).to.equal(60n);
    });

    it("reverts when there is not enough gas for the whole notice, so no sender can starve it", async () => {
      const fixture = await loadFixture(issuedFixture);
      const { ledger, issuer, alice, bob, notify } = fixture;
      const count = await issuer.noticeCount();
      for (const gasLimit of [150_000n, 200_000n, 240_000n]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).transfer(bob, notify, 30n, { gasLimit }),
          error: "LedgerInsufficientGas",
        });
      }
      expect(await issuer.noticeCount()).to.equal(count);
    });
  });
});
