import { expect } from "chai";
import { compareMean, PriceHistory } from "../../../scripts/lib/demo/history.js";
import type { PoolState } from "../../../src/index.js";

const UNIT = 10n ** 18n;

/** A plain pool at a price of `price`. */
function poolAt(price: bigint): PoolState {
  const reserves = { reserve0: UNIT, reserve1: price * UNIT, offset0: 0n, offset1: 0n };
  return { ...reserves, keep: 1_000_000n, totalShares: UNIT, virtualShares: 0n, alpha: 0n, beta: 0n, rootK: 0n };
}

describe("the demo's price history", () => {
  it("weighs each price with the time that it stood, in the geometric mean", () => {
    const history = new PriceHistory();
    history.note(100n, poolAt(2n));
    history.note(200n, poolAt(8n));
    history.note(300n, poolAt(1_000n)); // of the block that asks
    const isMean = (window: bigint, mean: number) => Math.abs(history.mean(300n, window) - mean) < 1e-12;
    expect(isMean(200n, 4)).to.equal(true);
    expect(isMean(100n, 8)).to.equal(true);
    expect(isMean(150n, 2 ** (1 / 3) * 8 ** (2 / 3))).to.equal(true);
    expect(() => history.mean(300n, 201n)).to.throw(RangeError);
  });

  it("compares a price of the chain to its last unit", () => {
    expect(compareMean(4n * 10n ** 36n, 4).isEqual).to.equal(true);
    expect(compareMean(4n * 10n ** 36n, 4 + 1e-10).isEqual).to.equal(false);
    expect(compareMean(5n, 4.2e-36).isEqual).to.equal(true);
    expect(compareMean(5n, 3.9e-36).isEqual).to.equal(false);
  });
});
