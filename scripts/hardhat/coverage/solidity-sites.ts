import type {
  BinaryOperation,
  Conditional,
  DoWhileStatement,
  Expression,
  ForStatement,
  FunctionCall,
  IfStatement,
  TryStatement,
  WhileStatement,
} from "@solidity-parser/parser/dist/src/ast-types.js";
import { aroundCondition, conditionStatement, hitStatement } from "./probes.js";
import { bodies, outcomes, type Site } from "./site.js";
import { findAll, spanOf, type Span, type SyntaxNode } from "./syntax.js";
import type { BranchKind } from "./types.js";

/** What changes something when it is evaluated twice, as far as the syntax shows. */
const ASSIGNMENT = /^(?:[-+*/%|&^]|<<|>>)?=$/;
const CHANGES = new Set(["++", "--", "delete"]);

export function conditionSite(node: IfStatement | Conditional): Site {
  return conditional(node.type === "IfStatement" ? "if" : "ternary", node.condition, ["true", "false"]);
}

/** A call of `require` or `assert`. */
export function requireSite({ expression, arguments: [condition] }: FunctionCall): Site | undefined {
  const isCheck = expression.type === "Identifier" && ["require", "assert"].includes(expression.name);
  return isCheck && condition !== undefined ? conditional("require", condition, ["holds", "fails"]) : undefined;
}

/** Whether the left operand decides alone, and what the right one answers otherwise. */
export function logicSite({ operator, left, right }: BinaryOperation): Site | undefined {
  if (operator !== "&&" && operator !== "||") return undefined;
  const isOr = operator === "||";
  return {
    ...spanOf(right),
    kind: isOr ? "or" : "and",
    arms: [
      { name: isOr ? "left is true" : "left is false", probe: 0, outcome: isOr },
      { name: "right is true", probe: 1, outcome: true },
      { name: "right is false", probe: 1, outcome: false },
    ],
    place(edits, probe) {
      edits.wrap(spanOf(left), aroundCondition(probe(0)));
      edits.wrap(spanOf(right), aroundCondition(probe(1)));
    },
  };
}

/** A loop whose condition may hold or not when it is first reached. */
export function loopSite(node: ForStatement | WhileStatement, source: string): Site | undefined {
  const condition = node.type === "WhileStatement" ? node.condition : node.conditionExpression;
  const start = node.type === "ForStatement" ? node.initExpression : null;
  if (!condition || isKnown(condition, start)) return undefined;
  if (!isRepeatable(condition)) return conditional("loop", condition, ["goes on", "ends"]);
  const [whole, span] = [spanOf(node), spanOf(condition)];
  return {
    ...span,
    kind: "loop",
    arms: outcomes("entered", "never entered"),
    // The condition once more, before the loop: `{ start; probe(condition); for (; condition; …) … }`.
    place(edits, probe) {
      const first = conditionStatement(probe(0), source.slice(span.start, span.end));
      if (start === null) edits.wrap(whole, { before: `{${first}`, after: "}" });
      else {
        edits.wrap(whole, { before: "{", after: "}" });
        edits.remove({ start: whole.start, end: spanOf(start).start });
        edits.insert(spanOf(start).end, `${first}for (;`);
      }
    },
  };
}

export function doWhileSite({ condition }: DoWhileStatement): Site {
  return conditional("loop", condition, ["goes on", "ends"]);
}

/** The arms of a `try`. */
export function trySite({ expression, body, catchClauses }: TryStatement): Site {
  const blocks = [body, ...catchClauses.map((clause) => clause.body)];
  return {
    ...spanOf(expression),
    kind: "try",
    arms: bodies(["succeeds", ...catchClauses.map(({ kind }) => (kind === null ? "catch" : `catch ${kind}`))]),
    place(edits, probe) {
      for (const [index, block] of blocks.entries()) edits.insert(spanOf(block).start + 1, hitStatement(probe(index)));
    },
  };
}

function conditional(kind: BranchKind, condition: Expression, [yes, no]: readonly [string, string]): Site {
  const span: Span = spanOf(condition);
  return {
    ...span,
    kind,
    arms: outcomes(yes, no),
    place(edits, probe) {
      edits.wrap(span, aroundCondition(probe(0)));
    },
  };
}

/** Whether the first outcome is written in the source: only literals, and variables that the loop sets to a literal. */
function isKnown(condition: Expression, start: ForStatement["initExpression"]): boolean {
  const known =
    start?.type === "VariableDeclarationStatement" && (start.initialValue === null || isLiteral(start.initialValue))
      ? findAll(start.variables, ({ type }) => type === "VariableDeclaration").map((each) => nameOf(each))
      : [];
  return findAll(condition, ({ type }) => type === "Identifier").every((each) => known.includes(nameOf(each)));
}

const isLiteral = ({ type }: SyntaxNode): boolean => /^(?:Number|Boolean)Literal$/.test(type);
const nameOf = (node: SyntaxNode): string | undefined => ("name" in node ? String(node.name) : undefined);

function isRepeatable(condition: Expression): boolean {
  const isChange = (node: SyntaxNode): boolean => {
    if (node.type === "FunctionCall" || node.type === "NewExpression") return true;
    const operator = "operator" in node ? String(node.operator) : "";
    return node.type === "BinaryOperation" ? ASSIGNMENT.test(operator) : CHANGES.has(operator);
  };
  return findAll(condition, isChange).length === 0;
}
