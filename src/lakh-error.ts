/** A refusal by this package, before anything is sent. `code` is stable; `values` hold what the sentence speaks of. */
export class LakhError extends Error {
  readonly code: string;
  readonly values: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, values: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "LakhError";
    this.code = code;
    this.values = values;
  }
}

/** What a builder may object to. */
export type ValidationCode =
  | "InvalidAddress"
  | "InvalidAsset"
  | "InvalidBytes32"
  | "InvalidFlags"
  | "InvalidSecretKey"
  | "InvalidSide"
  | "AmountZero"
  | "AmountOutOfRange"
  | "AmountTooLarge"
  | "BandTooWide"
  | "BelowMinimumTrade"
  | "BothAmountsZero"
  | "BrokenPath"
  | "DeadlinePassed"
  | "EmptyRange"
  | "EmptyMulticall"
  | "EmptyPath"
  | "EtherInMulticall"
  | "FeeTooHigh"
  | "ForeignCall"
  | "HistoryMismatch"
  | "InsufficientLiquidity"
  | "InvalidSequence"
  | "InvalidVersion"
  | "NativeAssetMissing"
  | "NoPath"
  | "NoPool"
  | "NoProvider"
  | "NotOffered"
  | "NothingToAdd"
  | "NothingToClaim"
  | "PoolTwice"
  | "RecipientMissing"
  | "RestrictedAsset"
  | "SameAsset"
  | "UnknownAccount"
  | "UnsortedPool"
  | "WrongAsset"
  | "WrongExit";

/** The parameters of a request cannot succeed on chain. */
export class ValidationError extends LakhError {
  declare readonly code: ValidationCode;

  constructor(code: ValidationCode, message: string, values: Readonly<Record<string, unknown>> = {}) {
    super(code, message, values);
    this.name = "ValidationError";
  }
}
