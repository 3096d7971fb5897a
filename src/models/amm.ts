import { ammActions } from "../amm.js";
import {
  decodePoolFlags,
  decodeWord,
  hashPool,
  hasRules,
  LOCKED_SHARES,
  lpShareId,
  MAX_AMOUNT,
  MAX_FEE,
  MIN_RESERVE,
  MIN_TRADE,
  PIPS,
  poolFlags,
  type PoolKey,
} from "../assets.js";
import {
  amountIn,
  amountOut,
  amountsFor,
  checkAfter,
  checkedOffset,
  clearingPrice,
  edges,
  fill,
  initialShares,
  sharesFor,
  worstOut,
  type Band,
  type PoolState,
} from "./amm-math.js";
import { type LedgerModel, type ModelAction, type ModelOutcome, type ModelProtocol } from "./ledger.js";
import { demand, ModelError } from "./state.js";

/** An AMM action, as `IAmmActions` has it; deadlines in Unix seconds, inclusive. */
export type AmmAction =
  | { name: "createPool"; pool: PoolKey; minShares: bigint; deadline: bigint }
  | { name: "addLiquidity"; minShares: bigint; deadline: bigint }
  | { name: "removeLiquidity"; minAmount0: bigint; minAmount1: bigint; deadline: bigint }
  | { name: "swapExactIn"; minAmountOut: bigint; deadline: bigint }
  | { name: "swapExactOut"; amountOut: bigint; deadline: bigint };

/** An order of a batch: `amount` of asset `side`, for at least `limit` (0 is read as 1) of the other. */
export type BatchOrder = { side: 0 | 1; amount: bigint; limit: bigint };

/** A cleared batch: the price (asset 1 per asset 0 · 1e36), and each order's output or undefined where it failed. */
export type BatchOutcome = { price: bigint | undefined; outputs: (bigint | undefined)[] };

/** `LedgerCall.data` of an action. */
export function encodeAmmAction(action: AmmAction): string {
  switch (action.name) {
    case "createPool":
      return ammActions.createPool(action.pool, action.minShares, action.deadline);
    case "addLiquidity":
      return ammActions.addLiquidity(action.minShares, action.deadline);
    case "removeLiquidity":
      return ammActions.removeLiquidity(action.minAmount0, action.minAmount1, action.deadline);
    case "swapExactIn":
      return ammActions.swapExactIn(action.minAmountOut, action.deadline);
    case "swapExactOut":
      return ammActions.swapExactOut(action.amountOut, action.deadline);
  }
}

/**
 * The AMM in plain numbers, on a `LedgerModel`, rounding as the contract does. What the contract refuses throws a
 * `ModelError` of the same name and arguments.
 */
export class AmmModel implements ModelProtocol<AmmAction> {
  readonly address: string;
  readonly ledger: LedgerModel;
  /** The block's time, Unix seconds. */
  timestamp = 0n;

  constructor({ address, ledger }: { address: string; ledger: LedgerModel }) {
    this.address = address;
    this.ledger = ledger;
    ledger.addProtocol(address, this);
  }

  onLedgerCall(action: ModelAction<AmmAction>): ModelOutcome {
    const { data } = action;
    const { timestamp } = this;
    demand(timestamp <= data.deadline, "AmmExpired", { deadline: data.deadline, timestamp });
    switch (data.name) {
      case "createPool":
        return this.#createPool(action, data.pool, data.minShares);
      case "addLiquidity":
        return this.#addLiquidity(action, data.minShares);
      case "removeLiquidity":
        return this.#removeLiquidity(action, data.minAmount0, data.minAmount1);
      case "swapExactIn":
        return this.#swapExactIn(action, data.minAmountOut);
      case "swapExactOut":
        return this.#swapExactOut(action, data.amountOut);
    }
  }

  /* QUOTES */

  /** The pool of `key`, which exists. */
  poolOf(key: PoolKey): PoolState {
    const id = hashPool(key);
    const { asset0, asset1 } = key;
    return this.#load(id, this.ledger.bookOf({ protocol: this.address, key: id, asset0, asset1 }));
  }

  /** LP supply with the locked shares, and virtual offsets; 0 where there is no pool. */
  storedOf(id: string): { totalShares: bigint; offset0: bigint; offset1: bigint; alpha: bigint; beta: bigint } {
    const get = (field: string) => this.ledger.state.get(`amm ${this.address} ${id} ${field}`);
    return {
      totalShares: get("totalShares"),
      offset0: get("offset0"),
      offset1: get("offset1"),
      alpha: get("alpha"),
      beta: get("beta"),
    };
  }

  /** Output of `swapExactIn`. */
  quoteExactIn(key: PoolKey, zeroForOne: boolean, paid: bigint): bigint {
    return amountOut(this.poolOf(key), zeroForOne, paid);
  }

  /** Input of `swapExactOut`. */
  quoteExactOut(key: PoolKey, zeroForOne: boolean, out: bigint): bigint {
    return amountIn(this.poolOf(key), zeroForOne, out);
  }

  /** Shares that `createPool` mints to the receiver. */
  quoteCreate({ alpha, beta }: PoolKey, amount0: bigint, amount1: bigint): bigint {
    const shares = initialShares(amount0, amount1, alpha, beta);
    const minimum = LOCKED_SHARES + 1n;
    demand(shares >= minimum, "AmmBelowMinimumShares", { shares, minimum });
    return shares - LOCKED_SHARES;
  }

  /** Shares that `addLiquidity` mints and what it takes. */
  quoteAdd(key: PoolKey, max0: bigint, max1: bigint): { shares: bigint; amount0: bigint; amount1: bigint } {
    return sharesFor(this.poolOf(key), max0, max1);
  }

  /** What `removeLiquidity` pays. */
  quoteRemove(key: PoolKey, shares: bigint): { amount0: bigint; amount1: bigint } {
    return amountsFor(this.poolOf(key), shares);
  }

  /** Clears a batch of orders at one price. Changes nothing. */
  quoteBatch(key: PoolKey, band: Band, orders: readonly BatchOrder[]): BatchOutcome {
    const pool = this.poolOf(key);
    const limits = edges(band);
    const isEligible = orders.map(({ side, amount, limit }) => {
      const worst = worstOut(amount * pool.keep, side === 0, limits);
      return amount >= MIN_TRADE && worst >= (limit === 0n ? 1n : limit);
    });
    const sum = (side: 0 | 1) =>
      orders.reduce(
        (total, order, i) => (isEligible[i] === true && order.side === side ? total + order.amount : total),
        0n,
      );
    const [in0, in1] = [sum(0), sum(1)];
    if (in0 === 0n && in1 === 0n) return { price: undefined, outputs: orders.map(() => undefined) };
    const scaled0 = (pool.reserve0 + pool.offset0) * PIPS + in0 * pool.keep;
    const scaled1 = (pool.reserve1 + pool.offset1) * PIPS + in1 * pool.keep;
    const price = clearingPrice(scaled0, scaled1, limits);
    let [out0, out1] = [0n, 0n];
    const outputs = orders.map(({ side, amount }, i) => {
      if (isEligible[i] !== true) return undefined;
      const net = amount * pool.keep;
      const out = side === 0 ? fill(net, scaled0, scaled1) : fill(net, scaled1, scaled0);
      if (side === 0) out1 += out;
      else out0 += out;
      return out;
    });
    checkAfter(pool, { in0, in1, out0, out1 });
    return { price, outputs };
  }

  /* ACTIONS */

  #createPool(action: ModelAction, key: PoolKey, minShares: bigint): ModelOutcome {
    const id = hashPool(key);
    const { asset0, asset1, amount0, amount1 } = action;
    demand(id === action.key, "AmmWrongPool", { expected: id, id: action.key });
    const isOrdered = key.asset0 === asset0 && key.asset1 === asset1 && asset0 < asset1;
    demand(isOrdered, "AmmAssetOrder", { asset0, asset1 });
    demand(!hasRules(asset0), "AmmRestrictedAsset", { id: asset0 });
    demand(!hasRules(asset1), "AmmRestrictedAsset", { id: asset1 });
    demand(key.fee <= MAX_FEE, "AmmFeeTooHigh", { fee: key.fee, maximum: MAX_FEE });
    demand(this.storedOf(id).totalShares === 0n, "AmmPoolExists", { id });

    const shares = initialShares(amount0, amount1, key.alpha, key.beta);
    demand(shares > LOCKED_SHARES, "AmmBelowMinimumShares", { shares, minimum: LOCKED_SHARES + 1n });
    this.#set(id, "alpha", key.alpha);
    this.#set(id, "beta", key.beta);
    const { offset0, offset1 } = this.#storeShares(id, shares);
    for (const reserve of [amount0 + offset0, amount1 + offset1]) {
      demand(reserve >= MIN_RESERVE, "AmmReserveFloor", { reserve, minimum: MIN_RESERVE });
    }
    const mint = shares - LOCKED_SHARES;
    demand(mint >= minShares, "AmmBelowMinimumShares", { shares: mint, minimum: minShares });
    return { flags: poolFlags(key), out0: 0n, out1: 0n, shareId: this.#shareId(id), mint, burn: 0n };
  }

  #addLiquidity(action: ModelAction, minShares: bigint): ModelOutcome {
    const pool = this.#load(action.key, action.book);
    const { shares, amount0, amount1 } = sharesFor(pool, action.amount0, action.amount1);
    demand(shares >= minShares, "AmmBelowMinimumShares", { shares, minimum: minShares });
    this.#storeShares(action.key, pool.totalShares + shares);
    return {
      flags: decodeWord(action.book).flags,
      out0: action.amount0 - amount0,
      out1: action.amount1 - amount1,
      shareId: this.#shareId(action.key),
      mint: shares,
      burn: 0n,
    };
  }

  #removeLiquidity(action: ModelAction, minAmount0: bigint, minAmount1: bigint): ModelOutcome {
    const { amount0, amount1, shares } = action;
    demand(amount0 === 0n && amount1 === 0n, "AmmInputsNotWanted", { amount0, amount1 });
    const pool = this.#load(action.key, action.book);
    const paid = amountsFor(pool, shares);
    demand(paid.amount0 >= minAmount0, "AmmBelowMinimumOut", { out: paid.amount0, minimum: minAmount0 });
    demand(paid.amount1 >= minAmount1, "AmmBelowMinimumOut", { out: paid.amount1, minimum: minAmount1 });
    this.#storeShares(action.key, pool.totalShares - shares);
    return {
      flags: decodeWord(action.book).flags,
      out0: paid.amount0,
      out1: paid.amount1,
      shareId: this.#shareId(action.key),
      mint: 0n,
      burn: shares,
    };
  }

  #swapExactIn(action: ModelAction, minimum: bigint): ModelOutcome {
    const { pool, zeroForOne, paid } = this.#openSwap(action);
    const out = amountOut(pool, zeroForOne, paid);
    demand(out >= minimum, "AmmBelowMinimumOut", { out, minimum });
    return closeSwap(action, { pool, zeroForOne, paid, out, change: 0n });
  }

  #swapExactOut(action: ModelAction, out: bigint): ModelOutcome {
    const { pool, zeroForOne, paid: maximum } = this.#openSwap(action);
    const paid = amountIn(pool, zeroForOne, out);
    demand(paid <= maximum, "AmmAboveMaximumIn", { amountIn: paid, maximum });
    return closeSwap(action, { pool, zeroForOne, paid, out, change: maximum - paid });
  }

  #openSwap(action: ModelAction): { pool: PoolState; zeroForOne: boolean; paid: bigint } {
    const { amount0, amount1 } = action;
    demand((amount0 === 0n) !== (amount1 === 0n), "AmmOneInputOnly", { amount0, amount1 });
    const pool = this.#load(action.key, action.book);
    return { pool, zeroForOne: amount1 === 0n, paid: amount1 === 0n ? amount0 : amount1 };
  }

  /* INTERNALS */

  #load(id: string, book: bigint): PoolState {
    const { amount0, amount1, flags } = decodeWord(book);
    const { exists, fee } = decodePoolFlags(flags);
    if (!exists) throw new ModelError("AmmUnknownPool", { id });
    const { totalShares, offset0, offset1 } = this.storedOf(id);
    return { reserve0: amount0, reserve1: amount1, offset0, offset1, keep: PIPS - fee, totalShares };
  }

  #storeShares(id: string, shares: bigint): { offset0: bigint; offset1: bigint } {
    demand(shares <= MAX_AMOUNT, "AmmAmountTooLarge", { amount: shares, maximum: MAX_AMOUNT });
    this.#set(id, "totalShares", shares);
    const { alpha, beta } = this.storedOf(id);
    const [offset0, offset1] = [checkedOffset(alpha, shares), checkedOffset(beta, shares)];
    this.#set(id, "offset0", offset0);
    this.#set(id, "offset1", offset1);
    return { offset0, offset1 };
  }

  #set(id: string, field: string, value: bigint): void {
    this.ledger.state.set(`amm ${this.address} ${id} ${field}`, value);
  }

  #shareId(id: string): bigint {
    return lpShareId({ amm: this.address, pool: id });
  }
}

function closeSwap(
  action: ModelAction,
  swap: { pool: PoolState; zeroForOne: boolean; paid: bigint; out: bigint; change: bigint },
): ModelOutcome {
  const { pool, zeroForOne, paid, out, change } = swap;
  checkAfter(
    pool,
    zeroForOne ? { in0: paid, in1: 0n, out0: 0n, out1: out } : { in0: 0n, in1: paid, out0: out, out1: 0n },
  );
  return {
    flags: decodeWord(action.book).flags,
    out0: zeroForOne ? change : out,
    out1: zeroForOne ? out : change,
    shareId: 0n,
    mint: 0n,
    burn: 0n,
  };
}
