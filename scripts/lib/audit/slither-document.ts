import { code, page, table } from "../markdown.js";
import { SLITHER_VERSION } from "./slither.js";
import { TRIAGE, type Triage } from "./triage.js";

const WORDS: Readonly<Record<Triage["verdict"], string>> = { false: "not so", meant: "as meant" };

/** `docs/slither.md`. */
export function slitherDocument(): string {
  const rows = TRIAGE.map(({ check, place, count = 1, verdict, reason }) => [
    check,
    count === 1 ? code(place) : `${code(place)} (${count} times)`,
    WORDS[verdict],
    reason,
  ]);
  const findings = TRIAGE.reduce((sum, { count = 1 }) => sum + count, 0);
  return page(
    "# Slither",
    `Written by \`npm run gen\` from \`scripts/lib/audit/triage.ts\` and \`triage/\`; do not edit. Slither ${SLITHER_VERSION} finds ${findings} matters of high or medium
impact in \`contracts/\` without mocks, judged here at ${TRIAGE.length} places; none is a fault. \`npm run slither\` runs it
(\`pip install slither-analyzer==${SLITHER_VERSION}\`, Python 3.9 or later; without it the command says so and passes) with the compiler
of the lock file, and fails on a finding without a judgement and on a judgement without its finding.`,
    table(["check", "place", "verdict", "reason"], rows),
    "Findings of low impact are counted only: calls in loops, comparisons with the clock, events after calls of the ledger.",
  );
}
