import { readdir, readFile } from "node:fs/promises";
import { expect } from "chai";
import { Interface, type InterfaceAbi } from "ethers";
import {
  AmmTwapOracle__factory,
  ChainlinkOracle__factory,
  FacadeFactory__factory,
  IAccountDirectory__factory,
  IAddressBook__factory,
  IAmmCore__factory,
  ILedger__factory,
  ISettlement__factory,
  KinkedRateModel__factory,
  LedgerLens__factory,
  NavOracle__factory,
  SequencerGate__factory,
  VaultRateFeed__factory,
} from "../../../typechain-types/index.js";

const ROOT = new URL("../../../", import.meta.url);
const FOLDERS = [
  "test/unit/core/",
  "test/unit/amm/",
  "test/unit/oracle/",
  "test/unit/lending/",
  "test/integration/attacks/",
] as const;
const SELF = "errors.test.ts";

const INTERFACES: Record<string, InterfaceAbi> = {
  ILedger: ILedger__factory.abi,
  IAmmCore: IAmmCore__factory.abi,
  FacadeFactory: FacadeFactory__factory.abi,
  LedgerLens: LedgerLens__factory.abi,
  ISettlement: ISettlement__factory.abi,
  IAccountDirectory: IAccountDirectory__factory.abi,
  IAddressBook: IAddressBook__factory.abi,
  KinkedRateModel: KinkedRateModel__factory.abi,
  ChainlinkOracle: ChainlinkOracle__factory.abi,
  SequencerGate: SequencerGate__factory.abi,
  VaultRateFeed: VaultRateFeed__factory.abi,
  AmmTwapOracle: AmmTwapOracle__factory.abi,
  NavOracle: NavOracle__factory.abi,
};

const CLONES =
  "Of OpenZeppelin's Clones: a facade is cloned without ether, with arguments of one length, and once for an id.";
/** Errors that no call can bring about, with the reason why they stand in the code. */
const UNREACHABLE: Record<string, string> = {
  CloneArgumentsTooLong: CLONES,
  Create2EmptyBytecode: CLONES,
  FailedDeployment: CLONES,
  InsufficientBalance: CLONES,
  AmmProductFell:
    "A section's outputs round down at one price, so X·Y cannot fall; the check guards the sums of many fills.",
};

/** The source of every test of the contracts, this one excluded. */
async function testSources(): Promise<string[]> {
  const sources: string[] = [];
  for (const folder of FOLDERS) {
    for (const name of await readdir(new URL(folder, ROOT))) {
      if (name.endsWith(".test.ts") && name !== SELF)
        sources.push(await readFile(new URL(folder + name, ROOT), "utf8"));
    }
  }
  return sources;
}

describe("errors", () => {
  it("are each hit by a test, or listed with the reason why none can", async () => {
    const sources = await testSources();
    expect(sources.length).to.be.greaterThan(25);
    const isHit = (name: string) => sources.some((source) => source.includes(`"${name}"`));
    const [missed, stale, seen] = [new Set<string>(), new Set<string>(), new Set<string>()];
    for (const abi of Object.values(INTERFACES)) {
      Interface.from(abi).forEachError(({ name }) => {
        seen.add(name);
        if (!isHit(name) && UNREACHABLE[name] === undefined) missed.add(name);
        if (isHit(name) && UNREACHABLE[name] !== undefined) stale.add(name);
      });
    }
    expect([...missed], "without a test").to.deep.equal([]);
    expect([...stale], "listed though a test hits them").to.deep.equal([]);
    expect(
      Object.keys(UNREACHABLE).filter((name) => !seen.has(name)),
      "listed though no contract has them",
    ).to.deep.equal([]);
    expect(seen.size).to.be.greaterThan(90);
  });
});
