import { writeFile } from "node:fs/promises";
import path from "node:path";
import { FailureError } from "../failure.js";
import { code, page, table } from "../markdown.js";
import { ROOT } from "../paths.js";
import { EQUIVALENT, explanationKey, isExplained, reasonOf } from "./explained.js";
import type { Status } from "./messages.js";
import { describe, type Mutant } from "./mutant.js";
import type { StoredVerdict } from "./store.js";
import type { Target, TargetMutants } from "./targets.js";

/** A survivor that no caller could tell from the original is `equivalent`. */
type Judgement = Status | "equivalent";
type Counts = Record<Judgement, number> & { total: number; unjudged: number };
/** Percent of the mutants that change the code and have a verdict; `undefined` before the first verdict. */
type Scored = { counts: Counts; score: number | undefined };
/** A target is documented with so many verdicts at least. */
const LEAST_SAMPLE = 75;

type Judged = Mutant & { status: Judgement; killer?: string };

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
  const judgementOf = (mutant: Mutant): Judgement | undefined => {
    const status = verdicts.get(mutant.id)?.status;
    return status === "survived" && EQUIVALENT[explanationKey(mutant)] !== undefined ? "equivalent" : status;
  };
  const scored = (mutants: readonly Mutant[]): Scored => scoreOf(mutants.map(judgementOf));
  const judged = all.flatMap((mutant): Judged[] => {
    const [status, killer] = [judgementOf(mutant), verdicts.get(mutant.id)?.killer];
    if (status === undefined) return [];
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
    survivors: judged.filter(({ status }) => status === "survived" || status === "equivalent"),
    verdicts: judged,
  };
}

export function scoreOf(statuses: readonly (Judgement | undefined)[]): Scored {
  const counts: Counts = {
    ...{ total: 0, unjudged: 0, killed: 0, survived: 0, timeout: 0, invalid: 0, same: 0, equivalent: 0 },
  };
  for (const status of statuses) {
    counts.total++;
    counts[status ?? "unjudged"]++;
  }
  const found = counts.killed + counts.timeout;
  const real = found + counts.survived;
  return { counts, score: real === 0 ? undefined : (100 * found) / real };
}

const judgedOf = ({ total, unjudged }: Counts): number => total - unjudged;

/**
 * Where the score of all mutants lies with 95 % probability, in percent, when those judged are a sample: Wilson's interval
 * (E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927, eq. 5 ff.).
 */
export function intervalOf({ counts }: Scored): [low: number, high: number] | undefined {
  const found = counts.killed + counts.timeout;
  const count = found + counts.survived;
  if (count === 0) return undefined;
  const part = found / count;
  if (counts.unjudged === 0) return [100 * part, 100 * part];
  const z = 1.96;
  const middle = (part + z ** 2 / (2 * count)) / (1 + z ** 2 / count);
  const half = (z / (1 + z ** 2 / count)) * Math.sqrt((part * (1 - part)) / count + z ** 2 / (4 * count ** 2));
  return [100 * (middle - half), 100 * (middle + half)];
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
  return survivors.filter((mutant) => !isExplained(mutant));
}

/**
 * Writes docs/mutation.md from the verdicts of all mutants, or of a sample of at least `LEAST_SAMPLE` per target: the order
 * in which mutants are judged has nothing to do with the source. Targets with fewer verdicts are named as not judged.
 */
export async function writeMutationDocument(summary: Summary): Promise<void> {
  const known = documented(summary);
  if (known.targets.length === 0) {
    throw new FailureError(
      "NOT_JUDGED",
      `No target has ${LEAST_SAMPLE.toString()} mutants with a verdict: run npm run mutate.`,
    );
  }
  const unexplained = unexplainedOf(known.survivors);
  if (unexplained.length > 0) {
    throw new FailureError(
      "UNEXPLAINED",
      `${unexplained.length.toString()} survivors have no explanation in scripts/lib/mutate/explained.ts.`,
    );
  }
  await writeFile(path.join(ROOT, "docs/mutation.md"), formatDocument(summary));
}

/** The part of it of targets that are judged whole, or by a sample that is large enough. */
function documented({ targets, verdicts }: Summary): Pick<Summary, "targets" | "verdicts" | "survivors"> {
  const known = targets.filter(({ counts }) => counts.unjudged === 0 || judgedOf(counts) >= LEAST_SAMPLE);
  const files = new Set(known.flatMap((target) => target.files.map(({ file }) => file)));
  const own = verdicts.filter(({ file }) => files.has(file));
  const survivors = own.filter(({ status }) => status === "survived" || status === "equivalent");
  return { targets: known, verdicts: own, survivors };
}

export function formatDocument(summary: Summary): string {
  const { targets: known, verdicts, survivors } = documented(summary);
  const others = summary.targets.filter((target) => !known.includes(target)).map(({ name }) => name);
  const cells = (scored: Scored): string[] => {
    const { total, killed, timeout, survived, same, equivalent, invalid, unjudged } = scored.counts;
    const interval = intervalOf(scored);
    const counts = [total, total - unjudged, killed + timeout, survived, same + equivalent, invalid];
    const range = interval === undefined ? "" : interval.map((each) => each.toFixed(1)).join(" to ");
    return [...counts.map(String), percent(scored.score), range];
  };
  const head = ["mutants", "judged", "killed", "survived", "no change", "do not compile", "score", "95 % interval"];
  const byTarget = known.flatMap((target) => [
    [`**${target.name}**, bar ${target.bar.toString()} %`, ...cells(target)],
    ...target.files.map((file) => [file.file.replace("contracts/", ""), ...cells(file)]),
  ]);
  const operators = [...new Set(verdicts.map(({ operator }) => operator))].sort();
  const byOperator = operators.map((operator) => {
    const own = verdicts.filter((verdict) => verdict.operator === operator);
    return [operator, ...cells(scoreOf(own.map(({ status }) => status))).slice(1, -1)];
  });
  const reasonsOf = (status: Judgement): string[][] =>
    survivors
      .filter((mutant) => mutant.status === status)
      .map((mutant) => [code(describe(mutant)), reasonOf(mutant) ?? ""]);
  return page(
    "# Mutation",
    `Written by \`npm run mutate -- --document\`. Each mutant is the contracts with one change; it is killed when a test fails.
A mutant whose optimized code is that of the original is no change, and no survivor; nor is one that no caller could tell from the original but
by gas, each with its reason below. Where not all are judged, those that are were chosen by the hash of the change, a fair sample; the
interval holds the score of all with 95 % probability (Wilson).`,
    others.length === 0
      ? ""
      : `Not judged yet, or with fewer than ${LEAST_SAMPLE.toString()} verdicts: ${others.join(", ")}.`,
    table(["file", ...head], byTarget, 1),
    "## By operator",
    table(["operator", ...head.slice(1, -1)], byOperator, 1),
    "## Survivors, and why",
    table(["change", "why no test of the run finds it"], reasonsOf("survived")),
    "## No change, and why",
    table(["change", "why nobody can tell"], reasonsOf("equivalent")),
  );
}
