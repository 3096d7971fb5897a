import { expect } from "chai";
import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import type { ILedger } from "../../../typechain-types/core/Ledger.js";
import {
  actions,
  bookIdOf,
  DESTINATION,
  ethers,
  expectRefused,
  loadFixture,
  NEVER,
  poolCall,
  poolFixture,
  WAD,
  wordParts,
} from "../../helpers/ledger-fixture.js";

async function removeFixture() {
  const fixture = await poolFixture();
  const { ledger, amm, key, alice } = fixture;
  const remove = (
    { shares = 2n * WAD, ...rest }: Partial<ILedger.CallStruct> & { shares?: bigint } = {},
    minima: readonly [bigint, bigint] = [0n, 0n],
    deadline = NEVER,
    user = alice,
  ) =>
    ledger.connect(user).call({
      ...poolCall({
        amm,
        key,
        to: alice,
        data: actions.encodeFunctionData("removeLiquidity", [shares, minima[0], minima[1], deadline]),
      }),
      ...rest,
    });
  return { ...fixture, remove };
}

describe("AmmCore", () => {
  describe("removeLiquidity", () => {
    it("reverts after the deadline", async () => {
      const fixture = await loadFixture(removeFixture);
      await expectRefused({
        fixture,
        send: () => fixture.remove({}, [0n, 0n], 1n),
        contract: fixture.amm,
        error: "AmmExpired",
        args: [1n, anyValue],
      });
    });

    it("reverts on inputs", async () => {
      const fixture = await loadFixture(removeFixture);
      for (const [amount0, amount1] of [
        [1n, 0n],
        [0n, 2n],
      ] as const) {
        await expectRefused({
          fixture,
          send: () => fixture.remove({ amount0, amount1 }),
          contract: fixture.amm,
          error: "AmmInputsNotWanted",
          args: [amount0, amount1],
        });
      }
    });

    it("reverts for an unknown pool", async () => {
      const fixture = await loadFixture(removeFixture);
      await expectRefused({
        fixture,
        send: () => fixture.remove({ key: ethers.id("none") }),
        contract: fixture.amm,
        error: "AmmUnknownPool",
        args: [await bookIdOf({ protocol: fixture.amm, ...fixture.key, key: ethers.id("none") })],
      });
    });

    it("reverts without shares, and on those that are locked", async () => {
      const fixture = await loadFixture(removeFixture);
      const { amm, remove } = fixture;
      await expectRefused({ fixture, send: () => remove({ shares: 0n }), contract: amm, error: "AmmZeroShares" });
      await expectRefused({
        fixture,
        send: () => remove({ shares: 200n * WAD - 999n }),
        contract: amm,
        error: "AmmInsufficientShares",
        args: [200n * WAD - 999n, 200n * WAD - 1000n],
      });
    });

    it("reverts below the least outputs", async () => {
      const fixture = await loadFixture(removeFixture);
      const { amm, remove } = fixture;
      await expectRefused({
        fixture,
        send: () => remove({}, [WAD + 1n, 0n]),
        contract: amm,
        error: "AmmBelowMinimumOut",
        args: [WAD, WAD + 1n],
      });
      await expectRefused({
        fixture,
        send: () => remove({}, [0n, 4n * WAD + 1n]),
        contract: amm,
        error: "AmmBelowMinimumOut",
        args: [4n * WAD, 4n * WAD + 1n],
      });
    });

    it("reverts when the caller lacks the shares", async () => {
      const fixture = await loadFixture(removeFixture);
      const { bob, remove, shareId } = fixture;
      await expectRefused({
        fixture,
        send: () => remove({}, [0n, 0n], NEVER, bob),
        error: "LedgerInsufficientBalance",
        args: [bob.address, shareId, 0n, 2n * WAD],
      });
    });

    it("burns the shares and pays both assets to the receiver", async () => {
      const { ledger, amm, remove, poolId, bookKey, key, shareId, token0, token1, alice, carol } =
        await loadFixture(removeFixture);
      const response = remove({ to: carol.address, destination: DESTINATION.wallet }, [WAD, 4n * WAD]);
      await expect(response)
        .to.emit(amm, "LiquidityRemoved")
        .withArgs(poolId, alice.address, WAD, 4n * WAD, 2n * WAD);
      await expect(response).to.changeTokenBalances(ethers, token0, [carol, ledger], [WAD, -WAD]);
      await expect(response).to.changeTokenBalances(ethers, token1, [carol, ledger], [4n * WAD, -4n * WAD]);
      expect(await ledger.balanceOf(alice, shareId)).to.equal(198n * WAD - 1000n);
      const { amount0, amount1 } = wordParts(await ledger.bookOf(amm, bookKey, key.asset0, key.asset1));
      expect([amount0, amount1]).to.deep.equal([99n * WAD, 396n * WAD]);
    });

    it("rounds what is paid down, and leaves the locked shares' part for ever", async () => {
      const { ledger, amm, remove, poolId, bookKey, key, alice, ids } = await loadFixture(removeFixture);
      const before = await ledger.balanceOf(alice, ids.token0);
      await remove({ shares: 1n });
      expect(await ledger.balanceOf(alice, ids.token0)).to.equal(before);
      await remove({ shares: 200n * WAD - 1001n });
      const { amount0, amount1 } = wordParts(await ledger.bookOf(amm, bookKey, key.asset0, key.asset1));
      expect([amount0, amount1]).to.deep.equal([501n, 2000n]);
      expect((await amm.poolOf(poolId)).totalShares).to.equal(1000n);
      expect(await amm.assetSupply(poolId)).to.equal(0n);
    });
  });
});
