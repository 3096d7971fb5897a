import { expect } from "chai";
import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import type { ILedger } from "../../../typechain-types/core/Ledger.js";
import {
  actions,
  bookKeyOf,
  DESTINATION,
  ethers,
  expectRefused,
  FEE,
  loadFixture,
  NEVER,
  poolCall,
  poolFixture,
  poolIdOf,
  SOURCE,
  WAD,
  wordParts,
  type PoolKey,
} from "../../helpers/ledger-fixture.js";

const PIPS = 1_000_000n;

/** What a test changes of a call. */
type Rest = Partial<Omit<ILedger.CallStruct, "key">>;

/**
 * Four pools in a row, token 0 – token 1 – USDC – wrapped ether, and one that leads back, USDC – token 0: the first is
 * plain, the second has a range, the third keeps a history of its price.
 */
async function pathFixture() {
  const fixture = await poolFixture();
  const { ledger, amm, alice, bob, ids, key } = fixture;
  const sorted = (a: bigint, b: bigint, rest: Partial<PoolKey> = {}): PoolKey => ({
    ...(a < b ? { asset0: a, asset1: b } : { asset0: b, asset1: a }),
    ...{ fee: FEE, alpha: 0n, beta: 0n, flags: 0n, ...rest },
  });
  const range = { alpha: (1n << 64n) / 2n, beta: (1n << 64n) / 2n };
  const pools = [
    key,
    sorted(ids.token1, ids.usdc, range),
    sorted(ids.usdc, ids.weth, { flags: 1n, fee: 500n }),
    sorted(ids.usdc, ids.token0),
  ] as const;
  for (const pool of pools.slice(1)) {
    const amount = pool.asset0 === ids.weth || pool.asset1 === ids.weth ? 5n * WAD : 100n * WAD;
    const data = actions.encodeFunctionData("createPool", [pool, 1n, NEVER]);
    const create = poolCall({ amm, key: pool, to: alice, amount0: amount, amount1: amount, data });
    await ledger.connect(alice).call(create);
  }
  const assets = [ids.token0, ids.token1, ids.usdc, ids.weth] as const;
  const bookOf = async (pool: PoolKey) =>
    wordParts(await ledger.bookOf(amm, bookKeyOf(pool), pool.asset0, pool.asset1));
  /** What `out` of `asset` costs in a pool as it stands. */
  const costIn = async (pool: PoolKey, asset: bigint, out: bigint) => {
    const [{ amount0, amount1 }, { offset0, offset1 }] = await Promise.all([
      bookOf(pool),
      amm.poolOf(await poolIdOf({ amm, key: pool })),
    ]);
    const [x0, x1] = [amount0 + offset0, amount1 + offset1];
    const [x, y] = asset === pool.asset1 ? [x0, x1] : [x1, x0];
    const divisor = (y - out) * (PIPS - pool.fee);
    return (x * out * PIPS + divisor - 1n) / divisor;
  };
  /** The inputs of each pool of a path that starts with token 0 in the first. */
  const costsOf = async (hops: number, amountOut: bigint) => {
    const costs: bigint[] = [];
    let amount = amountOut;
    for (let hop = hops - 1; hop >= 0; --hop) {
      amount = await costIn(pools[hop] ?? key, assets[hop + 1] ?? 0n, amount);
      costs.unshift(amount);
    }
    return costs;
  };
  type Path = { next?: readonly PoolKey[]; assetOut?: bigint; amountOut: bigint; deadline?: bigint };
  const dataOf = ({ next = [], assetOut = 0n, amountOut, deadline = NEVER }: Path) =>
    actions.encodeFunctionData("swapExactOutPath", [[...next], assetOut, amountOut, deadline]);
  /** The calls that buy `amountOut` of the asset behind `hops` pools. */
  const pathOf = (hops: number, amountOut: bigint, maximum: bigint, rest: Rest = {}) =>
    pools.slice(0, hops).map((pool, i) => {
      const isFirst = i === 0;
      const amounts = isFirst ? (pool.asset0 === assets[0] ? { amount0: maximum } : { amount1: maximum }) : {};
      const data =
        i === hops - 1
          ? actions.encodeFunctionData("swapExactOut", [amountOut, NEVER])
          : dataOf({ next: pools.slice(i + 1, hops), assetOut: assets[hops] ?? 0n, amountOut });
      return poolCall({ amm, key: pool, to: bob, ...rest, ...amounts, data });
    });
  /** One call of the first pool with the action, as Bob. */
  const buy = (path: Path, rest: Rest = { amount0: WAD }) =>
    ledger.connect(bob).call({ ...poolCall({ amm, key, to: bob, data: dataOf(path) }), ...rest });
  return { ...fixture, pools, assets, bookOf, costsOf, dataOf, pathOf, buy };
}

describe("AmmCore", () => {
  describe("swapExactOutPath", () => {
    it("reverts after the deadline", async () => {
      const fixture = await loadFixture(pathFixture);
      await expectRefused({
        fixture,
        send: () => fixture.buy({ amountOut: 1n, deadline: 1n }),
        contract: fixture.amm,
        error: "AmmExpired",
        args: [1n, anyValue],
      });
    });

    it("reverts for a pool that stands twice: the first one, or two behind it (AMM_19)", async () => {
      const fixture = await loadFixture(pathFixture);
      const { amm, pools, ids, buy, key } = fixture;
      const [, second, third, back] = pools;
      for (const [next, assetOut, twice] of [
        [[key], ids.token0, key],
        [[second, back, key], ids.token1, key],
        [[second, second], ids.token1, second],
        [[second, third, third], ids.usdc, third],
      ] as const) {
        await expectRefused({
          fixture,
          send: () => buy({ next, assetOut, amountOut: 10_000n }),
          contract: amm,
          error: "AmmPoolTwice",
          args: [await poolIdOf({ amm, key: twice })],
        });
      }
    });

    it("reverts when a pool behind does not hold what the one behind it takes (AMM_19)", async () => {
      const fixture = await loadFixture(pathFixture);
      const { amm, pools, ids, buy } = fixture;
      const [, second, third, back] = pools;
      for (const [next, assetOut, broken, missing] of [
        [[second], ids.weth, second, ids.weth],
        [[second, third], 0n, third, 0n],
        [[back, second], ids.usdc, back, ids.token1],
      ] as const) {
        await expectRefused({
          fixture,
          send: () => buy({ next, assetOut, amountOut: 10_000n }),
          contract: amm,
          error: "AmmBrokenPath",
          args: [await poolIdOf({ amm, key: broken }), missing],
        });
      }
    });

    it("reverts for an unknown pool behind, and with what a swap there reverts with", async () => {
      const fixture = await loadFixture(pathFixture);
      const { amm, pools, ids, buy } = fixture;
      const [, second] = pools;
      const unknown = { ...second, fee: 1n };
      const assetOut = ids.usdc;
      for (const [next, amountOut, error, args] of [
        [[unknown], 10_000n, "AmmUnknownPool", [await poolIdOf({ amm, key: unknown })]],
        [[second], 0n, "AmmBelowMinimumOut", [0n, 1n]],
        [[second], 100n * WAD + 1n, "AmmRangeExhausted", [100n * WAD + 1n, 100n * WAD]],
        [[second], 900n, "AmmBelowMinimumTrade", [anyValue, 1000n]],
      ] as const) {
        const send = () => buy({ next, assetOut, amountOut });
        await expectRefused({ fixture, send, contract: amm, error, args });
      }
    });

    it("reverts on both inputs, on none, and when the path costs more than the maximum", async () => {
      const fixture = await loadFixture(pathFixture);
      const { amm, ledger, bob, ids, pools, costsOf, pathOf, buy } = fixture;
      const path = { next: [pools[1]], assetOut: ids.usdc, amountOut: WAD };
      for (const [amount0, amount1] of [
        [WAD, 1n],
        [0n, 0n],
      ] as const) {
        await expectRefused({
          fixture,
          send: () => buy(path, { amount0, amount1 }),
          contract: amm,
          error: "AmmOneInputOnly",
          args: [amount0, amount1],
        });
      }
      const [cost = 0n] = await costsOf(3, WAD);
      await expectRefused({
        fixture,
        send: () => ledger.connect(bob).callPath(pathOf(3, WAD, cost - 1n)),
        contract: amm,
        error: "AmmAboveMaximumIn",
        args: [cost, cost - 1n],
      });
    });

    it("is a plain exact-out swap without pools behind it", async () => {
      const { amm, ledger, bob, ids, costsOf, buy, key } = await loadFixture(pathFixture);
      const [cost = 0n] = await costsOf(1, WAD);
      await expect(buy({ amountOut: WAD }, { amount0: 2n * WAD }))
        .to.emit(amm, "Swapped")
        .withArgs(await poolIdOf({ amm, key }), bob.address, cost, -WAD);
      expect(await ledger.balanceOf(bob, ids.token0)).to.equal(1000n * WAD - cost);
      expect(await ledger.balanceOf(bob, ids.token1)).to.equal(1001n * WAD);
    });

    for (const hops of [2, 3]) {
      it(`buys an exact amount through ${hops} pools, with change in the input asset only (AMM_19)`, async () => {
        const fixture = await loadFixture(pathFixture);
        const { amm, ledger, bob, assets, pools, bookOf, costsOf, pathOf } = fixture;
        const amountOut = WAD / 3n;
        const costs = await costsOf(hops, amountOut);
        const before = await Promise.all(pools.map(bookOf));
        const held = await Promise.all(assets.map((id) => ledger.balanceOf(bob, id)));
        const path = pathOf(hops, amountOut, 10n * WAD);
        const answer = await ledger.connect(bob).callPath.staticCall(path);
        expect(answer[0] + answer[1]).to.equal(amountOut);
        const receipt = await (await ledger.connect(bob).callPath(path)).wait();
        const swaps = receipt?.logs.filter(({ address }) => address === amm.target) ?? [];
        expect(swaps.length).to.equal(hops);
        for (let hop = 0; hop < hops; ++hop) {
          const pool = pools[hop] ?? pools[0];
          const paid = costs[hop] ?? 0n;
          const out = costs[hop + 1] ?? amountOut;
          const now = await bookOf(pool);
          const old = before[hop] ?? now;
          const [in0, in1] = pool.asset0 === assets[hop] ? [paid, -out] : [-out, paid];
          expect([now.amount0, now.amount1]).to.deep.equal([old.amount0 + in0, old.amount1 + in1]);
        }
        for (const [index, id] of assets.entries()) {
          const change = index === 0 ? -(costs[0] ?? 0n) : index === hops ? amountOut : 0n;
          expect(await ledger.balanceOf(bob, id), `asset ${index}`).to.equal((held[index] ?? 0n) + change);
        }
      });
    }

    it("pays from a wallet and to one, in ether at the end", async () => {
      const fixture = await loadFixture(pathFixture);
      const { ledger, bob, carol, token0, token1, usdc, costsOf, pathOf } = fixture;
      const amountOut = WAD / 7n;
      const [cost = 0n] = await costsOf(3, amountOut);
      const path = pathOf(3, amountOut, 2n * cost, {
        source: SOURCE.wallet,
        destination: DESTINATION.native,
        to: carol.address,
      });
      const response = ledger.connect(bob).callPath(path);
      await expect(response).to.changeTokenBalance(ethers, token0, bob, -cost);
      await expect(response).to.changeEtherBalance(ethers, carol, amountOut);
      for (const token of [token1, usdc]) {
        await expect(response).to.changeTokenBalances(ethers, token, [bob, carol, ledger], [0n, 0n, 0n]);
      }
    });

    it("loses nothing where the calls behind are not those that it counted on", async () => {
      const fixture = await loadFixture(pathFixture);
      const { amm, ledger, bob, ids, pools, assets, costsOf, dataOf, pathOf } = fixture;
      const [, middle = 0n] = await costsOf(2, WAD);
      // The second pool is asked for half of what the first prepared: what it does not take is Bob's.
      const [first] = pathOf(2, WAD, 10n * WAD);
      const half = { ...poolCall({ amm, key: pools[1], to: bob }), data: "0x" };
      half.data = actions.encodeFunctionData("swapExactOut", [WAD / 2n, NEVER]);
      if (first === undefined) throw new TypeError("2 hops");
      const [, lower = 0n] = await costsOf(2, WAD / 2n);
      const before = await ledger.balanceOf(bob, ids.token1);
      await ledger.connect(bob).callPath([first, half]);
      expect(await ledger.balanceOf(bob, ids.token1)).to.equal(before + middle - lower);
      // Nor does it get more than was prepared.
      const more = { ...half, data: actions.encodeFunctionData("swapExactOut", [2n * WAD, NEVER]) };
      const refused = ledger.connect(bob).callPath([first, more]);
      await expect(refused).to.be.revertedWithCustomError(amm, "AmmAboveMaximumIn");
      expect(dataOf({ next: [pools[1]], assetOut: assets[2], amountOut: WAD })).to.equal(first.data);
    });
  });
});
