import { PRICE_SCALE } from "../../src/assets.js";
import type { PoolState } from "../../src/models/amm-math.js";
import { cheapest, openMarket, priceNeeded, pushAgain, pushAndPull, type Attack } from "./manipulation.js";

const UNIT = 10n ** 18n;
const RESERVE = 1_000_000n * UNIT;
const FEE = 3_000n;
const BLOCK_SECONDS = 2n;
const PERCENT = PRICE_SCALE / 100n;

/** From 1/1.1 to 1.1, so that equal reserves lie at a price of 1. */
const RANGE = { low: (PRICE_SCALE * 10n) / 11n, high: (PRICE_SCALE * 11n) / 10n };

const POOLS: readonly { name: string; pool: PoolState }[] = [
  { name: "Plain pool", pool: openMarket({ reserve: RESERVE, fee: FEE }) },
  { name: "Range pool, ±10 %", pool: openMarket({ reserve: RESERVE, fee: FEE, range: RANGE }) },
];
const WINDOWS: readonly { name: string; blocks: bigint }[] = [
  { name: "1 block", blocks: 1n },
  { name: "10 min", blocks: 600n / BLOCK_SECONDS },
  { name: "30 min", blocks: 1_800n / BLOCK_SECONDS },
  { name: "60 min", blocks: 3_600n / BLOCK_SECONDS },
];
const MOVES: readonly bigint[] = [1n, 5n, 20n, 100n];

const usd = (amount: bigint): string => ((amount + UNIT / 2n) / UNIT).toLocaleString("en-US");
const price = (value: bigint): string => (Number(value / 10n ** 30n) / 1e6).toFixed(2);
const cost = (attack: Attack | undefined): string => (attack === undefined ? "–" : usd(attack.cost));
const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const HEADINGS = [
  "window",
  "move",
  "price in one block",
  "money, one block",
  "one block, pulled back",
  "one block, arbitraged",
  "every block, nobody trades",
  "every block, arbitraged",
  "cheapest against arbitrage",
  "its blocks",
  "cheapest, arithmetic mean",
] as const;

function tableOf(pool: PoolState): string[] {
  const lines = [row(HEADINGS), row(HEADINGS.map((_, column) => (column === 0 ? "---" : "---:")))];
  for (const { name, blocks: window } of WINDOWS) {
    for (const percent of MOVES) {
      const move = percent * PERCENT;
      const goal = { window, move, mean: "geometric" } as const;
      const needed = priceNeeded({ ...goal, blocks: 1n });
      const one = needed === undefined ? undefined : { blocks: 1n, price: needed };
      const every = { blocks: window, price: PRICE_SCALE + move };
      const single = one === undefined ? undefined : pushAgain(pool, one);
      const best = cheapest(pool, goal);
      lines.push(
        row([
          name,
          `${percent} %`,
          one === undefined ? "–" : price(one.price),
          single === undefined ? "–" : usd(single.capital),
          cost(one === undefined ? undefined : pushAndPull(pool, one)),
          cost(single),
          cost(pushAndPull(pool, every)),
          cost(pushAgain(pool, every)),
          cost(best),
          best === undefined ? "–" : `${best.blocks} of ${window}`,
          cost(cheapest(pool, { window, move, mean: "arithmetic" })),
        ]),
      );
    }
  }
  return lines;
}

/** docs/amm-manipulation.md. */
export function manipulationDocument(): string {
  return [
    "# What it costs to move a pool's average price",
    "",
    "Written by `npm run bench:manipulation`; do not edit. All figures are US dollars. The arithmetic is that of",
    "`src/models/amm-math.ts`, on integers, which equals the contract to the unit.",
    "",
    "A pool holds 1,000,000 USD of each asset at a price of 1 and takes a fee of 0.3 %; a block takes 2 s. The average is",
    "that of `AmmCore.consult`: the geometric mean of the price at the ends of blocks, the difference of a sum of logarithms as",
    "in Uniswap v3 (v3 white paper, 5.2). The last column is for an arithmetic mean, as Uniswap v2 has it (v2 white paper, 2.2).",
    "The attacker wants to raise the price; by the symmetry of the curve, the same push the other way lowers it as far.",
    "",
    "## Formulas",
    "",
    "With virtual reserves X, Y, fee f and k = 1 − f, an input p of asset 1 buys X·kp / (Y + kp) and leaves the price at",
    "(Y + p)(Y + kp) / (XY): the input that reaches a price is the root of a square equation, and is then adjusted on",
    "integers until `amountOut` and the reserves say so.",
    "",
    "* **Price**: to move the mean of N blocks by m with n of them, these n must end at (1 + m)^(N/n); for an arithmetic mean at",
    "  1 + m·N/n. With one block of 300, 1 % takes a price of 19.79, for an arithmetic mean 4.",
    "* **Pulled back; nobody trades**: the attacker decides what is in all these blocks, as a sequencer can. He pushes once,",
    "  leaves the price there, and sells all that he bought. It costs (1 − k²)·p / (1 + k²·p/Y), for an input p into a plain",
    "  pool. That is twice the fee for a small push and never more than about 2f·Y, since what the first trade leaves in the",
    "  pool comes back with the second. How long he holds the price costs him nothing but the use of his money.",
    "* **Arbitraged**: in the next block others trade first, and the attacker keeps what he bought, worth 1 each outside. He",
    "  loses what he paid above that: p·(f + k·p/Y) / (1 + k·p/Y) in a plain pool, which grows with the square of a small",
    "  push, and with the root of the price for a great one.",
    "* **Every block, arbitraged**: he pushes again in each block, N times in all; holding the price by buying whatever",
    "  arbitrageurs sell him costs the same. Arbitrage ends at 1/(1 − f), where the later pushes start.",
    "* **Cheapest**: of all n from 1 to N, each with the price it needs. A small move is cheapest in all blocks. A great one is",
    "  cheapest in a single one where the mean is arithmetic, because one huge price weighs fully in it (Mackinga, Nadahalli,",
    "  Wattenhofer: TWAP Oracle Attacks: Easier Done than Said?, IACR ePrint 2022/445); in a geometric mean only its logarithm does.",
    "",
    "Assumed in the attacker's favour: gas is free, the outside market buys any amount at 1, nobody else trades, fees of",
    "later pushes do not deepen the pool. In the pool's favour: arbitrageurs are there in each block, and restore the price",
    "completely. The money must be the attacker's own where it stays in the pool from block to block: no flash loan helps.",
    "",
    ...POOLS.flatMap(({ name, pool }) => [`## ${name}`, "", ...tableOf(pool), ""]),
    "– : the price that this needs is above 10^9, or the range ends below it. The best price of that range is 1.1 and a little",
    "more, from the fees that stay in the pool, so its average can never be moved further than that.",
    "",
    "## What follows",
    "",
    "* A range pool is dearer to move inside of its range, since the same money is about twenty times as deep there, and",
    "  cannot be moved out of it.",
    "* The mean of one block protects nobody. A longer window multiplies what arbitrage takes from an attacker, in proportion;",
    "  with an arithmetic mean only with its root for great moves. It takes nothing from one who decides on the order of all",
    "  transactions of the window: against him only the depth of the pool counts, and that little.",
    "* A reader should bound what one consultation can do (a cap on what may be borrowed or minted against it) by a fraction",
    "  of the cost above at the pool's depth: costs are proportional to the reserves.",
    "",
  ].join("\n");
}
