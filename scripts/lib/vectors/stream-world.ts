import {
  ACCRUED_BITS,
  accrueStream,
  earnedRewards,
  EMPTY_STREAM,
  fundStream,
  MAX_STREAM_DURATION,
  MAX_STREAM_FUNDED,
  MAX_STREAM_RATE,
  MAX_STREAM_WEIGHT,
  type Stream,
  waitingOf,
} from "../../../src/models/stream.js";

/** One call of the library, or of the arithmetic around it, with what it gave. */
export type StreamStep =
  | { do: "accrue"; weight: bigint; from: bigint; to: bigint; stream: Stream; waiting: bigint }
  | { do: "fund"; amount: bigint; time: bigint; end: bigint; stream: Stream; waiting: bigint }
  /** A holder's rewards are counted: `accrued` is what they are then, in rewards · 2^12. */
  | { do: "settle"; holder: number; weight: bigint; checkpoint: bigint; index: bigint; earned: bigint; accrued: bigint }
  /** A holder takes the whole rewards out of what was counted. */
  | { do: "claim"; holder: number; paid: bigint; accrued: bigint };

export type StreamHolder = {
  weight: bigint;
  /** The index that `accrued` is counted to. */
  checkpoint: bigint;
  /** Rewards · 2^12. */
  accrued: bigint;
  paid: bigint;
  /** What it would have without rounding, rewards · 2^80. */
  exact: bigint;
  settlements: bigint;
};

/** Until when times, and ends after them, fit 32 bits. */
const LAST_TIME = (1n << 32n) - 1n - MAX_STREAM_DURATION;

/** A stream and those who share it, driven as a core does: accrued before anything changes, a holder settled before its weight does. */
export class StreamWorld {
  stream: Stream = EMPTY_STREAM;
  time: bigint;
  readonly holders: readonly StreamHolder[];
  readonly steps: StreamStep[] = [];

  constructor({ time, holders }: { time: bigint; holders: number }) {
    this.time = time;
    this.holders = Array.from({ length: holders }, () => ({
      weight: 0n,
      checkpoint: 0n,
      accrued: 0n,
      paid: 0n,
      exact: 0n,
      settlements: 0n,
    }));
  }

  get weight(): bigint {
    return this.holders.reduce((sum, { weight }) => sum + weight, 0n);
  }

  /** Lets time pass, and accrues. False when times would not fit. */
  pass(seconds: bigint): boolean {
    const to = this.time + seconds;
    if (to > LAST_TIME) return false;
    const { weight, time: from } = this;
    this.stream = accrueStream(this.stream, { weight, from, to });
    this.time = to;
    this.steps.push({ do: "accrue", weight, from, to, stream: this.stream, waiting: waitingOf(this.stream, to) });
    return true;
  }

  /** False when a core refuses it. */
  fund(amount: bigint, duration: bigint): boolean {
    const { time } = this;
    if (duration < 1n || duration > MAX_STREAM_DURATION || amount > MAX_STREAM_FUNDED - this.stream.funded)
      return false;
    const stream = fundStream(this.stream, { amount, time, end: time + duration });
    if (stream.rate > MAX_STREAM_RATE) return false;
    this.stream = stream;
    this.steps.push({ do: "fund", amount, time, end: stream.end, stream, waiting: waitingOf(stream, time) });
    return true;
  }

  /** False when the weight of all would be too much. */
  setWeight(number: number, weight: bigint): boolean {
    const holder = this.#holder(number);
    if (this.weight - holder.weight + weight > MAX_STREAM_WEIGHT) return false;
    this.settle(number);
    holder.weight = weight;
    return true;
  }

  settle(number: number): void {
    const holder = this.#holder(number);
    const { weight, checkpoint } = holder;
    const { index } = this.stream;
    const earned = earnedRewards(weight, index, checkpoint);
    holder.accrued += earned;
    holder.exact += weight * (index - checkpoint);
    holder.checkpoint = index;
    holder.settlements += 1n;
    this.steps.push({ do: "settle", holder: number, weight, checkpoint, index, earned, accrued: holder.accrued });
  }

  /** What is paid. */
  claim(number: number): bigint {
    this.settle(number);
    const holder = this.#holder(number);
    const paid = holder.accrued >> ACCRUED_BITS;
    holder.accrued -= paid << ACCRUED_BITS;
    holder.paid += paid;
    this.steps.push({ do: "claim", holder: number, paid, accrued: holder.accrued });
    return paid;
  }

  #holder(number: number): StreamHolder {
    const holder = this.holders[number];
    if (holder === undefined) throw new RangeError(`There is no holder ${number.toString()}.`);
    return holder;
  }
}
