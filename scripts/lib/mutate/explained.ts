import type { Mutant } from "./mutant.js";

/** Names a change by its lines, so that they may move; two changes of one function never have the same name. */
export function explanationKey({ file, scope, lines }: Pick<Mutant, "file" | "scope" | "lines">): string {
  const words = (text: string): string => text.replace(/\s+/g, " ").trim();
  return `${file.replace("contracts/", "")} ${scope}: ${words(lines.before)} -> ${words(lines.after)}`;
}

/** Survivors and the reason why no test finds them. */
export const EXPLAINED: Readonly<Record<string, string>> = {
  "core/LedgerSections.sol _settleOperation: if (side < 2) _logFor(frame, leg, head.account(), frame.feeTo, leg.fee); -> if (true) _logFor(frame, leg, head.account(), frame.feeTo, leg.fee);":
    "The legs of sides 2 and 3 have no fee, and nothing is logged of an amount of 0.",
};
