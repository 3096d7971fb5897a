import path from "node:path";
import { Command } from "commander";
import { JsonRpcProvider, Network } from "ethers";
import { NETWORKS, rpcOf } from "../deploy/networks.js";
import { checkDeployment } from "./lib/deploy/check.js";
import { DeployError } from "./lib/deploy/error.js";
import { readRecord } from "./lib/deploy/record.js";
import { plainRequest } from "./lib/deploy/rpc.js";
import { DEPLOYMENTS, unknownNetwork } from "./lib/deploy/target.js";
import { runMain } from "./lib/failure.js";

const options = new Command("npm run deploy:check --")
  .description("Compares what is on chain with what was recorded when it was deployed. Needs no key, changes nothing.")
  .requiredOption("--network <name>", "a network of deploy/networks.ts")
  .option("--folder <path>", "where the record is kept", DEPLOYMENTS)
  .allowExcessArguments(false)
  .parse()
  .opts<{ network: string; folder: string }>();

await runMain(async () => {
  const network = NETWORKS[options.network];
  if (network === undefined) throw unknownNetwork(options.network);
  const record = await readRecord(path.resolve(options.folder), network.chainId);
  const url = rpcOf(options.network, network);
  const chainId = Number(await plainRequest(url)({ method: "eth_chainId" }));
  if (chainId !== record.chainId) {
    throw new DeployError(
      "WRONG_CHAIN",
      `The node says that its chain id is ${chainId}, the record's is ${record.chainId}.`,
    );
  }
  const chain = Network.from(chainId);
  const provider = new JsonRpcProvider(url, chain, { staticNetwork: chain, cacheTimeout: -1 });
  try {
    const { differences, notes } = await checkDeployment(provider, record);
    for (const note of notes) console.log(`note     ${note}`);
    if (differences.length > 0) {
      throw new DeployError("DIFFERS", ["What is on chain is not what was recorded:", ...differences].join("\n  "));
    }
    const { contracts, calls } = record;
    console.log(`ok       ${Object.keys(contracts).length} contracts and ${calls.length} calls are as recorded.`);
  } finally {
    provider.destroy();
  }
});
