const MASK = (1n << 64n) - 1n;

/** Reproducible random choices from a seed (splitmix64). */
export class Random {
  #state: bigint;

  constructor(seed: bigint) {
    this.#state = seed & MASK;
  }

  /** 64 random bits. */
  next(): bigint {
    this.#state = (this.#state + 0x9e3779b97f4a7c15n) & MASK;
    let z = this.#state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return z ^ (z >> 31n);
  }

  /** A number from 0 to `bound` − 1; the bound is at least 1 and below 2^192. */
  below(bound: bigint): bigint {
    const bits = (this.next() << 192n) | (this.next() << 128n) | (this.next() << 64n) | this.next();
    return bits % bound;
  }

  /** A number from `low` to `high`, both included; `low` where the range is empty. */
  between(low: bigint, high: bigint): bigint {
    return high <= low ? low : low + this.below(high - low + 1n);
  }

  /** As `between`, with every order of magnitude equally likely; `low` is at least 1. */
  magnitude(low: bigint, high: bigint): bigint {
    if (high <= low) return low;
    const bits = this.between(BigInt(low.toString(2).length), BigInt(high.toString(2).length));
    const value = this.between(1n << (bits - 1n), (1n << bits) - 1n);
    return value < low ? low : value > high ? high : value;
  }

  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean {
    return this.below(100n) < BigInt(percent);
  }

  /** One of the elements. */
  pick<T>(list: readonly T[]): T {
    const element = list[Number(this.below(BigInt(list.length)))];
    if (element === undefined) throw new RangeError("Nothing to pick from");
    return element;
  }
}

/** The seed of random tests: `LAKH_SEED`, or a fixed one. */
export function seedFromEnvironment(): bigint {
  const text = process.env.LAKH_SEED ?? "20260917";
  if (!/^(\d+|0x[0-9a-fA-F]+)$/.test(text)) {
    throw new RangeError(`LAKH_SEED must be a whole number, not ${JSON.stringify(text)}`);
  }
  return BigInt(text);
}

/** A positive whole number from the environment, or `fallback`. */
export function countFromEnvironment(name: string, fallback: number): number {
  const count = Number(process.env[name] ?? fallback);
  if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`${name} must be a positive whole number`);
  return count;
}
