import path from "node:path";
import type { SolidityHooks } from "hardhat/types/hooks";
import { isBranchRun } from "../../lib/environment.js";
import { LIBRARY_FILE, LIBRARY_SOURCE } from "./probes.js";
import { instrument } from "./instrument.js";
import { relaxPure } from "./relax.js";
import { recordFile } from "./record.js";

/** Adds the probes of branches where Hardhat has put those of statements. */
export default async function coverageSolidityHooks(): Promise<Partial<SolidityHooks>> {
  return {
    async preprocessProjectFileBeforeBuilding(context, sourceName, fsPath, content, solcVersion, next) {
      const output = await next(context, sourceName, fsPath, content, solcVersion);
      // Hardhat leaves tests, and what `coverage.skipFiles` names, as they are.
      if (!context.globalOptions.coverage || !isBranchRun()) return output;
      if (output === content) return relaxPure(output);
      const file = path.relative(context.config.paths.root, fsPath).split(path.sep).join("/");
      const { source, ...sites } = instrument(file, content, output);
      recordFile({ file, source: content, ...sites });
      return relaxPure(source);
    },

    async preprocessSolcInputBeforeBuilding(context, input, next) {
      if (context.globalOptions.coverage && isBranchRun()) input.sources[LIBRARY_FILE] = { content: LIBRARY_SOURCE };
      return next(context, input);
    },
  };
}
