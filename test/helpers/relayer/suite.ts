import { setTimeout as sleep } from "node:timers/promises";
import {
  HDNodeWallet,
  MaxUint256,
  Mnemonic,
  NonceManager,
  toQuantity,
  type JsonRpcProvider,
  type TransactionReceipt,
} from "ethers";
import { deployLocal, type LocalAddresses } from "../../../scripts/lib/deployment.js";
import { DEVNET_CHAIN_ID, DEVNET_MNEMONIC, startDevnet, type Devnet } from "../../../scripts/lib/devnet.js";
import { type Bls } from "../../../src/bls/bls.js";
import {
  createLakh,
  KEY_KINDS,
  poolKey,
  proveKnowledge,
  registerTypedData,
  tokenId,
  VALID_FOREVER,
  type PoolKey,
} from "../../../src/index.js";
import {
  AccountDirectory__factory,
  Ledger__factory,
  MockERC20__factory,
  Settlement__factory,
  type Ledger,
  type Settlement,
} from "../../../typechain-types/index.js";

const chainId = BigInt(DEVNET_CHAIN_ID);
const NEVER = 2n ** 40n;
export const WAD = 10n ** 18n;

/** An account with a registered key; its wallet is one of the devnet's. */
export type Member = { id: number; address: string; secret: Uint8Array };

/** The suite on anvil with a settlement, accounts that have registered keys and funds, and a pool. */
export type Suite = {
  devnet: Devnet;
  ledger: Ledger;
  settlement: Settlement;
  addresses: { settlement: string; directory: string; amm: string; ammLens: string };
  /** All addresses, and the account that deployed them and holds a reserve of each asset. */
  deployed: LocalAddresses;
  deployer: string;
  /** A token of its own word, and the two of the pool, which share one. */
  token: bigint;
  pool: PoolKey;
  members: readonly Member[];
  /** Sends batches; it holds nothing in the ledger. */
  relayer: { address: string; privateKey: string };
};

/** What every account holds at the start, of each asset, and each side of the pool. */
export const FUNDS = 1_000_000n * WAD;
export const RESERVE = 50_000_000n * WAD;

/** Starts anvil, at a time in Unix seconds where one is given, and sets everything up; 2 to 3 seconds for 20 accounts. */
export async function startSuite({
  bls,
  count,
  timestamp,
}: {
  bls: Bls;
  count: number;
  timestamp?: number;
}): Promise<Suite> {
  const devnet = await startDevnet({ accounts: count + 2, ...(timestamp === undefined ? {} : { timestamp }) });
  try {
    return await setUp(devnet, bls, count);
  } catch (error) {
    await devnet.stop();
    throw error;
  }
}

async function setUp(devnet: Devnet, bls: Bls, count: number): Promise<Suite> {
  const { provider } = devnet;
  const deployed = await deployLocal(devnet);
  const mnemonic = Mnemonic.fromPhrase(DEVNET_MNEMONIC);
  const wallets = Array.from({ length: count + 2 }, (_, index) =>
    HDNodeWallet.fromMnemonic(mnemonic, `m/44'/60'/0'/0/${index}`).connect(provider),
  );
  const [deployer, relayer, ...owners] = wallets;
  if (deployer === undefined || relayer === undefined) throw new RangeError("the devnet has too few accounts");
  const sender = new NonceManager(deployer);
  const directory = AccountDirectory__factory.connect(deployed.directory, sender);
  const settlement = Settlement__factory.connect(deployed.settlement, provider);
  const ledger = Ledger__factory.connect(deployed.ledger, provider);
  const solo = await (await new MockERC20__factory(sender).deploy("Solo", "SOLO", 18)).getAddress();
  const { index, usd } = deployed;

  // The node has everybody's key.
  const calls: { from: string; to: string; data: string }[] = [];
  const call = (from: string, to: string, data: string): void => void calls.push({ from, to, data });
  const [erc20, { interface: inLedger }] = [MockERC20__factory.createInterface(), ledger];
  const from = deployer.address;
  for (const token of [solo, index, usd]) {
    call(from, token, erc20.encodeFunctionData("mint", [from, 10n * RESERVE]));
    call(from, token, erc20.encodeFunctionData("approve", [deployed.ledger, MaxUint256]));
    for (const { address } of owners) {
      call(from, deployed.ledger, inLedger.encodeFunctionData("deposit", [token, FUNDS, FUNDS, address]));
    }
    call(from, deployed.ledger, inLedger.encodeFunctionData("deposit", [token, RESERVE, RESERVE, from]));
  }
  for (const { address } of owners) {
    for (const token of [solo, index]) {
      call(address, deployed.ledger, inLedger.encodeFunctionData("setConsent", [tokenId(token), 1]));
    }
  }
  const pool = poolKey({ assets: [index, usd], fee: 3_000n });
  const { to, data } = createLakh({ addresses: deployed, runner: provider, account: from }).amm.createPool({
    ...{ pool, amount0: RESERVE, amount1: RESERVE, minShares: 1n, deadline: NEVER },
    source: "ledger",
  });
  call(from, to, data);
  // One after the other: of requests sent together the node takes any first, and leaves those before their turn unmined.
  for (const each of calls) {
    const hash = (await provider.send("eth_sendTransaction", [{ ...each, gas: toQuantity(8_000_000) }])) as string;
    if ((await receiptOf(provider, hash)).status !== 1) throw new RangeError("a transaction of the set-up failed");
  }
  sender.reset();

  const members = owners.map(({ address }, id): Member => {
    const secret = new Uint8Array(32);
    new DataView(secret.buffer).setUint32(28, 1_000 + id);
    return { id, address, secret };
  });
  const registrations = await Promise.all(
    members.map(async ({ address, secret }, position) => {
      const proof = proveKnowledge({ secretKey: secret, account: address, chainId, directory: deployed.directory });
      const terms = { kinds: KEY_KINDS.all, validUntil: VALID_FOREVER, deadline: NEVER };
      const { domain, types, message } = registerTypedData({
        ...{ directory: deployed.directory, chainId, key: proof.key, account: address },
        ...terms,
      });
      const signature = (await owners[position]?.signTypedData(domain, types, message)) ?? "0x";
      const key = [...proof.key] as [string, string, string];
      const commitment = [...proof.commitment] as [string, string, string];
      return { account: address, ...terms, ...proof, key, commitment, signature };
    }),
  );
  await (await directory.register(registrations)).wait();
  const first = await directory.accountOf(0);
  if (first !== members[0]?.address) throw new RangeError("ids do not begin with 0");
  const addresses = {
    settlement: deployed.settlement,
    directory: deployed.directory,
    amm: deployed.amm,
    ammLens: deployed.ammLens,
  };
  const named = { addresses, deployed, deployer: from, relayer };
  return { devnet, ledger, settlement, ...named, token: tokenId(solo), pool, members };
}

/** The receipt of a transaction that the node mines at once, or nearly: the answer to its sender may come first. */
async function receiptOf(provider: JsonRpcProvider, hash: string): Promise<TransactionReceipt> {
  for (let tries = 0; tries < 1_000; tries++) {
    const receipt = await provider.getTransactionReceipt(hash);
    if (receipt !== null) return receipt;
    await sleep(20);
  }
  throw new RangeError(`transaction ${hash} of the set-up was not mined in 20 seconds`);
}
