import { ceil } from "../../../src/amm-curve.js";

const WAD = 10n ** 18n;
const PRICE_SCALE = 10n ** 36n;
const VIRTUAL_SHARES = 10n ** 6n;
const VIRTUAL_ASSETS = 1n;

/** What a position is measured by: the market's debt with interest up to now, its oracle's price and its LLTV. */
export type Measure = { borrowAssets: bigint; borrowShares: bigint; price: bigint; lltv: bigint };
/** Debt shares and units of collateral. */
export type Position = { borrowShares: bigint; collateral: bigint };

/** Debt in loan units, rounded up. */
export function debtOf({ borrowAssets, borrowShares }: Measure, position: Position): bigint {
  return ceil(position.borrowShares * (borrowAssets + VIRTUAL_ASSETS), borrowShares + VIRTUAL_SHARES);
}

/** What the collateral is worth in loan units, rounded down. */
export function worthOf(price: bigint, collateral: bigint): bigint {
  return (collateral * price) / PRICE_SCALE;
}

/** The least collateral that is worth `assets`. */
export function collateralFor(price: bigint, assets: bigint): bigint {
  return ceil(assets * PRICE_SCALE, price);
}

/** Whether the position can be liquidated: as `LendingMath` has it, to the unit. */
export function isUnhealthy(measure: Measure, position: Position): boolean {
  if (position.borrowShares === 0n) return false;
  return debtOf(measure, position) > (worthOf(measure.price, position.collateral) * measure.lltv) / WAD;
}
