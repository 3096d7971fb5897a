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

/** One line of what is done for a protocol. */
export function describeUpkeep(upkeep: Upkeep): string {
  const { kind, task, protocol, pool, risk, account, requestId, holders, amount, gas, gasCost, reason } = upkeep;
  const ofPool = `${protocol === "staking" ? "stake" : "underwriting"} pool ${short(pool)}`;
  const place = risk === undefined ? ofPool : `risk ${short(risk)}`;
  const where = account === undefined ? place : `${place} account ${account}`;
  if (kind === "refused") return `refused    ${where}: ${task}: ${reason?.name ?? ""}: ${reason?.message ?? ""}`;
  const what = {
    kick: `a lock's weight of ${amount} off`,
    finalise: `${amount} shares up to request ${requestId ?? ""}`,
    report: `${amount} units lost, money moved`,
    settle: `money moved for ${amount} units to holders`,
    void: `no outcome in time, ${amount} units back to holders`,
    redeem: `${amount} units to ${holders ?? 0} holders`,
  }[task];
  return `${kind.padEnd(10)} ${where}: ${task}: ${what}, pays nothing, gas ${gas} for ${gasCost} wei`;
}

const served = (all: readonly { kind: string }[]): number => all.filter(({ kind }) => kind !== "refused").length;

/** One line of a pass. */
export function describePass({ block, markets, positions, unhealthy, outcomes, staking, insurance }: Pass): string {
  const parts = [
    `${markets} markets, ${positions} debtors, ${unhealthy} unhealthy, ${served(outcomes)} of them served`,
  ];
  const say = (what: string, { upkeep }: { upkeep: readonly Upkeep[] }) =>
    parts.push(`${what}, ${upkeep.length} tasks, ${served(upkeep)} of them served`);
  if (staking !== undefined) say(`${staking.pools} stake pools, ${staking.locks} locks`, staking);
  if (insurance !== undefined) say(`${insurance.pools} underwriting pools, ${insurance.risks} risks`, insurance);
  return `block ${block}: ${parts.join("; ")}`;
}

/** As a line of JSON; amounts are decimal strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? each.toString() : each));
}
