import { ILendingActions__factory } from "../../typechain-types/factories/interfaces/ILendingActions__factory.js";
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

const codec = ILendingActions__factory.createInterface();

/** `LedgerCall.data` of an action. */
export function encodeLendingAction(action: LendingAction): string {
  switch (action.name) {
    case "createMarket":
      return codec.encodeFunctionData("createMarket", [action.market]);
    case "supply":
      return codec.encodeFunctionData("supply", [action.minShares]);
    case "supplyShares":
      return codec.encodeFunctionData("supplyShares", [action.shares]);
    case "withdraw":
      return codec.encodeFunctionData("withdraw", [action.assets, action.maxShares]);
    case "redeem":
      return codec.encodeFunctionData("redeem", [action.shares, action.minAssets]);
    case "addCollateral":
      return codec.encodeFunctionData("addCollateral", [action.account]);
    case "pledgeCollateral":
      return codec.encodeFunctionData("pledgeCollateral", [action.amount]);
    case "removeCollateral":
      return codec.encodeFunctionData("removeCollateral", [action.amount, action.account]);
    case "borrow":
      return codec.encodeFunctionData("borrow", [action.assets, action.account]);
    case "repay":
      return codec.encodeFunctionData("repay", [action.account]);
    case "repayShares":
      return codec.encodeFunctionData("repayShares", [action.shares, action.account]);
    case "liquidate":
      return codec.encodeFunctionData("liquidate", [action.account, action.minSeized]);
    case "accrue":
      return codec.encodeFunctionData("accrue");
    case "collectFee":
      return codec.encodeFunctionData("collectFee");
  }
}
