import { expect } from "chai";
import { readdir } from "node:fs/promises";
import path from "node:path";
import {
  chainDescriptors,
  EXPLORER_VARIABLE,
  hardhatNetworks,
  isPublic,
  NETWORKS,
  PUBLIC_NETWORKS,
  rpcOf,
  rpcVariable,
} from "../../../deploy/networks.js";
import { ROOT } from "../../../scripts/lib/paths.js";

/** Runs with an environment variable set, and restores what was there. */
function withVariable<T>(name: string, value: string, run: () => T): T {
  const before = process.env[name];
  process.env[name] = value;
  try {
    return run();
  } finally {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
}

describe("networks of the deployment", () => {
  it("have one chain id each", () => {
    const ids = Object.values(NETWORKS).map(({ chainId }) => chainId);
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it("come as a testnet and a mainnet each", () => {
    const all = Object.values(PUBLIC_NETWORKS);
    expect(all.filter(({ isTestnet }) => isTestnet)).to.have.length(all.length / 2);
  });

  it("are public but for the stand-ins", () => {
    expect(isPublic(NETWORKS.opSepolia?.chainId ?? 0)).to.equal(true);
    expect(isPublic(NETWORKS.standIn?.chainId ?? 0)).to.equal(false);
  });

  it("take an RPC from the environment", () => {
    expect(rpcVariable("opSepolia")).to.equal("LAKH_RPC_OP_SEPOLIA");
    const { opSepolia } = PUBLIC_NETWORKS;
    expect(rpcOf("opSepolia", opSepolia)).to.equal("https://sepolia.optimism.io");
    withVariable("LAKH_RPC_OP_SEPOLIA", "http://127.0.0.1:1", () => {
      expect(rpcOf("opSepolia", opSepolia)).to.equal("http://127.0.0.1:1");
      expect(hardhatNetworks().opSepolia?.url).to.equal("http://127.0.0.1:1");
    });
  });

  it("keep the key out of the configuration", () => {
    for (const { accounts } of Object.values(hardhatNetworks())) {
      expect(JSON.stringify(accounts))
        .to.match(/LAKH_DEPLOYER_KEY/)
        .and.not.match(/0x/);
    }
  });

  it("have an explorer, which a test can replace", () => {
    const descriptors = chainDescriptors();
    expect(descriptors[84_532]?.blockExplorers?.blockscout?.apiUrl).to.equal("https://base-sepolia.blockscout.com/api");
    expect(descriptors[763_373]?.blockExplorers).not.to.have.property("etherscan");
    const replaced = withVariable(EXPLORER_VARIABLE, "http://127.0.0.1:2/api", chainDescriptors);
    for (const { blockExplorers } of Object.values(replaced)) {
      for (const { apiUrl } of Object.values(blockExplorers ?? {})) expect(apiUrl).to.equal("http://127.0.0.1:2/api");
    }
  });

  it("have parameters, each public one", async () => {
    const files = new Set(await readdir(path.join(ROOT, "deploy/parameters")));
    expect(Object.keys(PUBLIC_NETWORKS).filter((name) => !files.has(`${name}.json5`))).to.deep.equal([]);
  });
});
