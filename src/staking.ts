import { ZeroAddress, type ContractRunner } from "ethers";
import { IStakingActions__factory } from "../typechain-types/factories/interfaces/IStakingActions__factory.js";
import { StakingCore__factory } from "../typechain-types/factories/staking/StakingCore__factory.js";
import { type StakingCore } from "../typechain-types/staking/StakingCore.js";
import { checkAddress, nonZeroAddress, tokenId } from "./assets.js";
import { ValidationError } from "./lakh-error.js";
import { type LedgerCall, type LedgerClient } from "./ledger.js";
import { ALL } from "./lending.js";
import { STREAM_MAX_FUNDED, STREAM_MAX_WEIGHT } from "./models/staking-stream.js";
import { checkAmount, checkLimit, type Destination, type LakhRequest, type OnBehalf, type Source } from "./request.js";
import {
  checkStakePool,
  stakeBook,
  stakeId,
  stakeReceiptId,
  type StakePool,
  type StreamIndex,
} from "./staking-pool.js";
import { createStakingReader } from "./staking-reader.js";

/** What every action says of its pool and its parties. */
export type StakeAction = {
  pool: StakePool;
  /** Receiver of what is paid out; the client's account unless given, without one whoever sends the request. */
  to?: string;
  /** Where inputs come from; the caller's ledger balance unless given. */
  source?: Source;
  /** Where outputs go; the receiver's ledger balance unless given. */
  destination?: Destination;
  /** Pays the wrapped-ether input with ether sent along. */
  payWithEther?: boolean;
};

/** The first stream unless given. */
export type OfStream = { stream?: StreamIndex };

/** What `createStakingClient` needs. */
export type StakingClientOptions = {
  address: string;
  weth: string;
  ledger: LedgerClient;
  account?: string | undefined;
  runner?: ContractRunner | null | undefined;
};

const actions = IStakingActions__factory.createInterface();

/** `LedgerCall.data` of each staking action, unchecked. */
export const stakingActions = {
  createPool: (pool: StakePool): string => actions.encodeFunctionData("createPool", [pool]),
  stake: (minShares: bigint, account: string): string => actions.encodeFunctionData("stake", [minShares, account]),
  unstake: (shares: bigint, account: string): string => actions.encodeFunctionData("unstake", [shares, account]),
  requestUnstake: (shares: bigint, account: string): string =>
    actions.encodeFunctionData("requestUnstake", [shares, account]),
  finalise: (requestId: bigint): string => actions.encodeFunctionData("finalise", [requestId]),
  claimUnstaked: (requestId: bigint): string => actions.encodeFunctionData("claimUnstaked", [requestId]),
  claim: (account: string): string => actions.encodeFunctionData("claim", [account]),
  lock: (until: bigint): string => actions.encodeFunctionData("lock", [until]),
  kick: (account: string): string => actions.encodeFunctionData("kick", [account]),
  fund: (end: bigint): string => actions.encodeFunctionData("fund", [end]),
  addRewards: (): string => actions.encodeFunctionData("addRewards"),
  slash: (amount: bigint): string => actions.encodeFunctionData("slash", [amount]),
  mintReceipts: (shares: bigint): string => actions.encodeFunctionData("mintReceipts", [shares]),
  burnReceipts: (shares: bigint): string => actions.encodeFunctionData("burnReceipts", [shares]),
  allowPledge: (pledgee: string, shares: bigint): string =>
    actions.encodeFunctionData("allowPledge", [pledgee, shares]),
} as const;

/** The four bytes by which the core knows an action. */
export function stakingSelector(name: keyof typeof stakingActions): string {
  return actions.getFunction(name).selector;
}

/** Builds and reads what concerns staking. Amounts are smallest units; builders throw `ValidationError`. */
export type StakingClient = ReturnType<typeof createStakingClient>;

/** See `createLakh`. */
export function createStakingClient({ address, weth, ledger, account, runner }: StakingClientOptions) {
  const staking = nonZeroAddress(address, "staking");
  const contract: StakingCore = StakingCore__factory.connect(staking, runner ?? null);
  const codec = StakingCore__factory.createInterface();

  type Action = { options: StakeAction & OfStream; stake?: bigint; reward?: bigint; data: string };

  function build({ options, stake = 0n, reward = 0n, data }: Action): LakhRequest<LedgerCall> {
    const { pool, stream = 0, to, source = "ledger", destination = "ledger", payWithEther = false } = options;
    checkStakePool(pool);
    if (stream === 1 && pool.reward1 === 0n) throw notOffered("The pool has no second stream");
    const book = stakeBook({ staking, pool, stream });
    const ether = (book.asset0 === tokenId(weth) ? stake : 0n) + (book.asset1 === tokenId(weth) ? reward : 0n);
    if (payWithEther && ether === 0n) {
      throw new ValidationError("NativeAssetMissing", "The input that ether pays for is not wrapped ether", {});
    }
    const parties = { amount0: stake, amount1: reward, to: to ?? account ?? ZeroAddress };
    return ledger.call({ ...book, source, destination, data, ...parties }, payWithEther ? ether : 0n);
  }

  /** The zero address stands for the caller. */
  function ownerOf(owner: string | undefined): string {
    return owner === undefined ? ZeroAddress : checkAddress(owner, "account");
  }

  function checkExit({ cooldown }: StakePool, isQueued: boolean): void {
    if ((cooldown !== 0n) === isQueued) return;
    const message = isQueued ? "The pool has no cooldown: unstake" : "The pool has a cooldown: request, then claim";
    throw new ValidationError("WrongExit", message, { cooldown });
  }

  return {
    address: staking,
    contract,
    ...createStakingReader({ staking, contract, ledger, runner }),

    /** Creates the pool; anybody may. */
    createPool({ pool }: Pick<StakeAction, "pool">): LakhRequest<LedgerCall> {
      return build({ options: { pool }, data: stakingActions.createPool(pool) });
    },

    /** Stakes exactly `assets`, for anybody; shares round down and are at least `minShares`. */
    stake({
      assets,
      minShares = 0n,
      account: owner,
      ...options
    }: StakeAction & OnBehalf & { assets: bigint; minShares?: bigint }) {
      const data = stakingActions.stake(checkLimit(minShares, "minShares"), ownerOf(owner));
      return build({ options, stake: checkAmount(assets, "assets"), data });
    },

    /** Pays out `shares`, `ALL` for all that are free, as so many units; of another as his operator. */
    unstake({ shares, account: owner, ...options }: StakeAction & OnBehalf & { shares: bigint }) {
      checkExit(options.pool, false);
      return build({ options, data: stakingActions.unstake(checkShares(shares), ownerOf(owner)) });
    },

    /** Puts `shares`, `ALL` for all that are free, into the exit queue; of another as his operator. */
    requestUnstake({ pool, shares, account: owner }: Pick<StakeAction, "pool"> & OnBehalf & { shares: bigint }) {
      checkExit(pool, true);
      return build({ options: { pool }, data: stakingActions.requestUnstake(checkShares(shares), ownerOf(owner)) });
    },

    /** Makes every request up to `requestId` final; anybody may. */
    finalise({ pool, requestId }: Pick<StakeAction, "pool"> & { requestId: bigint }) {
      checkExit(pool, true);
      return build({ options: { pool }, data: stakingActions.finalise(checkAmount(requestId, "requestId")) });
    },

    /** Pays out the caller's request. */
    claimUnstaked({ requestId, ...options }: StakeAction & { requestId: bigint }) {
      checkExit(options.pool, true);
      return build({ options, data: stakingActions.claimUnstaked(checkAmount(requestId, "requestId")) });
    },

    /** Pays out the rewards of a stream; of another as his operator. */
    claim({ account: owner, ...options }: StakeAction & OnBehalf & OfStream) {
      return build({ options, data: stakingActions.claim(ownerOf(owner)) });
    },

    /** Locks all of the caller's shares until `until`, Unix seconds, for weight. */
    lock({ pool, until }: Pick<StakeAction, "pool"> & { until: bigint }) {
      if (pool.maxLock === 0n) throw notOffered("The pool has no locks");
      return build({ options: { pool }, data: stakingActions.lock(checkTime(until, "until")) });
    },

    /** Takes the weight of an expired lock off the account; anybody may. */
    kick({ pool, account: owner }: Pick<StakeAction, "pool"> & { account: string }) {
      if (pool.maxLock === 0n) throw notOffered("The pool has no locks");
      return build({ options: { pool }, data: stakingActions.kick(nonZeroAddress(owner, "account")) });
    },

    /** Adds rewards, to flow with what is left until `end`, Unix seconds; for the funder. */
    fund({ amount, end, ...options }: StakeAction & OfStream & { amount: bigint; end: bigint }) {
      const data = stakingActions.fund(checkTime(end, "end"));
      return build({ options, reward: checkRewards(amount), data });
    },

    /** Adds rewards to a stream that runs; anybody may. */
    addRewards({ amount, ...options }: StakeAction & OfStream & { amount: bigint }) {
      return build({ options, reward: checkRewards(amount), data: stakingActions.addRewards() });
    },

    /** Pays out stake at the expense of every share; for the slasher. */
    slash({ amount, ...options }: StakeAction & { amount: bigint }) {
      if (BigInt(options.pool.slasher) === 0n) throw notOffered("The pool has no slasher");
      return build({ options, data: stakingActions.slash(checkAmount(amount, "amount")) });
    },

    /** Mints receipts for shares of the caller that are free, to himself. */
    mintReceipts({ pool, shares }: Pick<StakeAction, "pool"> & { shares: bigint }) {
      return receipts(pool, stakingActions.mintReceipts(checkAmount(shares, "shares")));
    },

    /** Burns receipts of the caller, whose shares are free again. */
    burnReceipts({ pool, shares }: Pick<StakeAction, "pool"> & { shares: bigint }) {
      return receipts(pool, stakingActions.burnReceipts(checkAmount(shares, "shares")));
    },

    /** Sets how many free shares of the caller the protocol `pledgee` may still take as a pledge. */
    allowPledge({ pool, pledgee, shares }: Pick<StakeAction, "pool"> & { pledgee: string; shares: bigint }) {
      if (shares > STREAM_MAX_WEIGHT) throw tooMuch("shares", shares, STREAM_MAX_WEIGHT);
      const data = stakingActions.allowPledge(nonZeroAddress(pledgee, "pledgee"), checkLimit(shares, "shares"));
      return receipts(pool, data);
    },

    /** Makes the pool's receipt a ledger asset, once; anybody may. */
    issueReceipt({ pool }: Pick<StakeAction, "pool">): LakhRequest<{ pool: StakePool }> {
      checkUnlocked(checkStakePool(pool));
      const data = codec.encodeFunctionData("issueReceipt", [stakeId({ staking, pool })]);
      return { to: staking, data, value: 0n, parameters: { pool } };
    },

    /** The id of the pool here. */
    stakeIdOf({ pool }: Pick<StakeAction, "pool">): string {
      return stakeId({ staking, pool });
    },

    /** The ledger id of the pool's receipt. */
    receiptIdOf({ pool }: Pick<StakeAction, "pool">): bigint {
      return stakeReceiptId({ staking, id: stakeId({ staking, pool }) });
    },
  };

  /** The receiver must be the caller, whom the zero address stands for. */
  function receipts(pool: StakePool, data: string): LakhRequest<LedgerCall> {
    checkUnlocked(pool);
    return build({ options: { pool, to: ZeroAddress }, data });
  }
}

function checkUnlocked({ maxLock }: StakePool): void {
  if (maxLock !== 0n) throw notOffered("A pool with locks has neither receipts nor pledges");
}

function checkShares(shares: bigint): bigint {
  return shares === ALL ? ALL : checkAmount(shares, "shares");
}

function checkRewards(amount: bigint): bigint {
  if (amount > STREAM_MAX_FUNDED) throw tooMuch("amount", amount, STREAM_MAX_FUNDED);
  return checkAmount(amount, "amount");
}

function checkTime(time: bigint, name: string): bigint {
  if (time > 0n && time < 1n << 32n) return time;
  throw new ValidationError("AmountOutOfRange", `${name} is no time in Unix seconds`, { name, time });
}

function notOffered(message: string): ValidationError {
  return new ValidationError("NotOffered", message, {});
}

function tooMuch(name: string, amount: bigint, max: bigint): ValidationError {
  return new ValidationError("AmountTooLarge", `${name} exceeds ${max}`, { name, amount, max });
}
