import path from "node:path";
import { Command } from "commander";
import { HDNodeWallet, Mnemonic } from "ethers";
import { wholeNumber } from "./lib/arguments.js";
import { deployLocal } from "./lib/deployment.js";
import { DEVNET_CHAIN_ID, DEVNET_MNEMONIC, startDevnet } from "./lib/devnet.js";
import { runMain } from "./lib/failure.js";
import { prepareOutput, writeJson } from "./lib/output.js";

const options = new Command("npm run devnet --")
  .description("Starts a local L2 on the loopback interface, deploys the suite with mock tokens, stays until Ctrl-C.")
  .option("--port <number>", "TCP port, 0 for a free one", wholeNumber(0, 65_535), 8545)
  .option(
    "--block-time <seconds>",
    "seconds between blocks (default: a block for each transaction)",
    wholeNumber(1, 60),
  )
  .option("--accounts <number>", "funded accounts", wholeNumber(1, 1_000), 10)
  .option("--json <file>", "also write url, chain id and addresses to a file")
  .allowExcessArguments(false)
  .parse()
  .opts<{ port: number; blockTime?: number; accounts: number; json?: string }>();

/** Resolves at the first wish to end. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
  });
}

function printAccounts(count: number): void {
  const mnemonic = Mnemonic.fromPhrase(DEVNET_MNEMONIC);
  for (let index = 0; index < count; index++) {
    const { address, privateKey } = HDNodeWallet.fromMnemonic(mnemonic, `m/44'/60'/0'/0/${index}`);
    console.log(`  ${address}  ${privateKey}`);
  }
}

await runMain(async () => {
  const end = interrupted();
  const file = options.json === undefined ? undefined : path.resolve(options.json);
  if (file !== undefined) await prepareOutput(file);
  const devnet = await startDevnet(options);
  try {
    const run = async (): Promise<void> => {
      const addresses = await deployLocal(devnet);
      if (file !== undefined) await writeJson(file, { url: devnet.url, chainId: DEVNET_CHAIN_ID, addresses });
      console.log(`Lakh runs at ${devnet.url}, chain id ${DEVNET_CHAIN_ID}.\n\nContracts`);
      for (const [name, address] of Object.entries(addresses)) console.log(`  ${name.padEnd(11)}  ${address}`);
      console.log("\nAccounts with 10,000 ether each, and their keys, which everybody knows");
      printAccounts(Math.min(options.accounts, 10));
      console.log("\nCtrl-C ends it.");
      await end;
    };
    await Promise.race([run(), end, devnet.failed]);
  } finally {
    await devnet.stop();
  }
});
