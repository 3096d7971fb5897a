import { expect } from "chai";
import {
  actions,
  callOf,
  ethers,
  expectRefused,
  idOf,
  loadFixture,
  MAX_AMOUNT,
  bookIdOf,
  NEVER,
  outcomeOf,
  packWord,
  poolCall,
  poolFixture,
  sectionOf,
  stateOf,
  WAD,
} from "../../helpers/ledger-fixture.js";

describe("attacks", () => {
  it("raw call through the ledger to a token", async () => {
    const fixture = await loadFixture(poolFixture);
    const { ledger, facades, token0, token1, alice, bob } = fixture;
    const theft = token0.interface.encodeFunctionData("transferFrom", [alice.address, bob.address, WAD]);
    const transfer = token0.interface.encodeFunctionData("transfer", [bob.address, WAD]);
    for (const data of [theft, transfer]) {
      // The ledger never forwards the data as a call: the token sees `onLedgerCall` alone, which it does not have.
      const call = callOf({ protocol: token0, to: bob, asset0: await idOf(token0), asset1: await idOf(token1), data });
      const before = await stateOf([ledger, token0, token1]);
      await expect(ledger.connect(bob).call(call)).to.be.revertedWithoutReason(ethers);
      expect(await stateOf([ledger, token0, token1])).to.deep.equal(before);
    }
    await expectRefused({
      fixture,
      send: () => ledger.connect(bob).call(callOf({ protocol: ledger, to: bob, asset1: 1n, data: theft })),
      error: "LedgerInvalidProtocol",
      args: [await ledger.getAddress()],
    });
    const facade = await facades.createFacade.staticCall(bob, ethers.ZeroHash, 0n, 0n);
    await facades.createFacade(bob, ethers.ZeroHash, 0n, 0n);
    await expect(
      ledger.connect(bob).call(callOf({ protocol: facade, to: bob, asset1: 1n, data: transfer })),
    ).to.be.revertedWithoutReason(ethers);
  });

  it("confused deputy through a malicious protocol", async () => {
    const fixture = await loadFixture(poolFixture);
    const { ledger, amm, protocol, key, poolId, bookKey, shareId, alice, bob, token0, token1, ids } = fixture;
    const thief = bob.address;
    const core = await amm.getAddress();
    const swap = actions.encodeFunctionData("swapExactIn", [0n, NEVER]);
    const holdings = await ledger.bookOf(amm, bookKey, key.asset0, key.asset1);
    const again = { ...poolCall({ amm, key, to: thief, amount0: WAD, data: swap }), protocol: core };
    const section = sectionOf({ protocol: core, key: bookKey, asset0: 1n, asset1: 2n, shareId, gasCap: 1n });
    const encode = ledger.interface.encodeFunctionData.bind(ledger.interface);
    const takeToken = token0.interface.encodeFunctionData("transferFrom", [alice.address, thief, WAD]);
    const attacks: [target: string, data: string][] = [
      [
        core,
        amm.interface.encodeFunctionData("onLedgerCall", [alice.address, poolId, holdings, packWord(WAD, 0n), swap]),
      ],
      [core, amm.interface.encodeFunctionData("onLedgerBatch", [poolId, holdings, shareId, "0x", []])],
      [await ledger.getAddress(), encode("call", [again])],
      [await ledger.getAddress(), encode("transfer", [thief, ids.token0, WAD])],
      [await ledger.getAddress(), encode("transferFrom", [alice.address, thief, ids.token0, WAD])],
      [await ledger.getAddress(), encode("withdraw", [await token0.getAddress(), WAD, thief])],
      [await ledger.getAddress(), encode("deposit", [await token0.getAddress(), WAD, 0n, thief])],
      [await ledger.getAddress(), encode("burn", [shareId, alice.address, 1n])],
      [await ledger.getAddress(), encode("mint", [shareId, thief, 1n])],
      [await ledger.getAddress(), encode("forceTransfer", [shareId, alice.address, thief, 1n])],
      [await ledger.getAddress(), encode("setFacade", [shareId, thief])],
      [await ledger.getAddress(), encode("facadeApprove", [shareId, alice.address, thief, 1n])],
      [await ledger.getAddress(), encode("facadeTransfer", [shareId, alice.address, alice.address, thief, 1n])],
      [await ledger.getAddress(), encode("settle", [section, []])],
      [await ledger.getAddress(), encode("settleFrame", [section, []])],
      [await ledger.getAddress(), encode("multicall", [[encode("transfer", [thief, ids.token0, WAD])]])],
      [await token0.getAddress(), takeToken],
    ];
    // The victim names 5 units of token 0 from his ledger balance; the protocol keeps them in its book.
    const call = callOf({ protocol, to: alice, asset0: ids.token0, asset1: ids.token1, amount0: 5n });
    const magic = ledger.interface.getFunction("call").selector;
    expect(magic).to.not.equal(amm.interface.getFunction("onLedgerCall").selector);
    let kept = 0n;
    for (const [target, data] of attacks) {
      await protocol.setAttack(target, data);
      const words = [
        await ledger.wordOf(alice, ids.weth),
        await ledger.wordOf(alice, ids.token1),
        await ledger.wordOf(alice, shareId),
        await token0.balanceOf(alice),
        await token1.balanceOf(alice),
        await ledger.bookOf(amm, bookKey, key.asset0, key.asset1),
        await ledger.wordOf(bob, ids.token0),
        await token0.balanceOf(bob),
      ];
      const balance = await ledger.balanceOf(alice, ids.token0);
      await ledger.connect(alice).call(call);
      kept += 5n;
      expect(await protocol.attackSucceeded(), data.slice(0, 10)).to.equal(false);
      expect(await ledger.balanceOf(alice, ids.token0)).to.equal(balance - 5n);
      expect(await ledger.bookOf(protocol, ethers.ZeroHash, ids.token0, ids.token1)).to.equal(kept);
      expect([
        await ledger.wordOf(alice, ids.weth),
        await ledger.wordOf(alice, ids.token1),
        await ledger.wordOf(alice, shareId),
        await token0.balanceOf(alice),
        await token1.balanceOf(alice),
        await ledger.bookOf(amm, bookKey, key.asset0, key.asset1),
        await ledger.wordOf(bob, ids.token0),
        await token0.balanceOf(bob),
      ]).to.deep.equal(words);
    }
    // Nor can its answer: shares of another issuer, whether minted or burnt, or more than its book holds.
    await protocol.setAttack(ethers.ZeroAddress, "0x");
    for (const issue of [{ mint: MAX_AMOUNT / 2n }, { burn: 1n }, {}]) {
      await protocol.setOutcome(outcomeOf({ shareId, ...issue }));
      await expectRefused({
        fixture,
        send: () => ledger.connect(alice).call(call),
        error: "LedgerNotIssuer",
        args: [await protocol.getAddress(), shareId],
      });
    }
    await protocol.setOutcome(outcomeOf({ out1: 1n }));
    await expectRefused({
      fixture,
      send: () => ledger.connect(alice).call(call),
      error: "LedgerInsufficientBook",
      args: [
        await bookIdOf({ protocol, asset0: ids.token0, asset1: ids.token1, key: ethers.ZeroHash }),
        packWord(kept, 0n),
        packWord(5n, 0n),
        packWord(0n, 1n),
      ],
    });
  });

  it("magic value missing (WETH-like fallback)", async () => {
    const fixture = await loadFixture(poolFixture);
    const { ledger, weth, protocol, alice, bob, token0, ids } = fixture;
    const call = { to: alice, asset0: ids.weth, asset1: ids.token0, amount0: 7n };
    // WETH answers nothing, so the answer cannot be decoded.
    const before = await stateOf([ledger, weth, token0]);
    await expect(ledger.connect(alice).call(callOf({ ...call, protocol: weth }))).to.be.revertedWithoutReason(ethers);
    await expect(ledger.connect(alice).call(callOf({ ...call, protocol: token0 }))).to.be.revertedWithoutReason(ethers);
    expect(await stateOf([ledger, weth, token0])).to.deep.equal(before);
    // A fallback that echoes enough bytes still lacks the magic value.
    const recorder = await ethers.deployContract("CallRecorder");
    await recorder.setAnswer(ethers.concat(Array.from({ length: 4 }, () => ethers.ZeroHash)), false);
    await expectRefused({
      fixture,
      send: () => ledger.connect(alice).call(callOf({ ...call, protocol: recorder })),
      error: "LedgerMagicMissing",
      args: [await recorder.getAddress(), "0x00000000"],
    });
    await protocol.setOutcome(outcomeOf({ magic: "0xdeadbeef" }));
    await expectRefused({
      fixture,
      send: () => ledger.connect(alice).call(callOf({ ...call, protocol })),
      error: "LedgerMagicMissing",
      args: [await protocol.getAddress(), "0xdeadbeef"],
    });
    // An account without code answers nothing at all.
    const untouched = await stateOf([ledger, weth, token0]);
    for (const target of [bob.address, ethers.ZeroAddress]) {
      await expect(ledger.connect(alice).call(callOf({ ...call, protocol: target }))).to.be.revertedWithoutReason(
        ethers,
      );
    }
    expect(await stateOf([ledger, weth, token0])).to.deep.equal(untouched);
    await expectRefused({
      fixture,
      send: () => ledger.connect(alice).call(callOf({ ...call, protocol: ledger })),
      error: "LedgerInvalidProtocol",
      args: [await ledger.getAddress()],
    });
  });
});
