import { expect } from "chai";
import { instrument } from "../../../../scripts/hardhat/coverage/instrument.js";
import { relaxPure } from "../../../../scripts/hardhat/coverage/relax.js";

const PROBE = /0x[0-9a-f]{64}/g;

/** A function with this body, instrumented. */
function instrumentBody(body: string, before = ""): ReturnType<typeof instrument> {
  const source = `${before} contract C { function f(uint256 a, bool p, bool q, bool r) internal { ${body} } }`;
  return instrument("C.sol", source, source);
}

function armsOf(body: string): string[] {
  return instrumentBody(body).branches.flatMap(({ kind, text, arms }) =>
    arms.map(({ name }) => `${kind} ${text}: ${name}`),
  );
}

/** The instrumented source with short probes. */
const shortened = (body: string): string =>
  instrumentBody(body).source.replace(PROBE, "#").replaceAll("__BranchCoverage.", "");

/** A condition with its probe, shortened. */
const b = (condition: string): string => `((${condition}) ? yes(#) : no(#))`;

describe("coverage of branches", () => {
  it("names the arms of conditions", () => {
    expect(armsOf("if (p) a = q ? 1 : 2; require(r, E()); assert(p);")).to.deep.equal([
      "if p: true",
      "if p: false",
      "ternary q: true",
      "ternary q: false",
      "require r: holds",
      "require r: fails",
      "require p: holds",
      "require p: fails",
    ]);
  });

  it("asks of every operand whether it decides", () => {
    expect(armsOf("p = p || q && r;")).to.deep.equal([
      "or q && r: left is true",
      "or q && r: right is true",
      "or q && r: right is false",
      "and r: left is false",
      "and r: right is true",
      "and r: right is false",
    ]);
    expect(shortened("p = p || q && r;")).to.include(`p = ${b("p")} || ${b(`${b("q")} && ${b("r")}`)};`);
  });

  it("nests the probes of conditions in conditions", () => {
    expect(shortened("if (p ? q : r) g(p ? 1 : 2);")).to.include(`if (${b(`${b("p")} ? q : r`)}) g(${b("p")} ? 1 : 2);`);
  });

  it("looks at a loop's condition once before the loop", () => {
    expect(armsOf("for (uint256 i; i < a; ++i) {}")).to.deep.equal([
      "loop i < a: entered",
      "loop i < a: never entered",
    ]);
    expect(shortened("for (uint256 i; i < a; ++i) g(i);")).to.include(
      `{uint256 i; ${b("i < a")}; for (; i < a; ++i) g(i);}`,
    );
    expect(shortened("while (a > 1) --a;")).to.include(`{ ${b("a > 1")}; while (a > 1) --a;}`);
  });

  it("evaluates a condition with an effect once", () => {
    expect(armsOf("while (g()) {} while (a-- > 0) {}")).to.deep.equal([
      "loop g(): goes on",
      "loop g(): ends",
      "loop a-- > 0: goes on",
      "loop a-- > 0: ends",
    ]);
  });

  it("leaves out loops whose first outcome is written in the source", () => {
    expect(armsOf("for (;;) {} for (uint256 i; i < 8; ++i) {} for (bool done; !done; ) {} while (true) {}")).to.deep.equal(
      [],
    );
  });

  it("counts the arms of try, with empty ones", () => {
    expect(armsOf("try this.g() {} catch Error(string memory) {} catch {}")).to.deep.equal([
      "try this.g(): succeeds",
      "try this.g(): catch Error",
      "try this.g(): catch",
    ]);
  });

  it("counts the arms of assembly and keeps its memory", () => {
    const body = "assembly { if a { a := 0 } switch p case 0 {} for {} lt(a, 4) {} {} for {} 1 {} {} }";
    expect(armsOf(body)).to.deep.equal([
      "assembly if a: true",
      "assembly if a: false",
      "assembly switch p: case 0",
      "assembly switch p: default",
      "assembly loop lt(a, 4): entered",
      "assembly loop lt(a, 4): never entered",
    ]);
    expect(shortened(body)).to.include("let kept := mload(0)").and.include("mstore(0, kept)");
    expect(shortened(body)).to.include("if coverageArm_(#, a)");
    expect(shortened(body)).to.include("for { pop(coverageArm_(#, lt(a, 4))) } lt(a, 4) {} {}");
  });

  it("does not enter assembly that reads return data, and says so", () => {
    const { branches, unseen } = instrumentBody("assembly { if a { returndatacopy(0, 0, 1) } }");
    expect(branches).to.deep.equal([]);
    expect(unseen).to.deep.equal([{ text: "a", within: "f", reason: "the block reads the return data of a call" }]);
  });

  it("leaves constants and declarations of operators as they are", () => {
    const before =
      "type U is uint256; using {add as +} for U global; function add(U, U) pure returns (U) {}" +
      "uint256 constant X = true || false ? 1 : 2;";
    const source = `${before} contract C { bool constant Y = true && false; bool z = true && X > 1; }`;
    const { branches, functions } = instrument("C.sol", source, source);
    expect(branches.map(({ text }) => text)).to.deep.equal(["X > 1"]);
    expect(functions.map(({ name, tag }) => [name, tag === undefined])).to.deep.equal([["add", false]]);
  });

  it("makes pure functions view, except behind an operator", () => {
    const declaration = "type U is uint256; using {add as +} for U global; ";
    const relaxed = relaxPure(`${declaration}function add(U, U) pure returns (U) {} function f() pure {}`);
    expect(relaxed).to.equal(`${declaration}function add(U, U) pure returns (U) {} function f() view {}`);
  });

  it("gives every arm a tag of its own", () => {
    const body = "if (p || q) { a = r ? 1 : 2; } for (uint256 i; i < a; ++i) { require(p && q); }";
    const tags = instrumentBody(body).branches.flatMap(({ arms }) => arms.map(({ tag }) => tag));
    expect(new Set(tags).size).to.equal(tags.length);
  });

  it("refuses a source that differs in more than probes", () => {
    const [one, other] = ["function f(bool p) { if (p) {} }", "function f(bool p) { if (!p) {} }"];
    expect(() => instrument("C.sol", one, other)).to.throw("C.sol");
    expect(() => instrument("C.sol", one, "")).to.throw("C.sol");
  });
});
