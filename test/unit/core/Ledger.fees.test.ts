import { expect } from "chai";
import type { ILedgerProtocol } from "../../../typechain-types/core/Ledger.js";
import {
  bookIdOf,
  callOf,
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
const HELD = 1000n * WAD;

/** A book of 1,000 units of each asset, and sections whose fees are the relayer's. */
async function feeFixture() {
  const fixture = await ledgerFixture();
  const { ledger, protocol, settlement, relayer, alice, bob, carol, ids } = fixture;
  for (const user of [alice, bob]) {
    for (const id of [ids.token0, ids.token1]) await ledger.connect(user).setConsent(id, 1n);
  }
  const pair = { asset0: ids.token0, asset1: ids.token1 };
  await ledger.connect(bob).call(callOf({ ...pair, protocol, key: BOOK, to: bob, amount0: 1000n, amount1: 1000n }));
  const bookId = await bookIdOf({ ...pair, protocol, key: BOOK });
  const shareId = await issuedId({ owner: protocol, salt: bookId });
  const magic = protocol.interface.getFunction("onLedgerBatch").selector;
  const fees = { ...pair, fee0: 3n, fee1: 5n, feeTo: relayer.address };
  const section = sectionOf({ ...fees, protocol, key: BOOK, shareId });
  const run = (orders: readonly Order[], changes: Partial<ILedgerProtocol.SectionStruct> = {}) =>
    settle({ settlement, section: { ...section, ...changes }, orders });
  const transfer = (orders: readonly Order[], changes: Partial<ILedgerProtocol.SectionStruct> = {}) =>
    settle({ settlement, section: sectionOf({ ...fees, ...changes }), orders });
  const book = async () => wordParts(await ledger.bookOf(protocol, BOOK, ids.token0, ids.token1));
  const balances = async (account: { address: string }) =>
    Promise.all([ids.token0, ids.token1].map((id) => ledger.balanceOf(account.address, id)));
  return {
    ...fixture,
    pair,
    bookId,
    shareId,
    magic,
    section,
    run,
    transfer,
    book,
    balances,
    toCarol: await receiverOf(carol),
  };
}

const payout = (out0: bigint, out1: bigint): bigint => (out1 << 112n) | out0;

describe("Ledger", () => {
  describe("settle: fees", () => {
    it("takes down a section with a fee in an asset with RULES or NOTIFY, or above what a half holds", async () => {
      const fixture = await loadFixture(feeFixture);
      const { ledger, issuer, section, ids, settlement, pair } = fixture;
      await issuer.issue(BOOK, FLAG.rules0 | FLAG.notify1, issuer, issuer);
      const flags = FLAG.rules0 | FLAG.notify1;
      const rules = await issuedId({ owner: issuer, salt: BOOK, flags });
      const notice = await issuedId({ owner: issuer, salt: BOOK, flags, side: 1n });
      const self = await impersonate(ledger);
      const cases: [Partial<ILedgerProtocol.SectionStruct>, id: bigint, fee: bigint][] = [
        [{ asset0: rules }, rules, 3n],
        [{ asset1: notice }, notice, 5n],
        [{ fee0: MAX_AMOUNT + 1n }, ids.token0, MAX_AMOUNT + 1n],
        [{ fee1: MAX_AMOUNT + 1n }, ids.token1, MAX_AMOUNT + 1n],
      ];
      for (const [changes, id, fee] of cases) {
        for (const target of [section, sectionOf({ ...pair, fee0: 3n, fee1: 5n })]) {
          await expectRefused({
            fixture,
            send: () => ledger.connect(self).settleFrame({ ...target, ...changes, shareId: 0n }, []),
            error: "LedgerInvalidFee",
            args: [id, fee],
          });
        }
      }
      // Without a fee in it such an asset may stand beside one that pays.
      const answer = await settle({
        settlement,
        section: sectionOf({ asset0: rules, asset1: ids.token1, fee1: 5n }),
        orders: [],
      });
      expect(answer.executed).to.equal(true);
    });

    it("adds the fee to each transfer's debit, and pays all of them at once", async () => {
      const { ledger, relayer, alice, bob, transfer, balances, toCarol } = await loadFixture(feeFixture);
      const answer = await transfer([
        { account: alice, amount: 10n, arguments: toCarol },
        { account: alice, sequence: 1n, amount: 20n, arguments: toCarol },
        { account: bob, kind: KIND.asset1, amount: 30n, arguments: toCarol },
      ]);
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0n]]);
      await expect(answer.response).to.not.emit(ledger, "Transfer");
      expect(await balances(alice)).to.deep.equal([HELD - 36n, HELD]);
      expect(await balances(bob)).to.deep.equal([HELD - 1000n, HELD - 1035n]);
      expect(await balances(relayer)).to.deep.equal([6n, 5n]);
    });

    it("skips an operation that holds its amount but not the fee, in transfers and for a protocol", async () => {
      const { protocol, relayer, alice, run, transfer, balances, magic, toCarol } = await loadFixture(feeFixture);
      for (const amount of [HELD, HELD - 2n]) {
        expect((await transfer([{ account: alice, amount, arguments: toCarol }])).skipped).to.deep.equal([1n]);
        await protocol.setBatch(magic, 0n, [payout(0n, 1n)]);
        expect((await run([{ account: alice, amount }])).skipped).to.deep.equal([1n]);
      }
      expect(await balances(alice)).to.deep.equal([HELD, HELD]);
      expect(await balances(relayer)).to.deep.equal([0n, 0n]);
      // Nothing is less than an amount, whatever the fee.
      expect((await transfer([{ account: alice, amount: 0n, arguments: toCarol }])).skipped).to.deep.equal([1n]);
      expect((await transfer([{ account: alice, amount: HELD - 3n, arguments: toCarol }])).skipped).to.deep.equal([0n]);
      expect(await balances(alice)).to.deep.equal([0n, HELD]);
      expect(await balances(relayer)).to.deep.equal([3n, 0n]);
    });

    it("keeps the fee out of the book, and gives it back with what a protocol refuses", async () => {
      const { protocol, relayer, alice, bob, run, book, balances, magic } = await loadFixture(feeFixture);
      await protocol.setBatch(magic, 0n, [payout(0n, 50n), PAYOUT.failed, PAYOUT.shares | 7n, payout(1n, 2n)]);
      const answer = await run([
        { account: alice, amount: 100n },
        { account: bob, amount: 200n },
        { account: bob, kind: KIND.asset1, amount: 300n },
        { account: alice, kind: KIND.asset1, amount: 400n },
      ]);
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [2n]]);
      expect(await balances(alice)).to.deep.equal([HELD - 103n + 1n, HELD + 50n - 405n + 2n]);
      expect(await balances(bob)).to.deep.equal([HELD - 1000n, HELD - 1000n - 305n]);
      expect(await balances(relayer)).to.deep.equal([3n, 10n]);
      expect(await book()).to.deep.equal({ amount0: 1000n + 100n - 1n, amount1: 1000n + 700n - 52n, flags: 0n });
    });

    it("takes the fee out of the payout of what puts no asset in", async () => {
      const fixture = await loadFixture(feeFixture);
      const { ledger, protocol, relayer, alice, shareId, run, book, balances, magic } = fixture;
      await protocol.setBatch(magic, 0n, [PAYOUT.shares | 40n]);
      await run([{ account: alice, amount: 100n }]);
      const cases: [payout: bigint, kind: bigint, paid: [bigint, bigint], earned: [bigint, bigint]][] = [
        [payout(10n, 20n), KIND.none, [7n, 20n], [3n, 0n]], // of asset 0, if there is any
        [payout(0n, 20n), KIND.none, [0n, 15n], [0n, 5n]],
        [payout(2n, 20n), KIND.none, [0n, 20n], [2n, 0n]], // at most all of it
        [payout(3n, 0n), KIND.none, [0n, 0n], [3n, 0n]],
        [payout(0n, 4n), KIND.none, [0n, 0n], [0n, 4n]],
        [payout(0n, 0n), KIND.none, [0n, 0n], [0n, 0n]],
        [PAYOUT.failed, KIND.none, [0n, 0n], [0n, 0n]],
        [payout(10n, 0n), KIND.shares, [7n, 0n], [3n, 0n]],
        [payout(0n, 20n), KIND.shares, [0n, 15n], [0n, 5n]],
        [payout(10n, 20n), KIND.shares, [7n, 20n], [3n, 0n]],
        [payout(0n, 1n), KIND.shares, [0n, 0n], [0n, 1n]],
        [payout(1n, 0n), KIND.none, [0n, 0n], [1n, 0n]],
        [payout(0n, 0n), KIND.shares, [0n, 0n], [0n, 0n]],
        [PAYOUT.shares | 9n, KIND.none, [0n, 0n], [0n, 0n]],
      ];
      // Where nothing is debited, asset 0's word counts; it has counted the first operation.
      const sequences = new Map<bigint, bigint>([
        [KIND.none, 1n],
        [KIND.shares, 0n],
      ]);
      for (const [out, kind, paid, earned] of cases) {
        const before = [...(await balances(alice)), ...(await balances(relayer))];
        const { amount0, amount1 } = await book();
        await protocol.setBatch(magic, 0n, [out]);
        const burnt = kind === KIND.shares ? 1n : 0n;
        const sequence = sequences.get(kind) ?? 0n;
        const answer = await run([{ account: alice, sequence, kind, amount: burnt }]);
        sequences.set(kind, sequence + 1n);
        expect([answer.executed, answer.skipped]).to.deep.equal([true, [out === PAYOUT.failed ? 1n : 0n]]);
        const after = [...(await balances(alice)), ...(await balances(relayer))];
        expect(after.map((balance, i) => balance - (before[i] ?? 0n))).to.deep.equal([...paid, ...earned]);
        // The book pays both.
        expect(await book()).to.deep.equal({
          amount0: amount0 - paid[0] - earned[0],
          amount1: amount1 - paid[1] - earned[1],
          flags: 0n,
        });
      }
      expect(await ledger.balanceOf(alice, shareId)).to.equal(40n - 5n + 9n);
    });

    it("takes one fee of what puts an asset in, whatever it is paid, also where an asset is logged", async () => {
      const fixture = await loadFixture(feeFixture);
      const { ledger, facades, protocol, relayer, alice, bob, bookId, shareId, ids, magic, settlement } = fixture;
      await facades.createFacade(protocol, bookId, 0n, 0n);
      await protocol.setOutcome(outcomeOf({ shareId, mint: 1000n }));
      await ledger.connect(alice).call(callOf({ ...fixture.pair, protocol, key: BOOK, to: alice }));
      await ledger.connect(alice).setConsent(shareId, 1n);
      const key = ethers.id("logged");
      const assets = [shareId, ids.token1] as const;
      const pair = { asset0: shareId, asset1: ids.token1 };
      await protocol.setOutcome(outcomeOf());
      const funds = { ...pair, protocol, key };
      await ledger.connect(alice).call(callOf({ ...funds, to: alice, amount0: 300n }));
      await ledger.connect(bob).call(callOf({ ...funds, to: bob, amount1: 300n }));
      const section = sectionOf({ ...funds, fee0: 3n, fee1: 5n, feeTo: relayer.address });
      const held = async (account: { address: string }) =>
        Promise.all(assets.map((id) => ledger.balanceOf(account.address, id)));
      const sequences = [0n, 0n];
      for (const side of [0, 1]) {
        const kind = side === 0 ? KIND.asset0 : KIND.asset1;
        for (const [out0, out1] of [
          [0n, 20n],
          [20n, 0n],
          [20n, 30n],
        ] as const) {
          const before = [...(await held(alice)), ...(await held(relayer))];
          await protocol.setBatch(magic, 0n, [payout(out0, out1)]);
          const sequence = sequences[side] ?? 0n;
          const answer = await settle({
            settlement,
            section,
            orders: [{ account: alice, sequence, kind, amount: 10n }],
          });
          expect([answer.executed, answer.skipped]).to.deep.equal([true, [0n]]);
          sequences[side] = sequence + 1n;
          const after = [...(await held(alice)), ...(await held(relayer))];
          const fee = side === 0 ? [3n, 0n] : [0n, 5n];
          const put = side === 0 ? [13n, 0n] : [0n, 15n];
          expect(after.map((balance, i) => balance - (before[i] ?? 0n))).to.deep.equal([
            ...[out0 - (put[0] ?? 0n), out1 - (put[1] ?? 0n)],
            ...fee,
          ]);
        }
      }
    });

    it("gives back shares without a fee", async () => {
      const { ledger, protocol, relayer, alice, shareId, run, balances, magic } = await loadFixture(feeFixture);
      await protocol.setBatch(magic, 0n, [PAYOUT.shares | 40n]);
      await run([{ account: alice, amount: 100n }]);
      await protocol.setBatch(magic, 0n, [PAYOUT.failed]);
      expect((await run([{ account: alice, kind: KIND.shares, amount: 40n }])).skipped).to.deep.equal([1n]);
      expect(await ledger.balanceOf(alice, shareId)).to.equal(40n);
      expect(await balances(relayer)).to.deep.equal([3n, 0n]);
    });

    it("pays a relayer who is a signer too at the end, so he cannot spend what he earns in the same section", async () => {
      const { ledger, alice, bob, ids, transfer, balances, toCarol } = await loadFixture(feeFixture);
      const all = await ledger.balanceOf(alice, ids.token0);
      const answer = await transfer(
        [
          { account: bob, amount: 10n, arguments: toCarol },
          { account: alice, amount: all - 1n, arguments: toCarol }, // one unit of the fee is missing
          { account: alice, amount: all - 3n, arguments: toCarol },
        ],
        { feeTo: alice.address },
      );
      expect(answer.skipped).to.deep.equal([2n]);
      expect(await balances(alice)).to.deep.equal([6n, HELD]);
    });

    it("takes down a section whose fees do not fit into the relayer's half", async () => {
      const fixture = await loadFixture(feeFixture);
      const { ledger, protocol, settlement, relayer, alice, section, shareId, toCarol } = fixture;
      // Shares are plain assets, of which there may be any number.
      const issue = (to: { address: string }, mint: bigint) =>
        protocol
          .setOutcome(outcomeOf({ shareId, mint }))
          .then(() => ledger.connect(alice).call(callOf({ ...fixture.pair, protocol, key: BOOK, to: to.address })));
      await issue(alice, 1000n);
      await issue(relayer, MAX_AMOUNT - 5n);
      await ledger.connect(alice).setConsent(shareId, 1n);
      const target = sectionOf({ asset0: shareId, asset1: section.asset1, fee0: 3n, feeTo: relayer.address });
      const order = { account: alice, sequence: 0n, kind: 0n, amount: 1n, arguments: toCarol };
      const operations = await settlement.pack([order, { ...order, sequence: 1n }]);
      const self = await impersonate(ledger);
      await expectRefused({
        fixture,
        send: () => ledger.connect(self).settleFrame(target, [...operations]),
        error: "LedgerBalanceOverflow",
        args: [relayer.address, shareId, MAX_AMOUNT - 5n, 6n],
      });
      const before = await stateOf(watched(fixture));
      const answer = await settle({ settlement, section: target, orders: [order, { ...order, sequence: 1n }] });
      expect([answer.executed, answer.skipped]).to.deep.equal([false, []]);
      expect(await stateOf(watched(fixture))).to.deep.equal(before);
      expect((await settle({ settlement, section: target, orders: [order] })).executed).to.equal(true);
      expect(await ledger.balanceOf(relayer, shareId)).to.equal(MAX_AMOUNT - 2n);
    });

    it("logs each fee in an asset with a facade, from who pays it to who earns it", async () => {
      const fixture = await loadFixture(feeFixture);
      const { ledger, facades, protocol, settlement, relayer, alice, bookId, shareId, ids, magic, toCarol } = fixture;
      await facades.createFacade(protocol, bookId, 0n, 0n);
      await protocol.setOutcome(outcomeOf({ shareId, mint: 1000n }));
      await ledger.connect(alice).call(callOf({ ...fixture.pair, protocol, key: BOOK, to: alice }));
      await ledger.connect(alice).setConsent(shareId, 1n);
      const other = ethers.id("other book");
      const named = { asset0: shareId, asset1: ids.token1 };
      const target = sectionOf({ ...named, protocol, key: other, fee0: 3n, feeTo: relayer.address });
      await protocol.setOutcome(outcomeOf());
      await ledger.connect(alice).call(callOf({ ...named, protocol, key: other, to: alice, amount0: 500n }));
      const orders = [
        { account: alice, amount: 10n },
        { account: alice, sequence: 1n, amount: 20n },
        { account: alice, sequence: 2n, kind: KIND.none, amount: 0n },
      ];
      await protocol.setBatch(magic, 0n, [0n, PAYOUT.failed, payout(100n, 0n)]);
      const answer = await settle({ settlement, section: target, orders });
      const moved = async (response: typeof answer.response) =>
        ((await response.wait())?.logs ?? [])
          .map((log) => ledger.interface.parseLog(log))
          .flatMap((log) => (log?.name === "Transfer" ? [[log.args[1], log.args[2], log.args[4]]] : []));
      const [a, nobody, r] = [alice.address, ethers.ZeroAddress, relayer.address];
      expect(await moved(answer.response)).to.deep.equal([
        [a, nobody, 10n],
        [a, nobody, 20n],
        [a, r, 3n],
        [nobody, a, 20n], // the fee of what failed was never logged
        [nobody, a, 100n],
        [a, r, 3n],
      ]);
      expect(await ledger.balanceOf(relayer, shareId)).to.equal(6n);
      expect(await ledger.balanceOf(alice, shareId)).to.equal(500n - 13n + 97n);
      const transfers = sectionOf({ ...named, fee0: 3n, feeTo: r });
      const sent = await settle({
        settlement,
        section: transfers,
        orders: [{ account: alice, sequence: 3n, amount: 10n, arguments: toCarol }],
      });
      expect(await moved(sent.response)).to.deep.equal([
        [a, fixture.carol.address, 10n],
        [a, r, 3n],
      ]);
    });
  });

  describe("settle: consent of a receiver", () => {
    it("goes to a fresh word alone, and only by the bit that a settlement sets", async () => {
      const { ledger, bob, carol, alice, ids, transfer, toCarol } = await loadFixture(feeFixture);
      const order = { account: alice, amount: 5n, arguments: toCarol };
      await transfer([{ ...order, kind: KIND.consent }]);
      expect(wordParts(await ledger.wordOf(carol, ids.token0))).to.deep.equal({ amount0: 5n, amount1: 0n, flags: 1n });
      // A word that is not fresh keeps what its owner chose.
      await ledger.connect(carol).setConsent(ids.token0, 0n);
      const kind = KIND.consent | KIND.asset1;
      await transfer([
        { ...order, sequence: 1n, kind: KIND.consent },
        { account: bob, kind, amount: 7n, arguments: toCarol },
        { ...order, kind, arguments: await receiverOf(alice) },
      ]);
      expect(wordParts(await ledger.wordOf(carol, ids.token0)).flags).to.equal(0n);
      // The other word was fresh; the transfer to oneself changed nothing but the sequence.
      expect(wordParts(await ledger.wordOf(carol, ids.token1))).to.deep.equal({ amount0: 7n, amount1: 0n, flags: 1n });
      expect(wordParts(await ledger.wordOf(alice, ids.token1)).flags).to.equal(1n | (1n << 8n));
    });

    it("is that of the version that acts, also in an asset that is logged", async () => {
      const { ledger, issuer, alice, carol, toCarol } = await loadFixture(feeFixture);
      const other = await ethers.deployContract("MockSettlement", [ledger]);
      await ledger.listSettlement(other);
      await issuer.issue(BOOK, FLAG.rules0, issuer, ethers.ZeroAddress);
      const rules = await issuedId({ owner: issuer, salt: BOOK, flags: FLAG.rules0 });
      await issuer.mint(rules, alice, 10n);
      await ledger.connect(alice).setConsent(rules, 2n);
      const order = { account: alice, kind: KIND.consent, amount: 3n, arguments: toCarol };
      await settle({ settlement: other, section: sectionOf({ asset0: rules, asset1: 0n }), orders: [order] });
      expect(wordParts(await ledger.wordOf(carol, rules))).to.deep.equal({ amount0: 3n, amount1: 0n, flags: 2n });
    });

    it("is nothing to a protocol, whose kinds are its own", async () => {
      const { ledger, protocol, alice, carol, ids, run, magic } = await loadFixture(feeFixture);
      await protocol.setBatch(magic, 0n, [payout(0n, 1n)]);
      const order = { account: alice, kind: KIND.consent, amount: 5n, arguments: await receiverOf(carol) };
      expect((await run([order])).skipped).to.deep.equal([0n]);
      expect(await ledger.wordOf(carol, ids.token0)).to.equal(0n);
    });
  });
});
