import type { Round } from "./budget.js";
import type { TestReport } from "./report.js";
import type { Finding } from "./save.js";
import type { SettlementRun } from "./settlement.js";

export type RoundResult = Round & { calls: number; reverts: number; cases: number; seconds: number };

export type FuzzResult = {
  /** Of the first round. */
  seed: string;
  /** Calls that the handlers took: made, not reverted, not dropped. */
  calls: number;
  /** Calls of the handlers that reverted. */
  reverts: number;
  /** Inputs of fuzz tests. */
  cases: number;
  /** Seconds of the rounds, without builds. */
  seconds: number;
  callsPerSecond: number;
  rounds: readonly RoundResult[];
  /** What each test did over all rounds, calls or inputs. */
  tests: Readonly<Record<string, number>>;
  settlement: readonly SettlementRun[];
  findings: readonly Finding[];
  /** False when Ctrl-C or a finding ended it early. */
  isComplete: boolean;
};

/** Adds up one round's reports. */
export function sumRound(round: Round, reports: readonly TestReport[], seconds: number): RoundResult {
  const sum = (pick: (report: TestReport) => number): number => reports.reduce((total, each) => total + pick(each), 0);
  return {
    ...round,
    calls: sum(acceptedCalls),
    reverts: sum(({ reverts }) => reverts),
    cases: sum(({ test, runs }) => (test.startsWith("invariant_") ? 0 : runs)),
    seconds,
  };
}

/** Adds up what each test did. */
export function addTests(totals: Map<string, number>, reports: readonly TestReport[]): void {
  for (const report of reports) {
    const name = `${report.contract}.${report.test}`;
    const amount = report.test.startsWith("invariant_") ? acceptedCalls(report) : report.runs;
    totals.set(name, (totals.get(name) ?? 0) + amount);
  }
}

function acceptedCalls({ calls, reverts, discards }: TestReport): number {
  return calls - reverts - discards;
}
