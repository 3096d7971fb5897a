import { setTimeout as sleep } from "node:timers/promises";
import { explain } from "../../../src/index.js";
import { type Keeper, type Pass } from "./keeper.js";

/** The longest pause between two tries, in milliseconds. */
const LONGEST_MS = 60_000;

export type LoopOptions = {
  keeper: Keeper;
  /** Milliseconds between passes. */
  interval: number;
  signal: AbortSignal;
  onPass: (pass: Pass) => void;
  /** A pass failed, for the `failures`th time in a row. */
  onFailure: (reason: { name: string; message: string }, failures: number) => void;
};

/** Milliseconds until the next try: twice as long after each failure in a row. */
export function pauseAfter(failures: number, interval: number): number {
  return Math.max(interval, Math.min(interval * 2 ** Math.min(failures, 16), LONGEST_MS));
}

/** Passes, one after the other, until the signal; a node that fails is asked again later. */
export async function keepOn({ keeper, interval, signal, onPass, onFailure }: LoopOptions): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      onPass(await keeper.pass());
      failures = 0;
    } catch (error) {
      failures += 1;
      onFailure(explain(error), failures);
    }
    await sleep(pauseAfter(failures, interval), undefined, { signal }).catch(() => undefined);
  }
}
