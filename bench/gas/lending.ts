import type { Peer } from "../schema.js";
import { openAaveBench } from "./aave-bench.js";
import { AAVE_VERSION } from "./aave-code.js";
import type { Lab } from "./lab.js";
import { lendingNames, type LendingCaseName } from "./lending-cases.js";
import { runLending } from "./lending-run.js";
import { openMorphoBench } from "./morpho-bench.js";
import { MORPHO_VERSION } from "./morpho-code.js";

/** Whole-transaction gas of lending's peers, by the case they stand beside. */
export type LendingFigures = Record<LendingCaseName, Peer[]>;

/** Morpho Blue and Aave v3, compiled from their packages. */
export async function measureLendingPeers(lab: Lab): Promise<LendingFigures> {
  const accounts = { lender: await lab.newcomer(), borrower: await lab.newcomer() };
  const measured = [
    {
      peer: { name: "Morpho Blue, mock rate model", version: MORPHO_VERSION },
      figures: await runLending(lab, await openMorphoBench(lab), accounts),
    },
    {
      peer: { name: "Aave v3", version: AAVE_VERSION },
      figures: await runLending(lab, await openAaveBench(lab), accounts),
    },
  ];
  const peersOf = (name: LendingCaseName): Peer[] =>
    measured.flatMap(({ peer, figures }) => {
      const gas = figures[name]?.gas;
      return gas === undefined ? [] : [{ ...peer, gas, measured: true }];
    });
  return Object.fromEntries(lendingNames.map((name) => [name, peersOf(name)])) as LendingFigures;
}
