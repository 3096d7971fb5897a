import { AbiCoder, getAddress, keccak256, toBeHex, ZeroAddress } from "ethers";
import { bookId, issuedId } from "./assets.js";

/** What a lending market is, for ever. Assets are ledger ids. */
export type LendingParams = {
  /** What is lent, and what secures it: the book's asset 0 and asset 1. */
  loanAsset: bigint;
  collateralAsset: bigint;
  oracle: string;
  /** `NO_INTEREST`, `ADAPTIVE_CURVE`, or the address of a rate model. */
  irm: string;
  /** Debt over collateral value at which a position may be liquidated, WAD. */
  lltv: bigint;
  /** Debt up to which an unhealthy position may be liquidated whole, in loan units. */
  closeOutDebt: bigint;
};

/** Rate model of a market without interest. */
export const NO_INTEREST = ZeroAddress;
/** The built-in rate model. */
export const ADAPTIVE_CURVE = getAddress(toBeHex(1, 20));

/** Kinds of a section's operations; their two low bits name what is debited. Borrowing and removing name their amount as the limit. */
export const LENDING_KINDS = {
  supply: 0,
  addCollateral: 1,
  withdraw: 2,
  borrow: 3,
  repay: 8,
  removeCollateral: 11,
} as const;

const KEY = ["address", "address", "uint256", "uint256"];

/** The core's own name of a market's book, beside its assets: the `key` of a ledger call. */
export function lendingKey({ oracle, irm, lltv, closeOutDebt }: Omit<LendingParams, "loanAsset" | "collateralAsset">) {
  return keccak256(AbiCoder.defaultAbiCoder().encode(KEY, [oracle, irm, lltv, closeOutDebt]));
}

/** The id of a market of the core at `lending`: that of its ledger book. */
export function lendingMarketId({ lending, market }: { lending: string; market: LendingParams }): string {
  const { loanAsset: asset0, collateralAsset: asset1 } = market;
  return bookId({ protocol: lending, asset0, asset1, key: lendingKey(market) });
}

/** The ledger id of the supply share of the market `id`. */
export function supplyShareId({ lending, id }: { lending: string; id: string }): bigint {
  return issuedId({ owner: lending, salt: id });
}
