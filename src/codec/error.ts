import { LakhError } from "../lakh-error.js";

/** What is wrong with bytes that are read, or cannot be written. */
export type CodecCode =
  | "BitmapPadding"
  | "CountMismatch"
  | "DependencyOrder"
  | "FallbackHash"
  | "FallbackOrder"
  | "FloatInexact"
  | "FloatNotCanonical"
  | "FloatTooLarge"
  | "IdOrder"
  | "IdUnknown"
  | "LengthMismatch"
  | "NoSigner"
  | "NotCanonicalAbi"
  | "TooMany"
  | "Truncated"
  | "UnknownForm"
  | "UnknownSection"
  | "UnknownType"
  | "UnknownVersion"
  | "ValueOutOfRange"
  | "VarintNotCanonical";

/** Bytes make no sense from `position` on, or a value has no encoding; then `position` is undefined. */
export class CodecError extends LakhError {
  declare readonly code: CodecCode;
  readonly position: number | undefined;

  constructor(code: CodecCode, message: string, values: Readonly<Record<string, unknown>> = {}) {
    super(code, message, values);
    this.name = "CodecError";
    this.position = typeof values.position === "number" ? values.position : undefined;
  }
}
