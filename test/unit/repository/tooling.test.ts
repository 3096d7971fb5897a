import { expect } from "chai";
import { findLockProblems, type Lock } from "../../../scripts/lib/lock.js";
import { isOversized } from "../../../scripts/lib/sizes.js";
import { parseTestSummary } from "../../../scripts/lib/test-summary.js";

describe("test summary", () => {
  it("reads Mocha's and Hardhat's counts", () => {
    expect(parseTestSummary("  12 passing (3s)\n  1 pending\n  2 failing\n")).to.deep.equal({ passed: 12, failed: 2 });
    expect(parseTestSummary("\n  7 passing\n")).to.deep.equal({ passed: 7, failed: 0 });
    expect(parseTestSummary("\n  0 passing\n  3 failing\n")).to.deep.equal({ passed: 0, failed: 3 });
  });

  it("takes the last count and no count from prose", () => {
    const output = "  1 passing (1ms)\nall 5 passing the gate\n  ✔ keeps 4 passing\n  9 passing (2m)\n";
    expect(parseTestSummary(output)).to.deep.equal({ passed: 9, failed: 0 });
  });

  it("says when the runner ended without a summary", () => {
    expect(parseTestSummary("Error HHE3: cannot load the config")).to.equal(undefined);
  });
});

describe("lock check", () => {
  const manifest = { dependencies: { tool: "1.0.0" } };

  function lockWith(packages: Lock["packages"]): Lock {
    return { lockfileVersion: 3, packages: { "": { ...manifest }, ...packages } };
  }

  it("accepts a complete lock, nested packages included", () => {
    const lock = lockWith({
      "node_modules/tool": {
        integrity: "sha512-a",
        dependencies: { part: "^1.0.0" },
        optionalDependencies: { bin: "1" },
      },
      "node_modules/tool/node_modules/part": { integrity: "sha512-b" },
      "node_modules/bin": { integrity: "sha512-c" },
    });
    expect(findLockProblems(lock, manifest)).to.deep.equal([]);
  });

  it("reports a platform package without an entry", () => {
    const lock = lockWith({
      "node_modules/tool": { integrity: "sha512-a", optionalDependencies: { "tool-darwin": "1.0.0" } },
    });
    expect(findLockProblems(lock, manifest)).to.deep.equal([
      "node_modules/tool: its dependency tool-darwin has no entry",
    ]);
  });

  it("reports a missing hash and a registry's address", () => {
    const lock = lockWith({ "node_modules/tool": { resolved: "https://registry.example/tool.tgz" } });
    expect(findLockProblems(lock, manifest)).to.have.length(2);
  });

  it("reports a range and a manifest that moved on", () => {
    const lock = lockWith({ "node_modules/tool": { integrity: "sha512-a" } });
    expect(findLockProblems(lock, { dependencies: { tool: "1.0.1" } })).to.have.length(1);
    const ranged = { dependencies: { tool: "^1.0.0" } };
    const rangedLock: Lock = { ...lock, packages: { ...lock.packages, "": ranged } };
    expect(findLockProblems(rangedLock, ranged)).to.deep.equal(["tool: ^1.0.0 is not an exact version"]);
  });

  it("accepts another name for one version, and for no range", () => {
    const problemsOf = (tool: string): string[] => {
      const renamed = { dependencies: { tool } };
      const packages = { "": renamed, "node_modules/tool": { integrity: "sha512-a" } };
      return findLockProblems({ lockfileVersion: 3, packages }, renamed);
    };
    expect(problemsOf("npm:other@1.0.0")).to.deep.equal([]);
    expect(problemsOf("npm:@scope/other@1.0.0")).to.deep.equal([]);
    expect(problemsOf("npm:other@^1.0.0")).to.deep.equal(["tool: npm:other@^1.0.0 is not an exact version"]);
  });
});

describe("contract sizes", () => {
  it("draws the line at 20,000 bytes of runtime and 49,152 of initcode", () => {
    const size = { name: "Ledger", source: "contracts/core/Ledger.sol" };
    expect(isOversized({ ...size, runtime: 20_000, initcode: 49_152 })).to.equal(false);
    expect(isOversized({ ...size, runtime: 20_001, initcode: 20_100 })).to.equal(true);
    expect(isOversized({ ...size, runtime: 20_000, initcode: 49_153 })).to.equal(true);
  });
});
