import { type StreamIndex } from "../staking-pool.js";
import { demand } from "./state.js";
import { hasLocks, hasSlasher, type StakePosition, type StakingPoolState, type StakingStore } from "./staking-store.js";
import { STREAM_MAX_WEIGHT } from "./staking-stream.js";

/** Who acts on which pool in memory. */
export type StakingTurn = { store: StakingStore; pool: StakingPoolState; account: string };

/** With a slasher: shares and assets that are thought to be there besides. */
export const STAKING_VIRTUAL_SHARES = 1000n;
export const STAKING_VIRTUAL_ASSETS = 1n;
const WAD = 10n ** 18n;
const MAX_UINT256 = (1n << 256n) - 1n;

// What a wallet's call and a section's operation share, as `StakingPositions` has it: each answers whether it was done; if not,
// nothing but the account's counted rewards and an expired lock has changed. The pool in memory is changed in place.

/** The account's position, its rewards counted and an expired lock taken off. */
export function enterPosition({ store, pool, account }: StakingTurn): StakePosition {
  const position = store.positionOf(pool.id, account);
  if (position.settledAt !== pool.time) {
    store.settle(pool, account, weightOf(pool, position));
    position.settledAt = pool.time;
  }
  if (position.lockEnd === 0n || store.timestamp < position.lockEnd) return position;
  pool.weight -= position.extra;
  const unlocked = { ...position, extra: 0n, lockEnd: 0n };
  store.setPosition(pool.id, account, unlocked);
  return unlocked;
}

/* STAKE */

export function tryStake(turn: StakingTurn, { assets, shares }: { assets: bigint; shares: bigint }): boolean {
  const { store, pool, account } = turn;
  if (shares === 0n) return false;
  const position = enterPosition(turn);
  const extra = position.lockEnd === 0n ? 0n : boostOf(turn, { shares, until: position.lockEnd });
  const [weight, total] = [pool.weight + shares + extra, pool.shares + shares];
  if (weight > STREAM_MAX_WEIGHT || total > STREAM_MAX_WEIGHT) return false;
  [pool.weight, pool.shares, pool.assets] = [weight, total, pool.assets + assets];
  const grown = { ...position, shares: position.shares + shares, extra: position.extra + extra };
  store.setPosition(pool.id, account, grown);
  return true;
}

/** What the shares were worth, or 0 where they stay. */
export function tryUnstake(turn: StakingTurn, { shares, minAssets }: { shares: bigint; minAssets: bigint }): bigint {
  const { pool } = turn;
  const assets = toStakeAssets(pool, shares);
  if (assets === 0n || assets < minAssets || !tryTake(turn, shares)) return 0n;
  pool.shares -= shares;
  if (hasSlasher(pool)) pool.assets -= assets;
  return assets;
}

/** The request's id, or 0 where there is none. */
export function tryRequest(turn: StakingTurn, shares: bigint): bigint {
  const { store, pool, account: owner } = turn;
  const assets = toStakeAssets(pool, shares);
  if (assets === 0n || !tryTake(turn, shares)) return 0n;
  const readyAt = store.timestamp + pool.terms.cooldown;
  return store.queueOf(pool.id).push({ owner, shares, assets, readyAt });
}

/** Takes shares that are free out of the account and the weight. */
function tryTake(turn: StakingTurn, shares: bigint): boolean {
  const { store, pool, account } = turn;
  if (shares === 0n) return false;
  const position = enterPosition(turn);
  if (shares > freeOf(pool, position)) return false;
  pool.weight -= shares;
  store.setPosition(pool.id, account, { ...position, shares: position.shares - shares });
  return true;
}

/* EXITS */

/** Makes every request up to `requestId` final, at what a share is worth now. */
export function finaliseUpTo({ store, pool }: Omit<StakingTurn, "account">, requestId: bigint): void {
  const queue = store.queueOf(pool.id);
  const shares = queue.pendingUpTo(requestId);
  const assets = toStakeAssets(pool, shares);
  queue.finalise(shares, assets);
  pool.shares -= shares;
  if (hasSlasher(pool)) pool.assets -= assets;
}

/** What the account's request is paid, which may be 0; undefined where it is not. */
export function tryClaimUnstaked({ store, pool, account }: StakingTurn, requestId: bigint): bigint | undefined {
  const queue = store.queueOf(pool.id);
  const request = queue.requestOf(requestId);
  if (request.owner !== account) return undefined;
  if (queue.pendingUpTo(requestId) !== 0n) {
    if (store.timestamp < request.readyAt) return undefined;
    finaliseUpTo({ store, pool }, requestId);
  }
  const payment = queue.pay(requestId);
  if (hasSlasher(pool)) pool.assets += payment.excess;
  return payment.assets;
}

/* REWARDS */

/** The account's whole rewards; the position is not stored. */
export function claimRewards({ store, pool, account }: StakingTurn, stream: StreamIndex): bigint {
  const weight = weightOf(pool, store.positionOf(pool.id, account));
  return store.takeRewards(pool, { account, weight, stream });
}

/* WEIGHTS AND SHARES */

/** What the streams count of the position. */
export function weightOf(pool: Pick<StakingPoolState, "terms">, { shares, extra }: StakePosition): bigint {
  return hasLocks(pool) ? shares + extra : shares;
}

/** Shares that can leave; a lock that is over has been taken off. */
export function freeOf(pool: Pick<StakingPoolState, "terms">, { shares, extra, lockEnd }: StakePosition): bigint {
  if (hasLocks(pool)) return lockEnd === 0n ? shares : 0n;
  return shares - extra;
}

/** The weight that a lock until `until` adds, rounded down. */
export function boostOf({ store, pool }: StakingTurn, { shares, until }: { shares: bigint; until: bigint }): bigint {
  const { maxBoost, maxLock } = pool.terms;
  return (shares * maxBoost * (until - store.timestamp)) / (maxLock * WAD);
}

/** Shares for `assets`, rounded down. */
export function toStakeShares(pool: Pick<StakingPoolState, "terms" | "shares" | "assets">, assets: bigint): bigint {
  if (!hasSlasher(pool)) return assets;
  return (assets * (pool.shares + STAKING_VIRTUAL_SHARES)) / (pool.assets + STAKING_VIRTUAL_ASSETS);
}

/** What `shares` are worth, rounded down. */
export function toStakeAssets(pool: Pick<StakingPoolState, "terms" | "shares" | "assets">, shares: bigint): bigint {
  if (!hasSlasher(pool)) return shares;
  const product = shares * (pool.assets + STAKING_VIRTUAL_ASSETS);
  demand(product <= MAX_UINT256, "Panic", { code: 17n });
  return product / (pool.shares + STAKING_VIRTUAL_SHARES);
}
