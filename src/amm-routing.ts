import { allocate, partOfInput, partOfOutput, type Part } from "./amm-allocation.js";
import {
  ceil,
  compare,
  curveIn,
  curveOf,
  curveOut,
  marginalPrice,
  type Curve,
  type Fraction,
  type SwapPool,
} from "./amm-curve.js";
import { ValidationError } from "./lakh-error.js";
import { checkAmount } from "./request.js";

const WAD = 10n ** 18n;

/** What one pool trades, in units; both are 0 where it takes no part. */
export type SplitPart = { amountIn: bigint; amountOut: bigint };

/** One trade over several pools of one pair. Amounts are units. */
export type Split = {
  /** In the order of the pools given. */
  parts: SplitPart[];
  amountIn: bigint;
  amountOut: bigint;
  /**
   * By how much the trade's price is worse than that of the first unit in the best pool, both after the fee, as a WAD
   * fraction rounded up.
   */
  priceImpact: bigint;
  /**
   * No split is better by more than this many units: 0 where the split is proved optimal, else less than the number of
   * pools.
   */
  shortfall: bigint;
};

/**
 * The split of exactly `amountIn` over `pools` that buys the most. Every part is at least the minimum trade, buys at least
 * one unit and stays within real reserves; each output rounds down, as the swap does. `zeroForOne` sells asset 0.
 *
 * At the optimum all pools that trade have one marginal price, which has a closed form on virtual reserves; pools that
 * would be dearer stay unused, pools that run out are full. Whole units are then found exactly but for the rounding of
 * the outputs, and a search wins that back. Throws `NoPool`, `AmountZero`, `AmountTooLarge` and `InsufficientLiquidity`.
 */
export function splitExactIn({
  pools,
  zeroForOne,
  amountIn,
}: {
  pools: readonly SwapPool[];
  zeroForOne: boolean;
  amountIn: bigint;
}): Split {
  const curves = open(pools, zeroForOne);
  const { units, shortfall } = solve(curves, partOfInput, checkAmount(amountIn, "amountIn"));
  const parts = curves.map((curve, i) => {
    const paid = units[i] ?? 0n;
    return { amountIn: paid, amountOut: paid === 0n ? 0n : traded(curveOut(curve, paid)) };
  });
  return summarise(curves, parts, shortfall);
}

/**
 * As `splitExactIn`, for exactly `amountOut`: the split that costs the least. Each input rounds up, as the swap does, and
 * is at least the minimum trade.
 */
export function splitExactOut({
  pools,
  zeroForOne,
  amountOut,
}: {
  pools: readonly SwapPool[];
  zeroForOne: boolean;
  amountOut: bigint;
}): Split {
  const curves = open(pools, zeroForOne);
  const { units, shortfall } = solve(curves, partOfOutput, checkAmount(amountOut, "amountOut"));
  const parts = curves.map((curve, i) => {
    const out = units[i] ?? 0n;
    return { amountIn: out === 0n ? 0n : traded(curveIn(curve, out)), amountOut: out };
  });
  return summarise(curves, parts, shortfall);
}

/**
 * How much worse a trade's price is than `spot` (units bought per unit sold), as a WAD fraction rounded up; 0 where it is
 * no worse.
 */
export function priceImpactOf(spot: Fraction, { amountIn, amountOut }: SplitPart): bigint {
  const [atSpot, actual] = [spot.n * amountIn, spot.d * amountOut];
  return actual >= atSpot ? 0n : ceil((atSpot - actual) * WAD, atSpot);
}

function open(pools: readonly SwapPool[], zeroForOne: boolean): Curve[] {
  if (pools.length === 0) throw new ValidationError("NoPool", "A trade needs a pool");
  return pools.map((pool) => curveOf(pool, zeroForOne));
}

function solve(
  curves: readonly Curve[],
  partOf: (curve: Curve) => Part | undefined,
  total: bigint,
): { units: bigint[]; shortfall: bigint } {
  const open = curves.flatMap((curve, index) => {
    const part = partOf(curve);
    return part === undefined ? [] : [{ part, index }];
  });
  const best = allocate(
    open.map(({ part }) => part),
    total,
  );
  if (best === undefined) {
    const capacity = open.reduce((sum, { part }) => sum + part.high, 0n);
    const values = { amount: total, least: least(open.map(({ part }) => part.low)), capacity };
    throw new ValidationError("InsufficientLiquidity", `These pools cannot trade ${total} units`, values);
  }
  const units = curves.map(() => 0n);
  open.forEach(({ index }, i) => (units[index] = best.units[i] ?? 0n));
  return { units, shortfall: best.bound - best.value };
}

function summarise(curves: readonly Curve[], parts: SplitPart[], shortfall: bigint): Split {
  const [amountIn, amountOut] = parts.reduce<[bigint, bigint]>(
    ([paid, out], part) => [paid + part.amountIn, out + part.amountOut],
    [0n, 0n],
  );
  const best = curves
    .filter((_, i) => (parts[i]?.amountIn ?? 0n) > 0n)
    .map(marginalPrice)
    .reduce((a, b) => (compare(a, b) >= 0n ? a : b));
  return { parts, amountIn, amountOut, priceImpact: priceImpactOf(best, { amountIn, amountOut }), shortfall };
}

/** What a swap within a part's bounds trades: never nothing. */
function traded(amount: bigint | undefined): bigint {
  if (amount === undefined) throw new RangeError("A part is beyond its bounds");
  return amount;
}

function least(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (a < b ? a : b), values[0] ?? 0n);
}
