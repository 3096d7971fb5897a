import { access } from "node:fs/promises";
import path from "node:path";
import { readDeploymentParameters } from "@nomicfoundation/hardhat-ignition/helpers";
import type { DeploymentParameters, IgnitionModule } from "@nomicfoundation/ignition-core";
import { getAddress, isAddress } from "ethers";
import lakh from "../../../deploy/modules/Lakh.js";
import lakhTestnet from "../../../deploy/modules/LakhTestnet.js";
import { NETWORKS, rpcOf, type DeployNetwork } from "../../../deploy/networks.js";
import { ROOT } from "../paths.js";
import { DeployError } from "./error.js";

export const STRATEGIES = ["basic", "create2"] as const;
export type StrategyName = (typeof STRATEGIES)[number];

/** Where something is deployed, and what. */
export type Target = {
  name: string;
  network: DeployNetwork;
  url: string;
  module: IgnitionModule;
  parameters: DeploymentParameters;
  /** Contracts that must be there before, by the name of their parameter. */
  surroundings: Record<string, string>;
  withMocks: boolean;
  strategy: StrategyName;
  /** Folder of journals and records. */
  folder: string;
};

export type TargetOptions = { name: string; withMocks: boolean; strategy: StrategyName; folder: string };

/** The folder of what was deployed. */
export const DEPLOYMENTS = path.join(ROOT, "deploy", "deployments");

/** The network of this name; throws `UNKNOWN_NETWORK`. */
export function networkOf(name: string): DeployNetwork {
  const network = NETWORKS[name];
  if (network !== undefined) return network;
  const known = Object.keys(NETWORKS).join(", ");
  throw new DeployError("UNKNOWN_NETWORK", `There is no network "${name}". Known are ${known}.`);
}

/** Reads what a deployment needs to know; throws `UNKNOWN_NETWORK`, `MOCKS_ON_MAINNET` or `BAD_PARAMETERS`. */
export async function readTarget({ name, withMocks, strategy, folder }: TargetOptions): Promise<Target> {
  const network = networkOf(name);
  if (withMocks && !network.isTestnet) {
    throw new DeployError("MOCKS_ON_MAINNET", `${name} (${network.chainId}) is a mainnet: --with-mocks is refused.`);
  }
  const common = { ...{ name, network, withMocks, strategy, folder }, url: rpcOf(name, network) };
  if (withMocks) return { ...common, module: lakhTestnet, parameters: {}, surroundings: {} };
  const { weth, permit2, homePairs } = await readParameters(name);
  const surroundings: Record<string, string> = { weth, permit2 };
  for (const [index, pair] of homePairs.entries()) {
    for (const [side, token] of pair.entries()) surroundings[`homePairs[${index}][${side}]`] = token;
  }
  return { ...common, module: lakh, parameters: { Lakh: { weth, permit2, homePairs } }, surroundings };
}

type Parameters = { weth: string; permit2: string; homePairs: string[][] };

/** The file that holds a network's parameters. */
export function parametersFile(name: string): string {
  return path.join("deploy", "parameters", `${name}.json5`);
}

async function readParameters(name: string): Promise<Parameters> {
  const file = parametersFile(name);
  const refuse = (why: string): never => {
    throw new DeployError("BAD_PARAMETERS", `${file} ${why}, or use --with-mocks on a testnet.`);
  };
  const isThere = await access(path.join(ROOT, file)).then(
    () => true,
    () => false,
  );
  if (!isThere) return refuse("is missing: write it, as those beside it");
  let all: DeploymentParameters;
  try {
    all = await readDeploymentParameters(path.join(ROOT, file));
  } catch {
    return refuse("is no JSON5: mend it");
  }
  const { weth, permit2, homePairs } = all.Lakh ?? {};
  const address = (value: unknown, what: string): string =>
    typeof value === "string" && isAddress(value) ? getAddress(value) : refuse(`has no address as ${what}: fill it in`);
  if (!Array.isArray(homePairs) || homePairs.length > 4) return refuse("has no list of at most four homePairs");
  const pairs = homePairs.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) return refuse("has a home pair that is no pair");
    return pair.map((token) => address(token, "a home pair's token"));
  });
  return { weth: address(weth, "weth"), permit2: address(permit2, "permit2"), homePairs: pairs };
}

/** The home pairs of a deployment, whose addresses are known by now. */
export function homePairsOf(target: Target, addresses: Readonly<Record<string, string>>): [string, string][] {
  if (target.withMocks) return [[addresses.index ?? "", addresses.usd ?? ""]];
  return ((target.parameters.Lakh?.homePairs ?? []) as string[][]).map(([first = "", second = ""]) => [first, second]);
}

/** Folder of Ignition's journal. */
export function journalOf({ folder, network }: Target): string {
  return path.join(folder, `chain-${network.chainId}`);
}
