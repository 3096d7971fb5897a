import { expect } from "chai";
import {
  actions,
  ledgerFixture,
  loadFixture,
  NEVER,
  poolCall,
  type PoolKey,
  WAD,
} from "../../helpers/ledger-fixture.js";
import { Random, seedFromEnvironment } from "../../helpers/random.js";

const Q64 = 1n << 64n;
const SEQUENCES = 100;
/** Of a hundred sequences, how many buy all that the pool really holds of one asset. */
const BUYOUTS = 40;
/** A fee of one hundredth of a per cent: what rounding gives away, a fee must not be needed to take back. */
const FEE = 100n;
/** So few units that one of them is worth more than the fee. */
const SMALL = 2017n;

type Amounts = readonly [bigint, bigint];

async function attackerFixture() {
  const fixture = await ledgerFixture();
  const { ledger, amm, ammLens, alice, bob, ids } = fixture;
  /** The share of a new pool, or nothing where the pool would be too small. */
  const open = async (key: PoolKey, [amount0, amount1]: Amounts) => {
    const data = actions.encodeFunctionData("createPool", [key, 0n, NEVER]);
    try {
      await ledger.connect(alice).call(poolCall({ amm, key, to: alice, amount0, amount1, data }));
    } catch (error) {
      expect(String(error)).to.match(/custom error 'Amm(BelowMinimumShares|ReserveFloor)/);
      return undefined;
    }
    return amm.shareIdOf(key);
  };
  /** Whether the attacker's action stands; it may be refused for the pool's reasons only. */
  const act = async (key: PoolKey, data: string, [amount0, amount1]: Amounts = [0n, 0n]) => {
    try {
      await ledger.connect(bob).call(poolCall({ amm, key, to: bob, amount0, amount1, data }));
      return true;
    } catch (error) {
      expect(String(error)).to.match(/custom error 'Amm/);
      return false;
    }
  };
  const wealth = async (): Promise<Amounts> => [
    await ledger.balanceOf(bob, ids.token0),
    await ledger.balanceOf(bob, ids.token1),
  ];
  const stand = async (key: PoolKey) => {
    const { virtual0, virtual1, totalShares } = await ammLens.poolOf(key);
    return { product: virtual0 * virtual1, totalShares };
  };
  return { ...fixture, open, act, wealth, stand };
}

/** Range pools of every shape: wide and narrow, with an offset on one side or on both. */
function randomKey(random: Random, ids: { token0: bigint; token1: bigint }): PoolKey {
  const tilt = random.pick([1n, 1n, 30n]);
  const alpha = random.chance(15) ? 0n : (Q64 * random.between(1n, 999n)) / (1000n * tilt) + random.below(Q64 / 2048n);
  const beta =
    alpha !== 0n && random.chance(15) ? 0n : (Q64 * tilt * random.between(1n, 990n)) / 1000n + random.below(1000n);
  return { asset0: ids.token0, asset1: ids.token1, fee: FEE, alpha, beta, flags: 0n };
}

describe("attacks", () => {
  it("range pool gives no free value", async () => {
    const { ledger, ammLens, bob, ids, open, act, wealth } = await loadFixture(attackerFixture);
    const random = new Random(seedFromEnvironment());
    const swap = actions.encodeFunctionData("swapExactIn", [0n, NEVER]);
    const add = actions.encodeFunctionData("addLiquidity", [0n, NEVER]);
    const done = { add: 0, swap: 0, remove: 0, back: 0 };
    for (let i = 0; i < SEQUENCES;) {
      const key = randomKey(random, ids);
      const label = `sequence ${i}: alpha ${key.alpha}, beta ${key.beta}`;
      // Now and then the range is left on one side: the pool holds one asset alone.
      const other = key.beta !== 0n && random.chance(20) ? 0n : random.between(1000n, 3n * SMALL);
      const shareId = await open(key, [SMALL, other]);
      if (shareId === undefined) continue;
      i += 1;
      const start = await wealth();
      const attempt = async (step: keyof typeof done, data: string, amounts?: Amounts) => {
        if (await act(key, data, amounts)) done[step] += 1;
      };
      const large = random.magnitude(100n * SMALL, 20n * WAD);
      await attempt("add", add, [large, random.pick([large, large * 2n, large / 3n])]);
      // Trades of the pool's size, so that little is left of one side, or nothing.
      const isFirst = random.chance(50);
      const paid = random.between(large, 20n * large);
      if (random.chance(BUYOUTS)) {
        const { reserve0, reserve1 } = await ammLens.poolOf(key);
        const buy = actions.encodeFunctionData("swapExactOut", [isFirst ? reserve1 : reserve0, NEVER]);
        await attempt("swap", buy, isFirst ? [500n * WAD, 0n] : [0n, 500n * WAD]);
      } else {
        await attempt("swap", swap, isFirst ? [paid, 0n] : [0n, paid]);
      }
      const shares = await ledger.balanceOf(bob, shareId);
      await attempt("remove", actions.encodeFunctionData("removeLiquidity", [shares, 0n, 0n, NEVER]));
      // He sells what he has gained of one asset: all that is left to him is a loss in the other.
      const [held0, held1] = await wealth();
      const surplus: Amounts = held0 > start[0] ? [held0 - start[0], 0n] : [0n, held1 - start[1]];
      if (surplus[0] > 0n || surplus[1] > 0n) await attempt("back", swap, surplus);
      const end = await wealth();
      const gains: Amounts = [end[0] - start[0], end[1] - start[1]];
      const isFree = gains[0] >= 0n && gains[1] >= 0n && (gains[0] !== 0n || gains[1] !== 0n);
      expect(isFree, `${label}: ${gains.join(" and ")}`).to.equal(false);
      expect(await ledger.balanceOf(bob, shareId)).to.equal(0n);
    }
    // The sequences did what they are named for.
    for (const [step, count] of Object.entries(done)) expect(count, step).to.be.greaterThan(SEQUENCES / 10);
  });

  it("range pool gives no free value: adding and removing again and again", async () => {
    const { ledger, bob, ids, open, act, wealth } = await loadFixture(attackerFixture);
    const random = new Random(seedFromEnvironment() + 1n);
    const add = actions.encodeFunctionData("addLiquidity", [0n, NEVER]);
    for (let i = 0; i < 10;) {
      const key = randomKey(random, ids);
      const shareId = await open(key, [SMALL, random.between(1000n, 3n * SMALL)]);
      if (shareId === undefined) continue;
      i += 1;
      const start = await wealth();
      for (let round = 0; round < 10; ++round) {
        const amount = random.magnitude(1n, 1000n * SMALL);
        await act(key, add, [amount, amount]);
        const shares = await ledger.balanceOf(bob, shareId);
        if (shares === 0n) continue;
        // In one step or in two: rounding is never his.
        const first = random.between(1n, shares);
        for (const part of [first, shares - first]) {
          if (part !== 0n) await act(key, actions.encodeFunctionData("removeLiquidity", [part, 0n, 0n, NEVER]));
        }
        const end = await wealth();
        expect(end[0] <= start[0] && end[1] <= start[1], `pool ${i}, round ${round}`).to.equal(true);
      }
    }
  });

  it("range pool gives no free value: a side bought out before the removal", async () => {
    const { ledger, ammLens, bob, ids, open, act, wealth, stand } = await loadFixture(attackerFixture);
    const key: PoolKey = {
      asset0: ids.token0,
      asset1: ids.token1,
      fee: FEE,
      alpha: 55_529_464_790_449_071n,
      beta: 494_188_273_734_678_888_486n,
      flags: 0n,
    };
    const shareId = (await open(key, [SMALL, 5697n])) ?? expect.fail("no pool");
    const start = await wealth();
    const large = 3n * 10n ** 13n;
    expect(await act(key, actions.encodeFunctionData("addLiquidity", [0n, NEVER]), [large, large])).to.equal(true);
    // He buys all that the pool really holds of asset 0, so that a removal can keep nothing back of it.
    const { reserve0 } = await ammLens.poolOf(key);
    const buy = actions.encodeFunctionData("swapExactOut", [reserve0, NEVER]);
    expect(await act(key, buy, [0n, WAD])).to.equal(true);
    const before = await stand(key);
    const shares = await ledger.balanceOf(bob, shareId);
    const remove = actions.encodeFunctionData("removeLiquidity", [shares, 0n, 0n, NEVER]);
    const removed = await act(key, remove);
    const after = await stand(key);
    const [held0] = await wealth();
    const sell = actions.encodeFunctionData("swapExactIn", [0n, NEVER]);
    if (removed) await act(key, sell, [held0 - start[0], 0n]);
    const end = await wealth();
    const gains: Amounts = [end[0] - start[0], end[1] - start[1]];
    expect(removed && gains[0] >= 0n && gains[1] >= 0n, `gains of ${gains.join(" and ")}`).to.equal(false);
    // The cause: a share's part of the virtual reserves, X·Y/T², must not shrink.
    expect(after.product * before.totalShares ** 2n >= before.product * after.totalShares ** 2n).to.equal(true);
  });
});
