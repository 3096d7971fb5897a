import {
  ACCRUED_BITS,
  accruedRewards,
  fundStream as fundBare,
  MAX_STREAM_DURATION,
  MAX_STREAM_FUNDED,
  MAX_STREAM_RATE,
  MAX_STREAM_WEIGHT,
  MIN_STREAM_WEIGHT,
  RATE_BITS,
  waitingOf,
  type Stream as BareStream,
} from "./stream.js";

/** A stream of a stake pool, with its funding, as `IStakingCore.StreamState` has it. */
export type Stream = BareStream & {
  /** Rewards funded since the beginning. */
  funded: bigint;
  /** What the division into a rate left, in rewards · 2^32. */
  left: bigint;
};

/** The bounds and units of `StreamLib`, as ./stream.ts states them. */
export const STREAM_MIN_WEIGHT = MIN_STREAM_WEIGHT;
/** The most weight that a stream is shared by. */
export const STREAM_MAX_WEIGHT = MAX_STREAM_WEIGHT;
/** The most rewards in the life of a stream, in units. */
export const STREAM_MAX_FUNDED = MAX_STREAM_FUNDED;
/** The longest time that a stream runs, in seconds. */
export const STREAM_MAX_DURATION = MAX_STREAM_DURATION;
/** The highest rate, rewards per second · 2^32. */
export const STREAM_MAX_RATE = MAX_STREAM_RATE;
/** What a holder has accrued is in rewards · 2^12. */
export const STREAM_ACCRUED_BITS = ACCRUED_BITS;
/** Rates are in rewards per second · 2^32. */
export const STREAM_RATE_BITS = RATE_BITS;

export { accrueStream, payDebt, rebaseDebt } from "./stream.js";

/** The stream with `amount` more, which with what has not flowed at `time` flows until `end`. */
export function fundStream(
  stream: Stream,
  { amount, time, end }: { amount: bigint; time: bigint; end: bigint },
): Stream {
  const funded = fundBare(stream, { left: stream.left, amount, time, end });
  return { ...stream, ...funded.stream, left: funded.left, funded: stream.funded + amount };
}

/** What has not flowed yet at `time`, to which the stream is accrued, in rewards · 2^32. */
export function waitingIn(stream: Stream, time: bigint): bigint {
  return waitingOf(stream, stream.left, time);
}

/** What a holder of `weight` has accrued, in rewards · 2^12, rounded down; where rounded debts exceed it, nothing. */
export function accruedBy(weight: bigint, { index, debt }: { index: bigint; debt: bigint }): bigint {
  return accruedRewards({ weight, debt }, index);
}
