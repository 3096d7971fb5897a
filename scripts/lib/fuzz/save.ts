import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../paths.js";
import { REGRESSION_FOLDER, regressionFile, regressionSource } from "./regression.js";
import type { TestReport } from "./report.js";
import { failingFiles } from "./runner.js";

export type Finding = {
  test: string;
  contract: string;
  reason: string;
  seed: string;
  /** Calls of this test until it failed, in the round that found it. */
  callsUntil: number;
  secondsUntil: number;
  /** Length of the sequence that failed, and after shrinking. */
  originalCalls: number;
  shrunkCalls: number;
  /** The regression test; there is none when the runner gave no counterexample. */
  file?: string;
  /** Whether the regression test fails on the code as it is. */
  reproduced?: boolean;
};

/** Writes a regression test for each that failed, and sees, in one run, which of them fail. */
export async function saveFindings(reports: readonly TestReport[], seed: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const report of reports) findings.push(await saveFinding(report, seed));
  const files = findings.flatMap(({ file }) => (file === undefined ? [] : [file]));
  const failing = files.length === 0 ? new Set<string>() : await failingFiles(files);
  return findings.map((finding) =>
    finding.file === undefined ? finding : { ...finding, reproduced: failing.has(finding.file) },
  );
}

async function saveFinding(report: TestReport, seed: string): Promise<Finding> {
  const calls = report.counterexample ?? [];
  const finding: Finding = {
    test: report.test,
    contract: report.contract,
    reason: report.reason ?? "",
    seed,
    callsUntil: report.calls > 0 ? report.calls : report.runs,
    secondsUntil: report.seconds,
    originalCalls: report.originalCalls ?? 0,
    shrunkCalls: calls.length,
  };
  if (calls.length === 0) return finding;
  let number = 1;
  while (existsSync(path.join(ROOT, regressionFile(report.test, number)))) number += 1;
  const file = regressionFile(report.test, number);
  await mkdir(path.join(ROOT, REGRESSION_FOLDER), { recursive: true });
  await writeFile(path.join(ROOT, file), await regressionSource({ report, calls, seed, number }, ROOT));
  return { ...finding, file };
}
