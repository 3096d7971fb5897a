import path from "node:path";
import { Command, Option } from "commander";
import { deployNetwork } from "./lib/deploy/deploy.js";
import { DEPLOYMENTS, STRATEGIES, type StrategyName } from "./lib/deploy/target.js";
import { buildProduction, verifyNetwork } from "./lib/deploy/verify.js";
import { runMain } from "./lib/failure.js";

const options = new Command("npm run deploy --")
  .description(
    "Deploys the suite: asks the chain whether it can, shows the plan and its cost, deploys, ties together, reads the ties " +
      "from the chain, and records everything. Run again after an interruption, it goes on. The private key comes from " +
      "LAKH_DEPLOYER_KEY or from Hardhat's keystore.",
  )
  .requiredOption("--network <name>", "a network of deploy/networks.ts")
  .option("--dry-run", "show the plan and its cost, send nothing; needs no key")
  .option(
    "--with-mocks",
    "deploy mock tokens that anybody mints and price feeds that anybody moves; never on a mainnet",
  )
  .addOption(
    new Option("--strategy <name>", "create2: the same addresses on every chain").choices(STRATEGIES).default("basic"),
  )
  .option("--verify", "publish the sources on the network's explorers afterwards, as npm run deploy:verify does")
  .option("--reset", "forget what was deployed to this testnet, and begin anew")
  .option("--folder <path>", "where journal and record are kept", DEPLOYMENTS)
  .allowExcessArguments(false)
  .parse()
  .opts<{
    network: string;
    dryRun?: boolean;
    withMocks?: boolean;
    strategy: StrategyName;
    verify?: boolean;
    reset?: boolean;
    folder: string;
  }>();

await runMain(async () => {
  const { network: name, strategy } = options;
  const folder = path.resolve(options.folder);
  const tell = (line: string): void => void process.stdout.write(`${line}\n`);
  const record = await deployNetwork({
    ...{ name, strategy, folder, tell },
    ...{ withMocks: options.withMocks === true, isDryRun: options.dryRun === true, isReset: options.reset === true },
  });
  if (options.verify !== true || record === undefined) return;
  await buildProduction();
  await verifyNetwork({ name, folder, tell });
});
