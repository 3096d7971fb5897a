import { glob, readFile } from "node:fs/promises";
import path from "node:path";
import { testIdOf } from "../bugs/index.js";
import { FailureError } from "../failure.js";

/** A file of Solidity tests and those of its tests that have something to vary. */
export type Target = {
  file: string;
  contracts: readonly string[];
  invariants: readonly string[];
  fuzzTests: readonly string[];
};

export type Selection = {
  targets: readonly Target[];
  /** Whether the settlement's tests in TypeScript run. */
  settlement: boolean;
};

export const SETTLEMENT = "settlement";

export function readTarget(file: string, source: string): Target {
  const all = (pattern: RegExp): string[] => [...source.matchAll(pattern)].map(([, name = ""]) => name);
  return {
    file,
    contracts: all(/^contract (\w+)/gm),
    invariants: all(/function (invariant_\w+)\(/g),
    // Without arguments there is nothing to vary.
    fuzzTests: all(/function (test_\w+)\(\s*\w/g),
  };
}

export async function findTargets(root: string): Promise<Target[]> {
  const targets: Target[] = [];
  for await (const file of glob("test/{invariant,property}/**/*.t.sol", { cwd: root })) {
    const target = readTarget(file.split(path.sep).join("/"), await readFile(path.join(root, file), "utf8"));
    if (target.invariants.length + target.fuzzTests.length > 0) targets.push(target);
  }
  return targets.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** What the names select: contracts, parts of files, parts of tests, ids of invariants (LED-4), or "settlement". */
export function select(targets: readonly Target[], only: readonly string[]): Selection {
  if (only.length === 0) return { targets, settlement: true };
  const chosen = new Map<string, Target>();
  for (const name of only.filter((each) => each !== SETTLEMENT)) {
    const part = /^[A-Z]{3}-\d+$/.test(name) ? `_${testIdOf(name)}_` : name;
    const found = targets.flatMap((target) => narrow(target, part));
    if (found.length === 0)
      throw new FailureError("UNKNOWN_TARGET", `Nothing to fuzz is called ${JSON.stringify(name)}.`);
    for (const target of found) chosen.set(target.file, merge(chosen.get(target.file), target));
  }
  return { targets: [...chosen.values()], settlement: only.includes(SETTLEMENT) };
}

function narrow(target: Target, part: string): Target[] {
  if (target.contracts.includes(part) || target.file.includes(part)) return [target];
  const own = {
    invariants: target.invariants.filter((test) => test.includes(part)),
    fuzzTests: target.fuzzTests.filter((test) => test.includes(part)),
  };
  return own.invariants.length + own.fuzzTests.length === 0 ? [] : [{ ...target, ...own }];
}

function merge(one: Target | undefined, other: Target): Target {
  if (one === undefined) return other;
  const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])];
  return {
    ...one,
    invariants: union(one.invariants, other.invariants),
    fuzzTests: union(one.fuzzTests, other.fuzzTests),
  };
}
