import { expect } from "chai";
import {
  bookIdOf,
  callOf,
  DESTINATION,
  ethers,
  expectRefused,
  FLAG,
  issuedId,
  ledgerFixture,
  loadFixture,
  MAX_AMOUNT,
  outcomeOf,
  packWord,
  SOURCE,
  stateOf,
  WAD,
  watched,
  wordParts,
} from "../../helpers/ledger-fixture.js";

const KEY = ethers.id("book");

/**
 * Three mock protocols that answer each for itself, every book with 100 of each side: `protocol` has token 0 and token 1,
 * `second` token 1 and USDC, `third` USDC and wrapped ether.
 */
async function pathFixture() {
  const fixture = await ledgerFixture();
  const { ledger, protocol, alice, bob, ids } = fixture;
  const second = await ethers.deployContract("MockProtocol", [ledger]);
  const third = await ethers.deployContract("MockProtocol", [ledger]);
  const owners = await Promise.all([protocol, second, third].map((mock) => mock.getAddress()));
  const [own0 = "", own1 = "", own2 = ""] = owners;
  const books = [
    { protocol: own0, key: KEY, asset0: ids.token0, asset1: ids.token1 },
    { protocol: own1, key: KEY, asset0: ids.token1, asset1: ids.usdc },
    { protocol: own2, key: KEY, asset0: ids.weth, asset1: ids.usdc },
  ] as const;
  for (const book of books) await ledger.connect(bob).call(callOf({ ...book, to: bob, amount0: 100n, amount1: 100n }));
  const bookOf = async ({ protocol: owner, asset0, asset1 }: (typeof books)[number]) => {
    const { amount0, amount1 } = wordParts(await ledger.bookOf(owner, KEY, asset0, asset1));
    return [amount0, amount1];
  };
  const [first, middle, last] = books.map((book) => callOf({ ...book, to: alice.address }));
  if (first === undefined || middle === undefined || last === undefined) throw new TypeError("3 books");
  return { ...fixture, second, third, books, bookOf, first, middle, last };
}

describe("Ledger", () => {
  describe("callPath", () => {
    it("reverts without a call, whatever ether is sent", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, alice } = fixture;
      for (const value of [0n, 5n]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).callPath([], { value }),
          error: "LedgerEmptyPath",
          args: [],
        });
      }
    });

    it("reverts for the ledger as a receiver or as a protocol, in each call", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, alice, first, middle } = fixture;
      await protocol.setOutcome(outcomeOf({ out1: 30n }));
      const self = await ledger.getAddress();
      const paid = { ...first, amount0: 10n };
      for (const calls of [
        [{ ...paid, to: self }, middle],
        [paid, { ...middle, to: self }],
      ]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).callPath(calls),
          error: "LedgerInvalidRecipient",
          args: [self],
        });
      }
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).callPath([paid, { ...middle, protocol: self }]),
        error: "LedgerInvalidProtocol",
        args: [self],
      });
    });

    it("reverts when ether is sent that the first call does not want, also where a later one could use it", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, second, alice, first, middle, last } = fixture;
      await protocol.setOutcome(outcomeOf({ out1: 30n }));
      await second.setOutcome(outcomeOf({ out1: 20n }));
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).callPath([{ ...first, amount0: 10n }, middle, last], { value: 5n }),
        error: "LedgerNativeMismatch",
        args: [5n, 0n],
      });
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).callPath([{ ...last, amount0: 4n }, middle], { value: 5n }),
        error: "LedgerNativeMismatch",
        args: [5n, 4n],
      });
    });

    it("reverts when the caller lacks the first input", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, carol, first, middle, ids } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.connect(carol).callPath([{ ...first, amount0: 1n }, middle]),
        error: "LedgerInsufficientBalance",
        args: [carol.address, ids.token0, 0n, 1n],
      });
    });

    it("reverts when a call after the first brings amounts of its own (LED_17)", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, second, alice, first, middle, last } = fixture;
      await protocol.setOutcome(outcomeOf({ out1: 30n }));
      await second.setOutcome(outcomeOf({ out1: 20n }));
      for (const [amount0, amount1] of [
        [1n, 0n],
        [0n, 1n],
        [ethers.MaxUint256, 7n],
      ] as const) {
        await expectRefused({
          fixture,
          send: () =>
            ledger.connect(alice).callPath([{ ...first, amount0: 10n }, { ...middle, amount0, amount1 }, last]),
          error: "LedgerBrokenPath",
          args: [1n, packWord(30n, 0n), amount0, amount1],
        });
        await expectRefused({
          fixture,
          send: () =>
            ledger.connect(alice).callPath([{ ...first, amount0: 10n }, middle, { ...last, amount0, amount1 }]),
          error: "LedgerBrokenPath",
          args: [2n, packWord(0n, 20n), amount0, amount1],
        });
      }
    });

    it("reverts when nothing is carried: no output, one of another asset, or nothing but change", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, alice, first, middle, last } = fixture;
      const paid = { ...first, amount0: 10n };
      for (const { outcome, next } of [
        { outcome: {}, next: middle },
        { outcome: { out1: 30n }, next: last },
        { outcome: { out0: 10n }, next: { ...middle, asset1: paid.asset0 } },
      ]) {
        await protocol.setOutcome(outcomeOf(outcome));
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).callPath([paid, next]),
          error: "LedgerBrokenPath",
          args: [1n, 0n, 0n, 0n],
        });
      }
    });

    it("reverts when two entries of the path are one place of the calldata", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, alice, first } = fixture;
      await protocol.setOutcome(outcomeOf({ out1: 30n }));
      const data = ledger.interface.encodeFunctionData("callPath", [[{ ...first, amount0: 10n }]]);
      const word = (value: bigint) => ethers.toBeHex(value, 32).slice(2);
      // selector, offset of the array; then two entries instead of one, both at the same struct
      const doubled = data.slice(0, 74) + word(2n) + word(64n) + word(64n) + data.slice(74 + 128);
      await expectRefused({
        fixture,
        send: () => alice.sendTransaction({ to: ledger, data: doubled }),
        error: "LedgerBrokenPath",
        args: [1n, 0n, 10n, 0n],
      });
    });

    it("reverts when two outputs of one token exceed what a side can hold (LED_17)", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, token0, alice, first, ids } = fixture;
      // A token whose total fits 112 bits cannot get there; one that forgets what the ledger holds can.
      const token = await ethers.deployContract("MockERC20", ["Forgetful", "FGT", 18]);
      const id = BigInt(await token.getAddress());
      await token.connect(alice).approve(ledger, ethers.MaxUint256);
      const twice = { ...first, asset0: id, asset1: id, source: SOURCE.wallet };
      await protocol.setOutcome(outcomeOf());
      for (const amounts of [{ amount0: MAX_AMOUNT }, { amount1: MAX_AMOUNT }]) {
        await token.mint(alice, MAX_AMOUNT);
        await ledger.connect(alice).call({ ...twice, ...amounts });
        await token.burn(ledger, MAX_AMOUNT);
      }
      const next = { ...first, asset0: ids.token0, asset1: id };
      for (const [out0, out1] of [
        [1n, MAX_AMOUNT],
        [MAX_AMOUNT, MAX_AMOUNT],
      ] as const) {
        await protocol.setOutcome(outcomeOf({ out0, out1 }));
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).callPath([twice, next]),
          error: "LedgerAmountTooLarge",
          args: [out1, MAX_AMOUNT],
        });
      }
      expect(await token0.balanceOf(ledger)).to.equal(2000n * WAD);
    });

    it("reverts when a protocol on the way pays what its book has not", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, second, alice, books, first, middle, last } = fixture;
      await protocol.setOutcome(outcomeOf({ out1: 30n }));
      await second.setOutcome(outcomeOf({ out1: 101n }));
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).callPath([{ ...first, amount0: 10n }, middle, last]),
        error: "LedgerInsufficientBook",
        args: [await bookIdOf(books[1]), packWord(100n, 100n), packWord(30n, 0n), packWord(0n, 101n)],
      });
      // Nor can it pay out what it was carried and keep it.
      await second.setOutcome(outcomeOf({ out0: 131n }));
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).callPath([{ ...first, amount0: 10n }, middle]),
        error: "LedgerInsufficientBook",
        args: [await bookIdOf(books[1]), packWord(100n, 100n), packWord(30n, 0n), packWord(131n, 0n)],
      });
    });

    it("passes on the error of a protocol on the way, and asks for its magic value", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, second, alice, first, middle } = fixture;
      await protocol.setOutcome(outcomeOf({ out1: 30n }));
      const send = () => ledger.connect(alice).callPath([{ ...first, amount0: 10n }, middle]);
      await second.setReverts(true, false);
      await expectRefused({ fixture, send, contract: second, error: "MockProtocolRefuses", args: [] });
      await second.setReverts(false, false);
      await second.setOutcome(outcomeOf({ magic: "0x12345678" }));
      const args = [await second.getAddress(), "0x12345678"];
      await expectRefused({ fixture, send, error: "LedgerMagicMissing", args });
    });

    it("reverts on ether that the last receiver refuses", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, second, third, alice, middle, last } = fixture;
      const receiver = await ethers.deployContract("EtherReceiver");
      await receiver.setRefusing(true);
      await second.setOutcome(outcomeOf({ out1: 30n }));
      await third.setOutcome(outcomeOf({ out0: 20n }));
      const to = await receiver.getAddress();
      await expectRefused({
        fixture,
        send: () =>
          ledger.connect(alice).callPath([
            { ...middle, amount0: 10n },
            { ...last, to, destination: DESTINATION.native },
          ]),
        error: "LedgerNativeTransferFailed",
        args: [to, 20n],
      });
    });

    it("makes a path of one call as `call` does", async () => {
      const { ledger, protocol, alice, carol, first, books, bookOf, ids } = await loadFixture(pathFixture);
      await protocol.setOutcome(outcomeOf({ out0: 4n, out1: 30n }));
      const only = { ...first, amount0: 10n, to: carol.address };
      expect(await ledger.connect(alice).callPath.staticCall([only])).to.deep.equal(
        await ledger.connect(alice).call.staticCall(only),
      );
      await ledger.connect(alice).callPath([only]);
      expect(await ledger.balanceOf(carol, ids.token1)).to.equal(30n);
      expect(await ledger.balanceOf(alice, ids.token0)).to.equal(1000n * WAD - 6n);
      expect(await bookOf(books[0])).to.deep.equal([106n, 70n]);
    });

    it("carries an output from book to book, with an event at both ends and none between (LED_17)", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, second, third, alice, carol, books, bookOf, first, middle, last, ids } = fixture;
      await protocol.setOutcome(outcomeOf({ flags: 7n, out1: 30n }));
      await second.setOutcome(outcomeOf({ out1: 20n }));
      await third.setOutcome(outcomeOf({ out0: 9n }));
      const path = [
        { ...first, amount0: 10n, data: "0x01" },
        { ...middle, data: "0x02" },
        { ...last, to: carol.address, data: "0x03" },
      ];
      expect(await ledger.connect(alice).callPath.staticCall(path)).to.deep.equal([9n, 0n, 0n]);
      const response = await ledger.connect(alice).callPath(path);
      const logs = (await response.wait())?.logs.map((log) => ledger.interface.parseLog(log)?.args.toArray());
      expect(logs).to.deep.equal([
        [alice.address, alice.address, ethers.ZeroAddress, ids.token0, 10n],
        [alice.address, ethers.ZeroAddress, carol.address, ids.weth, 9n],
      ]);
      expect(await bookOf(books[0])).to.deep.equal([110n, 70n]);
      expect(await bookOf(books[1])).to.deep.equal([130n, 80n]);
      expect(await bookOf(books[2])).to.deep.equal([91n, 120n]);
      expect(await ledger.balanceOf(alice, ids.token0)).to.equal(1000n * WAD - 10n);
      for (const id of [ids.token1, ids.usdc]) expect(await ledger.balanceOf(alice, id)).to.equal(1000n * WAD);
      expect(await ledger.balanceOf(carol, ids.weth)).to.equal(9n);
      // Each protocol sees the caller, its own book as it was, and what it is carried.
      for (const [index, mock, holdings, inputs, data] of [
        [0, protocol, packWord(100n, 100n), packWord(10n, 0n), "0x01"],
        [1, second, packWord(100n, 100n), packWord(30n, 0n), "0x02"],
        [2, third, packWord(100n, 100n), packWord(0n, 20n), "0x03"],
      ] as const) {
        const book = await bookIdOf(books[index]);
        expect([...(await mock.lastAction())]).to.deep.equal([alice.address, book, holdings, inputs]);
        expect(await mock.lastData()).to.equal(data);
      }
    });

    it("moves wallets at both ends only", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, second, token0, token1, usdc, alice, carol, first, middle } = fixture;
      await protocol.setOutcome(outcomeOf({ out1: 30n }));
      await second.setOutcome(outcomeOf({ out1: 20n }));
      const wallets = { source: SOURCE.wallet, destination: DESTINATION.wallet };
      const response = ledger.connect(alice).callPath([
        { ...first, ...wallets, amount0: 10n },
        { ...middle, ...wallets, to: carol.address },
      ]);
      await expect(response).to.changeTokenBalances(ethers, token0, [alice, ledger], [-10n, 10n]);
      await expect(response).to.changeTokenBalances(ethers, token1, [alice, carol, ledger], [0n, 0n, 0n]);
      await expect(response).to.changeTokenBalances(ethers, usdc, [carol, ledger], [20n, -20n]);
      await expect(response).to.not.emit(ledger, "Transfer");
    });

    it("carries both outputs, each to its side, whatever the order of the assets (LED_17)", async () => {
      const { ledger, protocol, second, alice, books, bookOf, first, ids } = await loadFixture(pathFixture);
      await protocol.setOutcome(outcomeOf({ out0: 8n, out1: 30n }));
      await second.setOutcome(outcomeOf());
      const turned = { ...first, protocol: await second.getAddress(), asset0: ids.token1, asset1: ids.token0 };
      // 5 of the 8 are change: they come back, and 3 are carried.
      await ledger.connect(alice).callPath([{ ...first, amount0: 5n }, turned]);
      expect((await second.lastAction()).inputs).to.equal(packWord(30n, 3n));
      expect(await ledger.balanceOf(alice, ids.token0)).to.equal(1000n * WAD);
      expect(await bookOf(books[0])).to.deep.equal([97n, 70n]);
    });

    it("sums two outputs of one token, and puts them on side 0 where both sides are of it", async () => {
      const { ledger, protocol, second, alice, bob, first, ids } = await loadFixture(pathFixture);
      await protocol.setOutcome(outcomeOf());
      const twice = { ...first, asset1: ids.token0 };
      await ledger.connect(bob).call({ ...twice, to: bob.address, amount0: 50n, amount1: 50n });
      await protocol.setOutcome(outcomeOf({ out0: 7n, out1: 8n }));
      await second.setOutcome(outcomeOf());
      const owner = await second.getAddress();
      for (const [asset0, asset1, inputs] of [
        [ids.token0, ids.usdc, packWord(15n, 0n)],
        [ids.usdc, ids.token0, packWord(0n, 15n)],
        [ids.token0, ids.token0, packWord(15n, 0n)],
      ] as const) {
        await ledger.connect(alice).callPath([twice, { ...first, protocol: owner, asset0, asset1 }]);
        expect((await second.lastAction()).inputs).to.equal(inputs);
        const { amount0, amount1 } = wordParts(await ledger.bookOf(owner, KEY, asset0, asset1));
        expect(packWord(amount0, amount1)).to.equal(inputs);
      }
    });

    it("delivers what it does not carry as the call itself says", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, second, token0, alice, bob, carol, first, middle, ids } = fixture;
      await protocol.setOutcome(outcomeOf({ out0: 6n, out1: 30n }));
      await second.setOutcome(outcomeOf({ out1: 20n }));
      const path = [{ ...first, to: carol.address, destination: DESTINATION.wallet }, middle];
      await expect(ledger.connect(alice).callPath(path)).to.changeTokenBalances(
        ethers,
        token0,
        [alice, carol, ledger],
        [0n, 6n, -6n],
      );
      await ledger.connect(alice).callPath([{ ...first, to: bob.address }, middle]);
      expect(await ledger.balanceOf(bob, ids.token0)).to.equal(1000n * WAD - 100n + 6n);
      expect(await ledger.balanceOf(alice, ids.usdc)).to.equal(1000n * WAD + 40n);
    });

    it("returns what a later call does not take to the caller, as that call's source says", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, second, token1, alice, carol, first, middle, books, bookOf, ids } = fixture;
      await protocol.setOutcome(outcomeOf({ out1: 30n }));
      await second.setOutcome(outcomeOf({ out0: 12n, out1: 20n }));
      const paid = { ...first, amount0: 10n, source: SOURCE.wallet };
      expect(await ledger.connect(alice).callPath.staticCall([paid, { ...middle, to: carol.address }])).to.deep.equal([
        0n,
        20n,
        0n,
      ]);
      await ledger.connect(alice).callPath([paid, { ...middle, to: carol.address }]);
      expect(await ledger.balanceOf(alice, ids.token1)).to.equal(1000n * WAD + 12n);
      expect(await bookOf(books[1])).to.deep.equal([118n, 80n]);
      const response = ledger.connect(alice).callPath([paid, { ...middle, to: carol.address, source: SOURCE.wallet }]);
      await expect(response).to.changeTokenBalances(ethers, token1, [alice, carol, ledger], [12n, 0n, -12n]);
      expect(await ledger.balanceOf(carol, ids.usdc)).to.equal(40n);
    });

    it("spends ether in the first call and pays it in the last; on the way it stays wrapped", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, second, third, weth, alice, carol, middle, last, books, bookOf } = fixture;
      await third.setOutcome(outcomeOf({ out1: 30n }));
      await second.setOutcome(outcomeOf({ out0: 20n }));
      const into = ledger.connect(alice).callPath([{ ...last, amount0: 10n }, middle], { value: 10n });
      await expect(into).to.changeEtherBalances(ethers, [alice, ledger], [-10n, 0n]);
      await expect(into).to.changeTokenBalance(ethers, weth, ledger, 10n);
      expect(await bookOf(books[2])).to.deep.equal([110n, 70n]);

      await second.setOutcome(outcomeOf({ out1: 30n }));
      await third.setOutcome(outcomeOf({ out0: 25n }));
      const native = { destination: DESTINATION.native };
      const out = ledger.connect(alice).callPath([
        { ...middle, ...native, amount0: 10n },
        { ...last, ...native, to: carol.address },
      ]);
      await expect(out).to.changeEtherBalances(ethers, [carol, ledger], [25n, 0n]);
      await expect(out).to.changeTokenBalance(ethers, weth, ledger, -25n);

      // Wrapped ether that is carried, by a destination of ether too, is sent to nobody.
      await third.setOutcome(outcomeOf({ out0: 5n }));
      const next = { ...last, protocol: await second.getAddress(), asset1: middle.asset0 };
      await second.setOutcome(outcomeOf());
      const carried = ledger.connect(alice).callPath([{ ...last, ...native, amount1: 9n }, next]);
      await expect(carried).to.changeTokenBalance(ethers, weth, ledger, 0n);
      expect((await second.lastAction()).inputs).to.equal(packWord(5n, 0n));
    });

    it("returns unused ether as ether, and unused wrapped ether of a later call wrapped (LED_17)", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, second, third, weth, alice, last, ids } = fixture;
      // The first call takes 6 of the 10 wei and pays USDC, which the second turns into wrapped ether; the third takes 3
      // of the 8.
      await third.setOutcome(outcomeOf({ out0: 4n, out1: 30n }));
      const fourth = await ethers.deployContract("MockProtocol", [ledger]);
      const pair = { ...last, protocol: await second.getAddress() };
      await second.setOutcome(outcomeOf());
      await ledger.connect(fixture.bob).call({ ...pair, to: fixture.bob.address, amount0: 50n });
      await second.setOutcome(outcomeOf({ out0: 8n }));
      await fourth.setOutcome(outcomeOf({ out0: 5n }));
      const balance = await ledger.balanceOf(alice, ids.weth);
      const path = (source: bigint) => [{ ...last, amount0: 10n }, pair, { ...last, protocol: fourth.target, source }];
      const stays = ledger.connect(alice).callPath(path(SOURCE.ledger), { value: 10n });
      await expect(stays).to.changeEtherBalance(ethers, alice, -6n);
      expect(await ledger.balanceOf(alice, ids.weth)).to.equal(balance + 5n);
      const leaves = ledger.connect(alice).callPath(path(SOURCE.wallet), { value: 10n });
      await expect(leaves).to.changeEtherBalance(ethers, alice, -6n);
      await expect(leaves).to.changeTokenBalance(ethers, weth, alice, 5n);
    });

    it("mints and burns shares in each call, and answers those of the last", async () => {
      const { ledger, protocol, second, alice, carol, books, first, middle } = await loadFixture(pathFixture);
      const [share0, share1] = await Promise.all(
        [books[0], books[1]].map(async (book) => issuedId({ owner: book.protocol, salt: await bookIdOf(book) })),
      );
      if (share0 === undefined || share1 === undefined) throw new TypeError("2 shares");
      await protocol.setOutcome(outcomeOf({ out1: 30n, shareId: share0, mint: 9n }));
      await second.setOutcome(outcomeOf({ shareId: share1, mint: 4n }));
      const path = [
        { ...first, amount0: 10n, to: carol.address },
        { ...middle, to: ethers.ZeroAddress },
      ];
      expect(await ledger.connect(alice).callPath.staticCall(path)).to.deep.equal([0n, 0n, 4n]);
      await ledger.connect(alice).callPath(path);
      expect(await ledger.balanceOf(carol, share0)).to.equal(9n);
      expect(await ledger.balanceOf(alice, share1)).to.equal(4n);
      await second.setOutcome(outcomeOf({ shareId: share1, burn: 3n }));
      await ledger.connect(alice).callPath(path);
      expect(await ledger.balanceOf(alice, share1)).to.equal(1n);
    });

    it("delivers issued assets with their rules and notices, and never carries them (LED_17)", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, second, issuer, alice, carol, first, middle } = fixture;
      const salt = ethers.id("both");
      const flags = FLAG.notify0 | FLAG.rules0;
      await issuer.issue(salt, flags, issuer, ethers.ZeroAddress);
      const id = await issuedId({ owner: issuer, salt, flags });
      await issuer.mint(id, alice, 50n);
      await ledger.listCore(protocol);
      const mixed = { ...first, asset0: id };
      await protocol.setOutcome(outcomeOf());
      await ledger.connect(alice).call({ ...mixed, amount0: 40n, amount1: 40n });
      await protocol.setOutcome(outcomeOf({ out0: 7n, out1: 30n }));
      await second.setOutcome(outcomeOf());
      // The next book holds both assets; the issued one goes to its receiver all the same.
      const next = { ...middle, asset1: id };
      const path = [{ ...mixed, to: carol.address, destination: DESTINATION.wallet }, next];
      const count = await issuer.noticeCount();
      await ledger.connect(alice).callPath(path);
      expect((await second.lastAction()).inputs).to.equal(packWord(30n, 0n));
      expect(await ledger.balanceOf(carol, id)).to.equal(7n);
      expect((await issuer.noticeCount()) - count).to.equal(1n);
      const notice = await issuer.notices(count);
      expect([notice.from, notice.to, notice.amount, notice.balanceTo]).to.deep.equal([
        await protocol.getAddress(),
        carol.address,
        7n,
        7n,
      ]);
      await protocol.setOutcome(outcomeOf({ out0: 7n, out1: 1n }));
      await issuer.refuse(carol, true);
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).callPath(path),
        error: "LedgerTransferRefused",
        args: [id, await protocol.getAddress(), carol.address, 7n],
      });
      await protocol.setOutcome(outcomeOf({ out0: 7n }));
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).callPath([mixed, { ...next, asset0: id }]),
        error: "LedgerBrokenPath",
        args: [1n, 0n, 0n, 0n],
      });
    });

    it("keeps count of a book that stands twice in the path", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, alice, first, books, bookOf, ids } = fixture;
      // It pays 30 of token 1 each time: what it is carried comes back as change, so nothing is paid out of the second.
      await protocol.setOutcome(outcomeOf({ out1: 30n }));
      await ledger.connect(alice).callPath([{ ...first, amount0: 10n }, first]);
      expect((await protocol.lastAction()).holdings).to.equal(packWord(110n, 70n));
      expect(await bookOf(books[0])).to.deep.equal([110n, 70n]);
      expect(await ledger.balanceOf(alice, ids.token1)).to.equal(1000n * WAD + 30n);
      // 30 out, 30 in, 100 out: the book ends empty on that side, and not below.
      await protocol.setOutcome(outcomeOf({ out0: 50n, out1: 20n }));
      await ledger.connect(alice).callPath([first, first]);
      expect(await bookOf(books[0])).to.deep.equal([60n, 50n]);
    });

    it("keeps a protocol on the way out of the ledger", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, second, alice, first, middle } = fixture;
      await protocol.setOutcome(outcomeOf({ out1: 20n }));
      await second.setOutcome(outcomeOf({ out1: 20n }));
      const locked = ledger.interface.encodeErrorResult("LedgerLocked", []);
      const path = [{ ...first, amount0: 10n }, middle];
      const to = await second.getAddress();
      for (const data of [
        ledger.interface.encodeFunctionData("callPath", [[{ ...middle, to }]]),
        ledger.interface.encodeFunctionData("call", [{ ...middle, to }]),
        ledger.interface.encodeFunctionData("transfer", [alice.address, first.asset0, 0n]),
        ledger.interface.encodeFunctionData("withdraw", [await fixture.token1.getAddress(), 1n, to]),
      ]) {
        await second.setAttack(ledger, data);
        await ledger.connect(alice).callPath(path);
        expect(await second.attackSucceeded()).to.equal(false);
        expect(await second.attackAnswer()).to.equal(locked);
      }
    });

    it("keeps tokens and receivers out while an amount is carried", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, second, alice, first, middle } = fixture;
      const token = await ethers.deployContract("CallbackToken", ["Callback", "CBK", 18]);
      const id = BigInt(await token.getAddress());
      await token.mint(alice, 100n);
      await token.connect(alice).approve(ledger, 100n);
      const mixed = { ...first, asset0: id, source: SOURCE.wallet, destination: DESTINATION.wallet };
      await protocol.setOutcome(outcomeOf());
      await ledger.connect(fixture.bob).call({ ...first, asset0: id, to: fixture.bob.address, amount1: 50n });
      await ledger.connect(alice).call({ ...mixed, amount0: 50n });
      // The first call sends the hostile token while 30 of token 1 are on their way to the second.
      await protocol.setOutcome(outcomeOf({ out0: 5n, out1: 30n }));
      await second.setOutcome(outcomeOf({ out1: 20n }));
      const theft = ledger.interface.encodeFunctionData("call", [
        { ...middle, to: await token.getAddress(), amount0: 0n },
      ]);
      await token.setCallback(ledger, theft, false);
      await ledger.connect(alice).callPath([mixed, middle]);
      expect(await token.calls()).to.equal(1n);
      expect(await token.lastSuccess()).to.equal(false);
      expect(await token.lastReturnData()).to.equal(ledger.interface.encodeErrorResult("LedgerLocked", []));
      expect(await token.balanceOf(alice)).to.equal(55n);
    });

    it("takes what arrives of a token that keeps a part, and carries from there", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, second, alice, first, middle } = fixture;
      const token = await ethers.deployContract("FeeOnTransferToken", ["Fee", "FEE", 18, 100n]);
      const id = BigInt(await token.getAddress());
      await token.mint(alice, 10_000n);
      await token.connect(alice).approve(ledger, 10_000n);
      await protocol.setOutcome(outcomeOf());
      const mixed = { ...first, asset0: id, source: SOURCE.wallet };
      await ledger.connect(fixture.bob).call({ ...first, asset0: id, to: fixture.bob.address, amount1: 50n });
      await protocol.setOutcome(outcomeOf({ out1: 30n }));
      await second.setOutcome(outcomeOf({ out1: 20n }));
      await ledger.connect(alice).callPath([{ ...mixed, amount0: 10_000n }, middle]);
      const { amount0 } = wordParts(await ledger.bookOf(protocol, KEY, id, first.asset1));
      expect(amount0).to.equal(await token.balanceOf(ledger));
      expect(amount0).to.be.lessThan(10_000n);
      expect((await second.lastAction()).inputs).to.equal(packWord(30n, 0n));
    });

    it("holds of each token just what balances and books say, whatever a path carries (LED_17)", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, second, third, alice, bob, carol, books, bookOf, first, middle, last, ids } = fixture;
      await protocol.setOutcome(outcomeOf({ out0: 3n, out1: 30n }));
      await second.setOutcome(outcomeOf({ out0: 11n, out1: 20n }));
      await third.setOutcome(outcomeOf({ out0: 9n, out1: 2n }));
      const wallets = { source: SOURCE.wallet, destination: DESTINATION.wallet };
      for (const rest of [{}, wallets]) {
        await ledger.connect(alice).callPath([
          { ...first, ...rest, amount0: 10n, amount1: 4n },
          { ...middle, ...rest },
          { ...last, ...rest, to: carol.address },
        ]);
      }
      const tokens = { token0: fixture.token0, token1: fixture.token1, usdc: fixture.usdc, weth: fixture.weth };
      for (const [name, token] of Object.entries(tokens)) {
        const id = ids[name as keyof typeof ids];
        let total = 0n;
        for (const account of [alice, bob, carol]) total += await ledger.balanceOf(account, id);
        for (const book of books) {
          const [amount0 = 0n, amount1 = 0n] = await bookOf(book);
          total += (book.asset0 === id ? amount0 : 0n) + (book.asset1 === id ? amount1 : 0n);
        }
        expect(total, name).to.equal(await token.balanceOf(ledger));
      }
    });

    it("stands as a step of a multicall, which carries no ether", async () => {
      const { ledger, protocol, second, alice, first, middle, ids } = await loadFixture(pathFixture);
      await protocol.setOutcome(outcomeOf({ out1: 30n }));
      await second.setOutcome(outcomeOf({ out1: 20n }));
      const data = ledger.interface.encodeFunctionData("callPath", [[{ ...first, amount0: 10n }, middle]]);
      await ledger.connect(alice).multicall([data, data]);
      expect(await ledger.balanceOf(alice, ids.usdc)).to.equal(1000n * WAD + 40n);
    });

    it("changes nothing when its last call fails", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, protocol, alice, first, middle } = fixture;
      await protocol.setOutcome(outcomeOf({ out1: 30n }));
      const before = await stateOf(watched(fixture));
      const path = [
        { ...first, amount0: 10n },
        { ...middle, protocol: alice.address },
      ];
      await expect(ledger.connect(alice).callPath(path)).to.be.revertedWithoutReason(ethers);
      expect(await stateOf(watched(fixture))).to.deep.equal(before);
    });
  });
});
