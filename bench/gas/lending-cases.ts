import type { GasRow, Peer, PeersOnlyRow } from "../schema.js";
import { BARS, FLOORS, QUOTED } from "./floors.js";
import type { LendingFigures } from "./lending.js";
import type { LendingMeasurements } from "./lending-run.js";

export type LendingCaseName =
  | "supplyNew"
  | "supply"
  | "supplyAgain"
  | "withdraw"
  | "supplyCollateralNew"
  | "supplyCollateral"
  | "withdrawCollateral"
  | "borrowNew"
  | "borrow"
  | "repay"
  | "liquidate"
  | "accrue"
  | "supplyAfterDebt"
  | "withdrawAfterDebt";

/** What a row of a lending action says beside its own gas. `quoted` are peers that the run does not bring. */
export type LendingCase = Pick<GasRow, "action" | "state" | "floor" | "bar"> & { quoted: readonly Peer[] };

/** All from and to the wallet; each but "again in a block" is the first of its block and accrues an hour's interest. */
export const LENDING_CASES: Readonly<Record<LendingCaseName, LendingCase>> = {
  supplyNew: { action: "supply", state: "new", floor: FLOORS.supplyNew, bar: null, quoted: QUOTED.supplyNew },
  supply: { action: "supply", state: "steady", floor: FLOORS.supply, bar: BARS.supply, quoted: QUOTED.supply },
  supplyAgain: {
    ...{ action: "supply, again in a block", state: "steady", floor: FLOORS.supplyAgain, bar: null },
    quoted: QUOTED.supplyAgain,
  },
  withdraw: {
    ...{ action: "withdraw, part", state: "steady", floor: FLOORS.lendingWithdraw, bar: null },
    quoted: QUOTED.lendingWithdraw,
  },
  supplyCollateralNew: {
    ...{ action: "supply collateral", state: "new", floor: FLOORS.supplyCollateralNew, bar: null },
    quoted: QUOTED.supplyCollateralNew,
  },
  supplyCollateral: {
    ...{ action: "supply collateral", state: "steady", floor: FLOORS.supplyCollateral, bar: null },
    quoted: QUOTED.supplyCollateral,
  },
  withdrawCollateral: {
    ...{ action: "withdraw collateral, with debt", state: "steady", floor: FLOORS.withdrawCollateral, bar: null },
    quoted: QUOTED.withdrawCollateral,
  },
  borrowNew: {
    ...{ action: "borrow, first debt", state: "new", floor: FLOORS.borrow, bar: null },
    quoted: QUOTED.borrowNew,
  },
  borrow: { action: "borrow", state: "steady", floor: FLOORS.borrow, bar: BARS.borrow, quoted: QUOTED.borrow },
  repay: { action: "repay, part", state: "steady", floor: FLOORS.repay, bar: BARS.repay, quoted: QUOTED.repay },
  liquidate: {
    ...{ action: "liquidate, half the debt", state: "steady", floor: FLOORS.liquidate, bar: BARS.liquidate },
    quoted: QUOTED.liquidate,
  },
  accrue: { action: "accrue", state: "steady", floor: FLOORS.accrue, bar: null, quoted: QUOTED.accrue },
  supplyAfterDebt: { action: "supply, after a borrower", state: "steady", floor: FLOORS.supply, bar: null, quoted: [] },
  withdrawAfterDebt: {
    ...{ action: "withdraw, part, after a borrower", state: "steady", floor: FLOORS.lendingWithdraw, bar: null },
    quoted: [],
  },
};

export const lendingNames = Object.keys(LENDING_CASES) as LendingCaseName[];

/** A case's row beside its peers, all but our own figures. */
export function lendingRow(name: LendingCaseName, figures: LendingFigures): PeersOnlyRow {
  const { quoted, ...rest } = LENDING_CASES[name];
  return { domain: "lending", path: "wallet", ...rest, peers: [...figures[name], ...quoted] };
}

export const lendingRows = (figures: LendingFigures): PeersOnlyRow[] =>
  lendingNames.map((name) => lendingRow(name, figures));

/** Rows of ours, from what was measured of them. A way of ours through the ledger has no floor and no bar here. */
export function ourLendingRows(
  measurements: LendingMeasurements,
  figures: LendingFigures,
  route: GasRow["path"] = "wallet",
): GasRow[] {
  return lendingNames.flatMap((name) => {
    const measured = measurements[name];
    if (measured === undefined) return [];
    const limits = route === "wallet" ? {} : { floor: null, bar: null };
    const { l1FeeWei, ...gas } = measured;
    return [{ ...lendingRow(name, figures), path: route, ...limits, ...gas, l1FeeWei: String(l1FeeWei) }];
  });
}
