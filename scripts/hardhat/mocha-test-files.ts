import { glob } from "node:fs/promises";
import path from "node:path";
import type { TaskOverrideActionFunction } from "hardhat/types/tasks";

/** Without file arguments Hardhat hands every .ts file under test/ to Mocha; only *.test.ts are tests, others helpers. */
const mochaTestFiles: TaskOverrideActionFunction<{ testFiles?: string[] }> = async (args, hre, runSuper) => {
  if (args.testFiles !== undefined && args.testFiles.length > 0) return runSuper(args) as Promise<unknown>;
  const folder = hre.config.paths.tests.mocha;
  const testFiles: string[] = [];
  for await (const file of glob("**/*.test.ts", { cwd: folder })) testFiles.push(path.join(folder, file));
  return runSuper({ ...args, testFiles: testFiles.sort() }) as Promise<unknown>;
};

export default mochaTestFiles;
