import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Mutant } from "./mutant.js";
import { mutantsOf } from "./solidity.js";
import { readSources } from "./sources.js";

/** The bar of a target is the least share of mutants that the tests must kill, in percent. */
export type Target = { name: string; bar: number; entry: RegExp };

/** A file belongs to the first target whose contracts bring it in. */
export const TARGETS: readonly Target[] = [
  { name: "Ledger", bar: 95, entry: /^contracts\/core\/Ledger\.sol$/ },
  { name: "Settlement", bar: 95, entry: /^contracts\/core\/Settlement\.sol$/ },
  { name: "AmmCore", bar: 90, entry: /^contracts\/amm\/AmmCore\.sol$/ },
  { name: "Lending", bar: 90, entry: /^contracts\/lending\// },
  { name: "Oracles", bar: 90, entry: /^contracts\/oracle\/(?!FeedTrigger|ReporterOracle)/ },
  { name: "LendingVault", bar: 90, entry: /^contracts\/periphery\/LendingVault\.sol$/ },
  { name: "Staking", bar: 90, entry: /^contracts\/staking\// },
  { name: "Rwa", bar: 90, entry: /^contracts\/rwa\// },
  { name: "Insurance", bar: 90, entry: /^contracts\/(insurance\/|oracle\/(FeedTrigger|ReporterOracle))/ },
  { name: "StakedVault", bar: 90, entry: /^contracts\/periphery\/StakedVault\.sol$/ },
  { name: "Lenses", bar: 90, entry: /^contracts\/periphery\// },
];

export type TargetMutants = Target & { mutants: readonly Mutant[] };

/** Every mutant of every target, in an order that has nothing to do with the source, so that a part is a fair sample. */
export async function readTargets(root: string): Promise<TargetMutants[]> {
  const { files, closureOf } = await readSources(root);
  const taken = new Set<string>();
  const targets: TargetMutants[] = [];
  for (const target of TARGETS) {
    const entries = [...files.keys()].filter((file) => target.entry.test(file));
    const own = new Set(entries.flatMap((entry) => [...closureOf(entry)]));
    const mutants: Mutant[] = [];
    for (const file of [...own].filter((each) => !taken.has(each)).sort()) {
      taken.add(file);
      if (/^contracts\/(interfaces|mocks|types)\//.test(file)) continue;
      mutants.push(...mutantsOf(file, await readFile(path.join(root, file), "utf8")));
    }
    targets.push({ ...target, mutants: mutants.sort((a, b) => (a.id < b.id ? -1 : 1)) });
  }
  return targets;
}
