import { type PoolState } from "../../../src/models/amm-math.js";
import { type Random } from "../random.js";
import { play, RULES, type Market, type Move, type Rules } from "./market.js";
import { othersMove, traderMove } from "./moves.js";

/** How the attacker chooses: any move, or of several the one after which leaving pays most. */
export type Strategy = "random" | "greedy";

export type Attack = {
  start: Market;
  strategy: Strategy;
  /** Moves that the pool accepts. */
  length: number;
  random: Random;
  rules?: Rules;
};

/** What an attack did; `profit` names the moves that ended in one. */
export type Outcome = {
  moves: number;
  /** Moves tried and not taken among them. */
  tried: number;
  /** Ways out that were reckoned, each of which could have been a profit. */
  exits: number;
  counts: ReadonlyMap<string, number>;
  profit?: { moves: readonly Move[]; exit: Market };
};

const CANDIDATES = 5;
/** Tries without one that is accepted, after which a sequence ends. */
const PATIENCE = 60;
const OTHERS_PERCENT = 2;
/** The attacker follows his nose, but for every so many moves. */
const WHIM_PERCENT = 15;

/**
 * One sequence. After each move it reckons what he has when he leaves, and stops at a profit: more in all than at the
 * start, at the price of the start. More of one asset and no less of the other is that too.
 */
export function attack({ start, strategy, length, random, rules = RULES }: Attack): Outcome {
  const counts = new Map<string, number>();
  const taken: Move[] = [];
  let [market, tried, exits, failures] = [start, 0, 0, 0];
  const isProfit = (exit: Market) => worth(exit, start) > slack(exit, start);
  while (taken.length < length && failures < PATIENCE) {
    const isOthers = random.chance(OTHERS_PERCENT);
    const isWhim = isOthers || strategy === "random" || random.chance(WHIM_PERCENT);
    let best: { move: Move; after: Market; exit: Market } | undefined;
    for (let i = 0; i < (isWhim ? 1 : CANDIDATES); i++) {
      const move = isOthers ? othersMove(random) : traderMove(random, market);
      const after = play(market, move, rules);
      tried += 1;
      if (after === undefined) continue;
      for (const exit of leave(after, rules)) {
        exits += 1;
        const isBetter = best === undefined || compare(exit, best.exit, start) > 0;
        if (isBetter || isProfit(exit)) best = { move, after, exit };
        if (isProfit(exit)) break;
      }
      if (best !== undefined && isProfit(best.exit)) break;
    }
    if (best === undefined) {
      failures += 1;
      continue;
    }
    failures = 0;
    taken.push(best.move);
    counts.set(best.move.name, (counts.get(best.move.name) ?? 0) + 1);
    market = best.after;
    if (isProfit(best.exit)) {
      return { moves: taken.length, tried, exits, counts, profit: { moves: taken, exit: best.exit } };
    }
  }
  return { moves: taken.length, tried, exits, counts };
}

/** What he may have when he leaves: without his shares; and then with what he lacks of one asset bought for the other. */
export function leave(market: Market, rules: Rules = RULES): Market[] {
  const left = removeAll(market, rules);
  const settled = settle(left, rules);
  return settled === undefined ? [left] : [left, settled];
}

/** Removes his shares, those that the pool refuses in halves; what it does not take back at all counts for nothing. */
function removeAll(market: Market, rules: Rules): Market {
  let left = market;
  for (let shares = market.shares; shares > 0n && left.shares > 0n;) {
    const wanted = shares < left.shares ? shares : left.shares;
    const after = play(left, { name: "remove", shares: wanted }, rules);
    if (after === undefined) shares = wanted / 2n;
    else left = after;
  }
  return left;
}

function settle(market: Market, rules: Rules): Market | undefined {
  const { gained0, gained1 } = market;
  if (gained0 < 0n === gained1 < 0n) return undefined;
  const zeroForOne = gained1 < 0n;
  const [lacks, has] = zeroForOne ? [-gained1, gained0] : [-gained0, gained1];
  return (
    play(market, { name: "buy", zeroForOne, out: lacks }, rules) ??
    play(market, { name: "sell", zeroForOne, amount: has }, rules)
  );
}

/** What he gained at the price of the start, in units of asset 1 times the start's X. */
export function worth({ gained0, gained1 }: Market, { pool }: Market): bigint {
  return gained0 * (pool.reserve1 + pool.offset1) + gained1 * (pool.reserve0 + pool.offset0);
}

/**
 * What the rounding of the offsets may be worth, in the same units. Shares that stay with him, or the protocol's, may
 * complete a unit of an offset that was cut off before; as soon as the supply is that of the start, there is no such unit.
 */
function slack(exit: Market, { pool }: Market): bigint {
  if (exit.pool.totalShares === pool.totalShares) return 0n;
  const [x, y] = [pool.reserve0 + pool.offset0, pool.reserve1 + pool.offset1];
  return (pool.alpha === 0n ? 0n : y) + (pool.beta === 0n ? 0n : x);
}

/** Above 0 where leaving by `a` pays more; what pays the same is judged by what is left to the others, below a unit. */
function compare(a: Market, b: Market, start: Market): number {
  const difference = worth(a, start) - worth(b, start);
  if (difference !== 0n) return difference > 0n ? 1 : -1;
  return perShare(b.pool) - perShare(a.pool);
}

/** X·Y/T². */
function perShare({ reserve0, offset0, reserve1, offset1, totalShares }: PoolState): number {
  return (Number(reserve0 + offset0) * Number(reserve1 + offset1)) / Number(totalShares) ** 2;
}
