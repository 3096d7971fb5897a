import { expect } from "chai";
import { link } from "../../../bench/gas/peer-build.js";
import { collectSources, importsOf, resolveImport } from "../../../bench/gas/peer-sources.js";

describe("peers compiled from sources", () => {
  it("finds every form of import, and none in prose or strings", () => {
    const source = [
      'import "./plain.sol";',
      "import * as All from '../all.sol';",
      'import {One, Two as Three} from "package/names.sol";',
      "import {",
      "  Four,",
      "  Five",
      "} from './lines.sol';",
      "// import what is needed from here",
      "contract A { string b = \"import './no.sol'\"; }",
    ].join("\n");
    expect(importsOf(source)).to.deep.equal(["./plain.sol", "../all.sol", "package/names.sol", "./lines.sol"]);
  });

  it("resolves relative paths, and the longest prefix of others", () => {
    const remappings = { "lib/": "@scope/lib/src/", "lib/special/": "@scope/special/" };
    expect(resolveImport("a/b/c.sol", "../d.sol", remappings)).to.equal("a/d.sol");
    expect(resolveImport("a/b.sol", "lib/c.sol", remappings)).to.equal("@scope/lib/src/c.sol");
    expect(resolveImport("a/b.sol", "lib/special/c.sol", remappings)).to.equal("@scope/special/c.sol");
    expect(resolveImport("a/b.sol", "@other/c.sol", remappings)).to.equal("@other/c.sol");
  });

  it("collects each file once, in a fixed order, circles included", async () => {
    const files: Record<string, string> = {
      "src/B.sol": 'import "./A.sol"; import "lib/C.sol";',
      "src/A.sol": 'import "./B.sol";',
      "@lib/C.sol": "",
    };
    const reads: string[] = [];
    const read = async (file: string): Promise<string> => {
      reads.push(file);
      return files[file] ?? "";
    };
    const sources = await collectSources(["src/B.sol"], { "lib/": "@lib/" }, read);
    expect(Object.keys(sources)).to.deep.equal(["@lib/C.sol", "src/A.sol", "src/B.sol"]);
    expect(reads).to.have.length(3);
  });

  it("puts the addresses of libraries into their places, and names one that is missing", () => {
    const hole = "_".repeat(40);
    const code = {
      abi: [],
      bytecode: `0xaa${hole}bb${hole}`,
      linkReferences: {
        "Lib.sol": {
          Lib: [
            { start: 1, length: 20 },
            { start: 22, length: 20 },
          ],
        },
      },
    };
    const address = `0x${"Ab".repeat(20)}`;
    expect(link(code, { Lib: address }).bytecode).to.equal(`0xaa${"ab".repeat(20)}bb${"ab".repeat(20)}`);
    expect(() => link(code, {}))
      .to.throw()
      .with.property("code", "NOT_LINKED");
  });
});
