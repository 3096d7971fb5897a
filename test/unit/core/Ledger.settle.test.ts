import { expect } from "chai";
import type { ILedgerProtocol } from "../../../typechain-types/core/Ledger.js";
import {
  bookIdOf,
  callOf,
  errorData,
  ethers,
  expectRefused,
  FLAG,
  impersonate,
  issuedId,
  KIND,
  ledgerFixture,
  loadFixture,
  MAX_AMOUNT,
  type Order,
  outcomeOf,
  packWord,
  PAYOUT,
  receiverOf,
  sectionOf,
  settle,
  stateOf,
  watched,
  WAD,
  wordParts,
} from "../../helpers/ledger-fixture.js";

const BOOK = ethers.id("book");

async function sectionFixture() {
  const fixture = await ledgerFixture();
  const { ledger, protocol, settlement, alice, bob, carol, ids } = fixture;
  for (const user of [alice, bob]) {
    for (const id of [ids.token0, ids.token1, ids.weth]) await ledger.connect(user).setConsent(id, 1n);
  }
  const pair = { asset0: ids.token0, asset1: ids.token1 };
  await ledger.connect(bob).call(callOf({ ...pair, protocol, key: BOOK, to: bob, amount0: 1000n, amount1: 1000n }));
  const bookId = await bookIdOf({ ...pair, protocol, key: BOOK });
  const shareId = await issuedId({ owner: protocol, salt: bookId });
  const magic = protocol.interface.getFunction("onLedgerBatch").selector;
  const section = sectionOf({ ...pair, protocol, key: BOOK, shareId });
  const run = (orders: readonly Order[], changes: Partial<ILedgerProtocol.SectionStruct> = {}) =>
    settle({ settlement, section: { ...section, ...changes }, orders });
  const transfer = (orders: readonly Order[]) => settle({ settlement, section: sectionOf(pair), orders });
  const book = async () => wordParts(await ledger.bookOf(protocol, BOOK, ids.token0, ids.token1));
  const toCarol = await receiverOf(carol);
  return { ...fixture, pair, bookId, shareId, magic, section, run, transfer, book, toCarol };
}

const payout = (out0: bigint, out1: bigint): bigint => (out1 << 112n) | out0;

type Answer = { offset?: bigint; payouts?: readonly bigint[]; rest?: readonly bigint[] };

const toWord = (value: bigint): string => ethers.toBeHex(value, 32);

describe("Ledger", () => {
  describe("settle", () => {
    it("reverts for anybody but a settlement", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, alice, section } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).settle(section, []),
        error: "LedgerNotSettlement",
        args: [alice.address],
      });
    });

    it("reverts for a version that is switched off, until it is on again (SET_08)", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, settlement, pair } = fixture;
      await ledger.switchSettlement(0n, false);
      await expectRefused({
        fixture,
        send: () => settlement.settle(sectionOf(pair), []),
        error: "LedgerSettlementSwitchedOff",
        args: [0n],
      });
      await ledger.switchSettlement(0n, true);
      expect((await settle({ settlement, section: sectionOf(pair), orders: [] })).executed).to.equal(true);
    });

    it("reverts on half an operation", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { settlement, pair } = fixture;
      await expectRefused({
        fixture,
        send: () => settlement.settleWords(sectionOf(pair), [1n, 2n, 3n]),
        error: "LedgerInvalidOperations",
        args: [3n],
      });
    });

    it("reverts while the lock is held, rather than letting every frame fail", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, protocol, settlement, alice, carol, pair, ids, toCarol } = fixture;
      const transfer = { account: alice.address, sequence: 0n, kind: 0n, amount: 5n, arguments: toCarol };
      const section = sectionOf({ ...pair, gasCap: 300_000n });
      const data = settlement.interface.encodeFunctionData("settle", [section, [transfer]]);
      await protocol.setAttack(settlement, data);
      await ledger.connect(alice).call(callOf({ ...pair, protocol, key: BOOK, to: alice, amount0: 1n }));
      expect(await protocol.attackSucceeded()).to.equal(false);
      expect(await protocol.attackAnswer()).to.equal(errorData({ ledger, error: "LedgerLocked" }));
      // From within a frame as well.
      await protocol.setBatch(protocol.interface.getFunction("onLedgerBatch").selector, 0n, [0n]);
      const outer = await settle({
        settlement,
        section: sectionOf({ ...pair, protocol, key: BOOK }),
        orders: [{ account: alice, amount: 1n }],
      });
      expect([outer.executed, outer.skipped]).to.deep.equal([true, [0n]]);
      expect(await protocol.attackAnswer()).to.equal(errorData({ ledger, error: "LedgerLocked" }));
      expect(await ledger.balanceOf(carol, ids.token0)).to.equal(0n);
      // The lock opens with the call: the same section executes afterwards.
      const next = await settle({ settlement, section, orders: [{ ...transfer, sequence: 1n }] });
      expect([next.executed, next.skipped]).to.deep.equal([true, [0n]]);
    });

    it("reverts when the frame cannot get its whole gas", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { settlement, pair } = fixture;
      const section = sectionOf({ ...pair, gasCap: 1_000_000n });
      await expectRefused({
        fixture,
        send: () => settlement.settle(section, [], { gasLimit: 1_000_000n }),
        error: "LedgerInsufficientGas",
      });
    });
  });

  describe("settleFrame", () => {
    it("reverts for anybody but the ledger itself", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, alice, section } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).settleFrame(section, []),
        error: "LedgerNotSelf",
        args: [alice.address],
      });
    });

    it("reverts by name for what takes a frame down", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, protocol, settlement, amm, alice, section, bookId, magic, ids } = fixture;
      const self = await impersonate(ledger);
      const address = await protocol.getAddress();
      const order = { account: alice, sequence: 0n, kind: 0n, amount: 5n, arguments: 0n };
      const operations = await settlement.pack([order]);
      const foreign = await issuedId({ owner: amm, salt: bookId });
      const flagged = await issuedId({ owner: amm, salt: bookId, flags: FLAG.notify0 });
      // What a protocol answers for one operation, word by word.
      const answerOf = ({ offset = 96n, payouts = [0n], rest = [] }: Answer): string =>
        ethers.concat([ethers.zeroPadBytes(magic, 32), ...[0n, offset, 1n, ...payouts, ...rest].map(toWord)]);
      type Case = {
        section?: Partial<ILedgerProtocol.SectionStruct>;
        prepare?: () => Promise<unknown>;
        error: string;
        args: unknown[];
      };
      const cases: Case[] = [
        { section: { shareId: foreign }, error: "LedgerNotIssuer", args: [address, foreign] },
        { section: { fee0: MAX_AMOUNT + 1n }, error: "LedgerInvalidFee", args: [ids.token0, MAX_AMOUNT + 1n] },
        { section: { asset1: flagged, fee1: 1n }, error: "LedgerInvalidFee", args: [flagged, 1n] },
        { prepare: () => protocol.setReverts(true, false), error: "LedgerProtocolFailed", args: [address] },
        {
          prepare: () => protocol.setBatch("0x11223344", 0n, [0n]),
          error: "LedgerMagicMissing",
          args: [address, "0x11223344"],
        },
        { prepare: () => protocol.setBatch(magic, 0n, []), error: "LedgerPayoutCount", args: [0n, 1n] },
        {
          section: { shareId: 0n },
          prepare: () => protocol.setBatch(magic, 0n, [PAYOUT.shares | 40n]),
          error: "LedgerNotIssuer",
          args: [address, 0n],
        },
        // The payouts at an unusual place, with a word behind them, and cut off.
        ...[answerOf({ offset: 128n }), answerOf({ rest: [1n] }), answerOf({ payouts: [] })].map((answer) => ({
          prepare: () => protocol.setBatchAnswer(answer),
          error: "LedgerProtocolFailed",
          args: [address],
        })),
        {
          prepare: () => protocol.setBatch(magic, 0n, [payout(0n, 1001n)]),
          error: "LedgerInsufficientBook",
          args: [bookId, packWord(1000n, 1000n), packWord(5n, 0n), packWord(0n, 1001n)],
        },
        {
          prepare: () => protocol.setBatch(magic, 0n, [payout(1006n, 0n)]),
          error: "LedgerInsufficientBook",
          args: [bookId, packWord(1000n, 1000n), packWord(5n, 0n), packWord(1006n, 0n)],
        },
        {
          prepare: () => protocol.setBatch(magic, 0n, [payout(0n, MAX_AMOUNT)]),
          error: "LedgerBalanceOverflow",
          args: [alice.address, ids.token1, 1000n * WAD, MAX_AMOUNT],
        },
      ];
      for (const { section: changes = {}, prepare, error, args } of cases) {
        await protocol.setReverts(false, false);
        await protocol.setBatchAnswer("0x");
        await prepare?.();
        const target = { ...section, ...changes };
        await expectRefused({
          fixture,
          send: () => ledger.connect(self).settleFrame(target, [...operations]),
          error,
          args,
        });
        // The same through a settlement: the section is skipped and nothing of it stands.
        const before = await stateOf(watched(fixture));
        const answer = await settle({ settlement, section: target, orders: [order] });
        expect([answer.executed, answer.skipped], error).to.deep.equal([false, []]);
        expect(await stateOf(watched(fixture)), error).to.deep.equal(before);
      }
    });
  });

  describe("settle: transfers", () => {
    it("moves what consenting words with the right sequence hold, without events", async () => {
      const { ledger, settlement, alice, bob, carol, ids, transfer, toCarol } = await loadFixture(sectionFixture);
      const answer = await transfer([
        { account: alice, amount: 5n, arguments: toCarol },
        { account: bob, kind: KIND.asset1, amount: 7n, arguments: toCarol },
      ]);
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0n]]);
      await expect(answer.response).to.not.emit(ledger, "Transfer");
      await expect(answer.response).to.emit(settlement, "SectionSettled");
      expect(await ledger.balanceOf(carol, ids.token0)).to.equal(5n);
      expect(await ledger.balanceOf(carol, ids.token1)).to.equal(7n);
      expect(wordParts(await ledger.wordOf(alice, ids.token0))).to.deep.equal({
        amount0: 1000n * WAD - 5n,
        amount1: 0n,
        flags: (1n << 8n) | 1n,
      });
      // A receiver's word gets no consent by being paid.
      expect(await ledger.wordOf(carol, ids.token0)).to.equal(5n);
    });

    it("skips each operation that may not execute, and only that one", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, alice, bob, carol, ids, transfer, toCarol } = fixture;
      await ledger.connect(bob).setConsent(ids.token1, 0n);
      await ledger.connect(alice).transfer(carol, ids.token0, 5n);
      const operations: [Order, boolean][] = [
        [{ account: carol, amount: 1n, arguments: toCarol }, false], // no consent
        [{ account: bob, kind: KIND.asset1, amount: 1n, arguments: toCarol }, false], // consent withdrawn
        [{ account: alice, sequence: 1n, amount: 1n, arguments: toCarol }, false], // sequence ahead
        [{ account: alice, amount: 1000n * WAD, arguments: toCarol }, false], // more than held
        [{ account: alice, amount: 0n, arguments: toCarol }, false], // nothing
        [{ account: alice, amount: 1n, arguments: 0n }, false], // to nobody
        [{ account: alice, amount: 1n, arguments: await receiverOf(ledger) }, false], // to the ledger
        [{ account: alice, kind: KIND.shares, amount: 1n, arguments: toCarol }, false], // no such asset
        [{ account: alice, kind: KIND.none, amount: 0n, arguments: toCarol }, false], // nothing to move
        [{ account: alice, amount: 1n, arguments: toCarol }, true],
        [{ account: alice, amount: 1n, arguments: toCarol }, false], // executed already
        [{ account: alice, sequence: 1n, amount: 1n, arguments: toCarol }, true],
      ];
      const answer = await transfer(operations.map(([order]) => order));
      const expected = operations.reduce((bits, [, runs], i) => (runs ? bits : bits | (1n << BigInt(i))), 0n);
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [expected]]);
      expect(await ledger.balanceOf(carol, ids.token0)).to.equal(7n);
    });

    it("acts on running state, so that received units can be sent on", async () => {
      const { ledger, alice, bob, carol, ids, transfer, toCarol } = await loadFixture(sectionFixture);
      const all = await ledger.balanceOf(alice, ids.token0);
      const bobs = await ledger.balanceOf(bob, ids.token0);
      const answer = await transfer([
        { account: alice, amount: all, arguments: await receiverOf(bob) },
        { account: bob, amount: all + bobs, arguments: toCarol },
        { account: alice, sequence: 1n, amount: 1n, arguments: toCarol },
      ]);
      expect(answer.skipped).to.deep.equal([0b100n]);
      expect(await ledger.balanceOf(carol, ids.token0)).to.equal(all + bobs);
    });

    it("voids everything that was signed ahead once its owner cancels (SET_07)", async () => {
      const { ledger, alice, carol, ids, transfer, toCarol } = await loadFixture(sectionFixture);
      const order = { account: alice, amount: 1n, arguments: toCarol };
      // Two operations executed: the word's next sequence is 2, and the account has signed 84 more beyond it.
      expect((await transfer([order, { ...order, sequence: 1n }])).skipped).to.deep.equal([0n]);
      const ahead = Array.from({ length: 85 }, (_, i) => ({ ...order, sequence: 2n + BigInt(i) }));
      // A second cancel revives nothing.
      for (const next of [87n, 172n]) {
        await ledger.connect(alice).cancel(ids.token0);
        expect((await transfer(ahead)).skipped).to.deep.equal([(1n << 85n) - 1n]);
        expect(await ledger.balanceOf(carol, ids.token0)).to.equal(2n);
        expect((await ledger.wordOf(alice, ids.token0)) >> 232n).to.equal(next);
      }
      // The next valid one follows; another word of his was not cancelled.
      const next = await transfer([
        { ...order, sequence: 172n },
        { ...order, kind: KIND.asset1 },
      ]);
      expect(next.skipped).to.deep.equal([0n]);
    });

    it("answers one bit for each operation beyond 256", async () => {
      const { alice, transfer, toCarol } = await loadFixture(sectionFixture);
      const orders = Array.from({ length: 258 }, (_, i) => ({
        account: alice,
        sequence: BigInt(i % 256),
        amount: i === 257 ? 0n : 1n,
        arguments: toCarol,
      }));
      const answer = await transfer(orders);
      expect(answer.skipped).to.deep.equal([0n, 2n]);
    });

    it("lets a version act only on words that consent to it (SET_08)", async () => {
      const { ledger, alice, ids, pair, toCarol } = await loadFixture(sectionFixture);
      const other = await ethers.deployContract("MockSettlement", [ledger]);
      await ledger.listSettlement(other);
      const order = { account: alice, amount: 1n, arguments: toCarol };
      const act = () => settle({ settlement: other, section: sectionOf(pair), orders: [order] });
      expect((await act()).skipped).to.deep.equal([1n]);
      await ledger.connect(alice).setConsent(ids.token0, 2n);
      expect((await act()).skipped).to.deep.equal([0n]);
    });

    it("takes no bit of an amount for a consent (SET_08)", async () => {
      const { ledger, usdc, alice, ids, toCarol } = await loadFixture(sectionFixture);
      const other = await ethers.deployContract("MockSettlement", [ledger]);
      await ledger.listSettlement(other);
      // Just below the bits of consent lie those of a half that is almost full.
      await usdc.mint(alice, 1n << 111n);
      await ledger.connect(alice).deposit(usdc, 1n << 111n, 1n << 111n, alice);
      const [asset0, asset1] = [ids.weth, ids.usdc].sort((a, b) => (a < b ? -1 : 1));
      if (asset0 === undefined || asset1 === undefined) throw new Error("There is no pair");
      await ledger.connect(alice).setConsent(asset0, 0n);
      const order = { account: alice, amount: 1n, arguments: toCarol };
      const answer = await settle({ settlement: other, section: sectionOf({ asset0, asset1 }), orders: [order] });
      expect(answer.skipped).to.deep.equal([1n]);
    });

    it("moves no shares, also where the section names some", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, protocol, alice, shareId, pair, settlement, toCarol } = fixture;
      await protocol.setOutcome(outcomeOf({ shareId, mint: 100n }));
      await ledger.connect(alice).call(callOf({ ...pair, protocol, key: BOOK, to: alice }));
      await ledger.connect(alice).setConsent(shareId, 1n);
      const orders = [KIND.shares, KIND.shares | KIND.consent].map((kind) => {
        return { account: alice, kind, amount: 1n, arguments: toCarol };
      });
      const answer = await settle({ settlement, section: sectionOf({ ...pair, shareId }), orders });
      expect(answer.skipped).to.deep.equal([3n]);
      expect(await ledger.balanceOf(alice, shareId)).to.equal(100n);
    });

    it("takes no bit of a sequence, and no other version's consent, for its own (SET_08)", async () => {
      const { ledger, alice, ids, transfer, toCarol } = await loadFixture(sectionFixture);
      const order = { account: alice, amount: 1n, arguments: toCarol };
      expect((await transfer([order])).skipped).to.deep.equal([0n]);
      await ledger.listSettlement(await ethers.deployContract("MockSettlement", [ledger]));
      for (const versions of [0n, 2n]) {
        await ledger.connect(alice).setConsent(ids.token0, versions);
        expect((await transfer([{ ...order, sequence: 1n }])).skipped, versions.toString()).to.deep.equal([1n]);
      }
      await ledger.connect(alice).setConsent(ids.token0, 1n);
      expect((await transfer([{ ...order, sequence: 1n }])).skipped).to.deep.equal([0n]);
    });

    it("goes round at 2^16 operations of a word without touching what lies beside its sequence", async () => {
      const { ledger, alice, ids, transfer, toCarol } = await loadFixture(sectionFixture);
      const { amount0, flags } = wordParts(await ledger.wordOf(alice, ids.token0));
      // 771 times 85 is the last sequence, 2^16 − 1.
      for (let i = 0; i < 771; i++) await ledger.connect(alice).cancel(ids.token0);
      const orders = [255n, 0n, 1n].map((sequence) => ({ account: alice, sequence, amount: 5n, arguments: toCarol }));
      expect((await transfer(orders)).skipped).to.deep.equal([0n]);
      expect(wordParts(await ledger.wordOf(alice, ids.token0))).to.deep.equal({
        amount0: amount0 - 15n,
        amount1: 0n,
        flags: flags + (2n << 8n),
      });
    });

    it("touches the words of signer and receiver, and of nobody whose address is near theirs", async () => {
      const { ledger, alice, bob, carol, ids, transfer, toCarol } = await loadFixture(sectionFixture);
      const near = [alice, carol].flatMap(({ address }) => {
        const place = BigInt(address);
        const places = [
          place >> 1n,
          (place << 1n) & ((1n << 160n) - 1n),
          place ^ 1n,
          place >> 8n,
          place ^ (1n << 159n),
        ];
        return places.map((each) => ethers.zeroPadValue(ethers.toBeHex(each), 20));
      });
      for (const address of near) {
        await ledger.connect(bob).transfer(address, ids.token0, 100n);
        const neighbour = await impersonate({ getAddress: () => Promise.resolve(ethers.getAddress(address)) });
        await ledger.connect(neighbour).setConsent(ids.token0, 1n);
      }
      const [before, had] = [await ledger.balanceOf(alice, ids.token0), await ledger.balanceOf(carol, ids.token0)];
      const orders = [0n, 1n].map((sequence) => ({ account: alice, sequence, amount: 5n, arguments: toCarol }));
      expect((await transfer(orders)).skipped).to.deep.equal([0n]);
      expect(await ledger.balanceOf(alice, ids.token0)).to.equal(before - 10n);
      expect(await ledger.balanceOf(carol, ids.token0)).to.equal(had + 10n);
      for (const address of near) expect(await ledger.balanceOf(address, ids.token0), address).to.equal(100n);
    });

    it("logs movements of ids with RULES or a facade, asks and tells their issuers", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, issuer, settlement, alice, bob, carol, toCarol } = fixture;
      const flags = FLAG.rules0 | FLAG.notify0;
      await issuer.issue(BOOK, flags, issuer, ethers.ZeroAddress);
      const rules = await issuedId({ owner: issuer, salt: BOOK, flags });
      const plain = await issuedId({ owner: fixture.protocol, salt: BOOK });
      await issuer.mint(rules, alice, 10n);
      await issuer.mint(rules, bob, 10n);
      for (const user of [alice, bob]) await ledger.connect(user).setConsent(rules, 1n);
      await issuer.refuse(bob, true);
      const count = await issuer.noticeCount();
      const answer = await settle({
        settlement,
        section: sectionOf({ asset0: rules, asset1: plain }),
        orders: [
          { account: alice, amount: 3n, arguments: toCarol },
          { account: bob, amount: 3n, arguments: toCarol },
        ],
      });
      expect(answer.skipped).to.deep.equal([2n]);
      await expect(answer.response)
        .to.emit(ledger, "Transfer")
        .withArgs(await settlement.getAddress(), alice.address, carol.address, rules, 3n);
      expect(await issuer.noticeCount()).to.equal(count + 1n);
      await issuer.setFrozen(rules, alice, true);
      const frozen = await settle({
        settlement,
        section: sectionOf({ asset0: rules, asset1: plain }),
        orders: [{ account: alice, sequence: 1n, amount: 3n, arguments: toCarol }],
      });
      expect(frozen.skipped).to.deep.equal([1n]);
    });
  });

  describe("settle: a protocol's section", () => {
    it("debits, pays out, refunds what failed, and writes the book once", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, protocol, settlement, alice, bob, carol, ids, run, book, magic } = fixture;
      await protocol.setBatch(magic, 77n, [payout(0n, 50n), PAYOUT.failed, payout(3n, 0n), payout(9n, 9n)]);
      const orders = [
        { account: alice, amount: 100n },
        { account: bob, amount: 200n },
        { account: alice, kind: KIND.asset1, amount: 30n },
        { account: carol, amount: 7n },
      ];
      const before = await ledger.balanceOf(bob, ids.token0);
      const answer = await run(orders);
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0b1010n]]);
      expect(await book()).to.deep.equal({ amount0: 1000n + 100n - 3n, amount1: 1000n + 30n - 50n, flags: 77n });
      expect(await ledger.balanceOf(alice, ids.token0)).to.equal(1000n * WAD - 100n + 3n);
      expect(await ledger.balanceOf(alice, ids.token1)).to.equal(1000n * WAD - 30n + 50n);
      // A failed operation gets back all of its input; its sequence is used up. A skipped one was never debited.
      expect(await ledger.balanceOf(bob, ids.token0)).to.equal(before);
      expect((await fixture.ledgerLens.holdingOf(bob, ids.token0)).sequence).to.equal(1n);
      expect(await ledger.wordOf(carol, ids.token0)).to.equal(0n);
      await expect(answer.response).to.not.emit(ledger, "Transfer");
      // The protocol saw the skipped operation blank, the others as they were signed.
      const seen = [...(await protocol.operationsSeen())];
      const packed = await settlement.pack(
        orders.map(({ account, kind = KIND.asset0, amount }) => ({
          account,
          sequence: 0n,
          kind,
          amount,
          arguments: 0n,
        })),
      );
      expect(seen).to.deep.equal([...packed].map((word, i) => (i < 6 ? word : 0n)));
    });

    it("mints and burns the section's shares", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, ledgerLens, protocol, alice, bob, shareId, run, magic } = fixture;
      await protocol.setBatch(magic, 0n, [PAYOUT.shares | 40n]);
      await run([{ account: alice, amount: 100n }]);
      // The fresh word takes over the consent under which its owner acted.
      const holding = await ledgerLens.holdingOf(alice, shareId);
      expect([holding.balance, holding.consent]).to.deep.equal([40n, 1n]);
      await protocol.setBatch(magic, 0n, [payout(60n, 0n), 0n]);
      const answer = await run([
        { account: alice, kind: KIND.shares, amount: 40n },
        { account: bob, kind: KIND.shares, amount: 1n },
      ]);
      expect(answer.skipped).to.deep.equal([2n]);
      expect(await ledger.balanceOf(alice, shareId)).to.equal(0n);
      // Without a share asset in the section there is nothing to burn.
      await protocol.setBatch(magic, 0n, [0n]);
      const none = await run([{ account: alice, sequence: 1n, kind: KIND.shares, amount: 1n }], { shareId: 0n });
      expect(none.skipped).to.deep.equal([1n]);
    });

    it("hands the section's share to the protocol, for it to compare with its book's", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, protocol, settlement, alice, section, bookId, shareId, run, magic } = fixture;
      // A share of the protocol's own issue, but of another of its books: the one with the assets the other way round.
      const otherBook = await bookIdOf({ protocol, key: BOOK, asset0: fixture.ids.token1, asset1: fixture.ids.token0 });
      const foreign = await issuedId({ owner: protocol, salt: otherBook });
      await protocol.setBatch(magic, 0n, [PAYOUT.shares | 40n]);
      await protocol.setComparesShare(true);
      // The ledger refuses a plain share whose salt is not the book, before the protocol is asked.
      const self = await impersonate(ledger);
      const order = { account: alice, sequence: 0n, kind: 0n, amount: 100n, arguments: 0n };
      const operations = [...(await settlement.pack([order]))];
      await expectRefused({
        fixture,
        send: () => ledger.connect(self).settleFrame({ ...section, shareId: foreign }, operations),
        error: "LedgerNotIssuer",
        args: [await protocol.getAddress(), foreign],
      });
      // A flagged one of its issue gets past the ledger, whatever its salt: there the protocol decides.
      await ledger.listCore(protocol);
      const issue = ledger.interface.encodeFunctionData("issueAsset", [
        otherBook,
        FLAG.notify0,
        await protocol.getAddress(),
        ethers.ZeroAddress,
      ]);
      await protocol.execute(ledger, issue);
      const flagged = await issuedId({ owner: protocol, salt: otherBook, flags: FLAG.notify0 });
      expect(await ledger.issuerOf(flagged)).to.equal(await protocol.getAddress());
      const before = await stateOf(watched(fixture));
      await expectRefused({
        fixture,
        send: () => ledger.connect(self).settleFrame({ ...section, shareId: flagged }, operations),
        error: "LedgerProtocolFailed",
        args: [await protocol.getAddress()],
      });
      const refused = await run([{ account: alice, amount: 100n }], { shareId: flagged });
      expect(refused.executed).to.equal(false);
      expect(await stateOf(watched(fixture))).to.deep.equal(before);
      // Its own share, the book and the header reach it as they are.
      const holdings = await ledger.bookOf(protocol, BOOK, section.asset0, section.asset1);
      const answer = await run([{ account: alice, amount: 100n }], { parameters: "0x1234" });
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0n]]);
      expect([...(await protocol.lastBatch())]).to.deep.equal([bookId, holdings, shareId, "0x1234"]);
      expect(await ledger.balanceOf(alice, shareId)).to.equal(40n);
      // A protocol that does not compare mints what it was named.
      await protocol.setComparesShare(false);
      expect((await run([{ account: alice, sequence: 1n, amount: 100n }], { shareId: flagged })).executed).to.equal(
        true,
      );
      expect(await ledger.balanceOf(alice, flagged)).to.equal(40n);
    });

    it("reverts when what goes in or out does not fit into a half", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, issuer, protocol, settlement, alice, bob, ids, magic } = fixture;
      await issuer.issue(BOOK, FLAG.rules0, issuer, ethers.ZeroAddress);
      const id = await issuedId({ owner: issuer, salt: BOOK, flags: FLAG.rules0 });
      await ledger.listCore(protocol);
      for (const user of [alice, bob]) {
        await issuer.mint(id, user, MAX_AMOUNT);
        await ledger.connect(user).setConsent(id, 1n);
      }
      const section = sectionOf({ protocol, key: BOOK, asset0: id, asset1: ids.token1 });
      const orders = [alice, bob].map((account) => ({ account, amount: MAX_AMOUNT }));
      const operations = [
        ...(await settlement.pack(orders.map((order) => ({ ...order, sequence: 0n, kind: 0n, arguments: 0n })))),
      ];
      const self = await impersonate(ledger);
      // Both halves go in, and nothing comes out; or both go in and come out, and the book ends as it began.
      for (const out of [0n, MAX_AMOUNT]) {
        await protocol.setBatch(magic, 0n, [out, out]);
        await expectRefused({
          fixture,
          send: () => ledger.connect(self).settleFrame(section, operations),
          error: "LedgerSectionOverflow",
          args: [await protocol.getAddress()],
        });
        const before = await stateOf(watched(fixture));
        expect((await settle({ settlement, section, orders })).executed).to.equal(false);
        expect(await stateOf(watched(fixture))).to.deep.equal(before);
      }
      // What failed is not counted.
      await protocol.setBatch(magic, 0n, [0n, PAYOUT.failed]);
      const answer = await settle({ settlement, section, orders });
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [2n]]);
    });

    it("lets an operation act without a debit on consent and the sequence of asset 0", async () => {
      const { ledger, protocol, alice, carol, ids, run, magic } = await loadFixture(sectionFixture);
      await protocol.setBatch(magic, 0n, [payout(1n, 2n), 0n, 0n]);
      const word = await ledger.wordOf(alice, ids.token0);
      const answer = await run([
        { account: alice, kind: KIND.none, amount: 0n },
        { account: carol, kind: KIND.none, amount: 0n },
        { account: alice, kind: KIND.none, amount: 1n },
      ]);
      expect(answer.skipped).to.deep.equal([0b110n]);
      expect(await ledger.wordOf(alice, ids.token0)).to.equal(word + 1n + (1n << 232n));
    });

    it("pays both assets out where the first is a single bit, up to the highest", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, usdc, protocol, settlement, alice, bob, ids, magic } = fixture;
      const most = 1n << 111n;
      const [asset0, asset1] = [ids.usdc, ids.token0];
      await usdc.mint(bob, 2n * most);
      await ledger.connect(bob).deposit(usdc, most, most, bob);
      const pair = { asset0, asset1, protocol, key: ethers.id("bits") };
      const amounts = { amount0: most, amount1: 100n };
      await ledger.connect(bob).call(callOf({ ...pair, to: bob, ...amounts }));
      await ledger.connect(alice).setConsent(asset0, 1n);
      const had = await Promise.all([asset0, asset1].map((id) => ledger.balanceOf(alice, id)));
      await protocol.setBatch(magic, 0n, [payout(amounts.amount0, amounts.amount1)]);
      const orders = [{ account: alice, kind: KIND.none, amount: 0n }];
      expect((await settle({ settlement, section: sectionOf(pair), orders })).executed).to.equal(true);
      const has = await Promise.all([asset0, asset1].map((id) => ledger.balanceOf(alice, id)));
      expect(has.map((balance, i) => balance - (had[i] ?? 0n))).to.deep.equal([amounts.amount0, amounts.amount1]);
    });

    it("hands a skipped operation over blank, also one without a debit and one with arguments", async () => {
      const { ledger, protocol, settlement, alice, carol, ids, run, magic } = await loadFixture(sectionFixture);
      // What a skipped operation is answered with counts for nothing.
      await protocol.setBatch(magic, 0n, [payout(1n, 2n), payout(3n, 4n), payout(5n, 6n), PAYOUT.shares | 7n]);
      const orders = [
        { account: alice, kind: KIND.none, amount: 0n, arguments: 11n },
        { account: carol, kind: KIND.none, amount: 0n, arguments: 12n }, // no consent
        { account: alice, sequence: 9n, kind: KIND.asset0, amount: 5n, arguments: 13n }, // another sequence
        { account: alice, kind: 4n | KIND.none, amount: 1n, arguments: 14n }, // an amount of nothing
      ];
      const words = [await ledger.wordOf(alice, ids.token0), await ledger.wordOf(carol, ids.token0)];
      const answer = await run(orders);
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0b1110n]]);
      const packed = await settlement.pack(orders.map((order) => ({ sequence: 0n, ...order })));
      const seen = [...(await protocol.operationsSeen())];
      expect(seen).to.deep.equal([...packed].map((word, i) => (i < 2 ? word : 0n)));
      expect(await ledger.wordOf(alice, ids.token0)).to.equal((words[0] ?? 0n) + 1n + (1n << 232n));
      expect(await ledger.wordOf(carol, ids.token0)).to.equal(words[1]);
    });

    it("logs what moves in an id with a facade, and in no other", async () => {
      const { ledger, facades, protocol, settlement, alice, bookId, shareId, run, magic } =
        await loadFixture(sectionFixture);
      await facades.createFacade(protocol, bookId, 0n, 0n);
      await protocol.setBatch(magic, 0n, [PAYOUT.shares | 40n]);
      const mint = await run([{ account: alice, amount: 100n }]);
      const self = await settlement.getAddress();
      await expect(mint.response)
        .to.emit(ledger, "Transfer")
        .withArgs(self, ethers.ZeroAddress, alice.address, shareId, 40n);
      await protocol.setBatch(magic, 0n, [PAYOUT.failed]);
      const refund = await run([{ account: alice, kind: KIND.shares, amount: 40n }]);
      await expect(refund.response)
        .to.emit(ledger, "Transfer")
        .withArgs(self, ethers.ZeroAddress, alice.address, shareId, 40n);
      await protocol.setBatch(magic, 0n, [payout(1n, 1n)]);
      const burn = await run([{ account: alice, sequence: 1n, kind: KIND.shares, amount: 40n }]);
      await expect(burn.response)
        .to.emit(ledger, "Transfer")
        .withArgs(self, alice.address, ethers.ZeroAddress, shareId, 40n);
      const receipt = await burn.response.wait();
      expect(receipt?.logs.length).to.equal(2); // and the settlement's own
    });

    it("reverts on a book with RULES of a protocol that is not listed, whatever it would do there (RWA_11)", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, issuer, protocol, settlement, alice, ids, magic } = fixture;
      await issuer.issue(BOOK, FLAG.rules0, issuer, ethers.ZeroAddress);
      const rules = await issuedId({ owner: issuer, salt: BOOK, flags: FLAG.rules0 });
      await issuer.mint(rules, alice, 100n);
      await ledger.connect(alice).setConsent(rules, 1n);
      await protocol.setBatch(magic, 0n, [0n]);
      const self = await impersonate(ledger);
      for (const pair of [
        { asset0: rules, asset1: ids.token0 },
        { asset0: ids.token0, asset1: rules },
      ]) {
        const section = sectionOf({ protocol, key: BOOK, ...pair });
        for (const kind of [KIND.asset0, KIND.asset1]) {
          const order = { account: alice, kind, amount: 7n, sequence: 0n, arguments: 0n };
          await expectRefused({
            fixture,
            send: async () => ledger.connect(self).settleFrame(section, [...(await settlement.pack([order]))]),
            error: "LedgerUnlistedProtocol",
            args: [await protocol.getAddress(), rules],
          });
        }
      }
      await ledger.listCore(protocol);
      const section = sectionOf({ protocol, key: BOOK, asset0: rules, asset1: ids.token0 });
      const answer = await settle({ settlement, section, orders: [{ account: alice, amount: 7n }] });
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0n]]);
      expect(await ledger.balanceOf(alice, rules)).to.equal(93n);
    });

    it("skips alone a signer whom an issuer with RULES would not let be paid, with and without a debit", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, issuer, protocol, settlement, alice, bob, ids, magic } = fixture;
      await issuer.issue(BOOK, FLAG.rules0, issuer, ethers.ZeroAddress);
      const rules = await issuedId({ owner: issuer, salt: BOOK, flags: FLAG.rules0 });
      await ledger.listCore(protocol);
      await issuer.mint(rules, alice, 100n);
      const pair = { protocol, key: BOOK, asset0: ids.token0, asset1: rules };
      await ledger.connect(alice).call(callOf({ ...pair, to: alice, amount1: 100n }));
      await issuer.refuse(bob, true);
      await protocol.setBatch(magic, 0n, [payout(0n, 6n), payout(0n, 6n), payout(0n, 7n), payout(0n, 7n)]);
      const word = await ledger.wordOf(bob, ids.token0);
      const answer = await settle({
        settlement,
        section: sectionOf(pair),
        orders: [
          ...[alice, bob].map((account) => ({ account, amount: 5n })),
          ...[alice, bob].map((account) => ({
            account,
            kind: KIND.none,
            amount: 0n,
            sequence: account === alice ? 1n : 0n,
          })),
        ],
      });
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0b1010n]]);
      expect(await ledger.balanceOf(alice, rules)).to.equal(13n);
      expect(await ledger.balanceOf(bob, ids.token0)).to.equal(1000n * WAD - 1000n);
      // He was not debited, so his sequence is what it was; neither of his operations reached the protocol.
      expect(await ledger.wordOf(bob, ids.token0)).to.equal(word);
      expect(await ledger.balanceOf(bob, rules)).to.equal(0n);
      const seen = [...(await protocol.operationsSeen())];
      expect([seen.slice(2, 4), seen.slice(6, 8)]).to.deep.equal([
        [0n, 0n],
        [0n, 0n],
      ]);
    });

    it("skips such a signer also where the asset with RULES is the first, and he puts in the other", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, issuer, protocol, settlement, alice, bob, ids, magic } = fixture;
      await issuer.issue(BOOK, FLAG.rules0, issuer, ethers.ZeroAddress);
      const rules = await issuedId({ owner: issuer, salt: BOOK, flags: FLAG.rules0 });
      await ledger.listCore(protocol);
      await issuer.mint(rules, alice, 100n);
      const pair = { protocol, key: BOOK, asset0: rules, asset1: ids.token1 };
      await ledger.connect(alice).call(callOf({ ...pair, to: alice, amount0: 100n }));
      await issuer.refuse(bob, true);
      await protocol.setBatch(magic, 0n, [payout(6n, 0n), payout(6n, 0n)]);
      const word = await ledger.wordOf(bob, ids.token1);
      const orders = [alice, bob].map((account) => ({ account, kind: KIND.asset1, amount: 5n }));
      const answer = await settle({ settlement, section: sectionOf(pair), orders });
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0b10n]]);
      expect(await ledger.balanceOf(alice, rules)).to.equal(6n);
      expect(await ledger.wordOf(bob, ids.token1)).to.equal(word);
    });

    it("gives notice of what went in and then of what came out, when every word of the section is final", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, issuer, protocol, settlement, alice, bob, ids, magic } = fixture;
      await issuer.issue(BOOK, FLAG.notify0, issuer, ethers.ZeroAddress);
      const id = await issuedId({ owner: issuer, salt: BOOK, flags: FLAG.notify0 });
      const pair = { protocol, key: BOOK, asset0: id, asset1: ids.token1 };
      for (const user of [alice, bob]) {
        await issuer.mint(id, user, 100n);
        await ledger.connect(user).setConsent(id, 1n);
      }
      await protocol.setBatch(magic, 0n, [payout(1n, 0n), PAYOUT.failed, payout(4n, 0n), payout(2n, 0n)]);
      const count = await issuer.noticeCount();
      const answer = await settle({
        settlement,
        section: sectionOf({ ...pair, gasCap: 4_000_000n }),
        orders: [
          { account: alice, amount: 10n },
          { account: bob, amount: 20n },
          { account: bob, kind: KIND.asset1, amount: 7n },
          { account: alice, sequence: 1n, amount: 30n },
        ],
      });
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0b0010n]]);
      const address = await protocol.getAddress();
      const seen = [];
      for (let i = count; i < (await issuer.noticeCount()); ++i) {
        const { from, to, amount, balanceFrom, balanceTo } = await issuer.notices(i);
        seen.push([from, to, amount, balanceFrom, balanceTo]);
      }
      expect(seen).to.deep.equal([
        [alice.address, address, 10n, 63n, 0n],
        [alice.address, address, 30n, 63n, 0n],
        [address, alice.address, 1n, 0n, 63n],
        [address, bob.address, 4n, 0n, 104n],
        [address, alice.address, 2n, 0n, 63n],
      ]);
    });

    it("gives no notice of minted shares, which are no asset of the section", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, issuer, protocol, settlement, alice, ids, magic } = fixture;
      await issuer.issue(BOOK, FLAG.notify0, issuer, ethers.ZeroAddress);
      const id = await issuedId({ owner: issuer, salt: BOOK, flags: FLAG.notify0 });
      await issuer.mint(id, alice, 100n);
      await ledger.connect(alice).setConsent(id, 1n);
      const pair = { protocol, key: BOOK, asset0: id, asset1: ids.token1 };
      const shareId = await issuedId({ owner: protocol, salt: await bookIdOf(pair) });
      await protocol.setBatch(magic, 0n, [PAYOUT.shares | 40n]);
      const count = await issuer.noticeCount();
      const section = sectionOf({ ...pair, shareId, gasCap: 4_000_000n });
      const answer = await settle({ settlement, section, orders: [{ account: alice, amount: 10n }] });
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0n]]);
      expect(await ledger.balanceOf(alice, shareId)).to.equal(40n);
      expect(await issuer.noticeCount()).to.equal(count + 1n);
      const { from, to, amount } = await issuer.notices(count);
      expect([from, to, amount]).to.deep.equal([alice.address, await protocol.getAddress(), 10n]);
      // Without operations there is nothing to tell.
      await protocol.setBatch(magic, 0n, []);
      expect((await settle({ settlement, section, orders: [] })).executed).to.equal(true);
      expect(await issuer.noticeCount()).to.equal(count + 1n);
    });
  });

  describe("settle: the cap of an issuer with RULES", () => {
    it("holds across the transfers of a section, because each is asked about on running state", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, issuer, settlement, alice, bob, carol, ids, toCarol } = fixture;
      await issuer.issue(BOOK, FLAG.rules0, issuer, ethers.ZeroAddress);
      const id = await issuedId({ owner: issuer, salt: BOOK, flags: FLAG.rules0 });
      for (const user of [alice, bob]) {
        await issuer.mint(id, user, 100n);
        await ledger.connect(user).setConsent(id, 1n);
      }
      await issuer.setCap(150n);
      const section = sectionOf({ asset0: id, asset1: ids.token0 });
      const answer = await settle({
        settlement,
        section,
        orders: [
          { account: alice, amount: 100n, arguments: toCarol },
          { account: bob, amount: 51n, arguments: toCarol }, // each fits alone, both together do not
          { account: bob, amount: 50n, arguments: toCarol },
          { account: bob, sequence: 1n, amount: 1n, arguments: toCarol },
        ],
      });
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0b1010n]]);
      expect(await ledger.balanceOf(carol, id)).to.equal(150n);
      expect(await ledger.balanceOf(bob, id)).to.equal(50n);
    });

    it("takes down the section whose payouts exceed it together, never more than that", async () => {
      const fixture = await loadFixture(sectionFixture);
      const { ledger, issuer, protocol, settlement, alice, bob, ids, magic } = fixture;
      await issuer.issue(BOOK, FLAG.rules0, issuer, ethers.ZeroAddress);
      const id = await issuedId({ owner: issuer, salt: BOOK, flags: FLAG.rules0 });
      await ledger.listCore(protocol);
      await issuer.mint(id, bob, 200n);
      const pair = { protocol, key: BOOK, asset0: ids.token0, asset1: id };
      await ledger.connect(bob).call(callOf({ ...pair, to: bob, amount1: 200n }));
      await issuer.setCap(150n);
      await protocol.setBatch(magic, 0n, [payout(0n, 100n), payout(0n, 51n)]);
      const orders = [0n, 1n].map((sequence) => ({ account: alice, sequence, amount: 5n }));
      const before = await stateOf(watched(fixture));
      expect((await settle({ settlement, section: sectionOf(pair), orders })).executed).to.equal(false);
      expect(await stateOf(watched(fixture))).to.deep.equal(before);
      await protocol.setBatch(magic, 0n, [payout(0n, 100n), payout(0n, 50n)]);
      const answer = await settle({ settlement, section: sectionOf(pair), orders });
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0n]]);
      expect(await ledger.balanceOf(alice, id)).to.equal(150n);
    });
  });
});
