import type { FileSites } from "../../hardhat/coverage/types.js";
import type { Hits } from "./collect.js";
import { explain, findMisses, percentOf, toRows, totalOf, type Count, type Row, type Uncovered } from "./judge.js";
import type { LeftOut } from "./left-out.js";

const cell = ({ covered, total }: Count): string =>
  total === 0
    ? ""
    : `${percentOf({ covered, total }).toFixed(covered === total ? 0 : 2)} % (${covered.toString()}/${total.toString()})`;
const tableRow = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const code = (text: string): string => `\`${text.replaceAll("|", "\\|")}\``;

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
  return [
    "# Coverage",
    "",
    "Written by `npm run coverage`; do not edit. TypeScript and Solidity tests together, on `contracts/` without mocks.",
    "What counts as a branch, and what is not seen: [scripts/hardhat/coverage](../scripts/hardhat/coverage/README.md).",
    "",
    tableRow(["file", "statements", "branches", "functions"]),
    tableRow(["---", "---:", "---:", "---:"]),
    ...rows.map((row) => tableRow([code(row.file), ...figures(row)])),
    tableRow(["**all**", ...figures(totalOf(rows))]),
    "",
    "## Arms that no test takes",
    "",
    ...(explained.length === 0 ? ["None.", ""] : []),
    ...(explained.length === 0 ? [] : [tableRow(["file", "function", "condition", "arm", "reason"])]),
    ...(explained.length === 0 ? [] : [tableRow(["---", "---", "---", "---", "---"])]),
    ...explained.map(({ file, within, condition, arm, reason }) =>
      tableRow([code(file), code(within), code(condition), arm, reason]),
    ),
    ...(explained.length === 0 ? [] : [""]),
    "## Not probed",
    "",
    ...(unseen.length === 0 ? ["Nothing."] : []),
    ...unseen.map(({ file, within, text, reason }) => `* ${code(file)}, ${code(within)}: ${code(text)}: ${reason}`),
    "",
    "## Test files left out",
    "",
    ...leftOut.map(({ path, reason }) => `* ${code(path)}: ${reason}`),
    "",
  ].join("\n");
}
