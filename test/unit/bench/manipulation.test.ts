import { expect } from "chai";
import {
  cheapest,
  mirrored,
  openMarket,
  priceNeeded,
  priceOf,
  push,
  pushAgain,
  pushAndPull,
  restore,
} from "../../../bench/amm/manipulation.js";
import { PRICE_SCALE } from "../../../src/index.js";

const ONE = PRICE_SCALE;
const PERCENT = ONE / 100n;

/** 1,000,000 of each asset, 0.3 %: an input of 10⁶/0.997 trades 10⁶ net and buys half of the other side. */
const pool = openMarket({ reserve: 1_000_000n, fee: 3_000n });

describe("cost of moving an average price", () => {
  it("equals what one push costs by hand", () => {
    // In: 1,003,010, of which 1,000,000.97 trade. Out: ⌊10⁶·1,000,000.97 / 2,000,000.97⌋ = 500,000.
    // Price: 2,003,010 / 500,000 = 4.00602.
    const target = (ONE * 400_602n) / 100_000n;
    const pushed = push(pool, target);
    expect([pushed?.paid, pushed?.out]).to.deep.equal([1_003_010n, 500_000n]);
    expect(priceOf(pushed?.after ?? pool)).to.equal(target);
    // Worth 500,000 outside: 503,010 are lost. Pulled back it trades 498,500 net against 500,000 in the pool:
    // ⌊2,003,010·498,500 / 998,500⌋ = 1,000,000.48…
    const attack = { blocks: 1n, price: target };
    expect(pushAgain(pool, attack)).to.deep.equal({ ...attack, capital: 1_003_010n, cost: 503_010n });
    expect(pushAndPull(pool, attack)).to.deep.equal({ ...attack, capital: 1_003_010n, cost: 3_010n });
  });

  it("is the same the other way", () => {
    const paid = 123_456n;
    const lopsided = { ...pool, reserve1: pool.reserve1 + paid };
    const [up, down] = [push(lopsided, 2n * ONE), push(mirrored(mirrored(lopsided)), 2n * ONE)];
    expect(up).to.deep.equal(down);
    // Asset 1 bought until asset 0 is at half: the mirrored price is 2.
    const moved = push(mirrored(lopsided), 2n * ONE);
    const after = mirrored(moved?.after ?? pool);
    expect(after.reserve0).to.equal(lopsided.reserve0 + (moved?.paid ?? 0n));
    expect(priceOf(after) <= ONE / 2n && priceOf(after) > (ONE * 499_999n) / 1_000_000n).to.equal(true);
  });

  it("needs the price that makes up for the other blocks", () => {
    expect(priceNeeded({ window: 300n, blocks: 1n, move: PERCENT, mean: "arithmetic" })).to.equal(4n * ONE);
    expect(priceNeeded({ window: 300n, blocks: 300n, move: PERCENT, mean: "arithmetic" })).to.equal(ONE + PERCENT);
    expect(priceNeeded({ window: 3n, blocks: 2n, move: 1n, mean: "arithmetic" })).to.equal(ONE + 2n); // 1.5, rounded up
    const geometric = { window: 8n, move: ONE, mean: "geometric" } as const;
    expect(priceNeeded({ ...geometric, blocks: 1n })).to.equal(256n * ONE);
    expect(priceNeeded({ ...geometric, blocks: 4n })).to.equal(4n * ONE);
    expect(priceNeeded({ ...geometric, blocks: 8n })).to.equal(2n * ONE);
    expect(priceNeeded({ ...geometric, window: 300n, blocks: 1n })).to.equal(undefined);
  });

  it("arbitrages until a sale earns nothing", () => {
    const after = push(pool, 4n * ONE)?.after ?? pool;
    const restored = restore(after)?.after ?? after;
    const bid = (priceOf(restored) * 997n) / 1_000n;
    expect(bid >= ONE).to.equal(true);
    expect(bid < ONE + ONE / 100_000n).to.equal(true);
    expect(restore(restored)).to.equal(undefined);
    expect(restore(pool)).to.equal(undefined);
  });

  it("pays for each push, the later ones from where arbitrage ends", () => {
    const price = ONE + 20n * PERCENT;
    const [one, three] = [pushAgain(pool, { blocks: 1n, price }), pushAgain(pool, { blocks: 3n, price })];
    const pushed = push(restore(push(pool, price)?.after ?? pool)?.after ?? pool, price);
    const later = (pushed?.paid ?? 0n) - (pushed?.out ?? 0n);
    expect(three?.cost).to.equal((one?.cost ?? 0n) + 2n * later);
    expect(later > 0n && later < (one?.cost ?? 0n)).to.equal(true);
  });

  it("is cheapest in all blocks, but for a great move of an arithmetic mean", () => {
    for (const mean of ["geometric", "arithmetic"] as const) {
      expect(cheapest(pool, { window: 30n, move: 5n * PERCENT, mean })?.blocks).to.equal(30n);
    }
    expect(cheapest(pool, { window: 900n, move: 100n * PERCENT, mean: "arithmetic" })?.blocks).to.equal(1n);
    expect(cheapest(pool, { window: 900n, move: 100n * PERCENT, mean: "geometric" })?.blocks).to.be.greaterThan(800n);
  });

  it("ends where a range ends", () => {
    const range = { low: (ONE * 10n) / 11n, high: (ONE * 11n) / 10n };
    const narrow = openMarket({ reserve: 10n ** 24n, fee: 3_000n, range });
    expect(push(narrow, ONE + 9n * PERCENT)).to.not.equal(undefined);
    expect(push(narrow, ONE + 11n * PERCENT)).to.equal(undefined);
    expect(cheapest(narrow, { window: 10n, move: 11n * PERCENT, mean: "geometric" })).to.equal(undefined);
    // 5 % in the mean of 10 blocks: 9 blocks at 5.6 % will do, 4 at 13 % will not.
    expect(
      pushAgain(narrow, {
        blocks: 4n,
        price: priceNeeded({ window: 10n, blocks: 4n, move: 5n * PERCENT, mean: "geometric" }) ?? 0n,
      }),
    ).to.equal(undefined);
  });
});
