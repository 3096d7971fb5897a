import { ZeroAddress } from "ethers";
import { type StreamIndex } from "../staking-pool.js";
import { type ModelAction } from "./ledger.js";
import { selectorOf, type StakingActionOf } from "./staking-actions.js";
import {
  boostOf,
  claimRewards,
  enterPosition,
  finaliseUpTo,
  freeOf,
  STAKING_VIRTUAL_SHARES,
  toStakeAssets,
  toStakeShares,
  tryClaimUnstaked,
  tryRequest,
  tryStake,
  tryUnstake,
  type StakingTurn,
} from "./staking-positions.js";
import { hasCooldown, hasLocks, type StakingPoolState, type StakingStore } from "./staking-store.js";
import {
  fundStream,
  STREAM_MAX_DURATION,
  STREAM_MAX_FUNDED,
  STREAM_MAX_RATE,
  STREAM_MAX_WEIGHT,
} from "./staking-stream.js";
import { demand, ModelError } from "./state.js";

const MAX_UINT256 = (1n << 256n) - 1n;
const WAD = 10n ** 18n;
const SLASHING_PERIOD = 7n * 86_400n;
const MIN_DURATION = 3600n;
/** A slashed share keeps a thousandth of what it cost at first. */
const MAX_SHARES_PER_ASSET = 1000n * STAKING_VIRTUAL_SHARES;

/** What a wallet's call on a pool does, and why it is refused: a twin of `StakingActions`. */
export class StakingWalletModel {
  readonly #store: StakingStore;

  constructor(store: StakingStore) {
    this.#store = store;
  }

  /* STAKE */

  stake({ actor, book, holdings, amount0: assets }: ModelAction, data: StakingActionOf<"stake">): void {
    const account = data.account === ZeroAddress ? actor : data.account;
    const pool = this.#store.openWith(book, holdings);
    const shares = toStakeShares(pool, assets);
    const minimum = data.minShares;
    demand(shares >= minimum, "StakingBelowMinimumShares", { shares, minimum });
    if (!tryStake({ store: this.#store, pool, account }, { assets, shares })) {
      demand(shares !== 0n, "StakingZeroAmount");
      throw new ModelError("StakingAmountTooLarge", { amount: assets, maximum: STREAM_MAX_WEIGHT });
    }
    this.#store.close(pool);
  }

  unstake(action: ModelAction, data: StakingActionOf<"unstake">): bigint {
    const turn = this.#enter(action, data.account);
    const { pool } = turn;
    demand(!hasCooldown(pool), "StakingWrongExit", { selector: selectorOf("unstake") });
    const shares = data.shares === MAX_UINT256 ? freeOf(pool, enterPosition(turn)) : data.shares;
    const assets = tryUnstake(turn, { shares, minAssets: data.minAssets });
    if (assets === 0n) refuseExit(turn, { shares, minAssets: data.minAssets });
    this.#store.close(pool);
    return assets;
  }

  requestUnstake(action: ModelAction, data: StakingActionOf<"requestUnstake">): void {
    const turn = this.#enter(action, data.account);
    const { pool } = turn;
    demand(hasCooldown(pool), "StakingWrongExit", { selector: selectorOf("requestUnstake") });
    const shares = data.shares === MAX_UINT256 ? freeOf(pool, enterPosition(turn)) : data.shares;
    if (tryRequest(turn, shares) === 0n) refuseExit(turn, { shares, minAssets: 0n });
    this.#store.close(pool);
  }

  /* EXITS */

  finalise({ book, holdings }: ModelAction, { requestId }: StakingActionOf<"finalise">): void {
    const store = this.#store;
    const pool = store.openWith(book, holdings);
    this.#checkReady(book, ZeroAddress, requestId);
    demand(store.queueOf(book).pendingUpTo(requestId) !== 0n, "StakingAlreadyFinal", { requestId });
    finaliseUpTo({ store, pool }, requestId);
    store.close(pool);
  }

  claimUnstaked(action: ModelAction, { requestId }: StakingActionOf<"claimUnstaked">): bigint {
    const turn = this.#enter(action, ZeroAddress);
    const assets = tryClaimUnstaked(turn, requestId);
    if (assets === undefined) {
      this.#checkReady(action.book, action.actor, requestId);
      throw new RangeError("A request that is ready and the caller's is not paid");
    }
    this.#store.close(turn.pool);
    return assets;
  }

  /** Of whom the request is does not matter for the zero address. */
  #checkReady(id: string, account: string, requestId: bigint): void {
    const { owner, readyAt } = this.#store.queueOf(id).requestOf(requestId);
    const isKnown = owner !== ZeroAddress && (account === ZeroAddress || account === owner);
    demand(isKnown, "StakingUnknownRequest", { account, requestId });
    demand(this.#store.timestamp >= readyAt, "StakingNotReady", { requestId, readyAt });
  }

  /* REWARDS */

  claim(action: ModelAction, data: StakingActionOf<"claim">, { id, stream }: Place): bigint {
    const account = this.#accountFor(action.actor, data.account);
    const amount = claimRewards({ store: this.#store, pool: this.#store.peek(id), account }, stream);
    demand(amount !== 0n, "StakingZeroAmount");
    return amount;
  }

  fund({ actor, amount1: amount }: ModelAction, { end }: StakingActionOf<"fund">, place: Place): void {
    const { funder } = this.#store.termsOf(place.id);
    demand(actor === funder, "StakingNotFunder", { caller: actor, funder });
    const pool = this.#store.open(place.id);
    const current = pool.streams[place.stream].end;
    const soonest = pool.time + MIN_DURATION;
    const earliest = current > soonest ? current : soonest;
    const latest = pool.time + STREAM_MAX_DURATION;
    demand(end >= earliest && end <= latest, "StakingInvalidEnd", { end, earliest, latest });
    this.#pour(pool, { stream: place.stream, amount, end });
  }

  addRewards({ amount1: amount }: ModelAction, { id, stream }: Place): void {
    const pool = this.#store.open(id);
    const { end } = pool.streams[stream];
    demand(end > pool.time, "StakingStreamEnded", { end });
    this.#pour(pool, { stream, amount, end });
  }

  #pour(pool: StakingPoolState, { stream, amount, end }: { stream: StreamIndex; amount: bigint; end: bigint }): void {
    const before = pool.streams[stream];
    const room = STREAM_MAX_FUNDED - before.funded;
    demand(amount <= room, "StakingAmountTooLarge", { amount, maximum: room });
    const minimum = before.end > pool.time ? before.rate : 0n;
    const after = fundStream(before, { amount, time: pool.time, end });
    const maximum = STREAM_MAX_RATE;
    const isRight = after.rate >= minimum && after.rate <= maximum;
    demand(isRight, "StakingInvalidRate", { rate: after.rate, minimum, maximum });
    this.#store.setStream(pool.id, stream, after);
    this.#store.close(pool);
  }

  /* LOCKS */

  lock({ actor: account, book }: ModelAction, { until }: StakingActionOf<"lock">): void {
    const store = this.#store;
    const pool = store.open(book);
    demand(hasLocks(pool), "StakingNotOffered", { selector: selectorOf("lock") });
    const turn = { store, pool, account };
    const position = enterPosition(turn);
    demand(position.shares !== 0n, "StakingZeroAmount");
    const now = store.timestamp;
    const earliest = position.lockEnd > now ? position.lockEnd : now + 1n;
    const latest = now + pool.terms.maxLock;
    demand(until >= earliest && until <= latest, "StakingInvalidUnlock", { until, earliest, latest });
    const extra = boostOf(turn, { shares: position.shares, until });
    const weight = pool.weight - position.extra + extra;
    demand(weight <= STREAM_MAX_WEIGHT, "StakingAmountTooLarge", { amount: weight, maximum: STREAM_MAX_WEIGHT });
    pool.weight = weight;
    store.setPosition(book, account, { ...position, extra, lockEnd: until });
    store.close(pool);
  }

  kick({ book }: ModelAction, { account }: StakingActionOf<"kick">): void {
    const pool = this.#store.open(book);
    const { weight } = pool;
    const { lockEnd } = enterPosition({ store: this.#store, pool, account });
    demand(lockEnd === 0n, "StakingLocked", { until: lockEnd });
    demand(pool.weight !== weight, "StakingZeroAmount");
    this.#store.close(pool);
  }

  /* SLASHING */

  slash({ actor, book: id, holdings }: ModelAction, { amount }: StakingActionOf<"slash">): bigint {
    const store = this.#store;
    const { slasher, maxSlash } = store.termsOf(id);
    demand(actor === slasher && slasher !== ZeroAddress, "StakingNotSlasher", { caller: actor, slasher });
    demand(amount !== 0n, "StakingZeroAmount");
    const pool = store.openWith(id, holdings);
    let slashing = store.slashingOf(id);
    if (store.timestamp >= slashing.since + SLASHING_PERIOD) {
      slashing = { taken: 0n, base: pool.assets, since: store.timestamp };
    }
    const allowed = (slashing.base * maxSlash) / WAD - slashing.taken;
    const floor = (pool.shares + MAX_SHARES_PER_ASSET - 1n) / MAX_SHARES_PER_ASSET;
    const above = pool.assets - floor;
    const least = allowed < above ? allowed : above;
    const maximum = least > 0n ? least : 0n;
    demand(amount <= maximum, "StakingSlashTooLarge", { amount, maximum });
    store.setSlashing(id, { ...slashing, taken: slashing.taken + amount });
    store.close(pool);
    return amount;
  }

  /* INTERNALS */

  #enter({ actor, book, holdings }: ModelAction, named: string): StakingTurn {
    const account = this.#accountFor(actor, named);
    return { store: this.#store, pool: this.#store.openWith(book, holdings), account };
  }

  /** Whose position the actor means, and may make worse. */
  #accountFor(actor: string, account: string): string {
    if (account === ZeroAddress || account === actor) return actor;
    const isOperator = this.#store.ledger.isOperator({ owner: account, spender: actor });
    demand(isOperator, "StakingNotOperator", { caller: actor, account });
    return account;
  }
}

/** The pool of a book, and whose stream's rewards it holds. */
export type Place = { id: string; stream: StreamIndex };

function refuseExit(turn: StakingTurn, { shares, minAssets }: { shares: bigint; minAssets: bigint }): never {
  const { pool } = turn;
  const position = enterPosition(turn);
  demand(position.lockEnd === 0n, "StakingLocked", { until: position.lockEnd });
  const available = freeOf(pool, position);
  demand(shares <= available, "StakingInsufficientShares", { shares, available });
  const assets = toStakeAssets(pool, shares);
  demand(assets !== 0n, "StakingZeroAmount");
  throw new ModelError("StakingBelowMinimumOut", { amount: assets, minimum: minAssets });
}
