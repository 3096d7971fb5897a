import { AbiCoder, type Contract, ContractFactory, getBytes, toBeHex, type JsonRpcSigner } from "ethers";
import type { LocalChain } from "../../scripts/lib/devnet.js";
import { FailureError } from "../../scripts/lib/failure.js";
import { startInProcess } from "../../scripts/lib/in-process.js";
import {
  createLakh,
  POOL_ORACLE,
  poolKey,
  rangeOffsets,
  type Lakh,
  type LakhRequest,
  type PoolKey,
} from "../../src/index.js";
import {
  AmmCore__factory,
  Ledger__factory,
  MockERC20__factory,
  type AmmCore,
  type Ledger,
  type MockERC20,
} from "../../typechain-types/index.js";
import { readPackaged, readProduction, type Code } from "./artifacts.js";

/** Prices of L1 on an OP chain: the base fee and the blob base fee in wei, and OP Mainnet's scalars since Ecotone. */
export const L1 = {
  baseFee: 1_000_000_000n,
  blobBaseFee: 100_000_000n,
  baseFeeScalar: 5_227n,
  blobBaseFeeScalar: 1_014_213n,
} as const;

const L1_BLOCK = "0x4200000000000000000000000000000000000015";
const MAX_UINT256 = (1n << 256n) - 1n;
const UNIT = 10n ** 18n;
const LIQUIDITY = 1_000_000n * UNIT;
const FUNDS = 1_000n * LIQUIDITY;
const PRICE_SCALE = 10n ** 36n;
/** Gas limit of each of two transactions of a block. */
const SHARED_BLOCK_GAS = 1_000_000n;

export const FAR_FUTURE = 4_102_444_800n; // 2100-01-01
export const FEE = 3_000n;

export type Measured = { gas: number; execGas: number; calldataBytes: number; l1FeeWei: bigint };

/** What is sent; a plain transaction. */
export type Sent = Pick<LakhRequest, "to" | "data"> & { value?: bigint };

/** Everything a scenario can use: the suite, tokens, pools and accounts on an in-process OP chain. */
export type Lab = {
  chain: LocalChain;
  lakh: Lakh;
  ledger: Ledger;
  amm: AmmCore;
  /** Holds every token in wallet and ledger, has approved all, owns shares of all pools. */
  user: JsonRpcSigner;
  /** Holds every token in its wallet only and has approved all. */
  newcomer: () => Promise<JsonRpcSigner>;
  /** Holds shares and the rest of everything. */
  maker: JsonRpcSigner;
  /** A home pair. */
  a: MockERC20;
  b: MockERC20;
  /** Tokens with a word of their own. */
  c: MockERC20;
  d: MockERC20;
  weth: Contract;
  pools: {
    plainHome: PoolKey;
    rangeHome: PoolKey;
    plainApart: PoolKey;
    rangeApart: PoolKey;
    between: PoolKey;
    native: PoolKey;
    oracleHome: PoolKey;
  };
  deploy: (code: Code, ...args: unknown[]) => Promise<Contract>;
  send: (from: JsonRpcSigner, request: Sent) => Promise<Measured>;
  /** As `send`, in one block with a transaction of the maker's before it. */
  sendBehind: (first: Sent, from: JsonRpcSigner, request: Sent) => Promise<Measured>;
  /** The next block comes so many seconds after the last; its time. */
  wait: (seconds: number) => Promise<bigint>;
};

type Receipt = { status: string; gasUsed: string; l1Fee?: string };

/** Deploys the production build and gives everyone his funds. */
export async function openLab(): Promise<Lab> {
  const chain = await startInProcess();
  await setL1Prices(chain);
  const signers = (await chain.provider.send("eth_accounts", [])) as string[];
  const signerOf = async (index: number): Promise<JsonRpcSigner> => chain.provider.getSigner(signers[index] ?? index);
  const maker = await signerOf(0);
  const user = await signerOf(1);

  const deploy = async ({ abi, bytecode }: Code, ...args: unknown[]): Promise<Contract> => {
    const contract = await new ContractFactory(abi, bytecode, maker).deploy(...args);
    await contract.waitForDeployment();
    return contract as Contract;
  };
  const measured = async (hash: string, data: string): Promise<Measured> => {
    const receipt = (await chain.request({ method: "eth_getTransactionReceipt", params: [hash] })) as Receipt;
    if (receipt.status !== "0x1") throw new FailureError("REVERTED", `A benchmarked transaction reverted: ${data}`);
    const gas = Number(receipt.gasUsed);
    const bytes = getBytes(data);
    const zeros = bytes.filter((byte) => byte === 0).length;
    const execGas = gas - 21_000 - 4 * zeros - 16 * (bytes.length - zeros);
    return { gas, execGas, calldataBytes: bytes.length, l1FeeWei: BigInt(receipt.l1Fee ?? 0) };
  };
  const send = async (from: JsonRpcSigner, { to, data, value = 0n }: Sent): Promise<Measured> =>
    measured(await from.sendUncheckedTransaction({ to, data, value }), data);
  const sendBehind = async (first: Sent, from: JsonRpcSigner, request: Sent): Promise<Measured> => {
    await chain.request({ method: "evm_setAutomine", params: [false] });
    try {
      const hashes: string[] = [];
      for (const [account, { to, data, value = 0n }] of [[maker, first] as const, [from, request] as const]) {
        hashes.push(await account.sendUncheckedTransaction({ to, data, value, gasLimit: SHARED_BLOCK_GAS }));
      }
      await chain.request({ method: "evm_mine", params: [] });
      const [before, after] = hashes as [string, string];
      await measured(before, first.data);
      return await measured(after, request.data);
    } finally {
      await chain.request({ method: "evm_setAutomine", params: [true] });
    }
  };
  const wait = async (seconds: number): Promise<bigint> => {
    const latest = await chain.provider.getBlock("latest");
    if (latest === null) throw new FailureError("NO_BLOCK", "The chain has no block.");
    const time = latest.timestamp + seconds;
    await chain.request({ method: "evm_setNextBlockTimestamp", params: [time] });
    return BigInt(time);
  };

  const tokenCode = await readProduction("contracts/mocks/MockERC20.sol");
  const token = async (symbol: string): Promise<MockERC20> => {
    const contract = await deploy(tokenCode, `Bench ${symbol}`, symbol, 18);
    return MockERC20__factory.connect(await contract.getAddress(), maker);
  };
  const [a, b, c, d] = [await token("A"), await token("B"), await token("C"), await token("D")];
  const tokens = [a, b, c, d];
  const weth = await deploy(await readProduction("contracts/mocks/MockWETH.sol"));
  const permit2 = await deploy(await readProduction("contracts/mocks/MockPermit2.sol"));
  const authority = await deploy(
    await readPackaged("@openzeppelin/contracts/build/contracts/AccessManager.json"),
    maker.address,
  );
  const deployed = await deploy(
    await readProduction("contracts/core/Ledger.sol"),
    await authority.getAddress(),
    await weth.getAddress(),
    await permit2.getAddress(),
    [[await a.getAddress(), await b.getAddress()]],
  );
  const ledger = Ledger__factory.connect(await deployed.getAddress(), maker);
  const ledgerAddress = await ledger.getAddress();
  const core = await deploy(await readProduction("contracts/amm/AmmCore.sol"), ledgerAddress);
  const amm = AmmCore__factory.connect(await core.getAddress(), maker);
  await (await ledger.listCore(await amm.getAddress())).wait();
  const ammLens = await deploy(await readProduction("contracts/periphery/AmmLens.sol"), await amm.getAddress());
  const lending = await deploy(await readProduction("contracts/lending/LendingCore.sol"), ledgerAddress);
  const lendingAddress = await lending.getAddress();
  await (await ledger.listCore(lendingAddress)).wait();
  const lendingLens = await deploy(await readProduction("contracts/periphery/LendingLens.sol"), lendingAddress);
  const ledgerLens = await deploy(await readProduction("contracts/periphery/LedgerLens.sol"), ledgerAddress);
  const addressBook = await deploy(await readProduction("contracts/core/AddressBook.sol"));
  const directory = await deploy(
    await readProduction("contracts/core/AccountDirectory.sol"),
    await addressBook.getAddress(),
  );
  const settlement = await deploy(
    await readProduction("contracts/core/Settlement.sol"),
    ledgerAddress,
    await directory.getAddress(),
  );
  const staking = await deploy(await readProduction("contracts/staking/StakingCore.sol"), ledgerAddress);
  const merkle = await deploy(await readProduction("contracts/staking/MerkleDistributor.sol"), ledgerAddress);
  const lakh = createLakh({
    addresses: {
      ledger: ledgerAddress,
      amm: await amm.getAddress(),
      ammLens: await ammLens.getAddress(),
      lending: lendingAddress,
      lendingLens: await lendingLens.getAddress(),
      staking: await staking.getAddress(),
      merkleDistributor: await merkle.getAddress(),
      ledgerLens: await ledgerLens.getAddress(),
      addressBook: await addressBook.getAddress(),
      directory: await directory.getAddress(),
      settlement: await settlement.getAddress(),
      weth: await weth.getAddress(),
      permit2: await permit2.getAddress(),
    },
    runner: chain.provider,
  });

  const fund = async (account: JsonRpcSigner): Promise<void> => {
    for (const each of tokens) {
      await (await each.mint(account.address, FUNDS)).wait();
      await (await each.connect(account).approve(ledgerAddress, MAX_UINT256)).wait();
    }
    await send(account, { to: await weth.getAddress(), data: "0xd0e30db0", value: 1_000n * UNIT }); // deposit()
    const approval = encode(weth, "approve", [ledgerAddress, MAX_UINT256]);
    await send(account, { to: await weth.getAddress(), data: approval });
  };
  const deposit = async (account: JsonRpcSigner): Promise<void> => {
    for (const each of tokens) {
      const request = { token: await each.getAddress(), amount: FUNDS / 10n, to: account.address };
      await send(account, lakh.ledger.deposit(request));
    }
  };
  for (const account of [maker, user]) {
    await fund(account);
    await deposit(account);
  }

  const range = rangeOffsets({ low: (PRICE_SCALE * 8n) / 10n, high: (PRICE_SCALE * 12n) / 10n });
  const [idA, idB, idC, idD] = await Promise.all(tokens.map((each) => each.getAddress()));
  const pair = (x: string | undefined, y: string | undefined, offsets = { alpha: 0n, beta: 0n }): PoolKey =>
    poolKey({ assets: [x ?? "", y ?? ""], fee: FEE, ...offsets });
  const pools = {
    plainHome: pair(idA, idB),
    rangeHome: pair(idA, idB, range),
    plainApart: pair(idC, idD),
    rangeApart: pair(idC, idD, range),
    between: pair(idB, idC),
    native: pair(idA, await weth.getAddress()),
    oracleHome: { ...pair(idA, idB), flags: POOL_ORACLE },
  };
  for (const pool of Object.values(pools)) {
    const amount = pool === pools.native ? 100n * UNIT : LIQUIDITY;
    const common = { pool, amount0: amount, amount1: amount, minShares: 1n, deadline: FAR_FUTURE } as const;
    await send(maker, lakh.amm.createPool({ ...common, source: "wallet", to: maker.address }));
    await send(user, lakh.amm.addLiquidity({ ...common, source: "wallet", to: user.address }));
  }

  let newcomers = 2;
  const newcomer = async (): Promise<JsonRpcSigner> => {
    const account = await signerOf(newcomers++);
    await fund(account);
    return account;
  };
  return { chain, lakh, ledger, amm, user, newcomer, maker, a, b, c, d, weth, pools, deploy, send, sendBehind, wait };
}

/** Writes L1's prices where the chain's gas price oracle reads them (simulated chains start with an L1 fee of 0). */
async function setL1Prices(chain: LocalChain): Promise<void> {
  const write = async (slot: number, value: bigint): Promise<unknown> =>
    chain.request({ method: "hardhat_setStorageAt", params: [L1_BLOCK, toBeHex(slot), toBeHex(value, 32)] });
  await write(1, L1.baseFee);
  await write(7, L1.blobBaseFee);
  await write(3, (L1.baseFeeScalar << 96n) | (L1.blobBaseFeeScalar << 64n));
}

/** ABI encoding of a call for a contract without bindings. */
export function encode(contract: Contract, name: string, args: readonly unknown[]): string {
  return contract.interface.encodeFunctionData(name, args);
}

/** The first word that a call answers. */
export async function readUint(chain: LocalChain, to: string, data: string): Promise<bigint> {
  const answer = await chain.provider.call({ to, data });
  return AbiCoder.defaultAbiCoder().decode(["uint256"], answer)[0] as bigint;
}
