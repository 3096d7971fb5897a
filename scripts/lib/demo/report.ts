import type { DemoReport } from "../../../bench/schema.js";
import { DemoError } from "./sender.js";

const number = (value: number): string => value.toLocaleString("en-US");

/** What does not add up in a report, in plain sentences. */
export function findProblems({ reconciliation, differences, phases, batches, farm }: DemoReport): string[] {
  const problems = differences.map((difference) => `Chain and model differ: ${difference}.`);
  for (const { asset, deposited, withdrawn, held, difference } of reconciliation) {
    const actual = BigInt(deposited) - BigInt(withdrawn) - BigInt(held);
    if (actual !== 0n)
      problems.push(`${asset}: deposits less withdrawals differ from what is held by ${actual} units.`);
    if (BigInt(difference) !== actual) problems.push(`${asset}: the stated difference ${difference} is not ${actual}.`);
  }
  for (const { asset, earned, held } of batches.fees) {
    if (earned !== held) problems.push(`${asset}: the relayer earned ${earned} units and holds ${held}.`);
  }
  const { funded, claimed, left } = farm.rewards;
  const lost = BigInt(funded) - BigInt(claimed) - BigInt(left);
  if (lost !== 0n)
    problems.push(`Rewards: what was funded differs from what was claimed and is left by ${lost} units.`);
  if (farm.staked !== farm.unstaked) problems.push(`Of ${farm.staked} shares staked, ${farm.unstaked} came back.`);
  if (phases.every(({ ops }) => ops === 0)) problems.push("No operation succeeded.");
  return problems;
}

/** Throws `NOT_RECONCILED` with everything that does not add up. */
export function checkReport(report: DemoReport): void {
  const problems = findProblems(report);
  if (problems.length > 0) throw new DemoError("NOT_RECONCILED", problems.join("\n"));
}

/** Tables for a terminal. */
export function formatDemo({
  phases,
  batches,
  farm,
  prices,
  oracle,
  reconciliation,
  compared,
  differences,
  data,
  seconds,
}: DemoReport): string {
  const total = phases.reduce((sum, { ops }) => sum + ops, 0);
  const failed = phases.reduce((sum, phase) => sum + phase.failed, 0);
  const operations = [
    ["phase", "operations", "failed", "gas min", "median", "mean"],
    ...phases.map(({ name, ops, failed: failures, gasPerOp }) => [
      name,
      number(ops),
      number(failures),
      ...(gasPerOp === null
        ? ["", "", ""]
        : [number(gasPerOp.min), number(gasPerOp.median), number(Math.round(gasPerOp.mean))]),
    ]),
    ["all", number(total), number(failed), "", "", ""],
  ];
  const errors = [
    ["pool against the close, basis points", "fee", "mean error", "max error"],
    ...prices.map(({ pool, feeBps, meanErrorBps, maxErrorBps }) => [
      pool,
      String(feeBps),
      meanErrorBps.toFixed(2),
      maxErrorBps.toFixed(2),
    ]),
  ];
  const assets = [
    ["asset, smallest units", "deposited", "withdrawn", "held", "difference"],
    ...reconciliation.map((row) => [row.asset, row.deposited, row.withdrawn, row.held, row.difference]),
  ];
  const farmed = [
    ["farming savers, smallest units", "liquidity added", "removed", "swap fees in it"],
    ...farm.liquidity.map(({ asset, added, removed, swapFees }) => [asset, added, removed, swapFees]),
  ];
  const { asset: reward, funded, claimed, left } = farm.rewards;
  return [
    table(operations),
    table(errors),
    table(assets),
    table(farmed),
    `${number(farm.savers)} savers and ${number(farm.providers)} providers staked ${farm.staked} shares of ${farm.pool} and took ` +
      `${farm.unstaked} out. Of ${funded} ${reward} of rewards they claimed ${claimed}; ${left} ${left === "1" ? "is" : "are"} left.`,
    `${number(batches.settled)} batches: ${number(batches.absent)} signers were away, ${number(batches.forged)} signed ` +
      `something else and were found by bisection, ${number(batches.fallback)} signed with their account's key. ` +
      `The relayer earned ${batches.fees.map(({ asset, earned }) => `${earned} ${asset}`).join(" and ")}.`,
    `${oracle.pool}: a mean price of ${oracle.consulted.toPrecision(12)} over the last ${number(oracle.windowSeconds)} s ` +
      `(${oracle.model.toPrecision(12)} in the model, ${oracle.relativeError.toExponential(1)} apart; now ${oracle.spot.toPrecision(6)}).`,
    `${number(data.days)} days from ${data.first} to ${data.last} (${data.file}) in ${seconds} s; ` +
      `${number(compared)} figures compared with the model, ${differences.length} differ.`,
  ].join("\n\n");
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  return rows.map(line).join("\n");
}
