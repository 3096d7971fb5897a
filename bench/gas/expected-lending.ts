const WAD = 10n ** 18n;
const PRICE_SCALE = 10n ** 36n;
const VIRTUAL_ASSETS = 1n;
const VIRTUAL_SHARES = 1_000_000n;
const YEAR = 365n * 86_400n;
/** The liquidator's part of what is missing to a loan-to-value of 1, and the most that he gets for what he repays. */
const CURSOR = (3n * WAD) / 10n;
const MAX_INCENTIVE = (115n * WAD) / 100n;

/** One side of a market: what its shares stand for. */
export type Side = { assets: bigint; shares: bigint };
/** A market without its fee. */
export type Market = { supply: Side; borrow: Side };

const up = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor;

export const sharesDown = (assets: bigint, side: Side): bigint =>
  (assets * (side.shares + VIRTUAL_SHARES)) / (side.assets + VIRTUAL_ASSETS);
export const sharesUp = (assets: bigint, side: Side): bigint =>
  up(assets * (side.shares + VIRTUAL_SHARES), side.assets + VIRTUAL_ASSETS);
export const assetsDown = (shares: bigint, side: Side): bigint =>
  (shares * (side.assets + VIRTUAL_ASSETS)) / (side.shares + VIRTUAL_SHARES);
export const assetsUp = (shares: bigint, side: Side): bigint =>
  up(shares * (side.assets + VIRTUAL_ASSETS), side.shares + VIRTUAL_SHARES);

/** e^(rate·seconds) − 1 by the first three terms of its series, WAD. */
export function compounded(rate: bigint, seconds: bigint): bigint {
  const first = rate * seconds;
  const second = (first * first) / (2n * WAD);
  const third = (second * first) / (3n * WAD);
  return first + second + third;
}

/** Per second, WAD: a yearly rate of as many percent as are borrowed. */
export function utilizationRate({ supply, borrow }: Market): bigint {
  return supply.assets === 0n ? 0n : (borrow.assets * WAD) / supply.assets / YEAR;
}

/** After so many seconds at a rate, without a fee: what borrowers owe more belongs to the lenders. */
export function accrued({ supply, borrow }: Market, rate: bigint, seconds: bigint): Market {
  const interest = (borrow.assets * compounded(rate, seconds)) / WAD;
  return {
    supply: { ...supply, assets: supply.assets + interest },
    borrow: { ...borrow, assets: borrow.assets + interest },
  };
}

/** What a liquidator gets for what he repays, WAD: min(1.15, 1 / (1 − 0.3·(1 − LLTV))). */
export function incentive(lltv: bigint): bigint {
  const exact = (WAD * WAD) / (WAD - (CURSOR * (WAD - lltv)) / WAD);
  return exact < MAX_INCENTIVE ? exact : MAX_INCENTIVE;
}

/** Collateral for `repaid`, at a price in loan units per unit of collateral, 1e36. */
export function seized(repaid: bigint, { lltv, price }: { lltv: bigint; price: bigint }): bigint {
  return (((repaid * incentive(lltv)) / WAD) * PRICE_SCALE) / price;
}
