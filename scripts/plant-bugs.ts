import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command, Option } from "commander";
import { Listr, type ListrTask } from "listr2";
import { MUTATIONS, plant, testFilesOf, testIdOf, type Mutation } from "./lib/bugs/index.js";
import { FailureError, runMain } from "./lib/failure.js";
import { ROOT } from "./lib/paths.js";
import { runCommand, stopOnSignal } from "./lib/process.js";
import { copyRepository } from "./lib/repository-copy.js";

type Verdict = Mutation & { status: "killed" | "survived"; killers: readonly string[]; seconds: number };

const options = new Command("npm run plant-bugs --")
  .description("Plants known bugs in a copy of the contracts and checks that the invariant of each one finds it.")
  .option("--only <ids>", "invariants, for example LED-4,AMM-2", (text) => text.split(",").map((id) => id.trim()))
  .option("--bug <pattern>", "bugs whose words match a regular expression", (text) => new RegExp(text))
  .option("--unoptimized", "on the build without an optimizer: quicker, but tests of gas may fail without a bug")
  .addOption(new Option("--runner <name>", "the tests of one runner alone").choices(["solidity", "mocha"]))
  .option("--json", "print the verdicts as JSON")
  .allowExcessArguments(false)
  .parse()
  .opts<{ only?: string[]; bug?: RegExp; unoptimized?: boolean; runner?: string; json?: boolean }>();

function selectMutations(): readonly Mutation[] {
  const { only, bug: words } = options;
  const matching = MUTATIONS.filter(({ bug }) => words === undefined || words.test(bug));
  if (matching.length === 0) throw new FailureError("UNKNOWN_BUG", "No bug has such words.");
  if (only === undefined) return matching;
  const known = new Set(MUTATIONS.map(({ invariant }) => invariant));
  const unknown = only.filter((id) => !known.has(id));
  if (unknown.length > 0) {
    throw new FailureError("UNKNOWN_INVARIANT", `There is no planted bug for ${unknown.join(", ")}.`);
  }
  return matching.filter(({ invariant }) => only.includes(invariant));
}

/** Solidity's runner and Mocha; both name a failing test behind its number, and Mocha once more, without the id. */
const RUNNERS = [
  { runner: "solidity", suffix: ".t.sol", failure: /^\s*\d+\) ((?:test|invariant)_\w+)/gm },
  { runner: "mocha", suffix: ".test.ts", failure: /^\s*\d+\) (.*[A-Z]{3}_\d\d.*?):?$/gm },
] as const;

/** Runs the tests that carry the ids of these invariants, in the files that hold them. Answers those that fail, or the first. */
async function failuresOf(
  folder: string,
  invariants: readonly string[],
  { bail }: { bail: boolean },
): Promise<readonly string[]> {
  const ids = invariants.map(testIdOf);
  const files = await testFilesOf(folder, ids);
  const [failing, pattern] = [new Set<string>(), ids.join("|")];
  const runs = RUNNERS.map((each) => ({ ...each, own: files.filter((file) => file.endsWith(each.suffix)) })).filter(
    ({ runner, own }) => own.length > 0 && (options.runner ?? runner) === runner,
  );
  if (runs.length === 0) {
    throw new FailureError("NO_TESTS", `No test of the runner carries the ids of ${invariants.join(", ")}.`);
  }
  for (const { runner, failure, own } of runs) {
    const flags = bail && runner === "mocha" ? "--bail " : "";
    const profile = options.unoptimized === true ? "--build-profile unoptimized " : "";
    // Mocha's own build brings in every Solidity test, and none of its tests needs them.
    const build = runner === "mocha" ? `hardhat ${profile}build --no-tests && ` : "";
    const compiled = runner === "mocha" ? "--no-compile " : "";
    const command = `${build}hardhat ${profile}test ${runner} ${compiled}${flags}--grep "${pattern}" ${own.join(" ")}`;
    // That a sequence fails is enough; how short it may be is nobody's question here.
    const { output } = await runCommand(command, { cwd: folder, env: { LAKH_SHRINK_RUNS: "1" } });
    const names = [...output.matchAll(failure)].map(([, name]) => name ?? "");
    if (names.length === 0 && !/[1-9]\d* passing/.test(output)) {
      const end = output.trim().slice(-3000);
      throw new FailureError("TESTS_DID_NOT_RUN", `The tests of ${invariants.join(", ")} did not run:\n${end}`);
    }
    for (const name of names) failing.add(name);
    if (bail && failing.size > 0) break;
  }
  return [...failing];
}

async function judge(folder: string, mutation: Mutation, known: readonly string[]): Promise<Verdict> {
  const start = performance.now();
  const file = path.join(folder, mutation.file);
  const source = await readFile(file, "utf8");
  await writeFile(file, plant(source, mutation));
  try {
    // What fails without the bug says nothing about it.
    const failing = await failuresOf(folder, [mutation.invariant], { bail: known.length === 0 });
    const killers = failing.filter((name) => !known.includes(name));
    const seconds = (performance.now() - start) / 1000;
    return { ...mutation, status: killers.length > 0 ? "killed" : "survived", killers, seconds };
  } finally {
    await writeFile(file, source);
  }
}

function formatTable(verdicts: readonly Verdict[]): string {
  return verdicts
    .map(({ invariant, status, bug, killers }) =>
      [invariant.padEnd(8), status.padEnd(10), bug, killers.length > 0 ? ` (${killers[0] ?? ""})` : ""].join(""),
    )
    .join("\n");
}

async function main(): Promise<void> {
  const mutations = selectMutations();
  for (const mutation of mutations) plant(await readFile(path.join(ROOT, mutation.file), "utf8"), mutation);
  const invariants = [...new Set(mutations.map(({ invariant }) => invariant))];
  const folder = await copyRepository("bugs", { build: true });
  const known: string[] = [];
  const verdicts: Verdict[] = [];
  const tasks: ListrTask[] = [
    {
      title: "Without a bug",
      task: async (_context, task): Promise<void> => {
        known.push(...(await failuresOf(folder, invariants, { bail: false })));
        task.title = known.length === 0 ? "Without a bug: all pass" : `Without a bug fail: ${known.join(", ")}`;
      },
    },
    ...mutations.map((mutation): ListrTask => {
      const title = `${mutation.invariant}: ${mutation.bug}`;
      return {
        title,
        task: async (_context, task): Promise<void> => {
          const verdict = await judge(folder, mutation, known);
          verdicts.push(verdict);
          task.title = `${title}: ${verdict.status} (${verdict.seconds.toFixed(0)} s)`;
          if (verdict.status === "survived") throw new FailureError("SURVIVED", task.title);
        },
        exitOnError: false,
      };
    }),
  ];
  try {
    const renderer = options.json === true ? "silent" : process.stdout.isTTY ? "default" : "simple";
    const list = new Listr(tasks, { concurrent: false, exitOnError: true, renderer });
    await list.run();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log(
    options.json === true ? JSON.stringify({ failing: known, verdicts }, undefined, 2) : formatTable(verdicts),
  );
  const survivors = verdicts.filter(({ status }) => status === "survived");
  if (survivors.length > 0) {
    const names = survivors.map(({ invariant, bug }) => `${invariant} "${bug}"`).join(", ");
    throw new FailureError("SURVIVORS", `${survivors.length.toString()} bugs survived: ${names}.`);
  }
  if (verdicts.length < mutations.length) {
    throw new FailureError(
      "INCOMPLETE",
      `Only ${verdicts.length.toString()} of ${mutations.length.toString()} bugs were judged.`,
    );
  }
}

stopOnSignal();

await runMain(main);
