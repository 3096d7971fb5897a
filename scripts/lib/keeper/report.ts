import { type Outcome, type Pass } from "./keeper.js";
import { type Upkeep } from "./upkeep.js";

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

/** One line of what is done for a stake pool. */
export function describeUpkeep({ kind, task, pool, account, requestId, amount, gas, gasCost, reason }: Upkeep): string {
  const where = `stake pool ${short(pool)} account ${account}`;
  if (kind === "refused") return `refused    ${where}: ${task}: ${reason?.name ?? ""}: ${reason?.message ?? ""}`;
  const what =
    task === "kick"
      ? `kick: a lock's weight of ${amount} off`
      : `finalise: ${amount} shares up to request ${requestId ?? ""}`;
  return `${kind.padEnd(10)} ${where}: ${what}, pays nothing, gas ${gas} for ${gasCost} wei`;
}

const served = (all: readonly { kind: string }[]): number => all.filter(({ kind }) => kind !== "refused").length;

/** One line of a pass. */
export function describePass({ block, markets, positions, unhealthy, outcomes, staking }: Pass): string {
  const lending = `${markets} markets, ${positions} debtors, ${unhealthy} unhealthy, ${served(outcomes)} of them served`;
  if (staking === undefined) return `block ${block}: ${lending}`;
  const { pools, locks, upkeep } = staking;
  return `block ${block}: ${lending}; ${pools} stake pools, ${locks} locks, ${upkeep.length} tasks, ${served(upkeep)} of them served`;
}

/** As a line of JSON; amounts are decimal strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? each.toString() : each));
}
