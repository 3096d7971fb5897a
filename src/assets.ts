import { AbiCoder, getAddress, isHexString, keccak256, toBeHex } from "ethers";
import { ValidationError } from "./lakh-error.js";

/** An asset: its ledger id, or for a token its address. */
export type AssetLike = bigint | string;

/**
 * What an AMM pool is: two ledger ids, `asset0 < asset1`; fee in pips (millionths of the input); Q64 virtual offsets;
 * `POOL_ORACLE` and `POOL_RESTRICTED`, or 0.
 */
export type PoolKey = {
  asset0: bigint;
  asset1: bigint;
  fee: bigint;
  alpha: bigint;
  beta: bigint;
  flags: bigint;
};

/** A ledger word: two amounts in smallest units and 32 flags. */
export type DecodedWord = { amount0: bigint; amount1: bigint; flags: bigint };

/** The flags of a holder's word. */
export type HolderFlags = {
  /** Bit v set: settlement version v may act on the word. */
  consent: bigint;
  /** Modulo 2^16. */
  sequence: bigint;
  frozen: boolean;
};

/** The flags of a pool's book. */
export type PoolFlags = { exists: boolean; isRange: boolean; hasOracle: boolean; isRestricted: boolean; fee: bigint };

/** Flag of a pool key: the pool keeps a history of its price. */
export const POOL_ORACLE = 1n;
/** Flag of the key of a pool with an asset that has transfer rules: its LP share has them too. */
export const POOL_RESTRICTED = 2n;

/** The largest amount of any asset, 2^112 − 1 units. */
export const MAX_AMOUNT = (1n << 112n) - 1n;
/** Millionths: the scale of fees. */
export const PIPS = 1_000_000n;
/** Highest pool fee, 5 %. */
export const MAX_FEE = 50_000n;
/** Shares locked for ever when a pool is created. */
export const LOCKED_SHARES = 1000n;
/** Virtual shares, which the offsets of a range pool are made of, in a share. */
export const VIRTUAL_SCALE = 1n << 16n;
/** Least input of a swap, in units. */
export const MIN_TRADE = 1000n;
/** Least virtual reserve that a swap may leave, in units. */
export const MIN_RESERVE = 1000n;
/** Scale of prices: raw units of asset 1 per raw unit of asset 0 · 1e36. */
export const PRICE_SCALE = 10n ** 36n;

/** The flags an issued id carries: RULES and NOTIFY of both sides. */
export const ASSET_FLAGS = { rules0: 1n, rules1: 2n, notify0: 4n, notify1: 8n } as const;

const MAX_FLAGS = 15n;
const ISSUED = 1n << 255n;
const FLAGS_SHIFT = 251n;
const HASH_MASK = ((1n << 250n) - 1n) << 1n;
const MAX_ADDRESS = (1n << 160n) - 1n;
const Q64 = 1n << 64n;
const UINT128 = 1n << 128n;
const coder = AbiCoder.defaultAbiCoder();

/** The ledger id of a token: its address as a number. Throws `InvalidAddress`, also for the zero address. */
export function tokenId(token: string): bigint {
  return BigInt(nonZeroAddress(token, "token"));
}

/** The token of an id. Throws `InvalidAsset` for an issued asset or a number that is no address. */
export function tokenOf(id: bigint): string {
  if (id <= 0n || id > MAX_ADDRESS) throw new ValidationError("InvalidAsset", `${id} is not the id of a token`, { id });
  return getAddress(toBeHex(id, 20));
}

/** The ledger id of a token's address, or the id as given. Throws `InvalidAsset` for what no asset can have. */
export function assetId(asset: AssetLike): bigint {
  if (typeof asset === "string") return tokenId(asset);
  const isKnown = asset > 0n && (asset <= MAX_ADDRESS || (asset >= ISSUED && asset < ISSUED << 1n));
  if (!isKnown) throw new ValidationError("InvalidAsset", `${asset} is neither a token's nor an issued id`, { asset });
  return asset;
}

/** The id of side `side` of `salt` in the name space of `owner`, with the word's four flags (0 unless given). */
export function issuedId({
  owner,
  salt,
  flags = 0n,
  side = 0n,
}: {
  owner: string;
  salt: string;
  flags?: bigint;
  side?: bigint;
}): bigint {
  const checked = { owner: checkAddress(owner, "owner"), salt: checkBytes32(salt, "salt") };
  checkIssued(flags, side);
  const hash = BigInt(keccak256(coder.encode(["address", "bytes32", "uint256"], [checked.owner, checked.salt, flags])));
  return ISSUED | (flags << FLAGS_SHIFT) | (hash & HASH_MASK) | side;
}

/** Throws `InvalidFlags` or `InvalidSide` for what an issued id cannot carry. */
export function checkIssued(flags: bigint, side: bigint): void {
  if (flags < 0n || flags > MAX_FLAGS) {
    throw new ValidationError("InvalidFlags", `Asset flags are 0 to 15, not ${flags}`, { flags });
  }
  if (side !== 0n && side !== 1n) throw new ValidationError("InvalidSide", `A side is 0 or 1, not ${side}`, { side });
}

/** Whether an id is an issued asset's rather than a token's. */
export function isIssued(id: bigint): boolean {
  return (id & ISSUED) !== 0n;
}

/** The four flags of an issued id's word; 0 for a token. */
export function assetFlags(id: bigint): bigint {
  return (id >> FLAGS_SHIFT) & MAX_FLAGS;
}

/** Whether the issuer of `id` may refuse, freeze or force its movements. */
export function hasRules(id: bigint): boolean {
  return ((id >> (FLAGS_SHIFT + (id & 1n))) & 1n) !== 0n;
}

/** Whether the issuer of `id` is told of its movements. */
export function hasNotice(id: bigint): boolean {
  return ((id >> (FLAGS_SHIFT + 2n + (id & 1n))) & 1n) !== 0n;
}

/**
 * A pool key of two assets in either order; alpha and beta (of the lower and of the higher id) are 0 unless given; with
 * `oracle` the pool keeps a history of its price; a pool with an asset that has transfer rules wants `restricted`.
 */
export function poolKey({
  assets,
  fee,
  alpha = 0n,
  beta = 0n,
  oracle = false,
  restricted = false,
}: {
  assets: readonly [AssetLike, AssetLike];
  fee: bigint;
  alpha?: bigint;
  beta?: bigint;
  oracle?: boolean;
  restricted?: boolean;
}): PoolKey {
  const [a, b] = [assetId(assets[0]), assetId(assets[1])];
  const flags = (oracle ? POOL_ORACLE : 0n) | (restricted ? POOL_RESTRICTED : 0n);
  const key: PoolKey = { asset0: a < b ? a : b, asset1: a < b ? b : a, fee, alpha, beta, flags };
  checkPool(key);
  return key;
}

/**
 * Alpha and beta (Q64, rounded down) of a pool that holds liquidity between two prices, in raw units of asset 1 per raw
 * unit of asset 0 · 1e36. Throws `EmptyRange` unless 0 < low < high and both fit.
 */
export function rangeOffsets({ low, high }: { low: bigint; high: bigint }): { alpha: bigint; beta: bigint } {
  if (low <= 0n || high <= low) {
    throw new ValidationError("EmptyRange", `A range needs 0 < low < high, not ${low} to ${high}`, { low, high });
  }
  const alpha = squareRoot((UINT128 * PRICE_SCALE) / high);
  const beta = squareRoot((UINT128 * low) / PRICE_SCALE);
  if (alpha >= UINT128 || beta >= UINT128 || alpha * beta >= UINT128) {
    throw new ValidationError("EmptyRange", `The range ${low} to ${high} does not fit`, { low, high });
  }
  return { alpha, beta };
}

/** The AMM's own name of a pool's book, beside its assets: the `key` of a ledger call. Nothing is checked. */
export function bookKey({ fee, alpha, beta, flags }: Pick<PoolKey, "fee" | "alpha" | "beta" | "flags">): string {
  return keccak256(coder.encode(["uint24", "uint128", "uint128", "uint8"], [fee, alpha, beta, flags]));
}

/** The identity of a protocol's book, which is also the salt of the share that the protocol issues on it. */
export function bookId({
  protocol,
  asset0,
  asset1,
  key,
}: {
  protocol: string;
  asset0: bigint;
  asset1: bigint;
  key: string;
}): string {
  return keccak256(coder.encode(["address", "uint256", "uint256", "bytes32"], [protocol, asset0, asset1, key]));
}

/** The id of a pool of the AMM at `amm`: that of its ledger book. Throws what `checkPool` throws. */
export function poolId({ amm, pool }: { amm: string; pool: PoolKey }): string {
  checkPool(pool);
  return hashPool({ amm: checkAddress(amm, "amm"), pool });
}

/** As `poolId`, for a key of any content. */
export function hashPool({ amm, pool }: { amm: string; pool: PoolKey }): string {
  return bookId({ protocol: amm, asset0: pool.asset0, asset1: pool.asset1, key: bookKey(pool) });
}

/** The ledger id of a pool's LP share, issued by the AMM at `amm`; it has RULES when the pool is restricted. */
export function lpShareId({ amm, pool }: { amm: string; pool: PoolKey }): bigint {
  return shareIdOf({ amm, id: poolId({ amm, pool }), isRestricted: (pool.flags & POOL_RESTRICTED) !== 0n });
}

/** As `lpShareId`, of the pool's id. */
export function shareIdOf({ amm, id, isRestricted }: { amm: string; id: string; isRestricted: boolean }): bigint {
  return issuedId({ owner: amm, salt: id, flags: isRestricted ? ASSET_FLAGS.rules0 : 0n });
}

/** Throws what makes `key` impossible: `UnsortedPool`, `SameAsset`, `FeeTooHigh`, `RestrictedAsset`, `EmptyRange`, `InvalidFlags`. */
export function checkPool(key: PoolKey): void {
  const { asset0, asset1, fee, alpha, beta, flags } = key;
  for (const id of [asset0, asset1]) {
    assetId(id);
    if (hasRules(id) && (flags & POOL_RESTRICTED) === 0n) {
      const message = `Asset ${id} has transfer rules and cannot be pooled but in a restricted pool`;
      throw new ValidationError("RestrictedAsset", message, { id });
    }
  }
  if (asset0 === asset1) throw new ValidationError("SameAsset", "A pool needs two different assets", { asset0 });
  if (asset0 > asset1) {
    throw new ValidationError("UnsortedPool", "A pool's assets are in ascending order of id", { asset0, asset1 });
  }
  if (fee < 0n || fee > MAX_FEE) {
    throw new ValidationError("FeeTooHigh", `A pool's fee is 0 to ${MAX_FEE} pips, not ${fee}`, { fee });
  }
  const isInRange = alpha >= 0n && beta >= 0n && alpha < UINT128 && beta < UINT128 && alpha * beta < UINT128;
  if (!isInRange) {
    throw new ValidationError("EmptyRange", "alpha · beta must stay below 1 (2^128 in Q64)", { alpha, beta });
  }
  if (flags < 0n || flags > (POOL_ORACLE | POOL_RESTRICTED)) {
    const message = `A pool's flags are the sum of ${POOL_ORACLE} (oracle) and ${POOL_RESTRICTED} (restricted), not ${flags}`;
    throw new ValidationError("InvalidFlags", message, { flags });
  }
  if ((flags & POOL_RESTRICTED) !== 0n && !hasRules(asset0) && !hasRules(asset1)) {
    throw new ValidationError("InvalidFlags", "A restricted pool needs an asset with transfer rules", { flags });
  }
}

/** Splits a ledger word. */
export function decodeWord(word: bigint): DecodedWord {
  return { amount0: word & MAX_AMOUNT, amount1: (word >> 112n) & MAX_AMOUNT, flags: word >> 224n };
}

/** Puts a ledger word together. */
export function encodeWord({ amount0, amount1, flags }: DecodedWord): bigint {
  return (flags << 224n) | (amount1 << 112n) | amount0;
}

/** Reads the 32 flags of a holder's word. */
export function decodeHolderFlags(flags: bigint): HolderFlags {
  return { consent: flags & 0xffn, sequence: (flags >> 8n) & 0xffffn, frozen: ((flags >> 24n) & 1n) !== 0n };
}

/** Reads the 32 flags of a pool's book; the fee is in pips. */
export function decodePoolFlags(flags: bigint): PoolFlags {
  const has = (bit: bigint): boolean => ((flags >> bit) & 1n) !== 0n;
  return { exists: has(31n), isRange: has(16n), hasOracle: has(17n), isRestricted: has(18n), fee: flags & 0xffffn };
}

/** The flags of a new pool's book. */
export function poolFlags({ fee, alpha, beta, flags }: Omit<PoolKey, "asset0" | "asset1">): bigint {
  return fee | ((alpha | beta) === 0n ? 0n : 1n << 16n) | (flags << 17n) | (1n << 31n);
}

/** A virtual offset: `rate` (alpha or beta, Q64) times virtual shares, rounded down. */
export function offsetOf(rate: bigint, virtualShares: bigint): bigint {
  return (rate * virtualShares) / (Q64 * VIRTUAL_SCALE);
}

/** The address in checksum form. Throws `InvalidAddress`. */
export function checkAddress(address: string, name: string): string {
  try {
    return getAddress(address); // hashes it: once is enough
  } catch {
    throw new ValidationError("InvalidAddress", `${name} is not an address`, { name, address });
  }
}

/** As `checkAddress`, and not the zero address. */
export function nonZeroAddress(address: string, name: string): string {
  const checked = checkAddress(address, name);
  if (BigInt(checked) === 0n) {
    throw new ValidationError("InvalidAddress", `${name} is the zero address`, { name, address });
  }
  return checked;
}

/** Throws `InvalidBytes32` unless the value is 32 bytes in hexadecimal. */
export function checkBytes32(value: string, name: string): string {
  if (!isHexString(value, 32)) throw new ValidationError("InvalidBytes32", `${name} is not 32 bytes`, { name, value });
  return value;
}

/** The integer square root, rounded down. */
export function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1); // at or above the root
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
