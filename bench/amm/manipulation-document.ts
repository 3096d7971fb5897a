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
] as const;

function tableOf(pool: PoolState): string[] {
  const lines = [row(HEADINGS), row(HEADINGS.map((_, column) => (column === 0 ? "---" : "---:")))];
  for (const { name, blocks: window } of WINDOWS) {
    for (const percent of MOVES) {
      const move = percent * PERCENT;
      const one = { blocks: 1n, price: priceNeeded({ window, blocks: 1n, move }) };
      const every = { blocks: window, price: priceNeeded({ window, blocks: window, move }) };
      const single = pushAgain(pool, one);
      const best = cheapest(pool, { window, move });
      lines.push(
        row([
          name,
          `${percent} %`,
          price(one.price),
          single === undefined ? "–" : usd(single.capital),
          cost(pushAndPull(pool, one)),
          cost(single),
          cost(pushAndPull(pool, every)),
          cost(pushAgain(pool, every)),
          cost(best),
          best === undefined ? "–" : `${best.blocks} of ${window}`,
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
    "the arithmetic mean of the price at the ends of blocks, read as the difference of a cumulative price as in Uniswap v2",
    "(v2 white paper, 2.2). The attacker wants to raise it; by the symmetry of the curve, the same push the other way moves",
    "the average of the inverse price as far.",
    "",
    "## Formulas",
    "",
    "With virtual reserves X, Y, fee f and k = 1 − f, an input p of asset 1 buys X·kp / (Y + kp) and leaves the price at",
    "(Y + p)(Y + kp) / (XY): the input that reaches a price is the root of a square equation, and is then adjusted on",
    "integers until `amountOut` and the reserves say so.",
    "",
    "* **Price**: to move the mean of N blocks by m with n of them, these n must end at 1 + m·N/n. With one block of 300, 1 %",
    "  takes a price of 4.",
    "* **Pulled back; nobody trades**: the attacker decides what is in all these blocks, as a sequencer can. He pushes once,",
    "  leaves the price there, and sells all that he bought. It costs (1 − k²)·p / (1 + k²·p/Y), for an input p into a plain",
    "  pool. That is twice the fee for a small push and never more than about 2f·Y, since what the first trade leaves in the",
    "  pool comes back with the second. How long he holds the price costs him nothing but the use of his money.",
    "* **Arbitraged**: in the next block others trade first, and the attacker keeps what he bought, worth 1 each outside. He",
    "  loses what he paid above that: p·(f + k·p/Y) / (1 + k·p/Y) in a plain pool, which grows with the square of a small",
    "  push, and with the root of the price for a great one.",
    "* **Every block, arbitraged**: he pushes again in each block, N times in all; holding the price by buying whatever",
    "  arbitrageurs sell him costs the same. Arbitrage ends at 1/(1 − f), where the later pushes start.",
    "* **Cheapest**: of all n from 1 to N, each with the price it needs. A small move is cheapest in all blocks, a great one",
    "  in a single one: one huge price weighs fully in an arithmetic mean (Mackinga, Nadahalli, Wattenhofer: TWAP Oracle",
    "  Attacks: Easier Done than Said?, IACR ePrint 2022/445). A geometric mean, as Uniswap v3's, dampens it.",
    "",
    "Assumed in the attacker's favour: gas is free, the outside market buys any amount at 1, nobody else trades, fees of",
    "later pushes do not deepen the pool. In the pool's favour: arbitrageurs are there in each block, and restore the price",
    "completely. The money must be the attacker's own where it stays in the pool from block to block: no flash loan helps.",
    "",
    ...POOLS.flatMap(({ name, pool }) => [`## ${name}`, "", ...tableOf(pool), ""]),
    "– : the range ends below the price that this needs. Its best price is 1.1 and a little more, from the fees that stay in the",
    "pool, so its average can never be moved further than that.",
    "",
    "## What follows",
    "",
    "* A range pool is dearer to move inside of its range, since the same money is about twenty times as deep there, and",
    "  cannot be moved out of it.",
    "* The mean of one block protects nobody. A longer window multiplies what arbitrage takes from an attacker, in proportion",
    "  for small moves and with its root for great ones. It takes nothing from one who decides on the order of all",
    "  transactions of the window: against him only the depth of the pool counts, and that little.",
    "* A reader should bound what one consultation can do (a cap on what may be borrowed or minted against it) by a fraction",
    "  of the cost above at the pool's depth: costs are proportional to the reserves.",
    "",
  ].join("\n");
}
