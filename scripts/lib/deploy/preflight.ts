import { status } from "@nomicfoundation/ignition-core";
import { computeAddress, formatEther } from "ethers";
import { access, readFile } from "node:fs/promises";
import path from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Request } from "../devnet.js";
import { DeployError } from "./error.js";
import { deployerKey } from "./hardhat.js";
import { estimateCost, planDeployment, stepGas, type Cost, type PlanStep } from "./plan.js";
import { checkBls, checkCancun, checkCodeSize, checkCreateX, checkSurroundings, checkWeth } from "./probe.js";
import { codeAt, plainRequest } from "./rpc.js";
import { journalOf, type Target } from "./target.js";

const PROBE_GAS = 16_000_000n;

/** What a deployment would do. */
export type Plan = {
  deployer: string | undefined;
  /** All transactions of the deployment, and those that an earlier run has not finished. */
  steps: readonly PlanStep[];
  remaining: readonly PlanStep[];
  cost: Cost;
  balance: bigint | undefined;
};

export type PreflightOptions = {
  hre: HardhatRuntimeEnvironment;
  target: Target;
  /** A dry run needs neither key nor balance. */
  isDryRun: boolean;
  /** Told of each check that passed. */
  tell: (line: string) => void;
};

/** Asks the chain and the key whether the deployment can succeed; throws a `DeployError` with the first reason why not. */
export async function preflight({ hre, target, isDryRun, tell }: PreflightOptions): Promise<Plan> {
  const request = plainRequest(target.url);
  await checkChain(request, target);
  tell(`chain id ${target.network.chainId}`);
  const deployer = await readDeployer(hre, target, isDryRun);
  if (deployer !== undefined) tell(`deployer ${deployer}`);
  await checkCancun(request);
  tell("Cancun's opcodes");
  await checkBls(request, target.network.hasBls);
  tell("BLS12-381 precompiles");
  if (target.strategy === "create2") await checkCreateX(request);
  await checkSurroundings(request, target.surroundings);
  if (target.surroundings.weth !== undefined) await checkWeth(request, target.surroundings.weth);
  const done = await finishedFutures(request, target);
  const steps = await planDeployment(hre, target);
  const [codeBytes, initBytes] = [largest(steps, ({ codeBytes }) => codeBytes), largest(steps, initBytesOf)];
  await checkCodeSize(request, { codeBytes, initBytes, gas: PROBE_GAS });
  tell(`contracts of ${codeBytes.toLocaleString("en-US")} bytes`);
  await checkGas(request, target, steps);
  const remaining = steps.filter(({ future }) => !done.has(future));
  const cost = await estimateCost(request, target.network, remaining);
  const balance = deployer === undefined ? undefined : await balanceOf(request, deployer);
  if (!isDryRun && balance !== undefined && remaining.length > 0 && balance < cost.wanted) {
    throw new DeployError(
      "BALANCE_TOO_LOW",
      `${deployer ?? ""} has ${formatEther(balance)} ether and needs ${formatEther(cost.wanted)}: the deployment costs ` +
        `about ${formatEther(cost.total)}, and half as much again must be there, as prices move.` +
        (target.network.faucet === undefined ? "" : ` Test ether: ${target.network.faucet}`),
    );
  }
  return { deployer, steps, remaining, cost, balance };
}

async function checkChain(request: Request, { network, name }: Target): Promise<void> {
  const chainId = Number(await request({ method: "eth_chainId" }));
  if (chainId === network.chainId) return;
  throw new DeployError(
    "WRONG_CHAIN",
    `The node says that its chain id is ${chainId}; ${name} is ${network.chainId}. Nothing was sent.`,
  );
}

async function readDeployer(
  hre: HardhatRuntimeEnvironment,
  target: Target,
  isDryRun: boolean,
): Promise<string | undefined> {
  try {
    return computeAddress(await deployerKey(hre, target.name));
  } catch (error) {
    if (isDryRun && error instanceof DeployError && error.code === "KEY_MISSING") return undefined;
    throw error;
  }
}

async function balanceOf(request: Request, account: string): Promise<bigint> {
  return BigInt((await request({ method: "eth_getBalance", params: [account, "latest"] })) as string);
}

function initBytesOf({ to, data }: PlanStep): number {
  return to === undefined ? (data.length - 2) / 2 : 0;
}

function largest(steps: readonly PlanStep[], of: (step: PlanStep) => number): number {
  return Math.max(0, ...steps.map(of));
}

/** Each transaction must fit a block, and the chain's cap where it has one. */
async function checkGas(request: Request, { network }: Target, steps: readonly PlanStep[]): Promise<void> {
  const block = (await request({ method: "eth_getBlockByNumber", params: ["latest", false] })) as { gasLimit: string };
  const limits = [BigInt(block.gasLimit), ...(network.txGasCap === undefined ? [] : [network.txGasCap])];
  const limit = limits.reduce((least, each) => (each < least ? each : least));
  const large = steps.find((step) => stepGas(network, step) > limit);
  if (large === undefined) return;
  throw new DeployError(
    "TRANSACTION_TOO_LARGE",
    `${large.future} takes ${stepGas(network, large)} gas; a transaction of this chain has at most ${limit}.`,
  );
}

/** What an earlier run finished. A journal whose contracts are not on this chain is `FOREIGN_JOURNAL`. */
async function finishedFutures(request: Request, target: Target): Promise<Set<string>> {
  const journal = journalOf(target);
  const file = path.join(journal, "journal.jsonl");
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (!isThere) return new Set();
  const { contracts, successful, started, chainId } = await status(journal);
  const refuse = (why: string): never => {
    throw new DeployError(
      "FOREIGN_JOURNAL",
      `The journal ${journal} ${why}. Go on as it began, or begin a new deployment with --reset.`,
    );
  };
  if (chainId !== target.network.chainId) return refuse(`is of chain ${chainId}`);
  const stranger = [...successful, ...started].find((future) => !future.startsWith(`${target.module.id}#`));
  if (stranger !== undefined) return refuse(`has begun ${stranger}, which is no part of ${target.module.id}`);
  // Ignition would go on by another strategy without a word.
  const strategies = (await readFile(file, "utf8")).matchAll(/"strategy":"(\w+)"/g);
  const other = [...strategies].find(([, strategy]) => strategy !== target.strategy)?.[1];
  if (other !== undefined) return refuse(`began with --strategy ${other}`);
  for (const { id, address } of Object.values(contracts)) {
    if ((await codeAt(request, address)) === "0x") {
      return refuse(`knows ${id} at ${address}, where this chain has no contract`);
    }
  }
  return new Set(successful);
}
