import { writeFile } from "node:fs/promises";
import path from "node:path";
import { FailureError } from "../failure.js";
import { code, page, table } from "../markdown.js";
import { ROOT } from "../paths.js";
import { EXPLAINED, explanationKey } from "./explained.js";
import type { Status } from "./messages.js";
import { describe, type Mutant } from "./mutant.js";
import type { StoredVerdict } from "./store.js";
import type { Target, TargetMutants } from "./targets.js";

type Counts = Record<Status, number> & { total: number; unjudged: number };
/** Percent of the mutants that change the code and have a verdict; `undefined` before the first verdict. */
type Scored = { counts: Counts; score: number | undefined };
type Judged = Mutant & { status: Status; killer?: string };

export type Summary = {
  targets: (Pick<Target, "name" | "bar"> & Scored & { files: (Scored & { file: string })[] })[];
  operators: (Scored & { operator: string })[];
  survivors: readonly Judged[];
  verdicts: readonly Judged[];
};

export function summarize(
  targets: readonly TargetMutants[],
  verdicts: ReadonlyMap<string, Pick<StoredVerdict, "status" | "killer">>,
): Summary {
  const all = targets.flatMap(({ mutants }) => mutants);
  const scored = (mutants: readonly Mutant[]): Scored => scoreOf(mutants.map(({ id }) => verdicts.get(id)?.status));
  const judged = all.flatMap((mutant): Judged[] => {
    const verdict = verdicts.get(mutant.id);
    if (verdict === undefined) return [];
    const { status, killer } = verdict;
    return [{ ...mutant, status, ...(killer === undefined ? {} : { killer }) }];
  });
  judged.sort((a, b) => (a.file === b.file ? a.start - b.start : a.file < b.file ? -1 : 1));
  return {
    targets: targets.map(({ name, bar, mutants }) => ({
      name,
      bar,
      ...scored(mutants),
      files: [...new Set(mutants.map(({ file }) => file))].sort().map((file) => {
        return { file, ...scored(mutants.filter((mutant) => mutant.file === file)) };
      }),
    })),
    operators: [...new Set(all.map(({ operator }) => operator))].sort().map((operator) => {
      return { operator, ...scored(all.filter((mutant) => mutant.operator === operator)) };
    }),
    survivors: judged.filter(({ status }) => status === "survived"),
    verdicts: judged,
  };
}

export function scoreOf(statuses: readonly (Status | undefined)[]): Scored {
  const counts: Counts = { total: 0, unjudged: 0, killed: 0, survived: 0, timeout: 0, invalid: 0, same: 0 };
  for (const status of statuses) {
    counts.total++;
    counts[status ?? "unjudged"]++;
  }
  const found = counts.killed + counts.timeout;
  const real = found + counts.survived;
  return { counts, score: real === 0 ? undefined : (100 * found) / real };
}

const percent = (score: number | undefined): string => (score === undefined ? "-" : `${score.toFixed(1)} %`);

export function formatSummary({ targets, survivors }: Summary): string {
  const lines = targets.map(({ name, bar, score, counts }) => {
    const { killed, timeout, survived, unjudged, total } = counts;
    const found = (killed + timeout).toString();
    const of = (killed + timeout + survived).toString();
    const rest = unjudged === 0 ? "" : `, ${unjudged.toString()} of ${total.toString()} not judged yet`;
    return `${name.padEnd(12)} ${percent(score).padStart(8)} killed, ${found} of ${of} (bar ${bar.toString()} %)${rest}`;
  });
  const unexplained = unexplainedOf(survivors);
  const list = unexplained.map((mutant) => `  ${describe(mutant)}`);
  return [...lines, `${unexplained.length.toString()} survivors without an explanation:`, ...list].join("\n");
}

function unexplainedOf(survivors: readonly Judged[]): Judged[] {
  return survivors.filter((mutant) => EXPLAINED[explanationKey(mutant)] === undefined);
}

/** Writes docs/mutation.md from complete verdicts. */
export async function writeMutationDocument(summary: Summary): Promise<void> {
  const unjudged = summary.targets.reduce((sum, { counts }) => sum + counts.unjudged, 0);
  if (unjudged > 0) {
    throw new FailureError("NOT_JUDGED", `${unjudged.toString()} mutants have no verdict yet: run npm run mutate.`);
  }
  const unexplained = unexplainedOf(summary.survivors);
  if (unexplained.length > 0) {
    throw new FailureError(
      "UNEXPLAINED",
      `${unexplained.length.toString()} survivors have no explanation in scripts/lib/mutate/explained.ts.`,
    );
  }
  await writeFile(path.join(ROOT, "docs/mutation.md"), formatDocument(summary));
}

export function formatDocument({ targets, operators, survivors }: Summary): string {
  const cells = ({ counts, score }: Scored): string[] => {
    const { total, killed, timeout, survived, same, invalid, unjudged } = counts;
    return [...[total, killed + timeout, survived, same, invalid, unjudged].map(String), percent(score)];
  };
  const head = ["mutants", "killed", "survived", "same code", "do not compile", "not judged", "score"];
  const byTarget = targets.flatMap((target) => [
    [`**${target.name}**, bar ${target.bar.toString()} %`, ...cells(target)],
    ...target.files.map((file) => [file.file.replace("contracts/", ""), ...cells(file)]),
  ]);
  const byOperator = operators.map((each) => [each.operator, ...cells(each)]);
  const reasons = survivors.map((mutant) => [code(describe(mutant)), EXPLAINED[explanationKey(mutant)] ?? ""]);
  return page(
    "# Mutation",
    `Written by \`npm run mutate -- --document\`. Each mutant is the contracts with one change; it is killed when a test fails.
A mutant whose optimized code is that of the original counts as the same code, not as a survivor.`,
    table(["file", ...head], byTarget, 1),
    "## By operator",
    table(["operator", ...head], byOperator, 1),
    "## Survivors, and why",
    table(["change", "why no test can or does find it"], reasons),
  );
}
