/**
 * The case that a textbook accumulator pays nothing of: 10,000 units of a token with 6 decimals over 30 days, for a million
 * tokens with 18 decimals, with the pool touched every 12 seconds, as often as blocks come.
 */
export const LOW_DECIMALS = {
  rewardDecimals: 6,
  reward: 10_000n * 10n ** 6n,
  seconds: 30n * 86_400n,
  stakeDecimals: 18,
  stake: 1_000_000n * 10n ** 18n,
  /** Between two pokes, in seconds. */
  interval: 12n,
  pokes: 216_000,
} as const;

/** A pool with one staker, who has all of the stake, and rewards from second 0 on; times are seconds from there. */
export type PokedPool = {
  /** Touches the pool as others would who change nothing of theirs. */
  poke: (second: bigint) => Promise<void> | void;
  /** What the staker may claim at that second. */
  claimable: (second: bigint) => Promise<bigint> | bigint;
};

/** Lets the first `pokes` of the schedule pass, all unless given; what the staker may claim at the last one's time. */
export async function runLowDecimals(pool: PokedPool, pokes: number = LOW_DECIMALS.pokes): Promise<bigint> {
  for (let i = 1; i <= pokes; i++) await pool.poke(BigInt(i) * LOW_DECIMALS.interval);
  return pool.claimable(BigInt(pokes) * LOW_DECIMALS.interval);
}

/** What was due by then, rounded down. */
export const dueAfter = (pokes: number): bigint =>
  (LOW_DECIMALS.reward * BigInt(pokes) * LOW_DECIMALS.interval) / LOW_DECIMALS.seconds;

/** Share of what was due, in millionths, rounded down. */
export const paidMillionths = (paid: bigint, due: bigint): bigint => (paid * 1_000_000n) / due;
