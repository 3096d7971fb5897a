import { readFile } from "node:fs/promises";
import path from "node:path";
import { listTransactions, TransactionStatus } from "@nomicfoundation/ignition-core";
import { concat, getAddress, Interface, keccak256, type InterfaceAbi, type Provider } from "ethers";
import accessManager from "@openzeppelin/contracts/build/contracts/AccessManager.json" with { type: "json" };
import { innerContracts } from "../../../deploy/parts/index.js";
import { bindingsResolver } from "../deployment.js";
import { writeJson } from "../output.js";
import type { Compiler } from "./compiler.js";
import { DeployError } from "./error.js";
import { homePairsOf, journalOf, type StrategyName, type Target } from "./target.js";

/** A contract as it was deployed. */
export type ContractRecord = {
  contract: string;
  address: string;
  tx: string;
  block: number;
  /** keccak256 of the code on chain. */
  codeHash: string;
  /** keccak256 of the init code with its arguments; none for what another contract deployed. */
  initCodeHash?: string;
  constructorArgs: readonly unknown[];
  compiler: Compiler;
};

/** A call that tied the contracts together. */
export type CallRecord = { call: string; tx: string; block: number };

/** A deployment as it was made. */
export type DeploymentRecord = {
  network: string;
  chainId: number;
  strategy: StrategyName;
  withMocks: boolean;
  deployer: string;
  /** Wrapped ether and Permit2, where they were there before. */
  external: Record<string, string>;
  homePairs: [string, string][];
  /** Every address by name, as the keeper and the relayer's client take them. */
  addresses: Record<string, string>;
  contracts: Record<string, ContractRecord>;
  calls: CallRecord[];
};

/** File of a chain's record. */
export function recordFile(folder: string, chainId: number): string {
  return path.join(folder, `${chainId}.json`);
}

export type RecordOptions = {
  provider: Provider;
  target: Target;
  addresses: Readonly<Record<string, string>>;
  compilerOf: (contract: string) => Compiler;
};

/** Reads the journal and the chain, and answers what stands where and since when. */
export async function makeRecord({
  provider,
  target,
  addresses,
  compilerOf,
}: RecordOptions): Promise<DeploymentRecord> {
  const transactions = (await listTransactions(journalOf(target), bindingsResolver)).filter(
    ({ status }) => status === TransactionStatus.SUCCESS,
  );
  const names = new Map(Object.entries(addresses).map(([name, address]) => [address, name]));
  const contracts: Record<string, ContractRecord> = {};
  const calls: CallRecord[] = [];
  const deployed: Deployed = {
    nameOf: (address) => names.get(address) ?? address,
    contractAt: (address) => Object.values(contracts).find((each) => each.address === address)?.contract,
  };
  let deployer = "";
  for (const transaction of transactions) {
    const receipt = await provider.getTransactionReceipt(transaction.txHash);
    if (receipt === null) {
      throw new DeployError("DIFFERS", `The chain does not know the transaction ${transaction.txHash} of the journal.`);
    }
    deployer = getAddress(transaction.from);
    const mined = { tx: transaction.txHash, block: receipt.blockNumber };
    if (transaction.type === "CALL_EXECUTION_STATE") {
      const call = await describeCall(transaction.name ?? "", transaction.params ?? [], deployed);
      calls.push({ call, ...mined });
      continue;
    }
    if (transaction.type !== "DEPLOYMENT_EXECUTION_STATE") continue;
    const address = getAddress(transaction.address ?? "");
    const contract = transaction.name ?? "";
    const args = (transaction.params ?? []).map(plain);
    contracts[names.get(address) ?? contract] = {
      ...{ contract, address, ...mined },
      codeHash: keccak256(await provider.getCode(address)),
      initCodeHash: keccak256(await initCodeOf(contract, args)),
      ...{ constructorArgs: args, compiler: compilerOf(contract) },
    };
  }
  const at = (name: string): string => addresses[name] ?? "";
  for (const [name, { contract, address, by, args }] of Object.entries(await innerContracts({ provider, at }))) {
    const parent = contracts[by] ?? { tx: "", block: 0 };
    contracts[name] = {
      ...{ contract, address: getAddress(address), tx: parent.tx, block: parent.block },
      codeHash: keccak256(await provider.getCode(address)),
      ...{ constructorArgs: args.map(plain), compiler: compilerOf(contract) },
    };
  }
  const external = externalOf(target);
  return {
    ...{ network: target.name, chainId: target.network.chainId, strategy: target.strategy },
    ...{ withMocks: target.withMocks, deployer, homePairs: homePairsOf(target, addresses) },
    external,
    addresses: { ...external, ...addresses },
    contracts: sortByBlock(contracts),
    calls,
  };
}

function externalOf({ surroundings }: Target): Record<string, string> {
  const { weth, permit2 } = surroundings;
  return weth === undefined || permit2 === undefined ? {} : { weth, permit2 };
}

/** A value that JSON can hold. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  }
  return value;
}

function sortByBlock(contracts: Record<string, ContractRecord>): Record<string, ContractRecord> {
  return Object.fromEntries(Object.entries(contracts).sort(([, a], [, b]) => a.block - b.block));
}

/** ABI and init code of a contract, out of the committed bindings or OpenZeppelin's package. */
async function artifactOf(contract: string): Promise<{ abi: InterfaceAbi; bytecode: string }> {
  const { abi, bytecode } =
    contract === "AccessManager" ? accessManager : await bindingsResolver.loadArtifact(contract);
  return { abi: abi as InterfaceAbi, bytecode };
}

/** The arguments of a constructor as they follow its init code. */
export async function constructorData(contract: string, args: readonly unknown[]): Promise<string> {
  return new Interface((await artifactOf(contract)).abi).encodeDeploy(args);
}

/** Init code with its arguments. */
export async function initCodeOf(contract: string, args: readonly unknown[]): Promise<string> {
  return concat([(await artifactOf(contract)).bytecode, await constructorData(contract, args)]);
}

/** A call that was made, read: `ledger.listCore(amm)` where the authority was told to make it. */
async function describeCall(name: string, params: readonly unknown[], deployed: Deployed): Promise<string> {
  const nameOf = (value: unknown): string => deployed.nameOf(String(plain(value)));
  const [target, data] = params;
  const contract = deployed.contractAt(String(target));
  if (name === "AccessManager#execute" && contract !== undefined && typeof data === "string") {
    const call = new Interface((await artifactOf(contract)).abi).parseTransaction({ data });
    if (call !== null) return `${nameOf(target)}.${call.name}(${[...call.args].map(nameOf).join(", ")})`;
  }
  return `${name}(${params.map(nameOf).join(", ")})`;
}

type Deployed = { nameOf: (address: string) => string; contractAt: (address: string) => string | undefined };

/** Writes a record and answers its file. */
export async function writeRecord(folder: string, record: DeploymentRecord): Promise<string> {
  const file = recordFile(folder, record.chainId);
  await writeJson(file, record);
  return file;
}

/** Reads a chain's record; throws `NO_RECORD`. */
export async function readRecord(folder: string, chainId: number): Promise<DeploymentRecord> {
  try {
    return JSON.parse(await readFile(recordFile(folder, chainId), "utf8")) as DeploymentRecord;
  } catch {
    throw new DeployError(
      "NO_RECORD",
      `There is no record ${chainId}.json in ${folder}: nothing was deployed from here.`,
    );
  }
}
