import { expect } from "chai";
import { network } from "#chain";
import {
  bookKey,
  poolKey,
  PRICE_SCALE,
  rangeOffsets,
  tokenId,
  tokenOf,
  type LakhRequest,
  type PoolKey,
} from "../../src/index.js";
import { at, deployLakh, type LakhFixture } from "../helpers/deploy.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../helpers/random.js";

const CASES = countFromEnvironment("LAKH_PATHS", 60);
const UNIT = 10n ** 18n;
const DEADLINE = 1n << 40n;
const FUNDS = 10n ** 9n * UNIT;
const HOPS = 4;

type Row = { pools: PoolKey[]; assetIn: bigint; assets: bigint[] };

/** Tokens in a row, the middle one with six decimals, and a plain, a range and an observed pool between each two. */
async function rowFixture(random: Random): Promise<LakhFixture & { ids: bigint[]; pools: PoolKey[][] }> {
  const specs = [18, 18, 6, 18, 24].map((decimals, i) => ({ symbol: `T${i}`, decimals }));
  const deployed = await deployLakh(await network.create(), { tokens: specs, homePairs: [[0, 1]] });
  const { tokens, ledger, lakh, admin } = deployed;
  const ids: bigint[] = [];
  for (const token of tokens) {
    await token.mint(admin, FUNDS);
    await token.approve(ledger, FUNDS);
    ids.push(tokenId(await token.getAddress()));
    await ledger.deposit(token, FUNDS / 2n, 0n, admin);
  }
  const pools: PoolKey[][] = [];
  for (let i = 0; i < HOPS; ++i) {
    const assets = [tokenOf(at(ids, i)), tokenOf(at(ids, i + 1))] as const;
    const range = rangeOffsets({ low: PRICE_SCALE / 4n, high: PRICE_SCALE * 4n });
    const between = [
      poolKey({ assets, fee: random.below(10_000n) }),
      poolKey({ assets, fee: random.below(10_000n), ...range }),
      poolKey({ assets, fee: random.below(10_000n), oracle: true }),
    ];
    for (const pool of between) {
      const amounts = {
        amount0: random.magnitude(UNIT, 10n ** 6n * UNIT),
        amount1: random.magnitude(UNIT, 10n ** 6n * UNIT),
      };
      await admin.sendTransaction(lakh.amm.createPool({ pool, ...amounts, minShares: 1n, deadline: DEADLINE }));
    }
    pools.push(between);
  }
  return { ...deployed, ids, pools };
}

describe("paths on chain", function () {
  this.timeout(60_000 + 2_000 * CASES);

  it("come to the same as their swaps one by one, to the unit, and as their quotes (AMM_19)", async () => {
    const seed = seedFromEnvironment();
    const random = new Random(seed);
    const fixture = await rowFixture(random);
    const { lakh, admin, ids, pools, connection } = fixture;
    const done = new Map<string, number>();

    const choose = (): Row => {
      const length = Number(random.between(2n, BigInt(HOPS)));
      const start = Number(random.below(BigInt(HOPS - length + 1)));
      const forwards = random.chance(50);
      const row = Array.from({ length }, (_, i) => random.pick(at(pools, start + i)));
      const assets = ids.slice(start, start + length + 1);
      if (!forwards) [row, assets].forEach((list) => list.reverse());
      return { pools: row, assetIn: at(assets, 0), assets };
    };
    const stateOf = async ({ pools: row, assets }: Row): Promise<unknown[]> => [
      ...(await Promise.all(assets.map((asset) => lakh.ledger.balanceOf({ account: admin.address, asset })))),
      ...(await Promise.all(
        row.map((pool) => fixture.ledger.bookOf(lakh.amm.address, bookKey(pool), pool.asset0, pool.asset1)),
      )),
    ];
    const send = async (requests: readonly LakhRequest[]): Promise<void> => {
      for (const request of requests) await (await admin.sendTransaction(request)).wait();
    };

    for (let i = 0; i < CASES; ++i) {
      const row = choose();
      const { assetIn } = row;
      const label = `seed ${seed}, case ${i}`;
      const isExactOut = random.chance(50);
      const first = at(row.pools, 0);
      const view = await lakh.amm.poolOf({ pool: first });
      const held = first.asset0 === assetIn ? view.virtual0 : view.virtual1;
      const amountIn = random.magnitude(10n ** 6n, held / 4n);
      const single: LakhRequest[] = [];
      let path: LakhRequest;
      const outs: bigint[] = [];
      try {
        for (const [hop, pool] of row.pools.entries()) {
          const paid = hop === 0 ? amountIn : at(outs, hop - 1);
          outs.push(await lakh.amm.quoteExactIn({ pool, assetIn: at(row.assets, hop), amountIn: paid }));
        }
      } catch {
        continue; // a pool that runs out, or less than the least trade
      }
      const common = { pools: row.pools, assetIn, deadline: DEADLINE };
      if (isExactOut) {
        const amountOut = at(outs, outs.length - 1);
        const cost = await lakh.amm.quotePathExactOut({ pools: row.pools, assetIn, amountOut });
        expect(cost <= amountIn, label).to.equal(true);
        path = lakh.amm.swapPathExactOut({ ...common, amountOut, maxAmountIn: cost + random.below(3n) });
        const short = lakh.amm.swapPathExactOut({ ...common, amountOut, maxAmountIn: cost - 1n });
        await expect(admin.call(short)).to.be.revertedWithCustomError(fixture.amm, "AmmAboveMaximumIn");
        let wanted = amountOut;
        for (const [hop, pool] of [...row.pools.entries()].reverse()) {
          const asset = at(row.assets, hop);
          const paid = await lakh.amm.quoteExactOut({ pool, assetIn: asset, amountOut: wanted });
          const swap = { pool, assetIn: asset, amountOut: wanted, maxAmountIn: paid, deadline: DEADLINE };
          single.unshift(lakh.amm.swapExactOut(swap));
          wanted = paid;
        }
      } else {
        const out = at(outs, outs.length - 1);
        expect(await lakh.amm.quotePathExactIn({ pools: row.pools, assetIn, amountIn }), label).to.equal(out);
        path = lakh.amm.swapPathExactIn({ ...common, amountIn, minAmountOut: out });
        const high = lakh.amm.swapPathExactIn({ ...common, amountIn, minAmountOut: out + 1n });
        await expect(admin.call(high)).to.be.revertedWithCustomError(fixture.amm, "AmmBelowMinimumOut");
        for (const [hop, pool] of row.pools.entries()) {
          const paid = hop === 0 ? amountIn : at(outs, hop - 1);
          const swap = { pool, assetIn: at(row.assets, hop), amountIn: paid, minAmountOut: 0n, deadline: DEADLINE };
          single.push(lakh.amm.swapExactIn(swap));
        }
      }
      const snapshot = await connection.networkHelpers.takeSnapshot();
      await send(single);
      const expected = await stateOf(row);
      await snapshot.restore();
      await send([path]);
      expect(await stateOf(row), label).to.deep.equal(expected);
      const kind = `${row.pools.length} pools, exact ${isExactOut ? "out" : "in"}`;
      done.set(kind, (done.get(kind) ?? 0) + 1);
    }
    console.log(`      seed ${seed}: ${[...done].map(([kind, count]) => `${kind}: ${count}`).join("; ")}`);
    expect(done.size).to.equal(2 * (HOPS - 1));
  });
});
