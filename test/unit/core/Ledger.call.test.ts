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
  NEVER,
  outcomeOf,
  packWord,
  SOURCE,
  stateOf,
  WAD,
  watched,
  wordParts,
} from "../../helpers/ledger-fixture.js";

const KEY = ethers.id("book");

/** A mock protocol with a book of 100 token 0 and 100 token 1, and another with WETH and USDC. */
async function bookFixture() {
  const fixture = await ledgerFixture();
  const { ledger, protocol, alice, bob, ids } = fixture;
  const pair = { protocol, key: KEY, asset0: ids.token0, asset1: ids.token1 };
  const nativePair = { protocol, key: KEY, asset0: ids.weth, asset1: ids.usdc };
  await ledger.connect(bob).call(callOf({ ...pair, to: bob, amount0: 100n, amount1: 100n }));
  await ledger.connect(bob).call(callOf({ ...nativePair, to: bob, amount0: 100n, amount1: 100n }));
  const book = async () => wordParts(await ledger.bookOf(protocol, KEY, ids.token0, ids.token1));
  const bookId = await bookIdOf(pair);
  const shareId = await issuedId({ owner: protocol, salt: bookId });
  await protocol.setOutcome(outcomeOf());
  return { ...fixture, pair, nativePair, book, bookId, shareId, call: callOf({ ...pair, to: alice }) };
}

describe("Ledger", () => {
  describe("call", () => {
    it("reverts for a protocol that is the ledger, and without data for one that has no code", async () => {
      const fixture = await loadFixture(bookFixture);
      const { ledger, alice, call } = fixture;
      const self = await ledger.getAddress();
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).call({ ...call, protocol: self }),
        error: "LedgerInvalidProtocol",
        args: [self],
      });
      const before = await stateOf(watched(fixture));
      for (const protocol of [alice.address, ethers.ZeroAddress]) {
        const parameters = { ...call, protocol, amount0: 5n };
        await expect(ledger.connect(alice).call(parameters)).to.be.revertedWithoutReason(ethers);
      }
      expect(await stateOf(watched(fixture))).to.deep.equal(before);
    });

    it("keeps count of both sides when both assets are one", async () => {
      const { ledger, protocol, alice, carol, call, ids } = await loadFixture(bookFixture);
      const twice = { ...call, to: carol.address, asset1: ids.token0 };
      const holdings = async () => wordParts(await ledger.bookOf(protocol, KEY, ids.token0, ids.token0));
      await ledger.connect(alice).call({ ...twice, amount0: 5n, amount1: 7n });
      expect(await ledger.balanceOf(alice, ids.token0)).to.equal(1000n * WAD - 12n);
      expect(await holdings()).to.deep.equal({ amount0: 5n, amount1: 7n, flags: 0n });
      // 3 of 4 on side 0 are change; what is paid of side 1 is not, though it is the same token.
      await protocol.setOutcome(outcomeOf({ out0: 3n, out1: 6n }));
      await ledger.connect(alice).call({ ...twice, amount0: 4n });
      expect(await ledger.balanceOf(alice, ids.token0)).to.equal(1000n * WAD - 13n);
      expect(await ledger.balanceOf(carol, ids.token0)).to.equal(6n);
      expect(await holdings()).to.deep.equal({ amount0: 6n, amount1: 1n, flags: 0n });
    });

    it("reverts for the ledger as receiver", async () => {
      const fixture = await loadFixture(bookFixture);
      const { ledger, alice, call } = fixture;
      const to = await ledger.getAddress();
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).call({ ...call, to }),
        error: "LedgerInvalidRecipient",
        args: [to],
      });
    });

    it("takes the zero address as receiver for the caller: outputs, shares and wallets", async () => {
      const { ledger, protocol, token1, alice, call, shareId, ids } = await loadFixture(bookFixture);
      await protocol.setOutcome(outcomeOf({ out1: 30n, shareId, mint: 9n }));
      const parameters = { ...call, to: ethers.ZeroAddress };
      await ledger.connect(alice).call(parameters);
      expect(await ledger.balanceOf(alice, ids.token1)).to.equal(1000n * WAD + 30n);
      expect(await ledger.balanceOf(alice, shareId)).to.equal(9n);
      await expect(
        ledger.connect(alice).call({ ...parameters, destination: DESTINATION.wallet }),
      ).to.changeTokenBalance(ethers, token1, alice, 30n);
      for (const id of [ids.token1, shareId]) expect(await ledger.balanceOf(ethers.ZeroAddress, id)).to.equal(0n);
    });

    it("reverts on amounts that no half-word holds", async () => {
      const fixture = await loadFixture(bookFixture);
      const { ledger, alice, call, ids } = fixture;
      for (const [field, id] of [
        ["amount0", ids.token0],
        ["amount1", ids.token1],
      ] as const) {
        for (const amount of [MAX_AMOUNT + 1n, ethers.MaxUint256]) {
          for (const source of [SOURCE.wallet, SOURCE.permit2]) {
            await expectRefused({
              fixture,
              send: () => ledger.connect(alice).call({ ...call, source, [field]: amount }),
              error: "LedgerAmountTooLarge",
              args: [amount, MAX_AMOUNT],
            });
          }
          await expectRefused({
            fixture,
            send: () => ledger.connect(alice).call({ ...call, [field]: amount }),
            error: "LedgerInsufficientBalance",
            args: [alice.address, id, 1000n * WAD, amount],
          });
        }
      }
    });

    it("reverts when the ether sent is not the wrapped-ether input", async () => {
      const fixture = await loadFixture(bookFixture);
      const { ledger, alice, call, nativePair } = fixture;
      const native = callOf({ ...nativePair, to: alice, amount0: 5n });
      const twice = callOf({ ...nativePair, to: alice, asset1: nativePair.asset0, amount0: 5n, amount1: 9n });
      for (const [parameters, value, wanted] of [
        [twice, 5n, 14n],
        [twice, 9n, 14n],
        [twice, 15n, 14n],
        [{ ...twice, amount1: ethers.MaxUint256 }, 4n, ethers.MaxUint256],
        [native, 4n, 5n],
        [native, 6n, 5n],
        [{ ...call, amount0: 5n }, 5n, 0n],
        [{ ...native, asset0: nativePair.asset1, asset1: nativePair.asset0, amount1: 9n }, 5n, 9n],
      ] as const) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).call(parameters, { value }),
          error: "LedgerNativeMismatch",
          args: [value, wanted],
        });
      }
    });

    it("reverts when the caller lacks the input, in the ledger or in his wallet", async () => {
      const fixture = await loadFixture(bookFixture);
      const { ledger, permit2, token0, carol, call, ids } = fixture;
      await expectRefused({
        fixture,
        send: () => ledger.connect(carol).call({ ...call, amount0: 1n }),
        error: "LedgerInsufficientBalance",
        args: [carol.address, ids.token0, 0n, 1n],
      });
      await expectRefused({
        fixture,
        send: () => ledger.connect(carol).call({ ...call, amount0: 1n, source: SOURCE.wallet }),
        contract: token0,
        error: "ERC20InsufficientAllowance",
      });
      await expectRefused({
        fixture,
        send: () => ledger.connect(carol).call({ ...call, amount0: 1n, source: SOURCE.permit2 }),
        contract: permit2,
        error: "AllowanceExpired",
        args: [0n],
      });
    });

    it("reverts for ids that are no tokens", async () => {
      const fixture = await loadFixture(bookFixture);
      const { ledger, alice, call } = fixture;
      const id = 1n << 200n;
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).call({ ...call, asset0: id, amount0: 1n }),
        error: "LedgerInsufficientBalance",
        args: [alice.address, id, 0n, 1n],
      });
      for (const source of [SOURCE.wallet, SOURCE.permit2]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).call({ ...call, asset0: id, amount0: 1n, source }),
          error: "LedgerUnknownId",
          args: [id],
        });
      }
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).call({ ...call, asset0: 5n, amount0: 1n, source: SOURCE.wallet }),
        error: "LedgerUnknownToken",
        args: [ethers.toBeHex(5n, 20)],
      });
    });

    it("passes on the protocol's error", async () => {
      const fixture = await loadFixture(bookFixture);
      const { ledger, protocol, alice, call } = fixture;
      await protocol.setReverts(true, false);
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).call({ ...call, amount0: 1n }),
        contract: protocol,
        error: "MockProtocolRefuses",
        args: [],
      });
    });

    it("reverts without the magic value", async () => {
      const fixture = await loadFixture(bookFixture);
      const { ledger, protocol, alice, call } = fixture;
      await protocol.setOutcome(outcomeOf({ magic: "0x12345678" }));
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).call(call),
        error: "LedgerMagicMissing",
        args: [await protocol.getAddress(), "0x12345678"],
      });
    });

    it("reverts when the book would overflow or pay what it has not", async () => {
      const fixture = await loadFixture(bookFixture);
      const { ledger, protocol, alice, call, bookId } = fixture;
      await protocol.setOutcome(outcomeOf({ out1: 101n }));
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).call(call),
        error: "LedgerInsufficientBook",
        args: [bookId, packWord(100n, 100n), 0n, packWord(0n, 101n)],
      });
      await protocol.setOutcome(outcomeOf({ out0: 106n }));
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).call({ ...call, amount0: 5n }),
        error: "LedgerInsufficientBook",
        args: [bookId, packWord(100n, 100n), packWord(5n, 0n), packWord(106n, 0n)],
      });
      // No token's total exceeds a half-word, so only an issuer's asset can overflow a book.
      await protocol.setOutcome(outcomeOf());
      const salt = ethers.id("many");
      await fixture.issuer.issue(salt, FLAG.rules0, fixture.issuer, ethers.ZeroAddress);
      const id = await issuedId({ owner: fixture.issuer, salt, flags: FLAG.rules0 });
      for (const user of [alice, fixture.bob]) await fixture.issuer.mint(id, user, MAX_AMOUNT);
      await ledger.listCore(protocol);
      const put = { ...call, asset0: id, asset1: fixture.ids.token1, amount0: MAX_AMOUNT };
      await ledger.connect(alice).call(put);
      await expectRefused({
        fixture,
        send: () => ledger.connect(fixture.bob).call({ ...put, amount0: 1n }),
        error: "LedgerInsufficientBook",
        args: [await bookIdOf({ ...put, key: KEY, protocol }), packWord(MAX_AMOUNT, 0n), packWord(1n, 0n), 0n],
      });
    });

    it("reverts when the protocol mints or burns what is not its own, or more than the caller holds", async () => {
      const fixture = await loadFixture(bookFixture);
      const { ledger, protocol, alice, call, bookId, shareId } = fixture;
      const foreign = await issuedId({ owner: protocol, salt: KEY });
      const flagged = await issuedId({ owner: protocol, salt: bookId, flags: FLAG.rules0 });
      for (const id of [foreign, flagged, fixture.ids.token0]) {
        await protocol.setOutcome(outcomeOf({ shareId: id, mint: 1n }));
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).call(call),
          error: "LedgerNotIssuer",
          args: [await protocol.getAddress(), id],
        });
      }
      // It burns the caller's own shares only; minting in the same answer does not help.
      await protocol.setOutcome(outcomeOf({ shareId, mint: 5n }));
      await ledger.connect(fixture.bob).call({ ...call, to: fixture.bob });
      for (const outcome of [
        { shareId, burn: 6n },
        { shareId, burn: 6n, mint: 6n },
      ]) {
        await protocol.setOutcome(outcomeOf(outcome));
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).call(call),
          error: "LedgerInsufficientBalance",
          args: [alice.address, shareId, 0n, 6n],
        });
      }
    });

    it("reverts on ether that the receiver refuses", async () => {
      const fixture = await loadFixture(bookFixture);
      const { ledger, protocol, alice, nativePair } = fixture;
      const receiver = await ethers.deployContract("EtherReceiver");
      await receiver.setRefusing(true);
      await protocol.setOutcome(outcomeOf({ out0: 5n }));
      await expectRefused({
        fixture,
        send: () =>
          ledger
            .connect(alice)
            .call(callOf({ ...nativePair, to: receiver, amount1: 5n, destination: DESTINATION.native })),
        error: "LedgerNativeTransferFailed",
        args: [await receiver.getAddress(), 5n],
      });
    });

    it("hands over actor, book, the holdings as they were, and the inputs", async () => {
      const { ledger, protocol, alice, carol, call, pair, bookId } = await loadFixture(bookFixture);
      const book = await ledger.bookOf(protocol, KEY, pair.asset0, pair.asset1);
      await ledger.connect(alice).call({ ...call, to: carol, amount0: 5n, amount1: 6n, data: "0x1234" });
      const action = await protocol.lastAction();
      expect([...action]).to.deep.equal([alice.address, bookId, book, packWord(5n, 6n)]);
      expect(await protocol.lastData()).to.equal("0x1234");
    });

    it("moves ledger balances in and out, and logs the holders' side only", async () => {
      const { ledger, protocol, alice, carol, call, book, ids } = await loadFixture(bookFixture);
      await protocol.setOutcome(outcomeOf({ flags: 0xdeadbeefn, out1: 30n }));
      const parameters = { ...call, to: carol.address, amount0: 10n };
      expect(await ledger.connect(alice).call.staticCall(parameters)).to.deep.equal([0n, 30n, 0n]);
      const response = ledger.connect(alice).call(parameters);
      await expect(response)
        .to.emit(ledger, "Transfer")
        .withArgs(alice.address, alice.address, ethers.ZeroAddress, ids.token0, 10n);
      await expect(response)
        .to.emit(ledger, "Transfer")
        .withArgs(alice.address, ethers.ZeroAddress, carol.address, ids.token1, 30n);
      expect(await book()).to.deep.equal({ amount0: 110n, amount1: 70n, flags: 0xdeadbeefn });
      expect(await ledger.balanceOf(carol, ids.token1)).to.equal(30n);
      expect(await ledger.balanceOf(alice, ids.token0)).to.equal(1000n * WAD - 10n);
      expect((await (await response).wait())?.logs.length).to.equal(2);
    });

    it("moves wallet balances in and out without an event of the ledger", async () => {
      const { ledger, protocol, token0, token1, alice, carol, call } = await loadFixture(bookFixture);
      await protocol.setOutcome(outcomeOf({ out1: 30n }));
      const response = ledger.connect(alice).call({
        ...call,
        to: carol,
        amount0: 10n,
        source: SOURCE.wallet,
        destination: DESTINATION.wallet,
      });
      await expect(response).to.changeTokenBalances(ethers, token0, [alice, ledger], [-10n, 10n]);
      await expect(response).to.changeTokenBalances(ethers, token1, [carol, ledger], [30n, -30n]);
      await expect(response).to.not.emit(ledger, "Transfer");
    });

    it("returns change to the caller the way it came, and the rest to the receiver", async () => {
      const { ledger, protocol, permit2, token0, alice, carol, call, ids } = await loadFixture(bookFixture);
      await protocol.setOutcome(outcomeOf({ out0: 25n }));
      const parameters = { ...call, to: carol.address, amount0: 10n };
      expect(await ledger.connect(alice).call.staticCall(parameters)).to.deep.equal([15n, 0n, 0n]);
      const balance = await ledger.balanceOf(alice, ids.token0);
      await ledger.connect(alice).call(parameters);
      expect(await ledger.balanceOf(alice, ids.token0)).to.equal(balance);
      expect(await ledger.balanceOf(carol, ids.token0)).to.equal(15n);

      await permit2.connect(alice).approve(token0, ledger, 10n, NEVER);
      await protocol.setOutcome(outcomeOf({ out0: 4n }));
      await expect(ledger.connect(alice).call({ ...parameters, source: SOURCE.permit2 })).to.changeTokenBalances(
        ethers,
        token0,
        [alice, carol, ledger],
        [-6n, 0n, 6n],
      );
    });

    it("wraps ether in and unwraps ether out", async () => {
      const { ledger, protocol, weth, alice, carol, nativePair, ids } = await loadFixture(bookFixture);
      const wallet = { source: SOURCE.wallet, destination: DESTINATION.native };
      const native = callOf({ ...nativePair, ...wallet, to: carol, amount0: 10n });
      await protocol.setOutcome(outcomeOf({ out0: 25n }));
      // 10 come back to the caller as ether, as they came; 15 go to the receiver.
      const both = ledger.connect(alice).call(native, { value: 10n });
      await expect(both).to.changeEtherBalances(ethers, [alice, carol, ledger], [0n, 15n, 0n]);
      await expect(both).to.changeTokenBalance(ethers, weth, ledger, -15n);
      await protocol.setOutcome(outcomeOf({ out1: 3n }));
      await expect(ledger.connect(alice).call(native, { value: 10n })).to.changeTokenBalance(ethers, weth, ledger, 10n);
      // Without ether sent, wrapped-ether change of a wallet stays wrapped.
      await protocol.setOutcome(outcomeOf({ out0: 4n }));
      await expect(ledger.connect(alice).call(native)).to.changeTokenBalance(ethers, weth, alice, -6n);
      expect(await ledger.balanceOf(carol, ids.weth)).to.equal(0n);
    });

    it("wraps both inputs of a book that holds wrapped ether twice, and no more than was sent", async () => {
      const { ledger, protocol, weth, alice, carol, nativePair, ids } = await loadFixture(bookFixture);
      const twice = { ...nativePair, asset1: ids.weth };
      const native = callOf({ ...twice, to: carol, amount0: 10n, amount1: 7n, destination: DESTINATION.native });
      const first = ledger.connect(alice).call(native, { value: 17n });
      await expect(first).to.changeEtherBalances(ethers, [alice, ledger], [-17n, 0n]);
      await expect(first).to.changeTokenBalance(ethers, weth, ledger, 17n);
      expect(wordParts(await ledger.bookOf(protocol, KEY, ids.weth, ids.weth))).to.include({
        amount0: 10n,
        amount1: 7n,
      });
      // 4 and 7 come back to the caller as ether; 2 go to the receiver.
      await protocol.setOutcome(outcomeOf({ out0: 4n, out1: 9n }));
      const second = ledger.connect(alice).call(native, { value: 17n });
      await expect(second).to.changeEtherBalances(ethers, [alice, carol, ledger], [-6n, 2n, 0n]);
      expect(wordParts(await ledger.bookOf(protocol, KEY, ids.weth, ids.weth))).to.include({
        amount0: 16n,
        amount1: 5n,
      });
    });

    it("returns unused ether as ether when the other inputs come from the ledger", async () => {
      const { ledger, protocol, alice, nativePair, ids } = await loadFixture(bookFixture);
      await protocol.setOutcome(outcomeOf({ out0: 4n }));
      const balance = await ledger.balanceOf(alice, ids.weth);
      const native = callOf({ ...nativePair, to: alice, amount0: 10n });
      await expect(ledger.connect(alice).call(native, { value: 10n })).to.changeEtherBalance(ethers, alice, -6n);
      expect(await ledger.balanceOf(alice, ids.weth)).to.equal(balance);
    });

    it("returns unused ether as ether also to a contract, or not at all", async () => {
      const fixture = await loadFixture(bookFixture);
      const { ledger, protocol, weth, nativePair, ids } = fixture;
      const account = await ethers.deployContract("EtherReceiver");
      const address = await account.getAddress();
      await protocol.setOutcome(outcomeOf({ out0: 4n }));
      const native = { ...callOf({ ...nativePair, to: address, amount0: 10n }), protocol: await protocol.getAddress() };
      const data = ledger.interface.encodeFunctionData("call", [native]);
      const send = () => account.execute(ledger, 10n, data, { value: 10n });
      await expect(send()).to.changeEtherBalance(ethers, account, 4n);
      expect(await ledger.balanceOf(account, ids.weth)).to.equal(0n);
      expect(await weth.balanceOf(account)).to.equal(0n);
      await account.setRefusing(true);
      await expectRefused({ fixture, send, error: "LedgerNativeTransferFailed", args: [address, 4n] });
    });

    it("takes the other input as the source says when ether is sent", async () => {
      const { ledger, protocol, usdc, alice, nativePair } = await loadFixture(bookFixture);
      const native = callOf({ ...nativePair, to: alice, amount0: 10n, amount1: 20n, source: SOURCE.wallet });
      await expect(ledger.connect(alice).call(native, { value: 10n })).to.changeTokenBalance(ethers, usdc, alice, -20n);
      const action = await protocol.lastAction();
      expect(action.inputs).to.equal(packWord(10n, 20n));
    });

    it("mints shares to the receiver and burns the caller's", async () => {
      const { ledger, protocol, alice, carol, call, shareId } = await loadFixture(bookFixture);
      await protocol.setOutcome(outcomeOf({ shareId, mint: 9n }));
      expect(await ledger.connect(alice).call.staticCall(call)).to.deep.equal([0n, 0n, 9n]);
      await expect(ledger.connect(alice).call(call))
        .to.emit(ledger, "Transfer")
        .withArgs(alice.address, ethers.ZeroAddress, alice.address, shareId, 9n);
      await protocol.setOutcome(outcomeOf({ shareId, burn: 5n, mint: 2n }));
      await expect(ledger.connect(alice).call({ ...call, to: carol }))
        .to.emit(ledger, "Transfer")
        .withArgs(alice.address, alice.address, ethers.ZeroAddress, shareId, 5n);
      expect(await ledger.balanceOf(alice, shareId)).to.equal(4n);
      expect(await ledger.balanceOf(carol, shareId)).to.equal(2n);
    });

    it("keeps issued assets in the ledger, whatever source and destination say", async () => {
      const fixture = await loadFixture(bookFixture);
      const { ledger, protocol, issuer, alice, carol, call } = fixture;
      const salt = ethers.id("issued");
      await issuer.issue(salt, FLAG.notify0, issuer, ethers.ZeroAddress);
      const id = await issuedId({ owner: issuer, salt, flags: FLAG.notify0 });
      await issuer.mint(id, alice, 50n);
      const wallets = { source: SOURCE.wallet, destination: DESTINATION.wallet };
      await protocol.setOutcome(outcomeOf());
      await ledger.connect(alice).call({ ...call, ...wallets, asset0: id, amount0: 30n });
      await protocol.setOutcome(outcomeOf({ out0: 25n }));
      await ledger.connect(alice).call({ ...call, ...wallets, to: carol, asset0: id, amount0: 20n });
      expect(await ledger.balanceOf(alice, id)).to.equal(20n);
      expect(await ledger.balanceOf(carol, id)).to.equal(5n);
      // The notices name the protocol for its book; of a call, the input, the change and the output, in this order. The
      // issuer hears nothing of its own mint.
      const address = await protocol.getAddress();
      const seen = [];
      for (let i = 0n; i < (await issuer.noticeCount()); ++i) {
        const { from, to, amount } = await issuer.notices(i);
        seen.push([from, to, amount]);
      }
      expect(seen).to.deep.equal([
        [alice.address, address, 30n],
        [alice.address, address, 20n],
        [address, alice.address, 20n],
        [address, carol.address, 5n],
      ]);
    });

    it("gives notice only when every balance of the call is final", async () => {
      const { ledger, protocol, issuer, alice, call } = await loadFixture(bookFixture);
      const salt = ethers.id("issued");
      await issuer.issue(salt, FLAG.notify0, issuer, ethers.ZeroAddress);
      const id = await issuedId({ owner: issuer, salt, flags: FLAG.notify0 });
      await issuer.mint(id, alice, 50n);
      await ledger.connect(alice).call({ ...call, asset0: id, amount0: 30n });
      await protocol.setOutcome(outcomeOf({ out0: 25n }));
      const count = await issuer.noticeCount();
      // 20 come back as change and 5 are paid, both to Alice.
      await ledger.connect(alice).call({ ...call, asset0: id, amount0: 20n });
      const final = await ledger.balanceOf(alice, id);
      expect(final).to.equal(25n);
      for (let i = count; i < (await issuer.noticeCount()); ++i) {
        const { to, balanceFrom, balanceTo } = await issuer.notices(i);
        if (to === alice.address) expect(balanceTo, `notice ${i - count}`).to.equal(final);
        else expect(balanceFrom, `notice ${i - count}`).to.equal(final);
      }
      expect((await issuer.noticeCount()) - count).to.equal(3n);
    });

    it("gives the notices of both assets in the order of the assets, with what both words ended at", async () => {
      const { ledger, protocol, issuer, alice, carol, call } = await loadFixture(bookFixture);
      const salt = ethers.id("both");
      const flags = FLAG.notify0 | FLAG.notify1;
      await issuer.issue(salt, flags, issuer, issuer);
      const id = await issuedId({ owner: issuer, salt, flags });
      for (const asset of [id, id | 1n]) await issuer.mint(asset, alice, 100n);
      const pair = { ...call, asset0: id, asset1: id | 1n };
      await ledger.connect(alice).call({ ...pair, amount0: 40n, amount1: 40n });
      await protocol.setOutcome(outcomeOf({ out0: 15n, out1: 25n }));
      const count = await issuer.noticeCount();
      await ledger.connect(alice).call({ ...pair, to: carol, amount0: 10n, amount1: 30n });
      const address = await protocol.getAddress();
      const seen = [];
      for (let i = count; i < (await issuer.noticeCount()); ++i) {
        const { id: asset, from, to, amount, balanceFrom, balanceTo } = await issuer.notices(i);
        seen.push([asset, from, to, amount, balanceFrom, balanceTo]);
      }
      expect(seen).to.deep.equal([
        [id, alice.address, address, 10n, 60n, 0n],
        [id, address, alice.address, 10n, 0n, 60n],
        [id, address, carol.address, 5n, 0n, 5n],
        [id | 1n, alice.address, address, 30n, 55n, 0n],
        [id | 1n, address, alice.address, 25n, 0n, 55n],
      ]);
    });

    it("asks the issuer of an asset with RULES on its way in and out, and takes it into no book but a listed core's (RWA_11)", async () => {
      const fixture = await loadFixture(bookFixture);
      const { ledger, protocol, issuer, alice, carol, call } = fixture;
      const salt = ethers.id("rules");
      await issuer.issue(salt, FLAG.rules0, issuer, ethers.ZeroAddress);
      const id = await issuedId({ owner: issuer, salt, flags: FLAG.rules0 });
      await issuer.mint(id, alice, 50n);
      const address = await protocol.getAddress();
      const put = { ...call, asset0: id, amount0: 30n };
      // Neither side of a book that is not a listed core's takes it.
      for (const parameters of [put, { ...call, asset1: id, amount1: 30n }]) {
        await expectRefused({
          fixture,
          send: () => ledger.connect(alice).call(parameters),
          error: "LedgerUnlistedProtocol",
          args: [address, id],
        });
      }
      await ledger.listCore(protocol);
      await issuer.refuse(protocol, true);
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).call(put),
        error: "LedgerTransferRefused",
        args: [id, alice.address, address, 30n],
      });
      await issuer.refuse(protocol, false);
      await issuer.setFrozen(id, alice, true);
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).call(put),
        error: "LedgerFrozen",
        args: [id, alice.address],
      });
      await issuer.setFrozen(id, alice, false);
      await ledger.connect(alice).call(put);
      await protocol.setOutcome(outcomeOf({ out0: 5n }));
      await issuer.refuse(carol, true);
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).call({ ...put, to: carol, amount0: 0n }),
        error: "LedgerTransferRefused",
        args: [id, address, carol.address, 5n],
      });
    });
  });
});
