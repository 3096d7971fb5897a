import { readdir } from "node:fs/promises";
import path from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { ROOT } from "../paths.js";
import { ACCESS_MANAGER } from "./prebuilt.js";

/** How a contract was compiled: enough to do it again. */
export type Compiler = {
  /** File of the contract, and its name after a colon. */
  source: string;
  version: string;
  evmVersion?: string;
  viaIR?: boolean;
  optimizerRuns?: number;
};

type Settings = { evmVersion?: string; viaIR?: boolean; optimizer?: { enabled?: boolean; runs?: number } };

/** Answers how the production build compiles each contract, by its name. */
export async function readCompilers(hre: HardhatRuntimeEnvironment): Promise<(contract: string) => Compiler> {
  const files = new Map<string, string>();
  for (const entry of await readdir(path.join(ROOT, "contracts"), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".sol")) continue;
    const file = path.relative(ROOT, path.join(entry.parentPath, entry.name)).split(path.sep).join("/");
    files.set(entry.name.slice(0, -".sol".length), file);
  }
  const profile = hre.config.solidity.profiles.production;
  return (contract) => {
    if (contract === "AccessManager") {
      const { source, version, evmVersion, optimizerRuns } = ACCESS_MANAGER;
      return { source, version, evmVersion, optimizerRuns };
    }
    const file = files.get(contract);
    if (file === undefined) throw new Error(`There is no source of ${contract}.`);
    const setup = profile?.overrides[file] ?? profile?.compilers[0];
    const { evmVersion, viaIR, optimizer } = (setup?.settings ?? {}) as Settings;
    return {
      ...{ source: `${file}:${contract}`, version: setup?.version ?? "" },
      ...(evmVersion === undefined ? {} : { evmVersion }),
      ...(viaIR === undefined ? {} : { viaIR }),
      ...(optimizer?.enabled === true && optimizer.runs !== undefined ? { optimizerRuns: optimizer.runs } : {}),
    };
  };
}
