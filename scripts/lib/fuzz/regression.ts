import path from "node:path";
import { FunctionFragment, getAddress, Interface, type ParamType } from "ethers";
import { format, resolveConfig } from "prettier";
import type { Call, TestReport } from "./report.js";

export const REGRESSION_FOLDER = "test/regression";

export type Counterexample = {
  report: TestReport;
  /** The calls that are kept; those of the report unless they were shrunk further. */
  calls: readonly Call[];
  /** Seed of the round that found it. */
  seed: string;
  /** Tells apart several counterexamples of one test. */
  number: number;
};

/** `invariant_LED_04_halfIsUntouched` becomes `Led04HalfIsUntouched`. */
export function regressionName(test: string, number: number): string {
  const words = test.replace(/^(invariant|test)_/, "").split("_");
  const pascal = words.map((word) =>
    /^[A-Z]+$/.test(word)
      ? `${word.charAt(0)}${word.slice(1).toLowerCase()}`
      : word.charAt(0).toUpperCase() + word.slice(1),
  );
  return `${pascal.join("")}Regression${number.toString()}`;
}

export function regressionFile(test: string, number: number): string {
  return path.posix.join(REGRESSION_FOLDER, `${regressionName(test, number)}.t.sol`);
}

/** A Solidity test that makes the calls again and asserts the invariant, or runs the fuzz test on its input. */
export async function regressionSource({ report, calls, seed, number }: Counterexample, root: string): Promise<string> {
  const name = regressionName(report.test, number);
  const isInvariant = report.test.startsWith("invariant_");
  const imports = new Map<string, Set<string>>();
  const use = (file: string, contract: string): string => {
    imports.set(file, (imports.get(file) ?? new Set()).add(contract));
    return contract;
  };
  use("test/helpers/solidity/Replay.sol", "Replay");
  const tests = use(report.file, report.contract);
  const lines = isInvariant ? invariantLines(report, calls, use) : inputLines(report, calls, tests);
  const { reason = "it fails" } = report;
  const source = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

${[...imports]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([file, names]) => `import {${[...names].sort().join(", ")}} from "${relative(file)}";`)
  .join("\n")}

/// @title ${name}
/// @notice Once broke ${report.contract}.${report.test}: ${oneLine(reason)}
/// @dev Found by \`npm run fuzz\` with seed ${shortened(seed)}${shrunkNote(report, calls)}.
contract ${name} is Replay {
    function ${report.test.replace(/^invariant_/, "test_")}_again() public {
        address tests = _begin(type(${tests}).creationCode);
${lines.map((line) => `        ${line}`).join("\n")}
    }
}
`;
  const file = path.join(root, regressionFile(report.test, number));
  return format(source, { ...(await resolveConfig(file)), filepath: file });
}

function shrunkNote({ originalCalls = 0 }: TestReport, calls: readonly Call[]): string {
  return originalCalls > calls.length ? `, shrunk from ${originalCalls.toString()} calls` : "";
}

/** The seed's digits may fill a line; the first ones are enough to find it in a log. */
function shortened(seed: string): string {
  return seed.length > 18 ? `${seed.slice(0, 18)}…` : seed;
}

function invariantLines(
  { test, contract }: TestReport,
  calls: readonly Call[],
  use: (file: string, contract: string) => string,
): string[] {
  const targets = [...new Set(calls.map(({ target }) => target))];
  const lines: string[] = [];
  const variables = new Map<string, string>();
  for (const [index, target = ""] of targets.entries()) {
    const named = calls.find((call) => call.target === target)?.contract;
    const { file, name } = contractOf(named);
    const variable = targets.length === 1 ? "handler" : `handler${index.toString()}`;
    // The runner does not say which target it was: with one there is no question, with several the address tells.
    const at = targets.length === 1 ? "targetContracts()[0]" : getAddress(target);
    lines.push(
      name === undefined ? `address ${variable} = ${at};` : `${use(file, name)} ${variable} = ${name}(${at});`,
    );
    variables.set(target, variable);
  }
  for (const call of calls) {
    const variable = variables.get(call.target ?? "") ?? "handler";
    const sender = getAddress(call.sender ?? "");
    const typed = typedCall(call);
    if (typed === undefined || call.contract === undefined) {
      lines.push(`_call(${sender}, address(${variable}), hex"${call.calldata.slice(2)}");`);
    } else {
      lines.push(`vm.prank(${sender});`, `${variable}.${typed};`);
    }
  }
  lines.push(`_run(tests, abi.encodeCall(${contract}.${test}, ()));`);
  return lines;
}

function inputLines({ test }: TestReport, calls: readonly Call[], tests: string): string[] {
  return calls.map((call) => {
    const typed = typedCall(call);
    if (typed === undefined) return `_run(tests, hex"${call.calldata.slice(2)}");`;
    const args = typed.slice(typed.indexOf("("));
    return `_run(tests, abi.encodeCall(${tests}.${test}, ${args}));`;
  });
}

function contractOf(named: string | undefined): { file: string; name?: string } {
  const [file = "", name] = (named ?? "").replace(/^project\//, "").split(":");
  return name === undefined ? { file } : { file, name };
}

/** `transfer(1, true)`, or nothing where an argument has no literal. */
function typedCall({ signature, calldata }: Call): string | undefined {
  if (signature === undefined) return undefined;
  const fragment = FunctionFragment.from(`function ${signature}`);
  const values = new Interface([fragment]).decodeFunctionData(fragment, calldata);
  const literals = fragment.inputs.map((input, index) => literalOf(input, values[index]));
  return literals.includes(undefined) ? undefined : `${fragment.name}(${literals.join(", ")})`;
}

function literalOf({ type }: ParamType, value: unknown): string | undefined {
  if (/^u?int\d*$/.test(type) || type === "bool") return String(value);
  if (type === "address") return String(value);
  if (/^bytes\d+$/.test(type)) return `${type}(${String(value)})`;
  if (type === "bytes") return `hex"${String(value).slice(2)}"`;
  return undefined;
}

function oneLine(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[^\x20-\x7e]/g, "")
    .trim()
    .slice(0, 200);
}

function relative(file: string): string {
  const result = path.posix.relative(REGRESSION_FOLDER, file);
  return result.startsWith(".") ? result : `./${result}`;
}
