import {
  AbiCoder,
  FetchRequest,
  getAddress,
  JsonRpcProvider,
  keccak256,
  Network,
  recoverAddress,
  toQuantity,
  Wallet,
  ZeroAddress,
} from "ethers";
import { explain } from "../../../src/index.js";
import { IAccountDirectory__factory } from "../../../typechain-types/factories/interfaces/IAccountDirectory__factory.js";
import { ILedger__factory } from "../../../typechain-types/factories/interfaces/ILedger__factory.js";
import { ISettlement__factory } from "../../../typechain-types/factories/interfaces/ISettlement__factory.js";
import { openBooks, type Book, type BookName, type BookOptions } from "./books.js";
import { type SentTransaction } from "./database.js";
import { RelayerError } from "./error.js";

/** EIP-7825: no transaction may have more. */
export const MAX_TRANSACTION_GAS = 16_777_216n;

const RPC_TIMEOUT_MS = 10_000;
const POLLING_MS = 100;
const PAIRING = "0x000000000000000000000000000000000000000f";
/** A pairing of the two points at infinity, which holds. */
const EMPTY_PAIRING = `0x${"00".repeat(384)}`;
const HOLDS = 1n;
/** The least by which a transaction must outbid another of its nonce, in percent; nodes ask for 10. */
const REPLACEMENT_PERCENT = 115n;
/** Wei per unit of gas where the node suggests nothing. */
const MIN_TIP = 1_000_000n;

const MAX_CACHED = 100_000;
const ADDRESS_BOOK_IDS = 2 ** 31;
const ALL_KINDS = 7;
const FOREVER = 2 ** 32 - 1;
const WALLET_GAS = 50_000;
/** Code of an account that has delegated itself by EIP-7702. */
const DELEGATION = "0xef0100";
const ERC1271 = "0x1626ba7e";
/** Names of failures that say nothing about the transaction. */
const UNREACHABLE: ReadonlySet<string> = new Set(["TIMEOUT", "SERVER_ERROR", "NETWORK_ERROR", "ECONNREFUSED"]);

/** A row of the directory; `key` is x and y of the point, 48 bytes each, and absent for a row of the address book. */
export type AccountRow = { address: string; key: Uint8Array | undefined; kinds: number; validUntil: number };

/** The log of a settled batch, with the calldata that it speaks of. */
export type SettledLog = {
  root: string;
  sections: bigint;
  skipped: readonly bigint[];
  calldata: string;
  gasUsed: bigint;
  hash: string;
};

/** A block, with its time in Unix seconds. */
export type Head = { block: number; timestamp: number };

/** The chain as the relayer sees it. */
export type Chain = {
  chainId: bigint;
  settlement: string;
  directory: string;
  ledger: string;
  relayer: string;
  /** Addresses of the protocols whose sections can be built. */
  protocols: readonly string[];
  head: () => Promise<Head>;
  /** The highest number used, and the transactions sent, as of a block. */
  standing: (block: number) => Promise<{ lastNumber: number; nonce: number }>;
  settledLog: (number: number, fromBlock: number, toBlock: number) => Promise<SettledLog | undefined>;
  row: (account: number) => Promise<AccountRow | undefined>;
  isRevoked: (account: number) => Promise<boolean>;
  /** Whether a signature is the account's: by ERC-1271 of a contract, else by its key. */
  isSignedBy: (address: string, digest: string, signature: string) => Promise<boolean>;
  /** The 16 bits of sequence of the word that holds `asset`. */
  sequenceOf: (address: string, asset: bigint) => Promise<number>;
  /** The storage key of the word that holds `asset`. */
  homeOf: (asset: bigint) => Promise<bigint>;
  /** The book of a section; undefined when there is none, or its protocol is not one of `protocols`. */
  bookOf: (name: BookName) => Promise<Book | undefined>;
  /** What the transaction would use, or why it would revert. */
  estimate: (calldata: string) => Promise<{ gas: bigint } | { problem: string; isOfChain: boolean }>;
  /** Signs a transaction, at a fee above `outbid`'s where given. */
  sign: (options: {
    calldata: string;
    gas: bigint;
    nonce: number;
    outbid: SentTransaction | undefined;
  }) => Promise<SentTransaction>;
  /** Hands a signed transaction to the node; what it already knows, or does not want, is no error here. */
  broadcast: (raw: string) => Promise<string | undefined>;
  close: () => void;
};

export type ChainOptions = {
  url: string;
  key: string;
  chainId: bigint;
  settlement: string;
} & BookOptions;

/**
 * Connects to the node and checks everything that the relayer stands on. Throws `RPC_UNREACHABLE`, `WRONG_CHAIN`,
 * `NO_SETTLEMENT`, `NO_BLS_PRECOMPILES`, `RELAYER_HAS_CODE` or `NO_BALANCE`.
 */
export async function openChain({ url, key, chainId, settlement, ...protocols }: ChainOptions): Promise<Chain> {
  const request = new FetchRequest(url);
  request.timeout = RPC_TIMEOUT_MS;
  const network = Network.from(chainId);
  const provider = new JsonRpcProvider(request, network, {
    staticNetwork: network,
    cacheTimeout: -1,
    pollingInterval: POLLING_MS,
    batchStallTime: 1,
  });
  try {
    return await connect({
      provider,
      wallet: new Wallet(key),
      chainId,
      settlement: getAddress(settlement),
      ...protocols,
      url,
    });
  } catch (error) {
    provider.destroy();
    throw error;
  }
}

async function connect({
  provider,
  wallet,
  chainId,
  settlement,
  url,
  ...protocols
}: Omit<ChainOptions, "key"> & { provider: JsonRpcProvider; wallet: Wallet }): Promise<Chain> {
  const send = (method: string, ...params: unknown[]): Promise<unknown> => provider.send(method, params);
  const found = await send("eth_chainId").catch((error: unknown) => {
    throw new RelayerError("RPC_UNREACHABLE", `No node answers at ${url}: ${explain(error).message}`);
  });
  if (BigInt(found as string) !== chainId) {
    throw new RelayerError(
      "WRONG_CHAIN",
      `The node at ${url} serves chain ${BigInt(found as string)}, not ${chainId}.`,
    );
  }
  const contract = ISettlement__factory.connect(settlement, provider);
  const [ledgerAddress, directoryAddress] = await Promise.all([contract.LEDGER(), contract.DIRECTORY()]).catch(() => {
    throw new RelayerError("NO_SETTLEMENT", `There is no settlement at ${settlement} on chain ${chainId}.`);
  });
  const pairing = await send("eth_call", { to: PAIRING, data: EMPTY_PAIRING }, "latest").catch(() => "0x");
  if (pairing === "0x" || BigInt(pairing as string) !== HOLDS) {
    throw new RelayerError("NO_BLS_PRECOMPILES", `Chain ${chainId} has no BLS12-381 precompiles (EIP-2537).`);
  }
  const relayer = wallet.address;
  if ((await send("eth_getCode", relayer, "latest")) !== "0x") {
    throw new RelayerError(
      "RELAYER_HAS_CODE",
      `The relayer ${relayer} has code: batches come from plain accounts only.`,
    );
  }
  const ledger = ILedger__factory.connect(ledgerAddress, provider);
  const directory = IAccountDirectory__factory.connect(directoryAddress, provider);
  const books = await openBooks(provider, ledgerAddress, protocols);

  const feesNow = async (): Promise<{ maxFee: bigint; priorityFee: bigint }> => {
    const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = await provider.getFeeData();
    const priorityFee = maxPriorityFeePerGas ?? MIN_TIP;
    return { maxFee: maxFeePerGas ?? (gasPrice ?? MIN_TIP) * 2n, priorityFee };
  };
  const [balance, { maxFee }] = await Promise.all([provider.getBalance(relayer), feesNow()]);
  const needed = MAX_TRANSACTION_GAS * maxFee;
  if (balance < needed) {
    const message = `The relayer ${relayer} has ${balance} wei; one full batch may cost ${needed}.`;
    throw new RelayerError("NO_BALANCE", message);
  }

  const rows = new Map<number, AccountRow>();
  const homes = new Map<bigint, bigint>();
  const event = contract.interface.getEvent("BatchSettled");
  return {
    chainId,
    settlement,
    directory: directoryAddress,
    ledger: ledgerAddress,
    relayer,
    ...books,

    async head() {
      const { number, timestamp } = (await send("eth_getBlockByNumber", "latest", false)) as Record<string, string>;
      return { block: Number(number), timestamp: Number(timestamp) };
    },

    async standing(block) {
      const [lastNumber, nonce] = await Promise.all([
        contract.lastNumberOf(relayer, { blockTag: block }),
        provider.getTransactionCount(relayer, block),
      ]);
      return { lastNumber: Number(lastNumber), nonce };
    },

    async settledLog(number, fromBlock, toBlock) {
      const topics = contract.interface.encodeFilterTopics(event, [relayer, number]);
      const filter = { address: settlement, topics, fromBlock: toQuantity(fromBlock), toBlock: toQuantity(toBlock) };
      const [log] = (await send("eth_getLogs", filter)) as {
        topics: string[];
        data: string;
        transactionHash: string;
      }[];
      if (log === undefined) return undefined;
      const { root, sections, skipped } = contract.interface.decodeEventLog(event, log.data, log.topics);
      const hash = log.transactionHash;
      const [transaction, receipt] = (await Promise.all([
        send("eth_getTransactionByHash", hash),
        send("eth_getTransactionReceipt", hash),
      ])) as [{ input: string } | null, { gasUsed: string } | null];
      if (transaction === null || receipt === null) return undefined; // the node is behind itself
      return {
        root: root as string,
        sections: sections as bigint,
        skipped: [...(skipped as bigint[])],
        calldata: transaction.input,
        gasUsed: BigInt(receipt.gasUsed),
        hash,
      };
    },

    async row(account) {
      const known = rows.get(account);
      if (known !== undefined) return known;
      const row = await readRow(account);
      if (row !== undefined) rows.set(account, row); // rows never change; revocations stand elsewhere
      const [oldest] = rows.keys();
      if (rows.size > MAX_CACHED && oldest !== undefined) rows.delete(oldest);
      return row;
    },

    isRevoked: (account) => directory.isRevoked(account),

    async isSignedBy(address, digest, signature) {
      const code = (await send("eth_getCode", address, "latest")) as string;
      if (code === "0x" || code.startsWith(DELEGATION)) return recovers(address, digest, signature);
      const data = ERC1271 + AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes"], [digest, signature]).slice(2);
      const answer = await send("eth_call", { to: address, data, gas: toQuantity(WALLET_GAS) }, "latest").catch(
        () => "0x",
      );
      return (answer as string).startsWith(ERC1271) && BigInt(answer as string) === BigInt(ERC1271.padEnd(66, "0"));
    },

    async sequenceOf(address, asset) {
      return Number(((await ledger.wordOf(address, asset)) >> 232n) & 0xffffn);
    },

    async homeOf(asset) {
      const known = homes.get(asset);
      if (known !== undefined) return known;
      const { key } = await ledger.homeOf(asset);
      homes.set(asset, key); // a token's home is fixed when it is first used
      return key;
    },

    async estimate(calldata) {
      const call = { from: relayer, to: settlement, data: calldata, gas: toQuantity(MAX_TRANSACTION_GAS) };
      try {
        return { gas: BigInt((await send("eth_estimateGas", call)) as string) };
      } catch (error) {
        const { name, message } = explain(error);
        return { problem: `${name}: ${message}`, isOfChain: !UNREACHABLE.has(name) };
      }
    },

    async sign({ calldata, gas, nonce, outbid }) {
      const fees = await feesNow();
      const above = (fee: bigint, other: bigint | undefined): bigint => {
        const least = other === undefined ? 0n : (other * REPLACEMENT_PERCENT) / 100n + 1n;
        return fee > least ? fee : least;
      };
      const priority = above(fees.priorityFee, outbid?.priorityFee);
      const highest = above(fees.maxFee, outbid?.maxFee);
      const maxFeePerGas = highest > priority ? highest : priority;
      const transaction = { type: 2, chainId, nonce, to: settlement, data: calldata, gasLimit: gas, value: 0n };
      const raw = await wallet.signTransaction({ ...transaction, maxFeePerGas, maxPriorityFeePerGas: priority });
      return { raw, hash: keccak256(raw), nonce, maxFee: maxFeePerGas, priorityFee: priority };
    },

    async broadcast(raw) {
      try {
        await send("eth_sendRawTransaction", raw);
        return undefined;
      } catch (error) {
        return explain(error).message;
      }
    },

    close() {
      provider.destroy();
    },
  };

  async function readRow(account: number): Promise<AccountRow | undefined> {
    if (account >= ADDRESS_BOOK_IDS) {
      const address = await directory.accountOf(account);
      return address === ZeroAddress ? undefined : { address, key: undefined, kinds: ALL_KINDS, validUntil: FOREVER };
    }
    const { account: address, key: words, kinds, validUntil } = await directory.recordOf(account);
    if (address === ZeroAddress) return undefined;
    const point = Buffer.from(words.map((word) => word.slice(2)).join(""), "hex");
    return { address, key: new Uint8Array(point), kinds: Number(kinds), validUntil: Number(validUntil) };
  }
}

function recovers(address: string, digest: string, signature: string): boolean {
  try {
    return recoverAddress(digest, signature) === address;
  } catch {
    return false;
  }
}
