import { AbiCoder, keccak256, ZeroAddress } from "ethers";
import { ASSET_FLAGS, assetId, bookId, checkAddress, hasNotice, hasRules, issuedId, type AssetLike } from "./assets.js";
import { ValidationError } from "./lakh-error.js";

/**
 * What a stake pool is, for ever: what is staked and what its streams pay (ledger ids, 0 for no second stream), who funds them,
 * the cooldown of exits, the weight of the longest lock (WAD) and its seconds, who slashes and how much in a period (WAD), and
 * the seconds of the steps that rewards are counted in.
 */
export type StakePool = {
  stakeAsset: bigint;
  reward0: bigint;
  reward1: bigint;
  funder: string;
  cooldown: bigint;
  maxBoost: bigint;
  slasher: string;
  maxLock: bigint;
  maxSlash: bigint;
  step: bigint;
};

/** One of a pool's two streams. */
export type StreamIndex = 0 | 1;

/** Kinds of a section's operations; their two low bits name what is debited. All but staking name theirs as the limit. */
export const STAKING_KINDS = { stake: 0, claim: 3, unstake: 11, requestUnstake: 19, claimUnstaked: 27 } as const;

/** The operations of batches that `StakingCore` knows. */
export type StakingOperationName = keyof typeof STAKING_KINDS;

const WAD = 10n ** 18n;
const DAY = 86_400n;
/** Seconds that rewards can be counted in. */
export const STAKING_STEPS: readonly bigint[] = [1n, 60n, 3600n, DAY];
/** The longest cooldown of a pool, in seconds. */
export const MAX_COOLDOWN = 365n * DAY;
/** The longest lock, in seconds. */
export const MAX_LOCK = 4n * 365n * DAY;
/** The highest boost of a lock, WAD. */
export const MAX_BOOST = 10n * WAD;
/** The largest part of the stake that a slasher may take in a period, WAD. */
export const MAX_SLASH = WAD / 2n;

const coder = AbiCoder.defaultAbiCoder();
const KEY = ["uint256", "address", "uint32", "uint64", "address", "uint32", "uint64", "uint32"];

/**
 * A pool's terms, checked: one stream, exits at once, no locks and no slasher, counted by the second, unless said otherwise.
 * Throws `InvalidAsset`, `RestrictedAsset`, `SameAsset` (both streams), `InvalidAddress` and `AmountOutOfRange`.
 */
export function stakePool({
  stakeAsset,
  rewards: [reward0, reward1],
  funder,
  cooldown = 0n,
  lock = { maxLock: 0n, maxBoost: 0n },
  slashing = { slasher: ZeroAddress, maxSlash: 0n },
  step = 1n,
}: {
  stakeAsset: AssetLike;
  rewards: readonly [AssetLike] | readonly [AssetLike, AssetLike];
  funder: string;
  cooldown?: bigint;
  lock?: { maxLock: bigint; maxBoost: bigint };
  slashing?: { slasher: string; maxSlash: bigint };
  step?: bigint;
}): StakePool {
  return checkStakePool({
    ...{ stakeAsset: assetId(stakeAsset), reward0: assetId(reward0) },
    ...{ reward1: reward1 === undefined ? 0n : assetId(reward1), funder: checkAddress(funder, "funder"), cooldown },
    ...{ slasher: checkAddress(slashing.slasher, "slasher"), maxSlash: slashing.maxSlash },
    ...{ maxLock: lock.maxLock, maxBoost: lock.maxBoost, step },
  });
}

/** Throws what `stakePool` throws; answers the pool. */
export function checkStakePool(pool: StakePool): StakePool {
  const { stakeAsset, reward0, reward1, step } = pool;
  for (const asset of [stakeAsset, reward0, ...(reward1 === 0n ? [] : [reward1])]) {
    assetId(asset);
    if (!isPlain(asset)) {
      throw new ValidationError("RestrictedAsset", "An asset with RULES or NOTIFY is no stake and no reward", {
        asset,
      });
    }
  }
  if (reward0 === reward1) throw new ValidationError("SameAsset", "Both streams would pay one asset", { reward0 });
  checkAddress(pool.slasher, "slasher");
  checkAddress(pool.funder, "funder");
  if (!STAKING_STEPS.includes(step)) {
    throw new ValidationError("AmountOutOfRange", "A step is 1, 60, 3,600 or 86,400 seconds", { step });
  }
  const negative = [pool.cooldown, pool.maxLock, pool.maxBoost, pool.maxSlash].find((value) => value < 0n);
  const refused = negative === undefined ? refusedTerms(pool) : { code: "Negative", values: { negative } };
  if (refused !== undefined) {
    throw new ValidationError("AmountOutOfRange", `No pool has such terms: ${refused.code}`, refused.values);
  }
  return pool;
}

/** The core's refusal of a pool's cooldown, locks or slasher, in its order; undefined where it takes them. */
export function refusedTerms(pool: StakePool): { code: string; values: Readonly<Record<string, unknown>> } | undefined {
  const { cooldown, maxLock, maxBoost, slasher, maxSlash } = pool;
  const hasSlasher = BigInt(slasher) !== 0n;
  if (cooldown > MAX_COOLDOWN) return { code: "StakingInvalidCooldown", values: { cooldown, maximum: MAX_COOLDOWN } };
  const isLock =
    maxLock === 0n ? maxBoost === 0n : maxBoost !== 0n && maxLock <= MAX_LOCK && maxBoost <= MAX_BOOST && !hasSlasher;
  if (!isLock) return { code: "StakingInvalidLock", values: { maxLock, maxBoost } };
  const isSlash = hasSlasher ? maxSlash !== 0n && maxSlash <= MAX_SLASH && cooldown !== 0n : maxSlash === 0n;
  return isSlash ? undefined : { code: "StakingInvalidSlash", values: { slasher, maxSlash } };
}

/** Whether an asset carries neither RULES nor NOTIFY. */
export function isPlain(asset: bigint): boolean {
  return !hasRules(asset) && !hasNotice(asset);
}

/** The staking core's own name of a pool's first book, beside its assets. */
export function stakeKey(pool: StakePool): string {
  const { reward1, funder, cooldown, maxBoost, slasher, maxLock, maxSlash, step } = pool;
  return keccak256(coder.encode(KEY, [reward1, funder, cooldown, maxBoost, slasher, maxLock, maxSlash, step]));
}

/** The id of a pool: that of its first book. Throws what `stakePool` throws. */
export function stakeId({ staking, pool }: { staking: string; pool: StakePool }): string {
  return hashStakePool({ staking, pool: checkStakePool(pool) });
}

/** As `stakeId`, for terms of any content. */
export function hashStakePool({ staking, pool }: { staking: string; pool: StakePool }): string {
  return bookId({ protocol: staking, asset0: pool.stakeAsset, asset1: pool.reward0, key: stakeKey(pool) });
}

/** The book that holds a stream's rewards, as a ledger call names it: that of the second has the pool's id as its key. */
export function stakeBook({ staking, pool, stream = 0 }: { staking: string; pool: StakePool; stream?: StreamIndex }): {
  protocol: string;
  key: string;
  asset0: bigint;
  asset1: bigint;
} {
  const { stakeAsset: asset0, reward0, reward1 } = pool;
  if (stream === 0) return { protocol: staking, key: stakeKey(pool), asset0, asset1: reward0 };
  return { protocol: staking, key: hashStakePool({ staking, pool }), asset0, asset1: reward1 };
}

/** The id of the second stream's book, by the pool's id. */
export function secondBookOf({ staking, id, pool }: { staking: string; id: string; pool: StakePool }): string {
  return bookId({ protocol: staking, asset0: pool.stakeAsset, asset1: pool.reward1, key: id });
}

/** The ledger id of a pool's receipt, which has RULES and NOTIFY. */
export function stakeReceiptId({ staking, id }: { staking: string; id: string }): bigint {
  return issuedId({ owner: staking, salt: id, flags: ASSET_FLAGS.rules0 | ASSET_FLAGS.notify0 });
}
