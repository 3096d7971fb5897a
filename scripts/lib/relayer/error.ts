import { FailureError } from "../failure.js";

export type RelayerFailureCode =
  | "DATABASE_FOREIGN"
  | "DATABASE_IN_USE"
  | "DATABASE_UNUSABLE"
  | "KEY_INVALID"
  | "KEY_MISSING"
  | "NO_BALANCE"
  | "NO_BLS_PRECOMPILES"
  | "NO_SETTLEMENT"
  | "PORT_IN_USE"
  | "RELAYER_HAS_CODE"
  | "RPC_UNREACHABLE"
  | "WRONG_CHAIN";

/** The relayer cannot start, with what a person has to change. */
export class RelayerError extends FailureError {
  declare readonly code: RelayerFailureCode;

  constructor(code: RelayerFailureCode, message: string) {
    super(code, message);
    this.name = "RelayerError";
  }
}
