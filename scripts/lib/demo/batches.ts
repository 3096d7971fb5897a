import {
  aggregateOrBisect,
  buildBatches,
  decodeSettled,
  digestOf,
  encodeSettle,
  GAS_MODEL,
  sealBatch,
  SettlementModel,
  type Bls,
  type BuiltBatch,
  type DigestParts,
  type Lakh,
  type LedgerModel,
  type SettlementOutcome,
  type Order,
  type Outcome,
  type SettledOperation,
} from "../../../src/index.js";
import type { DemoBatches } from "../../../bench/schema.js";
import type { Cosigner } from "./cosigners.js";
import type { Intent } from "./intents.js";
import { DemoError, type Log, type Mined } from "./sender.js";
import type { Tally } from "./tally.js";

/** How long a batch may be settled, in seconds. */
const LIFETIME = 5;
/** Much is paid to fresh words here. */
const GAS = { ...GAS_MODEL, operation: 30_000 };

export type RelayOptions = {
  lakh: Lakh;
  chainId: bigint;
  bls: Bls;
  ledger: LedgerModel;
  /** Who sends the batches and earns the fees. */
  relayer: string;
  tally: Tally;
};

/** A batch that is ready to be sent, and what must become of it. */
export type SealedBatch = { calldata: string; check: (mined: Mined) => void };

/** Collects operations and signatures, and knows from the model what each batch will do. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #cosigners = new Map<number, Cosigner>();
  readonly #ids = new Map<string, number>();
  readonly #model: SettlementModel;
  readonly #counts = { settled: 0, absent: 0, forged: 0, fallback: 0 };
  readonly #earned = new Map<bigint, bigint>();
  #number = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#model = new SettlementModel({
      ledger: options.ledger,
      accountOf: (id) => {
        const account = this.#cosigners.get(id)?.address;
        return account === undefined ? undefined : { account, registered: true };
      },
    });
  }

  /** Gives everybody the id under which the chain has registered him. */
  enrol(cosigners: readonly Cosigner[], logs: readonly Log[]): void {
    const codec = this.#options.lakh.directory.interface;
    const byAddress = new Map(cosigners.map((cosigner) => [cosigner.address, cosigner]));
    for (const log of logs) {
      const { account, id } = codec.decodeEventLog("AccountRegistered", log.data, log.topics) as unknown as {
        account: string;
        id: bigint;
      };
      const cosigner = byAddress.get(account);
      if (cosigner === undefined) throw mismatch(`${account} is registered, whom nobody knows`);
      cosigner.id = Number(id);
      this.#cosigners.set(cosigner.id, cosigner);
      this.#ids.set(account, cosigner.id);
    }
    if (cosigners.some(({ id }) => id < 0)) throw mismatch("somebody was not registered");
  }

  /** The id of an account, where it has one. */
  idOf(account: string): number | undefined {
    return this.#ids.get(account);
  }

  cosignerOf(account: string): Cosigner | undefined {
    return this.#cosigners.get(this.idOf(account) ?? -1);
  }

  /** What has happened so far; `assets` are those that fees are paid in, by name. */
  async summary(assets: readonly (readonly [name: string, id: bigint])[]): Promise<DemoBatches> {
    const { lakh, relayer } = this.#options;
    const fees = assets.map(async ([asset, id]) => {
      const held = await lakh.ledger.contract.balanceOf(relayer, id);
      return { asset, earned: String(this.#earned.get(id) ?? 0n), held: String(held) };
    });
    return { ...this.#counts, fees: await Promise.all(fees) };
  }

  /** Puts everybody's operations into batches, has them signed at `now` (Unix seconds) and runs them on the model. */
  async seal(intents: readonly Intent[], now: number): Promise<SealedBatch[]> {
    const { relayer } = this.#options;
    const orders = await Promise.all(intents.map((intent) => this.#orderOf(intent, now)));
    const built = buildBatches({ relayer, number: this.#number + 1, expiry: now + LIFETIME, orders, gas: GAS });
    this.#number += built.length;
    const byId = new Map(intents.map((intent) => [intent.cosigner.id, intent]));
    return built.map((batch) => this.#sealOne(batch, byId, now));
  }

  async #orderOf({ cosigner, operations, manner }: Intent, now: number): Promise<Order> {
    if (manner !== "signs the order") return { id: cosigner.id, operations };
    const addressOf = (id: number) => this.#cosigners.get(id)?.address ?? "";
    this.#counts.fallback += 1;
    return {
      id: cosigner.id,
      operations,
      fallback: await cosigner.signOrder(operations, { deadline: now + LIFETIME, addressOf }),
    };
  }

  #sealOne(batch: BuiltBatch, intents: ReadonlyMap<number, Intent>, now: number): SealedBatch {
    const parts = this.#partsOf(batch);
    const message = digestOf(parts);
    const [present, absent, forgers] = [[], [], []] as [Intent[], number[], number[]];
    for (const id of batch.encoded.ids) {
      const intent = intents.get(id);
      if (intent === undefined) throw mismatch(`${id} is in a batch and wants nothing`);
      if (intent.manner === "is absent") absent.push(id);
      else if (intent.manner !== "signs the order") present.push(intent);
      if (intent.manner === "forges") forgers.push(id);
    }
    const partials = present.map(({ cosigner, operations, manner }) => ({
      signer: cosigner.id,
      key: cosigner.key.publicKey,
      signature: manner === "forges" ? cosigner.forge(message) : cosigner.sign({ batch, parts, operations, now }),
    }));
    const { signature, bad } = aggregateOrBisect({ bls: this.#options.bls, message, partials });
    if (bad.toSorted().join() !== forgers.toSorted().join()) throw mismatch(`bad signatures of ${bad.join()}`);
    this.#counts.absent += absent.length;
    this.#counts.forged += bad.length;
    const excluded = [...absent, ...bad];
    const bytes = sealBatch(batch.encoded, { excluded, signature });
    const expected = this.#model.settle({ ...batch.body, excluded });
    return { calldata: encodeSettle(bytes), check: (mined) => this.#check(bytes, expected, mined) };
  }

  #partsOf({ body, root }: BuiltBatch): DigestParts {
    const { lakh, chainId } = this.#options;
    const { settlement, directory } = lakh.addresses;
    return { chainId, settlement, directory, relayer: body.relayer, number: body.number, expiry: body.expiry, root };
  }

  /** Compares the chain's answer with the model's, operation by operation. */
  #check(bytes: Uint8Array, expected: SettlementOutcome, { succeeded, gas, logs }: Mined): void {
    const { lakh, tally } = this.#options;
    const log = logs.find(({ address }) => address.toLowerCase() === lakh.addresses.settlement.toLowerCase());
    if (!succeeded || log === undefined) throw mismatch("the chain refused a batch");
    const event = lakh.settlement.interface.decodeEventLog("BatchSettled", log.data, log.topics);
    const [relayer, number, root, sections, skipped] = event as unknown as [string, bigint, string, bigint, bigint[]];
    const { amm, staking } = lakh.addresses;
    const { operations } = decodeSettled({
      ...{ calldata: bytes, event: { relayer, number, root, sections, skipped } },
      ...{ accountOf: (id) => this.#cosigners.get(id)?.address, amms: [amm], stakings: [staking] },
    });
    const wanted = outcomesOf(expected);
    const executed = operations.filter(({ outcome }) => outcome === "executed").length;
    this.#counts.settled += 1;
    if (operations.length !== wanted.length) throw mismatch(`a batch has ${operations.length} operations`);
    for (const [index, operation] of operations.entries()) {
      const { outcome, name, id } = operation;
      if (outcome !== wanted[index]) {
        throw mismatch(`a ${name} of ${id} in batch ${number} is ${outcome}; the model has ${wanted[index] ?? "none"}`);
      }
      if (operation.asset !== undefined) this.#earn(operation.asset, operation.fee ?? 0n);
      tally.add(phaseOf(operation), { gas: Math.round(gas / executed), succeeded: outcome === "executed" });
    }
  }

  #earn(asset: bigint, fee: bigint): void {
    this.#earned.set(asset, (this.#earned.get(asset) ?? 0n) + fee);
  }
}

function outcomesOf({ sections, executed }: SettlementOutcome): Outcome[] {
  return executed.flatMap((list, section) =>
    list.map((isExecuted): Outcome => {
      if (((sections >> BigInt(section)) & 1n) === 0n) return "sectionFailed";
      return isExecuted ? "executed" : "skipped";
    }),
  );
}

/** Lines of the table, by what the decoder calls an operation. An addition is two operations, one for each asset. */
const PHASES: Readonly<Partial<Record<SettledOperation["name"], string>>> = {
  ...{ transfer: "transfer", swapExactIn: "swap", addLiquidity: "add liquidity", removeLiquidity: "remove liquidity" },
  ...{ stake: "stake", claim: "claim", unstake: "unstake" },
};

function phaseOf({ name }: SettledOperation): string {
  return `${PHASES[name] ?? name}, co-signed`;
}

function mismatch(what: string): DemoError {
  return new DemoError("UNEXPECTED_OUTCOME", `Chain and model differ: ${what}.`);
}
