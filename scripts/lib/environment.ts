import { FailureError } from "./failure.js";

const DEFAULT_FUZZ_RUNS = 256;
const DEFAULT_DEPTH = 64;
const DEFAULT_SHRINK_RUNS = 5000;
const DEFAULT_FUZZ_SEED = "0x1a4b";

/** Runs of each fuzz test: `LAKH_FUZZ_RUNS`, or 256. */
export function fuzzRuns(): number {
  return wholeNumber("LAKH_FUZZ_RUNS", { fallback: DEFAULT_FUZZ_RUNS, multipleOf: 8 });
}

/** Runs of each invariant: `LAKH_INVARIANT_RUNS`, or an eighth of the fuzz tests'. */
export function invariantRuns(): number {
  return wholeNumber("LAKH_INVARIANT_RUNS", { fallback: fuzzRuns() / 8, multipleOf: 1 });
}

/** Calls of each run of an invariant: `LAKH_INVARIANT_DEPTH`, or 64. */
export function invariantDepth(): number {
  return wholeNumber("LAKH_INVARIANT_DEPTH", { fallback: DEFAULT_DEPTH, multipleOf: 1 });
}

/** Attempts at a shorter sequence when an invariant fails: `LAKH_SHRINK_RUNS`, or 5,000. */
export function shrinkRuns(): number {
  return wholeNumber("LAKH_SHRINK_RUNS", { fallback: DEFAULT_SHRINK_RUNS, multipleOf: 1 });
}

/** Seed of the Solidity runner: `LAKH_FUZZ_SEED`, 1 to 64 hexadecimal digits after 0x, or a fixed one. */
export function fuzzSeed(): string {
  const text = textOf("LAKH_FUZZ_SEED") ?? DEFAULT_FUZZ_SEED;
  if (!/^0x[0-9a-fA-F]{1,64}$/.test(text)) {
    throw new FailureError(
      "BAD_ENVIRONMENT",
      `LAKH_FUZZ_SEED must be 1 to 64 hexadecimal digits after 0x, not ${JSON.stringify(text)}.`,
    );
  }
  return text;
}

/** Where the results of the Solidity runner go as JSON: `LAKH_REPORT`, or nowhere. */
export function reportFile(): string | undefined {
  return textOf("LAKH_REPORT");
}

function wholeNumber(name: string, { fallback, multipleOf }: { fallback: number; multipleOf: number }): number {
  const text = textOf(name);
  if (text === undefined) return fallback;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < multipleOf || number % multipleOf !== 0) {
    const wanted = multipleOf === 1 ? "a positive whole number" : `a multiple of ${multipleOf.toString()}`;
    throw new FailureError("BAD_ENVIRONMENT", `${name} must be ${wanted}, not ${JSON.stringify(text)}.`);
  }
  return number;
}

function textOf(name: string): string | undefined {
  const text = process.env[name];
  return text === "" ? undefined : text;
}

/** Whether branches are to be probed: in a run with `--coverage`, unless `LAKH_STATEMENTS_ONLY` is set. */
export function isBranchRun(): boolean {
  const isCoverage = process.argv.includes("--coverage") || process.env.HARDHAT_COVERAGE === "true";
  return isCoverage && (process.env.LAKH_STATEMENTS_ONLY ?? "") === "";
}
