import { FailureError } from "../failure.js";

export type KeeperFailureCode =
  | "BAD_KEY"
  | "BAD_DEPLOYMENT"
  | "KEY_MISSING"
  | "RPC_UNREACHABLE"
  | "WRONG_CHAIN"
  | "NO_LENDING"
  | "NO_STAKING"
  | "UNKNOWN_POOL"
  | "NO_INSURANCE"
  | "UNKNOWN_RISK"
  | "NO_BALANCE";

/** What keeps the keeper from starting. */
export class KeeperError extends FailureError {
  declare readonly code: KeeperFailureCode;

  constructor(code: KeeperFailureCode, message: string) {
    super(code, message);
    this.name = "KeeperError";
  }
}
