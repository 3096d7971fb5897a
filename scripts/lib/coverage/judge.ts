import type { FileSites } from "../../hardhat/coverage/types.js";
import type { Hits } from "./collect.js";
import { hitsOf } from "./istanbul.js";

/** An arm that no test takes, and why none can. */
export type Uncovered = {
  file: string;
  /** The function it stands in. */
  within: string;
  /** The condition in the source, on one line. */
  condition: string;
  arm: string;
  reason: string;
};

export type Miss = Omit<Uncovered, "reason"> & { line: number };
export type Count = { covered: number; total: number };
export type Row = { file: string; statements: Count; branches: Count; functions: Count };

const lineAt = (source: string, offset: number): number => source.slice(0, offset).split("\n").length;

/** What the tests reach in each file. */
export function toRows(files: readonly FileSites[], hits: Hits): Row[] {
  const count = (values: readonly number[]): Count => ({
    covered: values.filter((value) => value > 0).length,
    total: values.length,
  });
  const reached = ({ tag }: { tag: string }): number => hits.get(tag) ?? 0;
  return files
    .map((file) => ({
      file: file.file,
      statements: count(file.statements.map(reached)),
      branches: count(file.branches.flatMap(({ arms }) => arms.map(reached))),
      functions: count(file.functions.map((each) => hitsOf(file, each, hits))),
    }))
    .filter(({ statements, functions }) => statements.total + functions.total > 0);
}

export function totalOf(rows: readonly Row[]): Row {
  const sum = (kind: "statements" | "branches" | "functions"): Count => ({
    covered: rows.reduce((result, row) => result + row[kind].covered, 0),
    total: rows.reduce((result, row) => result + row[kind].total, 0),
  });
  return { file: "all", statements: sum("statements"), branches: sum("branches"), functions: sum("functions") };
}

export const percentOf = ({ covered, total }: Count): number => (total === 0 ? 100 : (100 * covered) / total);

/** The arms that no test takes. */
export function findMisses(files: readonly FileSites[], hits: Hits): Miss[] {
  return files.flatMap(({ file, source, branches }) =>
    branches.flatMap(({ within, text, start, arms }) =>
      arms
        .filter(({ tag }) => (hits.get(tag) ?? 0) === 0)
        .map(({ name }) => ({ file, within, condition: text, arm: name, line: lineAt(source, start) })),
    ),
  );
}

/** Statements and functions that no test reaches, as places. */
export function findUnreached(files: readonly FileSites[], hits: Hits): string[] {
  return files.flatMap((file) => [
    ...file.statements
      .filter(({ tag }) => (hits.get(tag) ?? 0) === 0)
      .map(({ start }) => `${file.file}:${lineAt(file.source, start).toString()}: a statement`),
    ...file.functions
      .filter((each) => hitsOf(file, each, hits) === 0)
      .map(({ name, start }) => `${file.file}:${lineAt(file.source, start).toString()}: function ${name}`),
  ]);
}

const keyOf = ({ file, within, condition, arm }: Omit<Uncovered, "reason">): string =>
  [file, within, condition, arm].join("\n");

/** Pairs misses and entries; an entry stands for one miss. */
export function explain(
  misses: readonly Miss[],
  entries: readonly Uncovered[],
): { explained: (Miss & { reason: string })[]; unexplained: Miss[]; stale: Uncovered[] } {
  const stale = [...entries];
  const explained: (Miss & { reason: string })[] = [];
  const unexplained = misses.filter((miss) => {
    const place = stale.findIndex((entry) => keyOf(entry) === keyOf(miss));
    const [entry] = place < 0 ? [] : stale.splice(place, 1);
    if (entry !== undefined) explained.push({ ...miss, reason: entry.reason });
    return entry === undefined;
  });
  return { explained, unexplained, stale };
}

/** The bars: all statements, all functions, and 98 of 100 arms. */
export const BARS = { statements: 100, functions: 100, branches: 98 } as const;

/** What keeps the suite from its bars, a line each. */
export function findProblems(files: readonly FileSites[], hits: Hits, entries: readonly Uncovered[]): string[] {
  const total = totalOf(toRows(files, hits));
  const { unexplained, stale } = explain(findMisses(files, hits), entries);
  const low = (["statements", "branches", "functions"] as const).filter((kind) => percentOf(total[kind]) < BARS[kind]);
  return [
    ...low.map((kind) => `${kind}: ${percentOf(total[kind]).toFixed(2)} %, below ${BARS[kind].toString()} %`),
    ...findUnreached(files, hits),
    ...unexplained.map(
      ({ file, line, within, condition, arm }) =>
        `${file}:${line.toString()} (${within}): no test takes "${arm}" of ${condition}`,
    ),
    ...stale.map(
      ({ file, within, condition, arm }) =>
        `${file} (${within}): "${arm}" of ${condition} has a reason but is covered, or is gone`,
    ),
  ];
}
