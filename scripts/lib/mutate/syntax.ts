import { parseSource } from "../../hardhat/coverage/syntax.js";

/** A node of the syntax tree. The parser's own types lag behind what it returns, so children are read by name. */
export type Node = { type: string; range: readonly [first: number, last: number] } & Record<string, unknown>;

export function parse(source: string): Node {
  return parseSource(source) as unknown as Node;
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

/** The nodes below, in the order of the source. */
export function childrenOf(node: Node): Node[] {
  const children = Object.entries(node)
    .filter(([name]) => name !== "loc")
    .flatMap(([, value]) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter(isNode)
    .filter(({ range }) => Array.isArray(range));
  return [...new Set(children)].sort((a, b) => a.range[0] - b.range[0]);
}

/** The node under a name, which the grammar says is there. */
export function child(node: Node, name: string): Node {
  const value = node[name];
  if (!isNode(value)) throw new TypeError(`A ${node.type} has no ${name}.`);
  return value;
}

export function textOf(source: string, { range }: Node): string {
  return source.slice(range[0], range[1] + 1);
}
