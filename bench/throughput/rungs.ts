import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak256, toBeHex, toQuantity } from "ethers";
import { FailureError } from "../../scripts/lib/failure.js";
import type { ThroughputRung } from "../schema.js";
import { compareLane } from "./compare.js";
import { TRANSACTION_GAS, type Lane } from "./lane.js";
import { planBatch, signersThatFit, type BatchPlan, type Mix, type PlannedBatch } from "./load.js";
import { drive, measureEmptyBlocks, type LaneLoad } from "./pace.js";
import type { Prepared } from "./relayer.js";
import type { Site } from "./site.js";
import { executeSwap, prepareFallback, prepareTransaction, type LoneSwap, type WalletAction } from "./wallets.js";

/** One step of the ladder. */
export type Rung = {
  name: string;
  title: string;
  /** How an operation is authorised: each by its own transaction, by a wallet's typed signature, by a co-signature. */
  by: "transaction" | "fallback" | "co-signature";
  /** Of transactions, what they do. */
  action?: WalletAction;
  mix?: Mix;
  operationsPerSigner?: number;
  absent?: number;
};

export const HALVES: Mix = { transfer: 50, swap: 50 };
export const MIXED: Mix = { transfer: 40, swap: 30, vault: 15, rules: 15 };

export const RUNGS: readonly Rung[] = [
  { name: "token-transactions", title: "ERC-20 transfers, a transaction each", by: "transaction", action: "token" },
  { name: "ledger-transfers", title: "ledger transfers, a transaction each", by: "transaction", action: "transfer" },
  { name: "ledger-swaps", title: "swaps, a transaction each", by: "transaction", action: "swap" },
  {
    name: "fallback",
    title: "batches signed by wallets (EIP-712), k = 1",
    by: "fallback",
    mix: HALVES,
  },
  {
    name: "co-signed-1",
    title: "co-signed batches, k = 1",
    by: "co-signature",
    mix: HALVES,
  },
  {
    name: "co-signed-4",
    title: "co-signed batches, k = 4",
    by: "co-signature",
    mix: HALVES,
    operationsPerSigner: 4,
  },
  {
    name: "co-signed-16",
    title: "co-signed batches, k = 16",
    by: "co-signature",
    mix: HALVES,
    operationsPerSigner: 16,
  },
  {
    name: "swaps-16",
    title: "co-signed swaps, k = 16",
    by: "co-signature",
    mix: { swap: 1 },
    operationsPerSigner: 16,
  },
  {
    name: "mixed",
    title: "mixed load, k = 1, 10 % do not sign",
    by: "co-signature",
    mix: MIXED,
    absent: 0.1,
  },
];

export type RungOptions = {
  seconds: number;
  rate: number;
  pace: number;
  /** The most transactions or typed signatures that wallets make for one rung: a millisecond each. */
  walletSignatures: number;
  /** The most BLS signatures that are made one by one for one rung; further batches are signed by the sum of secrets. */
  coSignatures: number;
  signersPerBatch?: number | undefined;
  operationsPerSigner?: number | undefined;
  mix?: Mix | undefined;
  note: (text: string) => void;
};

const RECOVERIES = 3_000;
const LIFETIME = 3_000;

/** Prepares the load of a rung, drives it through the lanes, and compares everything with the models. */
export async function runRung(sites: readonly Site[], rung: Rung, options: RungOptions): Promise<ThroughputRung> {
  const { note } = options;
  const signed = rung.by === "co-signature" ? Infinity : options.walletSignatures;
  const wanted = Math.min(Math.round(options.rate * options.seconds), signed);
  const rate = Math.min(options.rate, wanted / options.seconds);
  const signers = new Set<number>();
  const [relayerMicros, relayerOperations] = relayerTotals(sites);
  const prepared: { site: Site; load: Load }[] = [];
  for (const [index, site] of sites.entries()) {
    const load = await prepare(site, rung, { ...options, operations: Math.ceil(wanted / sites.length) });
    for (const account of load.signers) signers.add(account * sites.length + index);
    prepared.push({ site, load });
  }
  const loads = prepared.map(({ site: { lane }, load: { transactions } }): LaneLoad => {
    return { lane, transactions, areBatches: rung.by !== "transaction" };
  });
  const recoveryBefore = await timeRecovery(sites[0]?.lane);
  const paced = await drive(loads, { rate, pace: options.pace, note });
  note("comparing every account with the model");
  const empty = await measureEmptyBlocks(sites.map(({ lane }) => lane));
  // The machine's pace moves with its neighbours: what surrounds the load is nearer to it than either alone.
  const ecrecoverMicros = (recoveryBefore + (await timeRecovery(sites[0]?.lane))) / 2;
  let [compared, differing] = [0, 0];
  for (const { site, load } of prepared) {
    load.settle?.(await minedOrder(site, load));
    const comparison = await compareLane(site.lane, site.cohort, site.model, site.relayer.address);
    compared += comparison.compared;
    differing += comparison.differing;
  }
  const [laterMicros, laterOperations] = relayerTotals(sites);
  const relayed = laterOperations - relayerOperations;
  const all = prepared.map(({ load }) => load);
  const total = (value: (load: Load) => number): number => all.reduce((sum, load) => sum + value(load), 0);
  const perOperation = (value: number): number => (paced.operations === 0 ? 0 : value / paced.operations);
  return {
    name: rung.name,
    title: rung.title,
    ops: paced.operations,
    failed: paced.failed,
    opsPerSecond: round(paced.operations / paced.seconds, 0),
    offeredPerSecond: round(rate, 0),
    nodeCpuMicrosPerOp: round(perOperation(paced.nodeCpuMicros), 2),
    executionCpuMicrosPerOp: round(perOperation(Math.max(0, paced.nodeCpuMicros - paced.blocks * empty.cpuMicros)), 2),
    ecrecoverMicros: round(ecrecoverMicros, 2),
    relayerCpuMicrosPerOp: relayed === 0 ? null : round((laterMicros - relayerMicros) / relayed, 2),
    individualSignatures: total(({ individualSignatures }) => individualSignatures),
    blocks: paced.blocks,
    blockMillis: round(paced.blockMillis, 1),
    longestBlockMillis: round(paced.longestBlockMillis, 1),
    p50Millis: round(paced.p50Millis, 0),
    p99Millis: round(paced.p99Millis, 0),
    blockOverheadMillis: round(empty.millis, 1),
    blockOverheadCpuMillis: round(empty.cpuMicros / 1_000, 1),
    gasPerOp: round(perOperation(paced.gas), 0),
    bytesPerOp: round(perOperation(total(({ bytes }) => bytes)), 2),
    wordsGasPerOp: rung.by === "co-signature" ? round(perOperation(total(({ wordsGas }) => wordsGas)), 0) : null,
    freshWordShare:
      rung.by === "co-signature" ? round(total(({ fresh }) => fresh) / total(({ written }) => written), 4) : null,
    distinctSigners: signers.size,
    machineShareOfOthers: round(paced.machineShareOfOthers, 3),
    accountWordsCompared: compared,
    accountWordsDiffering: differing,
  };
}

/* PREPARATION */

type Load = {
  transactions: Prepared[];
  signers: Set<number>;
  bytes: number;
  individualSignatures: number;
  wordsGas: number;
  fresh: number;
  written: number;
  /** Executes in the model what depends on the order of the transactions, given their positions as mined. */
  settle?: (order: readonly number[]) => void;
};

function emptyLoad(): Load {
  return { transactions: [], signers: new Set(), bytes: 0, individualSignatures: 0, wordsGas: 0, fresh: 0, written: 0 };
}

type Wanted = RungOptions & { operations: number };

async function prepare(site: Site, rung: Rung, options: Wanted): Promise<Load> {
  if (rung.by === "transaction") return prepareTransactions(site, rung.action ?? "token", options);
  const load = emptyLoad();
  const expiry = (await readTime(site.lane)) + LIFETIME;
  const plan = planOf(rung, options, site);
  for (let left = options.operations; left > 0;) {
    const planned = planBatch(
      { ...plan, vault: site.batches++ % Math.max(1, site.model.vaults.length) },
      {
        ...site,
        places: site.lane.places,
        rota: rung.by === "fallback" ? site.walletRota : site.rota,
      },
    );
    const batch =
      rung.by === "fallback"
        ? prepareFallback(site, planned, expiry)
        : prepareCoSigned(site, planned, { expiry, load, limit: options.coSignatures });
    load.transactions.push(batch);
    for (const account of planned.signers) load.signers.add(account);
    load.bytes += batch.calldataBytes;
    load.wordsGas += planned.wordsGas;
    load.fresh += planned.freshWords;
    load.written += planned.writtenWords;
    left -= planned.operations;
    options.note(`preparing, ${Math.max(0, left).toLocaleString("en-US")} operations left`);
    await new Promise(setImmediate);
  }
  return load;
}

function planOf(rung: Rung, options: Wanted, { cohort }: Site): BatchPlan {
  const operationsPerSigner = options.operationsPerSigner ?? rung.operationsPerSigner ?? 1;
  const available = rung.by === "fallback" ? cohort.wallets : cohort.size;
  const mix = rung.name === "mixed" ? (options.mix ?? MIXED) : (rung.mix ?? HALVES);
  const by = rung.by === "fallback" ? "fallback" : "co-signature";
  const wanted = options.signersPerBatch ?? signersThatFit({ pages: cohort.pages, mix, operationsPerSigner, by });
  const absent = rung.absent ?? 0;
  const enough = Math.ceil(options.operations / operationsPerSigner / (1 - absent));
  return {
    signers: Math.max(1, Math.min(wanted, available, enough)),
    operationsPerSigner,
    mix,
    absent,
    vault: 0,
  };
}

function prepareCoSigned(
  { lane, cohort, relayer }: Site,
  planned: PlannedBatch,
  { expiry, load, limit }: { expiry: number; load: Load; limit: number },
): Prepared {
  const isIndividual = load.individualSignatures + planned.signers.length <= limit || load.individualSignatures === 0;
  if (isIndividual) load.individualSignatures += planned.signers.length;
  const signing = isIndividual ? "individual" : "sum";
  return relayer.prepare(planned, { cohort, target: lane, expiry, gasLimit: TRANSACTION_GAS, signing });
}

/** Wallets' own transactions. */
async function prepareTransactions(site: Site, action: WalletAction, { operations, note }: Wanted): Promise<Load> {
  const load = emptyLoad();
  const swaps: LoneSwap[] = [];
  for (let i = 0; i < operations; i++) {
    const { account, swap, ...transaction } = prepareTransaction(site, action);
    load.transactions.push(transaction);
    load.signers.add(account);
    load.bytes += transaction.calldataBytes;
    if (swap !== undefined) swaps.push(swap);
    if (i % 100 !== 0) continue;
    note(`signing, ${(operations - i).toLocaleString("en-US")} transactions left`);
    await new Promise(setImmediate);
  }
  if (swaps.length > 0) {
    load.settle = (order) => {
      for (const position of order) {
        const swap = swaps[position];
        if (swap !== undefined) executeSwap(site.model, swap);
      }
    };
  }
  return load;
}

/* MEASURING */

/** Processor time of one ecrecover on this node, now. */
export async function timeRecovery(lane: Lane | undefined): Promise<number> {
  if (lane === undefined) throw new FailureError("NO_LANE", "There is no lane to measure on.");
  const { chain, cpu, precompiles } = lane;
  const signed = secp256k1.sign(new Uint8Array(32).fill(1), new Uint8Array(32).fill(1), {
    prehash: false,
    format: "recovered",
  });
  const signature = [27, signed.subarray(1, 33), signed.subarray(33)];
  const to = await precompiles.getAddress();
  const spend = async (count: number): Promise<number> => {
    const data = precompiles.interface.encodeFunctionData("recover", [count, ...signature] as never);
    const before = cpu.read();
    await chain.request({ method: "eth_call", params: [{ to, data, gas: toBeHex(TRANSACTION_GAS) }, "latest"] });
    return cpu.read() - before;
  };
  await spend(RECOVERIES); // warms up
  const [none, some] = [await spend(0), await spend(RECOVERIES)];
  return (some - none) / RECOVERIES;
}

async function minedOrder({ lane }: Site, { transactions, settle }: Load): Promise<number[]> {
  if (settle === undefined) return [];
  const positionOf = new Map(transactions.map(({ raw }, position) => [keccak256(raw), position]));
  const order: number[] = [];
  const head = await lane.chain.provider.getBlockNumber();
  for (let number = head; number > 0 && positionOf.size > order.length; number--) {
    const block = (await lane.chain.request({
      method: "eth_getBlockByNumber",
      params: [toQuantity(number), false],
    })) as {
      transactions: string[];
    };
    order.unshift(...block.transactions.flatMap((hash) => positionOf.get(hash) ?? []));
  }
  return order;
}

export async function readTime({ chain }: Lane): Promise<number> {
  const block = (await chain.request({ method: "eth_getBlockByNumber", params: ["latest", false] })) as {
    timestamp: string;
  };
  return Math.max(Number(block.timestamp), Math.floor(Date.now() / 1_000));
}

function relayerTotals(sites: readonly Site[]): [micros: number, operations: number] {
  return [
    sites.reduce((sum, { relayer }) => sum + relayer.cpuMicros, 0),
    sites.reduce((sum, { relayer }) => sum + relayer.cpuOperations, 0),
  ];
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
