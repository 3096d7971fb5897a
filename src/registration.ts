import { AbiCoder, concat, dataSlice, getBytes, hexlify, id, keccak256, toBeHex, type TypedDataField } from "ethers";
import { nonZeroAddress } from "./assets.js";
import { loadBls } from "./bls/bls.js";
import { ValidationError } from "./lakh-error.js";
import { type TypedData } from "./signatures.js";

/** What a key may do, as bits. */
export const KEY_KINDS = { transfer: 1, cores: 2, protocols: 4, all: 7 } as const;
/** `validUntil` of a key without an end. */
export const VALID_FOREVER = 2n ** 32n - 1n;

/** A point of G1: x and y, 48 bytes each, in three words. */
export type KeyWords = [string, string, string];

/** A key and the Schnorr proof that its secret is known, for one account of one directory. */
export type KeyProof = { key: KeyWords; commitment: KeyWords; response: bigint };

/**
 * An entry of `AccountDirectory.register`; `validUntil` and `deadline` in Unix seconds, inclusive. The id that it gets
 * follows from its place among all registrations: until the transaction is final, a reorganisation can give the id to
 * another account, so nobody should name it as a receiver before.
 */
export type Registration = KeyProof & {
  account: string;
  kinds: number;
  validUntil: bigint;
  deadline: bigint;
  /** `0x` when the account itself sends the registration. */
  signature: string;
};

/** What an account signs by EIP-712 to register a key. */
export type RegisterMessage = { account: string; key: string; kinds: number; validUntil: bigint; deadline: bigint };
/** What an account signs by EIP-712 to revoke a key. */
export type RevokeMessage = { id: bigint; deadline: bigint };

/** The order of G1 and of secret keys. */
const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
const PROOF_TAG = id("Lakh key proof");
const NONCE_TAG = id("Lakh key proof nonce");
/** Native code where there is some for this machine, so that the rest works without. */
const bls = await loadBls();
const coder = AbiCoder.defaultAbiCoder();

const REGISTER: TypedDataField[] = [
  { name: "account", type: "address" },
  { name: "key", type: "bytes" },
  { name: "kinds", type: "uint8" },
  { name: "validUntil", type: "uint32" },
  { name: "deadline", type: "uint256" },
];
const REVOKE: TypedDataField[] = [
  { name: "id", type: "uint256" },
  { name: "deadline", type: "uint256" },
];

/** The public key of a secret of 32 bytes: x and y, 48 bytes each. */
export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  scalarOf(secretKey);
  return bls.publicKeyOf(secretKey);
}

/** A point of 96 bytes in the words of the contracts. */
export function keyWords(point: Uint8Array): KeyWords {
  const hex = hexlify(point);
  return [dataSlice(hex, 0, 32), dataSlice(hex, 32, 64), dataSlice(hex, 64, 96)];
}

/** What a proof answers; to be taken modulo the order. */
export function keyProofChallenge({
  account,
  key,
  commitment,
  chainId,
  directory,
}: Omit<KeyProof, "response"> & { account: string; chainId: bigint; directory: string }): bigint {
  const types = ["bytes32", "uint256", "address", "address", "bytes32[3]", "bytes32[3]"];
  return BigInt(keccak256(coder.encode(types, [PROOF_TAG, chainId, directory, account, key, commitment])));
}

/** Proves that the secret is known. The nonce follows from the secret and from what is proved, so none is used twice. */
export function proveKnowledge({
  secretKey,
  account,
  chainId,
  directory,
}: {
  secretKey: Uint8Array;
  account: string;
  chainId: bigint;
  directory: string;
}): KeyProof {
  const binding = {
    account: nonZeroAddress(account, "account"),
    chainId,
    directory: nonZeroAddress(directory, "directory"),
    key: keyWords(publicKeyOf(secretKey)),
  };
  const nonce = nonceOf({ secretKey, ...binding });
  const commitment = keyWords(publicKeyOf(getBytes(toBeHex(nonce, 32))));
  const challenge = keyProofChallenge({ ...binding, commitment });
  const response = (nonce + challenge * scalarOf(secretKey)) % ORDER;
  return { key: binding.key, commitment, response };
}

/** The account's word for a key: what `AccountDirectory.register` wants to see signed. */
export function registerTypedData({
  directory,
  chainId,
  key,
  account,
  ...terms
}: Omit<RegisterMessage, "key"> & { directory: string; chainId: bigint; key: KeyWords }): TypedData<RegisterMessage> {
  return {
    domain: accountsDomain(directory, chainId),
    types: { Register: REGISTER },
    message: { account: nonZeroAddress(account, "account"), key: concat([...key]), ...terms },
  };
}

/** The account's word for the end of an id's key: what `AccountDirectory.revokeBySignature` wants to see signed. */
export function revokeTypedData({
  directory,
  chainId,
  ...message
}: RevokeMessage & { directory: string; chainId: bigint }): TypedData<RevokeMessage> {
  return { domain: accountsDomain(directory, chainId), types: { Revoke: REVOKE }, message };
}

function accountsDomain(directory: string, chainId: bigint): TypedData<unknown>["domain"] {
  const verifyingContract = nonZeroAddress(directory, "directory");
  return { name: "Lakh accounts", version: "1", chainId, verifyingContract };
}

/** 512 bits of a hash modulo the order, so that no nonce is likelier than another. */
function nonceOf({
  secretKey,
  account,
  chainId,
  directory,
  key,
}: {
  secretKey: Uint8Array;
  account: string;
  chainId: bigint;
  directory: string;
  key: KeyWords;
}): bigint {
  const types = ["bytes32", "bytes32", "uint256", "address", "address", "bytes32[3]", "uint256"];
  const half = (part: number): string =>
    keccak256(coder.encode(types, [NONCE_TAG, secretKey, chainId, directory, account, key, part]));
  return BigInt(concat([half(0), half(1)])) % ORDER;
}

function scalarOf(secretKey: Uint8Array): bigint {
  const scalar = secretKey.length === 32 ? BigInt(hexlify(secretKey)) : 0n;
  if (scalar === 0n || scalar >= ORDER) {
    throw new ValidationError("InvalidSecretKey", "the secret key is not 32 bytes from 1 to the order minus 1");
  }
  return scalar;
}
