import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { network } from "#chain";
import { sqrtPriceAt, swapIn, type TickPool } from "../../bench/amm/ticks.js";
import { PIPS, squareRoot } from "../../src/index.js";
import { amountOut, type PoolState } from "../../src/models/amm-math.js";
import { at } from "../helpers/deploy.js";
import { PoolPair } from "../helpers/uniswap-v3.js";

const DOCUMENT = path.join(import.meta.dirname, "../../docs/amm-v3.md");
const UNIT = 10n ** 18n;
const Q96 = 1n << 96n;
const FEE = 3_000n;
const RANGE = { low: -120, high: 120 };
const AMOUNT = 1_000_000n * UNIT;
/** Parts of one that ratios are compared in. */
const SCALE = 10n ** 30n;
/** Units by which roundings may move an output: the input after the fee, the root of the price, the output, in each pool. */
const ROUNDING = 4n;

/** What is sold, in whole tokens: more than one in a row, back, and in turns. */
const TRADES: readonly (readonly [side: 0 | 1, tokens: number])[] = [
  [0, 100_000],
  [0, 100_000],
  [0, 200_000],
  [1, 300_000],
  [1, 100_000],
  [1, 250_000],
  [0, 150_000],
  [1, 1_000],
  [0, 400_000],
  [1, 600_000],
  [0, 10],
  [0, 300_000],
];

type Sides = { x: bigint; y: bigint };

const oursOf = (pool: PoolState, zeroForOne: boolean): Sides => {
  const [x, y] = [pool.reserve0 + pool.offset0, pool.reserve1 + pool.offset1];
  return zeroForOne ? { x, y } : { x: y, y: x };
};
/** v3's virtual reserves: L/√P and L·√P. */
const theirsOf = ({ sqrtPrice, liquidity }: TickPool, zeroForOne: boolean): Sides => {
  const [x, y] = [(liquidity * Q96) / sqrtPrice, (liquidity * sqrtPrice) / Q96];
  return zeroForOne ? { x, y } : { x: y, y: x };
};
const absolute = (value: bigint): bigint => (value < 0n ? -value : value);
const show = (value: bigint, unit: bigint, digits: number): string => {
  const doubled = 2n * value * 10n ** BigInt(digits);
  const scaled = (doubled + (value < 0n ? -unit : unit)) / (2n * unit);
  const text = absolute(scaled)
    .toString()
    .padStart(digits + 1, "0");
  const sign = scaled < 0n ? "−" : "";
  return `${sign}${BigInt(text.slice(0, -digits)).toLocaleString("en-US")}.${text.slice(-digits)}`;
};
const parts = (value: bigint): string => show(value * 1_000_000n, SCALE, 3);
const percent = (value: bigint): string => show(value * 100n, SCALE, 4);
const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** The table must be the document's. */
async function checkTable(title: string, lines: readonly string[]): Promise<void> {
  console.log(lines.map((line) => `      ${line}`).join("\n"));
  expect(await readFile(DOCUMENT, "utf8"), `docs/amm-v3.md, ${title}`).to.include(lines.join("\n"));
}

describe("AmmCore and Uniswap v3", () => {
  it("pay nearly the same in the same range, and differ by the fees that stay in the pool", async function () {
    this.timeout(60_000);
    const pair = await PoolPair.open(await network.create(), { fee: FEE, range: RANGE, amount: AMOUNT });
    // How far the pools can have moved apart, from the fees alone. They start with the same amounts; α and β are rounded
    // to 2^−64, by which T, and with it a virtual reserve, differs by a share of (X + Y) / (2^64·(r0 + r1)) at the most.
    const [start, other] = [await pair.ours(), await pair.theirs()];
    const [ours, theirs] = [oursOf(start, true), theirsOf(other, true)];
    const share = (ours.x + ours.y) / (start.reserve0 + start.reserve1) + 1n;
    const apart: [bigint, bigint] = [((ours.x * share) >> 64n) + 1n, ((ours.y * share) >> 64n) + 1n];
    expect(absolute(ours.x - theirs.x) <= apart[0], "first virtual reserves of asset 0").to.equal(true);
    expect(absolute(ours.y - theirs.y) <= apart[1], "first virtual reserves of asset 1").to.equal(true);

    const lines = [
      row(["#", "sold", "Lakh pays", "v3 pays", "difference, ppm", "bound, ppm", "price moves here, %", "there, %"]),
      row(["---:", "---", "---:", "---:", "---:", "---:", "---:", "---:"]),
    ];
    const differences: bigint[] = [];
    for (const [index, [side, tokens]] of TRADES.entries()) {
      const [zeroForOne, paid] = [side === 0, BigInt(tokens) * UNIT];
      const [pool, tickPool] = [await pair.ours(), await pair.theirs()];
      const [mine, its] = [oursOf(pool, zeroForOne), theirsOf(tickPool, zeroForOne)];
      const out = await pair.trade(zeroForOne, paid);
      expect(out.ours, "model").to.equal(amountOut(pool, zeroForOne, paid));
      // v3 stops at tick 0, where a word of its bitmap ends, and rounds once more.
      expect(absolute(out.theirs - swapIn(tickPool, zeroForOne, paid).out) <= ROUNDING, "formula").to.equal(true);

      // out = Y·n / (X + n): with X and Y each off by a share e0, e1 at most, out is off by (1 + e1) / (1 − e0) − 1.
      const [sold, bought] = zeroForOne ? ([0, 1] as const) : ([1, 0] as const);
      const [e0, e1] = [(apart[sold] * SCALE) / its.x + 1n, (apart[bought] * SCALE) / its.y + 1n];
      const bound = ((SCALE + e1) * SCALE) / (SCALE - e0) - SCALE + (ROUNDING * SCALE) / out.theirs + 1n;
      const difference = ((out.ours - out.theirs) * SCALE) / out.theirs;
      expect(absolute(difference) <= bound, `trade ${index + 1}: ${difference} within ${bound}`).to.equal(true);
      expect(bound < SCALE / 10_000n, `trade ${index + 1}: the bound is small`).to.equal(true);
      differences.push(difference);
      // The fee stays here and is set aside there; what this trade paid differs by its own bound.
      apart[sold] += (paid * FEE) / PIPS + ROUNDING;
      apart[bought] += (out.theirs * bound) / SCALE + ROUNDING;

      const moved = (before: Sides, after: Sides): bigint =>
        (after.y * before.x * SCALE) / (after.x * before.y) - SCALE;
      const [here, there] = [
        moved(mine, oursOf(await pair.ours(), zeroForOne)),
        moved(its, theirsOf(await pair.theirs(), zeroForOne)),
      ];
      const sold0 = `${tokens.toLocaleString("en-US")} of asset ${side}`;
      const cells = [show(out.ours, UNIT, 3), show(out.theirs, UNIT, 3), parts(difference), parts(bound)];
      lines.push(row([String(index + 1), sold0, ...cells, percent(here), percent(there)]));
    }
    // The first trades differ by rounding alone; then the fee of asset 0 makes it cheaper here than there to buy, and
    // dearer to sell.
    expect(absolute(at(differences, 0)) < SCALE / 10n ** 15n).to.equal(true);
    expect(at(differences, 1) < 0n && at(differences, 2) < at(differences, 1), "same direction").to.equal(true);
    expect(at(differences, 3) > 0n, "back").to.equal(true);
    await checkTable("trades", lines);
  });

  it("pay more here at the same price once fees have compounded", async function () {
    this.timeout(60_000);
    const pair = await PoolPair.open(await network.create(), { fee: FEE, range: RANGE, amount: AMOUNT });
    const [high, low] = [sqrtPriceAt(100), sqrtPriceAt(-100)];
    const paid = 100_000n * UNIT;
    const lines = [
      row([
        "moves between ±1 %",
        "depth here / there",
        "Lakh pays",
        "v3 pays",
        "difference, ppm",
        "range ends here at",
      ]),
      row(["---:", "---:", "---:", "---:", "---:", "---:"]),
    ];
    let last = 0n;
    for (let moves = 0; moves <= 60; moves++) {
      if (moves > 0) await pair.moveTo(moves % 2 === 1 ? high : low);
      if (moves % 20 !== 0) continue;
      const [pool, tickPool] = [await pair.ours(), await pair.theirs()];
      const { x, y } = oursOf(pool, true);
      const depth = (squareRoot(x * y) * SCALE) / tickPool.liquidity;
      const [ours, theirs] = [amountOut(pool, true, paid), swapIn(tickPool, true, paid).out];
      const difference = ((ours - theirs) * SCALE) / theirs;
      if (moves > 0) {
        // At one price both reserves are greater by the depth λ: Y·n / (X + n) grows, but by less than λ.
        expect(difference > last, `${moves} moves: pays more than there, and more than before`).to.equal(true);
        expect(ours * SCALE < theirs * depth + ROUNDING * SCALE, `${moves} moves: below the depth`).to.equal(true);
      }
      last = difference;
      const end = (x * y * SCALE) / (pool.offset0 * pool.offset0);
      const amounts = [show(ours, UNIT, 3), show(theirs, UNIT, 3), parts(difference)];
      lines.push(row([String(moves), show(depth, SCALE, 6), ...amounts, show(end, SCALE, 6)]));
    }
    await checkTable("compounding", lines);
  });
});
