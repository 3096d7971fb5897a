import { ZeroAddress } from "ethers";
import { ammActions } from "../amm.js";
import {
  bookKey,
  decodePoolFlags,
  decodeWord,
  hashPool,
  LOCKED_SHARES,
  lpShareId,
  MIN_TRADE,
  PIPS,
  poolFlags,
  type PoolKey,
} from "../assets.js";
import {
  accrue,
  amountIn,
  amountOut,
  amountsFor,
  checkAfter,
  checkedOffset,
  clearingPrice,
  edges,
  fill,
  newRoot,
  openPool,
  sharesFor,
  worstOut,
  type Band,
  type PoolState,
} from "./amm-math.js";
import {
  type LedgerModel,
  type ModelAction,
  type ModelOutcome,
  type ModelPayouts,
  type ModelProtocol,
  type ModelSection,
} from "./ledger.js";
import { decodeBand } from "../settlement/operations.js";
import { demand, ModelError } from "./state.js";

/** An AMM action, as `IAmmActions` has it; deadlines in Unix seconds, inclusive. */
export type AmmAction =
  | { name: "createPool"; pool: PoolKey; minShares: bigint; deadline: bigint }
  | { name: "addLiquidity"; minShares: bigint; deadline: bigint }
  | { name: "removeLiquidity"; shares: bigint; minAmount0: bigint; minAmount1: bigint; deadline: bigint }
  | { name: "swapExactIn"; minAmountOut: bigint; deadline: bigint }
  | { name: "swapExactOut"; amountOut: bigint; deadline: bigint }
  | { name: "collectProtocolFee" };

type ActionOf<Name extends AmmAction["name"]> = Extract<AmmAction, { name: Name }>;

/** An order of a batch: `amount` of asset `side`, for at least `limit` (0 is read as 1) of the other. */
export type BatchOrder = { side: 0 | 1; amount: bigint; limit: bigint };

/** A cleared batch: the price (asset 1 per asset 0 · 1e36), and each order's output or undefined where it failed. */
export type BatchOutcome = { price: bigint | undefined; outputs: (bigint | undefined)[] };

/** What is stored of a pool beside its book. */
type Stored = Omit<PoolState, "reserve0" | "reserve1" | "keep"> & { protocolShares: bigint };

/** Digits of a `Band` in hexadecimal, with 0x. */
const BAND_DIGITS = 2 + 128;

/** `LedgerCall.data` of an action. */
export function encodeAmmAction(action: AmmAction): string {
  switch (action.name) {
    case "createPool":
      return ammActions.createPool(action.pool, action.minShares, action.deadline);
    case "addLiquidity":
      return ammActions.addLiquidity(action.minShares, action.deadline);
    case "removeLiquidity":
      return ammActions.removeLiquidity(action.shares, action.minAmount0, action.minAmount1, action.deadline);
    case "swapExactIn":
      return ammActions.swapExactIn(action.minAmountOut, action.deadline);
    case "swapExactOut":
      return ammActions.swapExactOut(action.amountOut, action.deadline);
    case "collectProtocolFee":
      return ammActions.collectProtocolFee();
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
  /** The protocol's part of what fees add to pools, in parts of 10,000, and who may collect it. */
  protocolFee = { fee: 0n, recipient: ZeroAddress };

  constructor({ address, ledger }: { address: string; ledger: LedgerModel }) {
    this.address = address;
    this.ledger = ledger;
    ledger.addProtocol(address, this);
  }

  onLedgerCall(action: ModelAction<AmmAction>): ModelOutcome {
    const { data } = action;
    switch (data.name) {
      case "createPool":
        return this.#createPool(action, data);
      case "addLiquidity":
        return this.#addLiquidity(action, data);
      case "removeLiquidity":
        return this.#removeLiquidity(action, data);
      case "swapExactIn":
        return this.#swapExactIn(action, data);
      case "swapExactOut":
        return this.#swapExactOut(action, data);
      case "collectProtocolFee":
        return this.#collectProtocolFee(action);
    }
  }

  /** A section of swaps: the kind is the side that is sold, the limit the least output. */
  onLedgerBatch({ book, holdings, parameters, operations }: ModelSection): ModelPayouts {
    const pool = this.#load(book, holdings);
    const band = decodeBand(parameters.slice(0, BAND_DIGITS)); // what follows, nobody reads
    if (band === undefined) throw new ModelError("Empty");
    const orders: BatchOrder[] = [];
    const places = operations.map((operation) => {
      const { kind, amount, limit } = operation ?? { kind: -1, amount: 0n, limit: 0n };
      return kind === 0 || kind === 1 ? orders.push({ side: kind, amount, limit }) - 1 : -1;
    });
    const { outputs } = clearBatch(pool, band, orders);
    const payouts = places.map((place) => {
      const out = outputs[place];
      if (out === undefined) return undefined;
      return orders[place]?.side === 0 ? { out0: 0n, out1: out } : { out0: out, out1: 0n };
    });
    return { flags: decodeWord(holdings).flags, payouts };
  }

  /* QUOTES */

  /** The pool of `key`, which exists. */
  poolOf(key: PoolKey): PoolState {
    const { asset0, asset1 } = key;
    const book = this.ledger.bookOf({ protocol: this.address, key: bookKey(key), asset0, asset1 });
    return this.#load(this.idOf(key), book);
  }

  /** The id of the pool of `key`. */
  idOf(key: PoolKey): string {
    return hashPool({ amm: this.address, pool: key });
  }

  /** What is stored of a pool beside its book; 0 where there is none. */
  storedOf(id: string): Stored {
    const get = (field: string) => this.ledger.state.get(`amm ${this.address} ${id} ${field}`);
    return {
      totalShares: get("totalShares"),
      offset0: get("offset0"),
      offset1: get("offset1"),
      alpha: get("alpha"),
      beta: get("beta"),
      rootK: get("rootK"),
      protocolShares: get("protocolShares"),
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
  quoteCreate(key: PoolKey, amount0: bigint, amount1: bigint): bigint {
    const id = this.idOf(key);
    demand(this.storedOf(id).totalShares === 0n, "AmmPoolExists", { id });
    return openPool(key, amount0, amount1).totalShares - LOCKED_SHARES;
  }

  /** Shares that `addLiquidity` mints and what it takes. */
  quoteAdd(key: PoolKey, max0: bigint, max1: bigint): { shares: bigint; amount0: bigint; amount1: bigint } {
    return sharesFor(accrue(this.poolOf(key), this.protocolFee.fee).pool, max0, max1);
  }

  /** What `removeLiquidity` pays. */
  quoteRemove(key: PoolKey, shares: bigint): { amount0: bigint; amount1: bigint } {
    return amountsFor(accrue(this.poolOf(key), this.protocolFee.fee).pool, shares);
  }

  /** Clears a batch of orders at one price. Changes nothing. */
  quoteBatch(key: PoolKey, band: Band, orders: readonly BatchOrder[]): BatchOutcome {
    return clearBatch(this.poolOf(key), band, orders);
  }

  /* ACTIONS */

  #createPool(action: ModelAction, data: ActionOf<"createPool">): ModelOutcome {
    this.#checkDeadline(data.deadline);
    const { pool: key, minShares } = data;
    const id = this.idOf(key);
    demand(id === action.book, "AmmWrongPool", { expected: id, id: action.book });
    demand(this.storedOf(id).totalShares === 0n, "AmmPoolExists", { id });
    const opened = openPool(key, action.amount0, action.amount1);
    const mint = opened.totalShares - LOCKED_SHARES;
    demand(mint >= minShares, "AmmBelowMinimumShares", { shares: mint, minimum: minShares });
    this.#set(id, "alpha", key.alpha);
    this.#set(id, "beta", key.beta);
    this.#close(id, opened);
    return { flags: poolFlags(key), out0: 0n, out1: 0n, shareId: this.#shareId(id), mint, burn: 0n };
  }

  #addLiquidity(action: ModelAction, { minShares, deadline }: ActionOf<"addLiquidity">): ModelOutcome {
    const pool = this.#openAll(action);
    const { shares, amount0, amount1 } = sharesFor(pool, action.amount0, action.amount1);
    this.#checkDeadline(deadline);
    demand(shares >= minShares, "AmmBelowMinimumShares", { shares, minimum: minShares });
    const reserves = { reserve0: pool.reserve0 + amount0, reserve1: pool.reserve1 + amount1 };
    this.#close(action.book, { ...pool, ...reserves, totalShares: pool.totalShares + shares });
    return {
      ...pay(action, action.amount0 - amount0, action.amount1 - amount1),
      shareId: this.#shareId(action.book),
      mint: shares,
    };
  }

  #removeLiquidity(action: ModelAction, data: ActionOf<"removeLiquidity">): ModelOutcome {
    checkEmpty(action);
    this.#checkDeadline(data.deadline);
    const pool = this.#openAll(action);
    const { amount0, amount1 } = amountsFor(pool, data.shares);
    const reserves = { reserve0: pool.reserve0 - amount0, reserve1: pool.reserve1 - amount1 };
    this.#close(action.book, { ...pool, ...reserves, totalShares: pool.totalShares - data.shares });
    demand(amount0 >= data.minAmount0, "AmmBelowMinimumOut", { out: amount0, minimum: data.minAmount0 });
    demand(amount1 >= data.minAmount1, "AmmBelowMinimumOut", { out: amount1, minimum: data.minAmount1 });
    return { ...pay(action, amount0, amount1), shareId: this.#shareId(action.book), burn: data.shares };
  }

  #collectProtocolFee(action: ModelAction): ModelOutcome {
    checkEmpty(action);
    const { recipient } = this.protocolFee;
    demand(action.actor === recipient, "AmmNotFeeRecipient", { actor: action.actor, recipient });
    this.#close(action.book, this.#openAll(action));
    const shares = this.storedOf(action.book).protocolShares;
    this.#set(action.book, "protocolShares", 0n);
    return { ...pay(action, 0n, 0n), shareId: this.#shareId(action.book), mint: shares };
  }

  #swapExactIn(action: ModelAction, { minAmountOut: minimum, deadline }: ActionOf<"swapExactIn">): ModelOutcome {
    this.#checkDeadline(deadline);
    const { pool, zeroForOne, paid } = this.#openSwap(action);
    const out = amountOut(pool, zeroForOne, paid);
    demand(out >= minimum, "AmmBelowMinimumOut", { out, minimum });
    return zeroForOne ? pay(action, 0n, out) : pay(action, out, 0n);
  }

  #swapExactOut(action: ModelAction, { amountOut: out, deadline }: ActionOf<"swapExactOut">): ModelOutcome {
    this.#checkDeadline(deadline);
    const { pool, zeroForOne, paid: maximum } = this.#openSwap(action);
    const paid = amountIn(pool, zeroForOne, out);
    demand(paid <= maximum, "AmmAboveMaximumIn", { amountIn: paid, maximum });
    const change = maximum - paid;
    return zeroForOne ? pay(action, change, out) : pay(action, out, change);
  }

  #openSwap(action: ModelAction): { pool: PoolState; zeroForOne: boolean; paid: bigint } {
    const { amount0, amount1 } = action;
    const pool = this.#load(action.book, action.holdings);
    demand((amount0 === 0n) !== (amount1 === 0n), "AmmOneInputOnly", { amount0, amount1 });
    return { pool, zeroForOne: amount1 === 0n, paid: amount1 === 0n ? amount0 : amount1 };
  }

  /* INTERNALS */

  #checkDeadline(deadline: bigint): void {
    const { timestamp } = this;
    demand(timestamp <= deadline, "AmmExpired", { deadline, timestamp });
  }

  #load(id: string, holdings: bigint): PoolState {
    const { amount0, amount1, flags } = decodeWord(holdings);
    const { exists, fee } = decodePoolFlags(flags);
    if (!exists) throw new ModelError("AmmUnknownPool", { id });
    return { reserve0: amount0, reserve1: amount1, keep: PIPS - fee, ...this.storedOf(id) };
  }

  /** The pool as a change of liquidity finds it, with the protocol's part of the fees so far in its supply. */
  #openAll({ book, holdings }: ModelAction): PoolState {
    const { pool, shares } = accrue(this.#load(book, holdings), this.protocolFee.fee);
    this.#set(book, "protocolShares", this.storedOf(book).protocolShares + shares);
    return pool;
  }

  /** Stores what a change of liquidity left. */
  #close(id: string, pool: PoolState): void {
    this.#set(id, "totalShares", pool.totalShares);
    this.#set(id, "offset0", checkedOffset(pool.alpha, pool.totalShares));
    this.#set(id, "offset1", checkedOffset(pool.beta, pool.totalShares));
    this.#set(id, "rootK", newRoot(pool, this.protocolFee.fee));
  }

  #set(id: string, field: string, value: bigint): void {
    this.ledger.state.set(`amm ${this.address} ${id} ${field}`, value);
  }

  #shareId(id: string): bigint {
    return lpShareId({ amm: this.address, pool: id });
  }
}

/** Clears orders at one price; the pool stays as it is. */
export function clearBatch(pool: PoolState, band: Band, orders: readonly BatchOrder[]): BatchOutcome {
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

function checkEmpty({ amount0, amount1 }: ModelAction): void {
  demand(amount0 === 0n && amount1 === 0n, "AmmInputsNotWanted", { amount0, amount1 });
}

/** What leaves the book, under the flags that it has. */
function pay({ holdings }: ModelAction, out0: bigint, out1: bigint): ModelOutcome {
  return { flags: decodeWord(holdings).flags, out0, out1, shareId: 0n, mint: 0n, burn: 0n };
}
