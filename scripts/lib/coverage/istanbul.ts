import path from "node:path";
import istanbulCoverage, { type CoverageMap, type FileCoverageData, type Range } from "istanbul-lib-coverage";
import istanbulReport from "istanbul-lib-report";
import istanbulReports from "istanbul-reports";
import type { BranchKind, CoveredFunction, FileSites } from "../../hardhat/coverage/types.js";
import type { Hits } from "./collect.js";

/** Istanbul's names; by them its HTML chooses how it marks a branch. */
const TYPES: Record<BranchKind, string> = {
  if: "if",
  ternary: "cond-expr",
  require: "if",
  and: "binary-expr",
  or: "binary-expr",
  loop: "if",
  try: "switch",
  "assembly if": "if",
  "assembly switch": "switch",
  "assembly loop": "if",
};

/** How often a function was entered; its first statement is reached at every entry. */
export function hitsOf(file: FileSites, each: CoveredFunction, hits: Hits): number {
  if (each.tag !== undefined) return hits.get(each.tag) ?? 0;
  const inside = file.statements.filter(({ start, end }) => start >= each.start && end <= each.end);
  return Math.max(0, ...inside.map(({ tag }) => hits.get(tag) ?? 0));
}

/** The file in the form of Istanbul. */
export function toFileCoverage(root: string, file: FileSites, hits: Hits): FileCoverageData {
  const rangeOf = rangesIn(file.source);
  const data: FileCoverageData = {
    path: path.join(root, file.file),
    statementMap: {},
    fnMap: {},
    branchMap: {},
    s: {},
    f: {},
    b: {},
  };
  for (const [index, { start, end, tag }] of file.statements.entries()) {
    data.statementMap[index] = rangeOf(start, end);
    data.s[index] = hits.get(tag) ?? 0;
  }
  for (const [index, each] of file.functions.entries()) {
    const [decl, loc] = [rangeOf(each.header, each.start), rangeOf(each.start, each.end)];
    data.fnMap[index] = { name: each.name, line: decl.start.line, decl, loc };
    data.f[index] = hitsOf(file, each, hits);
  }
  for (const [index, { kind, start, end, arms }] of file.branches.entries()) {
    const loc = rangeOf(start, end);
    data.branchMap[index] = { type: TYPES[kind], line: loc.start.line, loc, locations: arms.map(() => loc) };
    data.b[index] = arms.map(({ tag }) => hits.get(tag) ?? 0);
  }
  return data;
}

/** Writes HTML, LCOV, JSON and its summary into `folder`, and a table to the terminal. */
export function writeReports(root: string, folder: string, files: readonly FileSites[], hits: Hits): CoverageMap {
  const coverageMap = istanbulCoverage.createCoverageMap({});
  for (const file of files) coverageMap.addFileCoverage(toFileCoverage(root, file, hits));
  const sources = new Map(files.map(({ file, source }) => [path.join(root, file), source]));
  const sourceFinder = (file: string): string => sources.get(file) ?? "";
  const context = istanbulReport.createContext({ dir: folder, coverageMap, sourceFinder });
  istanbulReports.create("html", { subdir: "html" }).execute(context);
  istanbulReports.create("lcovonly", { file: "lcov.info", projectRoot: root }).execute(context);
  istanbulReports.create("json-summary", { file: "coverage-summary.json" }).execute(context);
  istanbulReports.create("json", { file: "coverage-final.json" }).execute(context);
  istanbulReports.create("text", { maxCols: 120 }).execute(context);
  return coverageMap;
}

function rangesIn(source: string): (start: number, end: number) => Range {
  const position = (offset: number): Range["start"] => {
    const before = source.slice(0, offset);
    return { line: before.split("\n").length, column: offset - (before.lastIndexOf("\n") + 1) };
  };
  return (start, end) => ({ start: position(start), end: position(end) });
}
