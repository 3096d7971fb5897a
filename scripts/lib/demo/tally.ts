import { MockERC20__factory } from "../../../typechain-types/index.js";
import type { DemoPhase } from "../../../bench/schema.js";
import type { Log } from "./sender.js";

/** Counts operations and their gas by phase, in the order of their first appearance. */
export class Tally {
  readonly #phases = new Map<string, { gas: number[]; failed: number }>();
  #operations = 0;

  add(phase: string, { gas, succeeded }: { gas: number; succeeded: boolean }): void {
    const found = this.#phases.get(phase) ?? { gas: [], failed: 0 };
    this.#phases.set(phase, found);
    if (succeeded) {
      found.gas.push(gas);
      this.#operations += 1;
    } else found.failed += 1;
  }

  /** Operations that succeeded. */
  get operations(): number {
    return this.#operations;
  }

  phases(): DemoPhase[] {
    return [...this.#phases].map(([name, { gas, failed }]) => ({
      name,
      ops: gas.length,
      failed,
      gasPerOp: summarise(gas),
    }));
  }
}

function summarise(gas: readonly number[]): DemoPhase["gasPerOp"] {
  if (gas.length === 0) return null;
  const sorted = gas.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[Math.floor(index)] ?? 0;
  const mean = gas.reduce((sum, value) => sum + value, 0) / gas.length;
  return { min: at(0), median: at((gas.length - 1) / 2), mean: Math.round(mean * 10) / 10 };
}

/** Sums what tokens say of their movements to and from one account, without asking the account. */
export class Flows {
  readonly #account: string;
  readonly #flows = new Map<string, { in: bigint; out: bigint }>();
  readonly #codec = MockERC20__factory.createInterface();
  readonly #topic = this.#codec.getEvent("Transfer").topicHash;

  constructor(account: string) {
    this.#account = account.toLowerCase();
  }

  add(logs: readonly Log[]): void {
    for (const { address, topics, data } of logs) {
      if (topics[0] !== this.#topic || topics.length !== 3) continue; // ERC-6909 transfers have another topic
      const { from, to, value } = this.#codec.decodeEventLog("Transfer", data, topics) as unknown as {
        from: string;
        to: string;
        value: bigint;
      };
      const flow = this.of(address);
      if (to.toLowerCase() === this.#account) flow.in += value;
      if (from.toLowerCase() === this.#account) flow.out += value;
      this.#flows.set(address.toLowerCase(), flow);
    }
  }

  of(token: string): { in: bigint; out: bigint } {
    return this.#flows.get(token.toLowerCase()) ?? { in: 0n, out: 0n };
  }
}
