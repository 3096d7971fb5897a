import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { checkWiring } from "../deployment.js";
import { ROOT } from "../paths.js";
import { renderAddresses } from "./addresses.js";
import { readCompilers } from "./compiler.js";
import { DeployError } from "./error.js";
import { openHardhat } from "./hardhat.js";
import { ignite } from "./ignite.js";
import { preflight } from "./preflight.js";
import { makeRecord, writeRecord, type DeploymentRecord } from "./record.js";
import { describePlan } from "./report.js";
import { connect } from "./rpc.js";
import { DEPLOYMENTS, homePairsOf, journalOf, readTarget, type Target, type TargetOptions } from "./target.js";

export type DeployOptions = TargetOptions & {
  /** Show the plan, send nothing. */
  isDryRun: boolean;
  /** Forget the journal of a testnet. */
  isReset: boolean;
  /** Told of what passes, what is planned and what is sent. */
  tell: (line: string) => void;
};

/**
 * Deploys the suite to a network, whole: pre-flight, plan, contracts, ties, the ties read from the chain, the record, the
 * generated addresses. Goes on where an earlier run was interrupted. Answers the record; undefined after a dry run.
 */
export async function deployNetwork(options: DeployOptions): Promise<DeploymentRecord | undefined> {
  const { isDryRun, isReset, tell, ...chosen } = options;
  const target = await readTarget(chosen);
  if (isReset) await forget(target, isDryRun);
  const hre = await openHardhat(target.name);
  const plan = await preflight({ hre, target, isDryRun, tell: (line) => tell(`ok       ${line}`) });
  tell(`\n${describePlan(target, plan)}\n`);
  if (isDryRun) {
    tell("A dry run: nothing was sent.");
    return undefined;
  }
  const addresses = await ignite({ hre, target, tell });
  const provider = connect(target.url, target.network.chainId);
  try {
    await checkWiring({ provider, addresses, admin: plan.deployer, homePairs: homePairsOf(target, addresses) });
    tell("\nok       the contracts are tied together as they should be");
    const record = await makeRecord({ provider, target, addresses, compilerOf: await readCompilers(hre) });
    tell(`\nRecorded in ${path.relative(process.cwd(), await writeRecord(target.folder, record))}:`);
    for (const [name, { address }] of Object.entries(record.contracts)) tell(`  ${name.padEnd(22)}${address}`);
    if (target.folder === DEPLOYMENTS) await writeFile(path.join(ROOT, "src/addresses.ts"), await renderAddresses());
    return record;
  } finally {
    provider.destroy();
  }
}

async function forget(target: Target, isDryRun: boolean): Promise<void> {
  const journal = journalOf(target);
  if (!target.network.isTestnet) {
    throw new DeployError("RESET_ON_MAINNET", `${target.name} is a mainnet: move ${journal} away yourself.`);
  }
  if (!isDryRun) await rm(journal, { recursive: true, force: true });
}
