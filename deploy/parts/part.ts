import type {
  ArgumentType,
  ContractDeploymentFuture,
  IgnitionModuleBuilder,
  NamedArtifactContractAtFuture,
  NamedArtifactContractDeploymentFuture,
} from "@nomicfoundation/ignition-core";
import type { Provider } from "ethers";

/** A contract that a part deploys. */
export type Deployed = ContractDeploymentFuture | NamedArtifactContractDeploymentFuture<string>;

/** What the ledger is tied to for ever. */
export type CoreInputs = {
  /** Wrapped ether. */
  weth: ArgumentType;
  permit2: ArgumentType;
  /** Pairs of tokens that share a storage word, at most four. */
  homePairs: ArgumentType;
};

/** What is on chain, what it should be, and what it is called. */
export type Check = readonly [what: string, actual: unknown, wanted: unknown];

/** What a part's checks read. */
export type WiringContext = {
  provider: Provider;
  /** Address by name; throws when there is none. */
  at: (name: string) => string;
};

/** A contract that another one, `by` name, deployed, and the arguments of its constructor. */
export type Inner = { contract: string; address: string; by: string; args: readonly unknown[] };

/** One protocol, or the core: what it deploys, and what must be true on chain afterwards. */
export type Part = {
  /** Contracts by name, which is also their name in the address book. `has` answers those of the parts before. */
  deploy: (m: IgnitionModuleBuilder, has: (name: string) => Deployed, inputs: CoreInputs) => Record<string, Deployed>;
  /** Reads who points to whom. */
  checks: (context: WiringContext) => Promise<readonly Check[]>;
  /** Contracts that the part's own contracts deployed. */
  inner?: (context: WiringContext) => Promise<Record<string, Inner>>;
};

/** Has the authority, which the deployer administers, call `name` of `target`. */
export function callAsAuthority(
  m: IgnitionModuleBuilder,
  {
    authority,
    target,
    name,
    args,
    id,
  }: {
    authority: Deployed;
    target: Deployed | NamedArtifactContractAtFuture<string>;
    name: string;
    args: ArgumentType[];
    id: string;
  },
): void {
  const encoded = m.encodeFunctionCall(target, name, args, { id: `encode${id.charAt(0).toUpperCase()}${id.slice(1)}` });
  m.call(authority, "execute", [target, encoded], { id });
}
