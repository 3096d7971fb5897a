import { expect } from "chai";
import { demoReportSchema, type DemoReport } from "../../bench/schema.js";
import { checkReport, findProblems, formatDemo } from "../../scripts/lib/demo/report.js";
import { createDemo, DEMO_BLOCK_GAS, demoStart } from "../../scripts/lib/demo/run.js";
import { DemoError } from "../../scripts/lib/demo/sender.js";
import type { LocalChain } from "../../scripts/lib/devnet.js";
import { startInProcess } from "../../scripts/lib/in-process.js";

/** The fifth is a settlement day. */
const DAYS = 5;

async function replay(options: { seed: string; signal?: AbortSignal }): Promise<DemoReport> {
  let chain: LocalChain | undefined;
  const open = async (): Promise<LocalChain> =>
    (chain = await startInProcess({ timestamp: demoStart(), blockGasLimit: DEMO_BLOCK_GAS }));
  try {
    const demo = createDemo(open, { days: DAYS, ...options });
    for (const { run } of demo.steps) await run(() => undefined);
    return demo.report();
  } finally {
    await chain?.stop();
  }
}

describe("demo", () => {
  let report: DemoReport;

  before(async () => {
    report = await replay({ seed: "test" });
  });

  it("replays days in process and ends as the model says", () => {
    expect(report.differences).to.deep.equal([]);
    expect(report.compared).to.be.greaterThan(100);
    expect(report.data).to.include({ days: DAYS, first: "2000-01-03", last: "2000-01-07" });
    expect(findProblems(report)).to.deep.equal([]);
    checkReport(report);
  });

  it("answers a report that its schema accepts, also after a round trip through JSON", () => {
    expect(demoReportSchema.parse(JSON.parse(JSON.stringify(report)))).to.deep.equal(report);
  });

  it("settles co-signed batches of traders and savers", () => {
    const { batches, phases } = report;
    const ops = (phase: string) => phases.find(({ name }) => name === phase)?.ops ?? 0;
    expect(batches.settled).to.equal(2); // the savers' first assets, and the fifth day
    expect(ops("transfer, co-signed")).to.be.greaterThan(200);
    expect(ops("swap, co-signed")).to.be.greaterThan(30);
    expect(ops("register")).to.be.greaterThan(100);
    for (const { earned, held } of batches.fees) {
      expect(BigInt(earned) > 0n).to.equal(true);
      expect(held).to.equal(earned);
    }
  });

  it("moves assets in and out, and reconciles each", () => {
    expect(report.reconciliation.map(({ asset }) => asset)).to.deep.equal(["INDEX", "USD"]);
    for (const { deposited, withdrawn, held, difference } of report.reconciliation) {
      expect(BigInt(withdrawn) > 0n && BigInt(held) > 0n).to.equal(true);
      expect(BigInt(deposited)).to.equal(BigInt(withdrawn) + BigInt(held));
      expect(difference).to.equal("0");
    }
  });

  it("keeps the pools' prices within their fee of the close", () => {
    for (const { maxErrorBps, feeBps } of report.prices) expect(maxErrorBps).to.be.lessThan(feeBps * 1.01);
  });

  it("answers the mean price of a pool with an oracle, as the model does", () => {
    const { windowSeconds, prices, consulted, model, relativeError, spot } = report.oracle;
    expect(windowSeconds).to.be.greaterThan(2 * 900); // over more than two blocks
    expect(prices).to.be.greaterThan(4);
    expect(relativeError).to.be.lessThan(1e-12);
    expect(Math.abs(consulted / model - 1)).to.be.lessThan(1e-12);
    expect(Math.abs(spot / consulted - 1), "no mere copy of the last price").to.be.greaterThan(0.001);
  });

  it("does the same again for the same seed, and something else for another", async () => {
    const again = await replay({ seed: "test" });
    expect(again.phases).to.deep.equal(report.phases);
    expect(again.reconciliation).to.deep.equal(report.reconciliation);
    const other = await replay({ seed: "another" });
    expect(other.reconciliation).not.to.deep.equal(report.reconciliation);
  });

  it("reports a tampered reconciliation", () => {
    const [first, ...others] = report.reconciliation;
    if (first === undefined) throw new RangeError("no reconciliation");
    const tampered = { ...report, reconciliation: [{ ...first, held: String(BigInt(first.held) - 1n) }, ...others] };
    expect(findProblems(tampered)).to.have.length(2);
    expect(() => checkReport(tampered))
      .to.throw(DemoError)
      .with.property("code", "NOT_RECONCILED");
    const hidden = { ...report, reconciliation: [{ ...first, difference: "1" }, ...others] };
    expect(() => checkReport(hidden))
      .to.throw(DemoError)
      .with.property("code", "NOT_RECONCILED");
  });

  it("reports fees that the relayer does not hold", () => {
    const { batches } = report;
    const fees = batches.fees.map((fee) => ({ ...fee, held: "1" }));
    expect(findProblems({ ...report, batches: { ...batches, fees } })).to.have.length(fees.length);
  });

  it("reports what differs from the model, and a run in which nothing succeeded", () => {
    expect(findProblems({ ...report, differences: ["a word is 1 on chain and 2 in the model"] })).to.have.length(1);
    const phases = report.phases.map((phase) => ({ ...phase, ops: 0 }));
    expect(findProblems({ ...report, phases })).to.have.length(1);
  });

  it("refuses a report with a gap", () => {
    const { reconciliation: _, ...rest } = report;
    expect(demoReportSchema.safeParse(rest).success).to.equal(false);
    expect(demoReportSchema.safeParse({ ...report, chain: "mainnet" }).success).to.equal(false);
  });

  it("prints every phase and every asset", () => {
    const text = formatDemo(report);
    for (const { name } of report.phases) expect(text).to.include(name);
    for (const { held } of report.reconciliation) expect(text).to.include(held);
  });

  it("stops when it is interrupted", async () => {
    const error = await replay({ seed: "test", signal: AbortSignal.abort() }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(DemoError).with.property("code", "INTERRUPTED");
  });
});
