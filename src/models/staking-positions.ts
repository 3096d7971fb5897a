import { type StreamIndex } from "../staking-pool.js";
import { hasLocks, hasSlasher, type StakePosition, type StakingPoolState, type StakingStore } from "./staking-store.js";
import { accruedBy, payDebt, rebaseDebt, STREAM_ACCRUED_BITS, STREAM_MAX_WEIGHT } from "./staking-stream.js";

/** Who acts on which pool in memory. */
export type StakingTurn = { store: StakingStore; pool: StakingPoolState; account: string };

/** A position in memory: a twin of `StakingPositions.Holding`. */
export type StakeHolding = StakePosition & {
  /** As the streams count it until `leavePosition`. */
  weight: bigint;
  /** A lock that was over has been taken off. */
  isUnlocked: boolean;
};

/** With a slasher: shares and assets that are thought to be there besides. */
export const STAKING_VIRTUAL_SHARES = 1000n;
export const STAKING_VIRTUAL_ASSETS = 1n;
const WAD = 10n ** 18n;

// What a wallet's call and a section's operation share, as `StakingPositions` has it: each answers whether it was done; if not,
// nothing has changed. The pool in memory is changed in place.

/** The account's position, an expired lock taken off. */
export function enterPosition({ store, pool, account }: StakingTurn): StakeHolding {
  const position = store.positionOf(pool.id, account);
  const weight = weightOf(pool, position);
  if (position.lockEnd === 0n || store.timestamp < position.lockEnd) return { ...position, weight, isUnlocked: false };
  return { ...position, extra: 0n, lockEnd: 0n, weight, isUnlocked: true };
}

/** Stores the account. What it has accrued stays, and its weight is from now on what it has come to. */
export function leavePosition({ store, pool, account }: StakingTurn, holding: StakeHolding): void {
  const { shares, extra, lockEnd, weight: from } = holding;
  let { debt0, debt1 } = holding;
  const to = weightOf(pool, holding);
  if (to !== from) {
    pool.weight += to - from;
    const [stream0, stream1] = pool.streams;
    debt0 = rebaseDebt(debt0, { from, to, index: stream0.index });
    if (pool.terms.reward1 !== 0n) debt1 = rebaseDebt(debt1, { from, to, index: stream1.index });
  }
  store.setPosition(pool.id, account, { shares, extra, lockEnd, debt0, debt1 });
}

/* STAKE */

export function tryStake(turn: StakingTurn, { assets, shares }: { assets: bigint; shares: bigint }): boolean {
  const { pool } = turn;
  if (shares === 0n) return false;
  const holding = enterPosition(turn);
  const extra = holding.lockEnd === 0n ? 0n : boostOf(turn, { shares, until: holding.lockEnd });
  const [held, total] = [pool.held + assets, pool.shares + shares];
  if ([pool.weight + shares + extra, held, total].some((sum) => sum > STREAM_MAX_WEIGHT)) return false;
  pool.held = held;
  if (hasSlasher(pool)) [pool.shares, pool.assets] = [total, pool.assets + assets];
  leavePosition(turn, { ...holding, shares: holding.shares + shares, extra: holding.extra + extra });
  return true;
}

/** Pays out as many units as shares: without a cooldown there is no slasher. */
export function tryUnstake(turn: StakingTurn, shares: bigint): boolean {
  if (!tryTake(turn, shares)) return false;
  turn.pool.held -= shares;
  return true;
}

/** The request's id, or 0 where there is none. */
export function tryRequest(turn: StakingTurn, shares: bigint): bigint {
  const { store, pool, account: owner } = turn;
  if (shares > STREAM_MAX_WEIGHT) return 0n;
  const assets = toStakeAssets(pool, shares);
  if (assets === 0n || !tryTake(turn, shares)) return 0n;
  const readyAt = store.timestamp + pool.terms.cooldown;
  return store.queueOf(pool.id).push({ owner, shares, assets, readyAt });
}

/** Takes shares that are free out of the account and the weight. */
function tryTake(turn: StakingTurn, shares: bigint): boolean {
  if (shares === 0n) return false;
  const holding = enterPosition(turn);
  if (shares > freeOf(turn.pool, holding)) return false;
  leavePosition(turn, { ...holding, shares: holding.shares - shares });
  return true;
}

/* EXITS */

/** Makes every request up to `requestId` final, at what a share is worth now. */
export function finaliseUpTo({ store, pool }: Omit<StakingTurn, "account">, requestId: bigint): void {
  const queue = store.queueOf(pool.id);
  const shares = queue.pendingUpTo(requestId);
  const assets = toStakeAssets(pool, shares);
  queue.finalise(shares, assets);
  if (hasSlasher(pool)) [pool.shares, pool.assets] = [pool.shares - shares, pool.assets - assets];
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
  pool.held -= payment.assets;
  if (hasSlasher(pool)) pool.assets += payment.excess;
  return payment.assets;
}

/* REWARDS */

/** What the account has accrued of a stream, in rewards · 2^12. */
export function accruedOf({ store, pool, account }: StakingTurn, stream: StreamIndex): bigint {
  const position = store.positionOf(pool.id, account);
  const debt = stream === 0 ? position.debt0 : position.debt1;
  return accruedBy(weightOf(pool, position), { index: pool.streams[stream].index, debt });
}

/** Takes the whole rewards out of what the account has accrued: its debt alone changes. */
export function claimRewards(turn: StakingTurn, stream: StreamIndex): bigint {
  const { store, pool, account } = turn;
  const amount = accruedOf(turn, stream) >> STREAM_ACCRUED_BITS;
  if (amount === 0n) return 0n;
  const position = store.positionOf(pool.id, account);
  if (stream === 0) position.debt0 = payDebt(position.debt0, amount);
  else position.debt1 = payDebt(position.debt1, amount);
  store.setPosition(pool.id, account, position);
  return amount;
}

/* WEIGHTS AND SHARES */

/** What the streams count of the position. */
export function weightOf(
  pool: Pick<StakingPoolState, "terms">,
  { shares, extra }: Pick<StakePosition, "shares" | "extra">,
): bigint {
  return hasLocks(pool) ? shares + extra : shares;
}

/** Shares that can leave; a lock that is over has been taken off. */
export function freeOf(
  pool: Pick<StakingPoolState, "terms">,
  { shares, extra, lockEnd }: Pick<StakePosition, "shares" | "extra" | "lockEnd">,
): bigint {
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
  return (shares * (pool.assets + STAKING_VIRTUAL_ASSETS)) / (pool.shares + STAKING_VIRTUAL_SHARES);
}
