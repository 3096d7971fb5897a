import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { deployLocal } from "../../scripts/lib/deployment.js";
import { DEVNET_CHAIN_ID, findAnvil, startDevnet } from "../../scripts/lib/devnet.js";
import { PUBLISHED_MOCKS } from "../../scripts/lib/package/bindings.js";
import { buildPackage, type PackedPackage } from "../../scripts/lib/package/build.js";
import { makeConsumer, RESOLUTIONS, type Consumer } from "../../scripts/lib/package/consumer.js";
import { PACKAGE_DOCUMENT, withFigures } from "../../scripts/lib/package/document.js";
import { ROOT } from "../../scripts/lib/paths.js";

describe("the npm package", function () {
  this.timeout(240_000);

  let packed: PackedPackage;
  let consumer: Consumer;

  before(async () => {
    packed = await buildPackage();
    consumer = await makeConsumer(packed, "linked");
  });

  after(async () => {
    await (consumer as Consumer | undefined)?.remove();
  });

  it("holds modules with declarations, and nothing else of the repository", () => {
    const { files } = packed;
    const known = /^(package\.json|README\.md|LICENSE|(src|typechain-types)\/.+\.(js|d\.ts))$/;
    expect(files.filter((file) => !known.test(file))).to.deep.equal([]);
    for (const file of files.filter((name) => name.endsWith(".js"))) {
      expect(files).to.include(file.replace(/\.js$/, ".d.ts"));
    }
  });

  it("brings its consumer no tool of the repository", () => {
    const { dependencies, optionalDependencies, peerDependencies } = packed.manifest;
    expect(Object.keys(peerDependencies)).to.deep.equal(["ethers"]);
    expect(Object.keys(optionalDependencies)).to.deep.equal(["@chainsafe/blst"]);
    expect(Object.keys(dependencies)).to.deep.equal([
      "@noble/curves",
      "@noble/hashes",
      "@openzeppelin/merkle-tree",
      "hash-wasm",
    ]);
    expect(packed.manifest).to.not.have.any.keys("devDependencies", "scripts", "private");
  });

  it("has the bindings of the suite, and of mocks those alone that a consumer deploys", async () => {
    const names = packed.files.flatMap((file) => /^typechain-types\/mocks\/(\w+)\.js$/.exec(file)?.[1] ?? []);
    expect(names.filter((name) => name !== "index")).to.have.members(PUBLISHED_MOCKS);
    const modules = ["Mocks.ts", "LakhTestnet.ts"].map((file) => path.join(ROOT, "deploy/modules", file));
    for (const module of modules) {
      const deployed = [...(await readFile(module, "utf8")).matchAll(/contract\("(Mock\w+)"/g)].map(
        ([, name = ""]) => name,
      );
      expect(PUBLISHED_MOCKS).to.include.members(deployed);
    }
    const factories = packed.files.filter((file) => /^typechain-types\/factories\/.+__factory\.js$/.test(file));
    expect(factories).to.include("typechain-types/factories/core/Ledger__factory.js");
    expect(packed.files.join("\n")).not.to.match(/Harness|Bench/);
  });

  it("has the size that docs/package.md says; npm run build:package writes it", async () => {
    const document = await readFile(PACKAGE_DOCUMENT, "utf8");
    expect(document).to.equal(withFigures(document, packed));
  });

  // Every way by both compilers: npm run test:package.
  for (const [compiler, resolution] of [
    ...RESOLUTIONS.map((resolution) => ["typescript", resolution] as const),
    ["typescript-5.9", RESOLUTIONS[1]] as const,
  ]) {
    it(`type-checks in an empty project by ${compiler} and ${resolution.moduleResolution}`, () =>
      consumer.check(resolution, compiler));
  }

  it("reads addresses, swaps, supplies, co-signs without native code and explains a refusal there", async function () {
    if (findAnvil() === undefined) this.skip();
    const devnet = await startDevnet({ port: 0, accounts: 2 });
    try {
      const addresses = await deployLocal(devnet);
      const output = await consumer.run({ url: devnet.url, chainId: DEVNET_CHAIN_ID, addresses });
      expect(output).to.match(/^read \d+ addresses of chain 31337$/m);
      expect(output).to.match(/^bought (\d+), quoted \1, modelled \1$/m);
      expect(output).to.match(/^supplied 1000000000$/m);
      expect(output).to.match(/^settled transfer executed, transfer executed with portable$/m);
      expect(output).to.match(/^refused: \S+ holds 0 units of token \S+ in the ledger and needs 10{30}\.$/m);
      expect(output).to.match(/^decoded: The amount is zero\.$/m);
    } finally {
      await devnet.stop();
    }
  });
});
