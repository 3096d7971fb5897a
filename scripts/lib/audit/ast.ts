/** A node of the compiler's syntax tree; its other fields depend on the type. */
export type AstNode = { nodeType: string; src: string; [field: string]: unknown };

function isNode(value: unknown): value is AstNode {
  return typeof value === "object" && value !== null && "nodeType" in value && "src" in value;
}

/** Every node below `value`, and `value` itself, outer ones first, each with the nodes around it. */
export function* walk(value: unknown, parents: readonly AstNode[] = []): Generator<[AstNode, readonly AstNode[]]> {
  if (Array.isArray(value)) {
    for (const each of value) yield* walk(each, parents);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const inner = isNode(value) ? [...parents, value] : parents;
  if (isNode(value)) yield [value, parents];
  for (const each of Object.values(value)) yield* walk(each, inner);
}

/** The nodes of these types, in the order of the source. */
export function nodesOf(value: unknown, ...types: readonly string[]): AstNode[] {
  return [...walk(value)].map(([node]) => node).filter(({ nodeType }) => types.includes(nodeType));
}

/** The source of a node: solc counts bytes, not characters. */
export function textOf(source: string, { src }: Pick<AstNode, "src">): string {
  const [start, length] = src.split(":").map(Number) as [number, number];
  return Buffer.from(source, "utf8")
    .subarray(start, start + length)
    .toString("utf8");
}

/** The line on which a node begins, from 1. */
export function lineOf(source: string, { src }: Pick<AstNode, "src">): number {
  const start = Number(src.split(":")[0]);
  return Buffer.from(source, "utf8").subarray(0, start).toString("utf8").split("\n").length;
}

/** A definition's name; for what has none, its kind. */
export function nameOf(node: AstNode): string {
  const { name, kind } = node;
  if (typeof name === "string" && name !== "") return name;
  return typeof kind === "string" ? kind : node.nodeType;
}
