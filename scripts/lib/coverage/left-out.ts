/** Mocha's files that coverage leaves out, by a pattern of their path, and why. */
export const LEFT_OUT: readonly { pattern: string; reason: string }[] = [
  {
    pattern: "test/integration/{bench,demo,deploy,readme,relayer-*,throughput}.test.ts",
    reason: "they start other processes, whose hits nobody counts, or run the contracts at length once more",
  },
  { pattern: "test/unit/scripts/**/*.test.ts", reason: "they test scripts, some in other processes" },
  { pattern: "test/unit/repository/**/*.test.ts", reason: "they read files" },
];
