import { AbiCoder, ZeroAddress, ZeroHash } from "ethers";
import { assetId, bookKey, lpShareId, nonZeroAddress, PIPS, type AssetLike, type PoolKey } from "../assets.js";
import { isZeroForOne } from "../amm.js";
import { type OrderOperationMessage } from "../codec/digest.js";
import { decodeFloat, encodeFloat, isFloat } from "../codec/floats.js";
import {
  ACCOUNT_FORM,
  LIMIT_FORM,
  type AmountForm,
  type ArgumentForm,
  type Fallback,
  type SectionHeader,
} from "../codec/types.js";
import { ValidationError } from "../lakh-error.js";
import { edges, worstOut, type Band } from "../models/amm-math.js";
import { checkAmount, checkLimit } from "../request.js";

/** A section as clients name it. Fees are exact for whoever builds, and the most that is paid for whoever co-signs. */
export type SectionSpec = Omit<SectionHeader, "gasCap"> & {
  /** Left out, the builder takes what the operations need by its model; clients sign under none below `minGasCap`. */
  gasCap?: number;
};

/** What a protocol gets besides the amount. */
export type Argument =
  | { form: "none" }
  /** One amount, for example the least output. */
  | { form: "limit"; value: bigint }
  /**
   * A receiver: his id in the directory or the address book, or his address. An id names whoever has it when the batch is
   * executed: take it from a registration that is final, or name the address.
   */
  | { form: "receiver"; to: number | string }
  /** `size` bytes, at most 28, that the protocol reads in its own way. */
  | { form: "bytes"; size: number; value: bigint };

/** One operation in the client's terms. */
export type OrderOperation = {
  section: SectionSpec;
  kind: number;
  amount: bigint;
  argument: Argument;
  /** All 16 bits of the sequence of the word that is debited; of asset 0's where nothing is. */
  sequence: number;
  /** Skipped unless the operation before was executed. */
  dependsOnPrevious?: boolean;
  /** What it may need beyond the builder's gas for an operation. */
  extraGas?: number;
  /** What its section needs once beyond the builder's gas for a section. */
  sectionGas?: number;
  /**
   * Of a swap: the pool's fee in pips. The section's parameters then are a band, and may be any at whose worst edge the
   * limit holds; without it they are exactly those of `section`.
   */
  poolFee?: bigint;
};

/** What one account wants, all in one record. */
export type Order = {
  id: number;
  operations: readonly OrderOperation[];
  /** Its own signature in place of a BLS key. */
  fallback?: Omit<Fallback, "id">;
};

/** What every maker needs to know besides. Fees are decimal floats, 0 unless given. */
export type OperationOptions = {
  sequence: number;
  dependsOnPrevious?: boolean;
  fee?: bigint;
  gasCap?: number;
};

/** Sides that an operation's kind names in its low two bits. */
export const SIDE_SHARES = 2;
/** The side of an operation that moves neither asset in. */
export const SIDE_NONE = 3;

/** Kind of an addition's first half, in a section of changes of liquidity; of its second it is one more. */
export const KIND_ADD = 8;

/** What an operation of the AMM is, by its kind; sections of swaps and of changes of liquidity have none in common. */
export function ammOperationOf(kind: number): "swapExactIn" | "addLiquidity" | "removeLiquidity" | undefined {
  if (kind <= 1) return "swapExactIn";
  if (kind === KIND_ADD || kind === KIND_ADD + 1) return "addLiquidity";
  return kind === SIDE_SHARES ? "removeLiquidity" : undefined;
}

/**
 * What an operation of the AMM may need beyond the builder's gas: half an addition pays for its part of a fresh word of
 * shares; a removal may be paid into two fresh words.
 */
export function ammExtraGas(kind: number): number {
  const name = ammOperationOf(kind);
  return name === "addLiquidity" ? 12_000 : name === "removeLiquidity" ? 45_000 : 0;
}

const SEQUENCES = 1 << 16;
const BAND = ["tuple(uint256 price, uint256 tolerance)"];
const coder = AbiCoder.defaultAbiCoder();

/** Moves `amount` of a plain asset to another account; the fee is paid in the asset, on top. */
export function transfer({
  asset,
  amount,
  to,
  ...options
}: OperationOptions & { asset: AssetLike; amount: bigint; to: number | string }): OrderOperation {
  const receiver = typeof to === "string" ? nonZeroAddress(to, "to") : to;
  return operation({
    section: { protocol: ZeroAddress, key: ZeroHash, asset0: assetId(asset), asset1: 0n, parameters: "0x" },
    side: 0,
    amount: checkAmount(amount, "amount"),
    argument: { form: "receiver", to: receiver },
    options,
  });
}

/**
 * Sells exactly `amountIn` at the batch's price, for at least `minAmountOut`; the fee is paid in the asset that is sold, on
 * top. The limit is rounded up to a float where the band allows it, which saves 11 bytes and costs at most a 52,428th of
 * chance. Throws `BandTooWide` when the limit does not hold at the edge of the band that is worst for the seller: such
 * an order would be skipped.
 */
export function swapExactIn({
  amm,
  pool,
  assetIn,
  amountIn,
  minAmountOut,
  band,
  ...options
}: OperationOptions & {
  amm: string;
  pool: PoolKey;
  assetIn: AssetLike;
  amountIn: bigint;
  minAmountOut: bigint;
  band: Band;
}): OrderOperation {
  const isZero = isZeroForOne(pool, assetIn);
  const amount = checkAmount(amountIn, "amountIn");
  const minimum = checkLimit(minAmountOut, "minAmountOut");
  const worst = worstSwapOut({ amount, kind: isZero ? 0 : 1, poolFee: pool.fee, band });
  if (worst < minimum) {
    const values = { worst, minimum };
    throw new ValidationError("BandTooWide", `The band lets the output fall to ${worst}, below ${minimum}`, values);
  }
  const rounded = roundUp(minimum);
  return {
    ...operation({
      section: {
        protocol: nonZeroAddress(amm, "amm"),
        key: bookKey(pool),
        asset0: pool.asset0,
        asset1: pool.asset1,
        parameters: encodeBand(band),
      },
      side: isZero ? 0 : 1,
      amount,
      argument: { form: "limit", value: rounded !== undefined && rounded <= worst ? rounded : minimum },
      options,
    }),
    poolFee: pool.fee,
  };
}

/**
 * Adds liquidity at the pool's ratio, within both amounts: two operations, which belong one behind the other in an order and
 * stand or fall together. Shares round down; what is not taken comes back. Each pays its fee in its own asset, on top.
 */
export function addLiquidity({
  amm,
  pool,
  amount0,
  amount1,
  minShares,
  sequence,
  sequence1,
  fee = 0n,
  fee1 = 0n,
  ...options
}: OperationOptions & {
  amm: string;
  pool: PoolKey;
  amount0: bigint;
  amount1: bigint;
  minShares: bigint;
  /** Of the word of asset 1: one more than `sequence` where that holds asset 0 too. `sequence` is of asset 0's. */
  sequence1: number;
  /** In units of asset 1; `fee` is in units of asset 0. */
  fee1?: bigint;
}): [OrderOperation, OrderOperation] {
  const argument: Argument = { form: "limit", value: checkLimit(minShares, "minShares") };
  const section = liquiditySection({ amm, pool, fee0: fee, fee1 });
  const half = (side: 0 | 1, amount: bigint, ownSequence: number): OrderOperation => ({
    ...madeOperation({ section, kind: KIND_ADD + side, argument, options: { ...options, sequence: ownSequence } }),
    amount: checkAmount(amount, `amount${side}`),
    extraGas: ammExtraGas(KIND_ADD),
  });
  return [half(0, amount0, sequence), { ...half(1, amount1, sequence1), dependsOnPrevious: false }];
}

/**
 * Burns shares for at least both minima; what is paid rounds down. `sequence` is that of the shares' word. The fee is taken out
 * of what is paid: `fee` of asset 0, or where nothing of it is paid, `fee1` of asset 1.
 */
export function removeLiquidity({
  amm,
  pool,
  shares,
  minAmount0,
  minAmount1,
  fee = 0n,
  fee1 = 0n,
  ...options
}: OperationOptions & {
  amm: string;
  pool: PoolKey;
  shares: bigint;
  minAmount0: bigint;
  minAmount1: bigint;
  fee1?: bigint;
}): OrderOperation {
  const value = (checkLimit(minAmount1, "minAmount1") << 112n) | checkLimit(minAmount0, "minAmount0");
  const argument: Argument = value === 0n ? { form: "none" } : { form: "bytes", size: 28, value };
  const section = liquiditySection({ amm, pool, fee0: fee, fee1 });
  const operation = madeOperation({ section, kind: SIDE_SHARES, argument, options });
  return { ...operation, amount: checkAmount(shares, "shares"), extraGas: ammExtraGas(SIDE_SHARES) };
}

function liquiditySection({
  amm,
  pool,
  ...fees
}: {
  amm: string;
  pool: PoolKey;
  fee0: bigint;
  fee1: bigint;
}): Omit<SectionSpec, "gasCap"> {
  const { asset0, asset1 } = pool;
  const protocol = nonZeroAddress(amm, "amm");
  return { protocol, key: bookKey(pool), asset0, asset1, shareId: lpShareId({ amm, pool }), ...fees, parameters: "0x" };
}

/** A section's parameters for the AMM. */
export function encodeBand({ price, tolerance }: Band): string {
  return coder.encode(BAND, [[price, tolerance]]);
}

/** The band in a section's parameters, or undefined where there is none. */
export function decodeBand(parameters: string): Band | undefined {
  if (parameters.length !== 2 + 128) return undefined;
  const [[price, tolerance]] = coder.decode(BAND, parameters) as unknown as [[bigint, bigint]];
  return { price, tolerance };
}

/** The output at the edge of the band that is worst for the seller of asset `kind`, rounded down as the AMM does. */
export function worstSwapOut({
  amount,
  kind,
  poolFee,
  band,
}: {
  amount: bigint;
  kind: number;
  poolFee: bigint;
  band: Band;
}): bigint {
  return worstOut(amount * (PIPS - poolFee), kind === 0, edges(band));
}

/** How a batch writes an amount: in as few bytes as carry it exactly. */
export function amountFormOf(amount: bigint): AmountForm {
  return amount === 0n ? 0 : isFloat(amount) ? 3 : 14;
}

/** How a batch writes an argument, and what stands there. */
export function wireArgument(argument: Argument): { form: ArgumentForm; value: bigint } {
  switch (argument.form) {
    case "none":
      return { form: 0, value: 0n };
    case "limit":
      return { form: isFloat(argument.value) ? LIMIT_FORM : 14, value: argument.value };
    case "receiver":
      return typeof argument.to === "number"
        ? { form: ACCOUNT_FORM, value: BigInt(argument.to) }
        : { form: 20, value: BigInt(argument.to) };
    case "bytes":
      return { form: argument.size, value: argument.value };
  }
}

/** An operation as a fallback signature names it; `addressOf` resolves receivers' ids. */
export function orderMessageOf(
  { section, kind, amount, argument, sequence, dependsOnPrevious = false }: OrderOperation,
  addressOf: (id: number) => string,
): OrderOperationMessage {
  const { protocol, key, asset0, asset1, shareId, fee0, fee1 } = section;
  const isId = argument.form === "receiver" && typeof argument.to === "number";
  return {
    protocol,
    key,
    asset0,
    asset1,
    shareId,
    kind,
    sequence,
    amount,
    arguments: isId ? BigInt(addressOf(Number(argument.to))) : wireArgument(argument).value,
    fee0,
    fee1,
    dependsOnPrevious,
  };
}

function operation({
  section,
  side,
  amount,
  argument,
  options,
}: {
  section: Pick<SectionSpec, "protocol" | "key" | "asset0" | "asset1" | "parameters">;
  side: 0 | 1;
  amount: bigint;
  argument: Argument;
  options: OperationOptions;
}): OrderOperation {
  const { fee = 0n } = options;
  const fees = side === 0 ? { fee0: fee, fee1: 0n } : { fee0: 0n, fee1: fee };
  return { ...madeOperation({ section: { ...section, shareId: 0n, ...fees }, kind: side, argument, options }), amount };
}

/** An operation without its amount. Throws `InvalidSequence`. */
export function madeOperation({
  section,
  kind,
  argument,
  options: { sequence, dependsOnPrevious = false, gasCap },
}: {
  section: Omit<SectionSpec, "gasCap">;
  kind: number;
  argument: Argument;
  options: Omit<OperationOptions, "fee">;
}): Omit<OrderOperation, "amount"> {
  if (!Number.isInteger(sequence) || sequence < 0 || sequence >= SEQUENCES) {
    throw new ValidationError("InvalidSequence", `A sequence has 16 bits, not ${sequence}`, { sequence });
  }
  return {
    section: { ...section, ...(gasCap === undefined ? {} : { gasCap }) },
    ...{ kind, argument, sequence, dependsOnPrevious },
  };
}

/** The next float up, or undefined beyond the last one. */
function roundUp(value: bigint): bigint | undefined {
  try {
    return decodeFloat(encodeFloat(value, "up"));
  } catch {
    return undefined;
  }
}
