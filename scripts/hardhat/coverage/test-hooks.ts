import type { TestHooks } from "hardhat/types/hooks";
import { recordedFiles, writeCoverage } from "./record.js";

/** Leaves `coverage/sites.json` beside the hits that Hardhat writes into `coverage/data`. */
export default async function coverageTestHooks(): Promise<Partial<TestHooks>> {
  return {
    async onTestRunDone(context, id, next) {
      await next(context, id);
      if (context.globalOptions.coverage) {
        await writeCoverage(context.config.paths.root, "sites.json", recordedFiles(context));
      }
    },
  };
}
