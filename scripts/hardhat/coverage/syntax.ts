import { createRequire } from "node:module";
import type * as Parser from "@solidity-parser/parser";

// A CommonJS bundle whose named exports Node's ES modules do not see.
const { parse, visit } = createRequire(import.meta.url)("@solidity-parser/parser") as typeof Parser;

export { visit };
export type Syntax = ReturnType<typeof parse>;
/** A node of the tree, whatever its type. */
export type SyntaxNode = { type: string; range?: [number, number] };
/** From the first character to behind the last one. */
export type Span = { start: number; end: number };

export function parseSource(source: string): Syntax {
  return parse(source, { range: true });
}

/** Where a node stands; the parser counts its last character in. */
export function spanOf(node: SyntaxNode): Span {
  if (node.range === undefined) throw new TypeError(`A ${node.type} has no range.`);
  return { start: node.range[0], end: node.range[1] + 1 };
}

/** The nodes of a tree for which `matches` answers true, the tree itself included. */
export function findAll(tree: unknown, matches: (node: SyntaxNode) => boolean): SyntaxNode[] {
  if (Array.isArray(tree)) return tree.flatMap((each) => findAll(each, matches));
  if (tree === null || typeof tree !== "object") return [];
  const below = Object.values(tree).flatMap((each: unknown) => findAll(each, matches));
  return "type" in tree && matches(tree as SyntaxNode) ? [tree as SyntaxNode, ...below] : below;
}

/** Source text on one line. */
export function textOf(source: string, { start, end }: Span): string {
  return source.slice(start, end).replace(/\s+/g, " ").trim();
}
