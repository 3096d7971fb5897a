import { expect } from "chai";
import {
  actions,
  callOf,
  ethers,
  expectRefused,
  FLAG,
  idOf,
  issuedId,
  KIND,
  ledgerFixture,
  loadFixture,
  MAX_AMOUNT,
  NEVER,
  poolCall,
  poolFixture,
  poolIdOf,
  receiverOf,
  sectionOf,
  settle,
  SOURCE,
  stateOf,
  WAD,
  wordParts,
} from "../../helpers/ledger-fixture.js";

/** A ledger whose home pair is two tokens that anybody can mint without bound. */
async function hugePairFixture() {
  const fixture = await ledgerFixture();
  const { authority, weth, permit2, settlement: _, alice, bob, carol } = fixture;
  const low = await ethers.deployContract("MockERC20", ["Low", "LOW", 18]);
  const high = await ethers.deployContract("MockERC20", ["High", "HIGH", 18]);
  const ledger = await ethers.deployContract("Ledger", [authority, weth, permit2, [[low, high]]]);
  const settlement = await ethers.deployContract("MockSettlement", [ledger]);
  await ledger.listSettlement(settlement);
  const ids = { low: await idOf(low), high: await idOf(high) };
  for (const user of [alice, bob, carol]) {
    for (const token of [low, high]) {
      await token.mint(user, 4n * MAX_AMOUNT);
      await token.connect(user).approve(ledger, ethers.MaxUint256);
    }
    await ledger.connect(user).setConsent(ids.low, 1n);
  }
  return { ...fixture, ledger, settlement, low, high, ids };
}

describe("attacks", () => {
  it("carry into the neighbour's half-word", async () => {
    const fixture = await loadFixture(hugePairFixture);
    const { ledger, settlement, low, high, ids, alice, bob, carol } = fixture;
    for (const [token, id, neighbour, neighbourId] of [
      [low, ids.low, high, ids.high],
      [high, ids.high, low, ids.low],
    ] as const) {
      const snapshot = (await ethers.provider.send("evm_snapshot", [])) as string;
      await ledger.connect(alice).deposit(neighbour, 77n, 77n, alice);
      await ledger.connect(alice).deposit(token, MAX_AMOUNT, MAX_AMOUNT, alice);
      const full = await ledger.wordOf(alice, id);
      const parts = wordParts(full);
      expect([parts.amount0, parts.amount1]).to.deep.equal(token === low ? [MAX_AMOUNT, 77n] : [77n, MAX_AMOUNT]);
      expect(parts.flags).to.equal(1n);

      // A wallet's path says so by name: the ledger cannot hold more, and a half cannot either.
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).deposit(token, 1n, 1n, alice),
        contract: ledger,
        error: "LedgerAmountTooLarge",
        args: [MAX_AMOUNT + 1n, MAX_AMOUNT],
      });
      await token.burn(ledger, MAX_AMOUNT);
      await ledger.connect(bob).deposit(token, MAX_AMOUNT, MAX_AMOUNT, bob);
      await expectRefused({
        fixture,
        send: () => ledger.connect(bob).transfer(alice, id, 1n),
        contract: ledger,
        error: "LedgerBalanceOverflow",
        args: [alice.address, id, MAX_AMOUNT, 1n],
      });
      expect(await ledger.wordOf(alice, id)).to.equal(full);

      // A credit that does not fit takes its section down, whatever its size and place; nothing of it stands.
      const section = sectionOf({ asset0: id, asset1: neighbourId });
      const toAlice = await receiverOf(alice);
      const fits = { account: bob, amount: 5n, arguments: await receiverOf(carol) };
      const words = async () => [
        await ledger.wordOf(alice, id),
        await ledger.wordOf(bob, id),
        await ledger.wordOf(carol, id),
      ];
      const before = await words();
      for (const orders of [
        [{ account: bob, amount: 1n, arguments: toAlice }],
        [{ account: bob, amount: MAX_AMOUNT, arguments: toAlice }],
        [fits, { account: bob, sequence: 1n, amount: 1n, arguments: toAlice }],
      ]) {
        const overflown = await settle({ settlement, section, orders });
        expect([overflown.executed, overflown.skipped]).to.deep.equal([false, []]);
        expect(await words()).to.deep.equal(before);
      }
      // Without it, the others execute.
      const answer = await settle({ settlement, section, orders: [fits] });
      expect([answer.executed, answer.skipped]).to.deep.equal([true, [0n]]);
      expect(await ledger.wordOf(alice, id)).to.equal(full);
      expect(await ledger.balanceOf(bob, id)).to.equal(MAX_AMOUNT - 5n);
      expect(await ledger.balanceOf(carol, id)).to.equal(5n);

      // Nor does a debit borrow from the neighbour.
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).transfer(bob, neighbourId, 78n),
        contract: ledger,
        error: "LedgerInsufficientBalance",
        args: [alice.address, neighbourId, 77n, 78n],
      });
      const short = await settle({
        settlement,
        section,
        orders: [{ account: alice, kind: KIND.asset1, amount: 78n, arguments: await receiverOf(bob) }],
      });
      expect(short.skipped).to.deep.equal([1n]);
      expect(await ledger.wordOf(alice, id)).to.equal(full);
      await ethers.provider.send("evm_revert", [snapshot]);
    }
  });

  it("an issuer posing as a token pair", async () => {
    const fixture = await loadFixture(poolFixture);
    const { ledger, issuer, protocol, settlement, amm, key, bookKey, alice, bob, carol, token0, ids, shareId } =
      fixture;
    const salt = ethers.id("posing");
    await issuer.issue(salt, FLAG.rules0 | FLAG.rules1, issuer, issuer);
    const flags = FLAG.rules0 | FLAG.rules1;
    const id = await issuedId({ owner: issuer, salt, flags });
    expect(await ledger.issuerOf(id)).to.equal(await issuer.getAddress());
    await issuer.mint(id, alice, WAD);
    const word = await ledger.wordOf(alice, id);

    // An issued id has the top bit, a token id has not: neither can be the other's word.
    expect(id >> 255n).to.equal(1n);
    for (const tokenId of [ids.token0, ids.weth]) {
      expect(tokenId >> 160n).to.equal(0n);
      for (const send of [
        () => issuer.mint(tokenId, bob, 1n),
        () => issuer.burn(tokenId, alice, 1n),
        () => issuer.forceTransfer(tokenId, alice, bob, 1n),
        () => issuer.setFrozen(tokenId, alice, true),
      ]) {
        await expectRefused({
          fixture,
          send,
          error: "LedgerNotIssuer",
          args: [await issuer.getAddress(), tokenId],
        });
      }
    }

    // An id with other flag bits is an alias of nothing: it has no issuer, no balance, and a word of its own.
    for (let bit = 251n; bit < 255n; ++bit) {
      const alias = id ^ (1n << bit);
      expect(await ledger.balanceOf(alice, alias)).to.equal(0n);
      await expectRefused({
        fixture,
        send: () => issuer.mint(alias, bob, 1n),
        error: "LedgerNotIssuer",
        args: [await issuer.getAddress(), alias],
      });
      await expect(ledger.connect(alice).transfer(carol, alias, 1n)).to.be.revert(ethers);
    }
    // The top bit cleared is neither a token nor an issued asset.
    const headless = id & ~(1n << 255n);
    await expectRefused({
      fixture,
      send: () => ledger.connect(alice).transfer(carol, headless, 1n),
      error: "LedgerInsufficientBalance",
      args: [alice.address, headless, 0n, 1n],
    });
    await expectRefused({
      fixture,
      send: () =>
        ledger
          .connect(alice)
          .call(callOf({ protocol, to: alice, asset0: headless, amount0: 1n, source: SOURCE.wallet })),
      error: "LedgerUnknownId",
      args: [headless],
    });
    // Nobody mints the AMM's shares, be it through a book with the pool's key.
    await protocol.setBatch(protocol.interface.getFunction("onLedgerBatch").selector, 0n, []);
    const posing = await settle({
      settlement,
      section: sectionOf({ protocol, key: bookKey, asset0: key.asset0, asset1: key.asset1, shareId }),
      orders: [],
    });
    expect(posing.executed).to.equal(false);
    const own = await settle({
      settlement,
      section: sectionOf({ protocol, key: bookKey, asset0: key.asset0, asset1: key.asset1 }),
      orders: [],
    });
    expect(own.executed).to.equal(true);

    // A worthless "token 0" of one's own: its pool is its own, and no other pool or word feels it.
    const evil = await ethers.deployContract("MockERC20", ["Evil", "EVIL", 18]);
    const evilId = await idOf(evil);
    const [asset0, asset1] = evilId < ids.token0 ? [evilId, ids.token0] : [ids.token0, evilId];
    const posed = { ...key, asset0, asset1 };
    const before = await ledger.bookOf(amm, bookKey, key.asset0, key.asset1);
    await evil.mint(bob, 100n * WAD);
    await evil.connect(bob).approve(ledger, ethers.MaxUint256);
    await ledger.connect(bob).call(
      poolCall({
        amm,
        key: posed,
        to: bob,
        source: SOURCE.wallet,
        amount0: WAD,
        amount1: WAD,
        data: actions.encodeFunctionData("createPool", [posed, 0n, NEVER]),
      }),
    );
    await evil.burn(ledger, WAD);
    await ledger.connect(bob).call(
      poolCall({
        amm,
        key: posed,
        to: bob,
        data: actions.encodeFunctionData("removeLiquidity", [
          await ledger.balanceOf(bob, await amm.shareIdOf(posed)),
          0n,
          0n,
          NEVER,
        ]),
      }),
    );
    expect(await ledger.balanceOf(bob, ids.token0)).to.equal(1001n * WAD - 1000n);
    // The AMM's book of the real pool does not open under other assets.
    await expectRefused({
      fixture,
      send: () =>
        ledger.connect(bob).call({
          ...poolCall({
            amm,
            key,
            to: bob,
            amount1: 0n,
            amount0: WAD,
            data: actions.encodeFunctionData("swapExactIn", [0n, NEVER]),
          }),
          asset0: key.asset1,
          asset1: evilId,
        }),
      contract: amm,
      error: "AmmUnknownPool",
      args: [await poolIdOf({ amm, key: { ...key, asset0: key.asset1, asset1: evilId } })],
    });
    expect(await ledger.bookOf(amm, bookKey, key.asset0, key.asset1)).to.equal(before);
    expect(await ledger.wordOf(alice, id)).to.equal(word);
    expect(await token0.balanceOf(ledger)).to.equal(2001n * WAD);
  });

  it("a book receiving a plain transfer", async () => {
    const fixture = await loadFixture(poolFixture);
    const { ledger, amm, ammLens, key, poolId, bookKey, alice, token0, ids } = fixture;
    const book = () => ledger.bookOf(amm, bookKey, key.asset0, key.asset1);
    const quotes = async () => [
      await ammLens.quoteExactIn(key, true, WAD),
      await ammLens.quoteExactIn(key, false, WAD),
      await ammLens.quoteExactOut(key, true, WAD),
      await ammLens.quoteAdd(key, WAD, WAD),
      await ammLens.quoteRemove(key, WAD),
      await ammLens.poolOf(key),
    ];
    const [bookBefore, quotesBefore] = [await book(), await quotes()];
    const fromPoolId = ethers.getAddress(ethers.dataSlice(poolId, 12));
    for (const to of [await amm.getAddress(), fromPoolId, ethers.getAddress(ethers.dataSlice(poolId, 0, 20))]) {
      await ledger.connect(alice).transfer(to, ids.token0, WAD);
      await ledger.connect(alice).withdraw(token0, WAD, to);
      await ledger.connect(alice).deposit(token0, WAD, WAD, to);
    }
    await token0.connect(alice).transfer(ledger, WAD);
    expect(await book()).to.equal(bookBefore);
    expect(await quotes()).to.deep.equal(quotesBefore);
    // What was sent to the AMM stays there as a plain balance that the AMM has no way to move.
    expect(await ledger.balanceOf(amm, ids.token0)).to.equal(2n * WAD);
  });

  it("self-transfer", async () => {
    const fixture = await loadFixture(poolFixture);
    const { ledger, settlement, alice, bob, ids, shareId } = fixture;
    await ledger.connect(alice).setConsent(ids.token0, 1n);
    const before = await stateOf([ledger]);
    for (const id of [ids.token0, ids.weth, ids.usdc, shareId]) {
      const balance = await ledger.balanceOf(alice, id);
      await expect(ledger.connect(alice).transfer(alice, id, balance))
        .to.emit(ledger, "Transfer")
        .withArgs(alice.address, alice.address, alice.address, id, balance);
      await ledger.connect(alice).transfer(alice, id, 0n);
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).transfer(alice, id, balance + 1n),
        error: "LedgerInsufficientBalance",
        args: [alice.address, id, balance, balance + 1n],
      });
    }
    expect(await stateOf([ledger])).to.deep.equal(before);
    const balance = await ledger.balanceOf(alice, ids.token0);
    const answer = await settle({
      settlement,
      section: sectionOf({ asset0: ids.token0, asset1: ids.token1 }),
      orders: [
        { account: alice, amount: balance, arguments: await receiverOf(alice) },
        { account: alice, sequence: 1n, amount: balance + 1n, arguments: await receiverOf(alice) },
      ],
    });
    expect(answer.skipped).to.deep.equal([2n]);
    expect(await ledger.balanceOf(alice, ids.token0)).to.equal(balance);
    expect(await ledger.balanceOf(bob, ids.token0)).to.equal(1000n * WAD);
  });
});
