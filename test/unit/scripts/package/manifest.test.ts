import { expect } from "chai";
import { importedPackages, packageManifest } from "../../../../scripts/lib/package/manifest.js";

const repository = {
  ...{ name: "lakh", version: "1.2.3", description: "A suite", keywords: ["defi"], license: "MIT", author: "Lakh" },
  dependencies: { ethers: "6.17.0", "@noble/curves": "2.4.0", "@chainsafe/blst": "2.2.0", solady: "0.1.26" },
};

describe("importedPackages", () => {
  it("finds what is imported, statically, dynamically and for its types", () => {
    const source = [
      'import { id } from "ethers";',
      'export { keccak_256 } from "@noble/hashes/sha3.js";',
      'import "hash-wasm";',
      'const library = await import("@chainsafe/blst");',
      'export declare const abi: import("ethers").Interface;',
      'import { abis } from "./abi.js";',
      'codec.encodeFunctionData("from", [from, to]);',
    ].join("\n");
    expect(importedPackages(source)).to.have.members(["ethers", "@noble/hashes", "hash-wasm", "@chainsafe/blst"]);
  });
});

describe("packageManifest", () => {
  it("depends on what is imported alone, and shares ethers with the consumer", () => {
    const imported = ["ethers", "@noble/curves", "@chainsafe/blst", "ethers"];
    const { dependencies, optionalDependencies, peerDependencies } = packageManifest(repository, imported);
    expect(optionalDependencies).to.deep.equal({ "@chainsafe/blst": "^2.2.0" });
    expect(dependencies).to.deep.equal({ "@noble/curves": "^2.4.0" });
    expect(peerDependencies).to.deep.equal({ ethers: "^6.17.0" });
  });

  it("names types before code in each entry point", () => {
    const { exports } = packageManifest(repository, []);
    expect(Object.keys(exports)).to.include.members([".", "./abi", "./bindings", "./package.json"]);
    for (const entry of Object.values(exports)) {
      if (typeof entry !== "string") expect(Object.keys(entry)).to.deep.equal(["types", "default"]);
    }
  });

  it("refuses what the repository does not depend on", () => {
    expect(() => packageManifest(repository, ["hardhat"])).to.throw("hardhat");
    expect(() => packageManifest(repository, ["node:fs"])).to.throw("node:fs");
  });
});
