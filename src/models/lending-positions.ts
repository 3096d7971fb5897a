import { MAX_AMOUNT } from "../assets.js";
import { type RatedMarket } from "../lending-accrual.js";
import {
  borrowed,
  MAX_DEBT,
  MAX_SHARES,
  repaymentOf,
  supplied,
  toBorrowAssetsUp,
  toBorrowSharesUp,
} from "../lending-math.js";
import { ceilingOf } from "../lending-units.js";
import { type LendingStore } from "./lending-store.js";

/** Whose position in which market. */
export type LendingPlace = { id: string; account: string };

// What a wallet's call and a section's operation share, as `LendingPositions` has it: each answers the market afterwards, or
// undefined, and nothing has changed, where it is not done.

export function trySupply(market: RatedMarket, assets: bigint, shares: bigint): RatedMarket | undefined {
  if (shares === 0n || market.supplyShares + shares > MAX_SHARES) return undefined;
  return supplied(market, assets, shares);
}

export function tryWithdraw(market: RatedMarket, assets: bigint, shares: bigint): RatedMarket | undefined {
  if (assets === 0n || assets > market.idle || shares > market.supplyShares) return undefined;
  return supplied(market, -assets, -shares);
}

export function tryAddCollateral(store: LendingStore, { id, account }: LendingPlace, amount: bigint): boolean {
  const position = store.positionOf(id, account);
  const collateral = position.collateral + amount;
  if (amount === 0n || collateral > MAX_AMOUNT) return false;
  store.setPosition(id, account, { ...position, collateral });
  return true;
}

/** `maximum` is the most that the position may owe afterwards; it is not looked at without debt. */
export function tryRemoveCollateral(
  store: LendingStore,
  { id, account }: LendingPlace,
  { market, amount, maximum }: { market: RatedMarket | undefined; amount: bigint; maximum: bigint },
): boolean {
  const position = store.positionOf(id, account);
  if (amount === 0n || amount > position.collateral) return false;
  const debt = market === undefined ? 0n : toBorrowAssetsUp(market, position.borrowShares);
  if (position.borrowShares !== 0n && debt > maximum) return false;
  store.setPosition(id, account, { ...position, collateral: position.collateral - amount });
  return true;
}

/** `maximum` is the most that the position may owe afterwards. */
export function tryBorrow(
  store: LendingStore,
  { id, account }: LendingPlace,
  { market, assets, maximum }: { market: RatedMarket; assets: bigint; maximum: bigint },
): RatedMarket | undefined {
  if (assets === 0n || assets > market.idle || market.borrowAssets + assets > MAX_DEBT) return undefined;
  const shares = toBorrowSharesUp(market, assets);
  if (market.borrowShares + shares > MAX_SHARES) return undefined;
  const position = store.positionOf(id, account);
  const owed = position.borrowShares + shares;
  const after = borrowed(market, assets, shares);
  if (toBorrowAssetsUp(after, owed) > maximum) return undefined;
  store.setPosition(id, account, { ...position, borrowShares: owed });
  return after;
}

/** Repays at most `maxShares`, and at most what the account owes. */
export function repayDebt(
  store: LendingStore,
  { id, account }: LendingPlace,
  { market, maxShares }: { market: RatedMarket; maxShares: bigint },
): { market: RatedMarket; shares: bigint; assets: bigint } {
  const position = store.positionOf(id, account);
  const shares = ceilingOf(maxShares, position.borrowShares);
  if (shares === 0n) return { market, shares, assets: 0n };
  const assets = repaymentOf(market, shares);
  store.setPosition(id, account, { ...position, borrowShares: position.borrowShares - shares });
  return { market: borrowed(market, -assets, -shares), shares, assets };
}
