import { expect } from "chai";
import { network } from "#chain";
import {
  amountIn as exactIn,
  amountOut as exactOut,
  bestPathExactIn,
  bestPathExactOut,
  entryPoolOf,
  PIPS,
  poolKey,
  splitExactIn,
  splitExactOut,
  type Path,
  type PathPool,
  type PoolKey,
} from "../../../src/index.js";
import { at, deployLakh } from "../../helpers/deploy.js";
import { expectCode } from "../../helpers/expect-code.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../../helpers/random.js";

const SEED = seedFromEnvironment();
const CASES = countFromEnvironment("LAKH_PATHS", 400);
const ASSETS = [1n, 2n, 3n, 4n, 5n];
const WAD = 10n ** 18n;

function randomPool(random: Random): PathPool {
  const high = 10n ** random.between(4n, 24n);
  const asset0 = random.pick(ASSETS.slice(0, -1));
  const asset1 = random.pick(ASSETS.filter((asset) => asset > asset0));
  const offset = () => (random.chance(40) ? random.magnitude(1n, high) : 0n);
  return {
    ...{ asset0, asset1, offset0: offset(), offset1: offset(), keep: PIPS - random.below(10_001n) },
    ...{ reserve0: random.magnitude(2000n, high), reserve1: random.magnitude(2000n, high) },
  };
}

/** Trades along pools in this order, by the model's functions; undefined where they do not lead there or one refuses. */
function follow(
  pools: readonly PathPool[],
  order: readonly number[],
  from: bigint,
  to: bigint,
  amount: bigint,
  isForward: boolean,
) {
  let [asset, traded] = [from, amount];
  const visited = [from];
  for (const index of order) {
    const pool = at(pools, index);
    if (asset === to || (pool.asset0 !== asset && pool.asset1 !== asset)) return undefined;
    const zeroForOne = isForward === (pool.asset0 === asset);
    const state = { ...pool, totalShares: 0n, virtualShares: 0n, alpha: 0n, beta: 0n, rootK: 0n };
    try {
      traded = (isForward ? exactOut : exactIn)(state, zeroForOne, traded);
    } catch {
      return undefined;
    }
    asset = pool.asset0 === asset ? pool.asset1 : pool.asset0;
    if (visited.includes(asset)) return undefined;
    visited.push(asset);
  }
  return asset === to ? traded : undefined;
}

/** Every order of one to three pools. */
function ordersOf(count: number): number[][] {
  const indices = Array.from({ length: count }, (_, index) => index);
  const longer = (orders: number[][]) =>
    orders.flatMap((order) => indices.filter((index) => !order.includes(index)).map((index) => [...order, index]));
  const [one, two] = [longer([[]]), longer(longer([[]]))];
  return [...one, ...two, ...longer(two)];
}

function attempt(action: () => Path): Path | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

describe("src/amm-path", function () {
  this.timeout(120_000);

  before(() => console.log(`      seed ${SEED}`));

  it("finds the best of all paths of up to three hops, both ways", () => {
    const random = new Random(SEED);
    const hops = [0, 0, 0, 0];
    for (let i = 0; i < CASES; i++) {
      const pools = Array.from({ length: 2 + Number(random.below(7n)) }, () => randomPool(random));
      const [assetIn, assetOut] = [random.pick(ASSETS), random.pick(ASSETS)];
      if (assetIn === assetOut) continue;
      const amount = random.magnitude(1000n, 10n ** 20n);
      for (const isForward of [true, false]) {
        const [from, to] = isForward ? [assetIn, assetOut] : [assetOut, assetIn];
        const results = ordersOf(pools.length)
          .map((order) => follow(pools, order, from, to, amount, isForward))
          .filter((result) => result !== undefined);
        const best = results.reduce<bigint | undefined>(
          (a, b) => (a === undefined || isForward === b > a ? b : a),
          undefined,
        );
        const options = { pools, assetIn, assetOut };
        const path = attempt(() =>
          isForward
            ? bestPathExactIn({ ...options, amountIn: amount })
            : bestPathExactOut({ ...options, amountOut: amount }),
        );
        expect(isForward ? path?.amountOut : path?.amountIn, `case ${i}`).to.equal(best);
        if (path === undefined) continue;
        hops[path.hops.length] = (hops[path.hops.length] ?? 0) + 1;
        expect(path.hops[0]?.amountIn).to.equal(path.amountIn);
        expect(path.hops.at(-1)?.amountOut).to.equal(path.amountOut);
        path.hops.slice(1).forEach((hop, k) => expect(hop.amountIn).to.equal(path.hops[k]?.amountOut));
        expect(path.priceImpact >= 0n && path.priceImpact <= WAD).to.equal(true);
        expect(path.limit).to.equal(isForward ? path.amountOut : path.amountIn);
      }
    }
    console.log(`      hops ${hops.slice(1).join(" ")}`);
    expect(Math.min(...hops.slice(1))).to.be.greaterThan(0);
  });

  it("gives one limit for the whole path, rounded for the trader", () => {
    const pool: PathPool = {
      ...{ asset0: 1n, asset1: 2n, reserve0: 10n ** 6n, reserve1: 10n ** 6n, offset0: 0n, offset1: 0n, keep: PIPS },
    };
    const next = { ...pool, asset0: 2n, asset1: 3n };
    const options = { pools: [pool, next], assetIn: 1n, assetOut: 3n, tolerance: WAD / 100n };
    const forward = bestPathExactIn({ ...options, amountIn: 10_000n });
    // ⌊10,000·10^6 / 1,010,000⌋ = 9,900, then ⌊9,900·10^6 / 1,009,900⌋ = 9,802; a hundredth less is 9,703.98.
    expect([forward.amountOut, forward.limit]).to.deep.equal([9802n, 9704n]);
    // Worth 10,000 at the first unit's price: 198 less.
    expect(forward.priceImpact).to.equal((198n * WAD) / 10_000n);
    // ⌈9,802·10^6 / 990,198⌉ = 9,900, then ⌈9,900·10^6 / 990,100⌉ = 9,999; a hundredth more is 10,098.99.
    const backward = bestPathExactOut({ ...options, amountOut: 9802n });
    expect([backward.amountIn, backward.limit]).to.deep.equal([9999n, 10_098n]);
    expectCode(() => bestPathExactIn({ ...options, amountIn: 10_000n, maxHops: 1 }), "NoPath");
    expectCode(() => bestPathExactIn({ ...options, amountIn: 10_000n, maxHops: 4 }), "AmountOutOfRange");
    expectCode(() => bestPathExactIn({ ...options, amountIn: 10_000n, tolerance: WAD }), "AmountOutOfRange");
    expectCode(() => bestPathExactIn({ ...options, amountIn: 999n }), "NoPath");
    expectCode(() => bestPathExactOut({ ...options, amountOut: 10n ** 6n }), "NoPath");
    expectCode(() => bestPathExactIn({ ...options, amountIn: 0n }), "AmountZero");
    expectCode(() => bestPathExactIn({ ...options, pools: [], amountIn: 1000n }), "NoPool");
    expectCode(() => bestPathExactIn({ ...options, assetOut: 1n, amountIn: 1000n }), "SameAsset");
  });

  it("and a split execute to the unit in one multicall of the ledger", async () => {
    const random = new Random(SEED + 1n);
    const tokenSpecs = ["ONE", "TWO", "SIX"].map((symbol) => ({ symbol, decimals: 18 }));
    const { lakh, admin, tokens, ledger } = await deployLakh(await network.create(), { tokens: tokenSpecs });
    const funds = 10n ** 30n;
    for (const token of tokens) {
      await token.mint(admin, funds);
      await token.approve(ledger, funds);
      await ledger.deposit(token, funds, funds, admin);
    }
    const [one, two, six] = await Promise.all(tokens.map((token) => token.getAddress()));
    const keys = [
      ...[0n, 500n, 3000n].map((fee) => poolKey({ assets: [one ?? "", two ?? ""], fee })),
      poolKey({ assets: [one ?? "", two ?? ""], fee: 100n, alpha: 1n << 63n, beta: 1n << 63n }),
      poolKey({ assets: [two ?? "", six ?? ""], fee: 3000n }),
    ];
    const deadline = 1n << 40n;
    for (const pool of keys) {
      const amounts = { amount0: random.magnitude(10n ** 15n, WAD), amount1: random.magnitude(10n ** 15n, WAD) };
      await admin.sendTransaction(lakh.amm.createPool({ pool, ...amounts, minShares: 0n, deadline }));
    }
    const load = async (pool: PoolKey) => ({
      ...{ asset0: pool.asset0, asset1: pool.asset1 },
      ...(await entryPoolOf({ key: pool, ...lakh })),
    });
    const change = async (requests: Parameters<typeof lakh.ledger.multicall>[0], assets: (string | undefined)[]) => {
      const read = () =>
        Promise.all(assets.map((asset) => lakh.ledger.balanceOf({ account: admin.address, asset: asset ?? "" })));
      const before = await read();
      await admin.sendTransaction(lakh.ledger.multicall(requests));
      return (await read()).map((balance, k) => balance - (before[k] ?? 0n));
    };
    for (let i = 0; i < 8; i++) {
      const pair = keys.slice(0, 4);
      const pools = await Promise.all(pair.map(load));
      const assetIn = i % 2 === 0 ? one : two;
      const zeroForOne = BigInt(assetIn ?? "") === at(keys, 0).asset0;
      const amount = random.magnitude(10n ** 12n, 10n ** 15n);
      const split =
        i % 4 < 2
          ? splitExactIn({ pools, zeroForOne, amountIn: amount })
          : splitExactOut({ pools, zeroForOne, amountOut: amount });
      const requests = split.parts.flatMap(({ amountIn, amountOut }, k) => {
        const trade = { pool: at(pair, k), assetIn: assetIn ?? "", amountIn, amountOut, deadline };
        const limits = { minAmountOut: amountOut, maxAmountIn: amountIn };
        if (amountIn === 0n) return [];
        return [
          i % 4 < 2 ? lakh.amm.swapExactIn({ ...trade, ...limits }) : lakh.amm.swapExactOut({ ...trade, ...limits }),
        ];
      });
      const moved = await change(requests, i % 2 === 0 ? [one, two] : [two, one]);
      expect(moved, `split ${i}`).to.deep.equal([-split.amountIn, split.amountOut]);

      const all = await Promise.all(keys.map(load));
      const path = bestPathExactIn({ pools: all, assetIn: one ?? "", assetOut: six ?? "", amountIn: amount });
      const hops = path.hops.map((hop) => {
        const pool = at(keys, hop.pool);
        const sold = hop.zeroForOne ? pool.asset0 : pool.asset1;
        const trade = { amountIn: hop.amountIn, minAmountOut: hop.amountOut };
        return lakh.amm.swapExactIn({ pool, assetIn: sold, ...trade, deadline });
      });
      expect(await change(hops, [one, two, six]), `path ${i}`).to.deep.equal([-amount, 0n, path.amountOut]);
    }
  });
});
