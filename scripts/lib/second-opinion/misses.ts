type Place = { start: { line: number; column: number } };
type Entry = { name: string; line: number };

const NOT_ENTERED = "not entered";

/** What solidity-coverage writes for a file into `coverage.json`. */
export type FileCoverage = {
  s: Record<string, number>;
  b: Record<string, number[]>;
  f: Record<string, number>;
  statementMap: Record<string, Place>;
  branchMap: Record<string, { line: number; type: string; locations: Place[] }>;
  fnMap: Record<string, Entry>;
};

/** A place that no test reached, and the function around it; `isOther` of an arm whose branch was reached otherwise. */
export type Miss = { line: number; code: string; within: Entry } & (
  { kind: "function" | "statement" } | { kind: "branch"; arm: string; isOther: boolean }
);

/** What of a function was not reached, or of several. */
export type Fold = { names: readonly string[]; places: string };

/** The functions, statements and branches of a file that were not reached, with the line of source that each stands on. */
export function missesOf(file: FileCoverage, source: string): Miss[] {
  const lines = source.split("\n");
  const functions = Object.values(file.fnMap)
    .map(({ name, line }) => ({ name, line }))
    .sort((a, b) => a.line - b.line);
  const placeOf = (line: number): Pick<Miss, "line" | "code" | "within"> => {
    // Functions do not nest, so a place is in the last one that begins before it.
    const within = functions.findLast((entry) => entry.line <= line) ?? { name: "", line: 1 };
    return { line, code: (lines[line - 1] ?? "").trim(), within };
  };
  const misses: Miss[] = [];
  for (const [id, hits] of Object.entries(file.f)) {
    const entry = file.fnMap[id];
    if (hits === 0 && entry !== undefined) misses.push({ ...placeOf(entry.line), kind: "function" });
  }
  for (const [id, hits] of Object.entries(file.s)) {
    const line = file.statementMap[id]?.start.line;
    if (hits === 0 && line !== undefined) misses.push({ ...placeOf(line), kind: "statement" });
  }
  for (const [id, arms] of Object.entries(file.b)) {
    const branch = file.branchMap[id];
    if (branch === undefined) continue;
    arms.forEach((hits, arm) => {
      if (hits !== 0) return;
      // Both arms of an `if` carry the place of the `if` itself.
      const line = branch.locations[arm]?.start.line ?? branch.line;
      const place = placeOf(line);
      const isOther = arms.some((other) => other !== 0);
      misses.push({ ...place, kind: "branch", arm: armName(branch.type, arm, place.code), isOther });
    });
  }
  // Of a line, the function comes first, then the statements: the sort keeps the order of what is on the same line.
  return misses.sort((a, b) => a.line - b.line);
}

function armName(type: string, arm: number, code: string): string {
  const [first, second] = armNames(type, code);
  return arm === 0 ? first : second;
}

function armNames(type: string, code: string): [first: string, second: string] {
  if (type === "cond-expr") return ["left side", "right side"];
  if (code.startsWith("require(")) return ["holds", "fails"];
  if (code.startsWith("function ")) return ["modifier passes", "modifier refuses"];
  return ["taken", "not taken"];
}

/**
 * One entry for each function, in the order of the source, or for neighbours that were not entered. Of others lines are named:
 * with the arms that were not reached, or alone, where nothing of the line was.
 */
export function foldMisses(misses: readonly Miss[]): Fold[] {
  const folds: { names: string[]; places: string }[] = [];
  for (const list of groupsOf(misses, ({ within }) => within.line)) {
    const [{ within, kind }] = list;
    const places = kind === "function" ? NOT_ENTERED : foldLines(list);
    const last = folds.at(-1);
    if (places === NOT_ENTERED && last?.places === NOT_ENTERED) last.names.push(within.name);
    else folds.push({ names: [within.name], places });
  }
  return folds;
}

function foldLines(misses: readonly Miss[]): string {
  const parts: { from: number; to: number; arms: string }[] = [];
  for (const list of groupsOf(misses, ({ line }) => line)) {
    const [{ line }] = list;
    const branches = list.filter((miss) => miss.kind === "branch");
    const isWhole = branches.length < list.length && !branches.some(({ isOther }) => isOther);
    const arms = isWhole ? "" : branches.map(({ arm }) => arm).join(", ");
    const last = parts.at(-1);
    if (last !== undefined && last.arms === "" && arms === "" && last.to === line - 1) last.to = line;
    else parts.push({ from: line, to: line, arms });
  }
  return parts
    .map(({ from, to, arms }) => {
      const lines = from === to ? from.toString() : `${from.toString()}–${to.toString()}`;
      return arms === "" ? lines : `${lines} (${arms})`;
    })
    .join("; ");
}

/** Neighbours with the same key, together. */
function groupsOf(misses: readonly Miss[], keyOf: (miss: Miss) => number): [first: Miss, ...others: Miss[]][] {
  const groups: [Miss, ...Miss[]][] = [];
  for (const miss of misses) {
    const last = groups.at(-1);
    if (last !== undefined && keyOf(last[0]) === keyOf(miss)) last.push(miss);
    else groups.push([miss]);
  }
  return groups;
}
