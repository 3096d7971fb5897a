import { isIPv6 } from "node:net";

/** How many tokens come back each second, and how many are kept at the most. */
export type BucketRate = { perSecond: number; burst: number };

type Bucket = { tokens: number; at: number };

/** Buckets of one kind, one for each name. The least recently used go first when there are too many. */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();
  readonly #rate: BucketRate;
  readonly #maximum: number;
  readonly #now: () => number;

  /** `maximum` bounds the buckets that are remembered, `now` is a clock in milliseconds. */
  constructor(rate: BucketRate, { maximum = 10_000, now = () => performance.now() } = {}) {
    this.#rate = rate;
    this.#maximum = maximum;
    this.#now = now;
  }

  /** Takes `count` tokens, or none and answers false. */
  take(name: string, count = 1): boolean {
    const now = this.#now();
    const { perSecond, burst } = this.#rate;
    const bucket = this.#buckets.get(name) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1_000) * perSecond);
    bucket.at = now;
    this.#buckets.delete(name); // and to the end, as the most recently used
    this.#buckets.set(name, bucket);
    if (this.#buckets.size > this.#maximum) this.#buckets.delete(first(this.#buckets));
    if (bucket.tokens < count) return false;
    bucket.tokens -= count;
    return true;
  }
}

/** Counts what is open under each name, up to a maximum. */
export class OpenCounts {
  readonly #counts = new Map<string, number>();
  readonly #maximum: number;

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** Answers false when as many are open as may be. */
  open(name: string): boolean {
    const count = this.#counts.get(name) ?? 0;
    if (count >= this.#maximum) return false;
    this.#counts.set(name, count + 1);
    return true;
  }

  close(name: string): void {
    const count = (this.#counts.get(name) ?? 0) - 1;
    if (count > 0) this.#counts.set(name, count);
    else this.#counts.delete(name);
  }
}

/** Names that are shut out for a while. */
export class Bans {
  readonly #until = new Map<string, number>();
  readonly #milliseconds: number;
  readonly #maximum: number;
  readonly #now: () => number;

  constructor(milliseconds: number, { maximum = 10_000, now = () => performance.now() } = {}) {
    this.#milliseconds = milliseconds;
    this.#maximum = maximum;
    this.#now = now;
  }

  add(name: string): void {
    this.#until.delete(name);
    this.#until.set(name, this.#now() + this.#milliseconds);
    if (this.#until.size > this.#maximum) this.#until.delete(first(this.#until));
  }

  has(name: string): boolean {
    const until = this.#until.get(name);
    if (until === undefined) return false;
    if (until > this.#now()) return true;
    this.#until.delete(name);
    return false;
  }
}

/** What counts as one address: an IPv4 address, or the network of 64 bits that an IPv6 user has for himself. */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return "unknown";
  const plain = address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = (plain.split("%")[0] ?? "").split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const filled = tail === undefined ? groups : [...groups, ...zeros(8 - groups.length - rest.length), ...rest];
  return filled.slice(0, 4).join(":");
}

function zeros(count: number): string[] {
  return new Array<string>(Math.max(0, count)).fill("0");
}

function first(map: ReadonlyMap<string, unknown>): string {
  return map.keys().next().value ?? "";
}
