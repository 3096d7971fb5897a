import { expect } from "chai";
import { ceilDiv } from "../../../src/models/amm-math.js";
import { KINDS, randomSetting, type Kind, type Setting } from "../../helpers/attacker/markets.js";
import { RULES, type Rules } from "../../helpers/attacker/market.js";
import { attack, type Outcome, type Strategy } from "../../helpers/attacker/search.js";
import { countFromEnvironment, Random, seedFromEnvironment } from "../../helpers/random.js";

/** Sequences of each strategy on each kind of pool. */
const SEQUENCES = countFromEnvironment("LAKH_PROFIT_SEQUENCES", 10);
const MOVES = 1000;
const STRATEGIES: readonly Strategy[] = ["random", "greedy"];

/** What a search came to: sums, and the first profit in full. */
class Search {
  sequences = 0;
  long = 0;
  moves = 0;
  exits = 0;
  profit: string | undefined;
  readonly counts = new Map<string, number>();
  readonly seen = new Set<string>();

  run(setting: Setting, strategy: Strategy, random: Random, rules: Rules = RULES, length = MOVES): Outcome {
    const { market, fee, decimals } = setting;
    const outcome = attack({ start: market, strategy, length, random, rules });
    this.sequences += 1;
    this.long += outcome.moves === length ? 1 : 0;
    this.moves += outcome.moves;
    this.exits += outcome.exits;
    for (const [name, count] of outcome.counts) this.counts.set(name, (this.counts.get(name) ?? 0) + count);
    this.seen.add(market.protocolFee === 0n ? "protocol fee off" : "protocol fee on");
    this.seen.add(fee === 0n ? "no fee" : fee === 50_000n ? "fee of 5 %" : "a fee");
    for (const each of decimals) this.seen.add(`${each} decimals`);
    if (outcome.profit !== undefined) this.profit ??= describeProfit(setting, strategy, outcome);
    return outcome;
  }
}

function describeProfit(setting: Setting, strategy: Strategy, { profit }: Outcome): string {
  const text = (value: unknown) =>
    JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? each.toString() : each));
  return `${strategy} attack: ${text(setting)} after ${text(profit)}`;
}

/** The pool's arithmetic with a bug each, and on which pools it pays. */
const BUGS: readonly { bug: string; kinds: readonly Kind[]; rules: Partial<Rules> }[] = [
  {
    bug: "an output rounds up",
    kinds: ["plain", "wide range"],
    rules: { amountOut: (...args) => RULES.amountOut(...args) + 1n },
  },
  {
    bug: "an input rounds down",
    kinds: ["plain", "narrow range"],
    rules: { amountIn: (...args) => RULES.amountIn(...args) - 1n },
  },
  {
    bug: "a batch pays a unit more",
    kinds: ["plain", "open below"],
    rules: {
      clearBatch: (...args) => {
        const { price, outputs } = RULES.clearBatch(...args);
        return { price, outputs: outputs.map((out) => (out === undefined ? undefined : out + 1n)) };
      },
    },
  },
  {
    bug: "what shares cost rounds down",
    kinds: ["plain"],
    rules: {
      sharesFor: (pool, max0, max1) => {
        const { shares } = RULES.sharesFor(pool, max0, max1);
        const cost = (reserve: bigint) => (reserve * shares) / pool.totalShares;
        return { shares, amount0: cost(pool.reserve0), amount1: cost(pool.reserve1) };
      },
    },
  },
  {
    bug: "shares of a range pool are worth the plain quotient",
    kinds: ["any offsets", "wide range"],
    rules: {
      sharesFor: (pool, max0, max1) => {
        const { shares } = RULES.sharesFor({ ...pool, alpha: 0n, beta: 0n }, max0, max1);
        const cost = (reserve: bigint) => ceilDiv(reserve * shares, pool.totalShares);
        return { shares, amount0: cost(pool.reserve0), amount1: cost(pool.reserve1) };
      },
      amountsFor: (pool, shares) => RULES.amountsFor({ ...pool, alpha: 0n, beta: 0n }, shares),
    },
  },
];

describe("an attacker's profit (AMM-13)", () => {
  const total = KINDS.length * STRATEGIES.length * SEQUENCES;
  it(`is at most 0 in ${total} sequences of ${MOVES} moves on pools of 1 to 10^6 units, after every move`, function () {
    this.timeout(120_000 + 2_000 * total);
    const seed = seedFromEnvironment();
    const random = new Random(seed);
    const search = new Search();
    for (const kind of KINDS) {
      for (const strategy of STRATEGIES) {
        for (let i = 0; i < SEQUENCES; i++) {
          search.run(randomSetting(random, kind), strategy, random);
          expect(search.profit, `seed ${seed}`).to.equal(undefined);
        }
      }
    }
    const counts = [...search.counts].map(([name, count]) => `${name} ${count}`).join(", ");
    console.log(
      `      seed ${seed}: ${search.moves} operations (${counts}) in ${search.sequences} sequences, ${search.long} of ` +
        `them of ${MOVES}; ${search.exits} ways out reckoned, none of them a profit`,
    );
    expect(search.long / search.sequences, "sequences of full length").to.be.greaterThan(0.9);
    const names = ["sell", "buy", "add", "remove", "section", "collect", "protocolFee"];
    expect([...search.counts.keys()].sort()).to.deep.equal(names.sort());
    const circumstances = ["protocol fee on", "protocol fee off", "no fee", "fee of 5 %", "0 decimals", "24 decimals"];
    expect([...search.seen]).to.include.members(circumstances);
  });

  for (const { bug, kinds, rules } of BUGS) {
    it(`is found by the same search when ${bug}`, function () {
      this.timeout(60_000);
      for (const kind of kinds) {
        const random = new Random(seedFromEnvironment());
        const search = new Search();
        for (let i = 0; i < 100 && search.profit === undefined; i++) {
          search.run(randomSetting(random, kind), "greedy", random, { ...RULES, ...rules }, 200);
        }
        expect(search.profit, `profit on a pool of the kind "${kind}"`).to.not.equal(undefined);
      }
    });
  }
});
