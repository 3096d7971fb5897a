/** Rewards that flow at a rate until an end: a twin of `StreamLib.Stream`. */
export type Stream = {
  /** Rewards per unit of weight since the beginning · 2^80, rounded down. */
  index: bigint;
  /** What the last division left, in rewards · 2^80. */
  remainder: bigint;
  /** Rewards per second · 2^32. */
  rate: bigint;
  /** When the rate stops, seconds. */
  end: bigint;
  /** Rewards funded since the beginning. */
  funded: bigint;
  /** What the division into a rate left, in rewards · 2^32. */
  left: bigint;
};

/** Below this weight a stream pauses. */
export const STREAM_MIN_WEIGHT = 1n << 20n;
/** The most weight that a stream is shared by. */
export const STREAM_MAX_WEIGHT = (1n << 96n) - 1n;
/** The most rewards in the life of a stream. */
export const STREAM_MAX_FUNDED = (1n << 92n) - 1n;
/** The longest duration, seconds. */
export const STREAM_MAX_DURATION = (1n << 28n) - 1n;
/** The highest rate, rewards per second · 2^32. */
export const STREAM_MAX_RATE = (1n << 104n) - 1n;
/** What a holder has accrued is in rewards · 2^12. */
export const STREAM_ACCRUED_BITS = 12n;
/** Rates are in rewards per second · 2^32. */
export const STREAM_RATE_BITS = 32n;

const INDEX_BITS = 80n;

/** The stream after what flowed from `from` to `to` went to `weight`; with too little weight its end moves on instead. */
export function accrueStream(
  stream: Stream,
  { weight, from, to }: { weight: bigint; from: bigint; to: bigint },
): Stream {
  const until = to < stream.end ? to : stream.end;
  if (from >= until) return stream;
  if (weight < STREAM_MIN_WEIGHT) return { ...stream, end: stream.end + (to - from) };
  const dividend = (((until - from) * stream.rate) << (INDEX_BITS - STREAM_RATE_BITS)) + stream.remainder;
  return { ...stream, index: stream.index + dividend / weight, remainder: dividend % weight };
}

/** The stream with `amount` more, which with what has not flowed at `time` flows until `end`. */
export function fundStream(
  stream: Stream,
  { amount, time, end }: { amount: bigint; time: bigint; end: bigint },
): Stream {
  const total = (amount << STREAM_RATE_BITS) + waitingIn(stream, time);
  const duration = end - time;
  return { ...stream, rate: total / duration, left: total % duration, end, funded: stream.funded + amount };
}

/** What has not flowed yet at `time`, to which the stream is accrued, in rewards · 2^32. */
export function waitingIn({ end, rate, left }: Stream, time: bigint): bigint {
  return (end > time ? (end - time) * rate : 0n) + left;
}

/** What `weight` got while the index moved from `checkpoint` to `index`, in rewards · 2^12, rounded down. */
export function earnedBy(weight: bigint, { index, checkpoint }: { index: bigint; checkpoint: bigint }): bigint {
  return (weight * (index - checkpoint)) >> (INDEX_BITS - STREAM_ACCRUED_BITS);
}
