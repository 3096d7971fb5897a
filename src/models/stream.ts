/**
 * The twin of contracts/libraries/StreamLib.sol: rewards that flow at a rate until an end, shared by weight, without loss. Pure:
 * each function answers a new stream. Every division rounds down, and what two of them leave is carried on, in `remainder` and `left`.
 */
export type Stream = {
  /** Rewards per unit of weight since the beginning · 2^80, rounded down. Below 2^152. */
  index: bigint;
  /** What the last division by the weight left, in rewards · 2^80. Below 2^96. */
  remainder: bigint;
  /** Rewards per second · 2^32. Below 2^104. */
  rate: bigint;
  /** When the rate stops, Unix seconds. Below 2^32. */
  end: bigint;
  /** Rewards since the beginning. Below 2^92. */
  funded: bigint;
  /** What the division into a rate left, in rewards · 2^32. Below 2^28. */
  left: bigint;
};

export const EMPTY_STREAM: Stream = { index: 0n, remainder: 0n, rate: 0n, end: 0n, funded: 0n, left: 0n };

/** Below this weight a stream pauses. */
export const MIN_STREAM_WEIGHT = 1n << 20n;
/** The most weight that a stream is shared by. */
export const MAX_STREAM_WEIGHT = (1n << 96n) - 1n;
/** The most rewards in the life of a stream. */
export const MAX_STREAM_FUNDED = (1n << 92n) - 1n;
/** The longest time that a stream is funded for, seconds. */
export const MAX_STREAM_DURATION = (1n << 28n) - 1n;
/** The highest rate, rewards per second · 2^32. */
export const MAX_STREAM_RATE = (1n << 104n) - 1n;
/** What a holder has accrued is in rewards · 2^12. */
export const ACCRUED_BITS = 12n;
const RATE_BITS = 32n;
const INDEX_BITS = 80n;

/** What flowed from `from` to `to` goes to `weight`; with too little weight the end moves on by the time that passed idle. */
export function accrueStream(
  stream: Stream,
  { weight, from, to }: { weight: bigint; from: bigint; to: bigint },
): Stream {
  const until = to < stream.end ? to : stream.end;
  if (from >= until) return stream;
  if (weight < MIN_STREAM_WEIGHT) return { ...stream, end: stream.end + (to - from) };
  const dividend = (((until - from) * stream.rate) << (INDEX_BITS - RATE_BITS)) + stream.remainder;
  return { ...stream, index: stream.index + dividend / weight, remainder: dividend % weight };
}

/** `amount` more flows until `end`, with what waits at `time`, to which the stream is accrued. The bounds are the caller's to check. */
export function fundStream(
  stream: Stream,
  { amount, time, end }: { amount: bigint; time: bigint; end: bigint },
): Stream {
  const total = (amount << RATE_BITS) + waitingOf(stream, time);
  const duration = end - time;
  return { ...stream, rate: total / duration, left: total % duration, end, funded: stream.funded + amount };
}

/** What has not flowed yet at `time`, to which the stream is accrued, in rewards · 2^32. */
export function waitingOf(stream: Stream, time: bigint): bigint {
  return (stream.end > time ? (stream.end - time) * stream.rate : 0n) + stream.left;
}

/** What `weight` got while the index moved from `checkpoint` to `index`, in rewards · 2^12, rounded down. */
export function earnedRewards(weight: bigint, index: bigint, checkpoint: bigint): bigint {
  return (weight * (index - checkpoint)) >> (INDEX_BITS - ACCRUED_BITS);
}

/** Where each field is in the two words that are stored: [word, lowest bit, bits]. */
export const STREAM_FIELDS: readonly (readonly [field: keyof Stream, word: 0 | 1, shift: bigint, bits: bigint])[] = [
  ["index", 0, 0n, 152n],
  ["remainder", 0, 152n, 96n],
  ["rate", 1, 0n, 104n],
  ["end", 1, 104n, 32n],
  ["funded", 1, 136n, 92n],
  ["left", 1, 228n, 28n],
];

export function packStream(stream: Stream): [word0: bigint, word1: bigint] {
  const words: [bigint, bigint] = [0n, 0n];
  for (const [field, word, shift] of STREAM_FIELDS) words[word] |= stream[field] << shift;
  return words;
}

export function unpackStream(words: readonly [word0: bigint, word1: bigint]): Stream {
  const stream = { ...EMPTY_STREAM };
  for (const [field, word, shift, bits] of STREAM_FIELDS)
    stream[field] = BigInt.asUintN(Number(bits), words[word] >> shift);
  return stream;
}
