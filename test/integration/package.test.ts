import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { deployLocal } from "../../scripts/lib/deployment.js";
import { DEVNET_CHAIN_ID, findAnvil, startDevnet } from "../../scripts/lib/devnet.js";
import { buildPackage, type PackedPackage } from "../../scripts/lib/package/build.js";
import { makeConsumer, RESOLUTIONS, type Consumer } from "../../scripts/lib/package/consumer.js";
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

  it("has about the size that docs/package.md says", async () => {
    const document = await readFile(path.join(ROOT, "docs/package.md"), "utf8");
    const [, tarball = "", folder = ""] =
      /^\| size \| ([\d.]+) MB packed, ([\d.]+) MB unpacked \|$/m.exec(document) ?? [];
    // In bytes: the chain's matchers, when they are loaded, compare integers alone.
    for (const [bytes, megabytes] of [
      [packed.packed, Number(tarball)],
      [packed.unpacked, Number(folder)],
    ] as const) {
      expect(bytes).to.be.within(Math.round(megabytes * 0.75e6), Math.round(megabytes * 1.25e6));
    }
  });

  for (const resolution of RESOLUTIONS) {
    it(`type-checks in an empty project by ${resolution.moduleResolution}`, () => consumer.check(resolution));
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
