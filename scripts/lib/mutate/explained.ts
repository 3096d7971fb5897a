import type { Mutant } from "./mutant.js";

/** Names a change by what it says, so that lines may move. */
export function explanationKey({ file, scope, original, replacement }: Mutant): string {
  const words = (text: string): string => text.replace(/\s+/g, " ").trim();
  return `${file.replace("contracts/", "")} ${scope}: ${words(original)} -> ${words(replacement)}`;
}

/** Survivors and the reason why no test finds them. */
export const EXPLAINED: Readonly<Record<string, string>> = {};
