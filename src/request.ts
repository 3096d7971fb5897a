import { MAX_AMOUNT, nonZeroAddress } from "./assets.js";
import { ValidationError } from "./lakh-error.js";

/** A transaction ready for `signer.sendTransaction(request)`, with the parameters that it encodes. */
export type LakhRequest<Parameters = unknown> = {
  to: string;
  data: string;
  /** Ether sent along, in wei. */
  value: bigint;
  parameters: Parameters;
};

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
