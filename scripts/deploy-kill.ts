import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Command, Option } from "commander";
import { HDNodeWallet, Mnemonic } from "ethers";
import { NETWORKS } from "../deploy/networks.js";
import { createXCode, installCreateX } from "./lib/deploy/create-x.js";
import { DeployError } from "./lib/deploy/error.js";
import { deployInterrupted, differencesBetween, MOMENTS, type Moment } from "./lib/deploy/interruption.js";
import { STRATEGIES, type StrategyName } from "./lib/deploy/target.js";
import { DEVNET_MNEMONIC, startDevnet } from "./lib/devnet.js";
import { runMain } from "./lib/failure.js";

const NETWORK = "standIn";

const options = new Command("npm run deploy:kill --")
  .description(
    "Deploys to a local chain and kills the deployment (SIGKILL) at every transaction in turn, going on each time; then " +
      "compares with a deployment that nobody interrupted: addresses, code, calls, and every transaction on chain.",
  )
  .addOption(new Option("--moment <name>", "when to kill (default: each in turn)").choices(MOMENTS))
  .addOption(new Option("--strategy <name>", "Ignition's strategy").choices(STRATEGIES).default("basic"))
  .allowExcessArguments(false)
  .parse()
  .opts<{ moment?: Moment; strategy: StrategyName }>();

const key = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEVNET_MNEMONIC)).privateKey;

/** A whole deployment on a chain of its own, killed at a moment of each transaction, or never. */
async function deployOn(moment: Moment | undefined, folder: string) {
  const devnet = await startDevnet({ chainId: NETWORKS[NETWORK]?.chainId ?? 0 });
  if (options.strategy === "create2") await installCreateX(devnet, await createXCode());
  const interrupted = await deployInterrupted({
    ...{ network: NETWORK, key, folder, args: ["--with-mocks", "--strategy", options.strategy], devnet },
    momentOf: () => moment,
    tell: (line) => console.log(`  ${line}`),
  });
  return { devnet, ...interrupted };
}

await runMain(async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakh-deploy-kill-"));
  try {
    console.log("without a kill");
    const whole = await deployOn(undefined, path.join(folder, "whole"));
    await whole.devnet.stop();
    for (const moment of options.moment === undefined ? MOMENTS : [options.moment]) {
      console.log(`\nkilled when each transaction is ${moment}`);
      const { devnet, kills, runs, record } = await deployOn(moment, path.join(folder, moment));
      const differences = await differencesBetween(devnet, record, whole.record);
      await devnet.stop();
      if (differences.length > 0) throw new DeployError("DIFFERS", differences.join("\n"));
      console.log(`  ${kills} kills, ${runs} runs: code, addresses, calls and transactions are equal.`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
