import { AbiCoder, keccak256, toBeHex, getAddress } from "ethers";
import { assetId, bookId, checkAddress, hasRules, issuedId, type AssetLike } from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import { MAX_DEBT } from "./lending-math.js";

/**
 * What a lending market is: what is lent and what secures it (ledger ids), its oracle, its rate model, the LLTV (WAD), and the
 * debt that a liquidation up to health must leave, or else it may be whole (units of the loan asset).
 */
export type MarketParams = {
  loanAsset: bigint;
  collateralAsset: bigint;
  oracle: string;
  irm: string;
  lltv: bigint;
  closeOutDebt: bigint;
};

/** The rate models that are no contract: none, and the built-in curve that adapts to the utilisation. */
export const NO_INTEREST = getAddress(toBeHex(0, 20));
/** The rate model that is no contract but the built-in curve, which adapts to the utilisation. */
export const ADAPTIVE_CURVE = getAddress(toBeHex(1, 20));

/** Kinds of a section's operations; their two low bits name what is debited. Borrowing and removing name their amount as the limit. */
export const LENDING_KINDS = {
  supply: 0,
  addCollateral: 1,
  redeem: 2,
  borrow: 3,
  repay: 8,
  removeCollateral: 11,
} as const;

/** The operations of batches that `LendingCore` knows. */
export type LendingOperationName = keyof typeof LENDING_KINDS;

const LLTV_STEP = 10n ** 14n;
/** The first second of 2026: books count from it. */
const EPOCH = 1_767_225_600n;
const TIME_BITS = 31;
const WAD = 10n ** 18n;
const coder = AbiCoder.defaultAbiCoder();

/**
 * A market's parameters, checked. The rate model is the adaptive curve and every liquidation may be whole unless said otherwise.
 * Throws `SameAsset`, `RestrictedAsset` (a loan asset with transfer rules), `AmountOutOfRange` (LLTV, close-out debt) and
 * `InvalidAddress`.
 */
export function marketParams({
  loanAsset,
  collateralAsset,
  oracle,
  lltv,
  irm = ADAPTIVE_CURVE,
  closeOutDebt = MAX_DEBT,
}: {
  loanAsset: AssetLike;
  collateralAsset: AssetLike;
  oracle: string;
  lltv: bigint;
  irm?: string;
  closeOutDebt?: bigint;
}): MarketParams {
  const market = { loanAsset: assetId(loanAsset), collateralAsset: assetId(collateralAsset), lltv, closeOutDebt };
  return checkMarket({ ...market, oracle: checkAddress(oracle, "oracle"), irm: checkAddress(irm, "irm") });
}

/** Throws what `marketParams` throws; answers the market. */
export function checkMarket(market: MarketParams): MarketParams {
  const { loanAsset, collateralAsset, lltv, closeOutDebt } = market;
  if (assetId(loanAsset) === assetId(collateralAsset)) {
    throw new ValidationError("SameAsset", "A market cannot lend an asset against itself", { loanAsset });
  }
  if (hasRules(loanAsset)) {
    throw new ValidationError("RestrictedAsset", "An asset with transfer rules cannot be lent", { loanAsset });
  }
  if (lltv < 0n || lltv >= WAD || lltv % LLTV_STEP !== 0n) {
    throw new ValidationError("AmountOutOfRange", "The LLTV is not a multiple of 1e14 below 1e18", { lltv });
  }
  if (closeOutDebt < 0n || closeOutDebt > MAX_DEBT) {
    throw new ValidationError("AmountOutOfRange", "closeOutDebt is not within 0 and 2^96 − 1", { closeOutDebt });
  }
  return market;
}

/** The lending core's own name of a market's book, beside its assets. */
export function marketKey({ oracle, irm, lltv, closeOutDebt }: MarketParams): string {
  return keccak256(coder.encode(["address", "address", "uint256", "uint256"], [oracle, irm, lltv, closeOutDebt]));
}

/**
 * When a market was updated last, in Unix seconds, by the word of its book; not for that of a market which does not exist. By the
 * 68 years from 2026: the lens tells it at any time.
 */
export function lastUpdateOf(book: bigint): bigint {
  return EPOCH + (book >> 225n);
}

/** The flags of a market's book that is updated at a time, in Unix seconds: which of the core's two words is newer, below the time. */
export function marketFlags({ time, isDebtNewer }: { time: bigint; isDebtNewer: boolean }): bigint {
  const short = BigInt.asUintN(TIME_BITS, time - EPOCH);
  // As in the core: flags of 0 are no market, so the second that would be 0 counts as the one before.
  return ((short === 0n ? BigInt.asUintN(TIME_BITS, -1n) : short) << 1n) | (isDebtNewer ? 1n : 0n);
}

/** Seconds from the last update, of which a book's flags tell, until a time. */
export function elapsedSince(flags: bigint, time: bigint): bigint {
  return BigInt.asUintN(TIME_BITS, time - EPOCH - (flags >> 1n));
}

/** The id of a market: that of its book. Throws what `marketParams` throws. */
export function marketId({ lending, market }: { lending: string; market: MarketParams }): string {
  return hashMarket({ lending, market: checkMarket(market) });
}

/** As `marketId`, for parameters of any content. */
export function hashMarket({ lending, market }: { lending: string; market: MarketParams }): string {
  const { loanAsset: asset0, collateralAsset: asset1 } = market;
  return bookId({ protocol: lending, asset0, asset1, key: marketKey(market) });
}

/** The ledger id of a market's supply share. */
export function supplyShareId({ lending, market }: { lending: string; market: MarketParams }): bigint {
  return supplyShareIdOf({ lending, id: marketId({ lending, market }) });
}

/** As `supplyShareId`, of the market's id. */
export function supplyShareIdOf({ lending, id }: { lending: string; id: string }): bigint {
  return issuedId({ owner: lending, salt: id });
}
