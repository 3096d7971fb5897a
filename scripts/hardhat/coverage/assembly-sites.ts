import type { AssemblyCall, AssemblyFor, AssemblyIf, AssemblySwitch } from "@solidity-parser/parser/dist/src/ast-types.js";
import { aroundAssemblyCondition, assemblyStatement } from "./probes.js";
import { bodies, outcomes, type Site } from "./site.js";
import { findAll, spanOf, textOf, type SyntaxNode } from "./syntax.js";

/** Builtins that read and compute only, so that a condition of them can be evaluated twice. */
const READERS = new Set(
  (
    "add sub mul div sdiv mod smod exp not lt gt slt sgt eq iszero and or xor byte shl shr sar addmod mulmod signextend " +
    "mload sload tload calldataload calldatasize caller callvalue address timestamp number chainid"
  ).split(" "),
);

export function assemblyIfSite({ condition }: AssemblyIf): Site {
  const span = spanOf(condition);
  return {
    ...span,
    kind: "assembly if",
    arms: outcomes("true", "false"),
    place(edits, probe) {
      edits.wrap(span, aroundAssemblyCondition(probe(0)));
    },
  };
}

/** The cases of a `switch`, and its default, which may be left out. */
export function assemblySwitchSite({ expression, cases }: AssemblySwitch, source: string): Site {
  const names = cases.map(({ value }) => (value === null ? "default" : `case ${textOf(source, spanOf(value))}`));
  const hasDefault = cases.some(({ value }) => value === null);
  return {
    ...spanOf(expression),
    kind: "assembly switch",
    arms: bodies(hasDefault ? names : [...names, "default"]),
    place(edits, probe) {
      for (const [index, { block }] of cases.entries()) {
        edits.insert(spanOf(block).start + 1, assemblyStatement(probe(index)));
      }
      const last = cases.at(-1);
      if (hasDefault || last === undefined) return;
      edits.insert(spanOf(last).end, ` default {${assemblyStatement(probe(cases.length))}}`);
    },
  };
}

/** A loop whose condition may hold or not when it is first reached. */
export function assemblyLoopSite({ pre, condition }: AssemblyFor, source: string): Site | undefined {
  const span = spanOf(condition);
  const calls = findAll(condition, ({ type }) => type === "AssemblyCall") as AssemblyCall[];
  if (calls.length === 0) return undefined; // a literal
  // The parser takes a variable for a call as well.
  const isVariable = (call: AssemblyCall): boolean => !textOf(source, spanOf(call)).includes("(");
  const isRepeatable = calls.every((call) => isVariable(call) || READERS.has(call.functionName));
  if (!isRepeatable || !isBlock(pre)) {
    return { ...assemblyConditionOf(span), kind: "assembly loop", arms: outcomes("goes on", "ends") };
  }
  return {
    ...span,
    kind: "assembly loop",
    arms: outcomes("entered", "never entered"),
    place(edits, probe) {
      edits.insert(spanOf(pre).end - 1, assemblyStatement(probe(0), source.slice(span.start, span.end)));
    },
  };
}

const isBlock = ({ type }: SyntaxNode): boolean => type === "AssemblyBlock";

function assemblyConditionOf(span: { start: number; end: number }): Omit<Site, "kind" | "arms"> {
  return { ...span, place: (edits, probe) => edits.wrap(span, aroundAssemblyCondition(probe(0))) };
}
