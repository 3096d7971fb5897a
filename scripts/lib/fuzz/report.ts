/** One call of a counterexample. `target` is missing for the inputs of a fuzz test, which the runner calls itself. */
export type Call = { sender?: string; target?: string; contract?: string; signature?: string; calldata: string };

export type TestReport = {
  /** The test contract's file, relative to the repository, and its name. */
  file: string;
  contract: string;
  test: string;
  status: "passed" | "failed" | "skipped";
  reason?: string;
  seconds: number;
  runs: number;
  /** Of invariants: the calls of the handler, those that reverted and those that were dropped (`assume`) among them. */
  calls: number;
  reverts: number;
  discards: number;
  counterexample?: readonly Call[];
  /** Calls of the counterexample before the runner shrank it. */
  originalCalls?: number;
};

type RunnerCall = {
  sender?: Uint8Array;
  address?: Uint8Array;
  calldata: Uint8Array;
  contractName?: string;
  signature?: string;
};

/** The part of EDR's results that is read here. */
export type RunnerTest = {
  name: string;
  status: string;
  reason?: string | undefined;
  durationNs: bigint;
  kind: object;
  counterexample?: RunnerCall | { originalSequenceSize: bigint; sequence: readonly RunnerCall[] } | undefined | null;
};
export type RunnerSuite = { id: { name: string; source: string }; testResults: readonly RunnerTest[] };

type Counts = { runs?: bigint; calls?: bigint; reverts?: bigint; metrics?: Record<string, { discards: bigint }> };

/** What the runner found, as plain JSON. */
export function reportOf(suites: readonly RunnerSuite[]): TestReport[] {
  return suites.flatMap(({ id, testResults }) =>
    testResults.map((result) => {
      const { runs = 0n, calls = 0n, reverts = 0n, metrics = {} } = result.kind as Counts;
      const discards = Object.values(metrics).reduce((sum, each) => sum + Number(each.discards), 0);
      return {
        file: id.source.replace(/^project\//, ""),
        contract: id.name,
        test: result.name.replace(/\(.*$/, ""),
        status: result.status === "Success" ? "passed" : result.status === "Failure" ? "failed" : "skipped",
        ...(result.reason === undefined ? {} : { reason: result.reason }),
        seconds: Number(result.durationNs) / 1e9,
        runs: Number(runs),
        calls: Number(calls),
        reverts: Number(reverts),
        discards,
        ...counterexampleOf(result),
      };
    }),
  );
}

function counterexampleOf({ counterexample }: RunnerTest): Pick<TestReport, "counterexample" | "originalCalls"> {
  if (counterexample === undefined || counterexample === null) return {};
  if (!("sequence" in counterexample)) return { counterexample: [callOf(counterexample)], originalCalls: 1 };
  const { sequence, originalSequenceSize } = counterexample;
  return { counterexample: sequence.map(callOf), originalCalls: Number(originalSequenceSize) };
}

function callOf({ sender, address, contractName, signature, calldata }: RunnerCall): Call {
  return {
    ...(sender === undefined ? {} : { sender: hex(sender) }),
    ...(address === undefined ? {} : { target: hex(address) }),
    ...(contractName === undefined ? {} : { contract: contractName }),
    ...(signature === undefined ? {} : { signature }),
    calldata: hex(calldata),
  };
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}
