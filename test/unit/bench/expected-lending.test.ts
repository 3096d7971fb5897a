import { expect } from "chai";
import {
  accrued,
  assetsDown,
  assetsUp,
  compounded,
  incentive,
  seized,
  sharesDown,
  sharesUp,
  utilizationRate,
} from "../../../bench/gas/expected-lending.js";

const WAD = 10n ** 18n;
const PRICE = 10n ** 36n;
const YEAR = 365n * 86_400n;
const percent = (value: bigint): bigint => (value * WAD) / 100n;

/** For fractions: with a chain's matchers loaded, chai's own compares whole numbers only. */
function expectClose(value: number, wanted: number, tolerance: number): void {
  expect(Math.abs(value - wanted) <= tolerance, `${value} against ${wanted}`).to.equal(true);
}

describe("lending's formulas in the benchmark", () => {
  it("starts with a million shares for a unit, and rounds every way against the account", () => {
    const empty = { assets: 0n, shares: 0n };
    expect(sharesDown(5n, empty)).to.equal(5_000_000n);
    const side = { assets: 299n, shares: 100_000_000n };
    // 101,000,000 shares for 300 units: 336,666 and two thirds each.
    expect(sharesDown(1n, side)).to.equal(336_666n);
    expect(sharesUp(1n, side)).to.equal(336_667n);
    expect(assetsDown(336_667n, side)).to.equal(1n);
    expect(assetsDown(336_666n, side)).to.equal(0n);
    expect(assetsUp(336_667n, side)).to.equal(2n);
    expect(assetsUp(336_666n, side)).to.equal(1n);
  });

  it("compounds by three terms, a little less than the exponential", () => {
    expect(compounded(0n, YEAR)).to.equal(0n);
    // x = 0.1: 0.1 + 0.005 + 0.000166…
    expect(compounded(WAD / 10n, 1n)).to.equal(105_166_666_666_666_666n);
    const exact = Math.expm1(0.1);
    expect(Number(compounded(WAD / 10n, 1n)) / 1e18 < exact).to.equal(true);
    expectClose(Number(compounded(WAD / 10n, 1n)) / 1e18, exact, 5e-6);
  });

  it("gives lenders what borrowers owe more", () => {
    const market = { supply: { assets: 1_000n * WAD, shares: 1n }, borrow: { assets: 500n * WAD, shares: 1n } };
    const rate = utilizationRate(market);
    expect(rate).to.equal(percent(50n) / YEAR);
    const later = accrued(market, rate, YEAR);
    const interest = later.borrow.assets - market.borrow.assets;
    expect(later.supply.assets - market.supply.assets).to.equal(interest);
    expectClose(Number(interest) / 500e18, 0.6458, 1e-3); // 0.5 + 0.125 + 0.0208…
    expect(utilizationRate({ ...market, supply: { assets: 0n, shares: 0n } })).to.equal(0n);
  });

  it("rewards a liquidator by the limit, at most 15 %", () => {
    expectClose(Number(incentive(percent(86n))) / 1e18, 1 / (1 - 0.3 * 0.14), 1e-12);
    expect(incentive(percent(0n))).to.equal(percent(115n));
    expect(incentive(WAD)).to.equal(WAD);
    expect(seized(100n * WAD, { lltv: 0n, price: PRICE / 2n })).to.equal(230n * WAD);
  });
});
