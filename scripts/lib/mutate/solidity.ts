import { assemblyEdits } from "./assembly.js";
import { toMutant, type Edit, type Mutant, type Operator } from "./mutant.js";
import { child, childrenOf, isNode, parse, textOf, type Node } from "./syntax.js";

type Swap = readonly [operator: Operator, ...replacements: string[]];

/** What stands between two operands. */
const BINARY: Readonly<Record<string, Swap>> = {
  "+": ["arithmetic", "-"],
  "-": ["arithmetic", "+"],
  "*": ["arithmetic", "/"],
  "/": ["arithmetic", "*"],
  "%": ["arithmetic", "*"],
  "<": ["comparison", "<="],
  "<=": ["comparison", "<"],
  ">": ["comparison", ">="],
  ">=": ["comparison", ">"],
  "==": ["comparison", "!="],
  "!=": ["comparison", "=="],
  "&": ["bitwise", "|"],
  "|": ["bitwise", "&"],
  "^": ["bitwise", "&"],
  "<<": ["bitwise", ">>"],
  ">>": ["bitwise", "<<"],
  "+=": ["assignment", "-="],
  "-=": ["assignment", "+="],
  "*=": ["assignment", "/="],
  "/=": ["assignment", "*="],
  "|=": ["assignment", "&="],
  "&=": ["assignment", "|="],
  "^=": ["assignment", "|="],
  "<<=": ["assignment", ">>="],
  ">>=": ["assignment", "<<="],
};

/** Names that say a direction of rounding; one that has no twin does not compile and is not counted. */
const ROUNDING: readonly (readonly [RegExp, string])[] = [
  [/^Ceil$/, "Floor"],
  [/^Floor$/, "Ceil"],
  [/^(\w+)Up$/, "$1Down"],
  [/^(\w+)Up$/, "$1"],
  [/^(\w+)Down$/, "$1Up"],
  [/^((?:full)?[mM]ulDiv)$/, "$1Up"],
  [/^ceilDiv$/, "rawDiv"],
];

/** Every change of a source that one of the operators makes, in the order of the source, each once. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const found = new Map<string, Mutant>();
  const add = (scope: string, edit: Edit): void => {
    if (source.slice(edit.start, edit.end) === edit.replacement) return;
    const mutant = toMutant(file, source, scope, edit);
    if (!found.has(mutant.id)) found.set(mutant.id, mutant);
  };
  const walk = (node: Node, scope: string): void => {
    const inner = scopeOf(node) ?? scope;
    if (node.type === "InlineAssemblyStatement") {
      for (const edit of assemblyEdits(source, child(node, "body"))) add(inner, edit);
      return;
    }
    // Imports, pragmas, types, errors and events hold nothing that runs.
    if (/Directive$|^(ErrorDefinition|EventDefinition|ElementaryTypeName|ArrayTypeName|Mapping)$/.test(node.type))
      return;
    for (const edit of editsOf(source, node)) add(inner, edit);
    for (const next of childrenOf(node)) walk(next, inner);
  };
  walk(parse(source), "");
  return [...found.values()].sort((a, b) => a.start - b.start || a.end - b.end);
}

function scopeOf(node: Node): string | undefined {
  if (node.type === "ContractDefinition" || node.type === "ModifierDefinition") return node.name as string;
  if (node.type !== "FunctionDefinition") return undefined;
  if (node.isConstructor === true) return "constructor";
  if (node.isReceiveEther === true) return "receive";
  return node.isFallback === true ? "fallback" : (node.name as string);
}

function replaced(operator: Operator, { range }: Node, replacement: string): Edit {
  return { operator, start: range[0], end: range[1] + 1, replacement };
}

function editsOf(source: string, node: Node): Edit[] {
  const text = (part: Node): string => textOf(source, part);
  switch (node.type) {
    case "BinaryOperation":
      return binaryEdits(source, node);
    case "UnaryOperation":
      return unaryEdits(source, node);
    case "IfStatement":
    case "Conditional":
      return ["true", "false"].map((value) => replaced("condition", child(node, "condition"), value));
    case "WhileStatement":
      return [replaced("loop", child(node, "condition"), "false")];
    case "ForStatement":
      return isNode(node.conditionExpression) ? [replaced("loop", node.conditionExpression, "false")] : [];
    case "BreakStatement":
      return [replaced("loop", node, "continue;")];
    case "ContinueStatement":
      return [replaced("loop", node, "break;")];
    case "NumberLiteral":
      return [replaced("constant", node, nextNumber(node))];
    case "BooleanLiteral":
      return [replaced("constant", node, node.value === true ? "false" : "true")];
    case "MemberAccess":
      return memberEdits(source, node);
    case "Identifier":
      return roundingEdits(node.name as string, node.range[1] + 1);
    case "ModifierInvocation":
      // With arguments it may be the constructor of a base, which cannot be left out.
      return Array.isArray(node.arguments) && node.arguments.length > 0 ? [] : [replaced("modifier", node, "")];
    case "FunctionCall":
      return isRequire(node) ? [replaced("require", (node.arguments as Node[])[0] as Node, "true")] : [];
    case "EmitStatement":
      return [replaced("deletion", node, "{}")];
    case "ExpressionStatement": {
      const expression = child(node, "expression");
      return isRequire(expression) || text(node).startsWith("revert") ? [] : [replaced("deletion", node, "{}")];
    }
    default:
      return [];
  }
}

function isRequire(node: Node): boolean {
  if (node.type !== "FunctionCall") return false;
  const { type, name } = child(node, "expression");
  return type === "Identifier" && (name === "require" || name === "assert");
}

function binaryEdits(source: string, node: Node): Edit[] {
  const [left, right] = [child(node, "left"), child(node, "right")];
  const symbol = node.operator as string;
  const logic = (part: Node): Edit => replaced("logic", node, textOf(source, part));
  if (symbol === "&&" || symbol === "||") return [logic(left), logic(right)];
  const [operator, ...replacements] = BINARY[symbol] ?? ["arithmetic"];
  const start = source.indexOf(symbol, left.range[1] + 1);
  return replacements.map((replacement) => ({ operator, start, end: start + symbol.length, replacement }));
}

function unaryEdits(source: string, node: Node): Edit[] {
  const [operand, symbol] = [child(node, "subExpression"), node.operator as string];
  if (symbol === "!" || symbol === "~") return [replaced("negation", node, textOf(source, operand))];
  if (symbol !== "++" && symbol !== "--") return [];
  const start = node.isPrefix === true ? node.range[0] : operand.range[1] + 1;
  return [{ operator: "arithmetic", start, end: start + 2, replacement: symbol === "++" ? "--" : "++" }];
}

function nextNumber(node: Node): string {
  const { number, subdenomination } = node as Node & { number: string; subdenomination: string | null };
  const unit = subdenomination === null ? "" : ` ${subdenomination}`;
  if (/[e.]/i.test(number) && !number.startsWith("0x")) return `(${number}${unit} + 1)`;
  const value = BigInt(number.replaceAll("_", ""));
  if (!number.startsWith("0x")) return `${(value + 1n).toString()}${unit}`;
  // A literal of the width of an address or of bytes has to keep it; all ones cannot grow.
  const grown = /^0x[f_]+$/i.test(number) ? value - 1n : value + 1n;
  return `0x${grown.toString(16).padStart(number.replaceAll("_", "").length - 2, "0")}`;
}

function memberEdits(source: string, node: Node): Edit[] {
  const name = node.memberName as string;
  const ofType = /^type\s*\(/.test(textOf(source, child(node, "expression")));
  if (ofType && name === "max") return [replaced("constant", node, `(${textOf(source, node)} - 1)`)];
  return roundingEdits(name, node.range[1] + 1);
}

function roundingEdits(name: string, end: number): Edit[] {
  return ROUNDING.filter(([pattern]) => pattern.test(name)).map(([pattern, twin]) => {
    return { operator: "rounding", start: end - name.length, end, replacement: name.replace(pattern, twin) };
  });
}
