import { expect } from "chai";
import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import type { ILedger } from "../../../typechain-types/core/Ledger.js";
import {
  actions,
  bookIdOf,
  ethers,
  expectRefused,
  loadFixture,
  NEVER,
  poolCall,
  poolFixture,
  poolIdOf,
  SOURCE,
  WAD,
  wordParts,
} from "../../helpers/ledger-fixture.js";

async function addFixture() {
  const fixture = await poolFixture();
  const { ledger, amm, key, bob } = fixture;
  const add = (rest: Partial<ILedger.CallStruct> = {}, minShares = 0n, deadline = NEVER) =>
    ledger.connect(bob).call({
      ...poolCall({
        amm,
        key,
        to: bob,
        amount0: WAD,
        amount1: 4n * WAD,
        data: actions.encodeFunctionData("addLiquidity", [minShares, deadline]),
      }),
      ...rest,
    });
  return { ...fixture, add };
}

describe("AmmCore", () => {
  describe("addLiquidity", () => {
    it("reverts after the deadline", async () => {
      const fixture = await loadFixture(addFixture);
      await expectRefused({
        fixture,
        send: () => fixture.add({}, 0n, 1n),
        contract: fixture.amm,
        error: "AmmExpired",
        args: [1n, anyValue],
      });
    });

    it("reverts for an unknown pool", async () => {
      const fixture = await loadFixture(addFixture);
      await expectRefused({
        fixture,
        send: () => fixture.add({ key: ethers.id("none") }),
        contract: fixture.amm,
        error: "AmmUnknownPool",
        args: [await bookIdOf({ protocol: fixture.amm, ...fixture.key, key: ethers.id("none") })],
      });
    });

    it("reverts when the inputs buy no share", async () => {
      const fixture = await loadFixture(addFixture);
      for (const amounts of [{ amount0: 0n }, { amount1: 0n }, { amount1: 1n }]) {
        await expectRefused({
          fixture,
          send: () => fixture.add(amounts),
          contract: fixture.amm,
          error: "AmmZeroShares",
          args: [],
        });
      }
    });

    it("reverts below the least shares", async () => {
      const fixture = await loadFixture(addFixture);
      await expectRefused({
        fixture,
        send: () => fixture.add({}, 2n * WAD + 1n),
        contract: fixture.amm,
        error: "AmmBelowMinimumShares",
        args: [2n * WAD, 2n * WAD + 1n],
      });
    });

    it("adds at the pool's ratio and mints to the receiver", async () => {
      const { ledger, amm, add, poolId, bookKey, key, shareId, bob, carol } = await loadFixture(addFixture);
      await expect(add({ to: carol.address }, 2n * WAD))
        .to.emit(amm, "LiquidityAdded")
        .withArgs(poolId, bob.address, WAD, 4n * WAD, 2n * WAD);
      expect(await ledger.balanceOf(carol, shareId)).to.equal(2n * WAD);
      const { amount0, amount1 } = wordParts(await ledger.bookOf(amm, bookKey, key.asset0, key.asset1));
      expect([amount0, amount1]).to.deep.equal([101n * WAD, 404n * WAD]);
      expect((await amm.poolOf(poolId)).totalShares).to.equal(202n * WAD);
    });

    it("gives what the ratio does not need back to the caller, the way it came", async () => {
      const { token0, token1, ledger, add, bob, carol } = await loadFixture(addFixture);
      const excess = add({ to: carol.address, amount0: 5n * WAD, source: SOURCE.wallet });
      await expect(excess).to.changeTokenBalances(ethers, token0, [bob, ledger, carol], [-WAD, WAD, 0n]);
      await expect(excess).to.changeTokenBalances(ethers, token1, [bob, carol], [-4n * WAD, 0n]);
    });

    it("rounds shares down and what is taken up", async () => {
      const { ledger, add, amm, bookKey, key, bob, ids } = await loadFixture(addFixture);
      const before = await ledger.balanceOf(bob, ids.token0);
      // 3 units of token 1 are worth 1.5 shares: one is minted, for ⌈0.5⌉ and ⌈2⌉ units.
      await add({ amount0: 3n, amount1: 3n });
      expect(before - (await ledger.balanceOf(bob, ids.token0))).to.equal(1n);
      const { amount0, amount1 } = wordParts(await ledger.bookOf(amm, bookKey, key.asset0, key.asset1));
      expect([amount0, amount1]).to.deep.equal([100n * WAD + 1n, 400n * WAD + 2n]);
    });

    it("keeps virtual offsets in step with the shares, on a pool of one asset too", async () => {
      const { ledger, amm, add, key, bob } = await loadFixture(addFixture);
      const alpha = ((1n << 64n) * 10n) / 11n;
      const beta = ((1n << 64n) * 9n) / 10n;
      const range = { ...key, alpha, beta };
      const create = poolCall({
        amm,
        key: range,
        to: bob,
        amount0: WAD,
        data: actions.encodeFunctionData("createPool", [range, 0n, NEVER]),
      });
      await ledger.connect(bob).call(create);
      const rangeId = await poolIdOf({ amm, key: range });
      const [before] = await amm.poolOf(rangeId);
      await add({ key: create.key, amount0: WAD, amount1: 0n });
      const [shares, virtualShares, offset0, offset1] = await amm.poolOf(rangeId);
      // One unit is kept back for the offsets' rounding: the shares are those of WAD − 1.
      expect(shares).to.equal(before + ((WAD - 1n) * before) / WAD);
      expect(virtualShares).to.equal(shares << 16n);
      expect([offset0, offset1]).to.deep.equal([(alpha * shares) >> 64n, (beta * shares) >> 64n]);
    });
  });
});
