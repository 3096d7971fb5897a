import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  deploy,
  DeploymentResultType,
  trackTransaction,
  wipe,
  type DeploymentResult,
} from "@nomicfoundation/ignition-core";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { addressesOf, bindingsResolver } from "../deployment.js";
import type { Request } from "../devnet.js";
import { DeployError } from "./error.js";
import { listenerOf, strategyOptions } from "./plan.js";
import { journalOf, type Target } from "./target.js";

/** Interruptions that one run mends: one is left by each kill. */
const MOST_MENDINGS = 20;
const WAIT_MS = 1_000;
const MOST_WAITS = 300;

export type IgniteOptions = {
  hre: HardhatRuntimeEnvironment;
  target: Target;
  /** Told of each transaction that is sent, and of what is found again of an earlier run. */
  tell: (line: string) => void;
};

/**
 * Deploys through Ignition, which journals each step and goes on where an earlier run was interrupted. Answers addresses by
 * name. A run that was killed between writing "I send" and "I sent" leaves Ignition unable to know whether it did: the chain
 * is asked, and Ignition told.
 */
export async function ignite({ hre, target, tell }: IgniteOptions): Promise<Record<string, string>> {
  await dropBrokenAddresses(target);
  const connection = await hre.network.create(target.name);
  try {
    const request: Request = (argument) => connection.provider.request(argument);
    for (let mendings = 0; ; mendings++) {
      try {
        const result = await run(request, target, tell);
        return addressesOf(target.module, contractsOf(result));
      } catch (error) {
        if (mendings === MOST_MENDINGS || !(await mend(request, target, error, tell))) throw named(error);
      }
    }
  } finally {
    await connection.close();
  }
}

/**
 * Ignition keeps a list of addresses beside its journal and writes it anew each time: a kill in between leaves half of it, which
 * it cannot read again. What counts is the journal, whose lines are appended whole.
 */
async function dropBrokenAddresses(target: Target): Promise<void> {
  const file = path.join(journalOf(target), "deployed_addresses.json");
  try {
    JSON.parse(await readFile(file, "utf8"));
  } catch {
    await rm(file, { force: true });
  }
}

async function run(request: Request, target: Target, tell: (line: string) => void): Promise<DeploymentResult> {
  const isRemote = !["127.0.0.1", "localhost"].includes(new URL(target.url).hostname);
  return deploy({
    ...{ artifactResolver: bindingsResolver, provider: { request }, deploymentDir: journalOf(target) },
    ...{ ignitionModule: target.module, deploymentParameters: target.parameters },
    accounts: (await request({ method: "eth_accounts" })) as string[],
    config: isRemote
      ? { requiredConfirmations: 1, blockPollingInterval: 250, retryInterval: 500, maxRetries: 120 }
      : { requiredConfirmations: 1, blockPollingInterval: 20, retryInterval: 20, maxRetries: 500 },
    executionEventListener: listenerOf((name, { futureId, hash }) => {
      if (name === "transactionSend") tell(`sent     ${futureId ?? ""}  ${hash ?? ""}`);
    }),
    ...strategyOptions(target.strategy),
  });
}

function contractsOf(result: DeploymentResult): Record<string, { address: string }> {
  if ("contracts" in result) return result.contracts;
  if (result.type === DeploymentResultType.RECONCILIATION_ERROR) {
    throw new DeployError(
      "DEPLOYMENT_STOPPED",
      `What is to be deployed differs from what the journal has begun: ${JSON.stringify(result.errors)}. Go on with the ` +
        "sources and parameters it began with, or begin a new deployment with --reset.",
    );
  }
  throw new DeployError("DEPLOYMENT_STOPPED", `The deployment stopped: ${JSON.stringify(result)}`);
}

/** Codes of Ignition's errors that time or a word to it mends. */
const LOST = "HHE10410";
const WAITING = new Set(["HHE10402", "HHE10403"]);

type IgnitionError = Error & { errorCode: string; messageArguments: Record<string, unknown> };

function isIgnitionError(error: unknown): error is IgnitionError {
  return error instanceof Error && "errorCode" in error && "messageArguments" in error;
}

function named(error: unknown): unknown {
  return isIgnitionError(error)
    ? new DeployError("DEPLOYMENT_STOPPED", `The deployment stopped: ${error.message}`)
    : error;
}

/** Mends what an interrupted run left; answers whether it could. */
async function mend(request: Request, target: Target, error: unknown, tell: (line: string) => void): Promise<boolean> {
  if (!isIgnitionError(error)) return false;
  if (WAITING.has(error.errorCode)) {
    await sleep(WAIT_MS);
    return true;
  }
  if (error.errorCode !== LOST) return false;
  const { futureId, sender, nonce } = error.messageArguments as { futureId: string; sender: string; nonce: number };
  const hash = await findTransaction(request, sender, nonce);
  if (hash === undefined) {
    // Nothing of this nonce is known. If it turns up after all, only one of the two can be mined.
    await wipe(journalOf(target), bindingsResolver, futureId);
    tell(`not sent ${futureId}: it is sent again`);
  } else {
    await trackTransaction(journalOf(target), hash, { request }, 1);
    tell(`found    ${futureId}  ${hash}`);
  }
  return true;
}

type Block = { number: string; transactions: readonly { hash: string; from: string; nonce: string }[] };

/** The hash of the transaction that used a nonce; undefined when none did. Waits for one that is pending. */
export async function findTransaction(request: Request, sender: string, nonce: number): Promise<string | undefined> {
  const countAt = async (block: string): Promise<number> =>
    Number(await request({ method: "eth_getTransactionCount", params: [sender, block] }));
  for (let waits = 0; (await countAt("latest")) <= nonce; waits++) {
    if ((await countAt("pending")) <= nonce) return undefined;
    if (waits === MOST_WAITS) throw lost(sender, nonce, "is pending for minutes");
    await sleep(WAIT_MS);
  }
  try {
    // The last block that had not counted it, by steps that double, as old states are forgotten; then by halves.
    let high = Number(await request({ method: "eth_blockNumber" }));
    let low = high;
    for (let step = 1; low > 0 && (await countAt(hex(low))) > nonce; step *= 2) {
      high = low;
      low = Math.max(0, low - step);
    }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if ((await countAt(hex(middle))) > nonce) high = middle;
      else low = middle;
    }
    const block = (await request({ method: "eth_getBlockByNumber", params: [hex(high), true] })) as Block;
    const found = block.transactions.find(
      (each) => each.from.toLowerCase() === sender.toLowerCase() && Number(each.nonce) === nonce,
    );
    if (found !== undefined) return found.hash;
  } catch {
    // The node has forgotten that state.
  }
  throw lost(sender, nonce, "is mined, but this node does not say where");
}

function hex(block: number): string {
  return `0x${block.toString(16)}`;
}

function lost(sender: string, nonce: number, why: string): DeployError {
  return new DeployError(
    "TRANSACTION_LOST",
    `The transaction of ${sender} with nonce ${nonce} ${why}. Look its hash up in the explorer and hand it to ` +
      "npx hardhat --network <name> ignition track-tx <hash> chain-<chain id>, then run this command again.",
  );
}
