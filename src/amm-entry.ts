import { ZeroAddress, type BlockTag } from "ethers";
import { type AmmClient } from "./amm.js";
import { curveOf, curveOut, rawOut, type Curve } from "./amm-curve.js";
import { checkTolerance } from "./amm-path.js";
import { MIN_TRADE, PIPS, squareRoot, type PoolKey } from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import { type LedgerClient } from "./ledger.js";
import { accrue, sharesFor, type PoolState } from "./models/amm-math.js";
import { ModelError } from "./models/state.js";
import { checkLimit, type LakhRequest } from "./request.js";

const WAD = 10n ** 18n;

/** Liquidity added from any two amounts: a swap in the same pool first, where that gives more shares. All in units. */
export type Entry = {
  /** What is sold and bought before; undefined where no swap gives more shares. */
  swap: { zeroForOne: boolean; amountIn: bigint; amountOut: bigint } | undefined;
  /** The inputs of `addLiquidity`: all that is left and bought. */
  max0: bigint;
  max1: bigint;
  /** What it mints, rounded down, and what it takes, rounded up. */
  shares: bigint;
  amount0: bigint;
  amount1: bigint;
  /** What stays with the account. */
  left0: bigint;
  left1: bigint;
};

/** What liquidity needs to know of a pool: beside what a swap does, what shares are, and the protocol's part of the fees. */
export type EntryPool = PoolState & {
  /** Of what fees add to the pool, in parts of 10,000. */
  protocolFee: bigint;
};

/** Two amounts for one pool, as it stands. */
export type EntryOptions = { pool: EntryPool; amount0: bigint; amount1: bigint };

/** An entry that was planned, with the limits of the request that carries it out. */
export type EntryRequestOptions = EntryOptions & {
  key: PoolKey;
  ledger: LedgerClient;
  amm: AmmClient;
  /** Last second, Unix time, inclusive, of both actions. */
  deadline: bigint;
  /** Unix time; when given, a passed deadline is refused here. */
  now?: bigint;
  /** Receiver of the shares; the client's account unless given, without one whoever sends the request. */
  to?: string;
  /** What the limits concede, a WAD fraction; 0 unless given. */
  tolerance?: bigint;
};

/**
 * The pool's numbers, 0 but for the fees where there is no pool. Three reads: with a `blockTag` they are surely of one
 * block, without one a change of liquidity between them is like one after them, against which the request's limits hold.
 */
export async function entryPoolOf({
  key,
  amm,
  blockTag = "latest",
}: {
  key: PoolKey;
  amm: AmmClient;
  blockTag?: BlockTag;
}): Promise<EntryPool> {
  const { contract, lens } = amm;
  const at = { blockTag };
  const [{ reserve0, reserve1 }, state, [protocolFee]] = await Promise.all([
    lens.poolOf(key, at),
    contract.poolOf(amm.poolIdOf({ pool: key }), at),
    contract.protocolFee(at),
  ]);
  const { totalShares, virtualShares, offset0, offset1, alpha, beta, rootK } = state;
  return {
    ...{ reserve0, reserve1, offset0, offset1, keep: PIPS - key.fee },
    ...{ totalShares, virtualShares, alpha, beta, rootK, protocolFee },
  };
}

/** The shares that `collectProtocolFee` would mint: those stored for the protocol, and its part of the fees since. */
export async function protocolSharesOf(options: {
  key: PoolKey;
  amm: AmmClient;
  blockTag?: BlockTag;
}): Promise<bigint> {
  const { key, amm, blockTag = "latest" } = options;
  const [pool, { protocolShares }] = await Promise.all([
    entryPoolOf(options),
    amm.contract.poolOf(amm.poolIdOf({ pool: key }), { blockTag }),
  ]);
  return protocolShares + accrue(pool, pool.protocolFee).shares;
}

/** The pool as a change of liquidity finds it: with the protocol's shares of the fees so far in the supply. */
export function accrued(pool: EntryPool): PoolState {
  return accrue(pool, pool.protocolFee).pool;
}

/**
 * The swap that turns two amounts of any ratio into the most shares, and what comes of it. Among equals the smallest swap.
 * All figures are those of the execution, to the unit.
 *
 * Selling s leaves both sides at the pool's ratio where (m − s) / (r + s) = (m' + out) / (r' − out): a quadratic equation
 * in s, whose root is found in whole numbers. Shares that the sold side covers fall with s, those that the bought side
 * covers rise, so the best whole s is where they cross, next to the root. Where the protocol takes a part of the fees, its
 * shares move with s by rounding, and another s may give a few units more. Throws `NothingToAdd` where not even one share
 * results, `BothAmountsZero`, `AmountOutOfRange` and `AmountTooLarge`.
 */
export function planEntry({ pool, amount0, amount1 }: EntryOptions): Entry {
  checkLimit(amount0, "amount0");
  checkLimit(amount1, "amount1");
  if (amount0 === 0n && amount1 === 0n) throw new ValidationError("BothAmountsZero", "Both amounts are zero");
  const zeroForOne = amount0 * pool.reserve1 > amount1 * pool.reserve0;
  const best = [0n, ...candidates({ pool, amount0, amount1 }, zeroForOne)]
    .map((amountIn) => entryAfter({ pool, amount0, amount1 }, zeroForOne, amountIn))
    .reduce((a, b) => (b !== undefined && (a === undefined || b.shares > a.shares) ? b : a));
  if (best === undefined) throw nothingToAdd(amount0, amount1);
  return best;
}

/**
 * One multicall of the ledger that swaps and adds out of the caller's ledger balances, with limits that concede
 * `tolerance` of the output and of the shares. What the swap buys above its limit stays with the caller, so with a
 * tolerance a little less is added; without one the figures are those of `planEntry`, and a pool that moved against the
 * caller makes the call fail. Throws what `planEntry` and the clients' builders throw.
 */
export function entryRequest(options: EntryRequestOptions): {
  request: LakhRequest;
  entry: Entry;
  minAmountOut: bigint;
  minShares: bigint;
} {
  const { pool, amount0, amount1, key, ledger, amm, deadline, now, to, tolerance = 0n } = options;
  checkTolerance(tolerance);
  const planned = planEntry({ pool, amount0, amount1 });
  const time = now === undefined ? { deadline } : { deadline, now };
  const less = (amount: bigint) => amount - (amount * tolerance) / WAD;
  const minAmountOut = less(planned.swap?.amountOut ?? 0n);
  const entry = planned.swap === undefined ? planned : settle(pool, planned, planned.swap, minAmountOut);
  const minShares = less(entry.shares);
  const requests: LakhRequest[] = [];
  if (entry.swap !== undefined) {
    const { zeroForOne, amountIn } = entry.swap;
    const assetIn = zeroForOne ? key.asset0 : key.asset1;
    // What is bought must be the sender's, who adds it.
    requests.push(amm.swapExactIn({ pool: key, assetIn, amountIn, minAmountOut, to: ZeroAddress, ...time }));
  }
  const amounts = { amount0: entry.max0, amount1: entry.max1, minShares };
  requests.push(amm.addLiquidity({ pool: key, ...amounts, ...time, ...(to === undefined ? {} : { to }) }));
  return { request: ledger.multicall(requests), entry, minAmountOut, minShares };
}

/** The entry where no more than `bought` of the swap's output is added. */
function settle(pool: EntryPool, planned: Entry, swap: NonNullable<Entry["swap"]>, bought: bigint): Entry {
  const unused = swap.amountOut - bought;
  if (unused === 0n) return planned;
  const [max0, max1] = swap.zeroForOne ? [planned.max0, planned.max1 - unused] : [planned.max0 - unused, planned.max1];
  const added = tryShares(swapped(pool, swap), max0, max1);
  if (added === undefined) throw nothingToAdd(max0, max1);
  const { shares, amount0, amount1 } = added;
  const [left0, left1] = [planned.max0 - amount0, planned.max1 - amount1];
  return { swap, max0, max1, shares, amount0, amount1, left0, left1 };
}

/** What adding comes to after selling `amountIn`, or undefined where either is refused. */
function entryAfter(
  { pool, amount0, amount1 }: EntryOptions,
  zeroForOne: boolean,
  amountIn: bigint,
): Entry | undefined {
  let swap: Entry["swap"];
  if (amountIn > 0n) {
    const amountOut = curveOut(curveOf(pool, zeroForOne), amountIn);
    if (amountOut === undefined) return undefined;
    swap = { zeroForOne, amountIn, amountOut };
  }
  const [in0, in1] = swap === undefined ? [0n, 0n] : flows(swap);
  const [max0, max1] = [amount0 - in0, amount1 - in1];
  const added = tryShares(swap === undefined ? pool : swapped(pool, swap), max0, max1);
  return added && { swap, max0, max1, ...added, left0: max0 - added.amount0, left1: max1 - added.amount1 };
}

function tryShares(pool: EntryPool, max0: bigint, max1: bigint): ReturnType<typeof sharesFor> | undefined {
  try {
    return sharesFor(accrued(pool), max0, max1);
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

function nothingToAdd(amount0: bigint, amount1: bigint): ValidationError {
  return new ValidationError("NothingToAdd", "No share results from these amounts", { amount0, amount1 });
}

/** What a swap puts into the pool; negative where it takes out. */
function flows({ zeroForOne, amountIn, amountOut }: NonNullable<Entry["swap"]>): [bigint, bigint] {
  return zeroForOne ? [amountIn, -amountOut] : [-amountOut, amountIn];
}

function swapped(pool: EntryPool, swap: NonNullable<Entry["swap"]>): EntryPool {
  const [in0, in1] = flows(swap);
  return { ...pool, reserve0: pool.reserve0 + in0, reserve1: pool.reserve1 + in1 };
}

/** Inputs of a swap worth trying. */
function candidates({ pool, amount0, amount1 }: EntryOptions, zeroForOne: boolean): bigint[] {
  const curve = curveOf(pool, zeroForOne);
  // The swap's own fee adds to the protocol's shares what changes both sides alike.
  const { totalShares } = accrued(pool);
  const [sold, bought] = zeroForOne ? sidesOf(pool, amount0, amount1) : sidesOf(pool, amount0, amount1).reverse();
  if (sold === undefined || bought === undefined) return [];
  const high = sold.amount < curve.maxIn ? sold.amount : curve.maxIn;
  if (high < MIN_TRADE) return [];
  const out = (s: bigint) => {
    const wanted = rawOut(curve, s);
    return wanted > curve.maxOut ? curve.maxOut : wanted;
  };
  /** Shares that each side covers after selling s, as `sharesFor` counts them; undefined where a side is not needed. */
  const covered = ({ reserve, amount, isRange }: Side, moved: bigint) => {
    const [held, maximum] = [reserve + moved, amount - moved];
    const usable = isRange && maximum > 0n ? maximum - 1n : maximum;
    return held === 0n ? undefined : (usable * totalShares) / held;
  };
  const bySold = (s: bigint) => covered(sold, s) ?? 0n;
  const reaches = (s: bigint, shares: bigint) => (covered(bought, -out(s)) ?? shares) >= shares;

  const root = clamp(balance(curve, sold, bought), MIN_TRADE, high);
  const crossing = leastFrom(root, MIN_TRADE, high, (s) => reaches(s, bySold(s)));
  const found = [MIN_TRADE, high];
  for (const s of [crossing, crossing - 1n]) {
    if (s < MIN_TRADE || s > high) continue;
    const shares = s === crossing ? bySold(s) : (covered(bought, -out(s)) ?? 0n);
    found.push(
      s,
      leastFrom(s, MIN_TRADE, high, (less) => reaches(less, shares)),
    );
  }
  // Smaller swaps first: the first of equals is taken.
  return found.filter((s) => s >= MIN_TRADE && s <= high).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** One asset of the pool, and the account's amount of it. */
type Side = { reserve: bigint; amount: bigint; isRange: boolean };

function sidesOf({ reserve0, reserve1, alpha, beta }: EntryPool, amount0: bigint, amount1: bigint): Side[] {
  return [
    { reserve: reserve0, amount: amount0, isRange: alpha !== 0n },
    { reserve: reserve1, amount: amount1, isRange: beta !== 0n },
  ];
}

/**
 * The positive root, rounded down, of B·k·s² + (B·X·P + A·k·Y − C·k)·s − C·X·P = 0 with A = m + r, B = m' + r',
 * C = m·r' − m'·r >= 0; k / P is the part of an input that trades.
 */
function balance({ x, y, keep }: Curve, sold: Side, bought: Side): bigint {
  const a = (bought.amount + bought.reserve) * keep;
  const c = sold.amount * bought.reserve - bought.amount * sold.reserve;
  const b = (bought.amount + bought.reserve) * x * PIPS + ((sold.amount + sold.reserve) * y - c) * keep;
  if (a === 0n) return 0n;
  return (squareRoot(b * b + 4n * a * c * x * PIPS) - b) / (2n * a);
}

/** The least number from `low` to `high` that `holds`, which all above it do too; `high` + 1 where none does. */
function leastFrom(guess: bigint, low: bigint, high: bigint, holds: (s: bigint) => boolean): bigint {
  // Below `no` nothing holds, from `yes` on all do.
  let [no, yes] = [low - 1n, high + 1n];
  let step = 1n;
  for (let at = guess; at > no && at < yes; step *= 2n) {
    if (holds(at)) [yes, at] = [at, at - step];
    else [no, at] = [at, at + step];
    if (no >= low && yes <= high) break;
  }
  while (yes - no > 1n) {
    const middle = (no + yes) >> 1n;
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

function clamp(value: bigint, low: bigint, high: bigint): bigint {
  return value < low ? low : value > high ? high : value;
}
