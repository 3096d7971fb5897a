import { type Outcome, type Pass } from "./keeper.js";

const SHOWN = 10;

const short = (name: string): string => name.slice(0, SHOWN);

/** One line of an outcome, in units and wei. */
export function describeOutcome(outcome: Outcome): string {
  const { kind, market, account, debt, repaid, seized, badDebt, expected, actual, gas, gasCost, gasInLoan } = outcome;
  const where = `market ${short(market)} account ${account}`;
  if (kind === "refused") return `refused    ${where}: ${outcome.reason?.name ?? ""}: ${outcome.reason?.message ?? ""}`;
  const amounts = `debt ${debt}, repays ${repaid}, seizes ${seized}, bad debt ${badDebt}`;
  const profit = `profit ${actual ?? expected}${actual === undefined ? " expected" : ` (expected ${expected})`}`;
  const worth = gasInLoan === undefined ? "not valued in the loan asset" : `worth ${gasInLoan}`;
  return `${kind.padEnd(10)} ${where}: ${amounts}, ${profit}, gas ${gas} for ${gasCost} wei, ${worth}`;
}

/** One line of a pass. */
export function describePass({ block, markets, positions, unhealthy, outcomes }: Pass): string {
  const done = outcomes.filter(({ kind }) => kind !== "refused").length;
  return `block ${block}: ${markets} markets, ${positions} debtors, ${unhealthy} unhealthy, ${done} of them served`;
}

/** As a line of JSON; amounts are decimal strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? each.toString() : each));
}
