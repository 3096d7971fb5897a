import { MAX_AMOUNT, PRICE_SCALE } from "./assets.js";
import { ceilingOf, mulDivDown, mulDivUp, WAD, YEAR } from "./lending-units.js";

/** A lending market in numbers: its book and its totals, as of one moment. */
export type LendingMarket = {
  /** Loan assets that are not lent. */
  idle: bigint;
  /** With the fee's. */
  supplyShares: bigint;
  borrowAssets: bigint;
  borrowShares: bigint;
};

/** One account's debt and collateral. */
export type LendingPosition = { borrowShares: bigint; collateral: bigint };

/** What a liquidation goes by. */
export type LiquidationTerms = {
  /** Loan units per unit of collateral · 1e36, not 0. */
  price: bigint;
  /** WAD. */
  lltv: bigint;
  /** All may be liquidated where no more debt than this would be left in health, in loan units. */
  closeOutDebt: bigint;
};

/** What a liquidation does, in units and debt shares. */
export type Liquidation = { repaidShares: bigint; repaidAssets: bigint; seized: bigint; badDebt: bigint };

/** Shares and assets that are nobody's: they keep a share's price from being moved by who holds few or all. */
export const VIRTUAL_SHARES = 10n ** 6n;
/** The assets that are nobody's, in units. */
export const VIRTUAL_ASSETS = 1n;
/** The most that a market can hold of shares, and be owed. */
export const MAX_SHARES = MAX_AMOUNT;
/** The most that a market can be owed, in units. */
export const MAX_DEBT = (1n << 96n) - 1n;
/** The most that is taken of an external rate model, WAD per second. */
export const MAX_BORROW_RATE = (8n * WAD) / YEAR;
/** The highest fee, WAD, and the step that fees are multiples of. */
export const MAX_LENDING_FEE = WAD / 4n;
/** What every fee is a multiple of, WAD. */
export const LENDING_FEE_STEP = WAD / 200n;
/** What every LLTV is a multiple of, WAD. */
export const LLTV_STEP = WAD / 10_000n;

const MAX_INCENTIVE = (115n * WAD) / 100n;
const INCENTIVE_CURSOR = (3n * WAD) / 10n;

/* TOTALS */

/** Idle and lent assets: what suppliers own. */
export function supplyAssetsOf({ idle, borrowAssets }: LendingMarket): bigint {
  return idle + borrowAssets;
}

/**
 * The market with the interest of `elapsed` seconds at `borrowRate` (WAD per second) and the shares of `fee` (WAD) of it:
 * debt · (x + x²/2 + x³/6) with x = rate · time, each term cut off.
 */
export function addInterest<Market extends LendingMarket>(
  market: Market,
  { borrowRate, fee, elapsed }: { borrowRate: bigint; fee: bigint; elapsed: bigint },
): { market: Market; interest: bigint; feeShares: bigint } {
  const x = borrowRate * elapsed;
  const square = (x * x) / (2n * WAD);
  const growth = x + square + (square * x) / (3n * WAD);
  const interest = ceilingOf((market.borrowAssets * growth) / WAD, MAX_DEBT - market.borrowAssets);
  const grown = { ...market, borrowAssets: market.borrowAssets + interest };
  const feeShares = fee === 0n ? 0n : feeSharesOf(grown, (interest * fee) / WAD);
  return { market: { ...grown, supplyShares: grown.supplyShares + feeShares }, interest, feeShares };
}

/** Shares for `assets` of what the market holds, at the price without them. */
function feeSharesOf(market: LendingMarket, assets: bigint): bigint {
  const others = supplyAssetsOf(market) - assets;
  const shares = mulDivDown(assets, market.supplyShares + VIRTUAL_SHARES, others + VIRTUAL_ASSETS);
  return ceilingOf(shares, MAX_SHARES - market.supplyShares);
}

/* SHARES */

type Ratio = { shares: bigint; assets: bigint };

const supplyRatio = (market: LendingMarket): Ratio => ({
  shares: market.supplyShares + VIRTUAL_SHARES,
  assets: supplyAssetsOf(market) + VIRTUAL_ASSETS,
});
const borrowRatio = (market: LendingMarket): Ratio => ({
  shares: market.borrowShares + VIRTUAL_SHARES,
  assets: market.borrowAssets + VIRTUAL_ASSETS,
});

/** What `supply` mints for `assets`. */
export function toSupplySharesDown(market: LendingMarket, assets: bigint): bigint {
  const ratio = supplyRatio(market);
  return mulDivDown(assets, ratio.shares, ratio.assets);
}

/** What `withdraw` burns for `assets`. */
export function toSupplySharesUp(market: LendingMarket, assets: bigint): bigint {
  const ratio = supplyRatio(market);
  return mulDivUp(assets, ratio.shares, ratio.assets);
}

/** What `redeem` pays for `shares`. */
export function toSupplyAssetsDown(market: LendingMarket, shares: bigint): bigint {
  const ratio = supplyRatio(market);
  return mulDivDown(shares, ratio.assets, ratio.shares);
}

/** What `supplyShares` takes for `shares`. */
export function toSupplyAssetsUp(market: LendingMarket, shares: bigint): bigint {
  const ratio = supplyRatio(market);
  return mulDivUp(shares, ratio.assets, ratio.shares);
}

/** What `assets` repay at the most. */
export function toBorrowSharesDown(market: LendingMarket, assets: bigint): bigint {
  const ratio = borrowRatio(market);
  return mulDivDown(assets, ratio.shares, ratio.assets);
}

/** What `borrow` adds for `assets`. */
export function toBorrowSharesUp(market: LendingMarket, assets: bigint): bigint {
  const ratio = borrowRatio(market);
  return mulDivUp(assets, ratio.shares, ratio.assets);
}

/** What `shares` of debt count for where they seize collateral. */
export function toBorrowAssetsDown(market: LendingMarket, shares: bigint): bigint {
  const ratio = borrowRatio(market);
  return mulDivDown(shares, ratio.assets, ratio.shares);
}

/** What `shares` of debt owe. */
export function toBorrowAssetsUp(market: LendingMarket, shares: bigint): bigint {
  const ratio = borrowRatio(market);
  return mulDivUp(shares, ratio.assets, ratio.shares);
}

/* ACTIONS */

/** The market with `assets` lent for `shares`, or taken out where both are negative. */
export function supplied<Market extends LendingMarket>(market: Market, assets: bigint, shares: bigint): Market {
  return { ...market, idle: market.idle + assets, supplyShares: market.supplyShares + shares };
}

/** The market with `assets` borrowed for `shares`, or repaid where both are negative. */
export function borrowed<Market extends LendingMarket>(market: Market, assets: bigint, shares: bigint): Market {
  return {
    ...market,
    idle: market.idle - assets,
    borrowAssets: market.borrowAssets + assets,
    borrowShares: market.borrowShares + shares,
  };
}

/** What `shares` of debt cost: rounded up, and never more than the market is owed. */
export function repaymentOf(market: LendingMarket, shares: bigint): bigint {
  return ceilingOf(toBorrowAssetsUp(market, shares), market.borrowAssets);
}

/* HEALTH */

/** The most that a position with `collateral` may owe, rounded down. */
export function maxDebtOf(collateral: bigint, { price, lltv }: Pick<LiquidationTerms, "price" | "lltv">): bigint {
  return mulDivDown(mulDivDown(collateral, price, PRICE_SCALE), lltv, WAD);
}

/** What the position may owe over what it owes, WAD, rounded down; undefined without debt. Below 1e18 it can be liquidated. */
export function healthFactorOf(
  market: LendingMarket,
  { borrowShares, collateral }: LendingPosition,
  terms: Pick<LiquidationTerms, "price" | "lltv">,
): bigint | undefined {
  if (borrowShares === 0n) return undefined;
  return mulDivDown(maxDebtOf(collateral, terms), WAD, toBorrowAssetsUp(market, borrowShares));
}

/** The most that the position can borrow: exactly this succeeds, one unit more does not. */
export function maxBorrowOf(
  market: LendingMarket,
  { borrowShares, collateral }: LendingPosition,
  terms: Pick<LiquidationTerms, "price" | "lltv">,
): bigint {
  const maximum = maxDebtOf(collateral, terms);
  const debt = toBorrowAssetsUp(market, borrowShares);
  if (maximum < debt) return 0n;
  const room = ceilingOf(ceilingOf(market.idle, MAX_DEBT - market.borrowAssets), maximum - debt + 1n);
  // Debt never falls with what is borrowed: shares do not, nor does what is owed by part of them.
  let [can, cannot] = [0n, room + 1n];
  while (can + 1n < cannot) {
    const middle = (can + cannot) / 2n;
    if (canBorrow(market, borrowShares, middle, maximum)) can = middle;
    else cannot = middle;
  }
  return can;
}

function canBorrow(market: LendingMarket, borrowShares: bigint, assets: bigint, maximum: bigint): boolean {
  const shares = toBorrowSharesUp(market, assets);
  if (market.borrowShares + shares > MAX_SHARES) return false;
  return toBorrowAssetsUp(borrowed(market, assets, shares), borrowShares + shares) <= maximum;
}

/** The most collateral that the position can take out; without debt all of it. */
export function maxWithdrawCollateralOf(
  market: LendingMarket,
  { borrowShares, collateral }: LendingPosition,
  { price, lltv }: Pick<LiquidationTerms, "price" | "lltv">,
): bigint {
  if (borrowShares === 0n) return collateral;
  if (price === 0n || lltv === 0n) return 0n;
  const value = mulDivUp(toBorrowAssetsUp(market, borrowShares), WAD, lltv);
  const needed = mulDivUp(value, PRICE_SCALE, price);
  return needed < collateral ? collateral - needed : 0n;
}

/* LIQUIDATION */

/** What a liquidator gets for what he repays, WAD: min(1.15, 1 / (1 − 0.3 · (1 − LLTV))), rounded down. */
export function liquidationIncentive(lltv: bigint): bigint {
  return ceilingOf((WAD * WAD) / (WAD - (INCENTIVE_CURSOR * (WAD - lltv)) / WAD), MAX_INCENTIVE);
}

/** The least repayment that makes a position healthy which owes `debt` and may owe `maximum`, rounded up. */
export function repaymentToHealth(debt: bigint, maximum: bigint, lltv: bigint): bigint {
  return mulDivUp(debt - maximum, WAD * WAD, WAD * WAD - liquidationIncentive(lltv) * lltv);
}

/** The most debt shares of a position that may be liquidated now; 0 when it is healthy. */
export function liquidatableShares(
  market: LendingMarket,
  { borrowShares, collateral }: LendingPosition,
  terms: LiquidationTerms,
): bigint {
  const debt = toBorrowAssetsUp(market, borrowShares);
  const maximum = maxDebtOf(collateral, terms);
  if (debt <= maximum) return 0n;
  const needed = repaymentToHealth(debt, maximum, terms.lltv);
  if (needed >= debt || debt - needed <= terms.closeOutDebt) return borrowShares;
  return ceilingOf(toBorrowSharesUp(market, needed), borrowShares);
}

/**
 * What a liquidation with at most `input` of the loan asset does, and the market after it; all 0 when the position is healthy,
 * or when the input does not repay a share.
 */
export function liquidatePosition<Market extends LendingMarket>(
  market: Market,
  position: LendingPosition,
  { input, ...terms }: LiquidationTerms & { input: bigint },
): { market: Market; liquidation: Liquidation; badShares: bigint } {
  const most = ceilingOf(toBorrowSharesDown(market, input), liquidatableShares(market, position, terms));
  if (most === 0n) {
    return { market, liquidation: { repaidShares: 0n, repaidAssets: 0n, seized: 0n, badDebt: 0n }, badShares: 0n };
  }
  const { shares: repaidShares, seized } = seize(market, most, position.collateral, terms);
  const repaidAssets = repaymentOf(market, repaidShares);
  const repaid = borrowed(market, -repaidAssets, -repaidShares);
  const badShares = seized === position.collateral ? position.borrowShares - repaidShares : 0n;
  const badDebt = repaymentOf(repaid, badShares);
  const left = {
    ...repaid,
    borrowAssets: repaid.borrowAssets - badDebt,
    borrowShares: repaid.borrowShares - badShares,
  };
  return { market: left, liquidation: { repaidShares, repaidAssets, seized, badDebt }, badShares };
}

/** What `most` shares seize; when the collateral does not suffice, all of it and the shares that it pays for, rounded up. */
function seize(
  market: LendingMarket,
  most: bigint,
  collateral: bigint,
  { price, lltv }: LiquidationTerms,
): { shares: bigint; seized: bigint } {
  const incentive = liquidationIncentive(lltv);
  const seized = mulDivDown(mulDivDown(toBorrowAssetsDown(market, most), incentive, WAD), PRICE_SCALE, price);
  if (seized <= collateral) return { shares: most, seized };
  const quoted = mulDivUp(collateral, price, PRICE_SCALE);
  // No more than what would have seized more.
  const shares = ceilingOf(toBorrowSharesUp(market, mulDivUp(quoted, WAD, incentive)), most);
  return { shares, seized: collateral };
}
