import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { AbiCoder, keccak256, ZeroHash } from "ethers";
import {
  assetId,
  bookId,
  checkAddress,
  checkBytes32,
  hasNotice,
  hasRules,
  nonZeroAddress,
  type AssetLike,
} from "./assets.js";
import { ValidationError } from "./lakh-error.js";

/**
 * What an offering is, for ever: what is paid and the regulated asset (ledger ids), the seller, the window in Unix seconds, the price
 * (units of the pay asset for a unit of the asset · 1e36), caps and tickets in units, the platform's share (WAD), the root of the
 * allow-list (0 for none), and what tells equal terms apart.
 */
export type Offering = {
  payAsset: bigint;
  asset: bigint;
  seller: string;
  start: bigint;
  end: bigint;
  price: bigint;
  softCap: bigint;
  hardCap: bigint;
  fee: bigint;
  least: bigint;
  most: bigint;
  allowRoot: string;
  salt: string;
};

/** Kinds of a section's operations: a subscription's limit is its units; the others debit nothing. */
export const OFFERING_KINDS = { subscribe: 0, claim: 3, refund: 11 } as const;
/** Names of `IRwaOffering.Status`, by number. */
export const OFFERING_STATUSES = ["none", "waiting", "open", "settling", "succeeded", "failed", "cancelled"] as const;
/** Where an offering stands. */
export type OfferingStatus = (typeof OFFERING_STATUSES)[number];
/** Names of `IRwaOffering.Obstacle`, by number. */
export const OFFERING_OBSTACLES = [
  ...([
    "none",
    "notOpen",
    "soldOut",
    "belowLeast",
    "aboveMost",
    "seller",
    "notAllowed",
    "refused",
    "underpaid",
  ] as const),
] as const;
/** Why a subscription would be refused. */
export type OfferingObstacle = (typeof OFFERING_OBSTACLES)[number];
/** How long after its close an offering with a soft cap pays neither units nor proceeds out, in seconds. */
export const OFFERING_PAYOUT_DELAY = 86_400n;
/** The highest share of the proceeds that is the platform's, WAD. */
export const MAX_OFFERING_FEE = 10n ** 18n / 20n;

const PRICE_SCALE = 10n ** 36n;
const MAX_UNITS = (1n << 96n) - 1n;
/** What a hard cap may cost. */
const MAX_PROCEEDS = 1n << 111n;
const MAX_TIME = (1n << 40n) - 1n;
const coder = AbiCoder.defaultAbiCoder();
const KEY = [
  ...["address", "uint40", "uint40", "uint256", "uint96", "uint96", "uint64", "uint96", "uint96", "bytes32", "bytes32"],
];

/**
 * Terms, checked: without a soft cap, from one unit on, without a most, for all, unless said otherwise. Throws `InvalidAsset`,
 * `RestrictedAsset`, `WrongAsset`, `InvalidAddress`, `InvalidBytes32` and `AmountOutOfRange`.
 */
export function offeringOf({
  payAsset,
  softCap = 0n,
  least = 1n,
  most = 0n,
  allowRoot = ZeroHash,
  salt = ZeroHash,
  ...rest
}: Omit<Offering, "payAsset" | "softCap" | "least" | "most" | "allowRoot" | "salt"> &
  Partial<Pick<Offering, "softCap" | "least" | "most" | "allowRoot" | "salt">> & { payAsset: AssetLike }): Offering {
  return checkOffering({ ...rest, payAsset: assetId(payAsset), softCap, least, most, allowRoot, salt });
}

/** The price by which `units` cost `amount`, in smallest units of both; rounded down. */
export function offeringPrice({ amount, units }: { amount: bigint; units: bigint }): bigint {
  if (amount <= 0n || units <= 0n) {
    throw new ValidationError("AmountZero", "A price is of an amount for units, neither of them 0", { amount, units });
  }
  return (amount * PRICE_SCALE) / units;
}

/** What units cost, rounded up, as the core counts it. */
export function offeringCost({ price }: Pick<Offering, "price">, units: bigint): bigint {
  return (price * units + PRICE_SCALE - 1n) / PRICE_SCALE;
}

/** Throws what `offeringOf` throws; answers the terms. */
export function checkOffering(terms: Offering): Offering {
  const { payAsset, asset, start, end, price, softCap, hardCap, fee, least, most } = terms;
  assetId(payAsset);
  if (hasRules(payAsset) || hasNotice(payAsset)) {
    throw new ValidationError("RestrictedAsset", "What is paid is an asset without RULES and NOTIFY", { payAsset });
  }
  if (!hasRules(assetId(asset)) || !hasNotice(asset)) {
    throw new ValidationError("WrongAsset", "What is offered is a regulated asset", { asset });
  }
  nonZeroAddress(terms.seller, "seller");
  checkBytes32(terms.allowRoot, "allowRoot");
  checkBytes32(terms.salt, "salt");
  const cost = offeringCost(terms, hardCap);
  const rules: [boolean, string][] = [
    [start >= 0n && end > start && end <= MAX_TIME, "its window does not end after it begins"],
    [hardCap > 0n && hardCap <= MAX_UNITS, "its hard cap is not between 1 and 2^96 − 1 units"],
    [softCap >= 0n && softCap <= hardCap, "its soft cap is not between 0 and its hard cap"],
    [least > 0n && least <= hardCap, "its least ticket is not between 1 and its hard cap"],
    [most === 0n || (most >= least && most <= MAX_UNITS), "its most is below its least"],
    [price > 0n && cost <= MAX_PROCEEDS, "its hard cap does not cost between 1 and 2^111 units"],
    [fee >= 0n && fee <= MAX_OFFERING_FEE, "its fee is not between 0 and 5%"],
  ];
  const broken = rules.find(([isKept]) => !isKept);
  if (broken !== undefined) {
    throw new ValidationError("AmountOutOfRange", `There is no such offering: ${broken[1]}`, { ...terms });
  }
  return terms;
}

/** The core's own name of an offering's book, beside its assets. */
export function offeringKey({ seller, start, end, price, ...terms }: Offering): string {
  const { softCap, hardCap, fee, least, most, allowRoot, salt } = terms;
  return keccak256(coder.encode(KEY, [seller, start, end, price, softCap, hardCap, fee, least, most, allowRoot, salt]));
}

/** An offering's book, as a ledger call names it. */
export function offeringBook({ core, terms }: { core: string; terms: Offering }): {
  protocol: string;
  key: string;
  asset0: bigint;
  asset1: bigint;
} {
  return { protocol: core, key: offeringKey(terms), asset0: terms.payAsset, asset1: terms.asset };
}

/** The id of an offering: that of its book. Throws what `offeringOf` throws. */
export function offeringId({ core, terms }: { core: string; terms: Offering }): string {
  return bookId(offeringBook({ core, terms: checkOffering(terms) }));
}

/** The accounts that may subscribe, as a tree: its root is a term, and each account proves that it is in by `proofOf`. */
export class AllowList {
  readonly #tree: StandardMerkleTree<[string]>;
  readonly #accounts: ReadonlySet<string>;

  /** Throws `InvalidAddress`, and `NothingToAdd` for nobody. */
  constructor(accounts: readonly string[]) {
    const checked = new Set(accounts.map((account) => nonZeroAddress(account, "account")));
    if (checked.size === 0) throw new ValidationError("NothingToAdd", "An allow-list has an account at the least");
    this.#accounts = checked;
    this.#tree = StandardMerkleTree.of(
      [...checked].map((account): [string] => [account]),
      ["address"],
    );
  }

  /** The root that the terms name, 32 bytes in hexadecimal. */
  get root(): string {
    return this.#tree.root;
  }

  /** Throws `UnknownAccount` for an account that is not in. */
  proofOf(account: string): string[] {
    const checked = checkAddress(account, "account");
    if (!this.#accounts.has(checked)) {
      throw new ValidationError("UnknownAccount", `${account} is not in the allow-list`, { account });
    }
    return this.#tree.getProof([checked]);
  }
}
