import { bestPathExactIn, LakhError, type Path, type PathPool } from "../../../src/index.js";

/** The search ends when what is left of it is a millionth of the amount. */
const PRECISION = 1_000_000n;

/** What is repaid, what is seized for it, and the way on which that is sold; `profit` in loan units. */
export type Sale = { repaid: bigint; seized: bigint; path: Path; profit: bigint };

export type SaleOptions = {
  /** The largest liquidation: what it repays and what it seizes. */
  repaid: bigint;
  seized: bigint;
  /** The most that can be repaid. */
  limit: bigint;
  collateral: bigint;
  loan: bigint;
  pools: readonly PathPool[];
};

/**
 * The repayment that earns the most when the collateral is sold at once. What is seized is proportional to what is repaid, and
 * what a pool pays for one unit more falls, so the profit has one peak; a search in thirds finds it. Undefined where no pool
 * buys the collateral.
 */
export function bestSale({ repaid: most, seized, limit, collateral, loan, pools }: SaleOptions): Sale | undefined {
  if (most === 0n || seized === 0n) return undefined;
  const sale = (repaid: bigint): Sale | undefined => {
    const amountIn = (seized * repaid) / most;
    const path = pathOf({ amountIn, collateral, loan, pools });
    return path === undefined ? undefined : { repaid, seized: amountIn, path, profit: path.amountOut - repaid };
  };
  let [low, high] = [0n, most < limit ? most : limit];
  let best = high === 0n ? undefined : sale(high);
  const consider = (one: Sale | undefined): Sale | undefined => {
    if (one !== undefined && (best === undefined || one.profit > best.profit)) best = one;
    return one;
  };
  while (high - low > high / PRECISION + 2n) {
    const third = (high - low) / 3n;
    const [left, right] = [consider(sale(low + third)), consider(sale(high - third))];
    // What no pool takes counts as too much.
    if (right === undefined || (left !== undefined && left.profit >= right.profit)) high -= third;
    else low += third;
  }
  return best;
}

/** What `amount` units of one asset are worth in another by what pools pay now; undefined where none leads there. */
export function valueOf(
  amount: bigint,
  { from, to, pools }: { from: bigint; to: bigint; pools: readonly PathPool[] },
): bigint | undefined {
  if (from === to) return amount;
  return pathOf({ amountIn: amount, collateral: from, loan: to, pools })?.amountOut;
}

type PathQuestion = { amountIn: bigint; collateral: bigint; loan: bigint; pools: readonly PathPool[] };

function pathOf({ amountIn, collateral, loan, pools }: PathQuestion): Path | undefined {
  if (amountIn === 0n || pools.length === 0) return undefined;
  try {
    return bestPathExactIn({ pools, assetIn: collateral, assetOut: loan, amountIn });
  } catch (error) {
    if (error instanceof LakhError && error.code === "NoPath") return undefined;
    throw error;
  }
}
