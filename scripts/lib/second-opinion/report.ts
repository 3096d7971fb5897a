import type { LeftOut } from "../coverage/left-out.js";
import { code, table } from "../markdown.js";
import { foldMisses, type Miss } from "./misses.js";
import { describeRun, type Run } from "./run.js";
import { percent, totalOf, type Figure, type Figures, type Summary } from "./summary.js";

/** Points of a percent above which a difference needs words. */
const NOTABLE = 1;

export type Report = {
  /** The run that measured, where it left its figures. */
  run: Run | undefined;
  /** `npm run coverage`, where it has run. */
  here: Summary | undefined;
  /** solidity-coverage. */
  there: Summary;
  /** What solidity-coverage saw no test reach, by file. */
  misses: ReadonlyMap<string, readonly Miss[]>;
  /** Why the two differ, or why solidity-coverage misses something, by file. */
  explanations: Readonly<Record<string, string>>;
  leftOut: readonly LeftOut[];
};

const INTRO = `# Second opinion on coverage

Written by \`npm run coverage:second-opinion\`; do not edit.

\`npm run coverage\` counts with a plugin of this repository. This page repeats the count with a tool that shares no line with
it: [solidity-coverage](https://github.com/sc-forks/solidity-coverage) on Hardhat 2, over the same TypeScript tests. It
installs \`audit/\` with a lock file of its own (about 330 MB), which nothing else needs, and writes HTML, LCOV and JSON to
\`coverage/second-opinion/\`. \`-- --compare-only\` writes this page anew from what the last runs of both left in \`coverage/\`.

"here" is \`npm run coverage\`, "there" is solidity-coverage.

`;

const FILE_BY_FILE = `## File by file

Where the figures differ by more than a percent, from a look at each place.

`;

const UNREACHED = `## What it saw no test reach

By function. Lines in brackets are reached but for the arms named; other lines are not reached at all. Each place with its code is
in \`coverage/second-opinion/unreached.md\` after a run.

`;

const DIFFERENCES = `## Why the figures differ

- solidity-coverage counts **each use of a modifier** as a branch with two arms: the modifier lets through, or reverts. Here
  the conditions inside the modifier count, once.
- It gives **\`||\`** a branch with one arm for each side, and none to \`&&\`. Here either has three arms: the left side decides
  alone, the right one is true, it is false.
- **Loops** (entered, never entered) and the arms of **\`try\`** are branches here only.
- It instruments sources for the **legacy code generator without optimiser**, so gas differs; tests that measure gas are
  skipped there.
- **Solidity tests do not run there.** What only fuzzing reaches is missing.
- **Assembly** has no statement there. Here a block is one statement, and its \`if\`, \`switch\` and \`for\` are branches.

`;

export function formatReport({ run, here, there, misses, explanations, leftOut }: Report): string {
  const parts = [INTRO];
  if (run !== undefined) parts.push(`${describeRun(run)}\n\n`);
  parts.push("## Figures\n\n", formatTable(here, there), "\n", DIFFERENCES);
  const notable = findNotable(here, there);
  if (notable.length > 0) {
    const rows = notable.map((file) => [code(shorten(file)), explanations[file] ?? "**not explained**"]);
    parts.push(FILE_BY_FILE, table(["contract", "why"], rows), "\n\n");
  }
  parts.push(UNREACHED, formatFolds(misses), "\n");
  const tests = leftOut.map(({ path, reason }) => [code(path), reason]);
  parts.push("## Tests that do not run there\n\n", table(["tests", "reason"], tests), "\n");
  return parts.join("");
}

/** One row for each file of either report, and the sum. */
export function formatTable(here: Summary | undefined, there: Summary): string {
  const files = [...new Set([...there.keys(), ...(here?.keys() ?? [])])].sort();
  const rows = files.map((file) => rowOf(code(shorten(file)), here?.get(file), there.get(file)));
  rows.push(rowOf("**all**", here === undefined ? undefined : totalOf(here), totalOf(there)));
  return `${table(["contract", "statements here", "there", "branches here", "there"], rows)}\n`;
}

function rowOf(name: string, here: Figures | undefined, there: Figures | undefined): string[] {
  return [name, ...[here?.statements, there?.statements, here?.branches, there?.branches].map(formatFigure)];
}

function formatFigure(figure: Figure | undefined): string {
  if (figure === undefined) return "–";
  return `${percent(figure).toFixed(1)} % (${figure.covered.toString()}/${figure.total.toString()})`;
}

/** One row for each function, so that the list can be read. */
function formatFolds(misses: Report["misses"]): string {
  const rows = [...misses].flatMap(([file, list]) =>
    foldMisses(list).map(({ names, places }) => [code(shorten(file)), names.map(code).join(", "), places]),
  );
  return formatRows(["contract", "function", "not reached"], rows);
}

/** Every place, for `coverage/second-opinion/`. */
export function formatMisses(misses: Report["misses"]): string {
  const rows = [...misses].flatMap(([file, list]) =>
    list.map((miss) => {
      const place = code(`${shorten(file)}:${miss.line.toString()}`);
      return [place, miss.kind, miss.kind === "branch" ? miss.arm : "", code(miss.code)];
    }),
  );
  return formatRows(["place", "what", "arm", "code"], rows);
}

function formatRows(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? "Nothing.\n" : `${table(head, rows)}\n`;
}

/** Files of which nobody said why the reports differ. */
export function findUnexplained({
  here,
  there,
  explanations,
}: Pick<Report, "here" | "there" | "explanations">): string[] {
  return findNotable(here, there).filter((file) => !(file in explanations));
}

/** Files that are explained though the reports differ no more. */
export function findNeedless({ here, there, explanations }: Pick<Report, "here" | "there" | "explanations">): string[] {
  const notable = findNotable(here, there);
  return Object.keys(explanations).filter((file) => !notable.includes(file));
}

/**
 * Files where the reports differ by more than a percent, or, without a report to compare with, where solidity-coverage sees
 * less than 99 percent.
 */
function findNotable(here: Summary | undefined, there: Summary): string[] {
  return [...there]
    .filter(([file, figures]) => {
      const other = here?.get(file);
      return (["statements", "branches"] as const).some((kind) => {
        const expected = other === undefined ? 100 : percent(other[kind]);
        return Math.abs(expected - percent(figures[kind])) > NOTABLE;
      });
    })
    .map(([file]) => file);
}

function shorten(file: string): string {
  return file.replace(/^contracts\//, "");
}
