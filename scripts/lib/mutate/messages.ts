import type { Mutant } from "./mutant.js";

/** A Mocha test by its full title; what it took, and the statements that it ran, where a map says so. */
export type TestRecord = { title: string; file: string; milliseconds: number; statements?: readonly string[] };

export type Request =
  | { type: "map" }
  /** Which of these fail, without a mutant or with a change that changes nothing but gas. */
  | { type: "check"; titles: readonly string[]; neutral: boolean }
  /** The tests to run, the likeliest killers first; each list ends at the first failure. */
  | { type: "judge"; mutant: Mutant; phases: readonly (readonly string[])[] };

/** `invalid` does not compile, `same` compiles to the code that it was before. */
export type Status = "killed" | "survived" | "timeout" | "invalid" | "same";

export type Verdict = { id: string; status: Status; killer?: string; milliseconds: number };

export type Answer =
  | { type: "ready" }
  | { type: "mapped"; tests: readonly TestRecord[] }
  | { type: "checked"; failed: readonly string[] }
  | { type: "judged"; verdict: Verdict };
