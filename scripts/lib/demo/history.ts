import type { PoolState } from "../../../src/index.js";

/** A pool's virtual reserves at the end of a block, and its time in Unix seconds. */
type Entry = { time: bigint; ln: number };

/** Accuracy of the logarithms and exponentials of both sides. */
const ACCURACY = 1e-12;
const PRICE_SCALE = 1e36;

/** What a pool's oracle must answer, from the reserves at the ends of blocks alone. */
export class PriceHistory {
  readonly #entries: Entry[] = [];

  /** The pool as a block at `time` left it. */
  note(time: bigint, { reserve0, offset0, reserve1, offset1 }: PoolState): void {
    this.#entries.push({ time, ln: Math.log(Number(reserve1 + offset1)) - Math.log(Number(reserve0 + offset0)) });
  }

  /** Geometric mean of asset 1 per asset 0 over the last `window` seconds: each price for as long as it stood. */
  mean(now: bigint, window: bigint): number {
    const start = now - window;
    let sum = 0;
    let until = now;
    for (const { time, ln } of this.#entries.toReversed()) {
      if (until <= start) break;
      const from = time < start ? start : time;
      sum += ln * Number(until - from);
      until = from;
    }
    if (until > start) throw new RangeError(`No price is known of ${until - start} seconds of the window.`);
    return Math.exp(sum / Number(window));
  }
}

/** A price of the chain, asset 1 per asset 0 · 1e36, beside the model's. */
export function compareMean(
  consulted: bigint,
  mean: number,
): { chain: number; relativeError: number; isEqual: boolean } {
  const chain = Number(consulted) / PRICE_SCALE;
  const relativeError = Math.abs(chain / mean - 1);
  // The chain's price is whole units of 1e-36, the model's a double.
  return { chain, relativeError, isEqual: relativeError <= ACCURACY + 1 / Number(consulted) };
}
