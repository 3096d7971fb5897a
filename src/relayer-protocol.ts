import { AbiCoder, getBytes, id, keccak256 } from "ethers";
import { type Argument, type OrderOperation } from "./settlement/operations.js";

/** What a protocol gets besides the amount: `Argument` of src/settlement in JSON. */
export type WireArgument =
  | { form: "none" }
  | { form: "limit"; value: string }
  | { form: "receiver"; to: number | string }
  | { form: "bytes"; size: number; value: string };

/**
 * One operation of an order in JSON. Amounts, assets and values are decimal strings, bytes are hexadecimal. The relayer
 * takes the fee that it asks for, at most the order's own; a signature of the account itself fixes it.
 */
export type WireOperation = {
  /** A core's address; the zero address for transfers. */
  protocol: string;
  key: string;
  asset0: string;
  asset1: string;
  shareId: string;
  kind: number;
  /** All 16 bits of the sequence of the debited word. */
  sequence: number;
  amount: string;
  argument: WireArgument;
  fee0: string;
  fee1: string;
  /** Skipped unless the order's previous operation was executed. */
  dependsOnPrevious: boolean;
};

/** `id` is a UUID of the client's choice; an order is what account and id name. The deadline is in Unix seconds. */
export type WireOrder = { id: string; operations: WireOperation[]; deadline: number };

/** An order under an EIP-712 signature of the account itself, for `POST /v1/orders`. `account` is an account id. */
export type SignedWireOrder = WireOrder & { account: number; bound: boolean; signature: string };

/** What a client sends over its WebSocket. */
export type ClientMessage =
  | { type: "authenticate"; account: number; signature: string }
  | ({ type: "submit" } & WireOrder)
  | { type: "signature"; number: number; signature: string }
  | { type: "refuse"; number: number; code: string }
  | { type: "status"; id: string };

/** Why an order or a request is not accepted. */
export type RefusalCode =
  /** The relayer has as much work as it can hold: try again later. */
  | "busy"
  /** Too many messages from this address or account: wait a second. */
  | "limited"
  /** The message is not what the protocol says. */
  | "invalid"
  /** The id was used for another order. */
  | "id-reused"
  /** The account has as many open orders as it may have. */
  | "too-many"
  /** The deadline is over, or too far ahead. */
  | "deadline"
  /** The order pays less than the relayer asks for, or under a signature, something else. */
  | "fee"
  /** No section of a batch can carry the operation, or the key may not do it. */
  | "unsupported"
  /** The signature is not the account's. */
  | "signature"
  /** The account's word has moved past the operation's sequence. */
  | "sequence"
  /** The account did not sign the batches that held the order. */
  | "unsigned"
  /** No batch with this order could be executed. */
  | "unsettleable"
  /** There is no such order. */
  | "unknown";

/** Answers to an order, and what becomes of it later. */
export type OrderAnswer =
  /** The order is on the relayer's disk. */
  | { type: "accepted"; id: string }
  | { type: "refused"; id: string; code: RefusalCode; reason: string }
  /** One outcome for each operation. */
  | { type: "settled"; id: string; number: number; outcomes: ("executed" | "skipped")[] };

/** What a co-signer needs to see of a batch. Bytes are hexadecimal, proofs go from the leaf up. */
export type SignRequest = {
  type: "sign";
  number: number;
  /** Unix seconds, inclusive. */
  expiry: number;
  root: string;
  leaf0: string;
  leaf0Proof: string[];
  /** Index of the leaf that holds the signer's record. */
  chunkIndex: number;
  chunk: string;
  chunkProof: string[];
  /** The client's orders whose operations the record holds, in its order. */
  orders: string[];
};

/** What the relayer first sends: the bytes that a client signs to say who it is, and the deployment it serves. */
export type Challenge = {
  type: "challenge";
  /** 32 random bytes. */
  challenge: string;
  /** Decimal. */
  chainId: string;
  settlement: string;
  directory: string;
  relayer: string;
};

/** What the relayer sends. */
export type ServerMessage =
  | Challenge
  | { type: "authenticated"; account: number }
  | OrderAnswer
  | SignRequest
  /** A batch that the client signed will never be executed. */
  | { type: "void"; number: number }
  | { type: "error"; code: RefusalCode; reason: string };

/** Fee of one executed operation in an asset that goes in, both decimal. */
export type FeeRow = { asset: string; fee: string };

/** The answer of `GET /v1/status`. */
export type RelayerStatus = {
  chainId: string;
  settlement: string;
  directory: string;
  ledger: string;
  relayer: string;
  /** What is not listed costs nothing. */
  fees: FeeRow[];
  /** Protocols whose sections the relayer can build, besides transfers. */
  protocols: string[];
  /** Milliseconds between batches, and for a signature. */
  interval: number;
  signWithin: number;
  /** Seconds from the building of a batch to its expiry. */
  lifetime: number;
  /** Orders that wait. */
  queued: number;
};

/** Most bytes of a message to the relayer. */
export const MAX_MESSAGE_BYTES = 16_384;
/** Most operations of an order. */
export const MAX_ORDER_OPERATIONS = 16;
/** Most seconds from now to an order's deadline. */
export const MAX_ORDER_SECONDS = 3_600;

const SESSION_TAG = id("Lakh relayer session");

/**
 * What a key signs to open a session: bound to the relayer, the deployment, the account and the relayer's challenge, and
 * under a tag of its own, so that it is never the digest of a batch.
 */
export function sessionDigest({
  chainId,
  settlement,
  directory,
  relayer,
  account,
  challenge,
}: Omit<Challenge, "type" | "chainId"> & { chainId: bigint; account: number }): Uint8Array {
  const types = ["bytes32", "uint256", "address", "address", "address", "uint256", "bytes32"];
  const values = [SESSION_TAG, chainId, settlement, directory, relayer, account, challenge];
  return getBytes(keccak256(AbiCoder.defaultAbiCoder().encode(types, values)));
}

/** An operation in JSON. The section's parameters are the relayer's to choose, within what the client signs. */
export function toWire({
  section: { protocol, key, asset0, asset1, shareId, fee0, fee1 },
  kind,
  amount,
  argument,
  sequence,
  dependsOnPrevious = false,
}: OrderOperation): WireOperation {
  return {
    protocol,
    key,
    asset0: `${asset0}`,
    asset1: `${asset1}`,
    shareId: `${shareId}`,
    kind,
    sequence,
    amount: `${amount}`,
    argument: "value" in argument ? { ...argument, value: `${argument.value}` } : argument,
    fee0: `${fee0}`,
    fee1: `${fee1}`,
    dependsOnPrevious,
  };
}

/** An operation from JSON that was checked, without parameters of its section. */
export function fromWire(wire: WireOperation): OrderOperation {
  const { protocol, key, kind, sequence, dependsOnPrevious } = wire;
  const argument: Argument =
    "value" in wire.argument ? { ...wire.argument, value: BigInt(wire.argument.value) } : wire.argument;
  const [asset0, asset1, shareId] = [BigInt(wire.asset0), BigInt(wire.asset1), BigInt(wire.shareId)];
  const [fee0, fee1] = [BigInt(wire.fee0), BigInt(wire.fee1)];
  return {
    section: { protocol, key, asset0, asset1, shareId, fee0, fee1, parameters: "0x" },
    kind,
    amount: BigInt(wire.amount),
    argument,
    sequence,
    dependsOnPrevious,
  };
}
