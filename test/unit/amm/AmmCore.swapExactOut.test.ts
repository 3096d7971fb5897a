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
  NEVER,
  poolCall,
  poolFixture,
  SOURCE,
  WAD,
  wordParts,
} from "../../helpers/ledger-fixture.js";

const PIPS = 1_000_000n;

function amountIn(x: bigint, y: bigint, out: bigint): bigint {
  const divisor = (y - out) * (PIPS - FEE);
  return (x * out * PIPS + divisor - 1n) / divisor;
}

async function swapFixture() {
  const fixture = await poolFixture();
  const { ledger, amm, key, bob } = fixture;
  const swap = (out: bigint, rest: Partial<ILedger.CallStruct>, deadline = NEVER, value = 0n) =>
    ledger.connect(bob).call(
      {
        ...poolCall({
          amm,
          key,
          to: bob,
          data: actions.encodeFunctionData("swapExactOut", [out, deadline]),
        }),
        ...rest,
      },
      { value },
    );
  return { ...fixture, swap };
}

describe("AmmCore", () => {
  describe("swapExactOut", () => {
    it("reverts after the deadline, on both inputs, on none, and for an unknown pool", async () => {
      const fixture = await loadFixture(swapFixture);
      const { amm, swap, key } = fixture;
      const cases = [
        { send: () => swap(WAD, { amount0: WAD }, 1n), error: "AmmExpired", args: [1n, anyValue] },
        { send: () => swap(WAD, { amount0: WAD, amount1: 1n }), error: "AmmOneInputOnly", args: [WAD, 1n] },
        { send: () => swap(WAD, {}), error: "AmmOneInputOnly", args: [0n, 0n] },
        {
          send: () => swap(WAD, { key: ethers.id("none"), amount0: WAD }),
          error: "AmmUnknownPool",
          args: [await bookIdOf({ protocol: amm, ...key, key: ethers.id("none") })],
        },
      ];
      for (const { send, error, args } of cases) await expectRefused({ fixture, send, contract: amm, error, args });
    });

    it("reverts when nothing is wanted", async () => {
      const fixture = await loadFixture(swapFixture);
      await expectRefused({
        fixture,
        send: () => fixture.swap(0n, { amount0: WAD }),
        contract: fixture.amm,
        error: "AmmBelowMinimumOut",
        args: [0n, 1n],
      });
    });

    it("reverts beyond the reserve and above the floor", async () => {
      const fixture = await loadFixture(swapFixture);
      await expectRefused({
        fixture,
        send: () => fixture.swap(400n * WAD + 1n, { amount0: WAD }),
        contract: fixture.amm,
        error: "AmmRangeExhausted",
        args: [400n * WAD + 1n, 400n * WAD],
      });
      await expectRefused({
        fixture,
        send: () => fixture.swap(100n * WAD - 999n, { amount1: WAD }),
        contract: fixture.amm,
        error: "AmmReserveFloor",
        args: [999n, 1000n],
      });
    });

    it("reverts below the minimum trade and for an input that no book holds", async () => {
      const fixture = await loadFixture(swapFixture);
      await expectRefused({
        fixture,
        send: () => fixture.swap(1n, { amount0: WAD }),
        contract: fixture.amm,
        error: "AmmBelowMinimumTrade",
        args: [amountIn(100n * WAD, 400n * WAD, 1n), 1000n],
      });
      const out = 400n * WAD - 1000n;
      await expectRefused({
        fixture,
        send: () => fixture.swap(out, { amount0: WAD }),
        contract: fixture.amm,
        error: "AmmAmountTooLarge",
        args: [amountIn(100n * WAD, 400n * WAD, out), 2n ** 112n - 1n],
      });
    });

    it("reverts above the most that may be paid", async () => {
      const fixture = await loadFixture(swapFixture);
      const paid = amountIn(100n * WAD, 400n * WAD, WAD);
      await expectRefused({
        fixture,
        send: () => fixture.swap(WAD, { amount0: paid - 1n }),
        contract: fixture.amm,
        error: "AmmAboveMaximumIn",
        args: [paid, paid - 1n],
      });
    });

    it("pays exactly what is wanted for ⌈X·out / ((Y − out)(1−f))⌉; the change goes back", async () => {
      const { ledger, amm, swap, poolId, bookKey, key, token0, bob, carol, ids } = await loadFixture(swapFixture);
      const paid = amountIn(100n * WAD, 400n * WAD, WAD);
      const response = swap(WAD, { to: carol.address, amount0: 10n * WAD });
      await expect(response).to.emit(amm, "Swapped").withArgs(poolId, bob.address, paid, -WAD);
      await response;
      expect(await ledger.balanceOf(bob, ids.token0)).to.equal(1000n * WAD - paid);
      expect(await ledger.balanceOf(carol, ids.token1)).to.equal(WAD);
      const { amount0, amount1 } = wordParts(await ledger.bookOf(amm, bookKey, key.asset0, key.asset1));
      expect([amount0, amount1]).to.deep.equal([100n * WAD + paid, 399n * WAD]);

      const again = amountIn(amount1, amount0, WAD);
      await swap(WAD, { amount1: 10n * WAD });
      expect(await ledger.balanceOf(bob, ids.token1)).to.equal(1000n * WAD - again);

      // A wallet's change returns to the wallet.
      const last = await quoteNow(amm, ledger, key);
      await expect(
        swap(WAD, { amount0: 10n * WAD, source: SOURCE.wallet, destination: DESTINATION.wallet }),
      ).to.changeTokenBalances(ethers, token0, [bob, ledger], [-last, last]);
    });

    it("returns the change of an ether input as ether", async () => {
      const { ledger, amm, swap, key, usdc, alice, bob, ids } = await loadFixture(swapFixture);
      const [asset0, asset1] = ids.weth < ids.usdc ? [ids.weth, ids.usdc] : [ids.usdc, ids.weth];
      const native = { ...key, asset0, asset1 };
      await ledger.connect(alice).call(
        poolCall({
          amm,
          key: native,
          to: alice,
          amount0: 5n * WAD,
          amount1: 5n * WAD,
          data: actions.encodeFunctionData("createPool", [native, 0n, NEVER]),
        }),
      );
      const paid = amountIn(5n * WAD, 5n * WAD, WAD);
      const response = swap(
        WAD,
        {
          key: bookKeyOf(native),
          asset0,
          asset1,
          [asset0 === ids.weth ? "amount0" : "amount1"]: 3n * WAD,
          source: SOURCE.wallet,
          destination: DESTINATION.wallet,
        },
        NEVER,
        3n * WAD,
      );
      await expect(response).to.changeEtherBalance(ethers, bob, -paid);
      await expect(response).to.changeTokenBalance(ethers, usdc, bob, WAD);
    });
  });
});

async function quoteNow(
  amm: Awaited<ReturnType<typeof poolFixture>>["amm"],
  ledger: Awaited<ReturnType<typeof poolFixture>>["ledger"],
  key: Awaited<ReturnType<typeof poolFixture>>["key"],
): Promise<bigint> {
  const { amount0, amount1 } = wordParts(await ledger.bookOf(amm, bookKeyOf(key), key.asset0, key.asset1));
  return amountIn(amount0, amount1, WAD);
}
