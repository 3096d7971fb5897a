/**
 * The twin of contracts/libraries/ExcessStream.sol: what exits leave flows to those who stay, all of it no faster than each part
 * would over a week of its own. Pure: each function answers a new stream. Amounts are in units, times in Unix seconds; every division rounds down.
 */
export type ExcessStream = {
  /** What has not flowed. */
  amount: bigint;
  /** When all of it has. */
  end: bigint;
};

export const EMPTY_EXCESS: ExcessStream = { amount: 0n, end: 0n };

const PERIOD = 7n * 86_400n;
const MAX_AMOUNT = (1n << 96n) - 1n;

/** What flowed from `from` to `to`, and the stream after it. */
export function accrueExcess(
  { amount, end }: ExcessStream,
  from: bigint,
  to: bigint,
): { excess: ExcessStream; earned: bigint } {
  const earned = to < end ? (amount * (to - from)) / (end - from) : amount;
  return { excess: { amount: amount - earned, end }, earned };
}

/** `added` flows too, from `time` on, to which the stream is accrued. Its end is the average of both, weighted by their amounts. */
export function addExcess({ amount, end }: ExcessStream, added: bigint, time: bigint): ExcessStream {
  if (added === 0n) return { amount, end };
  const left = amount === 0n ? 0n : amount * (end - time);
  const sum = amount + added;
  return { amount: sum < MAX_AMOUNT ? sum : MAX_AMOUNT, end: time + (left + added * PERIOD) / sum };
}

/** Takes `amount` out of what has not flowed, or all of that where it is less; how much. */
export function takeExcess(excess: ExcessStream, amount: bigint): { excess: ExcessStream; taken: bigint } {
  const taken = amount < excess.amount ? amount : excess.amount;
  return { excess: { ...excess, amount: excess.amount - taken }, taken };
}
