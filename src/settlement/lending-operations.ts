import {
  ADAPTIVE_CURVE,
  checkMarket,
  LENDING_KINDS,
  marketKey,
  NO_INTEREST,
  supplyShareId,
  type LendingOperationName,
  type MarketParams,
} from "../lending-market.js";
import { nonZeroAddress } from "../assets.js";
import { checkAmount, checkLimit } from "../request.js";
import { madeOperation, type Argument, type OperationOptions, type OrderOperation } from "./operations.js";

/** What all operations of lending say: the core, the market, and the fees in units of the loan asset and of the collateral. */
export type LendingOperation = Omit<OperationOptions, "fee"> & {
  lending: string;
  market: MarketParams;
  fee?: bigint;
  fee1?: bigint;
};

/** What each may need beyond the builder's gas for an operation: a fresh word of shares, or of a position. */
const EXTRA_GAS: Readonly<Record<LendingOperationName, number>> = {
  ...{ supply: 22_000, addCollateral: 22_000, redeem: 22_000, borrow: 25_000, repay: 8_000, removeCollateral: 25_000 },
};
/** What a section needs once: an external rate model's gas, and the oracle's where one is asked. */
const MODEL_GAS = 120_000;
const ORACLE_GAS = 280_000;

/** What an operation of lending may need beyond the builder's gas, by its kind, and its section once. */
export function lendingGas(kind: number, hasRateModel: boolean): { extraGas: number; sectionGas: number } {
  const name = lendingOperationOf(kind);
  if (name === undefined) return { extraGas: 0, sectionGas: 0 };
  const needsPrice = name === "borrow" || name === "removeCollateral";
  return { extraGas: EXTRA_GAS[name], sectionGas: (hasRateModel ? MODEL_GAS : 0) + (needsPrice ? ORACLE_GAS : 0) };
}

/** What an operation of lending is, by its kind. */
export function lendingOperationOf(kind: number): LendingOperationName | undefined {
  const names = Object.keys(LENDING_KINDS) as LendingOperationName[];
  return names.find((name) => LENDING_KINDS[name] === kind);
}

/**
 * Operations of a batch on a market, each on its signer's own position. Fees are paid on top of what is debited, else out of what
 * is paid. `sequence` is that of the word that is debited: of the loan asset for `supply`, `repay`, `borrow` and
 * `removeCollateral`, of the collateral for `addCollateral`, of the supply shares for `redeem`.
 */
export const lendingOperations = {
  /** Lends `assets` for at least `minShares`, rounded down. */
  supply: ({ assets, minShares = 0n, ...rest }: LendingOperation & { assets: bigint; minShares?: bigint }) =>
    made("supply", rest, { amount: checkAmount(assets, "assets"), limit: checkLimit(minShares, "minShares") }),

  /** Burns `shares` for at least `minAssets`, rounded down. */
  redeem: ({ shares, minAssets = 0n, ...rest }: LendingOperation & { shares: bigint; minAssets?: bigint }) =>
    made("redeem", rest, { amount: checkAmount(shares, "shares"), limit: checkLimit(minAssets, "minAssets") }),

  /** Adds collateral; not where it has to be pledged. */
  addCollateral: ({ amount, ...rest }: LendingOperation & { amount: bigint }) =>
    made("addCollateral", rest, { amount: checkAmount(amount, "amount"), limit: 0n }),

  /** Takes out exactly `amount` of collateral; the position must stay healthy. */
  removeCollateral: ({ amount, ...rest }: LendingOperation & { amount: bigint }) =>
    made("removeCollateral", rest, { amount: 0n, limit: checkAmount(amount, "amount") }),

  /** Borrows exactly `assets`; the position must be healthy. */
  borrow: ({ assets, ...rest }: LendingOperation & { assets: bigint }) =>
    made("borrow", rest, { amount: 0n, limit: checkAmount(assets, "assets") }),

  /** Repays with at most `maxAssets`; what the debt does not take comes back. */
  repay: ({ maxAssets, ...rest }: LendingOperation & { maxAssets: bigint }) =>
    made("repay", rest, { amount: checkAmount(maxAssets, "maxAssets"), limit: 0n }),
} as const;

function made(
  name: LendingOperationName,
  { lending, market, fee = 0n, fee1 = 0n, ...options }: LendingOperation,
  { amount, limit }: { amount: bigint; limit: bigint },
): OrderOperation {
  const { loanAsset: asset0, collateralAsset: asset1, irm } = checkMarket(market);
  const protocol = nonZeroAddress(lending, "lending");
  const book = { protocol, key: marketKey(market), asset0, asset1, shareId: supplyShareId({ lending, market }) };
  const section = { ...book, fee0: fee, fee1, parameters: "0x" };
  const argument: Argument = limit === 0n ? { form: "none" } : { form: "limit", value: limit };
  const kind = LENDING_KINDS[name];
  const gas = lendingGas(kind, irm !== NO_INTEREST && irm !== ADAPTIVE_CURVE);
  return { ...madeOperation({ section, kind, argument, options }), amount, ...gas };
}
