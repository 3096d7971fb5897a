type Place = { start: { line: number; column: number } };

/** What solidity-coverage writes for a file into `coverage.json`. */
export type FileCoverage = {
  s: Record<string, number>;
  b: Record<string, number[]>;
  statementMap: Record<string, Place>;
  branchMap: Record<string, { line: number; type: string; locations: Place[] }>;
};

/** A place that no test reached. */
export type Miss = { line: number; kind: "statement" | "branch"; code: string };

/** The statements and branches of a file that were not reached, with the line of source that each stands on. */
export function missesOf(file: FileCoverage, source: string): Miss[] {
  const lines = source.split("\n");
  const codeOf = (line: number): string => (lines[line - 1] ?? "").trim();
  const misses: Miss[] = [];
  for (const [id, hits] of Object.entries(file.s)) {
    const line = file.statementMap[id]?.start.line;
    if (hits === 0 && line !== undefined) misses.push({ line, kind: "statement", code: codeOf(line) });
  }
  for (const [id, arms] of Object.entries(file.b)) {
    const branch = file.branchMap[id];
    if (branch === undefined) continue;
    arms.forEach((hits, arm) => {
      // Both arms of an `if` carry the place of the `if` itself.
      const line = branch.locations[arm]?.start.line ?? branch.line;
      if (hits === 0) misses.push({ line, kind: "branch", code: `${codeOf(line)} (${armName(branch.type, arm)})` });
    });
  }
  return misses.sort((a, b) => a.line - b.line);
}

function armName(type: string, arm: number): string {
  if (type === "cond-expr") return arm === 0 ? "left side" : "right side";
  return arm === 0 ? "taken" : "not taken";
}
