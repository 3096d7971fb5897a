import { expect } from "chai";
import {
  actions,
  bookKeyOf,
  loadFixture,
  ledgerFixture,
  NEVER,
  poolCall,
  poolIdOf,
  SOURCE,
  WAD,
  wordParts,
} from "../../helpers/ledger-fixture.js";

describe("attacks", () => {
  it("first depositor and share inflation", async () => {
    const { ledger, amm, token0, token1, alice, bob, ids } = await loadFixture(ledgerFixture);
    const key = { asset0: ids.token0, asset1: ids.token1, fee: 50_000n, alpha: 0n, beta: 0n, flags: 0n };
    const poolId = await poolIdOf({ amm, key });
    const shareId = await amm.shareIdOf(key);
    const act = (user: typeof alice, rest: Partial<Parameters<typeof poolCall>[0]>) =>
      ledger.connect(user).call(poolCall({ amm, key, to: user, source: SOURCE.wallet, ...rest }));
    const wealth = async (user: typeof alice) =>
      (await token0.balanceOf(user)) +
      (await token1.balanceOf(user)) +
      (await ledger.balanceOf(user, ids.token0)) +
      (await ledger.balanceOf(user, ids.token1));

    const attacker = await wealth(bob);
    const create = actions.encodeFunctionData("createPool", [key, 0n, NEVER]);
    await expect(act(bob, { amount0: 1000n, amount1: 1000n, data: create }))
      .to.be.revertedWithCustomError(amm, "AmmBelowMinimumShares")
      .withArgs(1000n, 1001n);
    await act(bob, { amount0: 4000n, amount1: 4000n, data: create });
    expect(await ledger.balanceOf(bob, shareId)).to.equal(3000n);
    expect((await amm.poolOf(poolId)).totalShares).to.equal(4000n);

    // A donation does not raise the price of a share; only fees do, and a quarter of them is nobody's.
    await token0.connect(bob).transfer(ledger, WAD);
    const swap = actions.encodeFunctionData("swapExactIn", [0n, NEVER]);
    for (let i = 0; i < 12; ++i) {
      await act(bob, { amount0: 2000n, data: swap });
      await act(bob, { amount1: 2000n, data: swap });
    }
    const { amount0, amount1 } = wordParts(await ledger.bookOf(amm, bookKeyOf(key), key.asset0, key.asset1));
    expect(amount0 * amount1).to.be.greaterThan(4000n ** 2n);
    const victim = await wealth(alice);
    const add = actions.encodeFunctionData("addLiquidity", [1n, NEVER]);
    await act(alice, { amount0: 100n * WAD, amount1: 100n * WAD, data: add });
    const shares = await ledger.balanceOf(alice, shareId);
    expect(shares).to.be.greaterThan(0n);
    const remove = (amount: bigint) => actions.encodeFunctionData("removeLiquidity", [amount, 0n, 0n, NEVER]);
    await act(alice, { data: remove(shares) });
    // What a share does not buy comes back as change, so rounding costs the victim two units.
    expect(victim - (await wealth(alice))).to.be.within(0n, 2n);
    await act(bob, { data: remove(3000n) });
    expect(attacker - (await wealth(bob))).to.be.greaterThan(WAD - 1n);
  });
});
