import { glob, readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { findViolations, MAX_LINES, type Rule, type SourceFile } from "../../helpers/import-rules.js";

const ROOT = path.resolve(import.meta.dirname, "../../..");

async function readSources(): Promise<SourceFile[]> {
  const sources: SourceFile[] = [];
  for await (const file of glob("{contracts,test}/**/*.sol", { cwd: ROOT })) {
    sources.push({ path: file.split(path.sep).join("/"), source: await readFile(path.join(ROOT, file), "utf8") });
  }
  return sources.sort((a, b) => (a.path < b.path ? -1 : 1));
}

type Example = { imports?: string[]; body?: string; licence?: string; pragma?: string };

function example(
  filePath: string,
  { imports = [], body, licence = "MIT", pragma = "0.8.37" }: Example = {},
): SourceFile {
  const name = path.posix.basename(filePath, ".sol");
  const lines = [
    `// SPDX-License-Identifier: ${licence}`,
    `pragma solidity ${pragma};`,
    ...imports.map((target) => `import {Something} from "${target}";`),
    body ?? `contract ${name} {}`,
  ];
  return { path: filePath, source: `${lines.join("\n")}\n` };
}

function rulesBroken(...files: SourceFile[]): Rule[] {
  return findViolations(files).map(({ rule }) => rule);
}

describe("repository", () => {
  it("keeps its rules in every Solidity file", async () => {
    const violations = findViolations(await readSources());
    expect(violations.map(({ path: file, detail }) => `${file}: ${detail}`)).to.deep.equal([]);
  });

  describe("import rule", () => {
    const planted: [title: string, file: string, target: string][] = [
      ["a domain imports another domain", "contracts/lending/LendingCore.sol", "../amm/AmmCore.sol"],
      ["a nested domain file imports another domain", "contracts/amm/pools/Pool.sol", "../../rwa/RwaCore.sol"],
      ["a domain imports the periphery", "contracts/staking/StakingCore.sol", "../periphery/Lens.sol"],
      ["core imports a domain", "contracts/core/Ledger.sol", "../insurance/CoverDesk.sol"],
      ["a library imports core", "contracts/libraries/Math.sol", "../core/Ledger.sol"],
      ["an interface imports a domain", "contracts/interfaces/ILedger.sol", "../amm/AmmCore.sol"],
      ["a deployable imports a mock", "contracts/core/Ledger.sol", "../mocks/Token.sol"],
      ["the periphery imports a mock", "contracts/periphery/Lens.sol", "../mocks/Token.sol"],
      ["a contract imports a test", "contracts/core/Ledger.sol", "../../test/helpers/Test.sol"],
      ["an import is not relative", "contracts/amm/AmmCore.sol", "contracts/core/Ledger.sol"],
      ["a path leads through another folder", "contracts/amm/AmmCore.sol", "./../core/../rwa/RwaCore.sol"],
    ];
    for (const [title, file, target] of planted) {
      it(`reports when ${title}`, () => {
        const pragma = /\/(libraries|interfaces)\//.test(file) ? "^0.8.24" : "0.8.37";
        expect(rulesBroken(example(file, { imports: [target], pragma }))).to.deep.equal(["import"]);
      });
    }

    it("reports every form of import", () => {
      for (const statement of [
        'import "../rwa/RwaCore.sol";',
        "import '../rwa/RwaCore.sol';",
        'import * as Rwa from "../rwa/RwaCore.sol";',
        'import "../rwa/RwaCore.sol" as Rwa;',
        'import {\n    A,\n    B as C\n} from "../rwa/RwaCore.sol";',
        'import /* a comment */ {A} from "../rwa/RwaCore.sol";',
      ]) {
        const file = example("contracts/amm/AmmCore.sol", { body: `${statement}\ncontract AmmCore {}` });
        expect(rulesBroken(file), statement).to.deep.equal(["import"]);
      }
    });

    it("accepts what the layout allows", () => {
      const allowed = [
        "./AmmMath.sol",
        "../core/Ledger.sol",
        "../oracle/Twap.sol",
        "../types/Word.sol",
        "@openzeppelin/contracts/a.sol",
      ];
      expect(rulesBroken(example("contracts/amm/AmmCore.sol", { imports: allowed }))).to.deep.equal([]);
      expect(rulesBroken(example("contracts/mocks/Bad.sol", { imports: ["../amm/AmmCore.sol"] }))).to.deep.equal([]);
      expect(
        rulesBroken(example("test/property/Amm.t.sol", { imports: ["../../contracts/mocks/Bad.sol"] })),
      ).to.deep.equal([]);
    });

    it("ignores imports in comments", () => {
      const body = '// import "../rwa/RwaCore.sol";\n/* import "../rwa/RwaCore.sol"; */\ncontract AmmCore {}';
      expect(rulesBroken(example("contracts/amm/AmmCore.sol", { body }))).to.deep.equal([]);
    });
  });

  describe("one contract per file", () => {
    it("reports a second contract, another name and an empty file", () => {
      const bodies = ["contract AmmCore {}\nlibrary AmmMath {}", "contract Amm {}", "function f() pure {}"];
      for (const body of bodies) {
        expect(rulesBroken(example("contracts/amm/AmmCore.sol", { body })), body).to.deep.equal(["one-contract"]);
      }
    });

    it("accepts a file of types without a contract", () => {
      const types = example("contracts/types/Word.sol", { body: "type Word is uint256;", pragma: "^0.8.24" });
      expect(rulesBroken(types)).to.deep.equal([]);
    });

    it("does not take words in comments and strings for contracts", () => {
      const body =
        '/// a contract Two {\nabstract contract AmmCore is A, B {\n string s = "contract Two {"; // library Three {\n}';
      expect(rulesBroken(example("contracts/amm/AmmCore.sol", { body }))).to.deep.equal([]);
    });
  });

  it("reports a name that is used twice", () => {
    const files = [example("contracts/amm/Pool.sol"), example("contracts/lending/Pool.sol")];
    expect(rulesBroken(...files)).to.deep.equal(["unique-name"]);
  });

  it("reports a licence other than MIT", () => {
    expect(rulesBroken(example("contracts/amm/AmmCore.sol", { licence: "GPL-3.0-or-later" }))).to.deep.equal([
      "licence",
    ]);
    const none = { path: "contracts/amm/AmmCore.sol", source: "pragma solidity 0.8.37;\ncontract AmmCore {}\n" };
    expect(rulesBroken(none)).to.deep.equal(["licence"]);
  });

  it("reports a pragma that floats where code is deployed, or is fixed where it is shared", () => {
    expect(rulesBroken(example("contracts/core/Ledger.sol", { pragma: "^0.8.24" }))).to.deep.equal(["pragma"]);
    expect(rulesBroken(example("contracts/oracle/Twap.sol", { pragma: ">=0.8.0 <0.9.0" }))).to.deep.equal(["pragma"]);
    const shared = example("contracts/interfaces/ILedger.sol", { body: "interface ILedger {}", pragma: "0.8.37" });
    expect(rulesBroken(shared)).to.deep.equal(["pragma"]);
  });

  it("reports a file that is too long", () => {
    const body = `contract AmmCore {\n${"// a line\n".repeat(MAX_LINES)}}`;
    expect(rulesBroken(example("contracts/amm/AmmCore.sol", { body }))).to.deep.equal(["length"]);
  });
});
