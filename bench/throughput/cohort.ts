import { SecretKey, aggregateSerializedPublicKeys } from "@chainsafe/blst";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { toUtf8Bytes } from "ethers";

/** Rows of a full page of the directory. */
export const PAGE_ROWS = 203;
const ROW_BYTES = 121;
const KEY_BYTES = 96;
const ADDRESS_BYTES = 20;
const ALL_KINDS = 7;
const FOR_EVER = 0xffff_ffff;
/** Of BLS12-381's groups. */
const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

export type CohortOptions = {
  accounts: number;
  /** How many of them, the first ones, can sign transactions and typed data. */
  wallets: number;
  seed: string;
};

/**
 * Accounts in the order of the directory, with the secrets s, s + 1, s + 2 … for their BLS keys, so that a million of them
 * cost one addition each. What has no wallet has an address that nobody holds a key of.
 */
export class Cohort {
  readonly size: number;
  readonly wallets: number;
  /** 20 bytes each. */
  readonly addresses: Buffer;
  /** x and y of the BLS keys, 96 bytes each. */
  readonly keys: Buffer;
  readonly #firstSecret: bigint;
  readonly #firstWallet: bigint;

  constructor({ accounts, wallets, seed }: CohortOptions) {
    this.size = accounts;
    this.wallets = Math.min(wallets, accounts);
    const seedBytes = keccak_256(toUtf8Bytes(seed));
    this.#firstSecret = toBig(SecretKey.fromKeygen(seedBytes).toBytes());
    this.#firstWallet = toBig(seedBytes) >> 8n;
    this.keys = this.#deriveKeys();
    this.addresses = this.#deriveAddresses(seedBytes);
  }

  /** Accounts without a wallet have the address `base` + index. */
  get base(): bigint {
    return BigInt(this.hexAddressOf(this.size - 1)) - BigInt(this.size - 1);
  }

  /** The account's id in the directory. */
  idOf(index: number): number {
    return Math.floor(index / PAGE_ROWS) * 256 + (index % PAGE_ROWS);
  }

  /** The account of an id of the directory. */
  indexOf(id: number): number {
    return (id >> 8) * PAGE_ROWS + (id & 255);
  }

  addressOf(index: number): Buffer {
    return this.addresses.subarray(index * ADDRESS_BYTES, (index + 1) * ADDRESS_BYTES);
  }

  hexAddressOf(index: number): string {
    return `0x${this.addressOf(index).toString("hex")}`;
  }

  keyOf(index: number): Buffer {
    return this.keys.subarray(index * KEY_BYTES, (index + 1) * KEY_BYTES);
  }

  /** The secret behind `keyOf`. */
  secretOf(index: number): Uint8Array {
    return toBytes((this.#firstSecret + BigInt(index)) % ORDER);
  }

  /** The sum of the accounts' secrets, modulo the groups' order. */
  secretSumOf(indices: readonly number[]): Uint8Array {
    let offsets = 0; // below 2^53 for millions of accounts
    for (const index of indices) offsets += index;
    return toBytes((this.#firstSecret * BigInt(indices.length) + BigInt(offsets)) % ORDER);
  }

  /** The secret of an account's wallet; the index is below `wallets`. */
  walletSecretOf(index: number): Uint8Array {
    return toBytes(this.#firstWallet + BigInt(index));
  }

  get pages(): number {
    return Math.ceil(this.size / PAGE_ROWS);
  }

  /** Code of a page of the directory, as docs/settlement.md describes it; at most `rows` rows of it. */
  pageCode(page: number, rows = PAGE_ROWS): Buffer {
    const first = page * PAGE_ROWS;
    const count = Math.min(rows, PAGE_ROWS, this.size - first);
    const code = Buffer.alloc(1 + count * ROW_BYTES);
    for (let row = 0; row < count; row++) {
      const offset = 1 + row * ROW_BYTES;
      this.keyOf(first + row).copy(code, offset);
      this.addressOf(first + row).copy(code, offset + KEY_BYTES);
      code.writeUInt8(ALL_KINDS, offset + KEY_BYTES + ADDRESS_BYTES);
      code.writeUInt32BE(FOR_EVER, offset + KEY_BYTES + ADDRESS_BYTES + 1);
    }
    return code;
  }

  #deriveKeys(): Buffer {
    const keys = Buffer.alloc(this.size * KEY_BYTES);
    const one = SecretKey.fromBytes(toBytes(1n)).toPublicKey().toBytes(false);
    let key = SecretKey.fromBytes(toBytes(this.#firstSecret)).toPublicKey().toBytes(false);
    for (let index = 0; index < this.size; index++) {
      keys.set(key, index * KEY_BYTES);
      key = aggregateSerializedPublicKeys([key, one]).toBytes(false);
    }
    return keys;
  }

  #deriveAddresses(seedBytes: Uint8Array): Buffer {
    const addresses = Buffer.alloc(this.size * ADDRESS_BYTES);
    const prefix = Buffer.from(seedBytes.subarray(0, 12));
    for (let index = 0; index < this.size; index++) {
      prefix.copy(addresses, index * ADDRESS_BYTES);
      addresses.writeUInt32BE(index, (index + 1) * ADDRESS_BYTES - 4);
    }
    const { Point } = secp256k1;
    let point = Point.BASE.multiply(this.#firstWallet);
    for (let index = 0; index < this.wallets; index++) {
      addresses.set(keccak_256(point.toBytes(false).subarray(1)).subarray(12), index * ADDRESS_BYTES);
      point = point.add(Point.BASE);
    }
    return addresses;
  }
}

function toBig(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function toBytes(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex");
}
