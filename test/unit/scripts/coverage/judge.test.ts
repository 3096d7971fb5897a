import { expect } from "chai";
import type { FileSites } from "../../../../scripts/hardhat/coverage/types.js";
import { TestLog } from "../../../../scripts/hardhat/coverage/test-log.js";
import { explain, findMisses, findProblems, toRows } from "../../../../scripts/lib/coverage/judge.js";

const FILE: FileSites = {
  file: "contracts/A.sol",
  source: "line one\nline two\nline three",
  statements: [{ start: 9, end: 12, tag: "s" }],
  branches: [
    {
      kind: "if",
      within: "f",
      text: "a < b",
      start: 10,
      end: 12,
      arms: [
        { name: "true", tag: "t" },
        { name: "false", tag: "f" },
      ],
    },
  ],
  functions: [{ name: "f", header: 0, start: 8, end: 20 }],
  unseen: [],
};
const ALL = new Map([
  ["s", 2],
  ["t", 1],
  ["f", 1],
]);
const SOME = new Map([
  ["s", 2],
  ["t", 1],
]);
const REASON = { file: "contracts/A.sol", within: "f", condition: "a < b", arm: "false", reason: "a proof" };

describe("judgement of coverage", () => {
  it("counts statements, arms and functions", () => {
    expect(toRows([FILE], SOME)).to.deep.equal([
      {
        file: "contracts/A.sol",
        statements: { covered: 1, total: 1 },
        branches: { covered: 1, total: 2 },
        functions: { covered: 1, total: 1 },
      },
    ]);
  });

  it("wants a reason for each miss", () => {
    const [miss] = findMisses([FILE], SOME);
    expect(miss).to.deep.include({ line: 2, within: "f", condition: "a < b", arm: "false" });
    expect(explain([miss ?? expect.fail()], [REASON]).unexplained).to.deep.equal([]);
    expect(explain([miss ?? expect.fail()], []).unexplained).to.have.length(1);
    expect(findProblems([FILE], SOME, [])).to.have.length(2);
  });

  it("refuses a reason for what is covered", () => {
    expect(findProblems([FILE], ALL, [])).to.deep.equal([]);
    expect(findProblems([FILE], ALL, [REASON])).to.have.length(1);
  });

  it("takes an entry for one miss only", () => {
    const misses = [...findMisses([FILE], SOME), ...findMisses([FILE], SOME)];
    expect(explain(misses, [REASON]).unexplained).to.have.length(1);
  });

  it("names statements and functions that nothing reaches", () => {
    const problems = findProblems([FILE], new Map(), [REASON, { ...REASON, arm: "true" }]).join("\n");
    expect(problems).to.include("contracts/A.sol:2: a statement").and.include("function f");
  });
});

describe("hits by test", () => {
  it("files what is touched under the test that touches it", () => {
    const log = new TestLog();
    log.touch(["before"]);
    log.endOf("a", "");
    log.touch(["one"]);
    log.endOf("a", "first");
    log.endOf("a", "second");
    expect(log.read((tags) => [...tags])).to.deep.equal({ a: { "": ["before"], first: ["one"], second: [] } });
  });

  it("brings along what built a snapshot", () => {
    const log = new TestLog();
    log.touch(["fixture"]);
    log.keep("0x1");
    log.touch(["one"]);
    log.endOf("a", "first");
    log.goBack("0x1");
    log.touch(["two"]);
    log.endOf("b", "second");
    expect(log.read((tags) => [...tags])).to.deep.equal({
      a: { first: ["fixture", "one"] },
      b: { second: ["fixture", "two"] },
    });
  });
});
