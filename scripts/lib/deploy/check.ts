import { keccak256, type Provider } from "ethers";
import { rpcOf } from "../../../deploy/networks.js";
import { checkWiring, DeploymentError, isAdmin } from "../deployment.js";
import { DeployError } from "./error.js";
import { findWethFault } from "./probe.js";
import { initCodeOf, readRecord, type ContractRecord, type DeploymentRecord } from "./record.js";
import { connect, plainRequest } from "./rpc.js";
import { networkOf } from "./target.js";

/** What a comparison of record and chain found. */
export type CheckResult = {
  /** What differs, in sentences; empty when all is as recorded. */
  differences: string[];
  /** What is worth knowing and no fault. */
  notes: string[];
};

/** Reads a network's record, and compares its chain with it. Throws `UNKNOWN_NETWORK`, `NO_RECORD` or `WRONG_CHAIN`. */
export async function checkNetwork(name: string, folder: string): Promise<CheckResult & { record: DeploymentRecord }> {
  const network = networkOf(name);
  const record = await readRecord(folder, network.chainId);
  const url = rpcOf(name, network);
  const chainId = Number(await plainRequest(url)({ method: "eth_chainId" }));
  if (chainId !== record.chainId) {
    throw new DeployError("WRONG_CHAIN", `The node's chain id is ${chainId}, the record's is ${record.chainId}.`);
  }
  const provider = connect(url, chainId);
  try {
    return { ...(await checkDeployment(provider, record)), record };
  } finally {
    provider.destroy();
  }
}

/** Compares what is on chain with what is recorded; changes nothing. */
export async function checkDeployment(provider: Provider, record: DeploymentRecord): Promise<CheckResult> {
  const differences: string[] = [];
  const notes: string[] = [];
  for (const [name, contract] of Object.entries(record.contracts)) {
    differences.push(...(await checkContract(provider, name, contract)));
    if (contract.initCodeHash === undefined) continue;
    const today = keccak256(await initCodeOf(contract.contract, contract.constructorArgs).catch(() => "0x"));
    if (today !== contract.initCodeHash) notes.push(`${name} was deployed from other code than is committed here.`);
  }
  for (const [name, address] of Object.entries(record.external)) {
    if ((await provider.getCode(address)) === "0x") differences.push(`${name}: there is no contract at ${address}.`);
  }
  const { weth } = record.addresses;
  if (weth !== undefined && differences.length === 0) {
    const fault = await findWethFault((call) => provider.call(call).catch(() => undefined), weth);
    if (fault !== undefined) differences.push(`weth is not wrapped ether: ${fault}`);
  }
  for (const { call, tx } of record.calls) {
    const receipt = await provider.getTransactionReceipt(tx);
    if (receipt?.status !== 1) differences.push(`${call}: the chain has no successful transaction ${tx}.`);
  }
  if (differences.length === 0) differences.push(...(await checkTies(provider, record)));
  const authority = record.contracts.authority?.address;
  if (authority !== undefined && differences.length === 0) {
    const holds = await isAdmin(provider, authority, record.deployer);
    notes.push(
      holds
        ? `The deployer ${record.deployer} holds the admin role of the authority: hand it over, as docs/deploy.md says.`
        : `The deployer ${record.deployer} holds no admin role.`,
    );
  }
  return { differences, notes };
}

async function checkContract(provider: Provider, name: string, contract: ContractRecord): Promise<string[]> {
  const { address, tx, block, codeHash } = contract;
  const code = await provider.getCode(address);
  if (code === "0x") return [`${name}: there is no contract at ${address}.`];
  const found = keccak256(code);
  if (found !== codeHash) return [`${name}: the code at ${address} hashes to ${found}, recorded is ${codeHash}.`];
  const receipt = await provider.getTransactionReceipt(tx);
  if (receipt?.status !== 1) return [`${name}: the chain has no successful transaction ${tx}.`];
  if (receipt.blockNumber !== block) {
    return [`${name}: ${tx} is in block ${receipt.blockNumber}, recorded is block ${block}.`];
  }
  return [];
}

async function checkTies(provider: Provider, { contracts, homePairs }: DeploymentRecord): Promise<string[]> {
  const addresses = Object.fromEntries(Object.entries(contracts).map(([name, { address }]) => [name, address]));
  try {
    await checkWiring({ provider, addresses, homePairs });
    return [];
  } catch (error) {
    if (error instanceof DeploymentError) return [error.message];
    throw error;
  }
}
