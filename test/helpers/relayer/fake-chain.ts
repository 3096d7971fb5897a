import { hexlify, keccak256, recoverAddress, Transaction, Wallet, ZeroAddress } from "ethers";
import { decodeBatch } from "../../../src/codec/reader.js";
import { decodeSettle, digestOf } from "../../../src/codec/digest.js";
import { rootOf } from "../../../src/codec/tree.js";
import { ACCOUNT_FORM } from "../../../src/codec/types.js";
import { type Bls } from "../../../src/bls/bls.js";
import { type AccountRow, type Chain, type SettledLog } from "../../../scripts/lib/relayer/chain.js";

export type FakeAccount = { id: number; address: string; secret: Uint8Array; key: Uint8Array };

/** Accounts with keys, the first ones of page 0. */
export function createAccounts(bls: Bls, count: number): FakeAccount[] {
  return Array.from({ length: count }, (_, id) => {
    const secret = new Uint8Array(32);
    new DataView(secret.buffer).setUint32(28, id + 1);
    const address = new Wallet(keccak256(secret)).address;
    return { id, address, secret, key: bls.publicKeyOf(secret) };
  });
}

/** What the chain does with the next transactions. */
export type Weather = "mine" | "drop" | "hold" | "revert";

export const FAKE_ASSET = 0x1000n;

/**
 * A chain in memory that knows transfers of one asset: it checks number, expiry and signature as the settlement does, and
 * counts what it executes. Blocks come when time is read.
 */
export class FakeChain implements Chain {
  readonly chainId = 31_337n;
  readonly settlement = "0x1000000000000000000000000000000000000001";
  readonly directory = "0x1000000000000000000000000000000000000002";
  readonly ledger = "0x1000000000000000000000000000000000000003";
  readonly protocols = [];
  readonly relayer: string;
  readonly accounts: readonly FakeAccount[];
  readonly balances = new Map<string, bigint>();
  /** By address. */
  readonly sequences = new Map<string, number>();
  /** How often each operation was executed, by address and sequence. */
  readonly executed = new Map<string, number>();
  weather: Weather = "mine";
  held: string[] = [];
  /** Seconds by which the clock is ahead. */
  ahead = 0;
  lastNumber = 0;
  nonce = 0;
  readonly #wallet: Wallet;
  readonly #bls: Bls;
  readonly #logs = new Map<number, SettledLog>();

  constructor({
    bls,
    accounts,
    key,
    balance = 1_000_000n,
  }: {
    bls: Bls;
    accounts: FakeAccount[];
    key: string;
    balance?: bigint;
  }) {
    this.#wallet = new Wallet(key);
    this.#bls = bls;
    this.relayer = this.#wallet.address;
    this.accounts = accounts;
    for (const { address } of accounts) this.balances.set(address, balance);
  }

  get now(): number {
    return Math.floor(Date.now() / 1_000) + this.ahead;
  }

  head = () => Promise.resolve({ block: 1, timestamp: this.now });
  standing = () => Promise.resolve({ lastNumber: this.lastNumber, nonce: this.nonce });
  settledLog = (number: number) => Promise.resolve(this.#logs.get(number));
  isRevoked = () => Promise.resolve(false);
  homeOf = (asset: bigint) => Promise.resolve(asset);
  bookOf = () => Promise.resolve(undefined);
  sequenceOf = (address: string) => Promise.resolve(this.sequences.get(address) ?? 0);
  isSignedBy = (address: string, digest: string, signature: string) =>
    Promise.resolve(recoverAddress(digest, signature) === address);

  row(account: number): Promise<AccountRow | undefined> {
    const found = this.accounts[account];
    return Promise.resolve(
      found === undefined ? undefined : { address: found.address, key: found.key, kinds: 7, validUntil: 2 ** 32 - 1 },
    );
  }

  estimate = () =>
    Promise.resolve(
      this.weather === "revert" ? { problem: "SettlementMalformed", isOfChain: true } : { gas: 100_000n },
    );

  async sign({ calldata, gas, nonce }: { calldata: string; gas: bigint; nonce: number }) {
    const { chainId, settlement: to } = this;
    const fees = { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n };
    const raw = await this.#wallet.signTransaction({
      type: 2,
      chainId,
      nonce,
      to,
      data: calldata,
      gasLimit: gas,
      ...fees,
    });
    return { raw, hash: keccak256(raw), nonce, maxFee: 1n, priorityFee: 1n };
  }

  broadcast(raw: string): Promise<string | undefined> {
    if (this.weather === "drop") return Promise.resolve(undefined);
    if (this.weather === "hold") this.held.push(raw);
    else return Promise.resolve(this.mine(raw));
    return Promise.resolve(undefined);
  }

  /** Executes a transaction as the settlement would; answers why not. */
  mine(raw: string): string | undefined {
    const transaction = Transaction.from(raw);
    if (transaction.nonce !== this.nonce) return "nonce too low";
    this.nonce += 1;
    const batch = decodeBatch(decodeSettle(transaction.data), { relayer: this.relayer });
    if (batch.number <= this.lastNumber || batch.expiry < this.now) return "reverted";
    const root = rootOf(batch.leaves);
    const isOut = new Set([...batch.excluded, ...batch.fallbacks.map(({ id }) => id)]);
    const keys = batch.records
      .filter(({ id }) => !isOut.has(id))
      .map(({ id }) => this.accounts[id]?.key ?? new Uint8Array());
    const { chainId, settlement, directory, relayer } = this;
    const digest = digestOf({
      chainId,
      settlement,
      directory,
      relayer,
      number: batch.number,
      expiry: batch.expiry,
      root,
    });
    if (keys.length > 0 && !this.#bls.verify(digest, this.#bls.aggregateKeys(keys), batch.signature)) return "reverted";
    this.lastNumber = batch.number;
    const excluded = new Set(batch.excluded);
    let skipped = 0n;
    let index = 0n;
    for (const { id, operations } of batch.records) {
      const address = this.accounts[id]?.address ?? ZeroAddress;
      for (const { sequence, amount, argument, type } of operations) {
        const isAccount = batch.types[type]?.argumentForm === ACCOUNT_FORM;
        const to = isAccount ? (this.accounts[Number(argument)]?.address ?? ZeroAddress) : hexlify(toAddress(argument));
        const isDone = !excluded.has(id) && this.#transfer({ from: address, to, sequence, amount });
        if (!isDone) skipped |= 1n << index;
        index += 1n;
      }
    }
    const words = Math.ceil(Number(index) / 256);
    const mask = (1n << 256n) - 1n;
    this.#logs.set(batch.number, {
      root: hexlify(root),
      sections: 1n,
      skipped: Array.from({ length: words }, (_, word) => (skipped >> BigInt(256 * word)) & mask),
      calldata: transaction.data,
      gasUsed: 100_000n,
      hash: keccak256(raw),
    });
    return undefined;
  }

  close(): void {
    // nothing is open
  }

  #transfer({ from, to, sequence, amount }: { from: string; to: string; sequence: number; amount: bigint }): boolean {
    const expected = this.sequences.get(from) ?? 0;
    const balance = this.balances.get(from) ?? 0n;
    if ((expected & 255) !== sequence || balance < amount) return false;
    this.sequences.set(from, expected + 1);
    this.balances.set(from, balance - amount);
    this.balances.set(to, (this.balances.get(to) ?? 0n) + amount);
    const name = `${from} ${expected}`;
    this.executed.set(name, (this.executed.get(name) ?? 0) + 1);
    return true;
  }
}

function toAddress(argument: bigint): Uint8Array {
  const bytes = new Uint8Array(20);
  for (let i = 19, rest = argument; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 255n);
  return bytes;
}
