import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import type { Compiler } from "./compiler.js";

/**
 * The authority comes out of OpenZeppelin's package as they compiled it. With these settings solc makes of the package's
 * sources the package's bytecode, to the last byte of its metadata.
 */
export const ACCESS_MANAGER = {
  source: "contracts/access/manager/AccessManager.sol:AccessManager",
  version: "0.8.35",
  longVersion: "v0.8.35+commit.47b9dedd",
  evmVersion: "osaka",
  optimizerRuns: 200,
} as const satisfies Compiler & { longVersion: string };

/** Where OpenZeppelin's sources were when they were compiled, and where they are in the package. */
const COMPILED_BELOW = "contracts/";
const PACKAGE = path.dirname(createRequire(import.meta.url).resolve("@openzeppelin/contracts/package.json"));

/** The compiler's standard input for the authority: its source, with all that it imports, and its settings. */
export async function accessManagerInput(): Promise<object> {
  const sources: Record<string, { content: string }> = {};
  const open = [ACCESS_MANAGER.source.slice(COMPILED_BELOW.length, ACCESS_MANAGER.source.indexOf(":"))];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const name = `${COMPILED_BELOW}${file}`;
    if (name in sources) continue;
    const content = await readFile(path.join(PACKAGE, file), "utf8");
    sources[name] = { content };
    for (const [, imported = ""] of content.matchAll(/^import .*from "(.+)";/gm)) {
      open.push(path.posix.join(path.posix.dirname(file), imported));
    }
  }
  return {
    language: "Solidity",
    sources,
    settings: {
      evmVersion: ACCESS_MANAGER.evmVersion,
      optimizer: { enabled: true, runs: ACCESS_MANAGER.optimizerRuns },
      outputSelection: { "*": { "": ["ast"], "*": ["abi", "evm.bytecode", "evm.deployedBytecode", "metadata"] } },
    },
  };
}
