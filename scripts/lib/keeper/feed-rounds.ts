/** A feed's round: its answer, and when it was, Unix seconds. */
export type Round = { answer: bigint; updatedAt: bigint };

/** A feed's rounds. A proxy numbers those of each aggregator from 1 on, with the aggregator's phase in front (`phase << 64`). */
export type Rounds = {
  latest: bigint;
  /** Undefined where there is no such round. */
  read: (id: bigint) => Promise<Round | undefined>;
};

const PHASE_BITS = 64n;
/** Rounds that are read at once, and most of one search. */
const AT_ONCE = 50n;
const MOST = 1_000n;
/** Most phases that are looked through: an aggregator is replaced a few times in years, and a feed may say anything. */
const MOST_PHASES = 16n;

const phaseOf = (id: bigint): bigint => id >> PHASE_BITS;
const firstOf = (phase: bigint): bigint => (phase << PHASE_BITS) + 1n;

/** Whether a round that is missing never had an answer. One of an aggregator that was replaced is taken for its end. */
const isGap = (id: bigint, latest: bigint): boolean => phaseOf(id) === phaseOf(latest) && id < latest;

/** The first round that was at `time` or later; undefined where there is none yet. */
export async function firstRoundFrom({ latest, read }: Rounds, time: bigint): Promise<bigint | undefined> {
  let later: bigint | undefined;
  const newest = phaseOf(latest);
  for (let phase = newest; phase >= 0n && newest - phase < MOST_PHASES; phase--) {
    const first = firstOf(phase);
    const round = await read(first);
    if (round === undefined) continue; // an aggregator without answers
    if (round.updatedAt >= time) {
      later = first;
      continue;
    }
    const isBefore = async (id: bigint): Promise<boolean> => {
      const found = await read(id);
      return found === undefined ? isGap(id, latest) : found.updatedAt < time;
    };
    let [low, high] = [first, first + 1n];
    for (let step = 1n; await isBefore(high); step *= 2n) [low, high] = [high, high + 2n * step];
    while (high - low > 1n) {
      const middle = (low + high) / 2n;
      if (await isBefore(middle)) low = middle;
      else high = middle;
    }
    return (await read(high)) === undefined ? later : high;
  }
  return later;
}

/**
 * The first round from `from` on, and not later than `end`, that is wanted; from where to look the next time, which is the last
 * round that was read, in case that the chain replaces it; and whether all rounds until now were looked at.
 */
export async function findRound(
  { latest, read }: Rounds,
  { from, end, isWanted }: { from: bigint; end: bigint; isWanted: (round: Round) => boolean },
): Promise<{ found: bigint | undefined; next: bigint; isAll: boolean }> {
  let next = from;
  let left = MOST;
  for (let id = from; id <= latest; left -= AT_ONCE) {
    if (left <= 0n) return { found: undefined, next, isAll: false };
    const isLast = phaseOf(id) === phaseOf(latest);
    const count = isLast && latest - id < AT_ONCE ? latest - id + 1n : AT_ONCE;
    const ids = Array.from({ length: Number(count) }, (_, index) => id + BigInt(index));
    const rounds = await Promise.all(ids.map(read));
    id += count;
    for (const [index, round] of rounds.entries()) {
      if (round === undefined) {
        if (isLast) continue;
        id = firstOf(phaseOf(ids[index] ?? id) + 1n);
        break;
      }
      next = ids[index] ?? next;
      if (round.updatedAt > end) return { found: undefined, next, isAll: true };
      if (isWanted(round)) return { found: next, next, isAll: true };
    }
  }
  return { found: undefined, next, isAll: true };
}
