import { deploy, type Artifact, type ArtifactResolver } from "@nomicfoundation/ignition-core";
import { Contract, getAddress, type Provider } from "ethers";
import lakhLocal from "../../deploy/modules/LakhLocal.js";
import * as bindings from "../../typechain-types/index.js";
import type { Request } from "./devnet.js";
import { ADAPTIVE_CURVE } from "../../src/index.js";
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
export type LakhAddresses = {
  authority: string;
  ledger: string;
  amm: string;
  ammLens: string;
  lending: string;
  lendingLens: string;
  flashLiquidator: string;
  merkleDistributor: string;
  ledgerLens: string;
  addressBook: string;
  directory: string;
  settlement: string;
};

/** Addresses of the suite on a local network, with the mocks it is tied to. */
export type LocalAddresses = LakhAddresses & { weth: string; permit2: string; index: string; usd: string };

type Factory = { abi: readonly object[]; bytecode: `0x${string}` };

/** Serves Ignition from the committed bindings, which carry the bytecode of the production build. */
const bindingsResolver: ArtifactResolver = {
  async loadArtifact(name): Promise<Artifact> {
    const factory = (bindings as unknown as Record<string, Factory | undefined>)[`${name}__factory`];
    if (factory === undefined) throw new DeploymentError("DEPLOYMENT_FAILED", `There is no binding of ${name}.`);
    return {
      _format: "hh3-artifact-1",
      contractName: name,
      sourceName: `typechain-types/${name}`,
      abi: [...factory.abi],
      bytecode: factory.bytecode,
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
  const { contracts } = result;
  const at = (future: string): string => {
    const found = contracts[future];
    if (found === undefined) throw new DeploymentError("DEPLOYMENT_FAILED", `${future} was not deployed.`);
    return getAddress(found.address);
  };
  const addresses: LocalAddresses = {
    authority: at("LakhLocal#AccessManager"),
    ledger: at("LakhLocal#Ledger"),
    amm: at("LakhLocal#AmmCore"),
    ammLens: at("LakhLocal#AmmLens"),
    lending: at("LakhLocal#LendingCore"),
    lendingLens: at("LakhLocal#LendingLens"),
    flashLiquidator: at("LakhLocal#FlashLiquidator"),
    merkleDistributor: at("LakhLocal#MerkleDistributor"),
    ledgerLens: at("LakhLocal#LedgerLens"),
    addressBook: at("LakhLocal#AddressBook"),
    directory: at("LakhLocal#AccountDirectory"),
    settlement: at("LakhLocal#Settlement"),
    weth: at("Mocks#MockWETH"),
    permit2: at("Mocks#MockPermit2"),
    index: at("Mocks#INDEX"),
    usd: at("Mocks#USD"),
  };
  await checkWiring({
    provider: chain.provider,
    addresses,
    admin: accounts[0] ?? "",
    homePairs: [[addresses.index, addresses.usd]],
  });
  return addresses;
}

export type WiringOptions = {
  provider: Provider;
  addresses: LakhAddresses;
  /** Who must hold the admin role of the authority. */
  admin: string;
  /** Pairs of tokens that must share a word. */
  homePairs: readonly (readonly [string, string])[];
};

/** Address and state of settlement version 0, or why there is none. */
async function firstSettlement(ledger: bindings.Ledger): Promise<string> {
  try {
    const [settlement, isActive] = await ledger.settlementOf(0n);
    return `${settlement} ${isActive}`;
  } catch {
    return "not listed";
  }
}

/** Reads from the chain who points to whom; throws `WRONG_WIRING` with the first thing that differs. */
export async function checkWiring({ provider, addresses, admin, homePairs }: WiringOptions): Promise<void> {
  const ledger = bindings.Ledger__factory.connect(addresses.ledger, provider);
  const amm = bindings.AmmCore__factory.connect(addresses.amm, provider);
  const ammLens = bindings.AmmLens__factory.connect(addresses.ammLens, provider);
  const lending = bindings.LendingCore__factory.connect(addresses.lending, provider);
  const lendingLens = bindings.LendingLens__factory.connect(addresses.lendingLens, provider);
  const liquidator = bindings.FlashLiquidator__factory.connect(addresses.flashLiquidator, provider);
  const distributor = bindings.MerkleDistributor__factory.connect(addresses.merkleDistributor, provider);
  const ledgerLens = bindings.LedgerLens__factory.connect(addresses.ledgerLens, provider);
  const directory = bindings.AccountDirectory__factory.connect(addresses.directory, provider);
  const settlement = bindings.Settlement__factory.connect(addresses.settlement, provider);
  const authority = new Contract(
    addresses.authority,
    ["function hasRole(uint64, address) view returns (bool isMember, uint32 delay)"],
    provider,
  );
  const [isMember] = (await authority.getFunction("hasRole")(ADMIN_ROLE, admin)) as [boolean, bigint];
  const found: [what: string, actual: unknown, wanted: unknown][] = [
    ["the AMM's ledger", await amm.LEDGER(), addresses.ledger],
    ["the AMM lens's AMM", await ammLens.AMM(), addresses.amm],
    ["the AMM lens's ledger", await ammLens.LEDGER(), addresses.ledger],
    ["the lending core's ledger", await lending.LEDGER(), addresses.ledger],
    ["the lending lens's core", await lendingLens.LENDING(), addresses.lending],
    ["the lending core as a core of the ledger", await ledger.isCore(addresses.lending), true],
    ["the adaptive curve as a rate model", await lending.isRateModelEnabled(ADAPTIVE_CURVE), true],
    ["the flash liquidator's lending core", await liquidator.LENDING(), addresses.lending],
    ["the flash liquidator's AMM", await liquidator.AMM(), addresses.amm],
    ["the flash liquidator's ledger", await liquidator.LEDGER(), addresses.ledger],
    ["the Merkle distributor's ledger", await distributor.LEDGER(), addresses.ledger],
    ["the ledger lens's ledger", await ledgerLens.LEDGER(), addresses.ledger],
    ["the ledger's authority", await ledger.AUTHORITY(), addresses.authority],
    ["the AMM as a core of the ledger", await ledger.isCore(addresses.amm), true],
    ["the directory's address book", await directory.ADDRESS_BOOK(), addresses.addressBook],
    ["the settlement's ledger", await settlement.LEDGER(), addresses.ledger],
    ["the settlement's directory", await settlement.DIRECTORY(), addresses.directory],
    ["the first settlement version of the ledger", await firstSettlement(ledger), `${addresses.settlement} true`],
    ["the deployer as admin of the authority", isMember, true],
  ];
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
