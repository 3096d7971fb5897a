import { FailureError } from "../failure.js";
import type { Analysis } from "./analysis.js";
import { findBlocks, type Block } from "./blocks.js";
import { code, page } from "../markdown.js";
import { PROOFS, type Proof } from "./proofs/index.js";

export type ProvenBlock = Block & Pick<Proof, "proof" | "twin" | "reason">;

/** Finds the proof of each block. Fails for one without, and for a proof whose block has changed or gone. */
export function prove(blocks: readonly Block[], proofs: readonly Proof[]): ProvenBlock[] {
  const keyOf = ({ file, function: name, hash }: Pick<Proof, "file" | "function" | "hash">): string =>
    `${file} ${name} ${hash}`;
  const byKey = new Map(proofs.map((proof) => [keyOf(proof), proof]));
  const present = new Set(blocks.map(keyOf));
  const open = blocks.filter((block) => !byKey.has(keyOf(block)));
  const stale = proofs.filter((proof) => !present.has(keyOf(proof)));
  if (open.length + stale.length > 0) {
    const lines = [
      ...open.map((block) => `  without a proof: ${block.kind} ${keyOf(block)}: ${block.firstLine}`),
      ...stale.map((proof) => `  proof of a block that is not there: ${keyOf(proof)}`),
    ];
    throw new FailureError(
      "UNPROVEN_BLOCK",
      `Blocks and proofs do not match:\n${lines.join("\n")}\nRead the block, then its proof in scripts/lib/audit/proofs, and enter the hash for which it holds.`,
    );
  }
  return blocks.map((block) => {
    const { proof = "", twin, reason } = byKey.get(keyOf(block)) ?? {};
    if (block.kind === "assembly" && reason === undefined) {
      throw new FailureError("ASSEMBLY_WITHOUT_REASON", `The assembly ${keyOf(block)} has no reason in its proof.`);
    }
    return { ...block, proof, ...(twin === undefined ? {} : { twin }), ...(reason === undefined ? {} : { reason }) };
  });
}

function renderBlock(block: ProvenBlock): string {
  const { kind, function: name, firstLine, lines, memorySafe, hash, proof, twin, reason } = block;
  const safety = kind === "assembly" ? `, ${memorySafe ? "memory-safe" : "NOT memory-safe"}` : "";
  return [
    `### \`${name}\`: ${kind}, ${lines} lines${safety} (${hash})`,
    code(firstLine),
    proof,
    ...(reason === undefined ? [] : [`*Why assembly:* ${reason}`]),
    ...(twin === undefined ? [] : [`*Twin:* ${twin}`]),
  ].join("\n\n");
}

/** `docs/unchecked.md`. */
export function uncheckedDocument(analysis: Analysis, proofs: readonly Proof[] = PROOFS): string {
  const blocks = prove(findBlocks(analysis), proofs);
  const count = (kind: Block["kind"]): number => blocks.filter((block) => block.kind === kind).length;
  const unsafe = blocks.filter(({ kind, memorySafe }) => kind === "assembly" && !memorySafe).length;
  const files = [...new Set(blocks.map(({ file }) => file))];
  return page(
    "# Unchecked and assembly blocks",
    `Written by \`npm run gen\` from the sources and from \`scripts/lib/audit/proofs\`; do not edit. Every block of
\`contracts/\` without mocks: ${count("unchecked")} unchecked, ${count("assembly")} in assembly, of which ${unsafe} are not marked memory-safe. Beside each stands why nothing
in it can overflow, fall below zero, be cut, carry dirty bits or leave its memory.

A proof holds for the code that it was written for: the hash behind a heading is that of the block without comments and
white space. When a block changes, the generator fails and says which proof has to be read again.`,
    ...files.flatMap((file) => [`## ${file}`, ...blocks.filter((block) => block.file === file).map(renderBlock)]),
  );
}
