import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { scrypt, Signature, verifyTypedData, type TypedDataDomain, type TypedDataField } from "ethers";
import { checkAddress } from "../assets.js";
import { equalBytes, readBig, toBytes, toHex, writeBig } from "../codec/bytes.js";
import { LakhError } from "../lakh-error.js";
import { type TypedData } from "../signatures.js";
import { GROUP_ORDER, type Bls } from "./bls.js";

/** Whose co-signing key, and the how-manieth: a higher index is a new key. */
export type KeyOptions = { account: string; chainId: bigint; directory: string; index?: bigint };

/** What an account signs to create its co-signing key. */
export type KeyMessage = { statement: string; account: string; index: bigint };

/** A co-signing key: 32 bytes of secret, 96 of key. */
export type CoSigningKey = { secret: Uint8Array; publicKey: Uint8Array };

/** Signs typed data as ethers' signers do. */
export type TypedDataSigner = {
  /** The signature of typed data, EIP-712. */
  signTypedData: (
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    message: Record<string, unknown>,
  ) => Promise<string>;
};

/** An exported key. Byte strings are hexadecimal. */
export type ExportedKey = {
  version: 1;
  publicKey: string;
  kdf: { name: "scrypt"; n: number; r: number; p: number; salt: string };
  cipher: { name: "AES-256-GCM"; iv: string; text: string };
};

/** Why a key cannot be made or opened: the `code` of a `KeyError`. */
export type KeyCode =
  "InvalidSignature" | "NotDeterministic" | "NotTheAccount" | "UnknownFormat" | "WrongKey" | "WrongPassword";

/** A key cannot be made or read. */
export class KeyError extends LakhError {
  declare readonly code: KeyCode;

  constructor(code: KeyCode, message: string, values: Readonly<Record<string, unknown>> = {}) {
    super(code, message, values);
    this.name = "KeyError";
  }
}

/** The text that wallets show. */
export const KEY_STATEMENT =
  "This creates a key that can co-sign trades and transfers of this account in Lakh. " +
  "Whoever gets this signature has the key. Sign it only on a site you trust. It moves nothing by itself.";

const KEY_TYPE: TypedDataField[] = [
  { name: "statement", type: "string" },
  { name: "account", type: "address" },
  { name: "index", type: "uint256" },
];
const SCRYPT = { n: 1 << 17, r: 8, p: 1 } as const;
/** A file must not keep us busy for minutes. */
const MAX_SCRYPT_N = 1 << 20;
const KEY_SIZE = 32;

/**
 * EIP-712 data whose signature is the seed of a co-signing key. The domain names the chain and the directory, so that no
 * contract takes the signature for anything else and every deployment has keys of its own; `index` is 0 unless given.
 */
export function keyTypedData({ account, chainId, directory, index = 0n }: KeyOptions): TypedData<KeyMessage> {
  return {
    domain: { name: "Lakh", version: "1", chainId, verifyingContract: checkAddress(directory, "directory") },
    types: { CoSigningKey: KEY_TYPE },
    message: { statement: KEY_STATEMENT, account: checkAddress(account, "account"), index },
  };
}

/**
 * Asks the account twice for one signature and makes its key of it. Throws `KeyError`: `NotDeterministic` for wallets that
 * do not sign by RFC 6979 (their key would be lost: take a random secret and `exportKey`), and what `deriveKey` throws.
 */
export async function requestKey({
  signer,
  bls,
  ...options
}: KeyOptions & { signer: TypedDataSigner; bls: Bls }): Promise<CoSigningKey> {
  const { domain, types, message } = keyTypedData(options);
  const signature = await signer.signTypedData(domain, types, message);
  const again = await signer.signTypedData(domain, types, message);
  if (normalized(signature) !== normalized(again)) {
    throw new KeyError("NotDeterministic", "The wallet signs the same message differently each time", {});
  }
  return deriveKey({ ...options, signature, bls });
}

/**
 * The key that a signature of `keyTypedData` seeds: HKDF and reduction of EIP-2333 (`derive_master_SK`) on r | s. Throws
 * `NotTheAccount` for a signature of someone else, `InvalidSignature`. Whether the wallet would sign the same again is for the caller to know.
 */
export function deriveKey({ signature, bls, ...options }: KeyOptions & { signature: string; bls: Bls }): CoSigningKey {
  const { domain, types, message } = keyTypedData(options);
  const serialized = normalized(signature);
  const signedBy = verifyTypedData(domain, types, message, serialized);
  if (signedBy !== message.account) {
    const values = { account: message.account, signedBy };
    throw new KeyError("NotTheAccount", `The signature is that of ${signedBy}`, values);
  }
  const secret = secretFrom(toBytes(serialized).subarray(0, 64));
  return { secret, publicKey: bls.publicKeyOf(secret) };
}

/** `derive_master_SK` of EIP-2333: a secret from at least 32 bytes of seed. */
export function secretFrom(seed: Uint8Array): Uint8Array {
  const text = new TextEncoder();
  const input = Uint8Array.of(...seed, 0);
  let salt = text.encode("BLS-SIG-KEYGEN-SALT-");
  for (;;) {
    salt = sha256(salt);
    const wide = hkdf(sha256, input, salt, Uint8Array.of(0, 48), 48);
    const scalar = readBig(wide, 0, 48) % GROUP_ORDER;
    if (scalar === 0n) continue;
    const secret = new Uint8Array(KEY_SIZE);
    writeBig(secret, 0, KEY_SIZE, scalar);
    return secret;
  }
}

/** Encrypts a key under a password: scrypt (N = 2^17, some 100 MB and a second) and AES-256-GCM. */
export async function exportKey({ secret, publicKey }: CoSigningKey, password: string): Promise<ExportedKey> {
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const kdf = { name: "scrypt", ...SCRYPT, salt: toHex(salt) } as const;
  const key = await cipherKey(password, kdf);
  const text = await crypto.subtle.encrypt(cipherOptions(iv, publicKey), key, Uint8Array.from(secret));
  return {
    version: 1,
    publicKey: toHex(publicKey),
    kdf,
    cipher: { name: "AES-256-GCM", iv: toHex(iv), text: toHex(new Uint8Array(text)) },
  };
}

/**
 * Decrypts what `exportKey` made. Throws `KeyError`: `UnknownFormat`, `WrongPassword` (also when the file was changed), and
 * `WrongKey` when the public key is not the secret's.
 */
export async function importKey({
  exported,
  password,
  bls,
}: {
  exported: ExportedKey;
  password: string;
  bls: Bls;
}): Promise<CoSigningKey> {
  const { publicKey, kdf, cipher } = checkFormat(exported);
  const key = await cipherKey(password, kdf);
  let secret: Uint8Array;
  try {
    const text = Uint8Array.from(toBytes(cipher.text));
    secret = new Uint8Array(
      await crypto.subtle.decrypt(cipherOptions(toBytes(cipher.iv), toBytes(publicKey)), key, text),
    );
  } catch {
    throw new KeyError("WrongPassword", "The password does not open this key");
  }
  const derived = bls.publicKeyOf(secret);
  if (!equalBytes(derived, toBytes(publicKey))) throw new KeyError("WrongKey", "The public key is not the secret's");
  return { secret, publicKey: derived };
}

/** Files come from anywhere. */
function checkFormat(exported: ExportedKey): ExportedKey {
  const { version, kdf, cipher } = exported as { version: number; kdf: { name: string }; cipher: { name: string } };
  const { n, r, p } = exported.kdf;
  const isKnown = version === 1 && kdf.name === "scrypt" && cipher.name === "AES-256-GCM";
  const isCheap = [n, r, p].every((value) => Number.isInteger(value) && value > 0) && n * r * p <= MAX_SCRYPT_N * 8;
  if (isKnown && isCheap && (n & (n - 1)) === 0) return exported;
  throw new KeyError("UnknownFormat", "The file is no exported key of version 1", { version });
}

async function cipherKey(password: string, { n, r, p, salt }: ExportedKey["kdf"]) {
  const bytes = toBytes(
    await scrypt(new TextEncoder().encode(password.normalize("NFKC")), toBytes(salt), n, r, p, KEY_SIZE),
  );
  return crypto.subtle.importKey("raw", Uint8Array.from(bytes), "AES-GCM", false, ["encrypt", "decrypt"]);
}

function cipherOptions(iv: Uint8Array, publicKey: Uint8Array) {
  return { name: "AES-GCM", iv: Uint8Array.from(iv), additionalData: Uint8Array.from(publicKey) };
}

/** r | s | v with v of 27 or 28, whatever the wallet answers. */
function normalized(signature: string): string {
  try {
    return Signature.from(signature).serialized;
  } catch {
    throw new KeyError("InvalidSignature", "The wallet's answer is no signature of 65 bytes with a low s");
  }
}
