import { AbiCoder, ZeroAddress } from "ethers";
import { checkAddress, nonZeroAddress, type AssetLike } from "../assets.js";
import {
  coverId,
  riskBook,
  underwritingBook,
  underwritingShareId,
  type RiskTerms,
  type UnderwritingTerms,
} from "../insurance-terms.js";
import { checkAmount, checkLimit } from "../request.js";
import { madeOperation, type Argument, type OperationOptions, type OrderOperation } from "./operations.js";

/** Kinds of a pool's operations: a deposit debits the asset, a request its shares, a payment nothing. */
export const UNDERWRITING_KINDS = { underwrite: 0, requestExit: 2, claimExit: 3 } as const;
/** Kinds of a risk's operations: a purchase debits the asset, a redemption cover. */
export const COVER_KINDS = { buyCover: 0, redeemCover: 2 } as const;

/** The operations of batches that underwriting pools know. */
export type UnderwritingOperationName = keyof typeof UNDERWRITING_KINDS;
/** The operations of batches that the cover desk knows. */
export type CoverOperationName = keyof typeof COVER_KINDS;

/** What each may need beyond the builder's gas for an operation: fresh words of shares, of cover, of a request or of what is paid. */
const EXTRA_GAS: Readonly<Record<UnderwritingOperationName | CoverOperationName, number>> = {
  ...{ underwrite: 25_000, requestExit: 50_000, claimExit: 18_000, buyCover: 25_000, redeemCover: 20_000 },
};
/** What a section needs once: the pool's words and flows, and of a risk its product's and its pool's besides. */
const SECTION_GAS = { underwriting: 60_000, cover: 150_000 } as const;
/** The first deposit or request of a section looks at each week in which premiums flow: 106 of them in the longest window, 730 days. */
const WEEKS_GAS = 260_000;

/** What an operation on an underwriting pool may need beyond the builder's gas, by its kind, and its section once. */
export function underwritingGas(kind: number): { extraGas: number; sectionGas: number } {
  const name = underwritingOperationOf(kind);
  return gasOf(name, SECTION_GAS.underwriting + (name === "claimExit" ? 0 : WEEKS_GAS));
}

/** What an operation on a risk may need beyond the builder's gas, by its kind, and its section once. */
export function coverGas(kind: number): { extraGas: number; sectionGas: number } {
  return gasOf(coverOperationOf(kind), SECTION_GAS.cover);
}

/** What an operation on an underwriting pool is, by its kind. */
export function underwritingOperationOf(kind: number): UnderwritingOperationName | undefined {
  return nameOf(UNDERWRITING_KINDS, kind);
}

/** What an operation on a risk is, by its kind. */
export function coverOperationOf(kind: number): CoverOperationName | undefined {
  return nameOf(COVER_KINDS, kind);
}

function gasOf(name: keyof typeof EXTRA_GAS | undefined, sectionGas: number): { extraGas: number; sectionGas: number } {
  return name === undefined ? { extraGas: 0, sectionGas: 0 } : { extraGas: EXTRA_GAS[name], sectionGas };
}

function nameOf<N extends string>(kinds: Readonly<Record<N, number>>, kind: number): N | undefined {
  return (Object.keys(kinds) as N[]).find((name) => kinds[name] === kind);
}

/** An operation on an underwriting pool: the contract, the terms, and the fee in units of the pool's asset. */
export type UnderwritingOperation = OperationOptions & { pools: string; terms: UnderwritingTerms };
/** An operation on a risk: the desk, the terms, the pool's asset, and the fee in units of it. */
export type CoverOperation = OperationOptions & {
  desk: string;
  risk: RiskTerms;
  asset: AssetLike;
  /** Who has a part of the product's fee; nobody unless given. All purchases of a section name the same. */
  referrer?: string;
};

/**
 * Operations of a batch on insurance, each of its signer's own. `sequence` is that of the word that is debited, which consents too: of the
 * pool's asset, of its shares (`requestExit`) or of the cover (`redeemCover`). The fee is paid on top of what is paid in, else out of
 * what is paid.
 */
export const insuranceOperations = {
  /** Deposits exactly `assets` for at least `minShares`, rounded down. */
  underwrite: ({ assets, minShares = 0n, ...rest }: UnderwritingOperation & { assets: bigint; minShares?: bigint }) =>
    onPool("underwrite", rest, checkAmount(assets, "assets"), limitOf(checkLimit(minShares, "minShares"))),

  /** Puts exactly `shares` into the exit queue, of which the cap is `minAssets` at the least; without a fee, since nothing is paid. */
  requestExit: ({
    shares,
    minAssets = 0n,
    ...rest
  }: Omit<UnderwritingOperation, "fee"> & { shares: bigint; minAssets?: bigint }) =>
    onPool("requestExit", rest, checkAmount(shares, "shares"), limitOf(checkLimit(minAssets, "minAssets"))),

  /**
   * Pays out the signer's request. It makes requests before it final first, 64 with its own at the most; the gas is for a few of them.
   * Where more wait, have `finaliseExits` called before.
   */
  claimExit: ({ requestId, ...rest }: UnderwritingOperation & { requestId: bigint }) =>
    onPool("claimExit", rest, 0n, limitOf(checkAmount(requestId, "requestId"))),

  /** Spends exactly `cost` on as much cover as it buys, `minCover` at the least; fails where all that is left costs less than that. */
  buyCover: ({ cost, minCover, ...rest }: CoverOperation & { cost: bigint; minCover: bigint }) =>
    onRisk("buyCover", rest, checkAmount(cost, "cost"), limitOf(checkAmount(minCover, "minCover"))),

  /** Burns exactly `units` of cover of a settled risk for what they are worth, `minPaid` at the least. */
  redeemCover: ({ units, minPaid = 0n, ...rest }: CoverOperation & { units: bigint; minPaid?: bigint }) =>
    onRisk("redeemCover", rest, checkAmount(units, "units"), limitOf(checkLimit(minPaid, "minPaid"))),
} as const;

function limitOf(value: bigint): Argument {
  return value === 0n ? { form: "none" } : { form: "limit", value };
}

function onPool(
  name: UnderwritingOperationName,
  { pools, terms, fee = 0n, ...options }: UnderwritingOperation,
  amount: bigint,
  argument: Argument,
): OrderOperation {
  const place = { pools: nonZeroAddress(pools, "pools"), terms };
  const shareId = underwritingShareId(place);
  const section = { ...underwritingBook(place), shareId, fee0: fee, fee1: 0n, parameters: "0x" };
  const kind = UNDERWRITING_KINDS[name];
  return { ...madeOperation({ section, kind, argument, options }), amount, ...underwritingGas(kind) };
}

function onRisk(
  name: CoverOperationName,
  { desk, risk, asset, referrer = ZeroAddress, fee = 0n, ...options }: CoverOperation,
  amount: bigint,
  argument: Argument,
): OrderOperation {
  const place = { desk: nonZeroAddress(desk, "desk"), risk, asset };
  const named = checkAddress(referrer, "referrer");
  const parameters = named === ZeroAddress ? "0x" : AbiCoder.defaultAbiCoder().encode(["address"], [named]);
  const section = { ...riskBook(place), shareId: coverId(place), fee0: fee, fee1: 0n, parameters };
  const kind = COVER_KINDS[name];
  return { ...madeOperation({ section, kind, argument, options }), amount, ...coverGas(kind) };
}
