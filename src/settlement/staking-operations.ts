import { nonZeroAddress } from "../assets.js";
import { ValidationError } from "../lakh-error.js";
import { checkAmount, checkLimit } from "../request.js";
import {
  checkStakePool,
  stakeBook,
  STAKING_KINDS,
  type StakePool,
  type StakingOperationName,
  type StreamIndex,
} from "../staking-pool.js";
import { madeOperation, type Argument, type OperationOptions, type OrderOperation } from "./operations.js";

/** What all operations of staking say: the core, the pool, and the fees in units of the staked asset and of the reward. */
export type StakingOperation = Omit<OperationOptions, "fee"> & {
  staking: string;
  pool: StakePool;
  fee?: bigint;
  fee1?: bigint;
};

/**
 * What each may need beyond the builder's gas for an operation: fresh words of a position (stake) or of a reward (claim), a lock
 * that is taken off (unstake), a fresh request, or a finalisation of its own behind thousands of others.
 */
const EXTRA_GAS: Readonly<Record<StakingOperationName, number>> = {
  ...{ stake: 46_000, claim: 27_000, unstake: 11_000, requestUnstake: 62_000, claimUnstaked: 50_000 },
};
/** What a section needs once: the words of both streams and of the exit queue, and the way to a first request. */
const STREAMS_GAS = 30_000;

/** What an operation of staking may need beyond the builder's gas, by its kind, and its section once. */
export function stakingGas(kind: number): { extraGas: number; sectionGas: number } {
  const name = stakingOperationOf(kind);
  return name === undefined ? { extraGas: 0, sectionGas: 0 } : { extraGas: EXTRA_GAS[name], sectionGas: STREAMS_GAS };
}

/** What an operation of staking is, by its kind. */
export function stakingOperationOf(kind: number): StakingOperationName | undefined {
  const names = Object.keys(STAKING_KINDS) as StakingOperationName[];
  return names.find((name) => STAKING_KINDS[name] === kind);
}

/**
 * Operations of a batch on a pool, each on its signer's own position. The fee is paid on top of what is staked, else out of what is
 * paid, and not at all where that is nothing. `sequence` is that of the staked asset's word, which consents too.
 */
export const stakingOperations = {
  /** Stakes `assets` for at least `minShares`, rounded down. */
  stake: ({ assets, minShares = 0n, ...rest }: StakingOperation & { assets: bigint; minShares?: bigint }) =>
    made("stake", rest, { amount: checkAmount(assets, "assets"), argument: limit(checkLimit(minShares, "minShares")) }),

  /** Pays out all rewards of a stream, the first unless given; there must be some. */
  claim: ({ stream = 0, ...rest }: StakingOperation & { stream?: StreamIndex }) => {
    if (stream === 1 && rest.pool.reward1 === 0n) {
      throw new ValidationError("NotOffered", "The pool has no second stream", {});
    }
    return made("claim", rest, { argument: { form: "none" }, stream });
  },

  /** Pays out exactly `shares` as so many units. In a pool without cooldown. */
  unstake: ({ shares, ...rest }: StakingOperation & { shares: bigint }) => {
    checkExit(rest.pool, false);
    return made("unstake", rest, { argument: limit(checkAmount(shares, "shares")) });
  },

  /** Puts exactly `shares` into the exit queue. In a pool with cooldown. */
  requestUnstake: ({ shares, ...rest }: StakingOperation & { shares: bigint }) => {
    checkExit(rest.pool, true);
    return made("requestUnstake", rest, { argument: limit(checkAmount(shares, "shares")) });
  },

  /** Pays out the signer's request, which is ready. */
  claimUnstaked: ({ requestId, ...rest }: StakingOperation & { requestId: bigint }) => {
    checkExit(rest.pool, true);
    return made("claimUnstaked", rest, { argument: limit(checkAmount(requestId, "requestId")) });
  },
} as const;

function limit(value: bigint): Argument {
  return value === 0n ? { form: "none" } : { form: "limit", value };
}

function checkExit({ cooldown }: StakePool, isQueued: boolean): void {
  if ((cooldown !== 0n) === isQueued) return;
  throw new ValidationError("WrongExit", "Exits at once are of pools without cooldown, others of the rest", {
    cooldown,
  });
}

function made(
  name: StakingOperationName,
  { staking, pool, fee = 0n, fee1 = 0n, ...options }: StakingOperation,
  { amount = 0n, argument, stream = 0 }: { amount?: bigint; argument: Argument; stream?: StreamIndex },
): OrderOperation {
  const book = stakeBook({ staking: nonZeroAddress(staking, "staking"), pool: checkStakePool(pool), stream });
  const section = { ...book, shareId: 0n, fee0: fee, fee1, parameters: "0x" };
  const kind = STAKING_KINDS[name];
  return { ...madeOperation({ section, kind, argument, options }), amount, ...stakingGas(kind) };
}
