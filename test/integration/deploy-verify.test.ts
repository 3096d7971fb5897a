import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { expect } from "chai";
import { keccak256 } from "ethers";
import { ETHERSCAN_VARIABLE, EXPLORER_VARIABLE, rpcVariable } from "../../deploy/networks.js";
import { DeployError } from "../../scripts/lib/deploy/error.js";
import { accessManagerInput } from "../../scripts/lib/deploy/prebuilt.js";
import { initCodeOf, writeRecord, type DeploymentRecord } from "../../scripts/lib/deploy/record.js";
import { verifyNetwork } from "../../scripts/lib/deploy/verify.js";
import { findAnvil, startDevnet, type Devnet } from "../../scripts/lib/devnet.js";
import { ROOT } from "../../scripts/lib/paths.js";
import { Ledger__factory } from "../../typechain-types/index.js";
import { chainIdOf, deployHere, withEnvironment, withFolder } from "../helpers/deploy-run.js";
import { startExplorer, type MockExplorer, type Submission } from "../helpers/explorer.js";

const network = "standIn";

const { compile } = createRequire(import.meta.url)("solc") as { compile: (input: string) => string };

type Output = { contracts: Record<string, Record<string, { evm: { bytecode: { object: string } } }>> };

/** Whether the production build is there and is that of the committed bindings. */
async function isBuilt(): Promise<boolean> {
  try {
    const file = path.join(ROOT, "artifacts-production/contracts/core/Ledger.sol/Ledger.json");
    const { bytecode } = JSON.parse(await readFile(file, "utf8")) as { bytecode: string };
    return bytecode === Ledger__factory.bytecode;
  } catch {
    return false;
  }
}

describe("verification on explorers", function () {
  this.timeout(240_000);

  let devnet: Devnet;
  let folder: string;
  let record: DeploymentRecord;
  let explorer: MockExplorer;

  before(async function () {
    if (findAnvil() === undefined) this.skip();
    if (!(await isBuilt())) {
      console.log("      there is no production build of these sources: npm run build:production");
      this.skip();
    }
    folder = await mkdtemp(path.join(os.tmpdir(), "lakh-verify-"));
    devnet = await startDevnet({ chainId: chainIdOf(network) });
    const deployed = await deployHere({ network, url: devnet.url, folder });
    if (deployed.record === undefined) throw new Error("It was a dry run.");
    ({ record } = deployed);
  });

  beforeEach(async () => {
    explorer = await startExplorer();
  });

  afterEach(async () => explorer.stop());

  after(async function () {
    await (devnet as Devnet | undefined)?.stop();
    if ((folder as string | undefined) !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const verify = async (where = folder): Promise<string[]> => {
    const lines: string[] = [];
    const environment = {
      ...{ [rpcVariable(network)]: devnet.url, [EXPLORER_VARIABLE]: explorer.url, [ETHERSCAN_VARIABLE]: "a key" },
    };
    await withEnvironment(environment, () =>
      verifyNetwork({ name: network, folder: where, tell: (line) => void lines.push(line) }),
    );
    return lines;
  };

  /** Whether the source that was handed in, compiled again with the arguments that were, is what was deployed. */
  const isSource = ({ sourceCode, contractname, constructorArguments }: Submission, name: string): boolean => {
    const [file = "", contract = ""] = contractname.split(":");
    const { contracts } = JSON.parse(compile(sourceCode)) as Output;
    const code = contracts[file]?.[contract]?.evm.bytecode.object ?? "";
    return keccak256(`0x${code}${constructorArguments}`) === record.contracts[name]?.initCodeHash;
  };

  it("publishes every contract, with the arguments of its constructor, on Etherscan and Blockscout", async () => {
    const all = Object.values(record.contracts);
    expect(await verify()).to.have.length(2 * all.length);
    const { submissions } = explorer;
    const isEtherscan = ({ chainid, apikey }: Submission): boolean => chainid === "777001" && apikey === "a key";
    const isBlockscout = ({ chainid, apikey }: Submission): boolean => chainid === null && apikey === null;
    for (const { address, contract, constructorArgs } of all) {
      const handedIn = submissions.filter(({ contractaddress }) => contractaddress === address);
      expect(handedIn, contract).to.have.length(2);
      expect(handedIn.filter(isEtherscan).length + handedIn.filter(isBlockscout).length, contract).to.equal(2);
      const whole = await initCodeOf(contract, constructorArgs);
      for (const { codeformat, constructorArguments, contractname } of handedIn) {
        expect(codeformat).to.equal("solidity-standard-json-input");
        expect(whole.endsWith(constructorArguments), contract).to.equal(true);
        expect(contractname.split(":")[1]).to.equal(contract);
      }
    }
    const addressBook = submissions.find(({ contractname }) => contractname.endsWith(":AddressBook"));
    expect(addressBook !== undefined && isSource(addressBook, "addressBook")).to.equal(true);
  });

  it("names what an explorer refuses", async () => {
    explorer.refuse("AccessManager");
    explorer.refuse("AddressBook");
    await withFolder(async (other) => {
      const { authority, addressBook, usd } = record.contracts;
      await writeRecord(other, { ...record, contracts: { authority, addressBook, usd } as typeof record.contracts });
      const error: unknown = await verify(other).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(DeployError);
      const { code, message } = error as DeployError;
      expect(code).to.equal("NOT_VERIFIED");
      expect(message.match(/^ {2}\w+ on \w+/gm)).to.have.members([
        ...["  authority on etherscan", "  addressBook on etherscan"],
        ...["  authority on blockscout", "  addressBook on blockscout"],
      ]);
    });
  });

  it("hands in the authority with all that it imports, and nothing else of OpenZeppelin's", async () => {
    const { sources } = (await accessManagerInput()) as { sources: Record<string, { content: string }> };
    expect(Object.keys(sources)).to.include("contracts/access/manager/AccessManager.sol");
    expect(Object.keys(sources)).to.have.length.below(30);
    for (const { content } of Object.values(sources)) expect(content).to.match(/SPDX-License-Identifier: MIT/);
  });
});
