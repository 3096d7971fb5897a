import { keccak256, toUtf8Bytes } from "ethers";
import type { Analysis } from "./analysis.js";
import { nameOf, textOf, walk } from "./ast.js";

/** An `unchecked` or an `assembly` block. */
export type Block = {
  kind: "unchecked" | "assembly";
  file: string;
  function: string;
  /** The first line of code in it. */
  firstLine: string;
  lines: number;
  memorySafe: boolean;
  /** Of its code without comments and white space: what was proven is what stands there. */
  hash: string;
};

const KINDS: Readonly<Record<string, Block["kind"]>> = { UncheckedBlock: "unchecked", InlineAssembly: "assembly" };

/** Every block of the sources, in their order. */
export function findBlocks({ sources }: Pick<Analysis, "sources">): Block[] {
  const blocks: Block[] = [];
  for (const [file, { text, ast }] of Object.entries(sources)) {
    for (const [node, parents] of walk(ast)) {
      const kind = KINDS[node.nodeType];
      if (kind === undefined) continue;
      const around = parents.findLast(({ nodeType }) => nodeType === "FunctionDefinition");
      const source = textOf(text, node);
      const code = withoutComments(source).split("\n").slice(1);
      blocks.push({
        kind,
        file,
        function: around === undefined ? "" : nameOf(around),
        firstLine: code.map((line) => line.trim()).find((line) => line !== "") ?? "",
        lines: source.split("\n").length,
        memorySafe: Array.isArray(node.flags) && node.flags.includes("memory-safe"),
        hash: hashOf(source),
      });
    }
  }
  return blocks;
}

/** The first 32 bits of the hash of a block's code, whatever its comments and its layout. */
export function hashOf(source: string): string {
  const code = withoutComments(source).replaceAll(/\s+/g, " ").trim();
  return keccak256(toUtf8Bytes(code)).slice(2, 10);
}

function withoutComments(source: string): string {
  return source.replaceAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, "");
}
