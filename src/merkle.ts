import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { AbiCoder, id as hashOf, keccak256 } from "ethers";
import { assetId, checkAddress, checkBytes32, MAX_AMOUNT, nonZeroAddress, type AssetLike } from "./assets.js";
import { LakhError } from "./lakh-error.js";

/** What a tree or its publication may be refused for. */
export type MerkleErrorCode =
  | "MerkleAmountOutOfRange"
  | "MerkleDuplicateAccount"
  | "MerkleEmpty"
  | "MerkleMalformed"
  | "MerkleNotInTree"
  | "MerkleOtherDistribution"
  | "MerkleUnderfunded"
  | "MerkleWrongContent"
  | "MerkleWrongRoot";

/** A distribution's tree cannot be built, or what was published is not one. */
export class MerkleError extends LakhError {
  declare readonly code: MerkleErrorCode;

  constructor(code: MerkleErrorCode, message: string, values: Readonly<Record<string, unknown>> = {}) {
    super(code, message, values);
    this.name = "MerkleError";
  }
}

/** What a distribution is, for ever: `IMerkleDistributor.Terms`. */
export type DistributionTerms = {
  asset: AssetLike;
  updater: string;
  arbiter: string;
  /** Seconds. */
  delay: bigint;
  /** Units of the asset. */
  bond: bigint;
  salt: string;
};

/** What an account has earned: in a round, or since the beginning. */
export type RewardEntry = { account: string; amount: bigint };

/** The arguments of `MerkleDistributor.claim`. */
export type RewardClaim = { id: string; account: string; cumulative: bigint; proof: string[] };

/** What is published of a root: the text of the tree, and the hash that `submitRoot` names. */
export type RewardPublication = { root: string; contentHash: string; text: string };

type Leaf = [distribution: string, account: string, cumulative: string];

const LEAF = ["bytes32", "address", "uint256"];
const TERMS = "tuple(uint256 asset, address updater, address arbiter, uint256 delay, uint256 bond, bytes32 salt)";

/** The id of a distribution: what `MerkleDistributor.idOf` says. */
export function distributionId({
  chainId,
  distributor,
  creator,
  terms,
}: {
  chainId: bigint;
  distributor: string;
  creator: string;
  terms: DistributionTerms;
}): string {
  const parts = { ...terms, asset: assetId(terms.asset) };
  const values = [chainId, checkAddress(distributor, "distributor"), checkAddress(creator, "creator"), parts];
  return keccak256(AbiCoder.defaultAbiCoder().encode(["uint256", "address", "address", TERMS], values));
}

/** All that the accounts of one distribution have earned since the beginning, as a tree. */
export class RewardTree {
  readonly distribution: string;
  /** The sum of all that was ever earned, in units. */
  readonly total: bigint;
  readonly #tree: StandardMerkleTree<Leaf>;
  readonly #places: ReadonlyMap<string, number>;

  private constructor(distribution: string, tree: StandardMerkleTree<Leaf>) {
    this.distribution = distribution;
    this.#tree = tree;
    const leaves = [...tree.entries()];
    this.#places = new Map(leaves.map(([place, [, account]]) => [account, place]));
    this.total = leaves.reduce((sum, [, [, , cumulative]]) => sum + BigInt(cumulative), 0n);
  }

  /**
   * The tree of what each account has earned in all. Throws `MerkleEmpty`, `MerkleDuplicateAccount`, and
   * `MerkleAmountOutOfRange` for amounts that are 0 or, alone or in sum, above 2^112 − 1.
   */
  static of({ distribution, entries }: { distribution: string; entries: readonly RewardEntry[] }): RewardTree {
    const checked = checkEntries(entries);
    const own = checkBytes32(distribution, "distribution").toLowerCase();
    // In order of account, so that one content has one text.
    checked.sort((a, b) => (a.account.toLowerCase() < b.account.toLowerCase() ? -1 : 1));
    const leaves = checked.map(({ account, amount }): Leaf => [own, account, amount.toString()]);
    return new RewardTree(own, StandardMerkleTree.of(leaves, LEAF));
  }

  /**
   * Reads what was published. Throws `MerkleMalformed` for what is not the text of such a tree, in the one form it has, what `of`
   * throws for its content, and `MerkleOtherDistribution`, `MerkleWrongRoot` or `MerkleWrongContent` where it is not what is
   * expected.
   */
  static load(text: string, expected: { distribution?: string; root?: string; contentHash?: string } = {}): RewardTree {
    const { distribution, entries } = readText(text);
    const wanted = expected.distribution?.toLowerCase() ?? distribution;
    if (wanted !== distribution) {
      const message = `The tree is of the distribution ${distribution}, not ${wanted}`;
      throw new MerkleError("MerkleOtherDistribution", message, { distribution, wanted });
    }
    const tree = RewardTree.of({ distribution, entries });
    const { root, contentHash, text: own } = tree.publication();
    if (own !== text) throw malformed("it is not the text of its own content");
    if (expected.root !== undefined && expected.root.toLowerCase() !== root) {
      const message = `The tree's root is ${root}, not ${expected.root}`;
      throw new MerkleError("MerkleWrongRoot", message, { root, wanted: expected.root });
    }
    if (expected.contentHash !== undefined && expected.contentHash.toLowerCase() !== contentHash) {
      const message = `The hash of the text is ${contentHash}, not ${expected.contentHash}`;
      throw new MerkleError("MerkleWrongContent", message, { contentHash, wanted: expected.contentHash });
    }
    return tree;
  }

  /** The root, 32 bytes in hexadecimal. */
  get root(): string {
    return this.#tree.root;
  }

  /** How many accounts are in the tree. */
  get size(): number {
    return this.#places.size;
  }

  /** What each account has earned in all, in order of account. */
  get entries(): RewardEntry[] {
    return [...this.#tree.entries()].map(([, [, account, cumulative]]) => ({ account, amount: BigInt(cumulative) }));
  }

  /** What the account has earned in all; 0 for one that is not in the tree. */
  cumulativeOf(account: string): bigint {
    const place = this.#places.get(checkAddress(account, "account"));
    return place === undefined ? 0n : BigInt(this.#tree.at(place)?.[2] ?? 0);
  }

  /** What proves the account's amount on chain. Throws `MerkleNotInTree`. */
  claimOf(account: string): RewardClaim {
    const checked = checkAddress(account, "account");
    const place = this.#places.get(checked);
    if (place === undefined) {
      throw new MerkleError("MerkleNotInTree", `${checked} is not in the tree`, { account: checked });
    }
    const cumulative = this.cumulativeOf(checked);
    return { id: this.distribution, account: checked, cumulative, proof: this.#tree.getProof(place) };
  }

  /** The tree after a round: each amount of `round` on top of what its account had. Throws what `of` throws. */
  withRound(round: readonly RewardEntry[]): RewardTree {
    const sums = new Map(this.entries.map(({ account, amount }) => [account, amount]));
    for (const { account, amount } of checkEntries(round)) sums.set(account, (sums.get(account) ?? 0n) + amount);
    const entries = [...sums].map(([account, amount]) => ({ account, amount }));
    return RewardTree.of({ distribution: this.distribution, entries });
  }

  /**
   * Throws `MerkleUnderfunded`, with what is missing, unless the distribution was funded (`distributionOf(id).funded`) with all
   * that the tree says was earned. Of a tree that lowers amounts, those already paid above it come on top: bring them as `overpaid`.
   */
  checkFunds(funded: bigint, { overpaid = 0n }: { overpaid?: bigint } = {}): void {
    const missing = this.total + overpaid - funded;
    if (missing <= 0n) return;
    const message = `The tree pays ${this.total} in all, ${missing} more than there is`;
    throw new MerkleError("MerkleUnderfunded", message, { total: this.total, overpaid, funded, missing });
  }

  /** What to publish of the tree, and what to submit. OpenZeppelin's `StandardMerkleTree.load` reads the text, too. */
  publication(): RewardPublication {
    const text = JSON.stringify(this.#tree.dump());
    return { root: this.root, contentHash: hashOf(text), text };
  }
}

/** Accounts in checksum form, each once, with amounts that the ledger can pay together. */
function checkEntries(entries: readonly RewardEntry[]): RewardEntry[] {
  if (entries.length === 0) throw new MerkleError("MerkleEmpty", "There is nobody to pay");
  const seen = new Set<string>();
  let sum = 0n;
  return entries.map(({ account: given, amount }) => {
    const account = nonZeroAddress(given, "account");
    if (seen.has(account)) {
      throw new MerkleError("MerkleDuplicateAccount", `${account} stands there twice`, { account });
    }
    seen.add(account);
    sum += amount;
    if (amount <= 0n || sum > MAX_AMOUNT) {
      const message = `${account} cannot get ${amount}: amounts are positive and at most ${MAX_AMOUNT} in all`;
      throw new MerkleError("MerkleAmountOutOfRange", message, { account, amount, maximum: MAX_AMOUNT });
    }
    return { account, amount };
  });
}

/** The distribution and the entries of a tree's text; whether the tree is theirs is seen by building it. */
function readText(text: string): { distribution: string; entries: RewardEntry[] } {
  const dump = parse(text);
  const values: unknown = typeof dump === "object" && dump !== null && "values" in dump ? dump.values : undefined;
  if (!Array.isArray(values)) throw malformed("it has no list of values");
  const leaves = values.map(leafOf);
  const distribution = leaves[0]?.[0] ?? "";
  if (leaves.some(([other]) => other !== distribution)) throw malformed("it is of several distributions");
  return {
    distribution,
    entries: leaves.map(([, account, cumulative]) => ({ account, amount: BigInt(cumulative) })),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("it is not JSON");
  }
}

function leafOf(entry: unknown): Leaf {
  const value: unknown = typeof entry === "object" && entry !== null && "value" in entry ? entry.value : undefined;
  if (!Array.isArray(value) || value.length !== 3) throw malformed("a value is no leaf");
  const [distribution, account, cumulative] = value as unknown[];
  const isLeaf =
    typeof distribution === "string" &&
    /^0x[0-9a-f]{64}$/.test(distribution) &&
    typeof account === "string" &&
    typeof cumulative === "string" &&
    /^[1-9]\d{0,33}$/.test(cumulative);
  if (!isLeaf) throw malformed("a value is no leaf");
  return [distribution, account, cumulative];
}

function malformed(reason: string): MerkleError {
  return new MerkleError("MerkleMalformed", `This is not the text of a tree: ${reason}`);
}
