import type { TaskOverrideActionFunction } from "hardhat/types/tasks";
import { reportFile } from "../lib/environment.js";
import { writeJson } from "../lib/output.js";
import { reportOf, type RunnerSuite } from "../lib/fuzz/report.js";

type RunnerResult = { success: true; value: RunnerSummary } | { success: false; error: RunnerSummary };
type RunnerSummary = { suiteResults: readonly RunnerSuite[] };

/** With `LAKH_REPORT=<file>` writes what the Solidity runner knows and does not print: calls, reverts, counterexamples. */
const solidityReport: TaskOverrideActionFunction<object> = async (args, _hre, runSuper) => {
  const result = (await runSuper(args)) as RunnerResult;
  const file = reportFile();
  if (file !== undefined) await writeJson(file, reportOf((result.success ? result.value : result.error).suiteResults));
  return result;
};

export default solidityReport;
