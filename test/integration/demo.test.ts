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
    // The savers' first assets, and the fifth day; of farmers liquidity, stake, claims, exits and liquidity again.
    expect(batches.settled).to.equal(2 + 5);
    expect(ops("transfer, co-signed")).to.be.greaterThan(200);
    expect(ops("swap, co-signed")).to.be.greaterThan(30);
    expect(ops("register")).to.be.greaterThan(100);
    for (const { earned, held } of batches.fees) {
      expect(BigInt(earned) > 0n).to.equal(true);
      expect(held).to.equal(earned);
    }
  });

  it("farms: liquidity, stake and rewards of savers by batches and of providers by transactions", () => {
    const { farm, phases } = report;
    const ops = (phase: string) => phases.find(({ name }) => name === phase);
    const done = (phase: string) => [ops(phase)?.ops, ops(phase)?.failed];
    expect([farm.savers, farm.providers]).to.deep.equal([12, 2]);
    for (const phase of ["create stake pool", "fund rewards"]) expect(done(phase), phase).to.deep.equal([1, 0]);
    for (const phase of ["stake", "unstake"]) expect(done(phase), phase).to.deep.equal([2, 0]);
    // On the fifth day alone, an hour after the stream's end: then nothing is left to claim.
    expect(done("claim")).to.deep.equal([2, 0]);
    expect(done("claim, co-signed")).to.deep.equal([12, 0]);
    expect(done("add liquidity, co-signed")).to.deep.equal([24, 0]);
    for (const phase of ["stake", "remove liquidity"])
      expect(done(`${phase}, co-signed`), phase).to.deep.equal([12, 0]);
    expect(done("unstake, co-signed")).to.deep.equal([13, 0]); // one takes half out on the fifth day
  });

  it("states what farmers earn, to the unit", () => {
    const { rewards, staked, unstaked, liquidity } = report.farm;
    const [funded, claimed, left] = [rewards.funded, rewards.claimed, rewards.left].map(BigInt) as [
      bigint,
      bigint,
      bigint,
    ];
    expect(funded).to.equal(claimed + left);
    expect(left < 14n, "less than a unit for each of those who share").to.equal(true);
    expect(claimed > 1_000n * 10n ** 6n, "of ten dollars an hour").to.equal(true);
    expect(unstaked).to.equal(staked);
    expect(liquidity.map(({ asset }) => asset)).to.deep.equal(["INDEX", "USD"]);
    for (const { added, removed, swapFees } of liquidity) {
      expect(BigInt(swapFees) > 0n && BigInt(removed) > (BigInt(added) * 9n) / 10n).to.equal(true);
      expect(BigInt(swapFees) < BigInt(added) / 1_000n, "of a few days").to.equal(true);
    }
  });

  it("reports rewards that are lost and stake that does not come back", () => {
    const { farm } = report;
    const lost = { ...farm, rewards: { ...farm.rewards, left: String(BigInt(farm.rewards.left) + 1n) } };
    expect(findProblems({ ...report, farm: lost })).to.deep.equal([
      "Rewards: what was funded differs from what was claimed and is left by -1 units.",
    ]);
    const kept = { ...farm, unstaked: "1" };
    expect(findProblems({ ...report, farm: kept })).to.deep.equal([`Of ${farm.staked} shares staked, 1 came back.`]);
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
    expect(again.farm).to.deep.equal(report.farm);
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
    for (const { swapFees } of report.farm.liquidity) expect(text).to.include(swapFees);
    expect(text).to.include(`they claimed ${report.farm.rewards.claimed}`);
  });

  it("stops when it is interrupted", async () => {
    const error = await replay({ seed: "test", signal: AbortSignal.abort() }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(DemoError).with.property("code", "INTERRUPTED");
  });
});
