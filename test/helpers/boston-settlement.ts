import { expect } from "chai";
import { getAddress, getBytes, Wallet, id as hashOf } from "ethers";
import {
  buildBatches,
  DEFAULT_CAPS,
  GAS_MODEL,
  decodeHolderFlags,
  decodeSettled,
  decodeWord,
  digestOf,
  sealBatch,
  type BatchSettledEvent,
  type Bls,
  type BuiltBatch,
  type Order,
  type OrderOperation,
} from "../../src/index.js";
import type { AccountDirectory, Settlement } from "../../typechain-types/index.js";
import { nativeBls, secretOf } from "./bls.js";
import { writeKeyPage } from "./key-pages.js";
import { ethers, networkHelpers, type LedgerFixture } from "./ledger-fixture.js";

/** As the relayer's: an operation may credit a word that nobody has written yet. */
const GAS = { ...GAS_MODEL, operation: 30_000 };
/** Less than a transaction may have: the tests' build needs more than what is deployed, which the builder's gas is of. */
const CAPS = { ...DEFAULT_CAPS, gas: 15_000_000 };
/** Rows of a directory's page. */
const ROWS = 203;
/** Seconds that a batch may wait. */
const LIFETIME = 1_200;
/** An account's operations in one record: one signer's transfers to a thousand fit no batch otherwise. */
const MOST = 100;

/** What the batches of one name were. */
export type Tally = { transactions: number; operations: number; executed: number; gas: bigint; bytes: number };

/** An operation of an account, by the sequence of the word that it debits. */
export type Signed = { account: string; operationOf: (sequence: number) => OrderOperation };

type Chain = Pick<LedgerFixture, "ledger" | "relayer">;

/** The settlement with a directory in which these accounts have keys, in this order; listed as the ledger's next version. */
export async function openSettlement({ ledger, relayer }: Chain, accounts: readonly string[]): Promise<Batches> {
  const book = await ethers.deployContract("AddressBook");
  const directory = await ethers.deployContract("AccountDirectory", [book]);
  const settlement = await ethers.deployContract("Settlement", [ledger, directory]);
  await ledger.listSettlement(settlement);
  const bls = await nativeBls();
  const ids = new Map<string, number>();
  for (let start = 0, page = 0; start < accounts.length; start += ROWS, page++) {
    const rows = accounts.slice(start, start + ROWS).map((account, row) => {
      ids.set(getAddress(account), page * 256 + row);
      return { account, key: bls.publicKeyOf(keySecretOf(page * 256 + row)) };
    });
    await writeKeyPage(networkHelpers, directory, { page, rows });
  }
  const { chainId } = await ethers.provider.getNetwork();
  return new Batches({ ledger, relayer, directory, settlement, bls, ids, chainId });
}

/** The wallet of an investor. */
export function investorAt(index: number): string {
  return new Wallet(hashOf(`investor ${index.toString()}`)).address;
}

/** No secret is 0. */
function keySecretOf(id: number): Uint8Array {
  return secretOf(id + 1);
}

type Parts = Chain & {
  directory: AccountDirectory;
  settlement: Settlement;
  bls: Bls;
  ids: ReadonlyMap<string, number>;
  chainId: bigint;
};

/** Batches that the client's builder makes, each under the sum of its signers' signatures, and what they cost. */
export class Batches {
  readonly tallies: Record<string, Tally> = {};
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  idOf(account: string): number {
    const id = this.#parts.ids.get(getAddress(account));
    if (id === undefined) throw new RangeError(`${account} has no key`);
    return id;
  }

  /** Settles operations that debit words of one asset, in as few batches as they need; answers how many were executed. */
  async settle(name: string, asset: bigint, operations: readonly Signed[]): Promise<number> {
    const { relayer, settlement } = this.#parts;
    const orders = await this.#ordersOf(asset, operations);
    const number = Number(await settlement.lastNumberOf(relayer)) + 1;
    const expiry = (await networkHelpers.time.latest()) + LIFETIME;
    let executed = 0;
    for (const batch of buildBatches({ relayer: relayer.address, number, expiry, orders, caps: CAPS, gas: GAS })) {
      executed += await this.#send(name, batch);
    }
    return executed;
  }

  /** One order of each account; of one with very many operations several, which go to successive batches. */
  async #ordersOf(asset: bigint, operations: readonly Signed[]): Promise<Order[]> {
    const byAccount = new Map<string, Signed["operationOf"][]>();
    for (const { account, operationOf } of operations) {
      byAccount.set(account, [...(byAccount.get(account) ?? []), operationOf]);
    }
    const orders: Order[] = [];
    for (const [account, makers] of byAccount) {
      const { sequence } = decodeHolderFlags(decodeWord(await this.#parts.ledger.wordOf(account, asset)).flags);
      const made = makers.map((operationOf, index) => operationOf((Number(sequence) + index) & 0xffff));
      for (let i = 0; i < made.length; i += MOST) {
        orders.push({ id: this.idOf(account), operations: made.slice(i, i + MOST) });
      }
    }
    return orders;
  }

  async #send(name: string, { body, encoded, root }: BuiltBatch): Promise<number> {
    const { settlement, directory, relayer, bls, chainId } = this.#parts;
    const places = { settlement: await settlement.getAddress(), directory: await directory.getAddress() };
    const { number, expiry } = body;
    const digest = digestOf({ ...places, chainId, relayer: relayer.address, number, expiry, root });
    const signature = bls.aggregateSignatures(encoded.ids.map((id) => bls.sign(keySecretOf(id), digest)));
    const bytes = sealBatch(encoded, { excluded: [], signature });
    const response = await settlement.connect(relayer).settle(bytes, { gasLimit: DEFAULT_CAPS.gas });
    const receipt = await response.wait();
    const topic = settlement.interface.getEvent("BatchSettled").topicHash;
    const log = receipt?.logs.findLast(({ topics }) => topics[0] === topic);
    if (receipt === null || log === undefined) throw new Error("The batch was not settled");
    const event = settlement.interface.decodeEventLog("BatchSettled", log.data, log.topics);
    const { operations } = decodeSettled({
      ...{ calldata: bytes, event: event.toObject() as unknown as BatchSettledEvent },
    });
    expect(
      operations.filter(({ outcome }) => outcome === "sectionFailed"),
      name,
    ).to.deep.equal([]);
    const executed = operations.filter(({ outcome }) => outcome === "executed").length;
    const tally = (this.tallies[name] ??= { transactions: 0, operations: 0, executed: 0, gas: 0n, bytes: 0 });
    tally.transactions++;
    tally.operations += operations.length;
    tally.executed += executed;
    tally.gas += receipt.gasUsed;
    tally.bytes += getBytes(response.data).length;
    return executed;
  }

  /** Gas and bytes of calldata of an operation, whole transactions divided. */
  costs(): Record<string, Tally & { gasPerOperation: number; bytesPerOperation: number }> {
    return Object.fromEntries(
      Object.entries(this.tallies).map(([name, tally]) => {
        const per = (sum: number): number => Math.round((sum / tally.operations) * 10) / 10;
        return [name, { ...tally, gasPerOperation: per(Number(tally.gas)), bytesPerOperation: per(tally.bytes) }];
      }),
    );
  }
}
