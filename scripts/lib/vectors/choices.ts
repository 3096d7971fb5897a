import { createRandom } from "../demo/random.js";

/** Where schedules draw from: a number from 0 to `bound` − 1, with `bound` below 2^192. */
export type Choices = { below: (bound: bigint) => bigint };

const WORD = (1n << 64n) - 1n;

/** The same choices for the same seed. */
export function choicesFrom(seed: string): Choices {
  const random = createRandom(seed);
  return {
    below(bound) {
      let drawn = 0n;
      for (let word = 0; word < 4; word += 1) drawn = (drawn << 64n) | random.between(0n, WORD);
      return drawn % bound;
    },
  };
}

export function pick<T>(choices: Choices, list: readonly T[]): T {
  const element = list[Number(choices.below(BigInt(list.length)))];
  if (element === undefined) throw new RangeError("There is nothing to pick from.");
  return element;
}

/** From `low` to `high`, the ends often, every order of magnitude equally likely between; `low` where the range is empty. */
export function extreme(choices: Choices, low: bigint, high: bigint): bigint {
  if (high <= low) return low;
  const kind = choices.below(6n);
  if (kind === 0n) return low;
  if (kind === 1n) return high;
  const bits = 1n + choices.below(BigInt((high - low).toString(2).length));
  const value = low + choices.below(1n << bits);
  return value > high ? high : value;
}
