import { AbiCoder, Contract, getCreateAddress, keccak256, toBeHex, Wallet, type JsonRpcSigner } from "ethers";
import accessManager from "@openzeppelin/contracts/build/contracts/AccessManager.json" with { type: "json" };
import { deployLocal } from "../../scripts/lib/deployment.js";
import { DEVNET_CHAIN_ID, startDevnet, type Devnet, type RpcRequest } from "../../scripts/lib/devnet.js";
import { FailureError } from "../../scripts/lib/failure.js";
import { bookKey, createLakh, issuedId, poolKey, type Lakh, type PoolKey } from "../../src/index.js";
import { KEY_KINDS, proveKnowledge, registerTypedData, VALID_FOREVER } from "../../src/registration.js";
import {
  AccountDirectory__factory,
  BenchFiller__factory,
  BenchIssuer__factory,
  BenchLens__factory,
  BenchPrecompiles__factory,
  BenchVault__factory,
  Ledger__factory,
  MockERC20__factory,
  type BenchLens,
  type BenchPrecompiles,
  type Ledger,
} from "../../typechain-types/index.js";
import type { Cohort } from "./cohort.js";
import { CpuMeter, findDescendant } from "./cpu.js";
import { vaultKey, type Places } from "./load.js";
import { CONSENT, FUNDS, POOL_RESERVE } from "./model.js";

/** EIP-7825. */
export const TRANSACTION_GAS = 2 ** 24;
export const POOL_FEE = 3_000n;
const FAR_FUTURE = 4_102_444_800n; // 2100-01-01
const BLOCK_GAS = 300_000_000_000n;
/** Rows that are registered for real, to prove that the others look the same; they fit one transaction. */
const SAMPLE_ROWS = 64;
const PAGES_AT_ONCE = 50;
const WORDS_PER_FILL = 600;
/** The ledger's slots to look through for its mapping of words. */
const SLOTS = 64;
const ETHER = 10n ** 18n;
const coder = AbiCoder.defaultAbiCoder();

/** Load needs blocks without a small limit, a pool that keeps order, and no history of every block's state. */
const FLAGS = ["--order", "fifo", "--prune-history", "--enable-tx-gas-limit"];

/** One deployment on a chain of its own, full of accounts. */
export type Lane = {
  chain: Devnet;
  cpu: CpuMeter;
  lakh: Lakh;
  ledger: Ledger;
  lens: BenchLens;
  precompiles: BenchPrecompiles;
  authority: string;
  settlement: string;
  directory: string;
  token: string;
  pool: PoolKey;
  places: Places;
  /** The first account of the devnet: owns everything that has an owner. */
  deployer: JsonRpcSigner;
  /** Whether asset 0 of the pool lives on side 0 of the pair's word. */
  isStraight: boolean;
  /** Rows of the page that was registered for real, and found to be as written by the benchmark. */
  sampleRows: number;
  sampleGas: number;
};

export type LaneOptions = { cohort: Cohort; vaults: number; relayer: string; note: (text: string) => void };

/** Starts a chain, deploys, and writes the cohort's pages and words. */
export async function openLane({ cohort, vaults, relayer, note }: LaneOptions): Promise<Lane> {
  note("starting anvil");
  const chain = await startDevnet({ blockGasLimit: BLOCK_GAS, flags: FLAGS });
  try {
    return await fillLane(chain, { cohort, vaults, relayer, note });
  } catch (error) {
    await chain.stop();
    throw error;
  }
}

async function fillLane(chain: Devnet, { cohort, vaults, relayer, note }: LaneOptions): Promise<Lane> {
  note("deploying");
  const pid = findDescendant(chain.pid, "anvil");
  if (pid === undefined) throw new FailureError("NODE_NOT_FOUND", "The process of anvil was not found.");
  const addresses = await deployLocal(chain);
  const deployer = await chain.provider.getSigner(0);
  const ledger = Ledger__factory.connect(addresses.ledger, deployer);
  const lakh = createLakh({ addresses, runner: deployer });
  const { settlement, directory } = addresses;
  const vault = await deployed(new BenchVault__factory(deployer).deploy(addresses.ledger));
  const issuer = await deployed(new BenchIssuer__factory(deployer).deploy(addresses.ledger));
  const lens = BenchLens__factory.connect(await deployed(new BenchLens__factory(deployer).deploy()), deployer);
  const precompiles = BenchPrecompiles__factory.connect(
    await deployed(new BenchPrecompiles__factory(deployer).deploy()),
    deployer,
  );
  const token = await deployed(new MockERC20__factory(deployer).deploy("Bench", "BENCH", 6));

  const pool = poolKey({ assets: [addresses.index, addresses.usd], fee: POOL_FEE });
  const accounts = BigInt(cohort.size + 1);
  for (const asset of [addresses.index, addresses.usd]) {
    const contract = MockERC20__factory.connect(asset, deployer);
    await mined(contract.mint(deployer.address, POOL_RESERVE + 1n));
    await mined(contract.approve(addresses.ledger, POOL_RESERVE + 1n));
    await mined(contract.mint(addresses.ledger, accounts * BigInt(FUNDS)));
  }
  const creation = { pool, amount0: POOL_RESERVE, amount1: POOL_RESERVE, minShares: 1n, deadline: FAR_FUTURE };
  await mined(deployer.sendTransaction(lakh.amm.createPool({ ...creation, source: "wallet", to: deployer.address })));
  await mined(
    deployer.sendTransaction(lakh.ledger.deposit({ token: addresses.usd, amount: 1n, to: deployer.address })),
  );

  const { asset0, asset1 } = pool;
  const [, side] = await ledger.homeOf(asset0);
  const rulesAsset = await BenchIssuer__factory.connect(issuer, deployer).assetId();
  const places: Places = {
    ...{ asset0, asset1, isHomePair: true, rulesAsset, vault },
    amm: addresses.amm,
    poolBookKey: bookKey(pool),
    vaultShares: Array.from({ length: vaults }, (_, key) =>
      issuedId({ owner: vault, salt: vaultBook(vault, asset0, key) }),
    ),
  };
  const lane: Lane = {
    ...{ chain, lakh, ledger, lens, precompiles, settlement, directory, token, pool, places, deployer },
    authority: addresses.authority,
    cpu: new CpuMeter(pid),
    isStraight: side === 0n,
    sampleRows: 0,
    sampleGas: 0,
  };
  note("registering a sample page");
  await registerSample(lane, cohort);
  note(`writing ${cohort.pages} pages`);
  await writePages(lane, cohort);
  note("writing words");
  await writeWords(lane, cohort, relayer);
  await openWallets(lane, cohort, relayer);
  await chain.request({ method: "evm_setAutomine", params: [false] });
  return lane;
}

/* DIRECTORY */

/** Registers the first accounts for real; throws unless the page is, byte for byte, what the benchmark writes itself. */
async function registerSample(lane: Lane, cohort: Cohort): Promise<void> {
  const { chain, directory, deployer } = lane;
  const chainId = BigInt(DEVNET_CHAIN_ID);
  const rows = Math.min(SAMPLE_ROWS, cohort.wallets);
  const registrations = [];
  for (let index = 0; index < rows; index++) {
    const account = cohort.hexAddressOf(index);
    const proof = proveKnowledge({ secretKey: cohort.secretOf(index), account, chainId, directory });
    const terms = { account, kinds: KEY_KINDS.all, validUntil: VALID_FOREVER, deadline: FAR_FUTURE };
    const { domain, types, message } = registerTypedData({ directory, chainId, key: proof.key, ...terms });
    const wallet = new Wallet(toBeHex(BigInt(`0x${Buffer.from(cohort.walletSecretOf(index)).toString("hex")}`), 32));
    const signature = await wallet.signTypedData(domain, types, message);
    registrations.push({ ...terms, ...proof, key: [...proof.key], commitment: [...proof.commitment], signature });
  }
  const contract = AccountDirectory__factory.connect(directory, deployer);
  const response = await contract.register(registrations as never, { gasLimit: TRANSACTION_GAS });
  const receipt = await response.wait();
  const code = await chain.provider.getCode(await contract.pageAt(0));
  if (code !== `0x${cohort.pageCode(0, rows).toString("hex")}`) {
    throw new FailureError(
      "PAGE_DIFFERS",
      "A registered page is not what the benchmark writes: its figures would be wrong.",
    );
  }
  lane.sampleRows = rows;
  lane.sampleGas = Number(receipt?.gasUsed ?? 0n);
}

/** Writes the code of all pages where the directory would have created them, and counts them as created. */
async function writePages({ chain, directory, deployer }: Lane, cohort: Cohort): Promise<void> {
  const requests: RpcRequest[] = [];
  for (let page = 0; page < cohort.pages; page++) {
    const address = getCreateAddress({ from: directory, nonce: page + 1 });
    requests.push({ method: "anvil_setCode", params: [address, `0x${cohort.pageCode(page).toString("hex")}`] });
    requests.push({ method: "anvil_setNonce", params: [address, "0x1"] });
    if (requests.length >= PAGES_AT_ONCE) await chain.requestAll(requests.splice(0));
  }
  await chain.requestAll(requests);
  await chain.request({ method: "anvil_setNonce", params: [directory, toBeHex(cohort.pages + 1)] });
  const contract = AccountDirectory__factory.connect(directory, deployer);
  for (let slot = 0; slot < SLOTS && (await contract.pageCount()) === 1n; slot++) {
    const value = await chain.provider.getStorage(directory, slot);
    if (BigInt(value) !== 1n) continue;
    const write = (count: number) =>
      chain.request({ method: "anvil_setStorageAt", params: [directory, toBeHex(slot, 32), toBeHex(count, 32)] });
    await write(cohort.pages);
    if ((await contract.pageCount()) !== BigInt(cohort.pages)) await write(1); // something else that is 1
  }
}

/* WORDS */

/** Gives every account, and the relayer, the words that the model begins with. */
async function writeWords(lane: Lane, cohort: Cohort, relayer: string): Promise<void> {
  const { places } = lane;
  const everyone = Buffer.concat([cohort.addresses, Buffer.from(relayer.slice(2), "hex")]);
  await fillWords(lane, [
    { id: places.asset0, amount0: FUNDS, amount1: FUNDS, accounts: everyone },
    { id: places.rulesAsset, amount0: FUNDS, amount1: 0, accounts: cohort.addresses },
  ]);
}

/** The word that holds `id`, for each of `accounts` (20 bytes each). */
export type Filling = { id: bigint; amount0: number; amount1: number; accounts: Buffer };

/** Writes words through a filler that stands in the ledger's place meanwhile, with consent to settlements 0 to 2. */
export async function fillWords(lane: Lane, fillings: readonly Filling[]): Promise<void> {
  const { chain, ledger, deployer } = lane;
  const base = await findCells(lane);
  const target = await ledger.getAddress();
  const code = await chain.provider.getCode(target);
  const filler = await deployed(new BenchFiller__factory(deployer).deploy());
  const codec = BenchFiller__factory.createInterface();
  const calls: string[] = [];
  for (const { id, amount0, amount1, accounts } of fillings) {
    const [key] = await ledger.homeOf(id);
    const cells = mappingSlot(key, base);
    const word = (BigInt(CONSENT) << 224n) | (BigInt(amount1) << 112n) | BigInt(amount0);
    for (let at = 0; at < accounts.length; at += 20 * WORDS_PER_FILL) {
      const some = accounts.subarray(at, at + 20 * WORDS_PER_FILL);
      calls.push(codec.encodeFunctionData("fill", [cells, word, some]));
    }
  }
  await chain.request({ method: "anvil_setCode", params: [target, await chain.provider.getCode(filler)] });
  await sendAll(
    lane,
    calls.map((data) => ({ to: target, data })),
  );
  await chain.request({ method: "anvil_setCode", params: [target, code] });
}

/** Slot of the ledger's mapping from keys to accounts' words, found by a word that is known. */
async function findCells({ chain, ledger, places, deployer }: Lane): Promise<string> {
  const word = await ledger.wordOf(deployer.address, places.asset0);
  const [key] = await ledger.homeOf(places.asset0);
  const target = await ledger.getAddress();
  for (let base = 0; base < SLOTS; base++) {
    const slot = mappingSlot(BigInt(deployer.address), mappingSlot(key, toBeHex(base, 32)));
    if (BigInt(await chain.provider.getStorage(target, slot)) === word) return toBeHex(base, 32);
  }
  throw new FailureError("CELLS_NOT_FOUND", "The ledger's words are not where the benchmark looks for them.");
}

function mappingSlot(key: bigint, mapping: string): string {
  return keccak256(coder.encode(["uint256", "bytes32"], [key, mapping]));
}

/** Ether, and the plain token, for those who send transactions. */
async function openWallets(lane: Lane, cohort: Cohort, relayer: string): Promise<void> {
  const { chain, token } = lane;
  const wallets = Array.from({ length: cohort.wallets }, (_, index) => cohort.hexAddressOf(index));
  const balances = [relayer, ...wallets].map((account) => ({
    method: "anvil_setBalance",
    params: [account, toBeHex(1_000_000n * ETHER)],
  }));
  await chain.requestAll(balances);
  const codec = MockERC20__factory.createInterface();
  await sendAll(
    lane,
    wallets.map((account) => ({ to: token, data: codec.encodeFunctionData("mint", [account, FUNDS]) })),
  );
}

/** Sends calls of the deployer in as few blocks as it goes. */
async function sendAll({ chain, deployer }: Lane, calls: readonly { to: string; data: string }[]): Promise<void> {
  await chain.request({ method: "evm_setAutomine", params: [false] });
  const gas = toBeHex(TRANSACTION_GAS);
  const first = await chain.provider.getTransactionCount(deployer.address);
  for (let from = 0; from < calls.length; from += 500) {
    const requests = calls.slice(from, from + 500).map(({ to, data }, offset) => ({
      method: "eth_sendTransaction",
      params: [{ from: deployer.address, to, data, gas, nonce: toBeHex(first + from + offset) }],
    }));
    const hashes = await chain.requestAll(requests);
    await chain.request({ method: "evm_mine" });
    const receipt = (await chain.request({ method: "eth_getTransactionReceipt", params: [hashes.at(-1)] })) as {
      status: string;
    };
    if (receipt.status !== "0x1") throw new FailureError("SETUP_FAILED", "The accounts could not be prepared.");
  }
  await chain.request({ method: "evm_setAutomine", params: [true] });
}

/* HELPERS */

/** Lists a settlement version. */
export async function listSettlement(authority: string, ledger: Ledger, settlement: string): Promise<void> {
  const contract = new Contract(authority, accessManager.abi, ledger.runner);
  const listing = ledger.interface.encodeFunctionData("listSettlement", [settlement]);
  await mined(contract.getFunction("execute")(await ledger.getAddress(), listing) as Promise<Mineable>);
}

function vaultBook(vault: string, asset0: bigint, key: number): string {
  return keccak256(coder.encode(["address", "uint256", "uint256", "bytes32"], [vault, asset0, 0n, vaultKey(key)]));
}

type Deployment = { waitForDeployment: () => Promise<unknown>; getAddress: () => Promise<string> };
type Mineable = { wait: () => Promise<unknown> };

/** The address of what is deployed, once it is. */
export async function deployed(deployment: Promise<Deployment>): Promise<string> {
  const contract = await deployment;
  await contract.waitForDeployment();
  return contract.getAddress();
}

export async function mined(response: Promise<Mineable>): Promise<void> {
  await (await response).wait();
}
