import { AbiCoder, id as hashOf, keccak256, ZeroAddress, ZeroHash, type TypedDataDomain } from "ethers";
import {
  assetId,
  bookId,
  checkAddress,
  checkBytes32,
  issuedId,
  nonZeroAddress,
  tokenId,
  type AssetLike,
} from "./assets.js";
import { ValidationError } from "./lakh-error.js";

/** What an underwriting pool is, for ever: `UnderwritingTerms`. Limits are shares of the capital, WAD; times are seconds. */
export type UnderwritingTerms = {
  asset: bigint;
  desk: string;
  maxWindow: bigint;
  capacity: bigint;
  manager: string;
  cooldown: bigint;
  eventLimit: bigint;
  riskLimit: bigint;
};

/** What a product is, for ever: `CoverProduct`. Rates are yearly, WAD; the fee is a share of the premium, the referral one of the fee. */
export type CoverProduct = {
  pool: UnderwritingTerms;
  minRate: bigint;
  kinkRate: bigint;
  maxRate: bigint;
  kink: bigint;
  feeTo: string;
  fee: bigint;
  referral: bigint;
  oracle: string;
  fallbackOracle: string;
  termsHash: string;
};

/** What a risk is, for ever: `RiskTerms`. Times are Unix seconds; the base rate is a share of the cover, WAD. */
export type RiskTerms = {
  product: string;
  eventId: string;
  oracleData: string;
  termsHash: string;
  baseRate: bigint;
  cutoff: bigint;
  start: bigint;
  end: bigint;
  reportBy: bigint;
  fallbackBy: bigint;
};

/** What a risk pays when all is lost, in billionths of its cover. */
export const WHOLE_COVER = 1_000_000_000n;
/** What `riskOf` says of a risk that pays back what it cost. */
export const VOID_RATIO = (1n << 32n) - 1n;
/** The names of `ICoverDesk.RiskState`, by number. */
export const RISK_STATES = ["none", "open", "reported", "settled"] as const;
/** Where a risk stands. */
export type RiskStatus = (typeof RISK_STATES)[number];

const WAD = 10n ** 18n;
const HOUR = 3_600n;
const YEAR = 365n * 24n * HOUR;
const MAX_YEARLY_RATE = 4n * WAD;
const MAX_TIME = 1n << 32n;
const coder = AbiCoder.defaultAbiCoder();
const POOL =
  "tuple(uint256 asset, address desk, uint32 maxWindow, uint64 capacity, address manager, uint32 cooldown, uint64 eventLimit, uint64 riskLimit)";
const PRODUCT = `tuple(${POOL} pool, uint64 minRate, uint64 kinkRate, uint64 maxRate, uint64 kink, address feeTo, uint64 fee, uint64 referral, address oracle, address fallbackOracle, bytes32 termsHash)`;
const RISK =
  "tuple(bytes32 product, bytes32 eventId, bytes32 oracleData, bytes32 termsHash, uint64 baseRate, uint32 cutoff, uint32 start, uint32 end, uint32 reportBy, uint32 fallbackBy)";

/**
 * A pool's terms, checked. All the capital may be locked, by one event or one risk as well, unless said otherwise. Throws `InvalidAsset`,
 * `InvalidAddress` and `AmountOutOfRange`.
 */
export function underwritingTerms({
  token,
  desk,
  manager,
  maxWindow,
  cooldown = 0n,
  capacity = WAD,
  eventLimit = capacity,
  riskLimit = eventLimit,
}: {
  token: string;
  desk: string;
  manager: string;
  maxWindow: bigint;
  cooldown?: bigint;
  capacity?: bigint;
  eventLimit?: bigint;
  riskLimit?: bigint;
}): UnderwritingTerms {
  between("maxWindow", maxWindow, HOUR, 2n * YEAR);
  between("cooldown", cooldown, 0n, YEAR);
  between("capacity", capacity, 1n, WAD);
  between("eventLimit", eventLimit, 1n, capacity);
  between("riskLimit", riskLimit, 1n, eventLimit);
  const parties = { desk: nonZeroAddress(desk, "desk"), manager: nonZeroAddress(manager, "manager") };
  return { asset: tokenId(token), ...parties, maxWindow, capacity, cooldown, eventLimit, riskLimit };
}

/** A product's terms, checked: without a fee and another oracle unless said otherwise. Throws `InvalidAddress` and `AmountOutOfRange`. */
export function coverProduct({
  pool,
  rates: { min, kink, max, kinkAt },
  oracle,
  fallbackOracle = ZeroAddress,
  feeTo = pool.manager,
  fee = 0n,
  referral = 0n,
  terms,
}: {
  pool: UnderwritingTerms;
  /** Yearly rates, WAD, when nothing is locked, at the kink, and when all is that may be; the kink is a share of that, WAD. */
  rates: { min: bigint; kink: bigint; max: bigint; kinkAt: bigint };
  oracle: string;
  fallbackOracle?: string;
  feeTo?: string;
  fee?: bigint;
  referral?: bigint;
  /** The text that people read, of which the product has the hash. */
  terms: string;
}): CoverProduct {
  between("rates.min", min, 1n, MAX_YEARLY_RATE);
  between("rates.kink", kink, min, MAX_YEARLY_RATE);
  between("rates.max", max, kink, MAX_YEARLY_RATE);
  between("rates.kinkAt", kinkAt, 0n, WAD);
  between("fee", fee, 0n, WAD / 2n);
  between("referral", referral, 0n, WAD);
  return {
    ...{ pool, minRate: min, kinkRate: kink, maxRate: max, kink: kinkAt, feeTo: nonZeroAddress(feeTo, "feeTo") },
    ...{ fee, referral, oracle: nonZeroAddress(oracle, "oracle") },
    ...{ fallbackOracle: checkAddress(fallbackOracle, "fallbackOracle"), termsHash: hashOf(terms) },
  };
}

/**
 * A risk's terms, checked: of no event and without time for another oracle unless said otherwise. Throws `InvalidBytes32` and
 * `AmountOutOfRange`.
 */
export function riskTerms({
  product,
  eventId = ZeroHash,
  oracleData,
  terms,
  baseRate,
  cutoff,
  start = cutoff,
  end,
  reportBy,
  fallbackBy = reportBy,
}: {
  product: string;
  eventId?: string;
  oracleData: string;
  /** The text that people read, of which the risk has the hash. */
  terms: string;
  baseRate: bigint;
  cutoff: bigint;
  start?: bigint;
  end: bigint;
  reportBy: bigint;
  fallbackBy?: bigint;
}): RiskTerms {
  between("baseRate", baseRate, 0n, WAD);
  between("cutoff", cutoff, 1n, MAX_TIME - 1n);
  between("start", start, cutoff, MAX_TIME - 1n);
  between("end", end, start + 1n, MAX_TIME - 1n);
  between("reportBy", reportBy, end + 1n, MAX_TIME - 1n);
  between("fallbackBy", fallbackBy, reportBy, MAX_TIME - 1n);
  return {
    ...{ product: checkBytes32(product, "product"), eventId: checkBytes32(eventId, "eventId") },
    ...{ oracleData: checkBytes32(oracleData, "oracleData"), termsHash: hashOf(terms), baseRate },
    ...{ cutoff, start, end, reportBy, fallbackBy },
  };
}

/** The ledger book of a pool's capital. */
export function underwritingBook({ pools, terms }: { pools: string; terms: UnderwritingTerms }) {
  const key = keccak256(coder.encode([POOL], [terms]));
  return { protocol: checkAddress(pools, "pools"), key, asset0: terms.asset, asset1: 0n };
}

/** A pool's id: that of its book. */
export function underwritingId(of: { pools: string; terms: UnderwritingTerms }): string {
  return bookId(underwritingBook(of));
}

/** The ledger id of a pool's share. */
export function underwritingShareId({ pools, terms }: { pools: string; terms: UnderwritingTerms }): bigint {
  return issuedId({ owner: pools, salt: underwritingId({ pools, terms }) });
}

/** A product's id. */
export function coverProductId({
  chainId,
  desk,
  product,
}: {
  chainId: bigint;
  desk: string;
  product: CoverProduct;
}): string {
  return keccak256(coder.encode(["uint256", "address", PRODUCT], [chainId, checkAddress(desk, "desk"), product]));
}

/** The ledger book of a risk's premiums, and later of what it pays; `asset` is the pool's. */
export function riskBook({ desk, risk, asset }: { desk: string; risk: RiskTerms; asset: AssetLike }) {
  const key = keccak256(coder.encode([RISK], [risk]));
  return { protocol: checkAddress(desk, "desk"), key, asset0: assetId(asset), asset1: 0n };
}

/** A risk's id: that of its book. */
export function riskId(of: { desk: string; risk: RiskTerms; asset: AssetLike }): string {
  return bookId(riskBook(of));
}

/** The ledger id of a risk's cover, a plain asset: a unit pays a unit when all is lost. */
export function coverId({ desk, ...of }: { desk: string; risk: RiskTerms; asset: AssetLike }): bigint {
  return issuedId({ owner: desk, salt: riskId({ desk, ...of }) });
}

/** What a reporter signs of a risk (EIP-712): what part of its cover it pays, in billionths. */
export function outcomeTypedData({
  chainId,
  oracle,
  desk,
  risk,
  ratio,
}: {
  chainId: bigint;
  oracle: string;
  desk: string;
  /** The risk's id. */
  risk: string;
  ratio: bigint;
}): {
  domain: TypedDataDomain;
  types: { Outcome: { name: string; type: string }[] };
  message: { desk: string; risk: string; ratio: bigint };
} {
  between("ratio", ratio, 0n, WHOLE_COVER);
  return {
    domain: { name: "Lakh reporters", version: "1", chainId, verifyingContract: checkAddress(oracle, "oracle") },
    types: {
      Outcome: [
        { name: "desk", type: "address" },
        { name: "risk", type: "bytes32" },
        { name: "ratio", type: "uint256" },
      ],
    },
    message: { desk: checkAddress(desk, "desk"), risk: checkBytes32(risk, "risk"), ratio },
  };
}

/** What `report` brings to a `ReporterOracle`: the signatures of a quorum, put in the order of their signers. */
export function reporterProof({
  ratio,
  signatures,
}: {
  ratio: bigint;
  signatures: readonly { reporter: string; signature: string }[];
}): string {
  const inOrder = [...signatures].sort((a, b) => (BigInt(a.reporter) < BigInt(b.reporter) ? -1 : 1));
  return coder.encode(["uint256", "bytes[]"], [ratio, inOrder.map(({ signature }) => signature)]);
}

function between(name: string, value: bigint, minimum: bigint, maximum: bigint): void {
  if (value >= minimum && value <= maximum) return;
  const message = `${name} is ${value}, not between ${minimum} and ${maximum}`;
  throw new ValidationError("AmountOutOfRange", message, { name, value, minimum, maximum });
}
