import { lendingActions } from "../lending.js";
import type { MarketParams } from "../lending-market.js";

/** A lending action, as `ILendingActions` has it; an account of 0 stands for the caller. */
export type LendingAction =
  | { name: "createMarket"; market: MarketParams }
  | { name: "supply"; minShares: bigint }
  | { name: "supplyShares"; shares: bigint }
  | { name: "withdraw"; assets: bigint; maxShares: bigint }
  | { name: "redeem"; shares: bigint; minAssets: bigint }
  | { name: "addCollateral"; account: string }
  | { name: "pledgeCollateral"; amount: bigint }
  | { name: "removeCollateral"; amount: bigint; account: string }
  | { name: "borrow"; assets: bigint; account: string }
  | { name: "repay"; account: string }
  | { name: "repayShares"; shares: bigint; account: string }
  | { name: "liquidate"; account: string; minSeized: bigint }
  | { name: "accrue" }
  | { name: "collectFee" };

export type LendingActionOf<Name extends LendingAction["name"]> = Extract<LendingAction, { name: Name }>;

/** `LedgerCall.data` of an action. */
export function encodeLendingAction(action: LendingAction): string {
  switch (action.name) {
    case "createMarket":
      return lendingActions.createMarket(action.market);
    case "supply":
      return lendingActions.supply(action.minShares);
    case "supplyShares":
      return lendingActions.supplyShares(action.shares);
    case "withdraw":
      return lendingActions.withdraw(action.assets, action.maxShares);
    case "redeem":
      return lendingActions.redeem(action.shares, action.minAssets);
    case "addCollateral":
      return lendingActions.addCollateral(action.account);
    case "pledgeCollateral":
      return lendingActions.pledgeCollateral(action.amount);
    case "removeCollateral":
      return lendingActions.removeCollateral(action.amount, action.account);
    case "borrow":
      return lendingActions.borrow(action.assets, action.account);
    case "repay":
      return lendingActions.repay(action.account);
    case "repayShares":
      return lendingActions.repayShares(action.shares, action.account);
    case "liquidate":
      return lendingActions.liquidate(action.account, action.minSeized);
    case "accrue":
      return lendingActions.accrue();
    case "collectFee":
      return lendingActions.collectFee();
  }
}
