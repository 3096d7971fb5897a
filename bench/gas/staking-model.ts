/** When something happens: MasterChef counts blocks, the others seconds. */
export type Moment = { time: bigint; block: bigint };

export type Claim = { account: string; at: Moment };
export type Move = Claim & { amount: bigint };

/** What a pool stores, by the name of its getter, for the pool or for an account. */
export type Words = Record<string, bigint>;

/** The formulas of a pool in integers. What an account does answers the reward that it is paid by it. */
export type StakingModel = {
  stake: (move: Move) => bigint;
  withdraw: (move: Move) => bigint;
  claim: (claim: Claim) => bigint;
  /** All of the stake and of the rewards. */
  exit: (claim: Claim) => bigint;
  /** Adds to the rewards; where the pool is told of them. */
  notify?: (funding: { amount: bigint; at: Moment }) => void;
  /** Where it is an operation of its own. */
  accrue?: (moment: { at: Moment }) => void;
  stakeOf: (account: string) => bigint;
  words: (account: string) => Words;
};

/** What an account has of a map, made on its first use. */
export function entryOf<Entry>(map: Map<string, Entry>, account: string, create: () => Entry): Entry {
  const found = map.get(account) ?? create();
  map.set(account, found);
  return found;
}

/** An amount that is more than nothing, and no more than `limit`; what the contracts refuse otherwise. */
export function checkAmount(amount: bigint, limit = amount): void {
  if (amount <= 0n || amount > limit) throw new RangeError(`${amount} is not from 1 to ${limit}`);
}
