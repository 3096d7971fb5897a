import {
  ACCRUED_BITS,
  accruedRewards,
  accrueStream,
  EMPTY_STREAM,
  fundStream,
  MAX_STREAM_DURATION,
  MAX_STREAM_FUNDED,
  MAX_STREAM_RATE,
  MAX_STREAM_WEIGHT,
  payDebt,
  rebaseDebt,
  type Stream,
  waitingOf,
} from "../../../src/models/stream.js";

type StreamState = { stream: Stream; left: bigint; waiting: bigint };
/** A holder at an index, as he is before the step; `accrued` is in rewards · 2^12. */
type HolderState = { holder: number; weight: bigint; index: bigint; debt: bigint; accrued: bigint };

/** One call of the library, or of the arithmetic around it, with what it gave. */
export type StreamStep =
  | ({ do: "accrue"; weight: bigint; from: bigint; to: bigint } & StreamState)
  | ({ do: "fund"; amount: bigint; time: bigint; end: bigint } & StreamState)
  /** A holder's weight becomes `to`, and his debt `rebased`. */
  | ({ do: "weigh"; to: bigint; rebased: bigint } & HolderState)
  /** A holder is paid the whole rewards of what he has accrued, and his debt becomes `owing`. */
  | ({ do: "claim"; paid: bigint; owing: bigint } & HolderState);

export type StreamHolder = {
  weight: bigint;
  debt: bigint;
  paid: bigint;
  /** What he would have without rounding until `index`, rewards · 2^80. */
  exact: bigint;
  index: bigint;
  /** How often his weight was changed. */
  changes: bigint;
};

/** Until when times, and ends after them, fit 32 bits. */
const LAST_TIME = (1n << 32n) - 1n - MAX_STREAM_DURATION;

/** A stream and those who share it, driven as a core does: accrued before anything changes, a debt rebased when a weight changes. */
export class StreamWorld {
  stream: Stream = EMPTY_STREAM;
  left = 0n;
  funded = 0n;
  time: bigint;
  readonly holders: readonly StreamHolder[];
  readonly steps: StreamStep[] = [];

  constructor({ time, holders }: { time: bigint; holders: number }) {
    this.time = time;
    this.holders = Array.from({ length: holders }, () => ({
      weight: 0n,
      debt: 0n,
      paid: 0n,
      exact: 0n,
      index: 0n,
      changes: 0n,
    }));
  }

  get weight(): bigint {
    return this.holders.reduce((sum, { weight }) => sum + weight, 0n);
  }

  /** In rewards · 2^32. */
  get waiting(): bigint {
    return waitingOf(this.stream, this.left, this.time);
  }

  /** Lets time pass, and accrues. False when times would not fit. */
  pass(seconds: bigint): boolean {
    const to = this.time + seconds;
    if (to > LAST_TIME) return false;
    const { weight, time: from } = this;
    this.stream = accrueStream(this.stream, { weight, from, to });
    this.time = to;
    this.steps.push({ do: "accrue", weight, from, to, ...this.#state() });
    return true;
  }

  /** False when a core refuses it. */
  fund(amount: bigint, duration: bigint): boolean {
    const { time } = this;
    if (duration < 1n || duration > MAX_STREAM_DURATION || amount > MAX_STREAM_FUNDED - this.funded) return false;
    const { stream, left } = fundStream(this.stream, { left: this.left, amount, time, end: time + duration });
    if (stream.rate > MAX_STREAM_RATE) return false;
    this.stream = stream;
    this.left = left;
    this.funded += amount;
    this.steps.push({ do: "fund", amount, time, end: stream.end, ...this.#state() });
    return true;
  }

  /** False when the weight of all would be too much. */
  setWeight(number: number, to: bigint): boolean {
    const holder = this.#holder(number);
    if (this.weight - holder.weight + to > MAX_STREAM_WEIGHT) return false;
    const state = this.#holderState(number);
    const { weight: from, index, debt } = state;
    const rebased = rebaseDebt(debt, { from, to, index });
    this.steps.push({ do: "weigh", ...state, to, rebased });
    holder.exact += from * (index - holder.index);
    holder.index = index;
    holder.changes += 1n;
    holder.weight = to;
    holder.debt = rebased;
    return true;
  }

  /** What is paid. */
  claim(number: number): bigint {
    const holder = this.#holder(number);
    const state = this.#holderState(number);
    const paid = state.accrued >> ACCRUED_BITS;
    const owing = payDebt(state.debt, paid);
    this.steps.push({ do: "claim", ...state, paid, owing });
    holder.debt = owing;
    holder.paid += paid;
    return paid;
  }

  /** What the holder has accrued and was not paid, in rewards · 2^12. */
  accruedOf(number: number): bigint {
    return this.#holderState(number).accrued;
  }

  /** What the holder would have got without rounding, in rewards · 2^80. */
  exactOf(number: number): bigint {
    const { exact, weight, index } = this.#holder(number);
    return exact + weight * (this.stream.index - index);
  }

  #state(): StreamState {
    return { stream: this.stream, left: this.left, waiting: this.waiting };
  }

  #holderState(number: number): HolderState {
    const { weight, debt } = this.#holder(number);
    const { index } = this.stream;
    return { holder: number, weight, index, debt, accrued: accruedRewards({ weight, debt }, index) };
  }

  #holder(number: number): StreamHolder {
    const holder = this.holders[number];
    if (holder === undefined) throw new RangeError(`There is no holder ${number.toString()}.`);
    return holder;
  }
}
