import { ZeroAddress } from "ethers";
import { checkAddress } from "../assets.js";
import { type TypedData } from "../signatures.js";
import { readBig, toBytes, toHex, writeBig, writeUint } from "./bytes.js";
import { CodecError } from "./error.js";
import { keccak256 } from "./keccak.js";
import { CODEC_VERSION } from "./types.js";

/** What a digest speaks of besides the root. */
export type DigestParts = {
  chainId: bigint;
  settlement: string;
  directory: string;
  relayer: string;
  number: number;
  /** Unix seconds, inclusive. */
  expiry: number;
  root: Uint8Array;
};

/** One operation of an `Order`, with the full values that the chain decodes. */
export type OrderOperationMessage = {
  protocol: string;
  key: string;
  asset0: bigint;
  asset1: bigint;
  shareId: bigint;
  kind: number;
  /** All 16 bits; of the word of asset 0 where nothing is debited. */
  sequence: number;
  amount: bigint;
  /** The 224 bits of arguments; an account id is resolved to its address. */
  arguments: bigint;
  fee0: bigint;
  fee1: bigint;
  dependsOnPrevious: boolean;
};

/** What a fallback signature signs; `relayer` is zero unless bound, the deadline is in Unix seconds, inclusive. */
export type OrderMessage = {
  /** The id under which the record stands. */
  id: number;
  account: string;
  operations: OrderOperationMessage[];
  relayer: string;
  deadline: bigint;
};

const TAG = keccak256(new TextEncoder().encode("Lakh batch"));
/** Of `settle(bytes)`. */
const SETTLE_SELECTOR = keccak256(new TextEncoder().encode("settle(bytes)")).slice(0, 4);
const CALLDATA_HEAD = 68;

const ORDER = [
  { name: "id", type: "uint32" },
  { name: "account", type: "address" },
  { name: "operations", type: "Operation[]" },
  { name: "relayer", type: "address" },
  { name: "deadline", type: "uint256" },
];
const OPERATION = [
  { name: "protocol", type: "address" },
  { name: "key", type: "bytes32" },
  { name: "asset0", type: "uint256" },
  { name: "asset1", type: "uint256" },
  { name: "shareId", type: "uint256" },
  { name: "kind", type: "uint8" },
  { name: "sequence", type: "uint16" },
  { name: "amount", type: "uint256" },
  { name: "arguments", type: "uint256" },
  { name: "fee0", type: "uint256" },
  { name: "fee1", type: "uint256" },
  { name: "dependsOnPrevious", type: "bool" },
];

/** The 32 bits by which the ids of a batch are put in order. Throws `InvalidAddress` or `ValueOutOfRange`. */
export function maskOf({ relayer, number }: { relayer: string; number: number }): number {
  const words = new Uint8Array(64);
  writeAddress(words, 0, relayer);
  writeUint(words, 58, 6, number);
  return new DataView(keccak256(words).buffer).getUint32(28);
}

/** The 32 bytes that BLS signers sign. Throws `InvalidAddress` or `ValueOutOfRange`. */
export function digestOf({ chainId, settlement, directory, relayer, number, expiry, root }: DigestParts): Uint8Array {
  if (root.length !== 32) throw new CodecError("ValueOutOfRange", "A root has 32 bytes", { length: root.length });
  const words = new Uint8Array(9 * 32);
  words.set(TAG);
  writeBig(words, 32, 32, chainId);
  writeAddress(words, 64, settlement);
  writeAddress(words, 96, directory);
  writeUint(words, 159, 1, CODEC_VERSION);
  writeAddress(words, 160, relayer);
  writeUint(words, 218, 6, number);
  writeUint(words, 251, 5, expiry);
  words.set(root, 256);
  return keccak256(words);
}

/** EIP-712 data of a fallback signature; `relayer` is left out, or zero, when any relayer may use it. */
export function orderTypedData({
  chainId,
  settlement,
  id,
  account,
  operations,
  relayer = ZeroAddress,
  deadline,
}: {
  chainId: bigint;
  settlement: string;
  id: number;
  account: string;
  operations: readonly OrderOperationMessage[];
  relayer?: string;
  deadline: bigint;
}): TypedData<OrderMessage> {
  return {
    domain: { name: "Lakh", version: "1", chainId, verifyingContract: checkAddress(settlement, "settlement") },
    types: { Order: ORDER, Operation: OPERATION },
    message: { id, account: checkAddress(account, "account"), operations: [...operations], relayer, deadline },
  };
}

/** Calldata of `settle(batch)`, in hexadecimal. */
export function encodeSettle(batch: Uint8Array): string {
  return toHex(settleCalldata(batch));
}

/** Calldata of `settle(batch)`. */
export function settleCalldata(batch: Uint8Array): Uint8Array {
  const calldata = new Uint8Array(CALLDATA_HEAD + Math.ceil(batch.length / 32) * 32);
  calldata.set(SETTLE_SELECTOR);
  calldata[35] = 32;
  writeUint(calldata, 62, 6, batch.length);
  calldata.set(batch, CALLDATA_HEAD);
  return calldata;
}

/** The batch in the calldata of `settle`. Throws `NotCanonicalAbi` unless it is what `encodeSettle` makes. */
export function decodeSettle(calldata: string): Uint8Array {
  const bytes = toBytes(calldata);
  const length = Number(readBig(bytes, 36, 32));
  const batch = bytes.subarray(CALLDATA_HEAD, CALLDATA_HEAD + length);
  if (bytes.length < CALLDATA_HEAD || batch.length !== length || encodeSettle(batch) !== calldata.toLowerCase()) {
    throw new CodecError("NotCanonicalAbi", "The calldata is not the canonical encoding of settle(bytes)");
  }
  return batch;
}

/** Writes an address into the low bytes of the word at `offset`. */
function writeAddress(words: Uint8Array, offset: number, address: string): void {
  writeBig(words, offset + 12, 20, BigInt(checkAddress(address, "address")));
}
