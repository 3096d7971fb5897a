import { code, page, table } from "../markdown.js";
import type { FileSites } from "../../hardhat/coverage/types.js";
import type { Hits } from "./collect.js";
import { explain, findMisses, percentOf, toRows, totalOf, type Count, type Row, type Uncovered } from "./judge.js";
import type { LeftOut } from "./left-out.js";

const cell = ({ covered, total }: Count): string =>
  total === 0
    ? ""
    : `${percentOf({ covered, total }).toFixed(covered === total ? 0 : 2)} % (${covered.toString()}/${total.toString()})`;

export type Measured = {
  files: readonly FileSites[];
  hits: Hits;
  entries: readonly Uncovered[];
  leftOut: readonly LeftOut[];
};

/** docs/coverage.md. */
export function toMarkdown({ files, hits, entries, leftOut }: Measured): string {
  const rows = toRows(files, hits);
  const { explained } = explain(findMisses(files, hits), entries);
  const unseen = files.flatMap(({ file, unseen: all }) => all.map((each) => ({ file, ...each })));
  const figures = (row: Row): string[] => [cell(row.statements), cell(row.branches), cell(row.functions)];
  const missed = explained.map(({ file, within, condition, arm, reason }) => {
    return [code(file), code(within), code(condition), arm, reason];
  });
  const lines = (all: readonly string[], none: string): string => (all.length === 0 ? none : all.join("\n"));
  return page(
    "# Coverage",
    `Written by \`npm run coverage\`; do not edit. TypeScript and Solidity tests together, on \`contracts/\` without mocks.
What counts as a branch, and what is not seen: [scripts/hardhat/coverage](../scripts/hardhat/coverage/README.md).`,
    table(
      ["file", "statements", "branches", "functions"],
      [...rows.map((row) => [code(row.file), ...figures(row)]), ["**all**", ...figures(totalOf(rows))]],
      1,
    ),
    "## Arms that no test takes",
    missed.length === 0 ? "None." : table(["file", "function", "condition", "arm", "reason"], missed),
    "## Not probed",
    lines(
      unseen.map(({ file, within, text, reason }) => `* ${code(file)}, ${code(within)}: ${code(text)}: ${reason}`),
      "Nothing.",
    ),
    "## Test files left out",
    lines(
      leftOut.map(({ path, reason }) => `* ${code(path)}: ${reason}`),
      "None.",
    ),
  );
}
