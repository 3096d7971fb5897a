import { expect } from "chai";
import type { Addressable, BaseContract } from "ethers";
import {
  actions,
  bookKeyOf,
  callOf,
  DESTINATION,
  ethers,
  expectRefused,
  FEE,
  idOf,
  ledgerFixture,
  loadFixture,
  networkHelpers,
  NEVER,
  poolCall,
  SOURCE,
  stateOf,
  WAD,
  wordParts,
} from "../../helpers/ledger-fixture.js";

type Mintable = BaseContract & Addressable;

/** Gives Alice and Bob `amount` of a token each, and lets the ledger take it. */
async function equip(token: Mintable, users: readonly Addressable[], spender: Addressable, amount: bigint) {
  for (const user of users) {
    const owner = token.connect(user as never);
    await (await (token.getFunction("mint")(user, amount) as Promise<{ wait(): Promise<unknown> }>)).wait();
    await owner.getFunction("approve")(spender, amount);
  }
}

describe("attacks", () => {
  it("blocklisted recipient", async () => {
    const fixture = await loadFixture(ledgerFixture);
    const { ledger, alice, bob, carol } = fixture;
    const token = await ethers.deployContract("BlocklistToken", ["Block", "BLK", 6]);
    await equip(token, [alice, bob], ledger, 100n);
    for (const user of [alice, bob]) await ledger.connect(user).deposit(token, 100n, 100n, user);
    await token.setBlocked(bob, true);
    const id = await idOf(token);
    await expectRefused({
      fixture,
      send: () => ledger.connect(bob).withdraw(token, 40n, bob),
      contract: token,
      error: "MockAccountBlocked",
      args: [bob.address],
    });
    await ledger.connect(alice).withdraw(token, 100n, alice);
    await ledger.connect(bob).transfer(carol, id, 40n);
    await ledger.connect(carol).withdraw(token, 40n, carol);
    await ledger.connect(bob).withdraw(token, 60n, carol);
    expect(await token.balanceOf(carol)).to.equal(100n);
    expect(await token.balanceOf(ledger)).to.equal(0n);
    expect(await ledger.balanceOf(bob, id)).to.equal(0n);
  });

  it("fee-on-transfer", async () => {
    const fixture = await loadFixture(ledgerFixture);
    const { ledger, amm, protocol, alice, ids } = fixture;
    const token = await ethers.deployContract("FeeOnTransferToken", ["Fee", "FEE", 18, 100]);
    await equip(token, [alice], ledger, 1_000_000n);
    const id = await idOf(token);
    await expectRefused({
      fixture,
      send: () => ledger.connect(alice).deposit(token, 1000n, 991n, alice),
      error: "LedgerBelowMinimumDeposit",
      args: [await token.getAddress(), 990n, 991n],
    });
    await ledger.connect(alice).deposit(token, 1000n, 990n, alice);
    expect(await ledger.balanceOf(alice, id)).to.equal(990n);

    // What reaches a protocol is what arrived.
    const call = callOf({ protocol, to: alice, asset0: id, asset1: ids.token0, amount0: 1000n, source: SOURCE.wallet });
    await ledger.connect(alice).call(call);
    expect(wordParts((await protocol.lastAction()).inputs).amount0).to.equal(990n);
    expect(await ledger.bookOf(protocol, ethers.ZeroHash, id, ids.token0)).to.equal(990n);

    const [asset0, asset1] = id < ids.token0 ? [id, ids.token0] : [ids.token0, id];
    const key = { asset0, asset1, fee: FEE, alpha: 0n, beta: 0n, flags: 0n };
    await ledger.connect(alice).call(
      poolCall({
        amm,
        key,
        to: alice,
        amount0: 100_000n,
        amount1: 100_000n,
        source: SOURCE.wallet,
        data: actions.encodeFunctionData("createPool", [key, 0n, NEVER]),
      }),
    );
    const { amount0, amount1 } = wordParts(await ledger.bookOf(amm, bookKeyOf(key), asset0, asset1));
    expect([amount0, amount1]).to.deep.equal(asset0 === id ? [99_000n, 100_000n] : [100_000n, 99_000n]);
    expect(await token.balanceOf(ledger)).to.equal(990n + 990n + 99_000n);
  });

  it("missing return value", async () => {
    const fixture = await loadFixture(ledgerFixture);
    const { ledger, protocol, alice, ids } = fixture;
    const token = await ethers.deployContract("MissingReturnToken", ["Missing", "MISS", 6]);
    await equip(token, [alice], ledger, 1000n);
    const id = await idOf(token);
    await ledger.connect(alice).deposit(token, 400n, 400n, alice);
    await ledger
      .connect(alice)
      .call(callOf({ protocol, to: alice, asset0: id, asset1: ids.token0, amount0: 600n, source: SOURCE.wallet }));
    await ledger.connect(alice).withdraw(token, 400n, alice);
    expect(await token.balanceOf(alice)).to.equal(400n);
    expect(await token.balanceOf(ledger)).to.equal(600n);
    expect(await ledger.balanceOf(alice, id)).to.equal(0n);
  });

  it("false return value", async () => {
    const fixture = await loadFixture(ledgerFixture);
    const { ledger, protocol, alice, ids } = fixture;
    const token = await ethers.deployContract("FalseReturnToken", ["False", "FALSE", 18]);
    await equip(token, [alice], ledger, 1000n);
    const refused = { fixture, contract: ledger, error: "SafeERC20FailedOperation", args: [await token.getAddress()] };
    await expectRefused({ ...refused, send: () => ledger.connect(alice).deposit(token, 1001n, 0n, alice) });
    await ledger.connect(alice).deposit(token, 1000n, 1000n, alice);
    await token.setRefusing(true);
    await expectRefused({ ...refused, send: () => ledger.connect(alice).withdraw(token, 1n, alice) });
    const call = callOf({
      protocol,
      to: alice,
      asset0: await idOf(token),
      asset1: ids.token0,
      amount0: 1n,
      source: SOURCE.wallet,
    });
    await expectRefused({ ...refused, send: () => ledger.connect(alice).call(call) });
    expect(await ledger.balanceOf(alice, await idOf(token))).to.equal(1000n);
  });

  it("short delivery", async () => {
    const fixture = await loadFixture(ledgerFixture);
    const { ledger, protocol, alice, ids } = fixture;
    const token = await ethers.deployContract("ShortDeliveryToken", ["Short", "SHORT", 18]);
    await equip(token, [alice], ledger, 10_000n);
    const [address, id] = [await token.getAddress(), await idOf(token)];
    await expectRefused({
      fixture,
      send: () => ledger.connect(alice).deposit(token, 1000n, 1000n, alice),
      error: "LedgerBelowMinimumDeposit",
      args: [address, 999n, 1000n],
    });
    await token.setShortfall(1000n);
    await expectRefused({
      fixture,
      send: () => ledger.connect(alice).deposit(token, 1000n, 0n, alice),
      error: "LedgerBelowMinimumDeposit",
      args: [address, 0n, 0n],
    });
    await token.setShortfall(1n);
    await ledger.connect(alice).deposit(token, 1000n, 999n, alice);
    await ledger
      .connect(alice)
      .call(callOf({ protocol, to: alice, asset0: id, asset1: ids.token0, amount0: 500n, source: SOURCE.wallet }));
    expect(wordParts((await protocol.lastAction()).inputs).amount0).to.equal(499n);
    expect(await ledger.balanceOf(alice, id)).to.equal(999n);
    expect(await token.balanceOf(ledger)).to.equal(999n + 499n);
    // A loan repaid short is not repaid.
    const borrower = await ethers.deployContract("MockFlashBorrower", [ledger]);
    await expectRefused({
      fixture,
      send: () => borrower.borrow(token, 1000n, "0x"),
      error: "LedgerFlashLoanNotRepaid",
      args: [address, 999n, 1000n],
    });
  });

  it("0/6/24 decimals", async () => {
    const { ledger, amm, ammLens, alice, bob } = await loadFixture(ledgerFixture);
    for (const [first, second] of [
      [0n, 6n],
      [0n, 24n],
      [6n, 24n],
    ] as const) {
      const tokens = [
        await ethers.deployContract("MockERC20", ["First", "FST", first]),
        await ethers.deployContract("MockERC20", ["Second", "SND", second]),
      ] as const;
      const units = [10n ** first, 10n ** second] as const;
      const amounts = [1_000_000n * units[0], 1_000_000n * units[1]] as const;
      for (const [index, token] of tokens.entries()) {
        await equip(token, [alice, bob], ledger, amounts[index] ?? 0n);
        for (const user of [alice, bob]) {
          await ledger.connect(user).deposit(token, amounts[index] ?? 0n, 1n, user);
        }
      }
      const [idA, idB] = [await idOf(tokens[0]), await idOf(tokens[1])];
      const order = idA < idB ? [0, 1] : [1, 0];
      const key = {
        asset0: idA < idB ? idA : idB,
        asset1: idA < idB ? idB : idA,
        fee: FEE,
        alpha: 0n,
        beta: 0n,
        flags: 0n,
      };
      const [amount0, amount1] = [amounts[order[0] ?? 0] ?? 0n, amounts[order[1] ?? 0] ?? 0n];
      await ledger.connect(alice).call(
        poolCall({
          amm,
          key,
          to: alice,
          amount0,
          amount1,
          data: actions.encodeFunctionData("createPool", [key, 1n, NEVER]),
        }),
      );
      const paid = amount0 / 10n;
      const quote = await ammLens.quoteExactIn(key, true, paid);
      expect(quote).to.be.within((amount1 * 9n) / 100n, amount1 / 10n);
      await ledger.connect(bob).call(
        poolCall({
          amm,
          key,
          to: bob,
          amount0: paid,
          data: actions.encodeFunctionData("swapExactIn", [quote, NEVER]),
        }),
      );
      expect(await ledger.balanceOf(bob, key.asset1)).to.equal(amount1 + quote);
      const shareId = await amm.shareIdOf(key);
      await ledger.connect(alice).call(
        poolCall({
          amm,
          key,
          to: alice,
          data: actions.encodeFunctionData("removeLiquidity", [await ledger.balanceOf(alice, shareId), 0n, 0n, NEVER]),
        }),
      );
      const book = wordParts(await ledger.bookOf(amm, bookKeyOf(key), key.asset0, key.asset1));
      for (const [index, token] of tokens.entries()) {
        const id = await idOf(token);
        for (const user of [alice, bob]) {
          await ledger.connect(user).withdraw(token, await ledger.balanceOf(user, id), user);
        }
        const left = order[0] === index ? book.amount0 : book.amount1;
        expect(await token.balanceOf(ledger)).to.equal(left);
        expect((await token.balanceOf(alice)) + (await token.balanceOf(bob))).to.equal(
          2n * (amounts[index] ?? 0n) - left,
        );
      }
    }
  });

  it("rebasing token down", async () => {
    const fixture = await loadFixture(ledgerFixture);
    const { ledger, token0, alice, bob, carol, ids } = fixture;
    const token = await ethers.deployContract("RebasingToken", ["Rebase", "RBS", 18]);
    await equip(token, [alice, bob], ledger, 1000n);
    for (const user of [alice, bob]) await ledger.connect(user).deposit(token, 1000n, 1000n, user);
    const others = await stateOf([token0]);
    await token.setIndex(WAD / 2n);
    // The loss falls on whoever withdraws last, of this token alone; the ledger never pays with another's token.
    await ledger.connect(alice).withdraw(token, 1000n, alice);
    await expectRefused({
      fixture,
      send: () => ledger.connect(bob).withdraw(token, 1n, bob),
      contract: token,
      error: "MockInsufficientBalance",
      args: [1n, 0n],
    });
    await ledger.connect(bob).transfer(carol, await idOf(token), 1000n);
    expect(await stateOf([token0])).to.deep.equal(others);
    await ledger.connect(bob).withdraw(token0, await ledger.balanceOf(bob, ids.token0), bob);
    await token.mint(ledger, 1000n);
    await ledger.connect(carol).withdraw(token, 1000n, carol);
  });

  it("donation to ledger, AMM and lens changes nothing", async () => {
    const fixture = await loadFixture(ledgerFixture);
    const { ledger, amm, ammLens, ledgerLens, token0, token1, weth, alice, bob, ids } = fixture;
    const key = { asset0: ids.token0, asset1: ids.token1, fee: FEE, alpha: 0n, beta: 0n, flags: 0n };
    await ledger.connect(alice).call(
      poolCall({
        amm,
        key,
        to: alice,
        amount0: 100n * WAD,
        amount1: 100n * WAD,
        data: actions.encodeFunctionData("createPool", [key, 1n, NEVER]),
      }),
    );
    const quotes = async () => [
      await ammLens.quoteExactIn(key, true, WAD),
      await ammLens.quoteExactIn(key, false, WAD),
      await ammLens.quoteAdd(key, WAD, WAD),
      await ammLens.poolOf(key),
    ];
    const [before, state] = [await quotes(), await stateOf([ledger, amm])];
    for (const target of [ledger, amm, ammLens, ledgerLens]) {
      for (const token of [token0, token1, weth]) await token.connect(bob).transfer(target, WAD);
      await expect(bob.sendTransaction({ to: target, value: 1n })).to.be.revert(ethers);
    }
    await expectRefused({
      fixture,
      send: () => bob.sendTransaction({ to: ledger, value: 5n }),
      error: "LedgerUnexpectedEther",
      args: [bob.address, 5n],
    });
    // Ether forced upon the ledger is as dead as a donated token.
    await networkHelpers.setBalance(await ledger.getAddress(), WAD);
    expect(await quotes()).to.deep.equal(before);
    await networkHelpers.setBalance(await ledger.getAddress(), 0n);
    expect(await stateOf([ledger, amm])).to.deep.equal(state);
    const credited = await ledger.connect(alice).deposit.staticCall(token0, 5n, 5n, alice);
    expect(credited).to.equal(5n);
    const swap = poolCall({
      amm,
      key,
      to: bob,
      amount0: WAD,
      destination: DESTINATION.wallet,
      data: actions.encodeFunctionData("swapExactIn", [0n, NEVER]),
    });
    await expect(ledger.connect(bob).call(swap)).to.changeTokenBalance(ethers, token1, bob, before[0]);
  });
});
