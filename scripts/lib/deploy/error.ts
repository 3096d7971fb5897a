import { FailureError } from "../failure.js";

export type DeployErrorCode =
  | "UNKNOWN_NETWORK"
  | "MOCKS_ON_MAINNET"
  | "RESET_ON_MAINNET"
  | "BAD_PARAMETERS"
  | "RPC_UNREACHABLE"
  | "WRONG_CHAIN"
  | "KEY_MISSING"
  | "KEYSTORE_LOCKED"
  | "BAD_KEY"
  | "NO_CANCUN"
  | "CODE_SIZE_LIMIT"
  | "NO_BLS"
  | "NO_CREATEX"
  | "NO_CODE"
  | "BAD_WETH"
  | "FOREIGN_JOURNAL"
  | "TRANSACTION_TOO_LARGE"
  | "BALANCE_TOO_LOW"
  | "DEPLOYMENT_STOPPED"
  | "TRANSACTION_LOST"
  | "NO_RECORD"
  | "DIFFERS"
  | "NOT_VERIFIED";

/** A deployment cannot begin, or stopped, or what stands on chain is not what was recorded. */
export class DeployError extends FailureError {
  declare readonly code: DeployErrorCode;

  constructor(code: DeployErrorCode, message: string) {
    super(code, message);
    this.name = "DeployError";
  }
}
