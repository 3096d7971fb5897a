import path from "node:path";
import { Command, Option } from "commander";
import { DEPLOYMENTS } from "./lib/deploy/target.js";
import { buildProduction, EXPLORERS, verifyNetwork, type Explorer } from "./lib/deploy/verify.js";
import { runMain } from "./lib/failure.js";

const options = new Command("npm run deploy:verify --")
  .description(
    "Publishes the source of every contract that was deployed, on the network's explorers. Etherscan's key comes from " +
      "ETHERSCAN_API_KEY or from Hardhat's keystore.",
  )
  .requiredOption("--network <name>", "a network of deploy/networks.ts")
  .addOption(new Option("--explorer <name>", "one explorer only (default: all of the network)").choices(EXPLORERS))
  .option("--no-build", "compare with the production build as it is")
  .option("--folder <path>", "where the record is kept", DEPLOYMENTS)
  .allowExcessArguments(false)
  .parse()
  .opts<{ network: string; explorer?: Explorer; build: boolean; folder: string }>();

await runMain(async () => {
  if (options.build) await buildProduction();
  await verifyNetwork({
    ...{ name: options.network, folder: path.resolve(options.folder), explorer: options.explorer },
    tell: (line) => void process.stdout.write(`${line}\n`),
  });
});
