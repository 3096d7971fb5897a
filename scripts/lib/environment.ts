import { FailureError } from "./failure.js";

const DEFAULT_FUZZ_RUNS = 256;

/** Runs of each fuzz test: `LAKH_FUZZ_RUNS`, or 256. */
export function fuzzRuns(): number {
  const text = process.env.LAKH_FUZZ_RUNS;
  if (text === undefined || text === "") return DEFAULT_FUZZ_RUNS;
  const runs = Number(text);
  if (!Number.isSafeInteger(runs) || runs < 8 || runs % 8 !== 0) {
    throw new FailureError("BAD_ENVIRONMENT", `LAKH_FUZZ_RUNS must be a multiple of 8, not ${JSON.stringify(text)}.`);
  }
  return runs;
}
