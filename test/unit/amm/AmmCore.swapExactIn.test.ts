import { expect } from "chai";
import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import type { ILedger } from "../../../typechain-types/core/Ledger.js";
import {
  actions,
  bookIdOf,
  bookKeyOf,
  DESTINATION,
  ethers,
  expectRefused,
  FEE,
  loadFixture,
  networkHelpers,
  NEVER,
  poolCall,
  poolFixture,
  poolIdOf,
  SOURCE,
  WAD,
  wordParts,
} from "../../helpers/ledger-fixture.js";

const PIPS = 1_000_000n;

function amountOut(x: bigint, y: bigint, paid: bigint): bigint {
  const net = paid * (PIPS - FEE);
  return (net * y) / (x * PIPS + net);
}

async function swapFixture() {
  const fixture = await poolFixture();
  const { ledger, amm, key, bob } = fixture;
  const swap = (rest: Partial<ILedger.CallStruct>, minimum = 0n, deadline = NEVER, value = 0n) =>
    ledger.connect(bob).call(
      {
        ...poolCall({
          amm,
          key,
          to: bob,
          data: actions.encodeFunctionData("swapExactIn", [minimum, deadline]),
        }),
        ...rest,
      },
      { value },
    );
  return { ...fixture, swap };
}

/** With a pool of WETH and USDC, and a range pool of token 0 and token 1. */
async function morePoolsFixture() {
  const fixture = await swapFixture();
  const { ledger, amm, key, alice, ids } = fixture;
  const [asset0, asset1] = ids.weth < ids.usdc ? [ids.weth, ids.usdc] : [ids.usdc, ids.weth];
  const native = { ...key, asset0, asset1 };
  const range = { ...key, alpha: ((1n << 64n) * 10n) / 11n, beta: ((1n << 64n) * 9n) / 10n };
  for (const pool of [native, range]) {
    await ledger.connect(alice).call(
      poolCall({
        amm,
        key: pool,
        to: alice,
        amount0: 5n * WAD,
        amount1: 5n * WAD,
        data: actions.encodeFunctionData("createPool", [pool, 0n, NEVER]),
      }),
    );
  }
  return { ...fixture, native, range };
}

describe("AmmCore", () => {
  describe("swapExactIn", () => {
    it("reverts after the deadline", async () => {
      const fixture = await loadFixture(swapFixture);
      await expectRefused({
        fixture,
        send: () => fixture.swap({ amount0: WAD }, 0n, 1n),
        contract: fixture.amm,
        error: "AmmExpired",
        args: [1n, anyValue],
      });
    });

    it("reverts on both inputs and on none", async () => {
      const fixture = await loadFixture(swapFixture);
      for (const [amount0, amount1] of [
        [WAD, 1n],
        [0n, 0n],
      ] as const) {
        await expectRefused({
          fixture,
          send: () => fixture.swap({ amount0, amount1 }),
          contract: fixture.amm,
          error: "AmmOneInputOnly",
          args: [amount0, amount1],
        });
      }
    });

    it("reverts for an unknown pool, and for a pool's key with other assets", async () => {
      const fixture = await loadFixture(swapFixture);
      const { amm, swap, ids, key } = fixture;
      await expectRefused({
        fixture,
        send: () => swap({ key: ethers.id("none"), amount0: WAD }),
        contract: amm,
        error: "AmmUnknownPool",
        args: [await bookIdOf({ protocol: amm, ...key, key: ethers.id("none") })],
      });
      for (const assets of [{ asset1: ids.usdc }, { asset0: ids.weth }, { asset0: ids.token1, asset1: ids.token0 }]) {
        await expectRefused({
          fixture,
          send: () => swap({ ...assets, amount0: WAD }),
          contract: amm,
          error: "AmmUnknownPool",
          args: [await poolIdOf({ amm, key: { ...key, ...assets } })],
        });
      }
    });

    it("reverts below the minimum trade", async () => {
      const fixture = await loadFixture(swapFixture);
      for (const amounts of [{ amount0: 999n }, { amount1: 999n }]) {
        await expectRefused({
          fixture,
          send: () => fixture.swap(amounts),
          contract: fixture.amm,
          error: "AmmBelowMinimumTrade",
          args: [999n, 1000n],
        });
      }
    });

    it("reverts when the range is exhausted", async () => {
      const fixture = await loadFixture(morePoolsFixture);
      const { amm, swap, range } = fixture;
      for (const amounts of [{ amount0: 100n * WAD }, { amount1: 100n * WAD }]) {
        await expectRefused({
          fixture,
          send: () => swap({ ...amounts, key: bookKeyOf(range) }),
          contract: amm,
          error: "AmmRangeExhausted",
          args: [anyValue, 5n * WAD],
        });
      }
    });

    it("reverts when it would leave less than the reserve floor", async () => {
      const fixture = await loadFixture(swapFixture);
      const { ledger, amm, alice, key } = fixture;
      const small = { ...key, fee: 0n };
      await ledger.connect(alice).call(
        poolCall({
          amm,
          key: small,
          to: alice,
          amount0: 2000n,
          amount1: 2000n,
          data: actions.encodeFunctionData("createPool", [small, 0n, NEVER]),
        }),
      );
      await expectRefused({
        fixture,
        send: () => fixture.swap({ key: bookKeyOf(small), amount0: 2005n }),
        contract: amm,
        error: "AmmReserveFloor",
        args: [999n, 1000n],
      });
      await fixture.swap({ key: bookKeyOf(small), amount0: 2000n });
    });

    it("reverts below the least output", async () => {
      const fixture = await loadFixture(swapFixture);
      const out = amountOut(100n * WAD, 400n * WAD, WAD);
      await expectRefused({
        fixture,
        send: () => fixture.swap({ amount0: WAD }, out + 1n),
        contract: fixture.amm,
        error: "AmmBelowMinimumOut",
        args: [out, out + 1n],
      });
    });

    it("sells asset 0 for ⌊a(1−f)Y / (X + a(1−f))⌋ of asset 1, and asset 1 for asset 0", async () => {
      const { ledger, amm, swap, poolId, bookKey, key, bob, ids } = await loadFixture(swapFixture);
      const out = amountOut(100n * WAD, 400n * WAD, WAD);
      await expect(swap({ amount0: WAD }, out))
        .to.emit(amm, "Swapped")
        .withArgs(poolId, bob.address, WAD, -out);
      expect(await ledger.balanceOf(bob, ids.token1)).to.equal(1000n * WAD + out);
      const back = amountOut(400n * WAD - out, 101n * WAD, out);
      await expect(swap({ amount1: out }, back))
        .to.emit(amm, "Swapped")
        .withArgs(poolId, bob.address, -back, out);
      expect(back).to.be.lessThan(WAD);
      expect(wordParts(await ledger.bookOf(amm, bookKey, key.asset0, key.asset1))).to.deep.equal({
        amount0: 101n * WAD - back,
        amount1: 400n * WAD,
        flags: (1n << 31n) | FEE,
      });
    });

    it("prices a range pool on virtual reserves", async () => {
      const { amm, ammLens, swap, range, bob } = await loadFixture(morePoolsFixture);
      const view = await ammLens.poolOf(range);
      const out = amountOut(view.virtual0, view.virtual1, WAD);
      expect(out).to.be.greaterThan(amountOut(5n * WAD, 5n * WAD, WAD));
      await expect(swap({ key: bookKeyOf(range), amount0: WAD }, out))
        .to.emit(amm, "Swapped")
        .withArgs(view.id, bob.address, WAD, -out);
    });

    it("pays a third party, from wallet to wallet", async () => {
      const { ledger, token0, token1, swap, bob, carol } = await loadFixture(swapFixture);
      const out = amountOut(100n * WAD, 400n * WAD, WAD);
      const response = swap({
        to: carol.address,
        amount0: WAD,
        source: SOURCE.wallet,
        destination: DESTINATION.wallet,
      });
      await expect(response).to.changeTokenBalances(ethers, token0, [bob, ledger], [-WAD, WAD]);
      await expect(response).to.changeTokenBalances(ethers, token1, [carol, ledger, bob], [out, -out, 0n]);
    });

    it("takes and pays ether", async () => {
      const { swap, native, usdc, bob, carol, ids } = await loadFixture(morePoolsFixture);
      const pool = { key: bookKeyOf(native), asset0: native.asset0, asset1: native.asset1 };
      const out = amountOut(5n * WAD, 5n * WAD, WAD);
      const isFirst = native.asset0 === ids.weth;
      const inEther = isFirst ? { amount0: WAD } : { amount1: WAD };
      const inUsdc = isFirst ? { amount1: WAD } : { amount0: WAD };
      const bought = swap({ ...pool, ...inEther, destination: DESTINATION.wallet }, out, NEVER, WAD);
      await expect(bought).to.changeEtherBalance(ethers, bob, -WAD);
      await expect(bought).to.changeTokenBalance(ethers, usdc, bob, out);
      const ether = amountOut(5n * WAD - out, 6n * WAD, WAD);
      await expect(
        swap({ ...pool, ...inUsdc, to: carol.address, destination: DESTINATION.native }),
      ).to.changeEtherBalance(ethers, carol, ether);
    });

    it("takes the deadline as inclusive and the minimum trade as enough", async () => {
      const { swap } = await loadFixture(swapFixture);
      const next = BigInt(await networkHelpers.time.latest()) + 10n;
      await networkHelpers.time.setNextBlockTimestamp(next);
      await swap({ amount0: 1000n }, 0n, next);
    });
  });
});
