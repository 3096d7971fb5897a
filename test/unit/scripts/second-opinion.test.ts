import { existsSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { ROOT } from "../../../scripts/lib/paths.js";
import { EXPLANATIONS } from "../../../scripts/lib/second-opinion/explanations.js";
import { readLeftOut } from "../../../scripts/lib/coverage/left-out.js";
import { foldMisses, missesOf } from "../../../scripts/lib/second-opinion/misses.js";
import {
  findNeedless,
  findUnexplained,
  formatMisses,
  formatTable,
} from "../../../scripts/lib/second-opinion/report.js";
import { describeRun } from "../../../scripts/lib/second-opinion/run.js";
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

  it("names words that are due no more", () => {
    const file = "contracts/core/Ledger.sol";
    const explanations = { [file]: "It counts modifiers." };
    expect(findNeedless({ here, there, explanations })).to.deep.equal([]);
    expect(findNeedless({ here: there, there, explanations })).to.deep.equal([file]);
  });

  describe("what no test reached", () => {
    const place = (line: number) => ({ start: { line, column: 4 } });
    const two = (line: number) => [place(line), place(line)];
    const source = [
      "function first() external only {",
      "    a = 1;",
      "    if (b) c = 2;",
      "    require(c || d, E());",
      "",
      "    e = 3;",
      "    return f ? g : h;",
      "}",
      "function second() external {",
      "    i();",
      "}",
      "function third() external {}",
      "function fourth() external {",
      "    j();",
      "    k();",
      "}",
    ].join("\n");
    const misses = missesOf(
      {
        f: { 1: 5, 2: 0, 3: 0, 4: 1 },
        fnMap: {
          1: { name: "first", line: 1 },
          2: { name: "second", line: 9 },
          3: { name: "third", line: 12 },
          4: { name: "fourth", line: 13 },
        },
        s: { 1: 5, 2: 5, 3: 0, 4: 5, 5: 0, 6: 0, 7: 0, 8: 0, 9: 1 },
        statementMap: {
          ...{ 1: place(2), 2: place(3), 3: place(3), 4: place(4), 5: place(6), 6: place(7), 7: place(10) },
          ...{ 8: place(14), 9: place(15) },
        },
        b: { 1: [5, 0], 2: [0, 5], 3: [5, 0], 4: [0, 5], 5: [0, 0] },
        branchMap: {
          1: { line: 1, type: "if", locations: two(1) },
          2: { line: 3, type: "if", locations: two(3) },
          3: { line: 4, type: "if", locations: two(4) },
          4: { line: 4, type: "cond-expr", locations: two(4) },
          5: { line: 7, type: "if", locations: two(7) },
        },
      },
      source,
    );

    it("is named place by place, with its code", () => {
      expect(formatMisses(new Map([["contracts/core/Some.sol", misses]])).split("\n")).to.deep.equal([
        "| place | what | arm | code |",
        "|---|---|---|---|",
        "| `core/Some.sol:1` | branch | modifier refuses | `function first() external only {` |",
        "| `core/Some.sol:3` | statement |  | `if (b) c = 2;` |",
        "| `core/Some.sol:3` | branch | taken | `if (b) c = 2;` |",
        "| `core/Some.sol:4` | branch | fails | `require(c \\|\\| d, E());` |",
        "| `core/Some.sol:4` | branch | left side | `require(c \\|\\| d, E());` |",
        "| `core/Some.sol:6` | statement |  | `e = 3;` |",
        "| `core/Some.sol:7` | statement |  | `return f ? g : h;` |",
        "| `core/Some.sol:7` | branch | taken | `return f ? g : h;` |",
        "| `core/Some.sol:7` | branch | not taken | `return f ? g : h;` |",
        "| `core/Some.sol:9` | function |  | `function second() external {` |",
        "| `core/Some.sol:10` | statement |  | `i();` |",
        "| `core/Some.sol:12` | function |  | `function third() external {}` |",
        "| `core/Some.sol:14` | statement |  | `j();` |",
        "",
      ]);
      expect(formatMisses(new Map())).to.equal("Nothing.\n");
    });

    it("folds into one entry for each function, and for neighbours that were not entered", () => {
      expect(foldMisses(misses)).to.deep.equal([
        { names: ["first"], places: "1 (modifier refuses); 3 (taken); 4 (fails, left side); 6–7" },
        { names: ["second", "third"], places: "not entered" },
        { names: ["fourth"], places: "14" },
      ]);
    });
  });

  it("says what it measured", () => {
    const run = { commit: "1234567", isChanged: false, tests: 2325, minutes: 49 };
    expect(describeRun(run)).to.equal('"there" was measured of commit `1234567` with 2,325 tests, in 49 minutes.');
    expect(describeRun({ ...run, isChanged: true })).to.include("of commit `1234567`, changed, with");
    expect(describeRun({ ...run, commit: undefined })).to.include("was measured with 2,325 tests");
  });

  it("leaves out tests that exist, and explains files that exist by files that exist", async () => {
    const named = Object.values(EXPLANATIONS).flatMap(
      (text) => text.match(/(?:test|scripts)\/[\w./-]+\.(?:sol|ts)/g) ?? [],
    );
    const listed = [...(await readLeftOut()).map((entry) => entry.path), ...Object.keys(EXPLANATIONS), ...named];
    expect(listed.filter((file) => !existsSync(path.join(ROOT, file)))).to.deep.equal([]);
  });
});
