import { deploy, type Artifact, type ArtifactResolver, type IgnitionModule } from "@nomicfoundation/ignition-core";
import { Contract, getAddress, type Provider } from "ethers";
import lakhLocal from "../../deploy/modules/LakhLocal.js";
import { suiteChecks, type Check, type SuiteName } from "../../deploy/parts/index.js";
import * as bindings from "../../typechain-types/index.js";
import type { Request } from "./devnet.js";
import { FailureError } from "./failure.js";

const ADMIN_ROLE = 0n;
const POLLING_MS = 10;

export type DeploymentFailureCode = "DEPLOYMENT_FAILED" | "WRONG_WIRING";

/** A deployment stopped, or what stands on chain is not tied together as it should be. */
export class DeploymentError extends FailureError {
  declare readonly code: DeploymentFailureCode;

  constructor(code: DeploymentFailureCode, message: string) {
    super(code, message);
    this.name = "DeploymentError";
  }
}

/** Addresses of the suite. */
export type LakhAddresses = Record<SuiteName, string>;

/** Addresses of the suite on a local network, with the mocks it is tied to. */
export type LocalAddresses = LakhAddresses & { weth: string; permit2: string; index: string; usd: string };

/** An interface has no bytecode. */
type Factory = { abi: readonly object[]; bytecode?: `0x${string}` };

/** Serves Ignition from the committed bindings, which carry the bytecode of the production build. */
export const bindingsResolver: ArtifactResolver = {
  async loadArtifact(name): Promise<Artifact> {
    const factory = (bindings as unknown as Record<string, Factory | undefined>)[`${name}__factory`];
    if (factory === undefined) throw new DeploymentError("DEPLOYMENT_FAILED", `There is no binding of ${name}.`);
    return {
      _format: "hh3-artifact-1",
      contractName: name,
      sourceName: `typechain-types/${name}`,
      abi: [...factory.abi],
      bytecode: factory.bytecode ?? "0x",
      deployedBytecode: "0x",
      linkReferences: {},
      deployedLinkReferences: {},
    };
  },
  getBuildInfo: () => Promise.resolve(undefined),
};

/**
 * Deploys the suite and its mocks with the production bytecode, from the chain's first account, and checks the wiring.
 * On a fresh chain the addresses are always the same.
 */
export async function deployLocal(chain: { request: Request; provider: Provider }): Promise<LocalAddresses> {
  const accounts = (await chain.request({ method: "eth_accounts" })) as string[];
  const result = await deploy({
    artifactResolver: bindingsResolver,
    provider: { request: chain.request },
    ignitionModule: lakhLocal,
    deploymentParameters: {},
    accounts,
    config: { requiredConfirmations: 1, blockPollingInterval: POLLING_MS, retryInterval: POLLING_MS, maxRetries: 500 },
  });
  if (!("contracts" in result)) {
    throw new DeploymentError("DEPLOYMENT_FAILED", `The deployment failed: ${JSON.stringify(result)}`);
  }
  const addresses = addressesOf(lakhLocal, result.contracts) as LocalAddresses;
  await checkWiring({
    provider: chain.provider,
    addresses,
    admin: accounts[0] ?? "",
    homePairs: [[addresses.index, addresses.usd]],
  });
  return addresses;
}

/** Addresses by the names of the module's results. */
export function addressesOf(
  module: IgnitionModule,
  contracts: Readonly<Record<string, { address: string }>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(module.results).map(([name, { id }]) => {
      const found = contracts[id];
      if (found === undefined) throw new DeploymentError("DEPLOYMENT_FAILED", `${id} was not deployed.`);
      return [name, getAddress(found.address)];
    }),
  );
}

export type WiringOptions = {
  provider: Provider;
  addresses: Readonly<Record<string, string>>;
  /** Who must hold the admin role of the authority; not checked without. */
  admin?: string | undefined;
  /** Pairs of tokens that must share a word. */
  homePairs: readonly (readonly [string, string])[];
};

/** Whether `account` holds the admin role of an AccessManager. */
export async function isAdmin(provider: Provider, authority: string, account: string): Promise<boolean> {
  const abi = ["function hasRole(uint64, address) view returns (bool isMember, uint32 delay)"];
  const [isMember] = (await new Contract(authority, abi, provider).getFunction("hasRole")(ADMIN_ROLE, account)) as [
    boolean,
    bigint,
  ];
  return isMember;
}

/** Reads from the chain who points to whom; throws `WRONG_WIRING` with the first thing that differs. */
export async function checkWiring({ provider, addresses, admin, homePairs }: WiringOptions): Promise<void> {
  const at = (name: string): string => {
    const address = addresses[name];
    if (address === undefined) throw new DeploymentError("WRONG_WIRING", `There is no address of ${name}.`);
    return address;
  };
  const found: Check[] = await suiteChecks({ provider, at });
  if (admin !== undefined) {
    found.push(["the deployer as admin of the authority", await isAdmin(provider, at("authority"), admin), true]);
  }
  const ledger = bindings.Ledger__factory.connect(at("ledger"), provider);
  for (const [first, second] of homePairs) {
    const [[key0, side0], [key1, side1]] = await Promise.all([ledger.homeOf(first), ledger.homeOf(second)]);
    found.push([`the home pair ${first}/${second}`, `${key0 === key1} ${side0} ${side1}`, "true 0 1"]);
  }
  const wrong = found.find(([, actual, wanted]) => actual !== wanted);
  if (wrong !== undefined) {
    const [what, actual, wanted] = wrong;
    throw new DeploymentError("WRONG_WIRING", `Wrong on chain: ${what} is ${String(actual)}, not ${String(wanted)}.`);
  }
}
