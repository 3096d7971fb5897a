import { mkdtemp, mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { FailureError } from "../failure.js";
import { ROOT } from "../paths.js";
import { runCommand } from "../process.js";
import type { Round } from "./budget.js";
import type { TestReport } from "./report.js";
import type { Target } from "./targets.js";

/** Builds these files, all if there are none. The rounds do not, or the first would count it. */
export async function build(files: readonly string[]): Promise<void> {
  const { code, output } = await runCommand(`hardhat build --no-typechain ${files.join(" ")}`);
  if (code !== 0) throw new FailureError("BUILD_FAILED", `The build failed:\n${output.trim().slice(-3000)}`);
}

/** Runs the invariants and fuzz tests of a round, and answers what became of each. */
export async function runRound(
  targets: readonly Target[],
  { seed, runs, depth, inputs }: Round,
): Promise<TestReport[]> {
  const tests = targets.flatMap(({ invariants, fuzzTests }) => [...invariants, ...fuzzTests]);
  return runSolidity({
    files: targets.map(({ file }) => file),
    pattern: `^(${tests.join("|")})\\(`,
    flags: ["--no-compile"],
    env: {
      LAKH_FUZZ_SEED: seed,
      LAKH_FUZZ_RUNS: inputs.toString(),
      LAKH_INVARIANT_RUNS: runs.toString(),
      LAKH_INVARIANT_DEPTH: depth.toString(),
    },
  });
}

/** Compiles and runs test files, and answers those of which a test fails. */
export async function failingFiles(files: readonly string[]): Promise<Set<string>> {
  const reports = await runSolidity({ files });
  return new Set(reports.filter(({ status }) => status !== "passed").map(({ file }) => file));
}

type SolidityRun = {
  files: readonly string[];
  pattern?: string;
  flags?: readonly string[];
  env?: Record<string, string>;
};

async function runSolidity({ files, pattern, flags = [], env = {} }: SolidityRun): Promise<TestReport[]> {
  const cache = path.join(ROOT, "cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(path.join(cache, "fuzz-"));
  try {
    const report = path.join(folder, "report.json");
    const grep = pattern === undefined ? "" : ` --grep "${pattern}"`;
    const command = `hardhat test solidity ${flags.join(" ")}${grep} ${files.join(" ")}`;
    const { output } = await runCommand(command, { env: { ...env, LAKH_REPORT: report } });
    const text = await readFile(report, "utf8").catch(() => undefined);
    const reports = text === undefined ? [] : (JSON.parse(text) as TestReport[]);
    if (reports.length === 0) {
      throw new FailureError("TESTS_DID_NOT_RUN", `The tests did not run:\n${output.trim().slice(-3000)}`);
    }
    return reports;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
