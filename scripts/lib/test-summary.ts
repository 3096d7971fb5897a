export type TestSummary = { passed: number; failed: number };

/** Reads the summary that Mocha and Hardhat's Solidity runner print alike: "12 passing (3s)", "1 failing". */
export function parseTestSummary(output: string): TestSummary | undefined {
  const passed = lastCount(output, "passing");
  const failed = lastCount(output, "failing");
  if (passed === undefined && failed === undefined) return undefined;
  return { passed: passed ?? 0, failed: failed ?? 0 };
}

function lastCount(output: string, word: string): number | undefined {
  // The summary stands alone on its line, after everything the tests print themselves.
  const lines = [...output.matchAll(new RegExp(`^ *(\\d+) ${word}(?: \\([^)]*\\))? *$`, "gm"))];
  const count = lines.at(-1)?.[1];
  return count === undefined ? undefined : Number(count);
}
