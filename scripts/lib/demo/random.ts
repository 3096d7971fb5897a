import { id } from "ethers";

const STEP = 0x9e3779b9;

/** Numbers that look random and are the same for the same seed. Not for secrets. */
export type Random = {
  /** From 0 to just below `bound`. */
  below: (bound: number) => number;
  /** From `low` to `high`, both inclusive. */
  between: (low: bigint, high: bigint) => bigint;
  pick: <T>(items: readonly T[]) => T;
};

export function createRandom(seed: string): Random {
  let state = Number(BigInt(id(seed)) & 0xffffffffn);
  // splitmix32
  const next = (): number => {
    state = (state + STEP) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const below = (bound: number): number => Math.floor((next() / 2 ** 32) * bound);
  return {
    below,
    between(low, high) {
      const drawn = (BigInt(next()) << 32n) | BigInt(next());
      return low + (drawn * (high - low + 1n)) / (1n << 64n);
    },
    pick<T>(items: readonly T[]): T {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError("There is nothing to pick from.");
      return item;
    },
  };
}
