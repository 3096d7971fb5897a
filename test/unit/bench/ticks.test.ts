import { expect } from "chai";
import { amountsOf, liquidityFor, sqrtPriceAt, swapIn, swapOut } from "../../../bench/amm/ticks.js";

const Q96 = 1n << 96n;

describe("formulas of one tick range", () => {
  it("have v3's bounds of the price", () => {
    expect(sqrtPriceAt(0)).to.equal(Q96);
    expect(sqrtPriceAt(-887_272)).to.equal(4_295_128_739n);
    // v3's own figure there, …287273052…, has 64 bits of precision.
    const [own, exact] = [1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_342n, sqrtPriceAt(887_272)];
    expect((own - exact) * 10n ** 19n < own).to.equal(true);
    expect(own > exact).to.equal(true);
  });

  it("trade as constant product does", () => {
    // L = 10⁶ at a price of 1: 1,000 of 10⁶; net 997 buys 10⁶·997 / 1,000,997 = 996.006…
    const pool = { sqrtPrice: Q96, liquidity: 1_000_000n, fee: 3_000n };
    expect(swapIn(pool, true, 1_000n).out).to.equal(996n);
    expect(swapIn(pool, false, 1_000n).out).to.equal(996n);
    // 996 costs 996·10⁶ / (10⁶ − 996) = 996.993… → 997, and with the fee 997/0.997 = 1,000
    expect(swapOut(pool, true, 996n).paid).to.equal(1_000n);
    expect(swapOut(pool, false, 996n).paid).to.equal(1_000n);
  });

  it("pay in what they pay out, and a unit of rounding", () => {
    const range = { low: -600, high: 600 };
    const liquidity = liquidityFor(Q96, range, { amount0: 10n ** 18n, amount1: 10n ** 18n });
    const [paid, got] = [
      amountsOf({ sqrtPrice: Q96, liquidity }, range, "up"),
      amountsOf({ sqrtPrice: Q96, liquidity }, range, "down"),
    ];
    expect([paid.amount0 - got.amount0, paid.amount1 - got.amount1]).to.deep.equal([1n, 1n]);
    expect(paid.amount0 <= 10n ** 18n && paid.amount0 > 10n ** 18n - 100n).to.equal(true);
    expect(paid.amount1 <= 10n ** 18n && paid.amount1 > 10n ** 18n - 100n).to.equal(true);
  });
});
