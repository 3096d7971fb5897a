import { createHash } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { FailureError } from "../failure.js";
import { ROOT } from "../paths.js";
import { runCommand } from "../process.js";
import { copyRepository } from "../repository-copy.js";
import { createChooser, type Chooser } from "./choice.js";
import type { TestRecord, Verdict } from "./messages.js";
import { describe, type Mutant } from "./mutant.js";
import { createSolidityJudge } from "./solidity-tests.js";
import { readKnowledge, readVerdicts, storeKnowledge, storeVerdict, type StoredVerdict } from "./store.js";
import { ALL_TESTS, findTestFiles, hashOf } from "./test-files.js";
import { startWorker, type Worker } from "./worker-process.js";

/** A mutant that holds the tests longer than this hangs them: it is found. Milliseconds. */
const HANG = 300_000;
/** The map's run, milliseconds. */
const MAP_LIMIT = 3_600_000;
/** Slower tests are left out, milliseconds: many quick ones run in the time of each. */
const SLOWEST = 20_000;
/** A worker is replaced after so many mutants; the compiler does not give back all its memory. */
const MUTANTS_PER_WORKER = 150;

export type RunOptions = {
  mutants: readonly Mutant[];
  /** All of today's: what killed one of them in an earlier run is tried first on others of its function. */
  known: readonly Mutant[];
  workers: number;
  /** Milliseconds of Mocha tests that one mutant gets. */
  budget: number;
  /** Milliseconds after which no new mutant is begun. */
  limit: number;
  /** Which of Mocha's test files. */
  tests: RegExp;
  /** Whether to find out first which test runs what; otherwise each is tried on every mutant. */
  mapped: boolean;
  /** Whether the Solidity tests run on what Mocha's leave alive. */
  solidity: boolean;
  onStage: (text: string) => void;
  onVerdict: (mutant: Mutant, verdict: StoredVerdict) => void;
};

/** A survivor is judged again when this is another. */
export async function testsHashOf({ tests, solidity }: Pick<RunOptions, "tests" | "solidity">): Promise<string> {
  const hash = withPattern(await hashOf(ROOT, ["test"]), tests);
  return solidity ? hash : `${hash}-no-solidity`;
}

/** Judges the mutants and stores each verdict at once. */
export async function judgeMutants(options: RunOptions): Promise<void> {
  const { mutants, workers, onStage } = options;
  const end = performance.now() + options.limit;
  const testsHash = await testsHashOf(options);
  const folders: string[] = [];
  const running = new Set<Worker>();
  try {
    const hash = withPattern(await hashOf(ROOT, ["contracts", "test"]), options.tests);
    const key = options.mapped ? hash : `${hash}-unmapped`;
    const mapped = options.mapped ? await mapOf(key, options.tests, folders, onStage) : undefined;
    onStage("Building without the optimizer");
    const built = await buildCopy(folders);
    const files = await findTestFiles(built, options.tests);
    const testFiles = files.map((file) => path.join(built, file));
    const tests = mapped ?? (await listTests(key, async () => launch(built, testFiles), onStage));
    const steady = new Set(await steadyTests(key, tests, async () => launch(built, testFiles), onStage));
    onStage(`Judging with ${steady.size.toString()} of ${tests.length.toString()} tests`);
    const chooser = createChooser(tests.filter(({ title }) => steady.has(title)));
    const earlier = await readVerdicts();
    for (const mutant of options.known) {
      const killer = earlier.get(mutant.id)?.killer;
      if (killer !== undefined) chooser.noteKill(mutant, killer);
    }
    const queue = [...mutants];
    const survivors = options.solidity ? await createSolidityJudge(await duplicate(built, folders)) : undefined;
    const lane = async (index: number): Promise<void> => {
      const folder = index === 0 ? built : await duplicate(built, folders);
      const laneFiles = files.map((file) => path.join(folder, file));
      let worker: Worker | undefined;
      for (let judged = 0; performance.now() < end; judged++) {
        const mutant = queue.shift();
        if (mutant === undefined) break;
        if (worker !== undefined && judged % MUTANTS_PER_WORKER === 0) {
          worker.stop();
          worker = undefined;
        }
        worker ??= await launch(folder, laneFiles);
        const verdict = await judgeOne(worker, mutant, chooser, options.budget);
        if (verdict.status === "timeout") worker = undefined;
        const final = verdict.status === "survived" ? await survivors?.judge(mutant, verdict) : verdict;
        const stored = { ...(final ?? verdict), tests: testsHash };
        await storeVerdict(stored);
        options.onVerdict(mutant, stored);
      }
      worker?.stop();
    };
    await Promise.all(Array.from({ length: workers }, async (_, index) => lane(index)));
  } finally {
    for (const worker of running) worker.stop();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  }

  async function launch(folder: string, testFiles: readonly string[]): Promise<Worker> {
    const worker = await startWorker({ folder, testFiles, coverage: false });
    running.add(worker);
    return worker;
  }
}

async function judgeOne(worker: Worker, mutant: Mutant, chooser: Chooser, budget: number): Promise<Verdict> {
  const phases = chooser.phasesFor(mutant, budget);
  const answer = await worker.ask({ type: "judge", mutant, phases }, HANG);
  if (answer === undefined) return { id: mutant.id, status: "timeout", milliseconds: HANG };
  if (answer.type !== "judged") throw new FailureError("BAD_ANSWER", `A worker could not judge ${describe(mutant)}.`);
  if (answer.verdict.killer !== undefined) chooser.noteKill(mutant, answer.verdict.killer);
  return answer.verdict;
}

/** What is learnt of a part of the tests is kept apart. */
function withPattern(hash: string, pattern: RegExp): string {
  return pattern.source === ALL_TESTS.source
    ? hash
    : `${hash}-${createHash("sha256").update(pattern.source).digest("hex").slice(0, 8)}`;
}

/** Which test runs what. */
async function mapOf(
  key: string,
  pattern: RegExp,
  folders: string[],
  onStage: (text: string) => void,
): Promise<TestRecord[]> {
  const known = await readKnowledge<TestRecord[]>("map", key);
  if (known !== undefined) return known;
  onStage("Recording which test runs which statement");
  const folder = await copyRepository("mutation-map", { build: false });
  folders.push(folder);
  const testFiles = (await findTestFiles(folder, pattern)).map((file) => path.join(folder, file));
  const worker = await startWorker({ folder, testFiles, coverage: true });
  const answer = await worker.ask({ type: "map" }, MAP_LIMIT);
  worker.stop();
  if (answer?.type !== "mapped") throw new FailureError("NO_MAP", "The tests did not run on the instrumented build.");
  await storeKnowledge("map", key, answer.tests);
  return [...answer.tests];
}

/** All of them, without what they run. */
async function listTests(
  key: string,
  launch: () => Promise<Worker>,
  onStage: (text: string) => void,
): Promise<readonly TestRecord[]> {
  const known = await readKnowledge<TestRecord[]>("list", key);
  if (known !== undefined) return known;
  onStage("Running all tests once");
  const worker = await launch();
  const answer = await worker.ask({ type: "map" }, MAP_LIMIT);
  worker.stop();
  if (answer?.type !== "mapped") throw new FailureError("NO_MAP", "The tests did not run.");
  await storeKnowledge("list", key, answer.tests);
  return answer.tests;
}

async function buildCopy(folders: string[]): Promise<string> {
  const folder = await copyRepository("mutation", { build: false });
  folders.push(folder);
  const { code, output } = await runCommand("hardhat --build-profile unoptimized build --no-tests", { cwd: folder });
  if (code !== 0) throw new FailureError("BUILD_FAILED", `The contracts do not compile:\n${output.trim()}`);
  return folder;
}

async function duplicate(folder: string, folders: string[]): Promise<string> {
  const copy = await mkdtemp(path.join(tmpdir(), "lakh-mutation-"));
  folders.push(copy);
  await cp(folder, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** Those that pass without a mutant and with a change that does nothing; the others would tell one by its gas. */
async function steadyTests(
  key: string,
  tests: readonly TestRecord[],
  launch: () => Promise<Worker>,
  onStage: (text: string) => void,
): Promise<string[]> {
  const known = await readKnowledge<string[]>("steady", key);
  if (known !== undefined) return known;
  onStage("Running all tests without a mutant");
  const worker = await launch();
  const failed = new Set<string>();
  const quick = tests.filter(({ milliseconds }) => milliseconds <= SLOWEST);
  for (const neutral of [false, true]) {
    const chosen = quick.filter(({ title }) => !failed.has(title));
    const titles = chosen.map(({ title }) => title);
    const answer = await worker.ask({ type: "check", titles, neutral }, MAP_LIMIT);
    if (answer?.type !== "checked") throw new FailureError("NO_BASELINE", "The tests did not run without a mutant.");
    for (const title of answer.failed) failed.add(title);
  }
  worker.stop();
  const steady = quick.map(({ title }) => title).filter((title) => !failed.has(title));
  await storeKnowledge("steady", key, steady);
  return steady;
}
