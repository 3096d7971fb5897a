import { z } from "zod";

const runSchema = z.object({
  /** The short hash of the commit, absent outside a clone. */
  commit: z.string().optional(),
  /** Whether contracts or tests differed from it. */
  isChanged: z.boolean(),
  tests: z.int().positive(),
  minutes: z.int().nonnegative(),
  /** Which test files ran, unless all. */
  part: z.string().optional(),
});

/** What a run says about itself, in `coverage/second-opinion/run.json`: a comparison made later can tell what it compares. */
export type Run = z.infer<typeof runSchema>;

export function parseRun(text: string): Run {
  return runSchema.parse(JSON.parse(text));
}

export function describeRun({ commit, isChanged, tests, minutes }: Run): string {
  const of = commit === undefined ? "" : ` of commit \`${commit}\`${isChanged ? ", changed," : ""}`;
  return `"there" was measured${of} with ${tests.toLocaleString("en-US")} tests, in ${minutes.toString()} minutes.`;
}
