import { setTimeout as sleep } from "node:timers/promises";
import type { RpcRequest } from "../../scripts/lib/devnet.js";
import { FailureError } from "../../scripts/lib/failure.js";
import { ownCpu, readMachine } from "./cpu.js";
import type { Lane } from "./lane.js";
import type { Prepared } from "./relayer.js";

const TICK_MILLIS = 20;
const EMPTY_BLOCKS = 5;
const RECEIPT_BLOCKS_AT_ONCE = 4;
const BATCH_SETTLED = 3;

export type LaneLoad = {
  lane: Lane;
  transactions: readonly Prepared[];
  /** Whether the transactions are batches, whose events say what was skipped. */
  areBatches: boolean;
};

export type Paced = {
  operations: number;
  failed: number;
  seconds: number;
  nodeCpuMicros: number;
  driverCpuMicros: number;
  gas: number;
  blocks: number;
  /** Mean time that a block takes to build. */
  blockMillis: number;
  longestBlockMillis: number;
  /** From the moment an operation was due to the moment its block was there. */
  p50Millis: number;
  p99Millis: number;
  machineShareOfOthers: number;
};

export type PaceOptions = {
  /** Operations per second, all lanes together. */
  rate: number;
  /** Milliseconds from block to block. */
  pace: number;
  note: (text: string) => void;
};

type Sent = { due: number; operations: number; unsigned: number; minedAt?: number };

/** Sends prepared load at a steady pace while each lane mines a block per second, until everything is mined. */
export async function drive(loads: readonly LaneLoad[], { rate, pace, note }: PaceOptions): Promise<Paced> {
  const lanes = loads.map(({ lane }) => lane);
  const offered = loads.reduce((sum, { transactions }) => sum + sumOf(transactions, ({ operations }) => operations), 0);
  const cpuBefore = lanes.map(({ cpu }) => cpu.read());
  const [ownBefore, machineBefore, start] = [ownCpu(), readMachine(), performance.now()];
  const runs = loads.map(
    (load, index) => new LaneRun(load, { start, rate: rate / loads.length, pace, shift: index / loads.length }),
  );
  const report = setInterval(() => {
    const mined = runs.reduce((sum, run) => sum + run.minedOperations, 0);
    note(`${mined.toLocaleString("en-US")} of ${offered.toLocaleString("en-US")} operations mined`);
  }, 500);
  try {
    await Promise.all(runs.map((run) => Promise.race([run.finish(), run.load.lane.chain.failed])));
  } finally {
    clearInterval(report);
  }
  const seconds = (performance.now() - start) / 1_000;
  const machine = readMachine();
  const nodeCpuMicros = lanes.reduce((sum, { cpu }, index) => sum + cpu.read() - (cpuBefore[index] ?? 0), 0);
  const driverCpuMicros = ownCpu() - ownBefore;
  const others = machine.busy - machineBefore.busy - nodeCpuMicros - driverCpuMicros;
  let [operations, failed] = [0, 0];
  for (const run of runs) {
    const outcome = await run.outcome();
    operations += outcome.operations;
    failed += outcome.failed;
  }
  const latencies = runs.flatMap((run) => run.latencies()).sort((a, b) => a.millis - b.millis);
  const builds = runs.flatMap((run) => run.builds);
  return {
    ...{ operations, failed, seconds, nodeCpuMicros, driverCpuMicros },
    gas: runs.reduce((sum, run) => sum + run.gas, 0),
    blocks: builds.length,
    blockMillis: builds.reduce((sum, millis) => sum + millis, 0) / builds.length,
    longestBlockMillis: Math.max(...builds),
    p50Millis: quantile(latencies, 0.5),
    p99Millis: quantile(latencies, 0.99),
    machineShareOfOthers: Math.max(0, others / (machine.total - machineBefore.total)),
  };
}

/** What a block costs that holds nothing: processor microseconds and milliseconds of each lane, on average. */
export async function measureEmptyBlocks(lanes: readonly Lane[]): Promise<{ cpuMicros: number; millis: number }> {
  let [cpuMicros, millis] = [0, 0];
  for (const { chain, cpu } of lanes) {
    const [before, start] = [cpu.read(), performance.now()];
    for (let block = 0; block < EMPTY_BLOCKS; block++) await chain.request({ method: "evm_mine" });
    cpuMicros += cpu.read() - before;
    millis += performance.now() - start;
  }
  const blocks = EMPTY_BLOCKS * lanes.length;
  return { cpuMicros: cpuMicros / blocks, millis: millis / blocks };
}

export type Receipt = { status: string; gasUsed: string; logs: { data: string; topics: string[] }[] };
type Block = { number: string; gasUsed: string; transactions: string[] };

class LaneRun {
  readonly load: LaneLoad;
  readonly builds: number[] = [];
  readonly #blocks: string[] = [];
  readonly #sent: Sent[];
  readonly #byHash = new Map<string, Sent>();
  readonly #options: { start: number; pace: number; shift: number };
  #next = 0;
  #mined = 0;
  #gas = 0;
  minedOperations = 0;

  constructor(
    load: LaneLoad,
    { start, rate, pace, shift }: { start: number; rate: number; pace: number; shift: number },
  ) {
    this.load = load;
    this.#options = { start, pace, shift };
    let offered = 0;
    this.#sent = load.transactions.map(({ operations, unsigned }) => {
      const due = start + (1_000 * offered) / rate;
      offered += operations;
      return { due, operations, unsigned };
    });
  }

  get gas(): number {
    return this.#gas;
  }

  async finish(): Promise<void> {
    await Promise.all([this.#submit(), this.#mine()]);
  }

  async #submit(): Promise<void> {
    const { transactions, lane } = this.load;
    while (this.#next < transactions.length) {
      const now = performance.now();
      const requests: RpcRequest[] = [];
      const first = this.#next;
      while (this.#next < transactions.length && (this.#sent[this.#next]?.due ?? 0) <= now) {
        requests.push({ method: "eth_sendRawTransaction", params: [transactions[this.#next]?.raw] });
        this.#next++;
      }
      const hashes = (await lane.chain.requestAll(requests)) as string[];
      hashes.forEach((hash, offset) => {
        const sent = this.#sent[first + offset];
        if (sent !== undefined) this.#byHash.set(hash, sent);
      });
      await sleep(TICK_MILLIS);
    }
  }

  async #mine(): Promise<void> {
    const { start, pace, shift } = this.#options;
    const { chain } = this.load.lane;
    const total = this.#sent.length;
    for (let next = start + pace * (shift + 1); this.#mined < total; next = Math.max(next + pace, performance.now())) {
      await sleep(Math.max(0, next - performance.now()));
      const began = performance.now();
      await chain.request({ method: "evm_mine" });
      const minedAt = performance.now();
      const block = (await chain.request({ method: "eth_getBlockByNumber", params: ["latest", false] })) as Block;
      this.load.lane.cpu.read();
      this.builds.push(minedAt - began);
      this.#blocks.push(block.number);
      this.#gas += Number(block.gasUsed);
      await this.#settle(block, minedAt);
      if (block.transactions.length === 0 && this.#next === total && minedAt - start > 120_000) {
        throw new FailureError("NOT_MINED", "Transactions were sent that no block took.");
      }
    }
  }

  async #settle({ transactions }: Block, minedAt: number): Promise<void> {
    for (const hash of transactions) {
      // The answer to its submission may still be on its way.
      while (!this.#byHash.has(hash)) await sleep(1);
      const sent = this.#byHash.get(hash);
      if (sent === undefined) continue;
      sent.minedAt = minedAt;
      this.#mined++;
      this.minedOperations += sent.operations;
    }
  }

  latencies(): { millis: number; operations: number }[] {
    return this.#sent.map(({ due, minedAt = Infinity, operations }) => ({ millis: minedAt - due, operations }));
  }

  /** Reads every receipt: what succeeded, operation by operation. */
  async outcome(): Promise<{ operations: number; failed: number }> {
    const { lane, areBatches } = this.load;
    const offered = this.#sent.reduce((sum, { operations }) => sum + operations, 0);
    let failed = 0;
    for (let from = 0; from < this.#blocks.length; from += RECEIPT_BLOCKS_AT_ONCE) {
      const requests = this.#blocks
        .slice(from, from + RECEIPT_BLOCKS_AT_ONCE)
        .map((number) => ({ method: "eth_getBlockReceipts", params: [number] }));
      const answers = (await lane.chain.requestAll(requests)) as (Receipt & { transactionHash: string })[][];
      for (const receipt of answers.flat()) {
        const sent = this.#byHash.get(receipt.transactionHash);
        if (sent === undefined) continue;
        if (receipt.status !== "0x1") failed += sent.operations;
        else if (areBatches) failed += countSkipped(receipt) - sent.unsigned;
      }
    }
    return { operations: offered - failed, failed };
  }
}

/** Set bits of `skipped` in BatchSettled(relayer, number, root, sections, skipped). */
export function countSkipped({ logs }: Receipt): number {
  const { data = "0x" } = logs.find(({ topics }) => topics.length === BATCH_SETTLED) ?? {};
  const words = data.slice(2 + 64 * 4); // root, sections, offset, length
  let bits = 0;
  for (const digit of words) bits += [0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4][Number.parseInt(digit, 16)] ?? 0;
  return bits;
}

function quantile(latencies: readonly { millis: number; operations: number }[], share: number): number {
  let left = share * sumOf(latencies, ({ operations }) => operations);
  for (const { millis, operations } of latencies) {
    left -= operations;
    if (left <= 0) return millis;
  }
  return latencies.at(-1)?.millis ?? 0;
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
