import { availableParallelism } from "node:os";
import path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { Listr } from "listr2";
import { FailureError, runMain } from "./lib/failure.js";
import { isExplained } from "./lib/mutate/explained.js";
import { describe, type Mutant } from "./lib/mutate/mutant.js";
import { formatSummary, summarize, writeMutationDocument } from "./lib/mutate/report.js";
import { judgeMutants, testsHashOf } from "./lib/mutate/run.js";
import { forgetVerdicts, readVerdicts } from "./lib/mutate/store.js";
import { readTargets } from "./lib/mutate/targets.js";
import { ALL_TESTS } from "./lib/mutate/test-files.js";
import { prepareOutput, writeJson } from "./lib/output.js";
import { ROOT } from "./lib/paths.js";
import { stopOnSignal } from "./lib/process.js";

const DEFAULT_FILE = "bench/results/mutation.json";

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError(`It must be a number above zero, not ${JSON.stringify(text)}.`);
}

const options = new Command("npm run mutate --")
  .description("Changes the contracts in one place at a time and counts the changes that a test finds.")
  .option("--only <pattern>", "files or functions that match a regular expression", (text) => new RegExp(text))
  .option("--targets <names>", "these targets, by name, with commas between them", (text) => text.split(","))
  .option(
    "--tests <pattern>",
    "Mocha test files that match a regular expression",
    (text) => new RegExp(text),
    ALL_TESTS,
  )
  .option("--unmapped", "try each test on every mutant: quicker to begin with few tests")
  .option("--limit <count>", "at most so many mutants that have no verdict yet, a fair sample of each target", positive)
  .option("--minutes <time>", "begin no new mutant after this time", positive)
  .option("--workers <count>", "processes", positive, availableParallelism())
  .option("--budget <seconds>", "tests that one mutant gets, in seconds of their time without it", positive, 45)
  .option("--no-solidity", "leave the Solidity tests, which take a minute a mutant, to a later run")
  .option("--survivors", "judge the survivors again, and nothing else")
  .option("--fresh", "forget what earlier runs found")
  .option("--report", "judge nothing; report what earlier runs found")
  .option("--json [file]", `also write every verdict as JSON (${DEFAULT_FILE})`)
  .option("--document", "write docs/mutation.md; fails while a mutant is without verdict or a survivor unexplained")
  .allowExcessArguments(false)
  .parse()
  .opts<{
    only?: RegExp;
    targets?: string[];
    tests: RegExp;
    unmapped?: boolean;
    limit?: number;
    minutes?: number;
    workers: number;
    budget: number;
    solidity: boolean;
    survivors?: boolean;
    fresh?: boolean;
    report?: boolean;
    json?: string | true;
    document?: boolean;
  }>();

/** Those without a verdict, and survivors that the tests of today have not seen. */
async function selectMutants(all: readonly Mutant[]): Promise<Mutant[]> {
  if (options.report === true) return [];
  const [verdicts, tests] = [await readVerdicts(), await testsHashOf(options)];
  const chosen = all.filter((mutant) => {
    const { file, scope, id } = mutant;
    if (options.only !== undefined && !options.only.test(`${file}:${scope}`)) return false;
    const known = verdicts.get(id);
    // One whose survival is explained needs no second look.
    if (known?.status === "survived") return known.tests !== tests && !isExplained(mutant);
    return known === undefined && options.survivors !== true;
  });
  // Survivors first: they are what new tests are for.
  chosen.sort((a, b) => Number(verdicts.has(b.id)) - Number(verdicts.has(a.id)));
  return chosen.slice(0, options.limit);
}

async function judge(mutants: readonly Mutant[], known: readonly Mutant[]): Promise<void> {
  const counts = { judged: 0, killed: 0, survived: 0 };
  const renderer = process.stdout.isTTY ? "default" : "simple";
  const start = performance.now();
  const list = new Listr(
    [
      {
        title: `Judging ${mutants.length.toString()} mutants`,
        task: async (_context, task): Promise<void> => {
          await judgeMutants({
            ...{ mutants, known },
            tests: options.tests,
            mapped: options.unmapped !== true,
            workers: options.workers,
            budget: options.budget * 1000,
            solidity: options.solidity,
            limit: options.minutes === undefined ? Infinity : options.minutes * 60_000,
            onStage(text) {
              task.output = text;
              if (!process.stdout.isTTY) console.log(`${text} ...`);
            },
            onVerdict(mutant, { status, killer }) {
              counts.judged++;
              if (status === "killed" || status === "timeout") counts.killed++;
              if (status === "survived") counts.survived++;
              const minutes = (performance.now() - start) / 60_000;
              const left = ((mutants.length - counts.judged) * minutes) / counts.judged;
              const progress = `${counts.judged.toString()} of ${mutants.length.toString()}, ${counts.survived.toString()} survived`;
              task.output = `${progress}, about ${left.toFixed(0)} minutes left`;
              if (status === "survived") console.log(`survived: ${describe(mutant)}`);
              else if (!process.stdout.isTTY && counts.judged % 50 === 0)
                console.log(`${progress} (${killer ?? status})`);
            },
          });
        },
      },
    ],
    { renderer, exitOnError: true },
  );
  await list.run();
}

stopOnSignal();

await runMain(async () => {
  const { json } = options;
  const file = json === undefined ? undefined : json === true ? path.join(ROOT, DEFAULT_FILE) : path.resolve(json);
  if (file !== undefined) await prepareOutput(file);
  if (options.fresh === true) await forgetVerdicts();
  const targets = await readTargets(ROOT);
  const unknown = options.targets?.find((name) => !targets.some((target) => target.name === name));
  if (unknown !== undefined) {
    const names = targets.map(({ name }) => name).join(", ");
    throw new FailureError("UNKNOWN_TARGET", `There is no target ${unknown}, only ${names}.`);
  }
  // The targets take turns, so that a part of the run is a sample of each.
  const chosen = targets.filter(({ name }) => options.targets?.includes(name) ?? true);
  const ranked = chosen.flatMap(({ mutants: own }) => own.map((mutant, rank) => ({ mutant, rank })));
  const mutants = await selectMutants(ranked.sort((a, b) => a.rank - b.rank).map(({ mutant }) => mutant));
  const known = targets.flatMap((target) => target.mutants);
  if (mutants.length > 0) await judge(mutants, known);
  const summary = summarize(targets, await readVerdicts());
  console.log(formatSummary(summary));
  if (file !== undefined) await writeJson(file, summary);
  if (options.document === true) await writeMutationDocument(summary);
  const missed = summary.targets.filter(({ score, bar }) => score !== undefined && score < bar);
  if (missed.length > 0) {
    const names = missed.map(({ name, bar }) => `${name} (${bar.toString()} %)`).join(", ");
    throw new FailureError("BELOW_BAR", `Too many mutants survive in ${names}.`);
  }
});
