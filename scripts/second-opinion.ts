import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { Listr, type ListrTask } from "listr2";
import { FailureError, runMain } from "./lib/failure.js";
import { installFolder } from "./lib/install.js";
import { ROOT } from "./lib/paths.js";
import { runCommand, stopOnSignal } from "./lib/process.js";
import { EXPLANATIONS } from "./lib/second-opinion/explanations.js";
import { readLeftOut } from "./lib/coverage/left-out.js";
import { missesOf, type FileCoverage, type Miss } from "./lib/second-opinion/misses.js";
import { findNeedless, findUnexplained, formatMisses, formatReport } from "./lib/second-opinion/report.js";
import { parseRun, type Run } from "./lib/second-opinion/run.js";
import { parseSummary, percent, totalOf, type Summary } from "./lib/second-opinion/summary.js";
import { parseTestSummary } from "./lib/test-summary.js";

const OUTPUT = path.join(ROOT, "coverage", "second-opinion");
const DOCUMENT = path.join(ROOT, "docs", "second-opinion.md");
/** Where `npm run coverage` leaves its summary. */
const HERE = path.join(ROOT, "coverage", "coverage-summary.json");
/** Where a run leaves its own figures. */
const RUN = path.join(OUTPUT, "run.json");
/** Where Hardhat 2 leaves what it compiled. */
const BUILD = ["artifacts", "cache"].map((folder) => path.join(ROOT, "audit", folder));
const SHOWN_LINES = 60;
const MINUTE = 60_000;

/** Random runs are shorter: each opcode is counted in JavaScript, and the same places are reached again and again. */
const COUNTS = {
  LAKH_BATCHES: "1",
  LAKH_ENTRIES: "60",
  LAKH_ENTRIES_CHAIN: "5",
  LAKH_FLIPS: "150",
  LAKH_HISTORY_STEPS: "20",
  LAKH_INSURANCE_OPERATIONS: "150",
  LAKH_INVESTORS: "15",
  LAKH_LENDING_OPERATIONS: "150",
  LAKH_MERKLE_CLAIMS: "400",
  LAKH_MODEL_BATCHES: "12",
  LAKH_MODEL_OPERATIONS: "300",
  LAKH_PATHS: "60",
  LAKH_PROFIT_SEQUENCES: "1",
  LAKH_SECTIONS: "20",
  LAKH_SPLITS_LARGE: "20",
  LAKH_SPLITS_SMALL: "20",
  LAKH_STAKING_OPERATIONS: "150",
  LAKH_STAKING_SCHEDULES: "4",
};

const options = new Command("npm run coverage:second-opinion --")
  .description(
    "Measures coverage once more, with solidity-coverage on Hardhat 2, and compares it with npm run coverage.",
  )
  .option("--compare-only", "compare what the last runs left, and run no test")
  .option("--tests <pattern>", "only the test files that match, relative to audit/; writes no document")
  .allowExcessArguments(false)
  .parse()
  .opts<{ compareOnly?: boolean; tests?: string }>();

async function measure(report: (line: string) => void): Promise<string> {
  // A report of an earlier run must not pass for this one's.
  await rm(OUTPUT, { recursive: true, force: true });
  // Nor must a contract of an earlier one. The marks are numbered through all files, but Hardhat compiles those alone whose
  // own source has changed: the others would carry marks that this run does not know, and count as never reached.
  for (const folder of BUILD) await rm(folder, { recursive: true, force: true });
  const [state, begin] = [await stateOfSources(), Date.now()];
  const chosen = options.tests === undefined ? "" : ` -- --testfiles "${options.tests}"`;
  const { code, output } = await runCommand(`npm run coverage --prefix audit${chosen}`, {
    env: {
      ...COUNTS,
      ...process.env,
      SOLIDITY_COVERAGE: "true",
      // The trace of each transaction is an array of JavaScript: some take gigabytes.
      NODE_OPTIONS:
        "--import tsx --conditions=hardhat2 --disable-warning=ExperimentalWarning --max-old-space-size=6144",
    },
    onOutput(text) {
      const line = text.trimEnd().split("\n").at(-1)?.trim();
      if (line !== undefined && line !== "" && process.stdout.isTTY) report(line);
    },
  });
  await mkdir(OUTPUT, { recursive: true });
  await writeFile(path.join(OUTPUT, "output.log"), output);
  const tests = parseTestSummary(output);
  if (code !== 0 || tests === undefined || tests.failed > 0) {
    const log = path.relative(ROOT, path.join(OUTPUT, "output.log"));
    const what = tests === undefined ? "The tests did not run" : `${tests.failed.toString()} tests failed`;
    throw new FailureError("SECOND_OPINION_FAILED", `${what}; all is in ${log}:\n${lastLines(output)}`);
  }
  const minutes = Math.round((Date.now() - begin) / MINUTE);
  const run: Run = { ...state, tests: tests.passed, minutes, part: options.tests };
  await writeFile(RUN, JSON.stringify(run));
  return `${tests.passed.toString()} tests`;
}

/** Which commit is measured. */
async function stateOfSources(): Promise<Pick<Run, "commit" | "isChanged">> {
  const commit = await runCommand("git rev-parse --short=7 HEAD");
  if (commit.code !== 0) return { isChanged: false }; // no clone
  const changes = await runCommand("git status --porcelain -- contracts test");
  return { commit: commit.output.trim(), isChanged: changes.output.trim() !== "" };
}

function lastLines(output: string): string {
  return output.trim().split("\n").slice(-SHOWN_LINES).join("\n");
}

async function readSummary(file: string): Promise<Summary | undefined> {
  return existsSync(file) ? parseSummary(await readFile(file, "utf8")) : undefined;
}

async function readMisses(): Promise<Map<string, Miss[]>> {
  const text = await readFile(path.join(OUTPUT, "coverage.json"), "utf8");
  const files = Object.entries(JSON.parse(text) as Record<string, FileCoverage>).sort(([a], [b]) => (a < b ? -1 : 1));
  const misses = new Map<string, Miss[]>();
  for (const [file, coverage] of files) {
    misses.set(file.replaceAll("\\", "/"), missesOf(coverage, await readFile(path.join(ROOT, file), "utf8")));
  }
  return misses;
}

async function compare(): Promise<string> {
  const there = await readSummary(path.join(OUTPUT, "coverage-summary.json"));
  if (there === undefined)
    throw new FailureError("NO_REPORT", "There is no report to compare: run without --compare-only.");
  const here = await readSummary(HERE);
  const figures = totalOf(there);
  const words = [
    `${percent(figures.statements).toFixed(1)} % of statements`,
    `${percent(figures.branches).toFixed(1)} % of branches`,
  ];
  const run = existsSync(RUN) ? parseRun(await readFile(RUN, "utf8")) : undefined;
  if (run?.part !== undefined) return `${words.join(", ")} with ${run.part} alone, so no document is written`;
  const [misses, leftOut] = [await readMisses(), await readLeftOut()];
  await writeFile(path.join(OUTPUT, "unreached.md"), formatMisses(misses));
  await writeFile(DOCUMENT, formatReport({ run, here, there, misses, explanations: EXPLANATIONS, leftOut }));
  const unexplained = findUnexplained({ here, there, explanations: EXPLANATIONS });
  const needless = findNeedless({ here, there, explanations: EXPLANATIONS });
  if (here === undefined) words.push("npm run coverage has not run, so its columns are empty");
  if (unexplained.length > 0) words.push(`not explained in explanations.ts: ${unexplained.join(", ")}`);
  if (needless.length > 0) words.push(`explained though they differ no more: ${needless.join(", ")}`);
  return words.join("; ");
}

async function main(): Promise<void> {
  const skip = options.compareOnly === true;
  const tasks: ListrTask[] = [
    {
      title: "Install audit/ (once, about 330 MB)",
      skip,
      task: async (_context, task): Promise<void> => {
        task.title = `Install audit/: ${await installFolder("audit")}`;
      },
    },
    {
      title: "Run the TypeScript tests on instrumented contracts",
      skip,
      task: async (_context, task): Promise<void> => {
        const result = await measure((line) => (task.output = line));
        task.title = `Run the TypeScript tests on instrumented contracts: ${result}`;
      },
    },
    {
      title: "Compare",
      task: async (_context, task): Promise<void> => {
        task.title = `Compare: ${await compare()}`;
      },
    },
  ];
  const renderer = process.stdout.isTTY ? "default" : "simple";
  await new Listr(tasks, { concurrent: false, exitOnError: true, renderer }).run();
  console.log(`The report is in ${path.relative(ROOT, OUTPUT)}, the comparison in ${path.relative(ROOT, DOCUMENT)}.`);
}

stopOnSignal();

await runMain(main);
