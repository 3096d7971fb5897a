import { type StoredBatch } from "./database.js";

/** What the chain says about a batch, all read at one block. */
export type Sighting = {
  /** Unix seconds of that block. */
  timestamp: number;
  /** The highest number that the relayer has used. */
  lastNumber: number;
  /** How many transactions the relayer's account has sent. */
  nonce: number;
  /** Whose root `BatchSettled` has for the batch's number, if there is such a log. */
  log: "ours" | "foreign" | "none";
};

/** What is to be done with a batch that is not finished. */
export type Step =
  /** It was executed: read the outcomes from its log and write them down. */
  | { kind: "settle" }
  /** It never can be executed: its orders may go into another one. */
  | { kind: "void"; why: "never-sent" | "expired" | "overtaken" | "displaced" }
  /** It may still be executed: see that the network has it, and look again. */
  | { kind: "wait" };

/**
 * The state machine of an unfinished batch. It looks at nothing but its arguments, so that after a crash it decides as it
 * would have before.
 *
 *   built ── no transaction was signed ──────────────────────────────▶ void
 *   sent ─── the log of its number has its root ─────────────────────▶ settled
 *   sent ─── the log of its number has another root ─────────────────▶ void: a number is used once
 *   sent ─── a higher number was used, and there is no log ──────────▶ void: its number is below the last one for ever
 *   sent ─── the chain's clock has passed the expiry ────────────────▶ void: later blocks are later still
 *   sent ─── another transaction has used the account's nonce ───────▶ void: this one cannot be mined any more
 *   sent ─── otherwise ──────────────────────────────────────────────▶ wait
 *
 * The contract refuses a number that is not above the last, and a time after the expiry: that is why a void batch cannot
 * come back, though its transaction may still lie in somebody's pool. (It can still be mined, revert, and use the nonce.)
 * A number that is used but whose log is not found yet is waited for: the node is behind itself.
 */
export function nextStep(
  batch: Pick<StoredBatch, "state" | "number" | "expiry" | "transaction">,
  { timestamp, lastNumber, nonce, log }: Sighting,
): Step {
  if (batch.state === "built" || batch.transaction === undefined) return { kind: "void", why: "never-sent" };
  if (log === "ours") return { kind: "settle" };
  if (log === "foreign") return { kind: "void", why: "overtaken" };
  if (lastNumber === batch.number) return { kind: "wait" };
  if (lastNumber > batch.number) return { kind: "void", why: "overtaken" };
  if (timestamp > batch.expiry) return { kind: "void", why: "expired" };
  if (nonce > batch.transaction.nonce) return { kind: "void", why: "displaced" };
  return { kind: "wait" };
}
