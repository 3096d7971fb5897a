import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { copyRepository } from "../repository-copy.js";
import { MUTATIONS, plant, type Mutation } from "../bugs/index.js";
import { FailureError } from "../failure.js";
import { runCommand } from "../process.js";
import type { FuzzResult } from "./result.js";
import type { Finding } from "./save.js";

/** One bug of each kind; they stand in `scripts/lib/bugs` with the others. */
const PLANTED = [
  { kind: "rounding direction", invariant: "AMM-11", bug: "what new shares cost rounds down" },
  { kind: "missing refund", invariant: "LED-2", bug: "a failed operation's debit is not given back" },
  { kind: "carry across the half-word", invariant: "LED-4", bug: "an addition carries into the neighbour" },
] as const;

/** The stateful tests alone: with the fuzz tests of each file, it would be them that find a bug first. */
const TARGETS = "LedgerInvariants,AmmInvariants";

export type SelfTest = {
  kind: string;
  bug: string;
  file: string;
  /** Calls of all invariants and wall-clock seconds until `npm run fuzz` ended, build and regression tests among them. */
  calls: number;
  seconds: number;
  findings: readonly Finding[];
  /** Whether a finding's regression test fails with the bug, and all pass without it. */
  failsWithBug: boolean;
  passesWithout: boolean;
};

export function plantedBugs(): { kind: string; mutation: Mutation }[] {
  return PLANTED.map(({ kind, invariant, bug }) => {
    const mutation = MUTATIONS.find((each) => each.invariant === invariant && each.bug === bug);
    if (mutation === undefined) throw new FailureError("UNKNOWN_BUG", `${invariant} has no bug "${bug}".`);
    return { kind, mutation };
  });
}

export async function withCopy<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await copyRepository("fuzz", { build: true });
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Plants a bug in the copy, fuzzes the copy, takes the bug out, and runs what was saved. */
export async function testFuzzer(folder: string, kind: string, mutation: Mutation, seed: string): Promise<SelfTest> {
  const start = performance.now();
  const file = path.join(folder, mutation.file);
  const source = await readFile(file, "utf8");
  await writeFile(file, plant(source, mutation));
  let result: FuzzResult;
  try {
    const { output } = await runCommand(`tsx scripts/fuzz.ts --json --calls 200000 --seed ${seed} --only ${TARGETS}`, {
      cwd: folder,
    });
    result = parseResult(output);
  } finally {
    await writeFile(file, source);
  }
  const seconds = (performance.now() - start) / 1000;
  const saved = result.findings.flatMap((finding) => (finding.file === undefined ? [] : [finding.file]));
  const passesWithout = saved.length > 0 && (await pass(folder, saved));
  // The next bug's counterexamples are its own.
  for (const name of saved) await rm(path.join(folder, name));
  return {
    kind,
    bug: mutation.bug,
    file: mutation.file,
    calls: result.calls,
    seconds,
    findings: result.findings,
    failsWithBug: result.findings.some(({ reproduced }) => reproduced === true),
    passesWithout,
  };
}

async function pass(folder: string, files: readonly string[]): Promise<boolean> {
  const { code, output } = await runCommand(`hardhat test solidity ${files.join(" ")}`, { cwd: folder });
  return code === 0 && /[1-9]\d* passing/.test(output) && !/\d+ failing/.test(output);
}

function parseResult(output: string): FuzzResult {
  const [start, end] = [output.indexOf("{\n"), output.lastIndexOf("\n}")];
  if (start < 0 || end < start) {
    throw new FailureError("FUZZ_DID_NOT_RUN", `The copy was not fuzzed:\n${output.trim().slice(-3000)}`);
  }
  return JSON.parse(output.slice(start, end + 2)) as FuzzResult;
}
