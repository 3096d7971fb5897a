import { expect } from "chai";
import { id } from "ethers";
import { analyseSources, type Analysis } from "../../../../scripts/lib/audit/analysis.js";
import { accessProblems, functionsOf } from "../../../../scripts/lib/audit/access-document.js";
import { findBlocks, hashOf } from "../../../../scripts/lib/audit/blocks.js";
import { checkErrors, collectErrors, collectForeignErrors } from "../../../../scripts/lib/audit/errors.js";
import { countSites, locateBugs } from "../../../../scripts/lib/audit/sites.js";
import { assemblyAccesses, hashedSlots, rowsOf } from "../../../../scripts/lib/audit/storage.js";
import { prove } from "../../../../scripts/lib/audit/unchecked.js";
import { FailureError } from "../../../../scripts/lib/failure.js";

const FILE = "contracts/Sample.sol";
const SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// é: solc counts bytes
interface ISample {
    /// @notice \`wanted\` exceeds \`held\`.
    /// @dev Or is equal.
    error SampleShort(uint256 wanted, uint256 held);
    error SampleNamelessly();
}

contract Sample is ISample {
    struct Pair { uint128 low; uint128 high; }

    bytes32 private constant LOCK_SLOT = keccak256("sample.lock");
    uint8 public small;
    bool public flag;
    mapping(address => mapping(uint256 => Pair)) public pairs;
    Pair private _own;
    uint256 private transient _locked;

    receive() external payable {}

    function act(uint256 a, uint256 b) external returns (uint256 c) {
        require(a < b || a == 0, SampleShort(a, b));
        unchecked {
            // a is below b
            c = b - a;
        }
        for (uint256 i; i < 3; ++i) c = i == 1 ? c : c + 1;
        assembly ("memory-safe") {
            if gt(c, 1) { sstore(9, c) }
        }
        assembly {
            mstore(0, tload(2))
        }
    }

    function read() external pure returns (bool) { return true && false; }
}
`;

function expectCode(action: () => unknown, code: string): void {
  expect(action).to.throw(FailureError).with.property("code", code);
}

describe("audit of sources", () => {
  let analysis: Analysis;
  before(function () {
    this.timeout(30_000); // solc starts
    analysis = analyseSources({ [FILE]: SOURCE });
  });

  it("says what does not compile", () => {
    expectCode(() => analyseSources({ [FILE]: "contract {" }), "SOURCES_DO_NOT_COMPILE");
  });

  it("tells what can be deployed from what cannot", () => {
    expect(analysis.contracts.map(({ name, deployable }) => [name, deployable])).to.deep.equal([
      ["ISample", false],
      ["Sample", true],
    ]);
  });

  describe("errors", () => {
    it("reads selector, signature, words and carriers", () => {
      const [nameless, short] = collectErrors(analysis);
      expect(short).to.deep.equal({
        name: "SampleShort",
        selector: id("SampleShort(uint256,uint256)").slice(0, 10),
        signature: "SampleShort(uint256 wanted, uint256 held)",
        declaredIn: "ISample",
        file: FILE,
        notice: "`wanted` exceeds `held`.",
        detail: "Or is equal.",
        carriedBy: ["Sample"],
      });
      expect(nameless?.notice).to.equal("");
      expect(collectForeignErrors(analysis, collectErrors(analysis))).to.deep.equal([]);
    });

    it("demands the same words as users are told", () => {
      const [, short] = collectErrors(analysis);
      const own = short === undefined ? [] : [short];
      checkErrors(own, [], { SampleShort: "{wanted} exceeds {held}" });
      expectCode(() => checkErrors(own, [], { SampleShort: "{wanted} is too much" }), "ERROR_TOLD_TWICE");
      expectCode(() => checkErrors(own, [], {}), "ERROR_TOLD_TWICE");
    });

    it("refuses two errors with one selector", () => {
      const [, short] = collectErrors(analysis);
      const foreign = { name: "Other", selector: short?.selector ?? "", signature: "Other()", carriedBy: [] };
      const sentences = { SampleShort: "{wanted} exceeds {held}" };
      expectCode(() => checkErrors(short === undefined ? [] : [short], [foreign], sentences), "SELECTOR_COLLISION");
    });
  });

  describe("blocks", () => {
    it("finds them with their function, their first line and their safety", () => {
      expect(findBlocks(analysis).map(({ hash: _, ...block }) => block)).to.deep.equal([
        { kind: "unchecked", file: FILE, function: "act", firstLine: "c = b - a;", lines: 4, memorySafe: false },
        {
          kind: "assembly",
          file: FILE,
          function: "act",
          firstLine: "if gt(c, 1) { sstore(9, c) }",
          lines: 3,
          memorySafe: true,
        },
        {
          kind: "assembly",
          file: FILE,
          function: "act",
          firstLine: "mstore(0, tload(2))",
          lines: 3,
          memorySafe: false,
        },
      ]);
    });

    it("hashes code, not comments and layout", () => {
      const hash = hashOf("unchecked {\n    c = b - a; // a is below b\n}");
      expect(hashOf("unchecked { /* why\n not */ c = b - a; }")).to.equal(hash);
      expect(hashOf("unchecked { c = a - b; }")).to.not.equal(hash);
    });

    it("demands a proof for each, a reason for assembly, and a block for each proof", () => {
      const blocks = findBlocks(analysis);
      const proofs = blocks.map(({ file, function: name, hash }) => ({
        file,
        function: name,
        hash,
        proof: "So.",
        reason: "Because.",
      }));
      expect(prove(blocks, proofs)).to.have.length(3);
      expectCode(() => prove(blocks, proofs.slice(1)), "UNPROVEN_BLOCK");
      expectCode(() => prove(blocks.slice(1), proofs), "UNPROVEN_BLOCK");
      const bare = proofs.map(({ reason: _, ...proof }) => proof);
      expectCode(() => prove(blocks, bare), "ASSEMBLY_WITHOUT_REASON");
    });
  });

  describe("storage", () => {
    it("unfolds structs, in mappings and in slots, and sees what shares a word", () => {
      const layout = analysis.contracts[1]?.storage ?? expect.fail("no layout");
      expect(rowsOf(layout).map(({ slot, offset, bytes, name }) => [slot, offset, bytes, name])).to.deep.equal([
        ["0", 0, "1", "small"],
        ["0", 1, "1", "flag"],
        ["1", 0, "32", "pairs"],
        ["pairs[address][uint256] + 0", 0, "16", "pairs[address][uint256].low"],
        ["pairs[address][uint256] + 0", 16, "16", "pairs[address][uint256].high"],
        ["2", 0, "32", "_own"],
        ["2", 0, "16", "_own.low"],
        ["2", 16, "16", "_own.high"],
      ]);
      expect(rowsOf(analysis.contracts[1]?.transient ?? expect.fail("no layout"))).to.have.length(1);
    });

    it("finds hashed slots, and assembly that touches storage", () => {
      expect(hashedSlots(analysis).map(({ name, text }) => [name, text])).to.deep.equal([["LOCK_SLOT", "sample.lock"]]);
      expect([...assemblyAccesses(analysis)]).to.deep.equal([[`${FILE} act`, ["sstore", "tload"]]]);
    });
  });

  it("tells functions without a rule from rules without a function", () => {
    const contracts = analysis.contracts.filter(({ deployable }) => deployable);
    const { writes, reads } = functionsOf(contracts[0]?.abi ?? []);
    expect([writes, reads]).to.deep.equal([
      ["act", "receive"],
      ["flag", "pairs", "read", "small"],
    ]);
    const functions = { act: [], receive: [] };
    expect(accessProblems(contracts, { Sample: { functions, views: reads } })).to.deep.equal([]);
    expect(
      accessProblems(contracts, {
        Sample: { functions: { act: [] }, views: [...reads, "gone"] },
        Gone: { functions, views: [] },
      }),
    ).to.have.length(3);
  });

  it("counts the places that tools may look at", () => {
    expect(countSites(analysis)).to.include({
      require: 1,
      ternary: 1,
      "and-or": 2,
      loop: 1,
      unchecked: 1,
      assembly: 2,
      "yul-if": 1,
      "yul-statement": 3,
      try: 0,
    });
    const bug = (find: string) => ({ invariant: "LED-1", bug: "", file: FILE, find, replace: "" });
    const bugs = [bug("c = b - a;"), bug("gt(c, 1)"), bug("a == 0"), bug("++i")];
    expect(locateBugs(analysis, bugs)).to.deep.equal({ assembly: 1, unchecked: 1, plain: 2 });
  });
});
