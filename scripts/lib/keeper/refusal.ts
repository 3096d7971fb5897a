import { explain, type DecodedError } from "../../../src/index.js";

/** Names of failures that say nothing about the call. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  ...["TIMEOUT", "SERVER_ERROR", "NETWORK_ERROR", "ECONNREFUSED", "ECONNRESET", "FetchError", "NONCE_EXPIRED"],
]);

/** Why something is not done. */
export type Reason = { name: string; message: string };

/** The reason of a call that was refused. Throws on where the node, not the chain, is to blame. */
export function refusal(error: unknown): Reason {
  const { name, message }: DecodedError = explain(error);
  if (UNREACHABLE.has(name)) throw error;
  return { name, message };
}
