import { type ContractRunner } from "ethers";
import { MerkleDistributor__factory } from "../typechain-types/factories/staking/MerkleDistributor__factory.js";
import { type MerkleDistributor } from "../typechain-types/staking/MerkleDistributor.js";
import { assetId, checkBytes32, hasNotice, hasRules, nonZeroAddress } from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import { distributionId, type DistributionTerms, type RewardClaim, type RewardTree } from "./merkle.js";
import { checkAmount, receiverOf, type LakhRequest } from "./request.js";

/** How long a root may wait, in seconds. */
const DELAY = { minimum: 3_600n, maximum: 30n * 86_400n } as const;
const MAX_BOND = (1n << 96n) - 1n;

/** Which distribution is meant, by its id. */
export type OfDistribution = { distribution: string };

/** What `createMerkleClient` needs. */
export type MerkleClientOptions = {
  address: string;
  /** Receiver where a claim to somebody names none. */
  account?: string | undefined;
  runner?: ContractRunner | null | undefined;
};

/** Builds and reads what concerns rewards by Merkle roots. Amounts are smallest units; builders throw `ValidationError`. */
export type MerkleClient = ReturnType<typeof createMerkleClient>;

/** See `createLakh`. */
export function createMerkleClient({ address, account, runner }: MerkleClientOptions) {
  const distributor = nonZeroAddress(address, "merkleDistributor");
  const contract: MerkleDistributor = MerkleDistributor__factory.connect(distributor, runner ?? null);
  const codec = MerkleDistributor__factory.createInterface();

  /** A request whose data `codec` makes of a checked call. */
  function build<P>(data: string, parameters: P): LakhRequest<P> {
    return { to: distributor, data, value: 0n, parameters };
  }

  return {
    address: distributor,
    contract,

    /** The id that `creator` makes a distribution of these terms by, on this chain. */
    async distributionIdOf({ creator, terms }: { creator: string; terms: DistributionTerms }): Promise<string> {
      const network = await runner?.provider?.getNetwork();
      if (network === undefined) {
        throw new ValidationError("NoProvider", "The chain's id is part of it: give a provider, or use distributionId");
      }
      return distributionId({ chainId: network.chainId, distributor, creator, terms: checkTerms(terms) });
    },

    /** Creates a distribution, of which the caller has no more say than anybody; see `distributionIdOf`. */
    createDistribution({ terms }: { terms: DistributionTerms }): LakhRequest<{ terms: DistributionTerms }> {
      const checked = { ...checkTerms(terms), asset: assetId(terms.asset) };
      return build(codec.encodeFunctionData("createDistribution", [checked]), { terms });
    },

    /** Adds to the funds from the caller's ledger balance, of which the distributor is operator or has an allowance. */
    fund({ distribution, amount }: OfDistribution & { amount: bigint }) {
      const id = idOf(distribution);
      return build(codec.encodeFunctionData("fund", [id, checkAmount(amount, "amount")]), { distribution: id, amount });
    },

    /** Adds to the funds from the caller's wallet, by an ERC-20 allowance to the distributor. */
    fundFromWallet({ distribution, amount }: OfDistribution & { amount: bigint }) {
      const id = idOf(distribution);
      const data = codec.encodeFunctionData("fundFromWallet", [id, checkAmount(amount, "amount")]);
      return build(data, { distribution: id, amount });
    },

    /** Has the tree's root wait. Publish `tree.publication().text` at `uri` first; for the updater. */
    submitRoot({ tree, uri }: { tree: RewardTree; uri: string }) {
      const { root, contentHash } = tree.publication();
      const data = codec.encodeFunctionData("submitRoot", [tree.distribution, root, contentHash, uri]);
      return build(data, { distribution: tree.distribution, root, contentHash, uri });
    },

    /** Takes back the root that waits; for the updater. */
    withdrawRoot({ distribution }: OfDistribution) {
      const id = idOf(distribution);
      return build(codec.encodeFunctionData("withdrawRoot", [id]), { distribution: id });
    },

    /** Disputes the root that waits, for the bond from the caller's ledger balance; anybody may. */
    dispute({ distribution, root }: OfDistribution & { root: string }) {
      const parameters = { distribution: idOf(distribution), root: checkBytes32(root, "root") };
      return build(codec.encodeFunctionData("dispute", [parameters.distribution, parameters.root]), parameters);
    },

    /** Drops the disputed root, or has it wait on; for the arbiter. */
    resolveDispute({ distribution, root, isUpheld }: OfDistribution & { root: string; isUpheld: boolean }) {
      const parameters = { distribution: idOf(distribution), root: checkBytes32(root, "root"), isUpheld };
      const { distribution: id, root: disputed } = parameters;
      return build(codec.encodeFunctionData("resolveDispute", [id, disputed, isUpheld]), parameters);
    },

    /** Drops the disputed root of an arbiter who is late; anybody may. */
    expireDispute({ distribution }: OfDistribution) {
      const id = idOf(distribution);
      return build(codec.encodeFunctionData("expireDispute", [id]), { distribution: id });
    },

    /** Pays what `tree.claimOf(account)` proves, to that account's ledger balance; anybody may. */
    claim(claim: RewardClaim): LakhRequest<RewardClaim> {
      const { id, account: owner, cumulative, proof } = claim;
      return build(codec.encodeFunctionData("claim", [id, owner, cumulative, proof]), claim);
    },

    /** As `claim`, of any accounts and distributions; one by which nothing is owed pays nothing and stops no other. */
    claimMany({ claims }: { claims: readonly RewardClaim[] }): LakhRequest<{ claims: readonly RewardClaim[] }> {
      if (claims.length === 0) throw new ValidationError("NothingToClaim", "There is no claim");
      return build(codec.encodeFunctionData("claimMany", [[...claims]]), { claims });
    },

    /** As `claim`, to the ledger balance of `to`; for the account and its operators. */
    claimTo({ claim, to }: { claim: RewardClaim; to?: string }) {
      return claimElsewhere("claimTo", claim, to);
    },

    /** As `claim`, to the wallet of `to`, of a token; for the account and its operators. */
    claimToWallet({ claim, to }: { claim: RewardClaim; to?: string }) {
      return claimElsewhere("claimToWallet", claim, to);
    },

    /** What `claim` would pay now; 0 where it would be refused. */
    async claimable({ id, account: owner, cumulative, proof }: RewardClaim): Promise<bigint> {
      return contract.claimable(id, owner, cumulative, proof);
    },
  };

  function claimElsewhere(name: "claimTo" | "claimToWallet", claim: RewardClaim, to: string | undefined) {
    const receiver = receiverOf(to, account);
    const { id, account: owner, cumulative, proof } = claim;
    const data = codec.encodeFunctionData(name as "claimTo", [id, owner, cumulative, proof, receiver]);
    return build(data, { claim, to: receiver });
  }
}

function idOf(distribution: string): string {
  return checkBytes32(distribution, "distribution");
}

/** Throws what the distributor would revert with, by name and value. */
function checkTerms(terms: DistributionTerms): DistributionTerms {
  const { asset, updater, arbiter, delay, bond, salt } = terms;
  if (hasRules(assetId(asset)) || hasNotice(assetId(asset))) {
    throw new ValidationError("RestrictedAsset", "What is paid is an asset without RULES and NOTIFY", { asset });
  }
  nonZeroAddress(updater, "updater");
  nonZeroAddress(arbiter, "arbiter");
  if (delay < DELAY.minimum || delay > DELAY.maximum) {
    const message = `A delay of ${delay} seconds is not between ${DELAY.minimum} and ${DELAY.maximum}`;
    throw new ValidationError("AmountOutOfRange", message, { delay, ...DELAY });
  }
  if (bond < 0n || bond > MAX_BOND) {
    throw new ValidationError("AmountTooLarge", `The bond exceeds 2^96 − 1 units`, { bond, max: MAX_BOND });
  }
  checkBytes32(salt, "salt");
  return terms;
}
