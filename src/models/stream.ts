/**
 * The twin of contracts/libraries/StreamLib.sol: rewards that flow at a rate until an end, shared by weight, without loss. Pure:
 * each function answers what is new. Divisions round down, and what two of them leave is carried on, in `remainder` and `left`. Of a
 * holder one number is kept, his debt: what his weight would have got if he had always had it, less what he has accrued.
 */
export type Stream = {
  /** Rewards per unit of weight since the beginning · 2^80, rounded down. Below 2^152. */
  index: bigint;
  /** Rewards per second · 2^32. Below 2^104. */
  rate: bigint;
  /** What the last division by the weight left, in rewards · 2^80. Below 2^96. */
  remainder: bigint;
  /** When the rate stops, Unix seconds. Below 2^32. */
  end: bigint;
};

export const EMPTY_STREAM: Stream = { index: 0n, rate: 0n, remainder: 0n, end: 0n };

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
/** Rates are in rewards per second · 2^32. */
export const RATE_BITS = 32n;
const INDEX_BITS = 80n;
const DEBT_BITS = 112;

/** What flowed from `from` to `to` goes to `weight`; with too little weight the end moves on by the time that passed idle. */
export function accrueStream<Some extends Stream>(
  stream: Some,
  { weight, from, to }: { weight: bigint; from: bigint; to: bigint },
): Some {
  const until = to < stream.end ? to : stream.end;
  if (from >= until) return stream;
  if (weight < MIN_STREAM_WEIGHT) return { ...stream, end: stream.end + (to - from) };
  const dividend = (((until - from) * stream.rate) << (INDEX_BITS - RATE_BITS)) + stream.remainder;
  return { ...stream, index: stream.index + dividend / weight, remainder: dividend % weight };
}

/**
 * `amount` more flows until `end`, with what waits at `time`, to which the stream is accrued. `left` is what the division into the
 * rate left, before and after, in rewards · 2^32. The bounds are the caller's to check.
 */
export function fundStream(
  stream: Stream,
  { left, amount, time, end }: { left: bigint; amount: bigint; time: bigint; end: bigint },
): { stream: Stream; left: bigint } {
  const total = (amount << RATE_BITS) + waitingOf(stream, left, time);
  const duration = end - time;
  return { stream: { ...stream, rate: total / duration, end }, left: total % duration };
}

/** What has not flowed yet at `time`, to which the stream is accrued, in rewards · 2^32. */
export function waitingOf({ end, rate }: Stream, left: bigint, time: bigint): bigint {
  return (end > time ? (end - time) * rate : 0n) + left;
}

/** What a holder of `weight` has accrued at `index`, in rewards · 2^12, rounded down. Nothing where rounded debts exceed it. */
export function accruedRewards({ weight, debt }: { weight: bigint; debt: bigint }, index: bigint): bigint {
  const difference = BigInt.asIntN(DEBT_BITS, ((weight * index) >> (INDEX_BITS - ACCRUED_BITS)) - debt);
  return difference < 0n ? 0n : difference;
}

/** The debt of a holder at `index` whose weight becomes `to` where it was `from`: what he has accrued stays, rounded down. */
export function rebaseDebt(debt: bigint, { from, to, index }: { from: bigint; to: bigint; index: bigint }): bigint {
  const had = (from * index) >> (INDEX_BITS - ACCRUED_BITS);
  const has = -((-to * index) >> (INDEX_BITS - ACCRUED_BITS)); // rounded up
  return BigInt.asUintN(DEBT_BITS, debt + has - had);
}

/** The debt of a holder who is paid `amount` rewards of what he has accrued. */
export function payDebt(debt: bigint, amount: bigint): bigint {
  return BigInt.asUintN(DEBT_BITS, debt + (amount << ACCRUED_BITS));
}

/** Where each field is in the word and a half that are stored: [word, lowest bit, bits]. The second word's high half is free. */
export const STREAM_FIELDS: readonly (readonly [field: keyof Stream, word: 0 | 1, shift: bigint, bits: bigint])[] = [
  ["index", 0, 0n, 152n],
  ["rate", 0, 152n, 104n],
  ["remainder", 1, 0n, 96n],
  ["end", 1, 96n, 32n],
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
