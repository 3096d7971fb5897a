import { readdir } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { deployLocal } from "./lib/deployment.js";
import { DEVNET_CHAIN_ID, startDevnet } from "./lib/devnet.js";
import { FailureError, runMain } from "./lib/failure.js";
import { buildPackage } from "./lib/package/build.js";
import { COMPILERS, makeConsumer, RESOLUTIONS } from "./lib/package/consumer.js";
import { stopOnSignal } from "./lib/process.js";

new Command("npm run test:package --")
  .description(
    "Packs the npm package, installs it by npm in an empty project, type-checks and runs examples/consumer there.",
  )
  .allowExcessArguments(false)
  .parse();

/** What no consumer should get. */
const UNWANTED = /^(hardhat|mocha|chai|solc|tsx|@nomicfoundation\/.*)$/;

/** Names of the installed packages, without those nested in others. */
async function installedIn(folder: string): Promise<string[]> {
  const modules = path.join(folder, "node_modules");
  const names: string[] = [];
  for (const name of await readdir(modules)) {
    if (name.startsWith(".")) continue;
    if (!name.startsWith("@")) names.push(name);
    else names.push(...(await readdir(path.join(modules, name))).map((inner) => `${name}/${inner}`));
  }
  return names;
}

await runMain(async () => {
  stopOnSignal();
  const packed = await buildPackage();
  console.log(`${packed.files.length} files, ${packed.packed} bytes packed, ${packed.unpacked} unpacked.`);
  const consumer = await makeConsumer(packed, "npm");
  try {
    const installed = await installedIn(consumer.folder);
    const unwanted = installed.filter((name) => UNWANTED.test(name));
    if (unwanted.length > 0) throw new FailureError("UNWANTED_PACKAGES", `A consumer gets ${unwanted.join(", ")}.`);
    console.log(`A consumer gets ${installed.length} packages: ${installed.join(", ")}.`);
    for (const compiler of COMPILERS) {
      for (const resolution of RESOLUTIONS) {
        await consumer.check(resolution, compiler);
        console.log(`Its types are found by ${compiler} and ${resolution.moduleResolution}.`);
      }
    }
    const devnet = await startDevnet({ port: 0, accounts: 4 });
    try {
      const addresses = await deployLocal(devnet);
      console.log(await consumer.run({ url: devnet.url, chainId: DEVNET_CHAIN_ID, addresses }));
    } finally {
      await devnet.stop();
    }
  } finally {
    await consumer.remove();
  }
});
