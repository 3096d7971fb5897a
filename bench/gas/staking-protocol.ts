import type { JsonRpcSigner } from "ethers";
import type { Lab, Sent } from "./lab.js";
import { UNIT } from "./peer-kit.js";
import type { StakingFigure } from "./staking-cases.js";
import type { Moment, StakingModel, Words } from "./staking-model.js";

/** Of the tokens in the lab: the one that is staked, and the reward where the pool does not mint one of its own. */
export const STAKING_TOKENS = { stake: "c", reward: "d" } as const satisfies Record<string, keyof Lab>;
/** Of the rewards, in seconds. */
export const STAKING_PERIOD = 60n * 86_400n;
/** Added at first, and again during the period. */
export const STAKING_REWARD = 600_000n * UNIT;
/** Of a pool without a period, for ever: as much in a second, or in a block. */
export const STAKING_RATE = STAKING_REWARD / STAKING_PERIOD;

/** A pool as the benchmark drives it. The model is told everything before the pool is, and has to know each of its words. */
export type StakingProtocol = {
  name: string;
  model: StakingModel;
  /** Lets the account stake, and gives it some of the reward token. */
  prepare: (account: JsonRpcSigner) => Promise<void>;
  emptyRewardWallet: (account: JsonRpcSigner) => Promise<void>;
  figure: (name: StakingFigure, account: string) => Promise<bigint>;
  words: (account: string) => Promise<Words>;
  stake: (account: string, amount: bigint) => Sent;
  withdraw: (account: string, amount: bigint) => Sent;
  claim: (account: string) => Sent;
  /** `amount` is the whole stake. */
  exit: (account: string, amount: bigint) => Sent;
  /** By the maker; `transfer` where the pool does not take the reward itself. */
  notify?: (amount: bigint) => { request: (at: Moment) => Sent; transfer?: Sent };
  accrue?: () => Sent;
};
