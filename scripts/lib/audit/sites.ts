import type { Mutation } from "../bugs/index.js";
import type { Analysis } from "./analysis.js";
import { nodesOf, walk, type AstNode } from "./ast.js";

/** Kinds of places in the sources that a tool may look at or miss. */
export const SITE_KINDS = [
  ...["statement", "if", "ternary", "require", "and-or", "loop", "try", "modifier", "unchecked"],
  ...["assembly", "yul-statement", "yul-if", "yul-switch-case", "yul-loop", "external-call"],
] as const;

export type SiteKind = (typeof SITE_KINDS)[number];
export type SiteCounts = Readonly<Record<string, number>>;

const BY_TYPE: Readonly<Record<string, SiteKind>> = {
  IfStatement: "if",
  Conditional: "ternary",
  ForStatement: "loop",
  WhileStatement: "loop",
  DoWhileStatement: "loop",
  TryCatchClause: "try",
  ModifierInvocation: "modifier",
  UncheckedBlock: "unchecked",
  InlineAssembly: "assembly",
  YulIf: "yul-if",
  YulCase: "yul-switch-case",
  YulForLoop: "yul-loop",
};

const STATEMENTS: ReadonlySet<string> = new Set([
  ...["ExpressionStatement", "VariableDeclarationStatement", "Return", "EmitStatement", "RevertStatement"],
  ...["IfStatement", "ForStatement", "WhileStatement", "DoWhileStatement", "TryStatement", "Break", "Continue"],
]);
const YUL_STATEMENTS: ReadonlySet<string> = new Set([
  ...["YulExpressionStatement", "YulVariableDeclaration", "YulAssignment", "YulIf", "YulSwitch", "YulForLoop"],
  ...["YulBreak", "YulContinue", "YulLeave"],
]);

/** How many places of each kind the sources have. */
export function countSites({ sources }: Pick<Analysis, "sources">): SiteCounts {
  const counts: Record<string, number> = Object.fromEntries(SITE_KINDS.map((kind) => [kind, 0]));
  for (const { ast } of Object.values(sources)) {
    for (const [node] of walk(ast)) for (const kind of kindsOf(node)) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function kindsOf(node: AstNode): SiteKind[] {
  const { nodeType } = node;
  const kinds: SiteKind[] = [];
  const kind = BY_TYPE[nodeType];
  if (kind !== undefined) kinds.push(kind);
  if (STATEMENTS.has(nodeType)) kinds.push("statement");
  if (YUL_STATEMENTS.has(nodeType)) kinds.push("yul-statement");
  if (nodeType === "BinaryOperation" && ["&&", "||"].includes(String(node.operator))) kinds.push("and-or");
  if (nodeType === "FunctionCall" && isRequire(node)) kinds.push("require");
  if (nodeType === "FunctionCall" && isExternalCall(node)) kinds.push("external-call");
  return kinds;
}

function isRequire({ expression }: AstNode): boolean {
  const { nodeType, name } = expression as { nodeType: string; name?: string };
  return nodeType === "Identifier" && (name === "require" || name === "assert");
}

function isExternalCall({ expression }: AstNode): boolean {
  const { typeDescriptions } = expression as { typeDescriptions?: { typeIdentifier?: string } };
  const type = typeDescriptions?.typeIdentifier ?? "";
  return /^t_function_(external|barecall|baredelegatecall|barestaticcall)/.test(type);
}

/** How many planted bugs stand in assembly, in unchecked blocks, and in all other code. */
export function locateBugs(
  { sources }: Pick<Analysis, "sources">,
  bugs: readonly Mutation[],
): { assembly: number; unchecked: number; plain: number } {
  const found = { assembly: 0, unchecked: 0, plain: 0 };
  for (const { file, find } of bugs) {
    const source = sources[file];
    if (source === undefined) continue;
    const words = find.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const index = new RegExp(words.join("\\s+")).exec(source.text)?.index ?? 0;
    const position = Buffer.byteLength(source.text.slice(0, index), "utf8");
    const isIn = (...types: string[]): boolean =>
      nodesOf(source.ast, ...types).some((node) => contains(node, position));
    if (isIn("InlineAssembly")) found.assembly++;
    else if (isIn("UncheckedBlock")) found.unchecked++;
    else found.plain++;
  }
  return found;
}

function contains({ src }: AstNode, position: number): boolean {
  const [start, length] = src.split(":").map(Number) as [number, number];
  return position >= start && position < start + length;
}
