import { existsSync } from "node:fs";
import { glob, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { Listr } from "listr2";
import type { FileSites } from "./hardhat/coverage/types.js";
import { collect, type Hits } from "./lib/coverage/collect.js";
import { toMarkdown } from "./lib/coverage/document.js";
import { writeReports } from "./lib/coverage/istanbul.js";
import { findProblems } from "./lib/coverage/judge.js";
import { readLeftOut } from "./lib/coverage/left-out.js";
import { UNCOVERED } from "./lib/coverage/uncovered.js";
import { FailureError, runMain } from "./lib/failure.js";
import { ROOT } from "./lib/paths.js";
import { runCommand, stopOnSignal } from "./lib/process.js";

const FOLDER = path.join(ROOT, "coverage");
/** What earlier runs wrote; the second opinion keeps its report in the same folder. */
const OWN = ["data", "html", "lcov.info", "coverage-final.json", "coverage-summary.json", "sites.json"];
const DOCUMENT = path.join(ROOT, "docs/coverage.md");
/** Test files that run in one process: those of the first pattern that they match. */
const GROUPS = [/\.test\.ts$/, /^test\/invariant\//, /^/];
/** Enough for the arms that only fuzzing reaches; more finds nothing new. */
const FUZZ_RUNS = "64";

const command = new Command("npm run coverage --")
  .description("Runs all tests under coverage: reports in coverage/, totals and misses in docs/coverage.md.")
  .argument("[files...]", "test files; then only the reports are written, and nothing is judged")
  .option("--check", "write no docs/coverage.md; fail when it would change")
  .option("--no-run", "report on what the last run left in coverage/")
  .parse();
const files = command.args;
const options = command.opts<{ check?: boolean; run: boolean }>();

async function testFiles(): Promise<string[]> {
  const leftOut = await readLeftOut();
  const found: string[] = [];
  for await (const file of glob("test/**/*.{test.ts,t.sol}", { cwd: ROOT })) found.push(file.split(path.sep).join("/"));
  return found.filter((file) => !leftOut.some((each) => file.startsWith(each.path))).sort();
}

/** One group after the other: what a process keeps of the tests that it ran would come to more than 20 GB of memory. */
async function runTests(report: (progress: string) => void): Promise<void> {
  for (const name of OWN) await rm(path.join(FOLDER, name), { recursive: true, force: true });
  const selected = files.length > 0 ? files : await testFiles();
  const groups = GROUPS.map((pattern) => selected.filter((file) => GROUPS.find((each) => each.test(file)) === pattern));
  const parts: string[] = [];
  for (const group of groups.filter(({ length }) => length > 0)) {
    await runGroup(group, report);
    // The next run of the same kind would forget it.
    const part = path.join(FOLDER, `part-${parts.length.toString()}`);
    await rm(part, { recursive: true, force: true });
    await rename(path.join(FOLDER, "data"), part);
    parts.push(part);
  }
  await mkdir(path.join(FOLDER, "data"));
  for (const part of parts) await rename(part, path.join(FOLDER, "data", path.basename(part)));
  // Hardhat's own reports know no branches.
  for (const name of ["html", "lcov.info"]) await rm(path.join(FOLDER, name), { recursive: true, force: true });
}

async function runGroup(selected: readonly string[], report: (progress: string) => void): Promise<void> {
  const { code, output } = await runCommand(["hardhat test --coverage", ...selected].join(" "), {
    env: {
      ...(process.env.LAKH_FUZZ_RUNS === undefined ? { LAKH_FUZZ_RUNS: FUZZ_RUNS } : {}),
    },
    onOutput(text) {
      const line = text.trim().split("\n").at(-1);
      if (line !== undefined && line !== "") report(line.trim());
    },
  });
  if (code !== 0) throw new FailureError("TESTS_FAILED", `The tests failed under coverage:\n${output.slice(-20_000)}`);
}

async function judge(sites: readonly FileSites[], hits: Hits): Promise<void> {
  const problems = findProblems(sites, hits, UNCOVERED);
  if (problems.length > 0) {
    throw new FailureError(
      "COVERAGE_TOO_LOW",
      `Coverage misses its bars:\n${problems.join("\n")}\nTest it, or give its reason in scripts/lib/coverage/uncovered.ts.`,
    );
  }
  const document = toMarkdown({ files: sites, hits, entries: UNCOVERED, leftOut: await readLeftOut() });
  if (options.check !== true) return writeFile(DOCUMENT, document);
  if (!existsSync(DOCUMENT) || (await readFile(DOCUMENT, "utf8")) !== document) {
    throw new FailureError("STALE_DOCUMENT", "docs/coverage.md is out of date: run npm run coverage.");
  }
}

async function main(): Promise<void> {
  if (options.run) {
    const title = "Instrumented build and tests";
    const list = new Listr(
      [
        {
          title,
          task: (_context, task) =>
            runTests((progress) => {
              if (process.stdout.isTTY) task.output = progress;
            }),
        },
      ],
      { renderer: process.stdout.isTTY ? "default" : "simple" },
    );
    await list.run();
  }
  const { files: sites, hits } = await collect(FOLDER);
  writeReports(ROOT, FOLDER, sites, hits);
  console.log("HTML: coverage/html/index.html, LCOV: coverage/lcov.info");
  if (files.length === 0) await judge(sites, hits);
}

stopOnSignal();

await runMain(main);
