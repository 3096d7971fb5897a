import path from "node:path";
import { Command } from "commander";
import { checkNetwork } from "./lib/deploy/check.js";
import { DeployError } from "./lib/deploy/error.js";
import { DEPLOYMENTS } from "./lib/deploy/target.js";
import { runMain } from "./lib/failure.js";

const options = new Command("npm run deploy:check --")
  .description("Compares what is on chain with what was recorded when it was deployed. Needs no key, changes nothing.")
  .requiredOption("--network <name>", "a network of deploy/networks.ts")
  .option("--folder <path>", "where the record is kept", DEPLOYMENTS)
  .allowExcessArguments(false)
  .parse()
  .opts<{ network: string; folder: string }>();

await runMain(async () => {
  const { differences, notes, record } = await checkNetwork(options.network, path.resolve(options.folder));
  for (const note of notes) console.log(`note     ${note}`);
  if (differences.length > 0) {
    throw new DeployError("DIFFERS", ["What is on chain is not what was recorded:", ...differences].join("\n  "));
  }
  const { contracts, calls } = record;
  console.log(`ok       ${Object.keys(contracts).length} contracts and ${calls.length} calls are as recorded.`);
});
