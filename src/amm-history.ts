import { getAddress, ZeroAddress } from "ethers";
import { type PoolEvent } from "./amm-events.js";
import { floor } from "./amm-curve.js";
import { accrued, type EntryPool } from "./amm-entry.js";
import { LOCKED_SHARES, offsetOf, PIPS, PRICE_SCALE, VIRTUAL_SCALE } from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import { accrue, amountsFor, grow, newRoot, shrink, type PoolState } from "./models/amm-math.js";
import { ModelError } from "./models/state.js";

/** Two amounts, in units of asset 0 and asset 1. */
export type Amounts = { amount0: bigint; amount1: bigint };

/** What an account did with a pool's shares, in units. */
export type Position = {
  shares: bigint;
  /** Paid into the pool and paid out by it, for the account's own calls. */
  paidIn: Amounts;
  paidOut: Amounts;
  /** Shares got from and given to others, at their part of the reserves then, rounded down; of fresh ones what was paid. */
  received: Amounts;
  sent: Amounts;
  /** The account's part of the fees that the pool took in while it held shares, rounded down. */
  fees: Amounts;
  /** The account's part of what the protocol's shares took of the reserves, as they stood then, rounded down. */
  taken: Amounts;
};

/** A pool as its events tell it. */
export type PoolHistory = {
  pool: EntryPool;
  asset0: bigint;
  asset1: bigint;
  /** Raw units of asset 1 per raw unit of asset 0 · 1e36, on virtual reserves, rounded down. */
  price: bigint;
  /** By address; the zero address stands for protocols' books. */
  positions: Map<string, Position>;
  /** The protocol's shares that nobody has collected yet. */
  protocol: Position;
};

/** Profit and loss of a position; values are units of asset 1 at the pool's price, rounded down. */
export type ProfitAndLoss = {
  shares: bigint;
  /** What removing all the shares would pay now, to the unit; 0 where the pool would refuse. */
  worth: Amounts;
  /** What was put in, less what was taken out: what just holding would have left, possibly negative. */
  held: Amounts;
  worthValue: bigint;
  heldValue: bigint;
  /** `worth` less `held`: the gain over just holding. */
  profit: bigint;
  feeValue: bigint;
  /** The protocol's part of the fees, as far as its shares stand in the supply. */
  takenValue: bigint;
  /** What the price's moves cost against just holding: the fees' value less the protocol's part and the profit. */
  impermanentLoss: bigint;
};

const SHIFT = 128n;

/** Sums over time of what one share gains and loses (Q128, in pips). */
type PerShare = Readonly<{ fees: Amounts; taken: Amounts }>;

/** A position with the sums at its last change. */
type Tracked = Position & { seen: PerShare };

/** In place of an address: the holder of the protocol's shares until they are collected. */
const PROTOCOL = "protocol";

/**
 * Reserves, supply and every account's position, from the events of one pool alone (`readPoolEvents`), from its creation on.
 * and those of the protocol's fee from the AMM's deployment on. Reserves and supply equal the chain's to the unit. Throws
 * `HistoryMismatch` where the events cannot be all of one pool's: none of its creation, amounts or shares that are not
 * there, shares for the protocol that the fees before do not explain.
 */
export function rebuildPool(events: readonly PoolEvent[]): PoolHistory {
  const start = events.findIndex(({ name }) => name !== "ProtocolFeeSet");
  const first = events[start];
  if (first?.name !== "PoolCreated") throw mismatch("The events do not begin with the pool's creation");
  const rebuild = new Rebuild(first);
  for (const event of events.toSpliced(start, 1)) rebuild.apply(event);
  return rebuild.finish(first);
}

/** The profit and loss of `account` (its address) in a rebuilt pool, at the pool's price. All 0 for strangers. */
export function profitOf({ pool, positions }: PoolHistory, account: string): ProfitAndLoss {
  const position = positions.get(getAddress(account)) ?? emptyPosition();
  const { shares, paidIn, paidOut, received, sent, fees, taken } = position;
  const worth = claimOf(pool, shares);
  const held = minus(plus(paidIn, received), plus(paidOut, sent));
  const profit = valueOf(pool, minus(worth, held));
  const [feeValue, takenValue] = [valueOf(pool, fees), valueOf(pool, taken)];
  return {
    ...{ shares, worth, held, worthValue: valueOf(pool, worth), heldValue: valueOf(pool, held) },
    ...{ profit, feeValue, takenValue, impermanentLoss: feeValue - takenValue - profit },
  };
}

/** What two amounts are worth in units of asset 1 at the pool's spot price (virtual reserves), rounded down. */
export function valueOf(pool: EntryPool, { amount0, amount1 }: Amounts): bigint {
  const { x, y } = virtualOf(pool);
  return floor(amount0 * y, x) + amount1;
}

type LiquidityChange = Extract<PoolEvent, { name: "LiquidityAdded" | "LiquidityRemoved" }>;
type Collection = Extract<PoolEvent, { name: "ProtocolSharesCollected" }>;

class Rebuild {
  readonly #pool: EntryPool;
  readonly #positions = new Map<string, Tracked>();
  readonly #fee: bigint;
  #perShare: PerShare = { fees: noAmounts(), taken: noAmounts() };
  /** An event whose shares have not moved yet: the ledger logs that next. */
  #pending: LiquidityChange | (Collection & Amounts) | undefined;

  constructor({ fee, alpha, beta }: Extract<PoolEvent, { name: "PoolCreated" }>) {
    this.#fee = fee;
    this.#pool = {
      ...{ reserve0: 0n, reserve1: 0n, offset0: 0n, offset1: 0n, keep: PIPS - fee },
      ...{ totalShares: 0n, virtualShares: 0n, alpha, beta, rootK: 0n, protocolFee: 0n },
    };
  }

  apply(event: PoolEvent): void {
    if (event.name === "SharesMoved") {
      this.#move(event);
      return;
    }
    this.#flush();
    switch (event.name) {
      case "PoolCreated":
        throw mismatch("A pool is created once");
      case "ProtocolFeeSet":
        this.#pool.protocolFee = event.fee;
        if (event.fee === 0n) this.#pool.rootK = 0n; // what was counted is void
        return;
      case "ProtocolSharesAdded":
        this.#accrue(event.shares);
        return;
      case "ProtocolSharesCollected":
        this.#collect(event);
        return;
      case "LiquidityAdded":
      case "LiquidityRemoved":
        this.#changeLiquidity(event);
        this.#pending = event;
        return;
      case "Swapped":
        this.#earn(positive(event.amount0), positive(event.amount1));
        this.#flow(event.amount0, event.amount1);
        return;
      case "BatchCleared":
        this.#earn(event.amountIn0, event.amountIn1);
        this.#flow(event.amountIn0 - event.amountOut0, event.amountIn1 - event.amountOut1);
        return;
    }
  }

  finish({ asset0, asset1 }: { asset0: bigint; asset1: bigint }): PoolHistory {
    this.#flush();
    const { x, y } = virtualOf(this.#pool);
    const positions = new Map<string, Position>();
    for (const [account, tracked] of this.#positions) {
      this.#settle(tracked);
      const { seen: _seen, fees, taken, ...position } = tracked;
      positions.set(account, { ...position, fees: whole(fees), taken: whole(taken) });
    }
    const protocol = positions.get(PROTOCOL) ?? emptyPosition();
    positions.delete(PROTOCOL);
    return { pool: this.#pool, asset0, asset1, price: x === 0n ? 0n : (y * PRICE_SCALE) / x, positions, protocol };
  }

  /** Shares for the protocol, which all others pay for. */
  #accrue(shares: bigint): void {
    const pool = this.#pool;
    const { totalShares: before, reserve0, reserve1, protocolFee } = pool;
    const counted = accrue(pool, protocolFee);
    if (shares === 0n || counted.shares !== shares) {
      throw mismatch("The protocol's shares are not those of its fee", {
        shares,
        counted: counted.shares,
        protocolFee,
      });
    }
    Object.assign(pool, counted.pool);
    const each = (reserve: bigint) => ((reserve * shares * PIPS) << SHIFT) / (pool.totalShares * before);
    const { fees, taken } = this.#perShare;
    this.#perShare = { fees, taken: plus(taken, { amount0: each(reserve0), amount1: each(reserve1) }) };
    this.#credit(PROTOCOL, shares);
    const protocol = this.#of(PROTOCOL);
    protocol.received = plus(protocol.received, this.#partOf(shares));
  }

  /** The protocol's shares become the recipient's; they follow with the ledger's log. */
  #collect(event: Collection): void {
    const { account, shares } = event;
    const worth = shares === 0n ? noAmounts() : this.#partOf(shares);
    this.#credit(PROTOCOL, -shares);
    const [protocol, recipient] = [this.#of(PROTOCOL), this.#of(account)];
    protocol.sent = plus(protocol.sent, worth);
    recipient.received = plus(recipient.received, worth);
    this.#markRoot();
    if (shares > 0n) this.#pending = { ...event, ...worth };
  }

  /** Reserves, supply and what the account paid; its shares follow with the ledger's log. */
  #changeLiquidity({ name, account, ...change }: LiquidityChange): void {
    const position = this.#of(account);
    if (name === "LiquidityAdded") {
      position.paidIn = plus(position.paidIn, change);
      if (this.#pool.totalShares === 0n) this.#open(change);
      else this.#become(grow(this.#pool, change));
    } else {
      position.paidOut = plus(position.paidOut, change);
      this.#become(shrink(this.#pool, change));
    }
    this.#markRoot();
  }

  /** The first liquidity, with the shares that stay locked. */
  #open({ shares, amount0, amount1 }: Amounts & { shares: bigint }): void {
    const pool = this.#pool;
    [pool.reserve0, pool.reserve1, pool.totalShares] = [amount0, amount1, shares + LOCKED_SHARES];
    if ((pool.alpha | pool.beta) === 0n) return;
    pool.virtualShares = pool.totalShares * VIRTUAL_SCALE;
    pool.offset0 = offsetOf(pool.alpha, pool.virtualShares);
    pool.offset1 = offsetOf(pool.beta, pool.virtualShares);
  }

  #become(pool: PoolState): void {
    Object.assign(this.#pool, pool);
    this.#checkReserves();
    if (pool.totalShares >= LOCKED_SHARES) return;
    throw mismatch("Fewer shares are left than are locked", { shares: pool.totalShares });
  }

  #move({ from, to, amount }: Extract<PoolEvent, { name: "SharesMoved" }>): void {
    const pending = this.#pending;
    if (pending !== undefined && pending.shares === amount) {
      if (pending.name !== "LiquidityRemoved" && from === ZeroAddress) {
        // Fresh shares for somebody else are a gift of what was paid, or of what the protocol's were worth.
        this.#pending = undefined;
        this.#credit(pending.account, amount);
        if (to !== pending.account) this.#give(pending.account, to, amount, pending);
        return;
      }
      if (pending.name === "LiquidityRemoved" && to === ZeroAddress && from === pending.account) {
        this.#flush();
        return;
      }
    }
    this.#flush();
    if (this.#pool.totalShares === 0n) throw mismatch("Shares move before there are any", { from, to, amount });
    this.#give(from, to, amount, this.#partOf(amount));
  }

  /** What part of the reserves shares are, rounded down. */
  #partOf(shares: bigint): Amounts {
    const { reserve0, reserve1, totalShares } = this.#pool;
    return { amount0: (reserve0 * shares) / totalShares, amount1: (reserve1 * shares) / totalShares };
  }

  /** Shares without a log of theirs are the event's account's own. */
  #flush(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    this.#credit(pending.account, pending.name === "LiquidityRemoved" ? -pending.shares : pending.shares);
  }

  #give(from: string, to: string, amount: bigint, { amount0, amount1 }: Amounts): void {
    if (from === to) return;
    this.#credit(from, -amount);
    this.#credit(to, amount);
    const [giver, taker] = [this.#of(from), this.#of(to)];
    giver.sent = plus(giver.sent, { amount0, amount1 });
    taker.received = plus(taker.received, { amount0, amount1 });
  }

  #credit(account: string, shares: bigint): void {
    const position = this.#of(account);
    this.#settle(position);
    position.shares += shares;
    if (position.shares < 0n) throw mismatch("More shares leave than are held", { account, shares });
  }

  #of(account: string): Tracked {
    let position = this.#positions.get(account);
    if (position === undefined) {
      position = { ...emptyPosition(), seen: this.#perShare };
      this.#positions.set(account, position);
    }
    return position;
  }

  /** The pool keeps the fee of what came in, for all shares at once, the locked ones too. */
  #earn(in0: bigint, in1: bigint): void {
    const { totalShares } = this.#pool;
    if (totalShares === 0n) throw mismatch("The pool trades before it has shares");
    const each = (amount: bigint) => ((amount * this.#fee) << SHIFT) / totalShares;
    const { fees, taken } = this.#perShare;
    this.#perShare = { fees: plus(fees, { amount0: each(in0), amount1: each(in1) }), taken };
  }

  /** Adds what the shares earned and lost since they were last seen; both stay in Q128 pips until the end. */
  #settle(position: Tracked): void {
    const { shares, seen } = position;
    for (const kind of ["fees", "taken"] as const) {
      const { amount0, amount1 } = minus(this.#perShare[kind], seen[kind]);
      position[kind] = plus(position[kind], { amount0: shares * amount0, amount1: shares * amount1 });
    }
    position.seen = this.#perShare;
  }

  /** From here on the protocol's part is counted anew. */
  #markRoot(): void {
    const pool = this.#pool;
    if (pool.protocolFee !== 0n) pool.rootK = newRoot(pool);
  }

  #flow(in0: bigint, in1: bigint): void {
    const pool = this.#pool;
    pool.reserve0 += in0;
    pool.reserve1 += in1;
    this.#checkReserves();
  }

  #checkReserves(): void {
    const { reserve0, reserve1 } = this.#pool;
    if (reserve0 < 0n || reserve1 < 0n) throw mismatch("More leaves the pool than it holds", { reserve0, reserve1 });
  }
}

function whole({ amount0, amount1 }: Amounts): Amounts {
  return { amount0: (amount0 >> SHIFT) / PIPS, amount1: (amount1 >> SHIFT) / PIPS };
}

function claimOf(pool: EntryPool, shares: bigint): Amounts {
  if (shares === 0n) return { amount0: 0n, amount1: 0n };
  try {
    return amountsFor(accrued(pool), shares);
  } catch (error) {
    if (error instanceof ModelError) return { amount0: 0n, amount1: 0n };
    throw error;
  }
}

function virtualOf({ reserve0, reserve1, offset0, offset1 }: EntryPool): { x: bigint; y: bigint } {
  return { x: reserve0 + offset0, y: reserve1 + offset1 };
}

function emptyPosition(): Position {
  return {
    ...{ shares: 0n, paidIn: noAmounts(), paidOut: noAmounts(), received: noAmounts(), sent: noAmounts() },
    ...{ fees: noAmounts(), taken: noAmounts() },
  };
}

function noAmounts(): Amounts {
  return { amount0: 0n, amount1: 0n };
}

function plus(a: Amounts, b: Amounts): Amounts {
  return { amount0: a.amount0 + b.amount0, amount1: a.amount1 + b.amount1 };
}

function minus(a: Amounts, b: Amounts): Amounts {
  return { amount0: a.amount0 - b.amount0, amount1: a.amount1 - b.amount1 };
}

function positive(amount: bigint): bigint {
  return amount > 0n ? amount : 0n;
}

function mismatch(message: string, values: Readonly<Record<string, unknown>> = {}): ValidationError {
  return new ValidationError("HistoryMismatch", message, values);
}
