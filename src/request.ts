import type { Signer, TransactionResponse } from "ethers";
import { MAX_AMOUNT, nonZeroAddress } from "./assets.js";
import { ValidationError } from "./lakh-error.js";

/** A transaction ready for `sendRequest(signer, request)`, with the parameters that it encodes. */
export type LakhRequest<Parameters = unknown> = {
  to: string;
  data: string;
  /** Ether sent along, in wei. */
  value: bigint;
  parameters: Parameters;
};

/**
 * Gas sent along, in hundredths of what the node estimates. A node estimates in the second of its last block, in which what
 * grows with time (interest, rewards, observations of a price) may be stored already; the block that takes the transaction
 * comes later and stores it again. What is not used is not paid.
 */
const GAS_PERCENT = 150n;

/**
 * Sends `request` from `signer` with half as much gas again as the node estimates. Throws what the estimate throws when the
 * request would be refused; `explain` makes a sentence of it.
 */
export async function sendRequest(
  signer: Signer,
  { to, data, value }: Omit<LakhRequest, "parameters">,
): Promise<TransactionResponse> {
  const gas = await signer.estimateGas({ to, data, value });
  return signer.sendTransaction({ to, data, value, gasLimit: (gas * GAS_PERCENT) / 100n });
}

/** Where an action's inputs come from. */
export type Source = "ledger" | "wallet" | "permit2";

/** Where an action's outputs go. */
export type Destination = "ledger" | "wallet" | "native";

/** Whose position is meant: the caller's unless given. */
export type OnBehalf = { account?: string };

/** The numbers of the sources in the ledger's calls. */
export const SOURCES: Readonly<Record<Source, bigint>> = { ledger: 0n, wallet: 1n, permit2: 2n };
/** The numbers of the destinations in the ledger's calls. */
export const DESTINATIONS: Readonly<Record<Destination, bigint>> = { ledger: 0n, wallet: 1n, native: 2n };

/** Throws `AmountZero` or `AmountTooLarge` unless 0 < amount <= 2^112 − 1. */
export function checkAmount(amount: bigint, name: string): bigint {
  if (amount === 0n) throw new ValidationError("AmountZero", `${name} is zero`, { name });
  return checkLimit(amount, name);
}

/** As `checkAmount`, with 0 allowed. */
export function checkLimit(amount: bigint, name: string): bigint {
  if (amount < 0n) throw new ValidationError("AmountOutOfRange", `${name} is negative`, { name, amount });
  if (amount > MAX_AMOUNT) {
    throw new ValidationError("AmountTooLarge", `${name} exceeds 2^112 − 1 units`, { name, amount, max: MAX_AMOUNT });
  }
  return amount;
}

/** Throws `DeadlinePassed` when `now` is given and later than the deadline; both are Unix seconds. */
export function checkDeadline(deadline: bigint, now: bigint | undefined): bigint {
  if (deadline < 0n || (now !== undefined && deadline < now)) {
    throw new ValidationError("DeadlinePassed", `The deadline ${deadline} has passed`, { deadline, now });
  }
  return deadline;
}

/** The receiver: the one given, or else the account of the client. Throws `RecipientMissing` or `InvalidAddress`. */
export function receiverOf(to: string | undefined, account: string | undefined): string {
  const receiver = to ?? account;
  if (receiver === undefined) {
    throw new ValidationError("RecipientMissing", "Give `to`, or an account when creating the client");
  }
  return nonZeroAddress(receiver, "to");
}
