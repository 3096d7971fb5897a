import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command, Option } from "commander";
import { JsonRpcProvider, Network } from "ethers";
import { checkWiring } from "./lib/deployment.js";
import { renderAddresses } from "./lib/deploy/addresses.js";
import { readCompilers } from "./lib/deploy/compiler.js";
import { DeployError } from "./lib/deploy/error.js";
import { openHardhat } from "./lib/deploy/hardhat.js";
import { ignite } from "./lib/deploy/ignite.js";
import { preflight } from "./lib/deploy/preflight.js";
import { makeRecord, writeRecord } from "./lib/deploy/record.js";
import { describePlan } from "./lib/deploy/report.js";
import { DEPLOYMENTS, homePairsOf, journalOf, readTarget, STRATEGIES, type StrategyName } from "./lib/deploy/target.js";
import { runMain } from "./lib/failure.js";
import { ROOT } from "./lib/paths.js";

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
  .option("--reset", "forget what was deployed to this testnet, and begin anew")
  .option("--folder <path>", "where journal and record are kept", DEPLOYMENTS)
  .allowExcessArguments(false)
  .parse()
  .opts<{
    network: string;
    dryRun?: boolean;
    withMocks?: boolean;
    strategy: StrategyName;
    reset?: boolean;
    folder: string;
  }>();

await runMain(async () => {
  const isDryRun = options.dryRun === true;
  const target = await readTarget({
    ...{ name: options.network, withMocks: options.withMocks === true, strategy: options.strategy },
    folder: path.resolve(options.folder),
  });
  if (options.reset === true) {
    if (!target.network.isTestnet) {
      throw new DeployError(
        "RESET_ON_MAINNET",
        `${target.name} is a mainnet: move ${journalOf(target)} away yourself.`,
      );
    }
    if (!isDryRun) await rm(journalOf(target), { recursive: true, force: true });
  }
  const hre = await openHardhat(target.name);
  const plan = await preflight({ hre, target, isDryRun, tell: (line) => console.log(`ok       ${line}`) });
  console.log(`\n${describePlan(target, plan)}\n`);
  if (isDryRun) {
    console.log("A dry run: nothing was sent.");
    return;
  }
  const addresses = await ignite({ hre, target, tell: (line) => console.log(line) });
  const chain = Network.from(target.network.chainId);
  const provider = new JsonRpcProvider(target.url, chain, { staticNetwork: chain, cacheTimeout: -1 });
  try {
    const homePairs = homePairsOf(target, addresses);
    await checkWiring({ provider, addresses, admin: plan.deployer, homePairs });
    console.log("\nok       the contracts are tied together as they should be");
    const record = await makeRecord({ provider, target, addresses, compilerOf: await readCompilers(hre) });
    const file = await writeRecord(target.folder, record);
    console.log(`\nRecorded in ${path.relative(process.cwd(), file)}:`);
    for (const [name, { address }] of Object.entries(record.contracts)) console.log(`  ${name.padEnd(22)}${address}`);
  } finally {
    provider.destroy();
  }
  if (target.folder === DEPLOYMENTS) await writeFile(path.join(ROOT, "src/addresses.ts"), await renderAddresses());
});
