import { ZeroAddress } from "ethers";
import { ammActions } from "../amm.js";
import {
  bookKey,
  decodePoolFlags,
  decodeWord,
  hashPool,
  LOCKED_SHARES,
  MIN_TRADE,
  PIPS,
  poolFlags,
  shareIdOf,
  type PoolKey,
} from "../assets.js";
import {
  accrue,
  amountIn,
  amountOut,
  amountsFor,
  checkAfter,
  clearingPrice,
  edges,
  fill,
  grow,
  newRoot,
  openPool,
  sharesFor,
  shrink,
  worstOut,
  type Band,
  type PoolState,
} from "./amm-math.js";
import {
  type LedgerModel,
  type ModelAction,
  type ModelOutcome,
  type ModelPayout,
  type ModelPayouts,
  type ModelProtocol,
  type ModelSection,
} from "./ledger.js";
import { decodeBand, KIND_ADD, SIDE_SHARES } from "../settlement/operations.js";
import { demand, ModelError } from "./state.js";

/** An AMM action, as `IAmmActions` has it; deadlines in Unix seconds, inclusive. */
export type AmmAction =
  | { name: "createPool"; pool: PoolKey; minShares: bigint; deadline: bigint }
  | { name: "addLiquidity"; minShares: bigint; deadline: bigint }
  | { name: "removeLiquidity"; shares: bigint; minAmount0: bigint; minAmount1: bigint; deadline: bigint }
  | { name: "swapExactIn"; minAmountOut: bigint; deadline: bigint }
  | { name: "swapExactOut"; amountOut: bigint; deadline: bigint }
  | { name: "swapExactOutPath"; next: readonly PoolKey[]; assetOut: bigint; amountOut: bigint; deadline: bigint }
  | { name: "collectProtocolFee" };

type ActionOf<Name extends AmmAction["name"]> = Extract<AmmAction, { name: Name }>;

/** An order of a batch: `amount` of asset `side`, for at least `limit` (0 is read as 1) of the other. */
export type BatchOrder = { side: 0 | 1; amount: bigint; limit: bigint };

/** A cleared batch: the price (asset 1 per asset 0 · 1e36), and each order's output or undefined where it failed. */
export type BatchOutcome = { price: bigint | undefined; outputs: (bigint | undefined)[] };

/** What is stored of a pool beside its book. */
export type StoredPool = Omit<PoolState, "reserve0" | "reserve1" | "keep"> & { protocolShares: bigint };

/** The protocol's part of what fees add to pools, in parts of 10,000, and who may collect it. */
export type ProtocolFee = { fee: bigint; recipient: string };

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
    case "swapExactOutPath":
      return ammActions.swapExactOutPath(action.next, action.assetOut, action.amountOut, action.deadline);
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
  #protocolFee: ProtocolFee = { fee: 0n, recipient: ZeroAddress };
  /** How often the part has risen from 0: a root of an earlier period is void. */
  #feePeriod = 0n;

  constructor({ address, ledger }: { address: string; ledger: LedgerModel }) {
    this.address = address;
    this.ledger = ledger;
    ledger.addProtocol(address, this);
  }

  /** What an action does with its pool; throws a `ModelError` where the core reverts. */
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
      case "swapExactOutPath":
        return this.#swapExactOutPath(action, data);
      case "collectProtocolFee":
        return this.#collectProtocolFee(action);
    }
  }

  /** The protocol's part of what fees add to pools, and who may collect it. */
  get protocolFee(): ProtocolFee {
    return this.#protocolFee;
  }

  /** As `setProtocolFee`, which the authority alone may call. */
  set protocolFee(value: ProtocolFee) {
    if (this.#protocolFee.fee === 0n && value.fee !== 0n) this.#feePeriod += 1n;
    this.#protocolFee = value;
  }

  onLedgerBatch(section: ModelSection): ModelPayouts {
    return section.parameters === "0x" ? this.#settleLiquidity(section) : this.#settleSwaps(section);
  }

  /** A section of swaps: the kind is the side that is sold, the limit the least output. */
  #settleSwaps({ book, holdings, parameters, operations }: ModelSection): ModelPayouts {
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

  /** A section of additions, of two operations each, and of removals, one after the other. */
  #settleLiquidity({ book, holdings, shareId, operations }: ModelSection): ModelPayouts {
    const { flags } = decodeWord(holdings);
    const expected = this.#shareId(book, flags);
    demand(shareId === expected, "AmmWrongShare", { expected, shareId });
    let pool = this.#openAll({ book, holdings });
    const payouts: (ModelPayout | undefined)[] = operations.map(() => undefined);
    for (let i = 0; i < operations.length; i += 1) {
      const [first, second] = [operations[i], operations[i + 1]];
      if (first?.kind === SIDE_SHARES) {
        const removed = tried(() => amountsFor(pool, first.amount));
        if (removed === undefined || removed.amount0 < first.limit || removed.amount1 < first.secondLimit) continue;
        pool = shrink(pool, { shares: first.amount, ...removed });
        payouts[i] = { out0: removed.amount0, out1: removed.amount1 };
      } else if (first?.kind === KIND_ADD && second?.kind === KIND_ADD + 1 && first.account === second.account) {
        i += 1;
        const added = tried(() => sharesFor(pool, first.amount, second.amount));
        if (added === undefined || first.limit !== second.limit || added.shares < first.limit) continue;
        pool = grow(pool, added);
        payouts[i - 1] = { out0: 0n, out1: 0n, shares: added.shares };
        payouts[i] = { out0: first.amount - added.amount0, out1: second.amount - added.amount1 };
      }
    }
    this.#close(book, pool);
    return { flags, payouts };
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
  storedOf(id: string): StoredPool {
    const get = (field: string) => this.ledger.state.get(`amm ${this.address} ${id} ${field}`);
    const isCounted = this.#protocolFee.fee !== 0n;
    return {
      totalShares: get("totalShares"),
      virtualShares: get("virtualShares"),
      offset0: get("offset0"),
      offset1: get("offset1"),
      alpha: get("alpha"),
      beta: get("beta"),
      rootK: isCounted && get("feePeriod") === this.#feePeriod ? get("rootK") : 0n,
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
    const flags = poolFlags(key);
    return { flags, out0: 0n, out1: 0n, shareId: this.#shareId(id, flags), mint, burn: 0n };
  }

  #addLiquidity(action: ModelAction, { minShares, deadline }: ActionOf<"addLiquidity">): ModelOutcome {
    const pool = this.#openAll(action);
    const added = sharesFor(pool, action.amount0, action.amount1);
    const { shares, amount0, amount1 } = added;
    this.#checkDeadline(deadline);
    demand(shares >= minShares, "AmmBelowMinimumShares", { shares, minimum: minShares });
    this.#close(action.book, grow(pool, added));
    const left = pay(action, action.amount0 - amount0, action.amount1 - amount1);
    return { ...left, shareId: this.#shareId(action.book, left.flags), mint: shares };
  }

  #removeLiquidity(action: ModelAction, data: ActionOf<"removeLiquidity">): ModelOutcome {
    checkEmpty(action);
    this.#checkDeadline(data.deadline);
    const pool = this.#openAll(action);
    const { amount0, amount1 } = amountsFor(pool, data.shares);
    this.#close(action.book, shrink(pool, { shares: data.shares, amount0, amount1 }));
    demand(amount0 >= data.minAmount0, "AmmBelowMinimumOut", { out: amount0, minimum: data.minAmount0 });
    demand(amount1 >= data.minAmount1, "AmmBelowMinimumOut", { out: amount1, minimum: data.minAmount1 });
    const paid = pay(action, amount0, amount1);
    return { ...paid, shareId: this.#shareId(action.book, paid.flags), burn: data.shares };
  }

  #collectProtocolFee(action: ModelAction): ModelOutcome {
    checkEmpty(action);
    const { recipient } = this.protocolFee;
    demand(action.actor === recipient, "AmmNotFeeRecipient", { actor: action.actor, recipient });
    this.#close(action.book, this.#openAll(action));
    const shares = this.storedOf(action.book).protocolShares;
    this.#set(action.book, "protocolShares", 0n);
    const paid = pay(action, 0n, 0n);
    return { ...paid, shareId: this.#shareId(action.book, paid.flags), mint: shares };
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

  /** Each pool behind pays for the one behind it, from the last back, at its book as it stands. */
  #swapExactOutPath(action: ModelAction, { next, assetOut, amountOut, deadline }: ActionOf<"swapExactOutPath">) {
    this.#checkDeadline(deadline);
    const ids = [action.book];
    let [asset, amount] = [assetOut, amountOut];
    for (const key of [...next].reverse()) {
      const id = this.idOf(key);
      demand(!ids.includes(id), "AmmPoolTwice", { id });
      ids.push(id);
      demand(asset === key.asset0 || asset === key.asset1, "AmmBrokenPath", { id, asset });
      const zeroForOne = asset === key.asset1;
      amount = amountIn(this.poolOf(key), zeroForOne, amount);
      asset = zeroForOne ? key.asset0 : key.asset1;
    }
    return this.#swapExactOut(action, { name: "swapExactOut", amountOut: amount, deadline });
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
  #openAll({ book, holdings }: Pick<ModelAction, "book" | "holdings">): PoolState {
    const { pool, shares } = accrue(this.#load(book, holdings), this.protocolFee.fee);
    this.#set(book, "protocolShares", this.storedOf(book).protocolShares + shares);
    return pool;
  }

  /** Stores what a change of liquidity left. */
  #close(id: string, pool: PoolState): void {
    this.#set(id, "totalShares", pool.totalShares);
    this.#set(id, "virtualShares", pool.virtualShares);
    this.#set(id, "offset0", pool.offset0);
    this.#set(id, "offset1", pool.offset1);
    if (this.#protocolFee.fee === 0n) return;
    this.#set(id, "rootK", newRoot(pool));
    this.#set(id, "feePeriod", this.#feePeriod);
  }

  #set(id: string, field: string, value: bigint): void {
    this.ledger.state.set(`amm ${this.address} ${id} ${field}`, value);
  }

  #shareId(id: string, flags: bigint): bigint {
    return shareIdOf({ amm: this.address, id, isRestricted: decodePoolFlags(flags).isRestricted });
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

/** The answer, or undefined where there is a refusal. */
function tried<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

function checkEmpty({ amount0, amount1 }: ModelAction): void {
  demand(amount0 === 0n && amount1 === 0n, "AmmInputsNotWanted", { amount0, amount1 });
}

/** What leaves the book, under the flags that it has. */
function pay({ holdings }: ModelAction, out0: bigint, out1: bigint): ModelOutcome {
  return { flags: decodeWord(holdings).flags, out0, out1, shareId: 0n, mint: 0n, burn: 0n };
}
