import { type Edit, type Operator } from "./mutant.js";
import { child, childrenOf, textOf, type Node } from "./syntax.js";

/** Functions of Yul and what takes their place; `$0` and `$1` are the arguments. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  add: ["sub($0, $1)"],
  sub: ["add($0, $1)"],
  mul: ["div($0, $1)"],
  div: ["mul($0, $1)"],
  mod: ["div($0, $1)"],
  lt: ["iszero(gt($0, $1))"],
  gt: ["iszero(lt($0, $1))"],
  slt: ["iszero(sgt($0, $1))"],
  sgt: ["iszero(slt($0, $1))"],
  eq: ["iszero(eq($0, $1))"],
  iszero: ["iszero(iszero($0))"],
  and: ["or($0, $1)", "$0", "$1"],
  or: ["and($0, $1)", "$0", "$1"],
  xor: ["or($0, $1)", "and($0, $1)"],
  not: ["$0"],
  shl: ["shr($0, $1)"],
  shr: ["shl($0, $1)"],
};

/** Every change inside an assembly block. */
export function assemblyEdits(source: string, block: Node): Edit[] {
  const edits: Edit[] = [];
  const walk = (node: Node, parent: Node): void => {
    edits.push(...editsOf(source, node, parent));
    for (const next of childrenOf(node)) walk(next, node);
  };
  for (const node of childrenOf(block)) walk(node, block);
  return edits;
}

function editsOf(source: string, node: Node, parent: Node): Edit[] {
  const replaced = (operator: Operator, { range }: Node, replacement: string): Edit => {
    return { operator, start: range[0], end: range[1] + 1, replacement };
  };
  const isStatement = parent.type === "AssemblyBlock";
  switch (node.type) {
    case "AssemblyCall": {
      const parts = (node.arguments as Node[]).map((part) => textOf(source, part));
      const twins = CALLS[node.functionName as string] ?? [];
      const edits = twins.map((twin) =>
        replaced(
          "assembly call",
          node,
          twin.replace(/\$(\d)/g, (_, index: string) => parts[Number(index)] ?? ""),
        ),
      );
      return isStatement ? [...edits, replaced("assembly deletion", node, "{}")] : edits;
    }
    case "AssemblyAssignment":
      return isStatement ? [replaced("assembly deletion", node, "{}")] : [];
    case "AssemblyIf":
      return ["1", "0"].map((value) => replaced("assembly condition", child(node, "condition"), value));
    case "AssemblyFor":
      return [replaced("assembly condition", child(node, "condition"), "0")];
    case "Break":
      return [replaced("loop", node, "continue")];
    case "Continue":
      return [replaced("loop", node, "break")];
    case "DecimalNumber":
      return [replaced("assembly literal", node, (BigInt(node.value as string) + 1n).toString())];
    case "HexNumber":
      return [replaced("assembly literal", node, nextHex(node.value as string))];
    default:
      return [];
  }
}

/** One more, or one less where all bits are set; in Yul a hex number is always even in length. */
function nextHex(text: string): string {
  const value = BigInt(text);
  const next = /^0x[f]+$/i.test(text) ? value - 1n : value + 1n;
  return `0x${next.toString(16)}`;
}
