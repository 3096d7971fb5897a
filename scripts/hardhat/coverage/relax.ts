import { Edits } from "./edits.js";
import { parseSource, spanOf, visit } from "./syntax.js";

/**
 * Makes pure functions view ones: a probe in assembly is a call, which a pure function may not hold, nor may it call
 * one that holds it. Functions behind an operator must be pure and stay so.
 */
export function relaxPure(source: string): string {
  if (!/\bpure\b/.test(source)) return source;
  const tree = parseSource(source);
  const operators = new Set<string>();
  const edits = new Edits(source);
  visit(tree, {
    UsingForDeclaration: ({ functions, operators: symbols }) => {
      for (const [index, name] of functions.entries()) if ((symbols[index] ?? null) !== null) operators.add(name);
    },
  });
  visit(tree, {
    FunctionDefinition: (node) => {
      if (node.stateMutability !== "pure" || operators.has(node.name ?? "")) return;
      const { start, end } = spanOf(node);
      const header = source.slice(start, node.body === null ? end : spanOf(node.body).start);
      const at = start + header.lastIndexOf("pure");
      edits.remove({ start: at, end: at + "pure".length });
      edits.insert(at, "view");
    },
  });
  return edits.apply();
}
