import { existsSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { ROOT } from "../../../scripts/lib/paths.js";
import { EXPLANATIONS } from "../../../scripts/lib/second-opinion/explanations.js";
import { readLeftOut } from "../../../scripts/lib/coverage/left-out.js";
import { missesOf } from "../../../scripts/lib/second-opinion/misses.js";
import { findUnexplained, formatTable } from "../../../scripts/lib/second-opinion/report.js";
import { parseSummary, percent, totalOf, type Summary } from "../../../scripts/lib/second-opinion/summary.js";

function summaryOf(files: Record<string, [statements: [number, number], branches: [number, number]]>): Summary {
  const raw = Object.entries(files).map(([file, [statements, branches]]) => [
    file,
    {
      statements: { covered: statements[0], total: statements[1] },
      branches: { covered: branches[0], total: branches[1] },
    },
  ]);
  return parseSummary(JSON.stringify(Object.fromEntries(raw)));
}

const here = summaryOf({
  total: [
    [1, 1],
    [1, 1],
  ],
  "/somewhere/contracts/core/Ledger.sol": [
    [100, 100],
    [200, 200],
  ],
  "/somewhere/contracts/mocks/Mock.sol": [
    [0, 9],
    [0, 9],
  ],
});
const there = summaryOf({
  "contracts/core/Ledger.sol": [
    [100, 100],
    [97, 100],
  ],
  "contracts/types/Word.sol": [
    [1, 1],
    [0, 0],
  ],
  "contracts/interfaces/ILedger.sol": [
    [0, 0],
    [0, 0],
  ],
});

describe("second opinion", () => {
  it("reads summaries with absolute and relative paths, without mocks and empty files", () => {
    expect([...here.keys()]).to.deep.equal(["contracts/core/Ledger.sol"]);
    expect([...there.keys()]).to.deep.equal(["contracts/core/Ledger.sol", "contracts/types/Word.sol"]);
    expect(totalOf(there).statements).to.deep.equal({ covered: 101, total: 101 });
    expect(percent({ covered: 0, total: 0 })).to.equal(100);
  });

  it("puts both reports side by side", () => {
    expect(formatTable(here, there).split("\n")).to.deep.equal([
      "| contract | statements here | there | branches here | there |",
      "|---|---|---|---|---|",
      "| `core/Ledger.sol` | 100.0 % (100/100) | 100.0 % (100/100) | 100.0 % (200/200) | 97.0 % (97/100) |",
      "| `types/Word.sol` | – | 100.0 % (1/1) | – | 100.0 % (0/0) |",
      "| **all** | 100.0 % (100/100) | 100.0 % (101/101) | 100.0 % (200/200) | 97.0 % (97/100) |",
      "",
    ]);
  });

  it("asks for words where the reports differ by more than a percent", () => {
    const file = "contracts/core/Ledger.sol";
    expect(findUnexplained({ here, there, explanations: {} })).to.deep.equal([file]);
    expect(findUnexplained({ here: undefined, there, explanations: {} })).to.deep.equal([file]);
    expect(findUnexplained({ here, there, explanations: { [file]: "It counts modifiers." } })).to.deep.equal([]);
    expect(findUnexplained({ here: there, there, explanations: {} })).to.deep.equal([]);
  });

  it("names each place that no test reached", () => {
    const place = (line: number) => ({ start: { line, column: 4 } });
    const source = "a;\nif (b) {\n    c || d;\n}";
    const file = {
      s: { 1: 2, 2: 0 },
      statementMap: { 1: place(1), 2: place(3) },
      b: { 1: [3, 0], 2: [0, 1] },
      branchMap: {
        1: { line: 2, type: "if", locations: [place(2), place(2)] },
        2: { line: 3, type: "cond-expr", locations: [place(3), place(3)] },
      },
    };
    expect(missesOf(file, source)).to.deep.equal([
      { line: 2, kind: "branch", code: "if (b) { (not taken)" },
      { line: 3, kind: "statement", code: "c || d;" },
      { line: 3, kind: "branch", code: "c || d; (left side)" },
    ]);
  });

  it("leaves out tests that exist, and explains files that exist", async () => {
    const listed = [...(await readLeftOut()).map((entry) => entry.path), ...Object.keys(EXPLANATIONS)];
    expect(listed.filter((file) => !existsSync(path.join(ROOT, file)))).to.deep.equal([]);
  });
});
