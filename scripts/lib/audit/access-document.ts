import { Interface, type JsonFragment } from "ethers";
import { FailureError } from "../failure.js";
import { ACCESS, ROLES, type Access, type ContractAccess, type Role } from "./access.js";
import type { Analysis } from "./analysis.js";
import { code, page, table } from "../markdown.js";

type Contract = { name: string; abi: readonly JsonFragment[] };

/** What is wrong between rules and ABIs, as sentences: a function without a rule, a rule without a function. */
export function accessProblems(
  contracts: readonly Contract[],
  access: Readonly<Record<string, ContractAccess>>,
): string[] {
  const problems: string[] = [];
  for (const { name, abi } of contracts) {
    const rules = access[name];
    if (rules === undefined) {
      problems.push(`${name} has no rules`);
      continue;
    }
    const { writes, reads } = functionsOf(abi);
    problems.push(...differences(`${name}, that change state`, writes, Object.keys(rules.functions)));
    problems.push(...differences(`${name}, that read`, reads, rules.views));
  }
  const known = new Set(contracts.map(({ name }) => name));
  problems.push(
    ...Object.keys(access)
      .filter((name) => !known.has(name))
      .map((name) => `${name} is no deployable contract`),
  );
  return problems;
}

function differences(what: string, present: readonly string[], listed: readonly string[]): string[] {
  return [
    ...present.filter((name) => !listed.includes(name)).map((name) => `functions of ${what}: ${name} has no entry`),
    ...listed.filter((name) => !present.includes(name)).map((name) => `functions of ${what}: there is no ${name}`),
  ];
}

/** Names of the functions that change state, `receive` among them, and of those that only read. */
export function functionsOf(abi: readonly JsonFragment[]): { writes: string[]; reads: string[] } {
  const contract = new Interface(abi);
  const [writes, reads]: [string[], string[]] = [[], []];
  contract.forEachFunction(({ name, constant }) => (constant ? reads : writes).push(name));
  if (contract.receive) writes.push("receive");
  return { writes, reads };
}

/** `docs/access.md`. */
export function accessDocument({ contracts }: Pick<Analysis, "contracts">): string {
  const deployable = contracts.filter((contract) => contract.deployable);
  const problems = accessProblems(deployable, ACCESS);
  if (problems.length > 0) {
    throw new FailureError(
      "ACCESS_STALE",
      `scripts/lib/audit/access.ts does not fit the ABIs:\n${problems.join("\n")}`,
    );
  }
  return page(
    "# Who may call what",
    `Written by \`npm run gen\` from the ABIs and \`scripts/lib/audit/access.ts\`; do not edit. Every external function of every
deployable contract is here, or the generator fails. \`test/integration/attacks/access.test.ts\` calls each of them that changes
state as everyone who has a role anywhere and as a stranger, and sees this table: the error for those who may not, none for those
who may, \`LedgerLocked\` in a callback where the last column says so.`,
    "## Roles",
    table(
      ["role", "who"],
      Object.entries(ROLES).map(([role, who]) => [role, who]),
    ),
    ...deployable.map(({ name, abi }) => contractSection(name, abi, ACCESS[name])),
  );
}

function contractSection(name: string, abi: readonly JsonFragment[], rules?: ContractAccess): string {
  const contract = new Interface(abi);
  const rows = Object.entries(rules?.functions ?? {}).flatMap(([key, cases]) =>
    cases.map((rule) => [code(key === "receive" ? "receive" : signatureOf(contract, key)), ...ruleCells(rule)]),
  );
  const reads = (rules?.views ?? []).map((view) => code(view)).join(", ");
  return [
    `## ${name}`,
    ...(rows.length === 0
      ? ["Nothing here changes state."]
      : [table(["function", "case", "may call", "others get", "while locked", "note"], rows)]),
    `Anyone may read, at any time: ${reads}.`,
  ].join("\n\n");
}

function signatureOf(contract: Interface, name: string): string {
  const names = contract.getFunction(name)?.inputs.map((input) => input.name || "_") ?? [];
  return `${name}(${names.join(", ")})`;
}

function ruleCells({ case: when = "", roles, others, locked, note = "" }: Access): string[] {
  const names = roles.map((role: Role) => role).join(", ");
  return [when, names, others === undefined ? "" : code(others), locked === undefined ? "works" : code(locked), note];
}
