import { isError, type Signer, type TransactionReceipt } from "ethers";

/** Gas beyond the estimate, in percent. */
export const GAS_MARGIN = 120n;
/** How long a transaction is waited for, in milliseconds. */
const WAIT_MS = 120_000;
/** By how much a transaction outbids the one that it takes the place of, in percent; nodes want 10 or 12.5. */
const RAISE = 125n;

/** Ethers' fields of what a transaction pays for a gas, in wei. */
type Fees = { maxFeePerGas: bigint; maxPriorityFeePerGas: bigint } | { gasPrice: bigint };

export type Sender = (transaction: { to: string; data: string }, gas: bigint) => Promise<TransactionReceipt | null>;

/**
 * Sends one transaction after the other and waits for each. One that was not mined in time does not hold up the next, which takes its
 * place and pays a quarter more. Throws where the node refuses, or when it is not mined within `wait` milliseconds.
 */
export function createSender(signer: Signer, wait = WAIT_MS): Sender {
  let unmined: { nonce: number; fees: Fees } | undefined;

  async function feesFor(nonce: number): Promise<Fees | undefined> {
    if (unmined?.nonce !== nonce) return undefined;
    const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = (await signer.provider?.getFeeData()) ?? {};
    const raised = (before: bigint, now: bigint | null | undefined): bigint => {
      const least = (before * RAISE) / 100n + 1n;
      return now !== null && now !== undefined && now > least ? now : least;
    };
    if ("gasPrice" in unmined.fees) return { gasPrice: raised(unmined.fees.gasPrice, gasPrice) };
    return {
      maxFeePerGas: raised(unmined.fees.maxFeePerGas, maxFeePerGas),
      maxPriorityFeePerGas: raised(unmined.fees.maxPriorityFeePerGas, maxPriorityFeePerGas),
    };
  }

  return async ({ to, data }, gas) => {
    const nonce = await signer.getNonce("latest");
    const fees = await feesFor(nonce);
    const sent = await signer.sendTransaction({ to, data, nonce, gasLimit: (gas * GAS_MARGIN) / 100n, ...fees });
    const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = sent;
    unmined = {
      nonce,
      fees:
        maxFeePerGas === null || maxPriorityFeePerGas === null ? { gasPrice } : { maxFeePerGas, maxPriorityFeePerGas },
    };
    try {
      return await sent.wait(1, wait);
    } catch (error) {
      if (isError(error, "TIMEOUT")) throw notMined(sent.hash, wait);
      throw error;
    }
  };
}

function notMined(hash: string, wait: number): Error {
  const error = new Error(`Transaction ${hash} was not mined within ${wait / 1000} s; the next takes its place.`);
  error.name = "NotMined";
  return error;
}
