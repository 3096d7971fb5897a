import type { Mutant } from "./mutant.js";

/** Names a change by its lines, so that they may move; two changes of one function never have the same name. */
export function explanationKey({ file, scope, lines }: Pick<Mutant, "file" | "scope" | "lines">): string {
  const words = (text: string): string => text.replace(/\s+/g, " ").trim();
  return `${file.replace("contracts/", "")} ${scope}: ${words(lines.before)} -> ${words(lines.after)}`;
}

/** Changes that no caller can see but by the gas that they cost, and why. They count as no change of the code. */
export const EQUIVALENT: Readonly<Record<string, string>> = {
  "core/LedgerSections.sol _settleOperation: if (side < 2) _logFor(frame, leg, head.account(), frame.feeTo, leg.fee); -> if (true) _logFor(frame, leg, head.account(), frame.feeTo, leg.fee);":
    "The legs of sides 2 and 3 have no fee, and nothing is logged of an amount of 0.",
  "amm/AmmSections.sol _collectRun: if or(gt(kind, 1), lt(amount, LEAST_TRADE)) { -> if or(iszero(lt(kind, 1)), lt(amount, LEAST_TRADE)) {":
    "A run that ends early: what it leaves is done one by one, with the same outcome at more gas.",
  "core/LedgerSections.sol _debitRun: let slot := keccak256(0, 64) // of _cells[key][account] -> let slot := keccak256(0, 65) // of _cells[key][account]":
    "The word at another slot is empty, so the run ends at its first operation: what it leaves is done one by one, with the same outcome at more gas.",
  "core/Settlement.sol _beginAny: if (stop > walk.fallbackSigner) stop = walk.fallbackSigner; -> if (stop >= walk.fallbackSigner) stop = walk.fallbackSigner;":
    "Where both are equal it sets what is there.",
};

/** Other survivors, and why no test that the run may take finds them. They lower the score. */
export const EXPLAINED: Readonly<Record<string, string>> = {
  "core/Settlement.sol _hasSigned: uint256 available = (gasleft() * 63) / 64; -> uint256 available = (gasleft() * 63) * 64;":
    "“reverts by name when a wallet cannot have its cap” finds it (test/unit/core/Settlement.fallback.test.ts); it counts gas, so no run on instrumented code has it.",
};

/** Why the mutant survives, if that is known. */
export function reasonOf(mutant: Mutant): string | undefined {
  return EQUIVALENT[explanationKey(mutant)] ?? EXPLAINED[explanationKey(mutant)];
}

export const isExplained = (mutant: Mutant): boolean => reasonOf(mutant) !== undefined;
