import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { CodecError } from "./error.js";

const BITS_48 = (1n << 48n) - 1n;

/** Writes `value` big-endian into `size` bytes, at most 6. Throws `ValueOutOfRange` when it does not fit. */
export function writeUint(bytes: Uint8Array, offset: number, size: number, value: number): void {
  let rest = value;
  for (let i = offset + size - 1; i >= offset; i--) {
    bytes[i] = rest & 255;
    rest = Math.floor(rest / 256);
  }
  if (rest !== 0 || !Number.isInteger(value)) throw outOfRange(value, size);
}

/** As `writeUint`, for any size. */
export function writeBig(bytes: Uint8Array, offset: number, size: number, value: bigint): void {
  let rest = value;
  let end = size;
  for (; end > 6; end -= 6) {
    writeUint(bytes, offset + end - 6, 6, Number(rest & BITS_48));
    rest >>= 48n;
  }
  if (rest < 0n || rest > BITS_48) throw outOfRange(value, size);
  writeUint(bytes, offset, end, Number(rest));
}

/** Reads `size` bytes, at most 6; they are there. */
export function readUint(bytes: Uint8Array, offset: number, size: number): number {
  let value = 0;
  for (let i = offset; i < offset + size; i++) value = value * 256 + (bytes[i] ?? 0);
  return value;
}

/** As `readUint`, for any size. */
export function readBig(bytes: Uint8Array, offset: number, size: number): bigint {
  const first = size % 6;
  let value = BigInt(readUint(bytes, offset, first));
  for (let i = offset + first; i < offset + size; i += 6) value = (value << 48n) | BigInt(readUint(bytes, i, 6));
  return value;
}

/** The bytes of a hexadecimal string with 0x. Throws `ValueOutOfRange` for anything else. */
export function toBytes(hex: string): Uint8Array {
  try {
    if (hex.startsWith("0x")) return hexToBytes(hex.slice(2));
  } catch {
    // said below
  }
  throw new CodecError("ValueOutOfRange", "Bytes are written in hexadecimal, two digits each", { hex });
}

/** The hexadecimal string of bytes, with 0x. */
export function toHex(bytes: Uint8Array): string {
  return `0x${bytesToHex(bytes)}`;
}

/** Whether two byte strings are the same. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function outOfRange(value: number | bigint, size: number): CodecError {
  return new CodecError("ValueOutOfRange", `${value} does not fit ${size} bytes`, { value, size });
}
