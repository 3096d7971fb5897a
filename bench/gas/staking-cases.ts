import type { GasRow, Peer, PeersOnlyRow } from "../schema.js";
import { BARS, FLOORS, QUOTED } from "./floors.js";
import type { StakingFigures } from "./staking.js";
import type { StakingMeasurements } from "./staking-run.js";

export type StakingCaseName =
  | "stakeNew"
  | "stake"
  | "stakeAgain"
  | "withdraw"
  | "withdrawAgain"
  | "claimNew"
  | "claim"
  | "claimAgain"
  | "accrue"
  | "notify"
  | "withdrawAll"
  | "exit";

export type StakingOperation = "stake" | "withdraw" | "withdrawAll" | "claim" | "exit" | "notify" | "accrue";

/** What an operation moves: of its account, or of the pool. */
export type StakingFigure = "stakeWallet" | "stake" | "rewardWallet" | "poolRewards";

/** Figures that an operation changes in every pool, each by what the pool's own formula says. */
export const STAKING_EFFECTS: Readonly<Record<StakingOperation, readonly StakingFigure[]>> = {
  stake: ["stakeWallet", "stake"],
  withdraw: ["stakeWallet", "stake"],
  withdrawAll: ["stakeWallet", "stake"],
  claim: ["rewardWallet"],
  exit: ["stakeWallet", "stake", "rewardWallet"],
  notify: ["rewardWallet", "poolRewards"],
  accrue: [],
};

/** What a row says beside its own gas, and how its state comes about. `quoted` are peers that the run does not bring. */
export type StakingCase = Pick<GasRow, "action" | "state" | "floor" | "bar"> & {
  operation: StakingOperation;
  /** Of the same account, each an hour after the one before it. */
  setup: readonly ("stake" | "emptyRewardWallet")[];
  /** Behind a stake of another's in its block, after which the stream does not move. */
  isAgain: boolean;
  quoted: readonly Peer[];
};

const NONE = { setup: [], isAgain: false, floor: null, bar: null, quoted: [] } as const;

/**
 * All from and to the wallet, in this order, by one account in a pool with others; each but "again in a block" is the first of
 * its block, an hour after the one before it. Where a pool keeps an account's rewards, a stake before lets them be above 0.
 */
export const STAKING_CASES: Readonly<Record<StakingCaseName, StakingCase>> = {
  stakeNew: {
    ...NONE,
    ...{ action: "stake", state: "new", operation: "stake", floor: FLOORS.stakeNew, quoted: QUOTED.stakeNew },
  },
  stake: {
    ...{ ...NONE, action: "stake", state: "steady", operation: "stake", setup: ["stake"] },
    ...{ floor: FLOORS.stake, bar: BARS.stake, quoted: QUOTED.stake },
  },
  stakeAgain: {
    ...{ ...NONE, action: "stake, again in a block", state: "steady", operation: "stake", isAgain: true },
  },
  withdraw: {
    ...{ ...NONE, action: "unstake, part", state: "steady", operation: "withdraw" },
    ...{ floor: FLOORS.unstake, quoted: QUOTED.unstake },
  },
  withdrawAgain: {
    ...{ ...NONE, action: "unstake, part, again in a block", state: "steady", operation: "withdraw", isAgain: true },
  },
  claimNew: {
    ...{ ...NONE, action: "claim", state: "new", operation: "claim", setup: ["emptyRewardWallet"] },
    floor: FLOORS.claimNew,
  },
  claim: {
    ...{ ...NONE, action: "claim", state: "steady", operation: "claim", setup: ["stake"] },
    ...{ floor: FLOORS.claim, bar: BARS.claim, quoted: QUOTED.claim },
  },
  claimAgain: {
    ...{ ...NONE, action: "claim, again in a block", state: "steady", operation: "claim" },
    ...{ setup: ["stake"], isAgain: true },
  },
  accrue: { ...NONE, action: "update the pool", state: "steady", operation: "accrue" },
  notify: {
    ...{ ...NONE, action: "add rewards during a period", state: "steady", operation: "notify" },
    ...{ floor: FLOORS.notify, quoted: QUOTED.notify },
  },
  withdrawAll: { ...NONE, action: "unstake, whole", state: "steady", operation: "withdrawAll", setup: ["stake"] },
  exit: {
    ...{ ...NONE, action: "exit, stake and rewards", state: "steady", operation: "exit", setup: ["stake", "stake"] },
  },
};

export const stakingNames = Object.keys(STAKING_CASES) as StakingCaseName[];

/** A case's row beside its peers, all but our own figures. */
export function stakingRow(name: StakingCaseName, figures: StakingFigures): PeersOnlyRow {
  const { action, state, floor, bar, quoted } = STAKING_CASES[name];
  return { domain: "staking", path: "wallet", action, state, floor, bar, peers: [...figures[name], ...quoted] };
}

export const stakingRows = (figures: StakingFigures): PeersOnlyRow[] =>
  stakingNames.map((name) => stakingRow(name, figures));

/** Rows of ours, from what was measured of them. A way of ours through the ledger has no floor and no bar here. */
export function ourStakingRows(
  measurements: StakingMeasurements,
  figures: StakingFigures,
  route: GasRow["path"] = "wallet",
): GasRow[] {
  return stakingNames.flatMap((name) => {
    const measured = measurements[name];
    if (measured === undefined) return [];
    const limits = route === "wallet" ? {} : { floor: null, bar: null };
    const { l1FeeWei, ...gas } = measured;
    return [{ ...stakingRow(name, figures), path: route, ...limits, ...gas, l1FeeWei: String(l1FeeWei) }];
  });
}
