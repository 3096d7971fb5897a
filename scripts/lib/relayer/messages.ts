import { isAddress, isHexString } from "ethers";
import { z } from "zod";
import {
  MAX_ORDER_OPERATIONS,
  type ClientMessage,
  type SignedWireOrder,
  type WireArgument,
  type WireOperation,
  type WireOrder,
} from "../../../src/relayer-protocol.js";

const MAX_HEX = 8_192;

/** A decimal number below 2^`bits`, in the one way to write it. */
function decimal(bits: bigint) {
  return z
    .string()
    .max(78)
    .regex(/^(?:0|[1-9]\d*)$/)
    .refine((text) => BigInt(text) < 1n << bits, `a number below 2^${bits}`);
}

function bytes(length: number) {
  return z.string().refine((text) => isHexString(text, length), `${length} bytes in hexadecimal`);
}

const address = z.string().refine((text) => isAddress(text) && text.startsWith("0x"), "an address");
const account = z.number().int().min(0).max(0xffff_ffff);
const batchNumber = z
  .number()
  .int()
  .min(1)
  .max(2 ** 48 - 1);
const uuid = z.uuid();

const argument = z.discriminatedUnion("form", [
  z.strictObject({ form: z.literal("none") }),
  z.strictObject({ form: z.literal("limit"), value: decimal(112n) }),
  z.strictObject({ form: z.literal("receiver"), to: z.union([account, address]) }),
  z
    .strictObject({ form: z.literal("bytes"), size: z.number().int().min(0).max(28), value: decimal(224n) })
    .refine(({ size, value }) => BigInt(value) >> BigInt(8 * size) === 0n, "a value of its size"),
]) satisfies z.ZodType<WireArgument>;

const operation = z.strictObject({
  protocol: address,
  key: bytes(32),
  asset0: decimal(256n),
  asset1: decimal(256n),
  shareId: decimal(256n),
  kind: z.number().int().min(0).max(255),
  sequence: z.number().int().min(0).max(65_535),
  amount: decimal(112n),
  argument,
  fee0: decimal(112n),
  fee1: decimal(112n),
  dependsOnPrevious: z.boolean(),
}) satisfies z.ZodType<WireOperation>;

const order = z.strictObject({
  id: uuid,
  operations: z.array(operation).min(1).max(MAX_ORDER_OPERATIONS),
  deadline: z
    .number()
    .int()
    .min(1)
    .max(2 ** 40 - 1),
}) satisfies z.ZodType<WireOrder>;

export const signedOrderSchema = order.extend({
  account,
  bound: z.boolean(),
  signature: z
    .string()
    .max(MAX_HEX)
    .refine((text) => isHexString(text, true), "bytes in hexadecimal"),
}) satisfies z.ZodType<SignedWireOrder>;

export const clientMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("authenticate"), account, signature: bytes(192) }),
  order.extend({ type: z.literal("submit") }),
  z.strictObject({ type: z.literal("signature"), number: batchNumber, signature: bytes(192) }),
  z.strictObject({
    type: z.literal("refuse"),
    number: batchNumber,
    code: z
      .string()
      .max(64)
      .regex(/^[\w-]*$/),
  }),
  z.strictObject({ type: z.literal("status"), id: uuid }),
]) satisfies z.ZodType<ClientMessage>;

/** Parses JSON by a schema; answers the first thing that is wrong in one clause, and never throws. */
export function parseMessage<T>(schema: z.ZodType<T>, text: string): { value: T } | { problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { problem: "it is not JSON" };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { value: parsed.data };
  const [issue] = parsed.error.issues;
  return { problem: issue === undefined ? "it has another form" : `${issue.path.join(".") || "it"}: ${issue.message}` };
}
