import { Command } from "commander";
import { randomBytes } from "node:crypto";
import { Listr, type ListrTask } from "listr2";
import { wholeNumber } from "./lib/arguments.js";
import { FailureError, runMain } from "./lib/failure.js";
import { checkSeed, nextSeed, planRound, settlementAmount } from "./lib/fuzz/budget.js";
import { addTests, sumRound, type FuzzResult, type RoundResult } from "./lib/fuzz/result.js";
import { build, runRound } from "./lib/fuzz/runner.js";
import { saveFindings, type Finding } from "./lib/fuzz/save.js";
import { plantedBugs, testFuzzer, withCopy, type SelfTest } from "./lib/fuzz/self-test.js";
import { runSettlement, type SettlementRun } from "./lib/fuzz/settlement.js";
import { findTargets, select, SETTLEMENT, type Selection, type Target } from "./lib/fuzz/targets.js";
import { ROOT } from "./lib/paths.js";
import { stopOnSignal } from "./lib/process.js";

type Options = {
  calls?: number;
  minutes?: number;
  depth: number;
  only: string[];
  seed?: string;
  selfTest?: boolean;
  json?: boolean;
};

const DEFAULT_CALLS = 1_000_000;
const MAX_CALLS = 10 ** 12;

const options = new Command("npm run fuzz --")
  .description("Fuzzes the contracts for long, with a new seed each round, and saves counterexamples as tests.")
  .option("--calls <number>", "calls of the invariants' handlers (1000000 unless set)", wholeNumber(1, MAX_CALLS))
  .option("--minutes <number>", "end after this time instead, or at the calls if both are set", wholeNumber(1, 100_000))
  .option("--depth <number>", "calls of one run, each upon the state of the last", wholeNumber(1, 10_000), 256)
  .option(
    "--only <names>",
    `contracts, files, tests, invariants or "${SETTLEMENT}": LedgerInvariants,LED-4`,
    (text) => text.split(",").map((name) => name.trim()),
    [],
  )
  .option("--seed <hex>", "seed of the first round, as an earlier run printed it; a new one unless set")
  .option("--self-test", "plant three bugs in a copy and check that this script finds each")
  .option("--json", "print the result as JSON")
  .allowExcessArguments(false)
  .parse()
  .opts<Options>();

const started = performance.now();
const totals = new Map<string, number>();
const rounds: RoundResult[] = [];
const findings: Finding[] = [];
const settlement: SettlementRun[] = [];
let isComplete = false;

const firstSeed = checkSeed(options.seed ?? `0x${randomBytes(8).toString("hex")}`);
const calls = options.calls ?? (options.minutes === undefined ? DEFAULT_CALLS : MAX_CALLS);
const until = options.minutes === undefined ? Infinity : started + options.minutes * 60_000;
const renderer = options.json === true ? "silent" : process.stdout.isTTY ? "default" : "simple";

/** A line of progress. Beside JSON on standard output it goes to standard error. */
function progress(line: string, task: { output: string }): void {
  if (options.json === true) console.error(line);
  else task.output = line;
}

function resultNow(): FuzzResult {
  const sum = (pick: (round: RoundResult) => number): number => rounds.reduce((total, each) => total + pick(each), 0);
  const [done, seconds] = [sum((round) => round.calls), sum((round) => round.seconds)];
  return {
    seed: firstSeed,
    calls: done,
    reverts: sum(({ reverts }) => reverts),
    cases: sum(({ cases }) => cases),
    seconds,
    callsPerSecond: seconds === 0 ? 0 : Math.round(done / seconds),
    rounds,
    tests: Object.fromEntries(totals),
    settlement,
    findings,
    isComplete,
  };
}

/** Rounds until the calls are made, the time is over, or something failed. */
async function fuzzSolidity(targets: readonly Target[], report: (line: string) => void): Promise<void> {
  const invariants = targets.reduce((sum, target) => sum + target.invariants.length, 0);
  const done = (): number => (invariants > 0 ? resultNow().calls : resultNow().cases);
  let seed = firstSeed;
  for (let number = 0; done() < calls && performance.now() < until; number++) {
    const round = planRound(number, seed, { calls: calls - done(), invariants, depth: options.depth });
    const start = performance.now();
    const reports = await runRound(targets, round);
    const result = sumRound(round, reports, (performance.now() - start) / 1000);
    rounds.push(result);
    addTests(totals, reports);
    report(
      `round ${(number + 1).toString()}: seed ${seed}, ${count(result.calls)} calls, ${count(result.reverts)} reverted, ` +
        `${count(result.cases)} inputs, ${result.seconds.toFixed(0)} s; ${count(done())} so far`,
    );
    const failed = reports.filter(({ status }) => status === "failed");
    for (const finding of await saveFindings(failed, seed)) {
      findings.push(finding);
      report(describe(finding));
    }
    if (failed.length > 0) throw new FailureError("COUNTEREXAMPLE", `${failed.length.toString()} tests failed`);
    seed = nextSeed(seed);
  }
}

function tasksOf({ targets, settlement: hasSettlement }: Selection): ListrTask[] {
  // The settlement's tests deploy what stands in contracts/, which the files of Solidity tests alone do not build.
  const files = hasSettlement ? [] : targets.map(({ file }) => file);
  const tasks: ListrTask[] = [{ title: "Build", task: async () => build(files) }];
  if (targets.length > 0) {
    tasks.push({
      title: "Invariants and fuzz tests",
      task: async (_context, task) => {
        await fuzzSolidity(targets, (line) => {
          progress(line, task);
        });
        const { calls: made, callsPerSecond } = resultNow();
        task.title += `: ${count(made)} calls, ${count(callsPerSecond)} a second`;
      },
      rendererOptions: { persistentOutput: true, outputBar: Infinity },
    });
  }
  if (hasSettlement) {
    tasks.push({
      title: "Settlement against its model",
      enabled: () => findings.length === 0,
      task: async (_context, task) => {
        if (options.json === true) console.error("Settlement against its model");
        const run = await runSettlement(firstSeed, settlementAmount(Math.min(calls, 10 * DEFAULT_CALLS)));
        settlement.push(run);
        task.title += `: seed ${run.seed}, ${count(run.operations)} operations, ${run.seconds.toFixed(0)} s`;
        if (run.failed > 0) throw new FailureError("SETTLEMENT_FAILED", run.failure ?? task.title);
      },
    });
  }
  return tasks;
}

function describe({ test, reason, originalCalls, shrunkCalls, file, reproduced }: Finding): string {
  const shrunk = `${originalCalls.toString()} calls, shrunk to ${shrunkCalls.toString()}`;
  const saved = file === undefined ? "no counterexample to save" : `saved as ${file}`;
  const verdict = file === undefined ? "" : reproduced === true ? ", which fails" : ", which does NOT fail by itself";
  return `${test}: ${reason} (${shrunk}); ${saved}${verdict}`;
}

function count(number: number): string {
  return number.toLocaleString("en");
}

function printResult(): void {
  const result = resultNow();
  if (options.json === true) {
    console.log(JSON.stringify(result, undefined, 2));
    return;
  }
  console.log(
    `${count(result.calls)} calls and ${count(result.cases)} inputs in ${result.seconds.toFixed(0)} s, ` +
      `${count(result.callsPerSecond)} calls a second, ${count(result.reverts)} reverted; seed ${result.seed}.`,
  );
}

async function selfTest(): Promise<void> {
  const results: SelfTest[] = [];
  await withCopy(async (folder) => {
    const list = new Listr(
      plantedBugs().map(({ kind, mutation }): ListrTask => ({
        title: `${kind}: ${mutation.bug}`,
        task: async (_context, task) => {
          if (options.json === true) console.error(`${kind}: ${mutation.bug}`);
          const result = await testFuzzer(folder, kind, mutation, firstSeed);
          results.push(result);
          const [first] = result.findings;
          task.title =
            first === undefined
              ? `${kind}: NOT found in ${count(result.calls)} calls`
              : `${kind}: found by ${result.findings.map(({ test }) => test).join(", ")} in ${count(result.calls)} calls`;
          const isFound = first !== undefined && result.failsWithBug && result.passesWithout;
          if (!isFound) throw new FailureError("NOT_FOUND", task.title);
        },
        exitOnError: false,
      })),
      { concurrent: false, exitOnError: false, renderer },
    );
    await list.run();
  });
  if (options.json === true) console.log(JSON.stringify({ seed: firstSeed, bugs: results }, undefined, 2));
  else for (const result of results) console.log(describeSelfTest(result));
  const good = results.filter((each) => each.findings.length > 0 && each.failsWithBug && each.passesWithout);
  const wanted = plantedBugs().length;
  if (good.length < wanted) {
    throw new FailureError(
      "NOT_FOUND",
      `Only ${good.length.toString()} of ${wanted.toString()} planted bugs were found.`,
    );
  }
}

function describeSelfTest({
  kind,
  bug,
  calls: made,
  seconds,
  findings: found,
  failsWithBug,
  passesWithout,
}: SelfTest): string {
  const lines = found.map(
    (each) =>
      `  ${each.test}: after ${count(each.callsUntil)} calls of its own, ${each.secondsUntil.toFixed(1)} s; ` +
      `${each.originalCalls.toString()} calls shrunk to ${each.shrunkCalls.toString()}`,
  );
  return [
    `${kind} (${bug}): ${count(made)} calls, ${seconds.toFixed(0)} s with build; regression tests ` +
      `${failsWithBug ? "fail" : "do NOT fail"} with it and ${passesWithout ? "pass" : "do NOT pass"} without`,
    ...lines,
  ].join("\n");
}

async function main(): Promise<void> {
  if (options.selfTest === true) return selfTest();
  const selection = select(await findTargets(ROOT), options.only);
  if (options.json !== true) console.log(`Seed ${firstSeed}; again with --seed ${firstSeed}`);
  try {
    await new Listr(tasksOf(selection), { concurrent: false, exitOnError: true, renderer }).run();
    isComplete = true;
  } finally {
    printResult();
  }
}

stopOnSignal(() => {
  if (options.selfTest !== true) printResult();
});

await runMain(main);
