import { readFile } from "node:fs/promises";
import { ContractFactory, type BaseContract, type InterfaceAbi } from "ethers";
import { type NetworkConnection } from "hardhat/types/network";
import { createLakh, type Lakh } from "../../src/index.js";
import {
  type AccountDirectory,
  type AddressBook,
  type AmmCore,
  type AmmLens,
  type Ledger,
  type LedgerLens,
  type LendingCore,
  type LendingLens,
  type MockERC20,
  type MockPermit2,
  type MockWETH,
  type Settlement,
  type MerkleDistributor,
  type StakingCore,
} from "../../typechain-types/index.js";

export type Connection = NetworkConnection;
export type TestSigner = Awaited<ReturnType<Connection["ethers"]["getSigners"]>>[number];

export type TokenSpec = { symbol: string; decimals: number };

export type DeployOptions = {
  /** Tokens to deploy; one of 18 and one of 6 decimals unless given. */
  tokens?: readonly TokenSpec[];
  /** Pairs of token numbers that share a word; none unless given. */
  homePairs?: readonly (readonly [number, number])[];
};

export type LakhFixture = {
  connection: Connection;
  signers: TestSigner[];
  /** Holds the authority's admin role. */
  admin: TestSigner;
  authority: BaseContract;
  weth: MockWETH;
  permit2: MockPermit2;
  tokens: MockERC20[];
  ledger: Ledger;
  amm: AmmCore;
  ammLens: AmmLens;
  lending: LendingCore;
  lendingLens: LendingLens;
  staking: StakingCore;
  merkleDistributor: MerkleDistributor;
  ledgerLens: LedgerLens;
  addressBook: AddressBook;
  directory: AccountDirectory;
  settlement: Settlement;
  /** The client of this deployment, with the first signer as account. */
  lakh: Lakh;
};

const DEFAULT_TOKENS: readonly TokenSpec[] = [
  { symbol: "ONE", decimals: 18 },
  { symbol: "TWO", decimals: 6 },
];

/** Deploys the suite on mocks. The first signer is the deployer and the admin. */
export async function deployLakh(connection: Connection, options: DeployOptions = {}): Promise<LakhFixture> {
  const { ethers } = connection;
  const signers = await ethers.getSigners();
  const [admin] = signers;
  if (admin === undefined) throw new Error("The network has no account");
  const authority = await deployPackaged({
    module: "@openzeppelin/contracts/build/contracts/AccessManager.json",
    signer: admin,
    parameters: [admin.address],
  });
  const weth = await deployTyped<MockWETH>(connection, "MockWETH");
  const permit2 = await deployTyped<MockPermit2>(connection, "MockPermit2");
  const tokens: MockERC20[] = [];
  for (const { symbol, decimals } of options.tokens ?? DEFAULT_TOKENS) {
    tokens.push(await deployTyped<MockERC20>(connection, "MockERC20", [`Token ${symbol}`, symbol, decimals]));
  }
  const homePairs = (options.homePairs ?? []).map((pair) => pair.map((index) => at(tokens, index)));
  const ledger = await deployTyped<Ledger>(connection, "Ledger", [authority, weth, permit2, homePairs]);
  const amm = await deployTyped<AmmCore>(connection, "AmmCore", [ledger]);
  const ammLens = await deployTyped<AmmLens>(connection, "AmmLens", [amm]);
  const lending = await deployTyped<LendingCore>(connection, "LendingCore", [ledger]);
  const lendingLens = await deployTyped<LendingLens>(connection, "LendingLens", [lending]);
  const staking = await deployTyped<StakingCore>(connection, "StakingCore", [ledger]);
  const ledgerLens = await deployTyped<LedgerLens>(connection, "LedgerLens", [ledger]);
  const addressBook = await deployTyped<AddressBook>(connection, "AddressBook");
  const directory = await deployTyped<AccountDirectory>(connection, "AccountDirectory", [addressBook]);
  const settlement = await deployTyped<Settlement>(connection, "Settlement", [ledger, directory]);
  const merkleDistributor = await deployTyped<MerkleDistributor>(connection, "MerkleDistributor", [ledger]);
  const lakh = createLakh({
    addresses: {
      ledger: await ledger.getAddress(),
      amm: await amm.getAddress(),
      ammLens: await ammLens.getAddress(),
      lending: await lending.getAddress(),
      lendingLens: await lendingLens.getAddress(),
      staking: await staking.getAddress(),
      merkleDistributor: await merkleDistributor.getAddress(),
      ledgerLens: await ledgerLens.getAddress(),
      addressBook: await addressBook.getAddress(),
      directory: await directory.getAddress(),
      settlement: await settlement.getAddress(),
      weth: await weth.getAddress(),
      permit2: await permit2.getAddress(),
    },
    runner: admin,
  });
  const suite = {
    authority,
    weth,
    permit2,
    tokens,
    ledger,
    amm,
    ammLens,
    lending,
    lendingLens,
    staking,
    merkleDistributor,
    ledgerLens,
    addressBook,
    directory,
    settlement,
  };
  return { connection, signers, admin, ...suite, lakh };
}

/** Deploys a contract of the default build as the type that its binding has. */
export async function deployTyped<Contract>(
  connection: Connection,
  name: string,
  parameters: readonly unknown[] = [],
): Promise<Contract> {
  return (await connection.ethers.deployContract(name, [...parameters])) as unknown as Contract;
}

/** Deploys a contract from the compiled artifact that an npm package carries. */
export async function deployPackaged({
  module,
  signer,
  parameters = [],
}: {
  module: string;
  signer: TestSigner;
  parameters?: readonly unknown[];
}): Promise<BaseContract> {
  const { abi, bytecode } = await readPackaged(module);
  const contract = await new ContractFactory(abi, bytecode, signer).deploy(...parameters);
  return contract.waitForDeployment();
}

/** The ABI and the creation code of a packaged artifact. */
export async function readPackaged(module: string): Promise<{ abi: InterfaceAbi; bytecode: string }> {
  const text = await readFile(new URL(import.meta.resolve(module)), "utf8");
  const { abi, bytecode } = JSON.parse(text) as { abi: InterfaceAbi; bytecode: string };
  return { abi, bytecode: bytecode.startsWith("0x") ? bytecode : `0x${bytecode}` };
}

/** The element at `index`, which exists. */
export function at<T>(list: readonly T[], index: number): T {
  const element = list[index];
  if (element === undefined) throw new RangeError(`No element ${index}`);
  return element;
}
