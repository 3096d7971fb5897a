import { HDNodeWallet, Mnemonic, toQuantity, type Wallet } from "ethers";
import type { LakhRequest } from "../../../src/index.js";
import { DEVNET_CHAIN_ID, DEVNET_MNEMONIC, type LocalChain } from "../devnet.js";
import { FailureError } from "../failure.js";

const GAS_LIMIT = 500_000n;
/** EIP-7825: the most that a transaction can have. */
export const MAX_GAS = 16_777_216n;
const HIGHEST_FEE_PER_GAS = 100_000_000_000n;

export type DemoFailureCode = "INTERRUPTED" | "UNEXPECTED_OUTCOME" | "NOT_RECONCILED";

/** The chain did something else than the model says. */
export class DemoError extends FailureError {
  declare readonly code: DemoFailureCode;

  constructor(code: DemoFailureCode, message: string) {
    super(code, message);
    this.name = "DemoError";
  }
}

/** An account that signs by itself and counts its own nonces. */
export type Account = { address: string; wallet: HDNodeWallet | Wallet; nonce: number };

/** A log of a mined transaction, as the node serves it. */
export type Log = { address: string; topics: string[]; data: string };

export type Mined = { gas: number; succeeded: boolean; logs: Log[] };

type Receipt = { status: string; gasUsed: string; blockNumber: string; transactionIndex: string; logs: Log[] };

/** The accounts of the local chain, each with its key. */
export async function openAccounts(chain: LocalChain, count: number): Promise<Account[]> {
  const mnemonic = Mnemonic.fromPhrase(DEVNET_MNEMONIC);
  const wallets = Array.from({ length: count }, (_, index) =>
    HDNodeWallet.fromMnemonic(mnemonic, `m/44'/60'/0'/0/${index}`),
  );
  const nonces = await chain.requestAll(
    wallets.map(({ address }) => ({ method: "eth_getTransactionCount", params: [address, "latest"] })),
  );
  return wallets.map((wallet, index) => ({ address: wallet.address, wallet, nonce: Number(nonces[index]) }));
}

/**
 * Signs the request with the account's next nonce. Nodes order a block by fee, and requests that arrive together in any
 * order: the fee falls with `position`, so that the block keeps the order in which operations were signed.
 */
export async function sign(
  account: Account,
  { to, data, value }: Omit<LakhRequest, "parameters">,
  position: number,
  gasLimit = GAS_LIMIT,
): Promise<string> {
  const fee = HIGHEST_FEE_PER_GAS - BigInt(position);
  return account.wallet.signTransaction({
    type: 2,
    chainId: DEVNET_CHAIN_ID,
    nonce: account.nonce++,
    to,
    data,
    value,
    gasLimit,
    maxFeePerGas: fee,
    maxPriorityFeePerGas: fee,
  });
}

/**
 * Puts signed transactions into one block, in the given order, and answers what became of each.
 * Mining must be manual (`evm_setAutomine` false).
 * @param timestamp Unix seconds of the block
 */
export async function mineBlock(chain: LocalChain, signed: readonly string[], timestamp: bigint): Promise<Mined[]> {
  const hashes = await chain.requestAll(signed.map((raw) => ({ method: "eth_sendRawTransaction", params: [raw] })));
  await chain.request({ method: "evm_mine", params: [toQuantity(timestamp)] });
  const receipts = (await chain.requestAll(
    hashes.map((hash) => ({ method: "eth_getTransactionReceipt", params: [hash] })),
  )) as (Receipt | null)[];
  return receipts.map((receipt, index) => {
    if (receipt === null || Number(receipt.transactionIndex) !== index) {
      throw new DemoError("UNEXPECTED_OUTCOME", "The node did not put a block's transactions in the order sent.");
    }
    return { gas: Number(receipt.gasUsed), succeeded: receipt.status === "0x1", logs: receipt.logs };
  });
}
