import { SecretKey } from "@chainsafe/blst";
import { getBytes, id, keccak256, toBeHex, Wallet, type Signer } from "ethers";
import { network } from "#chain";
import {
  KEY_KINDS,
  keyWords,
  proveKnowledge,
  publicKeyOf,
  registerTypedData,
  VALID_FOREVER,
  type KeyWords,
  type Registration,
  type TypedData,
} from "../../src/index.js";
import type { AccountDirectory, AddressBook } from "../../typechain-types/index.js";
import { deployTyped } from "./deploy.js";
import { keepTime } from "./keep-time.js";

/** One simulated chain for the tests of the directories. */
export const connection = await network.create();
export const { ethers, networkHelpers } = connection;
export const loadFixture = keepTime(networkHelpers);

/** The order of G1, and the base field's prime. */
export const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
export const PRIME = BigInt(
  "0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
);
/** A deadline that no test reaches, in seconds. */
export const NEVER = 2n ** 40n;
/** A directory page, full. */
export const FULL_PAGE = 203;
export const INFINITY: KeyWords = [toBeHex(0, 32), toBeHex(0, 32), toBeHex(0, 32)];
/** On the curve, outside the subgroup: (0, 2) has order 3. */
export const OUTSIDE_SUBGROUP: KeyWords = [toBeHex(0, 32), toBeHex(0, 32), toBeHex(2, 32)];

export type DirectoryFixture = Awaited<ReturnType<typeof directoryFixture>>;

export async function directoryFixture() {
  const [relayer, alice, bob] = await ethers.getSigners();
  if (!relayer || !alice || !bob) throw new Error("The network has no accounts");
  const book = await deployTyped<AddressBook>(connection, "AddressBook");
  const directory = await deployTyped<AccountDirectory>(connection, "AccountDirectory", [book]);
  const { chainId } = await ethers.provider.getNetwork();
  const address = await directory.getAddress();
  return { relayer, alice, bob, book, directory, address, chainId };
}

/** The secret BLS key number `index` of the tests. */
export function secretOf(index: number): Uint8Array {
  return SecretKey.fromKeygen(getBytes(id(`secret ${index}`))).toBytes();
}

/** The public key of secret number `index`, in words. */
export function keyOf(index: number): KeyWords {
  return keyWords(publicKeyOf(secretOf(index)));
}

/** An account without funds. */
export function walletOf(index: number): Wallet {
  return new Wallet(id(`wallet ${index}`));
}

/** The point with the other y. */
export function negated([first, middle, last]: KeyWords): KeyWords {
  const y = PRIME - ((BigInt(middle) & ((1n << 128n) - 1n)) << 256n) - BigInt(last);
  const low = (1n << 256n) - 1n;
  return [first, toBeHex(((BigInt(middle) >> 128n) << 128n) | (y >> 256n), 32), toBeHex(y & low, 32)];
}

/** A registration of key number `index` for the account that `signer` signs for, by its signature. */
export async function registrationOf(
  { address, chainId }: Pick<DirectoryFixture, "address" | "chainId">,
  index: number,
  changes: Partial<Registration> & { signer?: Pick<Signer, "getAddress" | "signTypedData"> } = {},
): Promise<Registration> {
  const { signer = walletOf(index), ...fields } = changes;
  const account = fields.account ?? (await signer.getAddress());
  const proof = proveKnowledge({ secretKey: secretOf(index), account, chainId, directory: address });
  const terms = { account, kinds: KEY_KINDS.all, validUntil: VALID_FOREVER, deadline: NEVER };
  const unsigned = { ...proof, ...terms, ...fields };
  const signature = fields.signature ?? (await sign(signer, consentOf({ address, chainId }, unsigned)));
  return { ...unsigned, signature };
}

/** Registrations of the keys from `first` on. */
export async function pageOf(
  fixture: Pick<DirectoryFixture, "address" | "chainId">,
  count: number,
  first = 0,
): Promise<Registration[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => registrationOf(fixture, first + index)));
}

/** What the account signs. */
export function consentOf(
  { address, chainId }: Pick<DirectoryFixture, "address" | "chainId">,
  { account, key, kinds, validUntil, deadline }: Omit<Registration, "signature">,
) {
  return registerTypedData({ directory: address, chainId, account, key, kinds, validUntil, deadline });
}

export async function sign<Message>(
  signer: Pick<Signer, "signTypedData">,
  { domain, types, message }: TypedData<Message>,
): Promise<string> {
  return signer.signTypedData(domain, types, message as Record<string, unknown>);
}

/** Reproducible bytes. */
export function hashBytes(text: string): Uint8Array {
  return getBytes(keccak256(id(text)));
}
