import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Command } from "commander";
import { HDNodeWallet, Mnemonic } from "ethers";
import { KEY_VARIABLE, NETWORKS, rpcVariable } from "../deploy/networks.js";
import { createXCode, installCreateX } from "./lib/deploy/create-x.js";
import { DeployError } from "./lib/deploy/error.js";
import { readRecord, type DeploymentRecord } from "./lib/deploy/record.js";
import { DEVNET_MNEMONIC, startDevnet, type Devnet } from "./lib/devnet.js";
import { runMain } from "./lib/failure.js";
import { stopOnSignal, runPackageScript } from "./lib/process.js";

const NAMES = ["standIn", "standInTwo"] as const;

new Command("npm run deploy:two --")
  .description(
    "Starts two local L2s, puts CreateX on them, deploys the suite to each by the same npm run deploy --strategy create2, and " +
      "shows that every contract has the same address and the same init code on both.",
  )
  .allowExcessArguments(false)
  .parse();

const key = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEVNET_MNEMONIC)).privateKey;

function chainIdOf(name: string): number {
  return NETWORKS[name]?.chainId ?? 0;
}

async function deployTo(name: string, { url }: Devnet, folder: string): Promise<DeploymentRecord> {
  const args = ["--network", name, "--with-mocks", "--strategy", "create2"];
  console.log(`npm run deploy -- ${args.join(" ")}    # chain id ${chainIdOf(name)}, ${url}`);
  const env = { [KEY_VARIABLE]: key, [rpcVariable(name)]: url };
  const { code, output } = await runPackageScript("deploy", [...args, "--folder", folder], { env });
  if (code !== 0) throw new DeployError("DEPLOYMENT_STOPPED", output.trim());
  return readRecord(folder, chainIdOf(name));
}

/** Prints each contract of one record; throws `DIFFERS` where the other has not the same. */
function compare(one: DeploymentRecord, other: DeploymentRecord): void {
  const names = new Set([...Object.keys(one.contracts), ...Object.keys(other.contracts)]);
  for (const name of names) {
    const [left, right] = [one.contracts[name], other.contracts[name]];
    if (left === undefined || left.address !== right?.address || left.initCodeHash !== right.initCodeHash) {
      const places = `${left?.address ?? "nowhere"} and ${right?.address ?? "nowhere"}`;
      throw new DeployError("DIFFERS", `${name} is at ${places}, or was made of other code.`);
    }
    console.log(`  ${name.padEnd(20)}  ${left.address}`);
  }
  console.log(`${names.size} contracts have the same addresses on chains ${one.chainId} and ${other.chainId}.`);
}

await runMain(async () => {
  stopOnSignal();
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakh-deploy-two-"));
  const devnets: Devnet[] = [];
  try {
    const createX = await createXCode();
    const records: DeploymentRecord[] = [];
    for (const name of NAMES) {
      const devnet = await startDevnet({ port: 0, chainId: chainIdOf(name) });
      devnets.push(devnet);
      await installCreateX(devnet, createX);
      records.push(await deployTo(name, devnet, folder));
    }
    const [one, other] = records;
    if (one !== undefined && other !== undefined) compare(one, other);
  } finally {
    await Promise.all(devnets.map((devnet) => devnet.stop()));
    await rm(folder, { recursive: true, force: true });
  }
});
