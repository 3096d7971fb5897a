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
/** Of the product of a weight and an index that is in rewards · 2^12, those that are cut off. */
const PRODUCT_BITS = INDEX_BITS - STREAM_ACCRUED_BITS;
/** Debts are kept modulo 2^112: what counts is their difference, which is below 2^111. */
const DEBT_BITS = 112n;
const DEBT_MASK = (1n << DEBT_BITS) - 1n;

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

/* HOLDERS */

/** What a holder of `weight` has accrued, in rewards · 2^12, rounded down; where rounded debts exceed it, nothing. */
export function accruedBy(weight: bigint, { index, debt }: { index: bigint; debt: bigint }): bigint {
  const amount = (((weight * index) >> PRODUCT_BITS) - debt) & DEBT_MASK;
  return amount >> (DEBT_BITS - 1n) === 0n ? amount : 0n;
}

/** The debt of a holder whose weight becomes `to` where it was `from`: what he has accrued stays, rounded down. */
export function rebaseDebt(debt: bigint, { from, to, index }: { from: bigint; to: bigint; index: bigint }): bigint {
  const had = (from * index) >> PRODUCT_BITS;
  const has = (to * index + (1n << PRODUCT_BITS) - 1n) >> PRODUCT_BITS;
  return (debt + has - had) & DEBT_MASK;
}

/** The debt of a holder who is paid `amount` rewards of what he has accrued. */
export function payDebt(debt: bigint, amount: bigint): bigint {
  return (debt + (amount << STREAM_ACCRUED_BITS)) & DEBT_MASK;
}
