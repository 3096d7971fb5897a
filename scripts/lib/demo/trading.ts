import { assetId, isZeroForOne, type AmmModel } from "../../../src/index.js";
import * as math from "../../../src/models/amm-math.js";
import { arbitrage, DOLLAR, INDEX_UNIT, type Market } from "./market.js";
import { available, sharesOf, type Operation, type Side } from "./operation.js";
import type { Day } from "./prices.js";
import type { Random } from "./random.js";
import type { Account } from "./sender.js";

const BPS = 10_000n;
const HIGHEST_TRADE = 20_000n * DOLLAR;
const SMALLEST_TRADE = DOLLAR;

/** An operation that waits for its block, and the line of the table that it counts for. */
export type Planned = { phase: string; account: Account; operation: Operation };

/** Who trades, where, and what decides what he feels like. */
export type TradingOptions = {
  model: AmmModel;
  random: Random;
  markets: readonly Market[];
  index: string;
  usd: string;
  arbitrageur: Account;
  providers: readonly Account[];
  traders: readonly Account[];
};

/** What the accounts do by themselves: it follows from the model and the random numbers alone, never from the chain. */
export class Trading {
  readonly #options: TradingOptions;

  constructor(options: TradingOptions) {
    this.#options = options;
  }

  /** What one of the traders or providers feels like doing, or undefined when he cannot. */
  plan(day: Day, opening: ReadonlyMap<Market, math.PoolState>): Planned | undefined {
    const { model, random, markets, providers, traders, index, usd } = this.#options;
    const roll = random.below(100);
    if (roll < 4) return this.join(random.pick(providers), random.pick(markets), day, 20_000n);
    if (roll < 8) {
      const [account, market] = [random.pick(providers), random.pick(markets)];
      const shares = sharesOf(model, account.address, market.key) / random.between(60n, 200n);
      return shares === 0n ? undefined : this.part(account, market, shares);
    }
    const account = random.pick(traders);
    const token = random.pick([index, usd]);
    const value = random.between(10n * DOLLAR, HIGHEST_TRADE);
    if (roll < 16) return this.#move(account, "deposit", token, value, day);
    if (roll < 22) return this.#move(account, "withdraw", token, value, day);
    if (roll < 30) {
      const amount = this.#affordable(account, token, "ledger", value, day);
      const to = random.pick(traders).address;
      if (amount === undefined) return undefined;
      return { phase: "transfer", account, operation: { kind: "transfer", asset: assetId(token), amount, to } };
    }
    const side: Side = roll < 65 ? "ledger" : "wallet";
    const market = random.pick(markets);
    const state = opening.get(market);
    const amount = this.#affordable(account, token, side, value, day);
    if (amount === undefined || state === undefined) return undefined;
    const assetIn = assetId(token);
    const zeroForOne = isZeroForOne(market.key, assetIn);
    // He saw the price at the opening and tolerates 0.1 % to 0.5 %.
    const tolerance = random.between(10n, 50n);
    const quoted = math.amountOut(state, zeroForOne, amount);
    const common = { pool: market.key, assetIn, source: side, destination: side };
    if (random.below(5) > 0) {
      const minAmountOut = (quoted * (BPS - tolerance)) / BPS;
      const phase = side === "ledger" ? "swap, exact in, ledger" : "swap, exact in, wallet";
      return { phase, account, operation: { kind: "swapExactIn", amountIn: amount, minAmountOut, ...common } };
    }
    const amountOut = (quoted * (BPS - tolerance)) / BPS;
    const phase = side === "ledger" ? "swap, exact out, ledger" : "swap, exact out, wallet";
    return { phase, account, operation: { kind: "swapExactOut", amountOut, maxAmountIn: amount, ...common } };
  }

  /** The arbitrageur's trade at the close, or undefined within the fee band. */
  correct({ key, ...market }: Market, { close }: Day): Planned | undefined {
    const { model, index, usd, arbitrageur } = this.#options;
    const state = model.poolOf(key);
    const trade = arbitrage({ key, ...market }, state, close);
    if (trade === undefined) return undefined;
    const assetIn = assetId(trade.sells === "dollars" ? usd : index);
    if (trade.amount < (trade.sells === "dollars" ? SMALLEST_TRADE : INDEX_UNIT / 1_000n)) return undefined;
    const minAmountOut = math.amountOut(state, isZeroForOne(key, assetIn), trade.amount);
    const operation: Operation = {
      ...{ kind: "swapExactIn", pool: key, assetIn, amountIn: trade.amount, minAmountOut },
      ...{ source: "ledger", destination: "ledger" },
    };
    return { phase: "arbitrage, ledger", account: arbitrageur, operation };
  }

  /** Adds `dollars` worth of both assets to a pool. */
  join(account: Account, market: Market, { close }: Day, dollars: bigint): Planned {
    const cash = dollars * DOLLAR;
    const index = (cash * INDEX_UNIT) / close;
    const [amount0, amount1] = market.indexIsAsset0 ? [index, cash] : [cash, index];
    const operation: Operation = {
      ...{ kind: "addLiquidity", pool: market.key, amount0, amount1, minShares: 1n, source: "ledger" },
    };
    return { phase: "add liquidity", account, operation };
  }

  /** Takes shares out of a pool. */
  part(account: Account, { key }: Market, shares: bigint): Planned {
    const operation: Operation = {
      ...{ kind: "removeLiquidity", pool: key, shares, minAmount0: 0n, minAmount1: 0n, destination: "ledger" },
    };
    return { phase: "remove liquidity", account, operation };
  }

  #move(account: Account, kind: "deposit" | "withdraw", token: string, value: bigint, day: Day): Planned | undefined {
    const amount = this.#affordable(account, token, kind === "deposit" ? "wallet" : "ledger", value, day);
    return amount === undefined ? undefined : { phase: kind, account, operation: { kind, token, amount } };
  }

  /** `value` micro-dollars in units of the token, or half of what there is; undefined when that is next to nothing. */
  #affordable(account: Account, token: string, side: Side, value: bigint, { close }: Day): bigint | undefined {
    const { model, index } = this.#options;
    const isIndex = token === index;
    const wanted = isIndex ? (value * INDEX_UNIT) / close : value;
    const funds = available(model, { account: account.address, token, side });
    const amount = wanted <= funds ? wanted : funds / 2n;
    return amount < (isIndex ? INDEX_UNIT / 1_000n : SMALLEST_TRADE) ? undefined : amount;
  }
}
