// By `import type`: what `import { type … }` names is still loaded, and the native code is optional.
import type { PublicKey, SecretKey, Signature } from "@chainsafe/blst";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { readBig } from "../codec/bytes.js";
import { LakhError } from "../lakh-error.js";

/**
 * BLS signatures on BLS12-381 with keys in G1 and signatures in G2, as docs/settlement.md has them. Keys are 96 bytes
 * (x | y), signatures 192 (x.c0 | x.c1 | y.c0 | y.c1), secrets 32, all big-endian. Whatever is no point of the group throws
 * `BlsError`, but `verify` answers false.
 */
export type Bls = {
  /** "native" is @chainsafe/blst, "portable" @noble/curves. */
  kind: "native" | "portable";
  /** The public key of a secret; throws `InvalidSecret`. */
  publicKeyOf: (secret: Uint8Array) => Uint8Array;
  /** The signature of a message; throws `InvalidSecret` or `InvalidMessage`. */
  sign: (secret: Uint8Array, message: Uint8Array) => Uint8Array;
  /** The sum of at least one, on the curve; points outside the subgroup may pass here, their sums do not verify. */
  aggregateSignatures: (signatures: readonly Uint8Array[]) => Uint8Array;
  /** As `aggregateSignatures`, of keys whose secrets are known to their owners (the directory sees to it). */
  aggregateKeys: (keys: readonly Uint8Array[]) => Uint8Array;
  /** Checks the subgroup of both; infinity is refused. */
  verify: (message: Uint8Array, key: Uint8Array, signature: Uint8Array) => boolean;
};

/** Why BLS code refuses an input: the `code` of a `BlsError`. */
export type BlsCode = "InvalidKey" | "InvalidMessage" | "InvalidSecret" | "InvalidSignature" | "NothingToSum";

/** Bytes that are no secret, key or signature. */
export class BlsError extends LakhError {
  declare readonly code: BlsCode;

  constructor(code: BlsCode, message: string, values: Readonly<Record<string, unknown>> = {}) {
    super(code, message, values);
    this.name = "BlsError";
  }
}

/** Bytes of a public key: x and y of a point of G1. */
export const KEY_BYTES = 96;
/** Bytes of a secret key, big-endian. */
export const SECRET_BYTES = 32;
/** Bytes of a signature: x.c0, x.c1, y.c0 and y.c1 of a point of G2. */
export const BLS_SIGNATURE_BYTES = 192;
/** The order of the groups: secrets are 1 to this − 1. */
export const GROUP_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
const MESSAGE_BYTES = 32;
const { longSignatures: long } = bls12_381;
const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;
const DST = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/** The native library where it loads, else the portable one. */
export async function loadBls(): Promise<Bls> {
  return (await loadNativeBls()) ?? portableBls;
}

/**
 * @chainsafe/blst, or undefined where there is none for this machine. About 0.33 ms to sign, 0.9 ms to verify, 2 µs for each
 * summed signature.
 */
export async function loadNativeBls(): Promise<Bls | undefined> {
  try {
    return nativeBls(await import("@chainsafe/blst"));
  } catch {
    return undefined;
  }
}

/** @noble/curves: about 8 ms to sign, 18 ms to verify. */
export const portableBls: Bls = {
  kind: "portable",
  publicKeyOf: (secret) => long.getPublicKey(checkSecret(secret)).toBytes(false),
  sign(secret, message) {
    return swapHalves(long.sign(long.hash(checkMessage(message), DST), checkSecret(secret)).toBytes(false));
  },
  aggregateSignatures(signatures) {
    checkSome(signatures);
    const points = signatures.map(portableSignature);
    return swapHalves(points.reduce((sum, point) => sum.add(point), G2.ZERO).toBytes(false));
  },
  aggregateKeys(keys) {
    checkSome(keys);
    return keys
      .map(portableKey)
      .reduce((sum, point) => sum.add(point), G1.ZERO)
      .toBytes(false);
  },
  verify(message, key, signature) {
    checkMessage(message);
    try {
      const [point, by] = [portableSignature(signature), portableKey(key)];
      if (point.is0() || by.is0() || !point.isTorsionFree() || !by.isTorsionFree()) return false;
      return long.verify(point, long.hash(message, DST), by);
    } catch {
      return false;
    }
  },
};

type Blst = {
  PublicKey: Pick<typeof PublicKey, "fromBytes">;
  SecretKey: Pick<typeof SecretKey, "fromBytes">;
  Signature: Pick<typeof Signature, "fromBytes">;
  aggregateSerializedSignatures: (signatures: Uint8Array[], checksGroup?: boolean) => Signature;
  aggregateSerializedPublicKeys: (keys: Uint8Array[], validates?: boolean) => PublicKey;
  verify: (
    message: Uint8Array,
    key: PublicKey,
    signature: Signature,
    checksKey: boolean,
    checksGroup: boolean,
  ) => boolean;
};

function nativeBls(blst: Blst): Bls {
  const secretOf = (secret: Uint8Array) => blst.SecretKey.fromBytes(checkSecret(secret));
  return {
    kind: "native",
    publicKeyOf: (secret) => secretOf(secret).toPublicKey().toBytes(false),
    sign: (secret, message) => swapHalves(secretOf(secret).sign(checkMessage(message)).toBytes(false)),
    aggregateSignatures(signatures) {
      checkSome(signatures);
      return attempt("InvalidSignature", () => {
        return swapHalves(blst.aggregateSerializedSignatures(swapAll(signatures), false).toBytes(false));
      });
    },
    aggregateKeys(keys) {
      checkSome(keys);
      return attempt("InvalidKey", () =>
        blst
          .aggregateSerializedPublicKeys(
            keys.map((key) => sized(key, KEY_BYTES)),
            false,
          )
          .toBytes(false),
      );
    },
    verify(message, key, signature) {
      checkMessage(message);
      try {
        const by = blst.PublicKey.fromBytes(sized(key, KEY_BYTES));
        const point = blst.Signature.fromBytes(swapHalves(sized(signature, BLS_SIGNATURE_BYTES)));
        return blst.verify(message, by, point, true, true);
      } catch {
        return false;
      }
    },
  };
}

function portableSignature(signature: Uint8Array): InstanceType<typeof G2> {
  return attempt("InvalidSignature", () => G2.fromBytes(swapHalves(sized(signature, BLS_SIGNATURE_BYTES))));
}

function portableKey(key: Uint8Array): InstanceType<typeof G1> {
  return attempt("InvalidKey", () => G1.fromBytes(sized(key, KEY_BYTES)));
}

/** Between the order of the libraries (c1 | c0) and that of the chain (c0 | c1); its own inverse. */
function swapHalves(point: Uint8Array): Uint8Array {
  const swapped = new Uint8Array(BLS_SIGNATURE_BYTES);
  writeSwapped(swapped, 0, point);
  return swapped;
}

/** `swapHalves` of each, in one piece of memory: to allocate a thousand of them costs more than to copy the bytes. */
function swapAll(signatures: readonly Uint8Array[]): Uint8Array[] {
  const swapped = new Uint8Array(signatures.length * BLS_SIGNATURE_BYTES);
  return signatures.map((signature, index) => {
    const offset = index * BLS_SIGNATURE_BYTES;
    writeSwapped(swapped, offset, sized(signature, BLS_SIGNATURE_BYTES));
    return swapped.subarray(offset, offset + BLS_SIGNATURE_BYTES);
  });
}

/** Byte by byte: `set` needs a view for each half, which takes longer than the 48 bytes. */
function writeSwapped(target: Uint8Array, offset: number, point: Uint8Array): void {
  for (let i = 0; i < 48; i++) {
    target[offset + i] = point[i + 48] ?? 0;
    target[offset + i + 48] = point[i] ?? 0;
    target[offset + i + 96] = point[i + 144] ?? 0;
    target[offset + i + 144] = point[i + 96] ?? 0;
  }
}

function sized(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`${bytes.length} bytes where ${length} are wanted`);
  return bytes;
}

function checkSecret(secret: Uint8Array): Uint8Array {
  const scalar = secret.length === SECRET_BYTES ? readBig(secret, 0, SECRET_BYTES) : 0n;
  if (scalar > 0n && scalar < GROUP_ORDER) return secret;
  throw new BlsError("InvalidSecret", "A secret is a number of 32 bytes from 1 to the group's order − 1");
}

function checkMessage(message: Uint8Array): Uint8Array {
  if (message.length === MESSAGE_BYTES) return message;
  throw new BlsError("InvalidMessage", "What is signed has 32 bytes", { length: message.length });
}

function checkSome(list: readonly Uint8Array[]): void {
  if (list.length === 0) throw new BlsError("NothingToSum", "There is nothing to sum up");
}

/** What a library refuses, it refuses by many kinds of errors. */
function attempt<T>(code: "InvalidKey" | "InvalidSignature", action: () => T): T {
  try {
    return action();
  } catch (error) {
    const name = code === "InvalidKey" ? "key" : "signature";
    throw new BlsError(code, `The bytes are no ${name}`, {
      reason: error instanceof Error ? error.message : "unknown",
    });
  }
}
