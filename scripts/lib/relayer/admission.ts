import { TypedDataEncoder, ZeroAddress } from "ethers";
import { orderTypedData } from "../../../src/codec/digest.js";
import {
  fromWire,
  MAX_ORDER_SECONDS,
  type SignedWireOrder,
  type WireOperation,
  type WireOrder,
} from "../../../src/relayer-protocol.js";
import { orderMessageOf } from "../../../src/settlement/operations.js";
import { isPlainTransfer } from "./books.js";
import { type AccountRow, type Chain } from "./chain.js";
import { planOf } from "./compose.js";
import { type Refusal } from "./intake.js";
import { isSigned } from "./queue.js";

export type AdmissionOptions = {
  chain: Chain;
  /** Units that the relayer asks for an executed operation. */
  feeOf: (asset: bigint) => bigint;
  /** Unix seconds. */
  now: () => number;
};

/** Bits of `kinds` in the directory. */
const KIND_TRANSFER = 1;
const KIND_CORE = 2;

/** Looks at an order before it is stored: answers why it is refused, or undefined. Rejects when the node cannot be asked. */
export async function admit(
  account: number,
  order: WireOrder | SignedWireOrder,
  { chain, feeOf, now }: AdmissionOptions,
): Promise<Refusal | undefined> {
  const time = now();
  if (order.deadline < time) return { code: "deadline", reason: "the deadline is over" };
  if (order.deadline > time + MAX_ORDER_SECONDS) {
    return { code: "deadline", reason: `the deadline is more than ${MAX_ORDER_SECONDS} seconds ahead` };
  }
  if (order.operations[0]?.dependsOnPrevious === true) {
    return { code: "invalid", reason: "the first operation of an order depends on none" };
  }
  const row = await chain.row(account);
  if (row === undefined) return { code: "unknown", reason: "there is no such account" };
  for (const operation of order.operations) {
    const refusal =
      checkFees(operation, isSigned(order), feeOf) ??
      checkKey(operation, isSigned(order) ? undefined : row, time) ??
      (await checkProtocol(operation, chain)) ??
      (await checkReceiver(operation, chain));
    if (refusal !== undefined) return refusal;
  }
  return isSigned(order) ? checkSignature(order, row, chain) : undefined;
}

/** A co-signed order names the most that it pays; a signature over the order names what it pays. */
function checkFees(operation: WireOperation, isExact: boolean, feeOf: (asset: bigint) => bigint): Refusal | undefined {
  const asked = [feeOf(BigInt(operation.asset0)), feeOf(BigInt(operation.asset1))];
  const paid = [BigInt(operation.fee0), BigInt(operation.fee1)];
  const isFine = asked.every((fee, side) => (isExact ? paid[side] === fee : (paid[side] ?? 0n) >= fee));
  return isFine ? undefined : { code: "fee", reason: `the fees are ${asked.join(" and ")}` };
}

function checkKey({ protocol }: WireOperation, row: AccountRow | undefined, time: number): Refusal | undefined {
  if (row === undefined) return undefined;
  if (row.validUntil < time) return { code: "unsupported", reason: "the key's time is over" };
  const needed = protocol === ZeroAddress ? KIND_TRANSFER : KIND_CORE;
  return (row.kinds & needed) === 0 ? { code: "unsupported", reason: "the key may not do this" } : undefined;
}

async function checkProtocol(operation: WireOperation, chain: Chain): Promise<Refusal | undefined> {
  if (isPlainTransfer(operation)) return undefined;
  const { protocol, key, kind, asset0, asset1 } = operation;
  const isTransfer = protocol === ZeroAddress;
  if (!isTransfer && !chain.protocols.some((each) => each.toLowerCase() === protocol.toLowerCase())) {
    return { code: "unsupported", reason: "this relayer builds no sections of the protocol" };
  }
  const book = await chain.bookOf({ protocol, key, asset0: BigInt(asset0), asset1: BigInt(asset1) });
  if (book === undefined) {
    const reason = isTransfer ? "this relayer does not know the asset's issuer" : "the protocol has no such book";
    return { code: "unsupported", reason };
  }
  if (planOf({ kind, book, tolerance: 0n }) !== undefined) return undefined;
  return { code: "unsupported", reason: "the protocol has no such operation" };
}

async function checkReceiver({ protocol, argument }: WireOperation, chain: Chain): Promise<Refusal | undefined> {
  if ((protocol === ZeroAddress) !== (argument.form === "receiver")) {
    return { code: "invalid", reason: "transfers, and they alone, name a receiver" };
  }
  if (argument.form !== "receiver" || typeof argument.to !== "number") return undefined;
  const row = await chain.row(argument.to);
  return row === undefined ? { code: "invalid", reason: "there is no such receiver" } : undefined;
}

async function checkSignature(order: SignedWireOrder, row: AccountRow, chain: Chain): Promise<Refusal | undefined> {
  const receivers = new Map<number, string>();
  for (const { argument } of order.operations) {
    if (argument.form !== "receiver" || typeof argument.to !== "number") continue;
    receivers.set(argument.to, (await chain.row(argument.to))?.address ?? ZeroAddress);
  }
  const { domain, types, message } = orderTypedData({
    chainId: chain.chainId,
    settlement: chain.settlement,
    id: order.account,
    account: row.address,
    operations: order.operations.map((operation) =>
      orderMessageOf(fromWire(operation), (id) => receivers.get(id) ?? ""),
    ),
    relayer: order.bound ? chain.relayer : ZeroAddress,
    deadline: BigInt(order.deadline),
  });
  const digest = TypedDataEncoder.hash(domain, types, message);
  if (await chain.isSignedBy(row.address, digest, order.signature)) return undefined;
  return { code: "signature", reason: "the signature is not of this account" };
}
