import {
  accrue,
  amountIn,
  amountOut,
  amountsFor,
  grow,
  newRoot,
  sharesFor,
  shrink,
  type Band,
  type PoolState,
} from "../../../src/models/amm-math.js";
import { clearBatch, type BatchOrder } from "../../../src/models/amm.js";
import { ModelError } from "../../../src/models/state.js";
import { MAX_AMOUNT } from "../../../src/index.js";

/** One pool and one trader in it: what he has gained of each asset since the start, and his shares. */
export type Market = {
  pool: PoolState;
  /** The protocol's part of what fees add, of 10,000. Its shares are not the trader's. */
  protocolFee: bigint;
  gained0: bigint;
  gained1: bigint;
  shares: bigint;
};

/** What he does. */
export type TraderMove =
  | { name: "sell"; zeroForOne: boolean; amount: bigint }
  | { name: "buy"; zeroForOne: boolean; out: bigint }
  | { name: "add"; max0: bigint; max1: bigint }
  | { name: "remove"; shares: bigint }
  /** A batch in which all orders are the trader's. */
  | { name: "section"; band: Band; orders: readonly BatchOrder[] };

export type Move =
  | TraderMove
  /** The protocol's recipient, who is not the trader, takes its shares. */
  | { name: "collect" }
  | { name: "protocolFee"; fee: bigint };

/** The pool's arithmetic; a test of the search puts a broken one in its place. */
export const RULES = { amountOut, amountIn, sharesFor, amountsFor, clearBatch };
export type Rules = typeof RULES;

/** The market after a move, or undefined where the pool refuses it; as `AmmCore` and the ledger do it. */
export function play(market: Market, move: Move, rules: Rules = RULES): Market | undefined {
  try {
    const after = moved(market, move, rules);
    const { reserve0, reserve1 } = after.pool;
    // The ledger's own refusals: a book that overflows, shares that the trader has not.
    return reserve0 > MAX_AMOUNT || reserve1 > MAX_AMOUNT || after.shares < 0n ? undefined : after;
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

function moved(market: Market, move: Move, rules: Rules): Market {
  const { pool } = market;
  switch (move.name) {
    case "sell":
      return trade(market, move.zeroForOne, move.amount, rules.amountOut(pool, move.zeroForOne, move.amount));
    case "buy":
      return trade(market, move.zeroForOne, rules.amountIn(pool, move.zeroForOne, move.out), move.out);
    case "add": {
      const opened = accrue(pool, market.protocolFee).pool;
      const { shares, amount0, amount1 } = rules.sharesFor(opened, move.max0, move.max1);
      return resized(market, grow(opened, { shares, amount0, amount1 }), { shares, amount0, amount1 });
    }
    case "remove": {
      const opened = accrue(pool, market.protocolFee).pool;
      const { amount0, amount1 } = rules.amountsFor(opened, move.shares);
      const shrunk = shrink(opened, { shares: move.shares, amount0, amount1 });
      return resized(market, shrunk, { shares: -move.shares, amount0: -amount0, amount1: -amount1 });
    }
    case "section":
      return section(market, move, rules);
    case "collect":
      return resized(market, accrue(pool, market.protocolFee).pool, { shares: 0n, amount0: 0n, amount1: 0n });
    case "protocolFee":
      // What was counted before it rises from 0 is void.
      return {
        ...{ ...market, protocolFee: move.fee },
        pool: market.protocolFee === 0n || move.fee === 0n ? { ...pool, rootK: 0n } : pool,
      };
  }
}

function trade(market: Market, zeroForOne: boolean, paid: bigint, out: bigint): Market {
  return zeroForOne ? give(market, paid, -out) : give(market, -out, paid);
}

/** Moves units from the trader to the pool. */
function give(market: Market, amount0: bigint, amount1: bigint): Market {
  const { pool } = market;
  const reserves = { reserve0: pool.reserve0 + amount0, reserve1: pool.reserve1 + amount1 };
  return {
    ...market,
    pool: { ...pool, ...reserves },
    gained0: market.gained0 - amount0,
    gained1: market.gained1 - amount1,
  };
}

type Change = { shares: bigint; amount0: bigint; amount1: bigint };

function resized(market: Market, pool: PoolState, { shares, amount0, amount1 }: Change): Market {
  return {
    ...market,
    gained0: market.gained0 - amount0,
    gained1: market.gained1 - amount1,
    shares: market.shares + shares,
    pool: { ...pool, rootK: market.protocolFee === 0n ? 0n : newRoot(pool) },
  };
}

function section(market: Market, { band, orders }: Extract<Move, { name: "section" }>, rules: Rules): Market {
  const { outputs } = rules.clearBatch(market.pool, band, orders);
  let [amount0, amount1] = [0n, 0n];
  orders.forEach(({ side, amount }, i) => {
    const out = outputs[i];
    if (out === undefined) return;
    amount0 += side === 0 ? amount : -out;
    amount1 += side === 0 ? -out : amount;
  });
  return give(market, amount0, amount1);
}
