/** One row of the table of sections. Fees are what one executed operation costs, in units of asset 0 or asset 1. */
export type SectionHeader = {
  /** A core's address; the zero address for transfers. */
  protocol: string;
  /** The book's key, 32 bytes in hexadecimal. */
  key: string;
  asset0: bigint;
  asset1: bigint;
  /** An asset of the protocol's own issue, or 0. */
  shareId: bigint;
  /** Gas that the section's frame gets, below 2^32. */
  gasCap: number;
  /** A decimal float (`isFloat`). */
  fee0: bigint;
  fee1: bigint;
  /** The protocol's own header in hexadecimal, below 64 KiB; "0x" for none. */
  parameters: string;
};

/** How an amount is written: not at all (it is 0), as a float of 3 bytes, or with all of its 14 bytes. */
export type AmountForm = 0 | 3 | 14;

/** How an argument is written: 0 to 28 bytes, `LIMIT_FORM` or `ACCOUNT_FORM`. */
export type ArgumentForm = number;

/** Argument form: a decimal float in the low 112 bits. */
export const LIMIT_FORM = 128;
/** Argument form: an account id of 4 bytes, which the chain resolves to an address. */
export const ACCOUNT_FORM = 129;

/** One row of the table of types. */
export type OperationType = {
  /** Index in the table of sections. */
  section: number;
  /** 0 to 255; the low two bits name what is debited: asset 0, asset 1, shares (2), nothing (3). */
  kind: number;
  amountForm: AmountForm;
  argumentForm: ArgumentForm;
};

/** One operation as a batch carries it. */
export type BatchOperation = {
  /** Index in the table of types. */
  type: number;
  /** Skipped unless the record's previous operation was executed, which stands in an earlier section. */
  dependsOnPrevious: boolean;
  /** The low 8 bits of the sequence of the debited word. */
  sequence: number;
  amount: bigint;
  /** The value, at most 224 bits; with `ACCOUNT_FORM` the account id itself. */
  argument: bigint;
};

/** All that a batch does for one signer. */
export type SignerRecord = {
  /** 32 bits. */
  id: number;
  operations: readonly BatchOperation[];
};

/** An EIP-712 signature of a signer over his whole record. */
export type Fallback = {
  /** Of a record of the batch. */
  id: number;
  /** Last second, Unix time, inclusive. */
  deadline: number;
  /** Whether the signature names the relayer. */
  bound: boolean;
  /** In hexadecimal, below 64 KiB. */
  signature: string;
};

/** What the co-signers of a batch sign. */
export type BatchBody = {
  relayer: string;
  /** Below 2^48, above all numbers that the relayer has used. */
  number: number;
  /** Last second, Unix time, inclusive, below 2^40. */
  expiry: number;
  sections: readonly SectionHeader[];
  types: readonly OperationType[];
  /** The writer sorts them; the reader answers them as they stand. */
  records: readonly SignerRecord[];
  fallbacks: readonly Fallback[];
};

/** A whole batch. */
export type Batch = BatchBody & {
  /** Ids of signers whose keys are not summed and whose operations are skipped. */
  excluded: readonly number[];
  /** 192 bytes, or none when no signer uses his BLS key. */
  signature: Uint8Array;
};

/** The first byte of a batch. */
export const CODEC_VERSION = 1;
/** Most sections of a batch. */
export const MAX_SECTIONS = 64;
/** Most operation types of a section. */
export const MAX_TYPES = 64;
/** Most signers of a batch. */
export const MAX_SIGNERS = 65_535;
/** Records of a chunk; the last one holds the rest. */
export const CHUNK_RECORDS = 32;
/** Bytes of a batch's head. */
export const HEAD_BYTES = 22;
/** Bytes of the aggregate signature. */
export const SIGNATURE_BYTES = 192;
/** Of a section without its parameters. */
export const SECTION_BYTES = 163;
/** Bytes of an operation type. */
export const TYPE_BYTES = 4;
/** Of a fallback entry without its signature. */
export const FALLBACK_BYTES = 10;

/** Bytes of an argument form, or undefined for one that does not exist. */
export function argumentSize(form: ArgumentForm): number | undefined {
  if (form === LIMIT_FORM) return 3;
  if (form === ACCOUNT_FORM) return 4;
  return Number.isInteger(form) && form >= 0 && form <= 28 ? form : undefined;
}
