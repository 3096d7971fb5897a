import { writeFile } from "node:fs/promises";
import path from "node:path";
import { runCommand } from "../process.js";
import type { Verdict } from "./messages.js";
import { apply, type Mutant } from "./mutant.js";
import { readSources } from "./sources.js";
import { findSolidityTests } from "./test-files.js";

/** Fuzz runs of each test here; invariants take an eighth. */
const RUNS = "48";

/** Runs the Solidity tests on what Mocha's tests left alive, one mutant at a time. */
export async function createSolidityJudge(
  root: string,
): Promise<{ judge: (mutant: Mutant, before: Verdict) => Promise<Verdict> }> {
  const [sources, allTests] = [await readSources(root), await findSolidityTests(root)];
  let last: Promise<unknown> = Promise.resolve();
  return {
    async judge(mutant, before) {
      // Builds in one folder take turns.
      const mine = last.then(async () => judgeAlone(mutant, before));
      last = mine.catch(() => undefined);
      return mine;
    },
  };

  async function judgeAlone(mutant: Mutant, before: Verdict): Promise<Verdict> {
    const start = performance.now();
    const source = sources.files.get(mutant.file) ?? "";
    const tests = allTests.filter((file) => sources.closureOf(file).has(mutant.file));
    if (tests.length === 0) return before;
    const file = path.join(root, mutant.file);
    await writeFile(file, apply(source, mutant));
    try {
      const command = `hardhat --build-profile unoptimized test solidity ${tests.join(" ")}`;
      const env = { LAKH_FUZZ_RUNS: RUNS, LAKH_SHRINK_RUNS: "1", HARDHAT_COVERAGE: "false" };
      const { output } = await runCommand(command, { cwd: root, env });
      const [, killer] = /^\s*\d+\) (?:\w+#)?((?:test|invariant)_?\w*)/m.exec(output) ?? [];
      const milliseconds = before.milliseconds + Math.round(performance.now() - start);
      if (killer !== undefined) return { ...before, status: "killed", killer, milliseconds };
      if (/\bpassing\b/.test(output)) return { ...before, milliseconds };
      throw new Error(`The Solidity tests did not run:\n${output.slice(-2_000)}`);
    } finally {
      await writeFile(file, source);
    }
  }
}
