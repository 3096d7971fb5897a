import { stakingActions, stakingSelector } from "../staking.js";
import { type StakePool } from "../staking-pool.js";

/** A staking action, as `IStakingActions` has it; an account of 0 stands for the caller. */
export type StakingAction =
  | { name: "createPool"; pool: StakePool }
  | { name: "stake"; minShares: bigint; account: string }
  | { name: "unstake"; shares: bigint; minAssets: bigint; account: string }
  | { name: "requestUnstake"; shares: bigint; account: string }
  | { name: "finalise"; requestId: bigint }
  | { name: "claimUnstaked"; requestId: bigint }
  | { name: "claim"; account: string }
  | { name: "lock"; until: bigint }
  | { name: "kick"; account: string }
  | { name: "fund"; end: bigint }
  | { name: "addRewards" }
  | { name: "slash"; amount: bigint }
  | { name: "mintReceipts"; shares: bigint }
  | { name: "burnReceipts"; shares: bigint }
  | { name: "allowPledge"; pledgee: string; shares: bigint };

export type StakingActionOf<Name extends StakingAction["name"]> = Extract<StakingAction, { name: Name }>;

/** `LedgerCall.data` of an action. */
export function encodeStakingAction(action: StakingAction): string {
  switch (action.name) {
    case "createPool":
      return stakingActions.createPool(action.pool);
    case "stake":
      return stakingActions.stake(action.minShares, action.account);
    case "unstake":
      return stakingActions.unstake(action.shares, action.minAssets, action.account);
    case "requestUnstake":
      return stakingActions.requestUnstake(action.shares, action.account);
    case "finalise":
      return stakingActions.finalise(action.requestId);
    case "claimUnstaked":
      return stakingActions.claimUnstaked(action.requestId);
    case "claim":
      return stakingActions.claim(action.account);
    case "lock":
      return stakingActions.lock(action.until);
    case "kick":
      return stakingActions.kick(action.account);
    case "fund":
      return stakingActions.fund(action.end);
    case "addRewards":
      return stakingActions.addRewards();
    case "slash":
      return stakingActions.slash(action.amount);
    case "mintReceipts":
      return stakingActions.mintReceipts(action.shares);
    case "burnReceipts":
      return stakingActions.burnReceipts(action.shares);
    case "allowPledge":
      return stakingActions.allowPledge(action.pledgee, action.shares);
  }
}

/** The selector of an action: the first four bytes of its data. */
export function selectorOf(name: StakingAction["name"]): string {
  return stakingSelector(name);
}
