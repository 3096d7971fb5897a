import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { createChooser } from "../../../scripts/lib/mutate/choice.js";
import { EQUIVALENT, EXPLAINED, explanationKey } from "../../../scripts/lib/mutate/explained.js";
import { apply, type Mutant } from "../../../scripts/lib/mutate/mutant.js";
import { formatDocument, intervalOf, scoreOf, summarize } from "../../../scripts/lib/mutate/report.js";
import { mutantsOf } from "../../../scripts/lib/mutate/solidity.js";
import { readTargets } from "../../../scripts/lib/mutate/targets.js";
import { ROOT } from "../../../scripts/lib/paths.js";

const FILE = "contracts/core/Example.sol";

/** The mutants of a function's body, as the body they make. */
function bodiesOf(body: string): string[] {
  const [before, after] = ["contract C { function f(uint256 a, uint256 b) external { ", " } }"];
  const source = `${before}${body}${after}`;
  return mutantsOf(FILE, source).map((mutant) => apply(source, mutant).slice(before.length, -after.length));
}

function assemblyOf(body: string): string[] {
  const [before, after] = ["assembly { ", " }"];
  return bodiesOf(`${before}${body}${after}`).map((text) => text.slice(before.length, -after.length));
}

/** Read once: it takes a while. */
let reading: ReturnType<typeof readTargets> | undefined;
const targetsOf = () => (reading ??= readTargets(ROOT));

describe("mutate", function () {
  this.timeout(300_000);

  describe("changes of Solidity", () => {
    it("swaps operators and moves bounds", () => {
      expect(bodiesOf("a = a + b;")).to.have.members(["{}", "a = a - b;"]);
      expect(bodiesOf("a = a << b;")).to.have.members(["{}", "a = a >> b;"]);
      expect(bodiesOf("a -= b;")).to.have.members(["{}", "a += b;"]);
      expect(bodiesOf("bool c = a < b;")).to.have.members(["bool c = a <= b;"]);
      expect(bodiesOf("bool c = a != b;")).to.have.members(["bool c = a == b;"]);
      expect(bodiesOf("a++;")).to.have.members(["{}", "a--;"]);
    });

    it("fixes conditions and leaves out either side of a logical operator", () => {
      expect(bodiesOf("if (!c && d) return;")).to.have.members([
        "if (true) return;",
        "if (false) return;",
        "if (!c) return;",
        "if (d) return;",
        "if (c && d) return;",
      ]);
    });

    it("leaves out what a require demands, calls and events", () => {
      expect(bodiesOf("require(c, Bad());")).to.have.members(["require(true, Bad());"]);
      expect(bodiesOf("g();")).to.have.members(["{}"]);
      expect(bodiesOf("emit Done();")).to.have.members(["{}"]);
    });

    it("leaves out modifiers without arguments", () => {
      const source = "contract C { function f() external lock only(a) {} }";
      expect(mutantsOf(FILE, source).map((mutant) => apply(source, mutant))).to.deep.equal([
        "contract C { function f() external  only(a) {} }",
      ]);
    });

    it("changes constants, and the direction of rounding by its name", () => {
      expect(bodiesOf("uint256 c = 7 days;")).to.have.members(["uint256 c = 8 days;"]);
      expect(bodiesOf("uint256 c = 1e18;")).to.have.members(["uint256 c = (1e18 + 1);"]);
      expect(bodiesOf("uint256 c = 0x00ff;")).to.have.members(["uint256 c = 0x0100;"]);
      expect(bodiesOf("uint256 c = type(uint112).max;")).to.have.members(["uint256 c = (type(uint112).max - 1);"]);
      expect(bodiesOf("r = Rounding.Ceil;")).to.have.members(["{}", "r = Rounding.Floor;"]);
    });

    it("leaves imports, errors and events alone, and names the function", () => {
      const source = `import {A} from "./A.sol"; contract C { error E(uint256[2] a); uint256 constant X = 1; modifier m() { x = 2; _; } }`;
      expect(mutantsOf(FILE, source).map(({ scope, replacement }) => [scope, replacement])).to.deep.equal([
        ["C", "2"],
        ["m", "{}"],
        ["m", "3"],
        ["m", "{}"],
      ]);
    });
  });

  describe("changes of assembly", () => {
    it("swaps functions, literals and conditions, and leaves out statements", () => {
      expect(assemblyOf("x := add(x, 0x1f)")).to.have.members(["{}", "x := sub(x, 0x1f)", "x := add(x, 0x20)"]);
      expect(assemblyOf("sstore(x, y)")).to.have.members(["{}"]);
      expect(assemblyOf("if lt(x, y) { leave }")).to.have.members([
        "if 1 { leave }",
        "if 0 { leave }",
        "if iszero(gt(x, y)) { leave }",
      ]);
      expect(assemblyOf("let z := and(x, y)")).to.have.members(["let z := or(x, y)", "let z := x", "let z := y"]);
    });
  });

  describe("identity", () => {
    it("changes with the file", () => {
      const [one] = mutantsOf(FILE, "contract C { uint256 constant A = 1; }");
      const [two] = mutantsOf(FILE, "contract C { uint256 constant A = 1;  }");
      expect(one?.id).to.match(/^[0-9a-f]{12}$/);
      expect(one?.id).not.to.equal(two?.id);
    });
  });

  describe("explanation", () => {
    it("is of one change, not of its twin on the same line", () => {
      const mutants = mutantsOf(FILE, "contract C { function f() external {\n  a = b | c | d;\n} }");
      const keys = mutants.map((mutant) => explanationKey(mutant));
      expect(keys).to.include(
        "contracts/core/Example.sol f: a = b | c | d; -> a = b & c | d;".replace("contracts/", ""),
      );
      expect(new Set(keys).size).to.equal(mutants.length);
    });

    it("names no test that is not there", async () => {
      const named = Object.values(EXPLAINED).flatMap((reason) => {
        const [, title, file] = /“([^”]+)”[^]*\((test\/[\w/.]+)\)/.exec(reason) ?? [];
        return title === undefined || file === undefined ? [] : [{ title, file }];
      });
      expect(named.length).to.be.greaterThan(0);
      for (const { title, file } of named) {
        expect(await readFile(path.join(ROOT, file), "utf8"), title).to.include(`it("${title}`);
      }
    });

    it("holds for a change of today's contracts", async () => {
      const targets = await targetsOf();
      const keys = new Set(targets.flatMap(({ mutants }) => mutants.map((mutant) => explanationKey(mutant))));
      for (const key of Object.keys({ ...EQUIVALENT, ...EXPLAINED })) expect(keys).to.include(key);
    });
  });

  describe("targets", () => {
    it("have each file once, with the contract that brings it in first", async () => {
      const targets = await targetsOf();
      const owners = new Map<string, string>();
      for (const { name, mutants } of targets) {
        for (const file of new Set(mutants.map((mutant) => mutant.file))) {
          expect(owners.get(file), file).to.equal(undefined);
          owners.set(file, name);
        }
      }
      expect(owners.get("contracts/libraries/WordLib.sol")).to.equal("Ledger");
      expect(owners.get("contracts/libraries/LendingMath.sol")).to.equal("Lending");
      expect(owners.get("contracts/libraries/OracleMath.sol")).to.equal("Oracles");
      expect(owners.get("contracts/periphery/LendingVaultRisk.sol")).to.equal("LendingVault");
      expect(owners.get("contracts/periphery/LendingLens.sol")).to.equal("Lenses");
    });
  });

  describe("choice of tests", () => {
    const tests = [
      { title: "slow", file: "", milliseconds: 50, statements: [`${FILE}:0-100`, `${FILE}:10-20`] },
      { title: "quick", file: "", milliseconds: 5, statements: [`${FILE}:0-100`, `${FILE}:10-20`] },
      { title: "elsewhere", file: "", milliseconds: 1, statements: [`${FILE}:0-100`, `${FILE}:30-40`] },
    ];
    const mutant = { file: FILE, scope: "f", start: 12, end: 14 } as Mutant;

    it("takes those that run the innermost statement, the cheapest first", () => {
      expect(createChooser(tests).phasesFor(mutant, 1000).flat()).to.deep.equal(["quick", "slow"]);
    });

    it("takes those that run the file for a change outside of statements", () => {
      const outside = { ...mutant, start: 200, end: 201 };
      expect(createChooser(tests).phasesFor(outside, 1000).flat()).to.deep.equal(["elsewhere", "quick", "slow"]);
    });

    it("takes those of which nobody knows what they run", () => {
      const unknown = { title: "unknown", file: "", milliseconds: 2 };
      expect(
        createChooser([...tests, unknown])
          .phasesFor(mutant, 1000)
          .flat(),
      ).to.deep.equal([...["unknown", "quick", "slow"]]);
    });

    it("takes comparisons with a model before others", () => {
      const model = { title: "model", file: "test/differential/model.test.ts", milliseconds: 900 };
      expect(
        createChooser([...tests, model])
          .phasesFor(mutant, 1000)
          .flat(),
      ).to.deep.equal(["model", "quick", "slow"]);
    });

    it("takes no more than the budget, and the killers of the function first", () => {
      const chooser = createChooser(tests);
      chooser.noteKill(mutant, "slow");
      expect(chooser.phasesFor(mutant, 54).flat()).to.deep.equal(["slow"]);
      expect(chooser.phasesFor(mutant, 1).flat()).to.deep.equal(["slow"]);
    });
  });

  describe("score", () => {
    it("is the share of killed mutants among those that change the code", () => {
      const { counts, score } = scoreOf(["killed", "killed", "timeout", "survived", "same", "invalid", undefined]);
      expect(score).to.equal(75);
      expect(counts).to.include({ total: 7, unjudged: 1, same: 1, invalid: 1 });
    });

    it("is none before the first verdict", () => {
      expect(scoreOf([undefined, "invalid"]).score).to.equal(undefined);
      expect(intervalOf(scoreOf([undefined, "invalid"]))).to.equal(undefined);
    });

    it("has Wilson's interval where a part is judged, and is exact where all are", () => {
      const part = [...Array<"killed">(81).fill("killed"), ...Array<"survived">(19).fill("survived")];
      const [low = 0, high = 0] = intervalOf(scoreOf([...part, undefined])) ?? [];
      // R: prop.test(81, 100, correct = FALSE)$conf.int
      expect([low, high].map((bound) => bound.toFixed(2))).to.deep.equal(["72.22", "87.49"]);
      expect(intervalOf(scoreOf(part))).to.deep.equal([81, 81]);
    });

    it("leaves out survivors that nobody can tell from the original", async () => {
      const [ledger] = await targetsOf();
      const same = ledger?.mutants.find((mutant) => EQUIVALENT[explanationKey(mutant)] !== undefined);
      const other = ledger?.mutants.find((mutant) => mutant !== same);
      if (same === undefined || other === undefined || ledger === undefined) throw new Error("No such mutants");
      const verdicts = new Map([
        [same.id, { status: "survived" as const }],
        [other.id, { status: "killed" as const }],
      ]);
      const summary = summarize([ledger], verdicts);
      expect(summary.targets[0]?.score).to.equal(100);
      expect(summary.survivors.map(({ status }) => status)).to.deep.equal(["equivalent"]);
    });

    it("is documented with the number of those judged", () => {
      const [mutant, other] = mutantsOf(FILE, "contract C { function f(uint256 a) external { a++; } }");
      if (mutant === undefined || other === undefined) throw new Error("Two mutants were expected");
      const target = { name: "Example", bar: 90, entry: new RegExp(FILE), mutants: [mutant, other] };
      const killed = { status: "killed" as const };
      const few = formatDocument(summarize([target], new Map([[mutant.id, killed]])));
      expect(few).to.include("Not judged yet, or with fewer than 75 verdicts: Example.");
      const verdicts = new Map([mutant, other].map(({ id }) => [id, killed]));
      expect(formatDocument(summarize([target], verdicts))).to.match(
        /Example\*\*, bar 90 % \| 2 \| 2 \| 2 \| 0 \|.* 100\.0 % \| 100\.0 to 100\.0 \|/,
      );
    });
  });
});
